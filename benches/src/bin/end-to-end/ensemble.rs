//! An ensemble of processes of one kind, and what is done to it.

use crate::Result;
use crate::measure::{Election, election, is_since};
use fle_conformance::history::event::Fact;
use fle_conformance::history::judge::configuration;
use fle_conformance::history::log::{Log, Logs};
use fle_conformance::process::{self, Process};
use jiff::Timestamp;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than an election takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the logs are looked at. Rarely, to leave the machine to the servers.
const GLANCE: Duration = Duration::from_millis(100);

/// How long an ensemble that has settled is left alone: whatever connects late does so before the
/// leader is killed.
const REST: Duration = Duration::from_millis(500);

/// Whose servers they are, and how those of fle are set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    /// `fle serve` with `finalize=fixed`.
    Fixed,
    /// `fle serve` with `finalize=eager`.
    Eager,
    ZooKeeper,
}

pub(crate) struct Ensemble {
    kind: Kind,
    fle: PathBuf,
    processes: Vec<Process>,
    _folder: TempDir,
}

impl Ensemble {
    /// Servers 1 to `voters`, not started yet.
    pub(crate) fn new(kind: Kind, voters: u8, keep_promises: bool, fle: &Path) -> Result<Self> {
        let folder = TempDir::new()?;
        let processes = (1..=voters).map(|sid| Process::new(sid, folder.path()));
        let processes: Vec<Process> = processes.collect::<std::io::Result<_>>()?;
        let line = |it: &Process| format!("server.{}={}\n", it.sid, it.addresses);
        let lines: String = processes.iter().map(line).collect();
        let lines = lines + kind.setting() + promises(kind, keep_promises);
        for process in &processes {
            process.write_files(&lines)?;
            if kind != Kind::ZooKeeper {
                // What is measured is an election, not how servers find out that they are new.
                process::vouch(fle, &process.config())?;
            }
        }
        Ok(Self {
            kind,
            fle: fle.to_owned(),
            processes,
            _folder: folder,
        })
    }

    /// Starts all of them; their election.
    pub(crate) fn start(&mut self) -> Result<Election> {
        let began = Timestamp::now();
        for process in &mut self.processes {
            let config = process.config();
            let mut command = match self.kind {
                Kind::Fixed | Kind::Eager => process::fle(&self.fle, &config),
                Kind::ZooKeeper => process::zookeeper(&config, &[]),
            };
            process.start(&mut command)?;
        }
        self.settles(began)
    }

    /// Kills the leader; the election of the others.
    pub(crate) fn lose_leader(&mut self, leader: i64) -> Result<Election> {
        std::thread::sleep(REST);
        let place = self
            .processes
            .iter()
            .position(|it| i64::from(it.sid) == leader);
        let place = place.ok_or_else(|| format!("server {leader} leads and is none of them"))?;
        let mut process = self.processes.remove(place);
        let began = Timestamp::now();
        process.kill()?;
        self.settles(began)
    }

    /// Waits until all that run follow or lead an established leader that they have elected since
    /// then.
    fn settles(&self, began: Timestamp) -> Result<Election> {
        let paths: Vec<PathBuf> = self.processes.iter().map(Process::log).collect();
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            std::thread::sleep(GLANCE);
            // A server that has just started may have logged nothing yet.
            let Ok(logs) = Logs::read(&paths) else {
                continue;
            };
            if logs.servers.values().all(|log| is_at_rest(log, began)) {
                let config = configuration(&self.processes[0].config())?;
                return election(&logs, Some(&config), began);
            }
        }
        Err(format!("no election within {} s", PATIENCE.as_secs()).into())
    }
}

/// Whether the last that a server says is that its leader is established.
fn is_at_rest(log: &Log, began: Timestamp) -> bool {
    let recent = log.events.iter().filter(|event| is_since(event, began));
    let mut state = recent.filter_map(|event| match event.fact {
        Fact::ElectionStarted { .. } | Fact::Decided { .. } | Fact::LeadershipLost {} => {
            Some(false)
        }
        Fact::LeadershipEstablished { .. } => Some(true),
        _ => None,
    });
    state.next_back() == Some(true)
}

/// A line of the configuration that says when a killed leader's followers are free.
fn promises(kind: Kind, keep: bool) -> &'static str {
    match kind {
        Kind::Fixed | Kind::Eager if !keep => "promiseEndsWithConnection=true\n",
        Kind::Fixed | Kind::Eager | Kind::ZooKeeper => "",
    }
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Fixed, Self::Eager, Self::ZooKeeper];

    /// A line of the configuration.
    fn setting(self) -> &'static str {
        match self {
            Self::Fixed => "finalize=fixed\n",
            Self::Eager => "finalize=eager\n",
            Self::ZooKeeper => "",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed => "fle, fixed",
            Self::Eager => "fle, eager",
            Self::ZooKeeper => "ZooKeeper",
        })
    }
}
