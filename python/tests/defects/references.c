/* Exporters that count references wrongly, or return what they should not.

   Knows one fault a function. Must never end the process by it: objects that lose references are kept by
   the module, as a cache or a singleton would be, with references to spare. */

#include "block.h"

/* More references than any test takes away. */
#define SPARE 1000000

static PyObject *kept_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = block_new(type, args, kwargs);
    for (int at = 0; self != NULL && at < SPARE; at++)
        Py_INCREF(self);
    return self;
}

static PyType_Slot kept[] = {{Py_tp_new, kept_new}, {0, NULL}};

/* `obj` is the exporter, without a reference of the view's own. */
static int borrowed(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    Py_DECREF(self);
    return 0;
}

/* No reference is taken where the consumer asks to write. */
static int borrowed_when_writable(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    if (flags & PyBUF_WRITABLE)
        Py_DECREF(self);
    return 0;
}

/* The release gives the reference back, and so does `PyBuffer_Release`. */
static void release_decref(PyObject *self, Py_buffer *view)
{
    block_releasebuffer(self, view);
    Py_DECREF(self);
}

/* The release clears `obj`, whose reference `PyBuffer_Release` has in hand already. */
static void release_clear(PyObject *self, Py_buffer *view)
{
    block_releasebuffer(self, view);
    Py_CLEAR(view->obj);
}

/* The reference is taken before the request is looked at. */
static int before_looking(PyObject *self, Py_buffer *view, int flags)
{
    Py_INCREF(self);
    if (flags & PyBUF_WRITABLE)
        return block_refuse(view, "the block is read-only");
    block_fill(self, view, flags);
    view->readonly = 1;
    Py_DECREF(self);
    return 0;
}

/* The owner is left in `obj` of a refused view. */
static int left_behind(PyObject *self, Py_buffer *view, int flags)
{
    view->obj = self;
    if (flags & PyBUF_WRITABLE) {
        PyErr_SetString(PyExc_BufferError, "the block is read-only");
        return -1;
    }
    block_fill(self, view, flags);
    view->readonly = 1;
    return 0;
}

/* -1, and no exception. */
static int silent(PyObject *self, Py_buffer *view, int flags)
{
    if (flags & PyBUF_WRITABLE) {
        view->obj = NULL;
        return -1;
    }
    block_fill(self, view, flags);
    view->readonly = 1;
    return 0;
}

/* 0, and the exception of a failed look-up is still set. */
static int forgotten_exception(PyObject *self, Py_buffer *view, int flags)
{
    if ((flags & PyBUF_FORMAT) && !PyObject_HasAttrString(self, "no_such_name"))
        PyErr_SetString(PyExc_AttributeError, "no_such_name");
    return block_fill(self, view, flags);
}

/* 1 for success. */
static int truth(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    return 1;
}

/* An exception is left by the release. */
static void release_raises(PyObject *self, Py_buffer *view)
{
    block_releasebuffer(self, view);
    if (BLOCK(self)->exports == 0)
        PyErr_SetString(PyExc_RuntimeError, "nobody looks any more");
}

/* The release looks a name up and clears whatever exception there is then. */
static void release_clears(PyObject *self, Py_buffer *view)
{
    block_releasebuffer(self, view);
    PyErr_Clear();
}

/* `obj` is the type. */
static int owned_by_type(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    BLOCK(self)->exports--;
    view->obj = Py_NewRef((PyObject *)Py_TYPE(self));
    Py_DECREF(self);
    return 0;
}

int add_references(PyObject *module)
{
    return add_type_with(module, "bufcheck_defects.Borrowed", borrowed, block_releasebuffer, kept) < 0
        || add_type_with(module, "bufcheck_defects.BorrowedWhenWritable", borrowed_when_writable,
                         block_releasebuffer, kept) < 0
        || add_type_with(module, "bufcheck_defects.ReleaseDecref", block_getbuffer, release_decref, kept) < 0
        || add_type_with(module, "bufcheck_defects.ReleaseClear", block_getbuffer, release_clear, kept) < 0
        || add_type(module, "bufcheck_defects.BeforeLooking", before_looking, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.LeftBehind", left_behind, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Silent", silent, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ForgottenException", forgotten_exception, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Truth", truth, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ReleaseRaises", block_getbuffer, release_raises) < 0
        || add_type(module, "bufcheck_defects.ReleaseClears", block_getbuffer, release_clears) < 0
        || add_type(module, "bufcheck_defects.OwnedByType", owned_by_type, block_releasebuffer) < 0
        ? -1
        : 0;
}
