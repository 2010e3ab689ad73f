//! What may go wrong, and how often.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

/// How often each fault may still happen.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, BorshSerialize, BorshDeserialize,
)]
pub struct Faults {
    /// A server crashes, and is started again later.
    pub crashes: u8,
    /// A server crashes for good.
    pub stops: u8,
    /// A server crashes and loses its disk, and is started again later.
    pub wipes: u8,
    /// The connection between two servers breaks.
    pub breaks: u8,
    /// A settled server returns to looking although nothing is wrong with its leader.
    pub losses: u8,
}

/// What can befall a server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Crash {
    /// It will be started again.
    Restarts,
    /// It will not.
    ForGood,
    /// It will be started again, without what was on its disk.
    LosesDisk,
}

impl Faults {
    /// None.
    pub const NONE: Self = Self {
        crashes: 0,
        stops: 0,
        wipes: 0,
        breaks: 0,
        losses: 0,
    };

    /// How often a crash of this kind may still happen.
    pub fn crashes_left(&mut self, crash: Crash) -> &mut u8 {
        match crash {
            Crash::Restarts => &mut self.crashes,
            Crash::ForGood => &mut self.stops,
            Crash::LosesDisk => &mut self.wipes,
        }
    }

    /// Whether a connection may still break and be mended.
    #[must_use]
    pub fn break_connections(self) -> bool {
        self.crashes + self.wipes + self.breaks > 0
    }

    /// Whether anything may go wrong.
    #[must_use]
    pub fn any(self) -> bool {
        self != Self::NONE
    }
}

impl Crash {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Restarts, Self::ForGood, Self::LosesDisk];
}
