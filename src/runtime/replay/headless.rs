//! A replay without a screen: to the end of the day, and what came of it as one object.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Driver, ReplayError};
use crate::console::Speed;
use crate::engine::State;
use crate::feed::day::DayReader;
use crate::market::Timestamp;

/// What came of a run. The hashes are the same on every run of the same day with the same commands,
/// at any speed; the times are this machine's.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The day's title.
    pub day: String,
    /// Its date.
    pub date: String,
    /// Whether it was generated.
    pub simulated: bool,
    /// Market events applied.
    pub events: u64,
    /// Trades among them.
    pub trades: u64,
    /// Wall time of the replay.
    pub elapsed_s: f64,
    /// Events per second of wall time.
    pub events_per_s: f64,
    /// Largest resident size of the process.
    pub peak_rss_bytes: u64,
    /// SHA-256 over every output in order.
    pub decisions: String,
    /// How many outputs there were.
    pub outputs: u64,
    /// Orders sent.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Alerts raised.
    pub alerts: u64,
    /// Hash over all of the state.
    pub state_hash: String,
    /// Hash of the journal's last record.
    pub journal_head: String,
    /// The journal's file, if there is one.
    pub journal: Option<String>,
}

/// Plays to the end of the day. `stop` is asked now and then whether to leave early; the journal is
/// then left unfinished, to be continued. Returns whether the day was played to its end.
///
/// # Errors
/// [`ReplayError`].
pub fn play(
    driver: &mut Driver,
    speed: Speed,
    from: Option<Timestamp>,
    stop: &dyn Fn() -> bool,
) -> Result<bool, ReplayError> {
    /// Steps between two questions whether to leave.
    const ASK_EVERY: u32 = 4_096;
    driver.catch_up(|_| ())?;
    if let Some(from) = from {
        driver.run_until(from, |_| ())?;
    }
    let pace = Pace::new(speed, driver);
    let mut until_asked = ASK_EVERY;
    loop {
        if let (Some(pace), Some(at)) = (&pace, driver.next_at())
            && !pace.wait(at, stop)
        {
            break;
        }
        if driver.step()?.is_none() {
            break;
        }
        until_asked -= 1;
        if until_asked == 0 {
            until_asked = ASK_EVERY;
            if stop() {
                break;
            }
        }
    }
    let finished = driver.finished();
    if finished {
        driver.sequencer_mut().close()?;
    } else {
        driver
            .sequencer_mut()
            .ledger_mut()
            .checkpoint()
            .map_err(super::super::sequencer::SequencerError::from)?;
    }
    Ok(finished)
}

/// Recorded time against wall time.
struct Pace {
    factor: f64,
    wall: Instant,
    market: Timestamp,
}

impl Pace {
    fn new(speed: Speed, driver: &mut Driver) -> Option<Self> {
        let market = driver.next_at()?;
        match speed {
            Speed::Max => None,
            Speed::Factor(factor) => Some(Self { factor, wall: Instant::now(), market }),
        }
    }

    /// Waits until it is time for something stamped `at`; `false` if asked to leave meanwhile.
    fn wait(&self, at: Timestamp, stop: &dyn Fn() -> bool) -> bool {
        const NAP: Duration = Duration::from_millis(50);
        let due =
            Duration::from_secs_f64((at.since_ns(self.market).max(0) as f64 / 1e9 / self.factor).min(1e9));
        loop {
            let left = due.saturating_sub(self.wall.elapsed());
            if left.is_zero() {
                return true;
            }
            if stop() {
                return false;
            }
            std::thread::sleep(left.min(NAP));
        }
    }
}

/// Says what came of a run.
#[must_use]
pub fn summary(driver: &Driver, reader: &DayReader, elapsed: Duration) -> Summary {
    let state: &State = driver.state();
    let counters = state.counters();
    let sequencer = driver.sequencer();
    let elapsed_s = elapsed.as_secs_f64();
    Summary {
        day: reader.meta().title.clone(),
        date: reader.meta().date.to_string(),
        simulated: reader.meta().simulated,
        events: counters.market_events,
        trades: counters.trades,
        elapsed_s,
        events_per_s: counters.market_events as f64 / elapsed_s.max(1e-9),
        peak_rss_bytes: peak_rss_bytes(),
        decisions: sequencer.decisions().hash().to_string(),
        outputs: sequencer.decisions().count(),
        orders: counters.orders,
        fills: counters.fills,
        alerts: state.alerts().raised(),
        state_hash: sequencer.state_hash().to_string(),
        journal_head: sequencer.ledger().head().to_string(),
        journal: sequencer.ledger().path().map(|p| p.display().to_string()),
    }
}

/// Largest resident size of this process; 0 where the system does not say.
fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    kb.unwrap_or(0) * 1024
}
