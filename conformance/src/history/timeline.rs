//! The history as text: election by election, who voted for whom and when, why this leader, how
//! long it took, what was odd.
//!
//! Times are milliseconds since the election's first line, each by the clock of the server that
//! says it. Votes are shown where the voter's own log shows them, and where others hear them if
//! there is no log of it. Without times, lines are shown server by server.

use super::event::{Announcement, Ballot, server_state};
use super::findings::Findings;
use super::judge::{QuorumSource, Verdict};
use super::log::Logs;
use super::rebuild::Election;
use super::steps::{What, steps};
use fle::{ServerState, Sid};
use jiff::Timestamp;
use std::fmt::Write;

/// The history in words.
#[must_use]
pub fn text(findings: &Findings) -> String {
    let Findings {
        logs,
        verdict,
        history,
        oddities,
        ..
    } = findings;
    let mut out = String::new();
    let _ = writeln!(out, "{}", ensemble(verdict));
    for (index, election) in history.elections.iter().enumerate() {
        let _ = writeln!(out, "\nelection {}: {}", index + 1, outcome(election));
        let zero = election.starts(logs);
        for step in steps(election, logs) {
            if let Some(words) = words(&step.what, logs) {
                let time = since(zero, step.time).map_or(String::new(), |ms| format!("+{ms} ms"));
                let _ = writeln!(out, "{time:>12}  server {}  {words}", step.sid);
            }
        }
        if let Some(why) = why(election) {
            let _ = writeln!(out, "  why: {why}");
        }
        phases(election, logs, &mut out);
        for oddity in oddities.iter().filter(|it| it.election == Some(index)) {
            let _ = writeln!(out, "  odd: {}", oddity.what);
        }
    }
    for oddity in oddities.iter().filter(|it| it.election.is_none()) {
        let _ = writeln!(out, "\nodd: {}", oddity.what);
    }
    out
}

fn ensemble(verdict: &Verdict) -> String {
    let voters: Vec<String> = verdict.voters.iter().map(Sid::to_string).collect();
    let source = match verdict.quorum {
        QuorumSource::Told => "as configured".to_owned(),
        QuorumSource::Logged => "as the logs tell".to_owned(),
        QuorumSource::Deduced => {
            "a majority assumed of those that are heard, voted for or named; --config says better"
                .to_owned()
        }
        QuorumSource::DeducedWithUnseen(unseen) => format!(
            "a majority assumed, of {unseen} more than are heard, voted for or named, or else nothing explains the logs; --config says better"
        ),
    };
    format!("voters {} ({source})", voters.join(", "))
}

/// What an election came to.
#[must_use]
pub fn outcome(election: &Election) -> String {
    match election.vote {
        None => "nobody is elected".to_owned(),
        Some(vote) => format!("server {} in round {}", vote.leader, vote.round),
    }
}

/// What the timeline says of a step; nothing of a vote that the voter's own log shows.
#[must_use]
pub fn words(what: &What, logs: &Logs) -> Option<String> {
    Some(match what {
        What::Looks(None) => "looks for a leader".to_owned(),
        What::Looks(Some(round)) => format!("looks for a leader, in round {round}"),
        What::Votes(vote) => format!("votes for {}", ballot(vote)),
        What::Hears(from, _) if logs.servers.contains_key(from) => return None,
        What::Hears(from, announcement) => hears(*from, announcement),
        What::HasQuorum => "has heard a quorum agree".to_owned(),
        What::Settles {
            state,
            leader,
            joins,
        } => settles(*state, *leader, *joins),
        What::IsHandedOver(leader) => format!("is handed over to {leader} by its leader"),
        What::IsEstablished(Some(epoch)) => format!("is established, in epoch {epoch}"),
        What::IsEstablished(None) => "is synchronized".to_owned(),
    })
}

fn hears(from: Sid, announcement: &Announcement) -> String {
    let vote = ballot(&announcement.ballot);
    match server_state(announcement.state) {
        ServerState::Looking => format!("hears {from} vote for {vote}"),
        ServerState::Leading => format!("hears that {from} leads"),
        ServerState::Following | ServerState::Observing => {
            format!("hears that {from} follows {vote}")
        }
    }
}

fn settles(state: ServerState, leader: Option<Sid>, joins: bool) -> String {
    let verb = match state {
        ServerState::Looking => "looks",
        ServerState::Following => "follows",
        ServerState::Leading => "leads",
        ServerState::Observing => "observes",
    };
    let whom = leader.filter(|_| state != ServerState::Leading);
    let whom = whom.map_or(String::new(), |leader| format!(" {leader}"));
    let how = if joins {
        ", which a quorum has settled on already"
    } else {
        ""
    };
    format!("{verb}{whom}{how}")
}

/// A vote as the timeline tells it.
#[must_use]
pub fn ballot(vote: &Ballot) -> String {
    let proposal = vote.proposal();
    format!(
        "{} (epoch {}, zxid {})",
        proposal.leader, proposal.peer_epoch, proposal.zxid
    )
}

/// Why this leader.
#[must_use]
pub fn why(election: &Election) -> Option<String> {
    let vote = election.vote?;
    let winner = election
        .candidates
        .iter()
        .find(|it| it.leader.0 == vote.leader)?;
    let rank = |it: &fle::Proposal| {
        format!(
            "{} with epoch {} and zxid {}",
            it.leader, it.peer_epoch, it.zxid
        )
    };
    let others: Vec<String> = election
        .candidates
        .iter()
        .filter(|it| it.leader != winner.leader)
        .map(rank)
        .collect();
    let greatest = election.candidates.first() == Some(winner);
    Some(match (others.is_empty(), greatest) {
        (true, _) => format!("nobody else was voted for in this round: {}", rank(winner)),
        (false, true) => format!(
            "the greatest credentials of the round: {}, before {}",
            rank(winner),
            others.join(", ")
        ),
        (false, false) => format!(
            "a quorum had settled before a better vote reached it: {}, against {}",
            rank(winner),
            others.join(", ")
        ),
    })
}

/// How long each server's phases took.
fn phases(election: &Election, logs: &Logs, out: &mut String) {
    for (sid, part) in &election.parts {
        let times = part.phases(&logs.servers[sid]);
        let mut told = Vec::new();
        let mut tell = |name: &str, from: Option<Timestamp>, to: Option<Timestamp>| {
            if let Some(ms) = since(from, to) {
                told.push(format!("{name} {ms} ms"));
            }
        };
        tell("to a quorum", times.started, times.quorum);
        tell("waiting for better", times.quorum, times.decided);
        if times.quorum.is_none() {
            tell("to a leader", times.started, times.decided);
        }
        tell("to be established", times.decided, times.established);
        match part.timeouts {
            0 => {}
            1 => told.push("1 wait in vain".to_owned()),
            more => told.push(format!("{more} waits in vain")),
        }
        if !told.is_empty() {
            let _ = writeln!(out, "  server {sid}: {}", told.join(", "));
        }
    }
}

/// Milliseconds from one time to another.
#[must_use]
pub fn since(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<i128> {
    Some(to?.duration_since(from?).as_millis())
}
