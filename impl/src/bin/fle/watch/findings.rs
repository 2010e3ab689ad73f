//! What is wrong, and what to do about it: from rows to findings, without input, output or clock.
//!
//! Each finding rests on what servers have said, or have not, in one poll, which asks all of them
//! within two seconds. What needs more than one moment is not found: how far a follower is behind
//! within an epoch, or whether an election takes long.

mod configuration;
mod ensemble;
mod finding;
mod server;

use super::row::Row;
pub(super) use finding::{Finding, Severity};

/// What is wrong with these servers, the worst first.
pub(super) fn findings(rows: &[Row]) -> Vec<Finding> {
    let mut found = ensemble::findings(rows);
    found.extend(rows.iter().flat_map(|row| server::findings(row, rows)));
    found.extend(configuration::findings(rows));
    found.sort_by_key(|finding| finding.severity);
    found
}

#[cfg(test)]
mod tests;
