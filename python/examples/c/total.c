/* A consumer in C: the sum of the numbers of any buffer, whatever its layout. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define BLANKS " \t\n\r\f\v"

/* What kind of number a format stands for: 'i' signed, 'u' unsigned, 'f' floating, 0 none that we read.
 * [rule: consumer.l-q-equivalence] The letter gives the kind, `itemsize` the size: `l` and `q` may be the same. */
static char kind_of(const Py_buffer *view)
{
    const char *format = view->format;
    Py_ssize_t size = view->itemsize;
    if (format == NULL) /* [rule: format.null-means-B] */
        format = "B";
    format += strspn(format, BLANKS); /* [rule: format.whitespace-ignored] */
    if (format[0] == (PY_LITTLE_ENDIAN ? '<' : '>') || format[0] == '=' || format[0] == '@')
        format++; /* [rule: consumer.byteorder-equivalence] Other marks are not read: their bytes are swapped. */
    else if ((format[0] == '>' || format[0] == '<' || format[0] == '!') && size == 1)
        format++;
    if (format[0] == '\0' || format[1 + strspn(format + 1, BLANKS)] != '\0')
        return 0; /* a record, or more than one item: not ours */
    if (strchr("hilqn", format[0]) && (size == 2 || size == 4 || size == 8))
        return 'i';
    if (strchr("HILQN", format[0]) && (size == 2 || size == 4 || size == 8))
        return 'u';
    if (strchr("bB?", format[0]) && size == 1)
        return format[0] == 'b' ? 'i' : 'u';
    if ((format[0] == 'f' && size == sizeof(float)) || (format[0] == 'd' && size == sizeof(double)))
        return 'f';
    return 0;
}

/* Items need not be aligned, so they are copied out, never read through a cast pointer. */

static double read_item(const char *item, char kind, Py_ssize_t size)
{
    union {
        int8_t i1; int16_t i2; int32_t i4; int64_t i8;
        uint8_t u1; uint16_t u2; uint32_t u4; uint64_t u8;
        float f4; double f8;
    } of;
    memcpy(&of, item, size);
    switch (kind) {
    case 'i':
        return size == 1 ? of.i1 : size == 2 ? of.i2 : size == 4 ? of.i4 : (double)of.i8;
    case 'u':
        return size == 1 ? of.u1 : size == 2 ? of.u2 : size == 4 ? of.u4 : (double)of.u8;
    default:
        return size == sizeof(float) ? of.f4 : of.f8;
    }
}

/* The sum of the items from `axis` on, of which `item` is the first. */
static double sum_axis(const Py_buffer *view, int axis, const char *item, char kind)
{
    if (axis == view->ndim) /* [rule: scalar.consumer-handles-ndim0] At once, for a scalar: no shape is looked at. */
        return read_item(item, kind, view->itemsize);
    double sum = 0.0;
    /* [rule: consumer.bounds-by-shape] [rule: strides.consumer-handles-nonpositive] Signed steps from `buf` on. */
    for (Py_ssize_t index = 0; index < view->shape[axis]; index++) {
        const char *next = item + index * view->strides[axis];
        /* [rule: suboffsets.added-after-dereference] [rule: suboffsets.zero-is-dereference] */
        if (view->suboffsets != NULL && view->suboffsets[axis] >= 0)
            next = *(char *const *)next + view->suboffsets[axis];
        sum += sum_axis(view, axis + 1, next, kind);
    }
    return sum;
}

static PyObject *total(PyObject *Py_UNUSED(module), PyObject *exporter)
{
    Py_buffer view = {0}; /* [rule: consumer.zero-init-view] */
    double sum = 0.0;
    /* [rule: consumer.ask-only-what-handled] Any layout with its format, not WRITABLE: we only read.
     * [rule: consumer.error-not-swallowed-silently] The exporter's own exception goes to the caller.
     * [rule: refusal.view-not-released] What was not granted is not released. */
    if (PyObject_GetBuffer(exporter, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    char kind = kind_of(&view); /* [rule: consumer.format-checked-before-typed-access] */
    if (kind == 0) {
        PyErr_Format(PyExc_ValueError, "no number: format %s of %zd bytes", view.format, view.itemsize);
        PyBuffer_Release(&view); /* [rule: release.on-every-path] */
        return NULL;
    }
    if (view.len == 0) { /* [rule: empty.no-dereference] Nor is any pointer followed. */
    } else if (PyBuffer_IsContiguous(&view, 'A')) {
        /* [rule: contig.check-before-flat-access] [rule: consumer.bounds-by-len] The fast path. The order of the
         * items makes no difference to a sum; where it does, ask for 'C'. */
        const char *item = view.buf, *end = item + view.len;
        if (kind == 'f' && view.itemsize == sizeof(double) && (uintptr_t)item % _Alignof(double) == 0) {
            for (const double *number = view.buf; number < (const double *)end; number++)
                sum += *number;
        } else {
            for (; item < end; item += view.itemsize)
                sum += read_item(item, kind, view.itemsize);
        }
    } else {
        sum = sum_axis(&view, 0, view.buf, kind);
    }
    PyBuffer_Release(&view); /* [rule: release.exactly-once] Behind the last use of the memory. */
    return PyFloat_FromDouble(sum);
}

static PyMethodDef methods[] = {{"total", total, METH_O, "The sum of the numbers of a buffer."}, {NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "total", NULL, 0, methods};

PyMODINIT_FUNC PyInit_total(void)
{
    return PyModule_Create(&module);
}
