//! The ids under which orders and changes go out.
//!
//! An order's id is the journal's tag and its number in it. Each change has an id of its own, as FIX wants it: the
//! order's id and the number of the input that asked for the change. Both are decided by what is durable before
//! anything leaves, and no input has the number of another one, so that no id is ever given twice.

use crate::execution::ClientOrderId;

/// What a change is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ChangeKind {
    /// A cancel/replace.
    Amend,
    /// A cancel.
    Cancel,
}

/// The ids of one journal.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    tag: String,
}

impl Ids {
    pub(super) fn of(tag: &str) -> Self {
        Self { tag: tag.to_owned() }
    }

    /// The id of an order.
    pub(super) fn order(&self, id: ClientOrderId) -> String {
        format!("{}-{}", self.tag, id.0)
    }

    /// The id of a change of it, asked for by the input of this number.
    pub(super) fn change(&self, id: ClientOrderId, kind: ChangeKind, number: u64) -> String {
        let letter = if kind == ChangeKind::Amend { 'A' } else { 'C' };
        format!("{}-{}-{letter}{number}", self.tag, id.0)
    }

    /// What kind of change an id of ours is of; `None` for an order's own.
    pub(super) fn kind(&self, text: &str) -> Option<ChangeKind> {
        self.ours(text)?;
        let change = text.rsplit_once('-')?.1;
        match change.chars().next()? {
            'A' => Some(ChangeKind::Amend),
            'C' => Some(ChangeKind::Cancel),
            _ => None,
        }
    }

    /// Which of our orders an id is of; `None` if it is none that this journal gives.
    pub(super) fn ours(&self, text: &str) -> Option<ClientOrderId> {
        let rest = text.strip_prefix(self.tag.as_str())?.strip_prefix('-')?;
        let (order, change) =
            rest.split_once('-').map_or((rest, None), |(order, change)| (order, Some(change)));
        let id = order.parse().ok().map(ClientOrderId).filter(|id| id.0.to_string() == order)?;
        let is_change = |change: &str| {
            let number = change.strip_prefix(['A', 'C']);
            number.is_some_and(|n| n.parse::<u64>().is_ok_and(|parsed| parsed.to_string() == n))
        };
        change.is_none_or(is_change).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_id_is_read_back_and_no_two_are_the_same(id in any::<u64>(), number in any::<u64>()) {
            let (ids, id) = (Ids::of("H00"), ClientOrderId(id));
            let given = [
                ids.order(id),
                ids.change(id, ChangeKind::Amend, number),
                ids.change(id, ChangeKind::Cancel, number),
            ];
            for text in &given {
                prop_assert_eq!(ids.ours(text), Some(id));
            }
            prop_assert!(given[0] != given[1] && given[1] != given[2]);
            let kinds = given.each_ref().map(|text| ids.kind(text));
            prop_assert_eq!(kinds, [None, Some(ChangeKind::Amend), Some(ChangeKind::Cancel)]);
        }
    }

    #[test]
    fn what_is_almost_ours_is_not() {
        let ids = Ids::of("H00");
        for text in
            ["", "H00", "H00-", "H00-01", "H00-1-", "H00-1-B2", "H00-1-A02", "H00-1-A2-C3", "H000-1", "h00-1"]
        {
            assert_eq!(ids.ours(text), None, "{text}");
        }
    }
}
