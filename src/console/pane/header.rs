//! The rows that never scroll away and are the same in every workspace: mode and trading state in
//! words first, then time and market, then feed and alerts, then the account.

use super::groups::{Form, Groups};
use super::hints::mode_role;
use super::{transport, watch};
use crate::console::theme::Role;
use crate::console::ui::Workspace;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{GatewayStatus, JournalStatus, format, preview, rows as lists, slip, words};
use crate::engine::snapshot::AccountView;
use crate::engine::{Alert, Severity};
use crate::market::Money;
use crate::market::time::NS_PER_S;
use crate::risk::TradingState;

/// How many rows the header has at a width.
#[must_use]
pub const fn rows(columns: u16) -> u16 {
    if columns >= 110 { 3 } else { 2 }
}

/// Draws the header.
pub fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let wide = rows(paint.width()) == 3;
    let mut top = Groups::default();
    top.add(9, trading(view));
    top.add(7, clock(view, wide));
    top.add(4, index(view, wide));
    if !wide {
        top.add(5, feed(view));
    }
    top.draw(paint, 0);
    if !wide && let Some(alert) = worst_new(view) {
        banner(paint, 1, view, alert);
        return;
    }
    let mut second = Groups::default();
    second.add(6, workspaces(view, wide));
    if !wide {
        second.add(3, account_short(view));
    }
    if wide {
        second.add(5, feed(view));
    }
    second.add(9, unknown(view));
    second.add(8, journal(view));
    second.add(4, gateways(view));
    second.add(4, link(view, wide));
    second.add(8, alert_counts(view));
    if view.snapshot().day.simulated {
        second.one(7, "SIMULATED", Role::Warn);
    }
    if wide {
        // The word stands there already.
        let title = view.snapshot().day.title.trim_start_matches("SIMULATED ");
        second.one(1, title.to_owned(), Role::Text);
    }
    second.draw(paint, 1);
    if wide {
        third(paint, view);
    }
}

/// Mode and trading state in words, and in a replay how fast; the last form names only what matters.
fn trading(view: &View<'_>) -> Vec<Form> {
    let mode = view.status().mode;
    let word = (format!(" {} ", mode.word()), mode_role(mode));
    let speed = view.status().transport.as_ref().map_or_else(String::new, |t| {
        if t.playing && !t.finished { transport::speed(t.speed) } else { transport::state(t).to_owned() }
    });
    let speed = (speed, Role::Text);
    let form = |text: String, role: Role| vec![word.clone(), (text, role), speed.clone()];
    match &view.snapshot().trading {
        TradingState::Active => vec![form("ACTIVE".to_owned(), Role::Good)],
        TradingState::Halted { by, at, .. } => vec![
            form(format!("HALTED soft, {by} {}", format::clock(*at)), Role::Alarm),
            form(format!("HALTED soft {}", format::clock_minutes(*at)), Role::Alarm),
            form("HALTED soft".to_owned(), Role::Alarm),
        ],
    }
}

/// Date, clock and phase; the clock alone where there is no room.
fn clock(view: &View<'_>, wide: bool) -> Vec<Form> {
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
    let role = if snapshot.session.halt.is_some() { Role::Warn } else { Role::Text };
    let form = |text: String| vec![(text, role)];
    let mut forms = Vec::new();
    if wide {
        let date = snapshot.day.date;
        forms.push(form(format!("{}  {clock} NPT  {phase}{left}", format::date_both(date))));
        forms.push(form(format!("{}  {clock} NPT  {phase}{left}", format::date_short(date))));
    }
    forms.push(form(format!("{clock} NPT {phase}{left}")));
    forms.push(form(format!("{clock} {phase}")));
    forms
}

/// The index with its change and the next halt; without the halt, then without the points.
fn index(view: &View<'_>, wide: bool) -> Vec<Form> {
    let snapshot = view.snapshot();
    let Some(index) = &snapshot.session.index else {
        return vec![vec![("no index feed".to_owned(), Role::Dim)]];
    };
    let bps = index.change_bps();
    let points = (format!("NEPSE {}", format::money(Money::from_paisa(index.last_e2))), Role::Text);
    let mut change = Vec::new();
    if bps.is_some() {
        let role = watch::change_role(bps);
        let arrow = match bps {
            Some(b) if b >= 0.5 => view.theme.glyphs().up,
            Some(b) if b <= -0.5 => view.theme.glyphs().down,
            _ => "=",
        };
        change.push((if wide { arrow.to_owned() } else { String::new() }, role));
        change.push((format!("{}%", format::percent(bps)), role));
    }
    let plain: Form = std::iter::once(points).chain(change.clone()).collect();
    let mut forms = Vec::new();
    if let Some(halt) = snapshot.next_halt.filter(|_| wide) {
        let off = halt.distance_bps_e2 as f64 / 1e4;
        let role = if off < 1.0 { Role::Warn } else { Role::Dim };
        forms.push(plain.iter().cloned().chain([(format!("halt {off:.1} off"), role)]).collect());
    }
    forms.push(plain);
    if !change.is_empty() {
        forms.push(std::iter::once(("NEPSE".to_owned(), Role::Text)).chain(change).collect());
    }
    forms
}

/// The workspaces; the digits alone where there is no room.
fn workspaces(view: &View<'_>, wide: bool) -> Vec<Form> {
    let form = |names: bool| -> Form {
        let word = |space: Workspace| {
            let text =
                if names { format!("{} {}", space.digit(), space.name()) } else { space.digit().to_string() };
            if space == view.ui.workspace { (format!("[{text}]"), Role::Focus) } else { (text, Role::Dim) }
        };
        Workspace::ALL.into_iter().map(word).collect()
    };
    if wide { vec![form(true), form(false)] } else { vec![form(false)] }
}

/// The feed that was silent longest: up, or since when it is silent.
fn feed(view: &View<'_>) -> Vec<Form> {
    let feeds = &view.snapshot().feeds;
    let Some((source, worst)) = feeds.iter().min_by_key(|(_, f)| f.last_at) else {
        return vec![vec![("feed: nothing heard".to_owned(), Role::Dim)]];
    };
    // A line that is not live says so whatever was heard of it last.
    let mut lines = feeds.iter().filter_map(|(source, feed)| Some((source, feed.line?.0)));
    if !feeds.iter().any(|(_, feed)| feed.line.is_some_and(|(state, _)| state.is_live()))
        && let Some((source, state)) = lines.next_back()
    {
        let text = format!("feed {source} {}", state.word().to_uppercase());
        return vec![vec![(text, Role::Alarm)]];
    }
    let age = view.now().since_ns(worst.last_at);
    let text = format::age(age).unwrap_or_else(|| "<5s".to_owned());
    if worst.stale {
        vec![vec![(format!("feed {source} SILENT {text}"), Role::Alarm)]]
    } else {
        vec![vec![(format!("feed up {text}"), Role::Text)], vec![(format!("feed {text}"), Role::Text)]]
    }
}

/// Gateways that the shell reports: those that are off stay when there is little room.
fn gateways(view: &View<'_>) -> Vec<Form> {
    let gateways = &view.status().health.gateways;
    let word = |g: &GatewayStatus| match g.up {
        true => (format!("{} up", g.name), Role::Text),
        false => (format!("{} OFF", g.name), Role::Warn),
    };
    let mut off: Form = gateways.iter().filter(|g| !g.up).map(word).collect();
    let mut all: Form = gateways.iter().map(word).collect();
    // Nothing new is sent meanwhile: that is more than a line being up.
    let differ = view.snapshot().gateway.agreement.differences().len();
    if differ > 0 {
        let text = (format!("{differ} DIFFER"), Role::Alarm);
        all.push(text.clone());
        off.push(text);
    }
    vec![all, off]
}

/// How long a picture takes to this terminal and back; nothing while that is not known.
fn link(view: &View<'_>, wide: bool) -> Vec<Form> {
    let Some(ms) = view.ui.link_ms else { return Vec::new() };
    let text = if ms <= 5 { "<5ms".to_owned() } else { format!("{ms}ms") };
    let role = if ms >= 1_000 { Role::Warn } else { Role::Text };
    let head = if wide { "link ".to_owned() } else { String::new() };
    vec![vec![(format!("{head}{text}"), role)]]
}

/// Slips to be keyed in, orders nobody answers for, commands and keys that wait: never the first to give way.
fn unknown(view: &View<'_>) -> Vec<Form> {
    let unknown = slip::unknown(view.snapshot()).count();
    let slips = slip::waiting(view.snapshot());
    let mut parts = Vec::new();
    if slips > 0 {
        parts.push((format!("slip {slips}"), Role::Warn));
    }
    if unknown > 0 {
        parts.push((format!("UNKNOWN {unknown}"), Role::Alarm));
    }
    let bare = parts.clone();
    if view.status().commands_waiting > 0 {
        let waiting = words::count(view.status().commands_waiting, "command");
        parts.push((format!("{waiting} waiting"), Role::Warn));
    }
    if view.ui.keys_ignored > 0 {
        parts.push((words::keys_ignored(view.ui.keys_ignored), Role::Warn));
    }
    vec![parts, bare]
}

fn alert_counts(view: &View<'_>) -> Vec<Form> {
    let open: Vec<&Alert> = lists::told(view.snapshot()).filter(|a| lists::is_new(a, view.frame)).collect();
    let count = |s: Severity| open.iter().filter(|a| a.kind.severity() == s).count();
    let (critical, high, medium) =
        (count(Severity::Critical), count(Severity::High), count(Severity::Medium));
    // Those only worth knowing are counted apart when there are any, so that the counts make up the sum.
    let low = match count(Severity::Low) {
        0 => String::new(),
        low => format!(" L{low}"),
    };
    let role = if critical > 0 {
        Role::Alarm
    } else if high > 0 {
        Role::Warn
    } else {
        Role::Text
    };
    let heavy = format!("C{critical} H{high} M{medium}");
    let counts = (format!("{heavy}{low}"), role);
    vec![vec![counts, (format!("new {}", open.len()), Role::Text)], vec![(heavy, role)]]
}

fn journal(view: &View<'_>) -> Vec<Form> {
    match &view.status().journal {
        JournalStatus::Durable { .. } => Vec::new(),
        JournalStatus::NotJournaled { .. } => vec![vec![("NOT JOURNALED".to_owned(), Role::Alarm)]],
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

fn account_short(view: &View<'_>) -> Vec<Form> {
    let Some(account) = account(view) else {
        return vec![vec![("no account".to_owned(), Role::Text)]];
    };
    let (_, role) = signed(account.day_result);
    let day = account.day_result.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    let day = (format!("day {day}"), role);
    vec![vec![day.clone(), (drawdown(account), Role::Text)], vec![day]]
}

/// The newest alert that trading hangs on and nobody has noted.
fn worst_new<'a>(view: &View<'a>) -> Option<&'a Alert> {
    let critical = |a: &&Alert| a.kind.severity() == Severity::Critical && lists::is_new(a, view.frame);
    view.snapshot().alerts.iter().rev().find(critical)
}

/// Says it over a whole row, with the count of orders nobody answers for, which never gives way.
fn banner(paint: &mut Paint<'_>, y: u16, view: &View<'_>, alert: &Alert) {
    paint.blank(y, Role::Alarm);
    let unknown = unknown(view).pop().unwrap_or_default().pop().map(|(text, _)| text).unwrap_or_default();
    let bar = view.theme.glyphs().bar;
    let tail = match (y, unknown.is_empty()) {
        (1, true) => " (g a, a)".to_owned(),
        (1, false) => format!(" {bar} {unknown} (g a)"),
        _ => " (g a, then a)".to_owned(),
    };
    let text = format!("{} {}", format::clock(alert.at), words::alert(view.snapshot(), alert));
    let room = paint.width().saturating_sub(width(&tail));
    let text = paint.inside(0, y, room, 1).whole_sense(&text, 1);
    let x = paint.put(1, y, &text, Role::Alarm);
    paint.put(x, y, &tail, Role::Alarm);
}

/// The account; in its place the worst alert that nobody has noted, if trading hangs on it.
fn third(paint: &mut Paint<'_>, view: &View<'_>) {
    if let Some(alert) = worst_new(view) {
        banner(paint, 2, view, alert);
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
    groups.one(5, format!(" acct {}", account.id), Role::Text);
    let (day, day_role) = signed(account.day_result);
    let (exit, exit_role) = signed(account.after_exit);
    let result = vec![("day".to_owned(), Role::Dim), (day, day_role)];
    let after = [("after exit cost and tax".to_owned(), Role::Dim), (exit, exit_role)];
    groups.add(4, vec![result.iter().cloned().chain(after).collect(), result]);
    let short = |m: Option<Money>| m.map_or_else(|| format::MISSING.to_owned(), format::money_short);
    groups.one(2, format!("NAV {} {}", short(account.nav), drawdown(account)), Role::Text);
    let free = account.free_cash.map_or_else(|| format::MISSING.to_owned(), format::rupees_signed);
    let free = format!("free {}", free.trim_start_matches('+'));
    let mut forms = vec![vec![(free.clone(), Role::Text)]];
    if account.due.0 != Money::ZERO {
        let when = account.due.1.map(|d| format!(" {}", d.weekday())).unwrap_or_default();
        let due = format::rupees_signed(account.due.0);
        forms.insert(0, vec![(format!("{free} due{when} {}", due.trim_start_matches('+')), Role::Text)]);
    }
    groups.add(3, forms);
    groups.draw(paint, 2);
}

/// Whether a count-down of the header runs by the second.
#[must_use]
pub fn ticks_by_the_second(view: &View<'_>) -> bool {
    view.snapshot().phase_ends.is_some_and(|end| end.since_ns(view.now()) < 60 * NS_PER_S)
}
