//! Why a figure is what it is: a walk back to its inputs, one level at a time.
//!
//! A [`Subject`] is told in lines; a line that rests on something else names it, and Enter on it is the
//! next level: account to position, position to its orders, an order to the journal records behind
//! each step, the regime to its bars, a bar to the returns in it. What the engine does not know is
//! said, not made up. One file for each subject; a new one is a file and a line in [`tell`].

mod account;
mod alert;
mod checks;
mod instrument;
mod order;
mod position;
mod reading;
mod record;
mod regime;

use super::Frame;
use crate::execution::ClientOrderId;
use crate::market::{InstrumentId, Money};

use super::format;

/// Something that can be explained.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The account: value, result of the day, fall from the highest value.
    Account,
    /// A position, by the number of its row: two accounts may hold the same.
    Position(u64),
    /// An order.
    Order(ClientOrderId),
    /// An instrument: its last price, its book, its bands.
    Instrument(InstrumentId),
    /// The market regime.
    Regime,
    /// One bar of it.
    RegimeBar(u32),
    /// An alert.
    Alert(u64),
    /// How near a rule of risk is, by its row.
    Reading(u64),
    /// What the checks said of the order of this command.
    Checks(u64),
    /// A record of the journal.
    Record(u64),
}

/// One line, and what it rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// The next level, if there is one.
    pub to: Option<Subject>,
}

/// A text with the next levels behind its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Telling {
    /// What it is about.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Telling {
    fn about(title: impl Into<String>) -> Self {
        Self { title: title.into(), lines: Vec::new() }
    }

    fn say(&mut self, text: impl Into<String>) {
        self.lines.push(Line { text: text.into(), to: None });
    }

    fn rest_on(&mut self, text: impl Into<String>, to: Subject) {
        self.lines.push(Line { text: text.into(), to: Some(to) });
    }
}

/// Explains something; `None` when it is not there any more.
#[must_use]
pub fn tell(subject: Subject, frame: &Frame) -> Option<Telling> {
    match subject {
        Subject::Account => account::tell(frame),
        Subject::Position(row) => position::tell(frame, row),
        Subject::Order(id) => order::tell(frame, id),
        Subject::Instrument(id) => instrument::tell(frame, id),
        Subject::Regime => Some(regime::tell(frame)),
        Subject::RegimeBar(bar) => regime::bar(frame, bar),
        Subject::Alert(id) => alert::tell(frame, id),
        Subject::Reading(row) => reading::tell(frame, row),
        Subject::Checks(seq) => checks::tell(frame, seq),
        Subject::Record(seq) => Some(record::tell(frame, seq)),
    }
}

/// The subject of a word after `:why`; a number is a record's.
#[must_use]
pub fn named(word: &str) -> Option<Subject> {
    match word {
        "account" | "result" | "nav" | "drawdown" => Some(Subject::Account),
        "regime" => Some(Subject::Regime),
        number => number.parse().ok().map(Subject::Record),
    }
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(|| format::MISSING.to_owned(), format::money)
}

/// `event 40,117` of the stream, or that there was none.
fn row(number: u64) -> String {
    if number == 0 { "none yet".to_owned() } else { format!("market event {}", format::grouped(number)) }
}

/// `record 71`, or that this session keeps none.
fn record_of(seq: u64) -> String {
    if seq == 0 { "not journaled".to_owned() } else { format!("record {}", format::grouped(seq)) }
}
