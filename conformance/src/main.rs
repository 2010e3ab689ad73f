//! The command line of `fle-conformance`.

mod commands;

use clap::{Parser, Subcommand};
use commands::lockstep::Lockstep;
use commands::reference::Reference;
use commands::replay::Replay;
use commands::validate::Validate;
use std::process::ExitCode;

/// Holds the implementation of Fast Leader Election against what others say and did.
///
/// Exit code 0: all well; 1: a difference was found; 2: bad usage or unusable input.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Replays fle-trace/1 files, or every .jsonl file under a folder; the last line is `N passed,
    /// M failed`.
    Replay(Replay),
    /// Runs model and implementation side by side over every transition that a scenario's model can
    /// take.
    Lockstep(Lockstep),
    /// Runs the real FastLeaderElection of ZooKeeper 3.8.0 beside the implementation, on random
    /// traces, on walks of the model and on given files; the last line is `N agree, M differ`.
    /// Needs Debian's libzookeeper-java and a JDK.
    Reference(Reference),
    /// Validates logs of real runs, ZooKeeper's or this project's: is this a history that the
    /// algorithm allows?
    Validate(Validate),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Replay(replay) => replay.run(),
        Command::Lockstep(lockstep) => lockstep.run(),
        Command::Reference(reference) => reference.run(),
        Command::Validate(validate) => validate.run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("fle-conformance: {error}");
        ExitCode::from(2)
    })
}
