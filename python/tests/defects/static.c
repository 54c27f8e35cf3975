/* Static types, as modules were written before heap types, with slots filled in by hand.

   Knows one fault a type. Must never use what only heap types have. */

#include "block.h"

typedef struct {
    PyObject_HEAD
    char data[BLOCK_SIZE];
    Py_ssize_t shape[2];
} Plain;

static PyObject *plain_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    Plain *self = (Plain *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    for (int at = 0; at < BLOCK_SIZE; at++)
        self->data[at] = (char)(at + 1);
    self->shape[0] = BLOCK_SIZE / 2;
    self->shape[1] = 2;
    return (PyObject *)self;
}

/* As `PyBuffer_FillInfo`, for memory within the object. */
static int plain_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, ((Plain *)self)->data, BLOCK_SIZE, 0, flags);
}

/* The old way: what was not asked is not written. */
static int half_filled(PyObject *self, Py_buffer *view, int flags)
{
    view->buf = ((Plain *)self)->data;
    view->len = BLOCK_SIZE;
    view->itemsize = 1;
    view->readonly = 0;
    view->ndim = 1;
    view->suboffsets = NULL;
    if (flags & PyBUF_FORMAT)
        view->format = "B";
    view->shape = NULL;
    view->strides = NULL;
    if ((flags & PyBUF_ND) == PyBUF_ND) {
        ((Plain *)self)->shape[0] = BLOCK_SIZE;
        view->shape = ((Plain *)self)->shape;
    }
    if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES)
        view->strides = &view->itemsize;
    view->obj = Py_NewRef(self);
    return 0;
}

/* Any bit of a macro counts for the whole: `flags & PyBUF_STRIDES` instead of a comparison. */
static int any_bit(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t strides[2] = {2, 1};
    view->buf = ((Plain *)self)->data;
    view->len = BLOCK_SIZE;
    view->itemsize = 1;
    view->readonly = 0;
    view->ndim = 2;
    view->format = (flags & PyBUF_FORMAT) ? "B" : NULL;
    view->shape = (flags & PyBUF_ND) ? ((Plain *)self)->shape : NULL;
    view->strides = (flags & PyBUF_STRIDES) ? strides : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(self);
    return 0;
}

static PyBufferProcs plain_procs = {plain_getbuffer, NULL};
static PyBufferProcs half_filled_procs = {half_filled, NULL};
static PyBufferProcs any_bit_procs = {any_bit, NULL};

#define STATIC_TYPE(variable, text, procs)                                                                    \
    static PyTypeObject variable = {                                                                          \
        PyVarObject_HEAD_INIT(NULL, 0).tp_name = "bufcheck_defects." text,                                    \
        .tp_basicsize = sizeof(Plain),                                                                        \
        .tp_as_buffer = &procs,                                                                               \
        .tp_flags = Py_TPFLAGS_DEFAULT,                                                                       \
        .tp_new = plain_new,                                                                                  \
    }

STATIC_TYPE(static_type, "Static", plain_procs);
STATIC_TYPE(half_filled_type, "HalfFilled", half_filled_procs);
STATIC_TYPE(any_bit_type, "AnyBit", any_bit_procs);

int add_static(PyObject *module)
{
    return PyModule_AddType(module, &static_type) < 0 || PyModule_AddType(module, &half_filled_type) < 0
        || PyModule_AddType(module, &any_bit_type) < 0
        ? -1
        : 0;
}
