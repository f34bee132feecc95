//! What was written comes back, a torn tail at any byte is cut, damage is named.

use proptest::prelude::*;

use super::*;
use crate::execution::{Line, LineState};
use crate::feed::day::DayMeta;
use crate::market::{
    Board, EventFlags, Instrument, InstrumentId, LevelUpdate, MarketData, Price, Qty, SessionDate, Side,
    SourceId, Symbol, Universe,
};

fn day() -> DayMeta {
    let universe = Universe::new([Instrument::nepse(Symbol::new("NABIL"))]);
    DayMeta::new(SessionDate::new(2026, 8, 20).unwrap(), Board::Nepse, "a day", universe)
}

fn heard(n: i64) -> Heard {
    let level = LevelUpdate {
        side: if n % 2 == 0 { Side::Buy } else { Side::Sell },
        price: Price::from_units(50_000 + n),
        qty: Qty::from_units(n * 10),
        orders: 1,
    };
    let event = MarketEvent {
        at: Timestamp::from_ns(n),
        seq: n as u64,
        source: SourceId(1),
        instrument: InstrumentId(0),
        flags: EventFlags::LAST,
        data: MarketData::Level(level),
    };
    let what = match n % 5 {
        0 => HeardWhat::Clock,
        1 => HeardWhat::Line(LineNews { line: Line::Feed(SourceId(1)), state: LineState::Gap }),
        _ => HeardWhat::Market(event),
    };
    Heard { at: Timestamp::from_ns(n), what }
}

fn all(reader: &mut RecordingReader) -> Vec<Heard> {
    std::iter::from_fn(|| reader.next_entry().unwrap()).collect()
}

#[test]
fn what_was_heard_comes_back_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.seg-0001");
    let mut writer = RecordingWriter::create(&path, &day()).unwrap();
    let entries: Vec<Heard> = (0..20_000).map(heard).collect();
    for (n, heard) in entries.iter().enumerate() {
        writer.add(heard).unwrap();
        if n % 777 == 0 {
            writer.flush().unwrap();
        }
    }
    let finished = writer.finish().unwrap();
    assert_eq!((finished.entries, finished.name.as_str()), (20_000, "a.seg-0001"));
    assert_eq!(RecordingReader::finished(&path).unwrap(), finished);
    let mut reader = RecordingReader::open(&path).unwrap();
    assert_eq!(reader.day(), &day());
    assert_eq!(reader.torn(), None);
    assert!(all(&mut reader) == entries);
    // A second one under the same name would lose the first.
    assert!(matches!(RecordingWriter::create(&path, &day()), Err(RecordingError::Io { .. })));
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_everything_before_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.seg-0001");
    let mut writer = RecordingWriter::create(&path, &day()).unwrap();
    let head = writer.bytes() as usize;
    for n in 0..40 {
        writer.add(&heard(n)).unwrap();
        if n % 10 == 9 {
            writer.flush().unwrap();
        }
    }
    writer.sync().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for length in head..=bytes.len() {
        let mut reader = RecordingReader::from_bytes("cut", bytes[..length].to_vec()).unwrap();
        let torn = reader.torn();
        let got = all(&mut reader);
        assert_eq!(got.len() % 10, 0);
        assert!(got.iter().enumerate().all(|(n, h)| *h == heard(n as i64)), "cut at {length}");
        assert_eq!(torn.map_or(length as u64, |t| t.at + t.bytes), length as u64);
        if let Some(torn) = torn {
            std::fs::write(&path, &bytes[..length]).unwrap();
            RecordingReader::cut_tail(&path, torn).unwrap();
            let mut again = RecordingReader::open(&path).unwrap();
            assert_eq!((again.torn(), all(&mut again)), (None, got));
        }
    }
    for length in 0..head {
        let error = RecordingReader::from_bytes("cut", bytes[..length].to_vec()).unwrap_err();
        assert!(matches!(error, RecordingError::NotOne { .. }), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_changed_byte_is_never_another_entry(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.seg-0001");
        let mut writer = RecordingWriter::create(&path, &day()).unwrap();
        for n in 0..30 {
            writer.add(&heard(n)).unwrap();
            writer.flush().unwrap();
        }
        drop(writer);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let Ok(mut reader) = RecordingReader::from_bytes("changed", bytes) else { return Ok(()) };
        let mut n = 0;
        while let Ok(Some(got)) = reader.next_entry() {
            prop_assert!(got == heard(n));
            n += 1;
        }
    }

    #[test]
    fn any_bytes_are_refused_in_words(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut whole = MAGIC.to_vec();
        whole.extend(VERSION.to_le_bytes());
        whole.extend(&bytes);
        for bytes in [bytes, whole] {
            if let Ok(mut reader) = RecordingReader::from_bytes("any", bytes) {
                while let Ok(Some(_)) = reader.next_entry() {}
            }
        }
    }
}
