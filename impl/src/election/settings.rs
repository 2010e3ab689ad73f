//! What one server's election goes by: who it is, and how long it waits.

use crate::finalize::Finalize;
use crate::id::Sid;
use crate::learner_type::LearnerType;
use std::time::Duration;

/// What one server's election goes by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Settings {
    /// The server's id.
    pub sid: Sid,
    /// Whether it votes or observes.
    pub learner_type: LearnerType,
    /// Its waits.
    pub timing: Timing,
    /// Whether a newer configuration that a peer sends is adopted (`reconfigEnabled`). Without it
    /// one with other members still restarts the election, as in the reference.
    pub reconfig_enabled: bool,
}

/// The waits of a looking server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timing {
    /// The first wait for votes; doubles at each time-out. Default 200 ms.
    pub min_notification_interval: Duration,
    /// The longest wait for votes, and so how late a healed partition may be noticed. Default 60 s.
    pub max_notification_interval: Duration,
    /// How long to wait for a better vote once a quorum agrees. The reference fixes it to 200 ms.
    pub finalize_wait: Duration,
    /// Whether that wait may end early. Default [`Finalize::Fixed`].
    pub finalize: Finalize,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            min_notification_interval: Duration::from_millis(200),
            max_notification_interval: Duration::from_mins(1),
            finalize_wait: Duration::from_millis(200),
            finalize: Finalize::Fixed,
        }
    }
}
