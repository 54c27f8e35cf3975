/* Exporters without a fault, each unusual in a way that the documentation allows.

   Knows what is unusual about each. Must never do anything wrong: whoever accuses one of these is wrong. */

#include "block.h"

static const char constant[BLOCK_SIZE] = "a constant text";

/* `PyBuffer_FillInfo` and nothing else, and no release slot. */
static int fill_info(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, (void *)constant, sizeof constant, 1, flags);
}

/* NULL for memory without bytes. */
static int null_when_empty(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, NULL, 0, 1, flags);
}

/* Shape and strides of each view in memory of its own, found again through `internal`. */
static int own_arrays(PyObject *self, Py_buffer *view, int flags)
{
    Py_ssize_t *numbers = PyMem_Malloc(2 * sizeof(Py_ssize_t));
    if (numbers == NULL) {
        view->obj = NULL;
        PyErr_NoMemory();
        return -1;
    }
    block_fill(self, view, flags);
    numbers[0] = BLOCK(self)->size;
    numbers[1] = 1;
    if (view->shape != NULL)
        view->shape = numbers;
    if (view->strides != NULL)
        view->strides = numbers + 1;
    view->internal = numbers;
    return 0;
}

static void release_own_arrays(PyObject *self, Py_buffer *view)
{
    PyMem_Free(view->internal);
    block_releasebuffer(self, view);
}

/* One view at a time. */
static int one_view(PyObject *self, Py_buffer *view, int flags)
{
    if (BLOCK(self)->exports > 0)
        return block_refuse(view, "another view is held");
    return block_fill(self, view, flags);
}

/* Requests that make no sense are refused. */
static int strict(PyObject *self, Py_buffer *view, int flags)
{
    int half = (flags & 0x1f0) != 0 && (flags & PyBUF_STRIDES) != PyBUF_STRIDES;
    int unknown = (flags & ~(PyBUF_FULL | PyBUF_C_CONTIGUOUS | PyBUF_F_CONTIGUOUS | PyBUF_ANY_CONTIGUOUS)) != 0;
    if (half || unknown || ((flags & PyBUF_FORMAT) && !(flags & PyBUF_ND)))
        return block_refuse(view, "the request makes no sense");
    return block_fill(self, view, flags);
}

/* The request is passed on: the owner is the inner block. */
static int passed_on(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->other == NULL) {
        PyObject *module = PyImport_ImportModule("bufcheck_defects");
        self->other = module == NULL ? NULL : PyObject_CallMethod(module, "Sound", NULL);
        Py_XDECREF(module);
        if (self->other == NULL) {
            view->obj = NULL;
            return -1;
        }
    }
    return PyObject_GetBuffer(self->other, view, flags);
}

/* A view of a bytearray is held as long as there are views of one's own. */
static int re_export(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->exports == 0) {
        if (self->other == NULL)
            self->other = PyByteArray_FromStringAndSize(self->data, self->size);
        Py_buffer *inner = self->extra != NULL ? self->extra : malloc(sizeof(Py_buffer));
        self->extra = inner;
        if (self->other == NULL || inner == NULL || PyObject_GetBuffer(self->other, inner, PyBUF_WRITABLE) < 0) {
            view->obj = NULL;
            if (!PyErr_Occurred())
                PyErr_NoMemory();
            return -1;
        }
    }
    block_fill(object, view, flags);
    view->buf = ((Py_buffer *)self->extra)->buf;
    return 0;
}

static void release_re_export(PyObject *object, Py_buffer *view)
{
    block_releasebuffer(object, view);
    if (BLOCK(object)->exports == 0)
        PyBuffer_Release(BLOCK(object)->extra);
}

/* Four rows of four, and strides that are not what C order would give along the axis of one item. */
static int odd_step(PyObject *object, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[3] = {1, 4, 4};
    static Py_ssize_t strides[3] = {-12345, 4, 1};
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS)
        return block_refuse(view, "the block is in C order");
    block_fill(object, view, flags);
    view->ndim = 3;
    if (view->shape != NULL)
        view->shape = shape;
    if (view->strides != NULL)
        view->strides = strides;
    return 0;
}

/* A text of its own as format for each view, freed at the release. */
static int own_format(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    if (view->format != NULL) {
        char *text = PyMem_Malloc(8);
        if (text != NULL) {
            strcpy(text, "=B");
            view->format = text;
            view->internal = text;
        }
    }
    return 0;
}

static void release_own_format(PyObject *self, Py_buffer *view)
{
    PyMem_Free(view->internal);
    view->format = NULL;
    block_releasebuffer(self, view);
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(BLOCK(object)->dict);
    return 0;
}

static int clear(PyObject *object)
{
    Py_CLEAR(BLOCK(object)->dict);
    return 0;
}

static PyMemberDef dict_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Block, weakrefs), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(Block, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot collected[] = {
    {Py_tp_traverse, traverse}, {Py_tp_clear, clear}, {Py_tp_members, dict_members}, {0, NULL}};

/* The lock covers `__init__` as well. */
static int init_locked(PyObject *object, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    if (BLOCK(object)->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return -1;
    }
    return 0;
}

static PyType_Slot initialised[] = {{Py_tp_init, init_locked}, {0, NULL}};

int add_sound(PyObject *module)
{
    return add_type(module, "bufcheck_defects.Sound", block_getbuffer, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.FillInfo", fill_info, NULL) < 0
        || add_type(module, "bufcheck_defects.NullWhenEmpty", null_when_empty, NULL) < 0
        || add_type(module, "bufcheck_defects.OwnArrays", own_arrays, release_own_arrays) < 0
        || add_type(module, "bufcheck_defects.OneView", one_view, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Strict", strict, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.Redirecting", passed_on, NULL) < 0
        || add_type(module, "bufcheck_defects.ReExporting", re_export, release_re_export) < 0
        || add_type(module, "bufcheck_defects.OddStep", odd_step, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.OwnFormat", own_format, release_own_format) < 0
        || add_type_with(module, "bufcheck_defects.Collected", block_getbuffer, block_releasebuffer, collected) < 0
        || add_type_with(module, "bufcheck_defects.InitLocked", block_getbuffer, block_releasebuffer,
                         initialised) < 0
        ? -1
        : 0;
}
