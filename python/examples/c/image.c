/* A fixed image of 32-bit floats in C, and views of it: read-only, or of every n-th row and column.
 * `image_getbuffer` refuses what the memory cannot give, and describes only what was asked. The memory never
 * moves, so nothing is counted and there is no bf_releasebuffer. If yours can move or shrink: vector.c. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define ASKS(flags, macro) (((flags) & (macro)) == (macro)) /* most macros are more than one bit */

typedef struct {
    PyObject_HEAD
    PyObject *parent; /* whose memory it is, or NULL: our own */
    float *first;     /* the item with index 0 on every axis, wherever in the block that lies */
    int readonly;
    Py_ssize_t shape[2];
    Py_ssize_t strides[2]; /* bytes, not items */
} Image;

static int image_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    Image *image = (Image *)self; /* [rule: view.all-fields-assigned] The struct holds rubbish: write every field. */
    view->buf = image->first;
    /* [rule: len.logical-not-physical] The bytes of the items, not the distance they span. */
    view->len = image->shape[0] * image->shape[1] * (Py_ssize_t)sizeof(float);
    view->itemsize = sizeof(float);
    view->readonly = image->readonly;
    view->ndim = 2;
    view->format = "f";
    /* [rule: memory.not-on-stack] Consumers keep these pointers: the arrays lie in the object. */
    view->shape = image->shape;
    view->strides = image->strides;
    view->suboffsets = NULL;
    view->internal = NULL;

    int rows = PyBuffer_IsContiguous(view, 'C');
    int columns = PyBuffer_IsContiguous(view, 'F');
    const char *unmet = NULL;
    /* [rule: request.writable-refused-when-readonly] */
    if (ASKS(flags, PyBUF_WRITABLE) && image->readonly)
        unmet = "the image is read-only";
    /* [rule: request.no-strides-means-c-contiguous] Who does not ask strides reads row by row. */
    if (!ASKS(flags, PyBUF_STRIDES) && !rows)
        unmet = "the image has gaps: ask for strides";
    if (ASKS(flags, PyBUF_C_CONTIGUOUS) && !rows) /* [rule: request.c-contiguous] */
        unmet = "the image is not C-contiguous";
    if (ASKS(flags, PyBUF_F_CONTIGUOUS) && !columns) /* [rule: request.f-contiguous] */
        unmet = "the image is not Fortran-contiguous";
    if (ASKS(flags, PyBUF_ANY_CONTIGUOUS) && !rows && !columns) /* [rule: request.any-contiguous] */
        unmet = "the image is not contiguous";
    if (unmet != NULL) {
        view->obj = NULL; /* [rule: refusal.obj-not-owned] No reference was taken, none is left. */
        PyErr_SetString(PyExc_BufferError, unmet); /* [rule: refusal.raises-buffererror] */
        return -1;
    }

    view->format = ASKS(flags, PyBUF_FORMAT) ? "f" : NULL; /* [rule: format.null-unless-requested] */
    view->shape = ASKS(flags, PyBUF_ND) ? image->shape : NULL; /* [rule: shape.null-unless-nd] */
    view->strides = ASKS(flags, PyBUF_STRIDES) ? image->strides : NULL; /* [rule: strides.null-unless-strides] */
    view->obj = Py_NewRef(self); /* [rule: obj.new-reference] PyBuffer_Release drops it, not we. */
    return 0;
}

/* A view of the parent's memory. [rule: lifetime.view-outlives-names] It holds the parent. */
static Image *image_view(Image *parent, int readonly)
{
    Image *image = (Image *)Py_TYPE(parent)->tp_alloc(Py_TYPE(parent), 0);
    if (image == NULL)
        return NULL;
    image->parent = Py_NewRef(parent);
    image->first = parent->first;
    image->readonly = readonly || parent->readonly; /* [rule: memory.writable-when-not-readonly] */
    memcpy(image->shape, parent->shape, sizeof(image->shape));
    memcpy(image->strides, parent->strides, sizeof(image->strides));
    return image;
}

static PyObject *image_frozen(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return (PyObject *)image_view((Image *)self, 1);
}

/* every(rows, columns): every so many rows and columns; negative steps begin at the end. */
static PyObject *image_every(PyObject *self, PyObject *args)
{
    Py_ssize_t steps[2];
    if (!PyArg_ParseTuple(args, "nn", &steps[0], &steps[1]))
        return NULL;
    if (steps[0] == 0 || steps[1] == 0)
        return PyErr_Format(PyExc_ValueError, "a step is not 0");
    Image *image = image_view((Image *)self, 0);
    for (int axis = 0; image != NULL && axis < 2; axis++) {
        Py_ssize_t extent = image->shape[axis], stride = image->strides[axis];
        /* [rule: memory.verify-structure] A step beyond the extent ends at the first item. */
        Py_ssize_t step = Py_MAX(-extent, Py_MIN(steps[axis], extent));
        if (step < 0) /* [rule: buf.points-to-first-element] */
            image->first += (extent - 1) * stride / (Py_ssize_t)sizeof(float);
        image->shape[axis] = (extent - 1) / Py_ABS(step) + 1;
        image->strides[axis] = stride * step;
    }
    return (PyObject *)image;
}

static PyObject *image_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    Py_ssize_t height, width;
    if (!PyArg_ParseTuple(args, "nn", &height, &width))
        return NULL;
    /* [rule: len.non-negative] The product of the extents must fit. */
    if (height < 1 || width < 1 || height > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(float) / width)
        return PyErr_Format(PyExc_ValueError, "an image has at least one row and one column");
    Image *image = (Image *)type->tp_alloc(type, 0);
    if (image == NULL)
        return NULL;
    /* [rule: memory.allocator] PyMem_Raw*, not PyObject_*: the block is no Python object. */
    image->first = PyMem_RawMalloc(height * width * sizeof(float));
    if (image->first == NULL)
        return Py_DECREF(image), PyErr_NoMemory();
    for (Py_ssize_t index = 0; index < height * width; index++)
        image->first[index] = (float)index;
    image->shape[0] = height;
    image->shape[1] = width;
    image->strides[0] = width * (Py_ssize_t)sizeof(float); /* [rule: strides.bytes-not-elements] */
    image->strides[1] = sizeof(float);
    return (PyObject *)image;
}
static void image_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (((Image *)self)->parent == NULL)
        PyMem_RawFree(((Image *)self)->first);
    Py_XDECREF(((Image *)self)->parent);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {{"frozen", image_frozen, METH_NOARGS}, {"every", image_every, METH_VARARGS}, {NULL}};

static PyType_Slot slots[] = {{Py_tp_new, image_new},   {Py_tp_dealloc, image_dealloc},
                              {Py_tp_methods, methods}, {Py_bf_getbuffer, image_getbuffer}, {0, NULL}};
static PyType_Spec spec = {"image.Image", sizeof(Image), 0, Py_TPFLAGS_DEFAULT, slots};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "image"};

PyMODINIT_FUNC PyInit_image(void)
{
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made ? PyType_FromSpec(&spec) : NULL;
    if (type == NULL || PyModule_AddObjectRef(made, "Image", type) < 0)
        Py_CLEAR(made);
    Py_XDECREF(type);
    return made;
}
