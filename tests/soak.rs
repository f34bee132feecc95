//! A console left alone with somebody who presses anything at all: nothing breaks, nothing grows.
//!
//! Ten pictures a second of recorded time, random keys, random sizes, orders sent and filled. Minutes
//! of it by default; with `HIMAL_LONG` set, 24 hours:
//! `HIMAL_LONG=1 cargo test --release --test soak -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::num::NonZeroU16;
use std::sync::Arc;

use himal::console::backend::Screen;
use himal::console::input::{Chord, Code, Key};
use himal::console::theme::{ColorDepth, Glyphs};
use himal::console::{
    Action, Frame, Keymap, Mode, Moment, ShellHealth, ShellRequest, ShellStatus, Speed, Theme, Transport, Ui,
};
use himal::engine::snapshot::SnapshotBuilder;
use himal::engine::{OperatorCommand, OperatorId};
use himal::journal::{Open, SessionKind};
use himal::market::Timestamp;
use himal::runtime::day::Day;
use himal::runtime::ledger::Ledger;
use himal::runtime::replay::Driver;

const STEP_NS: i64 = 100_000_000;
const HOUR: u64 = 36_000;

/// A small generator of numbers: the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn chord(&mut self) -> Chord {
        const LETTERS: &[u8] =
            b"u12345hjklgempoarht/nNoOfzvwc?:qbsBS[]-+xXeyadi<>.;()'*0987654321%~ yyyyybbss";
        const OTHERS: [Code; 10] = [
            Code::Enter,
            Code::Esc,
            Code::Tab,
            Code::Backspace,
            Code::Up,
            Code::Down,
            Code::PageDown,
            Code::Delete,
            Code::Enter,
            Code::Esc,
        ];
        if self.below(4) == 0 {
            Chord::plain(OTHERS[self.below(OTHERS.len() as u64) as usize])
        } else {
            Chord::char(char::from(LETTERS[self.below(LETTERS.len() as u64) as usize]))
        }
    }
}

/// What somebody presses who means it: to the orders, a ticket, review; then a yes, later.
const ORDER: [Chord; 8] = [
    Chord::plain(Code::Esc),
    Chord::plain(Code::Esc),
    Chord::plain(Code::Esc),
    Chord::char('1'),
    Chord::char('g'),
    Chord::char('o'),
    Chord::char('b'),
    Chord::plain(Code::Enter),
];
/// Pictures between the review and the yes.
const THINKS: u64 = 5;

/// A day being played.
struct Play {
    day: Day,
    driver: Driver,
    builder: SnapshotBuilder,
    at: Timestamp,
}

impl Play {
    fn new(name: &str) -> Self {
        let day = Day::open(name, None).unwrap();
        let open = Open::new(SessionKind::Replay, day.reference.clone(), day.setup.digest());
        let driver = Driver::new(&day, Ledger::in_memory(&open, "a soak").unwrap()).unwrap();
        Self { at: day.span.0, day, driver, builder: SnapshotBuilder::default() }
    }

    fn frame(&mut self) -> Frame {
        let status = ShellStatus {
            mode: Mode::Replay,
            account: self.day.account.clone(),
            operator: "soak".to_owned(),
            transport: Some(Transport {
                playing: true,
                speed: Speed::Factor(1.0),
                position: self.driver.state().now(),
                start: self.day.span.0,
                end: self.day.span.1,
                finished: self.driver.finished(),
                seeking: None,
                bookmarks: Vec::new(),
                view_only: false,
                branches: Vec::new(),
            }),
            journal: self.driver.sequencer().ledger().status(),
            commands_waiting: 0,
            notes: Vec::new(),
            health: ShellHealth::default(),
            connections: Vec::new(),
        };
        let snapshot = Arc::new(self.builder.build(self.driver.state()));
        Frame { snapshot, status: Arc::new(status) }
    }
}

/// Anonymous memory of this process in kB; `None` where the system does not say.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("RssAnon:")?.split_whitespace().next()?.parse().ok())
}

/// Plays so many pictures and returns the orders sent and the memory at the end of each day.
fn soak(pictures: u64, from: i64, seed: u64) -> (u64, Vec<u64>) {
    let mut random = Random(seed);
    let mut ui = Ui::new(Keymap::default());
    let theme = Theme::embedded("dark", ColorDepth::True, Glyphs::UNICODE).unwrap();
    let mut screen = Screen::new(80, 24);
    let mut parser = vt100::Parser::default();
    let by = OperatorId::new("soak");
    let mut names = ["halt-day", "quiet"].into_iter().cycle();
    let mut play = Play::new(names.next().unwrap());
    play.at = play.at.plus_ns(from);
    let (mut orders, mut memories, mut whole) = (0, Vec::new(), 0);
    for n in 0..pictures {
        play.at = play.at.plus_ns(STEP_NS);
        play.driver.run_until(play.at, |_| ()).unwrap();
        if play.at > play.day.span.1 {
            orders += play.driver.state().counters().orders;
            memories.extend(memory());
            play = Play::new(names.next().unwrap());
        }
        let frame = play.frame();
        if random.below(150) == 0 {
            let (columns, rows) = (1 + random.below(220) as u16, 1 + random.below(70) as u16);
            whole += u64::from(screen.size() != (columns, rows));
            screen.resize(columns, rows);
            ui.resized(columns, rows);
            let some = |n| NonZeroU16::new(n).unwrap();
            parser.screen_mut().set_size(some(rows), some(columns));
        }
        let now = Moment(n * 100);
        let mut pressed = Vec::new();
        match n % 400 {
            0 => pressed.extend(ORDER),
            THINKS => pressed.push(Chord::char('y')),
            1..THINKS => {}
            _ => {
                while random.below(3) == 0 {
                    pressed.push(random.chord());
                }
            }
        }
        if random.below(30_000) == 0 {
            pressed.push(Chord::plain(Code::F(8)));
        }
        for chord in pressed {
            let key = Key::press(chord, now);
            for action in ui.on_key(key, &frame) {
                match action {
                    Action::Command(command) => {
                        let by = by.clone();
                        play.driver.command(OperatorCommand { by, command }).unwrap();
                    }
                    Action::Repaint => {
                        screen.forget();
                        whole += 1;
                    }
                    Action::Shell(ShellRequest::Quit) => ui = Ui::new(Keymap::default()),
                    _ => {}
                }
            }
            let (columns, rows) = screen.size();
            ui.resized(columns, rows);
        }
        ui.observe(&frame);
        let bytes = screen.draw_frame(&frame, &ui, &theme);
        parser.process(&bytes);
        if n % 997 == 0 {
            assert!(screen.draw_frame(&frame, &ui, &theme).is_empty(), "the same picture twice is nothing");
            let (columns, rows) = screen.size();
            let some = |n| NonZeroU16::new(n).unwrap();
            let mut fresh = vt100::Parser::new(some(rows), some(columns), 0);
            fresh.process(&Screen::new(columns, rows).draw_frame(&frame, &ui, &theme));
            assert_eq!(parser.screen().contents(), fresh.screen().contents(), "picture {n}");
        }
        assert!(n % 10 != 0 || !parser.screen().contents().contains("this pane failed"));
        ui.drawn(now, &frame);
    }
    assert!(screen.repaints() <= whole + 1, "drawn whole only for another size or when asked");
    (orders + play.driver.state().counters().orders, memories)
}

#[test]
fn left_alone_with_any_keys_nothing_breaks_and_nothing_grows() {
    if std::env::var_os("HIMAL_LONG").is_none() {
        // An hour and a half into the day, and over its end.
        let (orders, _) = soak(1_300, 5_400_000_000_000, 11);
        assert!(orders > 0, "somebody traded");
        soak(900, 16_150_000_000_000, 12);
        return;
    }
    let (orders, memories) = soak(24 * HOUR, 0, 13);
    println!("{orders} orders; memory at the end of each day, kB: {memories:?}");
    assert!(orders > 0, "somebody traded");
    if let [first, .., last] = memories.as_slice() {
        assert!(*last <= first + first / 4 + 4_096, "from {first} to {last} kB");
    }
}
