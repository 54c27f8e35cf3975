/* Functions that take their buffer from PyArg_ParseTuple, as most extension modules do.

   Knows the units that yield a buffer and the release that each needs. Must never hold a fault, but for those that say
   so: what goes wrong with these functions goes wrong in many modules. */

#include "consumers.h"

#define ARGUMENTS(name) static PyObject *name(PyObject *Py_UNUSED(module), PyObject *args)

static PyObject *taken(Py_buffer *view)
{
    PyObject *result = number(take_all(view->buf, view->len));
    PyBuffer_Release(view);
    return result;
}

ARGUMENTS(y_star)
{
    Py_buffer view;
    return PyArg_ParseTuple(args, "y*", &view) ? taken(&view) : NULL;
}

ARGUMENTS(s_star)
{
    Py_buffer view;
    return PyArg_ParseTuple(args, "s*", &view) ? taken(&view) : NULL;
}

ARGUMENTS(z_star)
{
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "z*", &view))
        return NULL;
    if (view.obj == NULL)
        Py_RETURN_NONE;
    return taken(&view);
}

/* Fills the buffer. */
ARGUMENTS(w_star)
{
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "w*", &view))
        return NULL;
    memset(view.buf, 'x', (size_t)view.len);
    PyObject *result = PyLong_FromSsize_t(view.len);
    PyBuffer_Release(&view);
    return result;
}

/* Two buffers, the second of which may fail: the first is then given back by the parser. */
ARGUMENTS(y_star_twice)
{
    Py_buffer one, other;
    if (!PyArg_ParseTuple(args, "y*y*", &one, &other))
        return NULL;
    unsigned long sum = take_all(one.buf, one.len) ^ (take_all(other.buf, other.len) << 1);
    PyBuffer_Release(&one);
    PyBuffer_Release(&other);
    return number(sum);
}

/* Takes only what needs no release: a type without that slot. */
ARGUMENTS(y_hash)
{
    const char *bytes;
    Py_ssize_t length;
    return PyArg_ParseTuple(args, "y#", &bytes, &length) ? number(take_all(bytes, length)) : NULL;
}

/* Wrong: one byte more than there are. */
ARGUMENTS(y_hash_past_len)
{
    const char *bytes;
    Py_ssize_t length;
    return PyArg_ParseTuple(args, "y#", &bytes, &length) ? number(take_all(bytes, length + 1)) : NULL;
}

/* Whole words first, then what is left. */
ARGUMENTS(y_star_in_words)
{
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "y*", &view))
        return NULL;
    const char *bytes = view.buf;
    unsigned long sum = 7;
    Py_ssize_t at = 0;
    for (; at + 8 <= view.len; at += 8) {
        unsigned long long word;
        memcpy(&word, bytes + at, sizeof word);
        sum = sum * 31 + (unsigned long)(word ^ (word >> 32));
    }
    for (; at < view.len; at++)
        sum = take(sum, bytes + at);
    PyBuffer_Release(&view);
    return number(sum);
}

/* Wrong: the view is forgotten from the second call on. */
ARGUMENTS(y_star_released_once)
{
    static int called;
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "y*", &view))
        return NULL;
    PyObject *result = number(take_all(view.buf, view.len));
    if (called++ == 0)
        PyBuffer_Release(&view);
    return result;
}

/* Wrong: an argument behind it is refused, and the view is not given back. */
ARGUMENTS(y_star_too_long)
{
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "y*", &view))
        return NULL;
    if (view.len > 4000)
        return PyErr_Format(PyExc_ValueError, "too long");
    return taken(&view);
}

/* Wrong: the bytes are a string that ends with a NUL. */
ARGUMENTS(y_star_as_string)
{
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "y*", &view))
        return NULL;
    PyObject *result = PyLong_FromSize_t(strlen(view.buf));
    PyBuffer_Release(&view);
    return result;
}

/* Wrong: the last byte of what is longer than a word is read twice as far away. */
ARGUMENTS(y_star_last_byte)
{
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "y*", &view))
        return NULL;
    unsigned long sum = take_all(view.buf, view.len);
    if (view.len > 8)
        sum = take(sum, (const char *)view.buf + view.len);
    PyBuffer_Release(&view);
    return number(sum);
}

static PyMethodDef functions[] = {
    {"y_star", y_star, METH_VARARGS, NULL},
    {"s_star", s_star, METH_VARARGS, NULL},
    {"z_star", z_star, METH_VARARGS, NULL},
    {"w_star", w_star, METH_VARARGS, NULL},
    {"y_star_twice", y_star_twice, METH_VARARGS, NULL},
    {"y_hash", y_hash, METH_VARARGS, NULL},
    {"y_hash_past_len", y_hash_past_len, METH_VARARGS, NULL},
    {"y_star_in_words", y_star_in_words, METH_VARARGS, NULL},
    {"y_star_released_once", y_star_released_once, METH_VARARGS, NULL},
    {"y_star_too_long", y_star_too_long, METH_VARARGS, NULL},
    {"y_star_as_string", y_star_as_string, METH_VARARGS, NULL},
    {"y_star_last_byte", y_star_last_byte, METH_VARARGS, NULL},
    {NULL},
};

int add_consumers_arguments(PyObject *module) { return PyModule_AddFunctions(module, functions); }
