//! The journal as a whole: what is written comes back, and what is changed is found.

mod chain;
mod failure;
mod life;
mod recovery;
mod tamper;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::engine::{CancelScope, Command, Event, Input, OperatorId, SeenOrder};
use crate::execution::{
    ClientOrderId, ExecutionId, ExecutionReport, NewOrder, RejectReason, ReportKind, VenueOrderId,
};
use crate::market::{
    AccountId, EventFlags, InstrumentId, MarketData, MarketEvent, Price, Qty, SessionDate, Side, SourceId,
    Timestamp, TradePrint,
};

/// A journal in a folder of its own.
struct Place {
    _dir: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("day.himal-journal");
        Self { _dir: dir, path }
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// Writes over what is there: emptying a file first makes some systems flush it.
    fn put(&self, bytes: &[u8]) {
        let file = fs::File::options().write(true).create(true).truncate(false).open(&self.path).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
    }

    fn verdict(&self) -> Verdict {
        verify(&self.path).unwrap().verdict
    }
}

fn open() -> Open {
    let date = SessionDate::new(2026, 4, 21).unwrap();
    let day = DayRef { title: "SIMULATED quiet".into(), date, content_sha256: Hash::of(b"day"), rows: 9 };
    Open::new(SessionKind::Replay, day, 0xFEED_F00D_DEAD_BEEF)
}

fn close() -> Close {
    let position = StreamPosition { rows: 9, clocks: 4 };
    Close { position, state_hash: Hash::of(b"state"), decisions: Hash::of(b"outputs"), outputs: 12 }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_ns(1_776_749_400_000_000_000 + second * 1_000_000_000)
}

fn submit(qty: i64) -> Command {
    Command::SubmitOrder(NewOrder {
        account: AccountId::new("MAIN"),
        instrument: InstrumentId(3),
        side: Side::Buy,
        qty: Qty::from_units(qty),
        limit: Price::from_units(50_100),
    })
}

fn command(second: i64, command: Command) -> Body {
    let position = StreamPosition { rows: second.unsigned_abs(), clocks: 1 };
    Body::Command { at: at(second), position, by: OperatorId::new("trader1"), command }
}

fn gateway(second: i64, kind: ReportKind) -> Body {
    let position = StreamPosition { rows: second.unsigned_abs(), clocks: 2 };
    Body::Gateway { at: at(second), position, report: ExecutionReport { no: 0, id: ClientOrderId(2), kind } }
}

fn trade() -> Body {
    let print = TradePrint {
        price: Price::from_units(50_050),
        qty: Qty::from_units(20),
        aggressor: None,
        buyer: None,
        seller: None,
        contract: None,
    };
    let event = MarketEvent {
        at: at(3),
        seq: 1,
        source: SourceId(0),
        instrument: InstrumentId(3),
        flags: EventFlags::LAST,
        data: MarketData::Trade(print),
    };
    Body::Input { input: Input { at: at(3), seq: 0, event: Event::Market(event) } }
}

/// One of every kind that `append` takes, with text that JSON must escape.
fn bodies() -> Vec<Body> {
    let seen = SeenOrder { left: Qty::from_units(60), limit: Price::from_units(50_100) };
    vec![
        command(1, submit(100)),
        gateway(2, ReportKind::Accepted { venue_id: VenueOrderId("V-1".into()), queue_ahead: None }),
        trade(),
        gateway(
            3,
            ReportKind::Filled {
                execution: ExecutionId("E-1".into()),
                qty: Qty::from_units(40),
                price: Price::from_units(50_100),
            },
        ),
        command(
            4,
            Command::AmendOrder {
                id: ClientOrderId(2),
                qty: Qty::from_units(80),
                limit: Price::from_units(50_000),
                seen,
            },
        ),
        Body::Mark { position: StreamPosition { rows: 5, clocks: 2 }, digest: Hex64(7) },
        Body::Segment(Segment { name: "seg-1".into(), sha256: Hash::of(b"segment"), events: 3 }),
        gateway(6, ReportKind::AmendRejected(RejectReason::Venue("no:\n\"nul\" \0 नेप्से".into()))),
        command(7, Command::CancelMany(CancelScope::Side(InstrumentId(3), Side::Sell))),
        command(8, Command::Stop),
    ]
}

/// A journal with one of every kind, closed or left open with its last commit uncheckpointed.
fn write(path: &Path, closed: bool) -> Hash {
    let mut writer = JournalWriter::create(path, &open()).unwrap();
    for (i, body) in bodies().iter().enumerate() {
        writer.append(body).unwrap();
        if i % 3 == 2 {
            writer.commit().unwrap();
        }
    }
    writer.commit().unwrap();
    if closed { writer.close(close()).unwrap() } else { writer.head() }
}

fn records(path: &Path) -> Vec<Record> {
    JournalReader::open(path).unwrap().map(Result::unwrap).collect()
}

/// Where each record's line ends, the header's end first.
fn line_ends(bytes: &[u8]) -> Vec<usize> {
    bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1).collect()
}
