//! Rules of risk, checks and their readings in the desk's words.

use super::{format, words};
use crate::risk::reading::{Action, Amount, Caveat, Measured, Missing};
use crate::risk::{Check, Rule, Verdict, Warning};

/// What a rule watches, in at most sixteen characters.
#[must_use]
pub const fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Stress => "p(stress)",
        Rule::VolOverForecast => "vol/forecast",
        Rule::DrawdownReduce | Rule::DrawdownHalt | Rule::DrawdownStop => "drawdown",
        Rule::LossToday => "loss today",
        Rule::LossSessions => "loss 5d and 21d",
        Rule::Quarantine => "quarantine",
        Rule::FillRate => "fill rate",
        Rule::Confidence => "confidence",
        Rule::DataAge => "data age",
        Rule::Link => "link, unanswered",
        Rule::PositionLimit => "position limits",
        Rule::Slippage => "slippage",
        Rule::IndexVolatility => "index halt",
        Rule::Correlation => "correlation",
        Rule::ModelErrors => "model errors",
        Rule::Reconciliation => "reconciliation",
        Rule::ClockOffset => "clock offset",
        Rule::Settlement => "settlement",
        Rule::Integrity => "false reports",
        Rule::InternalError => "internal error",
        Rule::RejectBurst => "rejects in 1 min",
    }
}

/// What a rule would do.
#[must_use]
pub fn action(action: Action) -> String {
    match action {
        Action::Reduce { scale } => format!("REDUCE {scale:.1}"),
        Action::Halt => "HALT".to_owned(),
        Action::HaltSymbol => "HALT symbol".to_owned(),
        Action::HaltBuys => "HALT buys".to_owned(),
        Action::PauseSymbol => "PAUSE symbol".to_owned(),
        Action::EmergencyStop => "EMERGENCY".to_owned(),
    }
}

/// What would release it (K2).
#[must_use]
pub const fn release(rule: Rule) -> &'static str {
    match rule {
        Rule::Stress => "below .77 for 15 min",
        Rule::DrawdownReduce => "below 4.5% for 15 min",
        Rule::LossSessions => "15 min; 21 days approval",
        Rule::FillRate => "above 33% for 15 min",
        Rule::Confidence => "above .22 for 15 min",
        Rule::IndexVolatility | Rule::Correlation => "calm for 15 min",
        Rule::VolOverForecast => "below, after 60 min",
        Rule::DrawdownHalt => "approval",
        Rule::LossToday => "next session, approval",
        Rule::Quarantine => "below 2% for 15 min",
        Rule::DataAge => "fresh for 60 s",
        Rule::Slippage => "after 30 min",
        Rule::Reconciliation => "clean books, approval",
        Rule::DrawdownStop | Rule::Integrity => "two persons",
        Rule::Link
        | Rule::PositionLimit
        | Rule::ModelErrors
        | Rule::ClockOffset
        | Rule::Settlement
        | Rule::InternalError
        | Rule::RejectBurst => "when it is over",
    }
}

/// A value in its own unit; ages in steps, so that a quiet screen stays quiet.
#[must_use]
pub fn amount(amount: Amount) -> String {
    match amount {
        Amount::Probability(p) => format::probability(p),
        Amount::Share(s) => format!("{:.1}%", s * 100.0),
        Amount::Ratio(r) => format!("{r:.2}"),
        Amount::Age { ns } => format::age(ns).unwrap_or_else(|| "<5s".to_owned()),
        Amount::Count(n) => n.to_string(),
    }
}

/// The limit of a reading: exact where the value moves in steps.
#[must_use]
pub fn limit(measured: &Measured) -> String {
    match measured.limit {
        Amount::Age { ns } => format!("{}s", ns / 1_000_000_000),
        other => amount(other),
    }
}

/// What a reading leaves out.
#[must_use]
pub const fn caveat(caveat: Caveat) -> &'static str {
    match caveat {
        Caveat::StartOnly => "the start of the day: no bar has moved it yet",
        Caveat::TodayOnly => "since the open: earlier highs are not kept",
        Caveat::UnansweredOnly => "orders without an answer; the link itself is not measured",
        Caveat::SellableOnly => "more on sale than can be sold; no position limits are set",
        Caveat::HaltOnly => "the index against the next halt; no percentile of its volatility",
        Caveat::ReportsOnly => "reports that cannot be true; the journal is in the header",
    }
}

/// Why a rule has no value.
#[must_use]
pub fn missing(missing: Missing) -> String {
    match missing {
        Missing::NoAccount => "no account in this day".to_owned(),
        Missing::NoPrice => "a holding has no price".to_owned(),
        Missing::NoFeed => "no feed was heard".to_owned(),
        Missing::FewMessages { received } => format!("{received} messages in 15 min, 50 are needed"),
        Missing::FewOrders { finished } => format!("{finished} orders over or traded, 20 are needed"),
        Missing::MarketClosed => "the market is not trading".to_owned(),
        Missing::NoIndexHalt => "no index, no close of it, or no halt step left".to_owned(),
        Missing::NoReturn => "no return of the day yet".to_owned(),
        Missing::NoVolForecast => "no daily volatility model".to_owned(),
        Missing::NoEarlierSessions => "values of earlier sessions are not kept".to_owned(),
        Missing::NoForecast => "no forecast of returns runs".to_owned(),
        Missing::NoArrivalPrice => "the price at the decision is not kept".to_owned(),
        Missing::NoCorrelations => "no correlation matrix is kept".to_owned(),
        Missing::NoModels => "no model runs whose errors could be counted".to_owned(),
        Missing::NoBrokerStatement => "no broker statement to compare with".to_owned(),
        Missing::NoClockSource => "recorded time has no clock to be off from".to_owned(),
        Missing::NoSettlementReports => "no reports of settlement".to_owned(),
        Missing::NotCounted => "internal errors end the session, uncounted".to_owned(),
    }
}

/// The head of a check's column, four letters.
#[must_use]
pub const fn check_head(check: Check) -> &'static str {
    match check {
        Check::Trading => "STOP",
        Check::Listed => "LIST",
        Check::Phase => "OPEN",
        Check::Form => "FORM",
        Check::Band => "BAND",
        Check::Value => "SIZE",
        Check::Cash => "CASH",
        Check::Sellable => "SELL",
        Check::MarketHalt => "HALT",
        Check::Data => "DATA",
        Check::Reconciled => "GATE",
    }
}

/// What a check looks at.
#[must_use]
pub const fn check(check: Check) -> &'static str {
    match check {
        Check::Trading => "our own stop",
        Check::Listed => "may be traded here",
        Check::Phase => "session takes orders",
        Check::Form => "symbol, account, quantity, lot, price, tick",
        Check::Band => "daily band and order band",
        Check::Value => "value of the order",
        Check::Cash => "cash after charges",
        Check::Sellable => "shares that can be sold",
        Check::MarketHalt => "halt by the exchange",
        Check::Data => "market data is live",
        Check::Reconciled => "gateway is there and has the same as we do",
    }
}

/// What a check said, with its numbers; nothing where it passed or had nothing to look at.
#[must_use]
pub fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::NotApplicable => "does not apply".to_owned(),
        Verdict::Warn(warning) => format!("WARN {}", self::warning(warning)),
        Verdict::Block(denials) => {
            let list: Vec<String> = denials.iter().map(words::denial).collect();
            format!("DENIED {}", list.join("; "))
        }
    }
}

/// Why a check warns.
#[must_use]
pub fn warning(warning: &Warning) -> String {
    match warning {
        Warning::NearBand { limit, low, high } => {
            format!("{limit} is within two ticks of the band {low} to {high}")
        }
        Warning::SmallValue { value, least } => {
            format!("{} is below {}: fixed charges weigh", format::money(*value), format::money(*least))
        }
        Warning::MarketHalted => "the exchange has halted: it may rest and does not trade".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_their_columns() {
        for r in Rule::ALL {
            assert!(rule(r).len() <= 16, "{}", rule(r));
            assert!(release(r).len() <= 24, "{}", release(r));
            assert!(action(r.action()).len() <= 12);
        }
        assert!(Check::ALL.iter().all(|c| check_head(*c).len() == 4));
    }

    #[test]
    fn values_in_their_units() {
        for (value, want) in [
            (Amount::Probability(0.314), ".31"),
            (Amount::Share(0.0184), "1.8%"),
            (Amount::Ratio(1.2), "1.20"),
            (Amount::Age { ns: 3_000_000_000 }, "<5s"),
            (Amount::Age { ns: 40_000_000_000 }, "30s"),
            (Amount::Count(3), "3"),
        ] {
            assert_eq!(amount(value), want);
        }
    }
}
