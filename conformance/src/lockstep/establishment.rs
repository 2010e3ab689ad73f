//! The establishment: [`fle_model::establishment`] beside [`fle::leadership`].
//!
//! An act is an event at a server that stands so. What follows must be the same: the effects, in
//! order; the epochs, in memory and on the disk; whom the server follows, or leads, established;
//! whether it waits for the end of a promise. A crash in the middle of the effects needs no
//! comparison of its own: what is on the disk then follows from the first of them, and how a life
//! begins with any disk is an act, too.
//!
//! # Time
//! The model has none: a server is bound by an earlier promise or is not. So the engine's settings
//! let nothing end but promises: each life has a clock that stands still, and moves on by the
//! length of a promise where the model says that one is over. A life in which more than two are
//! over is not followed: its clock alone would make it another one without end.
//!
//! # What is done in more than one way
//! Some of the model's events are several to the engine, each taken on a copy of it (`variants`):
//! patience that ends is a time-out, voters that look again, or a server's owner; a connection has
//! ended in order or not, which is the same; that nobody counts any more on what a learner has
//! answered elsewhere is said by the learner, or a matter of time. What a server with an empty disk
//! asks is answered when the model says so.
//!
//! # Where the comparison ends
//! At the model's last epoch. A leader that would propose one beyond it gives up in the model, and
//! the engine goes on: the two must agree up to there. Not compared is what the model leaves out:
//! leases and signs of life, the time in which a connection is made, other versions of the
//! configuration, and servers with transactions or without data.

mod acts;
mod engine;
mod shown;
mod terms;
mod times;
mod variants;

use super::Report;
use super::survey::Survey;
use super::walked::Walked;
use acts::{Act, What};
use ahash::{AHashMap, AHashSet};
use engine::Engine;
use fle::leadership;
use fle_model::establishment::protocol::{Effect, Event, Protocol};
use fle_model::establishment::scenario::Scenario;
use fle_model::establishment::server::Server;
use fle_model::establishment::system::Cause;
use fle_model::frame::figures::collision_probability;
use fle_model::frame::progress::Watcher;
use fle_model::frame::scenario::{Scenario as _, Task};
use fle_model::terms::vote::sid;
use serde::Serialize;
use std::fmt;
use std::num::NonZeroUsize;
use std::thread;
use terms::Terms;
use variants::Stands;

/// How many promises may be over in a life that is followed.
const PROMISES: u64 = 2;

/// The engine does something else than the model's server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Divergence {
    /// The server's id.
    pub sid: i64,
    /// A shortest way to what differs, that included, in sentences.
    pub steps: Vec<String>,
    /// What the model says: the effects of the last step, and how the server stands then.
    pub expected: Vec<String>,
    /// What the engine does.
    pub actual: Vec<String>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sid, count) = (self.sid, self.steps.len());
        writeln!(f, "server {sid} differs from the model at step {count}")?;
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:>4}  {step}", index + 1)?;
        }
        writeln!(f, "  expected")?;
        for line in &self.expected {
            writeln!(f, "    {line}")?;
        }
        write!(f, "  actual")?;
        self.actual
            .iter()
            .try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// Takes every transition of the scenario with both.
///
/// # Panics
/// If there are transactions, or the catalogue has a scenario with a number of servers that the
/// model is not built for.
#[must_use]
pub fn lockstep(
    scenario: &Scenario,
    threads: NonZeroUsize,
    watcher: Option<Watcher<'_>>,
) -> Report<Divergence> {
    scenario.run(Lockstep { threads, watcher })
}

struct Lockstep<'a> {
    threads: NonZeroUsize,
    watcher: Option<Watcher<'a>>,
}

impl Task<Scenario> for Lockstep<'_> {
    type Output = Report<Divergence>;

    fn run<const N: usize>(self, scenario: &Scenario) -> Report<Divergence> {
        lockstep_servers::<N>(scenario, self.threads, self.watcher)
    }
}

fn lockstep_servers<const N: usize>(
    scenario: &Scenario,
    threads: NonZeroUsize,
    watcher: Option<Watcher<'_>>,
) -> Report<Divergence> {
    let system = scenario.system::<N>(|_| true);
    let protocol = system.protocol.clone();
    let terms = Terms::new(&protocol.ensemble);
    let survey = Survey::of(system, threads, watcher);
    let results = thread::scope(|scope| {
        let walks = (0..N).map(|place| {
            let walk = SideBySide::new(place, &survey.acts, &protocol, &terms);
            scope.spawn(|| walk.walk())
        });
        let walks: Vec<_> = walks.collect();
        let results = walks.into_iter().map(|walk| walk.join());
        let results = results.map(|result| result.expect("a walk does not panic"));
        results.collect::<Vec<_>>()
    });
    Report {
        scenario: scenario.name.to_owned(),
        states: survey.states,
        collision_probability: collision_probability(survey.states),
        transitions: survey.transitions,
        acts: survey.acts.len(),
        comparisons: results.iter().map(|(comparisons, _)| comparisons).sum(),
        divergence: results
            .into_iter()
            .filter_map(|(_, divergence)| divergence)
            .min_by_key(|divergence| divergence.steps.len()),
    }
}

/// A state of the model's server, and the engine in a state that matches.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Pair<const N: usize> {
    server: Server<N>,
    engine: Engine,
}

/// One server's walk through its acts.
struct SideBySide<'a, const N: usize> {
    place: usize,
    protocol: &'a Protocol<N>,
    terms: &'a Terms<N>,
    /// What it meets, by how it stands before.
    events: AHashMap<Server<N>, Vec<Event>>,
    /// How its lives begin.
    beginnings: Vec<Server<N>>,
    walked: Walked<Pair<N>, Event>,
    comparisons: usize,
}

impl<'a, const N: usize> SideBySide<'a, N> {
    fn new(
        place: usize,
        acts: &AHashSet<Act<N>>,
        protocol: &'a Protocol<N>,
        terms: &'a Terms<N>,
    ) -> Self {
        let mut walk = Self {
            place,
            protocol,
            terms,
            events: AHashMap::new(),
            beginnings: Vec::new(),
            walked: Walked::new(),
            comparisons: 0,
        };
        for act in acts.iter().filter(|act| act.place == place) {
            match act.what {
                What::Begins => walk.beginnings.push(act.server),
                What::Meets(event) => walk.events.entry(act.server).or_default().push(event),
            }
        }
        // So that a divergence is the same every time.
        walk.beginnings.sort_unstable_by_key(|server| server.disk);
        walk.events
            .values_mut()
            .for_each(|events| events.sort_unstable());
        walk
    }

    /// Takes every act wherever it can be taken, the nearest to a life's beginning first, up to the
    /// first divergence. How many were compared, and the divergence.
    fn walk(mut self) -> (usize, Option<Divergence>) {
        let divergence = self.begin().or_else(|| self.go_on());
        if divergence.is_none() {
            let reached: AHashSet<_> = self.walked.pairs().map(|pair| &pair.server).collect();
            let is_reached = self.events.keys().all(|server| reached.contains(server));
            assert!(is_reached, "what a server does follows from its own life");
        }
        (self.comparisons, divergence)
    }

    fn begin(&mut self) -> Option<Divergence> {
        for server in std::mem::take(&mut self.beginnings) {
            let engine = Engine::start(self.terms, self.place, server.disk);
            self.comparisons += 1;
            if let Some((expected, actual)) = self.difference(&server, &[], &engine, &[]) {
                let steps = vec![self.beginning(&server)];
                return Some(self.divergence(steps, expected, actual));
            }
            self.walked.enter(Pair { server, engine }, None);
        }
        None
    }

    fn go_on(&mut self) -> Option<Divergence> {
        let mut next = 0;
        while let Some(pair) = self.walked.get(next) {
            let events = self.events.get(&pair.server);
            for event in events.cloned().unwrap_or_default() {
                if let Some(divergence) = self.take(next, event) {
                    return Some(divergence);
                }
            }
            next += 1;
        }
        None
    }

    /// Takes an act of the model's server with the engine, in every way.
    fn take(&mut self, from: usize, event: Event) -> Option<Divergence> {
        let pair = self.walked.get(from)?.clone();
        let stands = Stands {
            protocol: self.protocol,
            terms: self.terms,
            me: self.place,
            server: pair.server,
        };
        for variant in stands.variants(event) {
            let mut engine = pair.engine.clone();
            let done = (variant.take)(&mut engine);
            self.comparisons += 1;
            let told = &variant.told[..];
            if self.is_past_the_last(told, &done) {
                continue;
            }
            let difference = self.difference(&variant.server, told, &engine, &done);
            if let Some((expected, actual)) = difference {
                let steps = self.steps(from, event, variant.name);
                return Some(self.divergence(steps, expected, actual));
            }
            if variant.goes_on && engine.promises_over() <= PROMISES {
                let server = variant.server;
                self.walked
                    .enter(Pair { server, engine }, Some((from, event)));
            }
        }
        None
    }

    /// Whether the model's server gives up since there is no further epoch, in the middle of what
    /// the engine does.
    fn is_past_the_last(&self, told: &[Effect], done: &[leadership::Effect]) -> bool {
        let Some((Effect::Quit, told)) = told.split_last() else {
            return false;
        };
        let is_past = |effect: &leadership::Effect| match *effect {
            leadership::Effect::StoreAccepted(epoch) => epoch > terms::epoch(self.protocol.last),
            _ => false,
        };
        self.is_same_so_far(told, done) && done.get(told.len()).is_some_and(is_past)
    }

    fn is_same_so_far(&self, told: &[Effect], done: &[leadership::Effect]) -> bool {
        let mut both = told.iter().zip(done);
        let is_same = |(told, done): (&Effect, &leadership::Effect)| {
            self.terms.is_same(self.place, told, done)
        };
        told.len() <= done.len() && both.all(is_same)
    }

    /// What the model says and what the engine shows, where that is not the same.
    fn difference(
        &self,
        server: &Server<N>,
        told: &[Effect],
        engine: &Engine,
        done: &[leadership::Effect],
    ) -> Option<(Vec<String>, Vec<String>)> {
        let expected = self.terms.shown(self.place, server);
        let actual = engine.shown();
        if expected == actual && told.len() == done.len() && self.is_same_so_far(told, done) {
            return None;
        }
        let told = told.iter().map(ToString::to_string);
        let done = done.iter().map(|effect| format!("{effect:?}"));
        Some((
            told.chain([expected.to_string()]).collect(),
            done.chain([actual.to_string()]).collect(),
        ))
    }

    fn divergence(
        &self,
        steps: Vec<String>,
        expected: Vec<String>,
        actual: Vec<String>,
    ) -> Divergence {
        Divergence {
            sid: sid(self.place).0,
            steps,
            expected,
            actual,
        }
    }

    /// The way to this pair, and this event after it.
    fn steps(&self, end: usize, last: Event, variant: Option<&str>) -> Vec<String> {
        let (begun, way) = self.walked.way(end);
        let events = way.iter().map(|&(_, event)| self.sentence(event));
        let variant = variant.map_or(String::new(), |name| format!(" ({name})"));
        let last = self.sentence(last) + &variant;
        let beginning = self.beginning(&begun.server);
        [beginning]
            .into_iter()
            .chain(events)
            .chain([last])
            .collect()
    }

    fn beginning(&self, server: &Server<N>) -> String {
        let (disk, zxid) = (server.disk, server.zxid());
        let id = self.place + 1;
        if !disk.remembers() {
            return format!("{id} starts with {disk:?}, zxid {zxid:?}");
        }
        format!(
            "{id} starts with accepted epoch {:?}, current epoch {:?}, zxid {zxid:?}",
            disk.accepted, disk.current
        )
    }

    fn sentence(&self, event: Event) -> String {
        let id = self.place + 1;
        let cause = match event {
            Event::Lead => Cause::Elected,
            Event::Learn(leader) => Cause::Told(leader),
            Event::Hear { from, packet } => {
                return format!("{id} receives {packet:?} from {}", from + 1);
            }
            Event::End(peer) => Cause::SeesEnd(peer),
            Event::Release => Cause::IsReleased,
            Event::Told(peer, answer) => {
                return format!("{id} is answered by {}: {answer:?}", peer + 1);
            }
            Event::Settle(learner) => Cause::Settles(learner),
            Event::Append => Cause::Appends,
            Event::HandOver(heir) => Cause::HandsOver(heir),
            Event::GiveUp => Cause::GivesUp,
        };
        format!("{id} {cause}")
    }
}
