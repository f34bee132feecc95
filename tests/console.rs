//! The program at a terminal: a trader's day, a trainee's day, and what must never send an order.
//!
//! Recorded time stands still unless a key moves it, so that every row that is waited for is the
//! same on every run.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use std::time::Duration;

use common::Home;
use common::terminal::Terminal;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// The quiet day at 12:30, standing still.
fn desk(home: &Home, columns: u16, rows: u16) -> Terminal {
    let journal = home.path("day.journal");
    let args = ["replay", "quiet", "--from", "12:30", "--speed", "0.000001", "--journal"];
    let args: Vec<&str> = args.into_iter().chain(journal.to_str()).collect();
    let mut terminal = Terminal::open(home, &args, columns, rows);
    terminal.wait("[Depth] DNPB 511.2");
    terminal
}

/// What people asked for, in the words of the journal, without looking around.
fn commands(home: &Home) -> Vec<String> {
    let journal = home.path("day.journal");
    let shown = home.run(&["journal", "show", journal.to_str().unwrap()]);
    let text = String::from_utf8(shown.stdout).unwrap();
    let by = "trainee: ";
    text.lines().filter_map(|l| l.split_once(by).map(|(_, command)| command.trim().to_owned())).collect()
}

#[test]
fn a_traders_day() {
    for (columns, rows) in SIZES {
        let home = Home::new();
        let mut t = desk(&home, columns, rows);
        // A size that cannot be says why while it is typed; a limit in words.
        t.press("b", "[Ticket BUY DNPB]");
        t.press("5", "the least order is 10");
        t.press("0", "10 pass, 0 warn, 0 block");
        t.press("\t", ">510.9_");
        t.press("\x15bid-2t", "= 510.7");
        t.press("\r", "Sure?");
        t.wait("BUY DNPB 50 @ 510.7  account 07");
        t.yes("REPLAY", "BUY DNPB 50 @ 510.7 sent");
        // Sent, accepted by the gateway, confirmed by the venue: each with its time.
        t.wait("ACCEPTED");
        t.press("go", "[Orders]");
        t.press("w", "confirmed not yet by the venue");
        t.press("q", "[Orders]");
        t.step_until("RESTING");
        t.press("w", "confirmed 2026-08-20");
        t.press("q", "[Orders]");
        // An amendment says what it does to the place in the queue.
        t.press("e", "[Amend P-");
        t.press("\x1b[A", "LOSES its place");
        t.press("\r", "to 50 @ 510.8");
        t.yes("LOSES its place in the queue", "AMENDING");
        t.step_until("510.8  RESTING");
        t.press("x", "CANCELLING");
        t.step_until("CANCELLED");
        // One line from the ladder; then everything is cancelled, by count.
        t.press("t", "[Symbol]");
        t.press("DNPB\r", "[");
        for _ in 0..12 {
            t.look(Duration::from_millis(100));
            if t.picture().contains("[Depth]") {
                break;
            }
            t.send(b"\t");
        }
        t.wait("[Depth]");
        t.send(b"B");
        t.yes("y sends BUY DNPB 100 @ 510.9 acct 07", "BUY DNPB 100 @ 510.9 sent");
        t.step_until("RESTING");
        t.press("X", "everything: 1 order, 100 shares");
        t.press("\x1b[B\x1b[B\x1b[B\r", "Sure?");
        t.yes("Cancel everything: 1 order, 100 shares", "1 cancel sent");
        t.step_until("BUY DNPB cancelled");
        // All that can be sold, then a stop: nothing new leaves, what rests stays, and it is taken back.
        t.press("s", "[Ticket SELL DNPB]");
        t.press("50%", "750 sh");
        t.press("\r", "SELL DNPB 750 @ ");
        t.yes("SELL DNPB 750", " sent");
        t.press("!", "STOPPED by trainee");
        t.press("b", "[Ticket BUY DNPB]");
        t.press("\r", "stopped: no new risk");
        t.press("\x1b", "draft kept");
        t.send(b"u");
        t.yes("Take back the stop", "took the stop back");
        t.quit(true);
        let got = commands(&home);
        let kinds: Vec<&str> = got.iter().map(|c| c.split(' ').next().unwrap()).collect();
        let want = ["submit", "amend", "cancel", "submit", "cancel", "submit", "STOP", "take"];
        assert_eq!(kinds, want, "{columns}x{rows}: {got:?}");
        assert!(got[0].contains("BUY 50") && got[5].contains("SELL 750"), "{got:?}");
    }
}

#[test]
fn a_trainees_day() {
    for (columns, rows) in SIZES {
        let home = Home::new();
        std::fs::create_dir_all(home.path("config")).unwrap();
        std::fs::write(home.path("config/himal.toml"), "hold = 3\n[sizes]\nshares = [\"20\", \"40\"]\n")
            .unwrap();
        let mut t = desk(&home, columns, rows);
        // Everything is found without a manual.
        t.press("?", "WHERE");
        t.press("q", "[Depth]");
        t.press("5", "[5");
        t.press(";", "12:35:00");
        t.press("'", "go to _");
        t.press("13:00\r", "13:00:00");
        t.press("*", "marked 13:00:00");
        t.press("1", "[1");
        // The presets are this operator's, and an order can be taken back before it has left.
        t.press("b", "20 ►40");
        t.press("[", "►20 40");
        t.press("w", "by the slab of the day");
        t.press("q", "[Ticket BUY");
        t.press("\r", "held inside for 3 s");
        t.yes("held inside for 3 s", "in 3s");
        t.press("u", "taken back, it never left");
        // The next one is let go.
        t.press("b", "[Ticket BUY");
        t.press("\r", "held inside for 3 s");
        t.yes("held inside for 3 s", "in 3s");
        t.press(";", "13:05:00");
        t.gone("in 3s");
        // Looking back is a view: nothing can be ordered there.
        t.press("'", "go to _");
        t.press("12:00\r", "12:00:00");
        t.press("b", "orders are off");
        t.press(":return\r", "13:05:00");
        t.press("!", "STOPPED by trainee");
        t.quit(true);
        let got = commands(&home);
        let kinds: Vec<&str> = got.iter().map(|c| c.split(' ').next().unwrap()).collect();
        assert_eq!(kinds, ["submit", "cancel", "submit", "STOP"], "{got:?}");
        assert!(got[0].ends_with("held 3000 ms"), "{got:?}");
    }
}

/// Every way in which a key may arrive that nobody pressed on purpose.
#[test]
fn nothing_is_sent_that_nobody_meant() {
    let home = Home::new();
    let mut t = desk(&home, 120, 40);
    // Pasted text outside a field.
    t.send(b"\x1b[200~b\ry!X\ry\x1b[201~");
    // A ticket is opened to see that all of it has been read; y in it is text of a field.
    t.press("b", "[Ticket BUY DNPB]");
    t.press("\r", "Sure?");
    // A key held down from before the prompt.
    t.send(b"yyyyyyyyyyyyyyyyyyyyyyyy");
    t.wait("too soon, or held down");
    // Alt and a letter, which is what Esc and a letter are on a fast link: bound to nothing.
    t.send(b"\x1by");
    t.look(Duration::from_millis(400));
    assert!(t.picture().contains("Sure?"), "the prompt waits:\n{}", t.picture());
    // Esc and its letter 90 ms apart: taken for Alt and a letter, or for Esc that leaves the prompt and a letter
    // that is bound to nothing. Neither is a yes.
    t.send(b"\x1b");
    t.look(Duration::from_millis(90));
    t.send(b"y");
    t.look(Duration::from_millis(400));
    if t.picture().contains("Sure?") {
        t.send(b"\x1b");
    }
    t.gone("Sure?");
    t.press("\x1b", "draft kept");
    // Caps Lock: the one-line order, and a capital that is no yes.
    t.send(b"B");
    t.wait("y sends BUY DNPB");
    t.look(Duration::from_millis(400));
    t.send(b"YYY\r\r");
    t.look(Duration::from_millis(400));
    assert!(t.picture().contains("y sends BUY DNPB"), "{}", t.picture());
    t.send(b"\x1b");
    t.gone("y sends BUY DNPB");
    // Bytes that are no keys at all.
    t.send(
        b"\xff\xfe\x80\xc3\xc3\x1b[999;999R\x1b[?1;2c\x1b]11;rgb:0/0/0\x07\x1bP1$r0m\x1b\\\x00\xf0\x80\x8c\xbc",
    );
    t.send("\u{1F4A3}\u{0301}".as_bytes());
    t.send(b"\x1b\x1b");
    t.look(Duration::from_millis(300));
    t.press("?", "WHERE");
    // And stop still stops, in a text field too.
    t.press("q", "DNPB");
    t.press(":", ":_");
    t.press("\x1b[19~", "STOPPED by trainee");
    t.quit(false);
    assert_eq!(commands(&home), ["STOP"]);
}

#[test]
fn a_nepali_keyboard_trades_by_position_and_stops() {
    let home = Home::new();
    let mut t = desk(&home, 120, 40);
    t.press("ब", "[Ticket BUY DNPB]");
    t.press("२०", ">20_");
    t.press("\r", "BUY DNPB 20 @");
    t.wait("Sure?");
    t.look(Duration::from_millis(400));
    t.press("य", " sent");
    t.press("\x1b[19~", "STOPPED by trainee");
    t.quit(true);
    let got = commands(&home);
    assert!(got.len() == 2 && got[0].starts_with("submit BUY 20") && got[1] == "STOP", "{got:?}");
}

/// Time runs fast: prints, quotes and bars arrive between any two keys.
#[test]
fn what_arrives_between_two_keys_changes_nothing_they_do() {
    let home = Home::new();
    let journal = home.path("day.journal");
    let args = ["replay", "quiet", "--from", "12:00", "--speed", "60", "--journal"];
    let args: Vec<&str> = args.into_iter().chain(journal.to_str()).collect();
    let mut t = Terminal::open(&home, &args, 120, 40);
    t.wait("[Depth]");
    t.press("b", "[Ticket BUY");
    t.press("30", ">30_");
    t.press("\r", "Sure?");
    let line = |picture: &str| {
        picture.lines().find(|l| l.contains("account 07") && l.contains("BUY")).map(|l| l.trim().to_owned())
    };
    let asked = line(&t.picture()).unwrap();
    // Minutes of recorded time pass over the open prompt.
    t.look(Duration::from_secs(3));
    assert_eq!(line(&t.picture()), Some(asked), "the prompt stands still");
    t.send(b"\r\r");
    t.press("!", "Sure?");
    t.press("y", "P-");
    t.gone("Sure?");
    t.press("\x1b[19~", "STOPPED by trainee");
    t.quit(true);
    let got = commands(&home);
    assert!(got.len() == 2 && got[0].starts_with("submit BUY 30") && got[1] == "STOP", "{got:?}");
}
