//! A line of dots, two columns and four rows to a cell.

use super::Paint;
use crate::console::theme::Role;

/// The bits of a cell's dots by column and row.
const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// A field of dots.
#[derive(Clone, Debug)]
pub struct Dots {
    cells_wide: usize,
    cells_high: usize,
    bits: Vec<u32>,
}

impl Dots {
    /// An empty field of so many cells.
    #[must_use]
    pub fn new(cells_wide: u16, cells_high: u16) -> Self {
        let (cells_wide, cells_high) = (usize::from(cells_wide), usize::from(cells_high));
        Self { cells_wide, cells_high, bits: vec![0; cells_wide * cells_high] }
    }

    /// Columns of dots.
    #[must_use]
    pub const fn wide(&self) -> usize {
        self.cells_wide * 2
    }

    /// Rows of dots.
    #[must_use]
    pub const fn high(&self) -> usize {
        self.cells_high * 4
    }

    /// Sets a dot; outside is nothing.
    pub fn set(&mut self, x: usize, y: usize) {
        if x >= self.wide() || y >= self.high() {
            return;
        }
        let bit = BITS.get(x % 2).and_then(|column| column.get(y % 4)).copied().unwrap_or(0);
        if let Some(cell) = self.bits.get_mut(y / 4 * self.cells_wide + x / 2) {
            *cell |= bit;
        }
    }

    /// A line from one dot to another.
    pub fn line(&mut self, from: (usize, usize), to: (usize, usize)) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |a: usize, b: usize, i: usize| {
            if b >= a { a + (b - a) * i / steps } else { a - (a - b) * i / steps }
        };
        for i in 0..=steps {
            self.set(between(from.0, to.0, i), between(from.1, to.1, i));
        }
    }

    /// Draws it; on terminals without Braille `plain` stands for any dot of a cell.
    pub fn draw(&self, paint: &mut Paint<'_>, x: u16, y: u16, role: Role, plain: char) {
        let braille = paint.glyphs().braille;
        for (row, cells) in (0u16..).zip(self.bits.chunks(self.cells_wide.max(1))) {
            for (column, bits) in (0u16..).zip(cells).filter(|(_, bits)| **bits != 0) {
                let dots = char::from_u32(0x2800 + bits).filter(|_| braille).unwrap_or(plain);
                paint.put(x + column, y + row, dots.encode_utf8(&mut [0; 4]), role);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_outside_are_nothing_and_lines_join() {
        let mut dots = Dots::new(2, 1);
        dots.set(99, 99);
        dots.line((0, 3), (3, 0));
        assert_eq!(dots.bits.iter().map(|b| b.count_ones()).sum::<u32>(), 4);
        let mut none = Dots::new(0, 0);
        none.line((0, 0), (5, 5));
    }
}
