//! Random draws for simulation and for starting points: counter-based, seeded, and nothing else.
//!
//! One generator (ChaCha with 8 rounds) and the few distributions the models need, written out so
//! that a draw means the same on every platform and with every version of a library. Nothing here
//! takes entropy from anywhere: the seed is always an argument.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws. Streams of one seed are independent, so that path `k` is the same whatever
/// was drawn for the other paths.
#[derive(Clone, Debug)]
pub struct Draws {
    rng: ChaCha8Rng,
}

impl Draws {
    /// Stream `stream` of the generator with this seed.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self { rng }
    }

    /// Uniform on the open interval 0 to 1, on a grid of 2^53.
    pub fn uniform(&mut self) -> f64 {
        ((self.rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Uniform on 0 to `n` without `n`; 0 for an empty range.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// A point of the unit disc with its squared radius, which is above 0 and below 1.
    fn in_disc(&mut self) -> (f64, f64) {
        loop {
            let u = 2.0 * self.uniform() - 1.0;
            let v = 2.0 * self.uniform() - 1.0;
            let w = u * u + v * v;
            if w > 0.0 && w < 1.0 {
                return (u, w);
            }
        }
    }

    /// Standard normal, by Marsaglia's polar method.
    pub fn normal(&mut self) -> f64 {
        let (u, w) = self.in_disc();
        u * (-2.0 * w.ln() / w).sqrt()
    }

    /// Student t with `nu > 0` degrees of freedom, not rescaled, by Bailey's polar method (1994).
    pub(crate) fn student_t(&mut self, nu: f64) -> f64 {
        let (u, w) = self.in_disc();
        // w^(-2/nu) - 1 without losing the small differences of a large nu.
        u * (nu * (-2.0 / nu * w.ln()).exp_m1() / w).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(n: usize, mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let x: Vec<f64> = (0..n).map(|_| draw()).collect();
        let mean = x.iter().sum::<f64>() / n as f64;
        (mean, x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64)
    }

    #[test]
    fn draws_have_their_moments() {
        let mut draws = Draws::new(1, 0);
        let (mean, variance) = moments(100_000, || draws.uniform());
        assert!((mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.01);
        let mut draws = Draws::new(3, 0);
        let (mean, variance) = moments(200_000, || draws.normal());
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        let (mean, variance) = moments(200_000, || draws.student_t(8.0));
        assert!(mean.abs() < 0.01 && (variance - 8.0 / 6.0).abs() < 0.04, "{mean} {variance}");
    }

    #[test]
    fn a_seed_and_a_stream_name_one_sequence() {
        assert_eq!(Draws::new(3, 1).normal(), Draws::new(3, 1).normal());
        assert_ne!(Draws::new(3, 0).uniform(), Draws::new(3, 1).uniform());
        assert_eq!(Draws::new(3, 0).below(0), 0);
    }
}
