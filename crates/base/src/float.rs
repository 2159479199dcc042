//! How results, messages and `toString` write floats: as the C library does.
//!
//! JSON has a format of its own, which is not here; nor is reading.

use std::io::Write;

/// Significant digits of the general format.
const GENERAL_DIGITS: i32 = 6;

/// Appends a float as C's `%g` does: `1`, `0.3`, `1.23457e+06`, `inf`, `-nan`.
pub fn write_general(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return write_not_finite(value, out);
    }
    // Rounding comes first, since it may change the exponent: 999999.5 is 1e+06.
    let scientific = format!("{value:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..GENERAL_DIGITS).contains(&exponent) {
        let decimals = usize::try_from(GENERAL_DIGITS - 1 - exponent).unwrap_or(0);
        out.extend_from_slice(without_trailing_zeros(&format!("{value:.decimals$}")).as_bytes());
    } else {
        out.extend_from_slice(without_trailing_zeros(mantissa).as_bytes());
        write_exponent(exponent, out);
    }
}

/// Appends a float as C's `%f` does: `1.000000`, `100000000000000000000.000000`, `inf`, `-nan`.
pub fn write_fixed(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        // Writing to a vector cannot fail.
        let _ = write!(out, "{value:.6}");
    } else {
        write_not_finite(value, out);
    }
}

/// The general format as a string.
#[must_use]
pub fn general(value: f64) -> String {
    to_string(value, write_general)
}

/// The fixed format as a string.
#[must_use]
pub fn fixed(value: f64) -> String {
    to_string(value, write_fixed)
}

fn to_string(value: f64, write: fn(f64, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// The sign of a NaN is shown, as the C library does.
fn write_not_finite(value: f64, out: &mut Vec<u8>) {
    if value.is_sign_negative() {
        out.push(b'-');
    }
    out.extend_from_slice(if value.is_nan() { b"nan" } else { b"inf" });
}

fn without_trailing_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// Appends `e`, a sign and at least two digits.
pub fn write_exponent(exponent: i32, out: &mut Vec<u8>) {
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_format() {
        let cases = [
            (0.1 + 0.2, "0.3"),
            (1.0, "1"),
            (1_234_567.0, "1.23457e+06"),
            (1e20, "1e+20"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (123_456.789, "123457"),
            (999_999.5, "1e+06"),
            (999_999.4, "999999"),
            (-0.0, "-0"),
            (5e-324, "4.94066e-324"),
            (1e100, "1e+100"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN.copysign(1.0), "nan"),
            (f64::NAN.copysign(-1.0), "-nan"),
            // Exact ties go to the even digit.
            (1_234_565.0, "1.23456e+06"),
            (0.5, "0.5"),
            (2.5, "2.5"),
            (1.000_005, "1.00001"),
            (100.0, "100"),
        ];
        for (value, expected) in cases {
            assert_eq!(general(value), expected);
        }
    }

    #[test]
    fn fixed_format() {
        let cases = [
            (0.1, "0.100000"),
            (1e20, "100000000000000000000.000000"),
            (1e-7, "0.000000"),
            (-0.0, "-0.000000"),
            (0.000_000_5, "0.000000"),
            (0.000_001_5, "0.000002"),
            (123_456_789.125, "123456789.125000"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, expected) in cases {
            assert_eq!(fixed(value), expected);
        }
        assert_eq!(fixed(f64::MAX).len(), 309 + 7);
    }
}
