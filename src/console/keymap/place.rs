//! Where a key counts.

use crate::console::pane::PaneId;

/// What keys go to at this moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// A pane.
    Pane(PaneId),
    /// The key page, or another text to read.
    Reading,
    /// A one-line field: symbol, filter, time, command.
    Field,
    /// The ticket or the amendment form.
    Form,
    /// A prompt that waits for `y`.
    Prompt,
    /// The screen is too small for panes.
    TooSmall,
}

impl Scope {
    /// Every scope there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let rest = [Self::Reading, Self::Field, Self::Form, Self::Prompt, Self::TooSmall];
        PaneId::ALL.into_iter().map(Self::Pane).chain(rest)
    }

    /// Whether letters are commands here, and not text or answers.
    #[must_use]
    pub const fn letters_are_commands(self) -> bool {
        matches!(self, Self::Pane(_) | Self::Reading | Self::TooSmall)
    }
}

/// Where keys go, and in what kind of session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// What they go to.
    pub scope: Scope,
    /// Whether recorded time can be moved.
    pub replay: bool,
}

/// Where a binding counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// Everywhere: fields, prompts, help, too small.
    Everywhere,
    /// Wherever letters are commands.
    Letters,
    /// Every pane, and every text to read.
    Panes,
    /// Panes, fields and forms: what goes round.
    PanesAndForms,
    /// Panes with rows, the ladder among them.
    Rows,
    /// Panes that are lists.
    Lists,
    /// Watch, market board, Depth, Positions, Orders.
    Tradable,
    /// The ladder.
    Depth,
    /// The ladder and the ticket.
    Sizes,
    /// Orders and the ladder: an own order.
    OwnOrder,
    /// Slips and Orders: an order that somebody can tell of.
    Reported,
    /// Alerts.
    Alerts,
    /// The watch list.
    Watch,
    /// Wherever letters are commands, in a replay or drill.
    Replay,
    /// The replay pane.
    Transport,
    /// Fields and forms.
    Fields,
    /// Fields of the ticket and the amendment.
    Form,
    /// An open prompt.
    Prompt,
}

impl Place {
    /// Whether a binding of this place counts in a context.
    #[must_use]
    pub fn holds(self, context: Context) -> bool {
        use PaneId::{
            Alerts, Board, Chart, Connections, Correlation, Depth, Exposure, Health, Orders, Positions,
            Proposals, Reconcile, Regime, Slips, Transport, Watch,
        };
        let pane = match context.scope {
            Scope::Pane(pane) => Some(pane),
            _ => None,
        };
        let any = |panes: &[PaneId]| pane.is_some_and(|p| panes.contains(&p));
        match self {
            Self::Everywhere => true,
            Self::Letters => context.scope.letters_are_commands(),
            Self::Panes => matches!(context.scope, Scope::Pane(_) | Scope::Reading),
            Self::PanesAndForms => matches!(context.scope, Scope::Pane(_) | Scope::Field | Scope::Form),
            Self::Rows => {
                let still =
                    any(&[Regime, Chart, Correlation, Connections, Exposure, Health, Proposals, Reconcile]);
                (pane.is_some() && !still) || context.scope == Scope::Reading
            }
            Self::Lists => pane.is_some_and(PaneId::is_list),
            Self::Tradable => any(&[Watch, Board, Depth, Positions, Orders]),
            Self::Depth => any(&[Depth]),
            Self::Sizes => any(&[Depth]) || context.scope == Scope::Form,
            Self::OwnOrder => any(&[Orders, Depth]),
            Self::Reported => any(&[Slips, Orders]),
            Self::Alerts => any(&[Alerts]),
            Self::Watch => any(&[Watch]),
            Self::Replay => context.replay && context.scope.letters_are_commands(),
            Self::Transport => context.replay && any(&[Transport]),
            Self::Fields => matches!(context.scope, Scope::Field | Scope::Form),
            Self::Form => context.scope == Scope::Form,
            Self::Prompt => context.scope == Scope::Prompt,
        }
    }

    /// The desk's words for it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Letters => "wherever letters are commands",
            Self::Panes => "every pane",
            Self::PanesAndForms => "panes, fields",
            Self::Rows => "lists, ladder",
            Self::Lists => "every list",
            Self::Tradable => "every pane with symbols",
            Self::Depth => "Depth",
            Self::Sizes => "Depth, ticket",
            Self::OwnOrder => "an own order",
            Self::Reported => "Slips, an UNKNOWN order",
            Self::Alerts => "Alerts",
            Self::Watch => "Watch",
            Self::Replay => "Replay, Drill",
            Self::Transport => "Replay pane",
            Self::Fields => "fields",
            Self::Form => "ticket, amend",
            Self::Prompt => "an open prompt only",
        }
    }
}
