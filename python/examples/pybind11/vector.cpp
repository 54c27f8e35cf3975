// A growable vector of doubles in pybind11.
//
// pybind11 tells a class when a view is asked, never when one is released. Memory that can move needs both, or
// consumers read what was freed. So pybind11's two slots are wrapped in slots that count.

#include <memory>
#include <stdexcept>
#include <vector>

#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace {

class Vector {
public:
    explicit Vector(std::size_t count) {
        for (std::size_t index = 0; index < count; ++index) {
            items_.push_back(static_cast<double>(index));
        }
        items_.reserve(4);
    }

    void append(double item) {
        refuse_if_lent(); // [rule: export.lock-before-mutation] Also when there is room: the shape is lent, too.
        items_.push_back(item);
    }

    void clear() {
        refuse_if_lent();
        items_.clear();
    }

    void scale(double factor) { // [rule: export.in-place-writes-allowed]
        for (double &item : items_) {
            item *= factor;
        }
    }

    py::buffer_info lend() {
        const auto count = static_cast<py::ssize_t>(items_.size());
        return py::buffer_info(items_.data(), count); // one axis: item size, format and stride follow from the type
    }

    py::ssize_t exports = 0; // [rule: export.lock-held-until-last-release] A number, not a flag.

private:
    // [rule: export.locks-resize] The first statement of whatever moves, shrinks or frees the memory.
    void refuse_if_lent() const {
        if (exports > 0) {
            throw py::buffer_error("a view of the vector is held"); // [rule: export.lock-error-is-buffererror]
        }
    }

    std::vector<double> items_;
};

getbufferproc pybind11_get = nullptr;
releasebufferproc pybind11_release = nullptr;

int counting_get(PyObject *self, Py_buffer *view, int flags) {
    const int status = pybind11_get(self, view, flags);
    if (status == 0) { // [rule: refusal.no-export-counted] Only what was granted.
        ++py::cast<Vector &>(py::handle(self)).exports; // [rule: export.counted]
    }
    return status;
}

// [rule: release.slot-needed-if-memory-can-move]
void counting_release(PyObject *self, Py_buffer *view) {
    --py::cast<Vector &>(py::handle(self)).exports;
    pybind11_release(self, view); // frees the py::buffer_info of this view
}

void count_views(PyHeapTypeObject *type) {
    pybind11_get = type->as_buffer.bf_getbuffer;
    pybind11_release = type->as_buffer.bf_releasebuffer;
    type->as_buffer.bf_getbuffer = counting_get;
    type->as_buffer.bf_releasebuffer = counting_release;
}

}  // namespace

PYBIND11_MODULE(vector, module) {
    py::class_<Vector>(module, "Vector", py::buffer_protocol(), py::custom_type_setup(count_views))
        // [rule: export.reinit-locked] pybind11 takes no notice of a second `__init__`.
        .def(py::init<std::size_t>(), py::arg("count"))
        .def("append", &Vector::append, py::arg("item"))
        .def("clear", &Vector::clear)
        .def("scale", &Vector::scale, py::arg("factor"))
        .def_buffer(&Vector::lend);
}
