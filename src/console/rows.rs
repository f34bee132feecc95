//! The rows of every list by id: filtered, ordered, and held still while the cursor is among them.

use std::cmp::Ordering;

use super::breadth::{self, Sector};
use super::filter::Filter;
use super::pane::PaneId;
use super::slip::{self, Slip};
use super::ui::Ui;
use super::{Frame, JournalStatus, risk_words, words};
use crate::engine::snapshot::{AccountView, InstrumentView, PositionView, ReadingView, Snapshot};
use crate::engine::{Alert, AlertKind, CheckedOrder};
use crate::execution::{ClientOrderId, Order, OrderState};
use crate::market::{AccountId, InstrumentId, Price};

/// The columns a list can be ordered by, the first being how it comes.
#[must_use]
pub const fn sorts(pane: PaneId) -> &'static [&'static str] {
    match pane {
        PaneId::Watch => &["listed", "symbol", "change", "turnover", "age"],
        PaneId::Orders => &["open, by age", "newest", "symbol", "limit"],
        PaneId::Positions => &["symbol", "value", "result"],
        PaneId::Alerts => &["new first", "newest", "weight"],
        PaneId::Breakers => &["nearest", "number"],
        PaneId::Board => &BoardColumn::SORTS,
        PaneId::Slips => &["oldest"],
        PaneId::Sectors => &["name", "mean change", "turnover", "adv less dec"],
        _ => &["newest"],
    }
}

/// The ids of the rows a list shows, in order.
#[must_use]
pub fn ids(pane: PaneId, frame: &Frame, ui: &Ui) -> Vec<u64> {
    let fresh = || fresh(pane, frame, ui);
    match ui.list(pane).held.clone() {
        // A slip that came meanwhile is shown below the others: it moves none of them, and somebody waits for it.
        Some(held) if pane == PaneId::Slips => {
            let arrived: Vec<u64> = fresh().into_iter().filter(|id| !held.contains(id)).collect();
            [held, arrived].concat()
        }
        Some(held) => held,
        None => fresh(),
    }
}

/// How many rows there would be that a held list does not show.
#[must_use]
pub fn arrived(pane: PaneId, frame: &Frame, ui: &Ui) -> usize {
    let shown = ids(pane, frame, ui);
    ui.list(pane)
        .held
        .as_ref()
        .map_or(0, |_| fresh(pane, frame, ui).iter().filter(|id| !shown.contains(id)).count())
}

/// The ids as they would stand if nobody held them.
#[must_use]
pub fn fresh(pane: PaneId, frame: &Frame, ui: &Ui) -> Vec<u64> {
    let state = ui.list(pane);
    let filter = Filter::parse(&state.filter);
    let mut rows = match pane {
        PaneId::Watch => watch(frame, ui, &filter),
        PaneId::Orders => orders(frame, state.sort, &filter),
        PaneId::Positions => positions(frame, state.sort, &filter),
        PaneId::Alerts => alerts(frame, state.sort, &filter),
        PaneId::Journal => journal(frame, &filter),
        PaneId::Breakers => breakers(frame, ui, &filter),
        PaneId::Checks => checks(frame, &filter),
        PaneId::Board => board(frame, state.sort, &filter),
        PaneId::Sectors => sectors(frame, state.sort, &filter),
        PaneId::Slips => slips(frame, &filter),
        _ => Vec::new(),
    };
    if state.turned {
        rows.reverse();
    }
    rows
}

fn watch(frame: &Frame, ui: &Ui, filter: &Filter) -> Vec<u64> {
    let snapshot = &frame.snapshot;
    let mut list: Vec<&InstrumentView> = snapshot
        .instruments
        .iter()
        .map(AsRef::as_ref)
        .filter(|i| !ui.unwatched.contains(&i.id))
        .filter(|i| filter.instrument(snapshot, i))
        .collect();
    let change = |i: &InstrumentView| i.change_bps().unwrap_or(f64::NEG_INFINITY);
    match ui.list(PaneId::Watch).sort {
        1 => list.sort_by(|a, b| a.symbol.cmp(&b.symbol)),
        2 => list.sort_by(|a, b| change(b).total_cmp(&change(a))),
        3 => list.sort_by_key(|i| std::cmp::Reverse(i.day.turnover)),
        4 => list.sort_by_key(|i| std::cmp::Reverse(i.heard_at)),
        _ => {}
    }
    list.iter().map(|i| u64::from(i.id.0)).collect()
}

/// Of the orders: open ones first, the oldest on top; then the closed, the last on top.
fn orders(frame: &Frame, sort: usize, filter: &Filter) -> Vec<u64> {
    let snapshot = &frame.snapshot;
    let shown =
        |o: &&Order| filter.order(snapshot, o) && (!filter.is_empty() || o.state.is_open() || sort == 1);
    let mut list: Vec<&Order> = snapshot.orders.iter().map(AsRef::as_ref).filter(shown).collect();
    match sort {
        1 => list.sort_by_key(|o| std::cmp::Reverse(o.id)),
        2 => list.sort_by(|a, b| {
            let name = |o: &Order| words::symbol(snapshot, o.order.instrument).to_owned();
            name(a).cmp(&name(b)).then(a.id.cmp(&b.id))
        }),
        3 => list.sort_by_key(|o| (std::cmp::Reverse(o.order.limit), o.id)),
        _ => list.sort_by(|a, b| match (a.state.is_open(), b.state.is_open()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => a.id.cmp(&b.id),
            (false, false) => b.id.cmp(&a.id),
        }),
    }
    list.iter().map(|o| o.id.0).collect()
}

/// What an order owes that has to be in sight, the most pressing first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Owed {
    /// Nobody knows what became of it.
    Everything,
    /// An answer is on its way, or somebody is to key it in.
    Answer,
}

/// What a row of the orders owes; `None` of one that works or is over.
#[must_use]
pub fn owed(frame: &Frame, id: u64) -> Option<Owed> {
    let order = frame.snapshot.order(ClientOrderId(id)).filter(|order| order.state.is_open())?;
    let waits = order.pending.is_some() || matches!(order.state, OrderState::PendingNew | OrderState::Held);
    if waits || slip::is_to_key_in(&frame.snapshot, order) {
        Some(Owed::Answer)
    } else {
        (order.state == OrderState::Unknown).then_some(Owed::Everything)
    }
}

fn slips(frame: &Frame, filter: &Filter) -> Vec<u64> {
    let snapshot = &frame.snapshot;
    slip::all(snapshot).filter(|s| filter.order(snapshot, s.order)).map(|s| s.order.id.0).collect()
}

/// The slip under the cursor; `None` once it has been answered.
#[must_use]
pub fn selected_slip<'a>(frame: &'a Frame, ui: &Ui) -> Option<Slip<'a>> {
    let id = selected(PaneId::Slips, frame, ui)?;
    Slip::of(&frame.snapshot, frame.snapshot.order(ClientOrderId(id))?)
}

/// Account and instrument in one number: two accounts may hold the same.
fn position_id(account: usize, id: InstrumentId) -> u64 {
    (account as u64) << 32 | u64::from(id.0)
}

fn positions(frame: &Frame, sort: usize, filter: &Filter) -> Vec<u64> {
    let snapshot = &frame.snapshot;
    let mut list: Vec<(u64, &PositionView)> = numbered(frame)
        .filter(|(_, account, p)| {
            filter.symbol_is(p.symbol.as_str(), snapshot, p.instrument)
                || filter.text_has(account.id.as_str())
        })
        .map(|(id, _, p)| (id, p))
        .collect();
    match sort {
        1 => list.sort_by_key(|(_, p)| std::cmp::Reverse(p.position.value())),
        2 => list.sort_by_key(|(_, p)| p.unrealised),
        _ => list.sort_by(|(_, a), (_, b)| a.symbol.cmp(&b.symbol)),
    }
    list.iter().map(|(id, _)| *id).collect()
}

/// New ones first, then what somebody has noted or put away.
fn alerts(frame: &Frame, sort: usize, filter: &Filter) -> Vec<u64> {
    let snapshot = &frame.snapshot;
    let mut list: Vec<&Alert> = told(snapshot)
        .filter(|a| filter.text_has(&words::alert_line(snapshot, a)))
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    match sort {
        0 => list.sort_by_key(|a| !is_new(a, frame)),
        2 => list.sort_by_key(|a| std::cmp::Reverse(a.kind.severity())),
        _ => {}
    }
    list.iter().map(|a| a.id).collect()
}

/// The alerts that are news, the oldest first. A session that begins in the middle of its day runs through
/// the phases before it at one moment: of those only the last is.
pub fn told(snapshot: &Snapshot) -> impl DoubleEndedIterator<Item = &Alert> {
    let alerts = &snapshot.alerts;
    let passed = |at: usize, one: &Alert| {
        let mut later = alerts[at + 1..].iter().take_while(|next| next.at == one.at);
        matches!(one.kind, AlertKind::Phase(_)) && later.any(|next| matches!(next.kind, AlertKind::Phase(_)))
    };
    alerts.iter().enumerate().filter(move |(at, one)| !passed(*at, one)).map(|(_, one)| one)
}

/// Whether nobody has noted an alert or put it away.
#[must_use]
pub fn is_new(alert: &Alert, frame: &Frame) -> bool {
    alert.acknowledged.is_none() && !is_shelved(alert, frame)
}

/// Whether an alert is put away until later.
#[must_use]
pub fn is_shelved(alert: &Alert, frame: &Frame) -> bool {
    alert.shelved_until.is_some_and(|until| until > frame.snapshot.now)
}

/// Whether rules without a value have rows of their own: when the pane has the whole middle, or the
/// screen is large enough for all of them.
#[must_use]
pub fn shows_unmeasured(ui: &Ui) -> bool {
    (ui.full && ui.focus == PaneId::Breakers) || (ui.size.0 >= 118 && ui.size.1 >= 60)
}

/// Rules with a value, the nearest first in steps of a twentieth, so that rows do not change places over
/// nothing; then those without, where there is room for them.
fn breakers(frame: &Frame, ui: &Ui, filter: &Filter) -> Vec<u64> {
    let unmeasured = shows_unmeasured(ui);
    let near = |r: &ReadingView| r.reading.nearness();
    let mut list: Vec<&ReadingView> = frame
        .snapshot
        .readings
        .iter()
        .filter(|r| unmeasured || near(r).is_some())
        .filter(|r| {
            let rule = r.reading.rule;
            filter.text_has(&format!("{} {}", rule.code(), risk_words::rule(rule)))
        })
        .collect();
    if ui.list(PaneId::Breakers).sort == 0 {
        let key = |r: &ReadingView| near(r).map_or(-1.0, |n| (n * 20.0).floor());
        list.sort_by(|a, b| key(b).total_cmp(&key(a)));
    }
    list.iter().map(|r| r.reading.rule.index() as u64).collect()
}

/// The reading of a row.
#[must_use]
pub fn reading(frame: &Frame, id: u64) -> Option<&ReadingView> {
    frame.snapshot.readings.get(usize::try_from(id).ok()?)
}

fn checks(frame: &Frame, filter: &Filter) -> Vec<u64> {
    let snapshot = &frame.snapshot;
    let line = |c: &CheckedOrder| {
        let counts = words::check_counts(&c.results);
        format!("{} {counts}", words::order_line(snapshot, &c.order))
    };
    snapshot.checks.iter().rev().filter(|c| filter.text_has(&line(c))).map(|c| c.seq).collect()
}

/// The checked order of a row.
#[must_use]
pub fn checked(frame: &Frame, seq: u64) -> Option<&CheckedOrder> {
    frame.snapshot.checks.iter().find(|c| c.seq == seq).map(AsRef::as_ref)
}

/// The checked order under the cursor, or the newest.
#[must_use]
pub fn selected_check<'a>(frame: &'a Frame, ui: &Ui) -> Option<&'a CheckedOrder> {
    checked(frame, selected(PaneId::Checks, frame, ui)?)
}

fn board(frame: &Frame, sort: usize, filter: &Filter) -> Vec<u64> {
    let snapshot = &frame.snapshot;
    let mut list: Vec<&InstrumentView> =
        snapshot.instruments.iter().map(AsRef::as_ref).filter(|i| filter.instrument(snapshot, i)).collect();
    if let Some(column) = sort.checked_sub(1).and_then(|at| BoardColumn::ALL.get(at)) {
        list.sort_by(|a, b| column.order(snapshot, a, b));
    }
    list.iter().map(|i| u64::from(i.id.0)).collect()
}

fn sectors(frame: &Frame, sort: usize, filter: &Filter) -> Vec<u64> {
    let mut list: Vec<(u64, Sector)> = (0..).zip(breadth::sectors(&frame.snapshot)).collect();
    list.retain(|(_, sector)| filter.is_empty() || filter.sector_is(&sector.name));
    match sort {
        1 => list.sort_by(|(_, a), (_, b)| {
            let mean = |s: &Sector| s.breadth.mean_change_bps().unwrap_or(f64::NEG_INFINITY);
            mean(b).total_cmp(&mean(a))
        }),
        2 => list.sort_by_key(|(_, s)| std::cmp::Reverse(s.breadth.turnover)),
        3 => {
            list.sort_by_key(|(_, s)| std::cmp::Reverse(i64::from(s.breadth.up) - i64::from(s.breadth.down)))
        }
        _ => {}
    }
    list.into_iter().map(|(id, _)| id).collect()
}

/// A column of the market board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BoardColumn {
    /// Ticker.
    Symbol,
    /// Sector.
    Sector,
    /// Last price.
    Last,
    /// Change against the close before.
    Change,
    /// Value traded.
    Turnover,
    /// Shares traded.
    Volume,
    /// Distance to the nearer end of the day's band.
    Band,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// The close before.
    Close,
    /// Volume-weighted average price.
    Vwap,
    /// When it was last heard of.
    Age,
}

impl BoardColumn {
    /// Every column.
    pub const ALL: [Self; 12] = [
        Self::Symbol,
        Self::Sector,
        Self::Last,
        Self::Change,
        Self::Turnover,
        Self::Volume,
        Self::Band,
        Self::High,
        Self::Low,
        Self::Close,
        Self::Vwap,
        Self::Age,
    ];
    /// What the board can be ordered by: as listed, then by each column.
    const SORTS: [&'static str; 13] = [
        "listed",
        "symbol",
        "sector",
        "price",
        "change",
        "turnover",
        "volume",
        "band",
        "high",
        "low",
        "close before",
        "vwap",
        "age",
    ];

    /// What stands above it.
    #[must_use]
    pub const fn head(self) -> &'static str {
        match self {
            Self::Symbol => "SYMBOL",
            Self::Sector => "SECTOR",
            Self::Last => "LTP",
            Self::Change => "CHG%",
            Self::Turnover => "TURNOVER",
            Self::Volume => "VOLUME",
            Self::Band => "BAND%",
            Self::High => "HIGH",
            Self::Low => "LOW",
            Self::Close => "PREV",
            Self::Vwap => "VWAP",
            Self::Age => "AGE",
        }
    }

    /// Names from A, the nearest band and the freshest first, the rest from the greatest. What is not
    /// known comes last.
    fn order(self, snapshot: &Snapshot, a: &InstrumentView, b: &InstrumentView) -> Ordering {
        let greatest = |figure: fn(&InstrumentView) -> Option<Price>| figure(b).cmp(&figure(a));
        match self {
            Self::Symbol => a.symbol.cmp(&b.symbol),
            Self::Sector => {
                let key = |i: &InstrumentView| {
                    let sector = breadth::sector(snapshot, i.id);
                    (sector.is_none(), sector.map(str::to_owned), i.symbol.clone())
                };
                key(a).cmp(&key(b))
            }
            Self::Last => greatest(InstrumentView::last),
            Self::Change => {
                let change = |i: &InstrumentView| i.change_bps().unwrap_or(f64::NEG_INFINITY);
                change(b).total_cmp(&change(a))
            }
            Self::Turnover => b.day.turnover.cmp(&a.day.turnover),
            Self::Volume => b.day.volume.cmp(&a.day.volume),
            Self::Band => {
                let gap = |i: &InstrumentView| breadth::band_gap(i).map_or(f64::INFINITY, |g| g.bps);
                gap(a).total_cmp(&gap(b))
            }
            Self::High => greatest(|i| i.day.prices.map(|p| p.high)),
            Self::Low => greatest(|i| i.day.prices.map(|p| p.low)),
            Self::Close => greatest(|i| i.previous_close),
            Self::Vwap => greatest(|i| i.day.vwap()),
            Self::Age => b.heard_at.cmp(&a.heard_at),
        }
    }
}

/// The symbol under the cursor of the market board.
#[must_use]
pub fn selected_on_board(frame: &Frame, ui: &Ui) -> Option<InstrumentId> {
    let id = u32::try_from(selected(PaneId::Board, frame, ui)?).ok()?;
    frame.snapshot.instrument(InstrumentId(id)).map(|i| i.id)
}

fn journal(frame: &Frame, filter: &Filter) -> Vec<u64> {
    let JournalStatus::Durable { tail, .. } = &frame.status.journal else { return Vec::new() };
    tail.iter().rev().filter(|line| filter.text_has(&line.text)).map(|line| line.seq).collect()
}

/// The positions of this terminal's account; without one, of every account.
pub fn held(frame: &Frame) -> impl Iterator<Item = &PositionView> {
    numbered(frame).map(|(_, _, position)| position)
}

/// The same with the number of their row and the account.
pub fn numbered(frame: &Frame) -> impl Iterator<Item = (u64, &AccountView, &PositionView)> {
    let own = frame.status.account.as_ref();
    let accounts = frame.snapshot.accounts.iter().enumerate();
    accounts
        .filter(move |(_, a)| own.is_none_or(|id| *id == a.id))
        .flat_map(|(i, a)| a.positions.iter().map(move |p| (position_id(i, p.instrument), a, p)))
}

/// The number of the row of a position of an account.
#[must_use]
pub fn position_row(frame: &Frame, account: &AccountId, id: InstrumentId) -> Option<u64> {
    numbered(frame).find(|(_, a, p)| a.id == *account && p.instrument == id).map(|(row, _, _)| row)
}

/// Whether positions of more than one account are shown.
#[must_use]
pub fn several_accounts(frame: &Frame) -> bool {
    frame.status.account.is_none() && frame.snapshot.accounts.len() > 1
}

/// The row under the cursor of a list, or its first row.
#[must_use]
pub fn selected(pane: PaneId, frame: &Frame, ui: &Ui) -> Option<u64> {
    if pane == PaneId::Board {
        let ids = ids(pane, frame, ui);
        return ui.list(pane).selected.filter(|id| ids.contains(id)).or_else(|| ids.first().copied());
    }
    if pane == PaneId::Watch {
        return ui.symbol.map(|id| u64::from(id.0));
    }
    ui.list(pane).selected.or_else(|| ids(pane, frame, ui).first().copied())
}

/// The selected order of the orders list.
#[must_use]
pub fn selected_order<'a>(frame: &'a Frame, ui: &Ui) -> Option<&'a Order> {
    frame.snapshot.order(ClientOrderId(selected(PaneId::Orders, frame, ui)?))
}

/// The selected alert.
#[must_use]
pub fn selected_alert<'a>(frame: &'a Frame, ui: &Ui) -> Option<&'a Alert> {
    let id = selected(PaneId::Alerts, frame, ui)?;
    frame.snapshot.alerts.iter().find(|a| a.id == id)
}

/// The selected position, with its account.
#[must_use]
pub fn selected_position<'a>(frame: &'a Frame, ui: &Ui) -> Option<(&'a AccountView, &'a PositionView)> {
    let id = selected(PaneId::Positions, frame, ui)?;
    numbered(frame).find(|(number, _, _)| *number == id).map(|(_, account, position)| (account, position))
}
