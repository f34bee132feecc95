//! Draws the form in which a person says what became of an order.

use super::report::{Report, Said, Slot};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::console::{format, words};

/// Draws it.
pub(super) fn report(paint: &mut Paint<'_>, view: &View<'_>, form: &Report, on_top: bool) {
    paint.clear();
    paint.rule(0, &format!("Report {}", form.id), on_top, "", "not booked");
    let Some(order) = view.snapshot().order(form.id) else {
        paint.put(1, 1, "the order is not there any more", Role::Warn);
        return;
    };
    let line = words::order_line(view.snapshot(), &order.order);
    let mut now = format!("{line}  {}", words::order_state(order));
    if order.filled.is_positive() {
        now.push_str(&format!(", {} done", format::qty(order.filled)));
    }
    paint.put(1, 1, &now, Role::Dim);
    for (y, (at, said)) in (2u16..).zip(form.choices.iter().enumerate()) {
        let chosen = at == form.at;
        if chosen {
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        paint.put(2, y, &said.key().to_string(), Role::Key);
        let words = said.words(form.pending, view.prices(order.order.instrument));
        let role = if chosen && form.slot == Slot::What { Role::Focus } else { Role::Text };
        let x = paint.put(4, y, &words, if chosen { role } else { Role::Dim });
        fields(paint, (x + 1, y), form, *said, chosen);
    }
    let below = 2 + u16::try_from(form.choices.len()).unwrap_or(0);
    if let Some(fault) = &form.fault {
        paint.put_wrapped(1, below, fault, Role::Alarm);
    }
    let last = paint.height().saturating_sub(1).min(below + 2);
    paint.put(1, last, "Enter review, y books  Esc leaves", Role::Key);
}

/// The fields of one row: `>500_ @ 249.5`.
fn fields(paint: &mut Paint<'_>, (x, y): (u16, u16), form: &Report, said: Said, chosen: bool) {
    let mut x = x;
    for slot in form.slots(said) {
        let Some(field) = form.field(*slot) else { continue };
        if *slot == Slot::Price {
            x = paint.put(x, y, "@ ", Role::Dim);
        }
        let active = chosen && form.slot == *slot;
        let text = if active { format!(">{}_ ", field.text()) } else { format!(" {} ", field.text()) };
        let role = if active { Role::Key } else { Role::Text };
        x = paint.put(x, y, &text, if chosen { role } else { Role::Dim });
    }
}
