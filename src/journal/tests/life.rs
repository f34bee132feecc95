//! From creation to the closing record, and what is read from it.

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_written_comes_back() {
    let place = Place::new();
    let head = write(&place.path, true);
    let read = records(&place.path);
    let mut wanted = vec![Body::Open(open())];
    wanted.extend(bodies());
    wanted.push(Body::Close(close()));
    assert_eq!(read.iter().map(|r| r.body.clone()).collect::<Vec<_>>(), wanted);
    assert!(read.iter().map(|r| r.seq).eq(1..=wanted.len() as u64));
    assert_eq!(read.last().unwrap().hash, head);

    let report = verify(&place.path).unwrap();
    assert_eq!((report.verdict, report.finished, report.head), (Verdict::Intact, true, head));
    assert_eq!(report.records, wanted.len() as u64);
    assert_eq!(JournalReader::opening(&place.path).unwrap(), open());
}

#[test]
fn the_head_does_not_depend_on_how_records_were_batched() {
    let chains: Vec<Hash> = [1, 4, 100]
        .into_iter()
        .map(|batch| {
            let place = Place::new();
            let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
            for (i, body) in bodies().iter().enumerate() {
                writer.append(body).unwrap();
                if i % batch == 0 {
                    writer.commit().unwrap();
                    writer.checkpoint().unwrap();
                }
            }
            writer.close(close()).unwrap()
        })
        .collect();
    let mut memory = JournalWriter::in_memory(&open()).unwrap();
    bodies().iter().for_each(|body| assert!(memory.append(body).is_ok()));
    assert!(!memory.is_on_disk());
    let in_memory = memory.close(close()).unwrap();
    assert!(chains.iter().all(|head| *head == in_memory), "{chains:?}");
}

#[test]
fn nothing_is_durable_before_the_commit_and_all_of_it_after() {
    let place = Place::new();
    let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
    assert_eq!((writer.seq(), writer.durable_seq()), (1, 1));
    assert_eq!(writer.append(&command(1, Command::Stop)).unwrap(), 2);
    assert_eq!(writer.append(&command(2, Command::TakeBackStop)).unwrap(), 3);
    assert_eq!((writer.seq(), writer.durable_seq()), (3, 1));
    assert_eq!(records(&place.path).len(), 1);
    writer.commit().unwrap();
    assert_eq!((writer.durable_seq(), writer.durable_head()), (3, writer.head()));
    assert_eq!(records(&place.path).len(), 3);
    let before = place.bytes();
    writer.commit().unwrap();
    assert_eq!(place.bytes(), before, "a commit of nothing writes nothing");
}

#[test]
fn export_and_show_say_every_record_the_same_way_each_time() {
    let place = Place::new();
    write(&place.path, true);
    let (mut first, mut second, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    assert_eq!(export(&place.path, &mut first).unwrap(), None);
    export(&place.path, &mut second).unwrap();
    show(&place.path, &mut shown).unwrap();
    assert_eq!(first, second);
    let read = records(&place.path);
    let lines: Vec<serde_json::Value> =
        first.split_inclusive(|b| *b == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect();
    assert_eq!(lines.len(), read.len());
    for (line, record) in lines.iter().zip(&read) {
        assert_eq!(line["seq"], record.seq);
        assert_eq!(line["hash"], record.hash.to_string());
        assert_eq!(line["kind"], record.body.kind());
    }
    assert!(
        first.starts_with(format!("{{\"seq\":1,\"hash\":\"{}\",\"kind\":\"open\",", read[0].hash).as_bytes())
    );
    let shown = String::from_utf8(shown).unwrap();
    assert_eq!(shown.lines().count(), read.len(), "a newline in the venue's own words is not one of ours");
    assert!(shown.contains("नेप्से") && !shown.contains('\0'));
}

#[test]
fn words_are_those_of_the_trade() {
    let rows = [
        (command(1, submit(100)), "trader1: submit BUY 100 instrument 3 @ 501.00 for MAIN"),
        (command(1, Command::Stop), "trader1: STOP"),
        (command(1, Command::CancelOrder { id: ClientOrderId(7) }), "trader1: cancel P-0007"),
        (gateway(1, ReportKind::Cancelled), "P-0002 cancelled"),
        (gateway(1, ReportKind::Unknown), "P-0002 UNKNOWN: asked and not answered"),
        (trade(), "market event about instrument 3"),
        (
            Body::Open(open()),
            concat!("replay of SIMULATED quiet (2026-04-21), 9 events, engine ", env!("CARGO_PKG_VERSION")),
        ),
    ];
    for (body, words) in rows {
        assert_eq!(body.words(), words);
    }
}

#[test]
fn segments_beside_the_journal_are_checked() {
    let place = Place::new();
    write(&place.path, true);
    let segment = place.path.with_file_name("seg-1");
    let rows: [(Option<&[u8]>, SegmentState); 3] = [
        (None, SegmentState::Missing),
        (Some(b"segment"), SegmentState::Matches),
        (Some(b"sEgment"), SegmentState::Differs),
    ];
    for (content, state) in rows {
        if let Some(content) = content {
            fs::write(&segment, content).unwrap();
        }
        let report = verify(&place.path).unwrap();
        assert_eq!(report.segments, [SegmentCheck { seq: 8, name: "seg-1".into(), state }]);
        let bad = Verdict::Corrupt { seq: 8, what: Damage::Segment { name: "seg-1".into() } };
        assert_eq!(report.verdict, if state == SegmentState::Differs { bad } else { Verdict::Intact });
    }
}

fn any_body() -> impl Strategy<Value = Body> {
    let text = any::<String>();
    let position = || any::<(u64, u64)>().prop_map(|(rows, clocks)| StreamPosition { rows, clocks });
    let order = (text, any::<(u32, bool, i64, i64)>()).prop_map(|(name, (instrument, buy, qty, limit))| {
        Command::SubmitOrder(NewOrder {
            account: AccountId::new(&name),
            instrument: InstrumentId(instrument),
            side: if buy { Side::Buy } else { Side::Sell },
            qty: Qty::from_units(qty),
            limit: Price::from_units(limit),
        })
    });
    let command = prop_oneof![
        order,
        Just(Command::Stop),
        any::<u64>().prop_map(|id| Command::CancelOrder { id: ClientOrderId(id) }),
        any::<(u64, i64)>()
            .prop_map(|(alert, ns)| Command::ShelveAlert { alert, until: Timestamp::from_ns(ns) }),
    ];
    let report = (any::<u64>(), any::<String>()).prop_map(|(id, words)| ExecutionReport {
        no: 0,
        id: ClientOrderId(id),
        kind: ReportKind::Rejected(RejectReason::Venue(words)),
    });
    prop_oneof![
        (any::<i64>(), position(), any::<String>(), command).prop_map(|(ns, position, by, command)| {
            Body::Command { at: Timestamp::from_ns(ns), position, by: OperatorId::new(&by), command }
        }),
        (any::<i64>(), position(), report).prop_map(|(ns, position, report)| Body::Gateway {
            at: Timestamp::from_ns(ns),
            position,
            report
        }),
        (position(), any::<u64>()).prop_map(|(position, d)| Body::Mark { position, digest: Hex64(d) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_records_come_back_as_they_were(
        written in prop::collection::vec((any_body(), any::<bool>()), 0..20),
        finish: bool,
    ) {
        let place = Place::new();
        let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
        for (body, commit) in &written {
            writer.append(body).unwrap();
            if *commit {
                writer.commit().unwrap();
            }
        }
        writer.commit().unwrap();
        if finish {
            writer.close(close()).unwrap();
        }
        let read: Vec<Body> = records(&place.path).into_iter().skip(1).map(|r| r.body).collect();
        prop_assert_eq!(place.verdict(), Verdict::Intact);
        prop_assert!(written.iter().map(|(body, _)| body).eq(read.iter().take(written.len())));
        prop_assert_eq!(read.len(), written.len() + usize::from(finish));
    }
}
