//! What this project's own servers complain of: lines of `fle` without an `event`.

use crate::history::complaint::{Grievance, Reason, Trouble};
use crate::history::zookeeper;
use fle::Sid;
use regex::{Regex, RegexSet};
use serde_json::Value;
use std::sync::LazyLock;

/// In the order in which a message is held against them.
const TROUBLES: &[(Trouble, &str)] = {
    use Trouble::*;
    &[
        (Unreachable, r"^cannot reach server -?\d+: "),
        (OwnId, r"connects with this server's own id"),
        (
            SameId,
            r"two servers may have (?:this|its) id|another server may have this one's id",
        ),
        (
            UnknownServer,
            r"^refused server .* which no configuration knows",
        ),
        (WrongProtocol, r"^refused a connection: "),
        (
            NotEstablished,
            r"^looks for a leader again: no quorum established the leader in time",
        ),
        (
            TooFewFollowers,
            r"^looks for a leader again: too few voters follow",
        ),
        (
            VotersLook,
            r"^looks for a leader again: too many of its voters look",
        ),
        (
            EpochTooLow,
            r"^looks for a leader again: (?:the leader proposes an epoch|a voter that is needed)",
        ),
        (
            LeaderUnreachable,
            r"^looks for a leader again: .*; cannot connect to the leader: ",
        ),
        (
            LeaderLost,
            r"^looks for a leader again: the leader (?:is not connected|has been silent|has given)",
        ),
        (EpochFiles, r"one of the two has a wrong epoch file"),
        (
            PastUnknown,
            r"^cannot know what it has promised|does not know what it has promised",
        ),
        (DiskFull, r"No space left on device"),
        (NoAccess, r"^cannot promise anything"),
        (CannotListen, r"^cannot listen on "),
    ]
};

/// Whether the object is a line of this project's program.
pub(in crate::history) fn is_program(object: &&Value) -> bool {
    let target = object.get("target").and_then(Value::as_str);
    target.is_some_and(|it| it == "fle" || it.starts_with("fle::"))
}

/// The server that an object names as its own.
pub(in crate::history) fn speaker(object: Option<&Value>) -> Option<i64> {
    number(object?, "sid")
}

/// What an object complains of.
pub(in crate::history) fn complaint(object: &Value) -> Option<Grievance> {
    static TABLE: LazyLock<RegexSet> = LazyLock::new(|| {
        RegexSet::new(TROUBLES.iter().map(|it| it.1)).expect("the patterns are constants")
    });
    let message = object.get("message")?.as_str()?;
    let error = object.get("error").and_then(Value::as_str);
    let full = error.is_some_and(|it| it.contains("No space left on device"));
    let first = TABLE.matches(message).into_iter().next()?;
    let silent = message
        .contains("has been silent")
        .then_some(Reason::TimedOut);
    Some(Grievance {
        trouble: if full {
            Trouble::DiskFull
        } else {
            TROUBLES[first].0
        },
        peer: number(object, "peer").map(Sid),
        address: address(message),
        reason: silent.or_else(|| zookeeper::reason(message)),
    })
}

/// A number, or its digits in a string as `tracing` writes what is displayed.
fn number(object: &Value, key: &str) -> Option<i64> {
    let value = object.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The address that a message names behind a server.
fn address(message: &str) -> Option<String> {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bat (?<address>\[?[\w.:-]+\]?:\d+)\b").expect("a constant"));
    Some(ADDRESS.captures(message)?["address"].to_owned())
}
