//! Bad input over real sockets: refused with a reason, closed where needed, counted, and others go on.

use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;

/// A desk that behaves, and proof that it is served.
async fn still_served(socket: &mut Socket, n: u64) {
    say(socket, &ClientFrame::Ping { n }).await;
    hear_until(socket, |f| matches!(f, ServerFrame::Pong { n: m, .. } if *m == n)).await;
}

/// The reason with which the venue closed a connection; `None` if it went without one.
async fn farewell(socket: &mut Socket) -> Option<String> {
    let farewell = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return Some(frame.reason.as_str().to_owned()),
                Some(Ok(_)) => {}
                _ => return None,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), farewell).await.expect("it is closed")
}

/// A frame of a client as bytes, masked with nothing.
fn frame(first: u8, length: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 0xff];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

#[test]
fn frames_that_break_the_protocol_end_the_connection_with_a_reason() {
    on_sockets(async {
        let venue = served("quiet").await;
        let mut desk = venue.greeted().await;
        let piece = [b'x'; 3_000];
        for (bytes, why) in [
            (frame(0x81, 100 << 20, &piece), "too long"),
            (frame(0x81, u64::MAX >> 1, &piece), "too long"),
            // Two pieces of one message, each short enough.
            ([frame(0x01, 3_000, &piece), frame(0x80, 3_000, &piece)].concat(), "too long"),
            (frame(0x81, 2, &[0xc3, 0x28]), "UTF-8"),
            (frame(0x83, 2, b"{}"), "opcode"),
            (frame(0xc1, 2, b"{}"), "Reserved bits"),
            (frame(0x80, 2, b"{}"), "ontinue"),
            (frame(0x89, 200, &piece[..200]), "ontrol frame"),
            (vec![0x81, 2, b'{', b'}'], "masked"),
            (vec![b'x'; 200], ""),
        ] {
            let mut raw = venue.greeted().await.into_inner();
            raw.write_all(&bytes).await.unwrap();
            let mut socket = Socket::from_raw_socket(raw, Role::Client, None).await;
            let reason = farewell(&mut socket).await;
            assert!(reason.as_ref().is_some_and(|r| r.contains(why)), "{:x?}: {reason:?}", &bytes[..2]);
            still_served(&mut desk, 1).await;
        }
        let mut flood = venue.greeted().await;
        for _ in 0..6_000 {
            if flood.send(Message::Ping(vec![0].into())).await.is_err() {
                break;
            }
        }
        let reason = farewell(&mut flood).await;
        assert!(reason.as_ref().is_some_and(|r| r.contains("5000 frames")), "{reason:?}");
        still_served(&mut desk, 2).await;
        let stats = venue.finish().await;
        assert_eq!((stats.connections, stats.rules_broken, stats.bad_frames), (12, 11, 0));
    });
}

#[test]
fn frames_that_mean_nothing_are_answered_and_the_connection_stays() {
    on_sockets(async {
        let venue = served("quiet").await;
        let mut desk = venue.greeted().await;
        let deep = "[".repeat(4_000);
        let nonsense = [
            r#"{"type":"new","client_id":"1","symbol":"DNPB","side":"buy","qty":"10","limit":50000}"#,
            r#"{"type":"new","client_id":"1","symbol":"DNPB","side":"buy","qty":1e999,"limit":50000}"#,
            r#"{"type":"new","client_id":"1","symbol":"DNPB","side":"buy","qty":9223372036854775808,"limit":1}"#,
            r#"{"type":"new","client_id":["1"],"symbol":"DNPB","side":"buy","qty":10,"limit":50000}"#,
            r#"{"type":"new","client_id":"1","symbol":null,"side":"buy","qty":10,"limit":50000}"#,
            r#"{"type":"amend","client_id":"1","qty":10,"limit":NaN}"#,
            r#"{"type":"resend","after":18446744073709551616}"#,
            r#"{"type":"hello","version":1,"token":"again"}"#,
            r#"{"type":"cancel_many","symbol":"NOSUCH"}"#,
            r#"{"type":"subscribe","type":"subscribe"}"#,
            &deep,
            "",
            "\0",
        ];
        for text in nonsense {
            desk.send(Message::text(text)).await.unwrap();
            let answer = hear_until(&mut desk, |f| !matches!(f, ServerFrame::Heartbeat { .. })).await;
            assert!(
                matches!(&answer, ServerFrame::Error { reason } if !reason.is_empty()),
                "{text}: {answer:?}"
            );
        }
        // What can be read is answered by every reason that it gives, however large its numbers are.
        for (qty, limit, symbol) in [
            (i64::MAX, i64::MAX, "DNPB"),
            (i64::MIN, i64::MIN, "DNPB"),
            (10, i64::MAX, "DNPB"),
            (10, 50_000, "NOSUCH"),
            (10, 50_000, ""),
            (10, 50_000, "\u{1F600}\u{0}"),
        ] {
            say(&mut desk, &new_order("big", symbol, qty, limit)).await;
            let answer = hear_until(&mut desk, |f| matches!(f, ServerFrame::Report { .. })).await;
            let ServerFrame::Report { event: OrderEvent::Rejected { reasons }, .. } = &answer else {
                panic!("{qty} {limit} {symbol}: {answer:?}")
            };
            assert!(!reasons.is_empty());
        }
        say(&mut desk, &ClientFrame::Resend { after: u64::MAX }).await;
        say(&mut desk, &ClientFrame::Query { client_id: ClientId::new(&"q".repeat(3_000)) }).await;
        hear_until(&mut desk, |f| matches!(f, ServerFrame::Order { order: None, .. })).await;
        still_served(&mut desk, 1).await;
        let stats = venue.finish().await;
        // A second greeting and an unknown symbol can be read; they are answered by an error and not counted.
        assert_eq!((stats.bad_frames, stats.rules_broken), (nonsense.len() as u64 - 2, 0));
    });
}

#[test]
fn half_a_handshake_takes_one_place_and_no_more() {
    on_sockets(async {
        let venue = served("quiet").await;
        let mut desk = venue.greeted().await;
        let mut strangers = Vec::new();
        for text in ["", "G", "GET / HTTP/1.1\r\nUpgrade: web", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            let mut stream = TcpStream::connect(venue.address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            strangers.push(stream);
        }
        // Whole handshakes that are none.
        for text in ["\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "POST /\r\n\r\n"] {
            let mut stream = TcpStream::connect(venue.address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            strangers.push(stream);
        }
        still_served(&mut desk, 1).await;
        drop(strangers);
        still_served(&mut desk, 2).await;
        let stats = venue.finish().await;
        assert_eq!((stats.connections, stats.no_handshake, stats.refused), (8, 7, 0));
    });
}

#[test]
fn a_refused_client_that_stays_gives_its_place_back_all_the_same() {
    on_sockets(async {
        let venue = served("quiet").await;
        let mut desk = venue.greeted().await;
        let mut stay = Vec::new();
        for _ in 0..7 {
            let mut socket = venue.connect().await;
            say(&mut socket, &ClientFrame::Hello { version: VERSION, token: "guessed-token".into() }).await;
            // It neither reads nor leaves.
            stay.push(socket);
        }
        let url = format!("ws://{}/", venue.address);
        let mut turned_away = 0;
        let late = async {
            loop {
                let stream = TcpStream::connect(venue.address).await.unwrap();
                match client_async(&url, stream).await {
                    Ok((socket, _)) => break socket,
                    Err(_) => turned_away += 1,
                }
                still_served(&mut desk, turned_away).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let mut late = tokio::time::timeout(Duration::from_secs(20), late).await.expect("a place comes free");
        say(&mut late, &ClientFrame::Hello { version: VERSION, token: TOKEN.to_owned() }).await;
        assert!(matches!(hear(&mut late).await, Some(ServerFrame::Welcome(_))));
        let stats = venue.finish().await;
        assert_eq!((stats.refused, stats.connections, stats.turned_away), (7, 9, turned_away));
        assert!(turned_away > 0, "the house was full");
        // The reason was there to be read the whole time.
        for mut socket in stay {
            assert!(matches!(hear(&mut socket).await, Some(ServerFrame::Refused { .. })));
            assert_eq!(farewell(&mut socket).await.as_deref(), Some("the token is not known"));
        }
    });
}

#[test]
fn who_is_there_when_the_venue_closes_is_told() {
    on_sockets(async {
        let venue = served("quiet").await;
        let (mut desk, mut other) = (venue.greeted().await, venue.greeted().await);
        still_served(&mut desk, 1).await;
        let stats = venue.finish().await;
        assert_eq!((stats.connections, stats.cut_off, stats.rules_broken), (2, 0, 0));
        for socket in [&mut desk, &mut other] {
            assert_eq!(farewell(socket).await.as_deref(), Some("the venue closes"));
        }
    });
}
