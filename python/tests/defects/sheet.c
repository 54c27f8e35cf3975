/* The sound exporter of an array.

   Knows contiguity, flags, a count of views. Must never do anything wrong: faults stand in the other files. */

#include "sheet.h"

#include <sys/mman.h>

static Py_ssize_t count_of(const Sheet *self)
{
    Py_ssize_t count = 1;
    for (int axis = 0; axis < self->ndim; axis++)
        count *= self->shape[axis];
    return count;
}

static int is_contiguous(const Sheet *self, char order)
{
    Py_ssize_t step = self->itemsize;
    for (int turn = 0; turn < self->ndim; turn++) {
        int axis = order == 'C' ? self->ndim - 1 - turn : turn;
        if (self->shape[axis] > 1 && self->strides[axis] != step)
            return count_of(self) == 0;
        step *= self->shape[axis];
    }
    return 1;
}

PyObject *sheet_bare(PyTypeObject *type, const Picture *picture)
{
    Sheet *self = SHEET(type->tp_alloc(type, 0));
    if (self == NULL)
        return NULL;
    self->format = picture->format;
    self->itemsize = picture->itemsize;
    self->ndim = picture->ndim;
    self->readonly = picture->readonly;
    Py_ssize_t step = self->itemsize;
    for (int turn = 0; turn < self->ndim; turn++) {
        int axis = picture->order == 'F' ? turn : self->ndim - 1 - turn;
        self->shape[axis] = picture->shape[axis];
        self->strides[axis] = step;
        step *= self->shape[axis];
    }
    self->size = step;
    return (PyObject *)self;
}

PyObject *sheet_made(PyTypeObject *type, const Picture *picture)
{
    Sheet *self = SHEET(sheet_bare(type, picture));
    if (self == NULL)
        return NULL;
    self->data = calloc(1, self->size > 0 ? (size_t)self->size : 1);
    if (self->data == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->first = self->data;
    sheet_number(self);
    return (PyObject *)self;
}

void sheet_number(Sheet *self)
{
    Py_ssize_t count = count_of(self);
    for (Py_ssize_t number = 0; number < count; number++) {
        char *at = self->first;
        Py_ssize_t rest = number;
        for (int axis = self->ndim - 1; axis >= 0; axis--) {
            at += rest % self->shape[axis] * self->strides[axis];
            rest /= self->shape[axis];
        }
        int whole = (int)(number + 1);
        double real = (double)(number + 1);
        if (self->itemsize == sizeof real)
            memcpy(at, &real, sizeof real);
        else if (self->itemsize == sizeof whole)
            memcpy(at, &whole, sizeof whole);
        else
            *at = (char)whole;
    }
}

int sheet_map(Sheet *self, size_t bytes)
{
    char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        PyErr_NoMemory();
        return -1;
    }
    self->pages = self->first = pages;
    self->mapped = bytes;
    return 0;
}

int sheet_refuse(Py_buffer *view, const char *message)
{
    view->obj = NULL;
    PyErr_SetString(PyExc_BufferError, message);
    return -1;
}

int sheet_check(Sheet *self, Py_buffer *view, int flags)
{
    int rows = is_contiguous(self, 'C'), columns = is_contiguous(self, 'F');
    if ((flags & PyBUF_WRITABLE) && self->readonly)
        return sheet_refuse(view, "the memory is read-only");
    if (!rows && (!ASKS(flags, PyBUF_STRIDES) || ASKS(flags, PyBUF_C_CONTIGUOUS)))
        return sheet_refuse(view, "the memory is not in C order");
    if (!columns && ASKS(flags, PyBUF_F_CONTIGUOUS))
        return sheet_refuse(view, "the memory is not in Fortran order");
    if (!rows && !columns && ASKS(flags, PyBUF_ANY_CONTIGUOUS))
        return sheet_refuse(view, "the memory has gaps");
    return 0;
}

int sheet_fill(PyObject *object, Py_buffer *view, int flags)
{
    Sheet *self = SHEET(object);
    view->buf = self->first;
    view->len = count_of(self) * self->itemsize;
    view->itemsize = self->itemsize;
    view->readonly = self->readonly;
    view->ndim = self->ndim;
    view->format = ASKS(flags, PyBUF_FORMAT) ? self->format : NULL;
    view->shape = ASKS(flags, PyBUF_ND) && self->ndim > 0 ? self->shape : NULL;
    view->strides = ASKS(flags, PyBUF_STRIDES) && self->ndim > 0 ? self->strides : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(object);
    self->exports++;
    return 0;
}

int sheet_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return sheet_check(SHEET(self), view, flags) < 0 ? -1 : sheet_fill(self, view, flags);
}

void sheet_releasebuffer(PyObject *self, Py_buffer *view)
{
    (void)view;
    SHEET(self)->exports--;
}

void sheet_dealloc(PyObject *object)
{
    Sheet *self = SHEET(object);
    PyTypeObject *type = Py_TYPE(object);
    if (PyType_IS_GC(type))
        PyObject_GC_UnTrack(object);
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    Py_CLEAR(self->other);
    if (self->pages != NULL)
        munmap(self->pages, self->mapped);
    free(self->data);
    free(self->extra);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sheet, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyObject *sheet_type(PyObject *module, const char *name, newfunc make, getbufferproc getbuffer,
                     releasebufferproc releasebuffer, PyType_Slot *more)
{
    PyType_Slot slots[16] = {{Py_tp_new, (void *)make}, {Py_tp_members, members}};
    int used = 2, dealloc = 0;
    unsigned int type_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
    for (; more != NULL && more->slot != 0; more++) {
        slots[used++] = *more;
        dealloc |= more->slot == Py_tp_dealloc;
        if (more->slot == Py_tp_traverse)
            type_flags |= Py_TPFLAGS_HAVE_GC;
    }
    if (!dealloc)
        slots[used++] = (PyType_Slot){Py_tp_dealloc, (void *)sheet_dealloc};
    if (getbuffer != NULL)
        slots[used++] = (PyType_Slot){Py_bf_getbuffer, (void *)getbuffer};
    if (releasebuffer != NULL)
        slots[used++] = (PyType_Slot){Py_bf_releasebuffer, (void *)releasebuffer};
    slots[used] = (PyType_Slot){0, NULL};
    PyType_Spec spec = {name, sizeof(Sheet), 0, type_flags, slots};
    PyObject *type = PyType_FromSpec(&spec);
    if (type == NULL || PyModule_AddObjectRef(module, strrchr(name, '.') + 1, type) < 0)
        Py_CLEAR(type);
    Py_XDECREF(type);
    return type;
}
