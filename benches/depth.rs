//! What it costs to turn a message about a book, 20 levels a side, into whole numbers.
//!
//! `cargo bench --bench depth` reads the same messages by the quick reader, by the strict one, and by simd-json in
//! its ordinary ways (borrowed values, typed through serde, tape), each with its buffers kept and each ending in
//! the same whole numbers. Rounds alternate, so that whatever else the machine does hits all of them; printed are
//! microseconds of processor time per message (median, least and most of the rounds) and the median of the
//! per-round ratios to the quickest way of simd-json. The messages are made by a fixed generator, in the shape of
//! the exchange's futures; a second set has the eight decimals of its spot market.

use std::hint::black_box;

use himal::feed::live::depth::{self, Scale, Update};
use himal::feed::live::{Listed, Listing};
use himal::market::{InstrumentId, Symbol};
use serde::Deserialize;
use simd_json::prelude::*;
use simd_json::{Buffers, Node, StaticNode, Tape};

const MESSAGES: u64 = 2_000;
const ROUNDS: usize = 31;
const PRICE_DECIMALS: u32 = 2;
const QTY_DECIMALS: u32 = 3;

/// A way to read one message: a number made of everything read, so that ways can be compared.
type Reader<'a> = Box<dyn FnMut(&mut [u8]) -> i64 + 'a>;

fn main() {
    let listing = Listing::new([Listed {
        symbol: Symbol::new("BTCUSDT"),
        instrument: InstrumentId(0),
        price: scale(PRICE_DECIMALS),
        qty: scale(QTY_DECIMALS),
    }]);
    for (name, spot) in [("futures", false), ("spot", true)] {
        let messages = messages(spot);
        let bytes = messages.iter().map(Vec::len).sum::<usize>() / messages.len();
        println!("{name}: {} messages of {bytes} bytes, 20 levels a side", messages.len());
        run(&messages, &listing);
    }
}

fn run(messages: &[Vec<u8>], listing: &Listing) {
    let (mut quick, mut strict) = (Update::default(), Update::default());
    let (mut borrowed, mut typed, mut flat) = (Buffers::default(), Buffers::default(), Buffers::default());
    let mut tape_kept: Option<Tape<'static>> = Some(Tape(Vec::new()));
    let mut ways: Vec<(&str, Reader<'_>)> = vec![
        (
            "quick reader",
            Box::new(|bytes| {
                depth::read(bytes, listing, &mut quick).expect("the generator's own messages can be read");
                sum_update(&quick)
            }),
        ),
        (
            "strict reader",
            Box::new(|bytes| {
                depth::read_strictly(bytes, listing, &mut strict).expect("as above");
                sum_update(&strict)
            }),
        ),
        ("simd-json borrowed value", Box::new(|bytes| by_value(bytes, &mut borrowed).expect("as above"))),
        ("simd-json typed", Box::new(|bytes| by_type(bytes, &mut typed).expect("as above"))),
        (
            "simd-json tape",
            Box::new(|bytes| {
                let mut tape = tape_kept.take().unwrap_or_else(|| Tape(Vec::new())).reset();
                let sum = by_tape(bytes, &mut flat, &mut tape).expect("as above");
                tape_kept = Some(tape.reset());
                sum
            }),
        ),
    ];
    let mut us = vec![Vec::with_capacity(ROUNDS); ways.len()];
    for round in 0..=ROUNDS {
        let mut expected = None;
        for (way, times) in ways.iter_mut().zip(&mut us) {
            // simd-json writes into what it reads: everybody gets a copy of their own, made before the clock runs.
            let mut copies = messages.to_vec();
            let before = cpu_ns();
            let sum = copies.iter_mut().fold(0_i64, |sum, copy| sum.wrapping_add(black_box(way.1(copy))));
            let spent = (cpu_ns() - before) / copies.len() as f64 / 1_000.0;
            assert_eq!(*expected.get_or_insert(sum), sum, "{} reads other numbers", way.0);
            if round > 0 {
                times.push(spent);
            }
        }
    }
    for ((name, _), times) in ways.iter().zip(&us) {
        let (middle, least, most) = spread(times);
        println!("  {name:<26} {middle:6.2} us ({least:.2} to {most:.2})");
    }
    let best = (2..us.len()).min_by(|a, b| spread(&us[*a]).0.total_cmp(&spread(&us[*b]).0)).unwrap_or(2);
    let ratios: Vec<f64> = us[0].iter().zip(&us[best]).map(|(ours, theirs)| ours / theirs).collect();
    let (middle, least, most) = spread(&ratios);
    println!("  quick reader to {}: {middle:.2} ({least:.2} to {most:.2})", ways[best].0);
}

fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[sorted.len() / 2], sorted[0], sorted[sorted.len() - 1])
}

fn scale(decimals: u32) -> Scale {
    Scale::of(10_i64.pow(decimals)).expect("a power of ten is a scale")
}

fn sum_update(update: &Update) -> i64 {
    let ids = update.first.wrapping_add(update.last) as i64;
    let rungs = update.bids.iter().chain(&update.asks);
    rungs.fold(ids.wrapping_add(update.event_ms), |sum, (price, qty)| mix(sum, price.units(), qty.units()))
}

const fn mix(sum: i64, price: i64, qty: i64) -> i64 {
    sum.wrapping_mul(31).wrapping_add(price).wrapping_mul(31).wrapping_add(qty)
}

/// A decimal text in units: the plain loop that one writes for it.
fn units(text: &str, decimals: u32) -> Option<i64> {
    let (mut value, mut after, mut point) = (0_i64, 0, false);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if after < decimals => {
                value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                after += u32::from(point);
            }
            b'0' => {}
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    value.checked_mul(10_i64.pow(decimals - after))
}

fn by_value(bytes: &mut [u8], buffers: &mut Buffers) -> Option<i64> {
    let value = simd_json::borrowed::to_value_with_buffers(bytes, buffers).ok()?;
    let id = |name| value.get(name).and_then(|id| id.as_u64());
    let ids = id("U")?.wrapping_add(id("u")?) as i64;
    let mut sum = ids.wrapping_add(id("E")? as i64);
    for side in ["b", "a"] {
        for level in value.get(side)?.as_array()? {
            let text = |i: usize| level.get_idx(i).and_then(|text| text.as_str());
            sum = mix(sum, units(text(0)?, PRICE_DECIMALS)?, units(text(1)?, QTY_DECIMALS)?);
        }
    }
    Some(sum)
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "E")]
    event_ms: i64,
    #[serde(rename = "U")]
    first: u64,
    u: u64,
    #[serde(borrow)]
    b: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    a: Vec<(&'a str, &'a str)>,
}

fn by_type(bytes: &mut [u8], buffers: &mut Buffers) -> Option<i64> {
    let typed: Typed<'_> = simd_json::serde::from_slice_with_buffers(bytes, buffers).ok()?;
    let mut sum = (typed.first.wrapping_add(typed.u) as i64).wrapping_add(typed.event_ms);
    for (price, qty) in typed.b.iter().chain(&typed.a) {
        sum = mix(sum, units(price, PRICE_DECIMALS)?, units(qty, QTY_DECIMALS)?);
    }
    Some(sum)
}

fn by_tape<'a>(bytes: &'a mut [u8], buffers: &mut Buffers, tape: &mut Tape<'a>) -> Option<i64> {
    simd_json::fill_tape(bytes, buffers, tape).ok()?;
    let nodes = &tape.0;
    let Some(Node::Object { len, .. }) = nodes.first() else { return None };
    let (mut at, mut ids, mut sides) = (1, 0_u64, [0; 2]);
    for _ in 0..*len {
        let Some(Node::String(name)) = nodes.get(at) else { return None };
        match (*name, nodes.get(at + 1)?) {
            ("U" | "u" | "E", Node::Static(StaticNode::U64(id))) => ids = ids.wrapping_add(*id),
            ("U" | "u" | "E", Node::Static(StaticNode::I64(id))) => ids = ids.wrapping_add(*id as u64),
            ("b", Node::Array { .. }) => sides[0] = at + 1,
            ("a", Node::Array { .. }) => sides[1] = at + 1,
            _ => {}
        }
        at += match nodes.get(at + 1)? {
            Node::Object { count, .. } | Node::Array { count, .. } => count + 2,
            _ => 2,
        };
    }
    let mut sum = ids as i64;
    for side in sides {
        let Some(Node::Array { len, .. }) = nodes.get(side) else { return None };
        for level in 0..*len {
            let at = side + 1 + level * 3;
            let (Node::String(price), Node::String(qty)) = (nodes.get(at + 1)?, nodes.get(at + 2)?) else {
                return None;
            };
            sum = mix(sum, units(price, PRICE_DECIMALS)?, units(qty, QTY_DECIMALS)?);
        }
    }
    Some(sum)
}

/// Messages as the exchange writes them, always the same ones.
fn messages(spot: bool) -> Vec<Vec<u8>> {
    let mut state = 1_u64;
    let mut draw = move |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % n
    };
    let zeros = if spot { ["000000", "00000"] } else { ["", ""] };
    let mut side = |buy: bool| {
        let level = |k: u64| {
            let price = if buy { 6_000_000 - k * 3 } else { 6_000_001 + k * 3 } + draw(3);
            let qty = draw(90_000);
            let (price, cents) = (price / 100, price % 100);
            format!("[\"{price}.{cents:02}{}\",\"{}.{:03}{}\"]", zeros[0], qty / 1_000, qty % 1_000, zeros[1])
        };
        (0..20).map(level).collect::<Vec<_>>().join(",")
    };
    let message = |i: u64| {
        let at = 1_700_000_000_000 + i;
        let (sent, before) = if spot {
            (String::new(), String::new())
        } else {
            (format!(",\"T\":{at}"), format!(",\"pu\":{}", (i * 40).saturating_sub(1)))
        };
        let (first, last, bids, asks) = (i * 40, i * 40 + 39, side(true), side(false));
        format!(
            "{{\"e\":\"depthUpdate\",\"E\":{at}{sent},\"s\":\"BTCUSDT\",\"U\":{first},\"u\":{last}{before},\"b\":[{bids}],\"a\":[{asks}]}}"
        )
        .into_bytes()
    };
    (0..MESSAGES).map(message).collect()
}

/// Processor time of this process.
fn cpu_ns() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
