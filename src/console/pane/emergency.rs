//! Below 60 by 20: mode, state, clock, unknown orders, what is held, stop and cancel all. Nothing else.

use super::hints::mode_role;
use crate::console::intent::Intent;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, rows, words};
use crate::execution::OrderState;
use crate::risk::TradingState;

/// Draws what fits, the most important first.
pub fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let mode = view.status().mode;
    let snapshot = view.snapshot();
    let mut y = 0;
    let x = paint.put(0, y, mode.word(), mode_role(mode));
    let halted = snapshot.trading.is_halted();
    let (state, role) = if halted { ("STOPPED", Role::Alarm) } else { ("ACTIVE", Role::Good) };
    let x = paint.put(x + 1, y, state, role);
    paint.put(x + 1, y, &format::clock(view.now()), Role::Text);
    y += 1;
    let keys = view.ui.keymap();
    let (stop, many) = (keys.key_of(Intent::Stop), keys.key_of(Intent::CancelMany));
    paint.put(0, y, &format!("{stop} F8 stop  {many} cancel all"), Role::Key);
    y += 1;
    if let Some(notice) = &view.ui.notice {
        paint.put(0, y, notice, Role::Warn);
        y += 1;
    }
    if let TradingState::Halted { by, at, .. } = &snapshot.trading {
        paint.put(0, y, &format!("by {by} {}", format::clock(*at)), Role::Warn);
        y += 1;
    }
    let open = snapshot.orders.iter().filter(|o| o.state.is_open()).count();
    paint.put(0, y, &format!("{open} orders open"), Role::Text);
    y += 1;
    for order in snapshot.orders.iter().filter(|o| o.state == OrderState::Unknown) {
        let text = format!("? {} {}", order.id, words::order_line(snapshot, &order.order));
        paint.put(0, y, &text, Role::Alarm);
        y += 1;
    }
    for position in rows::held(view.frame).filter(|p| p.position.qty.is_positive()) {
        let (held, sell) = (format::qty(position.position.qty), format::qty(position.sellable));
        paint.put(0, y, &format!("{} {held} sell {sell}", position.symbol), Role::Text);
        y += 1;
    }
    let last = paint.height().saturating_sub(1);
    if y <= last {
        paint.put(0, last, "too small: 60x20 shows more", Role::Dim);
    }
}
