//! A line that drops, delays, doubles, swaps, cuts short and garbles frames: no wrong book is shown as good.

use super::*;

/// What was done to frames, by kind.
#[derive(Default, Debug)]
struct Done {
    dropped: u32,
    delayed: u32,
    doubled: u32,
    swapped: u32,
    cut_short: u32,
    garbled: u32,
}

/// Does something to the newest frame under way, or leaves it.
fn harm(down: &mut VecDeque<(Timestamp, String)>, random: &mut ChaCha8Rng, done: &mut Done) -> bool {
    let Some((at, text)) = down.pop_back() else { return false };
    match random.random_range(0..6) {
        0 => done.dropped += 1,
        1 => {
            done.delayed += 1;
            down.push_back((at.plus_ns(random.random_range(1..300) * STEP_NS), text));
        }
        2 => {
            done.doubled += 1;
            down.push_back((at, text.clone()));
            down.push_back((at, text));
        }
        3 => {
            done.swapped += 1;
            let before = down.pop_back();
            down.push_back((at, text));
            down.extend(before);
        }
        4 => {
            done.cut_short += 1;
            let to = random.random_range(0..text.len());
            down.push_back((at, text.get(..to).unwrap_or_default().to_owned()));
        }
        _ => {
            done.garbled += 1;
            let mut chars: Vec<char> = text.chars().collect();
            let place = random.random_range(0..chars.len());
            chars[place] = '\u{fffd}';
            down.push_back((at, chars.into_iter().collect()));
        }
    }
    true
}

/// Compares every book of the desk with the venue's own, five levels a side.
fn same_books(desk: &Desk, picture: &SnapshotPicture) -> Result<(), String> {
    let state = desk.state();
    for security in &picture.securities {
        let id = state.setup().universe.find(&security.symbol).unwrap();
        let book = state.instrument(id).unwrap().book.as_ref();
        for (side, theirs) in [(Side::Buy, &security.bids), (Side::Sell, &security.asks)] {
            let ours = book.map(|b| b.levels(side).collect::<Vec<_>>()).unwrap_or_default();
            let ours: Vec<_> = ours.iter().map(|l| (l.price, l.qty, l.orders)).collect();
            if ours != *theirs {
                return Err(format!("{} {side}: {ours:?} is not {theirs:?}", security.symbol));
            }
        }
    }
    Ok(())
}

#[test]
fn no_wrong_book_is_shown_as_good_whatever_the_line_does_to_frames() {
    let seeds = if std::env::var_os("HIMAL_LONG").is_some() { 40 } else { 4 };
    let (mut done, mut compared, mut noticed) = (Done::default(), 0, 0);
    for seed in 0..seeds {
        let folder = tempfile::tempdir().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(1_000 + seed);
        let mut now = Timestamp::from_ns(1_000_000_000);
        let mut venue = venue(seed, now);
        let (mut desk, member) = begin(&mut venue, folder.path(), 0, now);
        let latency = 3 * STEP_NS;
        // Frames that came whole, in turn, since the last that did not.
        let mut whole_since = 0;
        for _ in 0..12_000 {
            now = now.plus_ns(STEP_NS);
            let before = desk.feed_wire.as_ref().map_or(0, |w| w.down.len());
            venue.step(now, member, &mut [&mut desk.feed_wire, &mut desk.gateway_wire], latency);
            if let Some(wire) = &mut desk.feed_wire {
                let came = wire.down.len().saturating_sub(before);
                // The greeting is let through, or nothing would ever begin.
                if came > 0 && desk.feed.state() != LineState::Connecting && random.random_range(0..100) < 12
                {
                    if harm(&mut wire.down, &mut random, &mut done) {
                        whole_since = 0;
                    }
                } else if came > 0 {
                    whole_since += 1;
                }
            }
            let quiet = desk.feed_wire.as_ref().is_some_and(|w| w.down.is_empty() && !w.picture);
            desk.step(now, latency);
            let live = desk.state().feeds().has_live_line();
            noticed += u32::from(!live);
            // A number follows a dropped frame as soon as anything does; then it must have been noticed.
            let settled = desk.feed_wire.as_ref().is_some_and(|w| w.down.is_empty()) && quiet;
            if live && settled && whole_since >= 2 {
                compared += 1;
                if let Err(what) = same_books(&desk, &venue.hall.snapshot()) {
                    panic!("seed {seed}: {what}; {done:?}");
                }
            }
        }
        assert!(desk.feed.stats().gaps > 0, "{done:?}");
    }
    println!("{done:?}, {compared} comparisons, {noticed} steps not live");
    assert!(compared > 1_000 && noticed > 0, "{compared} {noticed}");
    let Done { dropped, delayed, doubled, swapped, cut_short, garbled } = done;
    assert!([dropped, delayed, doubled, swapped, cut_short, garbled].iter().all(|n| *n > 0));
}
