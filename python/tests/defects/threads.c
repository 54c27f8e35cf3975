/* Exporters that let go of the interpreter lock in the wrong place, so that threads disturb each other.

   Knows one fault a function. No fault waits for luck: whoever comes first waits, without the lock, until a
   second thread has come as well. Must never touch memory that is not its own. */

#include "block.h"

#include <time.h>

/* Nobody waits longer than this for another thread, and in vain only once for each object. */
#define PATIENCE_MS 1000
#define GLANCE_US 50

/* What the threads that use one object know of each other. Behind the lock, but for `steps`. */
typedef struct {
    unsigned long maker;
    int visits;
    int alone;
    volatile unsigned long steps;
} Meeting;

static Meeting *meeting(PyObject *object)
{
    return BLOCK(object)->extra;
}

static PyObject *made_here(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *object = block_new(type, args, kwargs);
    Meeting *own = object == NULL ? NULL : calloc(1, sizeof(Meeting));
    if (own == NULL) {
        Py_XDECREF(object);
        return PyErr_NoMemory();
    }
    own->maker = PyThread_get_thread_ident();
    BLOCK(object)->extra = own;
    return object;
}

/* Whether this is another thread than the one that made the object: only there is it worth while to wait. */
static int is_foreign(PyObject *object)
{
    return meeting(object)->maker != PyThread_get_thread_ident();
}

/* What a long computation or a read from a disk would do. */
static void elsewhere(long microseconds)
{
    struct timespec span = {0, microseconds * 1000};
    Py_BEGIN_ALLOW_THREADS
    nanosleep(&span, NULL);
    Py_END_ALLOW_THREADS
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A visit to a place where one thread should be at a time. The first visitor from abroad stays until a second
   one has come. Whether somebody else came while the visit lasted. */
static int visited_meanwhile(PyObject *object)
{
    Meeting *own = meeting(object);
    if (!is_foreign(object))
        return 0;
    int visit = ++own->visits;
    long until = milliseconds() + PATIENCE_MS;
    while (visit == 1 && own->visits == 1 && milliseconds() < until)
        elsewhere(GLANCE_US);
    int met = own->visits != visit;
    if (visit == 1 && !met)
        own->visits++;
    return met;
}

/* The lock is let go between reading and writing the count: a release is lost if another one came between. */
static void release_count_lost(PyObject *object, Py_buffer *view)
{
    if (!visited_meanwhile(object))
        block_releasebuffer(object, view);
}

/* While one thread is served, another one gets an error that has nothing to do with its request. */
static int busy(PyObject *object, Py_buffer *view, int flags)
{
    if (meeting(object)->visits == 1 && is_foreign(object)) {
        meeting(object)->visits++;
        view->obj = NULL;
        PyErr_SetString(PyExc_RuntimeError, "busy");
        return -1;
    }
    (void)visited_meanwhile(object);
    return block_fill(object, view, flags);
}

/* Two releases at once: the first one complains. */
static void release_busy(PyObject *object, Py_buffer *view)
{
    int twice = visited_meanwhile(object);
    block_releasebuffer(object, view);
    if (twice)
        PyErr_SetString(PyExc_RuntimeError, "released twice");
}

/* The block is decoded anew for a request of another thread, into fewer items, whoever looks at it. */
static int made_anew(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (is_foreign(object)) {
        memset(self->data, 0xdd, BLOCK_SIZE);
        self->size = self->shape[0] = BLOCK_SIZE / 2;
    }
    return block_fill(object, view, flags);
}

/* Gives the bytes and their number up and makes them again, over and over, without the lock: no state is like
   the one before, so that whoever looks twice sees two. */
static void stir(PyObject *object)
{
    Block *self = BLOCK(object);
    volatile char *data = self->data;
    volatile Py_ssize_t *shape = self->shape;
    volatile unsigned long *steps = &meeting(object)->steps;
    long until = milliseconds() + 20;
    Py_BEGIN_ALLOW_THREADS
    while (milliseconds() < until) {
        for (Py_ssize_t at = 0; at < self->size; at++)
            data[at] = (char)0xdd;
        *shape = (Py_ssize_t)(++*steps % 1000);
    }
    for (Py_ssize_t at = 0; at < self->size; at++)
        data[at] = (char)(at + 1);
    *shape = self->size;
    Py_END_ALLOW_THREADS
}

/* A sound request that takes its time: another thread's is served when the block is about to be stirred again,
   so that nobody who asks meanwhile looks at a block at rest. */
static int slow(PyObject *object, Py_buffer *view, int flags)
{
    Meeting *own = meeting(object);
    if (is_foreign(object) && !own->alone) {
        unsigned long steps = own->steps;
        long until = milliseconds() + PATIENCE_MS;
        while (own->steps == steps && !own->alone && milliseconds() < until)
            elsewhere(GLANCE_US);
        own->alone = own->steps == steps;
    }
    return block_fill(object, view, flags);
}

/* The test for views is made, the lock let go, and the block wiped. */
static PyObject *wipe(PyObject *object, PyObject *unused)
{
    (void)unused;
    if (BLOCK(object)->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    stir(object);
    Py_RETURN_NONE;
}

static PyMethodDef wiped_methods[] = {
    {"wipe", wipe, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot wiped[] = {{Py_tp_new, made_here}, {Py_tp_methods, wiped_methods}, {0, NULL}};

/* The bytes go away for a moment whoever looks at them. */
static PyObject *shuffle(PyObject *object, PyObject *unused)
{
    (void)unused;
    stir(object);
    Py_RETURN_NONE;
}

static PyMethodDef shuffled_methods[] = {
    {"shuffle", shuffle, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot shuffled[] = {{Py_tp_new, made_here}, {Py_tp_methods, shuffled_methods}, {0, NULL}};

static PyType_Slot shared[] = {{Py_tp_new, made_here}, {0, NULL}};

int add_threads(PyObject *module)
{
    return add_type_with(module, "bufcheck_defects.CountLost", block_getbuffer, release_count_lost, shared) < 0
        || add_type_with(module, "bufcheck_defects.Busy", busy, block_releasebuffer, shared) < 0
        || add_type_with(module, "bufcheck_defects.ReleaseBusy", block_getbuffer, release_busy, shared) < 0
        || add_type_with(module, "bufcheck_defects.MadeAnew", made_anew, block_releasebuffer, shared) < 0
        || add_type_with(module, "bufcheck_defects.Wiped", slow, block_releasebuffer, wiped) < 0
        || add_type_with(module, "bufcheck_defects.Shuffled", slow, block_releasebuffer, shuffled) < 0
        ? -1
        : 0;
}
