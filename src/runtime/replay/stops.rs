//! The moments of a day worth jumping to.

use crate::console::JumpTarget;
use crate::engine::Output;
use crate::market::Timestamp;

/// Moments by kind, in order of time.
#[derive(Clone, Default, Debug)]
pub struct Stops(Vec<(Timestamp, JumpTarget)>);

impl Stops {
    /// Notes what followed from a step. Returns the kinds it was a stop of.
    pub fn note(&mut self, at: Timestamp, outputs: &[Output]) -> Vec<JumpTarget> {
        let kinds: Vec<JumpTarget> = outputs.iter().flat_map(kinds_of).collect();
        for kind in &kinds {
            self.add(at, *kind);
        }
        kinds
    }

    /// Adds a moment, once.
    pub fn add(&mut self, at: Timestamp, kind: JumpTarget) {
        let place = self.0.partition_point(|(known, _)| *known <= at);
        if !self.0[..place].iter().rev().take_while(|(t, _)| *t == at).any(|(_, k)| *k == kind) {
            self.0.insert(place, (at, kind));
        }
    }

    /// The latest moment of a kind before a time.
    #[must_use]
    pub fn before(&self, at: Timestamp, kind: JumpTarget) -> Option<Timestamp> {
        self.0.iter().rev().find(|(t, k)| *t < at && *k == kind).map(|(t, _)| *t)
    }

    /// The earliest moment of a kind after a time, among those known.
    #[must_use]
    pub fn after(&self, at: Timestamp, kind: JumpTarget) -> Option<Timestamp> {
        self.0.iter().find(|(t, k)| *t > at && *k == kind).map(|(t, _)| *t)
    }

    /// Every moment of a kind.
    pub fn of(&self, kind: JumpTarget) -> impl Iterator<Item = Timestamp> {
        self.0.iter().filter(move |(_, k)| *k == kind).map(|(t, _)| *t)
    }
}

/// What kinds of stop an output makes.
fn kinds_of(output: &Output) -> Vec<JumpTarget> {
    match output {
        Output::MarketHalt(_) => vec![JumpTarget::Halt],
        Output::Alert(_) => vec![JumpTarget::Alert],
        Output::Regime { .. } => vec![JumpTarget::RegimeChange],
        Output::Filled { .. } => vec![JumpTarget::OwnFill],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_and_after_a_moment() {
        let at = Timestamp::from_ns;
        let mut stops = Stops::default();
        for (t, kind) in
            [(30, JumpTarget::Halt), (10, JumpTarget::Halt), (20, JumpTarget::Alert), (10, JumpTarget::Halt)]
        {
            stops.add(at(t), kind);
        }
        assert_eq!(stops.of(JumpTarget::Halt).collect::<Vec<_>>(), [at(10), at(30)]);
        assert_eq!(stops.before(at(30), JumpTarget::Halt), Some(at(10)));
        assert_eq!(stops.after(at(10), JumpTarget::Halt), Some(at(30)));
        assert_eq!(stops.after(at(30), JumpTarget::Halt), None);
        assert_eq!(stops.before(at(20), JumpTarget::Alert), None);
    }
}
