//! Order sizes in the trader's words: presets of shares or of rupees.

use super::format;
use crate::market::{Money, Price, Qty};

/// One preset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preset {
    /// So many shares.
    Shares(i64),
    /// As many whole lots as this many lakh rupees buy.
    Lakhs(i64),
}

impl Preset {
    /// Shares at a price, on whole lots; `None` without a price where one is needed.
    #[must_use]
    pub fn qty(self, price: Option<Price>, lot: Qty) -> Option<Qty> {
        match self {
            Self::Shares(n) => Some(Qty::from_units(n)),
            Self::Lakhs(lakhs) => shares_for(Money::from_rupees(lakhs.checked_mul(100_000)?)?, price?, lot),
        }
    }

    /// As it is shown: `500`, `1L`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Shares(n) => format::qty(Qty::from_units(n)),
            Self::Lakhs(n) => format!("{n}L"),
        }
    }
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

/// The presets of a terminal and the chosen one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    presets: Vec<Preset>,
    chosen: usize,
    /// Set when the size was moved by lots.
    own: Option<Qty>,
}

impl Default for Sizes {
    fn default() -> Self {
        use Preset::{Lakhs, Shares};
        Self {
            presets: vec![Shares(10), Shares(50), Shares(100), Shares(500), Lakhs(1)],
            chosen: 2,
            own: None,
        }
    }
}

impl Sizes {
    /// The presets, each with whether it is the chosen one.
    pub fn presets(&self) -> impl Iterator<Item = (Preset, bool)> {
        self.presets.iter().enumerate().map(|(i, p)| (*p, i == self.chosen && self.own.is_none()))
    }

    /// The chosen preset as it is remembered: `500`, `1L`.
    #[must_use]
    pub fn preset_text(&self) -> Option<String> {
        self.presets.get(self.chosen).map(|preset| preset.text().replace(',', ""))
    }

    /// Chooses the preset of this text; one that is not there changes nothing.
    pub fn choose(&mut self, text: &str) {
        if let Some(at) = self.presets.iter().position(|p| p.text().replace(',', "") == text) {
            self.chosen = at;
            self.own = None;
        }
    }

    /// The size now; `None` where it needs a price that is not known.
    #[must_use]
    pub fn qty(&self, price: Option<Price>, lot: Qty) -> Option<Qty> {
        self.own.or_else(|| self.presets.get(self.chosen)?.qty(price, lot))
    }

    /// As it is shown.
    #[must_use]
    pub fn text(&self) -> String {
        let preset = || self.presets.get(self.chosen).map(|p| p.text());
        self.own.map(format::qty).or_else(preset).unwrap_or_default()
    }

    /// The next preset up or down; stays at the ends.
    pub fn step(&mut self, up: bool) {
        self.own = None;
        let last = self.presets.len().saturating_sub(1);
        self.chosen = if up { (self.chosen + 1).min(last) } else { self.chosen.saturating_sub(1) };
    }

    /// One lot more or less than now, never below one lot.
    pub fn step_lot(&mut self, up: bool, price: Option<Price>, lot: Qty) {
        let lot = lot.units().max(1);
        let now = self.qty(price, Qty::from_units(lot)).map_or(lot, Qty::units);
        let moved = if up { now.saturating_add(lot) } else { now.saturating_sub(lot) };
        self.own = Some(Qty::from_units(moved.max(lot)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_step_and_lots_add() {
        let (lot, price) = (Qty::from_units(10), Some(Price::from_units(54_500)));
        let mut sizes = Sizes::default();
        assert_eq!(sizes.qty(price, lot), Some(Qty::from_units(100)));
        sizes.step(true);
        sizes.step(true);
        sizes.step(true);
        assert_eq!((sizes.text(), sizes.qty(price, lot)), ("1L".to_owned(), Some(Qty::from_units(180))));
        assert_eq!(sizes.qty(None, lot), None);
        sizes.step_lot(false, price, lot);
        assert_eq!(sizes.qty(price, lot), Some(Qty::from_units(170)));
        for _ in 0..40 {
            sizes.step_lot(false, price, lot);
        }
        assert_eq!(sizes.qty(price, lot), Some(lot));
    }
}
