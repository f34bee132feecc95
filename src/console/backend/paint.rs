//! The way from one picture to the next in few bytes.
//!
//! Changed cells are gathered into runs. A run goes on over up to three unchanged cells where that is
//! shorter than moving the cursor. Inside an atomic frame the order of runs cannot be seen, so runs are
//! written by place or by pen, whichever is shorter. The colour of an empty cell's text is nobody's
//! business. Whatever a terminal may take for wider or narrower than this program does is followed by
//! an explicit move, so that a disagreement never moves a column.

use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, push_number};

/// Unchanged cells that are written again rather than jumped over.
const BRIDGE: u16 = 3;
/// Empty cells at the end of a row from which erasing pays.
const ERASE: u16 = 4;
/// With more runs than this the picture is nearly whole, and the order by place is as good as any.
const SORTABLE: usize = 1_500;

/// With more pens than this the best order of them costs more time than it saves bytes.
const CHAINED: usize = 48;

/// Changed cells next to each other in one row, written with one pen.
#[derive(Clone, Copy, Debug)]
struct Run {
    y: u16,
    x: u16,
    end: u16,
    pen: Pen,
    /// Only empty cells so far: every pen with this background will do.
    loose: bool,
    /// Erases to the end of the row instead of writing cells.
    erase: bool,
    /// Where its pen stands in the order by pen.
    rank: usize,
}

/// Where the cursor is, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cursor {
    x: Option<u16>,
    y: Option<u16>,
}

/// The terminal's pen, which outlives a picture, and room to work in.
#[derive(Debug, Default)]
pub(super) struct Painter {
    pen: Option<Pen>,
    runs: Vec<Run>,
    pens: Vec<Pen>,
    other: Vec<u8>,
    changed: Vec<u16>,
}

/// How a cell is drawn.
#[derive(Clone, Copy)]
struct Glyph<'a> {
    text: &'a str,
    width: u16,
    /// Whether every terminal agrees on its width.
    sure: bool,
}

impl<'a> Glyph<'a> {
    /// The glyph of a cell with `room` columns from it to the end of the row.
    fn of(cell: &'a Cell, room: u16) -> Self {
        const BLANK: Glyph<'static> = Glyph { text: " ", width: 1, sure: true };
        let text = cell.symbol();
        if let [byte] = text.as_bytes() {
            return if (0x20..0x7f).contains(byte) { Self { text, width: 1, sure: true } } else { BLANK };
        }
        if text.chars().any(char::is_control) {
            return BLANK;
        }
        let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
        if width == 0 || width > room {
            return BLANK;
        }
        Self { text, width, sure: width == 1 && text.chars().nth(1).is_none() }
    }

    fn is_blank(self) -> bool {
        self.text == " "
    }
}

/// A row while it is walked through: which cells are the second half of a wide glyph.
struct Row<'a> {
    cells: &'a [Cell],
    covered: u16,
}

/// What stands in a column; `None` for the rest of a wide glyph.
type Place<'a> = Option<(Glyph<'a>, Pen)>;

impl<'a> Row<'a> {
    fn at(&mut self, x: u16) -> Place<'a> {
        if self.covered > 0 {
            self.covered -= 1;
            return None;
        }
        let room = u16::try_from(self.cells.len()).unwrap_or(u16::MAX) - x;
        let cell = &self.cells[usize::from(x)];
        let glyph = Glyph::of(cell, room);
        self.covered = glyph.width - 1;
        Some((glyph, Pen::of(cell)))
    }
}

/// Whether two cells are written alike. Most hold one letter, which needs no comparison of strings.
pub(super) fn is_same_cell(a: &Cell, b: &Cell) -> bool {
    let (text, other) = (a.symbol().as_bytes(), b.symbol().as_bytes());
    let letters = text.len() == other.len() && text.first() == other.first();
    letters && a.fg == b.fg && a.bg == b.bg && a.modifier == b.modifier && (text.len() < 2 || text == other)
}

fn same(a: Place<'_>, b: Place<'_>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some((a, pen)), Some((b, other))) if a.is_blank() && b.is_blank() => pen.same_blank(other),
        (Some((a, pen)), Some((b, other))) => a.text == b.text && pen == other,
        _ => false,
    }
}

impl Painter {
    /// Clears a terminal about which nothing is known.
    pub(super) fn begin_anew(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[m\x1b[2J");
        self.pen = Some(Pen::PLAIN);
    }

    /// The rows in which the last two pictures had different cells.
    pub(super) fn changed(&self) -> &[u16] {
        &self.changed
    }

    /// Appends what turns the picture `shown` into `next`; nothing if they look the same. Both have
    /// the same area, which begins at 0, 0, and hold the same outside the columns of each row that are
    /// `touched`, first and after the last.
    pub(super) fn paint(&mut self, shown: &Buffer, next: &Buffer, touched: &[(u16, u16)], out: &mut Vec<u8>) {
        self.runs.clear();
        self.changed.clear();
        let width = usize::from(next.area.width);
        if width == 0 {
            return;
        }
        let rows = shown.content.chunks(width).zip(next.content.chunks(width));
        for ((y, (before, after)), (from, to)) in (0..).zip(rows).zip(touched) {
            let columns = usize::from(*from)..usize::from(*to);
            let (Some(old), Some(new)) = (before.get(columns.clone()), after.get(columns)) else { continue };
            if !old.iter().zip(new).all(|(a, b)| is_same_cell(a, b)) {
                self.changed.push(y);
                self.gather(y, before, after);
            }
        }
        if self.runs.is_empty() {
            return;
        }
        let begin = out.len();
        let last = self.write(next, out);
        let by_pen = self.runs.len() > 2 && self.runs.len() <= SORTABLE && self.sort_by_pen();
        if by_pen {
            let mut other = std::mem::take(&mut self.other);
            other.clear();
            let other_last = self.write(next, &mut other);
            if other.len() < out.len() - begin {
                out.truncate(begin);
                out.extend_from_slice(&other);
                self.pen = other_last;
            } else {
                self.pen = last;
            }
            self.other = other;
        } else {
            self.pen = last;
        }
    }

    /// The runs of a row.
    fn gather(&mut self, y: u16, before: &[Cell], after: &[Cell]) {
        let width = u16::try_from(after.len()).unwrap_or(u16::MAX);
        let tail = tail(after, width);
        let (mut old, mut new) = (Row { cells: before, covered: 0 }, Row { cells: after, covered: 0 });
        let first = self.runs.len();
        let (mut start, mut changed, mut force) = (0, false, false);
        let mut place = None;
        let mut in_tail = 0;
        for x in 0..width {
            let (was, is) = (old.at(x), new.at(x));
            if is.is_some() {
                (start, place, changed) = (x, is, std::mem::take(&mut force));
            }
            let differs = !same(was, is);
            in_tail += u16::from(x >= tail && differs);
            changed |= differs;
            let Some((glyph, pen)) = place else { continue };
            if new.covered == 0 && changed {
                force = !glyph.sure;
                self.add(y, start, glyph, pen, after, first);
            }
        }
        if in_tail >= ERASE {
            self.erase_tail(y, tail, width, first);
        }
    }

    /// Adds a glyph to the last run of its row, or begins another.
    fn add(&mut self, y: u16, x: u16, glyph: Glyph<'_>, pen: Pen, cells: &[Cell], first: usize) {
        let loose = glyph.is_blank() && pen.is_lineless();
        let end = x + glyph.width;
        if let Some(last) = self.runs.get_mut(first..).and_then(<[Run]>::last_mut) {
            let fits = |pen: Pen, loose: bool, with: Pen| pen == with || (loose && pen.same_blank(with));
            let joined = if fits(pen, loose, last.pen) {
                Some((last.pen, last.loose && loose))
            } else if last.loose && last.pen.same_blank(pen) {
                Some((pen, loose))
            } else {
                None
            };
            if let Some((with, loose)) = joined {
                let gap = last.end..x;
                let bridged = gap.len() <= usize::from(BRIDGE)
                    && gap.clone().all(|i| {
                        let cell = &cells[usize::from(i)];
                        let blank = cell.symbol() == " " && Pen::of(cell).is_lineless();
                        cell.symbol().len() == 1 && fits(Pen::of(cell), blank, with)
                    });
                if bridged {
                    let only_blanks = gap.clone().all(|i| cells[usize::from(i)].symbol() == " ");
                    (last.end, last.pen, last.loose) = (end, with, loose && only_blanks);
                    return;
                }
            }
        }
        self.runs.push(Run { y, x, end, pen, loose, erase: false, rank: 0 });
    }

    /// Cuts the runs of a row at `tail` and erases the rest.
    fn erase_tail(&mut self, y: u16, tail: u16, width: u16, first: usize) {
        let begin = self.runs[first..].iter().find(|run| run.end > tail).map_or(tail, |run| run.x.max(tail));
        for run in &mut self.runs[first..] {
            run.end = run.end.min(tail);
        }
        let mut place = 0;
        self.runs.retain(|run| {
            place += 1;
            place <= first || run.x < run.end
        });
        self.runs.push(Run { y, x: begin, end: width, pen: Pen::PLAIN, loose: true, erase: true, rank: 0 });
    }

    /// Orders the runs by pen, the terminal's own first; whether there is more than one.
    fn sort_by_pen(&mut self) -> bool {
        self.pens.clear();
        self.pens.extend(self.pen);
        for run in &self.runs {
            if !run.loose && !self.pens.contains(&run.pen) {
                self.pens.push(run.pen);
            }
        }
        self.chain_pens();
        for run in &mut self.runs {
            let fits = |pen: &Pen| *pen == run.pen || (run.loose && run.pen.same_blank(*pen));
            run.rank = self.pens.iter().position(fits).unwrap_or(self.pens.len());
        }
        self.runs.sort_by_key(|run| run.rank);
        self.pens.len() > 1
    }

    /// Puts after each pen the one that is nearest to it: two that share a colour stand together, so that it is said
    /// once.
    fn chain_pens(&mut self) {
        if self.pens.len() > CHAINED {
            return;
        }
        for place in 1..self.pens.len() {
            let before = self.pens[place - 1];
            let far = |at: &usize| self.pens[*at].distance(before);
            // The first of those that are equally near: the order is the same on every machine.
            let nearest = (place..self.pens.len()).min_by_key(far).unwrap_or(place);
            self.pens[place..=nearest].rotate_right(1);
        }
    }

    /// Appends the runs in their order; returns the pen that the terminal is left with.
    fn write(&self, next: &Buffer, out: &mut Vec<u8>) -> Option<Pen> {
        let width = next.area.width;
        let mut pen = self.pen;
        let mut cursor = Cursor::default();
        for run in &self.runs {
            cursor.go(run.x, run.y, out);
            let fits = pen.is_some_and(|pen| pen == run.pen || (run.loose && run.pen.same_blank(pen)));
            if !fits {
                run.pen.change(pen, out);
                pen = Some(run.pen);
            }
            if run.erase {
                out.extend_from_slice(b"\x1b[K");
                continue;
            }
            let row = usize::from(run.y) * usize::from(width);
            let mut x = run.x;
            while x < run.end {
                cursor.go(x, run.y, out);
                let glyph = Glyph::of(&next.content[row + usize::from(x)], width - x);
                out.extend_from_slice(glyph.text.as_bytes());
                x += glyph.width;
                // At the last column terminals differ in where the cursor is; so they do after a glyph
                // that not all take for equally wide.
                cursor = match (x < width, glyph.sure) {
                    (true, true) => Cursor { x: Some(x), y: Some(run.y) },
                    (true, false) => Cursor { x: None, y: Some(run.y) },
                    (false, _) => Cursor::default(),
                };
            }
        }
        pen
    }
}

/// The first column from which a row shows nothing at all; its width if there is none.
fn tail(cells: &[Cell], width: u16) -> u16 {
    let empty = cells.iter().rev().take_while(|cell| cell.symbol() == " " && Pen::of(cell).is_erased());
    let tail = width - u16::try_from(empty.count()).unwrap_or(0);
    // The cell before may be wide and cover the first one.
    let before = tail.checked_sub(1).and_then(|x| cells.get(usize::from(x)));
    let wide = before.is_some_and(|cell| cell.symbol().len() > 1 && cell.symbol().width() > 1);
    if wide { (tail + 1).min(width) } else { tail }
}

impl Cursor {
    /// Appends the shortest move to a place.
    fn go(&mut self, x: u16, y: u16, out: &mut Vec<u8>) {
        if *self == (Self { x: Some(x), y: Some(y) }) {
            return;
        }
        let same_row = self.y == Some(y);
        match (self.x, self.y) {
            _ if same_row && x == 0 => out.push(b'\r'),
            (Some(from), _) if same_row && from == x + 1 => out.push(8),
            (Some(from), _) if same_row && x > from && digits(x - from) <= digits(x + 1) => {
                sequence(out, x - from, b'C');
            }
            _ if same_row => sequence(out, x + 1, b'G'),
            (_, Some(row)) if x == 0 && row + 1 == y => out.extend_from_slice(b"\r\n"),
            (Some(from), Some(row)) if from == x && row + 1 == y => sequence(out, 1, b'B'),
            (Some(from), _) if from == x => sequence(out, y + 1, b'd'),
            _ => {
                out.extend_from_slice(b"\x1b[");
                if y > 0 {
                    push_number(out, y + 1);
                }
                if x > 0 {
                    out.push(b';');
                    push_number(out, x + 1);
                }
                out.push(b'H');
            }
        }
        *self = Self { x: Some(x), y: Some(y) };
    }
}

/// A control sequence with one number, which is left out where it is 1.
fn sequence(out: &mut Vec<u8>, number: u16, last: u8) {
    out.extend_from_slice(b"\x1b[");
    if number > 1 {
        push_number(out, number);
    }
    out.push(last);
}

const fn digits(number: u16) -> u32 {
    if number <= 1 { 0 } else { number.ilog10() + 1 }
}
