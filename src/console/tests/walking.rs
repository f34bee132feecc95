//! From a figure back to what it rests on, one Enter at a time.

use super::Desk;
use super::fixture::{self, with_snapshot};
use crate::console::input::Chord;
use crate::console::overlay::Overlay;
use crate::console::why::{self, Subject};

fn depth(desk: &Desk) -> usize {
    desk.ui.stack.len()
}

/// Moves the cursor to the line that has this text, and opens it.
fn follow(desk: &mut Desk, text: &str) {
    let Some(Overlay::Reading(reading)) = desk.ui.overlay() else { panic!("nothing to read") };
    let at =
        reading.lines.iter().position(|l| l.contains(text)).unwrap_or_else(|| panic!("no line has {text}"));
    let from = reading.scroll;
    for _ in 0..at.abs_diff(from) {
        desk.now += 1_000;
        desk.key(Chord::char(if at > from { 'j' } else { 'k' }));
    }
    desk.press("Enter");
}

#[test]
fn the_result_of_the_day_down_to_a_journal_record() {
    let mut desk = Desk::new(fixture::frame());
    desk.press(": w h y Space r e s u l t Enter");
    desk.says("[Account 07]");
    desk.says("result of the day +1,24,310.50 = value now less value at the open");
    desk.says("NABIL         1,200 x 546.0 = 6,55,200.00");
    desk.says("fall now        1.80% from the day's highest value 4,19,58,600.00");
    follow(&mut desk, "NABIL");
    desk.says("[Position NABIL  account 07]");
    desk.says("breaks even at 543.6");
    follow(&mut desk, "P-0061");
    desk.says("[Order P-0061]");
    desk.says("gateway: FILLED  (record 62)");
    follow(&mut desk, "(record 61)");
    desk.says("[Record 61]");
    desk.says("himal journal show FILE prints record 61");
    desk.says("it is the command that made order P-0061");
    assert_eq!(depth(&desk), 4);
    // One step back for each level, and the panes again.
    for title in ["[Order P-0061]", "[Position NABIL  account 07]", "[Account 07]"] {
        desk.press("q");
        desk.says(title);
    }
    desk.press("q");
    assert_eq!(depth(&desk), 0);
}

#[test]
fn the_regime_down_to_the_returns_of_a_bar() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("Tab w");
    desk.says("[Market regime]");
    desk.says("begins with start at 0.2, because: no daily regime model");
    follow(&mut desk, "NORMAL to STRESS");
    desk.says("[Bar 14 of the regime, 12:05 to 12:10]");
    follow(&mut desk, "NABIL");
    desk.says("Nabil Bank Limited");
    desk.says("market event 40,117");
    desk.says("book        13:42:07, market event 40,120");
}

#[test]
fn every_row_can_be_asked() {
    for (keys, want) in [
        ("g o w", "[Order P-0071]"),
        ("g a w", "[Alert 5]"),
        ("g p w", "[Position API  account 07]"),
        ("w", "[NABIL]"),
        ("j j w", "[Order P-0071]"),
        (": w h y Space r e g i m e Enter", "[Market regime]"),
        (": w h y Space 4 8 2 1 1 Enter", "hash  51b051b0"),
        (": w h y Space s k y Enter", "why takes account, result"),
    ] {
        let mut desk = Desk::new(fixture::frame());
        desk.press(keys);
        desk.says(want);
    }
    // An alert about an order leads to it; Enter on a line with nothing behind it leaves the text.
    let mut desk = Desk::new(fixture::frame());
    desk.press("g a w Enter");
    desk.says("[Order P-0072]");
    // A record of the journal pane opens by Enter, with its hash.
    let mut desk = Desk::sized(fixture::frame(), 200, 60);
    desk.ui.focus = crate::console::pane::PaneId::Journal;
    desk.press("Enter");
    desk.says("says  tr01 submit SELL SHIVM 400 @ 636.00");
    desk.says("the hash covers this record and all before it");
}

#[test]
fn what_is_gone_or_not_known_is_said() {
    let frame = fixture::frame();
    assert_eq!(why::tell(Subject::Order(crate::execution::ClientOrderId(9)), &frame), None);
    assert_eq!(why::tell(Subject::RegimeBar(99), &frame), None);
    let empty = fixture::empty();
    assert_eq!(why::tell(Subject::Account, &empty), None);
    let said = why::tell(Subject::Record(1), &empty).unwrap();
    assert!(said.lines[0].text.contains("not journaled"));
    let mut desk = Desk::new(frame.clone());
    desk.press("g p w");
    desk.frame = with_snapshot(&frame, |s| s.accounts.clear());
    desk.show();
    follow(&mut desk, "in the account");
    desk.says("it is not there any more");
}

#[test]
fn two_branches_are_compared_and_what_knew_the_future_is_not_scored() {
    use crate::console::{Action, Branch, ShellRequest};
    use crate::execution::ReportKind;
    use crate::market::{Money, Side};

    let base = fixture::replay();
    let (kept, own) = (base.snapshot.orders[0].clone(), base.snapshot.orders[1].clone());
    let account = |result: i64| {
        let mut account = base.snapshot.accounts[0].clone();
        account.day_result = Some(Money::from_paisa(result));
        Some(account)
    };
    let knowing = fixture::order(90, 1, Side::Buy, 50, 31_400, "12:05:00", &[]);
    let fair = fixture::order(91, 1, Side::Buy, 60, 31_400, "13:50:00", &[ReportKind::Cancelled]);
    let main = Branch {
        name: "main".to_owned(),
        left: None,
        seen: None,
        at: fixture::at("13:42:07"),
        orders: vec![kept.clone(), own],
        account: account(12_431_050),
    };
    let second = Branch {
        name: "second".to_owned(),
        left: Some(("main".to_owned(), fixture::at("12:00:00"))),
        seen: Some(fixture::at("13:42:07")),
        at: fixture::at("14:00:00"),
        orders: vec![kept, knowing, fair],
        account: account(12_500_000),
    };
    let with = |branches: Vec<Branch>| {
        fixture::with_status(&base, |s| {
            if let Some(t) = &mut s.transport {
                t.branches = branches;
            }
        })
    };
    let mut desk = Desk::new(with(vec![main.clone(), second]));
    desk.press(": c o m p a r e Enter");
    for want in [
        "B  second           left main at 12:00:00, now at 14:00:00, 3 orders",
        "they stand at different times",
        "result of the day          1,24,310.50       1,25,000.00            689.50",
        "A only   13:38:00 P-0071 BUY NABIL 300 @ 545.0",
        "B only ' 12:05:00 P-0090 BUY NICA 50 @ 314.0",
        "B only   13:50:00 P-0091 BUY NICA 60 @ 314.0",
        "the same in both: 1 order",
        "' second: sent before 13:42:07, which had been seen: not scored",
    ] {
        desk.says(want);
    }
    desk.press("q : b r a n c h e s Enter");
    desk.says("the session as it began");
    let named = Action::Shell(ShellRequest::NameBranch("slow".to_owned()));
    assert_eq!(desk.press("q : b r a n c h Space s l o w Enter"), vec![named]);
    assert!(desk.press(": b r a n c h Space m a i n Enter").is_empty());
    desk.says("there is a branch `main` already");
    desk.press(": c o m p a r e Space m a i n Space x Enter");
    desk.says("no branch `x`");
    let mut desk = Desk::new(with(vec![main]));
    desk.press(": c o m p a r e Enter");
    desk.says("one branch only");
}
