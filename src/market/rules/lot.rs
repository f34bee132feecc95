//! Board lots, odd lots, and the largest order.
//!
//! The lot is a minimum, not a multiple: 13 shares may be ordered, 9 may not (outside the odd-lot
//! market).

use super::RuleError;
use crate::market::{InstrumentKind, Qty, SessionDate};

/// The largest quantity of one order. It is set per security by the exchange; this is the usual
/// value and the default where the security's own is not known (medium confidence; market rules,
/// section 2).
pub const MAX_ORDER_QTY: Qty = Qty::from_units(100_000);

/// The smallest print that enters a day's bars, of any kind of instrument.
pub const BAR_MIN_QTY: Qty = Qty::from_units(10);

/// The smallest quantity of an order on the main market: 10 units, or 100 units of a fund (face
/// value NPR 10). No date of change is known. The 10 of debentures and bonds (face value NPR
/// 1,000) is assumed. Source: market rules, section 2 (high confidence).
///
/// # Errors
/// [`RuleError::NotListed`] for an instrument of another market.
pub fn minimum_lot(kind: InstrumentKind) -> Result<Qty, RuleError> {
    super::listed("board lot", kind)?;
    Ok(Qty::from_units(if kind == InstrumentKind::MutualFund { 100 } else { 10 }))
}

/// The market a quantity belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lot {
    /// The main market.
    Board,
    /// The odd-lot market: its prints move neither the last price nor the band nor the index.
    Odd,
}

/// Which market a quantity belongs to. The remainder of a partial fill may print below the
/// minimum on the main market too, so a small print is not proof of an odd-lot trade.
///
/// # Errors
/// [`RuleError::OutOfDomain`] unless the quantity is positive; [`RuleError::NotListed`].
pub fn lot_of(kind: InstrumentKind, qty: Qty) -> Result<Lot, RuleError> {
    if !qty.is_positive() {
        return Err(RuleError::OutOfDomain { rule: "board lot", name: "quantity", value: qty.units() });
    }
    Ok(if qty < minimum_lot(kind)? { Lot::Odd } else { Lot::Board })
}

/// Whether selling `sale` of `held` as an odd lot splits a full lot off, which a directive of
/// 2022-05-09 forbids. Its enforcement is unclear: a reason to warn, not to deny (market rules,
/// section 2).
///
/// # Errors
/// As [`lot_of`].
pub fn splits_full_lot(
    kind: InstrumentKind,
    held: Qty,
    sale: Qty,
    date: SessionDate,
) -> Result<bool, RuleError> {
    let in_force = SessionDate::new(2022, 5, 9).is_some_and(|from| date >= from);
    Ok(lot_of(kind, sale)? == Lot::Odd && held >= minimum_lot(kind)? && in_force)
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    #[test]
    fn the_lot_is_a_minimum_and_not_a_multiple() {
        for (kind, qty, lot) in [
            (InstrumentKind::Equity, 9, Some(Lot::Odd)),
            (InstrumentKind::Equity, 10, Some(Lot::Board)),
            (InstrumentKind::Equity, 13, Some(Lot::Board)),
            (InstrumentKind::MutualFund, 99, Some(Lot::Odd)),
            (InstrumentKind::MutualFund, 101, Some(Lot::Board)),
            (InstrumentKind::Debenture, 10, Some(Lot::Board)),
            (InstrumentKind::Equity, 0, None),
            (InstrumentKind::Equity, -5, None),
            (InstrumentKind::Foreign, 10, None),
        ] {
            assert_eq!(lot_of(kind, Qty::from_units(qty)).ok(), lot, "{kind:?} {qty}");
        }
    }

    #[test]
    fn a_full_lot_is_not_split() {
        for (held, sale, date, splits) in [
            (25, 5, "2024-07-02", true),
            (25, 15, "2024-07-02", false),
            (9, 9, "2024-07-02", false),
            (25, 5, "2022-05-08", false),
        ] {
            let got = splits_full_lot(
                InstrumentKind::Equity,
                Qty::from_units(held),
                Qty::from_units(sale),
                day(date),
            );
            assert_eq!(got, Ok(splits), "{sale} of {held} on {date}");
        }
    }
}
