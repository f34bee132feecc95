//! Arbitrary input: mostly plausible, so that functions get far, with everything that can be wrong mixed in.
//!
//! A source is a seed. What it hands out depends on the seed alone, so a fault that names its seed
//! can be looked at again.

use chrono::NaiveDate;
use himal::market::{Money, Price, Qty, SessionDate, Side, Timestamp};
use himal::model::draws::Draws;
use himal::model::regime::FilteredProbability;
use himal::model::units::{AnnualVol, Bps, DailyVol, Minutes, SessionsPerYear, TradingDays};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

/// Values that break arithmetic.
const EXTREME: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    1e300,
    -1e155,
    1e-160,
    f64::EPSILON,
    0.0,
    -0.0,
];

/// Whole numbers at the edges.
const WHOLE: [i64; 10] = [0, 1, -1, 9, 10, 100, 1_000_000, i64::MAX, i64::MIN, 9_007_199_254_740_993];

/// Lengths on both sides of the minimum samples of the specification.
const LENGTHS: [usize; 14] = [0, 1, 2, 3, 5, 9, 12, 21, 31, 60, 110, 205, 255, 300];

/// Hands out arbitrary arguments.
#[derive(Debug)]
pub struct Source {
    seed: u64,
    draws: Draws,
}

/// Sources of every seed.
pub fn sources() -> impl Strategy<Value = Source> {
    any::<u64>().prop_map(Source::new)
}

impl Source {
    pub fn new(seed: u64) -> Self {
        Self { seed, draws: Draws::new(seed, 7) }
    }

    pub const fn seed(&self) -> u64 {
        self.seed
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.draws.below(n)
    }

    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn plain(&mut self) -> f64 {
        self.draws.normal()
    }

    /// Ten to a power from subnormal to the largest.
    fn scale(&mut self) -> f64 {
        10_f64.powi(self.below(632) as i32 - 323)
    }

    /// Any float at all.
    pub fn float(&mut self) -> f64 {
        match self.below(8) {
            0 | 1 => self.plain(),
            2 => 0.01 * self.plain(),
            3 => 100.0 * self.draws.uniform(),
            4 => self.draws.uniform(),
            5 => self.pick(&EXTREME),
            6 => self.plain() * self.scale(),
            _ => f64::from_bits(((self.below(1 << 32) as u64) << 32) | self.below(1 << 32) as u64),
        }
    }

    pub fn finite(&mut self) -> f64 {
        loop {
            let value = self.float();
            if value.is_finite() {
                return value;
            }
        }
    }

    /// Mostly inside [0, 1] with its ends.
    pub fn probability(&mut self) -> f64 {
        match self.below(6) {
            0 => self.pick(&[0.0, 1.0, 5e-324, 1.0 - f64::EPSILON / 2.0, -0.1, 1.1]),
            1 => self.float(),
            _ => self.draws.uniform(),
        }
    }

    pub fn maybe(&mut self) -> Option<f64> {
        (self.below(4) > 0).then(|| self.float())
    }

    pub fn length(&mut self, most: usize) -> usize {
        self.pick(&LENGTHS).min(most)
    }

    /// A series of the given length, of one of the ways in which data is wrong or right.
    pub fn series_of(&mut self, n: usize) -> Vec<f64> {
        let kind = self.below(11);
        let scale = self.scale();
        let level = self.float();
        let mut values: Vec<f64> = (0..n)
            .map(|_| match kind {
                0 => level,
                1 => self.plain() * scale,
                2 => self.finite(),
                3 => (100.0 * (0.02 * self.plain()).exp()).abs(),
                4 => f64::from(self.below(3) as u32) - 1.0,
                5 => 0.01 * self.plain() * if self.below(50) == 0 { 1e8 } else { 1.0 },
                6 => 1.0 + 1e-16 * self.plain(),
                _ => 0.01 * self.plain(),
            })
            .collect();
        if kind == 7 && n > 0 {
            let at = self.below(n);
            values[at] = self.float();
        }
        values
    }

    pub fn series(&mut self, most: usize) -> Vec<f64> {
        let n = self.length(most);
        self.series_of(n)
    }

    /// Positive prices, sometimes not.
    pub fn prices(&mut self, most: usize) -> Vec<f64> {
        if self.below(3) == 0 {
            return self.series(most);
        }
        let mut price = 300.0;
        (0..self.length(most))
            .map(|_| {
                price *= (0.02 * self.plain()).exp();
                price
            })
            .collect()
    }

    /// Two series, mostly of one length.
    pub fn pair(&mut self, most: usize) -> (Vec<f64>, Vec<f64>) {
        let n = self.length(most);
        let m = if self.below(6) == 0 { self.length(most) } else { n };
        (self.series_of(n), self.series_of(m))
    }

    /// Rows of one width, or not.
    pub fn rows(&mut self, most: usize, width: usize) -> Vec<Vec<f64>> {
        let n = self.length(most);
        let columns: Vec<Vec<f64>> = (0..width).map(|_| self.series_of(n)).collect();
        let mut rows: Vec<Vec<f64>> = (0..n).map(|t| columns.iter().map(|c| c[t]).collect()).collect();
        if n > 0 && self.below(8) == 0 {
            let at = self.below(n);
            rows[at].pop();
        }
        rows
    }

    pub fn matrix(&mut self, most: usize) -> DMatrix<f64> {
        let (n, width) = (self.length(most), self.below(5));
        let columns: Vec<f64> = (0..width).flat_map(|_| self.series_of(n)).collect();
        DMatrix::from_vec(n, width, columns)
    }

    pub fn vector(&mut self, n: usize) -> DVector<f64> {
        DVector::from_vec(self.series_of(n))
    }

    /// A square matrix: a correlation, one that is none, or anything.
    pub fn square(&mut self) -> DMatrix<f64> {
        let n = self.below(5);
        let kind = self.below(6);
        let rho = self.draws.uniform() * 2.0 - 1.0;
        let scale = self.scale();
        let mut matrix = DMatrix::from_fn(n, n, |i, j| match kind {
            0 => self.float(),
            1 => self.plain() * scale,
            _ if i == j => 1.0,
            2 => rho,
            3 => 0.99 * if (i + j) % 2 == 0 { 1.0 } else { -1.0 },
            _ => self.draws.uniform() * 2.0 - 1.0,
        });
        if self.flag() {
            matrix = 0.5 * (&matrix + matrix.transpose());
        }
        if n > 0 && self.below(8) == 0 {
            matrix = matrix.remove_column(0);
        }
        matrix
    }

    pub fn whole(&mut self) -> i64 {
        match self.below(3) {
            0 => self.pick(&WHOLE),
            1 => self.below(5_000) as i64,
            _ => self.below(1 << 40) as i64,
        }
    }

    pub fn qty(&mut self) -> Qty {
        Qty::from_units(self.whole())
    }

    pub fn money(&mut self) -> Money {
        Money::from_paisa(self.whole())
    }

    /// Mostly near 300 rupees in hundredths.
    pub fn price(&mut self) -> Price {
        Price::from_units(if self.below(3) == 0 { self.whole() } else { 29_000 + self.below(2_000) as i64 })
    }

    pub fn time(&mut self) -> Timestamp {
        Timestamp::from_ns(self.whole())
    }

    pub fn side(&mut self) -> Side {
        self.pick(&Side::BOTH)
    }

    pub fn date(&mut self) -> SessionDate {
        let any = NaiveDate::from_ymd_opt(2000 + self.below(50) as i32, 1 + self.below(12) as u32, 1);
        let date = any.expect("the first of a month exists");
        let edge = self.pick(&[NaiveDate::MIN, NaiveDate::MAX]);
        SessionDate::from(if self.below(6) == 0 { edge } else { date })
    }

    /// The first value that a checked type takes.
    fn until<T, E>(&mut self, make: impl Fn(f64) -> Result<T, E>) -> T {
        loop {
            let value = if self.flag() { self.draws.uniform() } else { self.float() };
            if let Ok(made) = make(value) {
                return made;
            }
        }
    }

    pub fn p_stress(&mut self) -> FilteredProbability {
        self.until(FilteredProbability::new)
    }

    pub fn daily_vol(&mut self) -> DailyVol {
        self.until(DailyVol::new)
    }

    pub fn annual_vol(&mut self) -> AnnualVol {
        self.until(AnnualVol::new)
    }

    pub fn minutes(&mut self) -> Minutes {
        self.until(|value| Minutes::new(value * 60.0))
    }

    pub fn days(&mut self) -> TradingDays {
        self.until(TradingDays::new)
    }

    pub fn year(&mut self) -> SessionsPerYear {
        self.until(|value| SessionsPerYear::new(value * 300.0))
    }

    pub fn bps(&mut self) -> Bps {
        self.until(|value| Bps::new(value * 100.0))
    }
}
