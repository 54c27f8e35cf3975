/* Sound exporters as people write them in C: what a view owns, and how the object finds it again.

   Knows one way to keep the books of views a section. Must never do anything wrong: whoever accuses one of
   these is wrong. */

#include "block.h"

#include <stdatomic.h>

/* Room for `count` things of one size, or an exception. */
static void *room(Py_buffer *view, size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL) {
        view->obj = NULL;
        PyErr_NoMemory();
    }
    return memory;
}

/* The block of such a type is never moved nor closed. */
static PyMethodDef no_methods[] = {{NULL, NULL, 0, NULL}};
static PyType_Slot fixed[] = {{Py_tp_methods, no_methods}, {0, NULL}};

/* --- a copy for those who take no strides --- */

static Py_ssize_t column_shape[1] = {4};
static Py_ssize_t column_strides[1] = {4};

static int column_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (flags & PyBUF_WRITABLE)
        return block_refuse(view, "the column is read-only");
    int order = flags & (PyBUF_C_CONTIGUOUS | PyBUF_F_CONTIGUOUS | PyBUF_ANY_CONTIGUOUS) & ~PyBUF_STRIDES;
    char *copy = NULL;
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES || order != 0) {
        copy = room(view, 4, 1);
        if (copy == NULL)
            return -1;
        for (int row = 0; row < 4; row++)
            copy[row] = self->data[4 * row + 1];
    }
    block_fill(object, view, flags);
    view->buf = copy != NULL ? copy : self->data + 1;
    view->len = 4;
    view->readonly = 1;
    view->shape = view->shape == NULL ? NULL : column_shape;
    view->strides = view->strides == NULL ? NULL : copy != NULL ? self->strides : column_strides;
    view->internal = copy;
    return 0;
}

/* The second column of a matrix with packed rows; `internal` is the copy, if there is one. */
static void column_releasebuffer(PyObject *self, Py_buffer *view)
{
    free(view->internal);
    block_releasebuffer(self, view);
}

/* --- a copy that is written back --- */

static Py_ssize_t every_other_shape[1] = {BLOCK_SIZE / 2};
static Py_ssize_t every_other_strides[1] = {2};

/* Every other byte. Who takes no strides gets a copy; there is one view at a time. */
static int every_other_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->exports > 0)
        return block_refuse(view, "another view is held");
    int order = flags & (PyBUF_C_CONTIGUOUS | PyBUF_F_CONTIGUOUS | PyBUF_ANY_CONTIGUOUS) & ~PyBUF_STRIDES;
    char *copy = NULL;
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES || order != 0) {
        copy = room(view, BLOCK_SIZE / 2, 1);
        if (copy == NULL)
            return -1;
        for (int at = 0; at < BLOCK_SIZE / 2; at++)
            copy[at] = self->data[2 * at];
    }
    block_fill(object, view, flags);
    if (copy != NULL)
        view->buf = copy;
    view->len = BLOCK_SIZE / 2;
    view->shape = view->shape == NULL ? NULL : every_other_shape;
    view->strides = view->strides == NULL ? NULL : copy != NULL ? self->strides : every_other_strides;
    view->internal = copy;
    return 0;
}

static void every_other_releasebuffer(PyObject *object, Py_buffer *view)
{
    char *copy = view->internal;
    for (int at = 0; copy != NULL && at < BLOCK_SIZE / 2; at++)
        BLOCK(object)->data[2 * at] = copy[at];
    free(copy);
    block_releasebuffer(object, view);
}

/* --- blocks that are shared by the object and its views --- */

typedef struct {
    atomic_long owners;
    Py_ssize_t shape[1];
    Py_ssize_t strides[1];
    char bytes[];
} Piece;

static Piece *piece_new(Py_ssize_t size)
{
    Piece *piece = calloc(1, sizeof(Piece) + (size_t)size);
    if (piece != NULL) {
        atomic_init(&piece->owners, 1);
        piece->shape[0] = size;
        piece->strides[0] = 1;
    }
    return piece;
}

static void piece_drop(Piece *piece)
{
    if (piece != NULL && atomic_fetch_sub(&piece->owners, 1) == 1)
        free(piece);
}

typedef struct {
    PyObject_HEAD
    Piece *piece;
} Editions;

static PyObject *editions_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    Editions *self = (Editions *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->piece = piece_new(8);
    if (self->piece == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    memcpy(self->piece->bytes, "editions", 8);
    return (PyObject *)self;
}

static void editions_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    piece_drop(((Editions *)object)->piece);
    type->tp_free(object);
    Py_DECREF(type);
}

/* A change goes to a new block whenever somebody else has a share in the old one. */
static PyObject *editions_change(PyObject *object, Py_ssize_t size)
{
    Editions *self = (Editions *)object;
    Piece *old = self->piece;
    if (atomic_load(&old->owners) > 1 || size != old->shape[0]) {
        Piece *piece = piece_new(size);
        if (piece == NULL)
            return PyErr_NoMemory();
        memcpy(piece->bytes, old->bytes, (size_t)(size < old->shape[0] ? size : old->shape[0]));
        self->piece = piece;
        piece_drop(old);
    }
    self->piece->bytes[0] ^= 0x20;
    Py_RETURN_NONE;
}

static PyObject *editions_edit(PyObject *self, PyObject *unused)
{
    (void)unused;
    return editions_change(self, ((Editions *)self)->piece->shape[0]);
}

static PyObject *editions_append(PyObject *self, PyObject *unused)
{
    (void)unused;
    return editions_change(self, ((Editions *)self)->piece->shape[0] + 1);
}

static PyMethodDef editions_methods[] = {
    {"edit", editions_edit, METH_NOARGS, NULL},
    {"append", editions_append, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int editions_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Piece *piece = ((Editions *)object)->piece;
    if (PyBuffer_FillInfo(view, object, piece->bytes, piece->shape[0], 1, flags) < 0)
        return -1;
    view->shape = view->shape == NULL ? NULL : piece->shape;
    view->strides = view->strides == NULL ? NULL : piece->strides;
    view->internal = piece;
    atomic_fetch_add(&piece->owners, 1);
    return 0;
}

static void editions_releasebuffer(PyObject *self, Py_buffer *view)
{
    (void)self;
    piece_drop(view->internal);
}

static PyType_Slot editions_slots[] = {{Py_tp_new, editions_new},
                                       {Py_tp_dealloc, editions_dealloc},
                                       {Py_tp_methods, editions_methods},
                                       {Py_bf_getbuffer, editions_getbuffer},
                                       {Py_bf_releasebuffer, editions_releasebuffer},
                                       {0, NULL}};

/* Copies on writing: each edition is a block with a count of owners. */
static PyType_Spec editions = {"bufcheck_defects.Editions", sizeof(Editions), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, editions_slots};

/* --- copies that are freed later --- */

typedef struct Waiting {
    struct Waiting *next;
    char bytes[BLOCK_SIZE];
} Waiting;

typedef struct {
    PyObject_HEAD
    Waiting *waiting;
    Py_ssize_t shape[1];
    Py_ssize_t strides[1];
} Later;

static void free_waiting(Later *self)
{
    while (self->waiting != NULL) {
        Waiting *next = self->waiting->next;
        free(self->waiting);
        self->waiting = next;
    }
}

static void later_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    free_waiting((Later *)object);
    type->tp_free(object);
    Py_DECREF(type);
}

static int later_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Later *self = (Later *)object;
    free_waiting(self);
    Waiting *copy = room(view, 1, sizeof(Waiting));
    if (copy == NULL)
        return -1;
    memcpy(copy->bytes, "freed afterwards", BLOCK_SIZE);
    if (PyBuffer_FillInfo(view, object, copy->bytes, BLOCK_SIZE, 1, flags) < 0) {
        free(copy);
        return -1;
    }
    view->internal = copy;
    return 0;
}

static void later_releasebuffer(PyObject *object, Py_buffer *view)
{
    Waiting *copy = view->internal;
    copy->next = ((Later *)object)->waiting;
    ((Later *)object)->waiting = copy;
}

static PyType_Slot later_slots[] = {{Py_tp_dealloc, later_dealloc},
                                    {Py_bf_getbuffer, later_getbuffer},
                                    {Py_bf_releasebuffer, later_releasebuffer},
                                    {0, NULL}};

/* Frees the copy of a view at the next request, not at the release. */
static PyType_Spec later = {"bufcheck_defects.FreedLater", sizeof(Later), 0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, later_slots};

/* --- a table of views --- */

#define PLACES 128

typedef struct {
    Py_ssize_t shape[2];
    Py_ssize_t strides[2];
    int taken;
} Place;

/* `internal` is no pointer but the number of a place in the object, counted from 1. */
static int places_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS)
        return block_refuse(view, "the items lie in C order");
    if (self->extra == NULL && (self->extra = room(view, PLACES, sizeof(Place))) == NULL)
        return -1;
    Place *places = self->extra;
    Py_ssize_t number = 0;
    while (number < PLACES && places[number].taken)
        number++;
    if (number == PLACES)
        return block_refuse(view, "too many views");
    places[number] = (Place){{2, 8}, {8, 1}, 1};
    block_fill(object, view, flags);
    view->ndim = 2;
    view->shape = view->shape == NULL ? NULL : places[number].shape;
    view->strides = view->strides == NULL ? NULL : places[number].strides;
    view->internal = (void *)(number + 1);
    return 0;
}

static void places_releasebuffer(PyObject *self, Py_buffer *view)
{
    ((Place *)BLOCK(self)->extra)[(Py_ssize_t)view->internal - 1].taken = 0;
    block_releasebuffer(self, view);
}

/* --- a struct that was filled once --- */

/* Each view is a copy of one that the object keeps, without what was not asked. */
static int copied_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    Py_buffer *kept = self->extra;
    if (kept == NULL) {
        kept = self->extra = room(view, 1, sizeof(Py_buffer));
        if (kept == NULL)
            return -1;
        block_fill(object, kept, PyBUF_FULL);
        self->exports--;
        Py_CLEAR(kept->obj);
    }
    memset(view, 0, sizeof *view);
    *view = *kept;
    if (!(flags & PyBUF_FORMAT))
        view->format = NULL;
    if (!(flags & PyBUF_ND))
        view->shape = NULL;
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES)
        view->strides = NULL;
    view->obj = Py_NewRef(object);
    self->exports++;
    return 0;
}

/* `PyBuffer_FillInfo` first, and then what it does not know: items of four bytes. */
static int typed_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[1] = {BLOCK_SIZE / 4};
    static Py_ssize_t strides[1] = {4};
    if (PyBuffer_FillInfo(view, object, BLOCK(object)->data, BLOCK_SIZE, 0, flags) < 0)
        return -1;
    view->itemsize = 4;
    if (view->format != NULL)
        view->format = "I";
    if (view->shape != NULL)
        view->shape = shape;
    if (view->strides != NULL)
        view->strides = strides;
    return 0;
}

/* `internal` is left as it was. */
static int internal_untouched(PyObject *self, Py_buffer *view, int flags)
{
    void *before = view->internal;
    int result = block_fill(self, view, flags);
    view->internal = before;
    return result;
}

/* --- locks --- */

#define READER ((void *)1)
#define WRITER ((void *)2)

/* Any number of readers or one writer; `internal` says which a view is. The writer counts in `thread`. */
static int shared_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->thread > 0 || ((flags & PyBUF_WRITABLE) && self->exports > 0))
        return block_refuse(view, self->thread > 0 ? "somebody writes" : "somebody reads");
    int result = block_fill(object, view, flags);
    if (result == 0) {
        view->internal = flags & PyBUF_WRITABLE ? WRITER : READER;
        self->thread = view->internal == WRITER;
    }
    return result;
}

static void shared_releasebuffer(PyObject *self, Py_buffer *view)
{
    if (view->internal == WRITER)
        BLOCK(self)->thread = 0;
    block_releasebuffer(self, view);
}

typedef struct {
    PyObject_HEAD
    PyThread_type_lock lock;
    char data[BLOCK_SIZE];
} Locked;

static PyObject *locked_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    Locked *self = (Locked *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    memcpy(self->data, "behind one lock", BLOCK_SIZE);
    self->lock = PyThread_allocate_lock();
    if (self->lock == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void locked_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (((Locked *)object)->lock != NULL)
        PyThread_free_lock(((Locked *)object)->lock);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *locked_fill(PyObject *object, PyObject *unused)
{
    Locked *self = (Locked *)object;
    (void)unused;
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        PyErr_SetString(PyExc_BufferError, "a view holds the lock");
        return NULL;
    }
    memset(self->data, 7, BLOCK_SIZE);
    PyThread_release_lock(self->lock);
    Py_RETURN_NONE;
}

static PyMethodDef locked_methods[] = {
    {"fill", locked_fill, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int locked_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Locked *self = (Locked *)object;
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK))
        return block_refuse(view, "another view holds the lock");
    int result = PyBuffer_FillInfo(view, object, self->data, BLOCK_SIZE, 0, flags);
    if (result < 0)
        PyThread_release_lock(self->lock);
    return result;
}

static void locked_releasebuffer(PyObject *object, Py_buffer *view)
{
    (void)view;
    PyThread_release_lock(((Locked *)object)->lock);
}

static PyType_Slot locked_slots[] = {{Py_tp_new, locked_new},
                                     {Py_tp_dealloc, locked_dealloc},
                                     {Py_tp_methods, locked_methods},
                                     {Py_bf_getbuffer, locked_getbuffer},
                                     {Py_bf_releasebuffer, locked_releasebuffer},
                                     {0, NULL}};

/* A view holds a lock from the request to the release, in whichever thread that is. */
static PyType_Spec locked = {"bufcheck_defects.LockHeld", sizeof(Locked), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, locked_slots};

/* --- what happens at the release --- */

static PyObject *notifying_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *callback = Py_None;
    if (!PyArg_ParseTuple(args, "|O", &callback))
        return NULL;
    PyObject *object = block_new(type, args, kwargs);
    if (object != NULL)
        BLOCK(object)->other = Py_NewRef(callback);
    return object;
}

/* Calls somebody at each release, in peace with an exception that is on its way. */
static void notifying_releasebuffer(PyObject *object, Py_buffer *view)
{
    PyObject *type, *value, *traceback;
    block_releasebuffer(object, view);
    if (BLOCK(object)->other == Py_None)
        return;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *answer = PyObject_CallNoArgs(BLOCK(object)->other);
    if (answer == NULL)
        PyErr_WriteUnraisable(object);
    Py_XDECREF(answer);
    PyErr_Restore(type, value, traceback);
}

static PyType_Slot notifying[] = {{Py_tp_new, notifying_new}, {0, NULL}};

/* Closed at once, but the memory goes with the last view. The mark that it is closed stands in `thread`. */
static PyObject *deferred_close(PyObject *object, PyObject *unused)
{
    Block *self = BLOCK(object);
    self->thread = 1;
    if (self->exports == 0)
        return block_close(object, unused);
    Py_RETURN_NONE;
}

static int deferred_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    if (BLOCK(self)->thread)
        return block_refuse(view, "the block is closed");
    return block_fill(self, view, flags);
}

static void deferred_releasebuffer(PyObject *object, Py_buffer *view)
{
    Block *self = BLOCK(object);
    block_releasebuffer(object, view);
    if (self->thread && self->exports == 0) {
        free(self->data);
        self->data = NULL;
    }
}

static PyMethodDef deferred_methods[] = {
    {"close", deferred_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot deferred[] = {{Py_tp_methods, deferred_methods}, {0, NULL}};

/* --- growth within a reserve --- */

/* Of the block, `thread` bytes are in use. Within the reserve it grows under views, which keep their shape. */
static PyObject *reserving_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *object = block_new(type, args, kwargs);
    if (object != NULL)
        BLOCK(object)->thread = 4;
    return object;
}

static PyObject *reserving_append(PyObject *object, PyObject *unused)
{
    Block *self = BLOCK(object);
    if (self->thread == (unsigned long)self->size) {
        PyObject *grown = block_grow(object, unused);
        if (grown == NULL)
            return NULL;
        Py_DECREF(grown);
    }
    self->data[self->thread++] = 1;
    Py_RETURN_NONE;
}

static PyMethodDef reserving_methods[] = {
    {"append", reserving_append, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int reserving_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Py_ssize_t *shape = room(view, 1, sizeof(Py_ssize_t));
    if (shape == NULL)
        return -1;
    *shape = (Py_ssize_t)BLOCK(object)->thread;
    block_fill(object, view, flags);
    view->len = *shape;
    view->shape = view->shape == NULL ? NULL : shape;
    view->internal = shape;
    return 0;
}

static void reserving_releasebuffer(PyObject *self, Py_buffer *view)
{
    free(view->internal);
    block_releasebuffer(self, view);
}

static PyType_Slot reserving[] = {{Py_tp_new, reserving_new}, {Py_tp_methods, reserving_methods}, {0, NULL}};

int add_habits_views(PyObject *module)
{
    return add_type_with(module, "bufcheck_defects.Column", column_getbuffer, column_releasebuffer, fixed) < 0
        || add_type_with(module, "bufcheck_defects.WrittenBack", every_other_getbuffer,
                         every_other_releasebuffer, fixed) < 0
        || add_spec(module, &editions) < 0 || add_spec(module, &later) < 0 || add_spec(module, &locked) < 0
        || add_type_with(module, "bufcheck_defects.Places", places_getbuffer, places_releasebuffer, fixed) < 0
        || add_type_with(module, "bufcheck_defects.Copied", copied_getbuffer, block_releasebuffer, fixed) < 0
        || add_type_with(module, "bufcheck_defects.Typed", typed_getbuffer, NULL, fixed) < 0
        || add_type(module, "bufcheck_defects.InternalUntouched", internal_untouched, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ReadersOrWriter", shared_getbuffer, shared_releasebuffer) < 0
        || add_type_with(module, "bufcheck_defects.Notifying", block_getbuffer, notifying_releasebuffer,
                         notifying) < 0
        || add_type_with(module, "bufcheck_defects.ClosedLater", deferred_getbuffer, deferred_releasebuffer,
                         deferred) < 0
        || add_type_with(module, "bufcheck_defects.Reserving", reserving_getbuffer, reserving_releasebuffer,
                         reserving) < 0
        ? -1
        : 0;
}
