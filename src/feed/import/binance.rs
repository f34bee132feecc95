//! Recorded Binance streams: each line is the local receive time in nanoseconds, a space, the message.
//!
//! Book changes are put together with the picture by the exchange's own rules: on spot each change
//! starts at the update after the last one (`U = u + 1`), on USD-margined futures it names the one
//! before (`pu = u`). A gap makes the book unknown until the next picture. Events carry the
//! exchange's clock; the receive time only serves the note on clock difference. Best-price messages
//! are not written, because the book has them: they check it.

use std::collections::VecDeque;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::ImportOptions;
use super::input::Input;
use super::levels::{Decimals, Scales};
use super::report::ImportReport;
use super::stream::{Best, Collected};
use crate::feed::binance::{Chain, Depth, Picture, Trade};
use crate::feed::{FeedError, from_ms};
use crate::market::{Price, Qty, Side, Timestamp, TradePrint};

#[derive(Deserialize, Debug)]
struct Ticker {
    s: String,
    u: u64,
    b: String,
    #[serde(rename = "B")]
    bid_qty: String,
    a: String,
    #[serde(rename = "A")]
    ask_qty: String,
}

#[derive(Debug)]
enum Message {
    Depth(Depth),
    Picture(Picture),
    Trade(Trade),
    Ticker(Ticker),
    Other(String),
}

type Refusal = (&'static str, String);

fn parse(line: &str) -> Result<(i64, Message), Refusal> {
    let (received, json) =
        line.split_once(' ').ok_or(("line", "no receive time before the message".to_owned()))?;
    let received = received.parse().map_err(|_| ("line", format!("`{received}` is not a receive time")))?;
    let not_json = |e: serde_json::Error| ("message", e.to_string());
    let mut message: Value = serde_json::from_str(json).map_err(not_json)?;
    let Some(stream) = message.get("stream").and_then(Value::as_str).map(str::to_owned) else {
        return Ok((received, Message::Picture(serde_json::from_value(message).map_err(not_json)?)));
    };
    let data = message.get_mut("data").map(Value::take).unwrap_or_default();
    let kind = stream.split('@').nth(1).unwrap_or_default();
    let message = match kind {
        "depth" => Message::Depth(serde_json::from_value(data).map_err(not_json)?),
        "trade" => Message::Trade(serde_json::from_value(data).map_err(not_json)?),
        "bookTicker" => Message::Ticker(serde_json::from_value(data).map_err(not_json)?),
        _ => Message::Other(stream),
    };
    Ok((received, message))
}

pub(super) fn import(
    inputs: &[Input],
    out: &Path,
    options: &ImportOptions,
    report: &mut ImportReport,
) -> Result<(), FeedError> {
    let scales = find_scales(inputs)?;
    let mut import = Import {
        day: Collected::new(scales, options),
        position: Position::Waiting(Vec::new()),
        said: None,
        unchecked: VecDeque::new(),
        clock_ms: None,
        last: Timestamp::default(),
        chain: Chain::Spot,
        pictured: false,
        known: 0,
        place: (String::new(), 0),
    };
    for input in inputs {
        let name = input.name();
        let mut broken = Vec::new();
        input.for_each_line(
            |line, text| {
                report.read += 1;
                import.place = (name.clone(), line);
                match parse(text).and_then(|(received, message)| import.take(received, message, report)) {
                    Ok(()) => {}
                    Err((reason, what)) => report.refuse(&name, line, reason, what),
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
    let depth = import.finish(&inputs[0].label(), options, report)?;
    if let Some((low, high)) = import.clock_ms {
        report.note(format!(
            "receive time minus exchange time: {low} to {high} ms; events carry the exchange's time"
        ));
    }
    import.day.write(out, "Binance", depth, options, report)
}

/// Reads everything once for the finest decimals, so that the scales hold every number exactly.
fn find_scales(inputs: &[Input]) -> Result<Scales, FeedError> {
    let mut decimals = Decimals::default();
    for input in inputs {
        let see = |_: u64, text: &str| {
            match parse(text) {
                Ok((_, Message::Depth(Depth { b, a, .. }))) => {
                    b.iter().chain(&a).for_each(|(p, q)| decimals.see(p, q))
                }
                Ok((_, Message::Picture(Picture { bids, asks, .. }))) => {
                    bids.iter().chain(&asks).for_each(|(p, q)| decimals.see(p, q));
                }
                Ok((_, Message::Trade(trade))) => decimals.see(&trade.p, &trade.q),
                Ok((_, Message::Ticker(t))) => {
                    decimals.see(&t.b, &t.bid_qty);
                    decimals.see(&t.a, &t.ask_qty);
                }
                Ok((_, Message::Other(_))) | Err(_) => {}
            }
            Ok(())
        };
        input.for_each_line(see, |_| {})?;
    }
    decimals.scales().ok_or_else(|| FeedError::WrongFiles("numbers with more than 12 decimals".to_owned()))
}

/// Where the book stands against the stream.
#[derive(Debug)]
enum Position {
    /// No picture yet, or none since a gap: changes wait for it.
    Waiting(Vec<Depth>),
    /// A picture up to this update; the first change must contain or follow it.
    Pictured(u64),
    /// In step up to this update.
    InStep(u64),
}

struct Import {
    day: Collected,
    position: Position,
    /// The best-price message read last.
    said: Option<(u64, Best)>,
    /// Best prices of the book after updates that no best-price message has passed yet.
    unchecked: VecDeque<(u64, Best)>,
    clock_ms: Option<(i64, i64)>,
    last: Timestamp,
    chain: Chain,
    pictured: bool,
    /// The update up to which the book was known last.
    known: u64,
    /// File and line being read, for findings.
    place: (String, u64),
}

impl Import {
    fn take(&mut self, received: i64, message: Message, report: &mut ImportReport) -> Result<(), Refusal> {
        match message {
            Message::Depth(depth) => {
                self.check_symbol(&depth.s)?;
                self.see_clock(received, depth.event_ms);
                self.chain = if depth.pu.is_none() { Chain::Spot } else { Chain::Futures };
                self.take_depth(depth, report)
            }
            Message::Picture(picture) => self.take_picture(picture, report),
            Message::Trade(trade) => {
                self.check_symbol(&trade.s)?;
                self.see_clock(received, trade.event_ms);
                self.take_trade(&trade, report)
            }
            Message::Ticker(ticker) => {
                self.check_symbol(&ticker.s)?;
                self.take_ticker(&ticker, report)
            }
            Message::Other(stream) => {
                report.count(&format!("not_used_{stream}"), 1);
                Ok(())
            }
        }
    }

    fn check_symbol(&mut self, symbol: &str) -> Result<(), Refusal> {
        if self.day.takes(symbol) { Ok(()) } else { Err(("symbol", format!("about {symbol}"))) }
    }

    fn see_clock(&mut self, received_ns: i64, exchange_ms: i64) {
        let difference = (received_ns / 1_000_000).saturating_sub(exchange_ms);
        let (low, high) = self.clock_ms.unwrap_or((difference, difference));
        self.clock_ms = Some((low.min(difference), high.max(difference)));
    }

    fn take_picture(&mut self, picture: Picture, report: &mut ImportReport) -> Result<(), Refusal> {
        let levels = self.day.changes(&picture.bids, &picture.asks).map_err(|e| ("number", e))?;
        report.count("pictures", 1);
        if self.pictured && picture.last <= self.known {
            report.count("pictures_older_than_the_book", 1);
            return Ok(());
        }
        let waiting = match &mut self.position {
            Position::Waiting(waiting) => std::mem::take(waiting),
            _ => Vec::new(),
        };
        // The picture has no time of its own on spot: it stands with the last change it contains.
        let known = |depth: &&Depth| depth.u <= picture.last;
        let at = waiting.iter().rfind(known).or(waiting.first()).map_or(self.last, |d| from_ms(d.event_ms));
        self.last = self.last.max(at);
        self.day.picture(at, picture.last, &levels);
        self.position = Position::Pictured(picture.last);
        (self.pictured, self.known) = (true, picture.last);
        for depth in waiting {
            self.take_depth(depth, report)?;
        }
        Ok(())
    }

    fn take_depth(&mut self, depth: Depth, report: &mut ImportReport) -> Result<(), Refusal> {
        let fits = match &mut self.position {
            Position::Waiting(waiting) => {
                waiting.push(depth);
                return Ok(());
            }
            Position::Pictured(last) => {
                if self.chain.is_old(*last, depth.u) {
                    report.count("depth_before_picture", 1);
                    return Ok(());
                }
                self.chain.joins(*last, depth.first, depth.u)
            }
            Position::InStep(last) => self.chain.follows(*last, depth.first, depth.pu),
        };
        let at = from_ms(depth.event_ms);
        self.last = self.last.max(at);
        if !fits {
            report.count("gaps", 1);
            let what = format!(
                "updates {} to {} do not follow {}; no book until the next picture",
                depth.first, depth.u, self.known
            );
            report.repair(&self.place.0, self.place.1, "gap", what);
            self.day.lose(at, self.known);
            self.position = Position::Waiting(vec![depth]);
            return Ok(());
        }
        let levels = self.day.changes(&depth.b, &depth.a).map_err(|e| ("number", e))?;
        report.count("depth_changes", 1);
        self.position = Position::InStep(depth.u);
        self.known = depth.u;
        self.day.change(at, depth.u, &levels);
        self.unchecked.push_back((depth.u, self.day.book.best()));
        Ok(())
    }

    fn take_trade(&mut self, trade: &Trade, report: &mut ImportReport) -> Result<(), Refusal> {
        if let Some(origin) = trade.origin.as_deref().filter(|origin| *origin != "MARKET") {
            return Err(("not_market", format!("trade {} of {origin}", trade.t)));
        }
        let number = |e| ("number", e);
        let price = self.day.scales.price(&trade.p).map_err(number)?;
        let qty = self.day.scales.qty(&trade.q).map_err(number)?;
        let print = TradePrint {
            price: Price::from_units(price),
            qty: Qty::from_units(qty),
            aggressor: Some(if trade.m { Side::Sell } else { Side::Buy }),
            buyer: None,
            seller: None,
            contract: None,
        };
        report.count("trades", 1);
        let at = from_ms(trade.event_ms);
        self.day.trade(at, trade.t, print);
        Ok(())
    }

    fn take_ticker(&mut self, ticker: &Ticker, report: &mut ImportReport) -> Result<(), Refusal> {
        let level = |price: &str, qty: &str| -> Result<(i64, i64), String> {
            Ok((self.day.scales.price(price)?, self.day.scales.qty(qty)?))
        };
        let number = |e| ("number", e);
        let bid = level(&ticker.b, &ticker.bid_qty).map_err(number)?;
        let ask = level(&ticker.a, &ticker.ask_qty).map_err(number)?;
        report.count("best_prices", 1);
        self.check_best((ticker.u, (Some(bid), Some(ask))), report);
        Ok(())
    }

    /// Compares the books that `ticker` has passed with the best prices said last before it. Only
    /// then is it certain that no best-price message for them is still on its way.
    fn check_best(&mut self, ticker: (u64, Best), report: &mut ImportReport) {
        while let Some((update, best)) = self.unchecked.pop_front_if(|(update, _)| *update < ticker.0) {
            if let Some((_, said)) = self.said.filter(|(said_at, _)| *said_at <= update) {
                report.count(if said == best { "best_agreed" } else { "best_differed" }, 1);
            }
        }
        self.said = Some(ticker);
    }

    /// Whether the day has a book. Changes that waited for a picture in vain refuse the file.
    fn finish(
        &mut self,
        label: &str,
        options: &ImportOptions,
        report: &mut ImportReport,
    ) -> Result<bool, FeedError> {
        report.count("gaps", 0);
        let Position::Waiting(waiting) = &mut self.position else { return Ok(true) };
        if self.pictured {
            report.count("depth_unused_after_gap", waiting.len() as u64);
            return Ok(true);
        }
        if waiting.is_empty() {
            report.note("no book changes: the day has no depth");
            return Ok(false);
        }
        if !options.allow_incomplete {
            return Err(FeedError::NoPicture { file: label.to_owned() });
        }
        let waiting = std::mem::take(waiting);
        report.note(
            "no picture, by permission: the book holds only levels that changed since the recording began",
        );
        self.known = waiting[0].pu.unwrap_or(waiting[0].first.saturating_sub(1));
        self.day.lose(from_ms(waiting[0].event_ms), self.known);
        self.position = Position::InStep(self.known);
        for depth in waiting {
            if let Err((reason, what)) = self.take_depth(depth, report) {
                report.refuse(label, 0, reason, what);
            }
        }
        Ok(false)
    }
}
