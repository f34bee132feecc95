//! Recorded Bybit streams: one message a line, with or without a receive time before it.
//!
//! The order book starts with a picture and goes on with changes whose update numbers follow each
//! other; a gap makes the book unknown until the next picture. Public trades are taken too.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::ImportOptions;
use super::input::Input;
use super::levels::{Decimals, Scales};
use super::report::ImportReport;
use super::stream::Collected;
use crate::feed::binance::TextLevel;
use crate::feed::{FeedError, from_ms};
use crate::market::{Price, Qty, Side, Timestamp, TradePrint};

#[derive(Deserialize, Debug)]
struct Envelope {
    topic: String,
    #[serde(rename = "type")]
    kind: String,
    ts: i64,
    /// When the matching engine made it, where said; `ts` is when it was sent.
    cts: Option<i64>,
    data: Value,
}

#[derive(Deserialize, Debug)]
struct Book {
    s: String,
    b: Vec<TextLevel>,
    a: Vec<TextLevel>,
    u: u64,
}

#[derive(Deserialize, Debug)]
struct Trade {
    #[serde(rename = "T")]
    trade_ms: i64,
    s: String,
    #[serde(rename = "S")]
    side: String,
    p: String,
    v: String,
}

#[derive(Debug)]
enum Message {
    Book { at: Timestamp, picture: bool, book: Book },
    Trades(Vec<Trade>),
    Other(String),
}

type Refusal = (&'static str, String);

fn parse(line: &str) -> Result<Message, Refusal> {
    let json = line.find('{').map(|at| &line[at..]).ok_or(("line", "no message".to_owned()))?;
    let not_json = |e: serde_json::Error| ("message", e.to_string());
    let envelope: Envelope = serde_json::from_str(json).map_err(not_json)?;
    let at = from_ms(envelope.cts.unwrap_or(envelope.ts));
    match envelope.topic.split('.').next().unwrap_or_default() {
        "orderbook" => {
            let book = serde_json::from_value(envelope.data).map_err(not_json)?;
            match envelope.kind.as_str() {
                "snapshot" => Ok(Message::Book { at, picture: true, book }),
                "delta" => Ok(Message::Book { at, picture: false, book }),
                other => Err(("message", format!("type `{other}`"))),
            }
        }
        "publicTrade" => Ok(Message::Trades(serde_json::from_value(envelope.data).map_err(not_json)?)),
        _ => Ok(Message::Other(envelope.topic)),
    }
}

pub(super) fn import(
    inputs: &[Input],
    out: &Path,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let mut import =
        Import { day: Collected::new(find_scales(inputs)?, options), in_step: None, pictured: false };
    for input in inputs {
        let name = input.name();
        let mut broken = Vec::new();
        input.for_each_line(
            |line, text| {
                report.read += 1;
                if let Err((reason, what)) = parse(text).and_then(|message| import.take(message, report)) {
                    report.refuse(&name, line, reason, what);
                }
                Ok(())
            },
            |line| broken.push(line),
        )?;
        for line in broken {
            report.read += 1;
            report.refuse(&name, line, "text", "not UTF-8 text");
        }
    }
    report.count("gaps", 0);
    if !import.pictured && report.counts.contains_key("refused_no_picture") && !options.allow_incomplete {
        return Err(FeedError::NoPicture { file: inputs[0].label() });
    }
    import.day.write(out, "Bybit", import.pictured, options, report)
}

fn find_scales(inputs: &[Input]) -> Result<Scales, FeedError> {
    let mut decimals = Decimals::default();
    for input in inputs {
        let see = |_: u64, text: &str| {
            match parse(text) {
                Ok(Message::Book { book, .. }) => {
                    book.b.iter().chain(&book.a).for_each(|(p, q)| decimals.see(p, q));
                }
                Ok(Message::Trades(trades)) => trades.iter().for_each(|t| decimals.see(&t.p, &t.v)),
                Ok(Message::Other(_)) | Err(_) => {}
            }
            Ok(())
        };
        input.for_each_line(see, |_| {})?;
    }
    decimals.scales().ok_or_else(|| FeedError::WrongFiles("numbers with more than 12 decimals".to_owned()))
}

struct Import {
    day: Collected,
    /// The last update while the book is known.
    in_step: Option<u64>,
    pictured: bool,
}

impl Import {
    fn take(&mut self, message: Message, report: &mut ImportReport) -> Result<(), Refusal> {
        match message {
            Message::Book { at, picture, book } => self.take_book(at, picture, &book, report),
            Message::Trades(trades) => trades.iter().try_for_each(|trade| self.take_trade(trade, report)),
            Message::Other(topic) => {
                report.count(&format!("not_used_{topic}"), 1);
                Ok(())
            }
        }
    }

    fn take_book(
        &mut self,
        at: Timestamp,
        picture: bool,
        book: &Book,
        report: &mut ImportReport,
    ) -> Result<(), Refusal> {
        if !self.day.takes(&book.s) {
            return Err(("symbol", format!("about {}", book.s)));
        }
        let levels = self.day.changes(&book.b, &book.a).map_err(|e| ("number", e))?;
        if picture {
            report.count("pictures", 1);
            self.day.picture(at, book.u, &levels);
            (self.in_step, self.pictured) = (Some(book.u), true);
            return Ok(());
        }
        match self.in_step {
            None => return Err(("no_picture", format!("update {} without a book", book.u))),
            Some(last) if book.u != last.saturating_add(1) => {
                report.count("gaps", 1);
                self.day.lose(at, book.u);
                self.in_step = None;
                return Err(("gap", format!("update {} after {last}", book.u)));
            }
            Some(_) => {}
        }
        report.count("depth_changes", 1);
        self.day.change(at, book.u, &levels);
        self.in_step = Some(book.u);
        Ok(())
    }

    fn take_trade(&mut self, trade: &Trade, report: &mut ImportReport) -> Result<(), Refusal> {
        if !self.day.takes(&trade.s) {
            return Err(("symbol", format!("about {}", trade.s)));
        }
        let number = |e| ("number", e);
        let aggressor = match trade.side.as_str() {
            "Buy" => Some(Side::Buy),
            "Sell" => Some(Side::Sell),
            other => return Err(("side", format!("`{other}`"))),
        };
        let print = TradePrint {
            price: Price::from_units(self.day.scales.price(&trade.p).map_err(number)?),
            qty: Qty::from_units(self.day.scales.qty(&trade.v).map_err(number)?),
            aggressor,
            buyer: None,
            seller: None,
            contract: None,
        };
        report.count("trades", 1);
        self.day.trade(from_ms(trade.trade_ms), 0, print);
        Ok(())
    }
}
