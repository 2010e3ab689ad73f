//! Any bytes as packets on a quorum port, and any events on a server that leads or learns.
//! - Reading never panics, never reads beyond what is there, and what is read reads the same once
//!   it is written.
//! - Whatever a server hears: what it stores only grows, its current epoch was accepted, it is
//!   established only in an epoch that it has stored, it promises nothing before it knows what it
//!   has promised, its deadline is not in the past once time has been handled, and after it has
//!   quit it stands for nothing.

#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use fle::config::{ConfigVersion, DynamicConfig, LearnerType, Rules};
use fle::election::Credentials;
use fle::leadership::packet::{self, LearnerInfo, PROTOCOL, Packet, Past};
use fle::leadership::{
    Effect, Effects, End, Epochs, Knowledge, Leadership, Moment, Settings, Standing, Stored,
};
use fle::{Ensemble, PeerEpoch, Sid, Zxid};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::time::Duration;

fn read(bytes: &[u8]) {
    match packet::decode(bytes) {
        Ok(Some((packet, used))) => {
            assert!(used <= bytes.len());
            let mut written = Vec::new();
            packet::encode(&packet, &mut written);
            let length = written.len();
            assert_eq!(packet::decode(&written), Ok(Some((packet, length))));
        }
        Ok(None) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[derive(Arbitrary, Debug)]
enum Event {
    Lead,
    Learn(u8),
    Connected(u8),
    Packet(u8, u8, i8, i8),
    Ended(u8, bool),
    LookingVoter(u8),
    Time(u16),
    Answer(u8, i8),
    Probe(u8),
    StepDown,
    HandOver(u8),
    Restart,
}

/// A server and what its disk says.
struct Server {
    settings: Settings,
    ensemble: Arc<Ensemble>,
    leadership: Leadership,
    disk: Stored,
    now: Moment,
}

impl Server {
    fn new(u: &mut Unstructured) -> Result<Self> {
        let text = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2:observer";
        let config = DynamicConfig::parse(text, Rules::default()).expect("a valid configuration");
        let ensemble = Arc::new(Ensemble::new(config, None, Rules::default()));
        let observes = u.ratio(1, 8)?;
        let settings = Settings {
            sid: Sid(if observes { 4 } else { 1 }),
            learner_type: match observes {
                true => LearnerType::Observer,
                false => LearnerType::Participant,
            },
            tick: Duration::from_millis(200),
            init_limit: Duration::from_secs(2),
            sync_limit: Duration::from_secs(1),
            clock_drift_ppm: 1000,
            epoch_timeout: u.arbitrary::<bool>()?.then_some(Duration::from_secs(1)),
            promise_ends_with_connection: u.arbitrary()?,
        };
        let current = PeerEpoch(u.int_in_range(0..=3)?);
        let disk = Stored {
            epochs: Epochs {
                accepted: PeerEpoch(current.0 + u.int_in_range(0..=3)?),
                current,
            },
            knowledge: match u.int_in_range(0..=5)? {
                0 => Knowledge::Blank,
                1 => Knowledge::Lost,
                _ => Knowledge::Complete,
            },
            promise: u.arbitrary::<bool>()?.then_some(Duration::from_secs(3)),
        };
        let now = Moment::default();
        Ok(Self {
            leadership: Leadership::new(settings, Arc::clone(&ensemble), disk, now),
            settings,
            ensemble,
            disk,
            now,
        })
    }

    fn happen(&mut self, event: &Event) {
        let (now, credentials) = (self.now, self.credentials());
        let it = &mut self.leadership;
        let effects = match *event {
            Event::Lead => it.lead(credentials, [Sid(1), Sid(2)], now, None),
            Event::Learn(leader) => it.learn(peer(leader), credentials.zxid, now),
            Event::Connected(other) => it.handle_connected(peer(other), now),
            Event::Packet(from, kind, one, other) => {
                let packet = packet_of(peer(from), kind, one, other);
                it.handle_packet(peer(from), &packet, now, None)
            }
            Event::Ended(other, by_peer) => {
                let end = if by_peer { End::Closed } else { End::Lost };
                it.handle_end(peer(other), end, now)
            }
            Event::LookingVoter(voter) => it.handle_looking_voter(peer(voter), now),
            Event::Time(millis) => {
                self.now = now.after(Duration::from_millis(millis.into()));
                it.handle_time(self.now, None)
            }
            Event::Answer(voter, past) => it.handle_answer(peer(voter), past_of(past), now),
            Event::Probe(learner) => it.probe(peer(learner), now),
            Event::StepDown => it.step_down(now),
            Event::HandOver(heir) => {
                let begun = it.hand_over(peer(heir), now);
                assert!(begun.is_err() || it.heir() == Some(peer(heir)));
                begun.unwrap_or_default()
            }
            Event::Restart => {
                let ensemble = Arc::clone(&self.ensemble);
                *it = Leadership::new(self.settings, ensemble, self.disk, now);
                Effects::new()
            }
        };
        self.check(event, &effects);
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            zxid: self.disk.epochs.current.first_zxid(),
            peer_epoch: self.disk.epochs.current,
        }
    }

    fn check(&mut self, event: &Event, effects: &Effects) {
        for effect in effects {
            match *effect {
                Effect::StoreAccepted(epoch) => {
                    assert!(epoch > self.disk.epochs.accepted, "{event:?}: {effects:?}");
                    self.disk.epochs.accepted = epoch;
                }
                Effect::StoreCurrent(epoch) => {
                    assert!(epoch > self.disk.epochs.current, "{event:?}: {effects:?}");
                    self.disk.epochs.current = epoch;
                }
                Effect::StorePromise(length) => self.disk.promise = Some(length),
                Effect::StoreKnown => self.disk.knowledge = Knowledge::Complete,
                Effect::Send {
                    packet: Packet::AckEpoch { current, .. },
                    ..
                } => assert!(
                    current.is_none() || self.disk.knowledge == Knowledge::Complete,
                    "{event:?}: {effects:?}"
                ),
                Effect::Established(epoch) => assert!(epoch <= self.disk.epochs.current),
                _ => {}
            }
            assert!(
                self.disk.epochs.current <= self.disk.epochs.accepted,
                "{event:?}: {effects:?}"
            );
        }
        assert_eq!(self.leadership.epochs(), self.disk.epochs);
        let is_complete = self.disk.knowledge == Knowledge::Complete;
        assert_eq!(self.leadership.remembers(), is_complete, "{event:?}");
        let has_quit = effects.iter().any(|it| matches!(it, Effect::Quit(_)));
        if has_quit {
            assert!(matches!(effects.last(), Some(Effect::Quit(_))));
            assert_eq!(self.leadership.standing(), Standing::Looking);
            assert!(!is_complete || self.leadership.deadline().is_none());
        }
        if matches!(event, Event::Time(_)) {
            assert!(
                self.leadership.deadline().is_none_or(|at| at > self.now),
                "{event:?}"
            );
        }
    }
}

fn peer(number: u8) -> Sid {
    Sid(i64::from(number % 6))
}

fn past_of(accepted: i8) -> Past {
    match accepted {
        ..0 => Past::Lost,
        _ => Past::Accepted(PeerEpoch(i64::from(accepted / 32))),
    }
}

fn packet_of(from: Sid, kind: u8, one: i8, other: i8) -> Packet {
    let epoch = PeerEpoch(i64::from(one.unsigned_abs() % 8));
    match kind % 8 {
        0 => Packet::LearnerInfo(LearnerInfo {
            sid: from,
            learner_type: LearnerType::Participant,
            accepted: epoch,
            protocol: if other == 1 { 0x1_0000 } else { PROTOCOL },
            config_version: ConfigVersion(i64::from(other == 2)),
            promise: Duration::from_millis(u64::from(other.unsigned_abs()) * 10),
            patience: Duration::from_secs(if other == 3 { 0 } else { 2 }),
            unsettled: Duration::from_secs(u64::from(other == 4)),
            remembers: other % 5 != 0,
        }),
        1 => Packet::LeaderInfo {
            epoch,
            protocol: if other == 1 { 0x1_0000 } else { PROTOCOL },
        },
        2 => Packet::AckEpoch {
            current: (one >= 0).then_some(epoch),
            last_zxid: Zxid(other.into()),
        },
        3 => Packet::NewLeader { epoch },
        4 => Packet::Ack { epoch },
        5 => Packet::UpToDate,
        6 if other > 0 => Packet::Release,
        6 => Packet::HandOver {
            to: peer(one.unsigned_abs()),
        },
        _ => Packet::Ping,
    }
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let mut u = Unstructured::new(bytes);
    let Ok(mut server) = Server::new(&mut u) else {
        return;
    };
    while let Ok(event) = Event::arbitrary(&mut u) {
        server.happen(&event);
        if u.is_empty() {
            break;
        }
    }
});
