//! What steps leave of what the election stands on: the history on a disk, and what a connection
//! has yet to deliver.

use super::Step;
use crate::election::faults::Crash;
use crate::election::system::Action;
use crate::terms::vote::Credentials;

impl<const N: usize> Step<'_, N> {
    /// What is on a disk changes only when an epoch is begun or learned, or the disk is lost.
    pub(super) fn epochs_rise(&self) -> bool {
        let on_disk = |server: usize| self.after.servers[server].credentials;
        let changes = |server: &usize| on_disk(*server) != self.before.servers[*server].credentials;
        let mut changed = (0..N).filter(changes);
        match self.action {
            Action::Activate { server } => {
                changed.all(|it| it == server) && self.learns_epoch(server)
            }
            Action::Crash {
                server,
                crash: Crash::LosesDisk,
            } => changed.all(|it| it == server) && on_disk(server) == Credentials::NO_DATA,
            Action::Crash {
                crash: Crash::Restarts | Crash::ForGood,
                ..
            }
            | Action::Deliver { .. }
            | Action::Supersede { .. }
            | Action::Lose { .. }
            | Action::Resend { .. }
            | Action::CollectTimeout { .. }
            | Action::FinalizeTimeout { .. }
            | Action::GiveUp { .. }
            | Action::Start { .. }
            | Action::Break { .. }
            | Action::LoseLeader { .. } => changed.next().is_none(),
        }
    }

    /// A leader's new epoch is above all that its followers have seen; a follower that learns it
    /// has then what its leader has.
    fn learns_epoch(&self, server: usize) -> bool {
        let learned = self.after.servers[server].credentials;
        let on_disk = |server: usize| self.before.servers[server].credentials;
        match self.before.leader_of(server) {
            Some(leader) if leader == server => {
                let followers = self.before.followers(leader);
                let mut seen = followers.iter().map(|it| on_disk(it).epoch());
                seen.all(|epoch| learned.epoch() > epoch)
            }
            Some(leader) => self.before.servers[leader].active && learned == on_disk(leader),
            None => false,
        }
    }

    /// When a connection breaks, or its receiver crashes and will be back, the next to arrive is
    /// the newest that was sent, and nothing else is under way.
    pub(super) fn sends_newest_again(&self) -> bool {
        let is_newest = |src: usize, dst: usize| {
            let newest = self.before.network.link(src, dst).newest_sent();
            let mut under_way = self.after.network.link(src, dst).notifications();
            under_way.next() == newest && under_way.next().is_none()
        };
        match self.action {
            Action::Break { a, b } => is_newest(a, b) && is_newest(b, a),
            Action::Crash {
                server,
                crash: Crash::Restarts | Crash::LosesDisk,
            } => (0..N).all(|src| src == server || is_newest(src, server)),
            Action::Crash {
                crash: Crash::ForGood,
                ..
            }
            | Action::Deliver { .. }
            | Action::Supersede { .. }
            | Action::Lose { .. }
            | Action::Resend { .. }
            | Action::CollectTimeout { .. }
            | Action::FinalizeTimeout { .. }
            | Action::GiveUp { .. }
            | Action::Activate { .. }
            | Action::Start { .. }
            | Action::LoseLeader { .. } => true,
        }
    }
}
