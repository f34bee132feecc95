//! Numbers, times and dates as the desk writes them.
//!
//! Digits are grouped by lakh (12,34,567.80), or in threes for who reads them so. L, Cr and Ar appear in titles and headers only, never
//! in a figure that is typed or signed. Nothing known is `-`, never 0. Every clock is Nepal's.

use std::cell::Cell;

use chrono::Datelike;

use crate::market::time::NS_PER_S;
use crate::market::{BikramSambat, Instrument, Money, Price, Qty, SessionDate, Tick, Timestamp};

/// What is written where nothing is known.
pub const MISSING: &str = "-";

/// How the digits of a whole number are grouped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Grouping {
    /// The last three, then pairs: `12,34,567`.
    #[default]
    Lakh,
    /// Threes: `1,234,567`.
    Western,
}

thread_local! {
    static GROUPING: Cell<Grouping> = const { Cell::new(Grouping::Lakh) };
}

/// Digits are grouped as somebody reads them for as long as this lives.
#[derive(Debug)]
#[must_use = "the grouping ends when this is dropped"]
pub struct Reading(Grouping);

/// Groups digits as the person at one terminal reads them, until the returned value is dropped.
///
/// It is set once around a picture or a key rather than handed to every figure: one that were
/// forgotten would be written in another person's style beside figures in theirs.
pub fn read_by(grouping: Grouping) -> Reading {
    Reading(GROUPING.replace(grouping))
}

impl Drop for Reading {
    fn drop(&mut self) {
        GROUPING.set(self.0);
    }
}

/// Groups digits as the reader is used to; by lakh unless told otherwise.
#[must_use]
pub fn grouped(magnitude: u64) -> String {
    let group = match GROUPING.get() {
        Grouping::Lakh => 2,
        Grouping::Western => 3,
    };
    let digits = magnitude.to_string();
    let split = digits.len().saturating_sub(3);
    let (head, tail) = digits.split_at(split);
    let mut out = String::with_capacity(digits.len() + 6);
    for (i, c) in head.chars().enumerate() {
        if i > 0 && (head.len() - i).is_multiple_of(group) {
            out.push(',');
        }
        out.push(c);
    }
    if !head.is_empty() {
        out.push(',');
    }
    out.push_str(tail);
    out
}

fn signed(negative: bool, magnitude: String) -> String {
    if negative { format!("-{magnitude}") } else { magnitude }
}

/// A quantity: `1,500`.
#[must_use]
pub fn qty(qty: Qty) -> String {
    signed(qty.units() < 0, grouped(qty.units().unsigned_abs()))
}

/// A quantity of at most `width` characters; beyond, in lakh or crore.
#[must_use]
pub fn qty_fit(value: Qty, width: usize) -> String {
    let whole = qty(value);
    if whole.len() <= width { whole } else { short(value.units()).replace(' ', "") }
}

/// An amount with paisa: `12,34,567.80`.
#[must_use]
pub fn money(amount: Money) -> String {
    let magnitude = amount.paisa().unsigned_abs();
    signed(amount.paisa() < 0, format!("{}.{:02}", grouped(magnitude / 100), magnitude % 100))
}

/// An amount with its sign always written: `+1,24,310.50`.
#[must_use]
pub fn money_signed(amount: Money) -> String {
    let sign = if amount.paisa() > 0 { "+" } else { "" };
    format!("{sign}{}", money(amount))
}

/// Whole rupees with the sign written, paisa dropped towards zero: for columns.
#[must_use]
pub fn rupees_signed(amount: Money) -> String {
    let magnitude = grouped(amount.paisa().unsigned_abs() / 100);
    let sign = if amount.paisa() > 0 { "+" } else { "" };
    format!("{sign}{}", signed(amount.paisa() <= -100, magnitude))
}

/// An amount in rupees with L, Cr or Ar and two decimals: titles and headers only.
#[must_use]
pub fn money_short(amount: Money) -> String {
    short(amount.paisa() / 100)
}

fn short(units: i64) -> String {
    let magnitude = units.unsigned_abs();
    let (divisor, name) = match magnitude {
        0..100_000 => return signed(units < 0, grouped(magnitude)),
        100_000..10_000_000 => (100_000, " L"),
        10_000_000..1_000_000_000 => (10_000_000, " Cr"),
        _ => (1_000_000_000, " Ar"),
    };
    let hundredths = magnitude / (divisor / 100);
    signed(units < 0, format!("{}.{:02}{name}", grouped(hundredths / 100), hundredths % 100))
}

/// How the prices of one instrument are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriceFormat {
    scale: u64,
    decimals: usize,
    /// Decimals dropped where they are zero because the tick never uses them.
    spare: u64,
    /// Quantity units per whole; 1 on NEPSE.
    qty_scale: u64,
}

impl PriceFormat {
    /// The decimals that the tick uses; those of the scale when there is no tick.
    #[must_use]
    pub fn new(scale: i64, tick: Option<Tick>) -> Self {
        let scale = scale.unsigned_abs().max(1);
        let all = scale.ilog10() as usize;
        let mut spare = 1;
        if let Some(tick) = tick {
            while spare * 10 <= scale && tick.units().unsigned_abs().is_multiple_of(spare * 10) {
                spare *= 10;
            }
        }
        // One decimal stays even where the tick is a whole rupee: a price is not a quantity.
        if all > 0 && spare == scale {
            spare /= 10;
        }
        Self { scale, decimals: all - spare.ilog10() as usize, spare, qty_scale: 1 }
    }

    /// For an instrument.
    #[must_use]
    pub fn of(instrument: &Instrument, tick: Option<Tick>) -> Self {
        let qty_scale = instrument.qty_scale.unsigned_abs().max(1);
        Self { qty_scale, ..Self::new(instrument.price_scale, tick.or(instrument.tick)) }
    }

    /// A price on the tick's decimals; a price between ticks shows all of them.
    #[must_use]
    pub fn text(self, price: Price) -> String {
        let units = price.units().unsigned_abs();
        let (whole, rest) = (grouped(units / self.scale), units % self.scale);
        let all = self.scale.ilog10() as usize;
        let body = if all == 0 {
            whole
        } else if rest.is_multiple_of(self.spare) {
            format!("{whole}.{:0width$}", rest / self.spare, width = self.decimals)
        } else {
            format!("{whole}.{rest:0all$}")
        };
        signed(price.units() < 0, body)
    }

    /// A quantity of at most `width` characters. Where an instrument is counted in parts of a whole, as many decimals as
    /// fit, rounded down; what is too small to be seen is said to be less than the smallest that can be.
    #[must_use]
    pub fn qty_fit(self, value: Qty, width: usize) -> String {
        if self.qty_scale == 1 {
            return qty_fit(value, width);
        }
        let units = value.units().unsigned_abs();
        let (whole, rest) = (units / self.qty_scale, units % self.qty_scale);
        let whole_text = signed(value.units() < 0, grouped(whole));
        let all = self.qty_scale.ilog10() as usize;
        let room = width.saturating_sub(whole_text.len() + 1).min(all);
        if room == 0 || rest == 0 {
            return qty_fit(Qty::from_units(i64::try_from(whole).unwrap_or(i64::MAX)), width);
        }
        let decimals = format!("{rest:0all$}");
        match decimals[..room].trim_end_matches('0') {
            "" if whole == 0 => format!("<.{:0>width$}", 1, width = room.min(width.saturating_sub(2)).max(1)),
            "" => whole_text,
            some => format!("{whole_text}.{some}"),
        }
    }

    /// What was traded in whole units of the currency, in L, Cr or Ar.
    #[must_use]
    pub fn turnover(self, amount: Money) -> String {
        let units = u128::from(self.scale) * u128::from(self.qty_scale);
        let whole = u128::from(amount.paisa().unsigned_abs()) / units.max(1);
        short(i64::try_from(whole).unwrap_or(i64::MAX))
    }

    /// A price, or `-`.
    #[must_use]
    pub fn option(self, price: Option<Price>) -> String {
        price.map_or_else(|| MISSING.to_owned(), |p| self.text(p))
    }
}

/// A change in basis points as per cent with its sign: `-0.46`; `-` if not known.
#[must_use]
pub fn percent(bps: Option<f64>) -> String {
    match bps.filter(|b| b.is_finite()) {
        Some(bps) if bps.abs() < 0.5 => "0.00".to_owned(),
        Some(bps) => format!("{:+.2}", bps / 100.0),
        None => MISSING.to_owned(),
    }
}

/// A probability: `.31`, `1.0`.
#[must_use]
pub fn probability(p: f64) -> String {
    let text = format!("{p:.2}");
    text.strip_prefix('0').map_or_else(|| "1.0".to_owned(), str::to_owned)
}

/// The time of day in Nepal: `13:42:07`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    at.nepal_time().format("%H:%M:%S").to_string()
}

/// The time of day in Nepal to the minute.
#[must_use]
pub fn clock_minutes(at: Timestamp) -> String {
    at.nepal_time().format("%H:%M").to_string()
}

/// `Fri 21 Aug 2026 = 5 Bhadra 2083`; a year outside the table says so.
#[must_use]
pub fn date_both(date: SessionDate) -> String {
    let gregorian = date.naive().format("%a %-d %b %Y");
    match BikramSambat::from_gregorian(date) {
        Some(bs) => {
            format!("{gregorian} = {} {} {}", bs.day, bs.month_name().unwrap_or(MISSING), bs.year)
        }
        None => format!("{gregorian} = BS year not in the table"),
    }
}

/// `Wed 26 Aug`.
#[must_use]
pub fn date_short(date: SessionDate) -> String {
    let month = date.naive().format("%b");
    format!("{} {} {month}", date.weekday(), date.naive().day())
}

/// An age in steps: nothing below 5 s, then 5, 15, 30 s, minutes, hours. So a quiet screen stays quiet.
#[must_use]
pub fn age(ns: i64) -> Option<String> {
    match ns / NS_PER_S {
        ..5 => None,
        5..15 => Some("5s".to_owned()),
        15..30 => Some("15s".to_owned()),
        30..60 => Some("30s".to_owned()),
        s @ 60..3_600 => Some(format!("{}m", s / 60)),
        s => Some(format!("{}h", s / 3_600)),
    }
}

/// An age that counts every second: for orders that wait for an answer.
#[must_use]
pub fn age_exact(ns: i64) -> String {
    let s = (ns / NS_PER_S).max(0);
    if s < 60 { format!("{s}s") } else { age(ns).unwrap_or_default() }
}

/// What is left, to the minute: `1:17`; the last minute by the second.
#[must_use]
pub fn countdown(ns: i64) -> String {
    let s = (ns / NS_PER_S).max(0);
    if s < 60 { format!("{s}s") } else { format!("{}:{:02}", s / 3_600, s % 3_600 / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_whole_are_written_as_decimals() {
        let coin = Instrument::foreign(crate::market::Symbol::new("BTCUSDT"), 100, 10_000_000);
        let format = PriceFormat::of(&coin, None);
        for (units, width, text) in [
            (30_000_000, 6, "3"),
            (3_000_000, 6, "0.3"),
            (12_345_678, 6, "1.2345"),
            (12_345_678_900, 6, "1,234"),
            (12_345_678_900, 7, "1,234.5"),
            (1, 6, "<.0001"),
            (10, 12, "0.000001"),
            (12_345_678_900_000, 6, "12.34L"),
            (-3_000_000, 6, "-0.3"),
            (0, 6, "0"),
        ] {
            assert_eq!(format.qty_fit(Qty::from_units(units), width), text, "{units} {width}");
        }
        let share = PriceFormat::new(100, None);
        assert_eq!(share.qty_fit(Qty::from_units(355_000), 6), qty_fit(Qty::from_units(355_000), 6));
        // 61,837.63 times 2.
        assert_eq!(format.turnover(Money::from_paisa(6_183_763 * 20_000_000)), "1.23 L");
    }

    #[test]
    fn digits_by_lakh() {
        for (paisa, want) in [
            (0, "0.00"),
            (-5, "-0.05"),
            (123_456_780, "12,34,567.80"),
            (-99_999, "-999.99"),
            (100_000, "1,000.00"),
            (10_000_000, "1,00,000.00"),
            (i64::MIN, "-92,23,37,20,36,85,47,758.08"),
        ] {
            assert_eq!(money(Money::from_paisa(paisa)), want);
        }
        assert_eq!(qty(Qty::from_units(i64::MIN)), "-92,23,37,20,36,85,47,75,808");
        for (rupees, want) in
            [(99_999, "99,999"), (124_310, "1.24 L"), (41_200_000, "4.12 Cr"), (2_810_000_000, "2.81 Ar")]
        {
            assert_eq!(money_short(Money::from_rupees(rupees).unwrap()), want);
        }
        assert_eq!(rupees_signed(Money::from_paisa(-50)), "0");
        assert_eq!(rupees_signed(Money::from_paisa(214_000)), "+2,140");
    }

    #[test]
    fn digits_in_threes_while_somebody_reads_them_so() {
        let amount = Money::from_paisa(123_456_780);
        {
            let _reading = read_by(Grouping::Western);
            assert_eq!(money(amount), "1,234,567.80");
            assert_eq!(qty(Qty::from_units(i64::MIN)), "-9,223,372,036,854,775,808");
            assert_eq!(PriceFormat::new(100, None).text(Price::from_units(12_345_678_900)), "123,456,789.00");
            {
                let _other = read_by(Grouping::Lakh);
                assert_eq!(money(amount), "12,34,567.80");
            }
            assert_eq!(money(amount), "1,234,567.80");
        }
        assert_eq!(money(amount), "12,34,567.80");
    }

    #[test]
    fn prices_show_the_decimals_of_their_tick() {
        for (scale, tick, units, want) in [
            (100, Some(10), 54_600, "546.0"),
            (100, Some(1), 1_003, "10.03"),
            (100, Some(100), 54_600, "546.0"),
            (100, None, 54_600, "546.00"),
            (100, Some(10), 54_175, "541.75"),
            (100, Some(10), 517_000, "5,170.0"),
            (1, None, 7, "7"),
            (10_000, Some(100), 5_853_300, "585.33"),
        ] {
            let format = PriceFormat::new(scale, tick.and_then(Tick::new));
            assert_eq!(format.text(Price::from_units(units)), want, "{scale} {tick:?}");
        }
    }

    #[test]
    fn ages_move_in_steps() {
        for (s, want) in [
            (4, None),
            (5, Some("5s")),
            (14, Some("5s")),
            (29, Some("15s")),
            (59, Some("30s")),
            (3_600, Some("1h")),
        ] {
            assert_eq!(age(s * NS_PER_S).as_deref(), want, "{s}");
        }
        assert_eq!(countdown(4_620 * NS_PER_S), "1:17");
        assert_eq!(
            (probability(0.314), probability(1.0), probability(0.0)),
            (".31".into(), "1.0".into(), ".00".into())
        );
        assert_eq!(
            (percent(Some(-46.2)), percent(Some(0.2)), percent(None)),
            ("-0.46".into(), "0.00".into(), "-".into())
        );
    }

    #[test]
    fn dates_in_both_calendars() {
        assert_eq!(date_both("2026-08-21".parse().unwrap()), "Fri 21 Aug 2026 = 5 Bhadra 2083");
        assert_eq!(date_both("2031-08-21".parse().unwrap()), "Thu 21 Aug 2031 = BS year not in the table");
    }
}
