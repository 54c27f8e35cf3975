/* Exporters that leave the work to `PyBuffer_FillInfo`, and get its arguments, or what they change
   afterwards, wrong.

   Knows one fault a function. Must never know how views are asked or judged. */

#include "block.h"

/* The owner is forgotten. */
static int without_owner(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, NULL, BLOCK(self)->data, BLOCK(self)->size, 0, flags);
}

/* The flags are not passed on: everything is filled in for everybody. */
static int every_flag(PyObject *self, Py_buffer *view, int flags)
{
    (void)flags;
    return PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 0, PyBUF_FULL_RO);
}

/* The flags are not passed on: nothing but flat bytes. */
static int no_flag(PyObject *self, Py_buffer *view, int flags)
{
    (void)flags;
    return PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 0, PyBUF_SIMPLE);
}

/* Only WRITABLE is passed on. */
static int writable_flag_only(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 1, flags & PyBUF_WRITABLE);
}

static const char constant[BLOCK_SIZE] = "a constant text";

/* A string literal, which lies in memory that cannot be written, is given away for writing. */
static int literal(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, (void *)constant, sizeof constant, 0, flags);
}

/* A string literal is given away for writing to those who ask for flat bytes. */
static int literal_when_flat(PyObject *self, Py_buffer *view, int flags)
{
    int readonly = (flags & PyBUF_ND) == PyBUF_ND;
    if (readonly && (flags & PyBUF_WRITABLE))
        return block_refuse(view, "the text is constant");
    return PyBuffer_FillInfo(view, self, (void *)constant, sizeof constant, readonly, flags);
}

/* The item size is corrected afterwards, and the shape, which counts bytes, is not. */
static int items_afterwards(PyObject *self, Py_buffer *view, int flags)
{
    if (PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 0, flags) < 0)
        return -1;
    view->itemsize = 4;
    if (view->format != NULL)
        view->format = "<i";
    return 0;
}

/* A second axis is added afterwards: the arrays are those of `PyBuffer_FillInfo`, one number in the struct. */
static int axis_afterwards(PyObject *self, Py_buffer *view, int flags)
{
    if (PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 0, flags) < 0)
        return -1;
    view->ndim = 2;
    return 0;
}

/* `readonly` is 1 for memory that was just granted for writing. */
static int readonly_afterwards(PyObject *self, Py_buffer *view, int flags)
{
    if (PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 0, flags) < 0)
        return -1;
    view->readonly = 1;
    return 0;
}

/* The length is that of a C string. */
static int string_length(PyObject *self, Py_buffer *view, int flags)
{
    if (PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 0, flags) < 0)
        return -1;
    if (flags == PyBUF_SIMPLE)
        view->len = 0;
    return 0;
}

/* A reference of its own is taken beside the one that `PyBuffer_FillInfo` takes. */
static int second_reference(PyObject *self, Py_buffer *view, int flags)
{
    Py_INCREF(self);
    return PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 0, flags);
}

/* A refusal is answered with another exception. */
static int other_exception(PyObject *self, Py_buffer *view, int flags)
{
    if (PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 1, flags) == 0)
        return 0;
    PyErr_Clear();
    PyErr_SetString(PyExc_AttributeError, "not writable");
    return -1;
}

/* The result is not looked at. */
static int result_ignored(PyObject *self, Py_buffer *view, int flags)
{
    PyBuffer_FillInfo(view, self, BLOCK(self)->data, BLOCK(self)->size, 1, flags);
    view->readonly = 1;
    return 0;
}

int add_fill_info(PyObject *module)
{
    return add_type(module, "bufcheck_defects.WithoutOwner", without_owner, NULL) < 0
        || add_type(module, "bufcheck_defects.EveryFlag", every_flag, NULL) < 0
        || add_type(module, "bufcheck_defects.NoFlag", no_flag, NULL) < 0
        || add_type(module, "bufcheck_defects.WritableFlagOnly", writable_flag_only, NULL) < 0
        || add_type(module, "bufcheck_defects.Literal", literal, NULL) < 0
        || add_type(module, "bufcheck_defects.LiteralWhenFlat", literal_when_flat, NULL) < 0
        || add_type(module, "bufcheck_defects.ItemsAfterwards", items_afterwards, NULL) < 0
        || add_type(module, "bufcheck_defects.AxisAfterwards", axis_afterwards, NULL) < 0
        || add_type(module, "bufcheck_defects.ReadonlyAfterwards", readonly_afterwards, NULL) < 0
        || add_type(module, "bufcheck_defects.StringLength", string_length, NULL) < 0
        || add_type(module, "bufcheck_defects.SecondReference", second_reference, NULL) < 0
        || add_type(module, "bufcheck_defects.OtherException", other_exception, NULL) < 0
        || add_type(module, "bufcheck_defects.ResultIgnored", result_ignored, NULL) < 0
        ? -1
        : 0;
}
