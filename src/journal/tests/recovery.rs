//! What a restart finds after a cut at any byte.

use std::sync::Arc;

use super::super::header::HEADER_BYTES;
use super::super::snapshot::{self, NoSnapshot};
use super::*;
use crate::engine::{DaySetup, State};

#[test]
fn recovery_after_a_cut_at_every_byte_gives_exactly_the_whole_records() {
    let place = Place::new();
    write(&place.path, false);
    let bytes = place.bytes();
    let ends = line_ends(&bytes);
    let all = records(&place.path);
    for (zeros, step) in [(0, 1), (1, 17), (700, 23)] {
        for cut in (ends[1]..=bytes.len()).step_by(step) {
            let mut torn = bytes[..cut].to_vec();
            torn.resize(cut + zeros, 0);
            place.put(&torn);
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            let mut recovered = JournalWriter::recover(&place.path).unwrap();
            let read: Vec<Record> = recovered.records.by_ref().map(Result::unwrap).collect();
            assert_eq!(read, all[..whole], "cut at {cut}, {zeros} zeros after it");
            let tail = (torn.len() - ends[whole]) as u64;
            let wanted = (tail > 0).then_some(Torn { cut_at_seq: whole as u64, bytes: tail });
            assert_eq!((recovered.torn, recovered.finished, recovered.open), (wanted, false, open()));

            // It goes on as if nothing had been. (Every flush takes its time: not after each cut.)
            if cut % 8 != 0 {
                continue;
            }
            let mut writer = recovered.writer;
            assert_eq!(writer.append(&command(9, Command::ReleaseStop)).unwrap(), whole as u64 + 1);
            writer.close(close()).unwrap();
            drop(writer);
            assert_eq!(place.verdict(), Verdict::Intact);
            assert_eq!(records(&place.path).len(), whole + 2);
        }
    }
}

#[test]
fn recovery_refuses_what_was_acknowledged_and_is_damaged_and_changes_nothing() {
    let place = Place::new();
    write(&place.path, false);
    let bytes = place.bytes();
    let ends = line_ends(&bytes);
    for (i, seq) in [(ends[3] + 100, 4), (ends[0] + 1, 1), (20, 0)] {
        let mut bent = bytes.clone();
        bent[i] ^= 1;
        place.put(&bent);
        let error = JournalWriter::recover(&place.path).unwrap_err();
        assert!(matches!(error, JournalError::Corrupt { seq: s, .. } if s == seq), "{error}");
        assert_eq!(place.bytes(), bent);
    }
}

#[test]
fn a_crash_between_the_closing_record_and_the_header_is_completed() {
    let place = Place::new();
    let head = write(&place.path, true);
    let closed = place.bytes();
    let before = {
        let other = Place::new();
        write(&other.path, false);
        other.bytes()
    };
    place.put(&[&before[..HEADER_BYTES], &closed[HEADER_BYTES..]].concat());
    assert_eq!(place.verdict(), Verdict::Intact);
    let recovered = JournalWriter::recover(&place.path).unwrap();
    assert!(recovered.finished);
    assert_eq!(recovered.writer.head(), head);
    assert_eq!(place.bytes(), closed);
    let mut writer = recovered.writer;
    assert!(matches!(writer.append(&command(1, Command::Stop)), Err(JournalError::Finished { .. })));
    assert!(matches!(writer.close(close()), Err(JournalError::Finished { .. })));
    assert_eq!(place.bytes(), closed);
}

#[test]
fn a_clean_exit_leaves_a_checkpoint_that_a_lost_tail_shows_against() {
    let place = Place::new();
    let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
    bodies().iter().for_each(|body| assert!(writer.append(body).is_ok()));
    writer.checkpoint().unwrap();
    drop(writer);
    let bytes = place.bytes();
    let ends = line_ends(&bytes);
    place.put(&bytes[..ends[ends.len() - 2]]);
    let wanted = Verdict::Corrupt { seq: 11, what: Damage::Truncated { promised: 11 } };
    assert_eq!(place.verdict(), wanted);
}

#[test]
fn a_saved_state_is_taken_only_with_its_own_journal_and_day() {
    let place = Place::new();
    let setup = Arc::new(DaySetup::default());
    let load = || snapshot::load_latest(&place.path, &setup);
    let mut writer = JournalWriter::create(&place.path, &open()).unwrap();
    assert!(matches!(load(), Err(NoSnapshot::Missing)));

    writer.append(&command(1, Command::Stop)).unwrap();
    let mut state = State::new(Arc::clone(&setup)).unwrap();
    let stop = Input {
        at: at(1),
        seq: 2,
        event: Event::Command(crate::engine::OperatorCommand {
            by: OperatorId::new("trader1"),
            command: Command::Stop,
        }),
    };
    crate::engine::apply(&mut state, &stop);
    let position = StreamPosition { rows: 1, clocks: 1 };
    snapshot::save(&mut writer, position, &state).unwrap();
    writer.append(&command(2, Command::ReleaseStop)).unwrap();
    writer.commit().unwrap();

    let restored = load().unwrap();
    assert_eq!((restored.seq, restored.position), (2, position));
    assert_eq!(restored.state.state_hash(), state.state_hash());
    assert_eq!(restored.state.digest(), state.digest());

    let other = DaySetup { date: SessionDate::new(2020, 1, 1).unwrap(), ..DaySetup::default() };
    let wrong_day = snapshot::load_latest(&place.path, &Arc::new(other));
    assert!(matches!(wrong_day, Err(NoSnapshot::OtherDay)));

    let sidecar = snapshot::path_of(&place.path);
    let good = fs::read(&sidecar).unwrap();
    for i in 0..good.len() {
        let mut bent = good.clone();
        bent[i] ^= 4;
        fs::write(&sidecar, &bent).unwrap();
        assert!(matches!(load(), Err(NoSnapshot::Damaged)), "byte {i}");
    }
    fs::write(&sidecar, &good).unwrap();
    drop(writer);
    fs::remove_file(&place.path).unwrap();
    let mut another = JournalWriter::create(&place.path, &open()).unwrap();
    another.append(&command(5, Command::Stop)).unwrap();
    another.commit().unwrap();
    assert!(matches!(load(), Err(NoSnapshot::NotInJournal { seq: 2 })));
}
