/* Functions that are unusual, and right.

   Knows one liberty a function. Must never take more of it than the documentation gives. */

#include "consumers.h"

CONSUMER(walks, PyBUF_FULL_RO) { return number(walk_items(view, view->buf, 0, 7)); }

CONSUMER(looks_at_nothing, PyBUF_FULL_RO)
{
    (void)view;
    Py_RETURN_NONE;
}

/* The struct is one's own: the position moves through it. */
CONSUMER(moves_through_the_struct, PyBUF_SIMPLE)
{
    unsigned long sum = 7;
    while (view->len > 0) {
        sum = take(sum, view->buf);
        view->buf = (char *)view->buf + 1;
        view->len--;
    }
    return number(sum);
}

/* First as much as can be, then less. */
FUNCTION(falls_back)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_CONTIG) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_BufferError))
            return NULL;
        PyErr_Clear();
        if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0)
            return NULL;
        PyObject *result = number(walk_items(&view, view.buf, 0, 7));
        PyBuffer_Release(&view);
        return result;
    }
    PyObject *result = number(take_all(view.buf, view.len));
    PyBuffer_Release(&view);
    return result;
}

FUNCTION(releases_a_copy)
{
    Py_buffer view, copy;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    copy = view;
    memset(&view, 0xff, sizeof view);
    PyObject *result = number(take_all(copy.buf, copy.len));
    PyBuffer_Release(&copy);
    return result;
}

/* A struct without an object is none: nothing happens. */
FUNCTION(releases_nothing)
{
    Py_buffer view = {0};
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    PyObject *result = number(take_all(view.buf, view.len));
    PyBuffer_Release(&view);
    PyBuffer_Release(&view);
    return result;
}

CONSUMER(releases_with_error_set, PyBUF_SIMPLE)
{
    return PyErr_Format(PyExc_ValueError, "%zd bytes are not to my liking", view->len);
}

FUNCTION(holds_two_views)
{
    Py_buffer first, second;
    if (PyObject_GetBuffer(object, &first, PyBUF_SIMPLE) < 0)
        return NULL;
    if (PyObject_GetBuffer(object, &second, PyBUF_FULL_RO) < 0) {
        PyBuffer_Release(&first);
        return NULL;
    }
    PyObject *result = number(take_all(first.buf, first.len));
    PyBuffer_Release(&first);
    PyBuffer_Release(&second);
    return result;
}

CONSUMER(reads_without_lock, PyBUF_SIMPLE)
{
    unsigned long sum;
    Py_BEGIN_ALLOW_THREADS
    sum = take_all(view->buf, view->len);
    Py_END_ALLOW_THREADS
    return number(sum);
}

CONSUMER(writes_where_allowed, PyBUF_WRITABLE)
{
    for (Py_ssize_t i = 0; i < view->len; i++)
        ((char *)view->buf)[i] ^= 0x20;
    Py_RETURN_NONE;
}

/* Each item with whatever stands behind it, as far as the memory goes. */
CONSUMER(copies_with_gaps, PyBUF_STRIDES)
{
    if (view->ndim != 1 || view->len == 0 || view->strides[0] <= 0)
        return number(walk_items(view, view->buf, 0, 7));
    Py_ssize_t span = (view->shape[0] - 1) * view->strides[0] + view->itemsize;
    char *copy = malloc(span);
    if (copy == NULL)
        return PyErr_NoMemory();
    memcpy(copy, view->buf, span);
    unsigned long sum = walk_items(view, copy, 0, 7);
    free(copy);
    return number(sum);
}

/* The last object is remembered, as a cache does; its view is not held. */
FUNCTION(remembers_the_last)
{
    static PyObject *last;
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *result = number(take_all(view.buf, view.len));
    PyBuffer_Release(&view);
    Py_XSETREF(last, Py_NewRef(object));
    return result;
}

CONSUMER(wants_native_ints, PyBUF_FULL_RO)
{
    const char *format = view->format;
    while (*format == ' ')
        format++;
    if (*format == '@' || *format == '=' || *format == '<')
        format++;
    if (*format != 'i' || view->ndim != 1)
        return PyErr_Format(PyExc_TypeError, "format `%s` is not taken", view->format);
    return number(walk_items(view, view->buf, 0, 7));
}

/* A type error with the exporter's exception as its cause. */
FUNCTION(converts_refusals)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) {
        if (PyErr_ExceptionMatches(PyExc_BufferError))
            PyErr_SetString(PyExc_TypeError, "a bytes-like object is required");
        return NULL;
    }
    PyObject *result = number(take_all(view.buf, view.len));
    PyBuffer_Release(&view);
    return result;
}

static PyMethodDef functions[] = {
    {"walks", walks, METH_O, NULL},
    {"looks_at_nothing", looks_at_nothing, METH_O, NULL},
    {"moves_through_the_struct", moves_through_the_struct, METH_O, NULL},
    {"falls_back", falls_back, METH_O, NULL},
    {"releases_a_copy", releases_a_copy, METH_O, NULL},
    {"releases_nothing", releases_nothing, METH_O, NULL},
    {"releases_with_error_set", releases_with_error_set, METH_O, NULL},
    {"holds_two_views", holds_two_views, METH_O, NULL},
    {"reads_without_lock", reads_without_lock, METH_O, NULL},
    {"writes_where_allowed", writes_where_allowed, METH_O, NULL},
    {"copies_with_gaps", copies_with_gaps, METH_O, NULL},
    {"remembers_the_last", remembers_the_last, METH_O, NULL},
    {"wants_native_ints", wants_native_ints, METH_O, NULL},
    {"converts_refusals", converts_refusals, METH_O, NULL},
    {NULL},
};

int add_consumers_sound(PyObject *module) { return PyModule_AddFunctions(module, functions); }
