//! What happens, in words.

use super::{Action, Cause};
use crate::establishment::server::Effect;
use std::fmt;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Take(me, cause) => write!(f, "{} {cause}", me + 1),
            Self::CrashIn(me, cause, count) => {
                write!(f, "{} {cause} and crashes after {count} effect(s)", me + 1)
            }
            Self::Crash(me) => write!(f, "{} crashes", me + 1),
            Self::Start(me) => write!(f, "{} is started", me + 1),
            Self::Lose(me) => write!(f, "{} is down, and its disk is empty", me + 1),
            Self::RollBack(me, accepted, current) => write!(
                f,
                "{} is down, and its disk is an older one: accepted epoch {accepted:?}, current \
                 epoch {current:?}",
                me + 1
            ),
            Self::Break { learner, leader } => {
                let (learner, leader) = (learner + 1, leader + 1);
                write!(
                    f,
                    "{leader} loses the connection with its learner {learner}"
                )
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Elected => write!(f, "is elected"),
            Self::Told(leader) => write!(f, "is told that {} is elected", leader + 1),
            Self::Receives(from) => write!(f, "receives from {}", from + 1),
            Self::SeesEnd(peer) => {
                write!(f, "sees that the connection with {} has ended", peer + 1)
            }
            Self::IsReleased => write!(f, "is not bound by an earlier promise any more"),
            Self::Asks(peer) => write!(f, "asks {} what it has accepted", peer + 1),
            Self::Settles(learner) => write!(
                f,
                "begins to confirm its epoch for {}, on whose earlier answers nobody counts any more",
                learner + 1
            ),
            Self::HandsOver(heir) => write!(f, "is to hand over to {}", heir + 1),
            Self::GivesUp => write!(f, "gives up"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::StoreAccepted(epoch) => write!(f, "stores accepted epoch {epoch:?}"),
            Self::StoreCurrent(epoch) => write!(f, "stores current epoch {epoch:?}"),
            Self::StoreKnown => write!(f, "stores that this is all that it has promised"),
            Self::Connect(leader) => write!(f, "connects to {}", leader + 1),
            Self::Send { to, packet } => write!(f, "sends {packet:?} to {}", to + 1),
            Self::Close(peer) => write!(f, "disconnects {}", peer + 1),
            Self::Established(epoch) => write!(f, "is in established epoch {epoch:?}"),
            Self::Quit => write!(f, "looks for a leader again"),
        }
    }
}
