//! What lies over the panes: texts, fields, forms, prompts.

pub mod draw;
mod field;
pub mod help;
pub mod palette;
mod plain;
mod prompt;
pub mod reading;
pub mod report;
mod report_form;
pub mod symbol;
mod ticket;
mod ticket_form;

pub use field::Field;
pub use plain::Plain;
pub use prompt::{Confirm, FRESH_MS, HELD_MS, Prompt};
pub use reading::{Choice, Chosen, Reading};
pub use report::Report;
pub use ticket::{Amendment, Ticket, TicketField};
pub use ticket_form::check_line;

use super::keymap::Scope;
use super::pane::PaneId;

/// One thing over the panes.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// A text to read.
    Reading(Reading),
    /// A text without borders, to copy.
    Plain(Plain),
    /// One of several.
    Choice(Choice),
    /// The command line.
    Palette(Field),
    /// A symbol by ticker or name.
    Symbol {
        /// What was typed.
        field: Field,
        /// Which of the matches.
        at: usize,
        /// To put it on the watch list rather than to look at it.
        add: bool,
    },
    /// The filter of a list.
    Filter {
        /// Which list.
        pane: PaneId,
        /// What was typed.
        field: Field,
    },
    /// A time to go to.
    Seek(Field),
    /// A time until which an alert is put away.
    Shelf {
        /// Which alert.
        alert: u64,
        /// What was typed.
        field: Field,
    },
    /// A ticket.
    Ticket(Ticket),
    /// A change of an order.
    Amend(Amendment),
    /// What became of an order.
    Report(Report),
    /// A question that takes `y`.
    Prompt(Prompt),
}

impl Overlay {
    /// What keys go to while it is on top.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Help { .. } | Self::Reading(_) | Self::Plain(_) | Self::Choice(_) => Scope::Reading,
            Self::Palette(_)
            | Self::Symbol { .. }
            | Self::Filter { .. }
            | Self::Seek(_)
            | Self::Shelf { .. }
            | Self::Report(_) => Scope::Field,
            Self::Ticket(_) | Self::Amend(_) => Scope::Form,
            Self::Prompt(_) => Scope::Prompt,
        }
    }

    /// The field that text goes to, if there is one.
    pub fn field_mut(&mut self) -> Option<&mut Field> {
        match self {
            Self::Palette(field)
            | Self::Symbol { field, .. }
            | Self::Filter { field, .. }
            | Self::Shelf { field, .. }
            | Self::Seek(field) => Some(field),
            Self::Ticket(ticket) => Some(ticket.active_mut()),
            Self::Amend(amendment) => Some(amendment.active_mut()),
            Self::Report(report) => report.active_mut(),
            Self::Help { .. } | Self::Reading(_) | Self::Plain(_) | Self::Choice(_) | Self::Prompt(_) => None,
        }
    }
}
