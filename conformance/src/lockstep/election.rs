//! The election: [`fle_model::election::server`] beside [`fle::Election`](fle::election::Election).
//!
//! What a server does is compared by its acts, [`fle_model::election::trace::acts`]: state, round,
//! proposal, bytes sent and to whom, the wait that is armed, the decision.
//!
//! Where the model's servers may settle as soon as everybody was heard, a second engine does,
//! [`Finalize::Eager`]: it must decide in the very step with which the model's server comes to
//! where it may, and show then what that one shows once it has.
//!
//! A divergence is shown as a trace. How the model's terms read in the engine's is said in one
//! place: [`fle_model::election::trace::terms`].

use super::Report;
use super::survey::{Acted, Survey};
use super::walked::Walked;
use crate::engine::Engine;
use crate::replay::Difference;
use ahash::{AHashMap, AHashSet};
use fle::election::Finalize;
use fle_model::election::finalizing::Early;
use fle_model::election::scenario::Scenario;
use fle_model::election::server::{FastLeaderElection, Server, Wait};
use fle_model::election::system::{Action, State, System};
use fle_model::election::trace::Life;
use fle_model::election::trace::Line;
use fle_model::election::trace::acts::{self, Act, Seen, What};
use fle_model::election::trace::format::{Output, Standing, Step, Trace};
use fle_model::election::trace::terms::Terms;
use fle_model::frame::figures::collision_probability;
use fle_model::frame::progress::Watcher;
use fle_model::frame::scenario::{Scenario as _, Task};
use fle_model::terms::vote::sid;
use serde::Serialize;
use std::mem::take;
use std::num::NonZeroUsize;
use std::thread;

/// The engine does something else than the model's server.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Divergence {
    /// The server's id.
    pub sid: i64,
    /// A shortest trace of the model's server to what differs, that included. To replay it is to
    /// see the difference.
    #[serde(skip)]
    pub trace: Trace,
    /// Its last step.
    #[serde(flatten)]
    pub difference: Difference,
}

/// Takes every transition of the scenario with both.
///
/// # Panics
/// If the scenario has a number of servers that the model is not built for, or a configuration of
/// it cannot be read.
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
    let terms = Terms::new(system.election.common());
    let election = system.election.clone();
    let survey = Survey::of(system, threads, watcher);
    let eager = (scenario.finalizing.early == Early::AllHeard).then_some(Some(&election));
    let rules = [None].into_iter().chain(eager);
    let results = thread::scope(|scope| {
        let walks = rules.flat_map(|early| (0..N).map(move |place| (place, early)));
        let walks = walks.map(|(place, early)| {
            let walk = SideBySide::new(place, &survey.acts, &terms, early);
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
            .min_by_key(|divergence| divergence.trace.steps.len()),
    }
}

impl<const N: usize> Acted for System<N> {
    type Act = Act<N>;

    fn first(&self, state: &State<N>) -> Vec<Act<N>> {
        acts::first(self, state)
    }

    fn acts(
        &self,
        before: &State<N>,
        action: Action,
        _: &State<N>,
    ) -> impl IntoIterator<Item = Act<N>> {
        acts::acts(self, before, action)
    }
}

/// One server's walk through its acts.
struct SideBySide<'a, const N: usize> {
    place: usize,
    terms: &'a Terms,
    /// Who must have been heard before it settles early; `None` where it does not.
    early: Option<&'a FastLeaderElection<N>>,
    /// Its acts, by how it stands before them.
    acts: AHashMap<Server<N>, Vec<&'a Act<N>>>,
    /// Where model and engine have come to together.
    walked: Walked<Pair<N>, &'a Act<N>>,
    comparisons: usize,
}

/// A state of the model's server, what is derived of its life, and the engine in a state that
/// matches.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Pair<const N: usize> {
    server: Server<N>,
    life: Life,
    engine: Engine,
}

impl<'a, const N: usize> SideBySide<'a, N> {
    fn new(
        place: usize,
        acts: &'a AHashSet<Act<N>>,
        terms: &'a Terms,
        early: Option<&'a FastLeaderElection<N>>,
    ) -> Self {
        let mut walk = Self {
            place,
            terms,
            early,
            acts: AHashMap::new(),
            walked: Walked::new(),
            comparisons: 0,
        };
        for act in acts.iter().filter(|act| act.server == place) {
            match act.what {
                What::Begins => walk.begin(act),
                _ => walk.acts.entry(act.before).or_default().push(act),
            }
        }
        walk
    }

    /// A life begins.
    fn begin(&mut self, act: &Act<N>) {
        let mut life = Life::new(self.place, &act.after);
        let Some(Line::Begins(first)) = life.tell(act, self.terms) else {
            unreachable!("it begins");
        };
        let finalize = match self.early {
            Some(_) => Finalize::Eager,
            None => Finalize::Fixed,
        };
        let engine = Engine::with(&first, finalize);
        let engine = engine.expect("the model writes configurations that can be read");
        let server = act.after;
        self.walked.enter(
            Pair {
                server,
                life,
                engine,
            },
            None,
        );
    }

    /// Takes every act wherever it can be taken, the nearest to a life's beginning first, up to the
    /// first divergence. How many were compared, and the divergence.
    fn walk(mut self) -> (usize, Option<Divergence>) {
        let mut next = 0;
        while let Some(pair) = self.walked.get(next) {
            let acts = self.acts.get(&pair.server);
            for act in acts.cloned().unwrap_or_default() {
                if let Some(divergence) = self.take(next, act) {
                    return (self.comparisons, Some(divergence));
                }
            }
            next += 1;
        }
        let reached: AHashSet<_> = self.walked.pairs().map(|pair| &pair.server).collect();
        let is_reached = self.acts.keys().all(|server| reached.contains(server));
        // Who settles early never comes to where the others wait on.
        assert!(
            is_reached || self.early.is_some(),
            "what a server does follows from its own life"
        );
        (self.comparisons, None)
    }

    /// Takes an act of the model's server with the engine.
    fn take(&mut self, from: usize, act: &'a Act<N>) -> Option<Divergence> {
        let Pair {
            mut life,
            mut engine,
            ..
        } = self.walked.get(from)?.clone();
        let Some((step, server)) = self.told(&mut life, act) else {
            let server = act.after;
            self.walked.enter(
                Pair {
                    server,
                    life,
                    engine,
                },
                Some((from, act)),
            );
            return None;
        };
        let actual = engine.step(&step.input);
        self.comparisons += 1;
        if actual != step.output {
            let trace = self.trace(from, step.clone());
            let difference = Difference {
                step: trace.steps.len(),
                input: step.input,
                expected: step.output,
                actual,
            };
            return Some(Divergence {
                sid: sid(self.place).0,
                trace,
                difference,
            });
        }
        if let What::Sees(_) = act.what {
            self.walked.enter(
                Pair {
                    server,
                    life,
                    engine,
                },
                Some((from, act)),
            );
        }
        None
    }

    /// The trace of the model's server up to this pair, and this step after it.
    fn trace(&self, end: usize, last: Step) -> Trace {
        let (begun, way) = self.walked.way(end);
        let mut life = begun.life;
        let steps = way
            .iter()
            .filter_map(|(_, act)| Some(self.told(&mut life, act)?.0));
        let mut steps: Vec<_> = steps.collect();
        steps.push(last);
        Trace {
            server: self.terms.server(self.place, &begun.server),
            steps,
        }
    }

    /// An act as a step of a trace, if it is one, and how the server stands then: settled, where it
    /// may settle early.
    fn told(&self, life: &mut Life, act: &Act<N>) -> Option<(Step, Server<N>)> {
        let mut step = self.line(life, act)?;
        if !self.may_settle_early(&act.after) {
            return Some((step, act.after));
        }
        let ends = |act: &&&Act<N>| act.what == What::Sees(Seen::Waited(Wait::Finalizing));
        let end = self.acts[&act.after].iter().find(ends);
        let end = end.expect("where it may settle the model has it settle");
        let settled = self.line(life, end)?;
        if let (Output::Standing(now), Output::Standing(then)) = (&mut step.output, settled.output)
        {
            *now = Standing {
                sends: take(&mut now.sends),
                ..then
            };
        }
        Some((step, end.after))
    }

    fn line(&self, life: &mut Life, act: &Act<N>) -> Option<Step> {
        match life.tell(act, self.terms)? {
            Line::Step(step) => Some(step),
            Line::Begins(_) => unreachable!("a life's beginning is not walked to"),
        }
    }

    fn may_settle_early(&self, server: &Server<N>) -> bool {
        let looking = server.looking();
        let finalizes = looking.is_some_and(|looking| looking.wait == Wait::Finalizing);
        finalizes
            && self.early.is_some_and(|election| {
                let ensemble = election.ensemble(server.known);
                let others = (0..N).filter(|&peer| peer != self.place);
                let mut others = others.filter(|&peer| ensemble.has_weight(peer));
                others.all(|peer| server.has_heard_proposal(peer))
            })
    }
}
