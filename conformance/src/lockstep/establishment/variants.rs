//! What an event of the model is to the engine: each way in which it can come, and what the model
//! says of it.

use super::engine::Engine;
use super::terms::{Terms, past, zxid};
use super::times::{PATIENCE, PROMISE, UNSETTLED};
use fle::election::Credentials;
use fle::leadership::packet::Packet;
use fle::leadership::{self, End};
use fle_model::establishment::learner::Stage;
use fle_model::establishment::protocol::{Effect, Effects, Event, Protocol};
use fle_model::establishment::server::{Role, Server};
use fle_model::establishment::terms::{Epoch, Introduction};
use fle_model::terms::set::ServerSet;
use fle_model::terms::vote::sid;
use std::time::Duration;

/// A time that is shorter than any promise.
const MOMENT: Duration = Duration::from_millis(1);

/// One way in which an event can come.
pub(super) struct Variant<'a, const N: usize> {
    /// What is particular about it.
    pub(super) name: Option<&'static str>,
    /// What the model says that the server does.
    pub(super) told: Effects,
    /// How it says that the server stands then.
    pub(super) server: Server<N>,
    /// Has the engine do it.
    pub(super) take: Box<dyn Fn(&mut Engine) -> leadership::Effects + 'a>,
    /// Whether the walk goes on from there: not where it leads to states in which it has been
    /// anyway.
    pub(super) goes_on: bool,
}

/// A server of the model, and who it is.
#[derive(Clone, Copy)]
pub(super) struct Stands<'a, const N: usize> {
    pub(super) protocol: &'a Protocol<N>,
    pub(super) terms: &'a Terms<N>,
    pub(super) me: usize,
    pub(super) server: Server<N>,
}

impl<'a, const N: usize> Stands<'a, N> {
    /// Every way in which the event can come.
    pub(super) fn variants(self, event: Event) -> Vec<Variant<'a, N>> {
        let (server, told) = self.meets(event);
        let usual = Variant {
            name: None,
            told,
            server,
            take: Box::new(move |engine| self.take(engine, event)),
            goes_on: true,
        };
        match event {
            Event::End(peer) => vec![usual, self.is_left_by(peer)],
            Event::Settle(learner) => vec![usual, self.comes_of_age(learner)],
            Event::GiveUp => {
                let voters_look = self.sees_voters_look();
                [usual, self.times_out()]
                    .into_iter()
                    .chain(voters_look)
                    .collect()
            }
            _ => vec![usual],
        }
    }

    /// How the server stands after the event and all that it does about it, and what that is.
    fn meets(self, event: Event) -> (Server<N>, Effects) {
        let mut server = self.server;
        let effects = self.protocol.handle(self.me, &mut server, event);
        for &effect in &effects {
            server.carry_out(effect);
        }
        (server, effects)
    }

    fn and_meets(self, event: Event, mut before: Effects) -> (Server<N>, Effects) {
        let (server, effects) = self.meets(event);
        before.extend(effects);
        (server, before)
    }

    /// The event as it usually comes.
    fn take(self, engine: &mut Engine, event: Event) -> leadership::Effects {
        match event {
            Event::Lead => engine.take(|it, now| {
                let credentials = Credentials {
                    zxid: zxid(self.server.zxid()),
                    peer_epoch: it.epochs().current,
                };
                it.lead(credentials, self.voters().map(sid), now, None)
            }),
            Event::Learn(leader) => {
                let zxid = zxid(self.server.zxid());
                let first = engine.take(|it, now| it.learn(sid(leader), zxid, now));
                let then = engine.take(|it, now| it.handle_connected(sid(leader), now));
                [first, then].concat()
            }
            Event::Hear { from, packet } => {
                let packet = self.terms.packet(from, packet);
                engine.take(|it, now| it.handle_packet(sid(from), &packet, now, None))
            }
            Event::End(peer) => engine.take(|it, now| it.handle_end(sid(peer), End::Lost, now)),
            Event::Release => engine.wait(PROMISE),
            Event::Told(peer, answer) => {
                engine.take(|it, now| it.handle_answer(sid(peer), past(answer), now))
            }
            // As if it had come with answers on which nobody counts any more.
            Event::Settle(learner) => self.comes_anew(engine, learner, Duration::ZERO),
            Event::Append => unreachable!("the engine has no transactions"),
            // What the engine refuses has no effects, and the model says that it has.
            Event::HandOver(heir) => {
                engine.take(|it, now| it.hand_over(sid(heir), now).unwrap_or_default())
            }
            Event::GiveUp => engine.take(leadership::Leadership::step_down),
        }
    }

    fn voters(self) -> impl Iterator<Item = usize> {
        self.protocol.ensemble.voters().iter()
    }

    /// A learner that the leader keeps aside introduces itself again.
    fn comes_anew(
        self,
        engine: &mut Engine,
        learner: usize,
        unsettled: Duration,
    ) -> leadership::Effects {
        let Role::Leading(leader) = &self.server.role else {
            unreachable!("only a leader keeps learners aside");
        };
        let remembers = leader.is_ahead(learner);
        let info = Introduction {
            accepted: match (remembers, leader.proposed()) {
                (true, Some(epoch)) => epoch.next(),
                _ => Epoch(0),
            },
            remembers,
        };
        let packet = Packet::LearnerInfo(self.terms.introduction(learner, info, unsettled));
        engine.take(|it, now| it.handle_packet(sid(learner), &packet, now, None))
    }

    /// The time passes after which nobody counts on the learner's answers.
    fn comes_of_age(self, learner: usize) -> Variant<'a, N> {
        let (server, told) = self.meets(Event::Settle(learner));
        Variant {
            name: Some("the time passes"),
            told,
            server,
            take: Box::new(move |engine| {
                let first = self.comes_anew(engine, learner, MOMENT);
                let then = engine.wait(MOMENT);
                [first, then].concat()
            }),
            goes_on: false,
        }
    }

    /// The connection has ended in order, which is no word of the leader's.
    fn is_left_by(self, peer: usize) -> Variant<'a, N> {
        let (server, told) = self.meets(Event::End(peer));
        Variant {
            name: Some("it has ended in order"),
            told,
            server,
            take: Box::new(move |engine| {
                engine.take(|it, now| it.handle_end(sid(peer), End::Closed, now))
            }),
            goes_on: true,
        }
    }

    /// All time-outs are over. A promise that was held back is made first. An established leader
    /// ends the connections that are silent, and gives up if it is no quorum without them.
    fn times_out(self) -> Variant<'a, N> {
        let (mut server, mut told) = (self.server, Effects::new());
        match &mut server.role {
            Role::Leading(leader) if leader.established().is_some() => {
                let learners = (0..N).filter(|&learner| leader.learners[learner].take().is_some());
                told.extend(learners.map(Effect::Close));
            }
            Role::Learning(learner) if matches!(learner.stage, Stage::HeldBack(_)) => {
                (server, told) = self.meets(Event::Release);
            }
            _ => {}
        }
        let is_quorum = |servers| self.protocol.ensemble.is_quorum(servers, false);
        let stays = server.established().is_some()
            && matches!(server.role, Role::Leading(_))
            && is_quorum(ServerSet::NONE.with(self.me));
        if !stays {
            (server, told) = Self { server, ..self }.and_meets(Event::GiveUp, told);
        }
        Variant {
            name: Some("its time-outs are over"),
            told,
            server,
            take: Box::new(|engine| engine.wait(2 * PATIENCE + UNSETTLED)),
            goes_on: false,
        }
    }

    /// All other voters look for another leader. A leader that is not established gives up if those
    /// that stay are no quorum.
    fn sees_voters_look(self) -> Option<Variant<'a, N>> {
        let Role::Leading(leader) = &self.server.role else {
            return None;
        };
        let learners = (0..N).filter(|&learner| leader.learners[learner].is_some());
        let staying = learners.chain([self.me]).collect();
        let stays =
            leader.established().is_some() || self.protocol.ensemble.is_quorum(staying, false);
        let (server, told) = match stays {
            true => (self.server, Effects::new()),
            false => self.meets(Event::GiveUp),
        };
        Some(Variant {
            name: Some("all voters look for a leader again"),
            told,
            server,
            take: Box::new(move |engine| {
                let others = self.voters().filter(|&voter| voter != self.me);
                let looking = others
                    .map(|voter| engine.take(|it, now| it.handle_looking_voter(sid(voter), now)));
                looking.flatten().collect()
            }),
            goes_on: false,
        })
    }
}
