//! Pictures as bytes: what has changed since the last one, in one piece, or nothing at all.

use std::convert::Infallible;
use std::io::Write as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// Begins a picture that a terminal shows at once.
const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
/// Ends it.
const SYNC_END: &[u8] = b"\x1b[?2026l";

/// Collects the bytes of a picture. The cursor is never shown.
#[derive(Debug, Default)]
pub struct BytesBackend {
    size: Size,
    out: Vec<u8>,
}

/// Attributes with the numbers that set them.
const ATTRIBUTES: [(Modifier, u8); 6] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

impl BytesBackend {
    /// A terminal of so many columns and rows.
    #[must_use]
    pub const fn new(columns: u16, rows: u16) -> Self {
        Self { size: Size { width: columns, height: rows }, out: Vec::new() }
    }

    /// The terminal has another size now.
    pub const fn resize(&mut self, columns: u16, rows: u16) {
        self.size = Size { width: columns, height: rows };
    }

    /// The bytes of the picture, bracketed so that it appears at once; empty if nothing changed.
    pub fn take_frame(&mut self) -> Vec<u8> {
        let body = std::mem::take(&mut self.out);
        if body.is_empty() {
            return body;
        }
        [SYNC_BEGIN, &body, SYNC_END].concat()
    }

    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.out.write_fmt(arguments).expect("a vector takes every byte");
    }

    fn style(&mut self, cell: &Cell) {
        self.out.extend_from_slice(b"\x1b[0");
        for (modifier, number) in ATTRIBUTES {
            if cell.modifier.contains(modifier) {
                self.write(format_args!(";{number}"));
            }
        }
        self.color(cell.fg, 30);
        self.color(cell.bg, 40);
        self.out.push(b'm');
    }

    /// A colour; `base` is 30 for the text and 40 for what is behind it.
    fn color(&mut self, color: Color, base: u8) {
        let plain = |i: u8| base + i;
        let bright = |i: u8| base + 60 + i;
        let number = match color {
            Color::Reset => return,
            Color::Rgb(r, g, b) => return self.write(format_args!(";{};2;{r};{g};{b}", base + 8)),
            Color::Indexed(i) => return self.write(format_args!(";{};5;{i}", base + 8)),
            Color::Black => plain(0),
            Color::Red => plain(1),
            Color::Green => plain(2),
            Color::Yellow => plain(3),
            Color::Blue => plain(4),
            Color::Magenta => plain(5),
            Color::Cyan => plain(6),
            Color::Gray => plain(7),
            Color::DarkGray => bright(0),
            Color::LightRed => bright(1),
            Color::LightGreen => bright(2),
            Color::LightYellow => bright(3),
            Color::LightBlue => bright(4),
            Color::LightMagenta => bright(5),
            Color::LightCyan => bright(6),
            Color::White => bright(7),
        };
        self.write(format_args!(";{number}"));
    }
}

impl Backend for BytesBackend {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut next: Option<(u16, u16)> = None;
        let mut style: Option<(Color, Color, Modifier)> = None;
        for (x, y, cell) in content {
            if next != Some((x, y)) {
                self.write(format_args!("\x1b[{};{}H", y + 1, x + 1));
            }
            let wanted = (cell.fg, cell.bg, cell.modifier);
            if style != Some(wanted) {
                self.style(cell);
                style = Some(wanted);
            }
            self.out.extend_from_slice(cell.symbol().as_bytes());
            next = Some((x.saturating_add(1), y));
        }
        if style.is_some() {
            self.out.extend_from_slice(b"\x1b[0m");
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _position: P) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.out.extend_from_slice(b"\x1b[0m\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, _region: ClearType) -> Result<(), Infallible> {
        self.clear()
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn a_picture_is_one_piece_and_the_same_picture_is_nothing() {
        let mut terminal = Terminal::new(BytesBackend::new(8, 2)).unwrap();
        let mut draw = |text: &str| {
            terminal
                .draw(|f| {
                    let style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
                    f.buffer_mut().set_string(0, 1, text, style);
                })
                .unwrap();
            String::from_utf8(terminal.backend_mut().take_frame()).unwrap()
        };
        assert_eq!(draw("ab"), "\x1b[?2026h\x1b[2;1H\x1b[0;1;31mab\x1b[0m\x1b[?2026l");
        assert_eq!(draw("ab"), "");
        assert_eq!(draw("ac"), "\x1b[?2026h\x1b[2;2H\x1b[0;1;31mc\x1b[0m\x1b[?2026l");
    }
}
