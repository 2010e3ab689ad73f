//! A path through the model as `fle-trace/1`: for each server what it saw, and what the model says
//! that it did then.
//!
//! Nothing in a trace comes from the implementation: state, round, proposal and notifications are
//! the model's own, and [`terms`] says how they read in the [`format`](mod@format). To replay such
//! a trace is to hold the implementation against the model.
//!
//! [`acts`](mod@acts) says what an action of the model is to the servers that take part in it, and
//! [`Recorder`] tells it.
//!
//! # What is derived
//!
//! A state of the model does not say all that a trace shows of a server. [`Lives`] keeps the rest
//! beside it: which of its lives the server is in, how long it waits, what it proposed last, and
//! the vote that it settled on, in which a new epoch changes nothing.
//!
//! - A server that starts in a later round than the first has looked before, in vain: its trace
//!   begins with that.
//! - A server that hears of a newer configuration with other members ends its life; the next one
//!   begins at once, in that configuration. The model's server adopts it, where the recorded ones
//!   have reconfiguration switched off.
//! - What a server that announces its vote again sends to all is received as the model says: where
//!   only one copy matters to it, by that one alone.
//!
//! Left out: the traces of a server that speaks an old format, which is no server of ours. What it
//! sends is in the others' traces.

pub mod acts;
pub mod format;
mod life;
pub mod terms;

pub use life::Life;

use crate::election::scenario::Scenario;
use crate::election::server::{Server, Wait};
use crate::election::system::{Action, State, System};
use crate::frame::scenario::{Scenario as _, Task};
use crate::frame::story::Recorded;
use crate::frame::system::TransitionSystem;
use crate::frame::walk::Walk;
use crate::terms::vote::{Proposal, sid};
use acts::{Act, Seen, What};
use std::collections::BTreeMap;
use terms::Terms;

/// Turns steps of a system into steps of traces.
#[derive(Clone)]
pub struct Recorder<'a, const N: usize> {
    system: &'a System<N>,
    terms: Terms,
}

/// What traces show of the servers and a state of the model does not say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lives<const N: usize>([Life; N]);

/// A line of one server's trace.
#[derive(Clone, PartialEq, Debug)]
pub struct Turn {
    /// The server's place.
    pub server: usize,
    /// Which of its lives, from 0.
    pub life: u8,
    /// What the line says.
    pub line: Line,
}

/// What a line says.
#[derive(Clone, PartialEq, Debug)]
pub enum Line {
    /// The first: a life begins.
    Begins(format::Server),
    /// Every other: a step.
    Step(format::Step),
}

/// One life of a server.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// The server's place.
    pub server: usize,
    /// Which of its lives, from 0.
    pub life: u8,
    /// What it saw and did.
    pub trace: format::Trace,
}

/// The random walk of this seed through the scenario, recorded: server by server, life by life.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
#[must_use]
pub fn record_walk(scenario: &Scenario, seed: u64) -> Vec<Recording> {
    scenario.run(RecordWalk(seed))
}

struct RecordWalk(u64);

impl Task<Scenario> for RecordWalk {
    type Output = Vec<Recording>;

    fn run<const N: usize>(self, scenario: &Scenario) -> Vec<Recording> {
        let checked = scenario.checked::<N>(|_| true, Vec::new());
        let walk = Walk::new(&checked, self.0);
        let start = walk.state().state;
        Recorder::new(&checked.system).record(start, walk.map(|(action, _)| action))
    }
}

impl Recording {
    /// The name of its file: what is recorded, then whose life it is.
    #[must_use]
    pub fn file_name(&self, recorded: &str) -> String {
        format!("{recorded}-{}", self.name())
    }

    /// The end of that.
    fn name(&self) -> String {
        let Self { server, life, .. } = self;
        format!("s{}-g{life}.jsonl", sid(*server))
    }
}

impl From<&Recording> for Recorded {
    fn from(recording: &Recording) -> Self {
        Self {
            name: recording.name(),
            text: recording.trace.to_string(),
            steps: recording.trace.steps.len(),
        }
    }
}

impl<'a, const N: usize> Recorder<'a, N> {
    /// A recorder of paths of the system.
    #[must_use]
    pub fn new(system: &'a System<N>) -> Self {
        Self {
            system,
            terms: Terms::new(system.election.common()),
        }
    }

    /// The path from an initial state as traces: server by server, life by life.
    ///
    /// # Panics
    /// If the path is not one of the system's.
    #[must_use]
    pub fn record(
        &self,
        start: State<N>,
        path: impl IntoIterator<Item = Action>,
    ) -> Vec<Recording> {
        let (mut lives, mut turns) = self.start(&start);
        let mut state = start;
        for action in path {
            turns.extend(self.step(&mut lives, &state, action));
            let next = self.system.next(&state, action);
            (state, _) = next.expect("its step is recorded");
        }
        let mut traces: BTreeMap<_, format::Trace> = BTreeMap::new();
        for turn in turns {
            let life = (turn.server, turn.life);
            match turn.line {
                Line::Begins(server) => {
                    let steps = Vec::new();
                    traces.insert(life, format::Trace { server, steps });
                }
                Line::Step(step) => {
                    let trace = traces.get_mut(&life);
                    trace.expect("a life has begun").steps.push(step);
                }
            }
        }
        let recording = |((server, life), trace)| Recording {
            server,
            life,
            trace,
        };
        traces.into_iter().map(recording).collect()
    }

    /// What the servers did before and in this initial state.
    ///
    /// # Panics
    /// If it is no initial state.
    #[must_use]
    pub fn start(&self, state: &State<N>) -> (Lives<N>, Vec<Turn>) {
        let mut lives = Lives(std::array::from_fn(|server| {
            Life::new(server, &state.servers[server])
        }));
        let turns = self.tell(&mut lives, acts::first(self.system, state));
        (lives, turns)
    }

    /// What the servers do in this action of the model.
    ///
    /// # Panics
    /// If the action is not one of the state's.
    pub fn step(&self, lives: &mut Lives<N>, before: &State<N>, action: Action) -> Vec<Turn> {
        self.tell(lives, acts::acts(self.system, before, action))
    }

    fn tell(&self, lives: &mut Lives<N>, acts: Vec<Act<N>>) -> Vec<Turn> {
        let turn = |act: Act<N>| {
            let life = &mut lives.0[act.server];
            let line = life.tell(&act, &self.terms)?;
            Some(Turn {
                server: act.server,
                life: life.begun - 1,
                line,
            })
        };
        acts.into_iter().filter_map(turn).collect()
    }
}

impl Life {
    /// Before its first: what it will propose is itself.
    #[must_use]
    pub fn new<const N: usize>(place: usize, server: &Server<N>) -> Self {
        Self {
            begun: 0,
            proposal: Proposal::of(place, server.credentials),
            interval_ms: terms::FIRST_INTERVAL_MS,
            decided: None,
        }
    }

    /// Goes on by an act, and tells it, if a trace does.
    pub fn tell<const N: usize>(&mut self, act: &Act<N>, terms: &Terms) -> Option<Line> {
        match act.what {
            What::Begins => {
                self.begun += 1;
                Some(Line::Begins(terms.server(act.server, &act.after)))
            }
            What::Restarts { from, notification } => {
                Some(Line::Step(terms.restart(from, notification)))
            }
            What::Sees(seen) => {
                self.go_on(seen, &act.after);
                let sends = act.sends.iter().copied();
                let step = terms.step(seen, &act.after, self, sends);
                Some(Line::Step(step))
            }
            What::Forgets => None,
        }
    }

    /// Goes on to how the server stands after what it saw.
    fn go_on<const N: usize>(&mut self, seen: Seen, after: &Server<N>) {
        match seen {
            Seen::Looks => self.interval_ms = terms::FIRST_INTERVAL_MS,
            Seen::Waited(Wait::Collecting) => self.interval_ms = terms::longer(self.interval_ms),
            Seen::Waited(Wait::Finalizing) | Seen::Hears { .. } | Seen::Activated => {}
        }
        if let Some(looking) = after.looking() {
            self.proposal = looking.proposal;
        }
        self.decided = after.settled().map(|vote| self.decided.unwrap_or(vote));
    }
}
