//! How bonus shares, rights and dividends change a price series and a holding.
//!
//! Terms and factors are exact ratios of whole numbers; a price is rounded once, at the end, by a
//! named rule. Factors apply to prices *before* the first session without the right (R2). Who
//! is entitled is decided by the trade date: whoever holds at the close of the session before
//! book closure (market rules, section 4). This file does not decide *when* an action is known;
//! that is the store's business (R1).

use super::{Calendar, CalendarError, Money, Price, Qty, SessionDate, SessionDay};

/// Why an action cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// Terms that contradict themselves, or a result that does not fit.
    #[error("{name} cannot be {value}")]
    OutOfDomain {
        /// Which value.
        name: &'static str,
        /// The value.
        value: i64,
    },
}

fn out_of_domain(name: &'static str, value: i64) -> ActionError {
    ActionError::OutOfDomain { name, value }
}

/// A ratio of whole numbers, in lowest terms. The denominator is positive, the numerator not
/// negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ratio {
    num: i64,
    den: i64,
}

impl Ratio {
    /// One to one: nothing changes.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den`; `None` unless `num` is not negative and `den` is positive.
    #[must_use]
    pub fn new(num: i64, den: i64) -> Option<Self> {
        Self::reduced(num.into(), den.into())
    }

    /// A percentage in hundredths of a per cent: `2_000` is 20 %, as announcements give it.
    #[must_use]
    pub fn from_percent_e2(percent_e2: i64) -> Option<Self> {
        Self::new(percent_e2, 10_000)
    }

    /// The numerator in lowest terms.
    #[must_use]
    pub const fn num(self) -> i64 {
        self.num
    }

    /// The denominator in lowest terms.
    #[must_use]
    pub const fn den(self) -> i64 {
        self.den
    }

    /// The product, as for several actions with one ex-date; `None` on overflow.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let num = i128::from(self.num) * i128::from(other.num);
        Self::reduced(num, i128::from(self.den) * i128::from(other.den))
    }

    /// One divided by this; `None` for zero.
    #[must_use]
    pub fn inverse(self) -> Option<Self> {
        Self::new(self.den, self.num)
    }

    fn reduced(num: i128, den: i128) -> Option<Self> {
        if num < 0 || den <= 0 {
            return None;
        }
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { num: i64::try_from(num / a).ok()?, den: i64::try_from(den / a).ok()? })
    }
}

/// What a company does to its shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CorporateAction {
    /// Each share becomes this many.
    Split(Ratio),
    /// New shares for nothing, per share held: 20 % is one fifth.
    Bonus(Ratio),
    /// New shares offered at a price, per share held.
    Rights {
        /// Shares offered per share held.
        offered: Ratio,
        /// What each costs.
        issue_price: Price,
    },
    /// Cash per share. The price series stays as it is; only the total-return series moves.
    CashDividend(Price),
}

/// What an action does to the past of a series.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Factors {
    /// Multiplies prices before the ex-date.
    pub price: Ratio,
    /// Multiplies volumes before the ex-date, and holdings on it. For rights this is the inverse of
    /// the price factor and says nothing about the holding, which grows only by what is subscribed.
    pub volume: Ratio,
    /// Multiplies prices of the total-return series before the ex-date.
    pub total_return: Ratio,
    /// A rights offer at or above the market: nothing moves, and it should be looked at.
    pub rights_without_value: bool,
}

impl CorporateAction {
    /// The factors, given the last close with the right (needed for rights and dividends).
    ///
    /// Split 1:k: `1/k`. Bonus b: `1/(1+b)`. Rights n at S: `(P + nS) / (P (1+n))`, or 1 if S
    /// reaches P. Cash d: price unchanged, total return `1 - d/P` (R2; no price adjustment for cash
    /// was seen on the exchange).
    ///
    /// # Errors
    /// [`ActionError::OutOfDomain`] for terms that are not positive, a dividend that reaches the
    /// price, or a factor that does not fit.
    pub fn factors(self, last_cum_close: Price) -> Result<Factors, ActionError> {
        let close = last_cum_close.units();
        if close <= 0 {
            return Err(out_of_domain("last close with the right", close));
        }
        match self {
            Self::Split(k) => Factors::of_shares(k).ok_or_else(|| out_of_domain("split ratio", k.num)),
            Self::Bonus(b) if b.num > 0 => {
                let grown = Ratio::reduced(i128::from(b.num) + i128::from(b.den), b.den.into());
                grown.and_then(Factors::of_shares).ok_or_else(|| out_of_domain("bonus ratio", b.num))
            }
            Self::Bonus(b) => Err(out_of_domain("bonus ratio", b.num)),
            Self::Rights { offered, issue_price } => rights(close, offered, issue_price.units()),
            Self::CashDividend(cash) => {
                let cash = cash.units();
                let left = if (0..close).contains(&cash) { Ratio::new(close - cash, close) } else { None };
                let total_return = left.ok_or_else(|| out_of_domain("dividend", cash))?;
                Ok(Factors { total_return, ..Factors::NONE })
            }
        }
    }
}

impl Factors {
    /// Nothing moves.
    pub const NONE: Self =
        Self { price: Ratio::ONE, volume: Ratio::ONE, total_return: Ratio::ONE, rights_without_value: false };

    fn of_shares(volume: Ratio) -> Option<Self> {
        let price = volume.inverse()?;
        (volume.num > 0).then_some(Self { price, volume, total_return: price, rights_without_value: false })
    }

    /// Both, for actions that share an ex-date. Apply them in the order cash, bonus or split,
    /// rights, each on the price the one before left; `None` on overflow.
    #[must_use]
    pub fn then(self, next: Self) -> Option<Self> {
        Some(Self {
            price: self.price.times(next.price)?,
            volume: self.volume.times(next.volume)?,
            total_return: self.total_return.times(next.total_return)?,
            rights_without_value: self.rights_without_value || next.rights_without_value,
        })
    }
}

fn rights(close: i64, offered: Ratio, issue: i64) -> Result<Factors, ActionError> {
    if offered.num <= 0 {
        return Err(out_of_domain("rights ratio", offered.num));
    }
    if issue < 0 {
        return Err(out_of_domain("issue price", issue));
    }
    if issue >= close {
        return Ok(Factors { rights_without_value: true, ..Factors::NONE });
    }
    let (n, d) = (i128::from(offered.num), i128::from(offered.den));
    let worth = i128::from(close) * d + i128::from(issue) * n;
    let whole = i128::from(close) * (d + n);
    let price = Ratio::reduced(worth, whole).ok_or_else(|| out_of_domain("rights ratio", offered.num))?;
    let volume = price.inverse().ok_or_else(|| out_of_domain("rights ratio", offered.num))?;
    Ok(Factors { price, volume, total_return: price, rights_without_value: false })
}

/// A price before an action as it reads after it: to the nearest paisa, half up. `None` on
/// overflow.
#[must_use]
pub fn adjusted_price(price: Price, factor: Ratio) -> Option<Price> {
    let paisa = Money::from_paisa(price.units()).scaled_half_up(factor.num, factor.den)?;
    Some(Price::from_units(paisa.paisa()))
}

/// What a holding gives when shares are issued on it: whole shares, rounded down; fractions are
/// paid out or kept by the company. `None` for a negative holding or on overflow.
#[must_use]
pub fn shares_issued(held: Qty, per_share: Ratio) -> Option<Qty> {
    let product = i128::from(held.units()) * i128::from(per_share.num);
    let shares = i64::try_from(product / i128::from(per_share.den)).ok()?;
    (shares >= 0).then_some(Qty::from_units(shares))
}

/// The last session whose holders are entitled: the one before book closure. The trade date
/// counts, not settlement.
///
/// # Errors
/// [`CalendarError::NotAvailable`] where the calendar does not reach.
pub fn last_entitled_session(
    calendar: &Calendar,
    book_closure: SessionDate,
) -> Result<SessionDay, CalendarError> {
    calendar.previous_session(book_closure)
}

/// The first session without the right: the day of book closure, or the first session after it.
///
/// # Errors
/// [`CalendarError::NotAvailable`] where the calendar does not reach.
pub fn ex_date(calendar: &Calendar, book_closure: SessionDate) -> Result<SessionDay, CalendarError> {
    calendar.add_sessions(book_closure, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(num: i64, den: i64) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    fn price(text: &str) -> Price {
        Price::parse(text, 100).unwrap()
    }

    #[test]
    fn prices_adjust_by_exact_factors() {
        let percent = |p: i64| Ratio::from_percent_e2(p * 100).unwrap();
        let rights = |n, d, s: &str| CorporateAction::Rights { offered: ratio(n, d), issue_price: price(s) };
        for (action, close, factor, adjusted) in [
            (CorporateAction::Bonus(percent(10)), "327", (10, 11), "297.27"),
            (CorporateAction::Bonus(percent(20)), "645", (5, 6), "537.50"),
            (CorporateAction::Bonus(Ratio::from_percent_e2(3_350).unwrap()), "1000", (200, 267), "749.06"),
            (CorporateAction::Split(ratio(10, 1)), "1000", (1, 10), "100"),
            (rights(1, 2, "100"), "400", (3, 4), "300"), // (400 + 50) / 1.5
            (rights(1, 1, "100"), "400", (5, 8), "250"),
            (rights(1, 1, "400"), "400", (1, 1), "400"), // worth nothing
            (CorporateAction::CashDividend(price("15")), "645", (1, 1), "645"),
        ] {
            let got = action.factors(price(close)).unwrap();
            assert_eq!((got.price.num(), got.price.den()), factor, "{action:?}");
            assert_eq!(adjusted_price(price(close), got.price), Some(price(adjusted)), "{action:?}");
            assert_eq!(got.price.times(got.volume), Some(Ratio::ONE), "{action:?}");
        }
        assert!(rights(1, 1, "400").factors(price("400")).unwrap().rights_without_value);
    }

    #[test]
    fn a_cash_dividend_moves_the_total_return_only() {
        let got = CorporateAction::CashDividend(price("40")).factors(price("400")).unwrap();
        assert_eq!((got.price, got.total_return), (Ratio::ONE, ratio(9, 10)));
    }

    #[test]
    fn actions_of_one_ex_date_multiply() {
        let cash = CorporateAction::CashDividend(price("15")).factors(price("645")).unwrap();
        let bonus = CorporateAction::Bonus(ratio(1, 5)).factors(price("645")).unwrap();
        let both = cash.then(bonus).unwrap();
        assert_eq!(both.price, ratio(5, 6)); // a pure bonus factor
        assert_eq!(both.total_return, ratio(630 * 5, 645 * 6));
    }

    #[test]
    fn contradictory_terms_are_refused() {
        let rights =
            |n, s| CorporateAction::Rights { offered: ratio(n, 1), issue_price: Price::from_units(s) };
        for (action, close) in [
            (CorporateAction::Bonus(ratio(0, 1)), 100),
            (CorporateAction::Split(ratio(0, 1)), 100),
            (CorporateAction::CashDividend(Price::from_units(100)), 100),
            (CorporateAction::CashDividend(Price::from_units(-1)), 100),
            (rights(0, 10), 100),
            (rights(1, -1), 100),
            (CorporateAction::Bonus(ratio(1, 1)), 0),
            (CorporateAction::Bonus(ratio(1, 1)), -5),
        ] {
            assert!(action.factors(Price::from_units(close)).is_err(), "{action:?} at {close}");
        }
        assert_eq!(Ratio::new(1, 0), None);
        assert_eq!(Ratio::new(-1, 2), None);
        assert_eq!(ratio(i64::MAX, 1).times(ratio(i64::MAX, 1)), None);
    }

    #[test]
    fn new_shares_are_whole() {
        for (held, num, den, issued) in [(105, 1, 10, 10), (9, 1, 10, 0), (1_000, 67, 200, 335)] {
            assert_eq!(shares_issued(Qty::from_units(held), ratio(num, den)), Some(Qty::from_units(issued)));
        }
        assert_eq!(shares_issued(Qty::from_units(-10), ratio(1, 1)), None);
    }

    #[test]
    fn entitlement_ends_with_the_session_before_book_closure() {
        let day = |text: &str| text.parse::<SessionDate>().unwrap();
        let calendar = Calendar::embedded();
        for (closure, last, ex) in [
            ("2020-12-30", "2020-12-29", "2020-12-30"),
            ("2024-07-05", "2024-07-04", "2024-07-07"), // a Friday
            ("2025-09-10", "2025-09-08", "2025-09-18"), // inside the closure of September 2025
        ] {
            assert_eq!(last_entitled_session(calendar, day(closure)).unwrap().date, day(last), "{closure}");
            assert_eq!(ex_date(calendar, day(closure)).unwrap().date, day(ex), "{closure}");
        }
    }
}
