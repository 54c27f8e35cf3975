/* What all exporters of this module have in common: one block of bytes, and a sound answer to every request.

   Knows how one axis of bytes is exported as the documentation wants it. Must never know which faults the
   exporters have that are built on it: those stand in the other files, one function each. */

#ifndef BUFCHECK_DEFECTS_BLOCK_H
#define BUFCHECK_DEFECTS_BLOCK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#define BLOCK_SIZE 16

/* An object with a block of bytes. */
typedef struct {
    PyObject_HEAD
    char *data;
    Py_ssize_t size;
    Py_ssize_t shape[1];
    Py_ssize_t strides[1];
    Py_ssize_t exports;
    PyObject *weakrefs;
    PyObject *dict;
    /* Whatever a single exporter needs besides. */
    void *extra;
    PyObject *other;
    unsigned long thread;
    long calls;
} Block;

#define BLOCK(object) ((Block *)(object))

PyObject *block_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
void block_dealloc(PyObject *self);
PyObject *block_close(PyObject *self, PyObject *unused);
PyObject *block_grow(PyObject *self, PyObject *unused);
extern PyMethodDef block_methods[];
extern PyMemberDef block_members[];

/* -1 and BufferError. */
int block_refuse(Py_buffer *view, const char *message);

/* Fills a view of single bytes as the flags ask, takes the reference and counts; 0. */
int block_fill(PyObject *self, Py_buffer *view, int flags);

/* The sound pair of slots. */
int block_getbuffer(PyObject *self, Py_buffer *view, int flags);
void block_releasebuffer(PyObject *self, Py_buffer *view);

/* Adds a heap type: `getbuffer` and `releasebuffer` may be NULL. */
int add_type(PyObject *module, const char *name, getbufferproc getbuffer, releasebufferproc releasebuffer);
int add_type_with(PyObject *module, const char *name, getbufferproc getbuffer,
                  releasebufferproc releasebuffer, PyType_Slot *more);

/* Adds a heap type whose instances are no blocks. */
int add_spec(PyObject *module, PyType_Spec *spec);

/* One for each file of exporters. */
int add_fill_info(PyObject *module);
int add_references(PyObject *module);
int add_arrays(PyObject *module);
int add_life(PyObject *module);
int add_threads(PyObject *module);
int add_static(PyObject *module);
int add_sound(PyObject *module);
int add_pages(PyObject *module);
int add_outside(PyObject *module);
int add_common(PyObject *module);
int add_traces(PyObject *module);
int add_items(PyObject *module);
int add_blocks(PyObject *module);
int add_people(PyObject *module);
int add_habits_layouts(PyObject *module);
int add_habits_views(PyObject *module);
int add_habits_life(PyObject *module);

#endif
