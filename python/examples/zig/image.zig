//! A fixed image of 32-bit floats in Zig, and views of it: read-only, or of every n-th row and column.
//! `getbuffer` refuses what the memory cannot give, and describes only what was asked. The memory never
//! moves, so nothing is counted and there is no bf_releasebuffer. If yours can move or shrink: vector.zig.

const std = @import("std");
const py = @import("py.zig");
const c = py.c;
const asks = py.asks;

const Image = extern struct {
    base: c.PyObject,
    parent: py.Object, // whose memory it is, or null: our own
    first: [*]f32, // the item with index 0 on every axis, wherever in the block that lies
    readonly: c_int,
    shape: [2]isize,
    strides: [2]isize, // bytes, not items
};

fn getbuffer(self: py.Object, out: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    const image: *Image = @ptrCast(self);
    const view: *c.Py_buffer = out; // [rule: view.all-fields-assigned] It holds rubbish: write every field.
    view.buf = image.first;
    // [rule: len.logical-not-physical] The bytes of the items, not the distance they span, nor how many they are.
    view.len = image.shape[0] * image.shape[1] * @sizeOf(f32);
    view.itemsize = @sizeOf(f32);
    view.readonly = image.readonly;
    view.ndim = 2;
    view.format = py.format("f");
    // [rule: memory.not-on-stack] Consumers keep these pointers: the arrays lie in the object, not in a `var` here.
    view.shape = &image.shape;
    view.strides = &image.strides;
    view.suboffsets = null;
    view.internal = null;

    const rows = c.PyBuffer_IsContiguous(view, 'C') != 0;
    const columns = c.PyBuffer_IsContiguous(view, 'F') != 0;
    const unmet: ?[*:0]const u8 =
        // [rule: request.writable-refused-when-readonly]
        if (asks(flags, c.PyBUF_WRITABLE) and image.readonly != 0)
            "the image is read-only"
            // [rule: request.no-strides-means-c-contiguous] Who does not ask strides reads row by row.
        else if (!asks(flags, c.PyBUF_STRIDES) and !rows)
            "the image has gaps: ask for strides"
        else if (asks(flags, c.PyBUF_C_CONTIGUOUS) and !rows) // [rule: request.c-contiguous]
            "the image is not C-contiguous"
        else if (asks(flags, c.PyBUF_F_CONTIGUOUS) and !columns) // [rule: request.f-contiguous]
            "the image is not Fortran-contiguous"
        else if (asks(flags, c.PyBUF_ANY_CONTIGUOUS) and !rows and !columns) // [rule: request.any-contiguous]
            "the image is not contiguous"
        else
            null;
    if (unmet) |message| {
        view.obj = null; // [rule: refusal.obj-not-owned] No reference was taken, none is left.
        _ = py.raise(c.PyExc_BufferError, message); // [rule: refusal.raises-buffererror]
        return -1;
    }

    if (!asks(flags, c.PyBUF_FORMAT)) view.format = null; // [rule: format.null-unless-requested]
    if (!asks(flags, c.PyBUF_ND)) view.shape = null; // [rule: shape.null-unless-nd]
    if (!asks(flags, c.PyBUF_STRIDES)) view.strides = null; // [rule: strides.null-unless-strides]
    c.Py_IncRef(self);
    view.obj = self; // [rule: obj.new-reference] PyBuffer_Release drops it, not we.
    return 0;
}

fn allocate(kind: ?*c.PyTypeObject) ?*Image {
    return @ptrCast(c.PyType_GenericAlloc(kind, 0));
}

/// A view of the parent's memory. [rule: lifetime.view-outlives-names] It holds the parent.
fn viewOf(parent: *Image, readonly: bool) ?*Image {
    const kind = c.PyObject_Type(@ptrCast(parent));
    defer c.Py_DecRef(kind);
    const image = allocate(@ptrCast(kind)) orelse return null;
    c.Py_IncRef(@ptrCast(parent));
    image.parent = @ptrCast(parent);
    image.first = parent.first;
    image.readonly = @intFromBool(readonly or parent.readonly != 0); // [rule: memory.writable-when-not-readonly]
    image.shape = parent.shape;
    image.strides = parent.strides;
    return image;
}

fn frozen(self: py.Object, _: py.Object) callconv(.c) py.Object {
    return @ptrCast(viewOf(@ptrCast(self), true));
}

/// every(rows, columns): every so many rows and columns; negative steps begin at the end.
fn every(self: py.Object, args: py.Object) callconv(.c) py.Object {
    var steps: [2]isize = undefined;
    if (c.PyArg_ParseTuple(args, "nn", &steps[0], &steps[1]) == 0) return null;
    if (steps[0] == 0 or steps[1] == 0) return py.raise(c.PyExc_ValueError, "a step is not 0");
    const image = viewOf(@ptrCast(self), false) orelse return null;
    for (&image.shape, &image.strides, steps) |*extent, *stride, wanted| {
        // [rule: memory.verify-structure] A step beyond the extent ends at the first item.
        const step = std.math.clamp(wanted, -extent.*, extent.*);
        if (step < 0) { // [rule: buf.points-to-first-element]
            const moved = @divExact((extent.* - 1) * stride.*, @sizeOf(f32));
            image.first = if (moved < 0) image.first - @abs(moved) else image.first + @abs(moved);
        }
        extent.* = @divFloor(extent.* - 1, @as(isize, @intCast(@abs(step)))) + 1;
        stride.* *= step;
    }
    return @ptrCast(image);
}

fn new(kind: ?*c.PyTypeObject, args: py.Object, _: py.Object) callconv(.c) py.Object {
    var extents: [2]isize = undefined;
    if (c.PyArg_ParseTuple(args, "nn", &extents[0], &extents[1]) == 0) return null;
    // [rule: len.non-negative] The product of the extents must fit.
    const rows = std.math.mul(isize, extents[0], extents[1]) catch 0;
    if (extents[0] < 1 or extents[1] < 1 or rows < 1 or rows > std.math.maxInt(isize) / @sizeOf(f32))
        return py.raise(c.PyExc_ValueError, "an image has at least one row and one column");
    const items = std.heap.c_allocator.alloc(f32, @intCast(rows)) catch return c.PyErr_NoMemory();
    const image = allocate(kind) orelse {
        std.heap.c_allocator.free(items);
        return null;
    };
    for (items, 0..) |*item, index| item.* = @floatFromInt(index);
    image.first = items.ptr;
    image.shape = extents;
    image.strides = .{ extents[1] * @sizeOf(f32), @sizeOf(f32) }; // [rule: strides.bytes-not-elements]
    return @ptrCast(image);
}

fn dealloc(self: py.Object) callconv(.c) void {
    const image: *Image = @ptrCast(self);
    if (image.parent == null)
        std.heap.c_allocator.free(image.first[0..@intCast(image.shape[0] * image.shape[1])]);
    c.Py_DecRef(image.parent);
    py.free(self);
}

var methods = [_]c.PyMethodDef{
    .{ .ml_name = "frozen", .ml_meth = frozen, .ml_flags = c.METH_NOARGS },
    .{ .ml_name = "every", .ml_meth = every, .ml_flags = c.METH_VARARGS },
    .{},
};

var slots = [_]c.PyType_Slot{
    py.slot(c.Py_tp_new, &new),
    py.slot(c.Py_tp_dealloc, &dealloc),
    py.slot(c.Py_tp_methods, &methods),
    py.slot(c.Py_bf_getbuffer, &getbuffer),
    .{ .slot = 0, .pfunc = null },
};

export fn PyInit_image() py.Object {
    return py.moduleOf("image.Image", @sizeOf(Image), &slots);
}
