//! What steps leave of what the election stands on: the history on a disk, and what a connection
//! has yet to deliver.

use super::Step;
use crate::election::faults::Crash;
use crate::election::system::Action;
use crate::terms::vote::Credentials;

impl<const N: usize> Step<'_, N> {
    /// What is on a disk changes only when an epoch is begun or learned, or the disk is lost. A
    /// leader's new epoch is above all that its followers have seen; a follower that learns it has
    /// then what its leader has.
    pub(super) fn epochs_rise(&self) -> bool {
        let on_disk = |server: usize| self.before.servers[server].credentials;
        let is_unchanged =
            |server: usize| self.after.servers[server].credentials == on_disk(server);
        let (changed, expected) = match self.action {
            Action::Activate { server } => {
                let learned = self.after.servers[server].credentials;
                match self.before.leader_of(server) {
                    Some(leader) if leader == server => {
                        let followers = self.before.followers(leader);
                        let above = |it: usize| learned.epoch() > on_disk(it).epoch();
                        return followers.iter().all(above)
                            && (0..N).all(|it| it == server || is_unchanged(it));
                    }
                    Some(leader) if self.before.servers[leader].active => (server, on_disk(leader)),
                    _ => return false,
                }
            }
            Action::Crash {
                server,
                crash: Crash::LosesDisk,
            } => (server, Credentials::NO_DATA),
            _ => return (0..N).all(is_unchanged),
        };
        self.after.servers[changed].credentials == expected
            && (0..N).all(|it| it == changed || is_unchanged(it))
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
            _ => true,
        }
    }
}
