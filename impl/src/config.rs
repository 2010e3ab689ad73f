//! ZooKeeper's configuration, read as ZooKeeper reads it: who is in the ensemble, and how this
//! server behaves in it.
//!
//! - [`DynamicConfig`] is the ensemble: the `server.N`, `group.N`, `weight.N` and `version` lines
//!   that stand in a file and also ride in every notification. It prints byte for byte what
//!   ZooKeeper prints.
//! - [`ZooConfig`] is one static file, usually `zoo.cfg`: [`Options`] and either the ensemble or
//!   the name of the file with it.
//! - [`ServerConfig`] is everything one server starts from: the static file, the files it names,
//!   and `myid`.
//!
//! Source: `QuorumPeerConfig`, `QuorumPeer.QuorumServer`, `QuorumMaj`, `QuorumHierarchical` and
//! `ConfigUtils`.
//!
//! Invariants: a configuration that exists is valid, so nothing is checked later; text from a peer
//! never panics, and costs memory in proportion to its length; a text with mistakes is answered
//! with all of them, each with its line and a [`Problem`] that says what to write instead.
//!
//! Absent on purpose: name resolution (an address is text or a literal, [`Host`]), and the meaning
//! of options that have no part in an election: they are recognised and left alone.

mod dynamic;
mod error;
mod foreign;
mod host;
mod java_order;
mod keys;
mod lines;
mod lint;
mod load;
mod near;
mod options;
mod problem;
mod properties;
mod rules;
mod server;
mod slip;
mod zoo;

pub use crate::learner_type::LearnerType;
pub use dynamic::{ConfigVersion, DynamicConfig};
pub use error::{ConfigErrors, Diagnostic, Parsed};
pub use foreign::printable;
pub use host::Host;
pub(crate) use host::{java_split, split_host};
pub use load::{Machine, ServerConfig};
pub use options::{BindRetries, MultiAddress, Options, QuorumAuth};
pub use problem::{Port, Problem, Severity};
pub use rules::Rules;
pub use server::{ClientAddress, ServerAddress, ServerSpec};
pub use slip::Slip;
pub use zoo::{EnsembleSource, ZooConfig};

#[cfg(test)]
mod tests;
