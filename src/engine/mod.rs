//! The deterministic core: one ordered stream of inputs, one place where state changes.
//!
//! [`apply`] takes a state and an input and says what follows. It reads no clock, file, socket
//! or random source; time comes with the input. Same inputs, same state, same outputs, bit for
//! bit, whether live, in replay, in a drill or after a crash. Screens see a [`Snapshot`] of the
//! state and never the state itself.
//!
//! Not here: where inputs come from, where outputs go, how any of it is drawn.

mod account;
mod alert;
mod answer;
mod apply;
mod check_log;
mod command;
mod day_totals;
mod gateway;
mod hash;
mod hold;
mod input;
mod instrument;
mod on_clock;
mod on_command;
mod on_gateway;
mod on_line;
mod on_market;
mod output;
mod reconcile;
mod regime;
mod session;
mod setup;
pub mod snapshot;
mod state;
mod tell;
mod watch;

pub use account::{Account, Position};
pub use alert::{Alert, AlertKind, AlertLog, Severity};
pub use answer::{Answer, AnswerKind, Answers};
pub use apply::apply;
pub use check_log::{CheckLog, CheckedOrder};
pub use command::{CancelScope, Command, MAX_HOLD_NS, SeenOrder, Told};
pub use day_totals::{BrokerDay, DayTotals};
pub use gateway::{Agreement, GatewayState};
pub use hash::{Decisions, StateHash};
pub use input::{Event, Input, OperatorCommand, OperatorId};
pub use instrument::{DayStats, InstrumentState, TapeRow};
pub use output::Output;
pub use regime::RegimeInput;
pub use session::{IndexState, MarketHalt, SessionState};
pub use setup::{AccountSetup, DaySetup, GatewayKind, HoldingSetup, InstrumentRules, SetupError};
pub use snapshot::Snapshot;
pub use state::{Counters, FeedState, Feeds, State};
pub use watch::{Nearest, Pace, Watch};

pub use crate::execution::{Line, LineNews, LineState};
