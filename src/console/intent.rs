//! What a key asks for, before anybody knows what is selected.

use crate::market::Side;

use super::ui::Workspace;

/// A move of the cursor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Move {
    /// One down.
    Down,
    /// One up.
    Up,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

/// A step of a number in a field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// One tick or lot up.
    Up,
    /// One tick or lot down.
    Down,
    /// Ten up.
    UpTen,
    /// Ten down.
    DownTen,
}

/// A place that `g` goes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Destination {
    /// The list of every instrument.
    Market,
    /// Positions.
    Positions,
    /// Orders.
    Orders,
    /// Alerts.
    Alerts,
    /// The rules of risk and what holds trading.
    Risk,
    /// How the machine is.
    System,
    /// The lines to the outside.
    Connections,
    /// What the gateway has otherwise than we do.
    Reconcile,
    /// What happened in this symbol.
    History,
    /// The marked times.
    Bookmarks,
    /// Orders that a person keys in.
    Slips,
}

/// What a key asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Intent {
    /// Stop new orders, for the whole desk.
    Stop,
    /// Take the stop, else the last order, back.
    TakeBack,
    /// Release a stop.
    Release,
    /// Another workspace.
    Workspace(Workspace),
    /// The next pane, or the next field of a form.
    NextPane,
    /// The one before.
    PreviousPane,
    /// Move the cursor.
    Move(Move),
    /// Go somewhere.
    Go(Destination),
    /// Choose a symbol.
    Symbol,
    /// Narrow the list.
    Filter,
    /// Next row that matches.
    NextMatch,
    /// The one before.
    PreviousMatch,
    /// Order the list by a column.
    Sort,
    /// Turn the order round.
    TurnSort,
    /// Give the pane the whole middle.
    Full,
    /// Centre the ladder.
    Centre,
    /// Another view of the same.
    View,
    /// Where a figure comes from.
    Why,
    /// Copy the selected thing.
    Copy,
    /// The keys.
    Help,
    /// The command line.
    Palette,
    /// One step back.
    Back,
    /// Open what is selected.
    Open,
    /// A ticket.
    Ticket(Side),
    /// A one-line order.
    Quick(Side),
    /// A larger size.
    SizeUp,
    /// A smaller size.
    SizeDown,
    /// One lot more.
    LotUp,
    /// One lot less.
    LotDown,
    /// Cancel the selected order.
    Cancel,
    /// Cancel several: a menu.
    CancelMany,
    /// Change the selected order.
    Amend,
    /// Say what became of the selected order.
    Report,
    /// Yes, to the open prompt.
    Yes,
    /// Note the alert.
    Acknowledge,
    /// Put the alert away.
    Shelve,
    /// Add a symbol to the list.
    WatchAdd,
    /// Take it off the list.
    WatchRemove,
    /// Let time pass, or not.
    PlayPause,
    /// Slower.
    Slower,
    /// Faster.
    Faster,
    /// One event.
    StepEvent,
    /// One bar.
    StepBar,
    /// To the next stop of the chosen kind.
    NextStop,
    /// To the one before.
    PreviousStop,
    /// Another kind of stop.
    StopKind,
    /// To a time.
    Seek,
    /// Mark this time.
    Bookmark,
    /// Leave what is open; twice: how to quit.
    Interrupt,
    /// Suspend, which is not offered.
    Suspend,
    /// Draw everything again.
    Repaint,
    /// Take what the field says.
    Accept,
    /// Erase a character.
    Erase,
    /// Empty the field.
    Clear,
    /// Step the number in the field.
    Step(Step),
    /// Leave this terminal.
    Quit,
}
