//! Writing into a rectangle of the screen. Whatever is outside it is cut, never an error.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::console::theme::{Glyphs, Role, Theme};

/// Cells that a text takes.
#[must_use]
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
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
        let (column, row) = (self.area.x + x, self.area.y + y);
        self.buffer.set_stringn(column, row, text, room, self.theme.style(role));
        x.saturating_add(width(text))
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
        let style = ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::UNDERLINED);
        self.buffer.set_style(row.intersection(self.area), style);
    }

    /// Fills a row with spaces of a role.
    pub fn blank(&mut self, y: u16, role: Role) {
        if y < self.area.height {
            let row = Rect::new(self.area.x, self.area.y + y, self.area.width, 1);
            for column in row.left()..row.right() {
                if let Some(cell) = self.buffer.cell_mut((column, row.y)) {
                    cell.reset();
                }
            }
            self.buffer.set_style(row, self.theme.style(role));
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
            let patch = ratatui::style::Style { fg: None, ..style };
            self.buffer.set_style(row, patch);
        }
    }

    /// A rule over the whole row with a name at its left and a word at its right.
    pub fn rule(&mut self, y: u16, name: &str, focused: bool, rest: &str, right: &str) {
        let line = self.glyphs().rule;
        for x in 0..self.area.width {
            self.put(x, y, line, Role::Rule);
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
    use super::*;

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
