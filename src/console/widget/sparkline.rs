//! A row of blocks whose height is a share of one.

use super::Paint;
use crate::console::theme::Role;

/// Draws values of 0 to 1 as columns over `rows` rows, first value at the left. `None` is a dot in the
/// lowest row: nothing yet. Values above `level` get the role of stress.
pub fn draw(paint: &mut Paint<'_>, y: u16, rows: u16, values: &[Option<f64>], level: f64) {
    let glyphs = paint.glyphs();
    let steps = f64::from(rows) * 8.0;
    for (x, value) in (0u16..paint.width()).zip(values) {
        let Some(value) = value.filter(|v| v.is_finite()) else {
            paint.put(x, y + rows.saturating_sub(1), glyphs.dot, Role::Dim);
            continue;
        };
        let filled = ((value.clamp(0.0, 1.0) * steps).round() as u16).max(1);
        let role = if value > level { Role::Stress } else { Role::Calm };
        for row in 0..rows {
            let below = (rows - 1 - row) * 8;
            let here = filled.saturating_sub(below).min(8);
            if let Some(block) = usize::from(here).checked_sub(1).and_then(|i| glyphs.blocks.get(i)) {
                paint.put(x, y + row, block, role);
            }
        }
    }
}

/// Spreads `count` slots over `width` columns: one column a slot where there is room, else the
/// highest of those that share a column.
#[must_use]
pub fn fit(values: &[Option<f64>], width: u16) -> Vec<Option<f64>> {
    let width = usize::from(width).max(1);
    if values.len() <= width {
        return values.to_vec();
    }
    let columns = (0..width).map(|x| {
        let (from, to) = (x * values.len() / width, ((x + 1) * values.len()).div_ceil(width));
        values.get(from..to).unwrap_or_default().iter().flatten().copied().reduce(f64::max)
    });
    columns.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_of_a_column_is_shown() {
        let values = [Some(0.1), Some(0.9), Some(0.2), None, None, None];
        assert_eq!(fit(&values, 3), vec![Some(0.9), Some(0.2), None]);
        assert_eq!(fit(&values, 9).len(), 6);
    }
}
