// The commonest slips of exporters in nanobind, one class each. Do not copy this file: see image.cpp and vector.cpp.
// What is wrong stands beside `[breaks: ...]`; all have the same 2 x 3 bytes.

#include <cstdint>
#include <vector>

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace {

struct Pixels {
    std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6};
    Py_ssize_t shape[2] = {2, 3};
    Py_ssize_t strides[2] = {3, 1};
    void grow() { bytes.resize(1 << 20); }
};

bool asks(int flags, int macro) { return (flags & macro) == macro; }

// Right, but for what the others do to it: writable, C order.
int honest(PyObject *self, Py_buffer *view, int flags) noexcept {
    Pixels *pixels = nb::inst_ptr<Pixels>(self);
    static char format[] = "B";
    *view = Py_buffer{};
    if (asks(flags, PyBUF_F_CONTIGUOUS)) {
        PyErr_SetString(PyExc_BufferError, "C order");
        return -1;
    }
    view->buf = pixels->bytes.data();
    view->len = 6;
    view->itemsize = 1;
    view->ndim = 2;
    view->format = asks(flags, PyBUF_FORMAT) ? format : nullptr;
    view->shape = asks(flags, PyBUF_ND) ? pixels->shape : nullptr;
    view->strides = asks(flags, PyBUF_STRIDES) ? pixels->strides : nullptr;
    view->obj = Py_NewRef(self);
    return 0;
}

// What is often copied: everything is filled in, whatever was asked.
// [breaks: format.null-unless-requested] [breaks: shape.null-unless-nd] [breaks: strides.null-unless-strides]
int ignores_flags(PyObject *self, Py_buffer *view, int) noexcept { return honest(self, view, PyBUF_FULL); }

// The reference of the view is forgotten: the first release takes somebody else's.
// (Here the object keeps a spare one, so that the process lives to tell.)
int no_reference(PyObject *self, Py_buffer *view, int flags) noexcept {
    const int status = honest(self, view, flags);
    if (status == 0 && Py_REFCNT(self) < 1000) {
        for (int spare = 0; spare < 100000; ++spare) Py_INCREF(self);
    }
    if (status == 0) Py_DECREF(self); // [breaks: obj.new-reference]
    return status;
}

// Fortran order, for those as well who asked for C order or for no strides.
// [breaks: request.c-contiguous] [breaks: request.no-strides-means-c-contiguous]
int column_order(PyObject *self, Py_buffer *view, int flags) noexcept {
    static Py_ssize_t strides[2] = {1, 2};
    if (honest(self, view, (flags & ~PyBUF_F_CONTIGUOUS) | PyBUF_STRIDES) < 0) return -1;
    view->shape = asks(flags, PyBUF_ND) ? view->shape : nullptr;
    view->strides = asks(flags, PyBUF_STRIDES) ? strides : nullptr;
    return 0;
}

// The length counts what the rows span, gaps included, in a view of the first two columns.
int physical_length(PyObject *self, Py_buffer *view, int flags) noexcept {
    static Py_ssize_t shape[2] = {2, 2};
    if (!asks(flags, PyBUF_STRIDES) || (flags & 0xE0) != 0) {
        *view = Py_buffer{};
        PyErr_SetString(PyExc_BufferError, "the image has gaps");
        return -1;
    }
    if (honest(self, view, flags) < 0) return -1;
    view->shape = shape;
    view->len = 5; // [breaks: len.logical-not-physical]
    return 0;
}

// Refuses with success: an exception is set, and 0 returned.
int zero_with_error(PyObject *self, Py_buffer *view, int flags) noexcept {
    if (honest(self, view, flags) < 0) {
        honest(self, view, flags & ~0xE0); // [breaks: refusal.returns-minus-one]
    }
    return 0;
}

template <int (*getbuffer)(PyObject *, Py_buffer *, int) noexcept> struct Named : Pixels {};

template <int (*getbuffer)(PyObject *, Py_buffer *, int) noexcept> void add(nb::module_ &module, const char *name) {
    static PyType_Slot slots[] = {{Py_bf_getbuffer, reinterpret_cast<void *>(getbuffer)}, {0, nullptr}};
    using Class = Named<getbuffer>;
    nb::class_<Class>(module, name, nb::type_slots(slots))
        .def(nb::init<>())
        .def("grow", [](Class &self) { self.grow(); });
}

}  // namespace

NB_MODULE(bad, module) {
    add<ignores_flags>(module, "IgnoresFlags");
    add<no_reference>(module, "NoReference");
    add<column_order>(module, "ColumnOrder");
    add<physical_length>(module, "PhysicalLength");
    add<zero_with_error>(module, "ZeroWithError");
    add<honest>(module, "Moves"); // [breaks: export.locks-resize]
}
