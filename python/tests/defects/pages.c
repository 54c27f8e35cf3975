/* Exporters whose memory is not mapped, not writable, or not there any more, in part or on an occasion.

   Knows one fault a function. Must never touch what it takes away: whoever reads with care sees the fault and
   lives. */

#include "block.h"
#include "sheet.h"

#include <sys/mman.h>
#include <unistd.h>

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes of format `B` over that many pages of their own, all of them 'm'. */
static Sheet *on_pages(PyTypeObject *type, size_t pages, int readonly)
{
    Picture row = {'C', "B", 1, 1, {(Py_ssize_t)(pages * page())}, readonly};
    Sheet *self = SHEET(sheet_bare(type, &row));
    if (self == NULL)
        return NULL;
    if (sheet_map(self, pages * page()) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    memset(self->first, 'm', self->mapped);
    return self;
}

#define PAGED(function, pages, readonly, ...)                                                                 \
    static PyObject *function(PyTypeObject *type, PyObject *args, PyObject *kwargs)                           \
    {                                                                                                         \
        (void)args, (void)kwargs;                                                                             \
        Sheet *self = on_pages(type, pages, readonly);                                                        \
        if (self != NULL) {                                                                                   \
            __VA_ARGS__                                                                                       \
        }                                                                                                     \
        return (PyObject *)self;                                                                              \
    }

/* 256 pages are claimed, of which the first is there. */
PAGED(beyond_mapping, 256, 1, mprotect(self->pages + page(), 255 * page(), PROT_NONE);)

/* Three pages, the middle one away. */
PAGED(hole_in_middle, 3, 1, mprotect(self->pages + page(), page(), PROT_NONE);)

/* The last byte of the view lies on a page that is away. */
PAGED(last_byte_away, 17, 1, mprotect(self->pages + 16 * page(), page(), PROT_NONE);
      self->shape[0] = (Py_ssize_t)(16 * page() + 1);)

/* The last of 16 pages is away. */
PAGED(last_page_away, 16, 1, mprotect(self->pages + 15 * page(), page(), PROT_NONE);)

/* The first page is away, and the items run backwards: it comes last. */
PAGED(first_page_away, 4, 1, mprotect(self->pages, page(), PROT_NONE);
      self->first = self->pages + 4 * page() - 1; self->strides[0] = -1;)

/* Rows of half a page, two to a page; the last two are away. */
PAGED(last_rows_away, 4, 1, mprotect(self->pages + 3 * page(), page(), PROT_NONE); self->ndim = 2;
      self->shape[0] = 8; self->shape[1] = self->strides[0] = (Py_ssize_t)page() / 2; self->strides[1] = 1;)

/* Every other page of a picture is away; the rows that are left out lie there, but one of them is shown. */
PAGED(row_away, 8, 1, mprotect(self->pages + 6 * page(), page(), PROT_NONE); self->ndim = 2; self->shape[0] = 4;
      self->shape[1] = (Py_ssize_t)page(); self->strides[0] = 2 * (Py_ssize_t)page(); self->strides[1] = 1;)

/* Writable, but for the page in the middle. */
PAGED(middle_readonly, 3, 0, mprotect(self->pages + page(), page(), PROT_READ);)

/* Writable, but for the last page. */
PAGED(end_readonly, 3, 0, mprotect(self->pages + 2 * page(), page(), PROT_READ);)

/* Writable, but for the first page, and the items run backwards. */
PAGED(start_readonly, 3, 0, mprotect(self->pages, page(), PROT_READ); self->first = self->pages + 3 * page() - 1;
      self->strides[0] = -1;)

/* Three pages, and three more to go over to. */
PAGED(whole, 6, 0, self->shape[0] = (Py_ssize_t)(3 * page());)

/* --- sound ones that look like these --- */

/* The rows of a picture lie on every other page, and nothing lies between them. */
PAGED(rows_over_gaps, 7, 0, mprotect(self->pages + page(), page(), PROT_NONE);
      mprotect(self->pages + 3 * page(), page(), PROT_NONE); mprotect(self->pages + 5 * page(), page(), PROT_NONE);
      self->ndim = 2; self->shape[0] = 4; self->shape[1] = (Py_ssize_t)page();
      self->strides[0] = 2 * (Py_ssize_t)page(); self->strides[1] = 1;)

/* The same upside down, of short rows that end a few bytes into their page. */
PAGED(rows_over_gaps_backwards, 7, 1, mprotect(self->pages + page(), page(), PROT_NONE);
      mprotect(self->pages + 3 * page(), page(), PROT_NONE); mprotect(self->pages + 5 * page(), page(), PROT_NONE);
      self->first = self->pages + 6 * page(); self->ndim = 2; self->shape[0] = 4; self->shape[1] = 40;
      self->strides[0] = -2 * (Py_ssize_t)page(); self->strides[1] = 1;)

/* Items that are further apart than a page is long, and nothing but they is there. */
PAGED(items_over_gaps, 11, 1, mprotect(self->pages + page(), 4 * page(), PROT_NONE);
      mprotect(self->pages + 6 * page(), 4 * page(), PROT_NONE); self->shape[0] = 3;
      self->strides[0] = 5 * (Py_ssize_t)page();)

/* Writable rows, and what lies between them is not. */
PAGED(readonly_gaps, 5, 0, mprotect(self->pages + page(), page(), PROT_READ);
      mprotect(self->pages + 3 * page(), page(), PROT_READ); self->ndim = 2; self->shape[0] = 3;
      self->shape[1] = (Py_ssize_t)page(); self->strides[0] = 2 * (Py_ssize_t)page(); self->strides[1] = 1;)

/* Right behind the last byte nothing is there. */
PAGED(up_to_the_edge, 4, 0, mprotect(self->pages + 3 * page(), page(), PROT_NONE);
      self->shape[0] = 3 * (Py_ssize_t)page();)

/* 64 MiB of which nobody has used a page yet. */
static PyObject *sparse(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "B", 1, 1, {64 << 20}, 0};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_bare(type, &picture));
    if (self != NULL && sheet_map(self, 64 << 20) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

/* A constant table of the program, given away for writing where its format is asked. */
static const double constants[6] = {1, 2, 3, 4, 5, 6};

static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const Picture picture = {'C', "d", sizeof(double), 2, {2, 3}, 1};
    (void)args, (void)kwargs;
    Sheet *self = SHEET(sheet_bare(type, &picture));
    if (self != NULL)
        self->first = (char *)(uintptr_t)constants;
    return (PyObject *)self;
}

static int writable_with_format(PyObject *object, Py_buffer *view, int flags)
{
    SHEET(object)->readonly = !(flags & PyBUF_FORMAT);
    return sheet_getbuffer(object, view, flags);
}

/* The strides lie on a page that nobody may read where contiguous memory is asked; the shape is where it should
   be. */
static int strides_unreadable(PyObject *object, Py_buffer *view, int flags)
{
    static char *away;
    if (away == NULL)
        away = mmap(NULL, page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && (ASKS(flags, PyBUF_C_CONTIGUOUS) || ASKS(flags, PyBUF_ANY_CONTIGUOUS)))
        view->strides = (Py_ssize_t *)(void *)away;
    return result;
}

MADE(grid_new, {'C', "i", sizeof(int), 2, {2, 3}, 0})

/* --- on an occasion --- */

/* The pages are given back before the request has returned. */
static int taken_away_at_once(PyObject *object, Py_buffer *view, int flags)
{
    Sheet *self = SHEET(object);
    int result = sheet_getbuffer(object, view, flags);
    if (result == 0 && ASKS(flags, PyBUF_FORMAT))
        mprotect(self->pages, self->mapped, PROT_NONE);
    else
        mprotect(self->pages, self->mapped, PROT_READ | PROT_WRITE);
    return result;
}

/* Closing gives the pages back under the views. */
static PyObject *close_pages(PyObject *object, PyObject *unused)
{
    (void)unused;
    mprotect(SHEET(object)->first, 3 * page(), PROT_NONE);
    Py_RETURN_NONE;
}

/* The last page is given back under the views. */
static PyObject *shrink(PyObject *object, PyObject *unused)
{
    (void)unused;
    mprotect(SHEET(object)->first + 2 * page(), page(), PROT_NONE);
    Py_RETURN_NONE;
}

/* Goes over to the other half of the pages and takes the first one away; the contents are the same. */
static void turn(Sheet *self)
{
    char *old = self->first;
    self->first = old == self->pages ? self->pages + 3 * page() : self->pages;
    mprotect(self->first, 3 * page(), PROT_READ | PROT_WRITE);
    mprotect(old, 3 * page(), PROT_NONE);
}

/* The pages move to another address, and the views are not told. */
static PyObject *move(PyObject *object, PyObject *unused)
{
    (void)unused;
    turn(SHEET(object));
    Py_RETURN_NONE;
}

#define ONE_METHOD(slots, method, function)                                                                   \
    static PyMethodDef slots##_methods[] = {{method, function, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};    \
    static PyType_Slot slots[] = {{Py_tp_methods, slots##_methods}, {0, NULL}};

ONE_METHOD(closable, "close", close_pages)
ONE_METHOD(shrinkable, "shrink", shrink)
ONE_METHOD(movable, "move", move)

/* The first release takes the pages away, whoever still looks at them; the next request brings them back. */
static int brought_back(PyObject *object, Py_buffer *view, int flags)
{
    Sheet *self = SHEET(object);
    mprotect(self->pages, self->mapped, PROT_READ | PROT_WRITE);
    return sheet_getbuffer(object, view, flags);
}

static void release_takes_away(PyObject *object, Py_buffer *view)
{
    sheet_releasebuffer(object, view);
    mprotect(SHEET(object)->pages, SHEET(object)->mapped, PROT_NONE);
}

/* Every request moves to other pages, and the ones before are taken away. */
static int pages_of_the_latest(PyObject *object, Py_buffer *view, int flags)
{
    turn(SHEET(object));
    return sheet_getbuffer(object, view, flags);
}

int add_pages(PyObject *module)
{
#define TYPE(name, make, get, release, more)                                                                  \
    if (sheet_type(module, "bufcheck_defects." name, make, get, release, more) == NULL)                       \
        return -1;
    TYPE("BeyondMapping", beyond_mapping, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("HoleInMiddle", hole_in_middle, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("LastByteAway", last_byte_away, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("LastPageAway", last_page_away, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("FirstPageAway", first_page_away, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("LastRowsAway", last_rows_away, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("RowAway", row_away, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("MiddleReadonly", middle_readonly, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("EndReadonly", end_readonly, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("StartReadonly", start_readonly, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("RowsOverGaps", rows_over_gaps, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("RowsOverGapsBackwards", rows_over_gaps_backwards, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("ItemsOverGaps", items_over_gaps, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("ReadonlyGaps", readonly_gaps, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("UpToTheEdge", up_to_the_edge, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("Sparse", sparse, sheet_getbuffer, sheet_releasebuffer, NULL)
    TYPE("ConstantTable", table_new, writable_with_format, sheet_releasebuffer, NULL)
    TYPE("StridesUnreadable", grid_new, strides_unreadable, sheet_releasebuffer, NULL)
    TYPE("TakenAwayAtOnce", whole, taken_away_at_once, sheet_releasebuffer, NULL)
    TYPE("Closable", whole, sheet_getbuffer, sheet_releasebuffer, closable)
    TYPE("Shrinkable", whole, sheet_getbuffer, sheet_releasebuffer, shrinkable)
    TYPE("Movable", whole, sheet_getbuffer, sheet_releasebuffer, movable)
    TYPE("ReleaseTakesAway", whole, brought_back, release_takes_away, NULL)
    TYPE("PagesOfTheLatest", whole, pages_of_the_latest, sheet_releasebuffer, NULL)
#undef TYPE
    return 0;
}
