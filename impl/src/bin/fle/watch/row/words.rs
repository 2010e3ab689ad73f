//! The replies to four-letter words.
//!
//! Source: `ServerStats.toString`, `MonitorCommand`, `ConfCommand` of 3.8.0; older servers answer
//! the same lines.

use super::{Kind, Members, Row, State, members, version};
use crate::watch::answer::Words;
use fle::Zxid;

const NOT_SERVING: &str = "This ZooKeeper instance is not currently serving requests";
const REFUSAL: &str = "is not executed because it is not in the whitelist.";

impl Row {
    pub(super) fn take_words(&mut self, words: &Words) {
        self.kind = Some(Kind::ZooKeeper);
        let Words { srvr, mntr, conf } = words;
        let replies = [("srvr", srvr), ("mntr", mntr), ("conf", conf)];
        let refused = replies
            .iter()
            .filter(|(_, reply)| reply.trim_end().ends_with(REFUSAL));
        self.refused = refused.map(|(word, _)| *word).collect();
        if replies
            .iter()
            .any(|(_, reply)| reply.starts_with(NOT_SERVING))
        {
            // Whatever the others say is of a moment before or after.
            self.state = State::NotServing;
            return;
        }
        self.take_conf(conf);
        self.take_mntr(mntr);
        self.take_srvr(srvr);
    }

    fn take_srvr(&mut self, srvr: &str) {
        let value = |key: &str| field(srvr, key, ": ");
        if let Some(text) = value("Zookeeper version") {
            self.version = version(text);
        }
        let zxid = value("Zxid").and_then(|text| text.strip_prefix("0x"));
        let zxid = zxid.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        self.zxid = zxid.map(|bits| Zxid(bits.cast_signed()));
        self.take_mode(value("Mode").unwrap_or_default());
    }

    fn take_mntr(&mut self, mntr: &str) {
        let number = |key: &str| -> Option<u64> {
            // Some releases write every number with a fraction.
            let whole = field(mntr, key, "\t")?.split('.').next()?;
            whole.parse().ok()
        };
        self.version = field(mntr, "zk_version", "\t").and_then(version);
        let followers = number("zk_synced_followers");
        let others = number("zk_synced_non_voting_followers").unwrap_or_default();
        self.synced = followers.map(|all| all.saturating_sub(others));
        self.voters = number("zk_quorum_size");
        self.take_mode(field(mntr, "zk_server_state", "\t").unwrap_or_default());
    }

    fn take_conf(&mut self, conf: &str) {
        self.sid = field(conf, "serverId", "=").and_then(|id| id.parse().ok());
        let ensemble = conf.split_once("\nmembership:").map(|(_, lines)| lines);
        self.members = ensemble.and_then(members).map(|config| Members {
            config,
            is_whole: true,
        });
    }
}

/// What stands behind a key and its separator at the beginning of a line.
fn field<'a>(text: &'a str, key: &str, separator: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(key)?.strip_prefix(separator);
    text.lines().find_map(value).map(str::trim)
}
