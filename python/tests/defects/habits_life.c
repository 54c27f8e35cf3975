/* Sound exporters as people write them in C: where the memory and the objects come from, and where they go.

   Knows one kind of owner a section. Must never do anything wrong: whoever accuses one of these is wrong. */

#include "block.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define HEAP_TYPE (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE)

static void plain_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* --- objects that are used again --- */

typedef struct {
    PyObject_HEAD
    char data[BLOCK_SIZE];
} Inline;

#define KEPT_OBJECTS 8

static PyObject *kept_objects[KEPT_OBJECTS];
static int kept_count;
static PyTypeObject *recycled_type;

static PyObject *recycled_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *object;
    if (type == recycled_type && kept_count > 0)
        object = PyObject_Init(kept_objects[--kept_count], type);
    else
        object = type->tp_alloc(type, 0);
    if (object != NULL)
        memcpy(((Inline *)object)->data, "a recycled block", BLOCK_SIZE);
    return object;
}

/* What is left of an object waits for the next one, up to a few. */
static void recycled_dealloc(PyObject *object)
{
    if (Py_TYPE(object) != recycled_type || kept_count == KEPT_OBJECTS) {
        plain_dealloc(object);
        return;
    }
    memset(((Inline *)object)->data, 0, BLOCK_SIZE);
    kept_objects[kept_count++] = object;
    Py_DECREF(recycled_type);
}

static int inline_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, ((Inline *)self)->data, BLOCK_SIZE, 0, flags);
}

static PyType_Slot recycled_slots[] = {{Py_tp_new, recycled_new},
                                       {Py_tp_dealloc, recycled_dealloc},
                                       {Py_bf_getbuffer, inline_getbuffer},
                                       {0, NULL}};

static PyType_Spec recycled = {"bufcheck_defects.Recycled", sizeof(Inline), 0, HEAP_TYPE, recycled_slots};

/* --- memory within objects of different size --- */

typedef struct {
    PyObject_VAR_HEAD
    char data[];
} Sized;

static PyObject *sized_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    Py_ssize_t size = 24;
    if (!PyArg_ParseTuple(args, "|n", &size))
        return NULL;
    if (size < 0 || size > 4096) {
        PyErr_SetString(PyExc_ValueError, "too many bytes");
        return NULL;
    }
    PyObject *object = type->tp_alloc(type, size);
    if (object != NULL)
        memset(((Sized *)object)->data, 'i', (size_t)size);
    return object;
}

static int sized_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, ((Sized *)self)->data, Py_SIZE(self), 0, flags);
}

static PyType_Slot sized_slots[] = {{Py_tp_new, sized_new},
                                    {Py_tp_dealloc, plain_dealloc},
                                    {Py_bf_getbuffer, sized_getbuffer},
                                    {0, NULL}};

/* The bytes lie behind the head of the object, as those of `bytes` do. */
static PyType_Spec sized = {"bufcheck_defects.Sized", offsetof(Sized, data), 1, HEAP_TYPE, sized_slots};

/* --- a static type that is called directly --- */

static PyObject *called(PyObject *type, PyObject *const *args, size_t count, PyObject *names)
{
    (void)args;
    if (PyVectorcall_NARGS(count) != 0 || (names != NULL && PyTuple_GET_SIZE(names) != 0)) {
        PyErr_SetString(PyExc_TypeError, "Called() takes no arguments");
        return NULL;
    }
    Inline *self = PyObject_New(Inline, (PyTypeObject *)type);
    if (self != NULL)
        memcpy(self->data, "called directly!", BLOCK_SIZE);
    return (PyObject *)self;
}

static PyBufferProcs called_procs = {inline_getbuffer, NULL};

static PyTypeObject called_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "bufcheck_defects.Called",
    .tp_basicsize = sizeof(Inline),
    .tp_as_buffer = &called_procs,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_vectorcall = called,
};

/* --- memory that is there when it is needed --- */

static int alloc_if_needed(Block *self, Py_buffer *view)
{
    if (self->extra != NULL)
        return 0;
    self->extra = malloc(BLOCK_SIZE);
    if (self->extra == NULL) {
        view->obj = NULL;
        PyErr_NoMemory();
        return -1;
    }
    for (int at = 0; at < BLOCK_SIZE; at++)
        ((char *)self->extra)[at] = (char)(at * at);
    return 0;
}

/* The memory is allocated at the first request, and stays. */
static int on_demand(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (alloc_if_needed(self, view) < 0)
        return -1;
    return PyBuffer_FillInfo(view, object, self->extra, BLOCK_SIZE, 0, flags);
}

/* The decoded form exists only as long as somebody looks at it. */
static int while_viewed(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (flags & PyBUF_WRITABLE)
        return block_refuse(view, "the decoded form is read-only");
    if (alloc_if_needed(self, view) < 0)
        return -1;
    block_fill(object, view, flags);
    view->buf = self->extra;
    view->readonly = 1;
    return 0;
}

static void release_while_viewed(PyObject *object, Py_buffer *view)
{
    Block *self = BLOCK(object);
    block_releasebuffer(object, view);
    if (self->exports == 0) {
        free(self->extra);
        self->extra = NULL;
    }
}

static PyMethodDef no_methods[] = {{NULL, NULL, 0, NULL}};
static PyType_Slot fixed[] = {{Py_tp_methods, no_methods}, {0, NULL}};

/* The block moves to another place whenever nobody looks at it any more, as a heap is put in order. */
static void release_and_move(PyObject *object, Py_buffer *view)
{
    Block *self = BLOCK(object);
    block_releasebuffer(object, view);
    char *moved = self->exports == 0 ? malloc((size_t)self->size) : NULL;
    if (moved == NULL)
        return;
    memcpy(moved, self->data, (size_t)self->size);
    free(self->data);
    self->data = moved;
}

/* --- other owners --- */

/* All objects pass their requests on to one that lives as long as the module. */
static int rom(PyObject *self, Py_buffer *view, int flags)
{
    static PyObject *memory;
    (void)self;
    if (memory == NULL)
        memory = PyBytes_FromString("read-only memory of the program");
    if (memory == NULL) {
        view->obj = NULL;
        return -1;
    }
    return PyObject_GetBuffer(memory, view, flags);
}

/* Requests go to a memoryview that is made for the first of them. */
static int by_memoryview(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->other == NULL) {
        PyObject *memory = PyByteArray_FromStringAndSize(self->data, self->size);
        self->other = memory == NULL ? NULL : PyMemoryView_FromObject(memory);
        Py_XDECREF(memory);
        if (self->other == NULL) {
            view->obj = NULL;
            return -1;
        }
    }
    return PyObject_GetBuffer(self->other, view, flags);
}

/* The UTF-8 form of a text, which the text keeps itself. */
static int text(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    Py_ssize_t size;
    if (self->other == NULL)
        self->other = PyUnicode_FromString("gr\xc3\xbc\xc3\x9f dich");
    const char *bytes = self->other == NULL ? NULL : PyUnicode_AsUTF8AndSize(self->other, &size);
    if (bytes == NULL) {
        view->obj = NULL;
        return -1;
    }
    return PyBuffer_FillInfo(view, object, (void *)bytes, size, 1, flags);
}

static void free_capsule(PyObject *capsule)
{
    free(PyCapsule_GetPointer(capsule, "bufcheck.block"));
}

static PyObject *capsule_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *object = block_new(type, args, kwargs);
    if (object == NULL)
        return NULL;
    BLOCK(object)->other = PyCapsule_New(BLOCK(object)->data, "bufcheck.block", free_capsule);
    if (BLOCK(object)->other == NULL) {
        Py_DECREF(object);
        return NULL;
    }
    /* From here on it is the capsule that frees it. */
    BLOCK(object)->data = NULL;
    return object;
}

/* Memory that a capsule owns, as libraries hand arrays to each other. */
static int capsule_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    void *memory = PyCapsule_GetPointer(BLOCK(self)->other, "bufcheck.block");
    if (memory == NULL) {
        view->obj = NULL;
        return -1;
    }
    return PyBuffer_FillInfo(view, self, memory, BLOCK_SIZE, 0, flags);
}

static PyType_Slot capsule_slots[] = {{Py_tp_new, capsule_new}, {Py_tp_methods, no_methods}, {0, NULL}};

/* --- owners with a table of functions, as a class of C++ has them --- */

typedef struct Owner Owner;

typedef struct {
    char *(*data)(Owner *);
    Py_ssize_t (*size)(Owner *);
    void (*keep)(Owner *);
    void (*drop)(Owner *);
} OwnerTable;

struct Owner {
    const OwnerTable *table;
    long owners;
    Py_ssize_t bytes;
    char *memory;
};

static char *owner_data(Owner *owner)
{
    return owner->memory;
}

static Py_ssize_t owner_size(Owner *owner)
{
    return owner->bytes;
}

static void heap_keep(Owner *owner)
{
    owner->owners++;
}

static void heap_drop(Owner *owner)
{
    if (--owner->owners > 0)
        return;
    free(owner->memory);
    free(owner);
}

static void static_keep_or_drop(Owner *owner)
{
    (void)owner;
}

static const OwnerTable heap_table = {owner_data, owner_size, heap_keep, heap_drop};
static const OwnerTable static_table = {owner_data, owner_size, static_keep_or_drop, static_keep_or_drop};
static Owner static_owner = {&static_table, 1, 6, "static"};

typedef struct {
    PyObject_HEAD
    Owner *owner;
} Owned;

static PyObject *owned_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    Owned *self = (Owned *)type->tp_alloc(type, 0);
    Owner *owner = self == NULL ? NULL : calloc(1, sizeof(Owner));
    char *memory = owner == NULL ? NULL : malloc(12);
    if (memory == NULL) {
        free(owner);
        Py_XDECREF(self);
        return PyErr_NoMemory();
    }
    memcpy(memory, "owned by C++", 12);
    *owner = (Owner){&heap_table, 1, 12, memory};
    self->owner = owner;
    return (PyObject *)self;
}

static void owned_dealloc(PyObject *object)
{
    Owner *owner = ((Owned *)object)->owner;
    if (owner != NULL)
        owner->table->drop(owner);
    plain_dealloc(object);
}

/* Another owner moves in; views keep the one they were made of. */
static PyObject *owned_move(PyObject *object, PyObject *unused)
{
    Owner *before = ((Owned *)object)->owner;
    (void)unused;
    ((Owned *)object)->owner = &static_owner;
    before->table->drop(before);
    Py_RETURN_NONE;
}

static PyMethodDef owned_methods[] = {
    {"move", owned_move, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int owned_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Owner *owner = ((Owned *)object)->owner;
    if (PyBuffer_FillInfo(view, object, owner->table->data(owner), owner->table->size(owner), 1, flags) < 0)
        return -1;
    owner->table->keep(owner);
    view->internal = owner;
    return 0;
}

static void owned_releasebuffer(PyObject *self, Py_buffer *view)
{
    Owner *owner = view->internal;
    (void)self;
    owner->table->drop(owner);
}

static PyType_Slot owned_slots[] = {{Py_tp_new, owned_new},
                                    {Py_tp_dealloc, owned_dealloc},
                                    {Py_tp_methods, owned_methods},
                                    {Py_bf_getbuffer, owned_getbuffer},
                                    {Py_bf_releasebuffer, owned_releasebuffer},
                                    {0, NULL}};

static PyType_Spec owned = {"bufcheck_defects.Owned", sizeof(Owned), 0, HEAP_TYPE, owned_slots};

/* --- a part of another exporter --- */

typedef struct {
    PyObject_HEAD
    Py_buffer inner;
    Py_ssize_t exports;
} Part;

static int part_traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(((Part *)object)->inner.obj);
    return 0;
}

/* The view of the other is kept as long as there are views of this one, even if the collector comes. */
static int part_clear(PyObject *object)
{
    if (((Part *)object)->exports == 0)
        PyBuffer_Release(&((Part *)object)->inner);
    return 0;
}

static void part_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    PyBuffer_Release(&((Part *)object)->inner);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *part_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    PyObject *whole = NULL;
    if (!PyArg_ParseTuple(args, "|O", &whole))
        return NULL;
    whole = whole != NULL ? Py_NewRef(whole) : PyByteArray_FromStringAndSize("a part of me", 12);
    PyObject *object = whole == NULL ? NULL : type->tp_alloc(type, 0);
    if (object != NULL && PyObject_GetBuffer(whole, &((Part *)object)->inner, PyBUF_SIMPLE) < 0)
        Py_CLEAR(object);
    Py_XDECREF(whole);
    return object;
}

static PyObject *part_close(PyObject *object, PyObject *unused)
{
    (void)unused;
    if (((Part *)object)->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    PyBuffer_Release(&((Part *)object)->inner);
    Py_RETURN_NONE;
}

static int part_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Py_buffer *inner = &((Part *)object)->inner;
    if (inner->obj == NULL)
        return block_refuse(view, "the part is closed");
    Py_ssize_t skip = inner->len / 2;
    char *rest = (char *)inner->buf + skip;
    if (PyBuffer_FillInfo(view, object, rest, inner->len - skip, inner->readonly, flags) < 0)
        return -1;
    ((Part *)object)->exports++;
    return 0;
}

static void part_releasebuffer(PyObject *object, Py_buffer *view)
{
    (void)view;
    ((Part *)object)->exports--;
}

static PyMethodDef part_methods[] = {
    {"close", part_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot part_slots[] = {{Py_tp_new, part_new},
                                   {Py_tp_dealloc, part_dealloc},
                                   {Py_tp_traverse, part_traverse},
                                   {Py_tp_clear, part_clear},
                                   {Py_tp_methods, part_methods},
                                   {Py_bf_getbuffer, part_getbuffer},
                                   {Py_bf_releasebuffer, part_releasebuffer},
                                   {0, NULL}};

/* The second half of any exporter of flat bytes, which the garbage collector finds through it. */
static PyType_Spec part = {"bufcheck_defects.Part", sizeof(Part), 0, HEAP_TYPE | Py_TPFLAGS_HAVE_GC,
                           part_slots};

/* --- a thread that does the work --- */

typedef struct {
    PyObject_HEAD
    pthread_mutex_t turn;
    int done;
    char data[BLOCK_SIZE];
} Rendered;

static void *render(void *argument)
{
    Rendered *self = argument;
    for (int at = 0; at < BLOCK_SIZE; at++)
        self->data[at] = (char)('A' + at);
    return NULL;
}

static PyObject *rendered_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    Rendered *self = (Rendered *)type->tp_alloc(type, 0);
    if (self != NULL)
        pthread_mutex_init(&self->turn, NULL);
    return (PyObject *)self;
}

static void rendered_dealloc(PyObject *object)
{
    pthread_mutex_destroy(&((Rendered *)object)->turn);
    plain_dealloc(object);
}

/* The first request starts a thread and waits for it without the interpreter lock; others wait as well. */
static int rendered_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Rendered *self = (Rendered *)object;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&self->turn);
    if (!self->done) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, render, self) == 0)
            pthread_join(thread, NULL);
        else
            render(self);
        self->done = 1;
    }
    pthread_mutex_unlock(&self->turn);
    Py_END_ALLOW_THREADS
    return PyBuffer_FillInfo(view, object, self->data, BLOCK_SIZE, 0, flags);
}

static PyType_Slot rendered_slots[] = {{Py_tp_new, rendered_new},
                                       {Py_tp_dealloc, rendered_dealloc},
                                       {Py_bf_getbuffer, rendered_getbuffer},
                                       {0, NULL}};

static PyType_Spec rendered = {"bufcheck_defects.Rendered", sizeof(Rendered), 0, HEAP_TYPE, rendered_slots};

/* --- a counter that runs by itself --- */

static atomic_uint ticks[4];

static void *tick(void *unused)
{
    struct timespec span = {0, 200000};
    (void)unused;
    for (;;) {
        atomic_fetch_add(&ticks[0], 1);
        atomic_fetch_sub(&ticks[3], 7);
        nanosleep(&span, NULL);
    }
    return NULL;
}

/* A thread outside of the interpreter writes this memory, from the first request to the end of the process. */
static int ticking(PyObject *object, Py_buffer *view, int flags)
{
    static int runs;
    static Py_ssize_t shape[1] = {4};
    static Py_ssize_t strides[1] = {sizeof ticks[0]};
    pthread_t thread;
    if (!runs && pthread_create(&thread, NULL, tick, NULL) == 0) {
        pthread_detach(thread);
        runs = 1;
    }
    if (PyBuffer_FillInfo(view, object, ticks, sizeof ticks, 1, flags) < 0)
        return -1;
    view->itemsize = sizeof ticks[0];
    view->format = view->format == NULL ? NULL : "I";
    view->shape = view->shape == NULL ? NULL : shape;
    view->strides = view->strides == NULL ? NULL : strides;
    return 0;
}

/* --- a ring that is mapped twice in a row --- */

typedef struct {
    PyObject_HEAD
    char *memory;
    Py_ssize_t size;
    Py_ssize_t head;
} Mirrored;

static void mirrored_dealloc(PyObject *object)
{
    Mirrored *self = (Mirrored *)object;
    if (self->memory != NULL)
        munmap(self->memory, (size_t)(2 * self->size));
    plain_dealloc(object);
}

/* Maps one page of a file at two places side by side; whether that worked. */
static int map_twice(Mirrored *self)
{
    FILE *file = tmpfile();
    if (file == NULL)
        return 0;
    size_t size = (size_t)self->size;
    char *memory = MAP_FAILED;
    if (ftruncate(fileno(file), self->size) == 0)
        memory = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    if (memory != MAP_FAILED) {
        self->memory = memory;
        int flags = MAP_SHARED | MAP_FIXED;
        if (mmap(memory + size, size, PROT_READ | PROT_WRITE, flags, fileno(file), 0) == MAP_FAILED)
            memory = MAP_FAILED;
    }
    fclose(file);
    return memory != MAP_FAILED;
}

static PyObject *mirrored_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    Mirrored *self = (Mirrored *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->size = sysconf(_SC_PAGESIZE);
    if (!map_twice(self)) {
        PyErr_SetFromErrno(PyExc_OSError);
        Py_DECREF(self);
        return NULL;
    }
    for (Py_ssize_t at = 0; at < self->size; at++)
        self->memory[at] = (char)at;
    return (PyObject *)self;
}

static PyObject *mirrored_advance(PyObject *object, PyObject *unused)
{
    Mirrored *self = (Mirrored *)object;
    (void)unused;
    self->head = (self->head + 64) % self->size;
    Py_RETURN_NONE;
}

static PyMethodDef mirrored_methods[] = {
    {"advance", mirrored_advance, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* From the head on the whole ring lies in one piece. The mapping never moves: there is nothing to release. */
static int mirrored_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Mirrored *self = (Mirrored *)object;
    return PyBuffer_FillInfo(view, object, self->memory + self->head, self->size, 0, flags);
}

static PyType_Slot mirrored_slots[] = {{Py_tp_new, mirrored_new},
                                       {Py_tp_dealloc, mirrored_dealloc},
                                       {Py_tp_methods, mirrored_methods},
                                       {Py_bf_getbuffer, mirrored_getbuffer},
                                       {0, NULL}};

static PyType_Spec mirrored = {"bufcheck_defects.Mirrored", sizeof(Mirrored), 0, HEAP_TYPE, mirrored_slots};

/* --- one memory, several formats --- */

static const struct {
    const char *format;
    Py_ssize_t itemsize;
} modes[] = {{"B", 1}, {"h", 2}, {"f", 4}};

/* The number of the mode stands in `thread`. */
static int moded_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    Py_ssize_t itemsize = modes[self->thread].itemsize;
    self->shape[0] = self->size / itemsize;
    self->strides[0] = itemsize;
    block_fill(object, view, flags);
    view->itemsize = itemsize;
    if (view->format != NULL)
        view->format = (char *)modes[self->thread].format;
    return 0;
}

static PyObject *moded_next(PyObject *object, PyObject *unused)
{
    (void)unused;
    if (BLOCK(object)->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views show the present mode");
        return NULL;
    }
    BLOCK(object)->thread = (BLOCK(object)->thread + 1) % (sizeof modes / sizeof modes[0]);
    Py_RETURN_NONE;
}

static PyMethodDef moded_methods[] = {
    {"next_mode", moded_next, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot moded[] = {{Py_tp_methods, moded_methods}, {0, NULL}};

/* --- getters that a macro writes --- */

#define VECTOR(name, item, text, ...)                                                                         \
    static int name(PyObject *self, Py_buffer *view, int flags)                                               \
    {                                                                                                         \
        static const item items[] = {__VA_ARGS__};                                                            \
        static Py_ssize_t shape[1] = {sizeof items / sizeof items[0]};                                        \
        static Py_ssize_t strides[1] = {sizeof items[0]};                                                     \
        if (PyBuffer_FillInfo(view, self, (void *)items, sizeof items, 1, flags) < 0)                         \
            return -1;                                                                                        \
        view->itemsize = sizeof items[0];                                                                     \
        view->format = view->format == NULL ? NULL : text;                                                    \
        view->shape = view->shape == NULL ? NULL : shape;                                                     \
        view->strides = view->strides == NULL ? NULL : strides;                                               \
        return 0;                                                                                             \
    }

typedef struct {
    float real, imaginary;
} Complex;

VECTOR(vector_of_complex, Complex, "Zf", {0.5f, 1}, {-1, 0})
VECTOR(vector_of_truth, _Bool, "?", 1, 0, 1)

int add_habits_life(PyObject *module)
{
    if (add_spec(module, &recycled) < 0)
        return -1;
    recycled_type = (PyTypeObject *)PyObject_GetAttrString(module, "Recycled");
    if (recycled_type == NULL)
        return -1;
    return add_spec(module, &sized) < 0 || PyModule_AddType(module, &called_type) < 0
        || add_spec(module, &owned) < 0 || add_spec(module, &part) < 0 || add_spec(module, &rendered) < 0
        || add_spec(module, &mirrored) < 0
        || add_type_with(module, "bufcheck_defects.OnDemand", on_demand, NULL, fixed) < 0
        || add_type_with(module, "bufcheck_defects.WhileViewed", while_viewed, release_while_viewed, fixed) < 0
        || add_type_with(module, "bufcheck_defects.Moving", block_getbuffer, release_and_move, fixed) < 0
        || add_type_with(module, "bufcheck_defects.Rom", rom, NULL, fixed) < 0
        || add_type_with(module, "bufcheck_defects.ByMemoryview", by_memoryview, NULL, fixed) < 0
        || add_type_with(module, "bufcheck_defects.Text", text, NULL, fixed) < 0
        || add_type_with(module, "bufcheck_defects.OfCapsule", capsule_getbuffer, NULL, capsule_slots) < 0
        || add_type_with(module, "bufcheck_defects.Moded", moded_getbuffer, block_releasebuffer, moded) < 0
        || add_type_with(module, "bufcheck_defects.Ticking", ticking, NULL, fixed) < 0
        || add_type_with(module, "bufcheck_defects.ComplexVector", vector_of_complex, NULL, fixed) < 0
        || add_type_with(module, "bufcheck_defects.TruthVector", vector_of_truth, NULL, fixed) < 0
        ? -1
        : 0;
}
