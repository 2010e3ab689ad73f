//! The production engine for a server of which a log tells, its past included as far as that
//! matters.

use fle::config::LearnerType;
use fle::election::{Credentials, Effects, Election, Finalize, Settings, Timing};
use fle::{
    ElectionEpoch, Ensemble, Generation, Notification, PeerEpoch, Proposal, Received, ServerState,
    Sid, Zxid,
};
use std::sync::Arc;

/// The credentials of a server of which nothing is known.
pub(super) const NO_HISTORY: Credentials = Credentials {
    zxid: Zxid(0),
    peer_epoch: PeerEpoch(0),
};

/// A server that has just started, with these credentials for its first vote.
pub(super) fn started(
    sid: Sid,
    learner_type: LearnerType,
    ensemble: &Arc<Ensemble>,
    credentials: Credentials,
    finalize: Finalize,
) -> Election {
    let settings = Settings {
        sid,
        learner_type,
        timing: Timing {
            finalize,
            ..Timing::default()
        },
        reconfig_enabled: false,
    };
    Election::new(settings, Arc::clone(ensemble), credentials)
}

/// Takes a server that has just started to where it enters this round next: it has followed
/// somebody into the one before.
pub(super) fn before_round(election: &mut Election, round: ElectionEpoch) {
    let before = ElectionEpoch(round.0.wrapping_sub(1));
    let voter = election.ensemble().view().voters().next();
    let Some(voter) = voter.filter(|_| before > ElectionEpoch::START) else {
        return;
    };
    let heard = Notification {
        state: ServerState::Looking,
        proposal: Proposal {
            peer_epoch: PeerEpoch(0),
            zxid: Zxid(0),
            leader: voter,
        },
        election_epoch: before,
    };
    let _ = election.look_for_leader(NO_HISTORY);
    let _ = hear(election, voter, heard, Generation::Versioned);
}

/// A notification arrives, without its configuration.
pub(super) fn hear(
    election: &mut Election,
    from: Sid,
    notification: Notification,
    generation: Generation,
) -> Effects {
    election.handle_notification(from, &received(notification, generation), None)
}

/// A notification as it arrives, without its configuration.
pub(super) fn received(notification: Notification, generation: Generation) -> Received<'static> {
    Received {
        notification: Some(notification),
        generation,
        config: None,
    }
}

/// The generation of a message that carries this version of the format.
pub(super) fn generation(version: i64) -> Generation {
    if version > 0 {
        Generation::Versioned
    } else {
        Generation::Unversioned
    }
}
