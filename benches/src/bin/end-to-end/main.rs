//! How long real servers take from looking for a leader to having settled on one: `fle serve` and ZooKeeper 3.8.0, by turns.
//!
//! An ensemble of processes on loopback starts together; when it has come to rest its leader is killed, and the others look
//! again. Every time is one that the servers' own logs tell ([`measure`]), so neither the start of a virtual machine nor the time
//! in which a lost leader is noticed counts. Prints Markdown tables and draws `benches/plots/end-to-end.svg`.
//!
//! Needs Debian's `libzookeeper-java` and a Java runtime.

mod ensemble;
mod measure;
mod plot;
mod summary;

use clap::Parser;
use ensemble::{Ensemble, Program};
use fle_conformance::process;
use measure::Election;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use summary::{Case, Results, Scenario};

/// What goes wrong, in words.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

const VOTERS: [u8; 2] = [3, 5];

/// Times elections among real servers, fle's and ZooKeeper's, from looking to settled.
#[derive(Parser)]
struct Arguments {
    /// How often each ensemble is started.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
}

fn main() -> ExitCode {
    match run(Arguments::parse().runs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("end-to-end: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(runs: u32) -> Result<()> {
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
    let mut results = Results::default();
    let mut failed = 0;
    for run in 0..runs {
        // Neither kind always has the machine that the other left behind.
        let mut programs = [Program::Fle, Program::ZooKeeper];
        programs.rotate_left(usize::from(run % 2 == 1));
        for (voters, program) in VOTERS.into_iter().flat_map(|n| programs.map(|it| (n, it))) {
            match elections(program, voters, built.path()) {
                Ok(found) => results.add(program, voters, &found),
                Err(error) => {
                    failed += 1;
                    eprintln!("run {run}, {voters} servers of {program}: {error}");
                }
            }
        }
    }
    println!("{}", results.tables());
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("plots");
    std::fs::create_dir_all(&plots)?;
    let plot = plots.join("end-to-end.svg");
    svg::save(&plot, &plot::draw(&results)).map_err(|e| format!("{}: {e}", plot.display()))?;
    println!(
        "{runs} runs in {:.0} s; load before the first: {}; drawn in {}",
        began.elapsed().as_secs_f64(),
        load.trim(),
        plot.display()
    );
    if failed > 0 {
        return Err(format!("{failed} ensembles could not be measured").into());
    }
    Ok(())
}

/// One life of an ensemble.
fn elections(program: Program, voters: u8, fle: &Path) -> Result<[(Scenario, Election); 2]> {
    let mut ensemble = Ensemble::new(program, voters, fle)?;
    let start = ensemble.start()?;
    let after = ensemble.lose_leader(start.leader)?;
    Ok([(Scenario::Start, start), (Scenario::LeaderKilled, after)])
}

/// Every case, in the order in which it is shown.
fn cases() -> impl Iterator<Item = Case> {
    [Scenario::Start, Scenario::LeaderKilled]
        .into_iter()
        .flat_map(|scenario| VOTERS.map(|voters| Case { scenario, voters }))
}
