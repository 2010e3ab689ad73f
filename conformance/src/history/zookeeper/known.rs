//! Lines of the parts of ZooKeeper that elect: which are known to say nothing of votes, so that the
//! rest can be counted as not understood.

use regex::{Regex, RegexSet};
use std::sync::LazyLock;

/// A part of ZooKeeper that tells of elections.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// It elects.
    FastLeaderElection,
    /// It leads.
    Leader,
    /// It follows or observes.
    Learner,
    /// It connects the servers for elections.
    QuorumCnxManager,
}

impl Part {
    /// The class's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FastLeaderElection => "FastLeaderElection",
            Self::Leader => "Leader",
            Self::Learner => "Learner",
            Self::QuorumCnxManager => "QuorumCnxManager",
        }
    }
}

/// A class where layouts put it: before a line's number, a bracket, a colon or a dash.
static CLASS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"[.:(\[ ](?<part>FastLeaderElection|Leader|Learner|QuorumCnxManager)(?:\$\w+)*(?:[@\])":]| +(?:[-:\[]|\w+=))"#,
    )
    .expect("a constant")
});

/// What these parts say beside votes, in the words of 3.4 to 3.9.
static KNOWN: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"zookeeper\.[\w.]+ ?= ?",
        r"LEADER ELECTION TOOK",
        r"TCP NoDelay set to|leaderConnectDelayDuringRetryMs|Election port bind maximum",
        r"Successfully connected to leader|Learner received (?:NEWLEADER|UPTODATE)",
        r"Getting a (?:diff|snapshot) from|Truncating log to|Snapshotting",
        r"Dynamic reconfig|Designated leader is|Oracle indicates|Configuring CommitProcessor",
        r"Unexpected exception|Exception |Disconnected from leader|shutdown (?:Follower|called)",
        r"[Ss]hutting down|Shutdown called|Unregistering|Revalidating|Got zxid|Committ?ing",
        r"Received connection request|Have smaller server id|Cannot open channel|Connection broken",
        r"Interrupt|Send worker leaving|accepting connections|Listener (?:is|thread)",
        r"[Mm]y election bind port|There is a connection already",
        r"Creating TLS|Using TLS|Accepted TLS|Resolved|Leaving listener",
        r"Backward compatibility mode|WorkerReceiver is down|WorkerSender is down|FLE is down",
        r"Receive new notification message|Adding vote: |id: -?\d+, proposed id: |I am an? \w+: \d",
        r"Updating proposal: |Sending new notification|About to leave FLE|Number of connection",
        r"Follower sid: |Received NEWLEADER-ACK|Server is (?:going|shutting)",
        r"Ignoring (?:notification|p)",
        r"Address of remote peer|Opening channel|Connected to server|First is 0x|not first!",
        r"Notification election epoch is smaller than|Notification time out: |Received version: ",
        r"processReconfig\(\)|Something went wrong while processing config|Got a short response from",
        r"Skipping the processing of a partial|Failed to register with JMX|Notification state unrec",
        r"handling of (?:the )?connection request|startConnection |Have larger server id",
        r"(?:Send|Recv)Worker thread|Condition: |Queue size: |Halting listener|Closing listener",
    ])
    .expect("constants")
});

/// The part that a line is from, if it says something that is not known.
#[must_use]
pub fn part(text: &str) -> Option<Part> {
    let names_one = ["Leader", "Learner", "Quorum"]
        .iter()
        .any(|it| text.contains(it));
    let found = names_one.then(|| CLASS.captures(text))??;
    if text.trim_start().starts_with("at ") || KNOWN.is_match(text) {
        return None;
    }
    Some(match &found["part"] {
        "FastLeaderElection" => Part::FastLeaderElection,
        "Leader" => Part::Leader,
        "Learner" => Part::Learner,
        _ => Part::QuorumCnxManager,
    })
}
