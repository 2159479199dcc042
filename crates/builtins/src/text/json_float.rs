//! Floats in JSON: the digits of the Grisu2 algorithm as C++ Nix's JSON library has it. They are not always the shortest
//! ones: about one double in a thousand gets a digit more. The digits reach hashes of derivations.
//!
//! Reading floats is not done here.

use nivose_base::float::write_exponent;

use super::float_powers::{EXPONENT_STEP, FIRST_EXPONENT, POWERS};

/// Appends a float as JSON: `1.0`, `0.1`, `1e+15`, `1e-05`; what JSON cannot write is `null`.
pub fn write_float(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return out.extend_from_slice(b"null");
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    if value == 0.0 {
        return out.extend_from_slice(b"0.0");
    }
    let digits = Digits::of(value.abs());
    digits.write(out);
}

/// A floating-point number with 64 bits: `significand * 2^exponent`.
#[derive(Clone, Copy)]
struct Extended {
    significand: u64,
    exponent: i32,
}

impl Extended {
    /// The product, rounded to nearest.
    fn multiply(self, other: Self) -> Self {
        let product = u128::from(self.significand) * u128::from(other.significand) + (1 << 63);
        let significand = u64::try_from(product >> 64).unwrap_or(u64::MAX);
        Self { significand, exponent: self.exponent + other.exponent + 64 }
    }

    /// The same number with its highest bit set.
    fn normalize(self) -> Self {
        let shift = self.significand.leading_zeros();
        Self { significand: self.significand << shift, exponent: self.exponent - shift.cast_signed() }
    }

    /// The same number with a lower exponent.
    fn with_exponent(self, exponent: i32) -> Self {
        Self { significand: self.significand << (self.exponent - exponent), exponent }
    }
}

/// A number and the middles between it and its neighbours, with a common exponent.
struct Boundaries {
    value: Extended,
    low: Extended,
    high: Extended,
}

impl Boundaries {
    /// Of a positive finite number.
    fn of(value: f64) -> Self {
        const HIDDEN_BIT: u64 = 1 << 52;
        const BIAS: i32 = 1023 + 52;
        let bits = value.to_bits();
        let fraction = bits & (HIDDEN_BIT - 1);
        let biased = i32::try_from(bits >> 52).unwrap_or(0);
        let exact = match biased {
            0 => Extended { significand: fraction, exponent: 1 - BIAS },
            _ => Extended { significand: fraction | HIDDEN_BIT, exponent: biased - BIAS },
        };
        let Extended { significand, exponent } = exact;
        let high = Extended { significand: 2 * significand + 1, exponent: exponent - 1 }.normalize();
        // At a power of two the neighbour below is nearer.
        let low = if fraction == 0 && biased > 1 {
            Extended { significand: 4 * significand - 1, exponent: exponent - 2 }
        } else {
            Extended { significand: 2 * significand - 1, exponent: exponent - 1 }
        };
        Self { value: exact.normalize(), low: low.with_exponent(high.exponent), high }
    }
}

/// The power of ten that brings a number with this binary exponent to an exponent between -60 and -32, and its own
/// decimal exponent.
fn scaling_power(exponent: i32) -> (Extended, i32) {
    // 78913 / 2^18 is the logarithm of two to base ten.
    let needed = -60 - exponent - 1;
    let decimal = needed * 78913 / (1 << 18) + i32::from(needed > 0);
    let index = (decimal - FIRST_EXPONENT + EXPONENT_STEP - 1) / EXPONENT_STEP;
    let entry = usize::try_from(index).ok().and_then(|index| POWERS.get(index));
    let (significand, exponent) = entry.copied().unwrap_or((1 << 63, -63));
    (Extended { significand, exponent }, FIRST_EXPONENT + index * EXPONENT_STEP)
}

/// Decimal digits and the exponent of the last one.
struct Digits {
    digits: [u8; 20],
    length: usize,
    exponent: i32,
}

impl Digits {
    /// The digits of a positive finite number, by Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly and
    /// Accurately with Integers", 2010): digits of the upper bound are produced until the rest is within the interval,
    /// then the last one is brought nearer to the number.
    fn of(value: f64) -> Self {
        let Boundaries { value, low, high } = Boundaries::of(value);
        let (power, decimal) = scaling_power(high.exponent);
        let (value, low, high) = (value.multiply(power), low.multiply(power), high.multiply(power));
        // The products are off by one unit at most; the interval is made safe.
        let low = low.significand + 1;
        let high = Extended { significand: high.significand - 1, ..high };
        let mut digits = Self { digits: [0; 20], length: 0, exponent: -decimal };
        digits.generate(high, high.significand - value.significand, high.significand - low);
        digits
    }

    fn generate(&mut self, high: Extended, mut distance: u64, mut delta: u64) {
        let shift = high.exponent.unsigned_abs();
        let one = 1_u64 << shift;
        let mut integral = high.significand >> shift;
        let mut fraction = high.significand & (one - 1);
        let mut remaining = integral.checked_ilog10().unwrap_or(0) + 1;
        while remaining > 0 {
            remaining -= 1;
            let unit = 10_u64.pow(remaining);
            self.push(integral / unit);
            integral %= unit;
            let rest = (integral << shift) + fraction;
            if rest <= delta {
                self.exponent += remaining.cast_signed();
                return self.round(distance, delta, rest, unit << shift);
            }
        }
        loop {
            fraction *= 10;
            self.push(fraction >> shift);
            fraction &= one - 1;
            self.exponent -= 1;
            delta *= 10;
            distance *= 10;
            if fraction <= delta {
                return self.round(distance, delta, fraction, one);
            }
        }
    }

    fn push(&mut self, digit: u64) {
        if let Some(place) = self.digits.get_mut(self.length) {
            *place = b'0' + u8::try_from(digit).unwrap_or(0);
            self.length += 1;
        }
    }

    /// Lowers the last digit as long as that brings the digits nearer to the number.
    fn round(&mut self, distance: u64, delta: u64, mut rest: u64, unit: u64) {
        let Some(last) = self.length.checked_sub(1).and_then(|last| self.digits.get_mut(last)) else {
            return;
        };
        while rest < distance
            && delta - rest >= unit
            && (rest + unit < distance || distance - rest > rest + unit - distance)
        {
            *last -= 1;
            rest += unit;
        }
    }

    /// Appends the digits: with a point if the exponent lies between -4 and 15, otherwise with an exponent.
    fn write(&self, out: &mut Vec<u8>) {
        let digits = self.digits.get(..self.length).unwrap_or_default();
        let length = i32::try_from(self.length).unwrap_or(0);
        let point = length + self.exponent;
        match point {
            _ if (length..=15).contains(&point) => {
                out.extend_from_slice(digits);
                write_zeros(self.exponent, out);
                out.extend_from_slice(b".0");
            }
            1..=15 => write_with_point(digits, point, out),
            -3..=0 => {
                out.extend_from_slice(b"0.");
                write_zeros(-point, out);
                out.extend_from_slice(digits);
            }
            _ => {
                if self.length == 1 {
                    out.extend_from_slice(digits);
                } else {
                    write_with_point(digits, 1, out);
                }
                write_exponent(point - 1, out);
            }
        }
    }
}

fn write_zeros(count: i32, out: &mut Vec<u8>) {
    let count = usize::try_from(count).unwrap_or(0);
    out.resize(out.len() + count, b'0');
}

fn write_with_point(digits: &[u8], point: i32, out: &mut Vec<u8>) {
    let point = usize::try_from(point).unwrap_or(0).min(digits.len());
    let (integral, fraction) = digits.split_at(point);
    out.extend_from_slice(integral);
    out.push(b'.');
    out.extend_from_slice(fraction);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: f64) -> String {
        let mut out = Vec::new();
        write_float(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_format() {
        let cases = [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-0.0, "-0.0"),
            (1e15, "1e+15"),
            (1e14, "100000000000000.0"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (0.001, "0.001"),
            (1e20, "1e+20"),
            (1.5e300, "1.5e+300"),
            (6.02e23, "6.02e+23"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123_456_789.125, "123456789.125"),
            // Where Grisu2 does not find the shortest digits.
            (1e23, "9.999999999999999e+22"),
            (6_016.951_217_939_863, "6016.9512179398635"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ];
        for (value, expected) in cases {
            assert_eq!(json(value), expected);
        }
    }

    #[test]
    fn json_digits_read_back() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(json(value).parse::<f64>().unwrap().to_bits(), value.to_bits(), "{value:e}");
            }
        }
    }
}
