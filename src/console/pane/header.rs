//! The rows that never scroll away and are the same in every workspace: mode and trading state in
//! words first, then time and market, then feed and alerts, then the account.

use super::alerts::is_new;
use super::hints::mode_role;
use super::{transport, watch};
use crate::console::theme::Role;
use crate::console::ui::Workspace;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{JournalStatus, format, preview, words};
use crate::engine::snapshot::AccountView;
use crate::engine::{Alert, Severity};
use crate::execution::OrderState;
use crate::market::Money;
use crate::market::time::NS_PER_S;
use crate::risk::TradingState;

/// Groups of text that stand between bars.
#[derive(Default)]
struct Groups(Vec<Vec<(String, Role)>>);

impl Groups {
    fn add(&mut self, parts: Vec<(String, Role)>) {
        let parts: Vec<_> = parts.into_iter().filter(|(text, _)| !text.is_empty()).collect();
        if !parts.is_empty() {
            self.0.push(parts);
        }
    }

    fn text(&mut self, text: impl Into<String>) {
        self.add(vec![(text.into(), Role::Text)]);
    }

    /// Draws them; a group that does not fit ends the row.
    fn draw(&self, paint: &mut Paint<'_>, y: u16) {
        let bar = format!(" {} ", paint.glyphs().bar);
        let mut x = 0;
        for (i, group) in self.0.iter().enumerate() {
            let length: u16 = group.iter().map(|(text, _)| width(text) + 1).sum();
            if i > 0 {
                if x + length + 2 > paint.width() {
                    return;
                }
                x = paint.put(x, y, &bar, Role::Rule);
            }
            for (j, (text, role)) in group.iter().enumerate() {
                x = paint.put(x + u16::from(j > 0), y, text, *role);
            }
        }
    }
}

/// How many rows the header has at a width.
#[must_use]
pub const fn rows(columns: u16) -> u16 {
    if columns >= 110 { 3 } else { 2 }
}

/// Draws the header.
pub fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let wide = rows(paint.width()) == 3;
    let mut top = Groups::default();
    top.add(state(view));
    top.text(time(view, wide));
    top.add(index(view, wide));
    top.draw(paint, 0);
    let mut second = Groups::default();
    second.add(workspaces(view, wide));
    if wide {
        second.add(feed(view));
    } else {
        account_short(view, &mut second);
    }
    second.add(link(view, wide));
    second.add(unknown(view));
    second.add(alert_counts(view));
    second.add(journal(view));
    if wide {
        second.text(view.snapshot().day.title.clone());
    } else {
        if view.snapshot().day.simulated {
            second.text("SIMULATED");
        }
        second.add(feed(view));
    }
    second.draw(paint, 1);
    if wide {
        third(paint, view);
    }
}

/// ` LIVE  ACTIVE`, and in a replay how fast.
fn state(view: &View<'_>) -> Vec<(String, Role)> {
    let mode = view.status().mode;
    let trading = match &view.snapshot().trading {
        TradingState::Active => ("ACTIVE".to_owned(), Role::Good),
        TradingState::Halted { by, at, .. } => {
            (format!("HALTED soft, {by} {}", format::clock(*at)), Role::Alarm)
        }
    };
    let speed = view.status().transport.as_ref().map_or_else(String::new, |t| {
        if t.playing && !t.finished { transport::speed(t.speed) } else { transport::state(t).to_owned() }
    });
    vec![(format!(" {} ", mode.word()), mode_role(mode)), trading, (speed, Role::Text)]
}

fn time(view: &View<'_>, wide: bool) -> String {
    let snapshot = view.snapshot();
    let phase = match &snapshot.session.halt {
        Some(halt) => {
            let until = halt.until.map(|u| format!(" to {}", format::clock_minutes(u))).unwrap_or_default();
            format!("HALTED{}{until}", if halt.inferred { " (inferred)" } else { "" })
        }
        None => words::phase(snapshot.session.phase).to_owned(),
    };
    let left = snapshot.phase_ends.map(|end| format!(" -{}", format::countdown(end.since_ns(view.now()))));
    let left = left.filter(|_| snapshot.session.halt.is_none()).unwrap_or_default();
    let clock = if view.now().ns() == 0 { "--:--:--".to_owned() } else { format::clock(view.now()) };
    if wide {
        format!("{}  {clock} NPT  {phase}{left}", format::date_both(snapshot.day.date))
    } else {
        format!("{clock} NPT {phase}{left}")
    }
}

fn index(view: &View<'_>, wide: bool) -> Vec<(String, Role)> {
    let snapshot = view.snapshot();
    let Some(index) = &snapshot.session.index else {
        return vec![("no index feed".to_owned(), Role::Dim)];
    };
    let bps = index.change_bps();
    let points = Money::from_paisa(index.last_e2);
    let mut parts = vec![(format!("NEPSE {}", format::money(points)), Role::Text)];
    if bps.is_some() {
        let percent = format!("{}%", format::percent(bps));
        let arrow = if wide {
            match bps {
                Some(b) if b >= 0.5 => view.theme.glyphs().up,
                Some(b) if b <= -0.5 => view.theme.glyphs().down,
                _ => "=",
            }
        } else {
            ""
        };
        parts.push((arrow.to_owned(), watch::change_role(bps)));
        parts.push((percent, watch::change_role(bps)));
    }
    if let Some(halt) = snapshot.next_halt.filter(|_| wide) {
        let off = halt.distance_bps_e2 as f64 / 1e4;
        parts.push((format!("halt {off:.1} off"), if off < 1.0 { Role::Warn } else { Role::Dim }));
    }
    parts
}

fn workspaces(view: &View<'_>, wide: bool) -> Vec<(String, Role)> {
    Workspace::ALL
        .into_iter()
        .map(|space| {
            let name =
                if wide { format!("{} {}", space.digit(), space.name()) } else { space.digit().to_string() };
            if space == view.ui.workspace { (format!("[{name}]"), Role::Focus) } else { (name, Role::Dim) }
        })
        .collect()
}

/// The slowest feed: up, or since when it is silent.
fn feed(view: &View<'_>) -> Vec<(String, Role)> {
    let feeds = &view.snapshot().feeds;
    let Some((source, worst)) = feeds.iter().min_by_key(|(_, f)| f.last_at) else {
        return vec![("feed: nothing heard".to_owned(), Role::Dim)];
    };
    let age = view.now().since_ns(worst.last_at);
    let text = format::age(age).unwrap_or_else(|| "<5s".to_owned());
    if worst.stale {
        vec![(format!("feed {source} SILENT {text}"), Role::Alarm)]
    } else {
        vec![(format!("feed up {text}"), Role::Text)]
    }
}

/// How long a picture takes to this terminal and back; nothing while that is not known.
fn link(view: &View<'_>, wide: bool) -> Vec<(String, Role)> {
    let Some(ms) = view.ui.link_ms else { return Vec::new() };
    let text = if ms <= 5 { "<5ms".to_owned() } else { format!("{ms}ms") };
    let role = if ms >= 1_000 { Role::Warn } else { Role::Text };
    vec![(if wide { "link".to_owned() } else { String::new() }, Role::Dim), (text, role)]
}

fn unknown(view: &View<'_>) -> Vec<(String, Role)> {
    let orders = &view.snapshot().orders;
    let unknown = orders.iter().filter(|o| o.state == OrderState::Unknown).count();
    let mut parts = Vec::new();
    if unknown > 0 {
        parts.push((format!("UNKNOWN {unknown}"), Role::Alarm));
    }
    if view.status().commands_waiting > 0 {
        parts.push((format!("{} commands waiting", view.status().commands_waiting), Role::Warn));
    }
    if view.ui.keys_ignored > 0 {
        parts.push((format!("{} keys ignored", view.ui.keys_ignored), Role::Warn));
    }
    parts
}

fn alert_counts(view: &View<'_>) -> Vec<(String, Role)> {
    let open: Vec<&Alert> = view.snapshot().alerts.iter().filter(|a| is_new(a, view)).collect();
    let count = |s: Severity| open.iter().filter(|a| a.kind.severity() == s).count();
    let (critical, high, medium) =
        (count(Severity::Critical), count(Severity::High), count(Severity::Medium));
    let role = if critical > 0 {
        Role::Alarm
    } else if high > 0 {
        Role::Warn
    } else {
        Role::Text
    };
    vec![(format!("C{critical} H{high} M{medium}"), role), (format!("new {}", open.len()), Role::Text)]
}

fn journal(view: &View<'_>) -> Vec<(String, Role)> {
    match &view.status().journal {
        JournalStatus::Durable { .. } => Vec::new(),
        JournalStatus::NotJournaled { .. } => vec![("NOT JOURNALED".to_owned(), Role::Alarm)],
    }
}

fn account<'a>(view: &View<'a>) -> Option<&'a AccountView> {
    let id = preview::account_of(view.frame)?;
    view.snapshot().accounts.iter().find(|a| a.id == id)
}

fn signed(amount: Option<Money>) -> (String, Role) {
    match amount {
        Some(m) => (format::money_signed(m), watch::change_role(Some(m.paisa() as f64))),
        None => (format::MISSING.to_owned(), Role::Dim),
    }
}

fn drawdown(account: &AccountView) -> String {
    let percent = |ppm: u32| format!("{:.1}%", f64::from(ppm) / 1e4);
    format!("DD {}", account.drawdown_ppm.map_or_else(|| format::MISSING.to_owned(), percent))
}

fn account_short(view: &View<'_>, groups: &mut Groups) {
    let Some(account) = account(view) else {
        groups.text("no account");
        return;
    };
    let (_, role) = signed(account.day_result);
    let day = account.day_result.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    groups.add(vec![(format!("day {day}"), role), (drawdown(account), Role::Text)]);
}

/// The account; in its place the worst alert that nobody has noted, if trading hangs on it.
fn third(paint: &mut Paint<'_>, view: &View<'_>) {
    let critical = |a: &&Alert| a.kind.severity() == Severity::Critical && is_new(a, view);
    if let Some(alert) = view.snapshot().alerts.iter().rev().find(critical) {
        paint.blank(2, Role::Alarm);
        let text = words::alert(view.snapshot(), alert);
        paint.put(1, 2, &format!("{} {text}   (g a, then a)", format::clock(alert.at)), Role::Alarm);
        return;
    }
    let mut groups = Groups::default();
    let Some(account) = account(view) else {
        let why = if view.snapshot().accounts.is_empty() {
            "this day has no account"
        } else {
            "several accounts: none chosen"
        };
        paint.put(1, 2, &format!("{why}: nothing can be ordered"), Role::Dim);
        return;
    };
    groups.text(format!(" acct {}", account.id));
    let (day, day_role) = signed(account.day_result);
    let (exit, exit_role) = signed(account.after_exit);
    groups.add(vec![
        ("day".to_owned(), Role::Dim),
        (day, day_role),
        ("after exit cost and tax".to_owned(), Role::Dim),
        (exit, exit_role),
    ]);
    let short = |m: Option<Money>| m.map_or_else(|| format::MISSING.to_owned(), format::money_short);
    groups.text(format!("NAV {} {}", short(account.nav), drawdown(account)));
    let free = account.free_cash.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    let mut cash = format!("free {}", free.trim_start_matches('+'));
    if account.due.0 != Money::ZERO {
        let when = account.due.1.map(|d| format!(" {}", d.weekday())).unwrap_or_default();
        let due = format::rupees_signed(account.due.0);
        cash.push_str(&format!(" due{when} {}", due.trim_start_matches('+')));
    }
    groups.text(cash);
    groups.draw(paint, 2);
}

/// Whether a count-down of the header runs by the second.
#[must_use]
pub fn ticks_by_the_second(view: &View<'_>) -> bool {
    view.snapshot().phase_ends.is_some_and(|end| end.since_ns(view.now()) < 60 * NS_PER_S)
}
