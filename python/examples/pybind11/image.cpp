// A fixed image of 32-bit floats in pybind11, and views of it: read-only, or of every n-th row and column.
//
// `def_buffer` is told nothing of the request. It describes the memory as it is; pybind11 leaves out what was not
// asked, and refuses what the memory cannot give. So flags and refusals cannot go wrong here; pointers, strides,
// lifetimes and `readonly` can. The memory never moves. If yours can move or shrink: vector.cpp.

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace {

constexpr py::ssize_t item = sizeof(float);

class Image {
public:
    Image(py::ssize_t height, py::ssize_t width) : shape_{height, width}, strides_{width * item, item} {
        // [rule: len.non-negative] The product of the extents must fit.
        if (height < 1 || width < 1 || height > std::numeric_limits<py::ssize_t>::max() / item / width) {
            throw std::invalid_argument("an image has at least one row and one column");
        }
        // [rule: lifetime.view-outlives-names] Images and their views share the pixels; the last one frees them.
        // A view that keeps only a pointer or a reference needs `py::keep_alive<0, 1>()` on the method.
        pixels_ = std::make_shared<std::vector<float>>(height * width);
        for (std::size_t index = 0; index < pixels_->size(); ++index) {
            (*pixels_)[index] = static_cast<float>(index);
        }
        first_ = pixels_->data();
    }

    Image frozen() const {
        Image view = *this;
        view.readonly_ = true;
        return view;
    }

    // Every so many rows and columns; negative steps begin at the end.
    Image every(py::ssize_t rows, py::ssize_t columns) const {
        if (rows == 0 || columns == 0) {
            throw std::invalid_argument("a step is not 0");
        }
        Image view = *this; // [rule: memory.writable-when-not-readonly] A view of what is frozen is frozen.
        const std::array<py::ssize_t, 2> steps{rows, columns};
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const py::ssize_t extent = shape_[axis];
            const py::ssize_t step = std::clamp(steps[axis], -extent, extent); // [rule: memory.verify-structure]
            if (step < 0) { // [rule: buf.points-to-first-element] Wherever in the block that lies.
                view.first_ += (extent - 1) * strides_[axis] / item;
            }
            view.shape_[axis] = (extent - 1) / std::abs(step) + 1;
            view.strides_[axis] *= step;
        }
        return view;
    }

    py::buffer_info lend() const {
        return py::buffer_info(
            first_,                                 // never the data of a local: it must outlive this function
            item,                                   // [rule: itemsize.matches-format] and the next line
            py::format_descriptor<float>::format(), // not a letter by hand: `l` has 4 or 8 bytes
            2,
            {shape_[0], shape_[1]},     // rows first, as NumPy has it
            {strides_[0], strides_[1]}, // [rule: strides.bytes-not-elements]
            readonly_);                 // [rule: request.writable-refused-when-readonly] The default is writable.
    }

private:
    std::shared_ptr<std::vector<float>> pixels_;
    float *first_ = nullptr;
    bool readonly_ = false;
    std::array<py::ssize_t, 2> shape_;
    std::array<py::ssize_t, 2> strides_;
};

}  // namespace

PYBIND11_MODULE(image, module) {
    py::class_<Image>(module, "Image", py::buffer_protocol()) // without this `def_buffer` fails at import
        .def(py::init<py::ssize_t, py::ssize_t>(), py::arg("height"), py::arg("width"))
        .def("frozen", &Image::frozen)
        .def("every", &Image::every, py::arg("rows"), py::arg("columns"))
        .def_buffer(&Image::lend);
}
