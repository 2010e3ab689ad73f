//! What a server does between elections: it stays with its leader until it has a reason to doubt, then looks again.
//!
//! Source: `QuorumPeer.run`, as far as it goes without the connections between a leader and its followers. Their part is played
//! by the election's own connections: a process that ends closes them, and a server that gives up says so on them.
//!
//! # Deliberately absent
//! Signs of life: a leader whose process is stopped, or cut off without a reset, is not doubted before the system's keepalive
//! ends the connection.

use fle::election::Credentials;
use fle::node::{Node, Status};
use fle::quorum::{Oracle, OracleFile};
use fle::transport::LinkState;
use fle::{ServerState, Sid};
use std::fmt;
use std::time::Duration;

/// Why a server looks for a leader again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doubt {
    /// The connection to the leader ended, or none can be made.
    LeaderUnreachable(Sid),
    /// The leader says that it looks for one itself.
    LeaderLooks(Sid),
    /// Too few voters are connected with this leader.
    QuorumUnreachable,
    /// Too many of the voters that elected this leader look for another.
    QuorumLooks,
}

/// How a server behaves in the long run.
pub(crate) struct MainLoop {
    pub(crate) sid: Sid,
    pub(crate) credentials: Credentials,
    /// Who decides between two voters when one is lost.
    pub(crate) oracle: Option<OracleFile>,
    /// How long an observer waits at most before it looks again: all of them lose their leader at the same moment.
    pub(crate) observer_election_delay: Duration,
}

impl MainLoop {
    /// Runs until the node has stopped.
    pub(crate) async fn run(self, node: &Node) {
        let sid = self.sid;
        while let Ok(vote) = node.look_for_leader(self.credentials).await {
            let (leader, round) = (vote.proposal.leader, vote.election_epoch);
            let took = node.status().borrow().last_election.unwrap_or_default();
            match vote.state {
                ServerState::Leading => tracing::info!(%sid, %round, ?took, "leads"),
                _ => tracing::info!(%sid, %leader, %round, ?took, "follows"),
            }
            let Some(doubt) = self.doubted(node).await else {
                return;
            };
            tracing::warn!(%sid, "looks for a leader again: {doubt}");
            if doubt == Doubt::QuorumLooks {
                metrics::counter!("quit_leading_due_to_disloyal_voter").increment(1);
            }
            if vote.state == ServerState::Observing {
                tokio::time::sleep(self.observer_election_delay.mul_f64(fastrand::f64())).await;
            }
        }
    }

    /// Waits until there is a reason to doubt; `None` when the node has stopped.
    async fn doubted(&self, node: &Node) -> Option<Doubt> {
        let mut status = node.status();
        let mut reported = None;
        loop {
            let (doubt, followers) = {
                let status = status.borrow_and_update();
                let doubt = self.doubt(&status);
                (doubt, self.followers(&status).count())
            };
            // Without followers a leader of two may need the oracle again.
            if reported.replace(followers) != Some(followers) {
                node.report_followers(followers).await.ok()?;
            }
            if doubt.is_some() {
                return doubt;
            }
            status.changed().await.ok()?;
        }
    }

    fn doubt(&self, status: &Status) -> Option<Doubt> {
        let leader = status.announcement.proposal.leader;
        match status.announcement.state {
            ServerState::Looking => None,
            ServerState::Leading => {
                let looks = |voter: &Sid| status.looking_voters.contains(voter);
                if !self.has_quorum(status, self.followers(status)) {
                    Some(Doubt::QuorumUnreachable)
                } else if !self.has_quorum(status, self.followers(status).filter(|v| !looks(v))) {
                    Some(Doubt::QuorumLooks)
                } else {
                    None
                }
            }
            _ if status.leader_looks => Some(Doubt::LeaderLooks(leader)),
            _ => is_cut_off(status, leader).then_some(Doubt::LeaderUnreachable(leader)),
        }
    }

    /// The other voters that may follow this server, as far as connections tell.
    fn followers<'a>(&self, status: &'a Status) -> impl Iterator<Item = Sid> + use<'a> {
        let (voters, sid) = (status.ensemble.view().voters(), self.sid);
        voters.filter(move |&voter| voter != sid && !is_cut_off(status, voter))
    }

    fn has_quorum(&self, status: &Status, followers: impl Iterator<Item = Sid>) -> bool {
        let view = status.ensemble.view();
        let tally = view.tally(followers.chain([self.sid]));
        let oracle = self.oracle.as_ref().map(|oracle| oracle as &dyn Oracle);
        view.has_quorum(&tally, oracle)
    }
}

fn is_cut_off(status: &Status, peer: Sid) -> bool {
    let link = status.links.get(&peer);
    matches!(link, Some(LinkState::Unreachable(_)))
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeaderUnreachable(leader) => {
                write!(f, "leader {leader} is not connected any more")
            }
            Self::LeaderLooks(leader) => write!(f, "leader {leader} looks for one itself"),
            Self::QuorumUnreachable => f.write_str("no quorum is connected any more"),
            Self::QuorumLooks => f.write_str("too many of its voters look for another leader"),
        }
    }
}
