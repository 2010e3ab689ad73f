//! What a transition of the model is to the server that takes part in it. There is never more than
//! one.

use crate::lockstep::survey::Acted;
use fle_model::establishment::protocol::Event;
use fle_model::establishment::server::Server;
use fle_model::establishment::system::{Action, Cause, State, System};

/// What one server does; the protocol says what follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::lockstep) struct Act<const N: usize> {
    pub(super) place: usize,
    /// How it stands before; at the beginning of a life, then.
    pub(super) server: Server<N>,
    pub(super) what: What,
}

/// What makes a server act.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum What {
    /// A life of it begins.
    Begins,
    /// Something happens to it.
    Meets(Event),
}

impl<const N: usize> Acted for System<N> {
    type Act = Act<N>;

    fn first(&self, state: &State<N>) -> Vec<Act<N>> {
        let servers = state.servers.into_iter().enumerate();
        let what = What::Begins;
        let begin = servers.map(|(place, server)| Act {
            place,
            server,
            what,
        });
        begin.collect()
    }

    fn acts(
        &self,
        before: &State<N>,
        action: Action,
        after: &State<N>,
    ) -> impl IntoIterator<Item = Act<N>> {
        act(self, before, action, after)
    }
}

/// What a server does in this transition, unless it ends there.
fn act<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    action: Action,
    after: &State<N>,
) -> Option<Act<N>> {
    let (place, cause) = match action {
        Action::Take(place, cause) => (place, cause),
        Action::Break { learner, leader } => (leader, Cause::SeesEnd(learner)),
        Action::Start(place) => {
            let (server, what) = (after.servers[place], What::Begins);
            return Some(Act {
                place,
                server,
                what,
            });
        }
        // Without the crash it is an action as well, and a crash is no act.
        Action::CrashIn(..) | Action::Crash(_) | Action::Lose(_) | Action::RollBack(..) => {
            return None;
        }
    };
    let (_, event, _) = system.handle(before, place, cause)?;
    Some(Act {
        place,
        server: before.servers[place],
        what: What::Meets(event),
    })
}
