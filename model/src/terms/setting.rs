//! When waits run out.

use serde::Serialize;

/// When waits run out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// At any time. Only a leader that is down is given up.
    Asynchronous,
    /// Waits are longer than messages travel, and each longer than the one before: a server stops
    /// waiting for a better proposal only when nothing is under way to it; announces its vote again
    /// only when nothing is under way at all and nobody finalizes; and gives up a leader that does
    /// not lead, or followers that do not follow, only when besides everybody who looks has
    /// announced its vote again since anybody last came to another round, proposal or leader. Those
    /// who give up wait equally long: nobody gives up twice while another could have all along.
    Timely,
}

impl Setting {
    /// Its name, as printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Asynchronous => "asynchronous",
            Self::Timely => "timely",
        }
    }
}
