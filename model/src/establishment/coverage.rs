//! What can happen in an establishment, and what can come of it, to be counted.
//!
//! Read off the server before and after, so that a handler keeps no account of itself.

use super::leader::{Leader, LearnerStage, Stage};
use super::learner;
use super::server::Role;
use super::system::{Action, Cause, State};
use super::terms::Answer;
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
    Promises: "a learner promises an epoch",
    HoldsBack: "a learner holds a promise back",
    PromisesNothing: "a learner acknowledges an epoch and promises nothing",
    Enters: "a learner enters an epoch",
    EntersUnpromised: "a learner enters an epoch that it has not promised",
    Follows: "a learner hears that its leader is established",
    LeavesLeader: "a learner looks again",
    Proposes: "a leader proposes an epoch",
    Activates: "a quorum has promised a leader its epoch",
    IsEstablished: "a leader is established",
    SetsAside: "a leader sets a learner aside",
    LetsIn: "a leader lets in a learner that it had set aside",
    Refuses: "a leader refuses a learner",
    StepsDown: "a leader looks again",
    Remembers: "a server knows again what it has promised",
    HearsLoss: "a server with an empty disk hears that another has lost its promises",
}

/// Of which kinds a step is.
pub(super) fn kinds<const N: usize>(before: &State<N>, action: Action, after: &State<N>) -> Kinds {
    let kinds = with(Kinds::default(), Some(of_action(action)));
    let Action::Take(me, cause) = action else {
        return kinds;
    };
    let (was, is) = (&before.servers[me], &after.servers[me]);
    let remembers = !was.memory.remembers() && is.memory.remembers();
    let hears_loss = match cause {
        Cause::Asks(peer) => before.servers[peer].answer() == Answer::Lost,
        _ => false,
    };
    let kinds = with(kinds, remembers.then_some(Happens::Remembers));
    let kinds = with(kinds, hears_loss.then_some(Happens::HearsLoss));
    match (&was.role, &is.role) {
        (Role::Learning(_), Role::Looking(_)) => with(kinds, Some(Happens::LeavesLeader)),
        (Role::Leading(_), Role::Looking(_)) => with(kinds, Some(Happens::StepsDown)),
        (Role::Learning(before), Role::Learning(after)) if before != after => {
            let accepts = is.memory.accepted > was.memory.accepted;
            with(kinds, of_learner(after.stage, accepts))
        }
        (Role::Leading(before), Role::Leading(after)) => of_leader(kinds, before, after),
        _ => kinds,
    }
}

fn with(kinds: Kinds, happens: Option<Happens>) -> Kinds {
    happens.map_or(kinds, |happens| kinds.with(happens as usize))
}

/// What it is to come to this stage; `accepts` with an epoch that is new to the learner.
fn of_learner(stage: learner::Stage, accepts: bool) -> Option<Happens> {
    Some(match stage {
        learner::Stage::Introduced => return None,
        learner::Stage::HeldBack(_) => Happens::HoldsBack,
        learner::Stage::Promised(_) if accepts => Happens::Promises,
        learner::Stage::Promised(_) => Happens::PromisesNothing,
        learner::Stage::Activated(_) if accepts => Happens::EntersUnpromised,
        learner::Stage::Activated(_) => Happens::Enters,
        learner::Stage::Following(_) => Happens::Follows,
    })
}

fn of_leader<const N: usize>(kinds: Kinds, before: &Leader<N>, after: &Leader<N>) -> Kinds {
    let comes_to = match after.stage {
        Stage::Discovery => None,
        Stage::Promising(_) => Some(Happens::Proposes),
        Stage::Activating(_) => Some(Happens::Activates),
        Stage::Established(_) => Some(Happens::IsEstablished),
    };
    let kinds = with(kinds, comes_to.filter(|_| before.stage != after.stage));
    let is_aside = |it: LearnerStage| matches!(it, LearnerStage::Aside { .. });
    let learners = before.learners.iter().zip(&after.learners);
    learners.fold(kinds, |kinds, learner| {
        let happens = match learner {
            (None, Some(is)) if is_aside(*is) => Some(Happens::SetsAside),
            (Some(was), Some(is)) if is_aside(*was) && !is_aside(*is) => Some(Happens::LetsIn),
            (Some(_), None) => Some(Happens::Refuses),
            _ => None,
        };
        with(kinds, happens)
    })
}

fn of_action(action: Action) -> Happens {
    match action {
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
    }
}
