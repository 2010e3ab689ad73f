//! How configurations differ, whom they name that was not asked, and what they allow to be told.

use super::finding::{Finding, listed, names};
use crate::watch::row::{Members, Row, shown_up_to};
use fle::config::{LearnerType, ServerSpec};
use std::collections::{BTreeMap, BTreeSet};

/// How many differences are told.
const TOLD: usize = 10;

/// How much of a line is told.
const LONGEST: usize = 120;

pub(super) fn findings(rows: &[Row]) -> Vec<Finding> {
    let mut found = differences(rows);
    found.extend(not_asked(rows));
    found.extend(not_allowed(rows));
    found
}

/// A sentence for each line in which a server differs from the first that tells its configuration.
fn differences(rows: &[Row]) -> Vec<Finding> {
    let mut told = rows
        .iter()
        .filter_map(|row| Some((row, row.current_members()?)));
    let Some((first, reference)) = told.next() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (row, members) in told {
        for (key, there, here) in differing(reference, members) {
            let both = || there.iter().chain(&here);
            let owns = |row: &Row| row.sid.is_some_and(|sid| key == format!("server.{sid}"));
            // A server may listen on every address of its machine.
            if (owns(first) || owns(row)) && both().any(|value| is_wildcard(value)) {
                continue;
            }
            let value = |value: Option<String>| match value {
                Some(value) => shown_up_to(&value, LONGEST),
                None => "not there".to_owned(),
            };
            found.push(Finding::wrong(
                "different configurations",
                &[first, row],
                format!(
                    "{key} is {} for {}, and {} for {}",
                    value(here),
                    row.name(),
                    value(there),
                    first.name()
                ),
                "write the same on every server, and restart those that have it wrong",
            ));
        }
    }
    found.truncate(TOLD);
    found
}

fn is_wildcard(value: &str) -> bool {
    ["0.0.0.0:", "[0:0:0:0:0:0:0:0]:"]
        .iter()
        .any(|host| value.starts_with(host))
}

/// The lines that differ, as key and both values.
fn differing(one: &Members, other: &Members) -> Vec<(String, Option<String>, Option<String>)> {
    let are_whole = one.is_whole && other.is_whole;
    let (mine, theirs) = (lines(one, are_whole), lines(other, are_whole));
    let keys: BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
    let values = keys
        .into_iter()
        .map(|key| (key, mine.get(key), theirs.get(key)));
    values
        .filter(|(_, mine, theirs)| mine != theirs)
        .map(|(key, mine, theirs)| (key.clone(), mine.cloned(), theirs.cloned()))
        .collect()
}

/// What servers must agree about, by key: everything but where their clients connect; voters alone
/// where one of both tells no more.
fn lines(members: &Members, are_whole: bool) -> BTreeMap<String, String> {
    let text = members.config.to_string();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let among_servers = |value: &str| value.split(';').next().unwrap_or_default().to_owned();
    lines
        .map(|(key, value)| (key.to_owned(), among_servers(value)))
        .filter(|(key, value)| {
            are_whole || key.starts_with("server.") && value.ends_with(":participant")
        })
        .collect()
}

/// Servers that a configuration names and nobody asks.
fn not_asked(rows: &[Row]) -> Option<Finding> {
    let (teller, members) = rows
        .iter()
        .find_map(|row| Some((row, row.current_members()?)))?;
    let is_asked = |server: &ServerSpec| rows.iter().any(|row| is_that(row, server));
    let servers: Vec<&ServerSpec> = members.config.servers().collect();
    let missing: Vec<&ServerSpec> = servers
        .iter()
        .copied()
        .filter(|server| !is_asked(server))
        .collect();
    // Each of the rest may be one of the missing.
    let nameless = rows
        .iter()
        .filter(|row| row.sid.is_none() && !servers.iter().any(|server| is_that(row, server)));
    let surely = missing.len().saturating_sub(nameless.count());
    if surely == 0 {
        return None;
    }
    let named: Vec<String> = missing.iter().map(|server| place(server)).collect();
    let text = if surely == missing.len() {
        format!(
            "the configuration of {} also names {}",
            teller.name(),
            listed(&named)
        )
    } else {
        format!(
            "the configuration of {} names {surely} more than are asked, of {}",
            teller.name(),
            listed(&named)
        )
    };
    let remedy = "add the address of each to see it, too";
    Some(Finding::hint("not asked", &[teller], text, remedy))
}

/// Whether the row is this server's: by id, or by host where it tells none.
fn is_that(row: &Row, server: &ServerSpec) -> bool {
    let client = server.client_address();
    let at_client_port = client.is_some_and(|client| {
        let host = client.host.to_string();
        row.address.has_host(host.trim_matches(['[', ']'])) && row.address.port == client.port
    });
    let on_host = server.addresses().iter().any(|address| {
        let host = address.host.to_string();
        !address.host.is_loopback() && row.address.has_host(host.trim_matches(['[', ']']))
    });
    match row.sid {
        Some(sid) => sid == server.sid().0,
        None => at_client_port || on_host,
    }
}

/// Who and where: the address for clients if it is known, the host if not.
fn place(server: &ServerSpec) -> String {
    let role = match server.learner_type() {
        LearnerType::Observer => "observer",
        LearnerType::Participant => "server",
    };
    let sid = server.sid();
    let host = server.addresses().first().map(|it| it.host.to_string());
    let host = host.unwrap_or_default();
    let place = match server.client_address() {
        Some(client) if client.host.is_wildcard() => format!("{host}:{}", client.port),
        Some(client) => client.to_string(),
        None => format!("on {host}"),
    };
    format!("{role} {sid} ({})", shown_up_to(&place, LONGEST))
}

/// Four-letter words that would tell more.
fn not_allowed(rows: &[Row]) -> Option<Finding> {
    let refusing: Vec<&Row> = rows.iter().filter(|row| !row.refused.is_empty()).collect();
    let words: BTreeSet<&str> = refusing
        .iter()
        .flat_map(|row| row.refused.clone())
        .collect();
    if words.is_empty() {
        return None;
    }
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    let verb = if refusing.len() == 1 { "does" } else { "do" };
    Some(Finding::hint(
        "not allowed",
        &refusing,
        format!("{} {verb} not allow {}", names(&refusing), listed(&words)),
        "to see ids, configurations and synced followers, write \
         4lw.commands.whitelist=srvr,mntr,conf into zoo.cfg and restart, or give the AdminServer's \
         address (port 8080)",
    ))
}
