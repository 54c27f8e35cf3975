/* Exporters whose item size, format or length does not say what the memory holds.

   Knows one fault a function. Must never claim a byte that is not there. */

#include "block.h"
#include "sheet.h"

/* From two axes on an item has the size of a pointer, and the length counts pointers of the first axis. */
static int size_of_pointer(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0) {
        view->itemsize = sizeof(void *);
        view->len = SHEET(self)->shape[0] * (Py_ssize_t)sizeof(void *);
    }
    return result;
}

/* A number without axes is shown as the bytes that it takes. */
static int scalar_as_bytes(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, SHEET(self)->first, SHEET(self)->itemsize, SHEET(self)->readonly, flags);
}

/* Numbers of eight bytes say that they are unsigned bytes. */
static int says_bytes(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0 && view->format != NULL)
        view->format = "B";
    return result;
}

/* The length counts items where the memory has gaps. */
static int items_for_bytes(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0)
        view->len /= view->itemsize;
    return result;
}

/* One item less in the length where there are gaps: the last step is taken for a gap. */
static int last_step_missing(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0)
        view->len -= view->itemsize;
    return result;
}

/* The size is the one of the whole row, and negative, as a debt. */
static int negative_size(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0 && ASKS(flags, PyBUF_FORMAT))
        view->itemsize = -view->itemsize;
    return result;
}

/* Two rows of three, with room behind them for whoever takes the last for a wider one. */
static PyObject *grid_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "i", sizeof(int), 2, {2, 3}, 0};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_made(type, &picture));
    if (self == NULL)
        return NULL;
    free(self->data);
    self->data = self->first = calloc(8, sizeof(int));
    if (self->data == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    sheet_number(self);
    return (PyObject *)self;
}

MADE(reals_new, {'C', "d", sizeof(double), 1, {3}, 0})
MADE(number_new, {'C', "d", sizeof(double), 0, {0}, 1})
MADE(padded_new, {'C', "=bi", 8, 1, {3}, 0})
MADE(twice_padded_new, {'C', "T{d:x:8xd:y:}", 16, 1, {3}, 0})
MADE(inner_padded_new, {'C', "T{T{b:a:3xi:b:}:p:4xh:c:2x}", 12, 1, {2}, 0})
MADE(unnamed_new, {'C', "T{<i:x:<i:x:}", 8, 1, {2}, 0})
MADE(turned_new, {'C', ">i", sizeof(int), 1, {4}, 0})

static PyObject *gaps_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "i", sizeof(int), 1, {8}, 0};
    (void)args, (void)kwargs;
    PyObject *self = sheet_made(type, &picture);
    if (self != NULL) {
        SHEET(self)->shape[0] = 4;
        SHEET(self)->strides[0] = 2 * sizeof(int);
    }
    return self;
}

/* Nothing is granted to anybody, though there is something to be had. */
static int nothing_to_be_had(PyObject *self, Py_buffer *view, int flags)
{
    (void)self, (void)flags;
    return sheet_refuse(view, "the memory is not ready");
}

static int empty_is_nothing(PyObject *self, Py_buffer *view, int flags)
{
    if (SHEET(self)->shape[0] == 0)
        return sheet_refuse(view, "there is no memory");
    return sheet_getbuffer(self, view, flags);
}

MADE(empty_new, {'C', "B", 1, 1, {0}, 0})

int add_items(PyObject *module)
{
#define TYPE(name, make, get, release, more)                                                                  \
    if (sheet_type(module, "bufcheck_defects." name, make, get, release, more) == NULL)                       \
        return -1;
    TYPE("SizeOfPointer", grid_new, size_of_pointer, sheet_releasebuffer, NULL)
    TYPE("ScalarAsBytes", number_new, scalar_as_bytes, NULL, NULL)
    TYPE("SaysBytes", reals_new, says_bytes, sheet_releasebuffer, NULL)
    TYPE("ItemsForBytes", gaps_new, items_for_bytes, sheet_releasebuffer, NULL)
    TYPE("LastStepMissing", gaps_new, last_step_missing, sheet_releasebuffer, NULL)
    TYPE("NegativeSize", reals_new, negative_size, sheet_releasebuffer, NULL)
    TYPE("PaddedByCompiler", padded_new, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("PaddedTwice", twice_padded_new, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("PaddedInside", inner_padded_new, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("OneNameForTwo", unnamed_new, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("TurnedBytes", turned_new, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("NothingToBeHad", reals_new, nothing_to_be_had, sheet_releasebuffer, NULL)
    TYPE("EmptyIsNothing", empty_new, empty_is_nothing, sheet_releasebuffer, NULL)
#undef TYPE
    return 0;
}
