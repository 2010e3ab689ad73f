//! The crate's examples do what they say.

use crate::support::{Ensemble, stderr, stdout, until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// An example, which cargo builds beside the programs.
fn example(name: &str) -> Command {
    let programs = Path::new(env!("CARGO_BIN_EXE_fle")).parent().unwrap();
    Command::new(programs.join("examples").join(name))
}

#[test]
fn the_counter_refuses_the_past() {
    let output = example("counter").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("has counted to 200 in epoch 2"), "{text}");
    assert!(text.contains("a write of epoch 1 is refused"), "{text}");
}

#[test]
fn the_singleton_moves_when_its_leader_steps_down() {
    let output = example("singleton").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    let begun = begun(&stdout(&output));
    assert!(begun.len() >= 3, "{begun:?}");
    assert!(begun.is_sorted_by_key(|it| it.epoch), "{begun:?}");
}

/// Whoever goes on after the next leader has begun finds its lease over, whatever it was about to
/// do.
#[test]
fn the_singleton_is_not_begun_by_a_leader_that_was_stopped_and_is_past() {
    let ensemble = Singletons::start();
    for stopped in 1..=10 {
        until(|| !ensemble.begun().is_empty());
        let leader = *ensemble.begun().last().unwrap();
        ensemble.signal(leader.sid, Signal::STOP);
        until(|| ensemble.begun().last().unwrap().epoch > leader.epoch);
        let left = ensemble.times_left(leader.sid);
        ensemble.signal(leader.sid, Signal::CONT);
        until(|| ensemble.times_left(leader.sid) > left);
        let begun = ensemble.begun();
        assert!(begun.len() > stopped, "{begun:?}");
        assert!(begun.is_sorted_by_key(|it| it.epoch), "{begun:?}");
    }
}

/// The beginning of a job.
#[derive(Clone, Copy, Debug)]
struct Begin {
    sid: usize,
    epoch: i64,
}

/// The jobs of which the example singleton says that they run, in this order.
fn begun(said: &str) -> Vec<Begin> {
    let begin = |line: &str| {
        let (sid, epoch) = line
            .strip_prefix("the job runs on server ")?
            .split_once(", in epoch ")?;
        let (sid, epoch) = (sid.parse().unwrap(), epoch.parse().unwrap());
        Some(Begin { sid, epoch })
    };
    said.lines().filter_map(begin).collect()
}

/// Three servers of the example singleton, each a process of its own. All write to one file, each
/// line at once.
struct Singletons {
    processes: Vec<Child>,
    said: PathBuf,
    _ensemble: Ensemble,
}

impl Singletons {
    fn start() -> Self {
        let ensemble = Ensemble::new(3);
        let text = std::fs::read_to_string(ensemble.config(1)).unwrap();
        let servers = text.lines().filter(|it| it.starts_with("server."));
        let servers: Vec<_> = servers.collect();
        let file = ensemble.data(1).join("servers");
        std::fs::write(&file, servers.join("\n")).unwrap();
        let said = ensemble.data(1).join("said");
        let start = |sid: usize| {
            let said = File::options().create(true).append(true).open(&said);
            let mut command = example("singleton");
            command.arg(sid.to_string()).arg(&file);
            command.stdout(said.unwrap()).spawn().unwrap()
        };
        Self {
            processes: (1..=3).map(start).collect(),
            said,
            _ensemble: ensemble,
        }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }

    fn begun(&self) -> Vec<Begin> {
        begun(&self.said())
    }

    /// How often the server has dropped its job.
    fn times_left(&self, sid: usize) -> usize {
        let leaves = format!("the job has left server {sid}");
        self.said().lines().filter(|it| **it == leaves).count()
    }

    fn signal(&self, sid: usize, signal: Signal) {
        kill_process(Pid::from_child(&self.processes[sid - 1]), signal).unwrap();
    }
}

impl Drop for Singletons {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
