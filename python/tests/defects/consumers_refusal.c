/* Functions that make the wrong thing of a refusal, or refuse what they have no reason to.

   Knows one fault a function. Must never touch memory that is none of theirs, but for what a refusal leaves. */

#include "consumers.h"

/* The bytes, where the request was granted. */
static PyObject *bytes_of(PyObject *object, int flags)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, flags) < 0)
        return NULL;
    PyObject *result = number(take_all(view.buf, view.len));
    PyBuffer_Release(&view);
    return result;
}

FUNCTION(swallows)
{
    PyObject *result = bytes_of(object, PyBUF_SIMPLE);
    if (result == NULL) {
        PyErr_Clear();
        return PyLong_FromLong(0);
    }
    return result;
}

FUNCTION(replaces_memory_error)
{
    PyObject *result = bytes_of(object, PyBUF_SIMPLE);
    if (result == NULL)
        PyErr_SetString(PyExc_TypeError, "a bytes-like object is required");
    return result;
}

FUNCTION(leaves_the_error_set)
{
    PyObject *result = bytes_of(object, PyBUF_SIMPLE);
    return result ? result : PyLong_FromLong(0);
}

FUNCTION(len_of_a_refusal)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0)
        PyErr_Clear();
    Py_ssize_t len = view.len;
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(len);
}

FUNCTION(buf_of_a_refusal)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0)
        PyErr_Clear();
    PyObject *result = number(view.len ? take(0, view.buf) : 0);
    PyBuffer_Release(&view);
    return result;
}

FUNCTION(asks_a_format_alone)
{
    PyObject *result = bytes_of(object, PyBUF_FORMAT);
    if (result == NULL && PyErr_ExceptionMatches(PyExc_BufferError)) {
        PyErr_Clear();
        return bytes_of(object, PyBUF_SIMPLE);
    }
    return result;
}

CONSUMER(refuses_writable_memory, PyBUF_SIMPLE)
{
    if (!view->readonly)
        return PyErr_Format(PyExc_TypeError, "only memory that stays as it is");
    return number(take_all(view->buf, view->len));
}

static PyMethodDef functions[] = {
    {"swallows", swallows, METH_O, NULL},
    {"replaces_memory_error", replaces_memory_error, METH_O, NULL},
    {"leaves_the_error_set", leaves_the_error_set, METH_O, NULL},
    {"len_of_a_refusal", len_of_a_refusal, METH_O, NULL},
    {"buf_of_a_refusal", buf_of_a_refusal, METH_O, NULL},
    {"asks_a_format_alone", asks_a_format_alone, METH_O, NULL},
    {"refuses_writable_memory", refuses_writable_memory, METH_O, NULL},
    {NULL},
};

int add_consumers_refusal(PyObject *module) { return PyModule_AddFunctions(module, functions); }
