use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::feed::FeedError;
use crate::market::{
    Board, BrokerId, ContractNo, EventFlags, Halt, IndexValue, Instrument, InstrumentId, LevelUpdate,
    MarketData, MarketEvent, Money, Price, Qty, SessionDate, SessionPhase, Side, SourceId, Symbol, Timestamp,
    TradePrint, Universe,
};

fn meta() -> DayMeta {
    let universe = Universe::new(["NABIL", "SCB", "UPPER"].map(|s| Instrument::nepse(Symbol::new(s))));
    DayMeta::new(SessionDate::new(2024, 7, 2).unwrap(), Board::Nepse, "a day", universe)
}

fn write(path: &Path, meta: DayMeta, events: &[MarketEvent]) {
    let mut writer = DayWriter::create(path, meta).unwrap();
    for event in events {
        writer.push(event).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), events.len() as u64);
}

fn read(reader: &DayReader) -> Vec<MarketEvent> {
    reader.events().collect::<Result<_, _>>().unwrap()
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn price() -> impl Strategy<Value = Price> {
    any::<i64>().prop_map(Price::from_units)
}

fn level() -> impl Strategy<Value = LevelUpdate> {
    (side(), price(), any::<i64>().prop_map(Qty::from_units), any::<u32>())
        .prop_map(|(side, price, qty, orders)| LevelUpdate { side, price, qty, orders })
}

fn data() -> impl Strategy<Value = MarketData> {
    let trade = (
        price(),
        any::<i64>().prop_map(Qty::from_units),
        prop::option::of(side()),
        prop::option::of(any::<u16>().prop_map(BrokerId)),
        prop::option::of(any::<u16>().prop_map(BrokerId)),
        prop::option::of(any::<u64>().prop_map(ContractNo)),
    )
        .prop_map(|(price, qty, aggressor, buyer, seller, contract)| {
            MarketData::Trade(TradePrint { price, qty, aggressor, buyer, seller, contract })
        });
    let phase = prop_oneof![
        Just(SessionPhase::Closed),
        Just(SessionPhase::PreOpen),
        Just(SessionPhase::PreOpenMatch),
        Just(SessionPhase::Continuous),
        Just(SessionPhase::Ended),
    ];
    let until = prop::option::of(any::<i64>().prop_map(Timestamp::from_ns));
    prop_oneof![
        4 => trade,
        4 => level().prop_map(MarketData::Level),
        2 => level().prop_map(MarketData::Snapshot),
        1 => prop::option::of(side()).prop_map(MarketData::Clear),
        1 => phase.prop_map(MarketData::Session),
        1 => (prop::option::of(any::<u8>()), until)
            .prop_map(|(level, until)| MarketData::Halt(Halt::Start { level, until })),
        1 => Just(MarketData::Halt(Halt::End)),
        1 => (any::<i64>(), prop::option::of(any::<i64>())).prop_map(|(points_e2, previous_close_e2)| {
            MarketData::Index(IndexValue { points_e2, previous_close_e2 })
        }),
    ]
}

fn events(max: usize) -> impl Strategy<Value = Vec<MarketEvent>> {
    let event = (0i64..3, any::<u64>(), 0u16..3, 0u32..4, any::<u8>(), data());
    prop::collection::vec(event, 0..max).prop_map(|rows| {
        let mut at = 1_719_900_000_000_000_000;
        let mut list: Vec<_> = rows
            .into_iter()
            .map(|(gap, seq, source, instrument, flags, data)| {
                at += gap;
                let instrument = if instrument == 3 { MarketEvent::MARKET } else { InstrumentId(instrument) };
                MarketEvent {
                    at: Timestamp::from_ns(at),
                    seq,
                    source: SourceId(source),
                    instrument,
                    flags: EventFlags(flags),
                    data,
                }
            })
            .collect();
        list.sort_by_key(|e| (e.at, e.source, e.seq));
        list
    })
}

fn ticks(count: usize) -> Vec<MarketEvent> {
    (0..count as i64)
        .map(|i| MarketEvent {
            at: Timestamp::from_ns(1_000_000_000 + (i / 3) * 10),
            seq: i.cast_unsigned(),
            source: SourceId(0),
            instrument: InstrumentId((i % 3) as u32),
            flags: EventFlags::LAST,
            data: MarketData::Level(LevelUpdate {
                side: if i % 2 == 0 { Side::Buy } else { Side::Sell },
                price: Price::from_units(50_000 + i % 97),
                qty: Qty::from_units(i % 1_000),
                orders: (i % 5) as u32,
            }),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn events_come_out_as_they_went_in(list in events(200)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("day.parquet");
        write(&path, meta(), &list);
        let reader = DayReader::open(&path).unwrap();
        prop_assert_eq!(reader.rows(), list.len() as u64);
        prop_assert_eq!(read(&reader), list);
        prop_assert_eq!(reader.meta(), &meta());
    }
}

#[test]
fn memory_and_file_give_the_same_day_and_the_same_hash() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day.parquet");
    let list = ticks(1_000);
    write(&path, meta(), &list);
    let (from_file, bytes) = (DayReader::open(&path).unwrap(), fs::read(&path).unwrap());
    let from_memory = DayReader::from_bytes("bundled", bytes.clone()).unwrap();
    assert_eq!(read(&from_memory), read(&from_file));
    assert_eq!(from_memory.content_hash().unwrap(), from_file.content_hash().unwrap());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no partial file is left");
    write(&path, meta(), &list);
    assert_eq!(fs::read(&path).unwrap(), bytes, "the same day is the same bytes");
}

#[test]
fn a_stream_starts_at_any_row_or_moment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day.parquet");
    let list = ticks(GROUP_ROWS * 2 + 500);
    write(&path, meta(), &list);
    let reader = DayReader::open(&path).unwrap();
    for row in
        [0, 1, GROUP_ROWS - 1, GROUP_ROWS, GROUP_ROWS + 1, 2 * GROUP_ROWS + 499, list.len(), usize::MAX]
    {
        let mut stream = reader.seek_row(row as u64);
        if row < list.len() {
            assert_eq!(stream.next_row(), row as u64);
        }
        let got = stream.next().map(Result::unwrap);
        assert_eq!(got, list.get(row).copied(), "row {row}");
        assert_eq!(stream.count(), list.len().saturating_sub(row).saturating_sub(1), "after row {row}");
    }
    let last = list.last().unwrap().at.ns();
    let edge = list[GROUP_ROWS].at.ns();
    for ns in [0, 1_000_000_000, 1_000_000_001, edge - 1, edge, edge + 1, last, last + 1] {
        let first = list.iter().position(|e| e.at.ns() >= ns);
        let mut stream = reader.seek(Timestamp::from_ns(ns));
        assert_eq!(stream.next().map(Result::unwrap), first.map(|i| list[i]), "at {ns}");
        if let Some(first) = first {
            assert_eq!(stream.next_row(), first as u64 + 1, "at {ns}");
        }
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day.parquet");
    let list = ticks(8);
    let mut writer = DayWriter::create(&path, meta()).unwrap();
    writer.push(&list[4]).unwrap();
    let older = MarketEvent { at: Timestamp::from_ns(1), ..list[5] };
    assert!(matches!(writer.push(&older), Err(FeedError::OutOfOrder { row: 1, .. })));
    let earlier_seq = MarketEvent { at: list[4].at, seq: 0, ..list[4] };
    assert!(matches!(writer.push(&earlier_seq), Err(FeedError::OutOfOrder { row: 1, .. })));
    let unknown = MarketEvent { instrument: InstrumentId(3), ..list[7] };
    assert!(matches!(writer.push(&unknown), Err(FeedError::UnknownInstrument { row: 1, .. })));
    drop(writer);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "a day that was not finished leaves nothing");
    let nowhere = DayWriter::create(&dir.path().join("no/such/day.parquet"), meta());
    assert!(matches!(nowhere, Err(FeedError::Unwritable { .. })));
}

#[test]
fn a_simulated_day_says_so_and_an_account_travels() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day.parquet");
    let holding = StartingHolding {
        symbol: Symbol::new("SCB"),
        qty: Qty::from_units(40),
        wacc: Some(Price::from_units(61_050)),
    };
    let account = StartingAccount { cash: Money::from_paisa(1_000_000_000), holdings: vec![holding] };
    let written = DayMeta { simulated: true, depth: true, account: Some(account.clone()), ..meta() };
    write(&path, written, &ticks(3));
    let reader = DayReader::open(&path).unwrap();
    assert_eq!(reader.meta().title, "SIMULATED a day");
    assert!(reader.meta().simulated && reader.meta().depth);
    assert_eq!(reader.meta().account, Some(account));
    assert!(reader.check_replayable().is_ok());
}

#[test]
fn untimed_days_and_daily_bars_are_not_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day.parquet");
    write(&path, DayMeta { timed: false, ..meta() }, &ticks(3));
    let untimed = DayReader::open(&path).unwrap().check_replayable();
    assert!(matches!(untimed, Err(FeedError::Untimed { .. })));

    let price = Price::from_units;
    let bar = DailyBar {
        date: SessionDate::new(2024, 7, 2).unwrap(),
        instrument: InstrumentId(1),
        open: price(1),
        high: price(4),
        low: price(1),
        close: price(3),
        volume: Qty::from_units(10),
        previous_close: None,
    };
    let later =
        DailyBar { date: SessionDate::new(2024, 7, 3).unwrap(), previous_close: Some(price(3)), ..bar };
    let mut writer = DayWriter::create(&path, DayMeta { daily: true, timed: false, ..meta() }).unwrap();
    writer.push_bar(&bar).unwrap();
    writer.push_bar(&later).unwrap();
    assert!(matches!(writer.push_bar(&bar), Err(FeedError::OutOfOrder { row: 2, .. })));
    writer.finish().unwrap();
    let reader = DayReader::open(&path).unwrap();
    assert!(matches!(reader.check_replayable(), Err(FeedError::DailyBars { .. })));
    assert_eq!(reader.bars().unwrap(), [bar, later]);
    assert!(reader.events().next().unwrap().is_err());
}

#[test]
fn every_way_a_file_can_be_wrong_has_its_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day.parquet");
    write(&path, meta(), &ticks(5_000));
    let good = fs::read(&path).unwrap();
    let open = |bytes: &[u8]| DayReader::from_bytes("x", bytes.to_vec()).map(|_| ());

    assert!(matches!(DayReader::open(&dir.path().join("none")), Err(FeedError::Unreadable { .. })));
    assert!(matches!(DayReader::open(dir.path()), Err(FeedError::Unreadable { .. })));
    for garbage in [&b""[..], b"PAR", b"himal", b"symbol,price\nNABIL,1\n"] {
        assert!(matches!(open(garbage), Err(FeedError::NotParquet { .. })), "{garbage:?}");
    }
    for keep in [4, 11, 12, 100, good.len() / 2, good.len() - 1] {
        assert!(matches!(open(&good[..keep]), Err(FeedError::Truncated { .. })), "{keep} bytes");
    }
    let mut damaged = good.clone();
    damaged[good.len() / 8] ^= 0x10;
    let reader = DayReader::from_bytes("x", damaged).unwrap();
    let mut events = reader.events();
    assert!(matches!(events.next(), Some(Err(FeedError::Damaged { group: 0, .. }))));
    assert!(events.next().is_none(), "nothing comes after an error");
}

#[test]
fn changed_bytes_are_an_error_and_never_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day.parquet");
    let list = ticks(300);
    write(&path, meta(), &list);
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        for mask in [1u8 << (at % 8), 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= mask;
            let Ok(reader) = DayReader::from_bytes("x", bytes) else { continue };
            let got: Result<Vec<_>, _> = reader.events().collect();
            if let Ok(got) = got {
                assert_eq!(got, list, "byte {at} changed what was read and nobody noticed");
            }
        }
    }
}

/// A Parquet file of one row with `message` as its schema and `keys` in its footer.
fn other_parquet(message: &str, keys: &[(&str, &str)]) -> Vec<u8> {
    use parquet::data_type::Int64Type;
    use parquet::file::metadata::KeyValue;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    let schema = std::sync::Arc::new(parse_message_type(message).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    while let Some(mut column) = group.next_column().unwrap() {
        column.typed::<Int64Type>().write_batch(&[1], None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    for (key, value) in keys {
        writer.append_key_value_metadata(KeyValue::new((*key).to_owned(), (*value).to_owned()));
    }
    writer.into_inner().unwrap()
}

#[test]
fn another_parquet_file_is_told_apart() {
    let other = "message other { required int64 ts_ns; required int64 price; }";
    match DayReader::from_bytes("x", other_parquet(other, &[])) {
        Err(FeedError::WrongColumns { missing, .. }) => {
            assert_eq!(missing[0], "seq");
            assert!(missing.contains(&"price as optional int64".to_owned()), "{missing:?}");
            assert!(!missing.contains(&"ts_ns".to_owned()), "{missing:?}");
        }
        other => panic!("{other:?}"),
    }
    let newer = DayReader::from_bytes("x", other_parquet(other, &[("himal.schema", "2")]));
    assert!(matches!(newer, Err(FeedError::NewerSchema { found: 2, known: SCHEMA, .. })));
}
