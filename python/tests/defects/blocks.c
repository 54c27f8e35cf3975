/* Exporters over memory of many kinds: pools, arenas, headers in front of the data, pages, static tables; and what
   leaves its block there, or writes beside it.

   Knows where memory comes from. The sound ones must stay inside what an allocator gave out, byte for byte; the others
   leave it by one fault each. Must never depend on luck: what is damaged is the first thing that the allocator looks
   at. */

#define _GNU_SOURCE
#include "sheet.h"

#include <stdlib.h>

/* An array over memory that somebody else frees. */
static Sheet *over(PyTypeObject *type, const Picture *picture, void *first)
{
    if (first == NULL)
        return (Sheet *)PyErr_NoMemory();
    Sheet *self = SHEET(sheet_bare(type, picture));
    if (self != NULL) {
        self->first = first;
        sheet_number(self);
    }
    return self;
}

#define NEW(function)                                                                                         \
    static PyObject *function##_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)                     \
    {                                                                                                         \
        (void)args, (void)kwargs;                                                                             \
        return (PyObject *)function(type);                                                                    \
    }

/* --- sound --- */

static const Picture row = {'C', "B", 1, 1, {64}, 0};
static const Picture grid = {'C', "i", sizeof(int), 2, {4, 5}, 0};

/* The third of many arrays in one block. */
static Sheet *in_a_pool(PyTypeObject *type)
{
    char *pool = calloc(16, 64);
    Sheet *self = over(type, &row, pool == NULL ? NULL : pool + 2 * 64);
    if (self != NULL)
        self->data = pool;
    return self;
}
NEW(in_a_pool)

/* The last array of a pool ends where the block ends. */
static Sheet *last_of_a_pool(PyTypeObject *type)
{
    char *pool = calloc(16, 64);
    Sheet *self = over(type, &row, pool == NULL ? NULL : pool + 15 * 64);
    if (self != NULL)
        self->data = pool;
    return self;
}
NEW(last_of_a_pool)

/* An arena that lives as long as the process; arrays are cut from it one after the other, and never given back. */
static Sheet *in_an_arena(PyTypeObject *type)
{
    static char *arena;
    static size_t used;
    if (arena == NULL)
        arena = calloc(1, 1 << 16);
    char *cut = arena == NULL ? NULL : arena + used;
    used = (used + 64) % (1 << 16);
    return over(type, &row, cut);
}
NEW(in_an_arena)

/* A vector with room for more. */
static Sheet *with_room(PyTypeObject *type)
{
    char *room = calloc(1, 1024);
    Sheet *self = over(type, &row, room);
    if (self != NULL)
        self->data = room;
    return self;
}
NEW(with_room)

/* A vector that was cut to its size: the block was longer once. */
static Sheet *cut_to_size(PyTypeObject *type)
{
    char *room = calloc(1, 4096);
    char *fitting = room == NULL ? NULL : realloc(room, 64);
    Sheet *self = over(type, &row, fitting);
    if (self != NULL)
        self->data = fitting;
    return self;
}
NEW(cut_to_size)

/* A count in front of the items, as `new T[n]` keeps it. */
static Sheet *behind_a_count(PyTypeObject *type)
{
    size_t *block = malloc(sizeof(size_t) + 64);
    Sheet *self = over(type, &row, block == NULL ? NULL : block + 1);
    if (self != NULL) {
        *block = 64;
        self->data = (char *)block;
    }
    return self;
}
NEW(behind_a_count)

/* A header of its own in front of the items, which looks like the size of a block of the C library. */
static Sheet *behind_a_header(PyTypeObject *type)
{
    size_t *block = malloc(2 * sizeof(size_t) + 64);
    Sheet *self = over(type, &row, block == NULL ? NULL : block + 2);
    if (self != NULL) {
        block[0] = 0;
        block[1] = 0x21;
        self->data = (char *)block;
    }
    return self;
}
NEW(behind_a_header)

/* Items at a multiple of 64. */
static Sheet *aligned(PyTypeObject *type)
{
    void *block = NULL;
    if (posix_memalign(&block, 64, 4 * 5 * sizeof(int)) != 0)
        block = NULL;
    Sheet *self = over(type, &grid, block);
    if (self != NULL)
        self->data = block;
    return self;
}
NEW(aligned)

/* Items at a multiple of 4096, found by hand in a block that is large enough. */
static Sheet *aligned_by_hand(PyTypeObject *type)
{
    char *block = malloc(4096 + sizeof(int) * 4 * 5);
    size_t place = ((size_t)block + 4095) & ~(size_t)4095;
    Sheet *self = over(type, &grid, block == NULL ? NULL : (char *)place);
    if (self != NULL)
        self->data = block;
    return self;
}
NEW(aligned_by_hand)

/* Pages of its own. */
static Sheet *on_pages(PyTypeObject *type)
{
    Sheet *self = SHEET(sheet_bare(type, &row));
    if (self != NULL && sheet_map(self, 4096) == 0)
        sheet_number(self);
    return self;
}
NEW(on_pages)

/* Pages whose first bytes are what stands in front of a large block of the C library. */
static Sheet *on_pages_with_a_header(PyTypeObject *type)
{
    Sheet *self = SHEET(sheet_bare(type, &row));
    if (self != NULL && sheet_map(self, 3 * 4096) == 0) {
        size_t head[] = {0, 4096 | 2};
        memcpy(self->pages, head, sizeof head);
        self->first = self->pages + 4096 - 32;
        sheet_number(self);
    }
    return self;
}
NEW(on_pages_with_a_header)

/* A table that is part of the module. */
static Sheet *in_the_module(PyTypeObject *type)
{
    static char table[64];
    return over(type, &row, table);
}
NEW(in_the_module)

/* A picture that lies upside down: the first row is the last in memory. */
static Sheet *rows_upwards(PyTypeObject *type)
{
    char *block = malloc(sizeof(int) * 4 * 5);
    Sheet *self = SHEET(block == NULL ? PyErr_NoMemory() : sheet_bare(type, &grid));
    if (self != NULL) {
        self->data = block;
        self->first = block + 3 * 5 * sizeof(int);
        self->strides[0] = -(Py_ssize_t)(5 * sizeof(int));
        sheet_number(self);
    }
    return self;
}
NEW(rows_upwards)

/* Rows with gaps between them; behind the last row there is none. */
static Sheet *rows_apart(PyTypeObject *type)
{
    char *block = malloc(3 * 64 + 5 * sizeof(int));
    Sheet *self = SHEET(block == NULL ? PyErr_NoMemory() : sheet_bare(type, &grid));
    if (self != NULL) {
        self->data = self->first = block;
        self->strides[0] = 64;
        sheet_number(self);
    }
    return self;
}
NEW(rows_apart)

/* A window into a large picture. */
static Sheet *window(PyTypeObject *type)
{
    char *block = malloc(512 * 1024);
    Sheet *self = SHEET(block == NULL ? PyErr_NoMemory() : sheet_bare(type, &grid));
    if (self != NULL) {
        self->data = block;
        self->first = block + 100 * 1024 + 40;
        self->strides[0] = 1024;
        sheet_number(self);
    }
    return self;
}
NEW(window)

/* Blocks of the interpreter's three families. */
static void dealloc_mem(PyObject *object)
{
    PyMem_Free(SHEET(object)->first);
    sheet_dealloc(object);
}

static void dealloc_raw(PyObject *object)
{
    PyMem_RawFree(SHEET(object)->first);
    sheet_dealloc(object);
}

static void dealloc_object(PyObject *object)
{
    PyObject_Free(SHEET(object)->first);
    sheet_dealloc(object);
}

static PyType_Slot of_mem[] = {{Py_tp_dealloc, (void *)dealloc_mem}, {0, NULL}};
static PyType_Slot of_raw[] = {{Py_tp_dealloc, (void *)dealloc_raw}, {0, NULL}};
static PyType_Slot of_object[] = {{Py_tp_dealloc, (void *)dealloc_object}, {0, NULL}};

static const Picture long_row = {'C', "B", 1, 1, {3000}, 0};

static Sheet *of_the_interpreter(PyTypeObject *type)
{
    return over(type, &row, PyMem_Malloc(64));
}
NEW(of_the_interpreter)

static Sheet *of_its_raw_family(PyTypeObject *type)
{
    return over(type, &row, PyMem_RawMalloc(64));
}
NEW(of_its_raw_family)

static Sheet *of_its_objects(PyTypeObject *type)
{
    return over(type, &long_row, PyObject_Malloc(3000));
}
NEW(of_its_objects)

/* The items are part of the object. */
static Sheet *in_the_object(PyTypeObject *type)
{
    Sheet *self = SHEET(sheet_bare(type, &row));
    if (self != NULL) {
        self->shape[0] = self->size = sizeof self->shape;
        self->first = (char *)self->shape;
        self->readonly = 1;
    }
    return self;
}
NEW(in_the_object)

/* --- behind the block, or before it --- */

/* A block of the interpreter is known to the byte: this one is a byte too short. */
static Sheet *one_byte_over(PyTypeObject *type)
{
    Sheet *self = over(type, &row, PyMem_Malloc(64));
    if (self != NULL)
        self->shape[0] = 65;
    return self;
}
NEW(one_byte_over)

/* The header in front of the items is counted among them. */
static Sheet *header_counted(PyTypeObject *type)
{
    char *block = malloc(24 + 64);
    Sheet *self = over(type, &row, block == NULL ? NULL : block + 24);
    if (self != NULL) {
        self->data = block;
        self->shape[0] = 24 + 64;
    }
    return self;
}
NEW(header_counted)

/* The last array of a pool is as long as the first of the next pool would be. */
static Sheet *beyond_the_pool(PyTypeObject *type)
{
    Sheet *self = last_of_a_pool(type);
    if (self != NULL)
        self->shape[0] = 128;
    return self;
}
NEW(beyond_the_pool)

/* What is part of the object is counted from its last member on. */
static Sheet *beyond_the_object(PyTypeObject *type)
{
    Sheet *self = in_the_object(type);
    if (self != NULL) {
        self->first = (char *)&self->extra;
        self->shape[0] = 64;
    }
    return self;
}
NEW(beyond_the_object)

/* Rows with gaps; the gap behind the last row, which nobody allocated, is counted. */
static Sheet *gap_counted(PyTypeObject *type)
{
    Sheet *self = rows_apart(type);
    if (self != NULL) {
        self->ndim = 1;
        self->itemsize = 1;
        self->format = "B";
        self->shape[0] = 4 * 64;
        self->strides[0] = 1;
    }
    return self;
}
NEW(gap_counted)

/* --- what is written beside a block --- */

/* Shape and strides of each view are copied to a block of the interpreter that is a number too short. */
static int arrays_too_short(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    if (result < 0 || view->shape == NULL)
        return result;
    Sheet *self = SHEET(object);
    Py_ssize_t *numbers = PyMem_Malloc((2 * (size_t)view->ndim - 1) * sizeof *numbers);
    for (int axis = 0; axis < view->ndim; axis++) {
        ((volatile Py_ssize_t *)numbers)[axis] = self->shape[axis];
        ((volatile Py_ssize_t *)numbers)[view->ndim + axis] = self->strides[axis];
    }
    view->shape = numbers;
    view->strides = view->strides == NULL ? NULL : numbers + view->ndim;
    view->internal = numbers;
    return result;
}

static void release_frees_numbers(PyObject *object, Py_buffer *view)
{
    PyMem_Free(view->internal);
    sheet_releasebuffer(object, view);
}

/* The format of each view is copied to a block that lacks room for the NUL. */
static int format_without_end(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && view->format != NULL) {
        static const char text[] = "T{B:red:B:green:B:blue:}";
        _Static_assert(sizeof text - 1 == 24, "the block ends where the next one begins");
        volatile char *copy = malloc(sizeof text - 1);
        for (size_t at = 0; copy != NULL && at < sizeof text; at++)
            copy[at] = text[at];
        view->internal = (char *)copy;
        view->format = (char *)copy;
    }
    return result;
}

static void release_frees_format(PyObject *object, Py_buffer *view)
{
    free(view->internal);
    sheet_releasebuffer(object, view);
}

static const Picture colours = {'C', "T{B:red:B:green:B:blue:}", 3, 1, {8}, 0};

static PyObject *colours_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    return sheet_made(type, &colours);
}

/* Where views are counted in front of the items nobody made room for the number. */
static int counts_before(PyObject *object, Py_buffer *view, int flags)
{
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0)
        ((volatile Py_ssize_t *)SHEET(object)->data)[-1] = SHEET(object)->exports;
    return result;
}

/* A word behind the numbers is set to what a reader may take for the end. */
static Sheet *ends_with_a_mark(PyTypeObject *type)
{
    static const Picture numbers = {'C', "i", sizeof(int), 1, {6}, 0};
    Sheet *self = SHEET(sheet_made(type, &numbers));
    if (self != NULL) {
        ((volatile int *)self->data)[6] = -1;
        ((volatile int *)self->data)[7] = -1;
    }
    return self;
}
NEW(ends_with_a_mark)

int add_blocks(PyObject *module)
{
#define TYPE(name, make, get, release, more)                                                                  \
    if (sheet_type(module, "bufcheck_defects." name, make, get, release, more) == NULL)                       \
        return -1;
#define SOUND(name, make, more) TYPE(name, make, sheet_getbuffer, sheet_releasebuffer, more)
    SOUND("InAPool", in_a_pool_new, NULL)
    SOUND("LastOfAPool", last_of_a_pool_new, NULL)
    SOUND("InAnArena", in_an_arena_new, NULL)
    SOUND("WithRoom", with_room_new, NULL)
    SOUND("CutToSize", cut_to_size_new, NULL)
    SOUND("BehindACount", behind_a_count_new, NULL)
    SOUND("BehindAHeader", behind_a_header_new, NULL)
    SOUND("Aligned", aligned_new, NULL)
    SOUND("AlignedByHand", aligned_by_hand_new, NULL)
    SOUND("OnPages", on_pages_new, NULL)
    SOUND("OnPagesWithAHeader", on_pages_with_a_header_new, NULL)
    SOUND("InTheModule", in_the_module_new, NULL)
    SOUND("RowsUpwards", rows_upwards_new, NULL)
    SOUND("RowsApart", rows_apart_new, NULL)
    SOUND("Window", window_new, NULL)
    SOUND("OfTheInterpreter", of_the_interpreter_new, of_mem)
    SOUND("OfItsRawFamily", of_its_raw_family_new, of_raw)
    SOUND("OfItsObjects", of_its_objects_new, of_object)
    SOUND("InTheObject", in_the_object_new, NULL)
    SOUND("OneByteOver", one_byte_over_new, of_mem)
    SOUND("HeaderCounted", header_counted_new, NULL)
    SOUND("BeyondThePool", beyond_the_pool_new, NULL)
    SOUND("BeyondTheObject", beyond_the_object_new, NULL)
    SOUND("GapCounted", gap_counted_new, NULL)
    TYPE("ArraysTooShort", colours_new, arrays_too_short, release_frees_numbers, NULL)
    TYPE("FormatWithoutEnd", colours_new, format_without_end, release_frees_format, NULL)
    TYPE("CountsBefore", colours_new, counts_before, sheet_releasebuffer, NULL)
    SOUND("EndsWithAMark", ends_with_a_mark_new, NULL)
#undef SOUND
#undef TYPE
    return 0;
}
