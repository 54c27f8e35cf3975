/* Exporters that share what each object should have for itself, take their slots from two bases, or show
   something else than they have.

   Knows one fault a function. Must never be seen in an object that is alone of its kind, where it says so. */

#include "block.h"
#include "sheet.h"

/* --- what all objects of a class share --- */

/* `Numbers('d')` or `Numbers('i')`, with as many items as the second argument says. */
static PyObject *numbers_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    const char *code = "i";
    Py_ssize_t count = 6;
    if (!PyArg_ParseTuple(args, "|sn", &code, &count))
        return NULL;
    (void)kwargs;
    int real = code[0] == 'd';
    Picture picture = {'C', real ? "d" : "i", real ? sizeof(double) : sizeof(int), 1, {count}, 0};
    return sheet_made(type, &picture);
}

/* `Table(rows, columns, order)`. */
static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t rows = 2, columns = 3;
    const char *order = "C";
    if (!PyArg_ParseTuple(args, "|nns", &rows, &columns, &order))
        return NULL;
    (void)kwargs;
    Picture picture = {order[0], "i", sizeof(int), 2, {rows, columns}, 0};
    return sheet_made(type, &picture);
}

/* The format is written into one place for all. */
static int format_of_class(PyObject *object, Py_buffer *view, int flags)
{
    static char format[8];
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && view->format != NULL) {
        strcpy(format, SHEET(object)->format);
        view->format = format;
    }
    return result;
}

static PyObject *view_another(PyObject *object, PyObject *unused)
{
    (void)unused;
    const char *code = SHEET(object)->format[0] == 'd' ? "i" : "d";
    PyObject *other = PyObject_CallFunction((PyObject *)Py_TYPE(object), "s", code);
    PyObject *view = other == NULL ? NULL : PyMemoryView_FromObject(other);
    Py_XDECREF(other);
    if (view == NULL)
        return NULL;
    Py_DECREF(view);
    Py_RETURN_NONE;
}

static PyMethodDef another_methods[] = {
    {"view_another", view_another, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot another[] = {{Py_tp_methods, another_methods}, {0, NULL}};

/* The shape is written into one place for all. */
static int shape_of_class(PyObject *object, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[2];
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && view->shape != NULL)
        view->shape = memcpy(shape, SHEET(object)->shape, sizeof shape);
    return result;
}

/* The strides are written into one place for all. */
static int strides_of_class(PyObject *object, Py_buffer *view, int flags)
{
    static Py_ssize_t strides[2];
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && view->strides != NULL)
        view->strides = memcpy(strides, SHEET(object)->strides, sizeof strides);
    return result;
}

/* The format of the object that was made last is that of all. */
static char *latest_format = "i";

static PyObject *latest_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = numbers_new(type, args, kwargs);
    if (self != NULL)
        latest_format = SHEET(self)->format;
    return self;
}

static int format_of_latest(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && view->format != NULL)
        view->format = latest_format;
    return result;
}

/* One count of views for all objects: while one is viewed, none can be closed. */
static Py_ssize_t views_of_class;

static int counted_in_class(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    views_of_class += result == 0;
    return result;
}

static void release_counted_in_class(PyObject *object, Py_buffer *view)
{
    sheet_releasebuffer(object, view);
    views_of_class = 0;
}

static PyObject *refill(PyObject *object, PyObject *unused)
{
    (void)unused;
    Sheet *self = SHEET(object);
    if (views_of_class > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    char *old = self->data;
    self->data = self->first = calloc(1, (size_t)self->size);
    if (self->data == NULL)
        return PyErr_NoMemory();
    sheet_number(self);
    /* Kept for whoever looks at it still, but worthless. */
    memset(old, 0xdd, (size_t)self->size);
    free(self->extra);
    self->extra = old;
    Py_RETURN_NONE;
}

static PyMethodDef refill_methods[] = {
    {"refill", refill, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot refilled[] = {{Py_tp_methods, refill_methods}, {0, NULL}};

/* --- slots of two bases --- */

static char letters[8] = "letters";

/* A base without fields that fills one slot. */
static int letters_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, object, letters, sizeof letters, 1, flags);
}

/* A base that fills both, and refuses to be refilled while its own views are held. */
static PyObject *refill_counted(PyObject *object, PyObject *unused)
{
    if (SHEET(object)->exports != 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    views_of_class = 0;
    return refill(object, unused);
}

static PyMethodDef counted_methods[] = {
    {"refill", refill_counted, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot counted[] = {{Py_tp_methods, counted_methods}, {0, NULL}};

MADE(eight_new, {'C', "B", 1, 1, {8}, 1})

static int add_two_bases(PyObject *module)
{
    static PyType_Slot slots[] = {{Py_bf_getbuffer, (void *)letters_getbuffer}, {0, NULL}};
    static PyType_Spec spec = {"bufcheck_defects.Letters", sizeof(PyObject), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    PyObject *first = PyType_FromSpec(&spec);
    PyObject *second = sheet_type(module, "bufcheck_defects.Counted", eight_new, sheet_getbuffer,
                                  sheet_releasebuffer, counted);
    if (first == NULL || second == NULL)
        return -1;
    PyObject *both = PyObject_CallFunction((PyObject *)&PyType_Type, "s(OO){ss}", "SlotsOfTwoBases", first, second,
                                           "__module__", "bufcheck_defects");
    Py_DECREF(first);
    int result = both == NULL ? -1 : PyModule_AddObjectRef(module, "SlotsOfTwoBases", both);
    Py_XDECREF(both);
    return result;
}

/* Instances of the type itself are given back; those of a subclass stay locked. */
static void release_exact(PyObject *object, Py_buffer *view)
{
    if (strcmp(Py_TYPE(object)->tp_name, "bufcheck_defects.ReleasedIfExact") == 0)
        sheet_releasebuffer(object, view);
    else
        PyErr_SetString(PyExc_TypeError, "no instance of ReleasedIfExact");
}

/* --- views that are copies --- */

static int copied(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0) {
        view->internal = malloc((size_t)SHEET(object)->size);
        if (view->internal != NULL)
            view->buf = memcpy(view->internal, SHEET(object)->first, (size_t)SHEET(object)->size);
    }
    return result;
}

static void release_copy(PyObject *object, Py_buffer *view)
{
    sheet_releasebuffer(object, view);
    free(view->internal);
}

/* The copy of the view that is released last is written back. */
static void release_writes_back(PyObject *object, Py_buffer *view)
{
    sheet_releasebuffer(object, view);
    if (SHEET(object)->exports == 0 && view->internal != NULL)
        memcpy(SHEET(object)->first, view->internal, (size_t)SHEET(object)->size);
    free(view->internal);
}

/* Copies for those who do not write, the memory itself for those who do. A copy is written back all the same. */
static int copied_to_read(PyObject *object, Py_buffer *view, int flags)
{
    return flags & PyBUF_WRITABLE ? sheet_getbuffer(object, view, flags) : copied(object, view, flags);
}

static void release_writes_all_back(PyObject *object, Py_buffer *view)
{
    sheet_releasebuffer(object, view);
    if (view->internal != NULL)
        memcpy(SHEET(object)->first, view->internal, (size_t)SHEET(object)->size);
    free(view->internal);
}

/* Columns; whoever asks rows for writing gets a copy, and what is written there is lost. */
static int rows_on_demand(PyObject *object, Py_buffer *view, int flags)
{
    Sheet *self = SHEET(object);
    if (ASKS(flags, PyBUF_F_CONTIGUOUS) || (ASKS(flags, PyBUF_STRIDES) && !ASKS(flags, PyBUF_C_CONTIGUOUS)))
        return sheet_getbuffer(object, view, flags);
    char *rows = malloc((size_t)self->size + 2 * sizeof(Py_ssize_t));
    if (rows == NULL)
        return sheet_refuse(view, "no memory");
    Sheet turned = *self;
    Py_ssize_t *strides = (Py_ssize_t *)(void *)rows;
    turned.first = rows + 2 * sizeof(Py_ssize_t);
    turned.strides[0] = strides[0] = self->shape[1] * self->itemsize;
    turned.strides[1] = strides[1] = self->itemsize;
    for (Py_ssize_t row = 0; row < self->shape[0]; row++)
        for (Py_ssize_t column = 0; column < self->shape[1]; column++)
            memcpy(turned.first + row * strides[0] + column * strides[1],
                   self->first + row * self->strides[0] + column * self->strides[1], (size_t)self->itemsize);
    sheet_fill(object, view, flags);
    view->buf = turned.first;
    view->internal = rows;
    if (view->strides != NULL)
        view->strides = strides;
    return 0;
}

MADE(columns_new, {'F', "i", sizeof(int), 2, {2, 3}, 0})
MADE(constant_new, {'C', "i", sizeof(int), 1, {10}, 1})
MADE(row_new, {'C', "B", 1, 1, {8}, 0})

/* Changes the first item in place. */
static PyObject *put(PyObject *object, PyObject *number)
{
    long value = PyLong_AsLong(number);
    if (value == -1 && PyErr_Occurred())
        return NULL;
    *SHEET(object)->first = (char)value;
    Py_RETURN_NONE;
}

static PyMethodDef put_methods[] = {
    {"put", put, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot changed[] = {{Py_tp_methods, put_methods}, {0, NULL}};

/* A refused method has shortened the object already. */
static PyObject *cut(PyObject *object, PyObject *unused)
{
    (void)unused;
    static Py_ssize_t shorter[1] = {7};
    SHEET(object)->extra = shorter;
    PyErr_SetString(PyExc_BufferError, "views are held");
    return NULL;
}

static int shorter_after_cut(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && SHEET(object)->extra != NULL) {
        view->len = 7;
        if (view->shape != NULL)
            view->shape = SHEET(object)->extra;
    }
    return result;
}

static void dealloc_cut(PyObject *object)
{
    SHEET(object)->extra = NULL;
    sheet_dealloc(object);
}

static PyMethodDef cut_methods[] = {
    {"cut", cut, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot cuts[] = {{Py_tp_methods, cut_methods}, {Py_tp_dealloc, (void *)dealloc_cut}, {0, NULL}};

int add_common(PyObject *module)
{
#define TYPE(name, make, get, release, more)                                                                  \
    if (sheet_type(module, "bufcheck_defects." name, make, get, release, more) == NULL)                       \
        return -1;
    TYPE("FormatOfClass", numbers_new, format_of_class, sheet_releasebuffer, another)
    TYPE("SheetShapeOfClass", table_new, shape_of_class, sheet_releasebuffer, NULL)
    TYPE("StridesOfClass", table_new, strides_of_class, sheet_releasebuffer, NULL)
    TYPE("FormatOfLatest", latest_new, format_of_latest, sheet_releasebuffer, NULL)
    TYPE("CountedInClass", eight_new, counted_in_class, release_counted_in_class, refilled)
    TYPE("ReleasedIfExact", eight_new, sheet_getbuffer, release_exact, counted)
    TYPE("Snapshot", constant_new, copied, release_copy, changed)
    TYPE("WrittenBackByTheLast", row_new, copied, release_writes_back, NULL)
    TYPE("ReaderWritesBack", row_new, copied_to_read, release_writes_all_back, NULL)
    TYPE("RowsOnDemand", columns_new, rows_on_demand, release_copy, NULL)
    TYPE("CutBeforeRefused", row_new, shorter_after_cut, sheet_releasebuffer, cuts)
#undef TYPE
    return add_two_bases(module);
}
