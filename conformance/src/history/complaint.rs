//! What servers complain of: the vocabulary in which the answer to "why was there no leader?" is
//! given, whoever said it and in whatever words.
//!
//! A complaint says no more than its line does. What it means for the ensemble is the business of
//! [`outage`](super::outage); what is to be done about each kind of trouble is said here, beside
//! the trouble.

mod remedy;

use super::event::Place;
use fle::Sid;
use jiff::Timestamp;
use serde::Serialize;

/// A longer text than this tells an operator no more.
const LONGEST_TEXT: usize = 400;

/// A line in which a server says that something is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// Where it stands.
    pub at: Place,
    /// When it was said, by the server's own clock.
    pub time: Option<Timestamp>,
    /// What is wrong.
    pub grievance: Grievance,
    /// The line itself, with what its exception says, cut and without control characters.
    pub text: String,
}

/// What is wrong, with whom, and for which reason, as far as a line tells.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Grievance {
    /// What is wrong.
    pub trouble: Trouble,
    /// The other server that it is about.
    pub peer: Option<Sid>,
    /// The address that it is about.
    pub address: Option<String>,
    /// What the system or the exception says.
    pub reason: Option<Reason>,
}

/// Kinds of trouble: those that explain most come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The disk has no room.
    DiskFull,
    /// The process has no memory.
    OutOfMemory,
    /// The process may open no more files or connections.
    TooManyFiles,
    /// The data directory may not be read or written.
    NoAccess,
    /// The files that keep the epochs contradict one another or the data.
    EpochFiles,
    /// The database cannot be loaded.
    DataBroken,
    /// The server's id is missing from its configuration.
    NotInConfiguration,
    /// The configuration cannot be used.
    BadConfiguration,
    /// Another server uses this one's id.
    OwnId,
    /// Two servers use the same id.
    SameId,
    /// A server that the configuration does not know.
    UnknownServer,
    /// The port for elections or for followers cannot be listened on.
    CannotListen,
    /// The server does not take part in elections any more.
    LeftElections,
    /// A certificate has expired.
    Expired,
    /// A server does not prove who it is.
    Unauthenticated,
    /// Somebody speaks another protocol or version.
    WrongProtocol,
    /// A leader's epoch is below one that a follower has accepted.
    EpochTooLow,
    /// The process exited.
    Exits,
    /// Another server cannot be connected with for elections.
    Unreachable,
    /// The leader cannot be connected with, or not in time.
    LeaderUnreachable,
    /// A leader was elected, and no quorum joined it in time.
    NotEstablished,
    /// The process stood still.
    Paused,
    /// The disk was slow.
    SlowDisk,
    /// The counter of transactions ran over, which a new epoch cures.
    RolledOver,
    /// The voters of a leader look for another.
    VotersLook,
    /// Too few servers follow a leader.
    TooFewFollowers,
    /// The connection to the leader ended.
    LeaderLost,
    /// The server does not know what it has promised.
    PastUnknown,
}

/// What the system says of a connection, a port or a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nobody listens there.
    Refused,
    /// The name means no address.
    UnknownHost,
    /// No network leads there.
    NoRoute,
    /// No answer came in time.
    TimedOut,
    /// The other side ended the connection.
    Closed,
    /// No encrypted connection came about.
    Tls,
    /// Another process listens there.
    InUse,
    /// The address is none of this machine's.
    NotHere,
}

impl Reason {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::UnknownHost => "unknown host",
            Self::NoRoute => "no route to it",
            Self::TimedOut => "timed out",
            Self::Closed => "the other side closed the connection",
            Self::Tls => "the TLS handshake failed",
            Self::InUse => "address already in use",
            Self::NotHere => "the address is none of this machine's",
        }
    }
}

impl Trouble {
    /// Whether it is about the server that complains: several that complain alike have a trouble
    /// each, and not one together.
    #[must_use]
    pub fn is_own(self) -> bool {
        !matches!(
            self,
            Self::SameId
                | Self::UnknownServer
                | Self::WrongProtocol
                | Self::Unreachable
                | Self::LeaderUnreachable
                | Self::LeaderLost
        )
    }

    /// Whether it is about the machine or the process, whichever part of the server says so.
    #[must_use]
    pub fn is_of_machine(self) -> bool {
        matches!(
            self,
            Self::DiskFull
                | Self::OutOfMemory
                | Self::TooManyFiles
                | Self::Paused
                | Self::SlowDisk
                | Self::Exits
        )
    }

    /// Whether the system's reason says more of it: it is about a connection or a port.
    #[must_use]
    pub fn has_reason(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::LeaderUnreachable | Self::LeaderLost | Self::CannotListen
        )
    }
}

impl Complaint {
    /// Adds what the exception says that follows the line: the reason, or a trouble that explains
    /// more than the line's own.
    pub fn goes_on(&mut self, exception: &str, more: Option<Grievance>, reason: Option<Reason>) {
        let own = &mut self.grievance;
        if let Some(more) = more.filter(|it| it.trouble < own.trouble) {
            *own = Grievance {
                trouble: more.trouble,
                peer: more.peer.or(own.peer),
                address: more.address.or(own.address.take()),
                reason: own.reason,
            };
        }
        own.reason = own.reason.or(reason).filter(|_| own.trouble.has_reason());
        self.text = Self::shown(&format!("{} {}", self.text, exception.trim()));
    }

    /// A line's text as it may be shown: one line, no control characters, not too long.
    #[must_use]
    pub fn shown(text: &str) -> String {
        let shown = |it: char| if it.is_control() { '\u{fffd}' } else { it };
        text.trim().chars().take(LONGEST_TEXT).map(shown).collect()
    }
}
