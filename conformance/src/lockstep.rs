//! The model and the production engine side by side, over every transition that a scenario's model
//! can take.
//!
//! A survey visits every state, and collects what each transition is to the servers that take part
//! in it: their *acts*. What a server does follows from how it stands and what it sees, and so does
//! what the engine does: so an act needs to be compared once for each state of the engine that
//! matches the server's, however many transitions hold it. Each server is therefore walked through
//! its own acts, the engine beside it, from each way a life of it begins: every act that is
//! possible in the model's state is taken by both, and what the model says of it must be what the
//! engine shows.
//!
//! The states of the engine that match a state of the model are those in which the walk finds it
//! there: one at least, more where the engine remembers what the model forgets. A walk may put acts
//! together that no run of the whole ensemble does; both must do the same all the same. What a
//! divergence shows is the shortest way of one server that leads to it.
//!
//! There are two models, each with its part of the engine: [`election`], [`establishment`].

pub mod election;
pub mod establishment;
mod survey;
mod walked;

use serde::Serialize;

/// What came of a scenario. `D` is how a divergence is shown.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report<D> {
    /// The scenario's name.
    pub scenario: String,
    /// How many states the model can reach.
    pub states: usize,
    /// How likely it is at most that two of them had one fingerprint, so that one of them was never
    /// looked at.
    pub collision_probability: f64,
    /// How many transitions lead from them.
    pub transitions: usize,
    /// How many different acts of a server these are.
    pub acts: usize,
    /// How many acts were compared, each in every state of the engine that matches.
    pub comparisons: usize,
    /// Where the engine does something else than the model: the one with the shortest way to it.
    pub divergence: Option<D>,
}
