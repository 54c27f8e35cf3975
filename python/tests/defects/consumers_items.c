/* Functions that read items wrongly, or take one format and refuse another that says the same.

   Knows one fault a function. Must never leave the memory of a plain buffer. */

#include "consumers.h"

unsigned long walk_items(const Py_buffer *view, const char *at, int axis, unsigned long sum)
{
    if (axis == view->ndim) {
        for (Py_ssize_t i = 0; i < view->itemsize; i++)
            sum = take(sum, at + i);
        return sum;
    }
    for (Py_ssize_t i = 0; i < view->shape[axis]; i++) {
        const char *item = at + i * view->strides[axis];
        if (view->suboffsets && view->suboffsets[axis] >= 0)
            item = *(char *const *)item + view->suboffsets[axis];
        sum = walk_items(view, item, axis + 1, sum);
    }
    return sum;
}

CONSUMER(multiplies_len, PyBUF_SIMPLE)
{
    return number(take_all(view->buf, view->len * view->itemsize));
}

CONSUMER(divides_len, PyBUF_SIMPLE) { return number(take_all(view->buf, view->len / view->itemsize)); }

CONSUMER(ignores_strides, PyBUF_STRIDES) { return number(take_all(view->buf, view->len)); }

/* Only where there are gaps between rows. */
CONSUMER(ignores_row_stride, PyBUF_STRIDES)
{
    if (view->ndim == 2 && view->strides[1] == view->itemsize && view->strides[0] > 0)
        return number(take_all(view->buf, view->len));
    return number(walk_items(view, view->buf, 0, 7));
}

static unsigned long walk_forward(const Py_buffer *view, const char *at, int axis, unsigned long sum)
{
    if (axis == view->ndim)
        return take(sum, at);
    Py_ssize_t stride = view->strides[axis] < 0 ? -view->strides[axis] : view->strides[axis];
    for (Py_ssize_t i = 0; i < view->shape[axis]; i++)
        sum = walk_forward(view, at + i * stride, axis + 1, sum);
    return sum;
}

CONSUMER(strides_without_sign, PyBUF_STRIDES) { return number(walk_forward(view, view->buf, 0, 7)); }

/* A stride of 0 is taken for "not set". */
CONSUMER(stride_zero_is_unset, PyBUF_STRIDES)
{
    if (view->ndim == 1 && view->strides[0] == 0)
        return number(take_all(view->buf, view->len));
    return number(walk_items(view, view->buf, 0, 7));
}

CONSUMER(ignores_suboffsets, PyBUF_FULL_RO)
{
    Py_buffer direct = *view;
    direct.suboffsets = NULL;
    return number(walk_items(&direct, view->buf, 0, 7));
}

static unsigned long walk_wrongly(const Py_buffer *view, const char *at, int axis, unsigned long sum, int how)
{
    if (axis == view->ndim)
        return take(sum, at);
    for (Py_ssize_t i = 0; i < view->shape[axis]; i++) {
        const char *item = at + i * view->strides[axis];
        Py_ssize_t suboffset = view->suboffsets ? view->suboffsets[axis] : -1;
        if (how == 0 && suboffset > 0)
            item = *(char *const *)item + suboffset;
        if (how == 1 && suboffset >= 0)
            item = *(char *const *)(item + suboffset);
        if (how == 2 && suboffset != -1)
            item = *(char *const *)item + suboffset;
        sum = walk_wrongly(view, item, axis + 1, sum, how);
    }
    return sum;
}

CONSUMER(suboffset_zero_is_none, PyBUF_FULL_RO) { return number(walk_wrongly(view, view->buf, 0, 7, 0)); }

CONSUMER(suboffset_before_pointer, PyBUF_FULL_RO) { return number(walk_wrongly(view, view->buf, 0, 7, 1)); }

CONSUMER(only_minus_one_is_none, PyBUF_FULL_RO) { return number(walk_wrongly(view, view->buf, 0, 7, 2)); }

CONSUMER(thirty_two_axes, PyBUF_STRIDES)
{
    if (view->ndim > 32)
        abort();
    return number(walk_items(view, view->buf, 0, 7));
}

/* Whatever is beyond the fourth axis is left out. */
CONSUMER(four_axes, PyBUF_STRIDES)
{
    Py_buffer few = *view;
    few.ndim = few.ndim > 4 ? 4 : few.ndim;
    return number(walk_items(&few, view->buf, 0, 7));
}

FUNCTION(moves_the_struct)
{
    Py_buffer view, moved;
    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) < 0)
        return NULL;
    moved = view;
    memset(&view, 0, sizeof view);
    PyObject *result = number(walk_items(&moved, moved.buf, 0, 7));
    PyBuffer_Release(&moved);
    return result;
}

/* --- formats --- */

static PyObject *ints(const Py_buffer *view)
{
    if (view->ndim != 1 || view->itemsize != sizeof(int) || view->suboffsets)
        return PyErr_Format(PyExc_TypeError, "one axis of ints, please");
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list && i < view->shape[0]; i++) {
        int value;
        memcpy(&value, (char *)view->buf + i * view->strides[0], sizeof value);
        PyObject *item = PyLong_FromLong(value);
        if (item == NULL || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *refuse_format(const Py_buffer *view)
{
    return PyErr_Format(PyExc_TypeError, "format `%s` is not taken", view->format);
}

CONSUMER(last_letter_of_format, PyBUF_FULL_RO)
{
    size_t length = strlen(view->format);
    return length && view->format[length - 1] == 'i' ? ints(view) : refuse_format(view);
}

/* Formats of one letter are looked at closely, the others only by their size. */
CONSUMER(size_is_enough, PyBUF_FULL_RO)
{
    if (view->format[1] == '\0' && view->format[0] != 'i')
        return refuse_format(view);
    return ints(view);
}

CONSUMER(only_plain_i, PyBUF_FULL_RO)
{
    return strcmp(view->format, "i") == 0 ? ints(view) : refuse_format(view);
}

CONSUMER(no_spaces, PyBUF_FULL_RO)
{
    const char *format = view->format + (strchr("@=<", view->format[0]) != NULL);
    return strcmp(format, "i") == 0 ? ints(view) : refuse_format(view);
}

CONSUMER(only_plain_q, PyBUF_FULL_RO)
{
    const char *format = view->format + (view->format[0] == '<');
    return strcmp(format, "q") == 0 ? PyLong_FromSsize_t(view->len) : refuse_format(view);
}

CONSUMER(dies_of_records, PyBUF_FULL_RO)
{
    if (view->format[0] == 'T')
        abort();
    return refuse_format(view);
}

/* A buffer of 64 bytes for the format. */
CONSUMER(short_formats_only, PyBUF_FULL_RO)
{
    if (strlen(view->format) > 63)
        abort();
    return number(walk_items(view, view->buf, 0, 7));
}

CONSUMER(aborts, PyBUF_SIMPLE)
{
    if (view->len > 1)
        abort();
    return number(take_all(view->buf, view->len));
}

/* The first axis is taken for all of it. */
CONSUMER(counts_the_first_axis, PyBUF_ND)
{
    return PyLong_FromSsize_t(view->ndim ? view->shape[0] : 1);
}

static PyMethodDef functions[] = {
    {"multiplies_len", multiplies_len, METH_O, NULL},
    {"divides_len", divides_len, METH_O, NULL},
    {"ignores_strides", ignores_strides, METH_O, NULL},
    {"ignores_row_stride", ignores_row_stride, METH_O, NULL},
    {"strides_without_sign", strides_without_sign, METH_O, NULL},
    {"stride_zero_is_unset", stride_zero_is_unset, METH_O, NULL},
    {"ignores_suboffsets", ignores_suboffsets, METH_O, NULL},
    {"suboffset_zero_is_none", suboffset_zero_is_none, METH_O, NULL},
    {"suboffset_before_pointer", suboffset_before_pointer, METH_O, NULL},
    {"only_minus_one_is_none", only_minus_one_is_none, METH_O, NULL},
    {"thirty_two_axes", thirty_two_axes, METH_O, NULL},
    {"four_axes", four_axes, METH_O, NULL},
    {"moves_the_struct", moves_the_struct, METH_O, NULL},
    {"last_letter_of_format", last_letter_of_format, METH_O, NULL},
    {"size_is_enough", size_is_enough, METH_O, NULL},
    {"only_plain_i", only_plain_i, METH_O, NULL},
    {"no_spaces", no_spaces, METH_O, NULL},
    {"only_plain_q", only_plain_q, METH_O, NULL},
    {"dies_of_records", dies_of_records, METH_O, NULL},
    {"short_formats_only", short_formats_only, METH_O, NULL},
    {"aborts", aborts, METH_O, NULL},
    {"counts_the_first_axis", counts_the_first_axis, METH_O, NULL},
    {NULL},
};

int add_consumers_items(PyObject *module) { return PyModule_AddFunctions(module, functions); }
