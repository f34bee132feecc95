//! The market as facts: prices, quantities and money as whole numbers, instruments, the
//! calendar, the exchange's rules by date, charges, the order book and bars.
//!
//! Everything here is a value or a pure function of values. A rule is looked up by trade
//! date, because the exchange changed its week, bands, halts, fees and taxes over the years
//! and a recorded day must be read under the rules of its own date.
//!
//! This room knows nothing of any other room.

pub mod bar;
pub mod bikram_sambat;
pub mod book;
pub mod calendar;
pub mod corporate_action;
pub mod event;
pub mod fees;
pub mod ids;
pub mod instrument;
pub mod money;
pub mod price;
pub mod qty;
pub mod rules;
pub mod side;
pub mod time;

pub use bar::{Bar, BarGrid, BarPrices};
pub use bikram_sambat::BikramSambat;
pub use book::{BookState, Level, OrderBook};
pub use calendar::{Calendar, CalendarError, Confidence, SessionDay, SessionSchedule};
pub use event::{
    EventFlags, Halt, IndexValue, LevelUpdate, MarketData, MarketEvent, SessionPhase, TradePrint,
};
pub use ids::{AccountId, BrokerId, ContractNo, InstrumentId, SourceId, Symbol};
pub use instrument::{Board, Instrument, InstrumentKind, Universe};
pub use money::Money;
pub use price::{Price, Tick};
pub use qty::Qty;
pub use side::Side;
pub use time::{SessionDate, Timestamp};
