//! The panes, one file each, and the one list of them.

pub mod alerts;
pub mod answers;
pub mod board;
pub mod breakers;
pub mod chart;
pub mod checks;
pub mod connections;
pub mod correlation;
pub mod depth;
pub mod emergency;
pub mod exposure;
mod groups;
pub mod header;
pub mod health;
pub mod hints;
pub mod journal;
pub mod ladder;
pub mod orders;
pub mod positions;
pub mod proposals;
pub mod reconcile;
pub mod regime;
pub mod sectors;
pub mod slips;
pub mod table;
pub mod tape;
pub mod transport;
pub mod watch;

use super::reads::Part;
use super::view::View;
use super::widget::Paint;

/// Which pane.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PaneId {
    /// The list of symbols.
    Watch,
    /// Ladder or tape of one symbol.
    Depth,
    /// The market regime.
    Regime,
    /// The price of one symbol over the day.
    Chart,
    /// Our orders.
    Orders,
    /// What is held.
    Positions,
    /// What somebody should look at.
    Alerts,
    /// The last records.
    Journal,
    /// Recorded time.
    Transport,
    /// The prints of one symbol.
    Tape,
    /// How near the rules of risk are.
    Breakers,
    /// What the checks said of the last orders.
    Checks,
    /// What is at risk, and what falls due when.
    Exposure,
    /// What needs two persons.
    Proposals,
    /// How the machine is.
    Health,
    /// Every listed symbol.
    Board,
    /// Every sector.
    Sectors,
    /// How the symbols of the desk move together.
    Correlation,
    /// The lines to the outside.
    Connections,
    /// What the gateway has otherwise than we do.
    Reconcile,
    /// Orders that a person keys in.
    Slips,
}

impl PaneId {
    /// Every pane.
    pub const ALL: [Self; 21] = [
        Self::Watch,
        Self::Depth,
        Self::Regime,
        Self::Chart,
        Self::Orders,
        Self::Positions,
        Self::Alerts,
        Self::Journal,
        Self::Transport,
        Self::Tape,
        Self::Breakers,
        Self::Checks,
        Self::Exposure,
        Self::Proposals,
        Self::Health,
        Self::Board,
        Self::Sectors,
        Self::Correlation,
        Self::Connections,
        Self::Reconcile,
        Self::Slips,
    ];

    /// Whether its rows are chosen, filtered and ordered.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::Watch
                | Self::Orders
                | Self::Positions
                | Self::Alerts
                | Self::Journal
                | Self::Breakers
                | Self::Checks
                | Self::Board
                | Self::Sectors
                | Self::Slips
        )
    }

    /// Whether it always has the whole middle, and is left for the pane one came from.
    #[must_use]
    pub const fn is_page(self) -> bool {
        matches!(self, Self::Board | Self::Sectors | Self::Connections | Self::Reconcile | Self::Slips)
    }
}

/// What the rule above a pane says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// After the name.
    pub rest: String,
    /// At the right end.
    pub right: String,
}

/// One pane.
#[derive(Clone, Copy, Debug)]
pub struct Pane {
    /// Which.
    pub id: PaneId,
    /// Its name.
    pub name: &'static str,
    /// The least columns and rows that it says something in.
    pub least: (u16, u16),
    /// What it reads of the terminal's state beside focus and its own list: it is drawn anew when any
    /// of that, or the frame, has changed.
    pub reads: &'static [Part],
    /// What the rule above it says.
    pub title: fn(&View<'_>) -> Title,
    /// Draws it, without its rule.
    pub draw: fn(&mut Paint<'_>, &View<'_>),
}

/// Every pane. A new one is a file and a line here.
pub const PANES: [Pane; 21] = [
    Pane {
        id: PaneId::Watch,
        name: "Watch",
        least: (17, 1),
        reads: &[Part::Symbol, Part::Watched, Part::Marks],
        title: watch::title,
        draw: watch::draw,
    },
    Pane {
        id: PaneId::Depth,
        name: "Depth",
        least: (36, 3),
        reads: &[Part::Symbol, Part::Ladder, Part::Marks, Part::Sizes],
        title: depth::title,
        draw: depth::draw,
    },
    Pane {
        id: PaneId::Regime,
        name: "Regime",
        least: (16, 1),
        reads: &[],
        title: regime::title,
        draw: regime::draw,
    },
    Pane {
        id: PaneId::Chart,
        name: "Chart",
        least: (20, 3),
        reads: &[Part::Symbol],
        title: chart::title,
        draw: chart::draw,
    },
    Pane {
        id: PaneId::Orders,
        name: "Orders",
        least: (50, 1),
        reads: &[],
        title: orders::title,
        draw: orders::draw,
    },
    Pane {
        id: PaneId::Positions,
        name: "Positions",
        least: (48, 1),
        reads: &[],
        title: positions::title,
        draw: positions::draw,
    },
    Pane {
        id: PaneId::Alerts,
        name: "Alerts",
        least: (20, 1),
        reads: &[],
        title: alerts::title,
        draw: alerts::draw,
    },
    Pane {
        id: PaneId::Journal,
        name: "Journal",
        least: (20, 1),
        reads: &[],
        title: journal::title,
        draw: journal::draw,
    },
    Pane {
        id: PaneId::Transport,
        name: "Recorded time",
        least: (40, 3),
        reads: &[Part::Stops],
        title: transport::title,
        draw: transport::draw,
    },
    Pane {
        id: PaneId::Tape,
        name: "Tape",
        least: (26, 1),
        reads: &[Part::Symbol],
        title: tape::title,
        draw: tape::draw,
    },
    Pane {
        id: PaneId::Breakers,
        name: "Breakers",
        least: (60, 2),
        reads: &[],
        title: breakers::title,
        draw: breakers::draw,
    },
    Pane {
        id: PaneId::Checks,
        name: "Checks",
        least: (73, 1),
        reads: &[],
        title: checks::title,
        draw: checks::draw,
    },
    Pane {
        id: PaneId::Exposure,
        name: "Exposure",
        least: (36, 2),
        reads: &[],
        title: exposure::title,
        draw: exposure::draw,
    },
    Pane {
        id: PaneId::Proposals,
        name: "Proposals",
        least: (20, 1),
        reads: &[],
        title: proposals::title,
        draw: proposals::draw,
    },
    Pane {
        id: PaneId::Health,
        name: "System",
        least: (30, 1),
        reads: &[Part::Line],
        title: health::title,
        draw: health::draw,
    },
    Pane {
        id: PaneId::Board,
        name: "Market board",
        least: (50, 3),
        reads: &[],
        title: board::title,
        draw: board::draw,
    },
    Pane {
        id: PaneId::Sectors,
        name: "Sectors",
        least: (50, 3),
        reads: &[],
        title: sectors::title,
        draw: sectors::draw,
    },
    Pane {
        id: PaneId::Correlation,
        name: "Correlation",
        least: (26, 3),
        reads: &[Part::Comoving],
        title: correlation::title,
        draw: correlation::draw,
    },
    Pane {
        id: PaneId::Connections,
        name: "Connections",
        least: (38, 2),
        reads: &[],
        title: connections::title,
        draw: connections::draw,
    },
    Pane {
        id: PaneId::Reconcile,
        name: "Reconcile",
        least: (74, 4),
        reads: &[],
        title: reconcile::title,
        draw: reconcile::draw,
    },
    Pane {
        id: PaneId::Slips,
        name: "Slips",
        least: (60, 1),
        reads: &[],
        title: slips::title,
        draw: slips::draw,
    },
];

/// The pane of an id.
#[must_use]
pub fn pane(id: PaneId) -> &'static Pane {
    PANES.iter().find(|p| p.id == id).expect("every id is in the list, by a test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_pane() {
        for id in PaneId::ALL {
            assert_eq!(pane(id).id, id);
        }
    }
}
