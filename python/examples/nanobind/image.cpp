// A fixed image of 32-bit floats in nanobind, and views of it: read-only, or of every n-th row and column.
//
// nanobind has no `def_buffer`: a class exports by slots of its own, given as `nb::type_slots`. The slot below
// refuses what the memory cannot give, and describes only what was asked. The memory never moves, so nothing is
// counted. If yours can move or shrink: vector.cpp. For arrays without a class: ndarray.cpp.

#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace {

constexpr Py_ssize_t item = sizeof(float);

struct Image {
    std::shared_ptr<std::vector<float>> pixels; // [rule: lifetime.view-outlives-names] shared with the views
    float *first;                               // the item with index 0 on every axis
    bool readonly = false;
    Py_ssize_t shape[2]; // [rule: memory.not-on-stack] Consumers keep pointers to these.
    Py_ssize_t strides[2];

    Image(Py_ssize_t height, Py_ssize_t width) : shape{height, width}, strides{width * item, item} {
        // [rule: strides.bytes-not-elements] above; [rule: len.non-negative] the product of the extents must fit.
        if (height < 1 || width < 1 || height > std::numeric_limits<Py_ssize_t>::max() / item / width) {
            throw std::invalid_argument("an image has at least one row and one column");
        }
        pixels = std::make_shared<std::vector<float>>(height * width);
        for (std::size_t index = 0; index < pixels->size(); ++index) {
            (*pixels)[index] = static_cast<float>(index);
        }
        first = pixels->data();
    }

    Image frozen() const {
        Image view = *this;
        view.readonly = true; // [rule: memory.writable-when-not-readonly] A view of what is frozen is frozen.
        return view;
    }

    // Every so many rows and columns; negative steps begin at the end.
    Image every(Py_ssize_t rows, Py_ssize_t columns) const {
        if (rows == 0 || columns == 0) {
            throw std::invalid_argument("a step is not 0");
        }
        Image view = *this;
        const Py_ssize_t steps[2] = {rows, columns};
        for (int axis = 0; axis < 2; ++axis) {
            const Py_ssize_t extent = shape[axis];
            const Py_ssize_t step = std::clamp(steps[axis], -extent, extent); // [rule: memory.verify-structure]
            if (step < 0) { // [rule: buf.points-to-first-element]
                view.first += (extent - 1) * strides[axis] / item;
            }
            view.shape[axis] = (extent - 1) / std::abs(step) + 1;
            view.strides[axis] *= step;
        }
        return view;
    }
};

// Most macros are more than one bit.
bool asks(int flags, int macro) { return (flags & macro) == macro; }

// `noexcept`: this is called from C. [rule: refusal.returns-minus-one] Nothing may be thrown through it.
int image_getbuffer(PyObject *self, Py_buffer *view, int flags) noexcept {
    Image *image = nb::inst_ptr<Image>(self);
    // [rule: view.all-fields-assigned] The struct holds rubbish: write every field.
    *view = Py_buffer{};
    view->buf = image->first;
    view->len = image->shape[0] * image->shape[1] * item; // [rule: len.logical-not-physical]
    view->itemsize = item;
    view->readonly = image->readonly;
    view->ndim = 2;
    view->shape = image->shape;
    view->strides = image->strides;

    const bool rows = PyBuffer_IsContiguous(view, 'C') != 0;
    const bool columns = PyBuffer_IsContiguous(view, 'F') != 0;
    const char *unmet = nullptr;
    if (asks(flags, PyBUF_WRITABLE) && image->readonly) // [rule: request.writable-refused-when-readonly]
        unmet = "the image is read-only";
    if (!asks(flags, PyBUF_STRIDES) && !rows) // [rule: request.no-strides-means-c-contiguous]
        unmet = "the image has gaps: ask for strides";
    if (asks(flags, PyBUF_C_CONTIGUOUS) && !rows) // [rule: request.c-contiguous]
        unmet = "the image is not C-contiguous";
    if (asks(flags, PyBUF_F_CONTIGUOUS) && !columns) // [rule: request.f-contiguous]
        unmet = "the image is not Fortran-contiguous";
    if (asks(flags, PyBUF_ANY_CONTIGUOUS) && !rows && !columns) // [rule: request.any-contiguous]
        unmet = "the image is not contiguous";
    if (unmet != nullptr) { // [rule: refusal.obj-not-owned] `obj` is still null.
        PyErr_SetString(PyExc_BufferError, unmet); // [rule: refusal.raises-buffererror]
        return -1;
    }
    static char format[] = "f";
    view->format = asks(flags, PyBUF_FORMAT) ? format : nullptr; // [rule: format.null-unless-requested]
    if (!asks(flags, PyBUF_ND))
        view->shape = nullptr; // [rule: shape.null-unless-nd]
    if (!asks(flags, PyBUF_STRIDES))
        view->strides = nullptr; // [rule: strides.null-unless-strides]
    view->obj = Py_NewRef(self); // [rule: obj.new-reference] PyBuffer_Release drops it.
    return 0;
}

PyType_Slot slots[] = {{Py_bf_getbuffer, reinterpret_cast<void *>(image_getbuffer)}, {0, nullptr}};

}  // namespace

NB_MODULE(image, module) {
    nb::class_<Image>(module, "Image", nb::type_slots(slots))
        .def(nb::init<Py_ssize_t, Py_ssize_t>(), nb::arg("height"), nb::arg("width"))
        .def("frozen", &Image::frozen)
        .def("every", &Image::every, nb::arg("rows"), nb::arg("columns"));
}
