//! Order-flow imbalance of the best quotes (X7; Cont, Kukanov and Stoikov, 2014).

use crate::model::ModelError;
use crate::model::error::{check_finite, usable};
use crate::model::regression::{Line, line};

/// Best prices and sizes of one event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// Best bid.
    pub bid_price: f64,
    /// Size there.
    pub bid_size: f64,
    /// Best ask.
    pub ask_price: f64,
    /// Size there.
    pub ask_size: f64,
}

impl Quote {
    fn mid(&self) -> f64 {
        0.5 * (self.bid_price + self.ask_price)
    }

    /// The flow between two events in shares: size added to the bid or taken from the ask counts
    /// up, the opposite down; a price that moves away takes its whole old size with it.
    #[must_use]
    pub(crate) fn flow_since(&self, before: &Self) -> f64 {
        let counted = |yes: bool, size: f64| if yes { size } else { 0.0 };
        counted(self.bid_price >= before.bid_price, self.bid_size)
            - counted(self.bid_price <= before.bid_price, before.bid_size)
            - counted(self.ask_price <= before.ask_price, self.ask_size)
            + counted(self.ask_price >= before.ask_price, before.ask_size)
    }

    fn is_sound(&self) -> bool {
        [self.bid_price, self.bid_size, self.ask_price, self.ask_size].iter().all(|v| usable(*v))
    }
}

/// Accumulates order flow until the bar is taken.
#[derive(Clone, Debug, Default)]
pub struct OrderFlow {
    last: Option<Quote>,
    sum: f64,
}

impl OrderFlow {
    /// Takes a quote and returns its flow; `None` for the first, and for one that is not finite,
    /// which is not kept.
    pub fn push(&mut self, quote: Quote) -> Option<f64> {
        if !quote.is_sound() {
            return None;
        }
        let flow = self.last.map(|before| quote.flow_since(&before));
        self.sum += flow.unwrap_or(0.0);
        self.last = Some(quote);
        flow
    }

    /// Ends the bar: its summed flow, and the next bar starts at zero from the same quote.
    pub const fn take(&mut self) -> f64 {
        std::mem::replace(&mut self.sum, 0.0)
    }

    /// Forgets the last quote too, after a halt or a gap: flow across it means nothing.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Flow per event, summed per bin, and the regression of mid changes on it.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowRegression {
    /// One per event after the first quote.
    pub flow: Vec<f64>,
    /// One per complete bin.
    pub binned: Vec<f64>,
    /// Mid changes on binned flow.
    pub line: Line,
}

/// The batch form over bins of `events_per_bin`, counted from the first event; an incomplete last
/// bin is dropped.
///
/// # Errors
/// Values that are not finite, bins of 0, fewer than two complete bins, or constant flow.
pub fn flow_regression(quotes: &[Quote], events_per_bin: usize) -> Result<FlowRegression, ModelError> {
    if let Some(index) = quotes.iter().position(|quote| !quote.is_sound()) {
        return Err(ModelError::NonFinite { index });
    }
    if events_per_bin == 0 {
        return Err(ModelError::OutOfDomain { name: "events per bin", value: 0.0, domain: "1 or more" });
    }
    let flow: Vec<f64> = quotes.windows(2).map(|pair| pair[1].flow_since(&pair[0])).collect();
    check_finite(&flow)?;
    let binned: Vec<f64> = flow.chunks_exact(events_per_bin).map(|bin| bin.iter().sum()).collect();
    let edges: Vec<f64> = quotes.iter().step_by(events_per_bin).map(Quote::mid).collect();
    let changes: Vec<f64> = edges.windows(2).map(|pair| pair[1] - pair[0]).take(binned.len()).collect();
    let line = line(&binned, &changes)?;
    Ok(FlowRegression { flow, binned, line })
}

/// `(bought - sold)/volume`, `None` without volume.
#[must_use]
pub fn trade_imbalance(bought: f64, sold: f64) -> Option<f64> {
    super::book::imbalance(bought, sold)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(bid_price: f64, bid_size: f64, ask_price: f64, ask_size: f64) -> Quote {
        Quote { bid_price, bid_size, ask_price, ask_size }
    }

    #[test]
    fn each_kind_of_event_has_its_sign() {
        let before = quote(99.0, 10.0, 101.0, 20.0);
        for (after, flow) in [
            (quote(99.0, 15.0, 101.0, 20.0), 5.0),
            (quote(99.0, 10.0, 101.0, 15.0), 5.0),
            (quote(100.0, 4.0, 101.0, 20.0), 4.0),
            (quote(98.0, 30.0, 101.0, 20.0), -10.0),
            (quote(99.0, 10.0, 100.0, 7.0), -7.0),
            (quote(99.0, 10.0, 102.0, 9.0), 20.0),
        ] {
            assert_eq!(after.flow_since(&before), flow, "{after:?}");
        }
    }

    #[test]
    fn the_online_form_gives_the_batch_after_every_event() {
        let quotes: Vec<Quote> = (0..61_u32)
            .map(|i| {
                let price = 100.0 + f64::from((i * 31) % 5);
                quote(price, f64::from((i * 17) % 40), price + 1.0, f64::from((i * 23) % 40))
            })
            .collect();
        let batch = flow_regression(&quotes, 10).unwrap();
        let mut online = OrderFlow::default();
        let mut bins = Vec::new();
        for (i, quote) in quotes.iter().enumerate() {
            let flow = online.push(*quote);
            assert_eq!(flow, i.checked_sub(1).map(|event| batch.flow[event]));
            if i > 0 && i % 10 == 0 {
                bins.push(online.take());
            }
        }
        assert_eq!(bins, batch.binned);
    }

    #[test]
    fn unusable_quotes_are_not_kept() {
        let mut online = OrderFlow::default();
        assert_eq!(online.push(quote(99.0, 1.0, 101.0, 1.0)), None);
        assert_eq!(online.push(quote(f64::NAN, 1.0, 101.0, 1.0)), None);
        assert_eq!(online.push(quote(99.0, 3.0, 101.0, 1.0)), Some(2.0));
        online.reset();
        assert_eq!(online.push(quote(99.0, 9.0, 101.0, 1.0)), None);
        assert!(flow_regression(&[], 10).is_err());
        assert!(flow_regression(&[quote(1.0, 1.0, 2.0, 1.0); 30], 0).is_err());
        assert_eq!(trade_imbalance(0.0, 0.0), None);
    }
}
