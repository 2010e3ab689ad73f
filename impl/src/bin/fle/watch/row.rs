//! What is known of the server at one address: an [`Answer`] understood.
//!
//! # Invariants
//! - What a peer said is a number, an enumeration, a parsed configuration, or [`shown`]: escaped
//!   and cut. Nothing else of it is kept.
//! - Who a server is may be remembered ([`Row::remembering`]); how it is, never.

mod web;
mod words;

use super::address::Address;
use super::answer::{Answer, Nothing};
use fle::Zxid;
use fle::config::{DynamicConfig, LearnerType, Rules, printable};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// A server, as it has just answered.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) address: Address,
    /// Where it has been reached.
    pub(super) socket: Option<SocketAddr>,
    pub(super) kind: Option<Kind>,
    pub(super) version: Option<String>,
    pub(super) sid: Option<i64>,
    pub(super) state: State,
    /// The leader that it names.
    pub(super) leader: Option<i64>,
    /// Of the established leader that it follows or is.
    pub(super) epoch: Option<i64>,
    /// Its last transaction, of a ZooKeeper server.
    pub(super) zxid: Option<Zxid>,
    /// How many voters follow it and are synchronized.
    pub(super) synced: Option<u64>,
    /// How many voters its ensemble has.
    pub(super) voters: Option<u64>,
    pub(super) members: Option<Members>,
    /// The four-letter words that it does not allow.
    pub(super) refused: Vec<&'static str>,
    /// The servers that it cannot reach, and why, as it says.
    pub(super) cut_off: BTreeMap<i64, String>,
    /// What somebody should look at, as the server says.
    pub(super) notes: Vec<String>,
    /// Whether it leads, and its lease is over.
    pub(super) lease_is_over: bool,
}

/// What kind of server, and which of its sides is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    ZooKeeper,
    AdminServer,
    Fle,
}

/// How a server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    Looking,
    /// It has chosen a leader, which is not established.
    Establishing,
    Following,
    Leading,
    Observing,
    Standalone,
    /// Without a quorum; it answers reads.
    ReadOnly,
    /// ZooKeeper looks for a leader, or waits for the one that it has chosen.
    NotServing,
    /// fle has not started yet.
    Starting,
    /// A ZooKeeper server that may not say how it is.
    Untold,
    Tls,
    /// How what he says begins.
    Stranger(String),
    Unreachable(Nothing),
}

/// The ensemble, as a server's configuration has it.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub(super) config: DynamicConfig,
    /// Whether observers and the version are in it; the AdminServer names voters only.
    pub(super) is_whole: bool,
}

/// How much of a text is shown.
const LONGEST: usize = 100;

/// A peer's text, fit to be shown: its first line, escaped and cut.
pub(super) fn shown(text: &str) -> String {
    shown_up_to(text, LONGEST)
}

/// The same with another length.
pub(super) fn shown_up_to(text: &str, longest: usize) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end();
    let beginning: String = line.chars().take(longest).collect();
    let more = if beginning.len() < line.len() {
        "…"
    } else {
        ""
    };
    printable(&beginning) + more
}

/// The number at the beginning of a version, as in `3.8.0-…, built on …`.
fn version(text: &str) -> Option<String> {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '.';
    let number: String = text.chars().take_while(is_part).take(12).collect();
    (!number.is_empty()).then_some(number)
}

/// An ensemble, whatever it may be like.
fn members(text: &str) -> Option<DynamicConfig> {
    let lenient = Rules {
        multi_address: true,
        standalone_enabled: false,
    };
    DynamicConfig::parse(text, lenient).ok()
}

impl Row {
    pub(super) fn of(address: Address, socket: Option<SocketAddr>, answer: &Answer) -> Self {
        let mut row = Self::new(address, socket);
        match answer {
            Answer::Words(words) => row.take_words(words),
            Answer::Admin(commands) => row.take_commands(commands),
            Answer::Fle(report) => row.take_report(report),
            Answer::Starting => {
                row.kind = Some(Kind::Fle);
                row.state = State::Starting;
            }
            Answer::Tls => row.state = State::Tls,
            Answer::Stranger(text) => row.state = State::Stranger(shown(text)),
            Answer::Nothing(why) => {
                row.state = State::Unreachable(match why {
                    Nothing::Unresolved(text) => Nothing::Unresolved(shown(text)),
                    Nothing::Failed(text) => Nothing::Failed(shown(text)),
                    why => why.clone(),
                });
            }
        }
        row
    }

    fn new(address: Address, socket: Option<SocketAddr>) -> Self {
        Self {
            address,
            socket,
            kind: None,
            version: None,
            sid: None,
            state: State::Untold,
            leader: None,
            epoch: None,
            zxid: None,
            synced: None,
            voters: None,
            members: None,
            refused: Vec::new(),
            cut_off: BTreeMap::new(),
            notes: Vec::new(),
            lease_is_over: false,
        }
    }

    /// The state that ZooKeeper's word for it stands for, and what follows from that.
    fn take_mode(&mut self, mode: &str) {
        self.state = match mode {
            "leader" => State::Leading,
            "follower" => State::Following,
            "observer" => State::Observing,
            "standalone" => State::Standalone,
            "read-only" => State::ReadOnly,
            _ => return,
        };
        if self.state == State::Leading {
            // A leader begins its epoch with a zxid of it.
            self.epoch = self.zxid.map(|zxid| zxid.0 >> 32);
        }
        if self.state == State::Standalone {
            // It has no id, and calls it 0.
            self.sid = None;
        }
    }

    /// The same, and who the server was when it last said so, if it does not say now.
    pub(super) fn remembering(mut self, before: &Self) -> Self {
        if !matches!(self.state, State::Unreachable(_) | State::NotServing) {
            return self;
        }
        let is_same_kind = self.kind.is_none() || self.kind == before.kind;
        if is_same_kind {
            self.kind = before.kind;
            self.version.clone_from(&before.version);
            self.sid = before.sid;
            self.voters = before.voters;
            self.members.clone_from(&before.members);
        }
        self
    }

    /// Whether a ZooKeeper or fle server answers.
    pub(super) fn answers(&self) -> bool {
        !matches!(
            self.state,
            State::Tls | State::Stranger(_) | State::Unreachable(_)
        )
    }

    /// Whether it leads or is led.
    pub(super) fn serves(&self) -> bool {
        matches!(
            self.state,
            State::Leading | State::Following | State::Observing
        )
    }

    /// The ensemble that it names, unless that is a memory.
    pub(super) fn current_members(&self) -> Option<&Members> {
        let says_now = self.answers() && self.state != State::NotServing;
        self.members.as_ref().filter(|_| says_now)
    }

    /// How many vote in its ensemble, by its own count or by its configuration.
    pub(super) fn voter_count(&self) -> Option<u64> {
        let named = self
            .members
            .as_ref()
            .map(|members| members.voters().count());
        self.voters.or_else(|| u64::try_from(named?).ok())
    }

    /// Its epoch and how many transactions it has in it, of a ZooKeeper server.
    pub(super) fn transactions(&self) -> Option<(i64, i64)> {
        self.zxid.map(|zxid| (zxid.0 >> 32, zxid.0 & 0xffff_ffff))
    }

    /// Server and address, for a sentence.
    pub(super) fn name(&self) -> String {
        match self.sid {
            Some(sid) => format!("server {sid} ({})", self.address),
            None => self.address.to_string(),
        }
    }
}

impl Members {
    /// The ids of those who vote.
    pub(super) fn voters(&self) -> impl Iterator<Item = i64> {
        let servers = self.config.servers();
        servers
            .filter(|server| server.learner_type() == LearnerType::Participant)
            .map(|server| server.sid().0)
    }
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ZooKeeper => "ZooKeeper",
            Self::AdminServer => "AdminServer",
            Self::Fle => "fle",
        }
    }
}

impl State {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Looking => "looking",
            Self::Establishing => "establishing",
            Self::Following => "following",
            Self::Leading => "leading",
            Self::Observing => "observing",
            Self::Standalone => "standalone",
            Self::ReadOnly => "read-only",
            Self::NotServing => "not serving",
            Self::Starting => "starting",
            Self::Untold => "not told",
            Self::Tls => "TLS only",
            Self::Stranger(_) => "something else",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

#[cfg(test)]
mod tests;
