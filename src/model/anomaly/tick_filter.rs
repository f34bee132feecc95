//! The filter of one instrument: its baselines, and the verdict on each message.

use serde::{Deserialize, Serialize};

use super::{AnomalyLimits, Check, RollingMean, RollingMedian, Verdict};
use crate::market::time::NS_PER_S;
use crate::market::{ContractNo, Price, Qty, Tick, Timestamp};

/// How many points a baseline looks back.
const BASELINE: usize = 64;
/// How many recent prints are remembered to recognise a duplicate.
const RECENT: usize = 8;
/// The standard deviation of a normal variable over its median absolute deviation.
const SD_PER_MAD: f64 = 1.4826;

/// Baselines and last values of one instrument.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TickFilter {
    limits: AnomalyLimits,
    last: Option<(Price, Timestamp)>,
    /// Absolute log changes of prints that moved the price, at most one a second.
    changes: RollingMedian,
    /// The same per square root of the seconds they took.
    per_root_second: RollingMedian,
    change_at: Timestamp,
    /// Spreads in price units, at most one a second.
    spreads: RollingMedian,
    spread_at: Timestamp,
    /// Trade sizes in units, none above the size that would be a spike.
    sizes: RollingMean,
    recent: [Option<(Timestamp, Price, Qty, ContractNo)>; RECENT],
    recent_next: u8,
    run: QuarantineRun,
    quote_crossed: bool,
    quote_wide: bool,
}

/// Quarantined prices in a row that lie close together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct QuarantineRun {
    last: Price,
    length: u32,
}

/// What is known about a trade when it is judged. `None` is "not known".
#[derive(Clone, Copy, Debug)]
pub struct PrintFacts {
    /// When.
    pub at: Timestamp,
    /// At what price.
    pub price: Price,
    /// How many.
    pub qty: Qty,
    /// The exchange's contract number.
    pub contract: Option<ContractNo>,
    /// The price grid.
    pub tick: Option<Tick>,
    /// Lowest and highest legal price of the day.
    pub band: Option<(Price, Price)>,
    /// Best bid, best ask and the moment of the quote, if both sides are there and not crossed.
    pub quote: Option<(Price, Price, Timestamp)>,
    /// Whether the source's clock ran backwards with this message.
    pub reversed: bool,
    /// Whether the source's sequence repeated with this message.
    pub repeated: bool,
    /// Whether the source's sequence skipped with this message.
    pub gap: bool,
    /// Prices of the opening auction make no baseline and are not held against one.
    pub auction: bool,
}

impl TickFilter {
    /// A filter that has seen nothing.
    #[must_use]
    pub fn new(limits: AnomalyLimits) -> Self {
        Self {
            limits,
            last: None,
            changes: RollingMedian::new(BASELINE),
            per_root_second: RollingMedian::new(BASELINE),
            change_at: Timestamp::default(),
            spreads: RollingMedian::new(BASELINE),
            spread_at: Timestamp::default(),
            sizes: RollingMean::new(BASELINE),
            recent: [None; RECENT],
            recent_next: 0,
            run: QuarantineRun::default(),
            quote_crossed: false,
            quote_wide: false,
        }
    }

    /// Whether the price baseline has too few points to judge by.
    #[must_use]
    pub fn baseline_warming(&self) -> bool {
        self.changes.len() < self.limits.baseline_min
    }

    /// Whether the book was crossed or locked when last looked at.
    #[must_use]
    pub const fn quote_crossed(&self) -> bool {
        self.quote_crossed
    }

    /// Whether the spread was unusually wide when last looked at.
    #[must_use]
    pub const fn quote_wide(&self) -> bool {
        self.quote_wide
    }

    /// Judges a trade, and takes it into the baselines if it may be used.
    pub fn on_print(&mut self, facts: &PrintFacts) -> Verdict {
        let change = self.change(facts);
        let mut verdict = self.judge(facts, change);
        self.self_heal(facts, &mut verdict);
        if verdict.findings.has(Check::Duplicate) {
            return verdict;
        }
        self.remember(facts);
        if verdict.is_usable() {
            self.learn(facts, change);
        }
        verdict
    }

    /// Absolute log change since the last usable print and the square root of the seconds it took.
    fn change(&self, facts: &PrintFacts) -> Option<(f64, f64)> {
        let (last, at) = self.last?;
        let ratio = facts.price.units() as f64 / last.units() as f64;
        let change = if ratio == 1.0 { 0.0 } else { ratio.ln().abs() };
        change.is_finite().then(|| (change, self.elapsed_s(at, facts.at).sqrt()))
    }

    fn judge(&self, facts: &PrintFacts, change: Option<(f64, f64)>) -> Verdict {
        let mut verdict = Verdict::default();
        let Verdict { findings, unknown, .. } = &mut verdict;
        let mut found = |check: Check, is: bool| {
            if is {
                findings.add(check);
            }
        };
        let impossible = !facts.price.is_positive() || !facts.qty.is_positive();
        found(Check::ImpossibleValue, impossible || facts.tick.is_some_and(|t| !facts.price.is_on_grid(t)));
        found(Check::TimestampReversal, facts.reversed);
        found(Check::SequenceGap, facts.gap);
        found(Check::Duplicate, facts.repeated || self.is_duplicate(facts));
        found(
            Check::OutsideDailyBand,
            facts.band.is_some_and(|(low, high)| facts.price < low || facts.price > high),
        );
        found(Check::OutsideQuote, self.outside_quote(facts));
        found(Check::PriceJump, !impossible && self.is_jump(facts, change));
        found(Check::VolumeSpike, self.is_spike(facts.qty));
        if facts.tick.is_none() {
            unknown.add(Check::ImpossibleValue);
        }
        if facts.band.is_none() {
            unknown.add(Check::OutsideDailyBand);
        }
        if facts.quote.is_none() {
            unknown.add(Check::OutsideQuote);
        }
        if self.baseline_warming() {
            unknown.add(Check::PriceJump);
        }
        verdict
    }

    /// Looks at the quote after a whole update of the book. Returns whether what is found about
    /// it differs from before, so that a lasting state is reported once.
    #[inline]
    pub fn on_quote(&mut self, at: Timestamp, spread: Option<i64>, tick: Option<Tick>) -> bool {
        let Some(spread) = spread else {
            return std::mem::take(&mut self.quote_crossed) | std::mem::take(&mut self.quote_wide);
        };
        let crossed = spread <= 0;
        let wide = !crossed && self.is_wide(spread, tick);
        if !crossed && at.since_ns(self.spread_at) >= NS_PER_S {
            self.spread_at = at;
            self.spreads.push(spread as f64);
        }
        let changed = crossed != self.quote_crossed || wide != self.quote_wide;
        self.quote_crossed = crossed;
        self.quote_wide = wide;
        changed
    }

    fn is_wide(&self, spread: i64, tick: Option<Tick>) -> bool {
        if self.spreads.len() < self.limits.baseline_min {
            return false;
        }
        let floor = tick.map_or(1.0, |t| t.units() as f64);
        let median = self.spreads.median().unwrap_or(floor).max(floor);
        spread as f64 > self.limits.spread_times * median
    }

    fn is_duplicate(&self, facts: &PrintFacts) -> bool {
        facts
            .contract
            .is_some_and(|contract| self.recent.contains(&Some((facts.at, facts.price, facts.qty, contract))))
    }

    fn outside_quote(&self, facts: &PrintFacts) -> bool {
        facts.quote.is_some_and(|(bid, ask, at)| {
            let tick = facts.tick.map_or(1, Tick::units);
            let fresh = facts.at.since_ns(at) <= self.limits.quote_age_ns_max;
            let (low, high) = (bid.units().saturating_sub(tick), ask.units().saturating_add(tick));
            fresh && (facts.price.units() < low || facts.price.units() > high)
        })
    }

    fn is_jump(&self, facts: &PrintFacts, change: Option<(f64, f64)>) -> bool {
        let (Some((last, _)), Some((change, root_s))) = (self.last, change) else { return false };
        if change == 0.0 || self.baseline_warming() || facts.auction {
            return false;
        }
        let floor = facts.tick.map_or(1, Tick::units) as f64 / last.units() as f64;
        change > self.limits.jump_sds * self.sd(root_s).max(floor)
    }

    /// The s.d. of changes over an elapsed time, given as its square root in seconds. A change is
    /// bounce between bid and ask, which takes no time, and diffusion, which grows with its root: the
    /// larger of the two robust estimates. Prints that repeat the price are no changes; with them
    /// the median would be zero on most of NEPSE, and every trade at the other side a jump.
    fn sd(&self, root_s: f64) -> f64 {
        let bounce = self.changes.median().unwrap_or(0.0);
        let diffusion = self.per_root_second.median().unwrap_or(0.0) * root_s;
        SD_PER_MAD * bounce.max(diffusion)
    }

    fn elapsed_s(&self, from: Timestamp, to: Timestamp) -> f64 {
        to.since_ns(from).max(self.limits.elapsed_ns_min) as f64 / NS_PER_S as f64
    }

    fn is_spike(&self, qty: Qty) -> bool {
        self.sizes.len() >= self.limits.baseline_min
            && self.sizes.mean().is_some_and(|mean| qty.units() as f64 > self.limits.volume_times * mean)
    }

    /// Three quarantined prices in a row within one jump of each other are a new level, unless
    /// they are outside the band or impossible.
    fn self_heal(&mut self, facts: &PrintFacts, verdict: &mut Verdict) {
        if verdict.is_usable() || !facts.price.is_positive() {
            self.run = QuarantineRun::default();
            return;
        }
        if verdict.findings.has(Check::Duplicate) {
            return;
        }
        self.run.length = if self.is_near_run(facts) { self.run.length + 1 } else { 1 };
        self.run.last = facts.price;
        let mut rest = verdict.findings;
        rest.remove(Check::PriceJump);
        rest.remove(Check::OutsideQuote);
        let only_levels = rest.action() < super::Action::Impute;
        if self.run.length >= self.limits.level_shift_run && only_levels {
            verdict.findings = rest;
            verdict.level_shift = true;
            self.last = None;
            self.run = QuarantineRun::default();
        }
    }

    fn is_near_run(&self, facts: &PrintFacts) -> bool {
        if self.run.length == 0 {
            return false;
        }
        let last = self.run.last.units() as f64;
        let floor = facts.tick.map_or(1, Tick::units) as f64 / last;
        let limit = self.limits.jump_sds * self.sd(1.0).max(floor);
        (facts.price.units() as f64 / last).ln().abs() <= limit
    }

    fn remember(&mut self, facts: &PrintFacts) {
        if let Some(contract) = facts.contract {
            self.recent[usize::from(self.recent_next)] = Some((facts.at, facts.price, facts.qty, contract));
            self.recent_next = (self.recent_next + 1) % RECENT as u8;
        }
    }

    fn learn(&mut self, facts: &PrintFacts, change: Option<(f64, f64)>) {
        if let Some((change, root_s)) = change
            && change > 0.0
            && !facts.auction
            && facts.at.since_ns(self.change_at) >= self.limits.elapsed_ns_min
        {
            // At most one a second, or one sweep through the book would be half of the baseline.
            self.change_at = facts.at;
            self.changes.push(change);
            self.per_root_second.push(change / root_s);
        }
        self.last = Some((facts.price, facts.at));
        let spike = self.sizes.mean().map_or(i64::MAX, |mean| (mean * self.limits.volume_times) as i64);
        self.sizes.push(facts.qty.units().min(spike.max(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::anomaly::Action;

    fn facts(s: i64, price: i64, qty: i64) -> PrintFacts {
        PrintFacts {
            at: Timestamp::from_ns(s * NS_PER_S),
            price: Price::from_units(price),
            qty: Qty::from_units(qty),
            contract: None,
            tick: Tick::new(10),
            band: Some((Price::from_units(45_000), Price::from_units(55_000))),
            quote: None,
            reversed: false,
            repeated: false,
            gap: false,
            auction: false,
        }
    }

    /// A filter with a full baseline: a trade of 100 a second, moving one tick up and down.
    fn warmed() -> TickFilter {
        let mut filter = TickFilter::new(AnomalyLimits::default());
        for s in 0..100 {
            assert!(filter.on_print(&facts(s, 50_000 + s % 2 * 10, 100)).is_usable());
        }
        filter
    }

    #[test]
    fn one_print_with_three_faults_reports_three() {
        let mut filter = warmed();
        let verdict = filter.on_print(&PrintFacts { reversed: true, ..facts(100, 60_000, 100_000) });
        let found: Vec<Check> = verdict.findings.iter().collect();
        assert_eq!(
            found,
            [Check::PriceJump, Check::TimestampReversal, Check::OutsideDailyBand, Check::VolumeSpike]
        );
        assert_eq!(verdict.action(), Action::Quarantine);
    }

    #[test]
    fn each_check_alone() {
        let quote =
            Some((Price::from_units(50_000), Price::from_units(50_020), Timestamp::from_ns(99 * NS_PER_S)));
        for (facts, want) in [
            (facts(101, 50_010, 100), None),
            (facts(101, 51_000, 100), Some(Check::PriceJump)),
            (facts(101, 50_010, 2_001), Some(Check::VolumeSpike)),
            (facts(101, 50_005, 100), Some(Check::ImpossibleValue)),
            (facts(101, 50_010, 0), Some(Check::ImpossibleValue)),
            (PrintFacts { reversed: true, ..facts(101, 50_010, 100) }, Some(Check::TimestampReversal)),
            (PrintFacts { gap: true, ..facts(101, 50_010, 100) }, Some(Check::SequenceGap)),
            (PrintFacts { repeated: true, ..facts(101, 50_010, 100) }, Some(Check::Duplicate)),
            (PrintFacts { quote, ..facts(101, 50_040, 100) }, Some(Check::OutsideQuote)),
            (PrintFacts { quote, ..facts(101, 50_030, 100) }, None),
            (PrintFacts { quote, ..facts(105, 50_040, 100) }, None),
        ] {
            let verdict = warmed().on_print(&facts);
            assert_eq!(verdict.findings.iter().collect::<Vec<_>>(), Vec::from_iter(want), "{facts:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_unknown_and_does_not_fail() {
        let mut filter = TickFilter::new(AnomalyLimits::default());
        let verdict = filter.on_print(&PrintFacts { tick: None, band: None, ..facts(0, 50_003, 5) });
        assert!(verdict.findings.is_empty());
        for check in [Check::ImpossibleValue, Check::OutsideDailyBand, Check::OutsideQuote, Check::PriceJump]
        {
            assert!(verdict.unknown.has(check), "{check:?}");
        }
    }

    #[test]
    fn the_third_price_at_a_new_level_is_let_through() {
        let mut filter = warmed();
        let at = |s, price| facts(s, price, 100);
        assert!(!filter.on_print(&at(101, 52_000)).is_usable());
        assert!(!filter.on_print(&at(102, 52_010)).is_usable());
        let third = filter.on_print(&at(103, 52_000));
        assert!(third.is_usable() && third.level_shift);
        assert!(filter.on_print(&at(104, 52_010)).is_usable());
        let mut filter = warmed();
        for s in 101..110 {
            assert!(!filter.on_print(&at(s, 56_000)).is_usable(), "outside the band never heals");
        }
    }

    #[test]
    fn quarantined_prices_leave_the_baseline_alone() {
        let mut filter = warmed();
        let before = filter.changes.clone();
        filter.on_print(&facts(101, 54_000, 100));
        assert_eq!(filter.changes, before);
    }

    #[test]
    fn a_duplicate_contract_is_recognised() {
        let mut filter = warmed();
        let print = PrintFacts { contract: Some(ContractNo(7)), ..facts(101, 50_010, 100) };
        assert!(filter.on_print(&print).is_usable());
        assert!(filter.on_print(&print).findings.has(Check::Duplicate));
        let other = PrintFacts { contract: Some(ContractNo(8)), ..print };
        assert!(filter.on_print(&other).is_usable());
    }

    #[test]
    fn a_lasting_crossed_or_wide_quote_is_reported_once() {
        let mut filter = TickFilter::new(AnomalyLimits::default());
        let at = |s: i64| Timestamp::from_ns(s * NS_PER_S);
        for s in 1..60 {
            assert!(!filter.on_quote(at(s), Some(20), Tick::new(10)));
        }
        assert!(filter.on_quote(at(60), Some(0), Tick::new(10)) && filter.quote_crossed());
        assert!(!filter.on_quote(at(61), Some(-10), Tick::new(10)));
        assert!(filter.on_quote(at(62), Some(101), Tick::new(10)) && filter.quote_wide());
        assert!(filter.on_quote(at(63), Some(100), Tick::new(10)) && !filter.quote_wide());
    }
}
