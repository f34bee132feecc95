//! Records in words, for the journal tail on the screen and for `journal show`.

use crate::engine::{CancelScope, Command, Event, Told};
use crate::execution::{ExecutionReport, Line, LineNews, ReportKind, Statement};
use crate::market::{InstrumentId, MarketEvent, Universe};

use super::{Body, SessionKind};

impl Body {
    /// What happened, in one line, with instruments by number: a journal alone does not know
    /// their names. Control characters in what a venue or a person wrote become spaces, so that
    /// no record can move the cursor of a terminal.
    #[must_use]
    pub fn words(&self) -> String {
        plain(&self.told(|id| format!("instrument {id}")))
    }

    /// The same with the tickers of the day.
    #[must_use]
    pub fn words_for(&self, universe: &Universe) -> String {
        let name = |id| universe.get(id).map_or_else(|| format!("instrument {id}"), |i| i.symbol.to_string());
        plain(&self.told(name))
    }

    fn told(&self, name: impl Fn(InstrumentId) -> String) -> String {
        match self {
            Self::Open(open) => {
                let kind = match open.session {
                    SessionKind::Replay => "replay",
                    SessionKind::Paper => "paper session",
                    SessionKind::Live => "live session",
                };
                let branch =
                    open.parent.map_or_else(String::new, |p| format!(", branched after record {}", p.seq));
                let day = &open.day;
                format!(
                    "{kind} of {} ({}), {} events, engine {}{branch}",
                    day.title, day.date, day.rows, open.engine
                )
            }
            Self::Command { by, command, .. } => format!("{by}: {}", command_words(command, name)),
            Self::Gateway { report, .. } => report_words(report),
            Self::Statement { statement, .. } => statement_words(statement),
            Self::Mark { position, digest } => {
                format!("mark after {} events and {} ticks: {digest}", position.rows, position.clocks)
            }
            Self::Segment(segment) => format!("segment {}, {} events", segment.name, segment.events),
            Self::Input { input } => match &input.event {
                Event::Market(event) if event.instrument == MarketEvent::MARKET => {
                    "market-wide event".to_owned()
                }
                Event::Market(event) => format!("market event about {}", name(event.instrument)),
                Event::Gateway(report) => report_words(report),
                Event::Command(given) => format!("{}: {}", given.by, command_words(&given.command, name)),
                Event::Clock => "clock".to_owned(),
                Event::Line(news) => line_words(*news),
                Event::Statement(statement) => statement_words(statement),
            },
            Self::Close(close) => format!(
                "finished after {} events, {} outputs, state {}",
                close.position.rows, close.outputs, close.state_hash
            ),
        }
    }
}

fn line_words(news: LineNews) -> String {
    match news.line {
        Line::Feed(source) => format!("feed {source} {}", news.state.word()),
        Line::Gateway => format!("gateway {}", news.state.word()),
    }
}

fn statement_words(statement: &Statement) -> String {
    let cash = statement.cash.map_or_else(|| "not stated".to_owned(), |cash| cash.to_string());
    let holdings = statement.holdings.as_ref();
    let held = holdings.map_or_else(|| "not stated".to_owned(), |h| format!("{} holdings", h.len()));
    format!(
        "account {} as the gateway has it: {} orders, cash {cash}, {held}, up to report {}",
        statement.account,
        statement.orders.len(),
        statement.reports
    )
}

fn told_words(told: &Told) -> String {
    match told {
        Told::Accepted { number } => format!("accepted as {}", plain(&number.0)),
        Told::Filled { qty, price } => format!("filled {qty} @ {price}"),
        Told::NotEntered => "not entered".to_owned(),
        Told::Refused { why } => format!("refused: {}", plain(why)),
        Told::Cancelled => "cancelled".to_owned(),
    }
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn command_words(command: &Command, name: impl Fn(InstrumentId) -> String) -> String {
    match command {
        Command::SubmitOrder(order) => format!(
            "submit {} {} {} @ {} for {}",
            order.side,
            order.qty,
            name(order.instrument),
            order.limit,
            order.account
        ),
        Command::HoldOrder { order, hold_ns } => format!(
            "submit {} {} {} @ {} for {}, held {} ms",
            order.side,
            order.qty,
            name(order.instrument),
            order.limit,
            order.account,
            hold_ns / 1_000_000
        ),
        Command::CancelOrder { id } => format!("cancel {id}"),
        Command::CancelMany(CancelScope::All) => "cancel every order".to_owned(),
        Command::CancelMany(CancelScope::Instrument(id)) => format!("cancel every order in {}", name(*id)),
        Command::CancelMany(CancelScope::Side(id, side)) => {
            format!("cancel every {side} order in {}", name(*id))
        }
        Command::AmendOrder { id, qty, limit, .. } => format!("amend {id} to {qty} @ {limit}"),
        Command::Stop => "STOP".to_owned(),
        Command::TakeBackStop => "take back the stop".to_owned(),
        Command::ReleaseStop => "release the stop".to_owned(),
        Command::AcknowledgeAlert { alert } => format!("acknowledge alert {alert}"),
        Command::AcceptDifference { seen } => format!("accept the difference {seen:016x}"),
        Command::TellOrder { id, told } => format!("says that {id} is {}", told_words(told)),
        Command::ShelveAlert { alert, until } => format!("shelve alert {alert} until {until}"),
    }
}

fn report_words(report: &ExecutionReport) -> String {
    let what = match &report.kind {
        ReportKind::Accepted { venue_id, .. } => format!("accepted as {venue_id}"),
        ReportKind::Rejected(why) => format!("rejected: {why}"),
        ReportKind::Filled { execution, qty, price } => format!("filled {qty} @ {price} ({execution})"),
        ReportKind::Amended { qty, limit, .. } => format!("amended to {qty} @ {limit}"),
        ReportKind::AmendRejected(why) => format!("amendment rejected: {why}"),
        ReportKind::Cancelled => "cancelled".to_owned(),
        ReportKind::CancelRejected(why) => format!("cancel rejected: {why}"),
        ReportKind::Expired => "expired".to_owned(),
        ReportKind::Queue(ahead) => {
            format!("{} ahead in the queue ({} to {})", ahead.expected, ahead.low, ahead.high)
        }
        ReportKind::Received => "received by the gateway".to_owned(),
        ReportKind::Unknown => "UNKNOWN: asked and not answered".to_owned(),
        ReportKind::Standing(s) => {
            format!("stands at the venue as {} of {} @ {}, {} filled", s.venue_id, s.qty, s.limit, s.filled)
        }
        ReportKind::NotTaken => "never taken by the venue".to_owned(),
        ReportKind::Foreign { client_id } => {
            return format!("something happened to an order never sent from here: {}", plain(client_id));
        }
    };
    format!("{} {what}", report.id)
}
