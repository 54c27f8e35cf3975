//! A growable vector of doubles in Zig.
//!
//! `std.ArrayList` moves its memory when it grows. So views are counted, and while one is held nothing may
//! move, shrink or free the memory. In a free-threaded build take a lock as well; this module does not declare
//! that it can do without the interpreter lock, so that lock is switched on again for it.

const std = @import("std");
const py = @import("py.zig");
const c = py.c;
const asks = py.asks;
const allocator = std.heap.c_allocator;

const Vector = extern struct {
    base: c.PyObject,
    items: *std.ArrayList(f64), // an extern struct, which Python's objects are, cannot hold it itself
    shape: [1]isize, // of every view: it stays put while one is held
    strides: [1]isize,
    exports: isize, // [rule: export.lock-held-until-last-release] A number, not a flag.
};

fn getbuffer(self: py.Object, out: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    const vector: *Vector = @ptrCast(self);
    const items = vector.items.items;
    const view: *c.Py_buffer = out;
    // [rule: buf.not-null-unless-empty] The pointer of an empty list is no address at all.
    view.buf = if (items.len > 0) items.ptr else &vector.strides;
    view.len = @intCast(items.len * @sizeOf(f64)); // a slice knows its items, `len` wants bytes
    view.itemsize = @sizeOf(f64);
    view.readonly = 0;
    view.ndim = 1;
    view.format = if (asks(flags, c.PyBUF_FORMAT)) py.format("d") else null; // [rule: format.null-unless-requested]
    view.shape = if (asks(flags, c.PyBUF_ND)) &vector.shape else null; // [rule: shape.null-unless-nd]
    view.strides = if (asks(flags, c.PyBUF_STRIDES)) &vector.strides else null;
    view.suboffsets = null;
    view.internal = null;
    c.Py_IncRef(self);
    view.obj = self;
    vector.exports += 1; // [rule: export.counted] Last, when nothing can fail any more.
    return 0;
}

// [rule: release.slot-needed-if-memory-can-move] [rule: release.no-decref-of-obj] Nothing else.
fn releasebuffer(self: py.Object, _: [*c]c.Py_buffer) callconv(.c) void {
    const vector: *Vector = @ptrCast(self);
    vector.exports -= 1;
}

/// [rule: export.locks-resize] The first question of whatever moves, shrinks or frees the memory.
fn locked(vector: *Vector) bool {
    if (vector.exports == 0) return false;
    _ = py.raise(c.PyExc_BufferError, "a view of the vector is held"); // [rule: export.lock-error-is-buffererror]
    return true;
}

fn number(object: py.Object) ?f64 {
    const value = c.PyFloat_AsDouble(object);
    return if (value == -1.0 and c.PyErr_Occurred() != null) null else value;
}

fn append(self: py.Object, argument: py.Object) callconv(.c) py.Object {
    const vector: *Vector = @ptrCast(self);
    const item = number(argument) orelse return null;
    // [rule: export.reentrancy] Asked behind `number`, which may run Python code that takes a view.
    // [rule: export.lock-before-mutation] Asked also when there is room: views share `shape`.
    if (locked(vector)) return null;
    vector.items.append(allocator, item) catch return c.PyErr_NoMemory();
    vector.shape[0] = @intCast(vector.items.items.len);
    return py.none();
}

fn clear(self: py.Object, _: py.Object) callconv(.c) py.Object {
    const vector: *Vector = @ptrCast(self);
    if (locked(vector)) return null;
    vector.items.clearAndFree(allocator);
    vector.shape[0] = 0;
    return py.none();
}

// [rule: export.in-place-writes-allowed] Changing items in place needs no lock.
fn scale(self: py.Object, argument: py.Object) callconv(.c) py.Object {
    const vector: *Vector = @ptrCast(self);
    const factor = number(argument) orelse return null;
    for (vector.items.items) |*item| item.* *= factor;
    return py.none();
}

// [rule: export.reinit-locked] All is made here, so a second __init__ moves nothing.
fn new(kind: ?*c.PyTypeObject, args: py.Object, _: py.Object) callconv(.c) py.Object {
    var count: isize = undefined;
    if (c.PyArg_ParseTuple(args, "n", &count) == 0) return null;
    if (count < 0 or count > std.math.maxInt(isize) / @sizeOf(f64))
        return py.raise(c.PyExc_ValueError, "no vector has so many items");
    const items = allocator.create(std.ArrayList(f64)) catch return c.PyErr_NoMemory();
    items.* = std.ArrayList(f64).initCapacity(allocator, @intCast(count)) catch {
        allocator.destroy(items);
        return c.PyErr_NoMemory();
    };
    const vector: *Vector = @ptrCast(c.PyType_GenericAlloc(kind, 0) orelse {
        items.deinit(allocator);
        allocator.destroy(items);
        return null;
    });
    for (0..@intCast(count)) |index| items.appendAssumeCapacity(@floatFromInt(index));
    vector.items = items;
    vector.shape = .{count};
    vector.strides = .{@sizeOf(f64)}; // [rule: strides.bytes-not-elements]
    return @ptrCast(vector);
}

/// Every view holds a reference: nobody holds one when this runs.
fn dealloc(self: py.Object) callconv(.c) void {
    const vector: *Vector = @ptrCast(self);
    vector.items.deinit(allocator);
    allocator.destroy(vector.items);
    py.free(self);
}

var methods = [_]c.PyMethodDef{
    .{ .ml_name = "append", .ml_meth = append, .ml_flags = c.METH_O },
    .{ .ml_name = "clear", .ml_meth = clear, .ml_flags = c.METH_NOARGS },
    .{ .ml_name = "scale", .ml_meth = scale, .ml_flags = c.METH_O },
    .{},
};

var slots = [_]c.PyType_Slot{
    py.slot(c.Py_tp_new, &new),
    py.slot(c.Py_tp_dealloc, &dealloc),
    py.slot(c.Py_tp_methods, &methods),
    py.slot(c.Py_bf_getbuffer, &getbuffer),
    py.slot(c.Py_bf_releasebuffer, &releasebuffer),
    .{ .slot = 0, .pfunc = null },
};

export fn PyInit_vector() py.Object {
    return py.moduleOf("vector.Vector", @sizeOf(Vector), &slots);
}
