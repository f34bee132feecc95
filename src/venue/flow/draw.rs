//! Random draws that come out the same on every machine.
//!
//! The stream is ChaCha8, which is defined to the bit. What is made of it here uses only addition,
//! multiplication, division and bit patterns, whose results IEEE 754 fixes; the logarithm and the
//! exponential are written out, because a system's mathematical library may differ in the last
//! bit, and one different bit makes a different day.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const LN_2: f64 = std::f64::consts::LN_2;

/// A seeded source of draws. Streams of one seed are independent of each other, so that what one
/// security does never shifts the draws of another.
#[derive(Clone, Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(bytes);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Uniform on [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// True with probability `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform on 0..n; 0 for n = 0. The bias is below n in 2^64.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// Uniform on [from, to).
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Exponential with mean 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -ln(1.0 - self.unit())
    }

    /// Standard normal: the sum of twelve uniforms (Irwin-Hall), which ends at six standard
    /// deviations. Nothing here looks further into the tail.
    pub(super) fn normal(&mut self) -> f64 {
        let sum: u32 = (0..3).map(|_| quarters(self.0.next_u64())).sum();
        // Twelve 16-bit uniforms with mean 32,767.5 and variance (2^32 - 1) / 12 each.
        (f64::from(sum) - 12.0 * 32_767.5) * (1.0 / 65_536.0)
    }

    /// Log-normal by its median and the standard deviation of its logarithm.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * exp(sigma * self.normal())
    }
}

/// The four 16-bit quarters of a word, added.
fn quarters(word: u64) -> u32 {
    (0..4).map(|i| (word >> (16 * i)) as u32 & 0xFFFF).sum()
}

/// Natural logarithm of a positive normal number, to about 1e-13.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7FF) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let series = (0..9).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    exponent as f64 * LN_2 + 2.0 * s * series
}

/// The exponential of a number between -700 and 700, to about 1e-13 of itself.
fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let whole = (x / LN_2 + 0.5).floor();
    let rest = x - whole * LN_2;
    let series = (1..=16).rev().fold(1.0, |sum, k| 1.0 + sum * rest / f64::from(k));
    f64::from_bits(((whole as i64 + 1023) as u64) << 52) * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_are_right_to_the_twelfth_place() {
        for x in [1e-9, 0.01, 0.5, 1.0, 1.7, 2.0, 3.7, 1e6] {
            assert!((ln(x) - x.ln()).abs() < 1e-12 * (1.0 + x.ln().abs()), "ln {x}");
        }
        for x in [-9.0, -1.0, -0.1, 0.0, 0.3, 1.0, 5.5, 20.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "exp {x}");
        }
    }

    #[test]
    fn the_draws_have_the_moments_they_should() {
        let mut dice = Dice::new(7, 0);
        let n = 40_000;
        let mut mean_of = |f: fn(&mut Dice) -> f64| (0..n).map(|_| f(&mut dice)).sum::<f64>() / f64::from(n);
        // What is drawn, its mean, and four standard errors.
        for (name, draw, mean, within) in [
            ("unit", (|d| d.unit()) as fn(&mut Dice) -> f64, 0.5, 0.006),
            ("exponential", |d| d.exponential(), 1.0, 0.02),
            ("normal", |d| d.normal(), 0.0, 0.02),
            ("normal squared", |d| d.normal().powi(2), 1.0, 0.03),
            ("log normal", |d| f64::from(d.log_normal(30.0, 1.5) < 30.0), 0.5, 0.01),
            ("below", |d| d.below(11) as f64, 5.0, 0.064),
        ] {
            let got = mean_of(draw);
            assert!((got - mean).abs() < within, "{name}: {got}");
        }
    }

    #[test]
    fn the_stream_is_what_it_was() {
        let first = |seed, stream| Dice::new(seed, stream).0.next_u64();
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 0), first(2, 0));
        assert_eq!(Dice::new(0, 0).below(0), 0);
        // ChaCha8, key 0, stream 0: the first eight bytes of the published test vector.
        assert_eq!(first(0, 0), u64::from_le_bytes([0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6]));
    }
}
