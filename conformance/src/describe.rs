//! A difference for people: the event decoded, then what was expected beside what happened, in the
//! algorithm's terms.

use crate::replay::Difference;
use fle::{Generation, codec};
use fle_model::election::trace::format::{Input, Output, Server, Standing, Trace};
use std::fmt::Write;

/// A trace as a few lines of text: the server, then what happens to it.
#[must_use]
pub fn trace(trace: &Trace) -> String {
    let mut text = server(&trace.server);
    for (index, step) in trace.steps.iter().enumerate() {
        let _ = writeln!(text, "{:>4}  {}", index + 1, input(&step.input));
    }
    text
}

fn server(server: &Server) -> String {
    let mut text = format!(
        "  server {}, {:?}, {:?}: zxid {:#x}, epoch {}\n",
        server.sid, server.learner_type, server.quorum, server.init.zxid, server.init.peer_epoch
    );
    let mut paragraph = |name: &str, lines: &str| {
        let _ = writeln!(text, "  {name}");
        for line in lines.lines() {
            let _ = writeln!(text, "    {line}");
        }
    };
    paragraph("configuration", &server.config);
    if let Some(proposed) = &server.last_seen_config {
        paragraph("proposed configuration", proposed);
    }
    if let Some(grants) = server.oracle {
        let _ = writeln!(
            text,
            "  the oracle {}",
            if grants { "grants" } else { "denies" }
        );
    }
    text
}

/// The difference as a few lines of text.
#[must_use]
pub fn difference(difference: &Difference) -> String {
    let expected = facts(&difference.expected);
    let actual = facts(&difference.actual);
    let mut text = format!("  event     {}\n", input(&difference.input));
    let width = expected
        .iter()
        .map(|(_, value)| value.len())
        .max()
        .unwrap_or_default()
        .max(8);
    let _ = writeln!(text, "  {:<14}  {:<width$}  actual", "", "expected");
    for name in names(&expected, &actual) {
        let (left, right) = (value(&expected, &name), value(&actual, &name));
        let mark = if left == right { ' ' } else { '!' };
        let _ = writeln!(text, "{mark} {name:<14}  {left:<width$}  {right}");
    }
    text
}

type Facts = Vec<(String, String)>;

/// The names of both sides, those of the expected first.
fn names(expected: &Facts, actual: &Facts) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in expected.iter().chain(actual) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn value<'a>(facts: &'a Facts, name: &str) -> &'a str {
    let fact = facts.iter().find(|(other, _)| other == name);
    fact.map_or("-", |(_, value)| value)
}

/// An event, decoded.
#[must_use]
pub fn input(input: &Input) -> String {
    match input {
        Input::Look(own) => format!(
            "looks for a leader: zxid {:#x}, epoch {}",
            own.zxid, own.peer_epoch
        ),
        Input::Recv { from, hex } => format!("receives from {from}: {}", payload(hex)),
        Input::Timeout { delivered: true } => {
            "the wait for votes runs out; some were delivered".to_owned()
        }
        Input::Timeout { delivered: false } => {
            "the wait for votes runs out; none was delivered".to_owned()
        }
        Input::FinalizeTimeout {} => "the wait for a better vote runs out".to_owned(),
        Input::UpdateEpoch { peer_epoch } => {
            format!("its leader is established under epoch {peer_epoch}")
        }
    }
}

/// A payload in the algorithm's terms, or why it is no notification.
fn payload(bytes: &[u8]) -> String {
    let received = match codec::decode(bytes) {
        Ok(received) => received,
        Err(error) => return format!("{} bytes, malformed: {error}", bytes.len()),
    };
    let mut text = match received.notification {
        None => "a state that no version knows".to_owned(),
        Some(vote) => format!(
            "{:?} leader {} zxid {} round {} epoch {}",
            vote.state,
            vote.proposal.leader,
            vote.proposal.zxid,
            vote.election_epoch,
            vote.proposal.peer_epoch,
        ),
    };
    if received.generation == Generation::Unversioned {
        text.push_str(" unversioned");
    }
    if let Some(config) = received.config {
        let config = String::from_utf8_lossy(config);
        let version = config.lines().last().unwrap_or_default();
        let _ = write!(text, " config of {} bytes, {version}", config.len());
    }
    text
}

fn facts(output: &Output) -> Facts {
    match output {
        Output::Restart { .. } => vec![("election".to_owned(), "restarts".to_owned())],
        Output::Standing(standing) => standing_facts(standing),
    }
}

fn standing_facts(standing: &Standing) -> Facts {
    let mut facts = vec![
        ("state".to_owned(), format!("{:?}", standing.state)),
        (
            "logical clock".to_owned(),
            standing.logical_clock.to_string(),
        ),
        (
            "proposal".to_owned(),
            format!(
                "leader {} zxid {:#x} epoch {}",
                standing.proposal.leader, standing.proposal.zxid, standing.proposal.peer_epoch
            ),
        ),
        ("connect all".to_owned(), standing.connect_all.to_string()),
    ];
    if let Some(wait) = standing.wait {
        facts.push((
            "wait".to_owned(),
            format!("{:?} {} ms", wait.phase, wait.ms),
        ));
    }
    if let Some(vote) = standing.decided {
        let text = format!(
            "leader {} zxid {:#x} round {} epoch {}",
            vote.leader, vote.zxid, vote.election_epoch, vote.peer_epoch
        );
        facts.push(("decided".to_owned(), text));
    }
    for (index, send) in standing.sends.iter().enumerate() {
        facts.push((
            format!("send {}", index + 1),
            format!("to {}: {}", send.to, payload(&send.hex)),
        ));
    }
    facts
}
