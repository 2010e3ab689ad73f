//! When enough voters agree: quorum rules, the view of one or two configurations in force, and the
//! tally of votes in it.
//!
//! Source: `QuorumMaj`, `QuorumHierarchical`, `QuorumOracleMaj` and `SyncedLearnerTracker`. Every
//! rule is one shape here: voters sit in groups with a weight, a group is won by more than half of
//! its weight, and a quorum wins more than half of the groups. A majority is one group in which
//! every weight is 1.
//!
//! Invariants: a server that no configuration names has weight zero and never counts; a vote counts
//! in each configuration in which its voter sits, and all configurations in force must have a
//! quorum.
//!
//! The model is built on this module too; the tests hold it against a naive statement of the rules.
//! Absent on purpose: who voted for what ([`crate::election`]) and how configurations are written
//! ([`crate::config`]).

mod oracle;
mod verifier;
mod view;

pub use oracle::{Oracle, OracleFile};
pub use verifier::{Group, QuorumError, QuorumVerifier};
pub use view::{QuorumView, Slot, Tally};

#[cfg(test)]
mod tests;
