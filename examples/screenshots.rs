//! Draws the console at chosen moments and writes what a terminal would show as SVG, by the
//! console's own code.
//!
//! `cargo run --release --example screenshots -- docs/screens [DAY HH:MM NAME]...`

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use himal::console::keymap::Strokes;
use himal::console::theme::{ColorDepth, Glyphs};
use himal::console::{
    Frame, JournalStatus, Key, Keymap, Mode, Moment, ShellHealth, ShellStatus, Speed, Theme, Transport, Ui,
    draw_into,
};
use himal::engine::snapshot::SnapshotBuilder;
use himal::journal::{Open, SessionKind};
use himal::market::Timestamp;
use himal::runtime::day::Day;
use himal::runtime::ledger::Ledger;
use himal::runtime::replay::Driver;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

/// Width and height of a cell in the picture.
const CELL: (f64, f64) = (8.0, 17.0);
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Pages beside Trade, and the keys that lead there.
const PAGES: [(&str, &[&str]); 7] = [
    ("risk", &["2"]),
    ("replay", &["5"]),
    ("market-board", &["g m"]),
    ("ticket", &["b"]),
    ("why", &["w"]),
    ("keys", &["?"]),
    ("approvals", &["3"]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("where to? give a folder")?;
    let mut jobs: Vec<(String, String, String)> = Vec::new();
    while let (Some(day), Some(time), Some(name)) = (args.next(), args.next(), args.next()) {
        jobs.push((day, time, name));
    }
    if jobs.is_empty() {
        jobs.push(("quiet".into(), "13:42".into(), "quiet".into()));
        jobs.push(("halt-day".into(), "12:40".into(), "halt-day".into()));
    }
    std::fs::create_dir_all(&folder)?;
    for (day, time, name) in jobs {
        let frame = frame_at(&day, &time)?;
        for (columns, rows) in SIZES {
            let path = Path::new(&folder).join(format!("{name}-{columns}x{rows}.svg"));
            std::fs::write(&path, svg(&picture(&frame, columns, rows, "dark")))?;
            println!("{}", path.display());
        }
        if name == "quiet" {
            for theme in ["light", "high-contrast", "colour-blind", "mono"] {
                let path = Path::new(&folder).join(format!("{name}-{theme}-120x40.svg"));
                std::fs::write(&path, svg(&picture(&frame, 120, 40, theme)))?;
                println!("{}", path.display());
            }
            for (page, keys) in PAGES {
                let path = Path::new(&folder).join(format!("{name}-{page}-120x40.svg"));
                std::fs::write(&path, svg(&pressed(&frame, 120, 40, "dark", keys)))?;
                println!("{}", path.display());
            }
        }
    }
    Ok(())
}

/// The day played to a time of day.
fn frame_at(day: &str, time: &str) -> Result<Frame, Box<dyn Error>> {
    let day = Day::open(day, None)?;
    let open = Open::new(SessionKind::Replay, day.reference.clone(), day.setup.digest());
    let mut driver = Driver::new(&day, Ledger::in_memory(&open, "a picture")?)?;
    let time = chrono::NaiveTime::parse_from_str(time, "%H:%M")?;
    let at = Timestamp::nepal(day.setup.date, time).ok_or("no such time")?;
    driver.run_until(at, |_| ())?;
    let status = ShellStatus {
        mode: Mode::Replay,
        account: day.account.clone(),
        operator: "trainee".to_owned(),
        transport: Some(Transport {
            playing: true,
            speed: Speed::Factor(1.0),
            position: driver.state().now(),
            start: day.span.0,
            end: day.span.1,
            finished: false,
            seeking: None,
            bookmarks: Vec::new(),
            branches: Vec::new(),
            view_only: false,
        }),
        journal: JournalStatus::Durable { seq: 33, head: "9d6c32c6".to_owned(), tail: Vec::new() },
        commands_waiting: 0,
        notes: Vec::new(),
        health: ShellHealth::default(),
        connections: Vec::new(),
    };
    let snapshot = Arc::new(SnapshotBuilder::default().build(driver.state()));
    Ok(Frame { snapshot, status: Arc::new(status) })
}

fn picture(frame: &Frame, columns: u16, rows: u16, theme: &str) -> Buffer {
    pressed(frame, columns, rows, theme, &[])
}

/// The screen after some keys.
fn pressed(frame: &Frame, columns: u16, rows: u16, theme: &str, keys: &[&str]) -> Buffer {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    let depth = if theme == "mono" { ColorDepth::None } else { ColorDepth::True };
    let theme = Theme::embedded(theme, depth, Glyphs::UNICODE).expect("an embedded theme");
    let mut ui = Ui::new(Keymap::default());
    ui.resized(columns, rows);
    // The most traded symbol with depth or, without depth, the most traded.
    let busiest = frame.snapshot.instruments.iter().max_by_key(|i| i.day.turnover);
    ui.symbol = busiest.map(|i| i.id);
    ui.observe(frame);
    let chords = keys.iter().filter_map(|key| Strokes::parse(key)).flat_map(|strokes| strokes.0);
    for (n, chord) in (1..).zip(chords) {
        ui.drawn(Moment(n * 1_000 - 500), frame);
        ui.on_key(Key::press(chord, Moment(n * 1_000)), frame);
        ui.observe(frame);
    }
    draw_into(&mut buffer, frame, &ui, &theme);
    ui.drawn(Moment(0), frame);
    buffer
}

fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let (width, height) = (f64::from(area.width) * CELL.0, f64::from(area.height) * CELL.1);
    let base = colour(buffer[(0, area.height - 2)].bg, "#101418");
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{base}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\">\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let first = &buffer[(x, y)];
            let run = (x..area.width).take_while(|c| same_style(first, &buffer[(*c, y)])).count() as u16;
            let text: String = (x..x + run).map(|c| buffer[(c, y)].symbol()).collect();
            write_run(&mut out, first, (x, y), run, &text, &base);
            x += run;
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn same_style(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

fn write_run(out: &mut String, cell: &Cell, (x, y): (u16, u16), run: u16, text: &str, base: &str) {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let (mut fg, mut bg) = (colour(cell.fg, "#d8dee4"), colour(cell.bg, base));
    if reversed {
        std::mem::swap(&mut fg, &mut bg);
    }
    let (left, top) = (f64::from(x) * CELL.0, f64::from(y) * CELL.1);
    let width = f64::from(run) * CELL.0;
    if bg != base {
        let _ = writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let baseline = top + 13.0;
    let _ = writeln!(
        out,
        "<text x=\"{left}\" y=\"{baseline}\" fill=\"{fg}\"{bold} xml:space=\"preserve\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
    );
}

fn colour(colour: Color, otherwise: &str) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => otherwise.to_owned(),
    }
}
