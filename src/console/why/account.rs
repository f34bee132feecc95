//! The account: every sum with its parts.

use super::{Subject, Telling, money};
use crate::console::{Frame, format, preview, rows};
use crate::market::Money;

pub(super) fn tell(frame: &Frame) -> Option<Telling> {
    let id = preview::account_of(frame)?;
    let account = frame.snapshot.accounts.iter().find(|a| a.id == id)?;
    let mut out = Telling::about(format!("Account {id}"));
    let (open, peak) = account.nav_open_peak;
    out.say(format!("value now       {}", money(account.nav)));
    out.say(format!("  cash          {} after today's purchases", format::money(account.cash)));
    out.say(format!("  due from sales {}", format::money(account.due.0)));
    for p in account.positions.iter().filter(|p| p.position.qty.is_positive()) {
        let prices = crate::console::words::price_format(&frame.snapshot, p.instrument);
        let at = prices.option(p.position.mark);
        let (qty, value) = (format::qty(p.position.qty), money(p.position.value()));
        let line = format!("  {:<14}{qty} x {at} = {value}", p.symbol);
        match rows::position_row(frame, &account.id, p.instrument) {
            Some(row) => out.rest_on(line, Subject::Position(row)),
            None => out.say(line),
        }
    }
    out.say(format!("value at the open {}", money(open)));
    let result = account.day_result.map_or_else(|| format::MISSING.to_owned(), format::money_signed);
    out.say(format!("result of the day {result} = value now less value at the open"));
    out.say(format!("  charges of today's fills in it {}", format::money(account.charges)));
    let exit = exit_cost(account.day_result, account.after_exit);
    out.say(format!("after exit      {} = result less {exit} charges and tax", money(account.after_exit)));
    let fall = |ppm: u32| format!("{:.2}%", f64::from(ppm) / 1e4);
    let now = account.drawdown_ppm.map_or_else(|| format::MISSING.to_owned(), fall);
    out.say(format!("fall now        {now} from the day's highest value {}", money(peak)));
    out.say(format!("deepest fall    {}", fall(account.drawdown_max_ppm)));
    if account.nav.is_none() {
        out.say("a position has no price yet: what rests on it is not known");
    }
    Some(out)
}

fn exit_cost(result: Option<Money>, after: Option<Money>) -> String {
    money(result.zip(after).and_then(|(r, a)| r.checked_sub(a)))
}
