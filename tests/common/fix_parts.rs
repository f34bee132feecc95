//! The parts of the line over FIX by themselves: its file, its sequence numbers, its bytes.

use std::path::Path;

use himal::market::Timestamp;
use himal::runtime::live::fix::wire::{self, Frames};
use himal::runtime::live::fix::{FixSettings, Numbers};
use hotfix::store::MessageStore;
use proptest::prelude::*;

const LEAST: &str =
    "host = 'broker.example'\nport = 9876\nsender = 'HIMAL'\ntarget = 'BROKER'\naccount = '07'\n";

fn read(more: &str) -> Result<FixSettings, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("login"), "him\nsecret word\n").unwrap();
    let path = folder.path().join("session.toml");
    std::fs::write(&path, format!("{LEAST}{more}")).unwrap();
    FixSettings::read(&path).map_err(|e| e.what)
}

#[test]
fn a_file_is_read_or_refused_by_what_it_says() {
    let least = read("").unwrap();
    assert_eq!((least.heartbeat, least.positions, least.login.is_none()), (30, false, true));
    assert!(!least.simulated, "what is not said is taken for real money");
    assert_eq!(least.numbers(Path::new("/j/live-1.journal")), Path::new("/j/live-1.fix"));
    let more = read("login = 'login'\nstore = 'numbers'\ntls = true\ncash = true").unwrap();
    assert_eq!(more.login, Some(("him".to_owned(), "secret word".to_owned())));
    assert!(more.numbers(Path::new("/j/a.journal")).ends_with("numbers/HIMAL-BROKER.fix"));
    for (wrong, why) in [
        ("heartbeat = 0", "heartbeat: 1 to 120"),
        ("ca = 'ca.pem'", "ca: without tls"),
        ("password = 'x'", "unknown field `password`"),
        ("login = 'nowhere'", "No such file"),
        ("tls = true\nca = 'nowhere.pem'", "nowhere.pem"),
    ] {
        let error = read(wrong).err().unwrap();
        assert!(error.contains(why), "{wrong}: {error}");
    }
}

fn open(path: &Path) -> std::io::Result<Numbers> {
    Numbers::open(path, "HIMAL", "BROKER")
}

#[tokio::test]
async fn what_is_not_in_the_journal_has_not_been_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fix");
    let mut numbers = open(&path).unwrap();
    for sequence in 1..=5 {
        if sequence == 3 || sequence == 4 {
            numbers.hearing(sequence);
        }
        numbers.increment_target_seq_number().await.unwrap();
    }
    numbers.increment_sender_seq_number().await.unwrap();
    assert_eq!((numbers.next_target_seq_number(), numbers.next_sender_seq_number()), (6, 2));
    // The process dies: 3 and 4 are asked for again, and 5 behind them.
    assert_eq!(open(&path).unwrap().next_target_seq_number(), 3);
    numbers.settle(4).unwrap();
    assert_eq!(open(&path).unwrap().next_target_seq_number(), 3);
    numbers.settle(3).unwrap();
    let again = open(&path).unwrap();
    assert_eq!((again.next_target_seq_number(), again.next_sender_seq_number()), (6, 2));
    numbers.reset().await.unwrap();
    assert_eq!(open(&path).unwrap().next_target_seq_number(), 1);
    std::fs::write(&path, "something else\n").unwrap();
    assert!(open(&path).unwrap_err().to_string().contains("not a file of sequence numbers"));
}

#[tokio::test]
async fn whoever_asks_for_what_was_sent_gets_two_heartbeats() {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = open(&folder.path().join("a.fix")).unwrap();
    for _ in 0..9 {
        numbers.increment_sender_seq_number().await.unwrap();
    }
    for (begin, end, want) in
        [(2, 9, vec![2, 10]), (9, 9, vec![9, 10]), (3, 400, vec![3, 10]), (10, 9, vec![]), (0, 9, vec![])]
    {
        let slice = numbers.get_slice(begin, end).await.unwrap();
        let text: Vec<String> =
            slice.iter().map(|m| String::from_utf8_lossy(m).replace('\u{1}', "|")).collect();
        assert_eq!(text.len(), want.len(), "{begin} to {end}: {text:?}");
        for (text, sequence) in text.iter().zip(want) {
            assert!(text.contains("|35=0|") && text.contains(&format!("|34={sequence}|")), "{text}");
        }
    }
}

fn message(fields: &str) -> Vec<u8> {
    let body = fields.replace('|', "\u{1}");
    let mut whole = format!("8=FIX.4.4\u{1}9={}\u{1}{body}", body.len()).into_bytes();
    let sum = whole.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    whole.extend_from_slice(format!("10={sum:03}\u{1}").as_bytes());
    whole
}

#[test]
fn a_logon_gets_the_user_and_stays_whole() {
    let login = ("him".to_owned(), "secret".to_owned());
    let logon = message("35=A|49=HIMAL|56=BROKER|34=1|98=0|108=30|");
    let with = wire::with_login(&logon, Some(&login));
    assert_eq!(with, message("35=A|49=HIMAL|56=BROKER|34=1|98=0|108=30|553=him|554=secret|"));
    let mut frames = Frames::default();
    frames.add(&with);
    assert_eq!(frames.message(), Ok(Some(with)));
    let beat = message("35=0|34=2|");
    assert_eq!(wire::with_login(&beat, Some(&login)), beat);
    assert_eq!(wire::with_login(&logon, None), logon);
}

#[test]
fn what_is_not_fix_is_refused() {
    for wrong in [
        "GET / HTTP/1.1\r\n",
        "8=FIX.4.2\u{1}9=5\u{1}",
        "8=FIX.4.4\u{1}9=x\u{1}",
        "8=FIX.4.4\u{1}9=999999999",
    ] {
        let mut frames = Frames::default();
        frames.add(wrong.as_bytes());
        assert!(frames.message().is_err(), "{wrong}");
    }
    let mut cut = message("35=0|34=2|");
    let end = cut.len() - 2;
    cut[end] = b'=';
    cut.swap(end - 4, end - 3);
    let mut frames = Frames::default();
    frames.add(&cut);
    assert!(frames.message().is_err());
}

proptest! {
    #[test]
    fn messages_are_found_however_they_come(cuts in proptest::collection::vec(1usize..40, 1..60)) {
        let sent: Vec<Vec<u8>> = (1..8).map(|n| message(&format!("35=0|34={n}|58={}|", "x".repeat(n * 7)))).collect();
        let all = sent.concat();
        let (mut frames, mut found, mut at) = (Frames::default(), Vec::new(), 0);
        for cut in cuts.into_iter().chain([all.len()]) {
            let to = (at + cut).min(all.len());
            frames.add(&all[at..to]);
            at = to;
            while let Some(message) = frames.message().unwrap() {
                found.push(message);
            }
        }
        prop_assert_eq!(found, sent);
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), head in any::<bool>()) {
        let mut frames = Frames::default();
        if head {
            frames.add(b"8=FIX.4.4\x019=");
        }
        frames.add(&bytes);
        while let Ok(Some(message)) = frames.message() {
            let _ = wire::sound(&message, Timestamp::from_ns(0));
        }
        let _ = (wire::sound(&bytes, Timestamp::from_ns(0)), wire::with_login(&bytes, Some(&(String::new(), String::new()))));
    }
}

#[test]
fn what_the_library_would_refuse_and_count_as_heard_does_not_reach_it_nor_what_it_stumbles_over() {
    // 20 August 2026, noon in Kathmandu.
    let now = Timestamp::from_ns(1_787_206_500_000_000_000);
    let message = |fields: &str| format!("8=FIX.4.4|9=1|{fields}|10=000|").replace('|', "\u{1}");
    for (fields, why) in [
        ("35=8|34=9|52=20260820-06:15:00.000", None),
        ("35=8|34=9|52=20260820-06:13:10", None),
        ("35=8|34=9|52=20260820-06:13:00", Some("118 s")),
        ("35=A|34=9|52=20260820-06:18:00.000", Some("118 s")),
        ("35=8|34=9|52=20260820-06:15:00.000000", Some("to the millisecond")),
        ("35=8|34=9", Some("to the millisecond")),
        ("35=8|34=0|52=20260820-06:15:00", Some("without a number")),
        ("35=8|34=9|43=Y|52=20260820-06:15:00", Some("first sent")),
        ("35=8|34=9|43=Y|52=20260820-06:15:00|122=20260820-06:15:01", Some("first sent")),
        ("35=8|34=9|43=Y|52=20260820-06:15:00|122=20260819-06:15:00", None),
        ("35=4|34=9|43=Y|52=20260820-06:15:00", None),
        ("35=1|34=9|52=20260820-06:15:00", Some("test request")),
        ("34=9|52=20260820-06:15:00", Some("without a type")),
    ] {
        let got = wire::sound(message(fields).as_bytes(), now);
        match why {
            None => assert_eq!(got, Ok(()), "{fields}"),
            Some(why) => assert!(got.as_ref().is_err_and(|e| e.contains(why)), "{fields}: {got:?}"),
        }
    }
}
