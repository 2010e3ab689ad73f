//! What comes as JSON: the AdminServer's commands, and the report of `fle serve`.
//!
//! Source: `org.apache.zookeeper.server.admin.Commands` of 3.8.0.

use super::{Kind, Members, Row, State, members, shown, shown_up_to, version};
use crate::report::{Report, Standing};
use crate::watch::answer::Commands;
use fle::Zxid;
use serde_json::Value;
use std::fmt::Write;

/// How many notes of a server are shown, and how much of each.
const NOTES: usize = 5;
const LONGEST: usize = 300;

/// More than an ensemble has servers.
const PEERS: usize = 1000;

impl Row {
    pub(super) fn take_commands(&mut self, commands: &Commands) {
        self.kind = Some(Kind::AdminServer);
        let Commands {
            server_stats,
            monitor,
            configuration,
            leader,
            voting_view,
        } = commands;
        if !server_stats["error"].is_null() {
            self.state = State::NotServing;
            return;
        }
        let stats = &server_stats["server_stats"];
        self.version = server_stats["version"].as_str().and_then(version);
        self.sid = configuration["server_id"].as_i64();
        self.zxid = stats["last_processed_zxid"].as_i64().map(Zxid);
        self.leader = leader["leader_id"].as_i64();
        let others = monitor["synced_non_voting_followers"].as_u64();
        let followers = monitor["synced_followers"].as_u64();
        self.synced = followers.map(|all| all.saturating_sub(others.unwrap_or_default()));
        self.voters = monitor["quorum_size"].as_u64();
        self.members = voters(&voting_view["current_config"]).map(|config| Members {
            config,
            is_whole: false,
        });
        self.take_mode(stats["server_state"].as_str().unwrap_or_default());
    }

    pub(super) fn take_report(&mut self, report: &Report) {
        self.kind = Some(Kind::Fle);
        self.version = report.version.as_deref().and_then(version);
        self.sid = Some(report.sid);
        self.state = match (report.standing, report.leader) {
            (Standing::Following, _) => State::Following,
            (Standing::Leading, _) => State::Leading,
            (Standing::Observing, _) => State::Observing,
            (Standing::Electing, Some(_)) => State::Establishing,
            (Standing::Electing, None) => State::Looking,
        };
        self.leader = report.leader;
        self.epoch = report.established_epoch;
        let ensemble = report.ensemble.as_deref();
        self.members = ensemble.and_then(members).map(|config| Members {
            config,
            is_whole: true,
        });
        let cut_off = report.unreachable().take(PEERS);
        self.cut_off = cut_off.map(|(sid, why)| (sid, shown(why))).collect();
        let notes = report.notes.iter().take(NOTES);
        self.notes = notes.map(|note| shown_up_to(note, LONGEST)).collect();
        self.lease_is_over = report.lease_ms == Some(0);
    }
}

/// The voters of an ensemble, as lines of a configuration.
fn voters(current: &Value) -> Option<super::DynamicConfig> {
    let mut text = String::new();
    for (sid, server) in current.as_object()? {
        let sockets = |key: &str| server[key].as_array().into_iter().flatten();
        let elections =
            sockets("election_addresses").filter_map(|it| it.as_str()?.rsplit(':').next());
        let quorum = sockets("server_addresses").filter_map(Value::as_str);
        let addresses: Vec<String> = quorum
            .zip(elections)
            .map(|(quorum, port)| format!("{quorum}:{port}"))
            .collect();
        let _ = write!(text, "server.{sid}={}", addresses.join("|"));
        let client = server["client_address"].as_str().unwrap_or_default();
        let separator = if client.is_empty() { "" } else { ";" };
        let _ = writeln!(text, "{separator}{client}");
    }
    members(&text)
}
