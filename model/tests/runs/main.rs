//! What each fault, role and wait does: short runs by hand, told in the terms of the algorithm.
//! Servers are named by their sids.

mod activation;
mod faults;
mod roles;
mod waits;

use fle_model::election::catalogue;
use fle_model::election::faults::Crash;
use fle_model::election::scenario::Scenario;
use fle_model::election::server::{Looking, Server};
use fle_model::election::system::{Action, State, System};
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::subject::{Subject, Way};
use fle_model::frame::system::TransitionSystem;
use fle_model::terms::vote::{Credentials, Round};

/// A run by hand. Only what the model offers can be taken.
struct Run<const N: usize> {
    system: System<N>,
    start: State<N>,
    taken: Vec<Action>,
    state: State<N>,
}

fn scenario(name: &str) -> Scenario {
    *catalogue::find(name).expect("a scenario")
}

impl<const N: usize> Run<N> {
    /// From the scenario's first initial state: the same credentials everywhere; if one server
    /// differs from the rest, it is 1.
    fn of(name: &str) -> Self {
        Self::whose(scenario(name), |_| true)
    }

    /// From the first initial state with these on the disks of the servers.
    fn with(name: &str, disks: [Credentials; N]) -> Self {
        Self::whose(scenario(name), |servers| {
            servers.each_ref().map(|server| server.credentials) == disks
        })
    }

    fn whose(scenario: Scenario, wanted: impl Fn(&[Server<N>; N]) -> bool) -> Self {
        let system = scenario.system(|_| true);
        let mut starts = system.init().iter();
        let start = *starts
            .find(|state| wanted(&state.servers))
            .expect("it starts so");
        Self {
            system,
            start,
            taken: Vec::new(),
            state: start,
        }
    }

    fn offers(&self, action: Action) -> bool {
        let mut actions = Vec::new();
        self.system.actions(&self.state, &mut actions);
        actions.contains(&action) && self.system.next(&self.state, action).is_some()
    }

    /// Takes these steps. What is told of each.
    fn take(&mut self, actions: &[Action]) -> Vec<String> {
        for &action in actions {
            assert!(self.offers(action), "{action:?} after {:#?}", self.told());
            let next = self.system.next(&self.state, action);
            (self.state, _) = next.expect("a state");
            self.taken.push(action);
        }
        self.told().split_off(self.taken.len() + 1 - actions.len())
    }

    /// How it began, and each step.
    fn told(&self) -> Vec<String> {
        let way = Way::taken(&self.system, self.start, &self.taken).expect("a path");
        self.system.story(&way).told()
    }

    fn server(&self, sid: usize) -> &Server<N> {
        &self.state.servers[sid - 1]
    }

    fn looking(&self, sid: usize) -> &Looking<N> {
        self.server(sid).looking().expect("it looks")
    }

    fn round(&self, sid: usize) -> Round {
        self.server(sid).round
    }
}

impl Run<3> {
    /// 3 leads, 1 and 2 follow it, and nothing is under way.
    fn established(name: &str) -> Self {
        let mut run = Self::of(name);
        run.elect_3();
        run
    }

    fn is_silent(&self) -> bool {
        self.state.is_silent(&self.system.election)
    }

    fn elect_3(&mut self) {
        self.agree_on_3();
        self.take(&[settles(1), settles(2), settles(3)]);
        assert_eq!(self.state.agreed_leader(), Some(2));
        assert!(self.is_silent());
    }

    /// All have a quorum for 3 and finalize, and nothing is under way.
    fn agree_on_3(&mut self) {
        self.take(&[arrives(3, 1), arrives(3, 2), arrives(1, 3), arrives(2, 3)]);
        self.take(&[arrives(1, 2), arrives(2, 1)]);
    }
}

/// What `from` sent `to` arrives.
fn arrives(from: usize, to: usize) -> Action {
    let (src, dst) = (from - 1, to - 1);
    Action::Deliver { src, dst }
}

/// What `from`, which is down, sent `to` never arrives.
fn is_lost(from: usize, to: usize) -> Action {
    let (src, dst) = (from - 1, to - 1);
    Action::Lose { src, dst }
}

fn settles(sid: usize) -> Action {
    Action::FinalizeTimeout { server: sid - 1 }
}

fn announces_again(sid: usize) -> Action {
    Action::CollectTimeout { server: sid - 1 }
}

fn gives_up(sid: usize) -> Action {
    Action::GiveUp { server: sid - 1 }
}

fn activates(sid: usize) -> Action {
    Action::Activate { server: sid - 1 }
}

fn is_started(sid: usize) -> Action {
    Action::Start { server: sid - 1 }
}

fn crashes(sid: usize, crash: Crash) -> Action {
    let server = sid - 1;
    Action::Crash { server, crash }
}

fn breaks(a: usize, b: usize) -> Action {
    let (a, b) = (a - 1, b - 1);
    Action::Break { a, b }
}

fn loses_leader(sid: usize) -> Action {
    Action::LoseLeader { server: sid - 1 }
}
