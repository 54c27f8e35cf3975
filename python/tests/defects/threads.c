/* Exporters that let go of the interpreter lock in the wrong place, so that threads disturb each other.

   Knows one fault a function, each of which shows wherever two threads meet for some milliseconds. Must
   never touch memory that is not its own. */

#include "block.h"

#include <time.h>

/* What a long computation or a read from a disk would do. */
static void elsewhere(long microseconds)
{
    struct timespec span = {0, microseconds * 1000};
    Py_BEGIN_ALLOW_THREADS
    nanosleep(&span, NULL);
    Py_END_ALLOW_THREADS
}

/* Gives the bytes and their number up and makes them again, over and over, without the lock: each state
   lasts some microseconds, so that whoever looks twice sees both. */
static void flicker(Block *self, int turns)
{
    volatile char *data = self->data;
    volatile Py_ssize_t *shape = self->shape;
    volatile int spin;
    Py_BEGIN_ALLOW_THREADS
    for (int turn = 0; turn < turns; turn++) {
        for (Py_ssize_t at = 0; at < self->size; at++)
            data[at] = (char)0xdd;
        *shape = 0;
        for (spin = 0; spin < 3000; spin++)
            ;
        for (Py_ssize_t at = 0; at < self->size; at++)
            data[at] = (char)(at + 1);
        *shape = self->size;
        for (spin = 0; spin < 3000; spin++)
            ;
    }
    Py_END_ALLOW_THREADS
}

/* The count is read, the lock let go, and the count written unless somebody was faster: that release is
   lost. */
static void release_count_lost(PyObject *object, Py_buffer *view)
{
    (void)view;
    Block *self = BLOCK(object);
    Py_ssize_t count = self->exports;
    elsewhere(200);
    if (self->exports == count)
        self->exports = count - 1;
}

/* While one thread is served, another one gets an error that has nothing to do with its request. */
static int busy(PyObject *object, Py_buffer *view, int flags)
{
    Block *self = BLOCK(object);
    if (self->thread != 0) {
        view->obj = NULL;
        PyErr_SetString(PyExc_RuntimeError, "busy");
        return -1;
    }
    self->thread = 1;
    elsewhere(200);
    self->thread = 0;
    return block_fill(object, view, flags);
}

/* Two releases at once: the second one complains. */
static void release_busy(PyObject *object, Py_buffer *view)
{
    Block *self = BLOCK(object);
    int twice = self->thread != 0;
    self->thread = 1;
    elsewhere(200);
    self->thread = 0;
    block_releasebuffer(object, view);
    if (twice)
        PyErr_SetString(PyExc_RuntimeError, "released twice");
}

/* Whether this is another thread than the first that asked: only there is it worth while to be slow. */
static int is_foreign(Block *self)
{
    if (self->thread == 0)
        self->thread = PyThread_get_thread_ident();
    return self->thread != PyThread_get_thread_ident();
}

/* The block is decoded anew for a request, while others look at it; every other time there is nothing in
   it for the time being. */
static int made_anew(PyObject *object, Py_buffer *view, int flags)
{
    static int turn = 0;
    Block *self = BLOCK(object);
    if (is_foreign(self)) {
        flicker(self, 100);
        turn = !turn;
        self->shape[0] = turn ? 0 : self->size;
    }
    return block_fill(object, view, flags);
}

/* A sound request, which takes its time, so that now and then nobody holds a view. */
static int slow(PyObject *object, Py_buffer *view, int flags)
{
    if (is_foreign(BLOCK(object)))
        elsewhere(2000);
    return block_fill(object, view, flags);
}

/* The test for views is made, the lock let go, and the block wiped. */
static PyObject *wipe(PyObject *object, PyObject *unused)
{
    (void)unused;
    Block *self = BLOCK(object);
    if (self->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "views are held");
        return NULL;
    }
    elsewhere(100);
    flicker(self, 1000);
    Py_RETURN_NONE;
}

static PyMethodDef wiped_methods[] = {
    {"wipe", wipe, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot wiped[] = {{Py_tp_methods, wiped_methods}, {0, NULL}};

/* The bytes go away for a moment whoever looks at them. */
static PyObject *shuffle(PyObject *object, PyObject *unused)
{
    (void)unused;
    flicker(BLOCK(object), 1000);
    Py_RETURN_NONE;
}

static PyMethodDef shuffled_methods[] = {
    {"shuffle", shuffle, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot shuffled[] = {{Py_tp_methods, shuffled_methods}, {0, NULL}};

int add_threads(PyObject *module)
{
    return add_type(module, "bufcheck_defects.CountLost", block_getbuffer, release_count_lost) < 0
        || add_type(module, "bufcheck_defects.Busy", busy, block_releasebuffer) < 0
        || add_type(module, "bufcheck_defects.ReleaseBusy", block_getbuffer, release_busy) < 0
        || add_type(module, "bufcheck_defects.MadeAnew", made_anew, block_releasebuffer) < 0
        || add_type_with(module, "bufcheck_defects.Wiped", slow, block_releasebuffer, wiped) < 0
        || add_type_with(module, "bufcheck_defects.Shuffled", slow, block_releasebuffer, shuffled) < 0
        ? -1
        : 0;
}
