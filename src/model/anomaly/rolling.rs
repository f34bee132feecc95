//! A median and a mean over the last values, kept up to date value by value.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::model::error::usable;

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
        let capacity = capacity.max(1);
        Self { capacity, arrived: VecDeque::new(), sorted: Vec::new() }
    }

    /// Takes a value in; the oldest leaves when full. A value that is not finite is ignored.
    pub fn push(&mut self, value: f64) {
        if !usable(value) {
            return;
        }
        if self.arrived.len() == self.capacity
            && let Some(oldest) = self.arrived.pop_front()
        {
            self.replace(oldest, value);
        } else {
            let at = self.sorted.partition_point(|v| *v < value);
            self.sorted.insert(at, value);
        }
        self.arrived.push_back(value);
    }

    /// Takes one value out of the sorted run and puts another in, moving only what lies between.
    fn replace(&mut self, out: f64, value: f64) {
        let from = self.sorted.partition_point(|v| *v < out);
        let to = self.sorted.partition_point(|v| *v < value);
        if to > from {
            self.sorted.copy_within(from + 1..to, from);
            self.sorted[to - 1] = value;
        } else {
            self.sorted.copy_within(to..from, to + 1);
            self.sorted[to] = value;
        }
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
}

/// The mean of the last whole numbers, exact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RollingMean {
    capacity: usize,
    arrived: VecDeque<i64>,
    total: i64,
}

impl RollingMean {
    /// Room for `capacity` values (at least one).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), arrived: VecDeque::new(), total: 0 }
    }

    /// Takes a value in; the oldest leaves when full.
    pub fn push(&mut self, value: i64) {
        if self.arrived.len() == self.capacity {
            self.total = self.total.saturating_sub(self.arrived.pop_front().unwrap_or(0));
        }
        self.arrived.push_back(value);
        self.total = self.total.saturating_add(value);
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.arrived.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arrived.is_empty()
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (!self.arrived.is_empty()).then(|| self.total as f64 / self.arrived.len() as f64)
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
            assert_eq!(rolling.sorted, last);
        }
        rolling.push(f64::NAN);
        assert_eq!(rolling.len(), 5);
    }

    #[test]
    fn a_mean_of_the_last_three() {
        let mut rolling = RollingMean::new(3);
        [5, 1, 2, 9].into_iter().for_each(|v| rolling.push(v));
        assert_eq!((rolling.mean(), rolling.len()), (Some(4.0), 3));
    }
}
