//! A position: what it cost, what it is worth, and the orders it came from.

use super::{Subject, Telling, money};
use crate::console::{Frame, format, rows, words};
use crate::market::fees::DayCharged;

pub(super) fn tell(frame: &Frame, row: u64) -> Option<Telling> {
    let (_, account, p) = rows::numbered(frame).find(|(number, _, _)| *number == row)?;
    let id = p.instrument;
    let prices = words::price_format(&frame.snapshot, id);
    let mut out = Telling::about(format!("Position {}  account {}", p.symbol, account.id));
    let first_sale = p.first_sale.map_or_else(|| format::MISSING.to_owned(), format::date_both);
    let (held, bought) = (format::qty(p.position.qty), format::qty(p.position.bought));
    out.say(format!("held       {held}  of it bought today {bought}"));
    out.say(format!("sellable   {} now; what was bought today from {first_sale}", format::qty(p.sellable)));
    let (cost, wacc) = (money(p.position.cost), prices.option(p.wacc));
    out.say(format!("cost       {cost} with purchase charges, {wacc} a share"));
    if p.position.cost.is_none() {
        out.say("           what was paid is not known: the account began the day with it, and its books name no cost");
    }
    let even = prices.option(p.break_even);
    out.say(format!("breaks even at {even} (first price on the grid, charges of the sale in it)"));
    let (value, mark) = (money(p.position.value()), prices.option(p.position.mark));
    out.rest_on(format!("worth      {value} at {mark}"), Subject::Instrument(id));
    out.say(format!("result     {} = worth less cost, before exit", money(p.unrealised)));
    out.say(format!("exit       {} charges and tax if all were sold at the mark", money(p.exit_cost)));
    out.say(format!("realised   {} today, before tax", money(p.position.realised)));
    out.say(format!("buys       {}", charged(&p.position.buys)));
    out.say(format!("sells      {}", charged(&p.position.sells)));
    let mut any = false;
    let ours = |o: &&std::sync::Arc<crate::execution::Order>| {
        o.order.instrument == id && o.order.account == account.id && o.filled.is_positive()
    };
    for order in frame.snapshot.orders.iter().filter(ours) {
        any = true;
        let line = words::order_line(&frame.snapshot, &order.order);
        let done = format::qty(order.filled);
        out.rest_on(format!("filled     {} {line}, {done} done", order.id), Subject::Order(order.id));
    }
    if !any {
        out.say("no fill of today: it is what the account began the day with");
    }
    out.rest_on("in the account", Subject::Account);
    Some(out)
}

fn charged(c: &DayCharged) -> String {
    let (commission, sebon, dp) = (format::money(c.commission), format::money(c.sebon), format::money(c.dp));
    format!("commission {commission}  SEBON {sebon}  DP {dp}")
}
