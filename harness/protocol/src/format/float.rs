//! Floating-point encodings to `f64`.
//!
//! Knows how binary16, x87 extended, binary128 and double-double lie in little-endian bytes, and rounds to
//! the nearest `f64`, ties to even. Must never know formats or platforms beyond the encoding's name.

use super::platform::LongDouble;

/// A `long double`, its bytes least significant first.
pub(super) fn long_double(bytes: &[u8], encoding: LongDouble) -> f64 {
    match encoding {
        LongDouble::X87Padded16 | LongDouble::X87Padded12 => {
            x87(unsigned(bytes.get(..10).unwrap_or_default()))
        }
        LongDouble::Double => f64::from_bits(low64(unsigned(bytes))),
        LongDouble::Quad | LongDouble::QuadAlign8 => quad(unsigned(bytes)),
        LongDouble::DoubleDouble => {
            let both = unsigned(bytes);
            f64::from_bits(low64(both)) + f64::from_bits(low64(both >> 64))
        }
    }
}

/// At most 16 bytes, least significant first.
pub(super) fn unsigned(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// The lower half.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the lower half is what is asked for"
)]
pub(super) const fn low64(number: u128) -> u64 {
    (number & u64::MAX as u128) as u64
}

fn x87(bits: u128) -> f64 {
    let mantissa = bits & u128::from(u64::MAX);
    let exponent = exponent_of(bits >> 64);
    let magnitude = if exponent == 0x7fff {
        // The integer bit aside, a mantissa of zero is infinity.
        if mantissa << 65 == 0 {
            f64::INFINITY
        } else {
            f64::NAN
        }
    } else {
        scaled(mantissa, exponent.max(1) - 16383 - 63)
    };
    signed(bits >> 79 & 1 == 1, magnitude)
}

fn quad(bits: u128) -> f64 {
    let fraction = bits & ((1 << 112) - 1);
    let exponent = exponent_of(bits >> 112);
    let magnitude = match exponent {
        0x7fff if fraction == 0 => f64::INFINITY,
        0x7fff => f64::NAN,
        0 => scaled(fraction, 1 - 16383 - 112),
        _ => scaled(fraction | 1 << 112, exponent - 16383 - 112),
    };
    signed(bits >> 127 == 1, magnitude)
}

fn exponent_of(bits: u128) -> i32 {
    i32::try_from(bits & 0x7fff).unwrap_or(0x7fff)
}

fn signed(negative: bool, magnitude: f64) -> f64 {
    if negative { -magnitude } else { magnitude }
}

/// `mantissa * 2^exponent`, rounded to nearest, ties to even.
fn scaled(mantissa: u128, exponent: i32) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let length = 128 - mantissa.leading_zeros().cast_signed();
    // The last bit kept: 53 bits of a normal number, fewer of a subnormal one.
    let lowest = (exponent + length - 53).max(-1074);
    let drop = lowest - exponent;
    let kept = match u32::try_from(drop) {
        Ok(0) => mantissa,
        Ok(drop) if drop > 128 => 0,
        Ok(drop) => {
            let whole = mantissa.checked_shr(drop).unwrap_or(0);
            let rest = mantissa - whole.checked_shl(drop).unwrap_or(0);
            let half = 1_u128 << (drop - 1);
            whole + u128::from(rest > half || rest == half && whole & 1 == 1)
        }
        Err(_) => mantissa << drop.unsigned_abs(),
    };
    // `kept` has at most 53 bits and a carry, so the bits below compose it exactly; an overflow runs into
    // the exponent of infinity.
    let kept = low64(kept);
    if kept >= 1 << 53 {
        return compose(kept >> 1, lowest + 1);
    }
    compose(kept, lowest)
}

/// `kept * 2^lowest` for a `kept` below 2^53 that is normalised unless `lowest` is -1074.
fn compose(kept: u64, lowest: i32) -> f64 {
    let biased = if kept < 1 << 52 { 0 } else { lowest + 1075 };
    match u64::try_from(biased) {
        Ok(biased) if biased >= 0x7ff => f64::INFINITY,
        Ok(biased) => f64::from_bits(biased << 52 | kept & ((1 << 52) - 1)),
        Err(_) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Widens a double exactly and reads it back.
    fn widened(value: f64) -> (u128, u128) {
        let bits = value.to_bits();
        let (sign, exponent) = (u128::from(bits >> 63), (bits >> 52 & 0x7ff) as i32);
        let fraction = u128::from(bits & ((1 << 52) - 1));
        let mut mantissa = if exponent == 0 {
            fraction << 11
        } else {
            (fraction | 1 << 52) << 11
        };
        let mut power = exponent.max(1) - 1023 + 16383;
        while mantissa != 0 && mantissa >> 63 == 0 {
            (mantissa, power) = (mantissa << 1, power - 1);
        }
        let power = if mantissa == 0 {
            0
        } else {
            u128::try_from(power).unwrap()
        };
        let x87 = sign << 79 | power << 64 | mantissa;
        let quad = sign << 127 | power << 112 | (mantissa << 49 & ((1 << 112) - 1));
        (x87, quad)
    }

    #[rstest::rstest]
    #[case(0.0)]
    #[case(-0.0)]
    #[case(1.0)]
    #[case(-1.5)]
    #[case(0.1)]
    #[case(f64::MAX)]
    #[case(f64::MIN_POSITIVE)]
    #[case(5e-324)]
    #[case(-2.225_073_858_507_201e-308)]
    fn a_widened_double_comes_back_bit_for_bit(#[case] value: f64) {
        let (x, q) = widened(value);
        assert_eq!(x87(x).to_bits(), value.to_bits());
        assert_eq!(quad(q).to_bits(), value.to_bits());
    }

    #[test]
    fn rounding_is_to_even_and_runs_into_infinity() {
        let check = |found: f64, wanted: f64| assert_eq!(found.to_bits(), wanted.to_bits());
        let one_and_a_tail = |tail: u128| x87(16383 << 64 | 1 << 63 | tail);
        check(one_and_a_tail(1 << 10), 1.0);
        check(one_and_a_tail((1 << 10) + 1), 1.0 + f64::EPSILON);
        check(one_and_a_tail(3 << 10), 1.0 + 2.0 * f64::EPSILON);
        check(x87(0x7ffe << 64 | 1 << 63), f64::INFINITY);
        check(x87((16383 + 1023) << 64 | u128::from(u64::MAX)), f64::INFINITY);
        check(x87(1 << 64 | 1 << 63), 0.0);
        check(quad(1), 0.0);
        assert!(x87(0x7fff << 64 | 3 << 62).is_nan());
        assert!(quad(0x7fff << 112 | 1).is_nan());
        // As many bits are dropped as there are, and what is left of them is more than half of the last one.
        check(scaled(u128::MAX, -1074 - 128), f64::from_bits(1));
        check(quad(0xffff << 112), f64::NEG_INFINITY);
    }
}
