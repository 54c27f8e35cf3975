//! What the modules of this folder share: Python's C API in its stable form, and the making of types.
//! Zig reads the headers themselves, so no field of `Py_buffer` is declared by hand (and none can be wrong:
//! `readonly` is a C int of four bytes, which a `bool` in a struct of your own would not be).

pub const c = @cImport({
    @cDefine("PY_SSIZE_T_CLEAN", {});
    @cDefine("Py_LIMITED_API", "0x030B0000"); // 3.11: the first stable API with Py_buffer in it
    @cInclude("Python.h");
});

pub const Object = ?*c.PyObject;

/// Whether a request has all bits of a macro: most macros are more than one.
pub fn asks(flags: c_int, macro: c_int) bool {
    return flags & macro == macro;
}

/// A format as `Py_buffer` wants it; a literal lives as long as the module.
pub fn format(comptime text: [:0]const u8) [*c]u8 {
    return @constCast(text.ptr);
}

pub fn slot(number: c_int, function: anytype) c.PyType_Slot {
    return .{ .slot = number, .pfunc = @ptrCast(@constCast(function)) };
}

/// Raise an exception and hand the null on.
pub fn raise(kind: Object, message: [*:0]const u8) Object {
    c.PyErr_SetString(kind, message);
    return null;
}

pub fn none() Object {
    return c.Py_BuildValue("");
}

/// Give an object back that was made by `PyType_GenericAlloc`: its type is held by it, too.
pub fn free(self: Object) void {
    const kind = c.PyObject_Type(self);
    c.PyObject_Free(self);
    c.Py_DecRef(kind);
    c.Py_DecRef(kind); // what PyObject_Type gave us
}

/// A type made from `slots`, added to a module under the last part of its name.
pub fn add(module: Object, comptime path: [:0]const u8, size: usize, slots: []c.PyType_Slot) bool {
    var spec = c.PyType_Spec{
        .name = path.ptr,
        .basicsize = @intCast(size),
        .itemsize = 0,
        .flags = c.Py_TPFLAGS_DEFAULT,
        .slots = slots.ptr,
    };
    const kind = c.PyType_FromSpec(&spec);
    if (kind == null) return false;
    defer c.Py_DecRef(kind);
    const dot = comptime for (path, 0..) |letter, at| {
        if (letter == '.') break at;
    } else unreachable;
    return c.PyModule_AddObjectRef(module, path[dot + 1 ..].ptr, kind) == 0;
}

/// A module of one type, or null with an exception. It is called once a module: what it describes lives on.
pub fn moduleOf(comptime path: [:0]const u8, size: usize, slots: []c.PyType_Slot) Object {
    const static = struct {
        // All else is null, as PyModuleDef_HEAD_INIT leaves it in C.
        var definition = @import("std").mem.zeroInit(c.PyModuleDef, .{ .m_name = "buffers" });
    };
    const module = c.PyModule_Create2(&static.definition, c.PYTHON_ABI_VERSION);
    if (module == null or add(module, path, size, slots)) return module;
    c.Py_DecRef(module);
    return null;
}
