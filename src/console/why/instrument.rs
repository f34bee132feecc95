//! An instrument: the events behind its last price and its book, its bands, what was put aside.

use super::{Subject, Telling, row};
use crate::console::{Frame, format, rows, words};
use crate::market::{InstrumentId, Price, Qty};

pub(super) fn tell(frame: &Frame, id: InstrumentId) -> Option<Telling> {
    let i = frame.snapshot.instrument(id)?;
    let prices = words::price_format(&frame.snapshot, id);
    let facts = frame.snapshot.day.universe.get(id);
    let mut out = Telling::about(i.symbol.to_string());
    out.say(facts.map_or_else(String::new, |f| f.name.clone()));
    out.say(format!("sector      {}", facts.and_then(|f| f.sector.as_deref()).unwrap_or(format::MISSING)));
    let last = prices.option(i.last());
    match i.tape.last() {
        Some(print) => {
            let broker = |b: Option<crate::market::BrokerId>| b.map_or("-".to_owned(), |b| b.to_string());
            let (at, qty) = (format::clock(print.at), prices.qty_fit(print.qty, 20));
            let brokers = format!("buyer {} seller {}", broker(print.buyer), broker(print.seller));
            out.say(format!("last        {last}"));
            out.say(format!(
                "last print  {at} {qty} @ {}, {brokers}, {}",
                prices.text(print.price),
                row(i.rows.0)
            ));
        }
        None => out.say(format!("last        {last}, no print yet")),
    }
    out.say(format!("change      {}% against the close before", format::percent(i.change_bps())));
    out.say(format!("close before {}", prices.option(i.previous_close)));
    match &i.book {
        Some(book) => out.say(format!("book        {}, {}", format::clock(book.at), row(i.rows.1))),
        None => out.say("book        none recorded"),
    }
    let band = |b: Option<(Price, Price)>| match b {
        Some((low, high)) => format!("{} to {}", prices.text(low), prices.text(high)),
        None => "not known (no close before, or the kind is not known)".to_owned(),
    };
    out.say(format!("daily band  {}", band(i.daily_band)));
    out.say(format!("order band  {}", band(i.order_band)));
    let volume = prices.qty_fit(i.day.volume, 24);
    let turnover = if i.view_only { prices.turnover(i.day.turnover) } else { format::money(i.day.turnover) };
    out.say(format!("traded      {volume} shares in {} prints, {turnover}", i.day.trades));
    out.say(format!("vwap        {} = turnover over shares", prices.option(i.day.vwap())));
    let adv = facts.and_then(|f| f.adv).map(|a| format::qty(Qty::from_units(a)));
    out.say(format!("adv         {}", adv.unwrap_or_else(|| format::MISSING.to_owned())));
    out.say(format!("quarantined {} prints", i.quarantined));
    if let Some((at, verdict)) = &i.last_finding {
        out.say(format!("last finding {} {}", format::clock(*at), verdict.findings));
    }
    if i.halted_by_gap {
        out.say("HALTED: a sequence number is missing, nothing of it is believed");
    }
    for (row, account, _) in rows::numbered(frame).filter(|(_, _, p)| p.instrument == id) {
        out.rest_on(format!("the position in it, account {}", account.id), Subject::Position(row));
    }
    for order in frame.snapshot.orders.iter().filter(|o| o.order.instrument == id) {
        let line = words::order_line(&frame.snapshot, &order.order);
        let state = words::order_state(order);
        out.rest_on(format!("own order   {} {line} {state}", order.id), Subject::Order(order.id));
    }
    Some(out)
}
