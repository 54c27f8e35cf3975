//! The commonest slips of exporters in Zig, one class each. Do not copy this file: see image.zig and vector.zig.
//! Each class has the same 2 x 3 image of 16-bit numbers; what is wrong stands beside `[breaks: ...]`.

const std = @import("std");
const py = @import("py.zig");
const c = py.c;
const asks = py.asks;

const Pixels = extern struct {
    base: c.PyObject,
    items: [*]u16,
    shape: [2]isize,
    strides: [2]isize,
};

/// Right, but for what the others do to it: writable, C order.
fn honest(self: py.Object, view: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    const pixels: *Pixels = @ptrCast(self);
    if (asks(flags, c.PyBUF_F_CONTIGUOUS)) {
        view.*.obj = null;
        _ = py.raise(c.PyExc_BufferError, "the image is in C order");
        return -1;
    }
    c.Py_IncRef(self);
    view.* = .{
        .buf = pixels.items,
        .obj = self,
        .len = pixels.shape[0] * pixels.shape[1] * @sizeOf(u16),
        .itemsize = @sizeOf(u16),
        .readonly = 0,
        .ndim = 2,
        .format = if (asks(flags, c.PyBUF_FORMAT)) py.format("H") else null,
        .shape = if (asks(flags, c.PyBUF_ND)) &pixels.shape else null,
        .strides = if (asks(flags, c.PyBUF_STRIDES)) &pixels.strides else null,
        .suboffsets = null,
        .internal = null,
    };
    return 0;
}

/// Everything is filled in, whatever was asked: a helper that is never told the flags cannot do better.
/// [breaks: format.null-unless-requested] [breaks: shape.null-unless-nd] [breaks: strides.null-unless-strides]
/// [breaks: request.f-contiguous]
fn ignoresFlags(self: py.Object, view: [*c]c.Py_buffer, _: c_int) callconv(.c) c_int {
    return honest(self, view, c.PyBUF_FULL);
}

/// `&` alone, where a macro has several bits: STRIDES, of which ND is one, counts as asked when ND was.
/// [breaks: strides.null-unless-strides]
fn looksAtOneBit(self: py.Object, view: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    return honest(self, view, if (flags & c.PyBUF_STRIDES != 0) flags | c.PyBUF_STRIDES else flags);
}

/// A literal that is bound to a `var` lies on the stack, and is gone when the function returns.
fn stackArrays(self: py.Object, view: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    if (honest(self, view, flags) < 0) return -1;
    var shape = [2]isize{ 2, 3 };
    var kept: [*c]isize = &shape;
    std.mem.doNotOptimizeAway(&kept);
    if (asks(flags, c.PyBUF_ND)) view.*.shape = kept; // [breaks: memory.not-on-stack]
    return 0;
}

/// A struct of one's own that says `bool` where C says `int`: one byte of four is written.
fn shortReadonly(self: py.Object, view: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    const before = view.*.readonly;
    if (honest(self, view, flags) < 0) return -1;
    view.*.readonly = before;
    @as(*bool, @ptrCast(&view.*.readonly)).* = false; // [breaks: readonly.whole-int-written]
    return 0;
}

/// Read-only memory, granted to those who want to write.
fn forgetsWritable(self: py.Object, view: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    if (honest(self, view, flags) < 0) return -1;
    view.*.readonly = 1; // [breaks: request.writable-refused-when-readonly]
    return 0;
}

/// The `len` of a slice counts items, and so do strides that were worked out from it.
fn countsItems(self: py.Object, view: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    const static = struct {
        var strides = [2]isize{ 3, 1 };
    };
    if (honest(self, view, flags) < 0) return -1;
    view.*.len = 6; // [breaks: len.product-of-shape-times-itemsize]
    if (asks(flags, c.PyBUF_STRIDES)) view.*.strides = &static.strides; // [breaks: strides.bytes-not-elements]
    return 0;
}

/// `errdefer` is for errors of Zig: a `return -1` passes it by, and what was taken before is kept.
fn keepsOwner(self: py.Object, view: [*c]c.Py_buffer, flags: c_int) callconv(.c) c_int {
    c.Py_IncRef(self);
    errdefer c.Py_DecRef(self);
    if (honest(self, view, flags) < 0) return -1; // [breaks: refusal.no-export-counted]
    c.Py_DecRef(self);
    return 0;
}

/// Other memory, and nobody asks who holds the old. [breaks: export.locks-resize]
fn grow(self: py.Object, _: py.Object) callconv(.c) py.Object {
    const pixels: *Pixels = @ptrCast(self);
    const count: usize = @intCast(pixels.shape[0] * pixels.shape[1]);
    const items = std.heap.c_allocator.alloc(u16, 2 * count) catch return c.PyErr_NoMemory();
    std.heap.c_allocator.free(pixels.items[0..count]);
    @memset(items, 0);
    pixels.items = items.ptr;
    pixels.shape[0] *= 2;
    return py.none();
}

fn new(kind: ?*c.PyTypeObject, _: py.Object, _: py.Object) callconv(.c) py.Object {
    const items = std.heap.c_allocator.dupe(u16, &.{ 1, 2, 3, 4, 5, 6 }) catch return c.PyErr_NoMemory();
    const pixels: *Pixels = @ptrCast(c.PyType_GenericAlloc(kind, 0) orelse return null);
    pixels.items = items.ptr;
    pixels.shape = .{ 2, 3 };
    pixels.strides = .{ 6, 2 };
    return @ptrCast(pixels);
}

var methods = [_]c.PyMethodDef{ .{ .ml_name = "grow", .ml_meth = grow, .ml_flags = c.METH_NOARGS }, .{} };
var definition = std.mem.zeroInit(c.PyModuleDef, .{ .m_name = "bad" });

const Slip = struct { name: [:0]const u8, get: *const fn (py.Object, [*c]c.Py_buffer, c_int) callconv(.c) c_int };

export fn PyInit_bad() py.Object {
    const module = c.PyModule_Create2(&definition, c.PYTHON_ABI_VERSION) orelse return null;
    inline for ([_]Slip{
        .{ .name = "bad.IgnoresFlags", .get = &ignoresFlags },
        .{ .name = "bad.LooksAtOneBit", .get = &looksAtOneBit },
        .{ .name = "bad.StackArrays", .get = &stackArrays },
        .{ .name = "bad.ShortReadonly", .get = &shortReadonly },
        .{ .name = "bad.ForgetsWritable", .get = &forgetsWritable },
        .{ .name = "bad.CountsItems", .get = &countsItems },
        .{ .name = "bad.KeepsOwner", .get = &keepsOwner },
        .{ .name = "bad.Moves", .get = &honest },
    }) |slip| {
        var slots = [_]c.PyType_Slot{
            py.slot(c.Py_tp_new, &new),
            py.slot(c.Py_tp_methods, &methods),
            py.slot(c.Py_bf_getbuffer, slip.get),
            .{ .slot = 0, .pfunc = null },
        };
        if (!py.add(module, slip.name, @sizeOf(Pixels), &slots)) return null;
    }
    return module;
}
