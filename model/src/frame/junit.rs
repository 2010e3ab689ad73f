//! Checks as JUnit XML, which most of what runs builds can show: a suite for each scenario, a case
//! for each property, and one for the number of states.
//!
//! The time of a suite is that of its searches, for what holds in every state and for fair runs.
//! A property that was not decided, or not seen in a shard, is a case that was skipped. So is the
//! number of states where none is pinned.

use super::failure::{Failure, STATES, of_property, of_states};
use super::report::{Report, Row, Tell};
use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The property of a suite that says how likely it is at most that two states had one fingerprint.
pub const COLLISION: &str = "collision_probability";

/// The checks as JUnit XML.
///
/// # Errors
/// If it cannot be written as XML.
pub fn junit<C: Tell>(reports: &[Report<C>]) -> Result<String, SerializeError> {
    let mut all = quick_junit::Report::new("fle-model");
    all.add_test_suites(reports.iter().map(suite));
    all.to_string()
}

fn suite<C: Tell>(report: &Report<C>) -> TestSuite {
    let scenario = report.title();
    let mut suite = TestSuite::new(scenario.clone());
    let fair_runs = report.liveness.map_or(0.0, |liveness| liveness.seconds);
    suite.set_time(Duration::from_secs_f64(report.seconds + fair_runs));
    suite.add_property((COLLISION, &*report.collision_probability.to_string()));
    let properties = report.properties.iter();
    let properties = properties.map(|row| (row.name.clone(), status(row)));
    let states = match (of_states(report), report.pinned_unique_states) {
        (None, None) => skipped("none is pinned for this run"),
        (failure, _) => judged(failure),
    };
    for (name, status) in properties.chain([(STATES.to_owned(), states)]) {
        let mut case = TestCase::new(name, status);
        case.set_classname(scenario.clone());
        suite.add_test_case(case);
    }
    suite
}

fn status<C: Tell>(row: &Row<C>) -> TestCaseStatus {
    if row.verdict.is_open() {
        skipped(row.verdict.name())
    } else {
        judged(of_property(row))
    }
}

fn judged(failure: Option<Failure>) -> TestCaseStatus {
    let Some(failure) = failure else {
        return TestCaseStatus::success();
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(failure.message);
    if let Some(counterexample) = failure.counterexample {
        status.set_description(counterexample);
    }
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}
