//! The executable specification of Fast Leader Election, checked exhaustively.
//!
//! # The election in one page
//!
//! A few servers, each with a history of transactions, must agree on one of them as leader, and it
//! should be one that misses nothing a quorum has committed. Each server *proposes* a leader, at
//! first itself, with the credentials that speak for it: its peer epoch, then its last zxid; its
//! sid breaks ties. It announces its proposal to all voters in *notifications*, its own loop-back
//! included. Hearing of a better proposal it adopts that and announces it; the best one spreads.
//! When the last votes heard, one of each server, give a quorum for its own proposal, it waits a
//! moment for a better one to turn up (*finalizing*) and then settles: it leads if the proposal is
//! itself, and follows otherwise.
//!
//! Elections happen in *rounds*, counted by each server for itself. Votes of earlier rounds are
//! ignored, and their sender is told what it missed; a vote of a later round takes the server
//! there. A server that has settled answers every looking one with the vote it settled on. A
//! latecomer thus hears of an ensemble that is already at work, and joins it when a quorum, the
//! leader among them, says the same.
//!
//! That is all, and less than it seems: two servers may lead at once, even in one round, the leader
//! need not be the best server alive, and an election need not end in agreement, or at all. The
//! [claims](election::claims) say what holds, show that it is not vacuous, and keep what sounds
//! right and is false.
//!
//! # How to read it
//!
//! There are two protocols, each stated by itself, and one machinery that checks them. Each module
//! imports only those before it, which `tests/architecture` of `fle-conformance` reads off their
//! text:
//!
//! | module | what it states |
//! |---|---|
//! | [`frame`] | how any protocol is checked, walked through, told and drawn; it knows of none |
//! | [`terms`] | what both protocols speak of: votes, sets of servers, who votes, time |
//! | [`election`] | the election, beside `FastLeaderElection.java`: start with [`election::server`] |
//! | [`establishment`] | the second protocol: from an elected leader to one that may act |
//! | [`models`], [`listing`] | both together: every scenario and mutant by name, and as `list` prints them |
//!
//! A protocol is stated from the bottom up, and the names are the same in both: `network`,
//! `server`; `system`, servers and network together, pure: where it begins, what can happen, what
//! comes of that, its bounds and what is owed; `scenario`, the bounds that it is made from;
//! `rules`, what must hold of single steps; `story`, how a step reads; `subject`, all of that for
//! the frame; `claims`; `catalogue`, the scenarios with their pinned counts. What claims need to
//! know of the past, and the mark of a broken rule, are no part of a system's state, but kept
//! beside it ([`frame::subject`]).
//!
//! Shared with the production crate are two modules, vote comparison
//! ([`fle::Proposal::supersedes`], [`fle::Vote::agrees_with`]) and quorums ([`fle::quorum`]). The
//! servers go by them; claims count quorums and weights by hand
//! ([`Configuration`](terms::ensemble::Configuration)), so that a mistake in a shared rule breaks a
//! claim. Everything else is stated here a second time, so that a mistake in one is seen against
//! the other.
//!
//! # What is modelled
//!
//! - **Servers** ([`server`](election::server)) of every [role](terms::ensemble::Composition):
//!   voters, an observer, a voter without weight, groups and weights, two voters with an oracle, a
//!   proposed configuration beside the committed one, which adds a voter, removes one or gives one
//!   weight, servers that know [different configurations](terms::ensemble::Known) of these, a peer
//!   that speaks the oldest wire format, a newer configuration that spreads in notifications. A
//!   server that lost its data has zxid -1.
//! - **Links** ([`network`](election::network)) that keep order, replace what is not yet written,
//!   break, and send the last message again.
//! - **Time** in two [settings](terms::setting::Setting): the asynchronous, in which any wait may
//!   run out at any time, and the timely, in which waits are longer than messages travel.
//! - **What surrounds the election**, the peer's main loop: who follows a leader that is gone or
//!   does not lead looks again, and so does a leader that no quorum follows; an established leader
//!   begins a new epoch and its followers learn it ([`Action`](election::system::Action)).
//! - **[Faults](election::faults::Faults)**, each with a budget: crash and restart, crash for good,
//!   loss of the disk, a broken connection, a return to looking for no reason; a late start and a
//!   newer configuration are ways to begin.
//! - **Initial credentials** are not one assignment but all, as separate initial states of one run.
//!
//! # What is left out or reduced, and why
//!
//! - **One step is atomic**: the receiver thread's answer, then the election's reaction. In Java
//!   the receiver may have answered several notifications before the election takes the first; here
//!   they would still be on their links, and be answered later, with a round and proposal that can
//!   be newer. Left out: an answer older than the election's reaction to what came first.
//! - **Looking begins in one step**, with its round, its proposal and what is announced; so does
//!   having settled, with the vote. In Java the state changes first, and for a moment the receiver
//!   answers with what was there before: a server that looks again, with the proposal and round of
//!   its last election as if it still looked in it; one that settles, as LEADING or FOLLOWING, with
//!   the vote that it had before this election. Left out: one such answer for each change of state,
//!   which names a leader or a round that are not its sender's now. Hidden is a joiner that counts
//!   it, until its sender answers again.
//! - **A better vote that ends the wait for one is handled at once.** In Java it goes to the tail
//!   of the queue (`recvqueue.put(n)`), behind what else has arrived by then. Of several senders
//!   that is another order, which the links allow. Of one sender it puts a newer vote before an
//!   older: what it proposed is then recorded last, though it has settled since, or proposes a
//!   better one. Left out is that record, until the sender is heard again. It may count for a
//!   quorum as the older vote would have, had the newer not arrived yet; hidden is a server that
//!   looks on though it has heard enough, until it asks again.
//! - **A link holds one notification or two**, as the scenario says: see
//!   [`network`](election::network), which also says what each leaves out.
//! - **A server's own vote** is counted in the step that sends it where links hold one; else it
//!   waits on a loop-back that holds one, the newest. An older vote of one's own arriving late
//!   would replace nothing newer, and it disagrees with the present proposal, so it adds nothing to
//!   the server's own count. Left out: the older vote coming back after a change of mind, where
//!   coming back before it would have ended the wait for votes; with links of one, others' votes
//!   heard before one's own is.
//! - **Asynchronous, a vote that is announced again arrives at once**, at any one server to which
//!   nothing else is under way. A copy that arrives later, the sender proposing the same still, is
//!   one sent later; a copy that never arrives was replaced in the slot. Left out: a copy that the
//!   sender's change of mind overtakes, that is, an outdated vote received twice. With an oracle,
//!   and in time, it goes on the links like any other.
//! - **A copy directly behind the same notification is not put on the link**, for the same reason:
//!   it can be sent again later.
//! - **A decision clears the server's loop-back**, as `leaveInstance` clears the receive queue.
//!   What is cleared of the loop-back would be a server's own question to itself. Left out: what
//!   others have asked and the election has not read is cleared with it, and has its answer, if
//!   any, from the receiver thread alone; and what that thread puts there afterwards waits for the
//!   server's next election, however old it is by then. Hidden is a server that asks once more than
//!   it does here, and one that looks again and hears first what was true before.
//! - **A better vote for a server that does not vote** is discarded by one that finalizes, as fle
//!   does it; the class ends its wait and ignores the vote then (`impl/DEVIATIONS.md`).
//! - **What was sent to a server that is down waits** for its return, the newest only: the slot
//!   keeps it, or the last message sent is sent again. What a server had sent when it crashed may
//!   still arrive, or not.
//! - **Asynchronous, only a leader that is down is given up**, and otherwise a server returns to
//!   looking as often as the scenario's budget allows: with a wait that may run out at any time,
//!   rounds would grow without end.
//! - **A synchronized follower has its leader's history** in one step, and the new epoch with it;
//!   discovery and synchronization themselves are not modelled. Where epochs are not
//!   ([`activation`](election::system::System::activation)), a follower does not notice that its
//!   leader has crashed, restarted and leads again.
//! - **Waits have no length**: the back-off is no state, and `haveDelivered` would only decide
//!   between sending again and reconnecting, which here is the same.
//! - **Of configurations two are known**, and one server at most is ahead of the others. A server
//!   that learns of the newer one forgets its round with the election object; the connections are
//!   torn down and stand again at once. That a configuration is proposed or committed while a
//!   scenario runs is modelled nowhere.
//! - **Some mixes are not run.** Two faults at once, and more than three servers, go over links of
//!   one only; over links of two, where something goes wrong, all disks are equal. An oracle stands
//!   beside two voters only.
//!
//! `tests/reductions.rs` walks three asynchronous servers, at random, over links without any of
//! these reductions but the first three, and checks that they reach no state that the model with
//! links of two does not.
//!
//! # What liveness means here
//!
//! A property of liveness says that every *fair* run comes to a goal and stays there
//! ([`liveness`](frame::liveness)). Fair is a run in which a notification that is under way arrives
//! or is superseded, who is down and returns is started, and who follows an established leader
//! learns its epoch (weak fairness, for each link and server); and in which a wait that can run out
//! again and again does (strong fairness, for each server and wait):
//! [`TransitionSystem::fairness`](frame::system::TransitionSystem::fairness). The order in which
//! different links deliver is nobody's duty, and nothing need go wrong.
//!
//! It is asked in the timely setting only, where the waits are ordered: delivery, then finalizing,
//! then sending again, then giving up ([`Timely`](terms::setting::Setting::Timely)). The order
//! stands for lengths of time that the model does not have, so that no wait is put off without end
//! by shorter ones: who has been asked often enough, and brought nobody any further, may give up.
//! Only what is already under way to a server keeps it finalizing, not what somebody else may still
//! be about to tell it. Left out: two servers that send again at the same moment, so that their
//! notifications cross.
//!
//! # Symmetry
//!
//! The election only compares credentials, and sids where they are equal. So two assignments that
//! differ in the servers' names, the servers ranked by credentials and sid, have the same runs
//! under other names. Of such assignments one is run ([`Scenario`](election::scenario::Scenario)):
//! of 64 for three servers 20, where any two servers can change places. All are run where one has a
//! role of its own, and where leaders begin new epochs: these make credentials equal that were not,
//! and then the sids decide otherwise. `tests/reductions.rs` compares the numbers of states, with `--ignored`
//! those of the larger scenarios, too.
//!
//! # How much is checked
//!
//! Three servers with each fault and role by itself, asynchronous and in time (tier `ci`); three
//! with any two faults but a crash for good, four, and five in time (tier `nightly`). `list` prints every scenario with
//! its bounds and the number of states that it must come to; `model/RESULTS.md` says how long they
//! took, and with how much memory.
//!
//! # What the checker taught us
//!
//! Each with the command that shows it; the shortest stories stand in `tests/pitfalls.rs`,
//! `tests/timely.rs` and `tests/finalizing.rs`. `cargo run --release -p fle-model -- check NAME`
//! checks a scenario.
//!
//! - **Two servers lead in one round**, and each has a quorum's votes on record. One voter voted
//!   for both, one after the other: 10 steps, `check fault-free`. What holds is that at most one of
//!   them has a quorum that *follows* it. Whoever acts on being LEADING must first see to its
//!   followers.
//! - **The leader need not be the best server alive** where waits are shorter than messages travel
//!   (`check fault-free`), and a voter counted for it may have better credentials: it has settled
//!   on the leader already, which counts like a vote. So "best credentials" holds of the votes that
//!   were cast while looking, and of no more.
//! - **A vote can outlive its voter's epoch**: a server is elected by the vote of one that has
//!   since been synchronized with another leader and entered a later epoch (`check activation`).
//!   Where epochs move, the best credentials are not the election's to guarantee; the leader finds
//!   out when it counts the epochs that a quorum has accepted. With the establishment behind it:
//!   one is elected that lacks what has been committed since the votes were cast, and none such is
//!   established (`check establish-elected`).
//! - **Rounds come again**, not only after a restart: a server that joins an ensemble takes on its
//!   round, be it earlier, and when it gives that up it looks in a round that it was in before. So
//!   votes that were cast for it then count once more. `tests/composition.rs` showed it, of a
//!   composition in which a vote counted for one look of its candidate.
//! - **Settled votes of two elections make a quorum.** Those of the joiner's own round agree if
//!   they name one leader, whatever their zxid and epoch; those of other rounds if they name one
//!   leader in one epoch, whatever their zxid and round. So a joiner counts the leader of round 2
//!   together with what a voter said in round 1, when that server did not lead yet, though the
//!   voter has looked again since (`check loss`, 11 steps); or the leader, in its new epoch,
//!   together with a follower that has yet to learn it (`check activation`, 9 steps). To compare
//!   all fields is no remedy: a follower that did not notice that its leader was elected again is
//!   then never a quorum with it, and a latecomer looks for ever (`check --mutant
//!   compares-all-fields`). What makes it harmless is that the leader itself must have said that it
//!   leads: it is for that one to see to a quorum.
//! - **A restarted server decides again in the same round**: the round is forgotten with the
//!   process, so its number alone names no election (`check crash`).
//! - **A leader that restarts is elected by its own past**: it looks in round 1, and a follower
//!   that has not noticed answers FOLLOWING for it in round 1, which is a vote of its own round. It
//!   leads again at once (`check crash`), and its new epoch differs from that of the follower whose
//!   word made it leader. If that follower never noticed, the third server could never join, for
//!   the epochs of the two would differ for ever; what helps is that the follower's connection has
//!   broken. The first version of [`GiveUp`](election::system::Action::GiveUp) lacked that, and
//!   `check timely-activation` showed it.
//! - **A leader may have lost its data.** It crashed, its disk was lost, and nobody noticed: its
//!   followers' old words, of the round that it is in again, make it lead (`check wipe`, 10 steps).
//!   What a vote claims is what the candidate's disk said once. So nobody votes *for* an empty
//!   disk, nor does one vote, and yet one leads, and the word of one counts once it has joined
//!   (`check loss-wipe`). It is for the leader to look at its own disk, as [`fle::leadership`]
//!   does: it gives up.
//! - **The election alone need not end.** Two servers can be elected in different rounds with the
//!   help of one voter, and a third then looks for ever, torn between them. It is the peer's main
//!   loop that ends it: the leader without followers gives up. With it, every timely scenario of a
//!   majority ends with all live servers on one leader, whatever the fault (`check --tier ci`).
//!   Two servers without which there is no quorum, as in small groups and while a configuration is
//!   proposed, may miss one another round after round if something goes wrong and their wait for a
//!   better proposal is shorter than a round trip: see below.
//! - **An old peer and one other elect nobody**, where the epochs on their disks are not those of
//!   their last transactions: each proposal of the other comes back without its epoch, and is
//!   another one. There is no leader that could give up, and nothing more happens (`check
//!   timely-old-peer-stop`).
//! - **An old peer hides the best server**: between it and anybody the peer epoch of a proposal is
//!   lost, so that in time and without faults a server wins that is not the best (`check
//!   timely-old-peer`).
//! - **After a new epoch an old peer agrees with nobody**: a server whose epoch is not that of its
//!   last transaction proposes itself with it, and the old peer's vote for that server comes back
//!   without. A leader's only follower that lost it and an old peer thus elect nobody between them:
//!   the old peer settles on the other, gives it up, and looks in the next round, while the other
//!   still looks. It ends when the leader, alone by now, gives up as well (`check
//!   timely-old-peer-activation`).
//! - **A newer configuration undoes "best wins"**: the round begins anew at whoever learns of it,
//!   and who has settled by then keeps its leader (`check timely-gossip`, where "best wins" is not
//!   asked).
//! - **A looking voter and a settled observer answer each other without end** (ZOOKEEPER-1807): the
//!   voter answers whatever a server without a vote sends, the observer whatever looks. Neither's
//!   election hears of it, and it ends when the voter settles. The model lets it keep nobody
//!   waiting ([`is_silent`](election::system::State::is_silent)); `check timely-observer` has such
//!   runs.
//! - **A joiner may pass an ensemble by**, for what it has on record may have been true once. Of
//!   three servers one led before it crashed, and follows another by now; the third reads its
//!   LEADING only then, and joins it: 23 steps, over links of two (`crash-wires`). Without
//!   any fault, of five, the leader's word and votes that were cast for it while looking, and that
//!   their voters have since changed, are a quorum on record: 17 steps. Both stand in
//!   `tests/pitfalls.rs`, and ZooKeeper's class does what they say. So "joiner respects the
//!   ensemble" is asked of who joins by words that are still true, and of that it follows from
//!   quorums that meet; what sees a broken rule is its other half, that nobody who has settled is
//!   moved. What makes a joiner come back is that its leader does not lead.
//! - **A looking server can be torn** between its own vote, for which it has a quorum on record,
//!   and a leader that is better and has no quorum: each answer of that one ends the wait for a
//!   better proposal, and nothing comes of it. It happens within one round, after a crash or a loss
//!   (`check timely-stop-wires`), and between two (`check timely-torn`). ZooKeeper's class goes
//!   round so as well. Only the leader ends that, which gives up after a time of its own: see
//!   `cargo test -p fle-model --test timely without_giving_up`.
//! - **Nobody needs to ask twice** where three equal servers start together and in time (`check
//!   timely-slots`); of four, one may have to.
//! - **A voter to be does not propose itself.** Who votes only in the proposed configuration is
//!   counted for its quorum and adopts others' proposals, but the id to propose is looked up in the
//!   committed one. So a leader may have fewer transactions than a voter that was counted for it
//!   (`check growing`). It is not below a quorum of the committed configuration, which is what
//!   counts. For the same reason one that has lost its data votes: it says that it proposes nobody,
//!   and not that it has nothing (`check timely-growing-wipe`).
//! - **Two servers without which there is no quorum** need a finalizing wait of a round trip. With
//!   a shorter one they elect each other before the third, the best, has heard that they look
//!   again; one of them then turns to it, and all begin anew: `cargo test -p fle-model --test
//!   timely where_two_servers`. The reference's 200 ms are longer than most round trips.
//! - **A removed server that looks asks without end**: it does not vote for who knows the newer
//!   configuration, who answers at once, in an earlier round, and is answered. As with an observer
//!   nobody's election hears of it (`check timely-ahead-joint`).
//! - **A mutant that survives** is as much of an answer as one that is killed: announcing again,
//!   counting settled servers by themselves, and giving up make up for what some broken rules do
//!   (`mutants` says which and why).
//! - **The finalizing wait** is not needed for safety: see [`finalizing`](election::finalizing).
//! - **Links of one hide what was true once**, for on them nothing arrives after its sender has
//!   sent something newer. With three servers, a counted voter that outranks the leader (`check
//!   fault-free`), a joiner that passes an ensemble by, and a server that is torn within a round
//!   are seen over links of two only. So every fault is run over both kinds (`-wires`).

pub mod election;
pub mod establishment;
pub mod frame;
pub mod listing;
pub mod models;
pub mod terms;
