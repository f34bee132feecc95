//! Writing into a rectangle of the screen. Whatever is outside it is cut, never an error.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::console::theme::{Glyphs, Role, Theme};

/// Cells that a text takes.
#[must_use]
pub fn width(text: &str) -> u16 {
    let cells = if is_letters(text) { text.len() } else { text.width() };
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// Whether every byte of a text is a letter, a figure or a mark of one cell: nearly all there is on a
/// screen, and needs no looking up of widths or of where glyphs end.
fn is_letters(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// Whether a text is one line, block or dot pattern of one cell.
fn is_line(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next().is_some_and(|c| matches!(c, '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}'));
    first && chars.next().is_none()
}

/// A rectangle that is being drawn.
pub struct Paint<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: &'a Theme,
}

impl<'a> Paint<'a> {
    /// A rectangle of a buffer; cut to it.
    pub fn new(buffer: &'a mut Buffer, area: Rect, theme: &'a Theme) -> Self {
        let area = area.intersection(*buffer.area());
        Self { buffer, area, theme }
    }

    /// Its columns.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.area.width
    }

    /// Its rows.
    #[must_use]
    pub const fn height(&self) -> u16 {
        self.area.height
    }

    /// Lines and marks.
    #[must_use]
    pub const fn glyphs(&self) -> &'a Glyphs {
        self.theme.glyphs()
    }

    /// A rectangle inside this one.
    pub fn inside(&mut self, x: u16, y: u16, width: u16, height: u16) -> Paint<'_> {
        let area = Rect::new(self.area.x.saturating_add(x), self.area.y.saturating_add(y), width, height);
        let area = area.intersection(self.area);
        Paint { buffer: self.buffer, area, theme: self.theme }
    }

    /// Writes from a column on and returns the column after.
    pub fn put(&mut self, x: u16, y: u16, text: &str, role: Role) -> u16 {
        if y >= self.area.height || x >= self.area.width || text.is_empty() {
            return x.saturating_add(width(text));
        }
        let room = usize::from(self.area.width - x);
        let style = self.style_at(x, y, role);
        if is_letters(text) {
            for (cell, letter) in self.cells(x, y).iter_mut().zip(text.chars()) {
                cell.set_char(letter).set_style(style);
            }
        } else if is_line(text) {
            if let Some(cell) = self.cells(x, y).first_mut() {
                cell.set_symbol(text).set_style(style);
            }
        } else {
            self.buffer.set_stringn(self.area.x + x, self.area.y + y, text, room, style);
        }
        x.saturating_add(width(text))
    }

    /// How a role is written on a cell: on the row under the cursor its light stays.
    fn style_at(&mut self, x: u16, y: u16, role: Role) -> Style {
        let (lit, theme) = (self.theme.style(Role::Selected).bg, self.theme);
        let under = self.cells(x, y).first().map(|cell| cell.bg);
        if lit.is_some() && under == lit { theme.lit(role) } else { theme.style(role) }
    }

    /// The cells of a row from a column on; none outside.
    fn cells(&mut self, x: u16, y: u16) -> &mut [Cell] {
        if x >= self.area.width || y >= self.area.height {
            return &mut [];
        }
        let all = self.buffer.area;
        let row = usize::from(self.area.y + y - all.y) * usize::from(all.width);
        let begin = row + usize::from(self.area.x - all.x);
        let cells = begin + usize::from(x)..begin + usize::from(self.area.width);
        self.buffer.content.get_mut(cells).unwrap_or_default()
    }

    /// Writes over as many rows as the text needs, broken between words, and returns the row after.
    pub fn put_wrapped(&mut self, x: u16, y: u16, text: &str, role: Role) -> u16 {
        let room = self.area.width.saturating_sub(x);
        let mut line = String::new();
        let mut row = y;
        for word in text.split(' ') {
            let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if width(&joined) > room && !line.is_empty() {
                self.put(x, row, &line, role);
                row += 1;
                word.clone_into(&mut line);
            } else {
                line = joined;
            }
        }
        self.put(x, row, &line, role);
        row + 1
    }

    /// As many whole words of a text as fit from a column on: a figure is never cut in its middle.
    #[must_use]
    pub fn whole_words(&self, text: &str, x: u16) -> String {
        let room = self.area.width.saturating_sub(x);
        if width(text) <= room {
            return text.to_owned();
        }
        let ends = text.match_indices(' ').map(|(i, _)| i).rev();
        let fits = ends.filter_map(|i| text.get(..i)).find(|part| width(part) <= room);
        fits.unwrap_or_default().trim_end().to_owned()
    }

    /// As many whole clauses of a sentence as fit from a column on; where not even the first does, as many
    /// whole words.
    #[must_use]
    pub fn whole_clauses(&self, text: &str, x: u16) -> String {
        let room = self.area.width.saturating_sub(x);
        if width(text) <= room {
            return text.to_owned();
        }
        let clause = |(at, mark): (usize, &str)| {
            let ends = matches!(mark, "," | ";" | ":") && text.get(at + 1..)?.starts_with(' ');
            text.get(..at).filter(|part| ends && width(part) <= room)
        };
        let marks = text.match_indices([',', ';', ':']);
        let longest = marks.filter_map(clause).next_back();
        longest.map_or_else(|| self.whole_words(text, x), str::to_owned)
    }

    /// The same where the clauses that fit say at least half of what would fit, else as many whole words.
    #[must_use]
    pub fn whole_sense(&self, text: &str, x: u16) -> String {
        let (clauses, words) = (self.whole_clauses(text, x), self.whole_words(text, x));
        if width(&clauses) * 2 >= width(&words) { clauses } else { words }
    }

    /// As many parts as fit from a column on, with something between them; what is left out is counted
    /// by `more`, where there is room for it.
    #[must_use]
    pub fn whole_parts(&self, parts: &[String], between: &str, x: u16, more: &str) -> String {
        let room = self.area.width.saturating_sub(x);
        let joined = |count: usize| {
            let mut text = parts.get(..count).unwrap_or_default().join(between);
            if count < parts.len() && !more.is_empty() {
                text.push_str(&format!("{between}{} {more}", parts.len() - count));
            }
            text
        };
        let fits = (1..=parts.len()).rev().map(joined).find(|text| width(text) <= room);
        fits.unwrap_or_else(|| self.whole_words(&joined(1), x))
    }

    /// Writes so that the text ends before column `right`. A text too long loses its beginning to
    /// nobody: it starts at the left edge and is marked by the missing end.
    pub fn put_right(&mut self, right: u16, y: u16, text: &str, role: Role) {
        self.put(right.saturating_sub(width(text)), y, text, role);
    }

    /// Underlines a text that ends before column `right`.
    pub fn underline(&mut self, right: u16, y: u16, text: &str) {
        let from = right.saturating_sub(width(text));
        let row = Rect::new(self.area.x.saturating_add(from), self.area.y.saturating_add(y), width(text), 1);
        let style = Style::new().add_modifier(Modifier::UNDERLINED);
        self.buffer.set_style(row.intersection(self.area), style);
    }

    /// Fills a row with spaces of a role.
    pub fn blank(&mut self, y: u16, role: Role) {
        let style = self.theme.style(role);
        for cell in self.cells(0, y) {
            cell.reset();
            cell.set_style(style);
        }
    }

    /// Fills everything with spaces.
    pub fn clear(&mut self) {
        for y in 0..self.area.height {
            self.blank(y, Role::Text);
        }
    }

    /// Marks a row as the one under the cursor, whatever is written on it.
    pub fn select(&mut self, y: u16) {
        if y < self.area.height {
            let row = Rect::new(self.area.x, self.area.y + y, self.area.width, 1);
            let style = self.theme.style(Role::Selected);
            let patch = Style { fg: None, ..style };
            self.buffer.set_style(row, patch);
        }
    }

    /// A rule over the whole row with a name at its left and a word at its right.
    pub fn rule(&mut self, y: u16, name: &str, focused: bool, rest: &str, right: &str) {
        let (line, style) = (self.glyphs().rule, self.theme.style(Role::Rule));
        for cell in self.cells(0, y) {
            cell.set_symbol(line).set_style(style);
        }
        let ends = width(right).saturating_add(3);
        let room = self.area.width.saturating_sub(if right.is_empty() { 2 } else { ends });
        let mut x = 2;
        if !name.is_empty() {
            let (text, role) =
                if focused { (format!("[{name}]"), Role::Focus) } else { (name.to_owned(), Role::Title) };
            x = self.put(1, y, " ", Role::Rule);
            x = self.put(x, y, &text, role);
        }
        if !rest.is_empty() {
            x = self.put(x, y, " ", Role::Rule);
            let cut = cut_words(rest, room.saturating_sub(x + 1));
            x = self.put(x, y, &cut, Role::Text);
        }
        if !name.is_empty() {
            self.put(x, y, " ", Role::Rule);
        }
        if !right.is_empty() && x < self.area.width.saturating_sub(ends) {
            let from = self.area.width.saturating_sub(width(right) + 3);
            let from = self.put(from, y, " ", Role::Rule);
            let from = self.put(from, y, right, Role::Text);
            self.put(from, y, " ", Role::Rule);
        }
    }

    /// A bar downwards.
    pub fn bar(&mut self, x: u16, from: u16, to: u16) {
        let glyph = self.glyphs().bar;
        for y in from..to {
            self.put(x, y, glyph, Role::Rule);
        }
    }
}

/// As many whole words as fit: half a number would be another number. One word alone is cut.
fn cut_words(text: &str, room: u16) -> String {
    let mut out = cut(text, room);
    if !text[out.len()..].starts_with([' ']) && out.len() < text.len() {
        out.truncate(
            out.trim_end().rfind(' ').filter(|at| !out[..*at].trim().is_empty()).unwrap_or(out.len()),
        );
    }
    out.truncate(if out.len() < text.len() { out.trim_end().len() } else { out.len() });
    out
}

/// A text of at most so many cells.
fn cut(text: &str, room: u16) -> String {
    if is_letters(text) {
        return text.get(..usize::from(room).min(text.len())).unwrap_or_default().to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        let mut next = out.clone();
        next.push(c);
        if width(&next) > room {
            break;
        }
        out = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The short ways of writing are the long one.
        #[test]
        fn a_text_stands_as_ratatui_would_write_it(
            x in 0..12u16,
            text in prop_oneof!["[ -~]{0,14}", "[─│▁█⣿⠁░]{0,2}", "[a-zé株─\u{301}\u{0}\t ]{0,8}", ".{0,8}"],
        ) {
            let theme = Theme::default();
            let area = Rect::new(0, 0, 14, 3);
            let mut buffer = Buffer::empty(area);
            let mut want = buffer.clone();
            let after = Paint::new(&mut buffer, Rect::new(2, 1, 9, 1), &theme).put(x, 0, &text, Role::Up);
            if x < 9 {
                want.set_stringn(2 + x, 1, &text, usize::from(9 - x), theme.style(Role::Up));
            }
            prop_assert_eq!(after, x + u16::try_from(text.width()).unwrap());
            prop_assert_eq!(buffer, want);
        }
    }

    #[test]
    fn a_sentence_is_cut_between_clauses() {
        let theme = Theme::default();
        let area = Rect::new(0, 0, 40, 1);
        let mut buffer = Buffer::empty(area);
        let paint = Paint::new(&mut buffer, area, &theme);
        let sentence = "change to 100 @ 1,170.9 sent; its keys are off: w why";
        for (x, want) in [
            (0, "change to 100 @ 1,170.9 sent"),
            (12, "change to 100 @ 1,170.9 sent"),
            (13, "change to 100 @ 1,170.9"),
            (20, "change to 100 @"),
            (40, ""),
        ] {
            assert_eq!(paint.whole_clauses(sentence, x), want, "{x}");
        }
        assert_eq!(paint.whole_clauses("cancel sent; all of it", 0), "cancel sent; all of it");
    }

    #[test]
    fn the_row_under_the_cursor_is_lit_from_end_to_end() {
        let theme = Theme::default();
        let area = Rect::new(0, 0, 12, 2);
        let mut buffer = Buffer::empty(area);
        let mut paint = Paint::new(&mut buffer, area, &theme);
        paint.clear();
        paint.select(1);
        for y in 0..2 {
            paint.put(0, y, "BUY", Role::Bid);
            paint.put(4, y, "►", Role::Key);
            paint.put_right(12, y, "2m ▲", Role::Dim);
        }
        let grounds = |y: u16| (0..12).map(|x| buffer[(x, y)].bg).collect::<Vec<_>>();
        assert_eq!(grounds(0), [theme.style(Role::Text).bg.unwrap(); 12]);
        assert_eq!(grounds(1), [theme.style(Role::Selected).bg.unwrap(); 12]);
        assert_eq!(buffer[(0, 1)].fg, theme.style(Role::Bid).fg.unwrap());
    }

    #[test]
    fn a_title_is_cut_between_words() {
        for (text, room, want) in [
            ("NABIL 546.0 -0.46%", 18, "NABIL 546.0 -0.46%"),
            ("NABIL 546.0 -0.46%", 17, "NABIL 546.0"),
            ("NABIL 546.0 -0.46%", 11, "NABIL 546.0"),
            ("NABIL 546.0 -0.46%", 8, "NABIL"),
            ("NABIL 546.0", 3, "NAB"),
            (" new 2", 6, " new 2"),
            (" new 2", 5, " new"),
            ("", 5, ""),
            ("a", 0, ""),
        ] {
            assert_eq!(cut_words(text, room), want, "{text} {room}");
        }
    }
}
