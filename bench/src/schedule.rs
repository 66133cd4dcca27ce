//! The order of a run. Each path is measured in blocks, and the blocks of all paths lie mixed:
//! what drifts meanwhile, such as the temperature, meets all alike.

use fastrand::Rng;

use crate::load::Load;
use crate::path::Path;

/// A part of one row's events.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// What else the machine does meanwhile.
    pub load: Load,
    /// The path.
    pub path: &'static dyn Path,
    /// Events that count.
    pub events: u64,
}

/// One block of each path under each load; the loads in random order, under each the paths in
/// random order.
pub type Round = Vec<Block>;

/// As many rounds as there are blocks to a row, fewer if there are fewer events; `events` of each row
/// in all. The same seed gives the same order.
pub fn rounds(
    paths: &[&'static dyn Path],
    loads: &[Load],
    events: u64,
    blocks: u64,
    seed: u64,
) -> Vec<Round> {
    let mut random = Rng::with_seed(seed);
    let blocks = blocks.clamp(1, events.max(1));
    let round = |number| {
        let events = events / blocks + u64::from(number < events % blocks);
        let mut round = Round::new();
        for load in shuffled(&mut random, loads) {
            let paths = shuffled(&mut random, paths).into_iter();
            round.extend(paths.map(|path| Block { load, path, events }));
        }
        round
    };
    (0..blocks).map(round).collect()
}

fn shuffled<T: Copy>(random: &mut Rng, items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    random.shuffle(&mut items);
    items
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::ValueEnum;
    use proptest::prelude::*;

    use super::*;
    use crate::path::ALL;

    proptest! {
        #[test]
        fn each_row_gets_all_its_events_in_rounds(
            events in 1u64..5000, blocks in 1u64..50, loads in 1usize..4, seed: u64,
        ) {
            let loads = &Load::value_variants()[..loads];
            let rounds = rounds(ALL, loads, events, blocks, seed);
            prop_assert_eq!(rounds.len() as u64, blocks.min(events));
            let mut sums = BTreeMap::new();
            for round in &rounds {
                prop_assert_eq!(round.len(), ALL.len() * loads.len());
                // Each load is started once a round.
                prop_assert_eq!(round.chunk_by(|a, b| a.load == b.load).count(), loads.len());
                for block in round {
                    prop_assert!(block.events > 0);
                    *sums.entry((block.load, block.path.name())).or_insert(0) += block.events;
                }
            }
            prop_assert_eq!(sums.len(), ALL.len() * loads.len());
            prop_assert!(sums.values().all(|sum| *sum == events));
        }
    }

    fn names(seed: u64) -> Vec<&'static str> {
        let rounds = rounds(ALL, &[Load::Idle], 100, 20, seed);
        rounds
            .iter()
            .flatten()
            .map(|block| block.path.name())
            .collect()
    }

    #[test]
    fn the_seed_makes_the_order() {
        assert_eq!(names(7), names(7));
        assert_ne!(names(7), names(8));
    }
}
