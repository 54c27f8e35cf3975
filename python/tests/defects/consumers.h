/* What the functions that take buffers have in common.

   Knows how a view is asked for and walked as the documentation wants it. Must never know which faults the functions
   have that are built on it: those stand in the other files, one each. */

#ifndef BUFCHECK_DEFECTS_CONSUMERS_H
#define BUFCHECK_DEFECTS_CONSUMERS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

/* A checksum that notices the order of bytes; volatile, so that the compiler loads one byte after the other. */
static inline unsigned long take(unsigned long sum, const char *byte)
{
    return sum * 31 + *(const volatile unsigned char *)byte;
}

static inline unsigned long take_all(const char *bytes, Py_ssize_t count)
{
    unsigned long sum = 7;
    for (Py_ssize_t i = 0; i < count; i++)
        sum = take(sum, bytes + i);
    return sum;
}

static inline PyObject *number(unsigned long sum)
{
    return PyLong_FromUnsignedLong(sum & 0xffffffff);
}

/* A function of one buffer that is asked for with these flags; `view` is held in the body. */
#define CONSUMER(name, flags)                                                  \
    static PyObject *name##_of(PyObject *object, Py_buffer *view);             \
    static PyObject *name(PyObject *module, PyObject *object)                  \
    {                                                                          \
        (void)module;                                                          \
        Py_buffer view;                                                        \
        if (PyObject_GetBuffer(object, &view, flags) < 0)                      \
            return NULL;                                                       \
        PyObject *result = name##_of(object, &view);                           \
        PyBuffer_Release(&view);                                               \
        return result;                                                         \
    }                                                                          \
    static PyObject *name##_of(PyObject *Py_UNUSED(object), Py_buffer *view)

/* A function of one buffer that does all by itself. */
#define FUNCTION(name) static PyObject *name(PyObject *Py_UNUSED(module), PyObject *object)

/* All items in C order, by shape, strides and suboffsets. */
unsigned long walk_items(const Py_buffer *view, const char *at, int axis, unsigned long sum);

int add_consumers_memory(PyObject *module);
int add_consumers_items(PyObject *module);
int add_consumers_release(PyObject *module);
int add_consumers_refusal(PyObject *module);
int add_consumers_sound(PyObject *module);
int add_consumers_arguments(PyObject *module);

#endif
