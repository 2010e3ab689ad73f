#![doc = include_str!("finalizing.md")]

use serde::Serialize;

/// When a server that has a quorum stops waiting for a better proposal and settles, where waits are
/// longer than messages travel ([`Timely`](crate::terms::setting::Setting::Timely)). It may take
/// its time: what is said here is when it can settle, not that it does so at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Finalizing {
    /// How long it waits.
    pub length: Length,
    /// When it need not wait so long.
    pub early: Early,
}

/// How long a server waits for a better proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// For this many message delays, none of which is begun anew. When the first is over everything
    /// has arrived, anywhere, that was under way when the wait began; when the second is over,
    /// which makes a round trip, also what others sent because of that.
    Delays(u8),
    /// Until nothing is under way to it: the wait is longer than a message travels, and begins anew
    /// with each that arrives.
    ForArrivals,
    /// Until nothing is under way at all and every server has begun to look: the wait is also
    /// longer than servers begin apart.
    ForStarts,
}

/// When a server need not wait to the end for a better proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Early {
    /// Never.
    Never,
    /// Once it has on record what every voter with weight proposed in this round while it looked:
    /// then nothing better can come.
    AllHeard,
    /// The same, but a voter counts as heard also while it is down or the connection to it is
    /// broken.
    AllHeardOrUnreachable,
}

impl Finalizing {
    /// The reference's wait.
    #[doc(alias = "finalizeWait")]
    pub const FIXED: Self = Self {
        length: Length::ForArrivals,
        early: Early::Never,
    };
}
