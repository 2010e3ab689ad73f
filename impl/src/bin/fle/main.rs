//! The programs: `fle serve`, `local`, `status`, `watch`, `check-config`, `vouch`.
//!
//! Each has a module. What they share: what a server says of itself ([`report`]) and where
//! ([`http`]), its [`log`], what it runs on ([`mod@runtime`]) and the [`signals`] that stop it, how
//! one writes to whoever may not read ([`output`], [`screen`]), [`seconds`] as an argument, and how
//! a program fails ([`failure`]).

mod check_config;
mod failure;
mod http;
mod local;
mod log;
mod output;
mod report;
mod runtime;
mod screen;
mod seconds;
mod serve;
mod signals;
mod status;
mod vouch;
mod watch;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

/// Fast Leader Election, as the servers of an Apache ZooKeeper ensemble do it.
///
/// Exit code 0: all well; 1: a check failed, or no server answers; 2: bad usage or unusable input.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs one server, as its ZooKeeper configuration file describes it.
    Serve(serve::Serve),
    /// Runs an ensemble on loopback in this process and shows who looks, follows and leads.
    Local(local::Local),
    /// Asks a running server what it is at.
    Status(status::Status),
    /// Polls servers of ZooKeeper and of fle, shows the ensemble, and says what is wrong with it.
    Watch(watch::Watch),
    /// Reads configuration files, tells every mistake in them, and compares them with one another.
    CheckConfig(check_config::CheckConfig),
    /// Takes your word that a server's data directory has all that the server has promised.
    Vouch(vouch::Vouch),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Local(local) => local.run(),
        Command::Status(status) => status.run(),
        Command::Watch(watch) => watch.run(),
        Command::CheckConfig(check) => check.run(),
        Command::Vouch(vouch) => vouch.run(),
    };
    let (text, code) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Check(text)) => (text, 1),
        Err(Failure::Unusable(text)) => (text, 2),
    };
    output::complain(&text);
    ExitCode::from(code)
}
