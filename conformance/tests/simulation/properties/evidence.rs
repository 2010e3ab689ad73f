//! What a server must have heard before it settles on a leader.

use super::{Checked, Heard, Picture, check};
use fle_conformance::history::event::{Announcement, Ballot};
use fle_model::election::trace::format::State;
use std::collections::BTreeSet;

impl Picture {
    /// Quorum evidence and best credentials, for who settles by its own count of votes. A server
    /// without a vote may be told votes of before, whose credentials say nothing.
    pub(super) fn is_elected(&self, sid: i64, vote: Ballot) -> Checked {
        let heard = &self.servers[&sid].heard;
        let electors = heard.iter().filter(|it| elects(it.told, vote));
        let settled = heard
            .iter()
            .filter(|it| follows(it.told, vote) && it.told.ballot.round == vote.round);
        self.has_quorum(electors.clone().chain(settled), vote)?;
        let better = electors
            .clone()
            .find(|it| it.credentials > (vote.peer_epoch, vote.zxid));
        match better.filter(|_| self.ensemble.votes(sid)) {
            Some(better) => Err(format!(
                "{vote:?} was elected by {}, which is better",
                better.from
            )),
            None => Ok(()),
        }
    }

    /// Quorum evidence for who joins: a quorum's votes, and the leader's own word that it leads, or
    /// its being in that round itself.
    pub(super) fn may_be_joined(&self, sid: i64, vote: Ballot, round: i64) -> Checked {
        let heard = &self.servers[&sid].heard;
        let supporters = heard
            .iter()
            .filter(|it| elects(it.told, vote) || follows(it.told, vote));
        self.has_quorum(supporters, vote)?;
        // The state alone counts (`checkLeader`): who is just changing it may tell the vote of
        // before.
        let leads = |it: &Heard| it.from == vote.leader && it.told.state == State::Leading;
        let known = match vote.leader == sid {
            true => vote.round == round,
            false => heard.iter().any(leads),
        };
        check(known, || format!("nothing says that {} leads", vote.leader))
    }

    fn has_quorum<'a>(&self, supporters: impl Iterator<Item = &'a Heard>, vote: Ballot) -> Checked {
        let supporters: BTreeSet<i64> = supporters.map(|it| it.from).collect();
        check(self.ensemble.is_quorum(&supporters), || {
            format!("{supporters:?} are no quorum, and it settles on {vote:?}")
        })
    }
}

/// Whether that is a vote for this one, cast in its round by who looked.
fn elects(told: Announcement, vote: Ballot) -> bool {
    told.state == State::Looking && told.ballot == vote
}

/// Whether that says that the speaker has settled on this one's candidate.
fn follows(told: Announcement, vote: Ballot) -> bool {
    told.state != State::Looking && told.ballot.leader == vote.leader
}
