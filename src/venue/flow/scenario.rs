//! A scenario: what kind of day it is. One file per scenario; a new day is a new file.

use chrono::NaiveTime;
use serde::Deserialize;

use super::FlowError;
use super::fault::{Fault, FaultKind};
use super::universe::Listed;
use crate::feed::day::{StartingAccount, StartingHolding};
use crate::market::{Money, Price, Qty, SessionDate, Symbol};

/// The scenarios of the bundled days.
const DAYS: [(&str, &str); 2] =
    [("quiet", include_str!("scenario/quiet.toml")), ("halt-day", include_str!("scenario/halt-day.toml"))];

/// Further scenarios to practise on. Each says only what differs from its `base`.
const PRACTICE: [(&str, &str); 13] = [
    ("trend", include_str!("scenario/trend.toml")),
    ("flash-crash", include_str!("scenario/flash-crash.toml")),
    ("limit-up", include_str!("scenario/limit-up.toml")),
    ("thin-book", include_str!("scenario/thin-book.toml")),
    ("opening-surge", include_str!("scenario/opening-surge.toml")),
    ("partial-fills", include_str!("scenario/partial-fills.toml")),
    ("crossed-feed", include_str!("scenario/crossed-feed.toml")),
    ("feed-freeze", include_str!("scenario/feed-freeze.toml")),
    ("late-fills", include_str!("scenario/late-fills.toml")),
    ("reject-burst", include_str!("scenario/reject-burst.toml")),
    ("duplicate-reports", include_str!("scenario/duplicate-reports.toml")),
    ("clock-jump", include_str!("scenario/clock-jump.toml")),
    ("disconnect", include_str!("scenario/disconnect.toml")),
];

/// What kind of day it is: its date, how the market moves, how busy it is, and the account it starts with.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// Its name, which is also the name of its bundled file.
    pub name: String,
    /// What the day is called on the screen; contains SIMULATED.
    pub title: String,
    /// The session date, whose rules apply.
    pub date: SessionDate,
    /// The seed of the bundled day.
    pub seed: u64,
    /// The index close of the session before, hundredths of a point.
    pub index_previous_close_e2: i64,
    /// Turnover as a multiple of the average daily volumes; more than 0, at most 20.
    pub turnover: f64,
    /// Own volatility of the securities as a multiple of what the universe says; 0 to 20.
    pub own_volatility: f64,
    /// The factor that moves all securities.
    pub market: MarketFactor,
    /// How busy and how nervous the day is from when on, in order of time.
    pub pace: Vec<Pace>,
    /// Securities with a path of their own on top of the market's.
    pub stories: Vec<Story>,
    /// What the trainee holds when the day opens.
    pub account: StartingAccount,
    /// What goes wrong for those who are connected while the day runs.
    pub faults: Vec<Fault>,
}

/// The factor that moves all securities: a path, and noise that returns to it.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketFactor {
    /// Volatility of the noise in basis points a day; 0 to 2,000.
    pub volatility: f64,
    /// How fast the noise returns to the path, per hour; 0 to 60.
    pub reversion: f64,
    /// Basis points from the previous close by time of day, with straight lines between.
    pub path: Vec<Waypoint>,
}

/// A point of a path.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waypoint {
    /// When, Nepal time.
    pub at: NaiveTime,
    /// Basis points from the previous close; within 3,000 either way.
    pub level: f64,
}

/// How busy and how nervous the day is from a time on.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// From when, Nepal time.
    pub from: NaiveTime,
    /// Activity as a multiple of an even spread over the session; more than 0, at most 100.
    pub activity: f64,
    /// Volatility as a multiple of the day's; 0 to 100.
    pub volatility: f64,
}

/// A security with a path of its own.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// Which one.
    pub symbol: Symbol,
    /// Basis points on top of the market, by time of day.
    pub path: Vec<Waypoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    date: String,
    seed: u64,
    index_previous_close: String,
    turnover: f64,
    own_volatility: f64,
    market: MarketFactor,
    pace: Vec<Pace>,
    #[serde(default)]
    story: Vec<Story>,
    account: Account,
    #[serde(default)]
    fault: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    cash: String,
    holdings: Vec<Holding>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holding {
    symbol: Symbol,
    qty: i64,
    wacc: String,
}

impl Scenario {
    /// The names of the scenarios whose days are bundled.
    pub fn days() -> impl Iterator<Item = &'static str> {
        DAYS.iter().map(|(name, _)| *name)
    }

    /// The names of all scenarios that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        DAYS.iter().chain(&PRACTICE).map(|(name, _)| *name)
    }

    fn text(name: &str) -> Option<&'static str> {
        DAYS.iter().chain(&PRACTICE).find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// A scenario that comes with the program.
    ///
    /// # Errors
    /// [`FlowError::Unreadable`] if there is none of that name.
    pub fn named(name: &str) -> Result<Self, FlowError> {
        let text = Self::text(name).ok_or_else(|| FlowError::Unreadable {
            what: format!("the scenario `{name}`"),
            why: format!("it is none of {}", Self::names().collect::<Vec<_>>().join(", ")),
        })?;
        Self::from_toml(name, text)
    }

    /// A scenario from the text of its file; `what` names it in an error.
    ///
    /// # Errors
    /// [`FlowError::Unreadable`], [`FlowError::OutOfDomain`] or [`FlowError::NotInOrder`].
    pub fn from_toml(what: &str, text: &str) -> Result<Self, FlowError> {
        let unreadable = |why: String| FlowError::Unreadable { what: format!("the scenario `{what}`"), why };
        let file: File = read(text).map_err(unreadable)?;
        let price = |text: &str| Price::parse(text, 100).map_err(|e| unreadable(e.to_string()));
        let holding = |h: &Holding| -> Result<StartingHolding, FlowError> {
            let wacc = Some(price(&h.wacc)?);
            Ok(StartingHolding { symbol: h.symbol.clone(), qty: Qty::from_units(h.qty), wacc })
        };
        let account = StartingAccount {
            cash: Money::parse(&file.account.cash).map_err(|e| unreadable(e.to_string()))?,
            holdings: file.account.holdings.iter().map(holding).collect::<Result<_, _>>()?,
        };
        let scenario = Self {
            name: file.name,
            title: file.title,
            date: file.date.parse().map_err(|_| unreadable(format!("`{}` is not a date", file.date)))?,
            seed: file.seed,
            index_previous_close_e2: price(&file.index_previous_close)?.units(),
            turnover: file.turnover,
            own_volatility: file.own_volatility,
            market: file.market,
            pace: file.pace,
            stories: file.story,
            account,
            faults: file.fault,
        };
        scenario.check()?;
        Ok(scenario)
    }

    /// The pace at a time of day; before the first, the first.
    #[must_use]
    pub fn pace_at(&self, at: NaiveTime) -> Pace {
        let after = self.pace.partition_point(|pace| pace.from <= at);
        self.pace[after.saturating_sub(1)]
    }

    /// Whether every security it speaks of is listed.
    pub(super) fn check_listed(&self, listed: &[Listed]) -> Result<(), FlowError> {
        let named = self.stories.iter().map(|s| &s.symbol);
        let crossed = self.faults.iter().filter_map(|f| match &f.what {
            FaultKind::Crossed(symbol) => Some(symbol),
            _ => None,
        });
        let mut named = named.chain(self.account.holdings.iter().map(|h| &h.symbol)).chain(crossed);
        match named.find(|symbol| listed.iter().all(|l| l.symbol != **symbol)) {
            Some(symbol) => Err(FlowError::NotListed { scenario: self.name.clone(), symbol: symbol.clone() }),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), FlowError> {
        let within = |name: &'static str, value: f64, least: f64, most: f64| {
            let refusal = FlowError::OutOfDomain { scenario: self.name.clone(), name, value };
            if value >= least && value <= most { Ok(()) } else { Err(refusal) }
        };
        within("turnover", self.turnover, 0.001, 20.0)?;
        within("own volatility", self.own_volatility, 0.0, 20.0)?;
        within("market volatility", self.market.volatility, 0.0, 2_000.0)?;
        within("market reversion", self.market.reversion, 0.0, 60.0)?;
        within("index close", self.index_previous_close_e2 as f64, 1.0, 1e12)?;
        for pace in &self.pace {
            within("activity", pace.activity, 0.001, 100.0)?;
            within("volatility", pace.volatility, 0.0, 100.0)?;
        }
        let paths = || std::iter::once(&self.market.path).chain(self.stories.iter().map(|s| &s.path));
        for waypoint in paths().flatten() {
            within("level of a path", waypoint.level, -3_000.0, 3_000.0)?;
        }
        let not_in_order = |name| Err(FlowError::NotInOrder { scenario: self.name.clone(), name });
        if self.pace.is_empty() || !self.pace.is_sorted_by(|a, b| a.from < b.from) {
            return not_in_order("the pace");
        }
        if paths().any(|path| path.is_empty() || !path.is_sorted_by(|a, b| a.at < b.at)) {
            return not_in_order("a path");
        }
        Ok(())
    }
}

/// The file of a scenario laid over the one it is based on, if it names one: what it says itself counts.
fn read(text: &str) -> Result<File, String> {
    let mut table: toml::Table = toml::from_str(text).map_err(|e| e.to_string())?;
    let base = table.remove("base");
    let base = base.as_ref().map(|b| b.as_str().ok_or("`base` is no text")).transpose()?;
    if let Some(base) = base {
        let text = Scenario::text(base).ok_or_else(|| format!("no base `{base}`"))?;
        let below: toml::Table = toml::from_str(text).map_err(|e| e.to_string())?;
        if below.contains_key("base") {
            return Err(format!("the base `{base}` has a base itself"));
        }
        for (key, value) in below {
            table.entry(key).or_insert(value);
        }
    }
    File::deserialize(table).map_err(|e| e.to_string())
}

/// The level of a path at a time of day, with straight lines between its points; the first level
/// before the first point, the last after the last. 0 for a path of no points.
pub(super) fn level_at(path: &[Waypoint], at: NaiveTime) -> f64 {
    let after = path.partition_point(|point| point.at <= at);
    let before = after.checked_sub(1).and_then(|i| path.get(i));
    match (before, path.get(after)) {
        (Some(from), Some(to)) => {
            let span = (to.at - from.at).num_milliseconds() as f64;
            let gone = (at - from.at).num_milliseconds() as f64;
            from.level + (to.level - from.level) * gone / span
        }
        (Some(only), None) | (None, Some(only)) => only.level,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_scenarios_read_and_name_listed_securities() {
        let listed = super::super::universe::listed().unwrap();
        for name in Scenario::names() {
            let scenario = Scenario::named(name).unwrap();
            assert_eq!(scenario.name, name);
            assert!(scenario.title.contains("SIMULATED"), "{name}");
            assert_eq!(scenario.account.cash, Money::from_rupees(10_000_000).unwrap(), "{name}");
            assert_eq!(scenario.account.holdings.len(), 6, "{name}");
            scenario.check_listed(&listed).unwrap();
        }
        assert!(Scenario::named("no such day").is_err());
    }

    #[test]
    fn a_bad_scenario_is_refused_with_the_number() {
        let good = DAYS[0].1;
        for (from, to, says) in [
            ("turnover = 1.0", "turnover = 0.0", "turnover is 0"),
            ("activity = 0.83", "activity = nan", "activity is NaN"),
            ("from = \"11:00:00\"", "from = \"10:00:00\"", "not in order of time"),
            ("date = \"2026-08-20\"", "date = \"August\"", "not a date"),
            ("cash = \"10000000.00\"", "cash = \"much\"", "cannot be read"),
            ("reversion = 0.6", "reversion = 0.6\nspeed = 2", "unknown field"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Scenario::from_toml("test", &good.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(says), "{to}: {error}");
        }
        let foreign = good.replace("symbol = \"DNPB\"", "symbol = \"XYZ\"");
        let scenario = Scenario::from_toml("test", &foreign).unwrap();
        assert!(matches!(
            scenario.check_listed(&super::super::universe::listed().unwrap()),
            Err(FlowError::NotListed { .. })
        ));
    }

    #[test]
    fn a_path_goes_straight_from_point_to_point() {
        let time = |text: &str| text.parse::<NaiveTime>().unwrap();
        let path =
            [Waypoint { at: time("11:00:00"), level: 10.0 }, Waypoint { at: time("12:00:00"), level: 40.0 }];
        for (at, level) in [
            ("10:00:00", 10.0),
            ("11:00:00", 10.0),
            ("11:20:00", 20.0),
            ("12:00:00", 40.0),
            ("15:00:00", 40.0),
        ] {
            assert!((level_at(&path, time(at)) - level).abs() < 1e-9, "{at}");
        }
        assert_eq!(level_at(&[], time("11:00:00")), 0.0);
    }
}
