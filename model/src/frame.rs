//! The machinery that checks a protocol, whichever: it knows of none.
//!
//! A protocol is a [`TransitionSystem`](system::TransitionSystem): where it begins, what can
//! happen, what comes of that. A [`Subject`](subject::Subject) adds what is remembered of the way
//! to a state, which rules of single steps it broke among that, and how a way reads. A
//! [`Scenario`](scenario::Scenario) is the entry of a catalogue that such a system is made from.
//! Everything else follows from these three, and exists once.
//!
//! | module | what it states |
//! |---|---|
//! | [`system`] | what can happen: states, actions, what is owed |
//! | [`story`], [`diagram`] | a way as data, in sentences, as a sequence diagram |
//! | [`subject`] | a system that is judged, and a way through it |
//! | [`claim`] | what is claimed of it; with that it is the [`stateright::Model`] that is searched |
//! | [`mutant`] | one rule, broken |
//! | [`coverage`] | which kinds of steps there are, and how often each was taken |
//! | [`scenario`] | the entry of a catalogue |
//! | [`liveness`] | what a fair scheduler must bring about: a checker for any [`stateright::Model`] |
//! | [`mod@visit`] | every state that a [`stateright::Model`] can reach, once |
//! | [`mod@check`], [`shard`], [`progress`] | a scenario checked, or a part of its initial states, and how far that is |
//! | [`store`] | the same on disk: for more states than fit into memory, and for more than one process |
//! | [`counterexample`], [`report`], [`trace_dir`], [`mod@merge`] | what came of it, as files, and of all parts together |
//! | [`failure`], [`mod@junit`], [`mod@html`] | what failed, for lists of tests; a run as a page |
//! | [`mod@simulate`], [`walk`] | random walks, for what is too large to be exhausted |
//! | [`explore`], [`mod@state_graph`] | a system in the browser; all of a small one as a graph |
//! | [`any`], [`mutants`] | all of that for a scenario of any protocol; and which broken rules it notices |

pub mod any;
pub mod check;
pub mod claim;
pub mod counterexample;
pub mod coverage;
pub mod diagram;
pub mod explore;
pub mod failure;
pub mod figures;
pub mod html;
pub mod junit;
pub mod liveness;
pub mod merge;
pub mod mutant;
pub mod mutants;
pub mod progress;
pub mod report;
pub mod scenario;
pub mod shard;
pub mod simulate;
pub mod state_graph;
pub mod store;
pub mod story;
pub mod subject;
pub mod system;
mod threads;
pub mod trace_dir;
pub mod visit;
pub mod walk;
