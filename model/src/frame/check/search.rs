//! The search for states in which something does not hold, with or without a record of it.

use crate::frame::claim::Checked;
use crate::frame::coverage::{Counter, Taken};
use crate::frame::figures::{collision_probability, rate};
use crate::frame::liveness::{Book, Goal, Recording, Rows};
use crate::frame::mutant::Mutant as _;
use crate::frame::progress::Watch;
use crate::frame::report::{Liveness, Report, Row, Verdict, Whole};
use crate::frame::scenario::{About, Scenario};
use crate::frame::shard::Shard;
use crate::frame::subject::{StateOf, Subject};
use crate::frame::system::TransitionSystem;
use crate::frame::visit::{Label, Observer, Order, Plan, Tally, visit};
use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Instant;

/// What is written down of a search for the sake of fair runs.
pub(crate) type Recorded<S> = (
    Recording<Checked<S>, <S as TransitionSystem>::Duty>,
    Vec<Rows>,
);

/// What the search came to.
pub(crate) struct Search {
    /// What does not hold in a state that was met; nothing if there was no such state.
    pub(crate) violated: Vec<&'static str>,
    /// Whether it took longer than a mutant may take.
    pub(crate) given_up: bool,
    pub(crate) initial_states: usize,
    pub(crate) coverage: Vec<Taken>,
    pub(crate) tally: Tally,
    pub(crate) seconds: f64,
}

/// How many states are generated of a mutant's scenario at most.
pub(crate) const MUTANT_STATES: usize = 10_000_000;

/// Ends the search at a state in which something does not hold, and counts the steps until then.
struct Judge<'a, S: Subject> {
    checked: &'a Checked<S>,
    violated: Vec<&'static str>,
    counter: Counter,
}

impl<S: Subject, L: Label> Observer<Checked<S>, L> for Judge<'_, S> {
    fn visit(&mut self, _: L, state: &StateOf<S>) -> ControlFlow<()> {
        let violated = self.checked.violated(state).map(|claim| claim.name);
        self.violated.extend(violated);
        match self.violated[..] {
            [] => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }

    fn step(&mut self, before: &StateOf<S>, action: &S::Action, after: &StateOf<S>, _: Option<L>) {
        let kinds = self.checked.system.kinds(before, *action, after);
        self.counter.count(kinds);
    }
}

/// Judges, and writes down what is not the end.
struct Clerk<'a, S: Subject> {
    judge: Judge<'a, S>,
    book: Book<'a, Checked<S>, S::Duty>,
}

impl<S: Subject> Observer<Checked<S>, u32> for Clerk<'_, S> {
    fn visit(&mut self, number: u32, state: &StateOf<S>) -> ControlFlow<()> {
        self.judge.visit(number, state)?;
        self.book.visit(number, state)
    }

    fn step(
        &mut self,
        before: &StateOf<S>,
        action: &S::Action,
        after: &StateOf<S>,
        number: Option<u32>,
    ) {
        self.judge.step(before, action, after, number);
        self.book.step(before, action, after, number);
    }
}

impl Search {
    /// Searches the system until the first violation, or every state, and records it if there are
    /// goals that its fair runs should come to. The states of a mutant may be without end, so that
    /// its search is bounded, and goes breadth first.
    pub(crate) fn recorded<S: Subject>(
        checked: &Checked<S>,
        goals: &[Goal<Checked<S>>],
        bounded: bool,
        threads: NonZeroUsize,
        watch: &mut Watch<'_>,
    ) -> (Self, Option<Recorded<S>>) {
        let start = Instant::now();
        let plan = Plan {
            threads,
            order: [Order::DepthFirst, Order::BreadthFirst][usize::from(bounded)],
            give_up_after: bounded.then_some(MUTANT_STATES),
        };
        let judge = || Judge {
            checked,
            violated: Vec::new(),
            counter: Counter::new(),
        };
        if goals.is_empty() {
            let observe = || judge();
            let (tally, judges) = visit::<_, (), _>(checked, plan, observe, watch, Tally::searched);
            return (Self::over(checked, plan, tally, judges, start), None);
        }
        let recording = Recording::new(checked.clone(), Checked::fairness, goals);
        let observe = || Clerk {
            judge: judge(),
            book: recording.book(),
        };
        let (tally, clerks) = visit(checked, plan, observe, watch, Tally::searched);
        let written = clerks.into_iter().map(|it| (it.judge, it.book.into_rows()));
        let (judges, rows): (Vec<_>, _) = written.unzip();
        let search = Self::over(checked, plan, tally, judges, start);
        (search, Some((recording, rows)))
    }

    fn over<S: Subject>(
        checked: &Checked<S>,
        plan: Plan,
        tally: Tally,
        judges: Vec<Judge<'_, S>>,
        start: Instant,
    ) -> Self {
        let counters = judges.iter().map(|judge| &judge.counter);
        let counter = counters.fold(Counter::new(), Counter::and);
        let judges = judges.into_iter().map(|judge| judge.violated);
        let most = plan.give_up_after;
        Self {
            violated: { judges }.find(|it| !it.is_empty()).unwrap_or_default(),
            given_up: most.is_some_and(|most| tally.generated >= most),
            initial_states: checked.starts.len(),
            coverage: counter.taken(S::KINDS),
            tally,
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    /// Whether every state was visited.
    pub(crate) fn exhausted(&self) -> bool {
        self.came_to_end() && self.tally.beyond == 0
    }

    /// Whether every state within the bounds was visited.
    pub(crate) fn came_to_end(&self) -> bool {
        self.violated.is_empty() && !self.given_up
    }

    /// How many different states there are.
    pub(crate) fn unique_states(&self) -> usize {
        self.tally.unique
    }

    /// What holds within the bounds need not hold.
    pub(crate) fn judge(&self, row: Row) -> Row {
        let verdict = match row.verdict {
            Verdict::Holds if !self.exhausted() => Verdict::Undecided,
            verdict => verdict,
        };
        Row { verdict, ..row }
    }

    pub(crate) fn report<C: Scenario>(
        self,
        scenario: &C,
        shard: Shard,
        liveness: Option<Liveness>,
        properties: Vec<Row>,
    ) -> Report {
        let About {
            name,
            covers,
            tier: _,
            unique_states,
            pinned_in,
            is_disjoint,
        } = scenario.about();
        let mutant = scenario.mutant().map(|mutant| mutant.name());
        let pinned = mutant.is_none().then_some(unique_states);
        Report {
            scenario: name.to_owned(),
            covers: covers.to_owned(),
            mutant,
            shard,
            merged: None,
            initial_states: self.initial_states,
            exhausted: self.exhausted(),
            unique_states: self.unique_states(),
            pinned_unique_states: pinned.filter(|_| shard.is_whole()),
            pinned_in: pinned_in.to_owned(),
            whole: Whole {
                pinned_unique_states: pinned,
                disjoint: is_disjoint,
            },
            generated_states: self.tally.generated,
            depth: self.tally.depth,
            seconds: self.seconds,
            states_per_second: rate(self.unique_states(), self.seconds),
            liveness,
            peak_memory_bytes: peak_memory_bytes(),
            collision_probability: collision_probability(self.unique_states()),
            coverage: self.coverage,
            properties,
        }
    }
}

/// The peak of the process's resident memory, from `/proc/self/status`.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
