//! A consumer in Zig: the sum of the numbers of any buffer, whatever its layout.

const std = @import("std");
const py = @import("py.zig");
const c = py.c;

const Kind = enum { signed, unsigned, float };

/// What kind of number a format stands for, or null if it is none that we read.
/// [rule: consumer.l-q-equivalence] The letter gives the kind, `itemsize` the size: `l` and `q` may be the same.
fn kindOf(view: *const c.Py_buffer) ?Kind {
    const given: []const u8 = if (view.format) |text| std.mem.span(text) else "B"; // [rule: format.null-means-B]
    var text = std.mem.trim(u8, given, &std.ascii.whitespace); // [rule: format.whitespace-ignored]
    const size = view.itemsize;
    if (text.len == 2) {
        // [rule: consumer.byteorder-equivalence] Other marks are not read: their bytes are swapped.
        const little = @import("builtin").cpu.arch.endian() == .little;
        const own = if (size == 1) "@=<>!" else if (little) "@=<" else "@=>!";
        if (std.mem.indexOfScalar(u8, own, text[0]) == null) return null;
        text = text[1..];
    }
    if (text.len != 1) return null; // a record, or more than one item: not ours
    const integer = size == 2 or size == 4 or size == 8;
    return switch (text[0]) {
        'b' => if (size == 1) .signed else null,
        'B', '?' => if (size == 1) .unsigned else null,
        'h', 'i', 'l', 'q', 'n' => if (integer) .signed else null,
        'H', 'I', 'L', 'Q', 'N' => if (integer) .unsigned else null,
        'f' => if (size == 4) .float else null,
        'd' => if (size == 8) .float else null,
        else => null,
    };
}

/// Items need not be aligned, so they are read through `align(1)`: a plain `@alignCast` would stop the program.
fn read(comptime T: type, item: [*]const u8) f64 {
    const value = @as(*align(1) const T, @ptrCast(item)).*;
    return if (@typeInfo(T) == .float) value else @floatFromInt(value);
}

fn readItem(item: [*]const u8, kind: Kind, size: isize) f64 {
    return switch (kind) {
        .signed => switch (size) {
            1 => read(i8, item),
            2 => read(i16, item),
            4 => read(i32, item),
            else => read(i64, item),
        },
        .unsigned => switch (size) {
            1 => read(u8, item),
            2 => read(u16, item),
            4 => read(u32, item),
            else => read(u64, item),
        },
        .float => if (size == 4) read(f32, item) else read(f64, item),
    };
}

/// A signed step: pointers of Zig take unsigned ones.
fn step(item: [*]const u8, bytes: isize) [*]const u8 {
    return if (bytes < 0) item - @abs(bytes) else item + @abs(bytes);
}

/// The sum of the items from `axis` on, of which `first` is the first.
fn sumAxis(view: *const c.Py_buffer, axis: usize, first: [*]const u8, kind: Kind) f64 {
    // [rule: scalar.consumer-handles-ndim0] At once, for a scalar: no shape is looked at.
    if (axis == view.ndim) return readItem(first, kind, view.itemsize);
    var sum: f64 = 0.0;
    var item = first;
    // [rule: consumer.bounds-by-shape] [rule: strides.consumer-handles-nonpositive] Signed steps from `buf` on.
    for (0..@intCast(view.shape[axis])) |index| {
        if (index > 0) item = step(item, view.strides[axis]);
        var next = item;
        // [rule: suboffsets.added-after-dereference] [rule: suboffsets.zero-is-dereference]
        if (view.suboffsets != null and view.suboffsets[axis] >= 0)
            next = step(@as(*align(1) const [*]const u8, @ptrCast(item)).*, view.suboffsets[axis]);
        sum += sumAxis(view, axis + 1, next, kind);
    }
    return sum;
}

/// The fast path: memory without gaps, read as a slice where it is aligned.
fn sumFlat(view: *const c.Py_buffer, kind: Kind) f64 {
    const bytes = @as([*]const u8, @ptrCast(view.buf))[0..@intCast(view.len)]; // [rule: consumer.bounds-by-len]
    var sum: f64 = 0.0;
    if (kind == .float and view.itemsize == 8 and std.mem.isAligned(@intFromPtr(bytes.ptr), @alignOf(f64))) {
        const numbers: []const f64 = @alignCast(std.mem.bytesAsSlice(f64, bytes));
        for (numbers) |value| sum += value;
        return sum;
    }
    var at: usize = 0;
    while (at < bytes.len) : (at += @intCast(view.itemsize)) sum += readItem(bytes[at..].ptr, kind, view.itemsize);
    return sum;
}

fn total(_: py.Object, exporter: py.Object) callconv(.c) py.Object {
    var view = std.mem.zeroes(c.Py_buffer); // [rule: consumer.zero-init-view]
    // [rule: consumer.ask-only-what-handled] Any layout with its format, not WRITABLE: we only read.
    // [rule: consumer.error-not-swallowed-silently] The exporter's own exception goes to the caller.
    // [rule: refusal.view-not-released] What was not granted is not released: `defer` stands behind this line.
    if (c.PyObject_GetBuffer(exporter, &view, c.PyBUF_FULL_RO) < 0) return null;
    defer c.PyBuffer_Release(&view); // [rule: release.on-every-path] [rule: release.exactly-once]
    // [rule: consumer.format-checked-before-typed-access]
    const kind = kindOf(&view) orelse return py.raise(c.PyExc_ValueError, "no number: an item of another format");
    if (view.len == 0) return c.PyFloat_FromDouble(0.0); // [rule: empty.no-dereference] Nor is any pointer followed.
    // [rule: contig.check-before-flat-access] The order of the items makes no difference to a sum; where it does,
    // ask for 'C'.
    const flat = c.PyBuffer_IsContiguous(&view, 'A') != 0;
    return c.PyFloat_FromDouble(if (flat) sumFlat(&view, kind) else sumAxis(&view, 0, @ptrCast(view.buf), kind));
}

var methods = [_]c.PyMethodDef{
    .{ .ml_name = "total", .ml_meth = total, .ml_flags = c.METH_O, .ml_doc = "The sum of the numbers of a buffer." },
    .{},
};

var definition = std.mem.zeroInit(c.PyModuleDef, .{ .m_name = "total", .m_size = 0, .m_methods = &methods });

export fn PyInit_total() py.Object {
    return c.PyModule_Create2(&definition, c.PYTHON_ABI_VERSION);
}
