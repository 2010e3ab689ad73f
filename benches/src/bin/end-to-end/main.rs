//! How long real servers take from looking for a leader to having settled on one, and from a
//! leader's death to the next established one: `fle serve` with the fixed and with the eager
//! finalizing wait, and ZooKeeper 3.8.0, by turns.
//!
//! An ensemble of processes on loopback starts together; when it has come to rest its leader is
//! killed, and the others look again. Every time is one that the servers' own logs tell
//! ([`mod@measure`]), but for the moment when the leader is killed. So the start of a virtual
//! machine never counts, and the time in which a lost leader is noticed stands by itself. Prints
//! Markdown tables and draws `benches/plots/end-to-end.svg` and `benches/plots/failover.svg`.
//!
//! Needs Debian's `libzookeeper-java` and a Java runtime.

mod ensemble;
mod measure;
mod plot;
mod summary;

use clap::Parser;
use ensemble::{Ensemble, Kind};
use fle_conformance::process;
use measure::Election;
use plot::Row;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use summary::{Case, Figure, Named, Results, Scenario};

/// What goes wrong, in words.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

const VOTERS: [u8; 2] = [3, 5];

/// The plots: name, title, figures.
const PLOTS: [(&str, &str, &[Named]); 2] = [
    (
        "end-to-end",
        "From the last server's beginning to look until all have settled",
        &[("", Figure::Ensemble)],
    ),
    (
        "failover",
        "From the leader's death until another is established",
        &[
            ("", Figure::Failover),
            (", detection", Figure::Detection),
            (", after detection", Figure::AfterDetection),
        ],
    ),
];

/// Times elections and failovers among real servers, fle's and ZooKeeper's.
#[derive(Parser)]
struct Arguments {
    /// How often each ensemble is started.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Has the followers of a killed leader keep their promise for `syncLimit` ticks, which is what
    /// `fle serve` does unless it is told that nothing between the servers closes connections.
    /// Draws nothing.
    #[arg(long)]
    keep_promises: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("end-to-end: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    &Arguments {
        runs,
        keep_promises,
    }: &Arguments,
) -> Result<()> {
    if !process::has_zookeeper() {
        return Err(
            "there is no ZooKeeper to compare with; install libzookeeper-java and a Java runtime"
                .into(),
        );
    }
    let began = Instant::now();
    let build = escargot::CargoBuild::new().package("fle").bin("fle");
    let built = build.release().run()?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let (results, failed) = measure(runs, keep_promises, built.path());
    println!("{}", results.tables());
    if !keep_promises {
        draw(&results)?;
    }
    println!(
        "{runs} runs in {:.0} s; load before the first: {}",
        began.elapsed().as_secs_f64(),
        load.trim(),
    );
    if failed > 0 {
        return Err(format!("{failed} ensembles could not be measured").into());
    }
    Ok(())
}

/// What was measured, and how many ensembles could not be.
fn measure(runs: u32, keep_promises: bool, fle: &Path) -> (Results, u32) {
    let (mut results, mut failed) = (Results::default(), 0);
    let mut kinds = Kind::ALL;
    for run in 0..runs {
        for (voters, kind) in VOTERS.into_iter().flat_map(|n| kinds.map(|it| (n, it))) {
            match elections(kind, voters, keep_promises, fle) {
                Ok(found) => {
                    for (scenario, election) in &found {
                        let scenario = *scenario;
                        results.add(kind, Case { scenario, voters }, election);
                    }
                }
                Err(error) => {
                    failed += 1;
                    eprintln!("run {run}, {voters} servers of {kind}: {error}");
                }
            }
        }
        // None of the kinds always has the machine that another left behind.
        kinds.rotate_left(1);
    }
    (results, failed)
}

/// One life of an ensemble.
fn elections(
    kind: Kind,
    voters: u8,
    keep_promises: bool,
    fle: &Path,
) -> Result<[(Scenario, Election); 2]> {
    let mut ensemble = Ensemble::new(kind, voters, keep_promises, fle)?;
    let start = ensemble.start()?;
    let after = ensemble.lose_leader(start.leader)?;
    Ok([(Scenario::Start, start), (Scenario::LeaderKilled, after)])
}

fn draw(results: &Results) -> Result<()> {
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("plots");
    std::fs::create_dir_all(&plots)?;
    for (name, title, figures) in PLOTS {
        let mut drawn = Vec::new();
        for case in cases() {
            for (part, figure) in figures {
                drawn.extend(Kind::ALL.into_iter().filter_map(|kind| {
                    let times = results.times(*figure, case, kind)?;
                    let name = format!("{case}{part}: {kind}");
                    Some(Row { name, kind, times })
                }));
            }
        }
        let path = plots.join(format!("{name}.svg"));
        svg::save(&path, &plot::draw(title, &drawn))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        println!("drawn in {}", path.display());
    }
    Ok(())
}

/// Every case, in the order in which it is shown.
fn cases() -> impl Iterator<Item = Case> {
    [Scenario::Start, Scenario::LeaderKilled]
        .into_iter()
        .flat_map(|scenario| VOTERS.map(|voters| Case { scenario, voters }))
}

/// Every case with every kind, likewise.
fn rows() -> impl Iterator<Item = (Case, Kind)> {
    cases().flat_map(|case| Kind::ALL.map(|kind| (case, kind)))
}
