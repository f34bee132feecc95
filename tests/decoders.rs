//! Every decoder of bytes from outside, fed with what a seed makes of valid samples: the short form of `fuzz/run`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "common/decoders.rs"]
mod decoders;

use decoders::{ALL, Decoder};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

/// One thing that is done to bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Cut(Index, usize),
    End(Index),
    Repeat(Index, usize),
    /// Part of another sample in between.
    Splice(Index, Index, Index, usize),
    /// A number becomes one at the edge of what numbers hold.
    Number(Index, &'static str),
}

const NUMBERS: [&str; 10] = [
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e999",
    "0.1",
    "null",
    "NaN",
    "\"\"",
];

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(i, bit)| Change::Flip(i, bit)),
        (at(), any::<u8>()).prop_map(|(i, byte)| Change::Set(i, byte)),
        (at(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(i, bytes)| Change::Insert(i, bytes)),
        (at(), 1_usize..40).prop_map(|(i, n)| Change::Cut(i, n)),
        at().prop_map(Change::End),
        (at(), 1_usize..40).prop_map(|(i, n)| Change::Repeat(i, n)),
        (at(), at(), at(), 1_usize..80).prop_map(|(i, s, from, n)| Change::Splice(i, s, from, n)),
        (at(), prop::sample::select(NUMBERS.to_vec())).prop_map(|(i, n)| Change::Number(i, n)),
    ]
}

fn apply(mut bytes: Vec<u8>, change: &Change, samples: &[Vec<u8>]) -> Vec<u8> {
    let place = |index: &Index, len: usize| index.index(len.max(1)).min(len);
    let len = bytes.len();
    match change {
        Change::Flip(i, bit) if len > 0 => bytes[i.index(len)] ^= 1 << bit,
        Change::Set(i, byte) if len > 0 => bytes[i.index(len)] = *byte,
        Change::Flip(..) | Change::Set(..) => {}
        Change::Insert(i, more) => {
            let at = place(i, len);
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Cut(i, n) => {
            let at = place(i, len);
            bytes.drain(at..(at + n).min(len));
        }
        Change::End(i) => bytes.truncate(place(i, len)),
        Change::Repeat(i, n) => {
            let at = place(i, len);
            let part = bytes[at..(at + n).min(len)].to_vec();
            bytes.splice(at..at, part);
        }
        Change::Splice(i, sample, from, n) => {
            let other = &samples[sample.index(samples.len())];
            let from = place(from, other.len());
            let part = other[from..(from + n).min(other.len())].to_vec();
            let at = place(i, len);
            bytes.splice(at..at, part);
        }
        Change::Number(i, number) => {
            let at = place(i, len);
            let begin = (at..len).find(|at| bytes[*at].is_ascii_digit()).unwrap_or(len);
            let end = (begin..len).find(|at| !bytes[*at].is_ascii_digit()).unwrap_or(len);
            bytes.splice(begin..end, number.bytes());
        }
    }
    bytes
}

fn broken(decoder: Decoder) {
    let samples = (decoder.samples)();
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let strategy = (any::<Index>(), prop::collection::vec(change(), 1..6));
    runner
        .run(&strategy, |(sample, changes)| {
            let sample = samples[sample.index(samples.len())].clone();
            let bytes = changes.iter().fold(sample, |bytes, change| apply(bytes, change, &samples));
            (decoder.feed)(&bytes);
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{}: {e}", decoder.name));
}

#[test]
fn no_bytes_bring_a_decoder_down() {
    for decoder in ALL {
        broken(decoder);
    }
}

#[test]
fn every_decoder_has_a_name_of_its_own_and_takes_its_samples() {
    let mut not_taken = Vec::new();
    for (i, decoder) in ALL.iter().enumerate() {
        assert!(ALL[..i].iter().all(|d| d.name != decoder.name), "{}", decoder.name);
        let samples = (decoder.samples)();
        assert!(!samples.is_empty(), "{}", decoder.name);
        for (n, sample) in samples.iter().enumerate() {
            if !(decoder.feed)(sample) {
                not_taken.push(format!("{} {n}", decoder.name));
            }
        }
        assert!(decoders::named(decoder.name).is_some());
    }
    assert!(not_taken.is_empty(), "{not_taken:?}");
}
