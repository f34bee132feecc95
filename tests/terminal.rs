//! How the console treats its terminal, and what it does when the terminal treats it badly.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;
#[path = "common/tty.rs"]
mod tty;

use std::process::Command;
use std::time::Duration;

use common::Home;
use rustix::process::Signal;
use tty::{Tty, count};

const FRAME: &[u8] = b"\x1b[?2026h";
const FRAME_END: &[u8] = b"\x1b[?2026l";
const WHOLE: &[u8] = b"\x1b[m\x1b[2J";
const F8: &[u8] = b"\x1b[19~";

fn replay(home: &Home, args: &[&str]) -> Command {
    let mut command = home.command();
    command.args(["replay", "quiet", "--from", "12:00"]).args(args);
    command.env("TERM", "xterm-256color").env("COLORTERM", "truecolor").env("LC_ALL", "C.UTF-8");
    command
}

/// The console with its journal, once it is drawn.
fn console(home: &Home, args: &[&str]) -> Tty {
    let journal = home.path("a.journal");
    let args = [args, &["--journal", journal.to_str().unwrap()]].concat();
    let mut tty = Tty::start(replay(home, &args), 80, 24);
    tty.wait_for("REPLAY");
    tty
}

fn intact(home: &Home) -> serde_json::Value {
    let journal = home.path("a.journal");
    let verified = home.json(&["journal", "verify", journal.to_str().unwrap(), "--json"]);
    assert_eq!(verified["intact"], true);
    verified
}

/// The session goes on without a screen to the end that it would have had.
fn goes_on_to_the_same_end(home: &Home) {
    let whole = home.json(&["replay", "--headless", "--speed", "max", "--json"]);
    let journal = home.path("a.journal");
    let journal = journal.to_str().unwrap();
    let continued = home.json(&["replay", "--headless", "--speed", "max", "--json", "--journal", journal]);
    for key in ["state_hash", "decisions", "journal_head"] {
        assert_eq!(continued[key], whole[key], "{key}");
    }
}

#[test]
fn asked_to_leave_it_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = Home::new();
        let mut tty = console(&home, &[]);
        assert!(!tty.is_given_back(), "it is taken meanwhile");
        tty.signal(signal);
        assert!(tty.end().success(), "{signal:?}");
        assert!(tty.is_given_back(), "{signal:?}");
        intact(&home);
    }
}

/// Not a test of its own: the program that the next test runs in a terminal.
#[test]
#[ignore = "is run by another test, in a terminal"]
fn takes_the_terminal_and_panics() {
    let _taken = himal::console::backend::LocalTerminal::new().unwrap();
    panic!("this is what is wrong");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_reported() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "takes_the_terminal_and_panics", "--ignored", "--nocapture"]);
    command.env("TERM", "xterm");
    let mut tty = Tty::start(command, 80, 24);
    assert!(!tty.end().success());
    assert!(count(&tty.raw, b"\x1b[?1049h") == 1 && tty.is_given_back(), "{}", tty.raw.escape_ascii());
    let complaint = tty.complaint();
    assert!(complaint.contains("this is what is wrong"), "{complaint}");
}

#[test]
fn a_terminal_that_takes_nothing_gets_no_queue_and_hides_no_stop() {
    let home = Home::new();
    let mut tty = console(&home, &["--speed", "60"]);
    tty.wait_until("an answer", |tty| count(&tty.raw, b"\x1b[5n") > 2);
    // From here on nothing is read and nothing answered.
    std::thread::sleep(Duration::from_millis(2_600));
    // Cancels everything, if it were obeyed.
    tty.press(b"X");
    std::thread::sleep(Duration::from_millis(100));
    let seen = tty.raw.len();
    tty.answers = false;
    while tty.read(Duration::ZERO) {}
    let waiting = count(&tty.raw[seen..], FRAME);
    assert!(waiting <= 2, "{waiting} pictures were queued");
    tty.press(F8);
    tty.answers = true;
    tty.press(b"\x1b[0n");
    tty.wait_for("HALTED");
    assert!(tty.contents().contains("1 key ignored"), "{}", tty.contents());
    tty.signal(Signal::TERM);
    assert!(tty.end().success());
}

#[test]
fn a_terminal_that_reads_nothing_at_all_is_left_in_time() {
    let home = Home::new();
    // Large and coloured enough to fill every buffer between the program and us.
    let journal = home.path("a.journal");
    let mut tty =
        Tty::start(replay(&home, &["--speed", "600", "--journal", journal.to_str().unwrap()]), 1_000, 1_000);
    tty.wait_until("the first bytes", |tty| !tty.raw.is_empty());
    std::thread::sleep(Duration::from_millis(500));
    tty.signal(Signal::TERM);
    let begun = std::time::Instant::now();
    while tty.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it hangs on its terminal");
        std::thread::sleep(Duration::from_millis(20));
    }
    intact(&home);
}

#[test]
fn a_terminal_that_never_answers_is_drawn_all_the_same() {
    let home = Home::new();
    let journal = home.path("a.journal");
    let mut tty =
        Tty::start(replay(&home, &["--speed", "20", "--journal", journal.to_str().unwrap()]), 80, 24);
    tty.answers = false;
    tty.wait_for("REPLAY");
    tty.wait_until("more pictures", |tty| count(&tty.raw, FRAME) > 40);
    assert_eq!(count(&tty.raw, b"\x1b[5n"), 1, "it is asked once");
    assert_eq!(count(&tty.raw, WHOLE), 2, "once on entering, once for the first picture");
    assert_eq!(count(&tty.raw, FRAME), count(&tty.raw, FRAME_END));
    tty.press(F8);
    tty.wait_for("HALTED");
}

#[test]
fn a_dead_terminal_ends_the_program_and_not_the_session() {
    let home = Home::new();
    let mut tty = console(&home, &["--speed", "60"]);
    tty.die();
    let status = tty.end();
    assert!(status.code().is_some(), "it leaves by itself: {status}");
    let complaint = tty.complaint();
    assert!(!complaint.contains("panicked"), "{complaint}");
    intact(&home);
    goes_on_to_the_same_end(&home);
}

/// A small generator of numbers: the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

#[test]
fn a_storm_of_sizes_ends_in_the_right_picture() {
    let home = Home::new();
    let mut tty = console(&home, &[]);
    tty.press(b" ");
    let mut random = Random(7);
    for n in 0..150 {
        let (columns, rows) = match n % 10 {
            0 => (1, 1),
            1 if n == 71 => (1_000, 1_000),
            _ => (1 + random.below(220) as u16, 1 + random.below(70) as u16),
        };
        tty.resize(columns, rows);
        tty.read(Duration::from_millis(random.below(8)));
    }
    tty.resize(100, 30);
    tty.wait_for("Depth");
    tty.settle();
    let incremental = tty.parser.screen().state_formatted();
    tty.parser.process(b"\x1b[m\x1b[2J");
    tty.press(b"\x0c");
    tty.wait_for("Depth");
    tty.settle();
    assert_eq!(tty.parser.screen().state_formatted().len(), incremental.len());
    assert_eq!(tty.contents(), {
        let mut other = vt100::Parser::new(30.try_into().unwrap(), 100.try_into().unwrap(), 0);
        other.process(incremental.as_bytes());
        other.screen().contents()
    });
    assert!(count(&tty.raw, FRAME) < 200, "a storm is not drawn size by size");
}

#[test]
fn garbage_on_the_keyboard_is_no_panic_and_hides_no_stop() {
    let home = Home::new();
    let mut tty = console(&home, &[]);
    let mut random = Random(99);
    for _ in 0..60 {
        // Without the letters of :quit and the keys that lead into the past, which would be honest ways out.
        let garbage: Vec<u8> =
            (0..50).map(|_| random.below(256) as u8).filter(|b| !b"quitQUIT:'()".contains(b)).collect();
        tty.press(&garbage);
        tty.read(Duration::from_millis(2));
    }
    tty.press(F8);
    tty.wait_for("HALTED");
    tty.signal(Signal::TERM);
    assert!(tty.end().success());
    intact(&home);
}

#[test]
fn pasted_text_counts_in_a_field_only() {
    let home = Home::new();
    let mut tty = console(&home, &[]);
    tty.press(b"\x1b[200~!b\r:quit\r\x1b[201~");
    tty.press(b"\x1a");
    tty.wait_for("not here");
    assert!(tty.contents().contains("ACTIVE"), "{}", tty.contents());
    tty.press(b":");
    tty.press(b"\x1b[200~quit\x1b[201~");
    tty.press(b"\r");
    assert!(tty.end().success());
    assert!(tty.is_given_back());
}

#[test]
fn stopped_and_resumed_it_takes_the_terminal_again() {
    let home = Home::new();
    let mut tty = console(&home, &[]);
    tty.signal(Signal::TSTP);
    tty.wait_for("not here");
    let before = count(&tty.raw, b"\x1b[?1049h");
    tty.signal(Signal::STOP);
    tty.parser.process(b"\x1b[?1049l\x1b[2J\x1b[m$ fg");
    tty.signal(Signal::CONT);
    tty.wait_until("the other screen", |tty| count(&tty.raw, b"\x1b[?1049h") > before);
    tty.wait_for("REPLAY");
    assert!(!tty.contents().contains("$ fg"));
}

#[test]
fn a_dumb_terminal_is_refused_in_words() {
    let home = Home::new();
    let mut command = replay(&home, &[]);
    command.env("TERM", "dumb");
    let mut tty = Tty::start(command, 80, 24);
    assert_eq!(tty.end().code(), Some(2));
    assert!(tty.raw.is_empty(), "{}", tty.raw.escape_ascii());
    let complaint = tty.complaint();
    assert!(complaint.contains("TERM=dumb"), "{complaint}");
}

#[test]
fn no_colours_and_no_unicode_are_respected() {
    let home = Home::new();
    let mut command = replay(&home, &[]);
    command.env("NO_COLOR", "1").env("LC_ALL", "C").env("LANG", "C");
    let mut tty = Tty::start(command, 80, 24);
    tty.wait_for("REPLAY");
    tty.settle();
    assert!(tty.raw.is_ascii());
    let cells = (0..24).flat_map(|y| (0..80).map(move |x| (y, x)));
    for (y, x) in cells {
        let cell = tty.parser.screen().cell(y, x).unwrap();
        let default = vt100::Color::Default;
        assert_eq!((cell.fgcolor(), cell.bgcolor()), (default, default), "at {x}, {y}");
    }
}

#[test]
fn a_frozen_market_costs_no_bytes() {
    let home = Home::new();
    let mut tty = console(&home, &[]);
    tty.press(b" ");
    tty.settle();
    let seen = tty.raw.len();
    tty.read(Duration::from_secs(2));
    assert_eq!(tty.raw.len(), seen, "{}", tty.raw[seen..].escape_ascii());
}
