//! What is wrong with one server.

use super::finding::Finding;
use crate::watch::answer::Nothing;
use crate::watch::row::{Row, State};

pub(super) fn findings(row: &Row, all: &[Row]) -> Vec<Finding> {
    let mut found: Vec<Finding> = of_state(row, all).into_iter().collect();
    if row.lease_is_over {
        found.push(Finding::wrong(
            "lease",
            &[row],
            format!(
                "{} leads, and its lease is over: a quorum is silent",
                row.name()
            ),
            "see which servers do not answer, and what connects them",
        ));
    }
    found.extend(cut_off(row, all));
    found.extend(row.notes.iter().map(|note| {
        let text = format!("{} says of itself: {note}", row.name());
        Finding::wrong("note", &[row], text, "its log says more")
    }));
    found
}

fn of_state(row: &Row, all: &[Row]) -> Option<Finding> {
    let name = row.name();
    let wrong = |kind, text, remedy: &str| Some(Finding::wrong(kind, &[row], text, remedy));
    match &row.state {
        State::Unreachable(why) => Some(unreachable(row, why)),
        State::Tls => wrong(
            "tls",
            format!("{name} speaks TLS, which this command does not"),
            "give the plain client port (clientPort) or the AdminServer's (admin.serverPort)",
        ),
        State::Stranger(text) => wrong(
            "stranger",
            format!("{name} answers, and is no ZooKeeper or fle server: \"{text}\""),
            "correct the address: clientPort, admin.serverPort, or what fle serves as --http",
        ),
        State::Untold => wrong(
            "untold",
            format!("{name} is a ZooKeeper server, and does not say how it is"),
            "have 4lw.commands.whitelist in its zoo.cfg name srvr, and restart it",
        ),
        State::Starting => wrong(
            "starting",
            format!("{name} has not started yet"),
            "its log says what it waits for, as a rule its ports or its name",
        ),
        State::ReadOnly => wrong(
            "read-only",
            format!("{name} answers reads only: it has no quorum"),
            "see which servers do not answer, and what connects them",
        ),
        // Without a leader it is one finding for all of them.
        State::Looking | State::NotServing | State::Establishing if has_leader(all) => {
            Some(left_out(row))
        }
        _ => None,
    }
}

/// Whether somebody leads, or is led.
pub(super) fn has_leader(rows: &[Row]) -> bool {
    rows.iter().any(Row::serves)
}

fn left_out(row: &Row) -> Finding {
    let name = row.name();
    let text = match row.state {
        State::NotServing => {
            format!("{name} does not serve, though others do: it looks for the leader or joins it")
        }
        State::Establishing => {
            format!(
                "{name} has chosen a leader that is not established for it, though others are led"
            )
        }
        _ => format!("{name} looks for a leader, though others are led"),
    };
    let remedy = match row.state {
        State::Establishing => {
            "if it stays so, its log says why; a fle server is never led by one of ZooKeeper"
        }
        _ => {
            "if it stays so, its log says whom it cannot reach: the quorum and election ports \
             (2888 and 3888) must be open in both directions"
        }
    };
    Finding::wrong("left out", &[row], text, remedy)
}

/// Servers that it does not reach, and that answer here.
fn cut_off<'a>(row: &'a Row, all: &'a [Row]) -> impl Iterator<Item = Finding> + 'a {
    let here = all.iter().filter(|other| other.answers());
    let both = here.filter_map(|other| Some((other, row.cut_off.get(&other.sid?)?)));
    both.map(|(other, why)| {
        let (one, other_name) = (row.name(), other.name());
        let text = format!("{one} does not reach {other_name}, which answers here: {why}");
        let remedy = "open the election port between the two, and see whether both have the same \
                      line for that server";
        Finding::wrong("cut off", &[row, other], text, remedy)
    })
}

fn unreachable(row: &Row, why: &Nothing) -> Finding {
    let name = row.name();
    let (what, remedy) = match why {
        Nothing::Unresolved(error) => (
            format!("the name of {name} does not resolve: {error}"),
            "correct it, or ask the name server about it",
        ),
        Nothing::Refused => (
            format!("{name} refuses connections: nothing listens there"),
            "start the server, whose log says why it has ended, or correct the address",
        ),
        Nothing::Unconnected => (
            format!("{name} takes no connection within 2 s"),
            "see whether its machine is up, and whether a firewall drops packets in between",
        ),
        Nothing::Silent => (
            format!("{name} takes a connection, and does not answer within 2 s"),
            "see whether its process is stopped or short of memory, or whether the port is not for \
             clients: the quorum and election ports answer nobody",
        ),
        Nothing::Closed => (
            format!("{name} ends the connection without an answer"),
            "see whether the port is for clients, and whether this machine has as many connections \
             there as maxClientCnxns allows",
        ),
        Nothing::Failed(error) => (
            format!("{name} cannot be asked: {error}"),
            "see what is between this machine and the server",
        ),
    };
    Finding::wrong("unreachable", &[row], what, remedy)
}
