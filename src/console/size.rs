//! Order sizes in the trader's words, and the presets that `[` and `]` go through.
//!
//! A size is shares (`100`), rupees (`2L`, `1.5L`), a part of what can be sold (`50%`), a part of an
//! average day's volume (`3%adv`), or `all` that can be sold. Which presets there are depends on what is
//! traded: a hundred shares at 30 rupees and a hundred at 5,000 are different orders.

use std::collections::BTreeMap;

use super::format;
use super::preview::Facts;
use crate::market::{InstrumentKind, Money, Price, Qty};

/// Parts per hundred are kept in hundredths of a per cent.
const WHOLE: i64 = 10_000;

/// A size as a trader says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// So many shares.
    Shares(i64),
    /// As many whole lots as an amount buys at the limit.
    Rupees(Money),
    /// So many hundredths of a per cent of what can be sold.
    Sellable(i64),
    /// So many hundredths of a per cent of the average daily volume, in whole lots.
    Adv(i64),
    /// All that can be sold.
    All,
}

impl Size {
    /// What a text says. Read from the digits, never through a float.
    ///
    /// # Errors
    /// Why it is no size, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(lakhs) = text.strip_suffix('l') {
            let paisa = Price::parse(lakhs, 100).ok().and_then(|p| p.units().checked_mul(100_000));
            return paisa
                .filter(|p| *p > 0)
                .map(|p| Self::Rupees(Money::from_paisa(p)))
                .ok_or_else(|| format!("`{text}` is no amount"));
        }
        if let Some(percent) = text.strip_suffix("%adv") {
            return percent_of(percent)
                .map(Self::Adv)
                .ok_or_else(|| format!("`{text}` is no share of the volume"));
        }
        if let Some(percent) = text.strip_suffix('%') {
            return percent_of(percent)
                .filter(|p| *p <= WHOLE)
                .map(Self::Sellable)
                .ok_or_else(|| format!("`{text}` is no part of what can be sold"));
        }
        let shares = Price::parse(&text, 1).map_err(|_| format!("`{text}` is no number of shares"))?;
        Ok(Self::Shares(shares.units()))
    }

    /// Shares, at a limit where one is needed.
    ///
    /// # Errors
    /// Why there is no such number of shares now, in words.
    pub fn qty(self, limit: Option<Price>, facts: &Facts<'_>) -> Result<Qty, String> {
        let sellable = || Some(facts.sellable()).filter(|q| q.is_positive()).ok_or("nothing sellable");
        match self {
            Self::Shares(n) => Ok(Qty::from_units(n)),
            Self::All => Ok(sellable()?),
            Self::Sellable(part) => {
                let shares = part_of(sellable()?.units(), part);
                shares.map(Qty::from_units).ok_or_else(|| "less than one share".to_owned())
            }
            Self::Rupees(amount) => {
                let price = limit.ok_or("a size in rupees needs a limit first")?;
                shares_for(amount, price, facts.lot).ok_or_else(|| "less than one lot".to_owned())
            }
            Self::Adv(part) => {
                let adv = facts.adv().ok_or("the average daily volume is not known")?;
                let lot = facts.lot.units().max(1);
                let shares = part_of(adv, part).map(|n| n / lot * lot).filter(|n| *n > 0);
                shares.map(Qty::from_units).ok_or_else(|| "less than one lot".to_owned())
            }
        }
    }

    /// As it is shown and typed: `500`, `1L`, `3%adv`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Shares(n) => format::qty(Qty::from_units(n)),
            Self::Rupees(amount) => format!("{}L", hundredths(amount.paisa() / 100_000)),
            Self::Sellable(part) => format!("{}%", hundredths(part)),
            Self::Adv(part) => format!("{}%adv", hundredths(part)),
            Self::All => "all".to_owned(),
        }
    }
}

/// Above 0, at most two decimals, in hundredths.
fn percent_of(text: &str) -> Option<i64> {
    Price::parse(text, 100).ok().map(Price::units).filter(|p| *p > 0)
}

fn part_of(whole: i64, part: i64) -> Option<i64> {
    let shares = i128::from(whole) * i128::from(part) / i128::from(WHOLE);
    i64::try_from(shares).ok().filter(|n| *n > 0)
}

/// `250` hundredths as `2.5`.
fn hundredths(n: i64) -> String {
    let text = format!("{}.{:02}", n / 100, n % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The whole lots that an amount buys at a price, charges not counted.
#[must_use]
pub fn shares_for(amount: Money, price: Price, lot: Qty) -> Option<Qty> {
    let lot = lot.units().max(1);
    if !price.is_positive() {
        return None;
    }
    let shares = amount.paisa() / price.units() / lot * lot;
    (shares > 0).then_some(Qty::from_units(shares))
}

/// What is traded, as far as the usual size of an order depends on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SizeClass {
    /// Ordinary shares.
    Shares,
    /// Ordinary shares at or above the price from which they are dear.
    DearShares,
    /// Promoter shares.
    Promoter,
    /// Units of closed-end funds.
    MutualFund,
    /// Debentures and bonds.
    Debenture,
}

impl SizeClass {
    /// Every class with its name in `himal.toml`.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Shares, "shares"),
        (Self::DearShares, "dear_shares"),
        (Self::Promoter, "promoter"),
        (Self::MutualFund, "mutual_fund"),
        (Self::Debenture, "debenture"),
    ];
}

impl SizeClass {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }
}

/// The presets by class, as configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SizeTable {
    /// From this price (the close before) ordinary shares are dear.
    pub dear_from: Price,
    /// Presets, smallest first; a class that is not here has those of ordinary shares.
    pub presets: BTreeMap<SizeClass, Vec<Size>>,
}

impl Default for SizeTable {
    fn default() -> Self {
        use Size::{Rupees, Shares};
        let lakh = Rupees(Money::from_paisa(10_000_000));
        let five = Rupees(Money::from_paisa(50_000_000));
        let presets = [
            (SizeClass::Shares, vec![Shares(10), Shares(50), Shares(100), Shares(500), lakh]),
            (SizeClass::DearShares, vec![Shares(10), Shares(20), Shares(50), Shares(100), lakh]),
            (SizeClass::Promoter, vec![Shares(100), Shares(500), Shares(1_000), lakh, five]),
            (SizeClass::MutualFund, vec![Shares(100), Shares(500), Shares(1_000), Shares(5_000), lakh]),
            (SizeClass::Debenture, vec![Shares(10), Shares(25), Shares(50), Shares(100), lakh]),
        ];
        Self { dear_from: Price::from_units(150_000), presets: presets.into_iter().collect() }
    }
}

impl SizeTable {
    /// The class of what is traded. The close before decides, so that it is the same all day.
    #[must_use]
    pub fn class(&self, facts: &Facts<'_>) -> SizeClass {
        match facts.kind() {
            Some(InstrumentKind::PromoterShare) => SizeClass::Promoter,
            Some(InstrumentKind::MutualFund) => SizeClass::MutualFund,
            Some(InstrumentKind::Debenture | InstrumentKind::Bond) => SizeClass::Debenture,
            _ if facts.view.previous_close.is_some_and(|p| p >= self.dear_from) => SizeClass::DearShares,
            _ => SizeClass::Shares,
        }
    }

    fn of(&self, class: SizeClass) -> &[Size] {
        let own = self.presets.get(&class).or_else(|| self.presets.get(&SizeClass::Shares));
        own.map_or(&[], Vec::as_slice)
    }
}

/// What was chosen in one class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pick {
    /// This preset.
    Preset(usize),
    /// So many shares, reached by steps of a lot.
    Own(Qty),
}

/// The presets of a terminal and what is chosen in each class.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sizes {
    table: SizeTable,
    picks: BTreeMap<SizeClass, Pick>,
}

impl Sizes {
    /// Nothing chosen yet: the middle preset of every class.
    #[must_use]
    pub const fn new(table: SizeTable) -> Self {
        Self { table, picks: BTreeMap::new() }
    }

    /// What was chosen in each class, as it is remembered: `shares` to `500`.
    #[must_use]
    pub fn kept(&self) -> BTreeMap<String, String> {
        let chosen = |(class, pick): (&SizeClass, &Pick)| {
            let Pick::Preset(_) = pick else { return None };
            Some((class.name().to_owned(), self.chosen(*class).text().replace(',', "")))
        };
        self.picks.iter().filter_map(chosen).collect()
    }

    /// Chooses the preset of this text in the class of this name; one that is not there changes nothing.
    pub fn choose(&mut self, class: &str, text: &str) {
        let Some((class, _)) = SizeClass::ALL.into_iter().find(|(_, name)| *name == class) else { return };
        let at = self.table.of(class).iter().position(|size| size.text().replace(',', "") == text);
        if let Some(at) = at {
            self.picks.insert(class, Pick::Preset(at));
        }
    }

    /// The class of what is traded.
    #[must_use]
    pub fn class(&self, facts: &Facts<'_>) -> SizeClass {
        self.table.class(facts)
    }

    fn pick(&self, class: SizeClass) -> Pick {
        let middle = self.table.of(class).len() / 2;
        self.picks.get(&class).copied().unwrap_or(Pick::Preset(middle))
    }

    /// The presets of a class, each with whether it is the chosen one.
    pub fn presets(&self, class: SizeClass) -> impl Iterator<Item = (Size, bool)> {
        let pick = self.pick(class);
        self.table.of(class).iter().enumerate().map(move |(i, size)| (*size, pick == Pick::Preset(i)))
    }

    /// The size now.
    #[must_use]
    pub fn chosen(&self, class: SizeClass) -> Size {
        match self.pick(class) {
            Pick::Own(qty) => Size::Shares(qty.units()),
            Pick::Preset(i) => self.table.of(class).get(i).copied().unwrap_or(Size::Shares(0)),
        }
    }

    /// The next preset up or down; stays at the ends.
    pub fn step(&mut self, class: SizeClass, up: bool) {
        let last = self.table.of(class).len().saturating_sub(1);
        let at = match self.pick(class) {
            Pick::Preset(i) if up => (i + 1).min(last),
            Pick::Preset(i) => i.saturating_sub(1),
            Pick::Own(_) => last / 2,
        };
        self.picks.insert(class, Pick::Preset(at));
    }

    /// One lot more or less than `now`, never below one lot.
    pub fn step_lot(&mut self, class: SizeClass, up: bool, now: Qty, lot: Qty) {
        let lot = lot.units().max(1);
        let moved = if up { now.units().saturating_add(lot) } else { now.units().saturating_sub(lot) };
        self.picks.insert(class, Pick::Own(Qty::from_units(moved.max(lot))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_written_alike() {
        for (text, want, shown) in [
            ("100", Size::Shares(100), "100"),
            ("2L", Size::Rupees(Money::from_paisa(20_000_000)), "2L"),
            ("1.5l", Size::Rupees(Money::from_paisa(15_000_000)), "1.5L"),
            ("50%", Size::Sellable(5_000), "50%"),
            ("12.5%", Size::Sellable(1_250), "12.5%"),
            ("3%adv", Size::Adv(300), "3%adv"),
            (" ALL ", Size::All, "all"),
        ] {
            let size = Size::parse(text).unwrap();
            assert_eq!((size, size.text().as_str()), (want, shown), "{text}");
            assert_eq!(Size::parse(&size.text()), Ok(size));
        }
        for text in
            ["", "x", "101%", "0%", "-5%", "l", "0L", "%adv", "1e3", "99999999999999999999", "9999999999999L"]
        {
            assert!(Size::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn presets_step_within_their_class_and_lots_add() {
        let (class, lot) = (SizeClass::Shares, Qty::from_units(10));
        let mut sizes = Sizes::default();
        assert_eq!(sizes.chosen(class), Size::Shares(100));
        for _ in 0..3 {
            sizes.step(class, true);
        }
        assert_eq!(sizes.chosen(class).text(), "1L");
        assert_eq!(sizes.chosen(SizeClass::DearShares), Size::Shares(50), "another class stays");
        sizes.step_lot(class, false, Qty::from_units(180), lot);
        assert_eq!(sizes.chosen(class), Size::Shares(170));
        assert!(sizes.presets(class).all(|(_, chosen)| !chosen));
        sizes.step_lot(class, false, Qty::from_units(10), lot);
        assert_eq!(sizes.chosen(class), Size::Shares(10), "never below one lot");
    }
}
