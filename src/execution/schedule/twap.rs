//! Equal slices at equal intervals (X12).

use super::allocation;
use crate::market::Qty;
use crate::model::ModelError;
use crate::model::units::{Minutes, require, require_non_negative, require_positive};

/// The interval is shrunk to this share of itself when the price runs away.
pub const SHRINK: f64 = 0.8;

/// No interval is shrunk below this many minutes.
pub const SHORTEST_MINUTES: f64 = 1.0;

/// How many slices fit: `floor(minutes / interval)`, at least 1.
///
/// # Errors
/// [`ModelError::OutOfDomain`] unless the interval is above 0.
pub fn slice_count(time: Minutes, interval: Minutes) -> Result<usize, ModelError> {
    require_positive("interval", interval.value())?;
    // A whole number of intervals must not lose one to rounding.
    let fit = (time.value() / interval.value() * (1.0 + 1e-12)).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to [1, 1e6]")]
    Ok(fit.clamp(1.0, 1e6) as usize)
}

/// `total` in `slices` equal parts, the odd shares to the earliest.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for no slices or a negative total.
pub fn slices(total: Qty, slices: usize) -> Result<Vec<Qty>, ModelError> {
    const MOST: usize = 1_000_000;
    require((1..=MOST).contains(&slices), "slices", slices as f64, "1 to 1e6")?;
    allocation::largest_remainder(total, &vec![1; slices])
}

/// The interval after an adverse move: a fifth shorter, once, if the price moved against the order
/// by more than one standard deviation of the interval.
///
/// `adverse_move` and `interval_sigma` are fractions of price; a move in favour is negative.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for a sigma below 0 or a move that is not finite.
pub fn shortened(
    interval: Minutes,
    adverse_move: f64,
    interval_sigma: f64,
    already_shortened: bool,
) -> Result<Minutes, ModelError> {
    require_non_negative("sigma of the interval", interval_sigma)?;
    require(true, "adverse move", adverse_move, "finite")?;
    if already_shortened || adverse_move <= interval_sigma {
        return Ok(interval);
    }
    Minutes::new((interval.value() * SHRINK).max(SHORTEST_MINUTES.min(interval.value())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(value: f64) -> Minutes {
        Minutes::new(value).unwrap()
    }

    #[test]
    fn as_many_slices_as_fit_and_at_least_one() {
        for (time, interval, count) in
            [(60.0, 5.0, 12), (62.0, 5.0, 12), (3.0, 5.0, 1), (0.0, 5.0, 1), (0.3, 0.1, 3)]
        {
            assert_eq!(slice_count(minutes(time), minutes(interval)).unwrap(), count, "{time} / {interval}");
        }
        assert!(slice_count(minutes(10.0), minutes(0.0)).is_err());
        assert!(slices(Qty::from_units(10), 0).is_err());
        let got: Vec<i64> = slices(Qty::from_units(11), 3).unwrap().iter().map(|q| q.units()).collect();
        assert_eq!(got, [4, 4, 3]);
    }

    #[test]
    fn the_interval_shrinks_once_and_never_below_a_minute() {
        for (interval, adverse, already, expected) in [
            (5.0, 0.02, false, 4.0),
            (5.0, 0.02, true, 5.0),
            (5.0, 0.01, false, 5.0),
            (5.0, -0.05, false, 5.0),
            (1.1, 0.02, false, 1.0),
            (0.5, 0.02, false, 0.5),
        ] {
            let got = shortened(minutes(interval), adverse, 0.01, already).unwrap().value();
            assert!((got - expected).abs() < 1e-12, "{interval} {adverse} {already}: {got}");
        }
        assert!(shortened(minutes(5.0), f64::NAN, 0.01, false).is_err());
    }
}
