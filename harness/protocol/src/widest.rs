//! The requests that show most of a memory, widest first.
//!
//! Knows one order. Must never know what was granted.

/// Flags words from which the layout of a memory is read, widest first. Read-only ones come first: they are granted
/// by every exporter that has this kind of view at all.
pub const WIDEST: [i32; 14] = [
    0x11c, 0x11d, 0x118, 0x119, 0x1c, 0x1d, 0x18, 0x19, 0x3c, 0x5c, 0x38, 0x58, 0xc, 0x8,
];

/// The same for memory that is to be written: every word holds `WRITABLE`.
pub const WIDEST_WRITABLE: [i32; 8] = [0x11d, 0x119, 0x1d, 0x19, 0x3d, 0x5d, 0x9, 0x1];
