//! The keys: one row each. Dispatch, the key page, the hints and the command line all read this.
//!
//! A key that can change an order means the same in every pane, or nothing there. Never bound:
//! `Ctrl-a`, `Ctrl-b`, `Ctrl-s`, `Ctrl-q`, `Ctrl-Space`, Alt with anything, `F1`, `F10`, `F11`,
//! `~`, and the capitals of vim's movements (`G H J K L M`).

use super::place::Place;
use crate::console::intent::{Destination, Intent, Move, Step};
use crate::console::ui::Workspace;
use crate::market::Side;

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Its name in `keys.toml` and on the command line.
    pub name: &'static str,
    /// The keys, each one or two strokes.
    pub keys: &'static [&'static str],
    /// Where it counts.
    pub place: Place,
    /// What it asks for.
    pub intent: Intent,
    /// 0 looks; 1 acts at once and adds no risk; 2 shows the numbers, then a fresh `y`; 3 two people.
    pub level: u8,
    /// What it does, in the desk's words.
    pub words: &'static str,
    /// The short word in the hints row; empty for none.
    pub hint: &'static str,
}

const fn row(
    name: &'static str,
    keys: &'static [&'static str],
    place: Place,
    intent: Intent,
    level: u8,
    words: &'static str,
    hint: &'static str,
) -> Binding {
    Binding { name, keys, place, intent, level, words, hint }
}

/// Every binding, in the order of the key page.
pub const TABLE: &[Binding] = &[
    row("stop", &["!"], Place::Letters, Intent::Stop, 1, "stop new orders now, whole desk; what rests stays", "STOP"),
    row("stop-f8", &["F8"], Place::Everywhere, Intent::Stop, 1, "the same stop; no keyboard layout can hide it", ""),
    row("take-back", &["u"], Place::Panes, Intent::TakeBack, 2, "take back your stop within 10 s; else cancel the last order sent, at once", ""),
    row("trade", &["1"], Place::Letters, Intent::Workspace(Workspace::Trade), 0, "Trade", ""),
    row("risk", &["2"], Place::Letters, Intent::Workspace(Workspace::Risk), 0, "Risk", ""),
    row("approvals", &["3"], Place::Letters, Intent::Workspace(Workspace::Approvals), 0, "Approvals", ""),
    row("models", &["4"], Place::Letters, Intent::Workspace(Workspace::Models), 0, "Models", ""),
    row("replay", &["5"], Place::Letters, Intent::Workspace(Workspace::Replay), 0, "Replay", ""),
    row("next-pane", &["Tab"], Place::PanesAndForms, Intent::NextPane, 0, "next pane; in a form, next field", ""),
    row("previous-pane", &["S-Tab"], Place::PanesAndForms, Intent::PreviousPane, 0, "pane or field before", ""),
    row("down", &["j", "Down"], Place::Rows, Intent::Move(Move::Down), 0, "down", ""),
    row("up", &["k", "Up"], Place::Rows, Intent::Move(Move::Up), 0, "up", ""),
    row("left", &["h", "Left"], Place::Rows, Intent::Move(Move::Left), 0, "left", ""),
    row("right", &["l", "Right"], Place::Rows, Intent::Move(Move::Right), 0, "right", ""),
    row("half-down", &["PgDn", "Ctrl-d"], Place::Rows, Intent::Move(Move::HalfDown), 0, "half a page down", ""),
    row("half-up", &["PgUp", "Ctrl-u"], Place::Rows, Intent::Move(Move::HalfUp), 0, "half a page up", ""),
    row("first", &["g g"], Place::Panes, Intent::Move(Move::First), 0, "go to the first row", ""),
    row("last", &["g e"], Place::Panes, Intent::Move(Move::Last), 0, "go to the last row", ""),
    row("market", &["g m"], Place::Panes, Intent::Go(Destination::Market), 0, "go to every listed symbol", ""),
    row("positions", &["g p"], Place::Panes, Intent::Go(Destination::Positions), 0, "go to positions", ""),
    row("orders", &["g o"], Place::Panes, Intent::Go(Destination::Orders), 0, "go to orders", ""),
    row("alerts", &["g a"], Place::Panes, Intent::Go(Destination::Alerts), 0, "go to alerts", ""),
    row("go-risk", &["g r"], Place::Panes, Intent::Go(Destination::Risk), 0, "go to the market regime", ""),
    row("history", &["g h"], Place::Panes, Intent::Go(Destination::History), 0, "go to what happened in this symbol", ""),
    row("bookmarks", &["g *"], Place::Panes, Intent::Go(Destination::Bookmarks), 0, "go to the marked times", ""),
    row("symbol", &["t"], Place::Panes, Intent::Symbol, 0, "choose a symbol by ticker or name; Backspace: the one before", "symbol"),
    row("filter", &["/"], Place::Lists, Intent::Filter, 0, "narrow the list as you type: sym:NABIL side:buy state:open", "filter"),
    row("next-match", &["n"], Place::Lists, Intent::NextMatch, 0, "next match", ""),
    row("previous-match", &["N"], Place::Lists, Intent::PreviousMatch, 0, "match before", ""),
    row("sort", &["o"], Place::Lists, Intent::Sort, 0, "order by the next column", "sort"),
    row("turn-sort", &["O"], Place::Lists, Intent::TurnSort, 0, "turn the order round", ""),
    row("full", &["f"], Place::Panes, Intent::Full, 0, "full pane, and back", "full"),
    row("centre", &["z"], Place::Panes, Intent::Centre, 0, "centre the ladder", "centre"),
    row("view", &["v"], Place::Panes, Intent::View, 0, "other view: levels, cumulative, tape, tape by broker, volume at price; kind of stop", "view"),
    row("why", &["w"], Place::Panes, Intent::Why, 0, "why: what the selected figure, order or alert is made of", "why"),
    row("copy", &["c"], Place::Panes, Intent::Copy, 0, "copy the selected thing", "copy"),
    row("keys", &["?"], Place::Letters, Intent::Help, 0, "these keys", "keys"),
    row("command", &[":"], Place::Letters, Intent::Palette, 0, "command, with completion", "command"),
    row("back", &["Esc"], Place::Everywhere, Intent::Back, 0, "one step back", ""),
    row("back-q", &["q"], Place::Letters, Intent::Back, 0, "back, never out", "back"),
    row("open", &["Enter"], Place::Panes, Intent::Open, 0, "open what is selected; never sends", ""),
    row("buy", &["b"], Place::Tradable, Intent::Ticket(Side::Buy), 0, "buy ticket: symbol, cursor's price, preset size", "buy"),
    row("sell", &["s"], Place::Tradable, Intent::Ticket(Side::Sell), 0, "sell ticket", "sell"),
    row("quick-buy", &["B"], Place::Depth, Intent::Quick(Side::Buy), 2, "one-line buy: size, price, cost; then y", "quick"),
    row("quick-sell", &["S"], Place::Depth, Intent::Quick(Side::Sell), 2, "one-line sell: size, price, cost; then y", ""),
    row("size-down", &["["], Place::Sizes, Intent::SizeDown, 0, "smaller preset size", ""),
    row("size-up", &["]"], Place::Sizes, Intent::SizeUp, 0, "larger preset size", "size"),
    row("lot-down", &["-"], Place::Depth, Intent::LotDown, 0, "size one lot less", ""),
    row("lot-up", &["+"], Place::Depth, Intent::LotUp, 0, "size one lot more", ""),
    row("cancel", &["x"], Place::OwnOrder, Intent::Cancel, 1, "cancel this order", "cancel mine"),
    row("cancel-many", &["X"], Place::Letters, Intent::CancelMany, 2, "cancel this side, symbol or all: the count first, then y", ""),
    row("amend", &["e"], Place::OwnOrder, Intent::Amend, 2, "amend this order; says what its place in the queue does", "amend"),
    row("yes", &["y"], Place::Prompt, Intent::Yes, 2, "sends what the prompt shows", ""),
    row("acknowledge", &["a"], Place::Alerts, Intent::Acknowledge, 0, "acknowledge the alert", "ack"),
    row("shelve", &["d"], Place::Alerts, Intent::Shelve, 0, "shelve the alert for 30 minutes", "shelve"),
    row("watch-add", &["i"], Place::Watch, Intent::WatchAdd, 0, "add a symbol to the list", "add"),
    row("watch-remove", &["Del"], Place::Watch, Intent::WatchRemove, 0, "take the symbol off the list (:undo)", ""),
    row("play", &["Space"], Place::Replay, Intent::PlayPause, 0, "play or pause", "play"),
    row("slower", &["<"], Place::Replay, Intent::Slower, 0, "slower", ""),
    row("faster", &[">"], Place::Replay, Intent::Faster, 0, "faster, up to max", "speed"),
    row("event", &["."], Place::Replay, Intent::StepEvent, 0, "one event", "event"),
    row("bar", &[";"], Place::Replay, Intent::StepBar, 0, "one bar", "bar"),
    row("previous-stop", &["("], Place::Replay, Intent::PreviousStop, 0, "previous stop of the chosen kind", ""),
    row("next-stop", &[")"], Place::Replay, Intent::NextStop, 0, "next stop of the chosen kind", "stop"),
    row("seek", &["'"], Place::Replay, Intent::Seek, 0, "go to a time", "time"),
    row("bookmark", &["*"], Place::Replay, Intent::Bookmark, 0, "mark this time", "mark"),
    row("interrupt", &["Ctrl-c"], Place::Everywhere, Intent::Interrupt, 0, "leave what is open; twice: how to quit", ""),
    row("suspend", &["Ctrl-z"], Place::Everywhere, Intent::Suspend, 0, "says that this is not done here", ""),
    row("repaint", &["Ctrl-l"], Place::Everywhere, Intent::Repaint, 0, "draw everything again", ""),
    row("accept", &["Enter"], Place::Fields, Intent::Accept, 0, "take the field; in a ticket, review", ""),
    row("erase", &["Backspace"], Place::Fields, Intent::Erase, 0, "erase a character", ""),
    row("clear", &["Ctrl-u"], Place::Fields, Intent::Clear, 0, "empty the field", ""),
    row("step-up", &["Up"], Place::Fields, Intent::Step(Step::Up), 0, "one tick or lot up; in a list of choices, up", ""),
    row("step-down", &["Down"], Place::Fields, Intent::Step(Step::Down), 0, "one tick or lot down", ""),
    row("step-up-ten", &["S-Up"], Place::Form, Intent::Step(Step::UpTen), 0, "ten up", ""),
    row("step-down-ten", &["S-Down"], Place::Form, Intent::Step(Step::DownTen), 0, "ten down", ""),
];

/// Keys that are never bound, by default or by `keys.toml`, and why.
pub const NEVER: &[(&str, &str)] = &[
    ("Ctrl-a", "tmux and screen use it"),
    ("Ctrl-b", "tmux uses it"),
    ("Ctrl-s", "flow control freezes the screen"),
    ("Ctrl-q", "flow control"),
    ("Ctrl-Space", "input methods use it"),
    ("F1", "terminal emulators use it"),
    ("F10", "terminal emulators use it"),
    ("F11", "terminal emulators use it"),
    ("~", "OpenSSH's escape"),
    ("G", "with Caps Lock on, a movement must not stop a desk"),
    ("H", "with Caps Lock on, a movement must not stop a desk"),
    ("J", "with Caps Lock on, a movement must not stop a desk"),
    ("K", "with Caps Lock on, a movement must not stop a desk"),
    ("L", "with Caps Lock on, a movement must not stop a desk"),
    ("M", "with Caps Lock on, a movement must not stop a desk"),
];
