//! Groups of text between bars, in one row: what does not fit gives way by its weight, a group at a
//! time, and no figure is ever cut in its middle.

use crate::console::theme::Role;
use crate::console::widget::{Paint, width};

/// One way of writing a group: stretches of text with a space between them.
pub(super) type Form = Vec<(String, Role)>;

/// One group.
struct Group {
    /// The heavier stays longer.
    weight: u8,
    /// The fullest form first.
    forms: Vec<Form>,
}

/// The groups of a row, from left to right.
#[derive(Default)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    /// Adds a group, its fullest form first. Empty forms are left out.
    pub(super) fn add(&mut self, weight: u8, forms: Vec<Form>) {
        let clean = |form: Form| -> Form { form.into_iter().filter(|(text, _)| !text.is_empty()).collect() };
        let forms: Vec<Form> = forms.into_iter().map(clean).filter(|form| !form.is_empty()).collect();
        if !forms.is_empty() {
            self.0.push(Group { weight, forms });
        }
    }

    /// Adds a group of one form.
    pub(super) fn one(&mut self, weight: u8, text: impl Into<String>, role: Role) {
        self.add(weight, vec![vec![(text.into(), role)]]);
    }

    /// Takes away until the rest fits: the lightest group loses its fullest form, or goes.
    fn fit(&mut self, room: u16) {
        while self.width() > room && self.0.len() > 1 {
            let Some(at) = (0..self.0.len()).rev().min_by_key(|i| self.0[*i].weight) else { return };
            if self.0[at].forms.len() > 1 {
                self.0[at].forms.remove(0);
            } else {
                self.0.remove(at);
            }
        }
        while self.width() > room && self.0.first().is_some_and(|g| g.forms.len() > 1) {
            self.0[0].forms.remove(0);
        }
    }

    fn width(&self) -> u16 {
        let bars = u16::try_from(self.0.len().saturating_sub(1)).unwrap_or(u16::MAX).saturating_mul(3);
        self.0.iter().filter_map(|g| g.forms.first()).map(form_width).fold(bars, u16::saturating_add)
    }

    /// Draws what fits.
    pub(super) fn draw(mut self, paint: &mut Paint<'_>, y: u16) {
        self.fit(paint.width());
        let bar = format!(" {} ", paint.glyphs().bar);
        let mut x = 0;
        for (i, form) in self.0.iter().filter_map(|g| g.forms.first()).enumerate() {
            if i > 0 {
                x = paint.put(x, y, &bar, Role::Rule);
            }
            for (j, (text, role)) in form.iter().enumerate() {
                x = paint.put(x + u16::from(j > 0), y, text, *role);
            }
        }
    }
}

fn form_width(form: &Form) -> u16 {
    let gaps = u16::try_from(form.len().saturating_sub(1)).unwrap_or(u16::MAX);
    form.iter().map(|(text, _)| width(text)).fold(gaps, u16::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(room: u16) -> Vec<String> {
        let form = |text: &str| vec![(text.to_owned(), Role::Text)];
        let mut groups = Groups::default();
        groups.add(9, vec![form("LIVE ACTIVE")]);
        groups.add(3, vec![form("day +1,24,310 DD 1.8%"), form("day +1,24,310")]);
        groups.add(9, vec![form("UNKNOWN 1")]);
        groups.add(1, vec![form("title")]);
        groups.add(5, vec![Vec::new(), vec![(String::new(), Role::Text)]]);
        groups.fit(room);
        groups.0.iter().map(|g| g.forms[0][0].0.clone()).collect()
    }

    #[test]
    fn the_lightest_gives_way_first_and_nothing_is_cut() {
        assert_eq!(row(80), ["LIVE ACTIVE", "day +1,24,310 DD 1.8%", "UNKNOWN 1", "title"]);
        assert_eq!(row(50), ["LIVE ACTIVE", "day +1,24,310 DD 1.8%", "UNKNOWN 1"]);
        assert_eq!(row(40), ["LIVE ACTIVE", "day +1,24,310", "UNKNOWN 1"]);
        assert_eq!(row(30), ["LIVE ACTIVE", "UNKNOWN 1"]);
    }
}
