/* Exporters whose views lead out of the block they own, or into one that they own no longer.

   Knows one fault a function. Must never write there: what lies behind a block is somebody else's. */

#include "block.h"
#include "sheet.h"

/* --- behind the block --- */

/* Six numbers; the shape counts seven. */
static PyObject *one_item_over(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "i", sizeof(int), 1, {6}, 1};
    (void)args, (void)kwargs;
    PyObject *self = sheet_made(type, &picture);
    if (self != NULL)
        SHEET(self)->shape[0] = 7;
    return self;
}

/* Every other number of six: half of them and one more. */
static PyObject *one_step_over(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = one_item_over(type, args, kwargs);
    if (self != NULL) {
        SHEET(self)->shape[0] = 6 / 2 + 1;
        SHEET(self)->strides[0] = 2 * sizeof(int);
    }
    return self;
}

/* Four rows of 32 bytes; the shape counts five. */
static PyObject *one_row_over(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "B", 1, 2, {4, 32}, 1};
    (void)args, (void)kwargs;
    PyObject *self = sheet_made(type, &picture);
    if (self != NULL)
        SHEET(self)->shape[0] = 5;
    return self;
}

/* A picture that lies upside down: `buf` is the row that is shown first, which is the last in memory, and the
   bytes are counted upwards from there. */
static PyObject *upside_down(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "B", 1, 1, {4 * 32}, 1};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_made(type, &picture));
    if (self != NULL)
        self->first = self->data + 3 * 32;
    return (PyObject *)self;
}

/* Numbers that run backwards, from the first in memory: all but one lie in front of the block. */
static PyObject *before_the_block(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "i", sizeof(int), 1, {4}, 1};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_made(type, &picture));
    if (self != NULL)
        self->strides[0] = -(Py_ssize_t)sizeof(int);
    return (PyObject *)self;
}

/* Four rows of two numbers, stored in rows; the step from row to row counts rows, not columns. */
static PyObject *rows_for_columns(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "d", sizeof(double), 2, {4, 2}, 1};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_made(type, &picture));
    if (self != NULL)
        self->strides[0] = 4 * sizeof(double);
    return (PyObject *)self;
}

/* Three rows of five numbers, stored in columns; the step from column to column counts columns. */
static PyObject *columns_for_rows(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'F', "d", sizeof(double), 2, {3, 5}, 1};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_made(type, &picture));
    if (self != NULL)
        self->strides[1] = 5 * sizeof(double);
    return (PyObject *)self;
}

/* The strides that were given at the start are taken on trust, and plain bytes are granted in their true number. */
static int flat_is_true(PyObject *object, Py_buffer *view, int flags)
{
    if (ASKS(flags, PyBUF_STRIDES))
        return sheet_getbuffer(object, view, flags);
    if (flags & PyBUF_WRITABLE)
        return sheet_refuse(view, "the memory is read-only");
    return sheet_fill(object, view, flags);
}

/* Two rows of four numbers; the steps of the axes are changed over, and their extents are not. */
static PyObject *steps_changed_over(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "d", sizeof(double), 2, {2, 4}, 1};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_made(type, &picture));
    if (self != NULL) {
        self->strides[0] = sizeof(double);
        self->strides[1] = 4 * sizeof(double);
    }
    return (PyObject *)self;
}

MADE(four_by_two, {'C', "d", sizeof(double), 2, {4, 2}, 1})

/* --- a block that is gone --- */

#define DANGLING 1024

/* The bytes are made for the request and freed before it returns. */
static int temporary_owner(PyObject *object, Py_buffer *view, int flags)
{
    char *made = malloc(DANGLING);
    if (made == NULL)
        return sheet_refuse(view, "no memory");
    memset(made, 't', DANGLING);
    int result = PyBuffer_FillInfo(view, object, made, DANGLING, 1, flags);
    free(made);
    return result;
}

/* As above, but only for whoever asks the format; the others get bytes of the object. */
static int temporary_with_format(PyObject *object, Py_buffer *view, int flags)
{
    if (flags & PyBUF_FORMAT)
        return temporary_owner(object, view, flags);
    return PyBuffer_FillInfo(view, object, SHEET(object)->data, DANGLING, 1, flags);
}

static PyObject *t_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "B", 1, 1, {DANGLING}, 1};
    (void)args, (void)kwargs;
    PyObject *self = sheet_made(type, &picture);
    if (self != NULL)
        memset(SHEET(self)->data, 't', DANGLING);
    return self;
}

/* The owner is a `bytes` object that is made for the request, and `obj` is the exporter, which drops it. */
static int dropped_bytes(PyObject *object, Py_buffer *view, int flags)
{
    PyObject *made = PyBytes_FromStringAndSize(NULL, DANGLING);
    if (made == NULL)
        return sheet_refuse(view, "no memory");
    memset(PyBytes_AS_STRING(made), 't', DANGLING);
    int result = PyBuffer_FillInfo(view, object, PyBytes_AS_STRING(made), DANGLING, 1, flags);
    Py_DECREF(made);
    return result;
}

/* Leaving a `with` block frees the bytes under the views. */
static PyObject *enter(PyObject *object, PyObject *unused)
{
    (void)unused;
    return Py_NewRef(object);
}

static PyObject *leave(PyObject *object, PyObject *unused)
{
    (void)unused;
    Sheet *self = SHEET(object);
    char *fresh = malloc(DANGLING);
    if (fresh == NULL)
        return PyErr_NoMemory();
    memset(fresh, 'f', DANGLING);
    memset(self->data, 0xdd, DANGLING);
    free(self->data);
    self->data = self->first = fresh;
    Py_RETURN_NONE;
}

static PyMethodDef context_methods[] = {
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", leave, METH_VARARGS, NULL},
    {"send", leave, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot context[] = {{Py_tp_methods, context_methods}, {0, NULL}};

/* `obj` is another object of the same type, which has memory of its own and is kept by the module: when the one
   that was asked goes, its memory goes with it. */
static int owned_by_brother(PyObject *object, Py_buffer *view, int flags)
{
    static PyObject *brother;
    static int making;
    if (brother == NULL && !making) {
        making = 1;
        brother = PyObject_CallNoArgs((PyObject *)Py_TYPE(object));
        making = 0;
    }
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && brother != NULL) {
        SHEET(object)->exports--;
        SHEET(brother)->exports++;
        Py_SETREF(view->obj, Py_NewRef(brother));
    }
    return result;
}

/* What is left of the block is wiped, as a debugging allocator does it. */
static void dealloc_wipes(PyObject *object)
{
    memset(SHEET(object)->data, 0xdd, (size_t)SHEET(object)->size);
    SHEET(object)->data = NULL;
    sheet_dealloc(object);
}

static PyType_Slot wipes[] = {{Py_tp_dealloc, (void *)dealloc_wipes}, {0, NULL}};

/* A `bytes` object with the same contents, elsewhere, is named as the owner. */
static int owned_by_equal(PyObject *object, Py_buffer *view, int flags)
{
    static char eternal[] = "for ever and ever";
    int result = PyBuffer_FillInfo(view, object, eternal, sizeof eternal, 1, flags);
    if (result == 0)
        Py_SETREF(view->obj, PyBytes_FromStringAndSize(eternal, sizeof eternal));
    return result;
}

/* A flat view takes no reference: the exporter is finalised under it. Its struct is never freed, as one on a free
   list is not. */
static int unowned_when_flat(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && flags == PyBUF_SIMPLE)
        Py_DECREF(object);
    return result;
}

static void dealloc_keeps(PyObject *object)
{
    if (SHEET(object)->extra == NULL && SHEET(object)->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    SHEET(object)->extra = object;
}

static PyType_Slot keeps[] = {{Py_tp_dealloc, (void *)dealloc_keeps}, {0, NULL}};

/* The request is passed on to an inner object, which is the owner then; the format is a text of the outer. */
static int format_of_outer(PyObject *object, Py_buffer *view, int flags)
{
    Sheet *self = SHEET(object);
    if (self->other == NULL) {
        PyObject *module = PyImport_ImportModule("bufcheck_defects");
        self->other = module == NULL ? NULL : PyObject_CallMethod(module, "Sound", NULL);
        Py_XDECREF(module);
        if (self->other == NULL)
            return -1;
        /* Kept for the test, but worthless when the outer object is gone. */
        self->format = strdup("B");
    }
    int result = PyObject_GetBuffer(self->other, view, flags);
    if (result == 0 && view->format != NULL)
        view->format = self->format;
    return result;
}

static void dealloc_spoils_format(PyObject *object)
{
    if (SHEET(object)->other != NULL)
        SHEET(object)->format[0] = 'x';
    sheet_dealloc(object);
}

static PyType_Slot spoils[] = {{Py_tp_dealloc, (void *)dealloc_spoils_format}, {0, NULL}};

int add_outside(PyObject *module)
{
#define TYPE(name, make, get, release, more)                                                                  \
    if (sheet_type(module, "bufcheck_defects." name, make, get, release, more) == NULL)                       \
        return -1;
    TYPE("OneItemOver", one_item_over, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("OneStepOver", one_step_over, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("OneRowOver", one_row_over, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("UpsideDown", upside_down, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("BeforeTheBlock", before_the_block, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("RowsForColumns", rows_for_columns, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("RowsForColumnsFlat", rows_for_columns, flat_is_true, sheet_releasebuffer, NULL)
    TYPE("ColumnsForRows", columns_for_rows, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("StepsChangedOver", steps_changed_over, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("TemporaryOwner", t_new, temporary_owner, NULL, NULL)
    TYPE("TemporaryWithFormat", t_new, temporary_with_format, NULL, NULL)
    TYPE("DroppedBytes", t_new, dropped_bytes, NULL, NULL)
    TYPE("FreedOnExit", t_new, sheet_getbuffer, sheet_releasebuffer, context)
    TYPE("OwnedByBrother", four_by_two, owned_by_brother, sheet_releasebuffer, wipes)
    TYPE("UnownedWhenFlat", four_by_two, unowned_when_flat, sheet_releasebuffer, keeps)
    TYPE("FormatOfOuter", four_by_two, format_of_outer, NULL, spoils)
    TYPE("OwnedByEqual", t_new, owned_by_equal, NULL, NULL)
#undef TYPE
    return 0;
}
