//! What a terminal remembers of an operator from one day to the next.
//!
//! A [`Memory`] is a value: [`Ui::memory`] says what there is to remember, [`Ui::recall`] takes it
//! up again. Where it is kept, and when it is written, is not this room's business. Everything in it
//! is by name, and what a day does not have (a symbol, a column of another version) is kept as it is for the
//! day that has it. A draft comes back as a draft: it is never sent by coming back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::options::{CHOICES, Options};
use super::overlay::{Field, Overlay, Ticket, TicketField};
use super::pane::{PaneId, pane};
use super::ui::{DepthView, Ui, Workspace};
use super::{Frame, JumpTarget, rows};
use crate::market::{AccountId, Side, Symbol};

/// The form of a [`Memory`]; another one is not read.
pub const VERSION: u32 = 1;

/// What is remembered of one operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The form it is written in.
    pub version: u32,
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The symbol looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The theme, once somebody has chosen one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// Which picture of the depth pane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<String>,
    /// Where jumps in a replay stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stops: Option<String>,
    /// The chosen preset sizes, by class of what is traded.
    pub sizes: BTreeMap<String, String>,
    /// Symbols taken off the watch list.
    pub unwatched: BTreeSet<String>,
    /// Settings that somebody has changed, by name.
    pub set: BTreeMap<String, String>,
    /// Lists by the name of their pane.
    pub lists: BTreeMap<String, ListMemory>,
    /// A ticket that was being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftMemory>,
}

/// How a list was ordered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListMemory {
    /// By which column.
    pub by: String,
    /// Turned round.
    pub turned: bool,
}

/// A ticket that was being written, as it was typed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DraftMemory {
    /// Which way.
    pub side: Side,
    /// What.
    pub symbol: String,
    /// For whom.
    pub account: String,
    /// The size as typed.
    pub qty: String,
    /// The limit as typed.
    pub limit: String,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            version: VERSION,
            workspace: None,
            symbol: None,
            theme: None,
            depth: None,
            stops: None,
            sizes: BTreeMap::new(),
            unwatched: BTreeSet::new(),
            set: BTreeMap::new(),
            lists: BTreeMap::new(),
            draft: None,
        }
    }
}

impl Ui {
    /// Takes the choices of the configuration; what is recalled comes on top.
    pub const fn configure(&mut self, options: Options) {
        self.options = options;
        self.configured = options;
    }

    /// The ticket that is open, under a prompt or not.
    fn ticket_written(&self) -> Option<&Ticket> {
        self.stack.iter().find_map(|overlay| match overlay {
            Overlay::Ticket(ticket) => Some(ticket),
            _ => None,
        })
    }

    /// Takes up what is remembered. Settings count at once, the rest with the first frame that says
    /// which symbols there are.
    pub fn recall(&mut self, memory: Memory) {
        for (name, value) in &memory.set {
            // A setting of another version is kept and changes nothing.
            let _ = self.options.set(name, value);
        }
        self.theme.clone_from(&memory.theme);
        self.remembered = memory;
        self.recalled = false;
    }

    /// What there is to remember now.
    #[must_use]
    pub fn memory(&self, frame: &Frame) -> Memory {
        let mut memory = self.remembered.clone();
        if !self.recalled {
            return memory;
        }
        let universe = &frame.snapshot.day.universe;
        let name = |id| universe.get(id).map(|i| i.symbol.to_string());
        memory.workspace = Some(self.workspace.name().to_owned());
        memory.theme.clone_from(&self.theme);
        memory.depth = Some(self.ladder.view.name().to_owned());
        memory.stops = Some(self.stop_kind.word().to_owned());
        memory.sizes.extend(self.sizes.kept());
        // A symbol nobody chose must not take the place of one that this day only lacks.
        if self.symbol_chosen {
            memory.symbol = self.symbol.and_then(name).or(memory.symbol);
        }
        memory.unwatched.retain(|symbol| universe.find(&Symbol::new(symbol)).is_none());
        memory.unwatched.extend(self.unwatched.iter().filter_map(|id| name(*id)));
        let changed =
            |choice: &str| self.options.get(choice).filter(|now| self.configured.get(choice) != Some(*now));
        for choice in CHOICES {
            if let Some(value) = changed(choice.name) {
                memory.set.insert(choice.name.to_owned(), value.to_owned());
            } else {
                memory.set.remove(choice.name);
            }
        }
        for id in PaneId::ALL.into_iter().filter(|id| id.is_list()) {
            let list = self.list(id);
            let by = rows::sorts(id).get(list.sort).copied().unwrap_or_default();
            if list.sort == 0 && !list.turned {
                memory.lists.remove(pane(id).name);
            } else {
                let list = ListMemory { by: by.to_owned(), turned: list.turned };
                memory.lists.insert(pane(id).name.to_owned(), list);
            }
        }
        let lacks = |draft: &DraftMemory| universe.find(&Symbol::new(&draft.symbol)).is_none();
        let written = self.ticket_written().or(self.draft.as_ref());
        memory.draft = match written {
            Some(ticket) => name(ticket.instrument).map(|symbol| draft_of(ticket, symbol)),
            // One for a symbol that this day lacks waits for the day that has it.
            None => memory.draft.filter(lacks),
        };
        memory
    }

    /// Takes up the parts that need to know the day, once.
    pub(super) fn recall_day(&mut self, frame: &Frame) {
        let universe = &frame.snapshot.day.universe;
        if self.recalled || universe.is_empty() {
            return;
        }
        self.recalled = true;
        let memory = self.remembered.clone();
        let find = |symbol: &String| universe.find(&Symbol::new(symbol));
        if let Some(id) = memory.symbol.as_ref().and_then(find) {
            self.symbol = Some(id);
            self.symbol_chosen = true;
        }
        self.unwatched.extend(memory.unwatched.iter().filter_map(find));
        let named = |name: &String| Workspace::ALL.into_iter().find(|w| w.name() == name);
        if let Some(space) = memory.workspace.as_ref().and_then(named) {
            self.workspace = space;
        }
        if let Some(view) = memory.depth.as_deref().and_then(DepthView::by_name) {
            self.ladder.view = view;
        }
        let kind = |word: &String| JumpTarget::ALL.into_iter().find(|k| k.word() == word);
        if let Some(kind) = memory.stops.as_ref().and_then(kind) {
            self.stop_kind = kind;
        }
        for (class, size) in &memory.sizes {
            self.sizes.choose(class, size);
        }
        for id in PaneId::ALL.into_iter().filter(|id| id.is_list()) {
            if let Some(list) = memory.lists.get(pane(id).name)
                && let Some(sort) = rows::sorts(id).iter().position(|name| *name == list.by)
            {
                let state = self.list_mut(id);
                (state.sort, state.turned) = (sort, list.turned);
            }
        }
        self.draft = memory.draft.as_ref().and_then(|draft| {
            let instrument = find(&draft.symbol)?;
            Some(Ticket {
                side: draft.side,
                instrument,
                account: AccountId::new(&draft.account),
                qty: Field::new(&draft.qty),
                limit: Field::new(&draft.limit),
                active: TicketField::default(),
                fault: None,
            })
        });
        if let Some(draft) = memory.draft.filter(|_| self.draft.is_some()) {
            self.notice = Some(format!(
                "a draft came back, not sent: {} {} {} @ {}; {} on {} opens it",
                draft.side,
                draft.symbol,
                draft.qty,
                draft.limit,
                if draft.side == Side::Buy { "b" } else { "s" },
                draft.symbol
            ));
        }
    }
}

fn draft_of(ticket: &Ticket, symbol: String) -> DraftMemory {
    DraftMemory {
        side: ticket.side,
        symbol,
        account: ticket.account.to_string(),
        qty: ticket.qty.text().to_owned(),
        limit: ticket.limit.text().to_owned(),
    }
}
