//! A scenario of whichever protocol, as the commands take it.

use super::check::{self, Options};
use super::explore;
use super::progress::Watcher;
use super::report::Report;
use super::scenario::{About, Scenario};
use super::shard::Shard;
use super::simulate::{self, Simulation};
use super::state_graph::{StateGraph, state_graph};
use super::store::{self, Problem, Store};
use super::story::Recorded;
use super::walk;
use clap::ValueEnum;
use std::net::SocketAddr;

/// What every scenario can be asked to do.
pub trait AnyScenario: Send + Sync {
    /// What there is to know of it before it is run.
    fn about(&self) -> About;

    /// In how many ways its servers can start.
    fn initial_states(&self) -> usize;

    /// The same, with every rule.
    fn whole(&self) -> Box<dyn AnyScenario>;

    /// The same with the broken rule of this name; `None` if its protocol has no such rule.
    fn broken(&self, mutant: &str) -> Option<Box<dyn AnyScenario>>;

    /// Exhausts it.
    fn check(&self, options: Options, watcher: Option<Watcher<'_>>) -> Report;

    /// Exhausts it in a store.
    ///
    /// # Errors
    /// If the store cannot be used.
    fn check_in_store(
        &self,
        store: Store<'_>,
        options: Options,
        watcher: Option<Watcher<'_>>,
    ) -> Result<Report, Problem>;

    /// Walks through it at random.
    fn simulate(&self, options: &simulate::Options<'_>, watcher: Option<Watcher<'_>>)
    -> Simulation;

    /// Serves it to browsers until the process ends.
    fn serve(&self, address: SocketAddr);

    /// Its states and steps, from this part of the initial ones; `None` if they are too many.
    fn graph(&self, shard: Shard) -> Option<StateGraph>;

    /// The random walk of this seed, server by server, life by life; `None` if there is no format
    /// that could tell it.
    fn record_walk(&self, seed: u64) -> Option<Vec<Recorded>>;
}

impl<C: Scenario> AnyScenario for C {
    fn about(&self) -> About {
        Scenario::about(self)
    }

    fn initial_states(&self) -> usize {
        Scenario::initial_states(self)
    }

    fn whole(&self) -> Box<dyn AnyScenario> {
        Box::new(*self)
    }

    fn broken(&self, mutant: &str) -> Option<Box<dyn AnyScenario>> {
        let mutant = C::Mutant::from_str(mutant, false).ok()?;
        Some(Box::new(self.mutated(mutant)))
    }

    fn check(&self, options: Options, watcher: Option<Watcher<'_>>) -> Report {
        check::check(self, options, watcher)
    }

    fn check_in_store(
        &self,
        store: Store<'_>,
        options: Options,
        watcher: Option<Watcher<'_>>,
    ) -> Result<Report, Problem> {
        store::check_in_store(self, store, options, watcher)
    }

    fn simulate(
        &self,
        options: &simulate::Options<'_>,
        watcher: Option<Watcher<'_>>,
    ) -> Simulation {
        simulate::simulate(self, options, watcher)
    }

    fn serve(&self, address: SocketAddr) {
        explore::serve(self, address);
    }

    fn graph(&self, shard: Shard) -> Option<StateGraph> {
        state_graph(self, shard)
    }

    fn record_walk(&self, seed: u64) -> Option<Vec<Recorded>> {
        walk::record(self, seed)
    }
}
