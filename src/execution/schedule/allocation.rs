//! Whole shares over slots, exactly (X12).
//!
//! Largest remainder in integer arithmetic: every slot is within one share of its exact part
//! and the slots sum to the total. Floats would break ties by rounding noise, and two machines
//! could then send different orders.

use crate::market::Qty;
use crate::model::ModelError;

const BELOW_ZERO: &str = "0 or more";

/// Distributes `total` in proportion to whole `weights`: the floor of each exact part, then one
/// share each to the largest fractional parts, ties to the earlier slot.
///
/// # Errors
/// [`ModelError::OutOfDomain`] for no slots, weights that sum to zero, or a negative total.
pub fn largest_remainder(total: Qty, weights: &[u64]) -> Result<Vec<Qty>, ModelError> {
    let units = total.units();
    let shares = u64::try_from(units).map_err(|_| ModelError::OutOfDomain {
        name: "quantity",
        value: units as f64,
        domain: BELOW_ZERO,
    })?;
    if weights.is_empty() {
        return Err(ModelError::OutOfDomain { name: "slots", value: 0.0, domain: "1 or more" });
    }
    let sum: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if sum == 0 {
        return Err(ModelError::OutOfDomain { name: "sum of weights", value: 0.0, domain: "above 0" });
    }
    let exact = |weight: u64| u128::from(shares) * u128::from(weight);
    let mut slots: Vec<i64> = weights.iter().map(|w| whole(exact(*w) / sum)).collect();
    let left = units - slots.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    // A stable sort, largest remainder first: equal remainders stay in slot order.
    order.sort_by_key(|&i| std::cmp::Reverse(exact(weights[i]) % sum));
    for &slot in order.iter().take(usize::try_from(left).unwrap_or(0)) {
        slots[slot] += 1;
    }
    Ok(slots.into_iter().map(Qty::from_units).collect())
}

/// A part of a total that itself fits in 64 bits.
fn whole(part: u128) -> i64 {
    i64::try_from(part).expect("a part is never above the total, which fits")
}

/// [`largest_remainder`] for weights that are fractions.
///
/// They are put on a common binary grid first, exact for weights within a factor of a thousand of
/// the largest and within 1e-19 of it below.
///
/// # Errors
/// [`ModelError::EmptyInput`], [`ModelError::NonFinite`], or [`ModelError::OutOfDomain`] for a negative
/// weight, weights that are all zero, or a negative total.
pub fn by_fractions(total: Qty, weights: &[f64]) -> Result<Vec<Qty>, ModelError> {
    largest_remainder(total, &whole_weights(weights)?)
}

/// Fractions as whole numbers in the same proportion.
fn whole_weights(weights: &[f64]) -> Result<Vec<u64>, ModelError> {
    // Only proportions count here, so weights of any finite size are welcome.
    if weights.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    if let Some(index) = weights.iter().position(|weight| !weight.is_finite()) {
        return Err(ModelError::NonFinite { index });
    }
    if let Some(&value) = weights.iter().find(|weight| **weight < 0.0) {
        return Err(ModelError::OutOfDomain { name: "weight", value, domain: "at or above 0" });
    }
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return Err(ModelError::OutOfDomain { name: "largest weight", value: largest, domain: "above 0" });
    }
    // Bring the largest into [2^62, 2^63): multiplying by powers of two is exact. In two halves,
    // because the factor itself overflows for tiny weights.
    let shift = 62 - exponent(largest);
    let (first, second) = (shift / 2, shift - shift / 2);
    let scaled = |w: f64| w * 2f64.powi(first) * 2f64.powi(second);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within [0, 2^63)")]
    Ok(weights.iter().map(|w| scaled(*w) as u64).collect())
}

/// The power of two at or just below a positive number.
fn exponent(value: f64) -> i32 {
    let bits = (value.to_bits() >> 52) & 0x7ff;
    match i32::try_from(bits).expect("eleven bits") {
        0 => {
            // Subnormal: count from the mantissa's highest bit.
            let mantissa = value.to_bits() & ((1 << 52) - 1);
            -1_075 + (64 - i32::try_from(mantissa.leading_zeros()).expect("at most 64"))
        }
        biased => biased - 1_023,
    }
}

/// Merges every slice that is above zero and below `minimum` into the next one that trades (the last
/// into the one before it); the sum is unchanged. A total below the minimum stays in one slice.
#[must_use]
pub fn merge_below_minimum(slices: &[Qty], minimum: Qty) -> Vec<Qty> {
    let mut merged = vec![Qty::ZERO; slices.len()];
    let mut carried = Qty::ZERO;
    let mut last_kept = None;
    for (slot, slice) in slices.iter().enumerate() {
        let here = carried.saturating_add(*slice);
        if here >= minimum && here.is_positive() {
            merged[slot] = here;
            carried = Qty::ZERO;
            last_kept = Some(slot);
        } else {
            carried = here;
        }
    }
    if carried.is_positive() {
        // Nothing follows: to the last slice that is kept, or where the total ends.
        let slot = last_kept.unwrap_or(slices.len() - 1);
        merged[slot] = merged[slot].saturating_add(carried);
    }
    merged
}

/// Slices after a cap per slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capped {
    /// What each slot may trade.
    pub slices: Vec<Qty>,
    /// What no longer fits anywhere: to be reported, never dropped.
    pub unplaced: Qty,
}

/// Cuts every slice to its slot's cap and pushes the rest to later slots (X11).
///
/// # Errors
/// [`ModelError::DimensionMismatch`] unless there is one cap per slice.
pub fn cap_and_push_later(slices: &[Qty], caps: &[Qty]) -> Result<Capped, ModelError> {
    if slices.len() != caps.len() {
        return Err(ModelError::DimensionMismatch { left: slices.len(), right: caps.len() });
    }
    let mut carried = Qty::ZERO;
    let capped = slices
        .iter()
        .zip(caps)
        .map(|(slice, cap)| {
            let wanted = carried.saturating_add(*slice);
            let placed = wanted.min((*cap).max(Qty::ZERO));
            carried = wanted.less(placed);
            placed
        })
        .collect();
    Ok(Capped { slices: capped, unplaced: carried })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(slices: &[Qty]) -> Vec<i64> {
        slices.iter().map(|q| q.units()).collect()
    }

    fn shares(slices: &[i64]) -> Vec<Qty> {
        slices.iter().map(|u| Qty::from_units(*u)).collect()
    }

    #[test]
    fn ties_go_to_the_earlier_slot() {
        for (total, weights, expected) in [
            (1003, vec![1; 10], vec![101, 101, 101, 100, 100, 100, 100, 100, 100, 100]),
            (3, vec![1; 7], vec![1, 1, 1, 0, 0, 0, 0]),
            (777, vec![5, 0, 3, 0, 9], vec![229, 0, 137, 0, 411]),
            (0, vec![2, 3], vec![0, 0]),
            (i64::MAX, vec![u64::MAX, u64::MAX], vec![i64::MAX / 2 + 1, i64::MAX / 2]),
        ] {
            let got = largest_remainder(Qty::from_units(total), &weights).unwrap();
            assert_eq!(units(&got), expected, "{total} over {weights:?}");
        }
    }

    #[test]
    fn fractions_agree_with_whole_weights() {
        let total = Qty::from_units(12_345);
        for scale in [1.0, 1e-310, 1e300, 0.1] {
            let weights = [5.0 * scale, 0.0, 3.0 * scale, 9.0 * scale];
            let got = by_fractions(total, &weights).unwrap();
            assert_eq!(got, largest_remainder(total, &[5, 0, 3, 9]).unwrap(), "{scale}");
        }
    }

    #[test]
    fn what_cannot_be_shared_out_is_refused() {
        let ten = Qty::from_units(10);
        assert!(largest_remainder(ten, &[]).is_err());
        assert!(largest_remainder(ten, &[0, 0]).is_err());
        assert!(largest_remainder(Qty::from_units(-1), &[1]).is_err());
        for weights in [vec![], vec![0.0], vec![1.0, -1.0], vec![f64::NAN], vec![f64::INFINITY]] {
            assert!(by_fractions(ten, &weights).is_err(), "{weights:?}");
        }
    }

    #[test]
    fn small_slices_join_the_next_and_the_last_joins_the_one_before() {
        for (slices, expected) in [
            (vec![4, 4, 30, 6], vec![0, 0, 44, 0]),
            (vec![12, 9, 9, 12], vec![12, 0, 18, 12]),
            (vec![0, 10, 0, 3], vec![0, 13, 0, 0]),
            (vec![2, 3], vec![0, 5]),
            (vec![], vec![]),
        ] {
            let got = merge_below_minimum(&shares(&slices), Qty::from_units(10));
            assert_eq!(units(&got), expected, "{slices:?}");
        }
    }

    #[test]
    fn what_exceeds_its_cap_moves_later_and_the_rest_is_reported() {
        let got = cap_and_push_later(&shares(&[50, 10, 10]), &shares(&[20, 25, 20])).unwrap();
        assert_eq!((units(&got.slices), got.unplaced.units()), (vec![20, 25, 20], 5));
        assert!(cap_and_push_later(&shares(&[1]), &[]).is_err());
    }

    proptest! {
        #[test]
        fn sums_are_exact_and_parts_within_one_share(
            total in 0i64..2_000_000_000,
            weights in prop::collection::vec(0u64..10_000, 1..60),
        ) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let got = largest_remainder(Qty::from_units(total), &weights).unwrap();
            prop_assert_eq!(got.iter().map(|q| q.units()).sum::<i64>(), total);
            let sum: u64 = weights.iter().sum();
            for (slot, weight) in got.iter().zip(&weights) {
                let exact = total as f64 * *weight as f64 / sum as f64;
                prop_assert!(slot.units() >= 0 && (slot.units() as f64 - exact).abs() < 1.0 + 1e-6);
            }
            let merged = merge_below_minimum(&got, Qty::from_units(10));
            prop_assert_eq!(merged.iter().map(|q| q.units()).sum::<i64>(), total);
            if total >= 10 {
                prop_assert!(merged.iter().all(|q| q.is_zero() || q.units() >= 10));
            }
        }

        #[test]
        fn fractions_lose_no_share(
            total in 0i64..1_000_000_000,
            weights in prop::collection::vec(0.0..1.0f64, 1..60),
        ) {
            prop_assume!(weights.iter().any(|w| *w > 0.0));
            let got = by_fractions(Qty::from_units(total), &weights).unwrap();
            prop_assert_eq!(got.iter().map(|q| q.units()).sum::<i64>(), total);
        }
    }
}
