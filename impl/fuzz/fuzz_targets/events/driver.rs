//! A server, and who carries out what its election asks for. After each event the effects and the
//! election are checked.

mod checks;

use fle::election::{Credentials, Effect, Effects, Election, Outbox, Settings, Wait, WaitPhase};
use fle::quorum::Oracle;
use fle::{
    ElectionEpoch, Ensemble, Generation, Notification, PeerEpoch, Proposal, Received, ServerState,
    Sid, Vote,
};
use std::sync::Arc;

/// Who is asked where a quorum is missed.
type MayAsk<'a> = Option<&'a dyn Oracle>;

pub struct Driver {
    settings: Settings,
    election: Election,
    oracle: Option<bool>,
    credentials: Credentials,
    /// What the server proposed when it began to look.
    own: Proposal,
    /// Who said what since then.
    heard: Vec<(Sid, Vote)>,
    armed: Option<Wait>,
    /// The ensemble a quorum of which agreed, while the server finalizes: another may be in force
    /// by the time it decides.
    finalizes_in: Option<Arc<Ensemble>>,
    decided: Option<Notification>,
}

/// A notification, and who sent it.
#[derive(Clone, Copy)]
struct Heard<'a> {
    from: Sid,
    received: &'a Received<'a>,
}

impl Heard<'_> {
    fn vote(&self) -> Option<Vote> {
        let notification = self.received.notification?;
        Some(notification.vote(self.received.generation))
    }
}

impl Driver {
    pub fn new(
        settings: Settings,
        ensemble: Arc<Ensemble>,
        credentials: Credentials,
        oracle: Option<bool>,
    ) -> Self {
        let mut driver = Self {
            settings,
            election: Election::new(settings, ensemble, credentials),
            oracle,
            credentials,
            own: Proposal::NONE,
            heard: Vec::new(),
            armed: None,
            finalizes_in: None,
            decided: None,
        };
        driver.look(credentials);
        driver
    }

    pub fn look(&mut self, credentials: Credentials) {
        let round = self.election.logical_clock();
        self.credentials = credentials;
        self.heard.clear();
        self.decided = None;
        self.finalizes_in = None;
        let effects = self.election.look_for_leader(credentials);
        assert_eq!(self.election.logical_clock(), round.next());
        self.own = self.election.proposal();
        let votes = self.election.ensemble().committed().verifier();
        let candidate = match votes.is_voter(self.settings.sid) {
            true => self.settings.sid,
            false => Sid::NONE,
        };
        assert_eq!(self.own.leader, candidate);
        assert!(
            matches!(effects[..], [Effect::Broadcast(_), Effect::Arm(wait)]
                if wait.phase == WaitPhase::Collecting)
        );
        self.carry_out(&effects);
        self.check();
    }

    pub fn echo(&mut self, from: Sid, state: ServerState, generation: Generation) {
        let notification = Notification {
            state,
            proposal: self.election.proposal(),
            election_epoch: self.election.logical_clock(),
        };
        let received = Received {
            notification: Some(notification),
            generation,
            config: None,
        };
        self.hear(from, &received);
    }

    pub fn hear(&mut self, from: Sid, received: &Received<'_>) {
        let heard = Heard { from, received };
        self.heard.extend(heard.vote().map(|vote| (from, vote)));
        self.step(Some(heard), |it, oracle| {
            it.handle_notification(from, received, oracle)
        });
    }

    pub fn renotify(&mut self, outbox: Outbox) {
        let due = self.due(WaitPhase::Collecting);
        let first = match outbox {
            Outbox::Delivered => Effect::Broadcast(self.election.announcement()),
            Outbox::Stalled => Effect::ConnectAll,
        };
        let led_to = self.time_out(WaitPhase::Collecting, |it, oracle| {
            it.handle_renotify_timeout(outbox, oracle)
        });
        assert_eq!(led_to, due.map(|_| first));
        if let (Some(before), Some(now)) = (due, self.armed) {
            let longest = self.settings.timing.max_notification_interval;
            assert_eq!(now.duration, longest.min(2 * before.duration));
        }
    }

    pub fn finalize(&mut self) {
        let due = self.due(WaitPhase::Finalizing);
        self.time_out(WaitPhase::Finalizing, |it, _| it.handle_finalize_timeout());
        assert!(due.is_none() || self.decided.is_some());
    }

    fn due(&self, phase: WaitPhase) -> Option<Wait> {
        self.armed.filter(|wait| wait.phase == phase)
    }

    fn time_out(
        &mut self,
        phase: WaitPhase,
        event: impl Fn(&mut Election, MayAsk) -> Effects,
    ) -> Option<Effect> {
        let (before, due) = (self.election.clone(), self.due(phase));
        let led_to = self.step(None, event);
        assert!(due.is_some() || self.election == before);
        led_to
    }

    pub fn update_epoch(&mut self, epoch: PeerEpoch) {
        if let Some(decided) = &mut self.decided {
            decided.proposal.peer_epoch = epoch;
        }
        self.change(|it| it.update_epoch(epoch));
    }

    /// Something that has no effects, and that neither the server's vote nor its wait depends on.
    pub fn change(&mut self, change: impl FnOnce(&mut Election)) {
        let ballot = ballot(&self.election);
        change(&mut self.election);
        assert_eq!(self::ballot(&self.election), ballot);
        self.check();
    }

    /// Says what the event led to first.
    fn step(
        &mut self,
        heard: Option<Heard>,
        event: impl Fn(&mut Election, MayAsk) -> Effects,
    ) -> Option<Effect> {
        let before = self.election.clone();
        let effects = event(&mut self.election, self.oracle.as_ref().map(|it| it as _));
        // What an oracle is asked about is not counted anew.
        if self.oracle.is_none() {
            let mut recounted = before.clone();
            recounted.reconfigure(Arc::clone(before.ensemble()));
            assert_eq!(event(&mut recounted, None), effects, "counted anew");
        }
        self.check_order(&before, &effects);
        match heard {
            Some(heard) => self.check_answer(&before, heard, &effects),
            None => assert!(answers(&effects).is_empty()),
        }
        if let Some(Effect::RestartElection) = effects.last() {
            assert_eq!(self.election.logical_clock(), ElectionEpoch::START);
            assert_eq!(self.election.wait(), None);
            self.look(self.credentials);
            return effects.first().cloned();
        }
        self.carry_out(&effects);
        self.check();
        self.check_ballot(&before, &effects, heard.is_some());
        if self.decided.is_some() && before.state() == ServerState::Looking {
            self.judge(&before, heard);
        }
        self.note_finalizing(&before);
        effects.first().cloned()
    }

    fn note_finalizing(&mut self, before: &Election) {
        let starts = self.finalizes_in.is_none() || ballot(&self.election) != ballot(before);
        match self.armed.map(|wait| wait.phase) {
            Some(WaitPhase::Collecting) => self.finalizes_in = None,
            Some(WaitPhase::Finalizing) if starts => {
                self.finalizes_in = Some(Arc::clone(self.election.ensemble()));
            }
            _ => {}
        }
    }

    fn carry_out(&mut self, effects: &Effects) {
        let ballot = ballot(&self.election);
        for effect in effects.iter() {
            match effect {
                Effect::Broadcast(sent) => {
                    assert_eq!(sent.state, ServerState::Looking);
                    assert_eq!((sent.proposal, sent.election_epoch), ballot);
                }
                Effect::Arm(wait) => self.armed = Some(*wait),
                Effect::Decide(vote) => {
                    self.armed = None;
                    self.decided = Some(*vote);
                }
                Effect::Adopt(ensemble) => assert_eq!(ensemble, self.election.ensemble()),
                Effect::RestartElection => unreachable!("the server looks anew at once"),
                Effect::Send { .. } | Effect::ReportLooking(_) | Effect::ConnectAll => {}
            }
        }
    }
}

/// What the server proposes, in which round.
fn ballot(election: &Election) -> (Proposal, ElectionEpoch) {
    (election.proposal(), election.logical_clock())
}

fn answers(effects: &Effects) -> Vec<Notification> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Send { notification, .. } => Some(*notification),
        _ => None,
    });
    sent.collect()
}
