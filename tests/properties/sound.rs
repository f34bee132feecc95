//! What every public function promises (C0): an answer without NaN or infinity, or a typed error;
//! never a panic.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::test_runner::{Config, TestRunner};

use crate::source::{Source, sources};

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0) };
    static FAULTS: RefCell<BTreeMap<(&'static str, u32), String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Calls, and keeps what is wrong with the answer.
///
/// An answer is looked at as it prints, so that every field of it counts, private ones too. What an
/// error carries is not looked at: it may quote the bad value.
#[macro_export]
macro_rules! holds {
    ($($call:expr),+ $(,)?) => {
        $($crate::sound::check(file!(), line!(), stringify!($call), || format!("{:?}", $call));)+
    };
}

pub fn check(file: &'static str, line: u32, call: &str, answer: impl FnOnce() -> String) {
    let fault = match catch_unwind(AssertUnwindSafe(answer)) {
        Ok(text) if text.starts_with("Err(") || !has_undefined(&text) => return,
        Ok(text) => text.chars().take(300).collect(),
        Err(_) => "panics".to_owned(),
    };
    let seed = SEED.get();
    FAULTS.with_borrow_mut(|faults| {
        faults.entry((file, line)).or_insert_with(|| format!("{file}:{line} (seed {seed}) {call}: {fault}"));
    });
}

/// Outside quotes: a reason in words may name the bad value.
fn has_undefined(text: &str) -> bool {
    let undefined = |word: &str| word == "NaN" || word == "inf";
    text.split('"').step_by(2).any(|part| part.split(|c: char| !c.is_ascii_alphanumeric()).any(undefined))
}

/// Runs a test on sources of arbitrary input, and fails with every fault that was found.
pub fn run(cases: u32, test: impl Fn(&mut Source)) {
    // Many more cases for whoever asks: a search for what is rare is not for every build.
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|asked| asked.parse().ok()).unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&sources(), |mut source| {
        SEED.set(source.seed());
        test(&mut source);
        Ok(())
    });
    let faults = FAULTS.take();
    assert!(faults.is_empty(), "{}", faults.into_values().collect::<Vec<_>>().join("\n"));
    outcome.expect("the test itself does not panic");
}

#[test]
fn undefined_numbers_are_seen_in_what_is_printed() {
    for text in ["NaN", "[0.0, -inf]", "Some(P { value: inf })"] {
        assert!(has_undefined(text), "{text}");
    }
    assert!(!has_undefined("Degenerate { why: \"infinite mean\" } NaNo 1.0"));
    assert!(
        has_undefined("{ reason: \"price is inf\", value: inf }")
            && !has_undefined("{ reason: \"price is inf\" }")
    );
}
