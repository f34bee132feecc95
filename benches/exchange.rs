//! Order operations of the simulated exchange: entries, cancels and amendments of members, with everything that follows
//! from them (checks, accounts, matching, levels and prints told, reports).
//!
//! `cargo bench --bench exchange`

#![allow(clippy::unwrap_used, reason = "a benchmark may stop at what it did not expect")]

use std::time::Instant;

use himal::market::{
    AccountId, BrokerId, InstrumentId, InstrumentKind, Money, Price, Qty, SessionDate, SessionPhase, Side,
    Timestamp,
};
use himal::venue::exchange::{Amendment, ClientId, Entry, Exchange, Listing, Market, Member};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const OPERATIONS: usize = 500_000;
const SECURITIES: u32 = 40;

fn main() {
    let mut rates: Vec<f64> = (0..5).map(run).collect();
    rates.sort_by(f64::total_cmp);
    println!(
        "{{\"bench\":\"exchange\",\"operations\":{OPERATIONS},\"per_s_median\":{:.0},\"least\":{:.0},\"most\":{:.0}}}",
        rates[2], rates[0], rates[4]
    );
}

/// Plays one day of random orders near the touch; operations a second.
fn run(seed: u64) -> f64 {
    let date = SessionDate::new(2026, 8, 21).unwrap();
    let at = Timestamp::nepal(date, "11:05:00".parse().unwrap()).unwrap();
    let listing =
        Listing { kind: InstrumentKind::Equity, previous_close: Price::from_units(50_000), shares: 0 };
    let mut exchange = Exchange::new(date, at, 260_000, &[listing; SECURITIES as usize]).unwrap();
    let cash = Money::from_rupees(1_000_000_000_000).unwrap();
    let members = [("07", 58), ("08", 34)].map(|(account, broker)| {
        let member = Member::new(AccountId::new(account), BrokerId(broker), cash);
        let member =
            (0..SECURITIES).fold(member, |m, id| m.holding(InstrumentId(id), Qty::from_units(1_000_000_000)));
        exchange.admit(member)
    });
    exchange.enter_phase(SessionPhase::Continuous, at);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let ids: Vec<ClientId> = (0..OPERATIONS).map(|i| ClientId::new(&i.to_string())).collect();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut told = 0_usize;
    let start = Instant::now();
    for (i, id) in ids.iter().enumerate() {
        let what = rng.next_u32() % 10;
        if what >= 6 && !open.is_empty() {
            let pick = rng.next_u32() as usize % open.len();
            let (member, order) = open[pick];
            if what >= 8 {
                open.swap_remove(pick);
                exchange.cancel(members[member], &ids[order], at);
            } else {
                let to = Amendment { qty: Qty::from_units(10), limit: price(&mut rng) };
                exchange.amend(members[member], &ids[order], to, at);
            }
        } else {
            let member = rng.next_u32() as usize % 2;
            let side = if rng.next_u32() % 2 == 0 { Side::Buy } else { Side::Sell };
            let entry = Entry {
                client_id: id.clone(),
                instrument: InstrumentId(rng.next_u32() % SECURITIES),
                side,
                qty: Qty::from_units(i64::from(10 + rng.next_u32() % 200)),
                limit: price(&mut rng),
                market: Market::Board,
            };
            exchange.enter(members[member], entry, at);
            open.push((member, i));
        }
        while exchange.report().is_some() {
            told += 1;
        }
        while exchange.heard().is_some() {
            told += 1;
        }
    }
    let rate = OPERATIONS as f64 / start.elapsed().as_secs_f64();
    assert!(told > OPERATIONS);
    rate
}

/// Within half a per cent of the close.
fn price(rng: &mut ChaCha8Rng) -> Price {
    Price::from_units(50_000 + (i64::from(rng.next_u32() % 51) - 25) * 10)
}
