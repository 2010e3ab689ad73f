//! One server's election: the algorithm itself. What a server knows meanwhile is a [`Server`]; as
//! stateright knows actors it is one, too.
//!
//! To be read beside `FastLeaderElection.java`. Every function names the Java method, or the branch
//! of `lookForLeader`, that it states. A handler is one atomic step: the answer that the receiver
//! thread gives at once, then the election's own reaction.
//!
//! Deliberately absent: timers. A looking server always waits for exactly one thing,
//! [`Wait`], so the wait in force is read off its state; how long it lasts, and the back-off,
//! belong to the implementation. A leader that has followers no longer needs the oracle
//! (`updateNeedOracle`); here whoever looks needs it.

mod actor;
mod knowledge;
mod rules;

pub use knowledge::{Election, Looking, Server, Wait};

use crate::election::mutants::Mutant;
use crate::terms::ensemble::{Ensemble, Known};
use crate::terms::set::ServerSet;
use crate::terms::vote::{Notification, Proposal, Round, Vote};
use fle::{Generation, ServerState};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// What a server sends in a step: to whom, and what, in this order.
pub type Sends = SmallVec<[(usize, Notification); 4]>;

/// The rules of the election among `N` servers, the same for each of them.
#[derive(Clone, Debug)]
pub struct FastLeaderElection<const N: usize> {
    /// Who they are, to a server that knows each of [`Known::ALL`].
    pub ensembles: [Ensemble<N>; 3],
    /// Whether a server may settle early once everybody was heard, and so keeps account of that.
    pub early: bool,
    /// The rule that is broken; none is in the algorithm itself.
    pub mutant: Option<Mutant>,
}

impl<const N: usize> FastLeaderElection<N> {
    /// Something arrives from `src`.
    pub fn hear(
        &self,
        me: usize,
        server: &mut Server<N>,
        src: usize,
        n: Notification,
        out: &mut Sends,
    ) {
        if self.listens(server) && n.config > server.known.committed() {
            *server = self.restart_election(me, *server, Known::of(n.config), out);
            return;
        }
        if !self.voters(server.known).contains(src) {
            self.answer_stranger(me, server, src, out);
            return;
        }
        self.answer_at_once(me, server, src, n.vote, out);
        if self.leaves_leader(server, n.vote) {
            *server = self.look_for_leader(me, *server, out);
            return;
        }
        let Election::Looking(looking) = &mut server.election else {
            return;
        };
        // While it finalizes it discards what is no better, whatever the sender's state or round.
        // What is better ends the wait and is handled as if it had just arrived (`recvqueue.put(n);
        // break`).
        if looking.wait == Wait::Finalizing
            && self.is_discarded(server.known, n.vote, looking.proposal)
        {
            if self.counts_as_heard(server.round, looking, src, n.vote) {
                looking.heard = looking.heard.with(src);
            }
            return;
        }
        if !self.is(Mutant::KeepsFinalizing) {
            looking.wait = Wait::Collecting;
        }
        if self.voters(server.known).contains(n.vote.leader()) {
            self.receive(server, me, src, n.vote, out);
        }
    }

    /// A wait is over.
    ///
    /// # Panics
    /// If it is not the one in force.
    pub fn time_out(&self, me: usize, server: &mut Server<N>, ran_out: Wait, out: &mut Sends) {
        let round = server.round;
        let Election::Looking(looking) = &server.election else {
            return;
        };
        assert_eq!(looking.wait, ran_out, "only the wait in force can run out");
        let proposal = looking.proposal;
        match looking.wait {
            Wait::Collecting => {
                if !self.is(Mutant::SilentTimeout) {
                    self.send_notifications(server, out);
                }
                let quorum = |set: ServerSet| self.is_quorum(server.known, set, server.granted);
                if looking.vote_set.is_some_and(quorum) || self.settles_unsupported(proposal) {
                    self.settle(server, me, proposal, round);
                }
            }
            Wait::Finalizing => self.settle(server, me, proposal, round),
        }
    }

    /// Whether this is the mutant that is run.
    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Who the servers are to one that knows these configurations.
    #[must_use]
    pub fn ensemble(&self, known: Known) -> &Ensemble<N> {
        &self.ensembles[known as usize]
    }

    /// What is the same whatever a server knows: formats, the oracle.
    #[must_use]
    pub fn common(&self) -> &Ensemble<N> {
        self.ensemble(Known::First)
    }

    /// Starts to look: a new round, the server's own proposal, and everybody told.
    #[doc(alias = "lookForLeader")]
    pub fn look_for_leader(&self, me: usize, server: Server<N>, out: &mut Sends) -> Server<N> {
        let voters = self.voters(server.known);
        let answers_strangers = (0..N).any(|peer| !voters.contains(peer));
        let settled = server.settled().map(|vote| vote.proposal);
        let server = Server {
            round: self.next_round(server.round),
            active: false,
            election: Election::Looking(Looking {
                proposal: self.begins_with(me, &server),
                wait: Wait::Collecting,
                recv_set: [None; N],
                out_of_election: [None; N],
                vote_set: None,
                heard: ServerSet::NONE,
                settled_before: settled.filter(|_| answers_strangers),
            }),
            ..server
        };
        self.send_notifications(&server, out);
        server
    }

    /// A looking server hears of a newer configuration and begins anew with it. A new object holds
    /// the election, so that the round is forgotten.
    #[doc(alias = "processReconfig")]
    fn restart_election(
        &self,
        me: usize,
        server: Server<N>,
        known: Known,
        out: &mut Sends,
    ) -> Server<N> {
        let round = self.round_of_new_object(server.round);
        let begins_anew = Server {
            known,
            round,
            ..server
        };
        self.look_for_leader(me, begins_anew, out)
    }

    /// Itself, if it votes in the committed configuration.
    #[doc(alias = "getInitId")]
    #[doc(alias = "getInitLastLoggedZxid")]
    #[doc(alias = "getPeerEpoch")]
    pub(crate) fn own_proposal(&self, me: usize, server: &Server<N>) -> Proposal {
        let own = Proposal::of(me, server.credentials);
        if !self.candidates(server.known).contains(me) {
            return Proposal::NOBODY;
        }
        match self.common().generation(me, me) {
            Generation::Versioned => own,
            // Its generation knows of no epoch but the zxid's.
            Generation::Unversioned => own.without_epoch(),
        }
    }

    /// The servers among `votes` whose vote agrees with `vote`. `kept_as` is the generation under
    /// which each vote was stored.
    #[doc(alias = "getVoteTracker")]
    pub fn supporters(
        votes: &[Option<Vote>; N],
        kept_as: impl Fn(usize) -> Generation,
        vote: fle::Vote,
    ) -> ServerSet {
        let agrees = |voter: &usize| {
            let kept = votes[*voter];
            kept.is_some_and(|kept| vote.agrees_with(&kept.unpack(kept_as(*voter))))
        };
        (0..N).filter(agrees).collect()
    }

    /// The receiver thread's answer to a server that does not vote: the current vote, under the
    /// round that this server is in. A server that looks has none but the one from before, or the
    /// one for itself that it was born with.
    #[doc(alias = "WorkerReceiver")]
    fn answer_stranger(&self, me: usize, server: &Server<N>, src: usize, out: &mut Sends) {
        if self.is(Mutant::StrangersUnanswered) {
            return;
        }
        let own = Proposal::of(me, server.credentials);
        let vote = match &server.election {
            Election::Down { .. } => return,
            Election::Looking(looking) => {
                let told = self.tells_stranger(own, looking);
                Vote::looking(told, server.round)
            }
            Election::Settled(vote) => Vote {
                round: server.round,
                ..*vote
            },
        };
        Self::send(server, src, vote, out);
    }

    /// The receiver thread's answer: to a looking server that lags behind, the proposal; to any
    /// looking server, once settled, the vote that was settled on.
    #[doc(alias = "WorkerReceiver")]
    fn answer_at_once(&self, me: usize, server: &Server<N>, src: usize, n: Vote, out: &mut Sends) {
        if n.state != ServerState::Looking {
            return;
        }
        match &server.election {
            Election::Looking(looking)
                if n.round < server.round && !self.is(Mutant::LaggardsUnanswered) =>
            {
                let proposal = self.tells_laggard(me, server.credentials, looking.proposal);
                let round = self.tells_laggard_round(server.round, n.round);
                Self::send(server, src, Vote::looking(proposal, round), out);
            }
            Election::Looking(_) | Election::Down { .. } => {}
            Election::Settled(vote) => {
                if let Some(answer) = self.answer(me, server, *vote) {
                    Self::send(server, src, answer, out);
                }
            }
        }
    }

    /// The branches of the loop, by the sender's state.
    fn receive(&self, server: &mut Server<N>, me: usize, src: usize, n: Vote, out: &mut Sends) {
        match n.state {
            ServerState::Looking => self.receive_looking(server, me, src, n, out),
            ServerState::Following => {
                self.receive_settled(server, me, src, n);
            }
            ServerState::Leading => {
                if !self.receive_settled(server, me, src, n) {
                    self.follow_lone_leader(server, me, n);
                }
            }
            ServerState::Observing => {}
        }
    }

    /// The branch `case LOOKING`: a later round is entered, an earlier one ignored, a better
    /// proposal adopted, and the vote recorded and counted. A server that lost its data neither
    /// votes nor is voted for.
    fn receive_looking(
        &self,
        server: &mut Server<N>,
        me: usize,
        src: usize,
        n: Vote,
        out: &mut Sends,
    ) {
        let own = self.own_proposal(me, server);
        let known = server.known;
        let Election::Looking(looking) = &mut server.election else {
            return;
        };
        if self.lacks_data(own, n.proposal) {
            return;
        }
        let before = (server.round, looking.proposal);
        match n.round.cmp(&server.round) {
            Ordering::Greater if self.is(Mutant::IgnoresLaterRounds) => return,
            Ordering::Greater => {
                server.round = n.round;
                if !self.is(Mutant::KeepsOldVotes) {
                    looking.recv_set = [None; N];
                }
                if !self.is(Mutant::KeepsWhoWasHeard) {
                    looking.heard = ServerSet::NONE;
                }
                if self.is(Mutant::ForgetsSettledVotes) {
                    looking.out_of_election = [None; N];
                }
                looking.proposal = self.enters_with(known, own, looking.proposal, n.proposal);
            }
            Ordering::Less if !self.is(Mutant::CountsEarlierRounds) => return,
            Ordering::Less | Ordering::Equal => {
                if self.adopts(known, n.proposal, looking.proposal) {
                    looking.proposal = n.proposal;
                }
            }
        }
        if self.counts_as_heard(server.round, looking, src, n) {
            looking.heard = looking.heard.with(src);
        }
        looking.recv_set[src] = Some(n);
        let counted = self.counted(looking.proposal, n.proposal);
        let vote = Vote::looking(counted, server.round).unpack(Generation::Unversioned);
        let support = self.support(known, &looking.recv_set, unversioned, vote);
        if self.common().has_oracle() {
            looking.vote_set = Some(support);
        }
        if self.is_quorum(known, support, server.granted) {
            looking.wait = Wait::Finalizing;
        }
        if self.tells(before, (server.round, looking.proposal)) {
            self.send_notifications(server, out);
        }
    }

    /// The branches `case FOLLOWING` and `case LEADING`: joins the sender's leader on the word of a
    /// quorum. Entries of `recv_set` are kept without a version, those of `out_of_election` with
    /// the sender's. Whether it joins.
    #[doc(alias = "receivedFollowingNotification")]
    fn receive_settled(&self, server: &mut Server<N>, me: usize, src: usize, n: Vote) -> bool {
        let (round, known, granted) = (server.round, server.known, server.granted);
        let Election::Looking(looking) = &mut server.election else {
            return false;
        };
        let generation = |src| self.generation(src, me);
        let vote = n.unpack(generation(src));
        let src = self.recorded_for(src, n);
        if n.round == round && !self.is(Mutant::SameRoundDropped) {
            looking.recv_set[src] = Some(n);
            let support = self.support(known, &looking.recv_set, unversioned, vote);
            if self.is_quorum(known, support, granted)
                && self.check_leader(self.leaders_of_round(looking), me, round, n)
            {
                self.settle(server, me, n.proposal, n.round);
                return true;
            }
        }
        if looking.out_of_election[src].is_none() || !self.is(Mutant::KeepsFirstWord) {
            looking.out_of_election[src] = Some(n);
        }
        let support = self.support(known, &looking.out_of_election, generation, vote);
        let joins = self.is_quorum(known, support, granted)
            && self.check_leader(&looking.out_of_election, me, round, n)
            && !self.is(Mutant::OnlyItsOwnRound);
        if joins {
            if !self.is(Mutant::JoinerKeepsClock) {
                server.round = n.round;
            }
            self.settle(server, me, n.proposal, n.round);
        }
        joins
    }

    /// An oracle that denies this server has granted the other, whose word that it leads is then
    /// enough, whatever its round.
    #[doc(alias = "receivedLeadingNotification")]
    fn follow_lone_leader(&self, server: &mut Server<N>, me: usize, n: Vote) {
        let denied = self.common().has_oracle() && !server.granted;
        if denied || self.is(Mutant::LoneLeader) {
            self.settle(server, me, n.proposal, n.round);
        }
    }

    /// A leader other than this server must have said that it leads; this server itself must be in
    /// the round of the vote for it.
    #[doc(alias = "checkLeader")]
    fn check_leader(&self, votes: &[Option<Vote>; N], me: usize, round: Round, n: Vote) -> bool {
        if n.leader() == me {
            round == n.round || self.is(Mutant::FollowsItselfInAnyRound)
        } else {
            votes[n.leader()].is_some_and(|vote| self.leads(vote))
                || self.is(Mutant::CheckLeaderDeleted)
        }
    }

    /// Whether this vote is the first that tells what a voter proposes in this round.
    fn counts_as_heard(&self, round: Round, looking: &Looking<N>, src: usize, n: Vote) -> bool {
        let tells = n.state == ServerState::Looking && n.round == round;
        self.early && tells && !looking.heard.contains(src)
    }

    /// To every voter, this server included if it is one.
    #[doc(alias = "sendNotifications")]
    fn send_notifications(&self, server: &Server<N>, out: &mut Sends) {
        if let Some(announcement) = server.announcement() {
            let voters = self.voters(server.known).iter();
            out.extend(voters.map(|dst| (dst, announcement)));
        }
    }

    /// What a server that has waited for votes announces again to this one, which hears nothing of
    /// it if it does not vote.
    pub(crate) fn announced_again(&self, server: &Server<N>, dst: usize) -> Option<Notification> {
        let hears = self.voters(server.known).contains(dst) && !self.is(Mutant::SilentTimeout);
        server.announcement().filter(|_| hears)
    }

    fn send(server: &Server<N>, dst: usize, vote: Vote, out: &mut Sends) {
        let config = server.known.committed();
        out.push((dst, Notification { vote, config }));
    }

    /// Ends the election.
    #[doc(alias = "setPeerState")]
    #[doc(alias = "leaveInstance")]
    fn settle(&self, server: &mut Server<N>, me: usize, proposal: Proposal, round: Round) {
        let state = if proposal.leader() == me && !self.is(Mutant::LeaderDoesNotLead) {
            ServerState::Leading
        } else if self.candidates(server.known).contains(me) {
            ServerState::Following
        } else {
            ServerState::Observing
        };
        server.election = Election::Settled(Vote {
            proposal,
            round,
            state,
        });
    }
}

/// The votes of `recv_set` are kept without the sender's version.
fn unversioned(_voter: usize) -> Generation {
    Generation::Unversioned
}
