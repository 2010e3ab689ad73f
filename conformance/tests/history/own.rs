//! This project's event logs: walks through the model and recordings of the reference's class, told in their words, are allowed;
//! the same with a line changed are not.

use crate::support::{logs_of, verdict};
use fle::Sid;
use fle_conformance::history::event::{Ballot, Event, Fact, Wait};
use fle_conformance::history::judge::judge;
use fle_conformance::history::log::Logs;
use fle_conformance::history::own;
use fle_model::election::catalogue::SCENARIOS;
use fle_model::election::scenario::Scenario;
use fle_model::election::trace::format::{State, Trace};
use fle_model::election::trace::record_walk;
use fle_model::frame::scenario::Tier;
use fle_model::terms::ensemble::Composition;
use std::collections::BTreeMap;
use std::path::Path;

const WALKS: u64 = 20;

fn walks() -> impl Iterator<Item = (&'static Scenario, u64, Logs)> {
    let scenarios = SCENARIOS.iter().filter(|it| it.tier == Tier::Ci);
    scenarios.flat_map(|scenario| {
        (0..WALKS).map(move |seed| {
            let recordings = record_walk(scenario, seed).into_iter();
            let traces: Vec<Trace> = recordings.map(|it| it.trace).collect();
            (scenario, seed, logs_of(&traces))
        })
    })
}

#[test]
fn every_walk_through_the_model_is_allowed() {
    for (scenario, seed, logs) in walks() {
        let verdict = judge(&logs, None);
        let first = verdict.objections.first();
        assert_eq!(
            first,
            None,
            "{} {seed}: {:#?}",
            scenario.name,
            first.map(|it| around(&logs, it.sid, it.at.line))
        );
    }
}

fn around(logs: &Logs, sid: Sid, line: usize) -> &[Event] {
    let events = &logs.servers[&sid].events;
    &events[line.saturating_sub(6)..(line + 2).min(events.len())]
}

/// What the reference's class did, recorded step by step, is allowed too.
#[test]
fn the_recorded_runs_of_the_reference_are_allowed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces");
    let mut runs: BTreeMap<String, Vec<Trace>> = BTreeMap::new();
    for file in Trace::files(&folder).unwrap() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        // The files of one ensemble are named by it, then by server and life.
        let run = name.split_once("-s").map_or(name.as_str(), |(run, _)| run);
        let traces = runs.entry(run.to_owned()).or_default();
        traces.push(Trace::read(&file).unwrap());
    }
    assert!(runs.len() > 5, "{}", runs.len());
    for (run, traces) in runs {
        assert_eq!(judge(&logs_of(&traces), None).objections, [], "{run}");
    }
}

/// Changes an event; `None` where it cannot.
type Falsification = fn(&Fact) -> Option<Fact>;

const FALSIFICATIONS: [(&str, Falsification); 6] = [
    ("another leader", |fact| match fact {
        Fact::Decided {
            state,
            vote: Some(vote),
        } => Some(Fact::Decided {
            state: *state,
            vote: Some(Ballot {
                leader: vote.leader % 2 + 1,
                ..*vote
            }),
        })
        .filter(|it| it != fact),
        _ => None,
    }),
    ("another state", |fact| match fact {
        Fact::Decided { state, vote } => Some(Fact::Decided {
            state: if *state == State::Leading {
                State::Following
            } else {
                State::Leading
            },
            vote: *vote,
        }),
        _ => None,
    }),
    ("an earlier round", |fact| match fact {
        Fact::ElectionStarted {
            zxid,
            peer_epoch,
            round: Some(round),
        } if *round > 1 => Some(Fact::ElectionStarted {
            zxid: *zxid,
            peer_epoch: *peer_epoch,
            round: Some(round - 1),
        }),
        _ => None,
    }),
    ("a longer history", |fact| match fact {
        Fact::ElectionStarted {
            zxid,
            peer_epoch,
            round,
        } if *zxid >= 0 => Some(Fact::ElectionStarted {
            zxid: zxid + 1,
            peer_epoch: *peer_epoch,
            round: *round,
        }),
        _ => None,
    }),
    ("a vote changed on its way out", |fact| match fact {
        Fact::NotificationSent { to, announcement } => {
            let mut announcement = *announcement;
            announcement.ballot.zxid += 1;
            Some(Fact::NotificationSent {
                to: *to,
                announcement,
            })
        }
        _ => None,
    }),
    ("a change of mind for no reason", |fact| match fact {
        Fact::WaitExpired {
            wait: Wait::Collecting,
        } => Some(Fact::WaitExpired {
            wait: Wait::Finalizing,
        }),
        _ => None,
    }),
];

#[test]
fn a_changed_event_is_objected_to() {
    let mut falsified: BTreeMap<&str, usize> = BTreeMap::new();
    for (scenario, seed, logs) in walks().step_by(5) {
        for (name, change) in FALSIFICATIONS {
            let first = logs.servers.iter().find_map(|(&sid, log)| {
                let mut changed = log.events.iter().enumerate();
                changed.find_map(|(at, event)| Some((sid, at, change(&event.fact)?)))
            });
            let Some((sid, at, fact)) = first else {
                continue;
            };
            let mut logs = logs.clone();
            logs.servers.get_mut(&sid).unwrap().events[at].fact = fact;
            is_objected_to(&logs, sid, at, &format!("{} {seed}: {name}", scenario.name));
            *falsified.entry(name).or_default() += 1;
        }
    }
    assert_eq!(falsified.len(), FALSIFICATIONS.len(), "{falsified:?}");
}

/// The judge objects to that server, there or later.
fn is_objected_to(logs: &Logs, sid: Sid, at: usize, what: &str) {
    let objections = judge(logs, None).objections;
    let line = logs.servers[&sid].events[at].at.line;
    let first = objections.iter().find(|it| it.sid == sid);
    assert!(
        first.is_some_and(|it| it.at.line >= line),
        "{what}: {objections:?}"
    );
}

/// A decision rests on others' votes for the same, and on a wait.
#[test]
fn what_is_left_out_is_missed() {
    let mut left_out = [0, 0];
    let majorities = walks().filter(|(it, ..)| it.composition == Composition::Majority);
    for (scenario, seed, logs) in majorities.step_by(5) {
        let verdict = judge(&logs, None);
        for (&sid, elections) in &verdict.elections {
            let Some(looking) = elections.iter().find(|it| it.quorum.is_some()) else {
                continue;
            };
            let is_vote = |fact: &Fact| match fact {
                Fact::NotificationReceived {
                    from, announcement, ..
                } => *from != sid.0 && Some(announcement.ballot) == looking.vote,
                _ => false,
            };
            let is_wait = |fact: &Fact| {
                matches!(
                    fact,
                    Fact::WaitExpired {
                        wait: Wait::Finalizing
                    }
                )
            };
            let kinds: [&dyn Fn(&Fact) -> bool; 2] = [&is_vote, &is_wait];
            for (kind, is_it) in kinds.into_iter().enumerate() {
                let mut logs = logs.clone();
                let events = &mut logs.servers.get_mut(&sid).unwrap().events;
                let before = events.len();
                events.retain(|event| !is_it(&event.fact));
                if events.len() < before {
                    let what = format!("{} {seed}: {kind}", scenario.name);
                    is_objected_to(&logs, sid, 0, &what);
                    left_out[kind] += 1;
                }
            }
        }
    }
    assert!(left_out.iter().all(|count| *count > 20), "{left_out:?}");
}

/// What a server should have said is missed at the very next thing that happens to it.
#[test]
fn what_is_not_said_is_missed_at_once() {
    let is_said = |fact: &Fact| {
        matches!(
            fact,
            Fact::NotificationSent { .. } | Fact::ProposalChanged { .. } | Fact::Decided { .. }
        )
    };
    let mut missed = 0;
    for (scenario, seed, logs) in walks().step_by(5) {
        for (&sid, log) in &logs.servers {
            let facts: Vec<&Fact> = log.events.iter().map(|event| &event.fact).collect();
            let is_last = |two: &[&Fact]| is_said(two[0]) && !is_said(two[1]);
            let Some(at) = facts.windows(2).position(is_last) else {
                continue;
            };
            if matches!(facts[at + 1], Fact::ServerStarted { .. }) {
                continue; // It may have stopped before it could say it.
            }
            let next = log.events[at + 1].at;
            let mut logs = logs.clone();
            logs.servers.get_mut(&sid).unwrap().events.remove(at);
            let objections = judge(&logs, None).objections;
            let first = objections.iter().find(|it| it.sid == sid);
            let what = format!("{} {seed}: {objections:?}", scenario.name);
            assert_eq!(first.map(|it| it.at), Some(next), "{what}");
            missed += 1;
        }
    }
    assert!(missed > 100, "{missed}");
}

#[test]
fn a_second_leader_of_an_epoch_is_objected_to() {
    let established = |leader: i64| {
        format!(
            "{{\"sid\":{leader},\"event\":\"leadership.established\",\"leader\":{leader},\"peer_epoch\":4}}\n"
        )
    };
    let verdict = verdict(&[established(1), established(2)]);
    let why = "server 2 is established in epoch 4, which server 1 leads";
    assert_eq!(verdict.objections[0].why, why);
    assert_eq!(
        super::support::verdict(&[established(1), established(1)]).objections,
        []
    );
}

/// The words of the vocabulary, as the node writes them.
#[test]
fn an_event_reads_as_it_is_written() {
    let line = r#"{"timestamp":"2026-11-23T21:12:00.123456Z","level":"INFO","target":"fle","sid":1,"event":"notification.received","from":2,"state":"LOOKING","leader":2,"round":1,"peer_epoch":0,"zxid":"0xffffffffffffffff"}"#;
    let read = own::line(line).unwrap().unwrap();
    assert_eq!(read.sid, 1);
    assert_eq!(
        read.timestamp.unwrap().to_string(),
        "2026-11-23T21:12:00.123456Z"
    );
    let Fact::NotificationReceived {
        announcement,
        version,
        ..
    } = &read.fact
    else {
        panic!("{read:?}");
    };
    assert_eq!((announcement.ballot.zxid, *version), (-1, 2));
    for (_, _, logs) in walks().step_by(40) {
        for event in logs.servers.values().flat_map(|log| &log.events) {
            let written = serde_json::to_string(&event.fact).unwrap();
            assert_eq!(serde_json::from_str::<Fact>(&written).unwrap(), event.fact);
        }
    }
    assert!(own::line(r#"{"sid":1,"message":"no event"}"#).is_none());
    assert!(
        own::line(r#"{"sid":1,"event":"no.such"}"#)
            .unwrap()
            .is_err()
    );
}
