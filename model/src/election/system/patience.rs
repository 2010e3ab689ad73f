//! How long servers have waited, in time, as far as that decides who gives up.
//!
//! To give up takes longer than anything else, but not without end. Waits have no length here, and
//! two rules stand for it. Nobody gives up before all who look have asked again: since anybody last
//! came to another round, proposal or leader, for what else comes of their questions can go on for
//! ever. And all who may give up wait for the same time: nobody does so twice while another could
//! have all along.

use crate::terms::set::ServerSet;
use borsh::{BorshDeserialize, BorshSerialize};

/// Who has waited.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, BorshSerialize, BorshDeserialize)]
pub struct Patience {
    /// Who has announced its vote again since any server last came to [stand]
    /// elsewhere, or anything went wrong.
    ///
    /// [stand]: crate::election::server::Server::standing
    pub(super) asked: ServerSet,
    /// Who could have given up when another did, and still can: nobody else may before.
    pub(super) overdue: ServerSet,
}

impl Patience {
    /// Nobody has waited.
    pub const NONE: Self = Self {
        asked: ServerSet::NONE,
        overdue: ServerSet::NONE,
    };

    /// Whether it is this server's turn to give up, if it may.
    pub(super) fn is_turn_of(self, server: usize) -> bool {
        self.overdue == ServerSet::NONE || self.overdue.contains(server)
    }
}
