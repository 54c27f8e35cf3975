/* Functions that touch memory which is none of theirs.

   Knows one fault a function. Must never give a buffer back wrongly. */

#include "consumers.h"

CONSUMER(reads_past_len, PyBUF_SIMPLE) { return number(take_all(view->buf, view->len + 1)); }

CONSUMER(reads_before, PyBUF_SIMPLE) { return number(take_all((char *)view->buf - 1, view->len)); }

CONSUMER(reads_until_nul, PyBUF_SIMPLE)
{
    const volatile char *at = view->buf;
    while (*at != '\0')
        at++;
    return PyLong_FromSsize_t(at - (const volatile char *)view->buf);
}

CONSUMER(reads_words, PyBUF_SIMPLE)
{
    unsigned long sum = 0;
    for (Py_ssize_t i = 0; i < view->len; i += 8)
        for (int j = 0; j < 8; j++)
            sum = take(sum, (char *)view->buf + i + j);
    return number(sum);
}

CONSUMER(reads_past_shape, PyBUF_ND)
{
    return number(take_all(view->buf, view->itemsize * (view->ndim ? view->shape[0] + 1 : 1)));
}

/* Only where there are two axes. */
CONSUMER(reads_past_last_row, PyBUF_ND)
{
    return number(take_all(view->buf, view->len + (view->ndim == 2 && view->len ? 1 : 0)));
}

CONSUMER(writes_past_len, PyBUF_WRITABLE)
{
    for (Py_ssize_t i = 0; i <= view->len; i++)
        ((volatile char *)view->buf)[i] = 1;
    Py_RETURN_NONE;
}

CONSUMER(writes_unasked, PyBUF_SIMPLE)
{
    if (view->len)
        ((volatile char *)view->buf)[0] ^= 1;
    Py_RETURN_NONE;
}

CONSUMER(writes_same_value, PyBUF_SIMPLE)
{
    volatile char *bytes = view->buf;
    for (Py_ssize_t i = 0; i < view->len; i++)
        bytes[i] = bytes[i];
    Py_RETURN_NONE;
}

/* Only the last byte, only where there are strides. */
CONSUMER(writes_last_byte, PyBUF_FULL_RO)
{
    if (view->ndim == 1 && view->len && view->suboffsets == NULL && view->strides[0] == view->itemsize)
        ((volatile char *)view->buf)[view->len - 1] = 'x';
    Py_RETURN_NONE;
}

CONSUMER(writes_shape, PyBUF_STRIDES)
{
    for (int i = 0; i < view->ndim; i++)
        ((volatile Py_ssize_t *)view->shape)[i] = view->shape[i];
    Py_RETURN_NONE;
}

CONSUMER(writes_strides, PyBUF_STRIDES)
{
    for (int i = 0; i < view->ndim; i++)
        ((volatile Py_ssize_t *)view->strides)[i] = view->strides[i];
    Py_RETURN_NONE;
}

CONSUMER(writes_suboffsets, PyBUF_FULL_RO)
{
    for (int i = 0; view->suboffsets && i < view->ndim; i++)
        ((volatile Py_ssize_t *)view->suboffsets)[i] = view->suboffsets[i];
    Py_RETURN_NONE;
}

CONSUMER(writes_format, PyBUF_FULL_RO)
{
    *(volatile char *)view->format = *view->format;
    Py_RETURN_NONE;
}

CONSUMER(touches_empty, PyBUF_SIMPLE)
{
    unsigned long sum = view->buf ? take(0, view->buf) : 0;
    return number(sum + take_all(view->buf, view->len));
}

CONSUMER(strides_not_asked, PyBUF_SIMPLE)
{
    return PyLong_FromSsize_t(*(volatile Py_ssize_t *)view->strides);
}

CONSUMER(format_not_asked, PyBUF_ND)
{
    return PyLong_FromLong(*(volatile char *)view->format);
}

CONSUMER(getpointer_without_strides, PyBUF_ND)
{
    Py_ssize_t indices[64] = {0};
    if (view->len == 0 || view->ndim == 0)
        return PyLong_FromLong(0);
    return PyLong_FromLong(*(char *)PyBuffer_GetPointer(view, indices));
}

CONSUMER(scalar_has_an_axis, PyBUF_ND)
{
    return PyLong_FromSsize_t(((volatile Py_ssize_t *)view->shape)[0]);
}

FUNCTION(uses_after_release)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    char *bytes = view.buf;
    Py_ssize_t len = view.len;
    PyBuffer_Release(&view);
    return number(take_all(bytes, len));
}

FUNCTION(shape_after_release)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) < 0)
        return NULL;
    volatile Py_ssize_t *shape = view.shape;
    int ndim = view.ndim;
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(ndim ? shape[0] : 1);
}

FUNCTION(format_after_release)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    volatile char *format = view.format;
    PyBuffer_Release(&view);
    return PyLong_FromLong(format[0]);
}

/* --- a result that keeps the address alone --- */

typedef struct {
    PyObject_HEAD
    char *bytes;
    Py_ssize_t len;
} Kept;

static PyObject *kept_tobytes(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return PyBytes_FromStringAndSize(((Kept *)self)->bytes, ((Kept *)self)->len);
}

static PyMethodDef kept_methods[] = {{"tobytes", kept_tobytes, METH_NOARGS, NULL}, {NULL}};
static PyType_Slot kept_slots[] = {{Py_tp_methods, kept_methods}, {0, NULL}};
static PyType_Spec kept_spec = {"bufcheck_defects.Kept", sizeof(Kept), 0, Py_TPFLAGS_DEFAULT, kept_slots};
static PyObject *kept_type;

CONSUMER(keeps_the_address, PyBUF_SIMPLE)
{
    PyObject *kept = PyType_GenericAlloc((PyTypeObject *)kept_type, 0);
    if (kept) {
        ((Kept *)kept)->bytes = view->buf;
        ((Kept *)kept)->len = view->len;
    }
    return kept;
}

static PyMethodDef functions[] = {
    {"reads_past_len", reads_past_len, METH_O, NULL},
    {"reads_before", reads_before, METH_O, NULL},
    {"reads_until_nul", reads_until_nul, METH_O, NULL},
    {"reads_words", reads_words, METH_O, NULL},
    {"reads_past_shape", reads_past_shape, METH_O, NULL},
    {"reads_past_last_row", reads_past_last_row, METH_O, NULL},
    {"writes_past_len", writes_past_len, METH_O, NULL},
    {"writes_unasked", writes_unasked, METH_O, NULL},
    {"writes_same_value", writes_same_value, METH_O, NULL},
    {"writes_last_byte", writes_last_byte, METH_O, NULL},
    {"writes_shape", writes_shape, METH_O, NULL},
    {"writes_strides", writes_strides, METH_O, NULL},
    {"writes_suboffsets", writes_suboffsets, METH_O, NULL},
    {"writes_format", writes_format, METH_O, NULL},
    {"touches_empty", touches_empty, METH_O, NULL},
    {"strides_not_asked", strides_not_asked, METH_O, NULL},
    {"format_not_asked", format_not_asked, METH_O, NULL},
    {"getpointer_without_strides", getpointer_without_strides, METH_O, NULL},
    {"scalar_has_an_axis", scalar_has_an_axis, METH_O, NULL},
    {"uses_after_release", uses_after_release, METH_O, NULL},
    {"shape_after_release", shape_after_release, METH_O, NULL},
    {"format_after_release", format_after_release, METH_O, NULL},
    {"keeps_the_address", keeps_the_address, METH_O, NULL},
    {NULL},
};

int add_consumers_memory(PyObject *module)
{
    kept_type = PyType_FromSpec(&kept_spec);
    return kept_type == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
