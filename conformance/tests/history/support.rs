//! Logs in the making: recorded ones, changed or not, and traces turned into logs.

use fle::{Generation, Sid, codec};
use fle_conformance::history::event::{Announcement, Ballot, Event, Fact, Place, Wait};
use fle_conformance::history::judge::{Verdict, judge};
use fle_conformance::history::log::{Dialect, Log, Logs, Source};
use fle_conformance::process::{self, Process};
use fle_model::election::trace::format::{Input, Output, Quorum, Send, Standing, State, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The logs that an ensemble of the real ZooKeeper wrote, by the server's place from 0.
pub(crate) fn recorded(ensemble: &str) -> Vec<String> {
    let folder = folder(ensemble);
    let logs = (1..).map(|sid| folder.join(format!("server.{sid}.log")));
    let logs = logs.take_while(|path| path.exists());
    let logs: Vec<String> = logs.map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(!logs.is_empty(), "{}", folder.display());
    logs
}

pub(crate) fn folder(ensemble: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("logs")
        .join(ensemble)
}

/// Reads logs given as texts.
pub(crate) fn read(texts: &[String]) -> Logs {
    let folder = TempDir::new().unwrap();
    Logs::read(&write(&folder, texts)).unwrap()
}

pub(crate) fn write(folder: &TempDir, texts: &[String]) -> Vec<PathBuf> {
    let texts = texts.iter().enumerate();
    texts
        .map(|(index, text)| {
            let path = folder.path().join(format!("{}.log", index + 1));
            fs::write(&path, text).unwrap();
            path
        })
        .collect()
}

pub(crate) fn verdict(texts: &[String]) -> Verdict {
    judge(&read(texts), None)
}

/// The number of the first line, from 1, of which this holds.
pub(crate) fn line_of(text: &str, is_it: impl Fn(&str) -> bool) -> usize {
    text.lines().position(is_it).unwrap() + 1
}

/// The text with this line changed.
pub(crate) fn with_line(text: &str, number: usize, change: impl Fn(&str) -> String) -> String {
    let lines = text.lines().enumerate();
    let lines = lines.map(|(index, line)| {
        if index + 1 == number {
            change(line)
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Traces of servers of one run as their event logs: server by server, life by life.
pub(crate) fn logs_of(traces: &[Trace]) -> Logs {
    let mut servers: BTreeMap<Sid, Log> = BTreeMap::new();
    for trace in traces {
        let log = servers.entry(Sid(trace.server.sid)).or_insert_with(|| Log {
            dialect: Dialect::Own,
            events: Vec::new(),
        });
        for fact in facts(trace) {
            let line = log.events.len() + 1;
            let file = usize::try_from(trace.server.sid).unwrap();
            log.events.push(Event {
                at: Place { file, line },
                time: None,
                is_exact: false,
                fact,
            });
        }
    }
    let most = servers
        .keys()
        .map(|sid| usize::try_from(sid.0).unwrap())
        .max();
    let files = (0..=most.unwrap()).map(|file| Source {
        path: format!("server.{file}").into(),
        sids: BTreeSet::from([Sid(i64::try_from(file).unwrap())]),
        lines: 0,
        events: 0,
        untimed: 0,
        not_understood: BTreeMap::new(),
        lost: Vec::new(),
    });
    Logs {
        files: files.collect(),
        servers,
        reports: BTreeMap::new(),
        voters: BTreeSet::new(),
        notes: Vec::new(),
        unclear: Vec::new(),
    }
}

/// One life of a server in the words of its event log.
fn facts(trace: &Trace) -> Vec<Fact> {
    let server = &trace.server;
    let mut facts = vec![Fact::ServerStarted {
        learner_type: Some(server.learner_type),
        config: Some(server.config.clone()),
        last_seen_config: server.last_seen_config.clone(),
        oracle: server.quorum == Quorum::Oracle,
        eager: false,
    }];
    let mut before: Option<&Standing> = None;
    let mut leader = server.sid;
    for step in &trace.steps {
        let Some(input) = input(&step.input, before, leader) else {
            continue;
        };
        facts.push(input);
        match &step.output {
            Output::Restart { .. } => facts.push(Fact::ElectionRestarted {}),
            Output::Standing(after) => {
                outputs(&step.input, before, after, &mut facts);
                leader = after.decided.map_or(leader, |vote| vote.leader);
                before = Some(after);
            }
        }
    }
    facts
}

fn input(input: &Input, before: Option<&Standing>, leader: i64) -> Option<Fact> {
    Some(match input {
        Input::Look(own) => Fact::ElectionStarted {
            zxid: own.zxid,
            peer_epoch: Some(own.peer_epoch),
            round: Some(before.map_or(1, |before| before.logical_clock + 1)),
        },
        Input::Recv { from, hex } => {
            let received = codec::decode(hex).ok()?;
            Fact::NotificationReceived {
                from: *from,
                announcement: received.notification?.into(),
                version: i64::from(received.generation == Generation::Versioned) * 2,
                config_version: None,
                my_state: None,
            }
        }
        Input::Timeout { .. } => Fact::WaitExpired {
            wait: Wait::Collecting,
        },
        Input::FinalizeTimeout {} => Fact::WaitExpired {
            wait: Wait::Finalizing,
        },
        Input::UpdateEpoch { peer_epoch } => Fact::LeadershipEstablished {
            leader: Some(leader),
            peer_epoch: Some(*peer_epoch),
            supporters: None,
            state: None,
        },
    })
}

/// What a trace shows of a step, in the order in which a log tells it: an answer, then what is told
/// to all, then the decision.
fn outputs(input: &Input, before: Option<&Standing>, after: &Standing, facts: &mut Vec<Fact>) {
    let (answer, broadcast) = told(&after.sends);
    facts.extend(answer.map(|(to, announcement)| Fact::NotificationSent {
        to: Some(to),
        announcement,
    }));
    if let Some(announcement) = broadcast {
        let ballot = |it: &Standing| (it.logical_clock, it.proposal);
        if !matches!(input, Input::Look(_)) && before.map(ballot) != Some(ballot(after)) {
            facts.push(Fact::ProposalChanged { announcement });
        }
        facts.push(Fact::NotificationSent {
            to: None,
            announcement,
        });
    }
    let settled = |it: &Standing| it.state != State::Looking;
    if settled(after) && !before.is_some_and(settled) {
        let vote = after.decided.unwrap();
        facts.push(Fact::Decided {
            state: after.state,
            vote: Some(Ballot {
                leader: vote.leader,
                round: vote.election_epoch,
                peer_epoch: vote.peer_epoch,
                zxid: vote.zxid,
            }),
        });
    }
}

/// The answer to one server, and what was sent to all. A trace shows the latter message by message.
fn told(sends: &[Send]) -> (Option<(i64, Announcement)>, Option<Announcement>) {
    let decoded: Vec<(i64, Announcement)> = sends
        .iter()
        .map(|send| {
            let received = codec::decode(&send.hex).unwrap();
            (send.to, received.notification.unwrap().into())
        })
        .collect();
    // What goes to all is in the order of the sids; an answer before it breaks the order or repeats
    // a recipient.
    let ascending = decoded.windows(2).all(|two| two[0].0 < two[1].0);
    match &decoded[..] {
        [] => (None, None),
        [one] => (Some(*one), None),
        [.., last] if ascending && decoded.iter().all(|it| it.1 == last.1) => (None, Some(last.1)),
        [first, .., last] => (Some(*first), Some(last.1)),
    }
}

/// Three ZooKeeper servers that do not run yet; `None` where there is no ZooKeeper.
pub(crate) fn zookeepers(folder: &TempDir) -> Option<Vec<Process>> {
    if !process::has_zookeeper() {
        let required = std::env::var("FLE_REQUIRE_ZOOKEEPER").is_ok_and(|it| it == "1");
        assert!(!required, "java or libzookeeper-java is missing");
        println!("skipped: java or libzookeeper-java is missing");
        return None;
    }
    let servers = (1..=3).map(|sid| Process::new(sid, folder.path()).unwrap());
    let servers: Vec<Process> = servers.collect();
    let lines = servers
        .iter()
        .map(|it| format!("server.{}={}\n", it.sid, it.addresses));
    let lines: String = lines.collect();
    for server in &servers {
        server.write_files(&lines).unwrap();
    }
    Some(servers)
}
