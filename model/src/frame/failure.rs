//! What failed in a check, one by one, for those who keep a list: test reports, annotations.
//!
//! There is a failure exactly where the check fails ([`Report::passed`]).

use super::report::{NOT_JUDGED, Report, Row, Tell, Verdict, numbered};

/// Under this name stands what is wrong with the number of states, beside the properties' names.
pub const STATES: &str = "unique states";

/// One thing that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The property, or [`STATES`].
    pub name: String,
    /// What is wrong, in a line.
    pub message: String,
    /// The counterexample, step by step, if there is one.
    pub counterexample: Option<String>,
}

/// Everything that failed: properties, then the number of states.
#[must_use]
pub fn failures<C: Tell>(report: &Report<C>) -> Vec<Failure> {
    let properties = report.properties.iter().filter_map(of_property);
    properties.chain(of_states(report)).collect()
}

/// How the property failed, if it did.
pub fn of_property<C: Tell>(row: &Row<C>) -> Option<Failure> {
    let counterexample = row.counterexample.as_ref();
    let message = match (row.verdict, counterexample) {
        (Verdict::NeverSeen, _) => "never seen, and should be".to_owned(),
        (Verdict::NotJudged, _) => NOT_JUDGED.to_owned(),
        (Verdict::Violated, Some(way)) => format!("violated in {} step(s)", way.steps().count()),
        (verdict, _) if verdict.is_failure() => verdict.name().to_owned(),
        _ => return None,
    };
    Some(Failure {
        name: row.name.clone(),
        message,
        counterexample: counterexample.map(numbered),
    })
}

/// What is wrong with the number of states, if anything is.
pub fn of_states<C>(report: &Report<C>) -> Option<Failure> {
    let message = if report.searched() {
        report.pin_failure()?
    } else {
        "not every state that can be reached was visited".to_owned()
    };
    Some(Failure {
        name: STATES.to_owned(),
        message,
        counterexample: None,
    })
}
