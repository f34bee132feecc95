//! How a cell is written, and the shortest way from one such to another.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Attributes with the number that sets and the number that clears each. Bold and dim are cleared together.
const ATTRIBUTES: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// What can be seen on an empty cell.
const LINES: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);
/// Everything a terminal is asked for.
const USED: Modifier = LINES.union(Modifier::BOLD).union(Modifier::DIM).union(Modifier::ITALIC);

/// Colours and attributes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    /// Nothing set.
    pub const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    /// The pen that a cell is written with.
    #[must_use]
    pub const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier.intersection(USED) }
    }

    /// Whether an empty cell shows its background and nothing else.
    #[must_use]
    pub const fn is_lineless(self) -> bool {
        !self.modifier.intersects(LINES)
    }

    /// Whether an empty cell written with this pen looks as if written with `other`.
    #[must_use]
    pub fn same_blank(self, other: Self) -> bool {
        self == other || (self.bg == other.bg && self.is_lineless() && other.is_lineless())
    }

    /// Whether an empty cell written with this is what erasing leaves.
    #[must_use]
    pub fn is_erased(self) -> bool {
        self.bg == Color::Reset && self.is_lineless()
    }

    /// About how many bytes it takes to come here from another pen.
    #[must_use]
    pub fn distance(self, from: Self) -> u16 {
        let color = |to: Color, was: Color| match to {
            _ if to == was => 0,
            Color::Rgb(..) => 15,
            Color::Indexed(_) => 8,
            _ => 3,
        };
        let attributes = if self.modifier == from.modifier { 0 } else { 3 };
        color(self.fg, from.fg) + color(self.bg, from.bg) + attributes
    }

    /// Appends what turns `from` into this pen; an unknown pen is reset first.
    pub fn change(self, from: Option<Self>, out: &mut Vec<u8>) {
        if from == Some(self) {
            return;
        }
        let mut anew = Numbers::default();
        if self != Self::PLAIN {
            anew.push(0);
            self.set(Self::PLAIN, &mut anew);
        }
        if let Some(from) = from {
            let mut changed = Numbers::default();
            self.set(from, &mut changed);
            if changed.0.len() < anew.0.len() {
                anew = changed;
            }
        }
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&anew.0);
        out.push(b'm');
    }

    fn set(self, from: Self, numbers: &mut Numbers) {
        let mut left = from.modifier;
        for (modifier, _, clears) in ATTRIBUTES {
            if left.contains(modifier) && !self.modifier.contains(modifier) {
                numbers.push(clears);
                left.remove(if clears == 22 { Modifier::BOLD.union(Modifier::DIM) } else { modifier });
            }
        }
        for (modifier, sets, _) in ATTRIBUTES {
            if self.modifier.contains(modifier) && !left.contains(modifier) {
                numbers.push(sets);
            }
        }
        if self.fg != from.fg {
            numbers.color(self.fg, 30);
        }
        if self.bg != from.bg {
            numbers.color(self.bg, 40);
        }
    }
}

/// Numbers with semicolons between them.
#[derive(Default)]
struct Numbers(Vec<u8>);

impl Numbers {
    fn push(&mut self, number: u8) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        push_number(&mut self.0, u16::from(number));
    }

    /// A colour; `base` is 30 for the text and 40 for what is behind it.
    fn color(&mut self, color: Color, base: u8) {
        let index = match color {
            Color::Reset => return self.push(base + 9),
            Color::Rgb(r, g, b) => {
                for number in [base + 8, 2, r, g, b] {
                    self.push(number);
                }
                return;
            }
            Color::Indexed(i) => i,
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        match index {
            0..8 => self.push(base + index),
            8..16 => self.push(base + 52 + index),
            _ => {
                for number in [base + 8, 5, index] {
                    self.push(number);
                }
            }
        }
    }
}

/// Appends a number in decimal.
pub(super) fn push_number(out: &mut Vec<u8>, number: u16) {
    let digits = [10_000, 1_000, 100, 10, 1];
    let first = digits.iter().position(|d| number >= *d).unwrap_or(digits.len() - 1);
    for digit in digits.into_iter().skip(first) {
        out.push(b'0' + u8::try_from(number / digit % 10).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn pen(fg: Color, bg: Color, modifier: Modifier) -> Pen {
        Pen { fg, bg, modifier }
    }

    #[test]
    fn only_what_changes_is_said() {
        let (none, bold) = (Modifier::empty(), Modifier::BOLD);
        let dim = Modifier::DIM;
        let red = pen(Color::Red, Color::Reset, none);
        for (from, to, want) in [
            (None, Pen::PLAIN, "\x1b[m"),
            (None, red, "\x1b[0;31m"),
            (Some(red), red, ""),
            (Some(red), Pen::PLAIN, "\x1b[m"),
            (Some(red), pen(Color::Red, Color::Reset, bold), "\x1b[1m"),
            (Some(pen(Color::Red, Color::Blue, bold)), pen(Color::Red, Color::Blue, none), "\x1b[22m"),
            (Some(pen(Color::Red, Color::Blue, bold | dim)), pen(Color::Red, Color::Blue, dim), "\x1b[22;2m"),
            (Some(red), pen(Color::Indexed(8), Color::Reset, none), "\x1b[90m"),
            (Some(red), pen(Color::Indexed(208), Color::White, none), "\x1b[38;5;208;107m"),
            (Some(red), pen(Color::Rgb(1, 20, 255), Color::Reset, none), "\x1b[38;2;1;20;255m"),
        ] {
            let mut out = Vec::new();
            to.change(from, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), want, "{from:?} to {to:?}");
        }
    }
}
