//! The figures of all runs, as medians and spread.

use crate::cases;
use crate::ensemble::Program;
use crate::measure::{Election, Took};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// What the servers had to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Scenario {
    Start,
    LeaderKilled,
}

/// What is compared: one scenario with so many servers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    pub(crate) voters: u8,
}

/// What one program did in one case.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) ensembles: Vec<Took>,
    servers: Vec<Took>,
    skews: Vec<f64>,
}

#[derive(Default)]
pub(crate) struct Results(BTreeMap<(Case, Program), Times>);

/// Of some values, sorted.
pub(crate) struct Spread(Vec<f64>);

impl Results {
    pub(crate) fn add(&mut self, program: Program, voters: u8, found: &[(Scenario, Election)]) {
        for (scenario, election) in found {
            let (scenario, voters) = (*scenario, voters);
            let times = self.0.entry((Case { scenario, voters }, program));
            let times = times.or_default();
            times.ensembles.push(election.took());
            times
                .servers
                .extend(election.searches.iter().map(|it| it.took()));
            times.skews.push(election.skew());
        }
    }

    pub(crate) fn times(&self, case: Case, program: Program) -> Option<&Times> {
        self.0.get(&(case, program))
    }

    /// Markdown.
    pub(crate) fn tables(&self) -> String {
        let mut text = String::from(
            "From the moment when the last server begins to look until all have settled, in ms:\n\n",
        );
        self.table(&mut text, |times| &times.ensembles);
        text += "\nEach server from its own beginning to look until it has settled, in ms:\n\n";
        self.table(&mut text, |times| &times.servers);
        text += "\nFrom the first server's beginning to look to the last one's, in ms:\n\n\
                 | | fle, median | ZooKeeper, median |\n|---|---:|---:|\n";
        for case in cases() {
            let skew = |program| {
                self.times(case, program)
                    .map(|it| Spread::of(it.skews.clone()))
            };
            if let (Some(fle), Some(zookeeper)) = (skew(Program::Fle), skew(Program::ZooKeeper)) {
                let (fle, zookeeper) = (fle.quantile(0.5), zookeeper.quantile(0.5));
                let _ = writeln!(text, "| {case} | {fle:.1} | {zookeeper:.1} |");
            }
        }
        text
    }

    fn table(&self, text: &mut String, of: impl Fn(&Times) -> &Vec<Took>) {
        *text += "| | | n | median | quartiles | min to max | without the wait: median | quartiles | fle to ZooKeeper |\n\
                  |---|---|---:|---:|---:|---:|---:|---:|---:|\n";
        for case in cases() {
            let median = |program| {
                self.times(case, program)
                    .map(|it| own(of(it)).quantile(0.5))
            };
            let ratio = median(Program::Fle)
                .zip(median(Program::ZooKeeper))
                .map(|(a, b)| a / b);
            for program in [Program::Fle, Program::ZooKeeper] {
                let Some(times) = self.times(case, program) else {
                    continue;
                };
                let (all, own) = (all(of(times)), own(of(times)));
                let ratio = match program {
                    Program::Fle => ratio.map(|it| format!("{it:.3}")).unwrap_or_default(),
                    Program::ZooKeeper => String::new(),
                };
                let _ = writeln!(
                    text,
                    "| {case} | {program} | {} | {:.1} | {} | {:.1} to {:.1} | {:.1} | {} | {ratio} |",
                    all.0.len(),
                    all.quantile(0.5),
                    all.quartiles(),
                    all.quantile(0.0),
                    all.quantile(1.0),
                    own.quantile(0.5),
                    own.quartiles(),
                );
            }
        }
    }
}

pub(crate) fn all(times: &[Took]) -> Spread {
    Spread::of(times.iter().map(|it| it.all).collect())
}

fn own(times: &[Took]) -> Spread {
    Spread::of(times.iter().map(|it| it.own).collect())
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The value below which this part of the others lies, interpolated between two neighbours.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "places in a list of some hundreds"
    )]
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let place = part * (self.0.len() - 1) as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        self.0[low] + (self.0[high] - self.0[low]) * place.fract()
    }

    fn quartiles(&self) -> String {
        format!("{:.1} to {:.1}", self.quantile(0.25), self.quantile(0.75))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scenario {
            Scenario::Start => write!(f, "{} start together", self.voters),
            Scenario::LeaderKilled => write!(f, "{} lose their leader", self.voters),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 3.0]);
        let found = [0.0, 0.25, 0.5, 1.0].map(|part| spread.quantile(part));
        assert_eq!(found, [1.0, 1.75, 2.5, 4.0]);
    }
}
