//! The production engine behind the terms of `fle-trace/1`: an input of the format goes in, an
//! output comes out.
//!
//! It is a driver without a network: it arms the wait that the effects ask for and collects what
//! they send. Showing its wait, not the engine's own idea of it, checks the effects too.

use fle::config::{ConfigErrors, DynamicConfig, Rules};
use fle::election::{self, Effect, Effects, Election, Finalize, Outbox, Settings, Timing};
use fle::quorum::Oracle;
use fle::{Ensemble, Notification, PeerEpoch, Received, Sid, codec};
use fle_model::election::trace::format::{Decided, Input, Output, Quorum, Send, Server, Standing};
use std::sync::Arc;
use std::time::Duration;

/// One server of the production crate.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Engine {
    election: Election,
    oracle: Option<bool>,
    wait: Option<election::Wait>,
    decided: Option<Notification>,
}

impl Engine {
    /// A server as a trace's first line describes it.
    ///
    /// # Errors
    /// When a configuration cannot be read.
    pub fn new(server: &Server) -> Result<Self, ConfigErrors> {
        Self::with(server, Finalize::Fixed)
    }

    /// The same, and when it stops waiting for a better vote. A trace is of the reference's rule.
    ///
    /// # Errors
    /// When a configuration cannot be read.
    pub fn with(server: &Server, finalize: Finalize) -> Result<Self, ConfigErrors> {
        let settings = Settings {
            sid: Sid(server.sid),
            learner_type: server.learner_type.into(),
            timing: Timing {
                finalize,
                ..timing(server)
            },
            reconfig_enabled: false,
        };
        let ensemble = ensemble(server)?;
        Ok(Self {
            election: Election::new(settings, ensemble, server.init.into()),
            oracle: (server.quorum == Quorum::Oracle).then(|| server.oracle.unwrap_or_default()),
            wait: None,
            decided: None,
        })
    }

    /// The state machine itself.
    #[must_use]
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// Takes one step, and shows what came of it.
    pub fn step(&mut self, input: &Input) -> Output {
        let effects = self.handle(input);
        self.carry_out(effects)
    }

    /// The first half of a step: what the state machine asks for.
    pub(crate) fn handle(&mut self, input: &Input) -> Effects {
        let oracle = self.oracle;
        let oracle = oracle.as_ref().map(|answer| answer as &dyn Oracle);
        match input {
            Input::Look(own) => {
                self.decided = None;
                self.election.look_for_leader((*own).into())
            }
            Input::Recv { from, hex } => match codec::decode(hex) {
                Ok(received) => self.receive(*from, &received, oracle),
                Err(_) => Effects::default(),
            },
            Input::Timeout { delivered } => {
                let outbox = if *delivered {
                    Outbox::Delivered
                } else {
                    Outbox::Stalled
                };
                self.election.handle_renotify_timeout(outbox, oracle)
            }
            Input::FinalizeTimeout {} => self.election.handle_finalize_timeout(),
            Input::UpdateEpoch { peer_epoch } => {
                self.election.update_epoch(PeerEpoch(*peer_epoch));
                Effects::default()
            }
        }
    }

    fn receive(
        &mut self,
        from: i64,
        received: &Received<'_>,
        oracle: Option<&dyn Oracle>,
    ) -> Effects {
        self.election
            .handle_notification(Sid(from), received, oracle)
    }

    /// The second half: does it.
    pub(crate) fn carry_out(&mut self, effects: Effects) -> Output {
        let mut sends = Vec::new();
        let mut connect_all = false;
        for effect in effects {
            match effect {
                Effect::Broadcast(notification) => {
                    let voters = self.election.ensemble().view().voters();
                    sends.extend(voters.map(|to| self.send(to, &notification)));
                }
                Effect::Send { to, notification } => sends.push(self.send(to, &notification)),
                Effect::ConnectAll => connect_all = true,
                Effect::Arm(wait) => self.wait = Some(wait),
                Effect::Decide(vote) => {
                    self.wait = None;
                    self.decided = Some(vote);
                }
                Effect::RestartElection => {
                    return Output::Restart {
                        restart_election: true,
                    };
                }
                Effect::ReportLooking(_) | Effect::Adopt(_) => {}
            }
        }
        Output::Standing(self.standing(sends, connect_all))
    }

    fn send(&self, to: Sid, notification: &Notification) -> Send {
        let config = self.election.ensemble().text().as_bytes();
        let hex = [&codec::header(notification, config)[..], config].concat();
        Send { to: to.0, hex }
    }

    fn standing(&self, sends: Vec<Send>, connect_all: bool) -> Standing {
        Standing {
            sends,
            connect_all,
            state: self.election.state().into(),
            logical_clock: self.election.logical_clock().0,
            proposal: self.election.proposal().into(),
            wait: self.wait.map(Into::into),
            decided: self
                .decided
                .map(|vote| Decided::new(vote.proposal, vote.election_epoch)),
        }
    }
}

/// The waits that a trace's first line asks for.
#[must_use]
pub fn timing(server: &Server) -> Timing {
    Timing {
        min_notification_interval: Duration::from_millis(server.min_notification_interval_ms),
        max_notification_interval: Duration::from_millis(server.max_notification_interval_ms),
        finalize_wait: Duration::from_millis(server.finalize_wait_ms),
        // The reference's.
        finalize: Finalize::Fixed,
    }
}

/// The configurations of a trace's first line.
///
/// # Errors
/// When one cannot be read.
pub fn ensemble(server: &Server) -> Result<Arc<Ensemble>, ConfigErrors> {
    ensemble_of(&server.config, server.last_seen_config.as_deref())
}

/// The ensemble of a committed configuration and a proposed one.
///
/// # Errors
/// When one cannot be read.
pub fn ensemble_of(
    committed: &str,
    last_seen: Option<&str>,
) -> Result<Arc<Ensemble>, ConfigErrors> {
    let rules = Rules::default();
    let committed = DynamicConfig::parse(committed, rules)?;
    let last_seen = last_seen.map(|text| DynamicConfig::parse(text, rules));
    Ok(Arc::new(Ensemble::new(
        committed,
        last_seen.transpose()?,
        rules,
    )))
}
