//! The mouse, where somebody has turned it on: a click selects, the wheel moves. It never sends, and
//! it never answers a prompt.

use ratatui::layout::Rect;

use super::Frame;
use super::format::read_by;
use super::input::Pointer;
use super::intent::Move;
use super::layout::{Layout, layout};
use super::overlay::Overlay;
use super::pane::{PaneId, depth, ladder, table};
use super::theme::Theme;
use super::ui::Ui;
use super::view::View;
use crate::market::InstrumentId;

impl Ui {
    /// Takes what the mouse did. Nothing leaves this terminal because of it.
    pub fn on_pointer(&mut self, pointer: Pointer, frame: &Frame) {
        if !self.options.mouse || self.too_small() {
            return;
        }
        let _reading = read_by(self.options.grouping);
        match (self.stack.last(), pointer) {
            (Some(Overlay::Prompt(_)), _) => {}
            (Some(_), Pointer::WheelDown(..)) => self.go(Move::Down, frame),
            (Some(_), Pointer::WheelUp(..)) => self.go(Move::Up, frame),
            (Some(_), Pointer::Click(..)) => {}
            (None, Pointer::Click(x, y)) => self.select_at(x, y, frame),
            (None, Pointer::WheelDown(x, y)) => self.wheel((x, y), Move::Down, frame),
            (None, Pointer::WheelUp(x, y)) => self.wheel((x, y), Move::Up, frame),
        }
    }

    fn places(&self, frame: &Frame) -> Layout {
        layout(Rect::new(0, 0, self.size.0, self.size.1), self, frame.status.transport.is_some())
    }

    fn pane_at(&self, x: u16, y: u16, frame: &Frame) -> Option<(PaneId, Rect)> {
        let places = self.places(frame);
        let slot = places.panes.iter().find(|slot| slot.area.contains((x, y).into()))?;
        let content = Rect { y: slot.area.y + 1, height: slot.area.height - 1, ..slot.area };
        Some((slot.pane, content))
    }

    fn wheel(&mut self, (x, y): (u16, u16), to: Move, frame: &Frame) {
        if let Some((pane, _)) = self.pane_at(x, y, frame)
            && (pane.is_list() || pane == PaneId::Depth)
        {
            self.focus_on(pane);
            self.go(to, frame);
        }
    }

    fn select_at(&mut self, x: u16, y: u16, frame: &Frame) {
        let Some((pane, content)) = self.pane_at(x, y, frame) else { return };
        self.focus_on(pane);
        let Some(row) = y.checked_sub(content.y) else { return };
        let theme = Theme::default();
        let view = View { frame, ui: self, theme: &theme };
        if pane == PaneId::Depth {
            let Some(instrument) = view.instrument() else { return };
            let price = ladder::price_at(&view, instrument, depth::body(content.height), row);
            if let Some(price) = price.filter(|_| self.ladder.view.is_ladder()) {
                let held = ladder::hold(frame, instrument, self.ladder.view);
                self.ladder.held.get_or_insert(held);
                self.ladder.cursor = Some(price);
            }
        } else if pane.is_list() {
            let heads = table::heads(pane, content.height);
            let window = table::window(pane, &view, content.height - heads);
            let Some(row) = row.checked_sub(heads) else { return };
            let Some(id) = window.ids.get(usize::from(row)).copied() else { return };
            if pane == PaneId::Watch
                && let Ok(number) = u32::try_from(id)
            {
                self.look_at(InstrumentId(number));
            }
            self.list_mut(pane).selected = Some(id);
        }
    }
}
