//! The order book and the whole engine path over the bundled halt day, in this process.
//!
//! `cargo bench` prints nanoseconds of processor time per event: median, least and most of nine
//! passes. Compare figures of one sitting only. For other programs on the same bytes see
//! `docs/performance.md`.

use std::error::Error;
use std::hint::black_box;

use himal::engine::{Event, Input, State, apply};
use himal::feed::day::DayReader;
use himal::market::{MarketData, MarketEvent, OrderBook, Tick};
use himal::runtime::day::Day;

const PASSES: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let day = Day::open("halt-day", None)?;
    let events: Vec<MarketEvent> = day.reader.events().collect::<Result<_, _>>()?;
    report("book updates alone", &events, || {
        let mut books: Vec<OrderBook> =
            day.setup.rules.iter().map(|r| OrderBook::new(r.tick.unwrap_or(FINEST))).collect();
        for event in &events {
            if let (MarketData::Level(level), Some(book)) =
                (&event.data, books.get_mut(event.instrument.0 as usize))
            {
                book.set(level);
                black_box(book.state());
            }
        }
    });
    report("whole engine path", &events, || {
        let Ok(mut state) = State::new(day.setup.clone()) else { return };
        for event in &events {
            black_box(apply(&mut state, &Input { at: event.at, seq: 0, event: Event::Market(*event) }));
        }
    });
    report("reading the day's file", &events, || {
        let Ok(reader) = DayReader::open("replays/halt-day.parquet".as_ref()) else { return };
        black_box(reader.events().count());
    });
    Ok(())
}

const FINEST: Tick = match Tick::new(1) {
    Some(tick) => tick,
    None => unreachable!(),
};

fn report(what: &str, events: &[MarketEvent], mut pass: impl FnMut()) {
    let mut ns: Vec<f64> = (0..PASSES)
        .map(|_| {
            let before = cpu_ns();
            pass();
            (cpu_ns() - before) / events.len() as f64
        })
        .collect();
    ns.sort_by(f64::total_cmp);
    println!("{what:<24} {:7.1} ns/event ({:.1} to {:.1})", ns[PASSES / 2], ns[0], ns[PASSES - 1]);
}

/// Processor time of this process.
fn cpu_ns() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
