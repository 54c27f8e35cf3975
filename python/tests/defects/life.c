/* Exporters that fail over time: locks, releases, life and death.

   Knows one fault a function. Must never leave memory unmapped that a view still leads to: what is given up
   too early is filled with 0xdd and kept, so that a test sees the fault and lives. */

#include "block.h"

/* Blocks that were given up while somebody may look at them. */
static void give_up(char *data, Py_ssize_t size)
{
    if (data != NULL)
        memset(data, 0xdd, (size_t)size);
}

static char *fresh(Py_ssize_t size)
{
    char *data = malloc((size_t)size);
    for (Py_ssize_t at = 0; data != NULL && at < size; at++)
        data[at] = (char)(at + 1);
    return data;
}

/* --- release --- */

#define KNOWN 256

/* Views are told apart by the address of their struct. The table is the object's own: in one that all objects
   share, the address of a struct long gone would now and then be that of the copy, and the fault unseen. */
static int by_address(PyObject *self, Py_buffer *view, int flags)
{
    if (BLOCK(self)->extra == NULL)
        BLOCK(self)->extra = calloc(KNOWN, sizeof(Py_buffer *));
    Py_buffer **known = BLOCK(self)->extra;
    for (int at = 0; known != NULL && at < KNOWN; at++) {
        if (known[at] == NULL) {
            known[at] = view;
            return block_fill(self, view, flags);
        }
    }
    return block_refuse(view, "too many views");
}

static void release_by_address(PyObject *self, Py_buffer *view)
{
    Py_buffer **known = BLOCK(self)->extra;
    for (int at = 0; at < KNOWN; at++) {
        if (known[at] == view) {
            known[at] = NULL;
            block_releasebuffer(self, view);
            return;
        }
    }
}

/* A release in another thread than the one of the request does not count. */
static int of_thread(PyObject *self, Py_buffer *view, int flags)
{
    BLOCK(self)->thread = PyThread_get_thread_ident();
    return block_fill(self, view, flags);
}

static void release_of_thread(PyObject *self, Py_buffer *view)
{
    if (BLOCK(self)->thread == PyThread_get_thread_ident())
        block_releasebuffer(self, view);
}

/* Memory of the interpreter is lost at each view. */
static int loses_block(PyObject *self, Py_buffer *view, int flags)
{
    char *lost = PyMem_Malloc(64);
    if (lost != NULL)
        lost[0] = 1;
    return block_fill(self, view, flags);
}

/* The arrays of each writable view are lost. */
static int loses_object(PyObject *self, Py_buffer *view, int flags)
{
    if (flags & PyBUF_WRITABLE)
        (void)PyList_New(0);
    return block_fill(self, view, flags);
}

/* --- locks --- */

/* The block is moved whoever looks at it; there is no count. */
static PyObject *grow_unlocked(PyObject *object, PyObject *unused)
{
    (void)unused;
    Block *self = BLOCK(object);
    char *data = fresh(2 * self->size);
    if (data == NULL)
        return PyErr_NoMemory();
    give_up(self->data, self->size);
    self->data = data;
    Py_RETURN_NONE;
}

/* The shape, which all views share, is changed in place. */
static PyObject *reshape(PyObject *object, PyObject *unused)
{
    (void)unused;
    BLOCK(object)->shape[0] = BLOCK(object)->shape[0] == BLOCK_SIZE ? BLOCK_SIZE / 2 : BLOCK_SIZE;
    BLOCK(object)->size = BLOCK(object)->shape[0];
    Py_RETURN_NONE;
}

/* Room for 700 more is there: only the call that finds none moves the block. */
static PyObject *append_unlocked(PyObject *object, PyObject *unused)
{
    if (++BLOCK(object)->calls % 700 != 0)
        Py_RETURN_NONE;
    return grow_unlocked(object, unused);
}

static PyMethodDef unlocked_methods[] = {
    {"append", append_unlocked, METH_NOARGS, NULL},
    {"grow", grow_unlocked, METH_NOARGS, NULL},
    {"reshape", reshape, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot unlocked[] = {{Py_tp_methods, unlocked_methods}, {0, NULL}};

/* `__init__` makes a new block whoever looks at the old one. */
static int init_again(PyObject *object, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    Block *self = BLOCK(object);
    if (self->exports > 0)
        give_up(self->data, self->size);
    else
        free(self->data);
    self->data = fresh(self->size);
    return 0;
}

static PyType_Slot initialised[] = {{Py_tp_init, init_again}, {0, NULL}};

static PyObject *leave(PyObject *object, PyObject *unused)
{
    (void)unused;
    give_up(BLOCK(object)->data, BLOCK(object)->size);
    Py_RETURN_NONE;
}

static PyMethodDef context_methods[] = {
    {"__exit__", leave, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* Leaving its context wipes the block, whoever looks at it. */
static PyType_Slot context[] = {{Py_tp_methods, context_methods}, {0, NULL}};

/* Called `array.array`, as the interpreter's own, whose `extend` runs foreign code: the test for views is
   made before it, and not again behind it. */
static PyObject *extend(PyObject *object, PyObject *items)
{
    Block *self = BLOCK(object);
    if (self->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(items);
    if (iterator == NULL)
        return NULL;
    PyObject *item;
    while ((item = PyIter_Next(iterator)) != NULL)
        Py_DECREF(item);
    Py_DECREF(iterator);
    if (PyErr_Occurred())
        return NULL;
    char *data = fresh(2 * self->size);
    if (data == NULL)
        return PyErr_NoMemory();
    give_up(self->data, self->size);
    self->data = data;
    Py_RETURN_NONE;
}

static PyMethodDef extend_methods[] = {
    {"extend", extend, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot reentrant[] = {{Py_tp_methods, extend_methods}, {0, NULL}};

/* --- life --- */

/* `obj` is None, so nobody keeps the block; what is left of it is kept for the test. */
static int owned_by_nobody(PyObject *self, Py_buffer *view, int flags)
{
    block_fill(self, view, flags);
    BLOCK(self)->exports--;
    view->obj = PyBytes_FromStringAndSize("owner", 5);
    Py_DECREF(self);
    return 0;
}

static void dealloc_gives_up(PyObject *object)
{
    give_up(BLOCK(object)->data, BLOCK(object)->size);
    BLOCK(object)->data = NULL;
    block_dealloc(object);
}

static PyType_Slot gives_up[] = {{Py_tp_dealloc, dealloc_gives_up}, {0, NULL}};

/* `obj` is the exporter without a reference, so it is finalised while it is exported. Its struct is never
   freed, as one on a free list is not: what the interpreter takes away later ends nothing. */
static int finalised_early(PyObject *self, Py_buffer *view, int flags)
{
    int result = block_fill(self, view, flags);
    if (result == 0 && flags == PyBUF_FULL_RO)
        Py_DECREF(self);
    return result;
}

static void dealloc_once(PyObject *object)
{
    Block *self = BLOCK(object);
    if (self->thread == 0 && self->weakrefs != NULL)
        PyObject_ClearWeakRefs(object);
    self->thread = 1;
}

static PyType_Slot once[] = {{Py_tp_dealloc, dealloc_once}, {0, NULL}};

/* The request is passed on to an inner object, which is the owner then; the memory is that of the outer. */
static int passed_on(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->other == NULL) {
        self->other = PyObject_CallMethod((PyObject *)Py_TYPE(object), "inner", NULL);
        if (self->other == NULL)
            return -1;
    }
    int result = PyObject_GetBuffer(self->other, view, flags);
    if (result == 0)
        view->buf = self->data;
    return result;
}

static PyObject *inner(PyObject *type, PyObject *unused)
{
    (void)unused;
    PyObject *module = PyImport_ImportModule("bufcheck_defects");
    PyObject *made = module == NULL ? NULL : PyObject_CallMethod(module, "Sound", NULL);
    Py_XDECREF(module);
    (void)type;
    return made;
}

static PyMethodDef outer_methods[] = {
    {"inner", inner, METH_NOARGS | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot outer[] = {{Py_tp_dealloc, dealloc_gives_up}, {Py_tp_methods, outer_methods}, {0, NULL}};

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(BLOCK(object)->dict);
    Py_VISIT(BLOCK(object)->other);
    return 0;
}

static int clear(PyObject *object)
{
    Py_CLEAR(BLOCK(object)->dict);
    Py_CLEAR(BLOCK(object)->other);
    return 0;
}

static PyMemberDef dict_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Block, weakrefs), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(Block, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot collected[] = {
    {Py_tp_traverse, traverse}, {Py_tp_clear, clear}, {Py_tp_members, dict_members}, {0, NULL}};

/* Hidden from the collector while views are held, and for ever. */
static int hidden(PyObject *self, Py_buffer *view, int flags)
{
    if (PyObject_GC_IsTracked(self))
        PyObject_GC_UnTrack(self);
    return block_fill(self, view, flags);
}

static int traverse_too_little(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    if (BLOCK(object)->extra == NULL)
        Py_VISIT(BLOCK(object)->dict);
    return 0;
}

/* What it refers to is not shown to the collector once it was exported. */
static int half_hidden(PyObject *self, Py_buffer *view, int flags)
{
    if (BLOCK(self)->extra == NULL)
        BLOCK(self)->extra = malloc(1);
    return block_fill(self, view, flags);
}

static PyType_Slot half_collected[] = {
    {Py_tp_traverse, traverse_too_little}, {Py_tp_clear, clear}, {Py_tp_members, dict_members}, {0, NULL}};

/* Only instances of the type itself are served, and none of a subclass. */
static int exact(PyObject *self, Py_buffer *view, int flags)
{
    if (strcmp(Py_TYPE(self)->tp_name, "bufcheck_defects.ExactType") != 0)
        return block_refuse(view, "no instance of ExactType");
    return block_fill(self, view, flags);
}

int add_life(PyObject *module)
{
    return add_type(module, "bufcheck_defects.ByAddress", by_address, release_by_address) < 0
        || add_type(module, "bufcheck_defects.OfThread", of_thread, release_of_thread) < 0
        || add_type(module, "bufcheck_defects.LosesBlock", loses_block, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.LosesObject", loses_object, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.CountedButNeverReleased", block_getbuffer, NULL) < 0
        || add_type_with(module, "bufcheck_defects.MovesWithoutSlot", block_getbuffer, NULL, unlocked) < 0
        || add_type_with(module, "bufcheck_defects.Unlocked", block_getbuffer, block_releasebuffer, unlocked) < 0
        || add_type_with(module, "bufcheck_defects.InitialisedAgain", block_getbuffer, block_releasebuffer,
                         initialised) < 0
        || add_type_with(module, "bufcheck_defects.WipedOnExit", block_getbuffer, block_releasebuffer, context) < 0
        || add_type_with(module, "array.array", block_getbuffer, block_releasebuffer, reentrant) < 0
        || add_type_with(module, "bufcheck_defects.OwnedByNobody", owned_by_nobody, block_releasebuffer,
                         gives_up) < 0
        || add_type_with(module, "bufcheck_defects.FinalisedEarly", finalised_early, block_releasebuffer, once) < 0
        || add_type_with(module, "bufcheck_defects.PassedOn", passed_on, NULL, outer) < 0
        || add_type_with(module, "bufcheck_defects.Hidden", hidden, block_releasebuffer, collected) < 0
        || add_type_with(module, "bufcheck_defects.HalfHidden", half_hidden, block_releasebuffer,
                         half_collected) < 0
        || add_type(module, "bufcheck_defects.ExactType", exact, block_releasebuffer) < 0
        ? -1
        : 0;
}
