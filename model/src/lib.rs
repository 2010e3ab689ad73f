//! The executable specification of Fast Leader Election, checked exhaustively.
//!
//! # The election in one page
//!
//! A few servers, each with a history of transactions, must agree on one of them as leader, and it should be one that misses
//! nothing a quorum has committed. Each server *proposes* a leader, at first itself, with the credentials that speak for it: its
//! peer epoch, then its last zxid; its sid breaks ties. It announces its proposal to all voters in *notifications*, its own
//! loop-back included. Hearing of a better proposal it adopts that and announces it; the best one spreads. When the last
//! votes heard, one of each server, give a quorum for its own proposal, it waits a moment for a better one to turn up
//! (*finalizing*) and then settles: it leads if the proposal is itself, and follows otherwise.
//!
//! Elections happen in *rounds*, counted by each server for itself. Votes of earlier rounds are ignored, and their sender is told
//! what it missed; a vote of a later round takes the server there. A server that has settled answers every looking one with
//! the vote it settled on. A latecomer thus hears of an ensemble that is already at work, and joins it when a quorum, the
//! leader among them, says the same.
//!
//! That is all, and less than it seems: two servers may lead at once, even in one round, the leader need not be the best
//! server alive, and an election need not end in agreement, or at all. The [properties] say what holds, show that it is not
//! vacuous, and keep what sounds right and is false.
//!
//! # How to read it
//!
//! Beside `FastLeaderElection.java`, starting with [`server`]: every function bears the name of the Java method or branch it states
//! (search for it, the names are documentation aliases).
//!
//! | module | what it states |
//! |---|---|
//! | [`vote`] | proposals and votes, packed |
//! | [`server`] | the algorithm, one server's: a [`stateright::actor::Actor`] |
//! | [`network`] | the links and what they lose |
//! | [`system`] | servers and links together: the [`stateright::Model`] |
//! | [`history`] | ghost variables: what the properties need to know of the past |
//! | [`steps`], [`properties`] | what must hold, what must be seen, what is false |
//! | [`liveness`] | what a fair scheduler must bring about: a checker for any model |
//! | [`catalogue`] | the scenarios: bounds and pinned counts |
//! | [`mutants`] | the algorithm with one rule broken: what the properties must notice |
//! | [`mod@check`], [`report`] | running stateright, printing what came of it |
//! | [`story`], [`narrate`], [`diagram`] | a path as data, in sentences, as a sequence diagram |
//! | [`counterexample`] | the files of `--trace-dir` |
//!
//! Shared with the production crate are two modules, vote comparison ([`fle::Proposal::supersedes`], [`fle::Vote::agrees_with`]) and
//! quorums ([`fle::quorum`]). Everything else is stated here a second time, so that a mistake in one is seen against the other.
//!
//! # What is modelled
//!
//! Servers that are all voters of equal weight and speak the current wire format; no faults; both
//! [settings](system::Setting): the asynchronous, in which any wait may run out at any time, and the timely, in which waits are
//! longer than messages travel. So these parts of the Java class have no counterpart yet: strangers and observers (`validVoter`,
//! `OBSERVING`), servers without data (zxid -1), the oracle, joint and newer configurations, and older wire formats.
//!
//! # What is left out or reduced, and why
//!
//! - **One step is atomic**: the receiver thread's answer, then the election's reaction. In Java the receiver may have answered
//!   several notifications before the election takes the first; here they would still be on their links, and be answered
//!   later, with a round and proposal that can be newer. Left out: an answer older than the election's reaction to what came first.
//! - **A link holds two notifications** and whether the first of two was ever written is decided late: see [`network`], which also
//!   says what that leaves out.
//! - **The loop-back holds one, the newest.** An older vote of one's own arriving late would replace nothing newer, and it disagrees
//!   with the present proposal, so it adds nothing to the server's own count. It can only speak for a leader that others have
//!   settled on. It does the same when it comes back before the server changes its mind, which is always possible.
//!   Left out: the older vote coming back after the change, where coming back before it would have ended the wait for votes.
//! - **A vote that is announced again arrives at once**, to any one server to which nothing else is under way. A copy that arrives
//!   later, the sender proposing the same still, is one sent later; a copy that never arrives was replaced in the slot. Left out: a
//!   copy that the sender's change of mind overtakes, that is, an outdated vote received twice.
//! - **A copy directly behind the same notification is not put on the link**, for the same reason: it can be sent again later.
//! - **A decision clears the server's loop-back**, as `leaveInstance` clears the receive queue. What is cleared would be a server's
//!   own question to itself.
//! - **`haveDelivered`** only decides between sending again and reconnecting; without faults reconnecting does nothing.
//! - **Waits have no length**: the back-off is no state.
//!
//! In the timely setting a vote that is announced again goes on the links like any other. It goes only when nothing is under way,
//! so its copies are under way together, and what the first of them sets off comes between it and the others; a copy that
//! arrived at once, and alone, would leave that out. An answer given twice in a row is still kept once, which leaves something
//! out: the receiver may discard the first while it finalizes, and then must ask again. Without this reduction `timely` came to
//! 4,813,184 states and `timely-rounds` to 1,972,629, with the same verdicts.
//!
//! `tests/reductions.rs` walks three asynchronous servers over links without any of these reductions but the first, at random,
//! and checks that they reach no state that the model does not.
//!
//! # What liveness means here
//!
//! A property of liveness says that every *fair* run comes to a goal and stays there ([`liveness`]). Fair is a run in which a
//! notification that is under way arrives or is superseded (weak fairness, for each link), and a wait that can run out again and
//! again does (strong fairness, for each server and wait): [`system::System::fairness`]. The order in which different links deliver
//! is nobody's duty.
//!
//! It is asked in the timely setting only, where the waits are ordered: delivery, then finalizing, then sending again. The order
//! stands for lengths of time that the model does not have. Only what is already under way to a server keeps it finalizing, not
//! what somebody else may still be about to tell it. Left out: two servers that send again at the same moment, so that their
//! notifications cross.
//!
//! If the best server starts in the latest round the election ends with everybody following it, and if all start in the same
//! round nobody needs to send anything again. If it starts in an earlier round, two servers can be elected in different
//! rounds, with the help of the same voter; then some may never learn of it, or a third looks for ever (`tests/timely.rs`). What
//! ends this in reality is not the election but the peer's main loop, which is not modelled yet: a leader that nobody follows
//! gives up.
//!
//! # Symmetry
//!
//! The election only compares credentials, so assignments that rank the servers differ in nothing but the servers' names: every
//! assignment of `fault-free` comes to the same number of states. All are run nevertheless, because properties that compare
//! credentials for themselves see ties that the election, which breaks them by sid, does not.

pub mod catalogue;
pub mod check;
pub mod counterexample;
pub mod diagram;
pub mod ensemble;
pub mod faults;
pub mod liveness;
pub mod mutants;
pub mod narrate;
pub mod network;
pub mod properties;
pub mod report;
pub mod server;
pub mod set;
pub mod steps;
pub mod story;
pub mod system;
pub mod vote;
