//! What can happen in an establishment, to be counted.

use super::system::{Action, Cause};
use crate::frame::coverage::{Kinds, kinds};

kinds! {
    "What happens in a step.";

    Elected: "a server is elected",
    Told: "a server is told who is elected",
    Receives: "a server receives a packet",
    SeesEnd: "a server sees that a connection has ended",
    IsReleased: "an earlier promise is over",
    Asks: "a server asks another what it has accepted",
    Settles: "nobody counts any more on what a learner has answered elsewhere",
    HandsOver: "a leader hands over",
    Appends: "a leader adds a transaction",
    GivesUp: "a server waits no longer",
    CrashIn: "a server crashes between two effects",
    Crash: "a server crashes",
    Start: "a server is started",
    Lose: "a server loses its disk",
    RollBack: "a server's disk is an older one",
    Break: "a connection breaks",
    ;
}

/// Of which kind a step is.
pub(super) fn kinds(action: Action) -> Kinds {
    let happens = match action {
        Action::Take(_, cause) => match cause {
            Cause::Elected => Happens::Elected,
            Cause::Told(_) => Happens::Told,
            Cause::Receives(_) => Happens::Receives,
            Cause::SeesEnd(_) => Happens::SeesEnd,
            Cause::IsReleased => Happens::IsReleased,
            Cause::Asks(_) => Happens::Asks,
            Cause::Settles(_) => Happens::Settles,
            Cause::HandsOver(_) => Happens::HandsOver,
            Cause::Appends => Happens::Appends,
            Cause::GivesUp => Happens::GivesUp,
        },
        Action::CrashIn(..) => Happens::CrashIn,
        Action::Crash(_) => Happens::Crash,
        Action::Start(_) => Happens::Start,
        Action::Lose(_) => Happens::Lose,
        Action::RollBack(..) => Happens::RollBack,
        Action::Break { .. } => Happens::Break,
    };
    Kinds::default().with(happens as usize)
}
