//! How the symbols of the desk move together: a small map of correlations, numbers and heights.

use super::Title;
use crate::console::comoving::{Comoving, LEAST_RETURNS};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::market::InstrumentId;
use crate::market::time::NS_PER_S;
use crate::model::ModelError;

/// Cells of the names at the left, and of one column.
const NAMES: u16 = 9;
const CELL: u16 = 6;

pub(super) fn title(view: &View<'_>) -> Title {
    let minutes = view.snapshot().day.grid.length_ns() / (60 * NS_PER_S);
    let right = match view.ui.comoving.as_ref().map(|c| &c.result) {
        Some(Ok(of)) => {
            format!("{} returns, {:.0}% pulled to the mean", of.returns, of.intensity * 100.0)
        }
        _ => String::new(),
    };
    Title { rest: format!("{minutes}m"), right }
}

pub(super) fn draw(paint: &mut Paint<'_>, view: &View<'_>) {
    let Some(comoving) = &view.ui.comoving else {
        paint.put(1, 0, "no symbol to compare", Role::Dim);
        return;
    };
    let of = match &comoving.result {
        Ok(of) => of,
        Err(why) => {
            paint.put_wrapped(1, 0, &reason(why), Role::Dim);
            return;
        }
    };
    let fits = |cells: u16, each: u16| usize::from(cells / each.max(1));
    let count = comoving.symbols.len().min(fits(paint.width().saturating_sub(NAMES), CELL));
    let count = count.min(usize::from(paint.height().saturating_sub(1)));
    for (x, id) in (0u16..).zip(comoving.symbols.iter().take(count)) {
        paint.put_right(NAMES + (x + 1) * CELL, 0, &ticker(view, *id, 5), Role::Dim);
    }
    for (y, (id, row)) in (1u16..).zip(comoving.symbols.iter().zip(&of.matrix).take(count)) {
        paint.put(1, y, &ticker(view, *id, 8), Role::Text);
        for (x, value) in (0u16..).zip(row.iter().take(count)) {
            let right = NAMES + (x + 1) * CELL;
            if x + 1 == y {
                paint.put_right(right, y, paint.glyphs().dot, Role::Dim);
            } else {
                cell(paint, right, y, *value);
            }
        }
    }
    note(paint, count, comoving);
}

/// A height for the strength, then sign and number.
fn cell(paint: &mut Paint<'_>, right: u16, y: u16, value: Option<f64>) {
    let Some(value) = value.filter(|v| v.is_finite()) else {
        paint.put_right(right, y, format::MISSING, Role::Dim);
        return;
    };
    let strength = value.abs().min(1.0);
    let role = match strength {
        s if s < 0.3 => Role::Dim,
        _ if value < 0.0 => Role::Up,
        s if s < 0.6 => Role::Calm,
        _ => Role::Stress,
    };
    let step = ((strength * 8.0).ceil() as usize).saturating_sub(1);
    let block = paint.glyphs().blocks.get(step).copied().unwrap_or(" ");
    let sign = if value < 0.0 { "-" } else { "+" };
    paint.put_right(right, y, &format!("{block}{sign}{}", format::probability(strength)), role);
}

/// Below the map, where there is room: what is left out.
fn note(paint: &mut Paint<'_>, shown: usize, comoving: &Comoving) {
    let Ok(y) = u16::try_from(shown + 1) else { return };
    let left_out = comoving.symbols.len() - shown;
    if y < paint.height() {
        let more = if left_out > 0 { format!("; {left_out} more do not fit") } else { String::new() };
        paint.put(1, y, &format!("held, on order, watched; - hardly traded{more}"), Role::Dim);
    }
}

fn ticker(view: &View<'_>, id: InstrumentId, room: usize) -> String {
    let symbol = view.snapshot().instrument(id).map_or(format::MISSING, |i| i.symbol.as_str());
    symbol.chars().take(room).collect()
}

fn reason(why: &ModelError) -> String {
    match why {
        ModelError::TooShort { got, .. } => {
            format!("needs {LEAST_RETURNS} bars: the day has {got} so far")
        }
        ModelError::EmptyInput => "no symbol to compare".to_owned(),
        ModelError::Degenerate { .. } => {
            format!("needs two symbols that moved in {} bars or more", LEAST_RETURNS / 2)
        }
        other => other.to_string(),
    }
}
