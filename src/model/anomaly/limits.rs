//! The thresholds of the anomaly filter, each with its default of C9.

use serde::{Deserialize, Serialize};

use crate::market::time::NS_PER_S;

/// Thresholds. Times are nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnomalyLimits {
    /// A change of more than this many standard deviations is a jump.
    pub jump_sds: f64,
    /// A quote older than this says nothing about a trade.
    pub quote_age_ns_max: i64,
    /// A trade of more than this many average trades is a spike.
    pub volume_times: f64,
    /// A spread of more than this many median spreads is wide.
    pub spread_times: f64,
    /// Fewer baseline points than this: only the checks without a baseline apply.
    pub baseline_min: usize,
    /// In session, no message of any kind on a feed for this long is stale.
    pub feed_silent_ns: i64,
    /// No update of an instrument that normally updates for this long is stale.
    pub instrument_silent_ns: i64,
    /// This many quarantined prices in a row close together are a new level.
    pub level_shift_run: u32,
    /// Elapsed time below this counts as this: prints of one sweep are not a time series.
    pub elapsed_ns_min: i64,
}

impl Default for AnomalyLimits {
    fn default() -> Self {
        Self {
            jump_sds: 6.0,
            quote_age_ns_max: 5 * NS_PER_S,
            volume_times: 20.0,
            spread_times: 5.0,
            baseline_min: 30,
            feed_silent_ns: 60 * NS_PER_S,
            instrument_silent_ns: 300 * NS_PER_S,
            level_shift_run: 3,
            elapsed_ns_min: NS_PER_S,
        }
    }
}
