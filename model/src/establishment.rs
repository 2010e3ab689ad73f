//! The second model: from an elected leader to one that may act, checked exhaustively.
//!
//! # The protocol in one page
//! An election only names a leader. The leader asks a quorum for the greatest epoch that each has *accepted*, and proposes a greater
//! one. A learner stores it as accepted, and only then acknowledges: it *promises* to accept no such epoch from anybody again. With
//! the promises of a quorum the leader stores the epoch as its *current* one, and so do the learners, durably, before they
//! acknowledge that. With the acknowledgements of a quorum the leader is *established*, and nobody else ever is in that epoch. A
//! leader whose epoch is below one that a voter has accepted meanwhile gives up, and proposes a later one when it is elected again.
//!
//! A leader *hands over* by asking a follower to take over, its heir. The heir answers and leads; with the answer the leader tells the
//! others, and all of them learn from the heir as if it had been elected.
//!
//! # How to read it
//! Beside `Leader.java`, `LearnerHandler.java` and `Learner.java`, and beside [`fle::leadership`], which it states a second time
//! and does not call. Shared are the quorums ([`fle::quorum`]). `fle-conformance lockstep` holds the two against one another.
//!
//! | module | what it states |
//! |---|---|
//! | [`server`], [`leader`], [`learner`] | the protocol, one server's: an event in, effects out |
//! | [`network`] | the connections and what is under way on them |
//! | [`system`] | servers and connections together, and what goes wrong: the [`stateright::Model`] |
//! | [`timely`] | what happens in time, and what is owed: where it must come to an end |
//! | [`properties`] | what must hold, what must come to hold, what must be seen |
//! | [`catalogue`] | the scenarios: bounds and pinned counts |
//! | [`mod@check`] | running stateright |
//! | [`mutants`] | the protocol with one rule broken |
//!
//! # What is modelled
//! - **The election is an oracle without sense**: a server that looks may be told at any time that it leads, or that any other does.
//!   Nothing that always holds rests on the election. What comes to hold does: *in time* the election is what the first model says.
//! - **Crashes at any point**: also between any two effects of one event, of which one stores ([`system::Action::CrashIn`]).
//! - **Connections** that keep order, and of which each end sees the end at any time, with what was under way lost to it.
//! - **Patience that ends at any time**, for every reason at once: time-outs, lost leaders, voters that look again. In time it ends when
//!   nothing else happens.
//! - **Bound learners**: an earlier promise, of the lease, holds back a new one until the scheduler ends it.
//! - **Handing over**, to any follower that may lead.
//!
//! # What it shows
//! That a leader must give up for a voter that it would leave behind, for one: without that rule two crashes at the wrong moment are
//! enough for a server to ask for ever to follow a leader whose epoch is too low for it
//! (`fle-model check establish-timely-faults --mutant outbid-leads-on`).
//!
//! # What is left out
//! - **Time, and so the lease**: [`fle::leadership`] counts it, and simulations judge it. Without it a leader can be established on
//!   acknowledgements that are old, after the leader of a later epoch was: its lease would be over already. So "later is greater" is
//!   said of epochs that are *proposed* later.
//! - **Signs of life**, which only lengthen a lease.
//! - **Transactions**: the length of a history is a number that never changes.
//! - **Epochs without end**: a leader that would propose one beyond the scenario's last gives up. In time none comes so far.
//!
//! # How much is checked
//! Twelve scenarios, 16,924,497 states, all in tier `ci`: a minute and a half on two cores, and up to 1.4 GB of memory.
//! Two servers go through several epochs with two crashes and a lost connection; three through one epoch, with a crash only where
//! one of them observes: three equal voters with a crash are too many states, and were not exhausted in 75 seconds. In time three equal
//! voters go through two crashes, a lost connection, a transfer.

pub mod catalogue;
pub mod check;
pub mod leader;
pub mod learner;
pub mod mutants;
pub mod network;
pub mod properties;
pub mod server;
pub mod system;
pub mod timely;
