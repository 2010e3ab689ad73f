//! The figures of all runs, as medians and spread.

use crate::ensemble::Kind;
use crate::measure::Election;
use crate::rows;
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

/// What is measured in each election; with `Own`, without the finalizing wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Figure {
    Ensemble,
    EnsembleOwn,
    Server,
    ServerOwn,
    Skew,
    Failover,
    Detection,
    AfterDetection,
    AfterDetectionOwn,
}

/// A figure, and what it is called beside others of the same case.
pub(crate) type Named = (&'static str, Figure);

/// In milliseconds.
#[derive(Default)]
pub(crate) struct Results(BTreeMap<(Figure, Case, Kind), Vec<f64>>);

/// Of some values, sorted.
pub(crate) struct Spread(Vec<f64>);

/// What each table says, and its figures.
const TABLES: [(&str, &[Named]); 6] = [
    (
        "From the moment when the last server begins to look until all have settled",
        &[("", Figure::Ensemble), (OWN, Figure::EnsembleOwn)],
    ),
    (
        "Each server from its own beginning to look until it has settled",
        &[("", Figure::Server), (OWN, Figure::ServerOwn)],
    ),
    (
        "From the first server's beginning to look to the last one's",
        &[("", Figure::Skew)],
    ),
    (
        "From the signal that kills the leader until another is established",
        &[("", Figure::Failover)],
    ),
    (
        "Of that, detection: until the first of the others begins to look",
        &[("", Figure::Detection)],
    ),
    (
        "Of that, after detection: from there until the new leader is established",
        &[
            ("", Figure::AfterDetection),
            (OWN, Figure::AfterDetectionOwn),
        ],
    ),
];

const OWN: &str = "without the wait: ";

impl Results {
    pub(crate) fn add(&mut self, kind: Kind, case: Case, election: &Election) {
        let mut add = |figure, ms| self.0.entry((figure, case, kind)).or_default().push(ms);
        let took = election.took();
        add(Figure::Ensemble, took.all);
        add(Figure::EnsembleOwn, took.own);
        for took in election.searches.iter().map(|it| it.took()) {
            add(Figure::Server, took.all);
            add(Figure::ServerOwn, took.own);
        }
        add(Figure::Skew, election.skew());
        if case.scenario == Scenario::LeaderKilled {
            let failover = election.failover();
            add(Figure::Failover, failover.all);
            add(Figure::Detection, failover.detection);
            add(Figure::AfterDetection, failover.after.all);
            add(Figure::AfterDetectionOwn, failover.after.own);
        }
    }

    /// `None` where nothing was measured.
    pub(crate) fn times(&self, figure: Figure, case: Case, kind: Kind) -> Option<&[f64]> {
        self.0.get(&(figure, case, kind)).map(Vec::as_slice)
    }

    /// Markdown.
    pub(crate) fn tables(&self) -> String {
        let table = |(title, columns)| format!("{title}, in ms:\n\n{}", self.table(columns));
        TABLES.map(table).join("\n")
    }

    fn table(&self, columns: &[Named]) -> String {
        let mut text = String::from("| | | n |");
        for (name, _) in columns {
            let _ = write!(
                text,
                " {name}median | quartiles | min to max | to ZooKeeper |"
            );
        }
        text += "\n|---|---|---:|";
        text += &"---:|---:|---:|---:|".repeat(columns.len());
        text.push('\n');
        for (case, kind) in rows() {
            let figures = columns.iter().map(|(_, figure)| *figure);
            let spreads: Option<Vec<Spread>> = figures
                .clone()
                .map(|figure| self.spread(figure, case, kind))
                .collect();
            let Some(spreads) = spreads else {
                continue;
            };
            let _ = write!(text, "| {case} | {kind} | {} |", spreads[0].0.len());
            for (figure, spread) in figures.zip(spreads) {
                let zookeeper = self.spread(figure, case, Kind::ZooKeeper);
                let _ = write!(text, " {} |", cells(kind, &spread, zookeeper));
            }
            text.push('\n');
        }
        text
    }

    fn spread(&self, figure: Figure, case: Case, kind: Kind) -> Option<Spread> {
        self.times(figure, case, kind).map(Spread::of)
    }
}

fn cells(kind: Kind, spread: &Spread, zookeeper: Option<Spread>) -> String {
    let [low, first, median, third, high] =
        [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| spread.quantile(part));
    let ratio = zookeeper.filter(|_| kind != Kind::ZooKeeper);
    let ratio = ratio.map(|it| format!("{:.3}", median / it.quantile(0.5)));
    format!(
        "{median:.1} | {first:.1} to {third:.1} | {low:.1} to {high:.1} | {}",
        ratio.unwrap_or_default()
    )
}

impl Spread {
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut values = values.to_vec();
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
        let spread = Spread::of(&[4.0, 1.0, 2.0, 3.0]);
        let found = [0.0, 0.25, 0.5, 1.0].map(|part| spread.quantile(part));
        assert_eq!(found, [1.0, 1.75, 2.5, 4.0]);
    }
}
