//! When a trade settles, and when its shares can be sold again.

use super::{ALWAYS, Dated, RuleError};
use crate::market::{Calendar, CalendarError, Confidence, Money, SessionDate, SessionDay};

static SESSIONS: Dated<u32> = Dated(&[(ALWAYS, 3), (20_210_124, 2)]);

/// Sessions after the trade date in which bought shares can first be sold, by default. Shares are
/// sellable once they are in the account, in practice the session after settlement (medium
/// confidence; market rules, section 4). Two is allowed by configuration.
pub const DEFAULT_RESALE_SESSIONS: u32 = 3;

/// Sessions from trade to settlement: three to 2021-01-23, two from 2021-01-24 (market rules,
/// section 4, high confidence).
#[must_use]
pub fn settlement_sessions(date: SessionDate) -> u32 {
    SESSIONS.on(date).copied().expect("the table holds from the beginning")
}

/// The dates that follow from a trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// The buyer pays and the seller delivers by the end of this session. Known since 2021-01-24
    /// only.
    pub pay_in: Option<SessionDay>,
    /// The trade settles.
    pub settles: SessionDay,
    /// What to plan with: the settlement date, or two sessions more while a holiday may still be
    /// declared on the way (X16).
    pub conservative: SessionDay,
    /// The first session in which bought shares can be sold.
    pub resale: SessionDay,
}

/// Counts the dates of a trade on the exchange calendar. `resale_sessions` is
/// [`DEFAULT_RESALE_SESSIONS`] unless configured; shares are never sellable before they settle.
///
/// # Errors
/// [`CalendarError::NotASession`] if there was no session to trade in,
/// [`CalendarError::NotAvailable`] where the calendar ends.
pub fn settlement(
    calendar: &Calendar,
    trade_date: SessionDate,
    resale_sessions: u32,
) -> Result<Settlement, CalendarError> {
    if !calendar.is_session(trade_date)? {
        return Err(CalendarError::NotASession { date: trade_date });
    }
    let n = settlement_sessions(trade_date);
    let settles = calendar.add_sessions(trade_date, n)?;
    let conservative = match settles.confidence {
        Confidence::Observed => settles,
        Confidence::Provisional => calendar.add_sessions(trade_date, n + 2)?,
    };
    Ok(Settlement {
        pay_in: if n == 2 { Some(calendar.next_session(trade_date)?) } else { None },
        settles,
        conservative,
        resale: calendar.add_sessions(trade_date, resale_sessions.max(n))?,
    })
}

/// What an undelivered sale costs the seller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CloseOut {
    /// Paid by the seller: 20 % of the value.
    pub fine: Money,
    /// The part of the fine that goes to the state: a quarter.
    pub to_state: Money,
    /// The part of the fine that goes to the buyer: the rest.
    pub to_buyer: Money,
}

/// The close-out of an undelivered sale of this value; each line to the nearest paisa, half up
/// (market rules, section 4, high confidence).
///
/// # Errors
/// [`RuleError::OutOfDomain`] if the value is negative.
pub fn close_out(value: Money) -> Result<CloseOut, RuleError> {
    let refuse = || RuleError::OutOfDomain { rule: "close-out", name: "value", value: value.paisa() };
    if value < Money::ZERO {
        return Err(refuse());
    }
    let fine = value.scaled_half_up(20, 100).ok_or_else(refuse)?;
    let to_state = fine.scaled_half_up(1, 4).ok_or_else(refuse)?;
    let to_buyer = fine.checked_sub(to_state).ok_or_else(refuse)?;
    Ok(CloseOut { fine, to_state, to_buyer })
}

#[cfg(test)]
mod tests {
    use super::super::day;
    use super::*;

    #[test]
    fn settlement_counts_sessions_of_the_calendar() {
        assert!(SESSIONS.is_ordered());
        let calendar = Calendar::embedded();
        for (trade, pay_in, settles, resale) in [
            ("2021-01-21", None, "2021-01-26", "2021-01-26"), // T+3, over Friday and Saturday
            ("2021-01-24", Some("2021-01-25"), "2021-01-26", "2021-01-27"),
            ("2024-07-02", Some("2024-07-03"), "2024-07-04", "2024-07-07"),
            ("2025-09-08", Some("2025-09-18"), "2025-09-21", "2025-09-23"), // over a closure and a holiday
            ("2026-04-09", Some("2026-04-10"), "2026-04-13", "2026-04-15"), // no Sundays, and a new year
        ] {
            let got = settlement(calendar, day(trade), DEFAULT_RESALE_SESSIONS).unwrap();
            assert_eq!(got.pay_in.map(|d| d.date), pay_in.map(day), "{trade}");
            assert_eq!(got.settles.date, day(settles), "{trade}");
            assert_eq!(got.conservative, got.settles, "{trade}");
            assert_eq!(got.resale.date, day(resale), "{trade}");
        }
    }

    #[test]
    fn a_date_nobody_observed_is_planned_two_sessions_later() {
        let calendar = Calendar::embedded();
        let got = settlement(calendar, day("2026-08-20"), 2).unwrap();
        assert_eq!(got.settles, SessionDay { date: day("2026-08-24"), confidence: Confidence::Provisional });
        assert_eq!(got.conservative.date, day("2026-08-26"));
        assert_eq!(got.resale.date, day("2026-08-24"));
    }

    #[test]
    fn no_trade_without_a_session() {
        let calendar = Calendar::embedded();
        assert!(matches!(settlement(calendar, day("2024-07-05"), 3), Err(CalendarError::NotASession { .. })));
        assert!(matches!(
            settlement(calendar, day("2026-12-31"), 3),
            Err(CalendarError::NotAvailable { .. })
        ));
        assert!(settlement(calendar, day("2024-07-02"), u32::MAX).is_err());
    }

    #[test]
    fn the_fine_is_shared_out_whole() {
        let got = close_out(Money::from_paisa(1_000_003)).unwrap();
        assert_eq!(got.fine.paisa(), 200_001); // 200,000.6
        assert_eq!((got.to_state.paisa(), got.to_buyer.paisa()), (50_000, 150_001));
        assert!(close_out(Money::from_paisa(-1)).is_err());
    }
}
