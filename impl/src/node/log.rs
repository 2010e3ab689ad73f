//! What a node says of its elections, as `tracing` events with stable names and fields (target
//! `fle`).
//!
//! The order is part of it: an input, then everything that it led to, the decision last.
//! `fle-conformance validate` reads these events, written as JSON, and judges them; its module
//! `history::event` lists the fields.

use super::guard::Refusal;
use crate::config::ConfigVersion;
use crate::election::{Credentials, Finalize, Reachability, Settings, WaitPhase};
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid};
use crate::learner_type::LearnerType;
use crate::notification::{Notification, Received};
use crate::vote::{Generation, ServerState};
use std::net::SocketAddr;
use std::time::Duration;
use tracing::Level;

/// One event: its name, who speaks, more fields, the announcement's fields if there is one, and a
/// sentence.
macro_rules! say {
    ($event:literal, $sid:expr, [$($field:tt)*], $text:literal) => {
        tracing::info!(target: "fle", event = $event, sid = $sid.0, $($field)* $text)
    };
    ($event:literal, $sid:expr, [$($field:tt)*] $told:expr, $text:literal) => {
        say!(tracing::Level::INFO, $event, $sid, [$($field)*] $told, $text)
    };
    ($level:expr, $event:literal, $sid:expr, [$($field:tt)*] $told:expr, $text:literal) => {
        tracing::event!(
            target: "fle",
            $level,
            event = $event,
            sid = $sid.0,
            $($field)*
            state = state_name($told.state),
            leader = $told.proposal.leader.0,
            round = $told.election_epoch.0,
            peer_epoch = $told.proposal.peer_epoch.0,
            zxid = %$told.proposal.zxid,
            $text
        )
    };
}

pub(super) fn started(settings: &Settings, ensemble: &Ensemble, oracle: bool) {
    let role = match settings.learner_type {
        LearnerType::Participant => "PARTICIPANT",
        LearnerType::Observer => "OBSERVER",
    };
    let next = ensemble.last_seen().map(ToString::to_string);
    say!(
        "server.started",
        settings.sid,
        [
            learner_type = role,
            config = &**ensemble.text(),
            last_seen_config = next,
            oracle,
            eager = settings.timing.finalize == Finalize::Eager,
        ],
        "started"
    );
}

pub(super) fn election_started(sid: Sid, credentials: Credentials, own: &Notification) {
    say!("election.started", sid, [
        zxid = %credentials.zxid, peer_epoch = credentials.peer_epoch.0, round = own.election_epoch.0,
    ], "looks for a leader");
}

/// Of strangers only in detail.
pub(super) fn received(
    sid: Sid,
    from: Sid,
    received: &Received<'_>,
    my_state: ServerState,
    level: Level,
) {
    let Some(told) = received.notification else {
        return;
    };
    let version = match received.generation {
        Generation::Unversioned => 0,
        Generation::Versioned => 2,
    };
    macro_rules! say_at {
        ($level:expr) => {
            say!($level, "notification.received", sid, [
                from = from.0, version, my_state = state_name(my_state),
            ] told, "was told a vote")
        };
    }
    if level == Level::INFO {
        say_at!(Level::INFO);
    } else {
        say_at!(Level::DEBUG);
    }
}

/// Likewise.
pub(super) fn sent(sid: Sid, to: Option<Sid>, told: &Notification, level: Level) {
    let to = to.map(|to| to.0);
    if level == Level::INFO {
        say!(Level::INFO, "notification.sent", sid, [to,] told, "tells its vote");
    } else {
        say!(Level::DEBUG, "notification.sent", sid, [to,] told, "tells its vote");
    }
}

/// Once in a while: what peers can cause must not fill the log.
pub(super) fn refused(sid: Sid, peer: Sid, address: Option<SocketAddr>, refusal: &Refusal) {
    let address = address.map(tracing::field::display);
    macro_rules! refuse {
        ($level:ident) => {
            tracing::$level!(
                target: "fle", %sid, %peer, address,
                "does not take from server {peer} {refusal}"
            )
        };
    }
    if refusal.is_ordinary() {
        refuse!(info);
    } else {
        refuse!(warn);
    }
}

pub(super) fn adopted(sid: Sid, peer: Sid, address: Option<SocketAddr>, version: ConfigVersion) {
    let address = address.map(tracing::field::display);
    tracing::warn!(
        target: "fle", %sid, %peer, address, %version,
        "takes configuration {version} over, which server {peer} told it"
    );
}

pub(super) fn shuns(sid: Sid, candidate: Sid, time: Duration) {
    tracing::warn!(
        target: "fle", %sid, %candidate,
        "passes votes for server {candidate} over for {time:?}"
    );
}

pub(super) fn proposal_changed(sid: Sid, told: &Notification) {
    say!("proposal.changed", sid, [] told, "proposes another leader");
}

/// Of eager servers only: nobody else minds.
pub(super) fn sees(sid: Sid, peer: Sid, now: Reachability) {
    match now {
        Reachability::Gone => {
            say!(
                "voter.gone",
                sid,
                [peer = peer.0,],
                "cannot reach it any more"
            );
        }
        Reachability::Connected => say!("voter.connected", sid, [peer = peer.0,], "is connected"),
    }
}

pub(super) fn wait_expired(sid: Sid, phase: WaitPhase) {
    let wait = match phase {
        WaitPhase::Collecting => "collecting",
        WaitPhase::Finalizing => "finalizing",
    };
    say!("wait.expired", sid, [wait,], "heard nothing new");
}

pub(super) fn decided(sid: Sid, told: &Notification) {
    say!("election.decided", sid, [] told, "settled on a leader");
}

pub(super) fn established(sid: Sid, leader: Sid, epoch: PeerEpoch) {
    say!(
        "leadership.established",
        sid,
        [leader = leader.0, peer_epoch = epoch.0,],
        "has an established leader"
    );
}

pub(super) fn handed_over(sid: Sid, leader: Sid) {
    say!(
        "leadership.handed_over",
        sid,
        [leader = leader.0,],
        "was given another leader by its own"
    );
}

pub(super) fn restarted(sid: Sid) {
    say!(
        "election.restarted",
        sid,
        [],
        "starts over for a newer configuration"
    );
}

const fn state_name(state: ServerState) -> &'static str {
    match state {
        ServerState::Looking => "LOOKING",
        ServerState::Following => "FOLLOWING",
        ServerState::Leading => "LEADING",
        ServerState::Observing => "OBSERVING",
    }
}
