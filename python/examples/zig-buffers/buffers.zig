//! An exporter and a consumer of buffers, written with Ziggy Pydust as its manual teaches: what its users
//! get without any effort of their own. Knows nothing of bufcheck.

const py = @import("pydust");

/// `length` times the same 64-bit integer; its buffer is read-only.
pub const ConstantBuffer = py.class(struct {
    pub const __doc__ = "ConstantBuffer(elem, length): one integer, many times.";

    const Self = @This();

    values: []i64,
    shape: []isize,

    pub fn __init__(self: *Self, args: struct { elem: i64, length: u32 }) !void {
        const values = try py.allocator.alloc(i64, args.length);
        errdefer py.allocator.free(values);
        @memset(values, args.elem);

        const shape = try py.allocator.alloc(isize, 1);
        shape[0] = @intCast(args.length);

        self.values = values;
        self.shape = shape;
    }

    pub fn __del__(self: *Self) void {
        py.allocator.free(self.values);
        py.allocator.free(self.shape);
    }

    pub fn __buffer__(self: *const Self, view: *py.PyBuffer, flags: c_int) !void {
        if (flags & py.PyBuffer.Flags.WRITABLE != 0) {
            return py.BufferError.raise("the values of a ConstantBuffer cannot be changed");
        }
        view.initFromSlice(i64, self.values, self.shape, self);
    }
});

/// The sum of a contiguous buffer that is taken for 64-bit integers, whatever it holds.
pub fn sum(args: struct { buf: py.PyObject }) !i64 {
    const view = try args.buf.getBuffer(py.PyBuffer.Flags.ND);
    defer view.release();

    var total: i64 = 0;
    for (view.asSlice(i64)) |value| total += value;
    return total;
}

comptime {
    py.rootmodule(@This());
}
