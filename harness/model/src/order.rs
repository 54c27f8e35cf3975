//! Orders in which several things are done one after the other.
//!
//! Knows a fixed generator. Must never know what is ordered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The order in which a round asks its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As listed.
    Listed,
    /// Shuffled by a fixed generator with this seed ([`Order::positions`]).
    Shuffled(u64),
}

impl Order {
    /// The positions `0..count` in the order of asking.
    pub fn positions(self, count: usize) -> Vec<usize> {
        let mut positions: Vec<usize> = (0..count).collect();
        if let Self::Shuffled(seed) = self {
            // SplitMix64 and Fisher-Yates: the order must be the same on every machine, for ever.
            let mut state = seed;
            for end in (1..count).rev() {
                state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut mixed = state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^= mixed >> 31;
                positions.swap(end, usize::try_from(mixed % (end as u64 + 1)).unwrap_or(0));
            }
        }
        positions
    }
}
