//! How the symbols of the desk move together: a small map of correlations, numbers and heights.

use super::Title;
use crate::console::comoving::{Comoving, LEAST_RETURNS};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;
use crate::market::time::NS_PER_S;
use crate::model::ModelError;
use crate::model::covariance::closes::CloseCorrelation;

/// Cells of the names at the left, and of one column.
const NAMES: u16 = 9;
const CELL: u16 = 6;
/// From so much pulled to the mean on the figures of the pairs are that mean, and a map of them says nothing.
const ALL_MEAN: f64 = 0.9;

pub(super) fn title(view: &View<'_>) -> Title {
    let minutes = view.snapshot().day.grid.length_ns() / (60 * NS_PER_S);
    let right = match view.ui.comoving.as_ref().map(|c| &c.result) {
        Some(Ok(of)) if of.intensity >= ALL_MEAN => format!("{} returns, too few", of.returns),
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
    // A symbol that hardly moved has no figure with any other: its name is enough.
    let (moved, still): (Vec<usize>, Vec<usize>) =
        (0..comoving.symbols.len()).partition(|i| figure(of, *i, *i).is_some());
    if of.intensity >= ALL_MEAN {
        let y = together(paint, of, &moved);
        left_out(paint, y, view, comoving, &still, 0);
        return;
    }
    let fits = |cells: u16, each: u16| usize::from(cells / each.max(1));
    let count = moved.len().min(fits(paint.width().saturating_sub(NAMES), CELL));
    let count = count.min(usize::from(paint.height().saturating_sub(1)));
    let shown = moved.get(..count).unwrap_or_default();
    for (x, i) in (1u16..).zip(shown) {
        paint.put_right(NAMES + x * CELL, 0, &ticker(view, comoving, *i, 5), Role::Dim);
    }
    for (y, i) in (1u16..).zip(shown) {
        paint.put(1, y, &ticker(view, comoving, *i, 8), Role::Text);
        for (x, j) in (1u16..).zip(shown) {
            let right = NAMES + x * CELL;
            if i == j {
                paint.put_right(right, y, paint.glyphs().dot, Role::Dim);
            } else {
                cell(paint, right, y, figure(of, *i, *j));
            }
        }
    }
    let below = u16::try_from(count + 1).unwrap_or(u16::MAX);
    left_out(paint, below, view, comoving, &still, moved.len() - count);
}

fn figure(of: &CloseCorrelation, a: usize, b: usize) -> Option<f64> {
    of.matrix.get(a)?.get(b).copied().flatten()
}

/// Where the bars are too few to tell one pair from another: what they say of all together. Returns the row
/// after.
fn together(paint: &mut Paint<'_>, of: &CloseCorrelation, moved: &[usize]) -> u16 {
    let pairs =
        || moved.iter().enumerate().flat_map(|(n, i)| moved.iter().skip(n + 1).map(move |j| (*i, *j)));
    let figures: Vec<f64> = pairs().filter_map(|(i, j)| figure(of, i, j)).collect();
    let mean = figures.iter().sum::<f64>() / figures.len().max(1) as f64;
    let x = paint.put(1, 0, &format!("{} symbols move together at", moved.len()), Role::Text);
    cell(paint, x + CELL, 0, Some(mean));
    let why = format!(
        "{} returns are too few to tell one pair from another: {:.0}% of every figure would be this mean",
        of.returns,
        of.intensity * 100.0
    );
    paint.put_wrapped(1, 1, &why, Role::Dim)
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

/// Below, where there is room: who is compared, and what is left out.
fn left_out(
    paint: &mut Paint<'_>,
    y: u16,
    view: &View<'_>,
    comoving: &Comoving,
    still: &[usize],
    more: usize,
) {
    let mut parts = vec!["held, on order, watched".to_owned()];
    if more > 0 {
        parts.push(format!("{more} more do not fit"));
    }
    if !still.is_empty() {
        let names: Vec<String> = still.iter().map(|i| ticker(view, comoving, *i, 8)).collect();
        parts.push(format!("hardly moved: {}", names.join(" ")));
    }
    if y < paint.height() {
        paint.put(1, y, &paint.whole_clauses(&parts.join("; "), 1), Role::Dim);
    }
}

fn ticker(view: &View<'_>, comoving: &Comoving, place: usize, room: usize) -> String {
    let id = comoving.symbols.get(place);
    let symbol = id.and_then(|id| view.snapshot().instrument(*id));
    symbol.map_or(format::MISSING, |i| i.symbol.as_str()).chars().take(room).collect()
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
