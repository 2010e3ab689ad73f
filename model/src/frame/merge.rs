//! The reports of a run's shards put together to the report of the whole.
//!
//! The greatest of the shards' verdicts is the whole's ([`Verdict`] is ordered so): one violation
//! is enough, and so is one sighting; what no shard saw was never seen. States, seconds and chances
//! of a collision are added up, depth and memory are the greatest.
//!
//! Whether the states add up to those of a whole run is for the report to say
//! ([`super::report::Whole`]): two shards count a state twice if it can be reached from initial
//! states of both.

use super::coverage;
use super::figures::rate;
use super::report::{Kept, Liveness, Merged, Report, Row, Verdict};
use super::shard::Shard;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A report and the file that it is in.
#[derive(Clone, Debug)]
pub struct Part {
    /// The file's name.
    pub file: String,
    /// The report.
    pub report: Report<Kept>,
}

/// The reports in a file that `check --json` wrote.
///
/// # Errors
/// If that is not what it is.
pub fn parse(file: &str, text: &[u8]) -> Result<Vec<Part>, String> {
    let reports: Vec<_> = serde_json::from_slice(text)
        .map_err(|error| format!("{file} is not a report of `check --json`: {error}"))?;
    let part = |report| Part {
        file: file.to_owned(),
        report,
    };
    Ok(reports.into_iter().map(part).collect())
}

/// A report for each scenario, in the order in which they come first.
///
/// # Errors
/// If the parts of a scenario are not the shards of one run, each once.
pub fn merge(parts: Vec<Part>) -> Result<Vec<Report<Kept>>, String> {
    let mut runs: Vec<Vec<Part>> = Vec::new();
    for part in parts {
        match runs.iter_mut().find(|run| run[0].is_of_one_run_with(&part)) {
            Some(run) => run.push(part),
            None => runs.push(vec![part]),
        }
    }
    runs.into_iter().map(merge_run).collect()
}

fn merge_run(mut parts: Vec<Part>) -> Result<Report<Kept>, String> {
    for part in &parts[1..] {
        parts[0].check_same_model(part)?;
    }
    check_complete(&parts)?;
    parts.sort_by_key(|part| part.report.shard.index());
    let mut shards = parts.into_iter().map(|part| part.report);
    let first = shards.next().expect("a run has a shard");
    let mut merged = shards.fold(whole_of(first), add);
    for row in &mut merged.properties {
        if row.verdict == Verdict::NotInThisShard {
            row.verdict = Verdict::NeverSeen;
        }
    }
    Ok(merged)
}

/// Every shard must be there once.
fn check_complete(parts: &[Part]) -> Result<(), String> {
    let count = parts[0].report.shard.count();
    let mut files = BTreeMap::new();
    for part in parts {
        let shard = part.report.shard;
        if let Some(other) = files.insert(shard.index(), &part.file) {
            let (run, file) = (part.report.title(), &part.file);
            return Err(format!("{run}: shard {shard} is in {other} and in {file}"));
        }
    }
    let mut missing = (0..count).filter(|index| !files.contains_key(index));
    let Some(first) = missing.next() else {
        return Ok(());
    };
    let mut error = format!(
        "{}: shard {first}/{count} is missing",
        parts[0].report.title()
    );
    let others = count - files.len() - 1;
    if others > 0 {
        let _ = write!(error, ", and {others} more");
    }
    Err(error)
}

impl Part {
    fn is_of_one_run_with(&self, other: &Self) -> bool {
        let (a, b) = (&self.report, &other.report);
        (&a.scenario, &a.mutant) == (&b.scenario, &b.mutant)
    }

    /// Both must be shards of as many, and of the same model.
    fn check_same_model(&self, other: &Self) -> Result<(), String> {
        let (a, b) = (&self.report, &other.report);
        let refuse = |why: String| Err(format!("{}: {why}", self.report.title()));
        if a.shard.count() != b.shard.count() {
            return refuse(format!(
                "{} has shard {}, {} has shard {}: these are not of one run",
                self.file, a.shard, other.file, b.shard
            ));
        }
        let names = |report: &Report<Kept>| -> Vec<_> {
            let rows = report.properties.iter();
            rows.map(|row| row.name.clone()).collect()
        };
        if (&a.covers, a.whole, names(a)) != (&b.covers, b.whole, names(b)) {
            return refuse(format!(
                "{} and {} are of different versions of the model",
                self.file, other.file
            ));
        }
        Ok(())
    }
}

/// A shard's report as the whole's, the others to be added.
fn whole_of(shard: Report<Kept>) -> Report<Kept> {
    Report {
        shard: Shard::WHOLE,
        merged: shard.merged.or(Some(Merged {
            shards: 1,
            longest_seconds: shard.seconds,
        })),
        pinned_unique_states: shard.whole.pinned_unique_states,
        ..shard
    }
}

fn add(whole: Report<Kept>, shard: Report<Kept>) -> Report<Kept> {
    let seconds = whole.seconds + shard.seconds;
    let unique_states = whole.unique_states.saturating_add(shard.unique_states);
    let rows = whole.properties.into_iter().zip(shard.properties);
    Report {
        merged: whole.merged.map(|merged| Merged {
            shards: merged.shards + 1,
            longest_seconds: merged.longest_seconds.max(shard.seconds),
        }),
        initial_states: whole.initial_states.saturating_add(shard.initial_states),
        exhausted: whole.exhausted && shard.exhausted,
        unique_states,
        generated_states: whole
            .generated_states
            .saturating_add(shard.generated_states),
        depth: whole.depth.max(shard.depth),
        seconds,
        states_per_second: rate(unique_states, seconds),
        liveness: add_liveness(whole.liveness, shard.liveness),
        peak_memory_bytes: whole.peak_memory_bytes.max(shard.peak_memory_bytes),
        collision_probability: whole.collision_probability + shard.collision_probability,
        coverage: coverage::add(&whole.coverage, &shard.coverage),
        properties: rows.map(|(a, b)| greater(a, b)).collect(),
        ..whole
    }
}

fn add_liveness(whole: Option<Liveness>, shard: Option<Liveness>) -> Option<Liveness> {
    let (Some(a), Some(b)) = (whole, shard) else {
        return whole.or(shard);
    };
    Some(Liveness {
        states: a.states.saturating_add(b.states),
        transitions: a.transitions.saturating_add(b.transitions),
        seconds: a.seconds + b.seconds,
    })
}

/// The row with the greater verdict; of two counterexamples the first shard's.
fn greater(a: Row<Kept>, b: Row<Kept>) -> Row<Kept> {
    if b.verdict > a.verdict { b } else { a }
}
