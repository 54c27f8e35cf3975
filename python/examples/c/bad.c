/* The commonest slips of exporters in C, one class each. Do not copy this file: see image.c and vector.c.
 * Each class has the same 2 x 3 image of bytes; what is wrong stands beside `[breaks: ...]`. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define ASKS(flags, macro) (((flags) & (macro)) == (macro))

typedef struct {
    PyObject_HEAD
    char *bytes;
    Py_ssize_t shape[2], strides[2];
} Pixels;

/* Right, but for what the others do to it: writable, C order. */
static int honest(PyObject *self, Py_buffer *view, int flags)
{
    Pixels *pixels = (Pixels *)self;
    if (ASKS(flags, PyBUF_F_CONTIGUOUS)) {
        view->obj = NULL;
        PyErr_SetString(PyExc_BufferError, "the image is in C order");
        return -1;
    }
    view->buf = pixels->bytes;
    view->len = pixels->shape[0] * pixels->shape[1];
    view->itemsize = 1;
    view->readonly = 0;
    view->ndim = 2;
    view->format = ASKS(flags, PyBUF_FORMAT) ? "B" : NULL;
    view->shape = ASKS(flags, PyBUF_ND) ? pixels->shape : NULL;
    view->strides = ASKS(flags, PyBUF_STRIDES) ? pixels->strides : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(self);
    return 0;
}

/* Everything is filled in, whatever was asked. [breaks: format.null-unless-requested]
 * [breaks: shape.null-unless-nd] [breaks: strides.null-unless-strides] [breaks: request.f-contiguous] */
static int ignores_flags(PyObject *self, Py_buffer *view, int Py_UNUSED(flags))
{
    return honest(self, view, PyBUF_FULL);
}

/* The first two columns, with a gap behind each row, for those as well who cannot step over it.
 * [breaks: request.no-strides-means-c-contiguous] [breaks: request.c-contiguous] */
static int any_layout(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[2] = {2, 2};
    if (honest(self, view, flags) < 0)
        return -1;
    view->shape = ASKS(flags, PyBUF_ND) ? shape : NULL;
    view->len = 4;
    return 0;
}

/* The array is gone when the function returns. `volatile` keeps the compiler from seeing it. */
static int stack_arrays(PyObject *self, Py_buffer *view, int flags)
{
    Py_ssize_t shape[2] = {2, 3}, *volatile kept = shape;
    if (honest(self, view, flags) < 0)
        return -1;
    view->shape = ASKS(flags, PyBUF_ND) ? kept : NULL; /* [breaks: memory.not-on-stack] */
    return 0;
}

/* Read-only memory, granted to those who want to write. */
static int forgets_writable(PyObject *self, Py_buffer *view, int flags)
{
    if (honest(self, view, flags) < 0)
        return -1;
    view->readonly = 1; /* [breaks: request.writable-refused-when-readonly] */
    return 0;
}

/* Items of two bytes, but strides and length count items. */
static int counts_items(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[2] = {2, 3}, strides[2] = {3, 1};
    if (honest(self, view, flags) < 0)
        return -1;
    view->itemsize = 2;
    view->format = ASKS(flags, PyBUF_FORMAT) ? "H" : NULL;
    view->shape = ASKS(flags, PyBUF_ND) ? shape : NULL;
    view->strides = ASKS(flags, PyBUF_STRIDES) ? strides : NULL; /* [breaks: strides.bytes-not-elements] */
    view->len = 6; /* [breaks: len.product-of-shape-times-itemsize] */
    return 0;
}

/* A refusal that keeps a reference, and an exception that no consumer expects. */
static int refuses_badly(PyObject *self, Py_buffer *view, int flags)
{
    if (honest(self, view, flags) == 0)
        return 0;
    Py_INCREF(self); /* [breaks: refusal.no-export-counted] */
    PyErr_SetString(PyExc_ValueError, "C order"); /* [breaks: refusal.raises-buffererror] */
    return -1;
}

/* The view's reference is the one in `obj`. Another one, in the hope to be safe, is never dropped: the image lives
 * for ever. (To drop `view->obj` in bf_releasebuffer is the opposite, and frees an image that is in use.) */
static int keeps_owner(PyObject *self, Py_buffer *view, int flags)
{
    if (honest(self, view, flags) < 0)
        return -1;
    Py_INCREF(self); /* [breaks: obj.refcount-balanced] */
    return 0;
}

/* Other memory, and nobody asks who holds the old. [breaks: export.locks-resize] */
static PyObject *grow(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Pixels *pixels = (Pixels *)self;
    PyMem_RawFree(pixels->bytes);
    pixels->shape[0] *= 2;
    pixels->bytes = PyMem_RawCalloc(pixels->shape[0], pixels->shape[1]);
    return pixels->bytes ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

static PyObject *pixels_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Pixels *pixels = (Pixels *)type->tp_alloc(type, 0);
    pixels->bytes = memcpy(PyMem_RawMalloc(12), "abcdefghijkl", 12);
    pixels->shape[0] = 2, pixels->shape[1] = 3;
    pixels->strides[0] = 3, pixels->strides[1] = 1;
    return (PyObject *)pixels;
}

static PyMethodDef methods[] = {{"grow", grow, METH_NOARGS, NULL}, {NULL}};

static struct { const char *name; getbufferproc get; } TYPES[] = {
    {"bad.IgnoresFlags", ignores_flags},     {"bad.AnyLayout", any_layout},
    {"bad.StackArrays", stack_arrays},         {"bad.ForgetsWritable", forgets_writable},
    {"bad.CountsItems", counts_items},         {"bad.RefusesBadly", refuses_badly},
    {"bad.KeepsOwner", keeps_owner},           {"bad.Moves", honest},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "bad"};

PyMODINIT_FUNC PyInit_bad(void)
{
    PyObject *made = PyModule_Create(&module);
    for (size_t index = 0; made != NULL && index < Py_ARRAY_LENGTH(TYPES); index++) {
        PyType_Slot slots[] = {{Py_tp_new, pixels_new}, {Py_tp_methods, methods},
                               {Py_bf_getbuffer, TYPES[index].get}, {0, NULL}};
        PyType_Spec spec = {TYPES[index].name, sizeof(Pixels), 0, Py_TPFLAGS_DEFAULT, slots};
        PyModule_AddType(made, (PyTypeObject *)PyType_FromSpec(&spec));
    }
    return made;
}
