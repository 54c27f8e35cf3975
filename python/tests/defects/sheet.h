/* Exporters of wider items along several axes: one block of memory, and a sound answer to every request.

   Knows how such an array is exported as the documentation wants it. Must never know which faults the exporters
   have that are built on it: those stand in the other files, one function each. */

#ifndef BUFCHECK_DEFECTS_SHEET_H
#define BUFCHECK_DEFECTS_SHEET_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#define MOST_AXES 3

/* What is in the memory, and how it lies there. */
typedef struct {
    char order;
    char *format;
    Py_ssize_t itemsize;
    int ndim;
    Py_ssize_t shape[MOST_AXES];
    int readonly;
} Picture;

/* An object with an array. */
typedef struct {
    PyObject_HEAD
    /* The block, to be freed; NULL where the memory is nobody's to free. */
    char *data;
    /* The item with index 0 along every axis. */
    char *first;
    /* Pages of its own, to be unmapped. */
    char *pages;
    size_t mapped;
    Py_ssize_t size;
    char *format;
    Py_ssize_t itemsize;
    int ndim;
    Py_ssize_t shape[MOST_AXES];
    Py_ssize_t strides[MOST_AXES];
    int readonly;
    Py_ssize_t exports;
    PyObject *weakrefs;
    /* Whatever a single exporter needs besides. */
    PyObject *other;
    void *extra;
} Sheet;

#define SHEET(object) ((Sheet *)(object))
#define ASKS(flags, macro) (((flags) & (macro)) == (macro))

/* An object without memory, described by the picture: strides without gaps. */
PyObject *sheet_bare(PyTypeObject *type, const Picture *picture);

/* One with a fresh block; item `n` in C order holds the number `n + 1` as its format says (`B`, `i` or `d`). */
PyObject *sheet_made(PyTypeObject *type, const Picture *picture);

/* Numbers the items once more, wherever they lie now. */
void sheet_number(Sheet *self);

/* Gives the object that many bytes of pages; -1 with MemoryError. */
int sheet_map(Sheet *self, size_t bytes);

/* -1 and BufferError. */
int sheet_refuse(Py_buffer *view, const char *message);

/* 0 if the memory as it lies meets the request, else -1 with BufferError. */
int sheet_check(Sheet *self, Py_buffer *view, int flags);

/* Fills the view without looking at the request's demands, takes the reference and counts; 0. */
int sheet_fill(PyObject *self, Py_buffer *view, int flags);

/* The sound pair of slots. */
int sheet_getbuffer(PyObject *self, Py_buffer *view, int flags);
void sheet_releasebuffer(PyObject *self, Py_buffer *view);
void sheet_dealloc(PyObject *self);

/* Adds a heap type; the slots, `more` and `releasebuffer` may be NULL. */
PyObject *sheet_type(PyObject *module, const char *name, newfunc make, getbufferproc getbuffer,
                     releasebufferproc releasebuffer, PyType_Slot *more);

/* A constructor that numbers the items of a picture. */
#define MADE(function, ...)                                                                                   \
    static PyObject *function(PyTypeObject *type, PyObject *args, PyObject *kwargs)                           \
    {                                                                                                         \
        static const Picture picture = __VA_ARGS__;                                                           \
        (void)args, (void)kwargs;                                                                             \
        return sheet_made(type, &picture);                                                                    \
    }

#endif
