//! What the algorithm allows and somebody should look at all the same.

use super::event::{Fact, server_state};
use super::judge::Verdict;
use super::log::Logs;
use super::rebuild::{Election, History, Part};
use fle::{ServerState, Sid};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// As many elections in as short a time are one too many.
const FLAPS: usize = 3;
const FLAPPING: SignedDuration = SignedDuration::from_mins(1);
/// The reference waits so long for a better vote before it settles.
const FINALIZE_WAIT: SignedDuration = SignedDuration::from_millis(200);
/// A log's clock may be set, and its threads held up, within reason.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(5);
/// Settled servers hear of a looking one once or twice for each of its waits.
const FLOOD: usize = 100;

/// Something odd.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Oddity {
    /// The election, counted from 0; absent if it is about all of them.
    pub election: Option<usize>,
    /// What.
    pub what: String,
}

/// What is odd, election by election.
#[must_use]
pub fn find(logs: &Logs, verdict: &Verdict, history: &History) -> Vec<Oddity> {
    let mut oddities = Vec::new();
    for (index, election) in history.elections.iter().enumerate() {
        let mut found: Vec<String> = Vec::new();
        for (&sid, part) in &election.parts {
            found.extend(jumped_round(sid, part));
            found.extend(against_a_better_vote(sid, part, logs));
            found.extend(hasty(sid, part, logs));
            found.extend(never_established(sid, part, logs));
            found.extend(flooded(sid, part, logs));
        }
        found.extend(missing(election, verdict, logs));
        found.extend(second_leader(election));
        oddities.extend(found.into_iter().map(|what| Oddity {
            election: Some(index),
            what,
        }));
    }
    oddities.extend(flapping(logs, history));
    oddities
}

fn jumped_round(sid: Sid, part: &Part) -> Option<String> {
    let (from, to) = (part.looking.round?.0, part.looking.vote?.round);
    if from == to {
        return None;
    }
    let how = if part.joined() { "joined" } else { "jumped to" };
    Some(format!(
        "server {sid} began in round {from} and {how} round {to}"
    ))
}

/// A better vote of the round, logged before the decision, that the decision ignores.
fn against_a_better_vote(sid: Sid, part: &Part, logs: &Logs) -> Option<String> {
    let vote = part.looking.vote.filter(|_| !part.joined())?;
    let mut events = part.events(&logs.servers[&sid]);
    events.find_map(|(_, event)| match &event.fact {
        Fact::NotificationReceived { announcement, .. }
            if server_state(announcement.state) == ServerState::Looking
                && announcement.ballot.round == vote.round
                && announcement.ballot.proposal() > vote.proposal() =>
        {
            let better = announcement.ballot.proposal().leader;
            Some(format!(
                "server {sid} settled on {} although it had received a better vote, for {better} ({})",
                vote.leader,
                logs.locate(event.at)
            ))
        }
        _ => None,
    })
}

fn hasty(sid: Sid, part: &Part, logs: &Logs) -> Option<String> {
    let events = &logs.servers[&sid].events;
    let waited = events[part.looking.decided?].after(&events[part.quorum()?])?;
    let short = waited + TOLERANCE < FINALIZE_WAIT;
    short.then(|| {
        format!(
            "server {sid} settled {} ms after it had a quorum, without waiting for a better vote",
            waited.as_millis()
        )
    })
}

fn never_established(sid: Sid, part: &Part, logs: &Logs) -> Option<String> {
    let settled = part.looking.decided? + 1;
    let after = &logs.servers[&sid].events[settled..part.until];
    let lost = after
        .iter()
        .any(|event| matches!(event.fact, Fact::LeadershipLost {}));
    (part.looking.state == Some(ServerState::Leading) && part.established.is_none() && lost)
        .then(|| format!("server {sid} was elected and never established"))
}

fn flooded(sid: Sid, part: &Part, logs: &Logs) -> Option<String> {
    let settled = part.looking.decided?;
    let after = &logs.servers[&sid].events[settled..part.until];
    let received = after
        .iter()
        .filter(|event| matches!(event.fact, Fact::NotificationReceived { .. }))
        .count();
    (received > FLOOD).then(|| {
        format!(
            "server {sid} received {received} notifications after it had settled: an observer and a looking voter answer each \
             other without end (ZOOKEEPER-1807)"
        )
    })
}

/// Voters of whom nothing was heard in the election.
fn missing(election: &Election, verdict: &Verdict, logs: &Logs) -> Option<String> {
    let mut heard: BTreeSet<Sid> = election.parts.keys().copied().collect();
    for (sid, part) in &election.parts {
        for (_, event) in part.events(&logs.servers[sid]) {
            if let Fact::NotificationReceived { from, .. } = event.fact {
                heard.insert(Sid(from));
            }
        }
    }
    let missing: Vec<String> = verdict
        .voters
        .iter()
        .filter(|sid| !heard.contains(sid))
        .map(Sid::to_string)
        .collect();
    (!missing.is_empty()).then(|| format!("nothing was heard of {}", servers(&missing)))
}

/// Two that lead by the same election.
fn second_leader(election: &Election) -> Option<String> {
    let leads = |(_, part): &(&Sid, &Part)| part.looking.state == Some(ServerState::Leading);
    let leaders: Vec<String> = election
        .parts
        .iter()
        .filter(leads)
        .map(|(sid, _)| sid.to_string())
        .collect();
    (leaders.len() > 1).then(|| format!("{} lead at the same time", servers(&leaders)))
}

fn flapping(logs: &Logs, history: &History) -> Option<Oddity> {
    let elected = history.elections.iter().filter(|it| it.vote.is_some());
    let times: Vec<_> = elected.filter_map(|it| it.starts(logs)).collect();
    let windows = times.windows(FLAPS);
    let mut short = windows.filter(|it| it[FLAPS - 1].duration_since(it[0]) <= FLAPPING);
    short.next().map(|window| Oddity {
        election: None,
        what: format!(
            "the leader flaps: {FLAPS} elections within {:.1} s",
            window[FLAPS - 1].duration_since(window[0]).as_secs_f64()
        ),
    })
}

fn servers(sids: &[String]) -> String {
    match sids {
        [sid] => format!("server {sid}"),
        [most @ .., last] => format!("servers {} and {last}", most.join(", ")),
        [] => String::new(),
    }
}
