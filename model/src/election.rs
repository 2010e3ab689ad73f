//! The election: the protocol, and everything that is said of it.
//!
//! To be read beside `FastLeaderElection.java`, starting with [`server`]: every function bears the
//! name of the Java method or branch it states (search for it, the names are documentation
//! aliases). Each module imports only those before it:
//!
//! | module | what it states |
//! |---|---|
//! | [`faults`], [`finalizing`] | what may go wrong, and how often; how long a server waits for a better proposal, and what that is worth |
//! | [`mutants`] | which rules can be broken |
//! | [`network`] | the links and what they lose |
//! | [`server`] | the algorithm, one server's, and that as a [`stateright::actor::Actor`] |
//! | [`system`] | servers and links together, and what surrounds the election |
//! | [`scenario`] | the bounds that a system is made from |
//! | [`rules`] | what must hold of single steps |
//! | `coverage` | what can come of a step, to be counted |
//! | [`past`] | what is remembered of a way: what the disks said, which rules were broken |
//! | [`story`], [`narrate`], [`picture`] | a step as data, in a sentence, as it is drawn |
//! | [`mod@trace`] | a way as `fle-trace/1` files, for the implementation to replay |
//! | [`subject`] | all that together: what the [frame](crate::frame) asks of a system |
//! | [`claims`] | what must hold, what must be seen, what is false |
//! | [`catalogue`] | the scenarios: bounds and pinned counts |

pub mod catalogue;
pub mod claims;
mod coverage;
pub mod faults;
pub mod finalizing;
pub mod mutants;
pub mod narrate;
pub mod network;
pub mod past;
pub mod picture;
pub mod rules;
pub mod scenario;
pub mod server;
pub mod story;
pub mod subject;
pub mod system;
pub mod trace;
