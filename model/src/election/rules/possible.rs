//! Whether a step of a certain kind can be taken in a state: what has to be seen to happen is
//! looked for in the steps that lead on from it.

use super::{Step, is_end_of_wait};
use crate::election::server::Looking;
use crate::election::system::{Action, State, System};
use crate::frame::system::TransitionSystem;
use crate::terms::vote::Vote;

/// Whether a server can end its election by its own count in this state, in a step of the wanted
/// kind.
pub(crate) fn some_election<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    wanted: impl Fn(&Looking<N>, Vote) -> bool,
) -> bool {
    some_step(system, before, is_end_of_wait, |step| {
        step.election_won()
            .is_some_and(|(looking, vote)| wanted(looking, vote))
    })
}

/// Whether a server can settle in this state, in a step of the wanted kind.
pub(crate) fn some_settling<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    wanted: impl Fn(&Step<'_, N>) -> bool,
) -> bool {
    let settles = |step: &Step<'_, N>| step.settles().is_some() && wanted(step);
    some_step(system, before, |_| true, settles)
}

/// Whether a server can receive something in this state, in a step of the wanted kind.
pub(crate) fn some_receipt<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    wanted: impl Fn(&Step<'_, N>) -> bool,
) -> bool {
    let receives =
        |action: &Action| matches!(action, Action::Deliver { .. } | Action::Resend { .. });
    some_step(system, before, receives, wanted)
}

/// Whether a server may give up in this state.
pub(crate) fn some_giving_up<const N: usize>(system: &System<N>, before: &State<N>) -> bool {
    let gives_up = |action: &Action| matches!(action, Action::GiveUp { .. });
    some_step(system, before, gives_up, |_| true)
}

fn some_step<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    kind: impl Fn(&Action) -> bool,
    wanted: impl Fn(&Step<'_, N>) -> bool,
) -> bool {
    let mut actions = Vec::new();
    system.actions(before, &mut actions);
    actions.into_iter().filter(kind).any(|action| {
        system.next(before, action).is_some_and(|(after, effects)| {
            let step = (before, action, &after);
            wanted(&Step::new(&system.election, step, &effects))
        })
    })
}
