/* Exporters that leave something behind: output, another state of the process, damage on the heap, memory and
   references that are lost, or no process at all.

   Knows one fault a function. Must never depend on luck: heaps are damaged within what the allocator rounds up,
   so that only who looks for it sees it. */

#include "block.h"
#include "sheet.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

MADE(row_new, {'C', "B", 1, 1, {16}, 0})
MADE(constant_new, {'C', "B", 1, 1, {16}, 1})
MADE(grid_new, {'C', "i", sizeof(int), 2, {2, 3}, 0})
MADE(columns_new, {'F', "i", sizeof(int), 2, {2, 3}, 0})

/* --- output --- */

static int prints(PyObject *self, Py_buffer *view, int flags)
{
    printf("a view with flags %x\n", (unsigned int)flags);
    fflush(stdout);
    return sheet_getbuffer(self, view, flags);
}

/* Only what goes wrong is told, and to standard error. */
static int tells_refusals(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result < 0)
        fprintf(stderr, "no view with flags %x\n", (unsigned int)flags);
    return result;
}

static void release_prints(PyObject *self, Py_buffer *view)
{
    static const char text[] = "a view less\n";
    if (write(STDOUT_FILENO, text, sizeof text - 1) < 0)
        errno = 0;
    sheet_releasebuffer(self, view);
}

/* --- the state of the process --- */

/* Whether the object is asked for the first time: then it changes something, so that each object leaves another
   state than it found, whatever the others did. */
static int is_first(PyObject *self)
{
    if (SHEET(self)->extra != NULL)
        return 0;
    SHEET(self)->extra = malloc(1);
    return SHEET(self)->extra != NULL;
}

static int changes_directory(PyObject *self, Py_buffer *view, int flags)
{
    char here[2];
    if (is_first(self) && chdir(getcwd(here, sizeof here) != NULL ? "/usr" : "/") < 0)
        errno = 0;
    return sheet_getbuffer(self, view, flags);
}

static int changes_locale(PyObject *self, Py_buffer *view, int flags)
{
    if ((flags & PyBUF_FORMAT) && is_first(self))
        setlocale(LC_CTYPE, strcmp(setlocale(LC_CTYPE, NULL), "C") == 0 ? "C.UTF-8" : "C");
    return sheet_getbuffer(self, view, flags);
}

static int changes_handler(PyObject *self, Py_buffer *view, int flags)
{
    if (is_first(self) && signal(SIGUSR2, SIG_IGN) == SIG_IGN)
        signal(SIGUSR2, SIG_DFL);
    return sheet_getbuffer(self, view, flags);
}

static int changes_mask(PyObject *self, Py_buffer *view, int flags)
{
    if (is_first(self) && umask(077) == 077)
        umask(022);
    return sheet_getbuffer(self, view, flags);
}

/* Descriptors and threads that are left behind, at most: more would end the process. */
#define MOST_LEFT 64

/* A descriptor is left open for each object that was asked. */
static int leaves_open(PyObject *self, Py_buffer *view, int flags)
{
    static int left;
    if (is_first(self) && left < MOST_LEFT)
        left += open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0;
    return sheet_getbuffer(self, view, flags);
}

/* Standard input is closed; where it is closed already, something else takes its place. */
static int closes_input(PyObject *self, Py_buffer *view, int flags)
{
    if (is_first(self) && close(STDIN_FILENO) < 0)
        errno = open("/dev/null", O_RDONLY) < 0 ? errno : 0;
    return sheet_getbuffer(self, view, flags);
}

static void *waits(void *unused)
{
    (void)unused;
    for (;;)
        pause();
    return NULL;
}

/* Each object that is asked starts a thread that never ends. */
static int starts_thread(PyObject *self, Py_buffer *view, int flags)
{
    static int started;
    pthread_t thread;
    pthread_attr_t small;
    if (is_first(self) && started < MOST_LEFT && pthread_attr_init(&small) == 0) {
        pthread_attr_setstacksize(&small, 1 << 16);
        started += pthread_create(&thread, &small, waits, NULL) == 0;
        pthread_attr_destroy(&small);
    }
    return sheet_getbuffer(self, view, flags);
}

/* --- the heap --- */

/* 20 bytes are asked, and 24 are used; the allocator gives so many, and more, to whoever asks 20. */
#define ROOM 20

static PyObject *roomy(PyTypeObject *type, void *room)
{
    static const Picture picture = {'C', "B", 1, 1, {ROOM}, 0};
    Sheet *self = SHEET(sheet_bare(type, &picture));
    if (self == NULL)
        return NULL;
    self->first = room;
    memset(self->first, 'r', ROOM);
    return (PyObject *)self;
}

static PyObject *raw_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    return roomy(type, PyMem_RawMalloc(ROOM));
}

static void dealloc_raw(PyObject *self)
{
    PyMem_RawFree(SHEET(self)->first);
    sheet_dealloc(self);
}

static PyType_Slot of_raw[] = {{Py_tp_dealloc, (void *)dealloc_raw}, {0, NULL}};

static PyObject *pymem_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    return roomy(type, PyMem_Malloc(ROOM));
}

static void dealloc_pymem(PyObject *self)
{
    PyMem_Free(SHEET(self)->first);
    sheet_dealloc(self);
}

static PyType_Slot of_pymem[] = {{Py_tp_dealloc, (void *)dealloc_pymem}, {0, NULL}};

/* Four bytes behind the block are written at each view. */
static int writes_behind(PyObject *self, Py_buffer *view, int flags)
{
    volatile char *behind = SHEET(self)->first + ROOM;
    for (int at = 0; at < 4; at++)
        behind[at] = 0x5a;
    return sheet_getbuffer(self, view, flags);
}

/* A NUL is put behind the bytes when a view ends. */
static void release_ends_text(PyObject *self, Py_buffer *view)
{
    volatile char *behind = SHEET(self)->first + ROOM;
    *behind = 0;
    sheet_releasebuffer(self, view);
}

/* The block of each view is freed twice. */
static int block_of_view(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0)
        view->internal = calloc(1, 48);
    return result;
}

static void release_frees_twice(PyObject *self, Py_buffer *view)
{
    void *volatile block = view->internal;
    sheet_releasebuffer(self, view);
    free(block);
    free(block);
}

/* What is freed is not what was allocated, but eight bytes into it. */
static void release_frees_inside(PyObject *self, Py_buffer *view)
{
    volatile size_t into = 8;
    sheet_releasebuffer(self, view);
    free((char *)view->internal + into);
}

/* --- what is lost --- */

static void lose(size_t bytes)
{
    char *volatile block = malloc(bytes);
    if (block != NULL)
        memset(block, 0x5a, bytes);
}

static int loses_sixty_four(PyObject *self, Py_buffer *view, int flags)
{
    lose(64);
    return sheet_getbuffer(self, view, flags);
}

static int loses_when_refused(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result < 0)
        lose(64);
    return result;
}

static int loses_formats(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0 && view->format != NULL) {
        char *text = malloc(256);
        if (text != NULL)
            view->format = strcpy(text, SHEET(self)->format);
    }
    return result;
}

/* Arrays for Fortran order are made for each view and never freed. */
static int loses_columns(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0 && ASKS(flags, PyBUF_F_CONTIGUOUS)) {
        Py_ssize_t *numbers = malloc(512);
        if (numbers != NULL)
            view->strides = memcpy(numbers, SHEET(self)->strides, sizeof SHEET(self)->strides);
    }
    return result;
}

/* The arrays of the order that was asked last are kept; those of the order before are lost. */
static int loses_former_order(PyObject *self, Py_buffer *view, int flags)
{
    static char last;
    char order = flags & PyBUF_WRITABLE ? 'w' : 'r';
    int result = sheet_getbuffer(self, view, flags);
    if (order != last) {
        lose(2048);
        last = order;
    }
    return result;
}

/* Each view keeps a tuple that the object refers to, and its end does not give it back. */
static PyObject *pair_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = row_new(type, args, kwargs);
    if (self != NULL)
        SHEET(self)->other = Py_BuildValue("(dd)", 1.5, 2.5);
    return self;
}

static int keeps_pair(PyObject *self, Py_buffer *view, int flags)
{
    Py_XINCREF(SHEET(self)->other);
    return sheet_getbuffer(self, view, flags);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(SHEET(self)->other);
    return 0;
}

static int clear(PyObject *self)
{
    Py_CLEAR(SHEET(self)->other);
    return 0;
}

static PyType_Slot collected[] = {
    {Py_tp_traverse, (void *)traverse}, {Py_tp_clear, (void *)clear}, {0, NULL}};

/* --- methods --- */

/* The object keeps a view of itself, and the collector does not see the ring. */
static PyObject *get_view(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (SHEET(self)->other == NULL)
        SHEET(self)->other = PyMemoryView_FromObject(self);
    return Py_XNewRef(SHEET(self)->other);
}

/* A reference to the object is lost at each call. */
static PyObject *touch(PyObject *self, PyObject *unused)
{
    (void)unused;
    *SHEET(self)->first = 1;
    Py_INCREF(self);
    Py_RETURN_NONE;
}

/* A refusal to be changed costs a reference. */
static PyObject *refit(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (SHEET(self)->exports == 0)
        Py_RETURN_NONE;
    Py_INCREF(self);
    PyErr_SetString(PyExc_BufferError, "views are held");
    return NULL;
}

/* Each call loses 4 KiB. */
static PyObject *flush_rows(PyObject *self, PyObject *unused)
{
    (void)unused;
    (void)self;
    lose(4096);
    Py_RETURN_NONE;
}

static PyMethodDef losing_methods[] = {
    {"get_view", get_view, METH_NOARGS, NULL},
    {"touch", touch, METH_NOARGS, NULL},
    {"refit", refit, METH_NOARGS, NULL},
    {"flush", flush_rows, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot losing[] = {{Py_tp_methods, losing_methods}, {0, NULL}};

/* --- refusals of requests that make no sense --- */

static int makes_no_sense(int flags)
{
    int half = (flags & 0x1f0) != 0 && !ASKS(flags, PyBUF_STRIDES);
    return half || ((flags & PyBUF_FORMAT) && !(flags & PyBUF_ND));
}

static int senseless_keeps(PyObject *self, Py_buffer *view, int flags)
{
    if (makes_no_sense(flags)) {
        Py_INCREF(self);
        return sheet_refuse(view, "the request makes no sense");
    }
    return sheet_getbuffer(self, view, flags);
}

static int senseless_owned(PyObject *self, Py_buffer *view, int flags)
{
    if (makes_no_sense(flags)) {
        sheet_refuse(view, "the request makes no sense");
        view->obj = Py_NewRef(self);
        return -1;
    }
    return sheet_getbuffer(self, view, flags);
}

static int senseless_loses(PyObject *self, Py_buffer *view, int flags)
{
    if (makes_no_sense(flags)) {
        lose(256);
        return sheet_refuse(view, "the request makes no sense");
    }
    return sheet_getbuffer(self, view, flags);
}

static int senseless_silent(PyObject *self, Py_buffer *view, int flags)
{
    if (makes_no_sense(flags)) {
        view->obj = NULL;
        return -1;
    }
    return sheet_getbuffer(self, view, flags);
}

static int senseless_dies(PyObject *self, Py_buffer *view, int flags)
{
    if (makes_no_sense(flags) && ASKS(flags, PyBUF_WRITABLE))
        abort();
    return sheet_getbuffer(self, view, flags);
}

/* --- the end of the process --- */

/* Request number 1200 of a process ends it; a process that is asked less lives on. */
static int ends_at_twelve_hundred(PyObject *self, Py_buffer *view, int flags)
{
    static int asked;
    if (++asked == 1200)
        raise(SIGSEGV);
    return sheet_getbuffer(self, view, flags);
}

/* As long as one view is held its struct is remembered, and the end of another one is a surprise. */
static void release_of_second_ends(PyObject *self, Py_buffer *view)
{
    if (SHEET(self)->exports == 2)
        abort();
    sheet_releasebuffer(self, view);
}

/* The shape in the view is read where none was given. */
static int reads_own_shape(PyObject *self, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(self, view, flags);
    if (result == 0)
        view->len = *(volatile Py_ssize_t *)view->shape;
    return result;
}

/* --- return values --- */

/* The result of the inner function is its success: 1 or 0. */
static int result_of_inner(PyObject *self, Py_buffer *view, int flags)
{
    return sheet_getbuffer(self, view, flags) == 0;
}

/* The result is the number of views that were held before. */
static int result_is_count(PyObject *self, Py_buffer *view, int flags)
{
    int before = (int)SHEET(self)->exports;
    int result = sheet_getbuffer(self, view, flags);
    return result < 0 ? result : before;
}

int add_traces(PyObject *module)
{
#define TYPE(name, make, get, release, more)                                                                  \
    if (sheet_type(module, "bufcheck_defects." name, make, get, release, more) == NULL)                       \
        return -1;
    TYPE("Prints", row_new, prints, sheet_releasebuffer, NULL)
    TYPE("TellsRefusals", constant_new, tells_refusals, sheet_releasebuffer, NULL)
    TYPE("ReleasePrints", row_new, sheet_getbuffer, release_prints, NULL)
    TYPE("ChangesDirectory", row_new, changes_directory, sheet_releasebuffer, NULL)
    TYPE("ChangesLocale", row_new, changes_locale, sheet_releasebuffer, NULL)
    TYPE("ChangesHandler", row_new, changes_handler, sheet_releasebuffer, NULL)
    TYPE("ChangesMask", row_new, changes_mask, sheet_releasebuffer, NULL)
    TYPE("LeavesOpen", row_new, leaves_open, sheet_releasebuffer, NULL)
    TYPE("ClosesInput", row_new, closes_input, sheet_releasebuffer, NULL)
    TYPE("StartsThread", row_new, starts_thread, sheet_releasebuffer, NULL)
    TYPE("WritesBehind", raw_new, writes_behind, sheet_releasebuffer, of_raw)
    TYPE("WritesBehindOfPython", pymem_new, writes_behind, sheet_releasebuffer, of_pymem)
    TYPE("ReleaseEndsText", raw_new, sheet_getbuffer, release_ends_text, of_raw)
    TYPE("FreesTwice", row_new, block_of_view, release_frees_twice, NULL)
    TYPE("FreesInside", row_new, block_of_view, release_frees_inside, NULL)
    TYPE("LosesSixtyFour", row_new, loses_sixty_four, sheet_releasebuffer, NULL)
    TYPE("LosesWhenRefused", constant_new, loses_when_refused, sheet_releasebuffer, NULL)
    TYPE("LosesFormats", row_new, loses_formats, sheet_releasebuffer, NULL)
    TYPE("LosesColumns", columns_new, loses_columns, sheet_releasebuffer, NULL)
    TYPE("LosesFormerOrder", grid_new, loses_former_order, sheet_releasebuffer, NULL)
    TYPE("KeepsPair", pair_new, keeps_pair, sheet_releasebuffer, collected)
    TYPE("LosingMethods", row_new, sheet_getbuffer, sheet_releasebuffer, losing)
    TYPE("SenselessKeeps", row_new, senseless_keeps, sheet_releasebuffer, NULL)
    TYPE("SenselessOwned", row_new, senseless_owned, sheet_releasebuffer, NULL)
    TYPE("SenselessLoses", row_new, senseless_loses, sheet_releasebuffer, NULL)
    TYPE("SenselessSilent", row_new, senseless_silent, sheet_releasebuffer, NULL)
    TYPE("SenselessDies", row_new, senseless_dies, sheet_releasebuffer, NULL)
    TYPE("EndsAtTwelveHundred", row_new, ends_at_twelve_hundred, sheet_releasebuffer, NULL)
    TYPE("ReleaseOfSecondEnds", row_new, sheet_getbuffer, release_of_second_ends, NULL)
    TYPE("ReadsOwnShape", row_new, reads_own_shape, sheet_releasebuffer, NULL)
    TYPE("ResultOfInner", constant_new, result_of_inner, sheet_releasebuffer, NULL)
    TYPE("ResultIsCount", row_new, result_is_count, sheet_releasebuffer, NULL)
#undef TYPE
    return 0;
}
