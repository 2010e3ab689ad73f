//! What a looking server has on record of others: what they said last, and nothing else.

use super::{Step, announcement};
use crate::election::server::{Looking, Wait};
use crate::terms::vote::Vote;
use fle::ServerState;

impl<const N: usize> Step<'_, N> {
    /// The votes that a looking server has on record, or receives in this step, with who cast them.
    pub(super) fn on_record(
        &self,
        looking: &Looking<N>,
    ) -> impl Iterator<Item = (usize, Vote)> + Clone {
        let received = self.received().map(|(src, _, n)| (src, n.vote));
        let of_round = looking.recv_set.iter().enumerate();
        let recorded = of_round.chain(looking.out_of_election.iter().enumerate());
        let recorded = recorded.filter_map(|(voter, vote)| Some((voter, (*vote)?)));
        recorded.chain(received)
    }

    /// Every record is as it was, or dropped, or what has just arrived from that server; a server's
    /// own is what it announces. Who counts as heard was heard in this round, while it looked.
    pub(super) fn records_truthfully(&self) -> bool {
        let Some(me) = self.actor() else {
            return true;
        };
        let Some(after) = self.after.servers[me].looking() else {
            return true;
        };
        let before = self.before.servers[me].looking();
        let truthful = |records: fn(&Looking<N>) -> &[Option<Vote>; N]| {
            let was = before.map_or(&[None; N], records);
            let mut voters = was.iter().zip(records(after)).enumerate();
            voters.all(|(voter, (was, is))| {
                is == was || is.is_none_or(|vote| self.is_just_told(me, voter, vote))
            })
        };
        let (was_round, round) = (self.before.servers[me].round, self.after.servers[me].round);
        let heard_before = before.filter(|_| was_round == round);
        let arrived = self.received().map(|(src, _, told)| (src, told.vote));
        let is_heard = |voter: usize| {
            let now = arrived.is_some_and(|(src, vote)| {
                src == voter && vote.state == ServerState::Looking && vote.round == round
            });
            now || voter == me || heard_before.is_some_and(|looking| looking.heard.contains(voter))
        };
        after.heard.iter().all(is_heard)
            && truthful(|looking| &looking.recv_set)
            && truthful(|looking| &looking.out_of_election)
    }

    /// Whether this vote has just arrived from the voter, or is what the server itself announces.
    fn is_just_told(&self, me: usize, voter: usize, vote: Vote) -> bool {
        let arrived = self.received().map(|(src, _, told)| (src, told.vote));
        let own = || announcement(self.election, self.after, me, me).map(|own| (me, own.vote));
        let told = Some((voter, vote));
        told == arrived || told == own()
    }

    /// Nothing on record is dropped while the server looks on, but for the votes of a round that is
    /// over, and for what decides nothing: votes for less than the server proposes, and the word of
    /// settled servers while it finalizes ([`reduction`](crate::election::system::reduction)).
    pub(super) fn keeps_records(&self) -> bool {
        let Some((before, after, was, is)) = self.looks_on() else {
            return true;
        };
        let decides = |vote: &Vote| {
            vote.state != ServerState::Looking || vote.proposal.unpack() >= is.proposal.unpack()
        };
        let kept = |was: &[Option<Vote>; N], is: &[Option<Vote>; N]| {
            let mut both = was.iter().zip(is);
            both.all(|(was, is)| is.is_some() || !was.as_ref().is_some_and(decides))
        };
        let finalizes = is.wait == Wait::Finalizing;
        (finalizes || kept(&was.out_of_election, &is.out_of_election))
            && (before.round < after.round || kept(&was.recv_set, &is.recv_set))
            && self.replaces_record(was, is)
    }

    /// What a settled server says takes the place of what it said before, unless it is discarded.
    fn replaces_record(&self, was: &Looking<N>, is: &Looking<N>) -> bool {
        let discards = was.wait == Wait::Finalizing && is.wait == Wait::Finalizing;
        self.received().is_none_or(|(src, _, heard)| {
            discards
                || heard.vote.state == ServerState::Looking
                || is.out_of_election[src].is_none_or(|kept| kept == heard.vote)
        })
    }
}
