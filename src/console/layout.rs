//! Which pane stands where, by workspace and size.
//!
//! Columns have the width their figures need and are not stretched; what is left over goes to
//! another pane. Rows go to the ladder first, because a ladder with four levels is no ladder.

use ratatui::layout::Rect;

use super::pane::{PaneId, header};
use super::ui::{Ui, Workspace};

/// Columns of the ladder.
const LADDER: u16 = 41;
/// Columns of the watch list where three panes stand beside each other.
const WATCH: u16 = 28;
/// Columns that regime and chart have at most.
const PICTURE: u16 = 49;
/// Columns of the positions.
const POSITIONS: u16 = 74;
/// Columns of the tape at least.
const TAPE: u16 = 30;
/// Columns and rows of the middle from which a large screen's panes fit.
const LARGE: (u16, u16) = (WATCH + LADDER + PICTURE + 3 + POSITIONS, 44);

/// Columns of what is exposed, where panes are narrow.
const EXPOSURE: u16 = 52;

/// One pane in its place. The first row of `area` is its rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Which pane.
    pub pane: PaneId,
    /// Where, its rule included.
    pub area: Rect,
}

/// Where everything is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// The rows on top.
    pub header: Rect,
    /// The panes, in the order Tab goes through them.
    pub panes: Vec<Slot>,
    /// Bars between panes: column, first row, row after the last.
    pub bars: Vec<(u16, u16, u16)>,
    /// The rule above the answers, where there is room for one.
    pub answers_rule: Option<u16>,
    /// The row of the answers.
    pub answers: u16,
    /// The first of the two rows of hints.
    pub hints: u16,
    /// Everything between header and answers.
    pub middle: Rect,
    /// Where a form lies: over regime and chart, so that the ladder stays in sight.
    pub form: Rect,
}

/// The layout of a terminal.
#[must_use]
pub fn layout(area: Rect, ui: &Ui, replay: bool) -> Layout {
    let mut out = frame_of(area);
    let transport = replay && ui.workspace == Workspace::Replay;
    if ui.workspace.to_come().is_some() {
        out.form = out.middle;
        return out;
    }
    let body = if transport { out.add_transport() } else { out.middle };
    if ui.workspace == Workspace::Risk {
        out.risk(body);
    } else if body.width >= LARGE.0 && body.height >= LARGE.1 {
        out.large(body);
    } else if body.width >= 118 && body.height >= 26 {
        out.wide(body, transport);
    } else {
        out.narrow(body, transport);
    }
    if ui.full || ui.focus.is_page() {
        out.bars.clear();
        let area = out.middle;
        if !out.panes.iter().any(|slot| slot.pane == ui.focus) {
            out.panes.push(Slot { pane: ui.focus, area });
        }
        for slot in &mut out.panes {
            slot.area = if slot.pane == ui.focus { area } else { Rect::default() };
        }
    }
    out
}

fn frame_of(area: Rect) -> Layout {
    let header = header::rows(area.width).min(area.height);
    let rule = area.height >= 36;
    let below = 3 + u16::from(rule);
    let answers = area.height.saturating_sub(3);
    let top = area.y + header;
    let height = area.height.saturating_sub(header + below);
    Layout {
        header: Rect::new(area.x, area.y, area.width, header),
        answers_rule: rule.then(|| area.y + answers.saturating_sub(1)),
        answers: area.y + answers,
        hints: area.y + answers + 1,
        middle: Rect::new(area.x, top, area.width, height),
        ..Layout::default()
    }
}

impl Layout {
    /// The first row below the middle: answers and hints.
    #[must_use]
    pub fn foot(&self) -> u16 {
        self.answers_rule.unwrap_or(self.answers)
    }

    fn add(&mut self, pane: PaneId, x: u16, y: u16, width: u16, height: u16) {
        self.panes.push(Slot { pane, area: Rect::new(x, y, width, height) });
    }

    /// Puts recorded time above everything and returns what is left.
    fn add_transport(&mut self) -> Rect {
        let m = self.middle;
        let height = if m.height >= 30 { 5 } else { 4 }.min(m.height);
        self.add(PaneId::Transport, m.x, m.y, m.width, height);
        Rect::new(m.x, m.y + height, m.width, m.height - height)
    }

    /// A desk's large screen: watch, a deep ladder, regime over chart over alerts, with the orders below
    /// them; at their right tape with its brokers over correlation over positions over journal. The
    /// watch list has more rows than the orders: a desk looks at more symbols than it has orders open.
    fn large(&mut self, m: Rect) {
        let orders = (m.height / 4).min(16);
        let top = m.height - orders;
        let left = WATCH + LADDER + PICTURE + 2;
        let (x2, x3, x4) = (m.x + WATCH + 1, m.x + WATCH + LADDER + 2, m.x + left + 1);
        let right = m.width - left - 1;
        self.add(PaneId::Watch, m.x, m.y, WATCH, top);
        self.add(PaneId::Depth, x2, m.y, LADDER, top);
        let (regime, alerts) = (7, top / 4);
        self.add(PaneId::Regime, x3, m.y, PICTURE, regime);
        self.add(PaneId::Chart, x3, m.y + regime, PICTURE, top - regime - alerts);
        self.add(PaneId::Alerts, x3, m.y + top - alerts, PICTURE, alerts);
        self.form = Rect::new(x3, m.y, PICTURE, top);
        let upper = m.height * 3 / 5;
        let correlation = (upper / 2).min(16);
        self.add(PaneId::Tape, x4, m.y, right, upper - correlation);
        self.add(PaneId::Correlation, x4, m.y + upper - correlation, right, correlation);
        let (y, low) = (m.y + upper, m.height - upper);
        let positions = low * 3 / 5;
        self.add(PaneId::Orders, m.x, m.y + top, left, orders);
        self.add(PaneId::Positions, x4, y, right, positions);
        self.add(PaneId::Journal, x4, y + positions, right, low - positions);
        let below = m.y + top;
        self.bars.extend([(x2 - 1, m.y, below), (x3 - 1, m.y, below), (x4 - 1, m.y, m.y + m.height)]);
    }

    /// Watch, ladder, regime over chart; orders; positions and alerts. Where there are columns to
    /// spare the tape stands at the right of them.
    fn wide(&mut self, m: Rect, transport: bool) {
        let all = WATCH + LADDER + PICTURE + 2;
        let side = m.width > all + TAPE;
        let width = if side { all } else { m.width };
        let low = (m.height / 4).clamp(8, 14);
        let orders = (m.height / 5).clamp(7, 16);
        let top = m.height - low - orders;
        let third = width - WATCH - LADDER - 2;
        let (x2, x3) = (m.x + WATCH + 1, m.x + WATCH + LADDER + 2);
        self.add(PaneId::Watch, m.x, m.y, WATCH, top);
        self.add(PaneId::Depth, x2, m.y, LADDER, top);
        let regime = 7.min(top / 2);
        self.add(PaneId::Regime, x3, m.y, third, regime);
        self.add(PaneId::Chart, x3, m.y + regime, third, top - regime);
        self.form = Rect::new(x3, m.y, third, top);
        self.bars.push((x2 - 1, m.y, m.y + top));
        self.bars.push((x3 - 1, m.y, m.y + top));
        self.add(PaneId::Orders, m.x, m.y + top, m.width, orders);
        let y = m.y + top + orders;
        let left = if transport { PaneId::Journal } else { PaneId::Positions };
        self.add(left, m.x, y, POSITIONS, low);
        self.add(PaneId::Alerts, m.x + POSITIONS + 1, y, m.width - POSITIONS - 1, low);
        self.bars.push((m.x + POSITIONS, y, y + low));
        if side {
            let x = m.x + width + 1;
            let tape = if top >= 24 && m.width - width > 45 { top - top / 2 } else { top };
            self.add(PaneId::Tape, x, m.y, m.width - width - 1, tape);
            self.add(PaneId::Correlation, x, m.y + tape, m.width - width - 1, top - tape);
            self.bars.push((x - 1, m.y, m.y + top));
        }
    }

    /// The rules of risk over the whole width; under them the checks of the last orders beside what
    /// is exposed, then proposals and system. Beyond 190 columns alerts, regime and journal stand at the
    /// right.
    fn risk(&mut self, m: Rect) {
        let side = m.width >= 190;
        let width = if side { (WATCH + LADDER + PICTURE + 2).min(m.width) } else { m.width };
        let roomy = m.height >= 26 && width >= 118;
        let breakers = if roomy { (m.height / 2 + 1).clamp(9, 27) } else { m.height.saturating_mul(4) / 9 };
        self.add(PaneId::Breakers, m.x, m.y, width, breakers);
        let (y, left) = (m.y + breakers, m.height - breakers);
        if roomy {
            let low = (left / 2).clamp(7, 14).min(left);
            let top = left - low;
            let x = m.x + POSITIONS + 1;
            let right = width - POSITIONS - 1;
            self.add(PaneId::Checks, m.x, y, POSITIONS, top);
            self.add(PaneId::Exposure, x, y, right, top);
            self.add(PaneId::Health, m.x, y + top, POSITIONS, low);
            self.add(PaneId::Proposals, x, y + top, right, low);
            self.bars.push((x - 1, y, y + left));
        } else {
            let top = left / 2;
            let exposure = (width * 2 / 3).min(EXPOSURE);
            self.add(PaneId::Checks, m.x, y, width, top);
            self.add(PaneId::Exposure, m.x, y + top, exposure, left - top);
            let x = m.x + exposure + 1;
            self.add(PaneId::Proposals, x, y + top, width.saturating_sub(exposure + 1), left - top);
            self.bars.push((x - 1, y + top, y + left));
            // Not on this size; still a place that Tab and full pane reach.
            self.add(PaneId::Health, m.x, m.y, 0, 0);
        }
        if side {
            let x = m.x + width + 1;
            let rest = m.width.saturating_sub(width + 1);
            let alerts = m.height / 2;
            let regime = 9.min(m.height - alerts);
            self.add(PaneId::Alerts, x, m.y, rest, alerts);
            self.add(PaneId::Regime, x, m.y + alerts, rest, regime);
            self.add(PaneId::Journal, x, m.y + alerts + regime, rest, m.height - alerts - regime);
            self.bars.push((x - 1, m.y, m.y + m.height));
        }
        self.form = m;
    }

    /// Ladder at the left; watch, regime, alerts at the right; orders and positions below.
    fn narrow(&mut self, m: Rect, transport: bool) {
        let low = match m.height {
            ..16 => 0,
            16..19 => 3,
            height => (height / 6).max(4),
        };
        let orders = (m.height / 4).max(3).min(m.height);
        let top = m.height.saturating_sub(low + orders);
        let ladder = LADDER.min(m.width);
        let x = m.x + ladder + 1;
        let right = m.width.saturating_sub(ladder + 1);
        self.add(PaneId::Depth, m.x, m.y, ladder, top);
        self.form = Rect::new(x, m.y, right, top);
        let alerts = if top >= 8 { 3.max(top / 4) } else { 0 };
        let regime = if top >= 6 { 3 } else { 0 };
        let watch = top.saturating_sub(alerts + regime);
        self.add(PaneId::Watch, x, m.y, right, watch);
        self.add(PaneId::Regime, x, m.y + watch, right, regime);
        self.add(PaneId::Alerts, x, m.y + watch + regime, right, alerts);
        self.bars.push((x - 1, m.y, m.y + top));
        self.add(PaneId::Orders, m.x, m.y + top, m.width, orders);
        let last = if transport { PaneId::Journal } else { PaneId::Positions };
        self.add(last, m.x, m.y + top + orders, m.width, low);
        // Not on this size; still a place that Tab and full pane reach.
        self.add(PaneId::Chart, m.x, m.y, 0, 0);
    }
}
