//! A run divided over machines: each takes every N-th initial state.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// One part of a run: part `index` of `count`, from 0. Written `index/count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
pub struct Shard {
    index: usize,
    count: usize,
}

/// A shard that may not be one.
#[derive(Deserialize)]
struct Fields {
    index: usize,
    count: usize,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Which part it is.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// How many parts there are.
    #[must_use]
    pub fn count(self) -> usize {
        self.count
    }

    /// Whether it is the only part.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Whether the initial state of this number is in this part.
    #[must_use]
    pub fn holds(self, number: usize) -> bool {
        number % self.count == self.index
    }
}

impl TryFrom<Fields> for Shard {
    type Error = String;

    fn try_from(Fields { index, count }: Fields) -> Result<Self, String> {
        if index < count {
            return Ok(Self { index, count });
        }
        let last = count.checked_sub(1).ok_or("there are no shards of none")?;
        Err(format!(
            "shards count from 0 to N-1: the last of {count} is {last}/{count}"
        ))
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            Some(Fields {
                index: index.parse().ok()?,
                count: count.parse::<NonZeroUsize>().ok()?.get(),
            })
        });
        parsed
            .ok_or("a shard is written I/N, for example 0/4")?
            .try_into()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}
