//! A median and a mean over the last values, kept up to date value by value.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The last `capacity` finite values, in order of arrival and in order of size.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RollingMedian {
    capacity: usize,
    arrived: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl RollingMedian {
    /// Room for `capacity` values (at least one).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), arrived: VecDeque::new(), sorted: Vec::new() }
    }

    /// Takes a value in; the oldest leaves when full. A value that is not finite is ignored.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.arrived.len() == self.capacity
            && let Some(oldest) = self.arrived.pop_front()
        {
            let at = self.sorted.partition_point(|v| *v < oldest);
            self.sorted.remove(at);
        }
        self.arrived.push_back(value);
        let at = self.sorted.partition_point(|v| *v < value);
        self.sorted.insert(at, value);
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The middle value, or the mean of the middle two.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        let n = self.sorted.len();
        match (n, n % 2) {
            (0, _) => None,
            (_, 1) => Some(self.sorted[n / 2]),
            _ => Some((self.sorted[n / 2 - 1] + self.sorted[n / 2]) / 2.0),
        }
    }

    /// The mean of all but the largest tenth (rounded down): robust, and not zero merely because
    /// most values are.
    #[must_use]
    pub fn trimmed_mean(&self) -> Option<f64> {
        let keep = self.sorted.len() - self.sorted.len() / 10;
        (keep > 0).then(|| self.sorted[..keep].iter().sum::<f64>() / keep as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_a_sort_of_the_last_values() {
        let mut rolling = RollingMedian::new(5);
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0];
        for (i, v) in values.iter().enumerate() {
            rolling.push(*v);
            let mut last: Vec<f64> = values[..=i].iter().rev().take(5).copied().collect();
            last.sort_by(f64::total_cmp);
            let n = last.len();
            let want = if n % 2 == 1 { last[n / 2] } else { (last[n / 2 - 1] + last[n / 2]) / 2.0 };
            assert_eq!(rolling.median(), Some(want));
        }
        rolling.push(f64::NAN);
        assert_eq!(rolling.len(), 5);
    }
}
