//! A path through the model as `fle-trace/1`: for each server what it saw, and what the model says that it did then.
//!
//! Nothing in a trace comes from the implementation: state, round, proposal and notifications are the model's own, and [`terms`]
//! says how they read in the [`format`](mod@format). To replay such a trace is to hold the implementation against the model.
//!
//! [`Recorder::step`] says what an action of the model is to the servers that take part in it. The model's server handles each
//! part once more; together the parts must come to the model's next state, or recording panics.
//!
//! # What is derived
//!
//! A state of the model does not say all that a trace shows of a server. [`Lives`] keeps the rest beside it: which of its lives the
//! server is in, how long it waits, what it proposed last, and the vote that it settled on, in which a new epoch changes nothing.
//!
//! - A server that starts in a later round than the first has looked before, in vain: its trace begins with that.
//! - A server that hears of a newer configuration with other members ends its life; the next one begins at once, in that
//!   configuration. The model's server adopts it, where the recorded ones have reconfiguration switched off.
//! - What a server that announces its vote again sends to all is received as the model says: where only one copy matters to it, by
//!   that one alone.
//!
//! Left out: the traces of a server that speaks an old format, which is no server of ours. What it sends is in the others' traces.

pub mod format;
pub mod terms;

use crate::catalogue::Scenario;
use crate::network::Links;
use crate::server::{Election, FastLeaderElection, Server, Wait};
use crate::story::Event;
use crate::system::{Action, Effects, State, System, sends};
use crate::vote::{Notification, Proposal, Round, Vote, sid};
use crate::walk::Walk;
use fle::Generation;
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
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

/// One server's part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Life {
    /// How many lives it has begun, this one included.
    pub begun: u8,
    /// What it proposes, or proposed last.
    pub proposal: Proposal,
    /// How long it waits for votes, in milliseconds.
    pub interval_ms: u64,
    /// The vote that it settled on, as it was then.
    pub decided: Option<Vote>,
}

/// What a server sees: the inputs of the format, in the model's terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
    fn of<const N: usize>(scenario: &Scenario, seed: u64) -> Vec<Recording> {
        let system = scenario.system::<N>(|_| true, Vec::new());
        let walk = Walk::new(&system, seed);
        Recorder::new(&system).record(*walk.state(), walk)
    }
    match scenario.servers {
        2 => of::<2>(scenario, seed),
        3 => of::<3>(scenario, seed),
        4 => of::<4>(scenario, seed),
        5 => of::<5>(scenario, seed),
        7 => of::<7>(scenario, seed),
        servers => unreachable!("no scenario has {servers} servers"),
    }
}

impl Recording {
    /// The name of its file: scenario and seed say how to make it again.
    #[must_use]
    pub fn file_name(&self, scenario: &Scenario, seed: u64) -> String {
        let Self { server, life, .. } = self;
        format!("{}-{seed}-s{}-g{life}.jsonl", scenario.name, sid(*server))
    }
}

impl<'a, const N: usize> Recorder<'a, N> {
    /// A recorder of paths of the system.
    #[must_use]
    pub fn new(system: &'a System<N>) -> Self {
        Self {
            system,
            terms: Terms::new(&system.election.ensemble),
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
        path: impl IntoIterator<Item = (Action, State<N>)>,
    ) -> Vec<Recording> {
        let (mut lives, mut turns) = self.start(&start);
        let mut before = start;
        for (action, after) in path {
            turns.extend(self.step(&mut lives, &before, action));
            before = after;
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
        let mut lives = Lives(std::array::from_fn(|server| Life {
            begun: 0,
            proposal: Proposal::of(server, state.servers[server].credentials),
            interval_ms: terms::FIRST_INTERVAL_MS,
            decided: None,
        }));
        let unborn = state.servers.map(|server| match server.election {
            Election::Down { .. } => server,
            _ => Server {
                round: Round(server.round.0 - 1),
                election: Election::Down { returns: true },
                ..server
            },
        });
        let mut part = Part::of(self, &mut lives, unborn);
        for server in state.live().iter() {
            part.starts(server);
        }
        let turns = part.end(state);
        (lives, turns)
    }

    /// What the servers do in this action of the model.
    ///
    /// # Panics
    /// If the action is not one of the state's.
    pub fn step(&self, lives: &mut Lives<N>, before: &State<N>, action: Action) -> Vec<Turn> {
        let next = self.system.step(before, action);
        let event = Event::new(self.system, before, action);
        let (Some((after, _)), Some(event)) = (next, event) else {
            panic!("{action:?} cannot be taken here");
        };
        let mut part = Part::of(self, lives, before.servers);
        match event {
            Event::Deliver {
                src,
                dst,
                notification,
            } => part.hears(dst, src, notification),
            Event::Resend {
                src,
                dst,
                notification,
            } => {
                part.wait_ran_out(src, Wait::Collecting);
                // Over a broken connection it arrives later, if at all.
                if !before.network.is_broken(src, dst) {
                    part.hears(dst, src, notification);
                }
            }
            Event::CollectTimeout { server } => part.waited(server, Wait::Collecting),
            Event::FinalizeTimeout { server } => part.waited(server, Wait::Finalizing),
            Event::GiveUp { server } | Event::LoseLeader { server } => part.looks(server),
            Event::Activate { server } => part.activated(server, after.servers[server]),
            Event::Start { server } => part.starts(server),
            Event::Crash { server, .. } => part.servers[server] = after.servers[server],
            Event::Supersede { .. } | Event::Lose { .. } | Event::Break { .. } => {}
        }
        part.end(&after)
    }
}

/// The servers in the middle of an action.
struct Part<'a, const N: usize> {
    recorder: &'a Recorder<'a, N>,
    lives: &'a mut Lives<N>,
    servers: [Server<N>; N],
    turns: Vec<Turn>,
}

impl<'a, const N: usize> Part<'a, N> {
    fn of(recorder: &'a Recorder<'a, N>, lives: &'a mut Lives<N>, servers: [Server<N>; N]) -> Self {
        Self {
            recorder,
            lives,
            servers,
            turns: Vec::new(),
        }
    }

    /// A new life begins, in the round after the one that the server was in before.
    fn starts(&mut self, id: usize) {
        let last = std::mem::replace(&mut self.servers[id].round, Round(0));
        self.begins(id);
        for _ in 0..last.0 {
            self.looks_in_vain(id);
        }
        self.looks(id);
    }

    fn looks(&mut self, id: usize) {
        let effects = self.looks_in_vain(id);
        self.hears_itself(id, &effects);
    }

    /// Looks, and has not yet heard its own vote.
    fn looks_in_vain(&mut self, id: usize) -> Effects<N> {
        let effects = self.handle(id, |election, me, server, out| {
            *server = Cow::Owned(election.look_for_leader(me.into(), **server, out));
        });
        self.tell(id, Seen::Looks, &effects);
        effects
    }

    fn hears(&mut self, id: usize, from: usize, notification: Notification) {
        let config = self.servers[id].config;
        let effects = self.handle(id, |election, me, server, out| {
            election.on_msg(me, server, from.into(), notification, out);
        });
        if self.servers[id].config == config {
            self.tell(id, Seen::Hears { from, notification }, &effects);
        } else {
            let step = self.recorder.terms.restart(from, notification);
            self.push(id, Line::Step(step));
            self.begins(id);
            self.tell(id, Seen::Looks, &effects);
        }
        self.hears_itself(id, &effects);
    }

    /// Where a link is its slot, a server hears its own vote as soon as it has sent it.
    fn hears_itself(&mut self, id: usize, effects: &Effects<N>) {
        let own = sends(effects).filter(|&(to, _)| to == id).last();
        let looks = self.servers[id].looking().is_some();
        if let Some((_, own)) = own
            && looks
            && self.recorder.system.links == Links::Slot
        {
            let ensemble = &self.recorder.system.election.ensemble;
            self.hears(id, id, ensemble.as_written(id, id, own));
        }
    }

    fn waited(&mut self, id: usize, wait: Wait) {
        let effects = self.wait_ran_out(id, wait);
        self.hears_itself(id, &effects);
    }

    /// A wait ran out, and what is announced then has not yet been heard by anybody.
    fn wait_ran_out(&mut self, id: usize, wait: Wait) -> Effects<N> {
        let effects = self.handle(id, |election, me, server, out| {
            election.on_timeout(me, server, &wait, out);
        });
        self.tell(id, Seen::Waited(wait), &effects);
        effects
    }

    fn activated(&mut self, id: usize, after: Server<N>) {
        self.servers[id] = after;
        self.tell(id, Seen::Activated, &Out::new());
    }

    /// The server handles something by the model's rules.
    fn handle(
        &mut self,
        id: usize,
        event: impl FnOnce(&FastLeaderElection<N>, Id, &mut Cow<'_, Server<N>>, &mut Effects<N>),
    ) -> Effects<N> {
        let mut effects = Out::new();
        let mut server = Cow::Owned(self.servers[id]);
        let election = &self.recorder.system.election;
        event(election, id.into(), &mut server, &mut effects);
        self.servers[id] = *server;
        effects
    }

    /// A life of the server begins.
    fn begins(&mut self, id: usize) {
        self.lives.0[id].begun += 1;
        let first = self.recorder.terms.server(id, &self.servers[id]);
        self.push(id, Line::Begins(first));
    }

    /// What the server saw, and how it stands now.
    fn tell(&mut self, id: usize, seen: Seen, effects: &Effects<N>) {
        let (server, life) = (&self.servers[id], &mut self.lives.0[id]);
        life.go_on(seen, server);
        let terms = &self.recorder.terms;
        let step = terms.step(seen, server, life, sends(effects));
        self.push(id, Line::Step(step));
    }

    fn push(&mut self, server: usize, line: Line) {
        let ensemble = &self.recorder.system.election.ensemble;
        if ensemble.generation(server, server) == Generation::Versioned {
            let life = self.lives.0[server].begun - 1;
            self.turns.push(Turn { server, life, line });
        }
    }

    /// The turns that were taken.
    fn end(self, after: &State<N>) -> Vec<Turn> {
        assert!(
            self.servers == after.servers,
            "what the servers saw does not explain the model's step: {:#?}",
            self.turns
        );
        self.turns
    }
}

impl Life {
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
