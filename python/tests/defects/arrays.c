/* Exporters that keep fields, arrays and formats in the wrong place, or fill half of them.

   Knows one fault a function. Must never read or write beyond memory of its own. */

#include "block.h"

/* One byte of the int is written. */
static int readonly_one_byte(PyObject *self, Py_buffer *view, int flags)
{
    int before = view->readonly;
    block_fill(self, view, flags);
    view->readonly = before;
    *(unsigned char *)&view->readonly = 0;
    return 0;
}

/* The shape of all objects of the type; each request writes it anew. */
static Py_ssize_t common_shape[1];

static int shape_of_type(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    common_shape[0] = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? BLOCK(self)->size : BLOCK(self)->size / 2;
    view->len = common_shape[0];
    if (view->shape != NULL)
        view->shape = common_shape;
    return 0;
}

/* Arrays in a block that is freed at the first release, whoever else still looks at it. */
static int arrays_freed_early(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    block_fill(object, view, flags);
    if (self->extra == NULL)
        self->extra = malloc(64 * sizeof(Py_ssize_t));
    if (self->extra == NULL)
        return 0;
    Py_ssize_t *numbers = self->extra;
    numbers[0] = self->size;
    numbers[1] = 1;
    if (view->shape != NULL)
        view->shape = numbers;
    if (view->strides != NULL)
        view->strides = numbers + 1;
    return 0;
}

static void release_frees_arrays(PyObject *object, Py_buffer *view)
{
    Block *self = BLOCK(object);
    block_releasebuffer(object, view);
    if (self->extra != NULL)
        memset(self->extra, 0xdd, 64 * sizeof(Py_ssize_t));
    free(self->extra);
    self->extra = NULL;
}

/* Arrays in a block that is freed before the request has returned. */
static int arrays_freed_at_once(PyObject *object, Py_buffer *view, int flags)
{
    block_fill(object, view, flags);
    Py_ssize_t *numbers = malloc(2 * sizeof(Py_ssize_t));
    if (numbers == NULL)
        return 0;
    numbers[0] = BLOCK(object)->size;
    numbers[1] = 1;
    if (view->shape != NULL)
        view->shape = numbers;
    free(numbers);
    return 0;
}

/* The format is text that is freed before the request has returned. */
static int format_freed(PyObject *object, Py_buffer *view, int flags)
{
    block_fill(object, view, flags);
    if (view->format != NULL) {
        char *text = malloc(24);
        if (text == NULL)
            return 0;
        strcpy(text, "@1B");
        view->format = text;
        free(text);
    }
    return 0;
}

/* `suboffsets` and `internal` are left as they were. */
static int suboffsets_forgotten(PyObject *self, Py_buffer *view, int flags)
{
    Py_ssize_t *before = view->suboffsets;
    block_fill(self, view, flags);
    if ((flags & PyBUF_INDIRECT) != PyBUF_INDIRECT)
        view->suboffsets = before;
    return 0;
}

/* `len` is taken for the length that the consumer wants. */
static int length_wanted(PyObject *self, Py_buffer *view, int flags)
{
    if (view->len > BLOCK(self)->size)
        return block_refuse(view, "so many bytes there are not");
    return block_fill(self, view, flags);
}

/* A negative item size is taken for "any", another one for a wish. */
static int itemsize_wanted(PyObject *self, Py_buffer *view, int flags)
{
    int any = view->itemsize < 0;
    block_fill(self, view, flags);
    if (!any && view->shape == NULL)
        view->ndim = 2;
    return 0;
}

/* Shape and strides are two numbers of one word each, in an array of 32-bit integers. */
static int narrow_shape(PyObject *self, Py_buffer *view, int flags)
{
    static const int narrow[4] = {BLOCK_SIZE, 1, 0, 0};
    block_fill(self, view, flags);
    if (view->shape != NULL)
        view->shape = (Py_ssize_t *)(void *)narrow;
    return 0;
}

/* The view that was granted last is told when the block moves: its consumer is not. */
static int view_corrected(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    Py_buffer *last = self->extra;
    block_fill(object, view, flags);
    if (last != NULL && self->exports > 1)
        last->buf = (char *)last->buf + 1;
    self->extra = view;
    return 0;
}

static void release_corrected(PyObject *object, Py_buffer *view)
{
    block_releasebuffer(object, view);
    if (BLOCK(object)->extra == view)
        BLOCK(object)->extra = NULL;
}

static void dealloc_corrected(PyObject *object)
{
    BLOCK(object)->extra = NULL;
    block_dealloc(object);
}

static PyType_Slot corrected[] = {{Py_tp_dealloc, dealloc_corrected}, {0, NULL}};

/* The length of the type's `char` array counts its NUL under one request. */
static int nul_counted(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    if (flags == PyBUF_ND)
        view->len++;
    return 0;
}

int add_arrays(PyObject *module)
{
    return add_type(module, "bufcheck_defects.ReadonlyOneByte", readonly_one_byte, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ShapeOfType", shape_of_type, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ArraysFreedEarly", arrays_freed_early, release_frees_arrays) < 0
        || add_type(module, "bufcheck_defects.ArraysFreedAtOnce", arrays_freed_at_once, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.FormatFreed", format_freed, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.SuboffsetsForgotten", suboffsets_forgotten, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.LengthWanted", length_wanted, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ItemsizeWanted", itemsize_wanted, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.NarrowShape", narrow_shape, block_releasebuffer) < 0
        || add_type_with(module, "bufcheck_defects.ViewCorrected", view_corrected, release_corrected, corrected) < 0
        || add_type(module, "bufcheck_defects.NulCounted", nul_counted, block_releasebuffer) < 0
        ? -1
        : 0;
}
