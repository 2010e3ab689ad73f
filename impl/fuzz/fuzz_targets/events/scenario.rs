//! A server, its ensemble, and what happens to it. Few numbers, so that they meet; every list has
//! those that mean nobody and nothing.

use crate::driver::Driver;
use arbitrary::{Arbitrary, Result, Unstructured};
use fle::config::{DynamicConfig, LearnerType, Rules};
use fle::election::{Credentials, Outbox, Settings, Timing};
use fle::{
    ElectionEpoch, Ensemble, Generation, Notification, PeerEpoch, Proposal, Received, ServerState,
    Sid, Zxid, codec,
};
use std::fmt::Write;
use std::sync::Arc;

#[derive(Arbitrary, Debug)]
pub struct Scenario {
    #[arbitrary(with = sid)]
    sid: Sid,
    observes: bool,
    reconfig_enabled: bool,
    committed: Members,
    proposed: Option<Members>,
    /// What the oracle says, if there is one.
    oracle: Option<bool>,
    #[arbitrary(with = credentials)]
    credentials: Credentials,
    events: Vec<Event>,
}

/// Voters 1 and 2, up to 5, perhaps the observer 6.
#[derive(Arbitrary, Debug)]
struct Members {
    #[arbitrary(with = |u: &mut Unstructured| u.int_in_range(2..=5))]
    voters: usize,
    observer: bool,
    /// Makes it a hierarchy of two groups, the odd and the even voters.
    #[arbitrary(with = weights)]
    weights: Option<[u8; 5]>,
}

#[derive(Arbitrary, Debug)]
enum Event {
    Look(#[arbitrary(with = credentials)] Credentials),
    /// Somebody says of the server's own proposal and round that it is theirs.
    Echo {
        #[arbitrary(with = sid)]
        from: Sid,
        #[arbitrary(with = state)]
        state: ServerState,
        versioned: bool,
    },
    Hear {
        #[arbitrary(with = sid)]
        from: Sid,
        #[arbitrary(with = notification)]
        notification: Option<Notification>,
        versioned: bool,
        config: Option<Config>,
    },
    HearBytes {
        #[arbitrary(with = sid)]
        from: Sid,
        payload: Vec<u8>,
    },
    RenotifyTimeout {
        stalled: bool,
    },
    FinalizeTimeout,
    UpdateEpoch(#[arbitrary(with = peer_epoch)] PeerEpoch),
    ReportFollowers(u8),
    Reconfigure(Config, Option<Members>),
}

/// A configuration in a notification, or one that was committed.
#[derive(Arbitrary, Debug)]
struct Config {
    /// Those that the scenario began with, if none.
    members: Option<Members>,
    #[arbitrary(with = |u: &mut Unstructured| u.int_in_range(0..=7))]
    version: u8,
}

fn sid(u: &mut Unstructured) -> Result<Sid> {
    u.int_in_range(0..=7).map(Sid)
}

fn peer_epoch(u: &mut Unstructured) -> Result<PeerEpoch> {
    u.int_in_range(0..=2).map(PeerEpoch)
}

fn credentials(u: &mut Unstructured) -> Result<Credentials> {
    Ok(Credentials {
        zxid: Zxid(u.int_in_range(-1..=2)?),
        peer_epoch: peer_epoch(u)?,
    })
}

fn weights(u: &mut Unstructured) -> Result<Option<[u8; 5]>> {
    let weights = Option::<[u8; 5]>::arbitrary(u)?;
    Ok(weights.map(|weights| weights.map(|weight| weight % 3)))
}

fn state(u: &mut Unstructured) -> Result<ServerState> {
    let states = [
        ServerState::Looking,
        ServerState::Following,
        ServerState::Leading,
        ServerState::Observing,
    ];
    u.choose(&states).copied()
}

/// `None` for a state that no version knows.
fn notification(u: &mut Unstructured) -> Result<Option<Notification>> {
    if u.ratio(1, 16)? {
        return Ok(None);
    }
    let credentials = credentials(u)?;
    Ok(Some(Notification {
        state: state(u)?,
        proposal: Proposal {
            peer_epoch: credentials.peer_epoch,
            zxid: credentials.zxid,
            leader: Sid(*u.choose(&[1, 2, 3, 4, 5, 6, i64::MIN])?),
        },
        election_epoch: ElectionEpoch(u.int_in_range(0..=4)?),
    }))
}

fn generation(versioned: bool) -> Generation {
    match versioned {
        false => Generation::Unversioned,
        true => Generation::Versioned,
    }
}

impl Members {
    fn text(&self, version: u8) -> String {
        let mut text = String::new();
        let mut line = |args: std::fmt::Arguments| writeln!(text, "{args}").unwrap();
        for sid in 1..=self.voters {
            line(format_args!("server.{sid}=h{sid}:1:2"));
        }
        if self.observer {
            line(format_args!("server.6=h6:1:2:observer"));
        }
        if let Some(weights) = self.weights {
            for group in 1..=2 {
                let members = (group..=self.voters).step_by(2).map(|sid| sid.to_string());
                let members: Vec<_> = members.collect();
                line(format_args!("group.{group}={}", members.join(":")));
            }
            for (sid, weight) in (1..=self.voters).zip(weights) {
                line(format_args!("weight.{sid}={weight}"));
            }
        }
        line(format_args!("version={version:x}"));
        text
    }

    fn config(&self, version: u8) -> DynamicConfig {
        DynamicConfig::parse(&self.text(version), Rules::default()).unwrap()
    }

    fn ensemble(&self, version: u8, proposed: Option<&Self>) -> Arc<Ensemble> {
        let proposed = proposed.map(|members| members.config(version + 1));
        let committed = self.config(version);
        Arc::new(Ensemble::new(committed, proposed, Rules::default()))
    }
}

impl Scenario {
    pub fn run(&self) {
        let settings = Settings {
            sid: self.sid,
            learner_type: if self.observes {
                LearnerType::Observer
            } else {
                LearnerType::Participant
            },
            timing: Timing::default(),
            reconfig_enabled: self.reconfig_enabled,
        };
        let ensemble = self.committed.ensemble(1, self.proposed.as_ref());
        let mut driver = Driver::new(settings, ensemble, self.credentials, self.oracle);
        for event in &self.events {
            self.feed(event, &mut driver);
        }
    }

    fn members<'a>(&'a self, config: &'a Config) -> &'a Members {
        config.members.as_ref().unwrap_or(&self.committed)
    }

    fn feed(&self, event: &Event, driver: &mut Driver) {
        match event {
            Event::Look(credentials) => driver.look(*credentials),
            &Event::Echo {
                from,
                state,
                versioned,
            } => driver.echo(from, state, generation(versioned)),
            Event::Hear {
                from,
                notification,
                versioned,
                config,
            } => {
                let config = config.as_ref();
                let text = config.map(|config| self.members(config).text(config.version));
                let received = Received {
                    notification: *notification,
                    generation: generation(*versioned),
                    config: text.as_deref().map(str::as_bytes),
                };
                driver.hear(*from, &received);
            }
            Event::HearBytes { from, payload } => {
                if let Ok(received) = codec::decode(payload) {
                    driver.hear(*from, &received);
                }
            }
            Event::RenotifyTimeout { stalled } => driver.renotify(match stalled {
                false => Outbox::Delivered,
                true => Outbox::Stalled,
            }),
            Event::FinalizeTimeout => driver.finalize(),
            Event::UpdateEpoch(epoch) => driver.update_epoch(*epoch),
            Event::ReportFollowers(followers) => {
                driver.change(|it| it.report_followers((*followers).into()));
            }
            Event::Reconfigure(config, proposed) => {
                let members = self.members(config);
                let ensemble = members.ensemble(config.version, proposed.as_ref());
                driver.change(|it| it.reconfigure(ensemble));
            }
        }
    }
}
