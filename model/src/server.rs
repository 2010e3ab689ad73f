//! One server's election: the algorithm itself, as a stateright actor.
//!
//! To be read beside `FastLeaderElection.java`. Every function names the Java method, or the branch of `lookForLeader`, that it
//! states. A handler is one atomic step: the answer that the receiver thread gives at once, then the election's own reaction.
//!
//! Invariants: a server without an election under way holds nothing of one ([`Election::Settled`] is a vote and no more);
//! `recv_set` holds only votes of the server's own round.
//!
//! Deliberately absent: timers as commands. A looking server always waits for exactly one thing, [`Wait`], so the wait in force is
//! read off its state; how long it lasts, and the back-off, belong to the implementation.

use crate::vote::{Credentials, Proposal, Round, Vote, sid};
use fle::quorum::{QuorumVerifier, QuorumView};
use fle::{Generation, ServerState};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The rules of the election among `N` servers, the same for each of them.
#[derive(Clone, Debug)]
pub struct FastLeaderElection<const N: usize> {
    view: QuorumView,
    quorums: Quorums,
    everyone: [Id; N],
}

/// Which sets of servers are quorums, asked of the shared [`QuorumView`] once and kept: one bit for each set of up to seven.
#[derive(Clone, Copy, Debug)]
struct Quorums(u128);

/// What one server knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Server<const N: usize> {
    /// What is on its disk.
    pub credentials: Credentials,
    /// The round it is in, or was in last.
    #[doc(alias = "logicalclock")]
    pub round: Round,
    /// Where its election stands.
    pub election: Election<N>,
}

/// Where a server's election stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Election<const N: usize> {
    /// It looks for a leader.
    Looking(Looking<N>),
    /// It has settled on one, and leads if that is itself.
    #[doc(alias = "currentVote")]
    Settled(Vote),
}

/// An election under way: the local variables of `lookForLeader`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Looking<const N: usize> {
    /// Whom this server proposes.
    pub proposal: Proposal,
    /// What it waits for.
    pub wait: Wait,
    /// The last vote of each server in this server's round.
    #[doc(alias = "recvset")]
    pub recv_set: [Option<Vote>; N],
    /// The last vote of each settled server, whatever its round.
    #[doc(alias = "outofelection")]
    pub out_of_election: [Option<Vote>; N],
}

/// What a looking server waits for; also the timer that ends the wait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wait {
    /// Votes. When the wait runs out it announces its own again (`notTimeout`).
    Collecting,
    /// A better proposal than the one for which it has a quorum. When the wait runs out it settles (`finalizeWait`).
    Finalizing,
}

impl<const N: usize> Actor for FastLeaderElection<N> {
    type Msg = Vote;
    type Timer = Wait;
    type State = Server<N>;
    type Storage = Credentials;
    type Random = ();

    fn on_start(&self, id: Id, disk: &Option<Credentials>, out: &mut Out<Self>) -> Server<N> {
        let credentials = disk.expect("every server of a scenario has credentials on its disk");
        self.look_for_leader(id, credentials, Round(0), out)
    }

    fn on_msg(
        &self,
        id: Id,
        server: &mut Cow<'_, Server<N>>,
        src: Id,
        n: Vote,
        out: &mut Out<Self>,
    ) {
        Self::answer_at_once(server, src, n, out);
        let Election::Looking(looking) = &server.election else {
            return;
        };
        // While it finalizes it discards what is no better, whatever the sender's state or round. What is better ends the wait and
        // is handled as if it had just arrived (`recvqueue.put(n); break`).
        if looking.wait == Wait::Finalizing && !self.supersedes(n.proposal, looking.proposal) {
            return;
        }
        let server = server.to_mut();
        if let Election::Looking(looking) = &mut server.election {
            looking.wait = Wait::Collecting;
        }
        match n.state {
            ServerState::Looking => self.receive_looking(server, id.into(), src.into(), n, out),
            ServerState::Following | ServerState::Leading => {
                self.receive_settled(server, id.into(), src.into(), n);
            }
            ServerState::Observing => {}
        }
    }

    fn on_timeout(
        &self,
        id: Id,
        server: &mut Cow<'_, Server<N>>,
        ran_out: &Wait,
        out: &mut Out<Self>,
    ) {
        let round = server.round;
        let Election::Looking(Looking { proposal, wait, .. }) = server.election else {
            return;
        };
        assert_eq!(wait, *ran_out, "only the wait in force can run out");
        match wait {
            Wait::Collecting => self.send_notifications(Vote::looking(proposal, round), out),
            Wait::Finalizing => server.to_mut().settle(id.into(), proposal, round),
        }
    }
}

impl<const N: usize> FastLeaderElection<N> {
    /// The election among `N` voters of equal weight.
    #[must_use]
    pub fn majority() -> Self {
        let view = QuorumView::new(QuorumVerifier::majority((0..N).map(sid)));
        Self {
            quorums: Quorums::of::<N>(&view),
            everyone: std::array::from_fn(Id::from),
            view,
        }
    }

    /// Starts to look: a new round, the server's own proposal, and everybody told. `last` is the round it was in before.
    #[doc(alias = "lookForLeader")]
    pub fn look_for_leader(
        &self,
        id: Id,
        credentials: Credentials,
        last: Round,
        out: &mut Out<Self>,
    ) -> Server<N> {
        let round = last.next();
        let proposal = Proposal::of(id.into(), credentials);
        self.send_notifications(Vote::looking(proposal, round), out);
        let election = Election::Looking(Looking {
            proposal,
            wait: Wait::Collecting,
            recv_set: [None; N],
            out_of_election: [None; N],
        });
        Server {
            credentials,
            round,
            election,
        }
    }

    /// Whether these servers are a quorum in every configuration in force.
    #[doc(alias = "hasAllQuorums")]
    pub fn is_quorum(&self, servers: impl IntoIterator<Item = usize>) -> bool {
        self.quorums.contains(servers)
    }

    /// Whether the server can be elected at all.
    #[must_use]
    pub fn has_weight(&self, server: usize) -> bool {
        self.view.weight(sid(server)) > 0
    }

    /// The servers among `votes` whose vote agrees with `vote`. `kept_as` is the generation under which `votes` were stored.
    #[doc(alias = "getVoteTracker")]
    pub fn supporters(
        votes: &[Option<Vote>; N],
        kept_as: Generation,
        vote: fle::Vote,
    ) -> impl Iterator<Item = usize> {
        let votes = votes.iter().enumerate();
        votes
            .filter(move |(_, kept)| {
                kept.is_some_and(|kept| vote.agrees_with(&kept.unpack(kept_as)))
            })
            .map(|(voter, _)| voter)
    }

    /// The receiver thread's answer: to a looking server that lags behind, the proposal; to any looking server, once settled, the
    /// vote that was settled on.
    #[doc(alias = "WorkerReceiver")]
    fn answer_at_once(server: &Server<N>, src: Id, n: Vote, out: &mut Out<Self>) {
        if n.state != ServerState::Looking {
            return;
        }
        match &server.election {
            Election::Looking(looking) if n.round < server.round => {
                out.send(src, Vote::looking(looking.proposal, server.round));
            }
            Election::Looking(_) => {}
            Election::Settled(vote) => out.send(src, *vote),
        }
    }

    /// The branch `case LOOKING`: a later round is entered, an earlier one ignored, a better proposal adopted, and the vote recorded
    /// and counted.
    fn receive_looking(
        &self,
        server: &mut Server<N>,
        me: usize,
        src: usize,
        n: Vote,
        out: &mut Out<Self>,
    ) {
        let own = Proposal::of(me, server.credentials);
        let Election::Looking(looking) = &mut server.election else {
            return;
        };
        match n.round.cmp(&server.round) {
            Ordering::Greater => {
                server.round = n.round;
                looking.recv_set = [None; N];
                let joins = self.supersedes(n.proposal, own);
                looking.proposal = if joins { n.proposal } else { own };
                self.send_notifications(Vote::looking(looking.proposal, server.round), out);
            }
            Ordering::Less => return,
            Ordering::Equal => {
                if self.supersedes(n.proposal, looking.proposal) {
                    looking.proposal = n.proposal;
                    self.send_notifications(Vote::looking(looking.proposal, server.round), out);
                }
            }
        }
        looking.recv_set[src] = Some(n);
        let vote = Vote::looking(looking.proposal, server.round).unpack(Generation::Unversioned);
        if self.is_quorum(Self::supporters(
            &looking.recv_set,
            Generation::Unversioned,
            vote,
        )) {
            looking.wait = Wait::Finalizing;
        }
    }

    /// The branches `case FOLLOWING` and `case LEADING`: joins the sender's leader on the word of a quorum. Entries of `recv_set`
    /// are kept without a version, those of `out_of_election` with the sender's.
    #[doc(alias = "receivedFollowingNotification")]
    #[doc(alias = "receivedLeadingNotification")]
    fn receive_settled(&self, server: &mut Server<N>, me: usize, src: usize, n: Vote) {
        let round = server.round;
        let Election::Looking(looking) = &mut server.election else {
            return;
        };
        let vote = n.unpack(Generation::Versioned);
        let backed = |votes: &[Option<Vote>; N], kept_as| {
            self.is_quorum(Self::supporters(votes, kept_as, vote))
                && Self::check_leader(votes, me, round, n)
        };
        if n.round == round {
            looking.recv_set[src] = Some(n);
            if backed(&looking.recv_set, Generation::Unversioned) {
                return server.settle(me, n.proposal, n.round);
            }
        }
        looking.out_of_election[src] = Some(n);
        if backed(&looking.out_of_election, Generation::Versioned) {
            server.settle(me, n.proposal, n.round);
        }
    }

    /// A leader other than this server must have said that it leads; this server itself must be in the round of the vote for it.
    #[doc(alias = "checkLeader")]
    fn check_leader(votes: &[Option<Vote>; N], me: usize, round: Round, n: Vote) -> bool {
        if n.leader() == me {
            round == n.round
        } else {
            votes[n.leader()].is_some_and(|vote| vote.state == ServerState::Leading)
        }
    }

    /// To every voter, this server included.
    #[doc(alias = "sendNotifications")]
    fn send_notifications(&self, vote: Vote, out: &mut Out<Self>) {
        out.broadcast(&self.everyone, &vote);
    }

    #[doc(alias = "totalOrderPredicate")]
    fn supersedes(&self, new: Proposal, current: Proposal) -> bool {
        new.unpack().supersedes(&current.unpack(), &self.view)
    }
}

impl<const N: usize> Server<N> {
    /// The election under way, if there is one.
    #[must_use]
    pub fn looking(&self) -> Option<&Looking<N>> {
        match &self.election {
            Election::Looking(looking) => Some(looking),
            Election::Settled(_) => None,
        }
    }

    /// The vote that it settled on, if it has settled.
    #[must_use]
    pub fn settled(&self) -> Option<Vote> {
        match self.election {
            Election::Looking(_) => None,
            Election::Settled(vote) => Some(vote),
        }
    }

    /// Ends the election. The logical clock becomes the vote's round, which may be lower than the one it was in.
    #[doc(alias = "setPeerState")]
    #[doc(alias = "leaveInstance")]
    fn settle(&mut self, me: usize, proposal: Proposal, round: Round) {
        let leads = proposal.leader() == me;
        self.round = round;
        self.election = Election::Settled(Vote {
            proposal,
            round,
            state: if leads {
                ServerState::Leading
            } else {
                ServerState::Following
            },
        });
    }
}

impl Quorums {
    fn of<const N: usize>(view: &QuorumView) -> Self {
        let is_quorum = |set: u32| {
            let members = (0..N).filter(|server| set >> server & 1 == 1);
            view.has_quorum(&view.tally(members.map(sid)), None)
        };
        let sets = 0..1_u32 << N;
        Self(
            sets.filter(|&set| is_quorum(set))
                .fold(0, |known, set| known | 1 << set),
        )
    }

    fn contains(self, servers: impl IntoIterator<Item = usize>) -> bool {
        let set = servers
            .into_iter()
            .fold(0_u32, |set, server| set | 1 << server);
        self.0 >> set & 1 == 1
    }
}
