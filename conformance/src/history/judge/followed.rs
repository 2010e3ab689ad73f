//! What servers say of the leader that they follow, held against that one's own log: whoever is
//! synchronized has a leader that is established, and neither stopped nor down.
//!
//! Clocks are put right by estimates, so this never accuses: it points at the line of the leader
//! that is missing, where the leader's log goes on beyond.

use super::finding::{Absent, Finding, Looking, Unjudged};
use crate::history::event::{Ballot, Event, Fact};
use crate::history::log::{Dialect, Log, Logs};
use fle::{ServerState, Sid};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// So far may the estimates be off.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

/// Points at leaders that were followed and, by their own logs, were none then.
pub(super) fn judge(logs: &Logs, findings: &BTreeMap<Sid, Finding>) -> Vec<Unjudged> {
    let mut unjudged = Vec::new();
    for (&sid, finding) in findings {
        let log = &logs.servers[&sid];
        for looking in &finding.elections {
            let followed = followed(looking, log);
            let Some((vote, synchronized)) = followed.filter(|it| it.0.leader != sid.0) else {
                continue;
            };
            let leader = Sid(vote.leader);
            let is_known = findings
                .get(&leader)
                .is_some_and(|it| it.unjudged.is_empty());
            if is_known
                && let Some(time) = synchronized.time
                && covers(leader, logs, log.events[looking.started].time, time)
                && !reigns(&logs.servers[&leader], &findings[&leader], vote, time)
            {
                unjudged.push(Unjudged {
                    sid: Some(sid),
                    at: synchronized.at,
                    why: format!(
                        "it is synchronized with server {leader}, which by its own log is no \
                         established leader then"
                    ),
                    absent: Some(Absent::Within(format!(
                        "the one with which server {leader} is established"
                    ))),
                });
            }
        }
    }
    unjudged
}

/// The vote on which a server of ZooKeeper settled, and its line that it is synchronized.
fn followed<'a>(looking: &Looking, log: &'a Log) -> Option<(Ballot, &'a Event)> {
    let follows = looking.state.filter(|it| *it != ServerState::Leading);
    let (vote, decided) = follows.and(looking.vote.zip(looking.decided))?;
    let rest = log.events.get(decided + 1..)?;
    let mut until = rest.iter().take_while(|it| !ends(&it.fact));
    let synchronized = until.find(|it| is_established(&it.fact))?;
    (log.dialect == Dialect::ZooKeeper).then_some((vote, synchronized))
}

fn is_established(fact: &Fact) -> bool {
    matches!(fact, Fact::LeadershipEstablished { .. })
}

/// Whether nothing is left of an election from there on.
fn ends(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::ServerStarted { .. }
            | Fact::ElectionStarted { .. }
            | Fact::ElectionRestarted {}
            | Fact::LeadershipLost {}
            | Fact::LeadershipHandedOver { .. }
    )
}

/// Whether the server's log tells of all the time from when another one looked until it was led.
fn covers(sid: Sid, logs: &Logs, from: Option<Timestamp>, until: Timestamp) -> bool {
    let first = logs.servers[&sid].events.iter().find_map(|it| it.time);
    let last = logs.reports.get(&sid).and_then(|it| it.last);
    let begins = first.zip(from).is_some_and(|(first, from)| first <= from);
    let goes_on = |last: Timestamp| last.duration_since(until) >= TOLERANCE;
    begins && last.is_some_and(|last| goes_on(last.time))
}

/// Whether the leader was established by this election, or led at that time by whatever.
fn reigns(log: &Log, finding: &Finding, vote: Ballot, time: Timestamp) -> bool {
    let is_elected = |looking: &Looking| {
        let own = looking.vote.map(|own| (own.leader, own.round));
        let rest = looking.decided.map_or(&[][..], |it| &log.events[it + 1..]);
        let mut until = rest.iter().take_while(|it| !ends(&it.fact));
        own == Some((vote.leader, vote.round)) && until.any(|it| is_established(&it.fact))
    };
    let is_then = |event: &Event| {
        let apart = event.time.map(|it| it.duration_since(time).abs());
        apart.is_some_and(|apart| apart < TOLERANCE)
    };
    finding.elections.iter().any(is_elected)
        || log
            .events
            .iter()
            .any(|it| is_established(&it.fact) && is_then(it))
}
