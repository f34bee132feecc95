//! Below 60 by 20: mode, state, clock, unknown orders, what is held, stop and cancel all. Nothing else.

use super::hints::mode_role;
use crate::console::intent::Intent;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::{format, rows, slip, words};
use crate::execution::Order;
use crate::risk::TradingState;

/// Pieces of text that flow over rows: one that does not fit begins the next row, and none is cut inside a
/// figure.
struct Flow {
    x: u16,
    y: u16,
}

impl Flow {
    fn piece(&mut self, paint: &mut Paint<'_>, text: &str, role: Role) {
        let gap = u16::from(self.x > 0);
        if self.x > 0 && self.x + gap + width(text) > paint.width() {
            self.line();
        }
        let x = self.x + u16::from(self.x > 0);
        let fits = paint.whole_words(text, x);
        self.x = paint.put(x, self.y, &fits, role);
    }

    const fn line(&mut self) {
        if self.x > 0 {
            self.x = 0;
            self.y = self.y.saturating_add(1);
        }
    }
}

/// Draws what fits, the most important first.
pub fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let mode = view.status().mode;
    let snapshot = view.snapshot();
    let mut flow = Flow { x: 0, y: 0 };
    flow.piece(paint, mode.word(), mode_role(mode));
    let halted = snapshot.trading.is_halted();
    let (state, role) = if halted { ("HALTED", Role::Alarm) } else { ("ACTIVE", Role::Good) };
    flow.piece(paint, state, role);
    let clock = if view.now().ns() == 0 { "--:--:--".to_owned() } else { format::clock(view.now()) };
    flow.piece(paint, &clock, Role::Text);
    let unknown: Vec<&Order> = slip::unknown(snapshot).collect();
    let slips = slip::waiting(snapshot);
    if slips > 0 {
        flow.piece(paint, &format!("slip {slips}"), Role::Warn);
    }
    if !unknown.is_empty() {
        flow.piece(paint, &format!("UNKNOWN {}", unknown.len()), Role::Alarm);
    }
    flow.line();
    let keys = view.ui.keymap();
    let (stop, many) = (keys.key_of(Intent::Stop), keys.key_of(Intent::CancelMany));
    flow.piece(paint, &format!("{stop} F8 stop"), Role::Key);
    flow.piece(paint, &format!("{many} cancel all"), Role::Key);
    flow.line();
    if let Some(notice) = &view.ui.notice {
        for word in notice.split(' ') {
            flow.piece(paint, word, Role::Warn);
        }
        flow.line();
    }
    if let TradingState::Halted { by, at, .. } = &snapshot.trading {
        flow.piece(paint, &format!("soft, {by}"), Role::Warn);
        flow.piece(paint, &format::clock(*at), Role::Warn);
        flow.line();
    }
    let open = snapshot.orders.iter().filter(|o| o.state.is_open()).count();
    let word = if open == 1 { "order" } else { "orders" };
    flow.piece(paint, &format!("{open} {word} open"), Role::Text);
    flow.line();
    for order in unknown {
        let text = format!("? {} {}", order.id, words::order_line(snapshot, &order.order));
        flow.piece(paint, &text, Role::Alarm);
        flow.line();
    }
    for position in rows::held(view.frame).filter(|p| p.position.qty.is_positive()) {
        let (held, sell) = (format::qty(position.position.qty), format::qty(position.sellable));
        flow.piece(paint, &format!("{} {held} sell {sell}", position.symbol), Role::Text);
        flow.line();
    }
    let last = paint.height().saturating_sub(1);
    if flow.y <= last {
        let text = paint.whole_words("too small: 60x20 shows more", 0);
        paint.put(0, last, &text, Role::Dim);
    }
}
