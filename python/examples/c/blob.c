/* Read-only bytes in C: for a flat run of bytes PyBuffer_FillInfo is the whole exporter. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    PyObject_HEAD
    char *bytes;
    Py_ssize_t count;
} Blob;

static int blob_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    Blob *blob = (Blob *)self;
    /* [rule: capi.fillinfo-exporter-arg] Yourself as the owner, and the flags as they came: the helper refuses
     * WRITABLE if `readonly` is 1, sets only what was asked, and takes the reference. Do not touch the struct
     * before or after. [rule: request.writable-refused-when-readonly] Exactly 1, not just any true number. */
    return PyBuffer_FillInfo(view, self, blob->bytes, blob->count, 1, flags);
}

static PyObject *blob_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    Py_buffer source;
    if (!PyArg_ParseTuple(args, "y*", &source)) /* any contiguous buffer, held until it is released */
        return NULL;
    Blob *blob = (Blob *)type->tp_alloc(type, 0);
    if (blob != NULL && (blob->bytes = PyMem_RawMalloc(source.len)) == NULL) { /* [rule: memory.allocator] */
        Py_CLEAR(blob);
        PyErr_NoMemory();
    }
    if (blob != NULL) {
        blob->count = source.len;
        if (source.len > 0)
            memcpy(blob->bytes, source.buf, source.len);
    }
    PyBuffer_Release(&source);
    return (PyObject *)blob;
}

static void blob_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_RawFree(((Blob *)self)->bytes);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot blob_slots[] = {
    {Py_tp_new, blob_new}, {Py_tp_dealloc, blob_dealloc}, {Py_bf_getbuffer, blob_getbuffer}, {0, NULL}};
static PyType_Spec blob_spec = {"blob.Blob", sizeof(Blob), 0, Py_TPFLAGS_DEFAULT, blob_slots};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "blob"};

PyMODINIT_FUNC PyInit_blob(void)
{
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made ? PyType_FromSpec(&blob_spec) : NULL;
    if (type == NULL || PyModule_AddObjectRef(made, "Blob", type) < 0)
        Py_CLEAR(made);
    Py_XDECREF(type);
    return made;
}
