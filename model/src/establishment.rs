//! The second model: from an elected leader to one that may act, checked exhaustively.
//!
//! # The protocol in one page
//! An election only names a leader. The leader asks a quorum for the greatest epoch that each has
//! *accepted*, and proposes a greater one. A learner stores it as accepted, and only then
//! acknowledges: it *promises* to accept no such epoch from anybody again. With the promises of a
//! quorum the leader stores the epoch as its *current* one, and so do the learners, durably, before
//! they acknowledge that. With the acknowledgements of a quorum the leader is *established*, and
//! nobody else ever is in that epoch.
//!
//! Who has acknowledged an epoch is *bound*: it helps no other leader for a time, unless the leader
//! itself releases it, hands over, or proposes another epoch, each of which says that its lease is
//! over. That a connection ends is no word of the leader's.
//!
//! A voter that has accepted a later epoch than the leader's, or has lost what it has accepted, may
//! have helped another leader. It is kept *aside*: it counts for nothing. Once the leader is
//! established, and those that are not yet can count on nothing any more that the voter has
//! answered them, the leader asks its followers for a sign of life. If a quorum answers, nobody was
//! established with the voter's help meanwhile, and it is let in, in the leader's epoch, be it
//! lower. A leader that is not established gives up for a voter that is ahead only where that voter
//! is all that it lacks.
//!
//! A server whose disk is empty is new if all other voters have never accepted an epoch, and else
//! does not *remember*; nor does one whose disk is an older one. It votes for nobody, leads nobody
//! and promises nothing until a leader has let it in.
//!
//! A leader *hands over* by asking a follower to take over, its heir. The heir answers and leads;
//! with the answer the leader tells the others, and all of them learn from the heir as if it had
//! been elected.
//!
//! # How to read it
//! Beside `Leader.java`, `LearnerHandler.java` and `Learner.java`, and beside [`fle::leadership`],
//! which it states a second time and does not call. Shared are the quorums ([`fle::quorum`]).
//! `fle-conformance lockstep` holds the two against one another.
//!
//! | module | what it states |
//! |---|---|
//! | [`mutants`] | which rules can be broken |
//! | [`terms`], [`network`] | epochs, disks, promises; the connections and what is under way on them |
//! | [`protocol`] | an event in, effects out: what can happen to a server, and what it can do |
//! | [`learner`], [`leader`], [`server`] | the protocol, one server's |
//! | [`system`] | servers and connections together, and what goes wrong |
//! | [`system::votes`] | who can be elected, where the election has sense |
//! | [`system::timely`] | what happens in time, and what is owed: where it must come to an end |
//! | [`scenario`] | the bounds that a system is made from |
//! | [`rules`] | what is remembered of a way, and what must hold of single steps |
//! | `coverage` | what can happen, to be counted |
//! | [`story`], [`subject`] | how a step reads; all that for the [frame](crate::frame) |
//! | [`claims`] | what must hold, what must come to hold, what must be seen |
//! | [`catalogue`] | the scenarios: bounds and pinned counts |
//!
//! # What is modelled
//! - **The election is an oracle without sense**: a server that looks may be told at any time that
//!   it leads, or that any other does. Nothing that always holds rests on the election. What comes
//!   to hold does: *in time* the election is what the first model says.
//! - **Both together** (`establish-elected` and those named after it): who is elected has the votes
//!   of a quorum, which may be outdated ([`system::votes`]), and histories grow. An established
//!   leader adds a transaction, a learner takes over its leader's history with the epoch, and what
//!   a quorum has in one epoch is committed. The votes are an abstraction of the first model.
//!   That comes to no other leaders, as far as `tests/composition.rs` walks both side by side:
//!   three servers, one better than the others, with each fault and a mix, over links of one.
//! - **Crashes at any point**: also between any two effects of one event, of which one stores
//!   ([`system::Action::CrashIn`]).
//! - **Connections** that keep order, and of which each end sees the end at any time, with what was
//!   under way lost to it.
//! - **Lost disks**: a server is down, and its disk is empty, or says what it may have said at any
//!   time before, transactions included where there are any. The latter is noticed, by a marker
//!   beside the disk that is not modelled. An empty disk cannot be told from a new one, which is
//!   the harder case; that something was there, a marker may say as well.
//! - **Patience that ends at any time**, for every reason at once: time-outs, lost leaders, voters
//!   that look again, connections that are reset. In time it ends when nothing else happens. In the
//!   scenarios that begin with an established leader it ends a few times only.
//! - **Bound learners**: an earlier promise, of the lease, holds back a new one until the scheduler
//!   ends it, or the leader.
//! - **Signs of life** only where an answer is waited for, counted one by one: an answer to what
//!   was sent before does not count.
//! - **Handing over**, to any follower that may lead.
//!
//! # What it shows
//! - That no two leaders have the promises of a quorum at a time, which is what a lease is without
//!   its time, although connections end at any time; and that this is lost as soon as a
//!   connection's end, or another leader's proposal, ends a promise (`fle-model check
//!   establish-reset --mutant end-releases`).
//! - That an established leader has everything that was committed before, and that this does not
//!   rest on the election: an outdated vote elects a server that has not, and the promises of a
//!   quorum find it out. What does rest on the votes is that a quorum, as its disks stand, would
//!   elect nobody else (`fle-model check establish-elected`). And that it is lost as soon as a
//!   learner enters an epoch before it has stored the history (`fle-model check
//!   establish-elected-crash --mutant history-stored-last`).
//! - That a disk may be lost, or be an older one, and still no epoch has two leaders; and that such
//!   a server comes to follow again, as does one that is ahead of an established leader, without an
//!   election.
//!
//! # What is left out
//! - **Time, and so how long a lease lasts**: [`fle::leadership`] counts it, and simulations judge
//!   it. Without it a leader can be established on acknowledgements that are old, after the leader
//!   of a later epoch was: its lease would be over already. So "later is greater" is said of epochs
//!   that are *proposed* later, and of a lease is said whose promises make it. That nobody counts
//!   any more on what a learner has answered elsewhere is a condition on the whole state here, and
//!   a time there.
//! - **Several lost disks**: if all who knew of an epoch lose their disks, those that are left
//!   cannot know of it. So, too, where one voter is a quorum by itself, and nobody has followed it.
//!   Two of three that forget are never let in again: an operator has to say so (`fle-model check
//!   establish-timely-forget`).
//! - **Transactions**, but for one where leaders are elected by votes; elsewhere the length of a
//!   history is a number that never changes, and a lost disk leaves it, for nobody could give it
//!   back. A learner stores a transaction as soon as it reads of it. That its leader hears of that
//!   and commits is not modelled: what a quorum has may be committed, and is taken to be.
//! - **Epochs without end**: a leader that would propose one beyond the scenario's last gives up.
//!   In time none comes so far.
//!
//! # How much is checked
//! How many scenarios and states each tier has is said in `model/RESULTS.md`. Two servers go
//! through several epochs with two crashes and a lost connection, or with a crash and a lost disk;
//! three through one epoch, with a crash or a lost connection. Two epochs of three voters with a
//! crash are for random walks (`establish-crash-later`, tier `simulation`): the search was stopped
//! after 105.8 million states, and nobody knows how many there are. Where three go through a further
//! epoch, or two, with a lost disk, an older one, or three resets, one leads and another follows to
//! begin with, and patience ends a few times only; so it is where leaders are elected by votes,
//! with two resets, or a crash, a lost disk or an older one. In time three equal voters go through
//! two crashes, a lost connection, a transfer, a lost disk, an older one, and begin with empty
//! disks. What needs more than three is shown step by step (`tests/establishment.rs`).

pub mod catalogue;
pub mod claims;
mod coverage;
pub mod leader;
pub mod learner;
pub mod mutants;
pub mod network;
pub mod protocol;
pub mod rules;
pub mod scenario;
pub mod server;
pub mod story;
pub mod subject;
pub mod system;
pub mod terms;
