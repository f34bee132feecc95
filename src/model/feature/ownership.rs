//! Who owns a company: promoter and free-float shares, concentration (C10).

use crate::market::Qty;
use crate::model::ModelError;

/// Shares by kind of holder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnershipRatios {
    /// Promoter shares over all listed shares, in [0, 1].
    pub promoter: f64,
    /// Free float over all listed shares, in [0, 1].
    pub free_float: f64,
}

fn shares(qty: Qty) -> f64 {
    qty.units() as f64
}

fn check_total(total: Qty) -> Result<f64, ModelError> {
    if total.is_positive() {
        return Ok(shares(total));
    }
    Err(ModelError::OutOfDomain { name: "listed shares", value: shares(total), domain: "above 0" })
}

fn check_part(name: &'static str, part: Qty, total: Qty) -> Result<f64, ModelError> {
    if (0..=total.units()).contains(&part.units()) {
        return Ok(shares(part));
    }
    Err(ModelError::OutOfDomain { name, value: shares(part), domain: "0 up to the listed shares" })
}

/// Promoter and free-float ratios; the denominator of both is the total listed.
///
/// # Errors
/// No listed shares, or a part that is negative or above them.
pub fn ownership(total: Qty, promoter: Qty, free_float: Qty) -> Result<OwnershipRatios, ModelError> {
    let all = check_total(total)?;
    Ok(OwnershipRatios {
        promoter: check_part("promoter shares", promoter, total)? / all,
        free_float: check_part("free float", free_float, total)? / all,
    })
}

/// How concentrated the disclosed holdings are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// Herfindahl index if the undisclosed rest is infinitely dispersed.
    pub herfindahl_low: f64,
    /// And if the rest sits in holders as large as the smallest disclosed one.
    pub herfindahl_high: f64,
    /// The three largest holders over all listed shares.
    pub top3: f64,
}

/// Concentration over disclosed holders in any order, with the total listed as denominator.
///
/// # Errors
/// No listed shares, no holders, a holding that is negative, or holdings above the total.
pub fn concentration(total: Qty, holders: &[Qty]) -> Result<Concentration, ModelError> {
    let all = check_total(total)?;
    if holders.is_empty() {
        return Err(ModelError::EmptyInput);
    }
    let mut parts: Vec<f64> = holders
        .iter()
        .map(|holder| check_part("holding", *holder, total).map(|part| part / all))
        .collect::<Result<_, _>>()?;
    let sum: i128 = holders.iter().map(|holder| i128::from(holder.units())).sum();
    if sum > i128::from(total.units()) {
        let value = parts.iter().sum::<f64>() * all;
        return Err(ModelError::OutOfDomain { name: "holdings", value, domain: "at most the listed shares" });
    }
    parts.sort_by(|a, b| b.total_cmp(a));
    let low: f64 = parts.iter().map(|part| part * part).sum();
    let rest = (1.0 - parts.iter().sum::<f64>()).max(0.0);
    let smallest = parts.last().copied().unwrap_or(0.0);
    Ok(Concentration {
        herfindahl_low: low,
        herfindahl_high: low + rest * smallest,
        top3: parts.iter().take(3).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qty(units: i64) -> Qty {
        Qty::from_units(units)
    }

    #[test]
    fn one_disclosed_holder_is_not_total_concentration() {
        let found = concentration(qty(1000), &[qty(100)]).unwrap();
        assert!((found.herfindahl_low - 0.01).abs() < 1e-15);
        assert!((found.herfindahl_high - 0.10).abs() < 1e-15);
    }

    #[test]
    fn the_three_largest_are_found_in_any_order() {
        let found = concentration(qty(1000), &[qty(50), qty(300), qty(10), qty(200)]).unwrap();
        assert!((found.top3 - 0.55).abs() < 1e-15);
        assert!(found.herfindahl_low <= found.herfindahl_high && found.herfindahl_high <= 1.0);
    }

    #[test]
    fn shares_that_do_not_add_up_are_refused() {
        assert!(ownership(qty(0), qty(0), qty(0)).is_err());
        assert!(ownership(qty(100), qty(101), qty(0)).is_err());
        assert!(ownership(qty(100), qty(51), qty(-1)).is_err());
        assert!(concentration(qty(100), &[qty(60), qty(41)]).is_err());
        assert!(concentration(qty(100), &[]).is_err());
        let whole = ownership(qty(100), qty(51), qty(49)).unwrap();
        assert_eq!((whole.promoter, whole.free_float), (0.51, 0.49));
    }
}
