//! What a trade costs: commission, the regulator's fee, the depository's fee, and tax on gains.
//!
//! All rates are facts by trade date (market rules, section 5). Every line is rounded to the
//! nearest paisa, half up. The commission is a flat rate of the slab on the whole amount, so one
//! rupee more can cost less (500,000 costs 1,650 and 500,001 costs 1,550): that cliff is real and
//! kept. The slab is picked by the day's total for account, symbol and side, so a fill can carry a
//! negative commission when the total crosses an edge.
//!
//! Entry points: [`Schedule::on`], [`Schedule::charge`], [`tax::capital_gains_tax`],
//! [`break_even::break_even`].

pub mod break_even;
pub mod charges;
pub mod schedule;
pub mod tax;

pub use break_even::{BreakEven, break_even};
pub use charges::{Charges, DayCharged};
pub use schedule::{DepositoryFees, Schedule};
pub use tax::{Holder, capital_gains_tax, tax_rate_bps};

use super::{InstrumentKind, Money, SessionDate};

/// Why a charge cannot be worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeError {
    /// The schedule of that time is not known for this amount.
    #[error("the commission on {amount} is not known for {date}")]
    NotAvailable {
        /// The trade date.
        date: SessionDate,
        /// The day's amount.
        amount: Money,
    },
    /// The schedule does not cover this kind of instrument.
    #[error("the charges of this exchange do not apply to {0:?}")]
    NotListed(InstrumentKind),
    /// A value that cannot be charged, or whose sum does not fit.
    #[error("{name} cannot be {value}")]
    OutOfDomain {
        /// Which value.
        name: &'static str,
        /// The value.
        value: i64,
    },
}
