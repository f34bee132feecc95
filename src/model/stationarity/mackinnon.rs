//! MacKinnon's response surfaces for unit-root and cointegration statistics (C2): critical values
//! of 2010 by sample size, and p-values of 1994.

use super::Deterministic;
use crate::model::probability::normal_cdf;

/// Critical values at 1 %, 5 % and 10 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CriticalValues {
    /// At 1 %.
    pub one_percent: f64,
    /// At 5 %.
    pub five_percent: f64,
    /// At 10 %.
    pub ten_percent: f64,
}

/// Which statistic's distribution is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// One series, with the given deterministic part.
    UnitRoot(Deterministic),
    /// The residuals of a cointegrating regression with a constant among two series.
    CointegrationOfTwo,
    /// The same among three series.
    CointegrationOfThree,
}

/// Coefficients of one surface: `b0 + b1/n + b2/n^2 + b3/n^3` per level, and the two polynomials
/// in the statistic whose normal distribution function is the p-value.
struct Table {
    critical: [[f64; 4]; 3],
    /// Below it the p-value is 0, above the third 1; the second divides the polynomials.
    limits: [f64; 3],
    small: [f64; 3],
    large: [f64; 4],
}

const NONE: Table = Table {
    critical: [
        [-2.56574, -2.2358, -3.627, 0.0],
        [-1.94100, -0.2686, -3.365, 31.223],
        [-1.61682, 0.2656, -2.714, 25.364],
    ],
    limits: [-19.04, -1.04, f64::INFINITY],
    small: [0.6344, 1.2378, 0.032_496],
    large: [0.4797, 0.935_57, -0.069_99, 0.033_066],
};
const CONSTANT: Table = Table {
    critical: [
        [-3.43035, -6.5393, -16.786, -79.433],
        [-2.86154, -2.8903, -4.234, -40.040],
        [-2.56677, -1.5384, -2.809, 0.0],
    ],
    limits: [-18.83, -1.61, 2.74],
    small: [2.1659, 1.4412, 0.038_269],
    large: [1.7339, 0.932_02, -0.127_45, -0.010_368],
};
const TREND: Table = Table {
    critical: [
        [-3.95877, -9.0531, -28.428, -134.155],
        [-3.41049, -4.3904, -9.036, -45.374],
        [-3.12705, -2.5856, -3.925, -22.380],
    ],
    limits: [-16.18, -2.89, 0.7],
    small: [3.2512, 1.6047, 0.049_588],
    large: [2.5261, 0.616_54, -0.379_56, -0.060_285],
};
const QUADRATIC: Table = Table {
    critical: [
        [-4.37113, -11.5882, -35.819, -334.047],
        [-3.83239, -5.9057, -12.490, -118.284],
        [-3.55326, -3.6596, -5.293, -63.559],
    ],
    limits: [-17.17, -3.21, 0.54],
    small: [4.0003, 1.658, 0.048_288],
    large: [3.0778, 0.495_29, -0.414_77, -0.059_359],
};
const TWO: Table = Table {
    critical: [
        [-3.89644, -10.9519, -33.527, 0.0],
        [-3.33613, -6.1101, -6.823, 0.0],
        [-3.04445, -4.2412, -2.720, 0.0],
    ],
    limits: [-18.86, -2.62, 0.92],
    small: [2.92, 1.5012, 0.039_796],
    large: [2.1945, 0.646_95, -0.291_98, -0.042_377],
};
const THREE: Table = Table {
    critical: [
        [-4.29374, -14.4354, -33.195, 47.433],
        [-3.74066, -8.5632, -10.852, 27.982],
        [-3.45218, -6.2143, -3.718, 0.0],
    ],
    limits: [-23.48, -3.13, 0.55],
    small: [3.4699, 1.4856, 0.031_64],
    large: [2.5893, 0.451_68, -0.365_29, -0.050_074],
};

impl Surface {
    const fn table(self) -> &'static Table {
        match self {
            Self::UnitRoot(Deterministic::None) => &NONE,
            Self::UnitRoot(Deterministic::Constant) => &CONSTANT,
            Self::UnitRoot(Deterministic::Trend) => &TREND,
            Self::UnitRoot(Deterministic::QuadraticTrend) => &QUADRATIC,
            Self::CointegrationOfTwo => &TWO,
            Self::CointegrationOfThree => &THREE,
        }
    }

    /// Critical values for `n` rows used, at least one.
    #[must_use]
    pub fn critical_values(self, n: usize) -> CriticalValues {
        let table = self.table();
        let at = |level: usize| polynomial(&table.critical[level], 1.0 / n.max(1) as f64);
        CriticalValues { one_percent: at(0), five_percent: at(1), ten_percent: at(2) }
    }

    /// The p-value of a statistic, in [0, 1]: 0 and 1 beyond the surface's range, and 1 for what is no
    /// number: nothing is shown by it.
    #[must_use]
    pub fn p_value(self, tau: f64) -> f64 {
        if tau.is_nan() {
            return 1.0;
        }
        // The polynomials are fitted far nearer to zero than this.
        let (tau, table) = (tau.clamp(-100.0, 100.0), self.table());
        let [lowest, divide, highest] = table.limits;
        if tau > highest {
            1.0
        } else if tau < lowest {
            0.0
        } else if tau <= divide {
            normal_cdf(polynomial(&table.small, tau))
        } else {
            normal_cdf(polynomial(&table.large, tau))
        }
    }
}

/// Coefficients in ascending powers.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchors_of_the_specification_hold() {
        let constant = Surface::UnitRoot(Deterministic::Constant).critical_values(250);
        let pair = Surface::CointegrationOfTwo.critical_values(250);
        for (got, want) in
            [(constant.five_percent, -2.8732), (pair.five_percent, -3.3607), (pair.one_percent, -3.9408)]
        {
            assert!((got - want).abs() < 5e-5, "{got} against {want}");
        }
    }

    #[test]
    fn the_p_value_at_a_critical_value_is_near_its_level_and_stays_a_probability() {
        for surface in [
            Surface::UnitRoot(Deterministic::None),
            Surface::UnitRoot(Deterministic::Constant),
            Surface::UnitRoot(Deterministic::Trend),
            Surface::UnitRoot(Deterministic::QuadraticTrend),
            Surface::CointegrationOfTwo,
            Surface::CointegrationOfThree,
        ] {
            let at = surface.critical_values(1_000_000);
            assert!((surface.p_value(at.one_percent) - 0.01).abs() < 0.001, "{surface:?}");
            assert!((surface.p_value(at.five_percent) - 0.05).abs() < 0.002, "{surface:?}");
            for tau in [-1e9, -30.0, -5.0, 0.0, 0.5, 5.0, 1e9] {
                assert!((0.0..=1.0).contains(&surface.p_value(tau)), "{surface:?} at {tau}");
            }
        }
    }
}
