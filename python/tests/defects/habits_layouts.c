/* Sound exporters as people write them in C: images, matrices and records in the order in which they lie.

   Knows where the items of each lie, and one way to answer requests for all of them. Must never do anything
   wrong: whoever accuses one of these is wrong. */

#include "block.h"

#define AXES 3

/* Memory and how it is laid out. All arrays are the object's own and never change. */
typedef struct {
    PyObject_HEAD
    char *memory;
    char **rows;
    Py_ssize_t row_count;
    char *first;
    Py_ssize_t len;
    Py_ssize_t itemsize;
    int readonly;
    int ndim;
    int has_pointers;
    char format[80];
    Py_ssize_t shape[AXES];
    Py_ssize_t strides[AXES];
    Py_ssize_t suboffsets[AXES];
} Laid;

#define LAID(object) ((Laid *)(object))

static PyObject *laid_new(PyTypeObject *type, size_t size, const char *format, Py_ssize_t itemsize)
{
    Laid *self = LAID(type->tp_alloc(type, 0));
    if (self == NULL)
        return NULL;
    self->memory = malloc(size == 0 ? 1 : size);
    if (self->memory == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    for (size_t at = 0; at < size; at++)
        self->memory[at] = (char)(at % 100 + 1);
    self->first = self->memory;
    self->itemsize = itemsize;
    snprintf(self->format, sizeof self->format, "%s", format);
    return (PyObject *)self;
}

static void laid_dealloc(PyObject *object)
{
    Laid *self = LAID(object);
    PyTypeObject *type = Py_TYPE(object);
    for (Py_ssize_t row = 0; row < self->row_count; row++)
        free(self->rows[row]);
    free(self->rows);
    free(self->memory);
    type->tp_free(object);
    Py_DECREF(type);
}

/* Adds an axis, outermost first. */
static void axis(PyObject *object, Py_ssize_t extent, Py_ssize_t stride)
{
    Laid *self = LAID(object);
    self->len = (self->ndim == 0 ? self->itemsize : self->len) * extent;
    self->shape[self->ndim] = extent;
    self->strides[self->ndim] = stride;
    self->suboffsets[self->ndim++] = -1;
}

/* The whole view as the memory lies. */
static void whole(PyObject *object, Py_buffer *view)
{
    Laid *self = LAID(object);
    view->buf = self->first;
    view->obj = NULL;
    view->len = self->ndim == 0 ? self->itemsize : self->len;
    view->itemsize = self->itemsize;
    view->readonly = self->readonly;
    view->ndim = self->ndim;
    view->format = self->format;
    view->shape = self->ndim > 0 ? self->shape : NULL;
    view->strides = self->ndim > 0 ? self->strides : NULL;
    view->suboffsets = self->has_pointers ? self->suboffsets : NULL;
    view->internal = NULL;
}

static int asks(int flags, int macro)
{
    return (flags & macro) == macro;
}

/* What the memory as it lies cannot meet is refused; what is not asked is taken out. */
static int laid_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    whole(object, view);
    if (view->readonly && asks(flags, PyBUF_WRITABLE))
        return block_refuse(view, "the memory is read-only");
    if (view->suboffsets != NULL && !asks(flags, PyBUF_INDIRECT))
        return block_refuse(view, "the items lie behind pointers");
    int needs_c = asks(flags, PyBUF_C_CONTIGUOUS) || !asks(flags, PyBUF_STRIDES);
    if (needs_c && !PyBuffer_IsContiguous(view, 'C'))
        return block_refuse(view, "the items do not lie in C order");
    if (asks(flags, PyBUF_F_CONTIGUOUS) && !PyBuffer_IsContiguous(view, 'F'))
        return block_refuse(view, "the items do not lie in Fortran order");
    if (asks(flags, PyBUF_ANY_CONTIGUOUS) && !PyBuffer_IsContiguous(view, 'A'))
        return block_refuse(view, "there are gaps between the items");
    if (!asks(flags, PyBUF_FORMAT))
        view->format = NULL;
    if (!asks(flags, PyBUF_ND))
        view->shape = NULL;
    if (!asks(flags, PyBUF_STRIDES))
        view->strides = NULL;
    view->obj = Py_NewRef(object);
    return 0;
}

/* --- images --- */

/* A bitmap whose last row lies first, with rows of five bytes and three of padding. */
static PyObject *bottom_up(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = laid_new(type, 4 * 8, "B", 1);
    if (self == NULL)
        return NULL;
    LAID(self)->first += 3 * 8;
    axis(self, 4, -8);
    axis(self, 5, 1);
    return self;
}

/* The green values of an image with three colours to a pixel. */
static PyObject *green(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = laid_new(type, 4 * 5 * 3, "B", 1);
    if (self == NULL)
        return NULL;
    LAID(self)->first += 1;
    axis(self, 4, 5 * 3);
    axis(self, 5, 3);
    return self;
}

/* Rows in blocks of their own behind a table of pointers. */
static PyObject *in_rows(PyTypeObject *type, Py_ssize_t count, Py_ssize_t size)
{
    PyObject *object = laid_new(type, 0, "B", 1);
    if (object == NULL)
        return NULL;
    Laid *self = LAID(object);
    self->rows = calloc((size_t)count, sizeof(char *));
    for (; self->rows != NULL && self->row_count < count; self->row_count++) {
        char *row = malloc((size_t)size);
        if (row == NULL)
            break;
        for (Py_ssize_t at = 0; at < size; at++)
            row[at] = (char)(self->row_count * size + at);
        self->rows[self->row_count] = row;
    }
    if (self->row_count < count) {
        Py_DECREF(object);
        return PyErr_NoMemory();
    }
    self->first = (char *)self->rows;
    self->has_pointers = 1;
    return object;
}

/* An image whose rows are allocated one by one. */
static PyObject *rows(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = in_rows(type, 3, 4);
    if (self == NULL)
        return NULL;
    axis(self, 3, sizeof(char *));
    axis(self, 4, 1);
    LAID(self)->suboffsets[0] = 0;
    return self;
}

/* Two planes in blocks of their own, each with its last row first. */
static PyObject *planes(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = in_rows(type, 2, 3 * 4);
    if (self == NULL)
        return NULL;
    axis(self, 2, sizeof(char *));
    axis(self, 3, -4);
    axis(self, 4, 1);
    LAID(self)->suboffsets[0] = 2 * 4;
    return self;
}

/* --- numbers --- */

/* A matrix of doubles in Fortran order, as the libraries of linear algebra want it. */
static PyObject *fortran(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = laid_new(type, 2 * 3 * sizeof(double), "d", sizeof(double));
    if (self == NULL)
        return NULL;
    for (int at = 0; at < 6; at++)
        ((double *)(void *)LAID(self)->memory)[at] = at + 0.5;
    axis(self, 2, 0);
    axis(self, 3, 0);
    PyBuffer_FillContiguousStrides(2, LAID(self)->shape, LAID(self)->strides, sizeof(double), 'F');
    return self;
}

/* One number without axes. */
static PyObject *scalar(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = laid_new(type, sizeof(double), "d", sizeof(double));
    if (self != NULL)
        *(double *)(void *)LAID(self)->memory = 2.5;
    return self;
}

/* No items, and an address where nothing is, which other languages use for an empty vector. */
static PyObject *dangling(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = laid_new(type, 0, "d", sizeof(double));
    if (self == NULL)
        return NULL;
    LAID(self)->first = (char *)_Alignof(double);
    axis(self, 0, sizeof(double));
    return self;
}

/* Records in any format: `Records(format, itemsize, count)`. */
static PyObject *records(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    const char *format = "B";
    Py_ssize_t itemsize = 1, count = 1;
    if (!PyArg_ParseTuple(args, "|snn", &format, &itemsize, &count))
        return NULL;
    if (itemsize < 1 || itemsize > 4096 || count < 0 || count > 4096) {
        PyErr_SetString(PyExc_ValueError, "too many bytes");
        return NULL;
    }
    PyObject *self = laid_new(type, (size_t)(itemsize * count), format, itemsize);
    if (self != NULL)
        axis(self, count, itemsize);
    return self;
}

typedef struct {
    int number;
    double weight;
    char tag[3];
    short flags;
} Item;

/* Records of a C struct, with a format that a program wrote from the places of the fields. */
static PyObject *of_struct(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = laid_new(type, 2 * sizeof(Item), "", sizeof(Item));
    if (self == NULL)
        return NULL;
    size_t before_weight = offsetof(Item, weight) - sizeof(int);
    size_t before_tag = offsetof(Item, tag) - offsetof(Item, weight) - sizeof(double);
    size_t before_flags = offsetof(Item, flags) - offsetof(Item, tag) - 3;
    size_t behind = sizeof(Item) - offsetof(Item, flags) - sizeof(short);
    snprintf(LAID(self)->format, sizeof LAID(self)->format,
             "T{^i:number:%zux^d:weight:%zux3s:tag:%zux^h:flags:%zux}", before_weight, before_tag,
             before_flags, behind);
    axis(self, 2, sizeof(Item));
    return self;
}

/* --- some bits of a macro for the whole of it --- */

static PyObject *square(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *self = laid_new(type, 2 * 4, "B", 1);
    if (self == NULL)
        return NULL;
    axis(self, 2, 4);
    axis(self, 4, 1);
    return self;
}

/* One bit stands for STRIDES: words that hold it without ND get strides and no shape. */
static int strides_by_one_bit(PyObject *object, Py_buffer *view, int flags)
{
    if (asks(flags, PyBUF_F_CONTIGUOUS))
        return block_refuse(view, "the items lie in C order");
    whole(object, view);
    view->format = (flags & PyBUF_FORMAT) ? view->format : NULL;
    view->shape = (flags & PyBUF_ND) ? view->shape : NULL;
    view->strides = (flags & 0x10) ? view->strides : NULL;
    view->obj = Py_NewRef(object);
    return 0;
}

/* The same bit stands for strides and for the shape that they need. */
static int strides_imply_shape(PyObject *object, Py_buffer *view, int flags)
{
    int result = strides_by_one_bit(object, view, flags);
    if (result == 0 && (flags & 0x10))
        view->shape = LAID(object)->shape;
    return result;
}

/* One bit stands for each order, so that words with half a macro are refused, too. */
static int order_by_one_bit(PyObject *object, Py_buffer *view, int flags)
{
    if (flags & 0x40)
        return block_refuse(view, "the items lie in C order");
    return laid_getbuffer(object, view, flags);
}

/* --- tables that never change --- */

static const char table_data[12] = "twelve bytes";
static Py_ssize_t table_shape[2] = {3, 4};
static Py_ssize_t table_strides[2] = {4, 1};

/* All objects share one table, its shape and its strides, which are part of the program. */
static int table_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    if (asks(flags, PyBUF_F_CONTIGUOUS))
        return block_refuse(view, "the table lies in C order");
    if (PyBuffer_FillInfo(view, object, (void *)table_data, sizeof table_data, 1, flags) < 0)
        return -1;
    view->ndim = 2;
    view->shape = view->shape == NULL ? NULL : table_shape;
    view->strides = view->strides == NULL ? NULL : table_strides;
    return 0;
}

static int add_laid(PyObject *module, const char *name, newfunc make, getbufferproc getbuffer)
{
    PyType_Slot slots[] = {
        {Py_tp_new, make}, {Py_tp_dealloc, laid_dealloc}, {Py_bf_getbuffer, getbuffer}, {0, NULL}};
    PyType_Spec spec = {name, sizeof(Laid), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    return add_spec(module, &spec);
}

int add_habits_layouts(PyObject *module)
{
    return add_laid(module, "bufcheck_defects.RowsReversed", bottom_up, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.Green", green, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.Rows", rows, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.Planes", planes, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.ColumnMajor", fortran, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.Scalar", scalar, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.Dangling", dangling, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.Records", records, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.OfStruct", of_struct, laid_getbuffer) < 0
        || add_laid(module, "bufcheck_defects.StridesByOneBit", square, strides_by_one_bit) < 0
        || add_laid(module, "bufcheck_defects.StridesImplyShape", square, strides_imply_shape) < 0
        || add_laid(module, "bufcheck_defects.OrderByOneBit", square, order_by_one_bit) < 0
        || add_laid(module, "bufcheck_defects.Table", square, table_getbuffer) < 0
        ? -1
        : 0;
}
