//! `himal bench screen`: what pictures cost in bytes and in time.

use std::sync::Arc;

use chrono::NaiveTime;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde::Serialize;

use super::minimal;
use crate::console::backend::{Screen, link};
use crate::console::theme::{ColorDepth, Glyphs};
use crate::console::{
    Frame, Keymap, Mode, Moment, ShellHealth, ShellStatus, Speed, Theme, Transport, Ui, draw_into,
};
use crate::engine::snapshot::SnapshotBuilder;
use crate::journal::{Open, SessionKind};
use crate::market::time::NS_PER_S;
use crate::market::{
    EventFlags, InstrumentId, LevelUpdate, MarketData, MarketEvent, Side, SourceId, Timestamp,
};
use crate::runtime::day::{Day, DayError};
use crate::runtime::ledger::{Ledger, LedgerError};
use crate::runtime::replay::{Driver, ReplayError};
use crate::runtime::sequencer::SequencerError;

/// Pictures a second.
const FRAMES_PER_S: i64 = 10;
/// Pictures in a timed stretch, and stretches of each program.
const STRETCH: u64 = 40;
const ROUNDS: usize = 9;
/// Pictures in which nothing visible changes, and pictures with changed fields.
const STILL: usize = 200;
const CHANGED: u64 = 60;
/// Cells of a field.
const FIELD: usize = 6;

/// Why a benchmark of the screen did not run.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// The day.
    #[error(transparent)]
    Day(#[from] DayError),
    /// Its journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Playing it.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// An event of our own.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
    /// Nothing happens on the day.
    #[error("{0}: a benchmark needs a day of continuous trading with depth")]
    Empty(String),
}

/// The figures.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// What was run.
    pub case: &'static str,
    /// The day.
    pub day: String,
    /// One for each size of terminal.
    pub sizes: Vec<SizeFigures>,
}

/// The figures at one size.
#[derive(Debug, Serialize)]
pub struct SizeFigures {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
    /// Bytes of 200 pictures, all within one second of the clock, while a feed restates what stands.
    pub unchanged_bytes: usize,
    /// Bytes of a picture with 5 % of its cells changed in fields of six, brackets and question
    /// included: the most of 60.
    pub fields_bytes: usize,
    /// Processor time of a picture of the Trade workspace, changes found and bytes made, in us.
    pub draw_us: f64,
    /// The same of the minimal program filling every cell, in turn with it.
    pub minimal_us: f64,
    /// The one over the other.
    pub draw_ratio: f64,
    /// Seconds of recorded time at ten pictures a second, the busiest of the day.
    pub busy_s: usize,
    /// Bytes in a second of it: the median.
    pub busy_bytes_per_s: u64,
    /// One second in twenty has more.
    pub busy_bytes_per_s_p95: u64,
    /// The most in one second.
    pub busy_bytes_per_s_max: u64,
    /// Pictures drawn whole in that time, the first included.
    pub repaints: u64,
}

/// Measures at 80x24 and 200x60, over the busiest minutes of a day.
///
/// # Errors
/// [`ScreenError`] when the day cannot be played.
pub fn measure(name: &str, minutes: u32) -> Result<Figures, ScreenError> {
    let day = Day::open(name, None)?;
    let begin = busiest(&day, i64::from(minutes) * 60)?;
    let mut sizes = [Desk::new(80, 24), Desk::new(200, 60)];
    let mut play = Play::new(&day)?;
    play.driver.run_until(begin, |_| ())?;
    let first = play.frame(&day);
    for desk in &mut sizes {
        desk.look_at_busiest(&first);
    }
    let unchanged = still(&mut play, &day, &mut sizes)?;
    let mut frames = Vec::new();
    let mut seconds: Vec<[u64; 2]> = Vec::new();
    for tick in 1..=i64::from(minutes) * 60 * FRAMES_PER_S {
        play.driver.run_until(begin.plus_ns(tick * (NS_PER_S / FRAMES_PER_S)), |_| ())?;
        let frame = play.frame(&day);
        if (tick - 1) % FRAMES_PER_S == 0 {
            seconds.push([0; 2]);
        }
        for (i, desk) in sizes.iter_mut().enumerate() {
            let bytes = desk.draw(&frame);
            if let Some(second) = seconds.last_mut().filter(|_| !bytes.is_empty()) {
                second[i] += (bytes.len() + link::QUESTION.len()) as u64;
            }
        }
        if frames.len() < STRETCH as usize {
            frames.push(frame);
        }
    }
    let figures = sizes.iter().enumerate().map(|(i, desk)| {
        let mut bytes: Vec<u64> = seconds.iter().map(|second| second[i]).collect();
        bytes.sort_unstable();
        let part = |n: usize, of: usize| bytes.get((bytes.len() * n / of).min(bytes.len() - 1)).copied();
        let (draw_us, minimal_us) = timed(desk, &frames);
        SizeFigures {
            columns: desk.ui.size.0,
            rows: desk.ui.size.1,
            unchanged_bytes: unchanged[i],
            fields_bytes: fields(desk, &first),
            draw_us,
            minimal_us,
            draw_ratio: draw_us / minimal_us,
            busy_s: bytes.len(),
            busy_bytes_per_s: part(1, 2).unwrap_or(0),
            busy_bytes_per_s_p95: part(19, 20).unwrap_or(0),
            busy_bytes_per_s_max: bytes.last().copied().unwrap_or(0),
            repaints: desk.screen.repaints(),
        }
    });
    Ok(Figures { case: "screen", day: day.setup.title.clone(), sizes: figures.collect() })
}

/// Where the stretch of so many seconds with the most events begins, within continuous trading.
fn busiest(day: &Day, length: i64) -> Result<Timestamp, ScreenError> {
    let empty = || ScreenError::Empty(day.setup.title.clone());
    let open = day.setup.grid.start(0);
    let close = day.span.1.plus_ns(-length * NS_PER_S).max(open);
    let mut counts: std::collections::BTreeMap<i64, u64> = std::collections::BTreeMap::new();
    for event in day.reader.events() {
        let event = event.map_err(ReplayError::from)?;
        let minute = event.at.since_ns(open).div_euclid(60 * NS_PER_S);
        *counts.entry(minute).or_default() += 1;
    }
    let in_window = |from: i64| counts.range(from..from + (length / 60).max(1)).map(|(_, n)| n).sum::<u64>();
    let last = close.since_ns(open) / (60 * NS_PER_S);
    // The opening minute itself is not how a day looks.
    let from = (1..=last.max(1)).max_by_key(|minute| in_window(*minute)).ok_or_else(empty)?;
    if !day.setup.depth || in_window(from) == 0 {
        return Err(empty());
    }
    Ok(open.plus_ns(from * 60 * NS_PER_S))
}

/// A day being played, and its pictures.
struct Play {
    driver: Driver,
    builder: SnapshotBuilder,
}

impl Play {
    fn new(day: &Day) -> Result<Self, ScreenError> {
        let open = Open::new(SessionKind::Replay, day.reference.clone(), day.setup.digest());
        let driver = Driver::new(day, Ledger::in_memory(&open, "a benchmark")?)?;
        Ok(Self { driver, builder: SnapshotBuilder::default() })
    }

    fn frame(&mut self, day: &Day) -> Frame {
        let status = ShellStatus {
            mode: Mode::Replay,
            account: day.account.clone(),
            operator: "bench".to_owned(),
            transport: Some(Transport {
                playing: true,
                speed: Speed::Factor(1.0),
                position: self.driver.state().now(),
                start: day.span.0,
                end: day.span.1,
                finished: false,
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

/// A terminal of one size that looks at the Trade workspace.
struct Desk {
    ui: Ui,
    theme: Theme,
    screen: Screen,
    now: u64,
}

impl Desk {
    fn new(columns: u16, rows: u16) -> Self {
        let mut ui = Ui::new(Keymap::default());
        ui.resized(columns, rows);
        let theme = Theme::embedded("dark", ColorDepth::True, Glyphs::UNICODE).unwrap_or_default();
        Self { ui, theme, screen: Screen::new(columns, rows), now: 0 }
    }

    fn look_at_busiest(&mut self, frame: &Frame) {
        self.ui.symbol = frame.snapshot.instruments.iter().max_by_key(|i| i.day.turnover).map(|i| i.id);
        self.draw(frame);
    }

    fn draw(&mut self, frame: &Frame) -> Vec<u8> {
        self.now += 1_000 / FRAMES_PER_S.unsigned_abs();
        self.ui.observe(frame);
        let bytes = self.screen.draw_frame(frame, &self.ui, &self.theme);
        self.ui.drawn(Moment(self.now), frame);
        bytes
    }
}

/// Bytes of pictures between which a feed restates levels that stand, within one second of the clock.
fn still(play: &mut Play, day: &Day, sizes: &mut [Desk; 2]) -> Result<[usize; 2], ScreenError> {
    let mut bytes = [0; 2];
    for n in 0..=STILL {
        let state = play.driver.state();
        let (now, count) = (state.now(), state.instruments().len());
        let restated = (0..count as u32).map(InstrumentId).filter_map(|id| {
            let book = state.instrument(id)?.book.as_ref()?;
            let side = if n % 2 == 0 { Side::Buy } else { Side::Sell };
            let level = book.levels(side).nth(n % 5)?;
            let update = LevelUpdate { side, price: level.price, qty: level.qty, orders: level.orders };
            Some(MarketEvent {
                at: now,
                seq: 0,
                source: SourceId(0),
                instrument: id,
                flags: EventFlags::LAST,
                data: MarketData::Level(update),
            })
        });
        let restated: Vec<MarketEvent> = restated.collect();
        if restated.is_empty() {
            return Err(ScreenError::Empty(day.setup.title.clone()));
        }
        for event in restated {
            play.driver.sequencer_mut().market(event)?;
        }
        let frame = play.frame(day);
        for (desk, bytes) in sizes.iter_mut().zip(&mut bytes) {
            let drawn = desk.draw(&frame).len();
            // The first of them makes old quotes young, which can be seen.
            *bytes += if n == 0 { 0 } else { drawn };
        }
    }
    Ok(bytes)
}

/// The most bytes of a picture with one cell in twenty changed, in fields of six anywhere on it. A field
/// has one colour, that of what stood there, as a figure has.
fn fields(desk: &Desk, frame: &Frame) -> usize {
    let (columns, rows) = desk.ui.size;
    let area = Rect::new(0, 0, columns, rows);
    let mut picture = Buffer::empty(area);
    draw_into(&mut picture, frame, &desk.ui, &desk.theme);
    let mut screen = Screen::new(columns, rows);
    screen.draw(|buffer| buffer.clone_from(&picture));
    let cells = picture.content.len();
    let places = cells / FIELD;
    let mut most = 0;
    for n in 0..CHANGED {
        let changed = cells / 20 / FIELD;
        let mut random = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut taken = std::collections::BTreeSet::new();
        while taken.len() < changed {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let place = usize::try_from(random % places as u64).unwrap_or(0);
            // A field lies within its row.
            if (place * FIELD) % usize::from(columns) + FIELD <= usize::from(columns) {
                taken.insert(place);
            }
        }
        for place in taken {
            let style = picture.content[place * FIELD].style();
            for cell in &mut picture.content[place * FIELD..(place + 1) * FIELD] {
                let digit = cell.symbol().bytes().next().unwrap_or(b'0').wrapping_add(1 + n as u8) % 10;
                cell.set_char(char::from(b'0' + digit)).set_style(style);
            }
        }
        let bytes = screen.draw(|buffer| buffer.clone_from(&picture)).len() + link::QUESTION.len();
        if n > 0 {
            most = most.max(bytes);
        }
    }
    most
}

/// Processor time of a picture, in us: the Trade workspace over consecutive frames, and the minimal
/// program, in turn; medians.
fn timed(desk: &Desk, frames: &[Frame]) -> (f64, f64) {
    let (columns, rows) = desk.ui.size;
    let mut ours =
        Desk { ui: desk.ui.clone(), theme: desk.theme.clone(), screen: Screen::new(columns, rows), now: 0 };
    let mut written = Vec::new();
    let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, columns, rows)) };
    let mut count = 0;
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = minimal::cpu();
        for frame in frames {
            std::hint::black_box(ours.draw(frame));
        }
        a.push((minimal::cpu() - begun).as_secs_f64() * 1e6 / frames.len().max(1) as f64);
        written.clear();
        let backend = CrosstermBackend::new(&mut written);
        let Ok(mut terminal) = Terminal::with_options(backend, options.clone()) else { continue };
        let begun = minimal::cpu();
        for _ in 0..STRETCH {
            let drawn = terminal.draw(|frame| minimal::fill(frame, count));
            count += u64::from(drawn.is_ok());
        }
        b.push((minimal::cpu() - begun).as_secs_f64() * 1e6 / STRETCH as f64);
    }
    (median(a), median(b))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The time of day from which continuous trading is looked at when nothing else is said.
pub(super) const OPEN: NaiveTime = match NaiveTime::from_hms_opt(11, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
