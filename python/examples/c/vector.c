/* A growable vector of doubles in C.
 *
 * Its memory moves when it grows. So views are counted, and while one is held nothing may move, shrink or
 * free the memory. In a free-threaded build take the object's critical section as well; this module does not
 * declare that it can do without the interpreter lock, so that lock is switched on again for it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define ASKS(flags, macro) (((flags) & (macro)) == (macro))

typedef struct {
    PyObject_HEAD
    double *items;
    Py_ssize_t count; /* also the shape of every view: it stays put while one is held */
    Py_ssize_t room;
    Py_ssize_t stride;
    Py_ssize_t exports; /* [rule: export.lock-held-until-last-release] A number, not a flag. */
} Vector;

static int vector_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    Vector *vector = (Vector *)self;
    view->buf = vector->items; /* [rule: buf.not-null-unless-empty] */
    view->len = vector->count * (Py_ssize_t)sizeof(double);
    view->itemsize = sizeof(double);
    view->readonly = 0;
    view->ndim = 1;
    view->format = ASKS(flags, PyBUF_FORMAT) ? "d" : NULL; /* [rule: format.null-unless-requested] */
    view->shape = ASKS(flags, PyBUF_ND) ? &vector->count : NULL; /* [rule: shape.null-unless-nd] */
    view->strides = ASKS(flags, PyBUF_STRIDES) ? &vector->stride : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(self);
    vector->exports++; /* [rule: export.counted] Last, when nothing can fail any more. */
    return 0;
}

/* [rule: release.slot-needed-if-memory-can-move] [rule: release.no-decref-of-obj] Nothing else. */
static void vector_releasebuffer(PyObject *self, Py_buffer *Py_UNUSED(view))
{
    ((Vector *)self)->exports--;
}

/* [rule: export.locks-resize] The first statement of whatever moves, shrinks or frees the memory. */
static int vector_is_locked(Vector *vector)
{
    if (vector->exports == 0)
        return 0;
    PyErr_SetString(PyExc_BufferError, "a view of the vector is held"); /* [rule: export.lock-error-is-buffererror] */
    return 1;
}

static PyObject *vector_append(PyObject *self, PyObject *arg)
{
    Vector *vector = (Vector *)self;
    double item = PyFloat_AsDouble(arg);
    if (item == -1.0 && PyErr_Occurred())
        return NULL;
    /* [rule: export.reentrancy] Asked after PyFloat_AsDouble, which may run Python code that takes a view.
     * [rule: export.lock-before-mutation] Asked also when there is room: views share `count`. */
    if (vector_is_locked(vector))
        return NULL;
    if (vector->count == vector->room) {
        Py_ssize_t room = 2 * vector->room;
        double *items = PyMem_RawRealloc(vector->items, room * sizeof(double));
        if (items == NULL)
            return PyErr_NoMemory();
        vector->items = items;
        vector->room = room;
    }
    vector->items[vector->count++] = item;
    Py_RETURN_NONE;
}

static PyObject *vector_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (vector_is_locked((Vector *)self))
        return NULL;
    ((Vector *)self)->count = 0;
    Py_RETURN_NONE;
}

/* [rule: export.in-place-writes-allowed] Changing items in place needs no lock. */
static PyObject *vector_scale(PyObject *self, PyObject *arg)
{
    double factor = PyFloat_AsDouble(arg);
    if (factor == -1.0 && PyErr_Occurred())
        return NULL;
    for (Py_ssize_t index = 0; index < ((Vector *)self)->count; index++)
        ((Vector *)self)->items[index] *= factor;
    Py_RETURN_NONE;
}

/* [rule: export.reinit-locked] All is made in tp_new, so a second __init__ moves nothing. */
static PyObject *vector_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    Py_ssize_t count;
    if (!PyArg_ParseTuple(args, "n", &count))
        return NULL;
    if (count < 0 || count > PY_SSIZE_T_MAX / 4 / (Py_ssize_t)sizeof(double))
        return PyErr_Format(PyExc_ValueError, "no vector has %zd items", count);
    Vector *vector = (Vector *)type->tp_alloc(type, 0);
    if (vector == NULL)
        return NULL;
    vector->count = count;
    vector->room = Py_MAX(count, 4);
    vector->stride = sizeof(double);
    vector->items = PyMem_RawMalloc(vector->room * sizeof(double)); /* [rule: memory.allocator] */
    if (vector->items == NULL) {
        Py_DECREF(vector);
        return PyErr_NoMemory();
    }
    for (Py_ssize_t index = 0; index < count; index++)
        vector->items[index] = (double)index;
    return (PyObject *)vector;
}

/* Every view holds a reference: nobody holds one when this runs. */
static void vector_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_RawFree(((Vector *)self)->items);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef vector_methods[] = {{"append", vector_append, METH_O, NULL},
                                       {"clear", vector_clear, METH_NOARGS, NULL},
                                       {"scale", vector_scale, METH_O, NULL},
                                       {NULL}};

static PyType_Slot vector_slots[] = {{Py_tp_new, vector_new},
                                     {Py_tp_dealloc, vector_dealloc},
                                     {Py_tp_methods, vector_methods},
                                     {Py_bf_getbuffer, vector_getbuffer},
                                     {Py_bf_releasebuffer, vector_releasebuffer},
                                     {0, NULL}};
static PyType_Spec vector_spec = {"vector.Vector", sizeof(Vector), 0, Py_TPFLAGS_DEFAULT, vector_slots};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "vector"};

PyMODINIT_FUNC PyInit_vector(void)
{
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made ? PyType_FromSpec(&vector_spec) : NULL;
    if (type == NULL || PyModule_AddObjectRef(made, "Vector", type) < 0)
        Py_CLEAR(made);
    Py_XDECREF(type);
    return made;
}
