// A growable vector of doubles in nanobind.
//
// Its memory moves when it grows. So views are counted, and while one is held nothing may move, shrink or free it.
// In a free-threaded build lock the object (`nb::ft_object_guard`) around the test and the change.

#include <vector>

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace {

struct Vector {
    std::vector<double> items;
    Py_ssize_t shape = 0; // as long as a view is held it stays put
    Py_ssize_t stride = sizeof(double);
    Py_ssize_t exports = 0; // [rule: export.lock-held-until-last-release] A number, not a flag.

    explicit Vector(std::size_t count) {
        items.reserve(4); // [rule: buf.not-null-unless-empty]
        for (std::size_t index = 0; index < count; ++index) {
            items.push_back(static_cast<double>(index));
        }
    }

    void append(double item) {
        refuse_if_lent(); // [rule: export.lock-before-mutation] Also when there is room: the shape is lent, too.
        items.push_back(item);
    }

    void clear() {
        refuse_if_lent();
        items.clear();
    }

    void scale(double factor) { // [rule: export.in-place-writes-allowed]
        for (double &item : items) {
            item *= factor;
        }
    }

    // [rule: export.locks-resize] The first statement of whatever moves, shrinks or frees the memory.
    void refuse_if_lent() const {
        if (exports > 0) {
            throw nb::buffer_error("a view of the vector is held"); // [rule: export.lock-error-is-buffererror]
        }
    }
};

bool asks(int flags, int macro) { return (flags & macro) == macro; }

int vector_getbuffer(PyObject *self, Py_buffer *view, int flags) noexcept {
    Vector *vector = nb::inst_ptr<Vector>(self);
    static char format[] = "d";
    vector->shape = static_cast<Py_ssize_t>(vector->items.size());
    *view = Py_buffer{}; // every field is written: suboffsets and internal stay null
    view->buf = vector->items.data();
    view->len = vector->shape * vector->stride;
    view->itemsize = sizeof(double);
    view->readonly = 0;
    view->ndim = 1;
    view->format = asks(flags, PyBUF_FORMAT) ? format : nullptr; // [rule: format.null-unless-requested]
    view->shape = asks(flags, PyBUF_ND) ? &vector->shape : nullptr; // [rule: shape.null-unless-nd]
    view->strides = asks(flags, PyBUF_STRIDES) ? &vector->stride : nullptr;
    view->obj = Py_NewRef(self);
    ++vector->exports; // [rule: export.counted] Last, when nothing can fail any more.
    return 0;
}

// [rule: release.slot-needed-if-memory-can-move] [rule: release.no-decref-of-obj] Nothing else.
void vector_releasebuffer(PyObject *self, Py_buffer *) noexcept { --nb::inst_ptr<Vector>(self)->exports; }

PyType_Slot slots[] = {{Py_bf_getbuffer, reinterpret_cast<void *>(vector_getbuffer)},
                       {Py_bf_releasebuffer, reinterpret_cast<void *>(vector_releasebuffer)},
                       {0, nullptr}};

// [rule: export.reinit-locked] nanobind destroys the old Vector when `__init__` is called again, whoever holds a
// view of it. So the class is made by `__new__` alone.

}  // namespace

NB_MODULE(vector, module) {
    nb::class_<Vector>(module, "Vector", nb::type_slots(slots))
        .def(nb::new_([](std::size_t count) { return Vector(count); }), nb::arg("count"))
        .def("append", &Vector::append, nb::arg("item"))
        .def("clear", &Vector::clear)
        .def("scale", &Vector::scale, nb::arg("factor"));
}
