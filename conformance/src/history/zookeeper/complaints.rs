//! What ZooKeeper's servers complain of: the words of 3.4 to 3.9, and of the exceptions that
//! follow them on lines of their own.
//!
//! Words alone are no complaint: clients choose the names of nodes, and come with certificates of
//! their own. So the line has to be a warning or an error where it tells its level ([`TOLD`] are
//! the exceptions), and of what the classes that serve clients say only counts what is about the
//! machine.

use crate::history::complaint::{Grievance, Reason, Trouble};
use fle::Sid;
use regex::{Captures, Regex, RegexSet};
use std::sync::LazyLock;

/// In the order in which a line is held against them: what says more comes first.
const TROUBLES: &[(Trouble, &str)] = {
    use Trouble::*;
    &[
        (
            DiskFull,
            r"(?:^|: |\()(?:No space left on device|Disk quota exceeded)(?:$|[\s)])",
        ),
        (OutOfMemory, r"\bOutOfMemoryError\b"),
        (TooManyFiles, r"Too many open files"),
        (
            Expired,
            r"CertificateExpiredException|certificate (?:has |is )?expired|certificate_expired",
        ),
        (
            Unauthenticated,
            r"Server failed to authenticate quorum learner|Authentication failure:|SaslException\b",
        ),
        (
            Unreachable,
            r"Cannot open (?:secure )?channel to (?<sid>-?\d+) at election address (?<address>[^\s,]+)",
        ),
        (
            LeaderUnreachable,
            r"Unexpected exception, (?:tries=|retries exceeded|connectToLeader exceeded).*? connecting to (?<address>[^\s,]+)",
        ),
        (
            LeaderLost,
            r"Exception when (?:following|observing) the leader",
        ),
        (TooFewFollowers, r"Not sufficient followers synced"),
        (
            NotEstablished,
            r"Waiting for a quorum of followers, only synced with",
        ),
        (
            NotEstablished,
            r"Timeout while waiting for (?:epoch|NEWLEADER)",
        ),
        (
            CannotListen,
            r"Exception while listening(?: to address (?<address>[^\s,]+))?",
        ),
        (CannotListen, r"Couldn't bind to (?<address>[^\s,]+)"),
        (
            LeftElections,
            r"I won't be able to participate in leader election any longer",
        ),
        (
            OwnId,
            r"We got a connection request from a server with our own ID",
        ),
        (
            NotInConfiguration,
            r"My id (?<sid>-?\d+) not in the peer list",
        ),
        (BadConfiguration, r"Invalid config, exiting abnormally"),
        (BadConfiguration, r"\bConfigException\b"),
        (UnknownServer, r"Invalid server id: (?<sid>-?\d+)"),
        (
            UnknownServer,
            r"Couldn't find the leader with id = (?<sid>-?\d+)",
        ),
        (
            UnknownServer,
            r"Ignoring notification for non-cluster member sid (?<sid>-?\d+)",
        ),
        (
            UnknownServer,
            r"Ignoring notification for sid -?\d+ from non-quorum member sid (?<sid>-?\d+)",
        ),
        (
            EpochTooLow,
            r"Leaders epoch, \d+ is less than accepted epoch|Epoch of leader is lower",
        ),
        (
            EpochTooLow,
            r"Proposed leader epoch \w+ is less than our accepted epoch",
        ),
        (EpochTooLow, r"Follower is ahead of the leader"),
        (
            EpochFiles,
            r"The (?:current|accepted) epoch, \w+,? is (?:older than the last zxid|less than the current epoch)",
        ),
        (
            DataBroken,
            r"Unable to load database on disk|CRC check failed",
        ),
        (DataBroken, r"No snapshot found, but there are log entries"),
        (
            DataBroken,
            r"Not able to truncate the log|No valid snapshots? found",
        ),
        (
            NoAccess,
            r"\(Permission denied\)|AccessDeniedException|(?:: |\()Read-only file system",
        ),
        (
            NoAccess,
            r"Unable to access datadir|Cannot write to data directory",
        ),
        (
            WrongProtocol,
            r"Got unrecognized protocol version|Initial message parsing error",
        ),
        (
            WrongProtocol,
            r"Unreasonable buffer length|Badly formed address|Unreasonable length = ",
        ),
        (
            WrongProtocol,
            r"is not FOLLOWERINFO or OBSERVERINFO|Received packet with invalid packet",
        ),
        (WrongProtocol, r"Got a short response from server"),
        (Paused, r"Detected pause in JVM or host machine"),
        (
            SlowDisk,
            r"fsync-ing the write ahead log in \S+ took \d+ ?ms",
        ),
        (RolledOver, r"zxid lower 32 bits have rolled over"),
        (VotersLook, r"Quit leading due to voter changed mind"),
        (
            Exits,
            r"Exiting JVM with code|Severe unrecoverable error, from thread",
        ),
    ]
};

/// What exceptions say of the reason.
const REASONS: &[(Reason, &str)] = &[
    (Reason::Refused, r"Connection refused"),
    (
        Reason::UnknownHost,
        r"UnknownHostException|Name or service not known|/<unresolved>",
    ),
    (
        Reason::UnknownHost,
        r"Unresolved address|UnresolvedAddressException",
    ),
    (
        Reason::NoRoute,
        r"NoRouteToHostException|No route to host|Network is unreachable|Host is unreachable",
    ),
    (
        Reason::TimedOut,
        r"SocketTimeoutException|timed out|Timeout while waiting",
    ),
    (
        Reason::Tls,
        r"SSL(?:Handshake)?Exception|CertificateException",
    ),
    (Reason::InUse, r"Address already in use"),
    (Reason::NotHere, r"Cannot assign requested address"),
    (
        Reason::Closed,
        r"EOFException|Connection reset|Broken pipe|Socket closed",
    ),
];

/// The patterns in a set, which finds the first that fits, and each by itself.
struct Table<T> {
    set: RegexSet,
    rows: Vec<(T, Regex)>,
}

impl<T: Copy> Table<T> {
    fn new(rows: &[(T, &str)]) -> Self {
        let compile = |it: &str| Regex::new(it).expect("the patterns are constants");
        Self {
            set: RegexSet::new(rows.iter().map(|row| row.1)).expect("each compiles by itself"),
            rows: rows.iter().map(|row| (row.0, compile(row.1))).collect(),
        }
    }

    fn find<'t>(&self, text: &'t str) -> Option<(T, Captures<'t>)> {
        let first = self.set.matches(text).into_iter().next()?;
        let (what, pattern) = &self.rows[first];
        Some((*what, pattern.captures(text)?))
    }
}

/// Why a leader stops is told below the level of a warning.
const TOLD: &str = "Shutdown called. For the reason";

/// Whether what is said below this line, or in it, may be a complaint.
fn may_complain(head: &str) -> bool {
    static LEVEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i:\blevel=(?<key>\w+))|\b(?<word>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|SEVERE|FATAL)\b",
        )
        .expect("a constant")
    });
    let level = LEVEL.captures(head);
    let level = level.and_then(|it| it.name("key").or(it.name("word")));
    let is_low = level.is_some_and(|it| {
        let low = ["trace", "debug", "info", "notice"];
        low.iter().any(|low| it.as_str().eq_ignore_ascii_case(low))
    });
    !is_low || head.contains(TOLD)
}

/// Whether the line is by a part that serves clients.
fn is_of_clients(head: &str) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\b(?:N(?:IO|etty)ServerCnxn|ServerCnxn|ClientCnxn|nioEventLoopGroup|NIOWorkerThread|SaslServerCallback|ZooKeeperSaslServer|X509Auth|PrepRequestProcessor|AdminServer|jetty)",
        )
        .expect("a constant")
    });
    CLASS.is_match(head)
}

/// What a line complains of. Level and class are told by `head`: the line itself, or the one that
/// it goes on with.
pub(in crate::history) fn complaint(head: &str, text: &str) -> Option<Grievance> {
    static TABLE: LazyLock<Table<Trouble>> = LazyLock::new(|| Table::new(TROUBLES));
    let (trouble, found) = TABLE.find(text)?;
    if !may_complain(head) || is_of_clients(head) && !trouble.is_of_machine() {
        return None;
    }
    Some(Grievance {
        trouble,
        peer: found
            .name("sid")
            .and_then(|it| it.as_str().parse().ok())
            .map(Sid),
        address: found.name("address").map(|it| it.as_str().to_owned()),
        reason: reason(text),
    })
}

/// The reason that a text gives.
pub(in crate::history) fn reason(text: &str) -> Option<Reason> {
    static TABLE: LazyLock<Table<Reason>> = LazyLock::new(|| Table::new(REASONS));
    Some(TABLE.find(text)?.0)
}

/// Whether a line goes on with the exception of the line before it: `java.net.ConnectException:
/// Connection refused`, perhaps behind what passed it on, but never behind a level.
pub(in crate::history) fn is_exception(text: &str) -> bool {
    static EXCEPTION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|\s)(?:javax?|sun|org|com|io)\.[\w.$]+(?:Exception|Error)(?:: |\s*$)")
            .expect("a constant")
    });
    static LEVEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b").expect("a constant")
    });
    let may_be = text.contains("Exception") || text.contains("Error");
    may_be && EXCEPTION.is_match(text) && !LEVEL.is_match(text)
}
