//! How much of a day a floorsheet has, by the sequence numbers inside its contract numbers.

use std::collections::BTreeMap;

use super::report::ShardCompleteness;
use crate::market::{ContractNo, SessionDate};

/// More than this many thousandths missing refuses the sheet.
pub(super) const ALLOWED_PER_MILLE: u64 = 20;

/// A contract number taken apart: eight digits of date, two of shard, six of sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ContractParts {
    pub(super) date: SessionDate,
    pub(super) shard: u8,
    pub(super) sequence: u64,
}

impl ContractParts {
    pub(super) fn of(contract: ContractNo) -> Option<Self> {
        let (date, rest) = (contract.0 / 100_000_000, contract.0 % 100_000_000);
        let number = |n: u64| u32::try_from(n).ok();
        let year = i32::try_from(date / 10_000).ok()?;
        Some(Self {
            date: SessionDate::new(year, number(date / 100 % 100)?, number(date % 100)?)?,
            shard: u8::try_from(rest / 1_000_000).ok()?,
            sequence: rest % 1_000_000,
        })
    }
}

/// Per shard: the highest sequence number against how many different ones there are.
pub(super) fn by_shard(contracts: impl Iterator<Item = ContractParts>) -> Vec<ShardCompleteness> {
    let mut shards: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
    for parts in contracts {
        let (highest, present) = shards.entry(parts.shard).or_default();
        *highest = (*highest).max(parts.sequence);
        *present += 1;
    }
    let entry = |(shard, (highest, present)): (u8, (u64, u64))| {
        let missing = highest.saturating_sub(present);
        ShardCompleteness { shard, highest, present, missing }
    };
    shards.into_iter().map(entry).collect()
}

/// Contracts missing and contracts expected over all shards.
pub(super) fn total(shards: &[ShardCompleteness]) -> (u64, u64) {
    shards.iter().fold((0, 0), |(missing, expected), s| (missing + s.missing, expected + s.highest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_number_has_a_date_a_shard_and_a_sequence() {
        let parts = ContractParts::of(ContractNo(2_024_070_201_026_653)).unwrap();
        assert_eq!(parts.date, SessionDate::new(2024, 7, 2).unwrap());
        assert_eq!((parts.shard, parts.sequence), (1, 26_653));
        assert_eq!(ContractParts::of(ContractNo(112_298_860)), None);
        assert_eq!(ContractParts::of(ContractNo(u64::MAX)), None);
    }

    #[test]
    fn what_is_missing_is_counted_per_shard() {
        let numbers = [2_024_070_201_000_001, 2_024_070_201_000_004, 2_024_070_203_000_002];
        let shards = by_shard(numbers.into_iter().filter_map(|n| ContractParts::of(ContractNo(n))));
        let rows: Vec<_> = shards.iter().map(|s| (s.shard, s.highest, s.present, s.missing)).collect();
        assert_eq!(rows, [(1, 4, 2, 2), (3, 2, 1, 1)]);
        assert_eq!(total(&shards), (3, 6));
    }
}
