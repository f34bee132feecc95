//! The place of proposals that need two persons. None can be made yet, and it says so.

use super::Title;
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::Paint;

pub(super) fn title(_: &View<'_>) -> Title {
    Title { rest: String::new(), right: "none yet".to_owned() }
}

pub(super) fn draw(paint: &mut Paint<'_>, _: &View<'_>) {
    let text = "what needs two persons will wait here: release, override, raised limit, hard halt, flatten. \
                A stop needs one person and works now.";
    paint.put_wrapped(1, 0, text, Role::Dim);
}
