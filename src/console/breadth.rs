//! The market as a whole: who rose, who fell, what turned over, how near the bands are; by sector.

use crate::engine::snapshot::{InstrumentView, Snapshot};
use crate::market::{InstrumentId, Money, Qty, Side};

/// What is said where an instrument's sector is not known.
pub const NO_SECTOR: &str = "sector not known";

/// Counts over some symbols.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Breadth {
    /// How many there are.
    pub listed: u32,
    /// Last price above the close before.
    pub up: u32,
    /// Last price below it.
    pub down: u32,
    /// Last price at it.
    pub same: u32,
    /// Nothing has traded, or no close before is known.
    pub silent: u32,
    /// Last price at the highest legal price of the day.
    pub at_top: u32,
    /// Last price at the lowest.
    pub at_low: u32,
    /// Value traded.
    pub turnover: Money,
    /// Shares traded.
    pub volume: Qty,
    /// Some are of another market: their values are in other currencies and have no sum.
    pub foreign: bool,
    changes: f64,
}

impl Breadth {
    /// Over some symbols.
    #[must_use]
    pub fn of<'a>(list: impl IntoIterator<Item = &'a InstrumentView>) -> Self {
        let mut all = Self::default();
        list.into_iter().for_each(|i| all.take(i));
        all
    }

    fn take(&mut self, i: &InstrumentView) {
        self.listed += 1;
        self.foreign |= i.view_only;
        self.turnover = self.turnover.saturating_add(i.day.turnover);
        self.volume = self.volume.saturating_add(i.day.volume);
        match i.last().zip(i.previous_close.filter(|p| p.is_positive())) {
            Some((last, close)) if last > close => self.up += 1,
            Some((last, close)) if last < close => self.down += 1,
            Some(_) => self.same += 1,
            None => self.silent += 1,
        }
        self.changes += i.change_bps().unwrap_or_default();
        match band_gap(i) {
            Some(BandGap { side: Side::Sell, bps }) if bps <= 0.0 => self.at_top += 1,
            Some(BandGap { side: Side::Buy, bps }) if bps <= 0.0 => self.at_low += 1,
            _ => {}
        }
    }

    /// Mean change of the symbols that traded, each counting the same, in basis points.
    #[must_use]
    pub fn mean_change_bps(&self) -> Option<f64> {
        let traded = self.up + self.down + self.same;
        (traded > 0).then(|| self.changes / f64::from(traded))
    }
}

/// How far the last price is from the nearer end of the day's band.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BandGap {
    /// `Sell` for the top, where offers end; `Buy` for the low.
    pub side: Side,
    /// Basis points of the last price; 0 or less at the limit.
    pub bps: f64,
}

/// The nearer end of the day's band; `None` without a trade or a band.
#[must_use]
pub fn band_gap(i: &InstrumentView) -> Option<BandGap> {
    let (low, high) = i.daily_band?;
    let last = i.last().filter(|p| p.is_positive())?;
    let gap = |units: i64| units as f64 / last.units() as f64 * 1e4;
    let up = gap(high.units().saturating_sub(last.units()));
    let down = gap(last.units().saturating_sub(low.units()));
    Some(if up <= down {
        BandGap { side: Side::Sell, bps: up }
    } else {
        BandGap { side: Side::Buy, bps: down }
    })
}

/// One sector.
#[derive(Clone, PartialEq, Debug)]
pub struct Sector {
    /// Its name.
    pub name: String,
    /// Its symbols together.
    pub breadth: Breadth,
}

/// Every sector of the day in order of its name; those without one come last. The place in this
/// list is a sector's id: it stays the same all day.
#[must_use]
pub fn sectors(snapshot: &Snapshot) -> Vec<Sector> {
    let mut out: Vec<Sector> = Vec::new();
    let mut silent = Breadth::default();
    for i in &snapshot.instruments {
        match sector(snapshot, i.id) {
            Some(name) => {
                let at = out.binary_search_by(|s| s.name.as_str().cmp(name)).unwrap_or_else(|at| {
                    out.insert(at, Sector { name: name.to_owned(), breadth: Breadth::default() });
                    at
                });
                out[at].breadth.take(i);
            }
            None => silent.take(i),
        }
    }
    out.extend((silent.listed > 0).then(|| Sector { name: NO_SECTOR.to_owned(), breadth: silent }));
    out
}

/// The sector of an instrument, if known.
#[must_use]
pub fn sector(snapshot: &Snapshot, id: InstrumentId) -> Option<&str> {
    snapshot.day.universe.get(id)?.sector.as_deref().filter(|name| !name.trim().is_empty())
}

/// A sector's name in at most nine cells.
#[must_use]
pub fn short_name(name: &str) -> String {
    const SHORT: [(&str, &str); 12] = [
        ("commercial", "Com Bank"),
        ("development", "Dev Bank"),
        ("microfinance", "Microfin"),
        ("finance", "Finance"),
        ("hydro", "Hydro"),
        ("non life", "Non-life"),
        ("life", "Life"),
        ("hotel", "Hotels"),
        ("manufact", "Manufact"),
        ("trading", "Trading"),
        ("invest", "Investmt"),
        ("mutual", "Mutual Fd"),
    ];
    let lower = name.to_lowercase().replace('-', " ");
    let known = SHORT.iter().find(|(begins, _)| lower.starts_with(begins));
    known.map_or_else(|| name.chars().take(9).collect(), |(_, short)| (*short).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_have_short_names_that_differ() {
        let names = [
            "Commercial Banks",
            "Development Banks",
            "Finance",
            "Microfinance",
            "Hydro Power",
            "Life Insurance",
            "Non Life Insurance",
            "Hotels And Tourism",
            "Manufacturing And Processing",
            "Tradings",
            "Investment",
            "Mutual Fund",
            "Others",
        ];
        let short: std::collections::BTreeSet<String> = names.iter().map(|n| short_name(n)).collect();
        assert_eq!(short.len(), 13);
        assert!(short.iter().all(|s| s.len() <= 9), "{short:?}");
    }
}
