//! What the figures of a ticket are made of, line by line.

use crate::console::overlay::{Ticket, check_line};
use crate::console::preview::{self, Facts, Preview};
use crate::console::{Frame, format, words};
use crate::execution::NewOrder;
use crate::market::{Money, SessionDate, Side};

/// The breakdown of a ticket: title and lines.
pub(super) fn lines(ticket: &Ticket, frame: &Frame) -> (String, Vec<String>) {
    let title = "What it is made of".to_owned();
    let read = ticket.order(frame).and_then(|order| Ok((ticket.facts(frame)?, order)));
    match read {
        Ok((facts, order)) => (title, of_order(frame, &facts, &order)),
        Err(why) => (title, vec![format!("no order yet: {why}")]),
    }
}

fn of_order(frame: &Frame, facts: &Facts<'_>, order: &NewOrder) -> Vec<String> {
    let p = preview::preview(facts, order);
    let line = words::order_line(&frame.snapshot, order);
    let mut out = vec![format!("{line}  account {}", order.account)];
    costs(&mut out, order.side, &p);
    out.push(String::new());
    out.extend(dates(frame, order, &p));
    out.push(String::new());
    chance(&mut out, &p);
    out.push(String::new());
    let (pass, warn, block) = p.counts();
    out.push(format!("checks        {}: {pass} pass, {warn} warn, {block} block", p.checks.len()));
    out.extend(p.checks.iter().map(|check| format!("  {}", check_line(check))));
    out
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(|| format::MISSING.to_owned(), format::money)
}

fn costs(out: &mut Vec<String>, side: Side, p: &Preview) {
    out.push(format!("value         {}", money(p.notional)));
    match p.charges {
        Some(c) => out.extend([
            format!(
                "commission    {}  by the slab of the day, what was charged today counted",
                format::money(c.commission)
            ),
            format!("SEBON         {}", format::money(c.sebon)),
            format!("DP            {}", format::money(c.dp)),
            format!("costs         {}", format::money(c.total)),
        ]),
        None => out.push("costs         - : the kind of security or its charges are not known".to_owned()),
    }
    match side {
        Side::Buy => {
            out.push(format!("pay           {}", money(p.total)));
            out.push(format!("free after    {}", money(p.free_after)));
        }
        Side::Sell => {
            out.push(format!("get           {}", money(p.total)));
            out.push(format!("tax           {}  on the gain, at the rate of a short holding", money(p.tax)));
        }
    }
}

fn dates(frame: &Frame, order: &NewOrder, p: &Preview) -> Vec<String> {
    let day = |d: Option<SessionDate>| d.map_or_else(|| "not known".to_owned(), format::date_both);
    match order.side {
        Side::Buy => vec![
            format!(
                "breaks even   {}  where selling all of it loses nothing",
                words::price_format(&frame.snapshot, order.instrument).option(p.break_even)
            ),
            "              first price on the grid, costs of both sides in it".to_owned(),
            format!("sellable from {}", day(p.first_sale)),
            format!("pay in by     {}", day(p.pay_in)),
        ],
        Side::Sell => vec![format!("deliver by    {}", day(p.pay_in))],
    }
}

fn chance(out: &mut Vec<String>, p: &Preview) {
    match &p.fill {
        Err(why) => out.push(format!("filled        - : {why}")),
        Ok(c) => out.extend([
            format!(
                "filled        {}' by the close, in {} tradable minutes (in steps of five)",
                format::probability(c.likely),
                c.minutes
            ),
            format!(
                "  range       {} to {}: the book all against it, or all for it",
                format::probability(c.low),
                format::probability(c.high)
            ),
            format!("  ahead       {} shares shown at the limit or better", format::qty(c.ahead)),
            format!("  at once     {} shares shown on the other side", format::qty(c.at_once)),
            "  '           constants of the model are its defaults: nothing has been calibrated here"
                .to_owned(),
        ]),
    }
}
