//! The chain against twenty lines that know nothing of ours.

use sha2::{Digest, Sha256};

use super::*;

#[test]
fn an_independent_reader_finds_the_same_chain() {
    let place = Place::new();
    let head = write(&place.path, true);
    let text = String::from_utf8(place.bytes()).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let mut previous = Sha256::digest(&header.as_bytes()[..18]).to_vec();
    let mut wanted = 1;
    for line in lines {
        let mut parts = line.splitn(3, ' ');
        let [seq, hash, body] = [(); 3].map(|()| parts.next().unwrap());
        assert_eq!(seq, wanted.to_string());
        let mut covered = previous.clone();
        covered.extend_from_slice(format!("{seq} {body}").as_bytes());
        previous = Sha256::digest(&covered).to_vec();
        assert_eq!(hash, previous.iter().map(|b| format!("{b:02x}")).collect::<String>());
        wanted += 1;
    }
    assert_eq!(head.to_string(), text.lines().last().unwrap().split(' ').nth(1).unwrap());
    let fields: Vec<&str> = header.split_ascii_whitespace().collect();
    let last = (wanted - 1).to_string();
    assert_eq!(fields[..3], ["himal-journal", "0001", "closed"]);
    assert_eq!((fields[3].trim_start_matches('0'), fields[4]), (last.as_str(), head.to_string().as_str()));
}

#[test]
fn the_wire_form_of_this_version_stays_as_it_is() {
    // Journals of this version are read for years: these lines may be added to and never changed.
    let rows = [
        (
            Body::Open(open()),
            format!(
                r#"{{"kind":"open","schema":1,"session":"replay","engine":"{}","day":{{"title":"SIMULATED quiet","date":"2026-04-21","content_sha256":"{}","rows":9}},"setup_digest":"feedf00ddeadbeef","parent":null}}"#,
                env!("CARGO_PKG_VERSION"),
                Hash::of(b"day")
            ),
        ),
        (
            command(1, submit(100)),
            r#"{"kind":"command","at":1776749401000000000,"position":{"rows":1,"clocks":1},"by":"trader1","command":{"submit_order":{"account":"MAIN","instrument":3,"side":"buy","qty":100,"limit":50100}}}"#.to_owned(),
        ),
        (
            gateway(2, ReportKind::Cancelled),
            r#"{"kind":"gateway","at":1776749402000000000,"position":{"rows":2,"clocks":2},"report":{"id":2,"kind":"cancelled"}}"#.to_owned(),
        ),
        (
            Body::Mark { position: StreamPosition { rows: 5, clocks: 2 }, digest: Hex64(7) },
            r#"{"kind":"mark","position":{"rows":5,"clocks":2},"digest":"0000000000000007"}"#.to_owned(),
        ),
        (
            Body::Close(close()),
            format!(
                r#"{{"kind":"close","position":{{"rows":9,"clocks":4}},"state_hash":"{}","decisions":"{}","outputs":12}}"#,
                Hash::of(b"state"),
                Hash::of(b"outputs")
            ),
        ),
    ];
    for (body, text) in rows {
        assert_eq!(String::from_utf8(body.encode().unwrap()).unwrap(), text);
        assert_eq!(serde_json::from_str::<Body>(&text).unwrap(), body);
    }
}
