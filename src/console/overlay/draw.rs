//! Draws what lies over the panes. A box is a rule above and below, no lines at its sides.

use super::{Amendment, Choice, Overlay, Plain, Prompt, Reading, Ticket, TicketField, help, palette, symbol};
use crate::console::format::{self, PriceFormat};
use crate::console::preview::{self, Preview};
use crate::console::theme::Role;
use crate::console::view::View;
use crate::console::widget::{Paint, width};
use crate::console::words;
use crate::market::{Money, Price, Side};

/// Draws one overlay inside a rectangle.
pub fn draw(paint: &mut Paint<'_>, view: &View<'_>, overlay: &Overlay) {
    match overlay {
        Overlay::Help { scroll } => {
            text(paint, "Keys", &help::lines(view.ui.keymap(), paint.width()), *scroll)
        }
        Overlay::Reading(reading) => told(paint, reading),
        Overlay::Plain(plain) => plain_text(paint, plain),
        Overlay::Choice(choice) => choices(paint, choice),
        Overlay::Palette(field) => commands(paint, view, field.text()),
        Overlay::Symbol { field, at, add } => symbols(paint, view, field.text(), *at, *add),
        Overlay::Ticket(ticket) => draw_ticket(paint, view, ticket),
        Overlay::Amend(amendment) => draw_amendment(paint, view, amendment),
        Overlay::Prompt(prompt) => question(paint, prompt),
        Overlay::Filter { .. } | Overlay::Seek(_) => {}
    }
}

/// On a screen too small for panes: the prompt or the choice alone.
pub fn small(paint: &mut Paint<'_>, view: &View<'_>) {
    match view.ui.overlay() {
        Some(Overlay::Prompt(prompt)) => {
            let last = prompt.lines.len().min(usize::from(paint.height()));
            for (y, line) in (0u16..).zip(prompt.lines.iter().take(last)) {
                paint.blank(y, Role::Prompt);
                paint.put(0, y, line, Role::Prompt);
            }
            let y = u16::try_from(last).unwrap_or(0).min(paint.height().saturating_sub(1));
            paint.blank(y, Role::Prompt);
            paint.put(0, y, "y yes  Esc no", Role::Prompt);
        }
        Some(Overlay::Choice(choice)) => choices(paint, choice),
        _ => {}
    }
}

/// A prompt in the hints row.
pub fn inline(paint: &mut Paint<'_>, y: u16, prompt: &Prompt) {
    paint.blank(y, Role::Prompt);
    let line = prompt.lines.join("  ");
    paint.put(1, y, &format!("y sends: {line}   Esc leaves"), Role::Prompt);
}

/// What the hints row says while something is open; `None` leaves it to the pane.
#[must_use]
pub fn hint(view: &View<'_>) -> Option<String> {
    Some(match view.ui.overlay()? {
        Overlay::Reading(reading) if reading.behind.iter().any(Option::is_some) => {
            "j k choose   Enter on a + line: what is behind it   c copy   q one level back".to_owned()
        }
        Overlay::Help { .. } | Overlay::Reading(_) => "j k PgDn PgUp read   q back".to_owned(),
        Overlay::Plain(plain) => {
            let next = plain.fields.get(plain.at).map_or("", |(name, _)| name.as_str());
            format!("c copies {next}   j k another   or select it with the terminal   q back")
        }
        Overlay::Choice(_) => "j k choose   Enter take   q back".to_owned(),
        Overlay::Palette(field) => format!(":{}_   Tab completes  Enter does it  Esc leaves", field.text()),
        Overlay::Symbol { .. } => "letters narrow  Up Down choose  Enter takes  Esc leaves".to_owned(),
        Overlay::Filter { field, .. } => {
            format!("/{}_   sym: side: state: age>  Enter keeps  Esc clears", field.text())
        }
        Overlay::Seek(field) => {
            format!("go to {}_   HH:MM or HH:MM:SS  Enter goes  Esc leaves", field.text())
        }
        Overlay::Ticket(_) | Overlay::Amend(_) => {
            "Tab field  Up Down step  S-Up S-Down ten  [ ] size  Enter review  Esc leaves".to_owned()
        }
        Overlay::Prompt(prompt) if prompt.inline => return None,
        Overlay::Prompt(_) => "y yes, and only y   Esc no".to_owned(),
    })
}

fn text(paint: &mut Paint<'_>, title: &str, lines: &[String], scroll: usize) {
    paint.clear();
    let room = usize::from(paint.height().saturating_sub(1));
    let from = scroll.min(lines.len().saturating_sub(room.max(1)));
    let right =
        format!("{}-{} of {}", (from + 1).min(lines.len()), (from + room).min(lines.len()), lines.len());
    paint.rule(0, title, true, "", &right);
    for (y, line) in (1u16..paint.height()).zip(lines.iter().skip(from)) {
        paint.put(1, y, line, Role::Text);
    }
}

/// A text whose lines may lead further: those are marked, and the cursor stands on one.
fn told(paint: &mut Paint<'_>, reading: &Reading) {
    if !reading.behind.iter().any(Option::is_some) {
        return text(paint, &reading.title, &reading.lines, reading.scroll);
    }
    paint.clear();
    paint.rule(0, &reading.title, true, "", &format!("{} lines", reading.lines.len()));
    let room = usize::from(paint.height().saturating_sub(1)).max(1);
    let from = (reading.scroll + 1).saturating_sub(room);
    for (y, (i, line)) in (1u16..paint.height()).zip(reading.lines.iter().enumerate().skip(from)) {
        let leads = reading.behind.get(i).is_some_and(Option::is_some);
        if i == reading.scroll {
            paint.select(y);
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        if leads {
            paint.put(1, y, "+", Role::Key);
        }
        paint.put(3, y, line, Role::Text);
    }
}

/// Nothing but text: no rule, no mark, so that what a terminal selects is what is meant. The field whose
/// turn it is is underlined.
fn plain_text(paint: &mut Paint<'_>, plain: &Plain) {
    paint.clear();
    let names = plain.fields.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let from = (plain.at + 1).saturating_sub(usize::from(paint.height()).max(1));
    for (y, (i, (name, text))) in (0u16..).zip(plain.fields.iter().enumerate().skip(from)) {
        paint.put(0, y, name, Role::Dim);
        let x = if names == 0 { 0 } else { names + 2 };
        let end = paint.put(x, y, text, Role::Text);
        if i == plain.at {
            paint.underline(end, y, text);
        }
    }
}

fn choices(paint: &mut Paint<'_>, choice: &Choice) {
    let height = u16::try_from(choice.rows.len() + 2).unwrap_or(u16::MAX).min(paint.height());
    let columns = paint.width();
    let mut paint = paint.inside(0, paint.height().saturating_sub(height), columns, height);
    paint.clear();
    paint.rule(0, &choice.title, true, "", "");
    let room = usize::from(height.saturating_sub(1)).max(1);
    let from = (choice.at + 1).saturating_sub(room);
    for (y, (i, (row, _))) in (1u16..height).zip(choice.rows.iter().enumerate().skip(from)) {
        if i == choice.at {
            paint.select(y);
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        paint.put(2, y, row, Role::Text);
    }
}

fn commands(paint: &mut Paint<'_>, view: &View<'_>, typed: &str) {
    let below = palette_context(view);
    let list = palette::candidates(view.ui.keymap(), below, typed);
    let height = u16::try_from(list.len() + 2).unwrap_or(u16::MAX).min(paint.height()).min(14);
    let columns = paint.width();
    let mut paint = paint.inside(0, paint.height().saturating_sub(height), columns, height);
    paint.clear();
    paint.rule(0, "Command", true, "", &format!("{} match", list.len()));
    if list.is_empty() {
        paint.put(1, 1, "no command begins with this", Role::Dim);
    }
    for (y, c) in (1u16..height).zip(&list) {
        let x = paint.put(1, y, c.name, Role::Key);
        paint.put(x + 1, y, c.takes, Role::Dim);
        paint.put(30, y, &c.key, Role::Dim);
        paint.put(44, y, c.words, Role::Text);
    }
}

/// The context of the pane below the command line.
fn palette_context(view: &View<'_>) -> crate::console::keymap::Context {
    crate::console::keymap::Context {
        scope: crate::console::keymap::Scope::Pane(view.ui.focus),
        replay: view.status().transport.is_some(),
    }
}

fn symbols(paint: &mut Paint<'_>, view: &View<'_>, typed: &str, at: usize, add: bool) {
    let list = symbol::matches(view.frame, view.ui, typed, add);
    let height = paint.height().min(16);
    let columns = paint.width();
    let mut paint = paint.inside(0, 0, columns, height);
    paint.clear();
    let name = if add { "Add to the list" } else { "Symbol" };
    paint.rule(0, name, true, &format!("{typed}_"), &format!("{} match", list.len()));
    if list.is_empty() {
        let why = if add {
            "every symbol is on the list"
        } else {
            "no ticker, no name and no broker of the last prints has this"
        };
        paint.put(1, 1, why, Role::Dim);
    }
    let room = usize::from(height.saturating_sub(1)).max(1);
    let from = (at + 1).saturating_sub(room);
    for (y, (i, id)) in (1u16..height).zip(list.iter().enumerate().skip(from)) {
        if i == at {
            paint.select(y);
            paint.put(0, y, paint.glyphs().chosen, Role::Key);
        }
        if let Some(instrument) = view.snapshot().day.universe.get(*id) {
            paint.put(2, y, instrument.symbol.as_str(), Role::Text);
            paint.put(16, y, &instrument.name, Role::Dim);
        }
    }
}

fn question(paint: &mut Paint<'_>, prompt: &Prompt) {
    let height = u16::try_from(prompt.lines.len() + 3).unwrap_or(u16::MAX).min(paint.height());
    let columns = paint.width();
    let mut paint = paint.inside(0, paint.height().saturating_sub(height), columns, height);
    paint.clear();
    paint.rule(0, "Sure?", true, "", "");
    for (y, line) in (1u16..).zip(&prompt.lines) {
        paint.blank(y, Role::Prompt);
        paint.put(1, y, line, Role::Prompt);
    }
    let last = height.saturating_sub(2).max(1);
    paint.put(1, last, "y yes, and only y        Esc no", Role::Key);
}

fn field(paint: &mut Paint<'_>, y: u16, name: &str, text: &str, active: bool) -> u16 {
    let role = if active { Role::Focus } else { Role::Dim };
    paint.put(1, y, name, role);
    let shown = if active { format!(">{text}_") } else { format!(" {text}") };
    paint.put(10, y, &shown, if active { Role::Key } else { Role::Text })
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(|| format::MISSING.to_owned(), format::money)
}

fn draw_ticket(paint: &mut Paint<'_>, view: &View<'_>, ticket: &Ticket) {
    paint.clear();
    let symbol = words::symbol(view.snapshot(), ticket.instrument);
    paint.rule(0, &format!("Ticket {} {symbol}", ticket.side), true, "", "draft, not sent");
    let order = ticket.order(view.frame);
    let facts = ticket.facts(view.frame).ok();
    let prices = view.prices(ticket.instrument);
    let x = field(paint, 1, "quantity", ticket.qty.text(), ticket.active == TicketField::Qty);
    if let Ok(order) = &order {
        let typed = ticket.qty.text() == order.qty.units().to_string();
        let shares = if typed { String::new() } else { format!("{} shares ", format::qty(order.qty)) };
        let text = format!("{shares}= {}", money(order.limit.notional(order.qty)));
        paint.put(x.max(18) + 1, 1, &text, Role::Text);
    }
    let presets: Vec<String> = view
        .ui
        .sizes
        .presets()
        .map(|(p, chosen)| if chosen { format!("{}{}", paint.glyphs().chosen, p.text()) } else { p.text() })
        .collect();
    paint.put(10, 2, &format!("[ {} ]", presets.join(" ")), Role::Dim);
    let x = field(paint, 3, "limit", ticket.limit.text(), ticket.active == TicketField::Limit);
    if let (Ok(order), Some(facts)) = (&order, &facts) {
        paint.put(
            x.max(18) + 1,
            3,
            &limit_words(ticket, order.limit, facts, prices, paint.width() >= 44),
            Role::Dim,
        );
    }
    let mut y = 4;
    match (&order, &facts) {
        (Ok(order), Some(facts)) => {
            let preview = preview::preview(facts, order);
            y = cost(paint, y, order.side, &preview, prices, &ticket.account.to_string());
            verdict(paint, y, &preview);
        }
        (Err(why), _) => {
            paint.put_wrapped(1, y, why, Role::Warn);
        }
        _ => {}
    }
    if let Some(fault) = &ticket.fault {
        let row = paint.height().saturating_sub(3).max(4);
        paint.put_wrapped(1, row, fault, Role::Alarm);
    }
    let last = paint.height().saturating_sub(1);
    paint.put(1, last, "Enter review, y sends  Esc keeps draft", Role::Key);
}

/// How a limit stands to the touch, and the band it must be in.
fn limit_words(
    ticket: &Ticket,
    limit: Price,
    facts: &preview::Facts<'_>,
    prices: PriceFormat,
    wide: bool,
) -> String {
    let mut parts = Vec::new();
    let own = facts.best(ticket.side).zip(facts.tick);
    let name = if ticket.side == Side::Buy { "bid" } else { "ask" };
    if let Some((best, tick)) = own {
        let ticks = (limit.units() - best.units()) / tick.units();
        parts.push(if ticks == 0 { name.to_owned() } else { format!("{name} {ticks:+} ticks") });
    }
    if let Some((low, high)) = facts.view.order_band {
        let word = if wide { "band " } else { "" };
        parts.push(format!("{word}{}-{}", prices.text(low), prices.text(high)));
    }
    parts.join(", ")
}

/// What it costs or brings, line by line; returns the row after.
fn cost(paint: &mut Paint<'_>, y: u16, side: Side, p: &Preview, prices: PriceFormat, account: &str) -> u16 {
    let buys = side == Side::Buy;
    let charged = money(p.charges.map(|c| c.total));
    let verb = if buys { "pay" } else { "get" };
    let mut lines = vec![
        format!("account  {account}, free after {}", money(p.free_after)),
        format!("{verb:<8} {}, charges {charged}", money(p.total)),
    ];
    if let Some(c) = p.charges {
        let (commission, sebon, dp) =
            (format::money(c.commission), format::money(c.sebon), format::money(c.dp));
        lines.push(format!("         commission {commission} SEBON {sebon} DP {dp}"));
    }
    let day =
        |d: Option<crate::market::SessionDate>| d.map_or_else(|| "not known".to_owned(), format::date_short);
    if buys {
        lines.push(format!("breaks even at {}", prices.option(p.break_even)));
        lines.push(format!("sellable {}, pay {}", day(p.first_sale), day(p.pay_in)));
    } else {
        lines.push(format!("tax on the gain {}", money(p.tax)));
        lines.push(format!("deliver by {}", day(p.pay_in)));
    }
    let mut row = y;
    for line in lines {
        paint.put(1, row, &line, Role::Text);
        row += 1;
    }
    row
}

fn verdict(paint: &mut Paint<'_>, y: u16, preview: &Preview) {
    if preview.denials.is_empty() {
        paint.put(1, y, "checks   nothing would deny it", Role::Good);
        return;
    }
    let mut y = y;
    for denial in &preview.denials {
        if y + 1 < paint.height() {
            y = paint.put_wrapped(1, y, &format!("denied   {}", words::denial(denial)), Role::Alarm);
        }
    }
}

fn draw_amendment(paint: &mut Paint<'_>, view: &View<'_>, amendment: &Amendment) {
    paint.clear();
    let Some(order) = view.snapshot().order(amendment.id) else {
        paint.rule(0, "Amend", true, "", "");
        paint.put(1, 1, "the order is not there any more", Role::Warn);
        return;
    };
    let line = words::order_line(view.snapshot(), &order.order);
    paint.rule(0, &format!("Amend {}", amendment.id), true, "", "not sent");
    paint.put(1, 1, &format!("now      {line}, {} done", format::qty(order.filled)), Role::Dim);
    field(paint, 2, "quantity", amendment.qty.text(), amendment.active == TicketField::Qty);
    field(paint, 3, "limit", amendment.limit.text(), amendment.active == TicketField::Limit);
    match amendment.terms(view.frame) {
        Ok((qty, limit)) if (qty, limit) == (order.order.qty, order.order.limit) => {
            paint.put(1, 4, "nothing would change", Role::Dim);
        }
        Ok((qty, limit)) => {
            let keeps = amendment.keeps_place(order, qty, limit);
            let (text, role) = if keeps {
                ("keeps its place in the queue", Role::Good)
            } else {
                ("LOSES its place in the queue", Role::Warn)
            };
            paint.put(1, 4, text, role);
        }
        Err(why) => {
            paint.put(1, 4, &why, Role::Warn);
        }
    }
    if let Some(fault) = &amendment.fault {
        paint.put_wrapped(1, 5, fault, Role::Alarm);
    }
    paint.put(1, 7, "Enter review, y sends  Esc leaves", Role::Key);
}
