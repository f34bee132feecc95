//! Recorded streams played by an exchange that is none, step by step.
#![allow(dead_code, reason = "each suite uses a part of it")]

use std::sync::{Arc, Mutex};

use himal::market::Side;
use serde_json::{Value, json};

use super::fake::{Answer, FakeExchange};
use super::recorded::{Exchange, Sides, lines, shared};

/// Binance: changes and trades as recorded, pictures of the book as it is.
pub struct Binance {
    pub fake: FakeExchange,
    exchange: Arc<Mutex<Exchange>>,
    recorded: std::vec::IntoIter<String>,
    spot: bool,
    symbol: &'static str,
    /// What to answer instead of a picture.
    instead: Arc<Mutex<Option<Answer>>>,
}

impl Binance {
    pub fn new(file: &str, spot: bool, scales: (i64, i64)) -> Option<Self> {
        let recorded = lines(&shared(file)?);
        let fake = FakeExchange::new();
        let exchange = Arc::new(Mutex::new(Exchange::new(scales)));
        let instead: Arc<Mutex<Option<Answer>>> = Arc::new(Mutex::new(None));
        // The exchange's clock, as its own messages say.
        let began: Value = serde_json::from_str(recorded[0].split_once(' ').unwrap().1).unwrap();
        let at = began["data"]["E"].as_i64().unwrap();
        let (of, to) = (Arc::clone(&exchange), Arc::clone(&instead));
        let (tick, lot) = if spot { ("0.01000000", "0.00001000") } else { ("0.10", "0.001") };
        fake.answer(move |path| {
            if path.contains("exchangeInfo") {
                let filters = json!([
                    {"filterType": "PRICE_FILTER", "minPrice": tick, "tickSize": tick},
                    {"filterType": "LOT_SIZE", "minQty": lot, "stepSize": lot},
                ]);
                let row = json!({"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "filters": filters});
                return Answer::Text(json!({"serverTime": at, "symbols": [row]}).to_string());
            }
            if let Some(answer) = &*to.lock().unwrap() {
                return answer.clone();
            }
            let exchange = of.lock().unwrap();
            match exchange.last {
                0 => Answer::Status(503, ""),
                _ => Answer::Text(exchange.picture(spot)),
            }
        });
        fake.reply(|said| {
            let said: Value = serde_json::from_str(said).unwrap();
            let result = if said["method"] == "LIST_SUBSCRIPTIONS" { json!([]) } else { Value::Null };
            vec![json!({"result": result, "id": said["id"]}).to_string()]
        });
        Some(Self { fake, exchange, recorded: recorded.into_iter(), spot, symbol: "BTCUSDT", instead })
    }

    /// Pictures are answered by this instead, or again by what they are.
    pub fn instead(&self, answer: Option<Answer>) {
        *self.instead.lock().unwrap() = answer;
    }

    /// Plays on for so many changes of the book; of those `said` says no to, nobody hears.
    pub fn play(&mut self, changes: usize, mut said: impl FnMut(usize) -> bool) {
        let mut played = 0;
        while played < changes {
            let line = self.recorded.next().expect("the recording is long enough");
            let json = line.split_once(' ').unwrap().1;
            let message: Value = serde_json::from_str(json).unwrap();
            let mut exchange = self.exchange.lock().unwrap();
            if message.get("stream").is_none() {
                exchange.begin(&message);
                continue;
            }
            let change = message["data"]["e"] == "depthUpdate";
            if change {
                exchange.change(&message["data"]);
            }
            drop(exchange);
            if (change && said(played)) || message["data"]["e"] == "trade" {
                self.fake.say(json);
            }
            played += usize::from(change);
        }
    }

    /// The book as it is.
    pub fn book(&self) -> Sides {
        self.exchange.lock().unwrap().book.clone()
    }

    pub fn pictures_asked(&self) -> usize {
        let picture = if self.spot { "/api/v3/depth?" } else { "/fapi/v1/depth?" };
        let is = |path: &&String| path.starts_with(picture) && path.ends_with(self.symbol);
        self.fake.asked().iter().filter(is).count()
    }
}

/// Bybit: a subscription is answered with the book as it is, changes follow as recorded.
pub struct Bybit {
    pub fake: FakeExchange,
    exchange: Arc<Mutex<(Exchange, Value)>>,
    recorded: std::vec::IntoIter<String>,
}

impl Bybit {
    pub fn new() -> Option<Self> {
        let recorded = lines(&shared("bybit_xrpusdt_ob500_20241201.jsonl.gz")?);
        let fake = FakeExchange::new();
        let exchange = Arc::new(Mutex::new((Exchange::new((10_000, 1)), Value::Null)));
        let of = Arc::clone(&exchange);
        fake.answer(|_| {
            let row = json!({
                "symbol": "XRPUSDT", "baseCoin": "XRP", "quoteCoin": "USDT",
                "lotSizeFilter": {"qtyStep": "1"}, "priceFilter": {"tickSize": "0.0001"},
            });
            let said = json!({"retCode": 0, "retMsg": "OK", "result": {"list": [row]}, "time": 1_733_011_200_000_i64});
            Answer::Text(said.to_string())
        });
        fake.reply(move |said| {
            let said: Value = serde_json::from_str(said).unwrap();
            let taken = json!({"success": true, "ret_msg": "", "op": said["op"]}).to_string();
            match said["op"].as_str().unwrap() {
                "ping" => vec![json!({"success": true, "ret_msg": "pong", "op": "ping"}).to_string()],
                "subscribe" => {
                    let (exchange, ts) = &*of.lock().unwrap();
                    let book: Value = serde_json::from_str(&exchange.picture(true)).unwrap();
                    let picture = json!({
                        "topic": "orderbook.200.XRPUSDT", "type": "snapshot", "ts": ts,
                        "data": {"s": "XRPUSDT", "b": book["bids"], "a": book["asks"], "u": exchange.last},
                    });
                    vec![taken, picture.to_string()]
                }
                _ => vec![taken],
            }
        });
        let mut floor = Self { fake, exchange, recorded: recorded.into_iter() };
        floor.play(1, |_| false);
        Some(floor)
    }

    /// Plays on for so many messages.
    pub fn play(&mut self, messages: usize, mut said: impl FnMut(usize) -> bool) {
        for n in 0..messages {
            let line = self.recorded.next().expect("the recording is long enough");
            let message: Value = serde_json::from_str(&line).unwrap();
            let mut exchange = self.exchange.lock().unwrap();
            exchange.0.take([(&message["data"]["b"], Side::Buy), (&message["data"]["a"], Side::Sell)]);
            exchange.0.last = message["data"]["u"].as_u64().unwrap();
            exchange.1 = message["ts"].clone();
            drop(exchange);
            if said(n) {
                // Recorded with 500 levels, asked for with 200: the same messages under another topic.
                self.fake.say(&line.replace("orderbook.500.", "orderbook.200."));
            }
        }
    }

    pub fn book(&self) -> Sides {
        self.exchange.lock().unwrap().0.book.clone()
    }
}
