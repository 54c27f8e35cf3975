/* The sound exporter of a block of bytes, and the module.

   Knows how an exporter is written by hand: both slots, a count of views, a lock. Must never do anything
   wrong: faults stand in the other files. */

#include "block.h"
#include "consumers.h"

PyObject *block_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    Block *self = BLOCK(type->tp_alloc(type, 0));
    if (self == NULL)
        return NULL;
    self->data = malloc(BLOCK_SIZE);
    if (self->data == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    for (int at = 0; at < BLOCK_SIZE; at++)
        self->data[at] = (char)(at + 1);
    self->size = BLOCK_SIZE;
    self->shape[0] = BLOCK_SIZE;
    self->strides[0] = 1;
    return (PyObject *)self;
}

void block_dealloc(PyObject *object)
{
    Block *self = BLOCK(object);
    PyTypeObject *type = Py_TYPE(object);
    if (PyType_IS_GC(type))
        PyObject_GC_UnTrack(object);
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    Py_CLEAR(self->dict);
    Py_CLEAR(self->other);
    free(self->data);
    free(self->extra);
    type->tp_free(object);
    Py_DECREF(type);
}

PyObject *block_close(PyObject *object, PyObject *unused)
{
    (void)unused;
    Block *self = BLOCK(object);
    if (self->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    free(self->data);
    self->data = NULL;
    Py_RETURN_NONE;
}

/* Moves the bytes to a block of twice the size; what was the old block is worthless then. */
PyObject *block_grow(PyObject *object, PyObject *unused)
{
    (void)unused;
    Block *self = BLOCK(object);
    if (self->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    char *data = calloc(1, (size_t)(2 * self->size));
    if (data == NULL)
        return PyErr_NoMemory();
    if (self->data != NULL)
        memcpy(data, self->data, (size_t)self->size);
    free(self->data);
    self->data = data;
    self->size *= 2;
    self->shape[0] = self->size;
    Py_RETURN_NONE;
}

/* Room for 700 more is there: only the call that finds none moves the block. */
static PyObject *block_append(PyObject *object, PyObject *unused)
{
    if ((BLOCK(object)->calls + 1) % 700 != 0) {
        BLOCK(object)->calls++;
        Py_RETURN_NONE;
    }
    PyObject *grown = block_grow(object, unused);
    if (grown != NULL)
        BLOCK(object)->calls++;
    return grown;
}

PyMethodDef block_methods[] = {
    {"close", block_close, METH_NOARGS, NULL},
    {"append", block_append, METH_NOARGS, NULL},
    {"grow", block_grow, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMemberDef block_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Block, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

int block_refuse(Py_buffer *view, const char *message)
{
    view->obj = NULL;
    PyErr_SetString(PyExc_BufferError, message);
    return -1;
}

int block_fill(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->data == NULL)
        return block_refuse(view, "the block is closed");
    view->buf = self->data;
    view->len = self->size;
    view->itemsize = 1;
    view->readonly = 0;
    view->ndim = 1;
    view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? "B" : NULL;
    view->shape = (flags & PyBUF_ND) == PyBUF_ND ? self->shape : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? self->strides : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(object);
    self->exports++;
    return 0;
}

int block_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return block_fill(self, view, flags);
}

void block_releasebuffer(PyObject *self, Py_buffer *view)
{
    (void)view;
    BLOCK(self)->exports--;
}

/* Whether a slot is among those that were given. */
static int has_slot(const PyType_Slot *slots, int used, int slot)
{
    for (int at = 0; at < used; at++)
        if (slots[at].slot == slot)
            return 1;
    return 0;
}

int add_type_with(PyObject *module, const char *name, getbufferproc getbuffer,
                  releasebufferproc releasebuffer, PyType_Slot *more)
{
    const PyType_Slot usual[] = {
        {Py_tp_new, block_new},         {Py_tp_dealloc, block_dealloc},
        {Py_tp_members, block_members}, {Py_tp_methods, block_methods},
    };
    PyType_Slot slots[16];
    int used = 0;
    for (; more != NULL && more->slot != 0; more++)
        slots[used++] = *more;
    for (size_t at = 0; at < sizeof usual / sizeof usual[0]; at++)
        if (!has_slot(slots, used, usual[at].slot))
            slots[used++] = usual[at];
    unsigned int type_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
    if (has_slot(slots, used, Py_tp_traverse))
        type_flags |= Py_TPFLAGS_HAVE_GC;
    if (getbuffer != NULL)
        slots[used++] = (PyType_Slot){Py_bf_getbuffer, (void *)getbuffer};
    if (releasebuffer != NULL)
        slots[used++] = (PyType_Slot){Py_bf_releasebuffer, (void *)releasebuffer};
    slots[used] = (PyType_Slot){0, NULL};
    PyType_Spec spec = {name, sizeof(Block), 0, type_flags, slots};
    return add_spec(module, &spec);
}

int add_spec(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromSpec(spec);
    if (type == NULL)
        return -1;
    const char *dot = strrchr(spec->name, '.');
    int result = PyModule_AddObjectRef(module, dot == NULL ? spec->name : dot + 1, type);
    Py_DECREF(type);
    return result;
}

int add_type(PyObject *module, const char *name, getbufferproc getbuffer, releasebufferproc releasebuffer)
{
    return add_type_with(module, name, getbuffer, releasebuffer, NULL);
}

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "bufcheck_defects", "Exporters written by hand: defective ones, and sound but unusual ones.", -1,
    NULL, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_bufcheck_defects(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    if (add_fill_info(module) < 0 || add_references(module) < 0 || add_arrays(module) < 0
        || add_life(module) < 0 || add_threads(module) < 0 || add_static(module) < 0
        || add_sound(module) < 0 || add_pages(module) < 0 || add_outside(module) < 0
        || add_common(module) < 0 || add_traces(module) < 0 || add_items(module) < 0
        || add_people(module) < 0 || add_blocks(module) < 0 || add_habits_layouts(module) < 0
        || add_habits_views(module) < 0 || add_habits_life(module) < 0
        || add_consumers_memory(module) < 0
        || add_consumers_items(module) < 0 || add_consumers_release(module) < 0
        || add_consumers_refusal(module) < 0 || add_consumers_sound(module) < 0
        || add_consumers_arguments(module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
