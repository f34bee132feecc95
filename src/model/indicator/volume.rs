//! On-balance volume and the session's volume-weighted average price.

use std::cmp::Ordering;

use crate::model::error::usable;

/// On-balance volume, starting at 0: volume counts with the direction of the close.
#[derive(Clone, Debug, Default)]
pub struct Obv {
    last_close: Option<f64>,
    total: f64,
}

impl Obv {
    /// Takes a bar; an unchanged close adds nothing, nor does a bar with a number that is not usable.
    pub fn push(&mut self, close: f64, volume: f64) -> f64 {
        if !(usable(close) && usable(volume)) {
            return self.total;
        }
        let direction = self.last_close.replace(close).and_then(|last| close.partial_cmp(&last));
        match direction {
            Some(Ordering::Greater) => self.total += volume,
            Some(Ordering::Less) => self.total -= volume,
            _ => {}
        }
        self.total
    }
}

/// Volume-weighted average price, started anew with each session.
#[derive(Clone, Debug, Default)]
pub struct SessionVwap {
    session: Option<i64>,
    value: f64,
    volume: f64,
}

impl SessionVwap {
    /// Takes a price and its volume in a session; `None` while the session has no volume.
    pub fn push(&mut self, session: i64, price: f64, volume: f64) -> Option<f64> {
        if self.session.replace(session) != Some(session) {
            (self.value, self.volume) = (0.0, 0.0);
        }
        if !(usable(price) && usable(volume) && volume >= 0.0) {
            return None;
        }
        self.value += price * volume;
        self.volume += volume;
        let average = self.value / self.volume;
        (self.volume > 0.0 && average.is_finite()).then_some(average)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obv_follows_the_close_and_vwap_restarts() {
        let mut obv = Obv::default();
        assert_eq!(
            [(5.0, 9.0), (6.0, 4.0), (6.0, 7.0), (3.0, 1.0)].map(|(c, v)| obv.push(c, v)),
            [0.0, 4.0, 4.0, 3.0]
        );
        let mut vwap = SessionVwap::default();
        let rows = [(1, 10.0, 0.0), (1, 10.0, 1.0), (1, 20.0, 1.0), (2, 50.0, 0.0), (2, 50.0, 2.0)];
        assert_eq!(
            rows.map(|(s, p, v)| vwap.push(s, p, v)),
            [None, Some(10.0), Some(15.0), None, Some(50.0)]
        );
    }
}
