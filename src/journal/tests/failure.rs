//! Two writers, a full disk, records that do not belong.

use std::fs::File;

use super::*;

#[test]
fn a_second_writer_is_refused_while_the_first_lives() {
    let place = Place::new();
    let writer = JournalWriter::create(&place.path, &open()).unwrap();
    assert!(matches!(JournalWriter::recover(&place.path), Err(JournalError::Locked { .. })));
    assert!(matches!(JournalWriter::create(&place.path, &open()), Err(JournalError::Exists { .. })));
    assert_eq!(records(&place.path).len(), 1, "readers need no lock");
    drop(writer);
    let first = JournalWriter::recover(&place.path).unwrap();
    assert!(matches!(JournalWriter::recover(&place.path), Err(JournalError::Locked { .. })));
    drop(first);
    assert!(JournalWriter::recover(&place.path).is_ok());
}

#[test]
fn a_draft_left_by_a_crash_is_taken_over_and_one_in_the_making_is_not() {
    let place = Place::new();
    let draft = place.path.with_file_name("day.himal-journal.new");
    fs::write(&draft, b"half a header, and longer than what takes its place\n".repeat(100)).unwrap();
    let making = File::open(&draft).unwrap();
    making.try_lock().unwrap();
    assert!(matches!(JournalWriter::create(&place.path, &open()), Err(JournalError::Locked { .. })));
    drop(making);
    JournalWriter::create(&place.path, &open()).unwrap();
    assert!(!draft.exists());
    assert_eq!(place.verdict(), Verdict::Intact);
}

#[test]
fn after_a_failed_write_nothing_more_is_taken_and_what_was_acknowledged_stands() {
    let full = || File::options().write(true).open("/dev/full");
    let Ok(device) = full() else {
        println!("skipped: this system has no device that is always full");
        return;
    };
    let place = Place::new();
    let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
    writer.append(&command(1, Command::Stop)).unwrap();
    writer.commit().unwrap();
    let (acknowledged, head) = (place.bytes(), writer.durable_head());

    writer.append(&command(2, Command::TakeBackStop)).unwrap();
    writer.replace_file(device);
    let error = writer.commit().unwrap_err();
    assert!(matches!(error, JournalError::Write { .. }) && error.is_disk_full(), "{error}");
    assert_eq!((writer.durable_seq(), writer.durable_head()), (2, head));
    let failed = |result: Result<(), JournalError>| matches!(result, Err(JournalError::Failed { .. }));
    assert!(failed(writer.commit()));
    assert!(failed(writer.checkpoint()));
    assert!(failed(writer.append(&command(3, Command::Stop)).map(drop)));
    assert!(failed(writer.close(close()).map(drop)));
    drop(writer);
    assert_eq!(place.bytes(), acknowledged);
    assert_eq!(JournalWriter::recover(&place.path).unwrap().writer.seq(), 2);
}

#[test]
fn a_folder_that_takes_no_file_is_an_error_with_its_name() {
    let place = Place::new();
    let nowhere = place.path.with_file_name("absent").join("j");
    let error = JournalWriter::create(&nowhere, &open()).unwrap_err();
    assert!(matches!(&error, JournalError::Write { file, .. } if file.contains("absent")), "{error}");
}

#[test]
fn records_that_do_not_belong_are_refused_and_change_nothing() {
    let place = Place::new();
    let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
    let before = (writer.seq(), writer.head());
    assert!(matches!(writer.append(&Body::Open(open())), Err(JournalError::Misplaced)));
    assert!(matches!(writer.append(&Body::Close(close())), Err(JournalError::Misplaced)));
    for name in ["", ".", "..", "../day", "a/b", "a\\b"] {
        let segment = Segment { name: name.into(), sha256: Hash::of(b""), events: 0 };
        assert!(
            matches!(writer.append(&Body::Segment(segment)), Err(JournalError::SegmentName(_))),
            "{name}"
        );
    }
    let words = "x".repeat(MAX_BODY_BYTES);
    let long = gateway(1, ReportKind::Rejected(RejectReason::Venue(words.as_str().into())));
    assert!(matches!(writer.append(&long), Err(JournalError::TooLong { .. })));
    assert_eq!((writer.seq(), writer.head()), before);
    writer.append(&command(1, Command::Stop)).unwrap();
    writer.close(close()).unwrap();
    assert_eq!(place.verdict(), Verdict::Intact);
}

#[test]
fn the_longest_record_is_written_and_read() {
    let place = Place::new();
    let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
    let reject = |words: &str| gateway(1, ReportKind::Rejected(RejectReason::Venue(words.into())));
    let room = MAX_BODY_BYTES - reject("").encode().unwrap().len();
    writer.append(&reject(&"x".repeat(room))).unwrap();
    assert!(writer.append(&reject(&"x".repeat(room + 1))).is_err());
    writer.close(close()).unwrap();
    assert_eq!(place.verdict(), Verdict::Intact);
    assert_eq!(records(&place.path).len(), 3);
}

#[test]
fn a_line_without_end_is_judged_without_holding_it() {
    let place = Place::new();
    write(&place.path, false);
    let bytes = place.bytes();
    let long = vec![b'7'; 3 * MAX_BODY_BYTES];
    place.put(&[&bytes[..], &long].concat());
    assert_eq!(place.verdict(), Verdict::TornTail { cut_at_seq: 11, bytes: long.len() as u64 });
    place.put(&[&bytes[..], &long, b"\n"].concat());
    assert_eq!(place.verdict(), Verdict::Corrupt { seq: 12, what: Damage::Line });
}
