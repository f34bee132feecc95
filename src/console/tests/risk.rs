//! The Risk workspace, alerts, positions of several accounts, header and emergency layout: pictures and
//! keys.

use super::fixture::{self, at, facts, readings_of, with_snapshot, with_status};
use super::{Desk, picture};
use crate::console::pane::PaneId;
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::console::ui::Workspace;
use crate::console::{Action, Frame, JournalStatus};
use crate::engine::{Alert, AlertKind, Command};
use crate::execution::{ClientOrderId, Incident};
use crate::market::{AccountId, Qty, SourceId};
use crate::risk::TradingState;
use crate::risk::reading::{Facts, IndexFacts, OrderFacts};

/// A moment when everything that can be wrong is.
fn bad() -> Frame {
    let frame = with_snapshot(&fixture::frame(), |s| {
        s.trading = TradingState::Halted { by: "tr01".into(), at: at("13:40:00"), why: "stop key".into() };
        s.readings = readings_of(&Facts {
            p_stress: 0.92,
            vol_forecast: Some(0.0142),
            drawdown: Some(0.046),
            loss: Some(0.019),
            silent: Some((SourceId(2), 48_000_000_000)),
            orders: OrderFacts { finished: 40, traded: 9, unknown: 1, rejected: 6, oversold: 0 },
            index_halt: Some(IndexFacts { moved_bps_e2: 57_000, level_bps_e2: 60_000, halted: false }),
            ..facts()
        });
        s.regime.stale = true;
        for (_, feed) in &mut s.feeds {
            feed.stale = true;
            feed.last_at = at("13:41:19");
            feed.gaps = 2;
        }
    });
    with_status(&frame, |s| {
        s.notes = vec!["the journal folder is nearly full".to_owned()];
        s.health.gateways[0].up = false;
    })
}

#[test]
fn risk_at_every_size() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        for (case, frame) in [("normal", fixture::frame()), ("bad", bad()), ("empty", fixture::empty())] {
            let mut desk = Desk::sized(frame, columns, rows);
            desk.press("2");
            insta::assert_snapshot!(format!("risk_{case}_{columns}x{rows}"), desk.picture());
        }
    }
}

#[test]
fn risk_in_plain_characters() {
    let mut desk = Desk::sized(bad(), 120, 40);
    desk.press("2");
    let theme = Theme::embedded("mono", ColorDepth::None, Glyphs::ASCII).unwrap();
    let picture = picture(&desk.frame, &desk.ui, &theme);
    assert!(picture.is_ascii(), "{picture}");
    insta::assert_snapshot!("risk_plain_120x40", picture);
}

/// The panes of this workspace and its neighbours when feeds are silent, trading is stopped and the
/// gateway is off.
#[test]
fn panes_when_things_are_bad() {
    for pane in [PaneId::Health, PaneId::Regime, PaneId::Alerts, PaneId::Positions, PaneId::Checks] {
        let mut desk = Desk::sized(bad(), 80, 24);
        (desk.ui.workspace, desk.ui.focus, desk.ui.full) = (Workspace::Risk, pane, true);
        insta::assert_snapshot!(format!("pane_{pane:?}_bad"), desk.picture());
    }
}

#[test]
fn the_nearest_rule_is_on_top_and_the_unmeasured_are_named() {
    let mut desk = Desk::new(bad());
    desk.press("g r");
    assert_eq!((desk.ui.workspace, desk.ui.focus), (Workspace::Risk, PaneId::Breakers));
    desk.says("readings only, nothing trips yet");
    desk.says("soft halt by tr01 since 13:40:00; :release ends it, by tr01; UNKNOWN 1; 4 orders open");
    let picture = desk.picture();
    let row = |code: &str| picture.lines().position(|l| l.trim_start_matches(['►', ' ']).starts_with(code));
    assert!(row("K4 ").unwrap() < row("B06").unwrap(), "{picture}");
    assert!(row("B02").is_some(), "with a forecast it is measured");
    desk.says("not measured yet: loss 5d and 21d, confidence, slippage");
    assert!(row("B14").is_none(), "what is not measured has no row among those that are");
    desk.press("f");
    desk.press("g e");
    desk.says("not measured: internal errors end the session");
    desk.press("Esc Esc");
    // Without a forecast it is not.
    let mut desk = Desk::new(fixture::frame());
    desk.press("2");
    desk.says("11 not measured yet: vol/forecast");
    desk.press("/ s t r e s s Enter Enter");
    desk.says("B01 p(stress)");
    desk.says("limit     above .85");
    desk.says("would     REDUCE 0.5");
}

#[test]
fn checks_show_what_each_said_and_the_numbers() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("2 Tab");
    assert_eq!(desk.ui.focus, PaneId::Checks);
    desk.says("last 4, 1 denied");
    desk.press("j");
    desk.says("2 block: DENIED 5 is below the least order of 10");
    desk.press("Enter");
    desk.says("P06 BAND");
    desk.says("is outside the daily band");
    desk.says("11 of the 36 checks of K1 are made so far");
}

#[test]
fn exposure_says_what_falls_due_when() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("2");
    desk.says("API       4,000   13,36,000    3.2%   2,500");
    desk.says("cash free 38,20,110, buys hold 2,79,890");
    desk.says("Mon 24 Aug  receives 9,84,250");
    desk.says("Wed 26 Aug  sellable NABIL 600, 2 more");
}

#[test]
fn system_is_one_key_pair_away_at_any_size() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        for space in ["1", "2", "5"] {
            let mut desk = Desk::sized(fixture::replay(), size.0, size.1);
            desk.press(space);
            desk.press("g s");
            desk.says("[System]");
            desk.says("12/s of market time");
            desk.says("slowest commit ~1 ms");
        }
    }
}

/// More events of the same feed that change nothing visible change no cell of the system pane.
#[test]
fn system_is_quiet_while_a_feed_repeats_itself() {
    let mut desk = Desk::new(fixture::frame());
    desk.press("2 g s");
    let before = desk.picture();
    desk.frame = with_snapshot(&desk.frame, |s| {
        s.inputs += 40;
        s.feeds[0].1.received += 40;
    });
    desk.frame = with_status(&desk.frame, |s| {
        s.health.frames += 40;
        s.health.memory_bytes = s.health.memory_bytes.map(|m| m + 90_000);
    });
    assert_eq!(desk.picture(), before);
}

#[test]
fn an_alert_is_shelved_for_as_long_as_one_likes_and_taken_back() {
    let shelve = |keys: &str, until: &str| {
        let mut desk = Desk::new(fixture::frame());
        let want = Command::ShelveAlert { alert: 5, until: at(until) };
        assert_eq!(desk.press(keys), vec![Action::Command(want)], "{keys}");
    };
    shelve("g a d Enter", "13:57:07");
    shelve("g a d j Enter", "14:12:07");
    shelve("g a d j j Enter", "14:42:07");
    shelve("g a d j j j Enter", "15:00:00");
    shelve("g a d g e Enter 1 4 : 2 0 Enter", "14:20:00");
    // A time that is past is asked again.
    let mut desk = Desk::new(fixture::frame());
    assert!(desk.press("g a d g e Enter 1 1 : 0 0 Enter").is_empty());
    desk.says("11:00:00 is past: it is 13:42:07");
    desk.says("shelve until 11:00_");
    desk.press("Ctrl-u x Enter");
    desk.says("`x` is no time");
    assert!(desk.press("Esc Esc").is_empty());
    // Put away it stays in sight, is no longer new, and can be taken back.
    let mut desk =
        Desk::new(with_snapshot(&fixture::frame(), |s| s.alerts[4].shelved_until = Some(at("14:00:00"))));
    desk.says("new 1");
    desk.says("shelved 14:00");
    let actions = desk.press("g a / s h e l v e d Enter d Enter");
    assert_eq!(actions, vec![Action::Command(Command::ShelveAlert { alert: 5, until: at("13:42:07") })]);
}

#[test]
fn an_alert_opens_with_who_noted_it_and_the_journal_number() {
    let mut desk = Desk::new(fixture::frame());
    desk.says("a ack  d shelve  / filter  Enter detail");
    desk.press("g a Enter");
    desk.says("P-0072 UPPER no answer yet");
    desk.says("noted     by nobody yet");
    desk.says("record 48209 was the last one then");
    desk.press("Esc j j Enter");
    desk.says("noted     by tr01");
}

/// Two accounts that hold the same symbol.
fn two_accounts() -> Frame {
    let frame = with_snapshot(&fixture::frame(), |s| {
        let mut other = s.accounts[0].clone();
        other.id = AccountId::new("11");
        other.positions.truncate(1);
        other.positions[0].position.qty = Qty::from_units(70);
        s.accounts.push(other);
    });
    with_status(&frame, |s| s.account = None)
}

#[test]
fn positions_of_two_accounts_stand_apart() {
    let mut desk = Desk::new(two_accounts());
    desk.says("ACCT   SYMBOL");
    desk.says("07     NABIL  1,200    600  26 Aug");
    desk.says("11     NABIL     70");
    desk.press("g p j j Enter");
    desk.says("Position NABIL  account 11");
    desk.says("held       70");
    let mut desk = Desk::sized(two_accounts(), 80, 24);
    desk.press("g p");
    desk.says("ACCT   SYMBOL");
    insta::assert_snapshot!("positions_two_accounts_80x24", desk.picture());
}

#[test]
fn positions_have_heads_at_eighty_columns() {
    let mut desk = Desk::sized(fixture::frame(), 80, 24);
    desk.says("SYMBOL  HELD   SELL  REST FROM     WACC  B/EVEN    LAST   RESULT    EXIT");
    desk.press("g p Enter");
    desk.says("breaks even at 342.4");
    desk.says("account 07");
}

/// The worst new alert over the row of the account, or over the second where there is no third; the
/// count of unanswered orders stays in sight.
#[test]
fn the_worst_new_alert_is_a_banner() {
    let incident = with_snapshot(&fixture::frame(), |s| {
        let kind = AlertKind::Incident(Incident::NoSuchOrder(ClientOrderId(99)));
        s.alerts.push(Alert { id: 6, at: at("13:42:01"), kind, acknowledged: None, shelved_until: None });
    });
    for (size, row) in [((80, 24), 1), ((120, 40), 2)] {
        let desk = Desk::sized(incident.clone(), size.0, size.1);
        let picture = desk.picture();
        let line = picture.lines().nth(row).unwrap();
        assert!(line.starts_with(" 13:42:01 P-0099: a report about an order that was never sent"), "{line}");
        desk.says("UNKNOWN 1");
    }
}

/// At every width no figure of the header is cut, and the count of unanswered orders stays.
#[test]
fn the_header_gives_way_by_weight() {
    let busy = with_status(&fixture::replay(), |s| {
        s.commands_waiting = 12;
        s.journal = JournalStatus::NotJournaled { why: "the disk is full".to_owned() };
    });
    let stopped = with_snapshot(&busy, |s| {
        s.trading = TradingState::Halted {
            by: "a-very-long-operator-name".into(),
            at: at("13:40:00"),
            why: "stop key".into(),
        };
    });
    for frame in [fixture::frame(), busy, stopped] {
        for columns in 60..=200 {
            let mut desk = Desk::sized(frame.clone(), columns, 24);
            desk.ui.link_ms = Some(63);
            let picture = desk.picture();
            let rows: Vec<&str> = picture.lines().take(if columns >= 110 { 3 } else { 2 }).collect();
            let head = rows.join("\n");
            assert!(head.contains("UNKNOWN 1"), "{columns}: {head}");
            assert!(head.contains("ACTIVE") || head.contains("HALTED soft"), "{columns}: {head}");
            assert!(!head.contains("HALTED soft, a-very-long-operator-name 13:40:0\n"), "{columns}");
            for figure in ["2,620.41", "13:42:07", "1,24,310", "38,20,110"] {
                cut_nowhere(&head, figure, columns);
            }
        }
    }
}

/// A figure is on the screen whole, or not begun at the end of a row.
fn cut_nowhere(head: &str, figure: &str, columns: u16) {
    for line in head.lines().filter(|line| !line.contains(figure)) {
        for end in 2..figure.len() {
            let begun = format!(" {}", &figure[..end]);
            assert!(!line.ends_with(&begun), "{columns}: `{figure}` is cut in `{line}`");
        }
    }
}

#[test]
fn the_emergency_layout_at_its_sizes() {
    let stopped = with_snapshot(&fixture::frame(), |s| {
        s.trading = TradingState::Halted { by: "tr01".into(), at: at("13:40:00"), why: "stop key".into() };
    });
    let mut all = String::new();
    for (columns, rows) in [(59, 19), (40, 10), (20, 5), (1, 1)] {
        let desk = Desk::sized(stopped.clone(), columns, rows);
        all.push_str(&format!("{columns}x{rows}\n{}\n\n", desk.picture()));
        let mut desk = Desk::sized(fixture::replay(), columns, rows);
        assert_eq!(desk.press("!"), vec![Action::Command(Command::Stop)]);
        assert_eq!(desk.press("F8"), vec![Action::Command(Command::Stop)]);
    }
    let replay = Desk::sized(fixture::replay(), 20, 6);
    all.push_str(&replay.picture());
    replay.says("13:42:07");
    replay.says("UNKNOWN 1");
    insta::assert_snapshot!("emergency_sizes", all);
}

#[test]
fn reserved_workspaces_say_what_comes() {
    for (key, text) in [("3", "proposals that need two persons"), ("4", "the models behind the numbers")] {
        for size in [(80, 24), (120, 40)] {
            let mut desk = Desk::sized(fixture::frame(), size.0, size.1);
            desk.press(key);
            desk.says(text);
            desk.press("g p");
            desk.says("[Positions]");
        }
    }
}
