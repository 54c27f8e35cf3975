/* Functions that do not give back what they were given, or give back more.

   Knows one fault a function. Must never touch memory that is none of theirs. */

#include "consumers.h"

#define GET(flags)                                                             \
    Py_buffer view;                                                            \
    if (PyObject_GetBuffer(object, &view, flags) < 0)                          \
    return NULL

FUNCTION(never_releases)
{
    GET(PyBUF_SIMPLE);
    return number(take_all(view.buf, view.len));
}

/* Only where there are several axes. */
FUNCTION(never_releases_tables)
{
    GET(PyBUF_STRIDES);
    PyObject *result = number(walk_items(&view, view.buf, 0, 7));
    if (view.ndim != 2)
        PyBuffer_Release(&view);
    return result;
}

FUNCTION(releases_twice)
{
    GET(PyBUF_SIMPLE);
    Py_buffer copy = view;
    Py_INCREF(object);
    PyBuffer_Release(&view);
    PyBuffer_Release(&copy);
    Py_RETURN_NONE;
}

FUNCTION(leaks_on_error)
{
    GET(PyBUF_SIMPLE);
    if (view.len > 10)
        return PyErr_Format(PyExc_ValueError, "too long");
    PyObject *result = number(take_all(view.buf, view.len));
    PyBuffer_Release(&view);
    return result;
}

FUNCTION(leaks_when_empty)
{
    GET(PyBUF_SIMPLE);
    if (view.len == 0)
        return PyLong_FromLong(0);
    PyObject *result = number(take_all(view.buf, view.len));
    PyBuffer_Release(&view);
    return result;
}

FUNCTION(leaks_the_first_try)
{
    GET(PyBUF_SIMPLE);
    Py_buffer writable;
    if (PyObject_GetBuffer(object, &writable, PyBUF_WRITABLE) < 0) {
        PyErr_Clear();
        return number(take_all(view.buf, view.len));
    }
    PyObject *result = number(take_all(writable.buf, writable.len));
    PyBuffer_Release(&writable);
    PyBuffer_Release(&view);
    return result;
}

FUNCTION(calls_the_slot)
{
    GET(PyBUF_SIMPLE);
    PyObject *result = number(take_all(view.buf, view.len));
    releasebufferproc slot = (releasebufferproc)PyType_GetSlot(Py_TYPE(object), Py_bf_releasebuffer);
    if (slot)
        slot(object, &view);
    return result;
}

FUNCTION(drops_obj_instead)
{
    GET(PyBUF_SIMPLE);
    PyObject *result = number(take_all(view.buf, view.len));
    Py_DECREF(view.obj);
    return result;
}

FUNCTION(drops_obj_too)
{
    GET(PyBUF_SIMPLE);
    PyObject *result = number(take_all(view.buf, view.len));
    Py_DECREF(view.obj);
    PyBuffer_Release(&view);
    return result;
}

FUNCTION(releases_a_refusal)
{
    Py_buffer view = {0};
    if (PyObject_GetBuffer(object, &view, PyBUF_WRITABLE) < 0) {
        view.obj = object;
        Py_INCREF(object);
        PyBuffer_Release(&view);
        return NULL;
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

FUNCTION(releases_unasked)
{
    GET(PyBUF_SIMPLE);
    PyBuffer_Release(&view);
    Py_buffer made_up = {0};
    made_up.obj = object;
    Py_INCREF(object);
    PyBuffer_Release(&made_up);
    Py_RETURN_NONE;
}

FUNCTION(uses_internal)
{
    GET(PyBUF_SIMPLE);
    view.internal = (void *)42;
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

FUNCTION(replaces_shape)
{
    GET(PyBUF_ND);
    Py_ssize_t shape[64] = {0};
    view.shape = shape;
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

FUNCTION(releases_without_lock)
{
    GET(PyBUF_SIMPLE);
    Py_INCREF(object);
    PyThreadState *state = PyEval_SaveThread();
    PyBuffer_Release(&view);
    PyEval_RestoreThread(state);
    Py_DECREF(object);
    Py_RETURN_NONE;
}

FUNCTION(asks_with_error_set)
{
    PyErr_SetString(PyExc_ValueError, "of before");
    GET(PyBUF_SIMPLE);
    PyErr_Clear();
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"never_releases", never_releases, METH_O, NULL},
    {"never_releases_tables", never_releases_tables, METH_O, NULL},
    {"releases_twice", releases_twice, METH_O, NULL},
    {"leaks_on_error", leaks_on_error, METH_O, NULL},
    {"leaks_when_empty", leaks_when_empty, METH_O, NULL},
    {"leaks_the_first_try", leaks_the_first_try, METH_O, NULL},
    {"calls_the_slot", calls_the_slot, METH_O, NULL},
    {"drops_obj_instead", drops_obj_instead, METH_O, NULL},
    {"drops_obj_too", drops_obj_too, METH_O, NULL},
    {"releases_a_refusal", releases_a_refusal, METH_O, NULL},
    {"releases_unasked", releases_unasked, METH_O, NULL},
    {"uses_internal", uses_internal, METH_O, NULL},
    {"replaces_shape", replaces_shape, METH_O, NULL},
    {"releases_without_lock", releases_without_lock, METH_O, NULL},
    {"asks_with_error_set", asks_with_error_set, METH_O, NULL},
    {NULL},
};

int add_consumers_release(PyObject *module) { return PyModule_AddFunctions(module, functions); }
