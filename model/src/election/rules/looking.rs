//! What the steps of the algorithm are for, said without them: what a looking server proposes, what
//! it tells whom, and that an ensemble which is at work is left alone.
//!
//! None of that follows from quorums that meet. A rule of the algorithm that is broken shows here
//! at the step that breaks it, also where the servers would make up for it later.

use super::Step;
use crate::election::server::{Election, Looking, Wait};
use crate::election::system::Action;
use crate::terms::set::ServerSet;
use crate::terms::vote::{Notification, Proposal, Vote};
use fle::ServerState;

impl<const N: usize> Step<'_, N> {
    /// A looking server proposes the better of what it proposed and what arrives in its round; in a
    /// round that is new to it, of itself and what took it there.
    pub(super) fn proposes_best(&self) -> bool {
        let Some((before, after, was, is)) = self.looks_on() else {
            return true;
        };
        let heard = self.heard_proposal();
        let rises = after.round > before.round;
        let proposed = match heard {
            Some(_) if rises => self.own_proposal(),
            _ => was.proposal,
        };
        let ensemble = self.election.ensemble(before.known);
        let better = heard.filter(|heard| {
            heard.unpack() > proposed.unpack() && ensemble.has_weight(heard.leader())
        });
        is.proposal == better.unwrap_or(proposed)
    }

    /// What a looking voter proposes whose vote arrives, in the receiver's round or a later one.
    /// Who has no data is not heard, and does not hear.
    fn heard_proposal(&self) -> Option<Proposal> {
        let (src, dst, Notification { vote, .. }) = self.received()?;
        let voters = self
            .election
            .ensemble(self.before.servers[dst].known)
            .voters();
        let counts = vote.state == ServerState::Looking
            && vote.round >= self.before.servers[dst].round
            && voters.contains(src)
            && voters.contains(vote.leader());
        let proposal = vote.proposal;
        let no_data = proposal.has_no_data() || self.own_proposal().has_no_data();
        (counts && !no_data).then_some(proposal)
    }

    /// The receiver's.
    fn own_proposal(&self) -> Proposal {
        let me = self.action.actor().expect("somebody acts");
        self.election.own_proposal(me, &self.before.servers[me])
    }

    /// What a looking server says to voters is what it proposes, in its round. It says so to all of
    /// them when it turns to that or has waited in vain, to a single one that asks in an earlier
    /// round, and else to nobody.
    pub(super) fn tells_proposal(&self) -> bool {
        let Some(server) = self.action.actor() else {
            return true;
        };
        let (before, after) = (&self.before.servers[server], &self.after.servers[server]);
        let speaker = if after.looking().is_some() {
            after
        } else {
            before
        };
        let Some(proposal) = speaker.announcement() else {
            return true;
        };
        let voters = self.election.ensemble(speaker.known).voters();
        let said = self.effects.iter();
        let mut told = ServerSet::NONE;
        for &(dst, notification) in said.filter(|(dst, _)| voters.contains(*dst)) {
            if notification != proposal {
                return false;
            }
            told = told.with(dst);
        }
        told == self.owed_the_proposal(server)
    }

    /// Whom the server must tell what it proposes.
    fn owed_the_proposal(&self, server: usize) -> ServerSet {
        let (before, after) = (&self.before.servers[server], &self.after.servers[server]);
        let voters = self.election.ensemble(after.known).voters();
        if after.looking().is_some() && before.standing() != after.standing() {
            return voters;
        }
        match (self.action, self.received()) {
            (Action::CollectTimeout { .. }, _) => voters,
            (_, Some((src, _, Notification { vote, .. }))) => {
                let lags = vote.state == ServerState::Looking && vote.round < before.round;
                let is_told = lags && voters.contains(src) && before.looking().is_some();
                if is_told {
                    ServerSet::NONE.with(src)
                } else {
                    ServerSet::NONE
                }
            }
            _ => ServerSet::NONE,
        }
    }

    /// Who has a quorum behind it keeps it, whatever happens, unless it goes wrong.
    pub(super) fn leaves_ensemble_alone(&self) -> bool {
        let goes_wrong = matches!(
            self.action,
            Action::Crash { .. } | Action::LoseLeader { .. }
        );
        let changes = |server: usize| {
            let before = &self.before.servers[server];
            before.settled().is_some() && *before != self.after.servers[server]
        };
        if goes_wrong || !self.action.actor().is_some_and(changes) {
            return true;
        }
        let established = self.before.established_leader(self.election);
        established.is_none_or(|leader| self.after.is_established(self.election, leader))
    }

    /// A leader gives up when no quorum follows it; a follower when its leader is down, does not
    /// lead, or has begun an epoch since the one that the follower learned from it.
    pub(super) fn gives_up_for_cause(&self) -> bool {
        let Action::GiveUp { server } = self.action else {
            return true;
        };
        let Some(leader) = self.before.leader_of(server) else {
            return false;
        };
        if leader == server {
            return !self.before.is_established(self.election, leader);
        }
        let learned = |server: usize| {
            let server = &self.before.servers[server];
            server.active.then(|| server.credentials.epoch())
        };
        let is_outdated = learned(server).is_some_and(|epoch| learned(leader) != Some(epoch));
        is_outdated || !self.before.servers[leader].leads()
    }

    /// A server without a vote is told whom the one that it speaks to has settled on, or had before
    /// it looked again, in the round of that one; by a server that never had, that one itself. To a
    /// looking server that hears of a newer configuration it does not matter who told it.
    pub(super) fn answers_strangers(&self) -> bool {
        let Some((stranger, server)) = self.stranger() else {
            return true;
        };
        let before = &self.before.servers[server];
        let own = Proposal::of(server, before.credentials);
        let looks = |it: &Looking<N>| Vote::looking(it.settled_before.unwrap_or(own), before.round);
        let settled = before.settled().map(|vote| Vote {
            round: before.round,
            ..vote
        });
        let expected = before.looking().map(looks).or(settled);
        let answers = self.effects.iter().map(|&(dst, said)| (dst, said.vote));
        answers.eq(expected.map(|vote| (stranger, vote)))
    }

    /// A server that looks again remembers, for those, what it had settled on, for as long as it
    /// looks.
    pub(super) fn remembers_for_strangers(&self) -> bool {
        let server = self.action.actor();
        let Some((me, is)) = server.and_then(|me| Some((me, self.after.servers[me].looking()?)))
        else {
            return true;
        };
        let (before, known) = (&self.before.servers[me], self.after.servers[me].known);
        let had = match &before.election {
            Election::Settled(vote) => Some(vote.proposal),
            Election::Looking(looking) if before.known == known => looking.settled_before,
            Election::Looking(_) | Election::Down { .. } => None,
        };
        let has_strangers = self.election.ensemble(known).voters() != ServerSet::first(N);
        is.settled_before == had.filter(|_| has_strangers)
    }

    /// Whether the wait for a better proposal is over, where a better one arrives from a voter.
    pub(crate) fn interrupted(&self) -> Option<bool> {
        let (src, dst, Notification { vote, config }) = self.received()?;
        let (before, after) = (&self.before.servers[dst], &self.after.servers[dst]);
        let waited_with = before.looking().filter(|it| it.wait == Wait::Finalizing)?;
        let ensemble = self.election.ensemble(before.known);
        let candidate = vote.leader();
        let is_better = vote.proposal.unpack() > waited_with.proposal.unpack()
            && ensemble.has_weight(candidate)
            && ensemble.voters().contains(src)
            && config <= before.known.committed();
        let goes_on =
            |it: &Looking<N>| it.wait == Wait::Finalizing && it.proposal == waited_with.proposal;
        is_better.then(|| !after.looking().is_some_and(goes_on))
    }

    /// The server without a vote that is heard, and the server that hears it.
    pub(crate) fn stranger(&self) -> Option<(usize, usize)> {
        let (src, dst, heard) = self.received()?;
        let before = &self.before.servers[dst];
        let voters = self.election.ensemble(before.known).voters();
        let begins_anew = before.looking().is_some() && heard.config > before.known.committed();
        (!voters.contains(src) && !begins_anew).then_some((src, dst))
    }
}
