//! Recorded streams of exchanges, and the exchange as it must have been: its book, kept in a way of its own.
#![allow(dead_code, reason = "each suite uses a part of it")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use himal::market::Side;
use serde_json::Value;

pub fn shared(what: &str) -> Option<PathBuf> {
    let root = std::env::var("HIMAL_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let path = Path::new(&root).join("data/lob-crypto").join(what);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {what} is not there (HIMAL_SHARED)");
    None
}

pub fn lines(path: &Path) -> Vec<String> {
    let file = std::fs::File::open(path).unwrap();
    BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines().map(Result::unwrap).collect()
}

/// Price to total, both sides.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Sides {
    pub bids: BTreeMap<i64, i64>,
    pub asks: BTreeMap<i64, i64>,
}

impl Sides {
    pub fn set(&mut self, side: Side, price: i64, qty: i64) {
        let levels = if side == Side::Buy { &mut self.bids } else { &mut self.asks };
        if qty == 0 {
            levels.remove(&price);
        } else {
            levels.insert(price, qty);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bids.is_empty() && self.asks.is_empty()
    }
}

/// The exchange: keeps the undamaged book in its own way and hands out pictures of it.
pub struct Exchange {
    pub scales: (i64, i64),
    pub book: Sides,
    pub last: u64,
    /// Changes before its first picture.
    kept: Vec<Value>,
}

impl Exchange {
    pub fn new(scales: (i64, i64)) -> Self {
        Self { scales, book: Sides::default(), last: 0, kept: Vec::new() }
    }

    /// The recorded picture: what goes beyond it of the changes before is applied.
    pub fn begin(&mut self, picture: &Value) {
        self.take([(&picture["bids"], Side::Buy), (&picture["asks"], Side::Sell)]);
        self.last = picture["lastUpdateId"].as_u64().unwrap();
        for change in std::mem::take(&mut self.kept) {
            self.change(&change);
        }
    }

    pub fn change(&mut self, data: &Value) {
        let last = data["u"].as_u64().unwrap();
        if self.last == 0 {
            self.kept.push(data.clone());
        } else if last > self.last {
            self.take([(&data["b"], Side::Buy), (&data["a"], Side::Sell)]);
            self.last = last;
        }
    }

    fn units(text: &str, scale: i64) -> i64 {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let e8: i64 = format!("{whole}{fraction:0<8}").parse().unwrap();
        assert_eq!(e8 % (100_000_000 / scale), 0, "{text}");
        e8 / (100_000_000 / scale)
    }

    pub fn take(&mut self, levels: [(&Value, Side); 2]) {
        for (list, side) in levels {
            for level in list.as_array().unwrap() {
                let text = |i: usize| level[i].as_str().unwrap();
                let (price, qty) = self.scales;
                self.book.set(side, Self::units(text(0), price), Self::units(text(1), qty));
            }
        }
    }

    pub fn picture(&self, spot: bool) -> String {
        let text = |units: i64, scale: i64| {
            let decimals = scale.ilog10() as usize;
            format!("{}.{:0decimals$}", units / scale, units % scale)
        };
        let side = |levels: &BTreeMap<i64, i64>| -> Vec<[String; 2]> {
            levels.iter().map(|(p, q)| [text(*p, self.scales.0), text(*q, self.scales.1)]).collect()
        };
        let (bids, asks) = (side(&self.book.bids), side(&self.book.asks));
        let mut picture = serde_json::json!({ "lastUpdateId": self.last, "bids": bids, "asks": asks });
        if !spot {
            picture["E"] = 1_723_161_256_501_i64.into();
        }
        picture.to_string()
    }
}
