//! The table of format codes.
//!
//! Knows every code: its letters, what kind of value it holds and how wide that is. Must never know
//! prefixes' scope, counts or nesting.
//!
//! Sources: `library/struct#format-characters`; PEP 3118, "Additions to the struct string-syntax".

use super::platform::Platform;

/// A byte-order mark: order of bytes, native or standard sizes, with or without alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// `@`, and where nothing is written: native order, sizes and alignment.
    #[default]
    Native,
    /// `^`: native order and sizes, no alignment.
    Unaligned,
    /// `=`: native order, standard sizes, no alignment.
    Standard,
    /// `<`: little-endian, standard sizes, no alignment.
    Little,
    /// `>`: big-endian, standard sizes, no alignment.
    Big,
    /// `!`: network order, the same as `>`.
    Network,
}

impl Order {
    /// The order that a character stands for.
    pub fn from_mark(mark: u8) -> Option<Order> {
        match mark {
            b'@' => Some(Order::Native),
            b'^' => Some(Order::Unaligned),
            b'=' => Some(Order::Standard),
            b'<' => Some(Order::Little),
            b'>' => Some(Order::Big),
            b'!' => Some(Order::Network),
            _ => None,
        }
    }

    /// The character for this order.
    pub const fn mark(self) -> char {
        match self {
            Order::Native => '@',
            Order::Unaligned => '^',
            Order::Standard => '=',
            Order::Little => '<',
            Order::Big => '>',
            Order::Network => '!',
        }
    }

    /// Whether sizes are those of the C compiler.
    pub const fn native_sizes(self) -> bool {
        matches!(self, Order::Native | Order::Unaligned)
    }

    /// Whether the most significant byte comes first.
    pub(super) const fn big_endian(self, platform: Platform) -> bool {
        match self {
            Order::Native | Order::Unaligned | Order::Standard => !platform.little_endian,
            Order::Little => false,
            Order::Big | Order::Network => true,
        }
    }
}

/// What a code's bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Pad,
    Char,
    Bool,
    Signed,
    Unsigned,
    Float,
    LongDouble,
    Complex,
    ComplexLong,
    Bytes,
    Pascal,
    Ucs2,
    Ucs4,
    Pointer,
    Object,
    Bits,
}

impl Kind {
    /// Whether a count before the code is a length of one value and not a repetition.
    pub(super) const fn counts_length(self) -> bool {
        matches!(
            self,
            Kind::Pad | Kind::Bytes | Kind::Pascal | Kind::Ucs2 | Kind::Ucs4 | Kind::Bits
        )
    }
}

/// How wide one element (a component, for complex numbers) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// The same everywhere, aligned to itself.
    Fixed(u64),
    /// Eight bytes, aligned as the platform aligns `double`.
    Eight,
    /// `long`: 4 bytes in standard sizes.
    Long,
    /// A pointer: no standard size.
    Word,
    /// `long double`: no standard size.
    LongDouble,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) spelling: &'static str,
    pub(super) kind: Kind,
    width: Width,
}

/// Size and alignment of one element, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) size: u64,
    pub(super) align: u64,
}

impl Code {
    /// The row for these letters.
    pub(super) fn find(spelling: &str) -> Option<&'static Code> {
        CODES.iter().find(|code| code.spelling == spelling)
    }

    /// Whether the code has no standard size.
    pub(super) const fn native_only(&self) -> bool {
        matches!(self.width, Width::Word | Width::LongDouble)
    }

    /// Whether this is a one-letter complex code, which is not meant for the wire.
    pub(super) fn complex_letter(&self) -> bool {
        matches!(self.kind, Kind::Complex | Kind::ComplexLong) && self.spelling.len() == 1
    }

    /// The extent under an order; `None` where the code has no standard size.
    pub(super) fn extent(&self, order: Order, platform: Platform) -> Option<Extent> {
        let native = order.native_sizes();
        let (size, align) = match self.width {
            Width::Fixed(size) => (size, size),
            Width::Eight => (8, platform.align8.bytes()),
            Width::Long if native => (platform.long.bytes(), platform.long.bytes()),
            Width::Long => (4, 4),
            Width::Word if native => (platform.pointer.bytes(), platform.pointer.bytes()),
            Width::LongDouble if native => (platform.long_double.size(), platform.long_double_align()),
            Width::Word | Width::LongDouble => return None,
        };
        let parts = if matches!(self.kind, Kind::Complex | Kind::ComplexLong) {
            2
        } else {
            1
        };
        let align = if order == Order::Native { align } else { 1 };
        Some(Extent {
            size: size * parts,
            align,
        })
    }
}

const fn row(spelling: &'static str, kind: Kind, width: Width) -> Code {
    Code {
        spelling,
        kind,
        width,
    }
}

/// Every code that stands for one element; `T{}`, `&` and `X{}` are syntax of their own.
pub(super) static CODES: [Code; 32] = [
    row("x", Kind::Pad, Width::Fixed(1)),
    row("c", Kind::Char, Width::Fixed(1)),
    row("b", Kind::Signed, Width::Fixed(1)),
    row("B", Kind::Unsigned, Width::Fixed(1)),
    row("?", Kind::Bool, Width::Fixed(1)),
    row("h", Kind::Signed, Width::Fixed(2)),
    row("H", Kind::Unsigned, Width::Fixed(2)),
    row("i", Kind::Signed, Width::Fixed(4)),
    row("I", Kind::Unsigned, Width::Fixed(4)),
    row("l", Kind::Signed, Width::Long),
    row("L", Kind::Unsigned, Width::Long),
    row("q", Kind::Signed, Width::Eight),
    row("Q", Kind::Unsigned, Width::Eight),
    row("n", Kind::Signed, Width::Word),
    row("N", Kind::Unsigned, Width::Word),
    row("P", Kind::Pointer, Width::Word),
    row("e", Kind::Float, Width::Fixed(2)),
    row("f", Kind::Float, Width::Fixed(4)),
    row("d", Kind::Float, Width::Eight),
    row("g", Kind::LongDouble, Width::LongDouble),
    row("Zf", Kind::Complex, Width::Fixed(4)),
    row("Zd", Kind::Complex, Width::Eight),
    row("Zg", Kind::ComplexLong, Width::LongDouble),
    row("F", Kind::Complex, Width::Fixed(4)),
    row("D", Kind::Complex, Width::Eight),
    row("G", Kind::ComplexLong, Width::LongDouble),
    row("s", Kind::Bytes, Width::Fixed(1)),
    row("p", Kind::Pascal, Width::Fixed(1)),
    row("u", Kind::Ucs2, Width::Fixed(2)),
    row("w", Kind::Ucs4, Width::Fixed(4)),
    row("O", Kind::Object, Width::Word),
    // The width of a bit field is its count, so this row's own is never asked for.
    row("t", Kind::Bits, Width::Fixed(1)),
];
