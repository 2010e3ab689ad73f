//! What an action of the model is to the servers that take part in it: each one's acts, one after
//! the other.
//!
//! An act is local: what a server does follows from how it stands and what it sees, and from
//! nothing else in the state. The model's server handles each act once more; together the acts must
//! come to the model's next state, or telling them panics.

use crate::election::network::{Link, Links};
use crate::election::server::{Election, FastLeaderElection, Sends, Server, Wait};
use crate::election::story::Event;
use crate::election::system::{Action, State, System};
use crate::frame::system::TransitionSystem;
use crate::terms::vote::{Notification, Round};
use fle::Generation;

/// What one server does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Act<const N: usize> {
    /// The server's place.
    pub server: usize,
    /// How it stood.
    pub before: Server<N>,
    /// What it saw.
    pub what: What,
    /// How it stands now.
    pub after: Server<N>,
    /// What it hands over to be sent, and to whom, in this order.
    pub sends: Vec<(usize, Notification)>,
}

/// What makes a server act.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// A life of it begins.
    Begins,
    /// It sees something, and goes on.
    Sees(Seen),
    /// It hears of a newer configuration with other members: this life ends.
    Restarts {
        /// Who sent it.
        from: usize,
        /// What it says.
        notification: Notification,
    },
    /// Nothing: the model leaves out what can have no consequence for it any more
    /// ([`crate::election::system::reduction`]).
    Forgets,
}

/// What a server sees: the inputs of the format, in the model's terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Seen {
    /// It begins to look.
    Looks,
    /// A notification arrives, perhaps its own.
    Hears {
        /// Who sent it.
        from: usize,
        /// What it says.
        notification: Notification,
    },
    /// A wait runs out.
    Waited(Wait),
    /// Its leader is established, in a new epoch.
    Activated,
}

/// What the servers did before and in this initial state.
///
/// # Panics
/// If it is no initial state.
#[must_use]
pub fn first<const N: usize>(system: &System<N>, state: &State<N>) -> Vec<Act<N>> {
    let unborn = state.servers.map(|server| match server.election {
        Election::Down { .. } => server,
        _ => Server {
            round: Round(server.round.0 - 1),
            election: Election::Down { returns: true },
            ..server
        },
    });
    let mut acting = Acting::of(system, unborn);
    for server in state.live().iter() {
        acting.starts(server);
    }
    acting.end(state)
}

/// What the servers do in this action of the model, which comes to the state that the model says.
///
/// # Panics
/// If the action is not one of the state's.
pub fn acts<const N: usize>(system: &System<N>, before: &State<N>, action: Action) -> Vec<Act<N>> {
    let next = system.next(before, action);
    let event = Event::new(system, before, action);
    let (Some((after, _)), Some(event)) = (next, event) else {
        panic!("{action:?} cannot be taken here");
    };
    let mut acting = Acting::of(system, before.servers);
    match (event.action, event.notification) {
        (Action::Deliver { src, dst }, Some(notification)) => acting.hears(dst, src, notification),
        (Action::Resend { src, dst }, Some(notification)) => {
            acting.wait_ran_out(src, Wait::Collecting);
            // Over a broken connection it arrives later, if at all.
            if !before.network.is_broken(src, dst) {
                acting.hears(dst, src, notification);
            }
        }
        (Action::Deliver { .. } | Action::Resend { .. }, None) => {
            unreachable!("something arrives")
        }
        (Action::CollectTimeout { server }, _) => acting.waited(server, Wait::Collecting),
        (Action::FinalizeTimeout { server }, _) => acting.waited(server, Wait::Finalizing),
        (Action::GiveUp { server } | Action::LoseLeader { server }, _) => acting.looks(server),
        (Action::Activate { server }, _) => acting.activated(server, after.servers[server]),
        (Action::Start { server }, _) => acting.starts(server),
        (Action::Crash { server, .. }, _) => acting.servers[server] = after.servers[server],
        (Action::Supersede { .. } | Action::Lose { .. } | Action::Break { .. }, _) => {}
    }
    acting.end(&after)
}

/// The servers in the middle of an action.
struct Acting<'a, const N: usize> {
    system: &'a System<N>,
    servers: [Server<N>; N],
    acts: Vec<Act<N>>,
}

impl<'a, const N: usize> Acting<'a, N> {
    fn of(system: &'a System<N>, servers: [Server<N>; N]) -> Self {
        Self {
            system,
            servers,
            acts: Vec::new(),
        }
    }

    /// A new life begins, in the round after the one that the server was in before.
    fn starts(&mut self, id: usize) {
        let down = self.servers[id];
        self.servers[id].round = Round(0);
        self.act(id, down, What::Begins, &Sends::new());
        for _ in 0..down.round.0 {
            self.looks_in_vain(id);
        }
        self.looks(id);
    }

    fn looks(&mut self, id: usize) {
        let effects = self.looks_in_vain(id);
        self.hears_itself(id, &effects);
    }

    /// Looks, and has not yet heard its own vote.
    fn looks_in_vain(&mut self, id: usize) -> Sends {
        let before = self.servers[id];
        let effects = self.handle(id, |election, server, out| {
            *server = election.look_for_leader(id, *server, out);
        });
        self.act(id, before, What::Sees(Seen::Looks), &effects);
        effects
    }

    fn hears(&mut self, id: usize, from: usize, notification: Notification) {
        let before = self.servers[id];
        let effects = self.handle(id, |election, server, out| {
            election.hear(id, server, from, notification, out);
        });
        if self.servers[id].known == before.known {
            let hears = Seen::Hears { from, notification };
            self.act(id, before, What::Sees(hears), &effects);
        } else {
            let restarts = What::Restarts { from, notification };
            let looking = self.servers[id];
            let between = Server {
                election: Election::Down { returns: true },
                ..looking
            };
            self.servers[id] = between;
            self.act(id, before, restarts, &Sends::new());
            self.act(id, between, What::Begins, &Sends::new());
            self.servers[id] = looking;
            self.act(id, between, What::Sees(Seen::Looks), &effects);
        }
        self.hears_itself(id, &effects);
    }

    /// Where a link is its slot, a server hears its own vote as soon as it has sent it.
    fn hears_itself(&mut self, id: usize, effects: &Sends) {
        let own = effects.iter().rfind(|(to, _)| *to == id);
        let looks = self.servers[id].looking().is_some();
        let System {
            election, links, ..
        } = self.system;
        if let Some(&(_, own)) = own
            && looks
            && *links == Links::Slot
            && election.is_sent(id, id, &Link::default(), *links)
        {
            self.hears(id, id, election.common().as_written(id, id, own));
        }
    }

    fn waited(&mut self, id: usize, wait: Wait) {
        let effects = self.wait_ran_out(id, wait);
        self.hears_itself(id, &effects);
    }

    /// A wait ran out, and what is announced then has not yet been heard by anybody.
    fn wait_ran_out(&mut self, id: usize, wait: Wait) -> Sends {
        let before = self.servers[id];
        let effects = self.handle(id, |election, server, out| {
            election.time_out(id, server, wait, out);
        });
        self.act(id, before, What::Sees(Seen::Waited(wait)), &effects);
        effects
    }

    fn activated(&mut self, id: usize, after: Server<N>) {
        let before = std::mem::replace(&mut self.servers[id], after);
        self.act(id, before, What::Sees(Seen::Activated), &Sends::new());
    }

    /// The server handles something by the model's rules.
    fn handle(
        &mut self,
        id: usize,
        event: impl FnOnce(&FastLeaderElection<N>, &mut Server<N>, &mut Sends),
    ) -> Sends {
        let mut effects = Sends::new();
        event(&self.system.election, &mut self.servers[id], &mut effects);
        effects
    }

    /// The server has done this. One that speaks an old format is no server of ours.
    fn act(&mut self, id: usize, before: Server<N>, what: What, effects: &Sends) {
        let ensemble = self.system.election.common();
        if ensemble.generation(id, id) == Generation::Versioned {
            self.acts.push(Act {
                server: id,
                before,
                what,
                after: self.servers[id],
                sends: effects.to_vec(),
            });
        }
    }

    /// What was done, and forgotten.
    fn end(mut self, after: &State<N>) -> Vec<Act<N>> {
        self.forget(after);
        assert!(
            self.servers == after.servers,
            "what the servers saw does not explain the model's step: {:#?}",
            self.acts
        );
        self.acts
    }

    /// What the model leaves out of a state depends on all of it.
    fn forget(&mut self, after: &State<N>) {
        let mut forgot = State {
            servers: self.servers,
            ..*after
        };
        self.system.leave_out(&mut forgot);
        for (id, server) in forgot.servers.into_iter().enumerate() {
            let before = std::mem::replace(&mut self.servers[id], server);
            if before != server {
                self.act(id, before, What::Forgets, &Sends::new());
            }
        }
    }
}
