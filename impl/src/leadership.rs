//! From a decided election to a leader that may act, and from there to its end: events in, effects
//! out.
//!
//! # The protocol in a minute
//! An election names a leader; that is only an opinion. The leader asks a quorum for the greatest
//! epoch it has *accepted*, proposes one that is greater, and each learner stores that as accepted
//! before it acknowledges: it will accept no such epoch from anybody again. With the promise of a
//! quorum the epoch becomes the *current* one, at the leader and then, durably, at a quorum of
//! learners. Then the leader is *established*, and nobody else will ever be in that epoch. From
//! there leader and learners exchange signs of life, twice a tick, and whoever misses them for
//! `syncLimit` ticks looks for a leader again.
//!
//! ```text
//! learner                      leader
//!    | -- LearnerInfo(accepted) -> |   discovery: until a quorum has come
//!    | <- LeaderInfo(epoch) ------ |   the leader has accepted the epoch
//!    | -- AckEpoch(current) -----> |   promising: the learner has accepted it
//!    | <- NewLeader(epoch) ------- |   the epoch is the leader's current one
//!    | -- Ack(epoch) ------------> |   activating: it is the learner's, too
//!    | <- UpToDate --------------- |   established
//!    | <- Ping / Ping -----------> |   while they live
//! ```
//!
//! Source: `Leader.lead`, `LearnerHandler.run`, `Learner.registerWithLeader` and `syncWithLeader`,
//! `Follower.followLeader`, without what they do with transactions.
//!
//! # The lease
//! A learner that has acknowledged NEWLEADER or a ping will help no other leader to be established
//! for `syncLimit` of its own ticks from then on: it holds back its acknowledgement of another
//! epoch until then. It says in its introduction how long its promises are. What a quorum of
//! learners has promised so, each counted from when the leader *sent* what it answered, and
//! shortened by how much faster its clock may run, is the leader's lease. Voters of any two quorums
//! overlap, so while a lease lasts no other leader is established.
//!
//! A promise ends with its time, or by a word of the leader that it was made to: RELEASE, when that
//! gives up; HANDOVER; or that it asks for another epoch, which it does only after it has given up.
//! That a connection ends is no word of the leader's, since anything between the two can end it. A
//! server that restarts has forgotten to whom it is bound, and keeps the longest promise that it
//! may have made. One that is still bound follows a leader that others have established without its
//! promise: theirs show that the lease is over.
//!
//! # Servers that do not know what they promised
//! A voter whose disk was emptied, or replaced by an older one, may have promised anything. It
//! neither votes nor promises until a leader has activated it, and counts for nothing before. To
//! that end it is kept *aside*: its leader, once established, first finds out from a quorum without
//! it that it still is. A voter that has accepted a later epoch than its leader's is taken in
//! likewise, and the leader goes on. Where all disks are empty there is nobody to take anybody in:
//! a voter whose disk is empty is *new* if every other voter says that it has never accepted an
//! epoch.
//!
//! # Handing over
//! A leader hands over without an election, as the reference's does to the *designated* leader of a
//! reconfiguration. It gives up its lease and sends the heir HANDOVER. The heir is free of its
//! promise, echoes, and leads; with the echo the leader tells the others, which are free as well,
//! and all of them learn from the heir. Whatever fails on the way ends in an election, or, before
//! the echo, in the leader's going on.
//!
//! # The contract
//! - Call one method for each event. Then make [`Leadership::standing`] known, so that a lease that
//!   shrank is seen; then carry out all effects in order, before the next event. [`Effect::Quit`]
//!   is the last of its event.
//! - What an effect stores is stored when it returns; what cannot be stored ends everything after
//!   it ([`Leadership::new`] begins anew with what the disk says).
//! - [`Leadership::deadline`] says when [`Leadership::handle_time`] is due.
//! - The first packet on a connection to a leader is its learner's introduction, which names the
//!   learner. A new connection of a learner takes the place of the one before, silently.
//!   [`Leadership::probe`] asks whether that one is still alive.
//! - Whoever [`Effect::Ask`] asks answers with its own [`Leadership::past`], which is known before
//!   an epoch is stored.
//!
//! # Invariants
//! - `current ≤ accepted`, and `accepted` is stored first (ZOOKEEPER-1653, ZOOKEEPER-2307).
//! - A server acknowledges an epoch as a promise at most once in its life, over restarts.
//! - A server that does not know what it has promised promises nothing, and counts in no quorum.
//! - An observer's promise counts for nobody, so it may follow in an epoch below the one that it
//!   has accepted.
//! - Only participants of the configurations in force count, the server itself among them
//!   (ZOOKEEPER-1294).
//!
//! # Deliberately absent
//! Clock, socket, file. Transactions: a learner is not brought up to date, whoever embeds this does
//! that. Until a quorum has promised, a learner whose history is longer than the leader's is
//! refused. Servers that keep transactions (ZooKeeper's own) are told from the [protocol
//! number](packet::PROTOCOL) and left alone.

mod aside;
mod bond;
mod context;
mod effect;
mod leader;
mod learner;
mod memory;
pub mod packet;
mod reason;
mod terms;

pub use effect::{Effect, Effects};
pub use reason::{CannotHandOver, Quit, Refusal};
pub use terms::{End, Epochs, Knowledge, Moment, Settings, Standing, Stored};

use crate::election::Credentials;
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::learner_type::LearnerType;
use crate::quorum::Oracle;
use bond::Bond;
use context::{Context, Own};
use leader::Leader;
use learner::Learner;
use memory::Memory;
use packet::{LearnerInfo, Packet, Past};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One server's part in establishing a leader and staying with it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Leadership {
    settings: Settings,
    ensemble: Arc<Ensemble>,
    own: Own,
    role: Role,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Role {
    /// With those that took this server for their leader before it knew, by sid.
    Looking(BTreeMap<Sid, LearnerInfo>),
    Leading(Leader),
    Learning(Learner),
}

impl Leadership {
    /// A server that has just started, with what its disk says. If it was ever in an epoch it may
    /// have made a promise that it has forgotten.
    #[must_use]
    pub fn new(settings: Settings, ensemble: Arc<Ensemble>, stored: Stored, now: Moment) -> Self {
        let Stored {
            epochs,
            knowledge,
            promise,
        } = stored;
        let until = |may_have: bool, duration| match may_have {
            true => now.after(duration),
            false => now,
        };
        let memory = Memory::new(knowledge, settings, now);
        let promise_length = promise.unwrap_or(settings.sync_limit);
        let may_have_followed = epochs.current > PeerEpoch(0) || !memory.is_complete();
        let may_have_answered = epochs.accepted > PeerEpoch(0) || !memory.is_complete();
        Self {
            settings,
            ensemble,
            own: Own {
                epochs,
                memory,
                bond: Bond::forgotten(until(may_have_followed, promise_length)),
                stored_promise: promise,
                unsettled_until: until(may_have_answered, settings.init_limit),
            },
            role: Role::Looking(BTreeMap::new()),
        }
    }

    /// The election was won with these credentials, by the votes of `electors`.
    pub fn lead(
        &mut self,
        credentials: Credentials,
        electors: impl IntoIterator<Item = Sid>,
        now: Moment,
        oracle: Option<&dyn Oracle>,
    ) -> Effects {
        let early = self.early_learners();
        let electors = electors.into_iter().chain([self.settings.sid]);
        let mut leader = Leader::new(credentials, electors, now);
        self.step(now, oracle, |role, cx| {
            if !cx.own.memory.is_complete() {
                return Err(Quit::PastUnknown);
            }
            let admitted = early.values().try_for_each(|info| leader.admit(info, cx));
            let outcome = admitted.and_then(|()| leader.advance(cx));
            *role = Role::Leading(leader);
            outcome
        })
    }

    /// The election was won by another server. `last_zxid` is the last transaction that this one
    /// has logged.
    pub fn learn(&mut self, leader: Sid, last_zxid: Zxid, now: Moment) -> Effects {
        let refuse = |peer| Effect::Close {
            peer,
            reason: Refusal::NotLeading,
        };
        let refused = self.early_learners().into_keys().map(refuse);
        let effects = refused.chain([Effect::Connect(leader)]).collect();
        self.role = Role::Learning(Learner::new(leader, last_zxid, now));
        effects
    }

    fn early_learners(&mut self) -> BTreeMap<Sid, LearnerInfo> {
        match &mut self.role {
            Role::Looking(early) => std::mem::take(early),
            Role::Leading(_) | Role::Learning(_) => BTreeMap::new(),
        }
    }

    /// The connection that [`Effect::Connect`] asked for is there.
    pub fn handle_connected(&mut self, peer: Sid, now: Moment) -> Effects {
        self.step(now, None, |role, cx| {
            if let Role::Learning(learner) = role
                && learner.leader == peer
            {
                learner.introduce(cx);
            }
            Ok(())
        })
    }

    /// A packet came from `from`.
    pub fn handle_packet(
        &mut self,
        from: Sid,
        packet: &Packet,
        now: Moment,
        oracle: Option<&dyn Oracle>,
    ) -> Effects {
        self.step(now, oracle, |role, cx| match role {
            Role::Leading(leader) => leader.hear(from, packet, cx),
            Role::Learning(learner) if learner.leader == from => learner.hear(packet, cx),
            Role::Learning(_) => {
                cx.close(from, Refusal::NotLeading);
                Ok(())
            }
            Role::Looking(early) => {
                if let Packet::LearnerInfo(info) = packet {
                    early.insert(from, *info);
                } else {
                    early.remove(&from);
                    cx.close(from, Refusal::OutOfPlace);
                }
                Ok(())
            }
        })
    }

    /// The connection with `peer` ended, or could not be made.
    pub fn handle_end(&mut self, peer: Sid, end: End, now: Moment) -> Effects {
        self.step(now, None, |role, cx| match role {
            Role::Leading(leader) => {
                leader.forget(peer);
                Ok(())
            }
            Role::Learning(learner) if learner.leader == peer => learner.lose(end, cx),
            Role::Learning(_) => Ok(()),
            Role::Looking(early) => {
                early.remove(&peer);
                Ok(())
            }
        })
    }

    /// Another server has answered what it has accepted, as [`Effect::Ask`] asked it to.
    pub fn handle_answer(&mut self, peer: Sid, past: Past, now: Moment) -> Effects {
        self.own.memory.hear(peer, past);
        self.step(now, None, |_, cx| cx.begin_if_new())
    }

    /// Another connection has been made in the name of this learner: is the one that there is still
    /// alive?
    pub fn probe(&mut self, learner: Sid, now: Moment) -> Effects {
        self.step(now, None, |role, cx| {
            if let Role::Leading(leader) = role {
                leader.probe(learner, cx);
            }
            Ok(())
        })
    }

    /// A voter that elected this leader looks for another.
    #[doc(alias = "reportLookingSid")]
    pub fn handle_looking_voter(&mut self, sid: Sid, now: Moment) -> Effects {
        self.step(now, None, |role, cx| match role {
            Role::Leading(leader) => leader.see_looking(sid, cx),
            _ => Ok(()),
        })
    }

    /// Time has passed.
    pub fn handle_time(&mut self, now: Moment, oracle: Option<&dyn Oracle>) -> Effects {
        self.step(now, oracle, |role, cx| {
            cx.own
                .memory
                .ask(cx.settings, cx.ensemble, now, &mut cx.effects);
            cx.begin_if_new()?;
            match role {
                Role::Looking(_) => Ok(()),
                Role::Leading(leader) => leader.pass_time(cx),
                Role::Learning(learner) => learner.pass_time(cx),
            }
        })
    }

    /// The server's owner wants another leader. Without effect unless this server leads or learns.
    pub fn step_down(&mut self, now: Moment) -> Effects {
        self.step(now, None, |role, _| match role {
            Role::Looking(_) => Ok(()),
            Role::Leading(_) | Role::Learning(_) => Err(Quit::SteppedDown),
        })
    }

    /// The server's owner wants `heir` to lead: the lease is over, and the heir is asked to take
    /// over. Once it has, the others are told to follow it, and this server's term ends
    /// ([`Quit::HandedOver`]); if it is lost before, this server goes on leading.
    ///
    /// # Errors
    /// When this server does not lead, or the heir may not or cannot now.
    #[doc(alias = "designatedLeader")]
    pub fn hand_over(&mut self, heir: Sid, now: Moment) -> Result<Effects, CannotHandOver> {
        let mut outcome = Err(CannotHandOver::NotLeading);
        let effects = self.step(now, None, |role, cx| {
            if let Role::Leading(leader) = role {
                outcome = leader.hand_over(heir, cx);
            }
            Ok(())
        });
        outcome.map(|()| effects)
    }

    /// Whoever drives this server does not go on: nobody is led or followed any more. Its learners
    /// are told; then all connections end.
    pub fn abandon(&mut self) -> Effects {
        match std::mem::replace(&mut self.role, Role::Looking(BTreeMap::new())) {
            Role::Leading(leader) => leader.release().collect(),
            Role::Looking(_) | Role::Learning(_) => Effects::new(),
        }
    }

    /// Other configurations are in force from now on.
    pub fn reconfigure(
        &mut self,
        ensemble: Arc<Ensemble>,
        now: Moment,
        oracle: Option<&dyn Oracle>,
    ) -> Effects {
        self.ensemble = ensemble;
        self.step(now, oracle, |role, cx| match role {
            Role::Leading(leader) => leader.advance(cx),
            _ => Ok(()),
        })
    }

    fn step(
        &mut self,
        now: Moment,
        oracle: Option<&dyn Oracle>,
        step: impl FnOnce(&mut Role, &mut Context<'_>) -> Result<(), Quit>,
    ) -> Effects {
        let mut cx = Context {
            settings: self.settings,
            ensemble: &self.ensemble,
            own: &mut self.own,
            now,
            oracle,
            effects: Effects::new(),
        };
        let outcome = step(&mut self.role, &mut cx);
        let mut effects = cx.effects;
        if let Err(reason) = outcome {
            let told = self.abandon();
            // The packet that hands over has told them.
            if !matches!(reason, Quit::HandedOver(_)) {
                effects.extend(told);
            }
            effects.push(Effect::Quit(reason));
        }
        effects
    }

    /// When [`Leadership::handle_time`] is to be called next.
    #[must_use]
    pub fn deadline(&self) -> Option<Moment> {
        let of_role = match &self.role {
            Role::Looking(_) => None,
            Role::Leading(leader) => Some(leader.deadline(self.settings, self.own.bond.until)),
            Role::Learning(learner) => learner.deadline(self.settings, self.own.bond.until),
        };
        of_role.into_iter().chain(self.own.memory.deadline()).min()
    }

    /// What the server is at.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.role {
            Role::Looking(_) => Standing::Looking,
            Role::Leading(leader) => {
                leader
                    .epoch()
                    .map_or(Standing::Looking, |epoch| Standing::Leading {
                        epoch,
                        lease: leader.lease(self.settings, self.ensemble.view()),
                    })
            }
            Role::Learning(learner) => {
                let leader = learner.leader;
                match (learner.epoch(), self.settings.learner_type) {
                    (None, _) => Standing::Looking,
                    (Some(epoch), LearnerType::Participant) => {
                        Standing::Following { leader, epoch }
                    }
                    (Some(epoch), LearnerType::Observer) => Standing::Observing { leader, epoch },
                }
            }
        }
    }

    /// What the disk says.
    #[must_use]
    pub fn epochs(&self) -> Epochs {
        self.own.epochs
    }

    /// Whether this server knows all that it has promised. One that does not must vote for nobody
    /// until a leader has activated it.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.own.memory.is_complete()
    }

    /// What to answer one that asks what this server has accepted.
    #[must_use]
    pub fn past(&self) -> Past {
        self.own.memory.past(self.own.epochs)
    }

    /// Whether this server follows one that keeps transactions, of which nothing can be learned
    /// here: whether it is alive is for others to find out.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        matches!(&self.role, Role::Learning(learner) if learner.is_apart())
    }

    /// To whom this leader is handing over.
    #[must_use]
    pub fn heir(&self) -> Option<Sid> {
        match &self.role {
            Role::Leading(leader) => leader.heir(),
            Role::Looking(_) | Role::Learning(_) => None,
        }
    }

    /// How many servers with a vote follow this leader.
    #[must_use]
    pub fn followers(&self) -> usize {
        match &self.role {
            Role::Leading(leader) => leader.followers(self.ensemble.view()),
            Role::Looking(_) | Role::Learning(_) => 0,
        }
    }
}
