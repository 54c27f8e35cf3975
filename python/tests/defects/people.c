/* Exporters without a fault, as people write them in C: images, columns, records, memory that is replaced.

   Knows habits. Must never do anything wrong: whoever accuses one of these is wrong. */

#include "block.h"

#include <pthread.h>

/* Whether the request asks for more than memory that can only be reached with strides can give. */
static int wants_flat(int flags)
{
    return (flags & PyBUF_STRIDES) != PyBUF_STRIDES || (flags & 0xe0) != 0;
}

/* Shape and strides for who asked for them. */
static void lay_out(Py_buffer *view, int ndim, Py_ssize_t *shape, Py_ssize_t *strides)
{
    view->ndim = ndim;
    if (view->shape != NULL)
        view->shape = shape;
    if (view->strides != NULL)
        view->strides = strides;
}

/* One bit of a macro is looked at, as C code does that has never met half a macro. */
static int one_bit(PyObject *self, Py_buffer *view, int flags)
{
    if (block_fill(self, view, flags) < 0)
        return -1;
    view->strides = (flags & 0x10) ? BLOCK(self)->strides : NULL;
    return 0;
}

/* Half a macro is taken for the whole. */
static int half_is_whole(PyObject *self, Py_buffer *view, int flags)
{
    if (block_fill(self, view, flags) < 0)
        return -1;
    if (flags & 0x10) {
        view->shape = BLOCK(self)->shape;
        view->strides = BLOCK(self)->strides;
    }
    return 0;
}

/* A picture whose last row comes first in memory. */
static int bottom_up(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[2] = {4, 4};
    static Py_ssize_t strides[2] = {-4, 1};
    if (wants_flat(flags))
        return block_refuse(view, "the rows run backwards");
    if (block_fill(self, view, flags) < 0)
        return -1;
    lay_out(view, 2, shape, strides);
    view->buf = BLOCK(self)->data + 12;
    return 0;
}

/* Two of the four columns of a grid. */
static int columns(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[2] = {4, 2};
    static Py_ssize_t strides[2] = {4, 1};
    if (wants_flat(flags))
        return block_refuse(view, "there are gaps between the rows");
    if (block_fill(self, view, flags) < 0)
        return -1;
    lay_out(view, 2, shape, strides);
    view->buf = BLOCK(self)->data + 1;
    view->len = 8;
    return 0;
}

/* A grid in Fortran order. */
static int fortran(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[2] = {4, 4};
    static Py_ssize_t strides[2] = {1, 4};
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES || (flags & 0x20))
        return block_refuse(view, "the first index runs fastest");
    if (block_fill(self, view, flags) < 0)
        return -1;
    lay_out(view, 2, shape, strides);
    return 0;
}

/* One number and no axis. */
static int scalar(PyObject *self, Py_buffer *view, int flags)
{
    if (block_fill(self, view, flags) < 0)
        return -1;
    view->ndim = 0;
    view->len = view->itemsize = 8;
    view->shape = view->strides = NULL;
    if (view->format != NULL)
        view->format = "<q";
    return 0;
}

/* Nothing, at the address behind the block: a pointer that may be held but not followed. */
static int empty_at_the_end(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[1] = {0};
    static Py_ssize_t strides[1] = {1};
    if (block_fill(self, view, flags) < 0)
        return -1;
    lay_out(view, 1, shape, strides);
    view->buf = BLOCK(self)->data + BLOCK_SIZE;
    view->len = 0;
    return 0;
}

/* The same byte eight times: a step of zero. */
static int broadcast(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[1] = {8};
    static Py_ssize_t strides[1] = {0};
    if ((flags & PyBUF_WRITABLE) || wants_flat(flags))
        return block_refuse(view, "one byte stands for all");
    if (block_fill(self, view, flags) < 0)
        return -1;
    lay_out(view, 1, shape, strides);
    view->len = 8;
    view->readonly = 1;
    return 0;
}

/* Records with three bytes between their fields that mean nothing. */
static int padded(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[1] = {2};
    static Py_ssize_t strides[1] = {8};
    if (block_fill(self, view, flags) < 0)
        return -1;
    lay_out(view, 1, shape, strides);
    view->itemsize = 8;
    if (view->format != NULL)
        view->format = "T{<B:kind:3x<I:count:}";
    return 0;
}

/* One text that is as long as the block. */
static int one_text(PyObject *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[1] = {1};
    static Py_ssize_t strides[1] = {BLOCK_SIZE};
    if (block_fill(self, view, flags) < 0)
        return -1;
    lay_out(view, 1, shape, strides);
    view->itemsize = BLOCK_SIZE;
    if (view->format != NULL)
        view->format = "16s";
    return 0;
}

/* Two rows that are reached through pointers. */
static int rows_behind_pointers(PyObject *object, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[2] = {2, 4};
    static Py_ssize_t strides[2] = {sizeof(char *), 1};
    static Py_ssize_t suboffsets[2] = {0, -1};
    Block *self = BLOCK(object);
    if ((flags & PyBUF_INDIRECT) != PyBUF_INDIRECT || (flags & 0xe0))
        return block_refuse(view, "the rows are behind pointers");
    if (self->extra == NULL) {
        char **rows = malloc(2 * sizeof(char *));
        if (rows == NULL) {
            PyErr_NoMemory();
            view->obj = NULL;
            return -1;
        }
        rows[0] = self->data + 8;
        rows[1] = self->data;
        self->extra = rows;
    }
    if (block_fill(object, view, flags) < 0)
        return -1;
    lay_out(view, 2, shape, strides);
    view->suboffsets = suboffsets;
    view->buf = self->extra;
    view->len = 8;
    return 0;
}

/* A lock around each request and release. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int with_mutex(PyObject *self, Py_buffer *view, int flags)
{
    pthread_mutex_lock(&mutex);
    int result = block_fill(self, view, flags);
    pthread_mutex_unlock(&mutex);
    return result;
}

static void release_with_mutex(PyObject *self, Py_buffer *view)
{
    pthread_mutex_lock(&mutex);
    block_releasebuffer(self, view);
    pthread_mutex_unlock(&mutex);
}

/* The owner is an object in the style of C++: a table of functions decides. */
typedef struct {
    char *(*data)(Block *self);
    Py_ssize_t (*size)(Block *self);
} Virtual;

static char *second_half(Block *self)
{
    return self->data + BLOCK_SIZE / 2;
}

static Py_ssize_t half_size(Block *self)
{
    (void)self;
    return BLOCK_SIZE / 2;
}

static const Virtual half_table = {second_half, half_size};

static int by_table(PyObject *object, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[1] = {BLOCK_SIZE / 2};
    static Py_ssize_t strides[1] = {1};
    if (block_fill(object, view, flags) < 0)
        return -1;
    lay_out(view, 1, shape, strides);
    view->buf = half_table.data(BLOCK(object));
    view->len = half_table.size(BLOCK(object));
    return 0;
}

/* Memory that is made when it is first asked for. */
static int made_late(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->extra == NULL) {
        self->extra = calloc(1, BLOCK_SIZE);
        if (self->extra == NULL) {
            PyErr_NoMemory();
            view->obj = NULL;
            return -1;
        }
        memcpy(self->extra, self->data, BLOCK_SIZE);
    }
    if (block_fill(object, view, flags) < 0)
        return -1;
    view->buf = self->extra;
    return 0;
}

/* A block with the number of those who need it; views keep theirs when the object takes another. */
typedef struct {
    Py_ssize_t users;
    char data[BLOCK_SIZE];
} Version;

static void let_go(Version *version)
{
    if (version != NULL && --version->users == 0)
        free(version);
}

static Version *new_version(const char *data)
{
    Version *version = malloc(sizeof(Version));
    if (version != NULL) {
        version->users = 1;
        memcpy(version->data, data, BLOCK_SIZE);
    }
    return version;
}

static int versioned(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (flags & PyBUF_WRITABLE)
        return block_refuse(view, "read-only");
    if (self->extra == NULL)
        self->extra = new_version(self->data);
    if (self->extra == NULL) {
        PyErr_NoMemory();
        view->obj = NULL;
        return -1;
    }
    if (block_fill(object, view, flags) < 0)
        return -1;
    Version *version = self->extra;
    version->users++;
    view->readonly = 1;
    view->buf = version->data;
    view->internal = version;
    return 0;
}

static void release_versioned(PyObject *self, Py_buffer *view)
{
    let_go(view->internal);
    block_releasebuffer(self, view);
}

/* Another version, with other bytes, while views of the old one may be held. */
static PyObject *replace(PyObject *object, PyObject *unused)
{
    (void)unused;
    Block *self = BLOCK(object);
    self->data[0]++;
    Version *next = new_version(self->data);
    if (next == NULL)
        return PyErr_NoMemory();
    let_go(self->extra);
    self->extra = next;
    Py_RETURN_NONE;
}

static void versioned_dealloc(PyObject *object)
{
    let_go(BLOCK(object)->extra);
    BLOCK(object)->extra = NULL;
    block_dealloc(object);
}

static PyMethodDef replacing[] = {{"replace", replace, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyType_Slot versions[] = {
    {Py_tp_methods, replacing}, {Py_tp_dealloc, versioned_dealloc}, {0, NULL}};

/* Code in Python runs at the release; an exception that is set meanwhile is put aside and back. */
static void release_with_code(PyObject *self, Py_buffer *view)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *name = PyObject_Repr((PyObject *)Py_TYPE(self));
    Py_XDECREF(name);
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    block_releasebuffer(self, view);
}

/* A static type whose objects hold their bytes themselves. */
typedef struct {
    PyObject_VAR_HEAD
    char data[1];
} Inline;

static int inline_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, ((Inline *)self)->data, Py_SIZE(self), 0, flags);
}

static PyObject *inline_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    Py_ssize_t size = 8;
    if (!PyArg_ParseTuple(args, "|n", &size))
        return NULL;
    Inline *self = (Inline *)type->tp_alloc(type, size);
    if (self != NULL)
        memset(self->data, 'i', (size_t)size);
    return (PyObject *)self;
}

static PyBufferProcs inline_buffer = {inline_getbuffer, NULL};

static PyTypeObject inline_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "bufcheck_defects.Inline",
    .tp_basicsize = offsetof(Inline, data),
    .tp_itemsize = 1,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_as_buffer = &inline_buffer,
    .tp_new = inline_new,
};

int add_people(PyObject *module)
{
    return add_type(module, "bufcheck_defects.OneBit", one_bit, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.HalfIsWhole", half_is_whole, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.BottomUp", bottom_up, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Columns", columns, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Fortran", fortran, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ScalarNumber", scalar, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.EmptyAtTheEnd", empty_at_the_end, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Broadcast", broadcast, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Padded", padded, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.OneText", one_text, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.RowsBehindPointers", rows_behind_pointers, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.WithMutex", with_mutex, release_with_mutex) < 0
        || add_type(module, "bufcheck_defects.ByTable", by_table, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.MadeLate", made_late, block_releasebuffer) < 0
        || add_type_with(module, "bufcheck_defects.Versioned", versioned, release_versioned, versions) < 0
        || add_type(module, "bufcheck_defects.CodeAtRelease", block_getbuffer, release_with_code) < 0
        || PyModule_AddType(module, &inline_type) < 0
        ? -1
        : 0;
}
