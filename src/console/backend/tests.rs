//! Pictures in, bytes out, and a terminal that has never heard of this program shows the pictures.

use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::Screen;

/// A text put somewhere in a style.
#[derive(Clone, Debug)]
struct Put(u16, u16, String, Style);

const TEXTS: [&str; 14] = [
    "a",
    "546.0",
    "   ",
    "x  y",
    "──",
    "▲ ⣿",
    "株式",
    "e\u{301}z",
    "अ",
    "NABIL ",
    "",
    "あ",
    "ab株",
    "         ",
];

fn style() -> impl Strategy<Value = Style> {
    let colors = vec![
        Color::Reset,
        Color::Red,
        Color::LightBlue,
        Color::Indexed(3),
        Color::Indexed(208),
        Color::Rgb(1, 2, 3),
        Color::White,
    ];
    let modifiers = vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::ITALIC | Modifier::UNDERLINED,
        Modifier::REVERSED,
        Modifier::CROSSED_OUT | Modifier::BOLD,
    ];
    (
        prop::sample::select(colors.clone()),
        prop::sample::select(colors),
        any::<bool>(),
        prop::sample::select(modifiers),
    )
        .prop_map(|(fg, bg, plain, modifier)| {
            Style::new().fg(fg).bg(if plain { Color::Reset } else { bg }).add_modifier(modifier)
        })
}

fn picture() -> impl Strategy<Value = Vec<Put>> {
    let put = (0..30u16, 0..8u16, prop::sample::select(TEXTS.to_vec()), style())
        .prop_map(|(x, y, text, style)| Put(x, y, text.to_owned(), style));
    prop::collection::vec(put, 0..24)
}

fn put_all(buffer: &mut Buffer, puts: &[Put]) {
    for Put(x, y, text, style) in puts {
        if buffer.area.contains((*x, *y).into()) {
            buffer.set_string(*x, *y, text, *style);
        }
    }
}

fn color(color: Color) -> vt100::Color {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match color {
        Color::Reset => vt100::Color::Default,
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(i) => vt100::Color::Idx(i),
        named => vt100::Color::Idx(NAMED.iter().position(|c| *c == named).unwrap() as u8),
    }
}

fn some(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

fn terminal(rows: u16, columns: u16) -> vt100::Parser {
    vt100::Parser::new(some(rows), some(columns), 0)
}

/// What a terminal must show in every cell of a picture.
fn assert_shows(parser: &vt100::Parser, buffer: &Buffer) {
    let area = buffer.area;
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let want = &buffer[(x, y)];
            let cell = parser.screen().cell(y, x).unwrap();
            let mut width = want.symbol().width() as u16;
            let mut text = want.symbol();
            if width == 0 || width > area.width - x {
                (width, text) = (1, " ");
            }
            let shown = if cell.has_contents() { cell.contents() } else { " " };
            assert_eq!(shown, text, "at {x}, {y}");
            assert_eq!(cell.is_wide(), width == 2, "at {x}, {y}");
            assert_eq!(cell.bgcolor(), color(want.bg), "behind {x}, {y}");
            let has = |modifier| want.modifier.contains(modifier);
            assert_eq!(cell.underline(), has(Modifier::UNDERLINED), "at {x}, {y}");
            assert_eq!(cell.inverse(), has(Modifier::REVERSED), "at {x}, {y}");
            let lines = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
            if text != " " || want.modifier.intersects(lines) {
                assert_eq!(cell.fgcolor(), color(want.fg), "at {x}, {y}");
                // This terminal is bold or dim and never both.
                if !has(Modifier::BOLD | Modifier::DIM) {
                    assert_eq!(cell.bold(), has(Modifier::BOLD), "at {x}, {y}");
                    assert_eq!(cell.dim(), has(Modifier::DIM), "at {x}, {y}");
                }
                assert_eq!(cell.italic(), has(Modifier::ITALIC), "at {x}, {y}");
            }
            x += width;
        }
    }
}

proptest! {
    #[test]
    fn a_terminal_shows_the_last_picture(
        pictures in prop::collection::vec((picture(), any::<bool>(), 0..6u8, 1..32u16, 1..9u16), 1..8),
    ) {
        let (mut columns, mut rows) = (30, 8);
        let mut screen = Screen::new(columns, rows);
        let mut parser = terminal(rows, columns);
        let mut drawn: Vec<Put> = Vec::new();
        for (puts, over, what, width, height) in pictures {
            match what {
                0 => {
                    (columns, rows) = (width, height);
                    screen.resize(columns, rows);
                    parser.screen_mut().set_size(some(rows), some(columns));
                }
                1 => {
                    parser.process(b"\x1b[m\x1b[3;3Hsomething else");
                    screen.forget();
                }
                _ => {}
            }
            if !over {
                drawn.clear();
            }
            drawn.extend(puts);
            let bytes = screen.draw(|buffer| put_all(buffer, &drawn));
            parser.process(&bytes);
            let mut want = Buffer::empty(Rect::new(0, 0, columns, rows));
            put_all(&mut want, &drawn);
            assert_shows(&parser, &want);
            prop_assert!(screen.draw(|buffer| put_all(buffer, &drawn)).is_empty());
        }
    }
}

fn bytes_of(screen: &mut Screen, draw: impl FnOnce(&mut Buffer)) -> String {
    String::from_utf8(screen.draw(draw)).unwrap()
}

#[test]
fn a_picture_is_one_piece_and_the_same_picture_is_nothing() {
    let mut screen = Screen::new(8, 2);
    let red = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
    let mut draw = |text: &str| bytes_of(&mut screen, |b| b.set_string(0, 1, text, red));
    assert_eq!(draw("ab"), "\x1b[?2026h\x1b[m\x1b[2J\x1b[2H\x1b[1;31mab\x1b[?2026l");
    assert_eq!(draw("ab"), "");
    assert_eq!(draw("ac"), "\x1b[?2026h\x1b[2;2Hc\x1b[?2026l", "the pen is still the same");
    assert_eq!(screen.repaints(), 1);
}

#[test]
fn few_bytes() {
    let (red, blue) = (Style::new().fg(Color::Rgb(200, 10, 10)), Style::new().fg(Color::Rgb(10, 10, 200)));
    let plain = Style::new();
    for (before, after, want) in [
        // Three unchanged cells are shorter than a move.
        (vec![(0, "1234567", plain)], vec![(0, "9234967", plain)], "\x1b[H92349".to_owned()),
        // Nine are not.
        (vec![(0, "12345678901", plain)], vec![(0, "92345678909", plain)], "\x1b[H9\x1b[9C9".to_owned()),
        // The colour of an empty cell's text is nobody's business.
        (vec![(0, "a", plain), (3, "   ", red)], vec![(0, "a", plain), (3, "   ", blue)], String::new()),
        // Three fields of two pens need one change of pen: the one that is set goes first.
        (
            vec![(0, "1", red), (10, "1", blue), (20, "1", red)],
            vec![(0, "2", red), (10, "2", blue), (20, "2", red)],
            "\x1b[;11H2\r\x1b[38;2;200;10;10m2\x1b[19C2".to_owned(),
        ),
        // What is gone to the end of a row is erased.
        (vec![(2, "a long text", plain)], vec![(2, "a", plain)], "\x1b[;5H\x1b[K".to_owned()),
    ] {
        let mut screen = Screen::new(30, 2);
        let draw = |puts: &[(u16, &str, Style)], b: &mut Buffer| {
            for (x, text, style) in puts {
                b.set_string(*x, 0, text, *style);
            }
        };
        screen.draw(|b| draw(&before, b));
        let bytes = bytes_of(&mut screen, |b| draw(&after, b));
        let body = bytes.strip_prefix("\x1b[?2026h").map_or("", |b| b.trim_end_matches("\x1b[?2026l"));
        assert_eq!(body, want, "{before:?} to {after:?}");
    }
}

/// Where it stands is nobody's business within one picture: what shares a background is written together.
#[test]
fn a_background_that_several_share_is_said_once() {
    let mut screen = Screen::new(40, 5);
    bytes_of(&mut screen, |_| ());
    let style = |n: u8, lit: bool| {
        let bg = if lit { Color::Rgb(9, 8, 7) } else { Color::Reset };
        Style::new().fg(Color::Rgb(n, n, n)).bg(bg)
    };
    let bytes = bytes_of(&mut screen, |buffer| {
        for (n, lit) in [(1, true), (2, false), (3, true), (4, false)] {
            buffer.set_string(3, u16::from(n), "text", style(n, lit));
        }
    });
    assert_eq!(bytes.matches("48;2;9;8;7").count(), 1, "{bytes:?}");
}

#[test]
fn a_glyph_that_terminals_disagree_on_moves_no_column() {
    let mut screen = Screen::new(20, 1);
    // A vowel sign that some terminals give a cell of its own.
    let bytes = screen.draw(|b| {
        b.set_string(0, 0, "क\u{93f}", Style::new());
        b.set_string(4, 0, "546.0", Style::new());
    });
    let mut parser = terminal(1, 20);
    parser.process(&bytes);
    let row: String = parser.screen().contents_between(0, 4, 0, 20);
    assert_eq!(row, "546.0");
}

#[test]
fn a_terminal_of_any_size_is_drawn_and_a_mad_one_in_part() {
    for (columns, rows) in [(1, 1), (1, 50), (1_000, 1_000), (0, 0), (u16::MAX, u16::MAX)] {
        let mut screen = Screen::new(columns, rows);
        let style = Style::new().bg(Color::Blue);
        let bytes = screen.draw(|b| b.set_style(b.area, style));
        assert!(bytes.len() < 1_100_000, "{columns}x{rows}: {}", bytes.len());
        assert!(screen.draw(|b| b.set_style(b.area, style)).is_empty());
    }
}
