//! Servers that die by SIGKILL at each system call on their epoch files, and begin again with what is on their disks.
//!
//! `strace` kills them: the signal takes effect as the process enters the n-th call of a kind on one of the files, so that this
//! call is not made any more. Which calls there are is not written down here: a run that nobody ends is recorded, and each call in the
//! record from the first that opens a file to write it is a moment to die at. Between two calls on its files a process changes nothing
//! on its disk, so these are all states that it can leave there. Neither a storage that kills itself between its own steps nor a signal
//! at a random time would reach them all, and the program has no switch for it.
//!
//! What a loss of power leaves, which writes that were not synced may not reach, is not tested here.
//!
//! Needs Debian's `strace` and the permission to trace; without them the tests pass with a line that says so, unless
//! `FLE_REQUIRE_STRACE` is 1.

use crate::support::{Ensemble, Server, until};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const FILES: [&str; 4] = [
    "acceptedEpoch",
    "acceptedEpoch.tmp",
    "currentEpoch",
    "currentEpoch.tmp",
];

/// Says so where it cannot.
pub(crate) fn can_trace() -> bool {
    let trial = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    let can = trial.is_ok_and(|it| it.status.success());
    if !can {
        let is_required = std::env::var("FLE_REQUIRE_STRACE").is_ok_and(|it| it == "1");
        assert!(!is_required, "strace is missing or may not trace");
        println!("skipped: strace is missing or may not trace");
    }
    can
}

/// The n-th call of this name on the files.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    call: String,
    nth: usize,
    /// How many calls of any name on them come before it.
    before: usize,
}

impl Moment {
    /// That of one of these calls.
    pub(crate) fn of(calls: &[Call], before: usize) -> Self {
        let call = calls[before].0.clone();
        let earlier = calls[..before].iter().filter(|(name, _)| *name == call);
        let nth = 1 + earlier.count();
        Self { call, nth, before }
    }

    /// What has strace kill the process then.
    pub(crate) fn death(&self) -> String {
        format!("inject={}:signal=SIGKILL:when={}", self.call, self.nth)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call, self.nth)
    }
}

/// What is in the epoch files; 0 where there is none yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Disk {
    accepted: i64,
    current: i64,
}

/// An ensemble whose servers are patient for a moment only.
fn ensemble(servers: usize) -> Ensemble {
    let ensemble = Ensemble::new(servers);
    for sid in 1..=servers {
        ensemble.edit(
            sid,
            "tickTime=2000\ninitLimit=10",
            "tickTime=100\ninitLimit=15",
        );
    }
    ensemble
}

/// Runs a server whose calls on its epoch files are recorded, and which dies at one of them.
fn serve_traced(ensemble: &Ensemble, sid: usize, death: Option<&Moment>) -> Server {
    let folder = ensemble.data(sid);
    let mut strace = Command::new("strace");
    // The server is this process's own child, and all of its threads are traced.
    strace.args(["-D", "-f", "-q", "-e", "trace=!fcntl"]);
    strace.arg("-o").arg(folder.join("calls"));
    let folder = folder.join("version-2");
    strace.arg("-P").arg(&folder);
    for file in FILES {
        strace.arg("-P").arg(folder.join(file));
    }
    if let Some(moment) = death {
        strace.args(["-e", &moment.death()]);
    }
    strace.arg(env!("CARGO_BIN_EXE_fle"));
    ensemble.serve_by(strace, sid, &[])
}

/// The calls of a dead server on its epoch files: their names and arguments.
fn calls(ensemble: &Ensemble, sid: usize, process: u32) -> Vec<Call> {
    let last = format!("{process:<5} +++ killed");
    let mut record = String::new();
    until(|| {
        record = std::fs::read_to_string(ensemble.data(sid).join("calls")).unwrap();
        record.contains(&last)
    });
    calls_in(&record)
}

/// The name of a system call, and its arguments.
pub(crate) type Call = (String, String);

/// What strace has recorded.
pub(crate) fn calls_in(record: &str) -> Vec<Call> {
    let call = |line: &str| {
        let (_thread, event) = line.split_once(' ')?;
        let (name, arguments) = event.trim_start().split_once('(')?;
        // Anything else is a signal, or the rest of a call.
        let is_call = name.chars().all(|it| it.is_ascii_alphanumeric());
        is_call.then(|| (name.to_owned(), arguments.to_owned()))
    };
    record.lines().filter_map(call).collect()
}

/// Ends a server; the moments at which it could have died since it first opened a file to write it.
fn moments(ensemble: &Ensemble, sid: usize, server: Server) -> Vec<Moment> {
    let process = server.process.id();
    drop(server);
    let calls = calls(ensemble, sid, process);
    let writes = |arguments: &str| arguments.contains("O_WRONLY") || arguments.contains("O_RDWR");
    let first = calls.iter().position(|(_, arguments)| writes(arguments));
    let first = first.unwrap();
    for file in ["/acceptedEpoch", "/currentEpoch"] {
        let names = |(_, arguments): &(String, String)| arguments.contains(file);
        assert!(calls[first..].iter().any(names), "{file} in {calls:?}");
    }
    let moments = first..calls.len();
    moments.map(|before| Moment::of(&calls, before)).collect()
}

/// Reads the epoch files: each is there as a whole, or not yet.
fn disk(ensemble: &Ensemble, sid: usize) -> Disk {
    let read = |file: &str| {
        let path = ensemble.data(sid).join("version-2").join(file);
        let text = std::fs::read_to_string(path).unwrap_or_else(|_| "0".to_owned());
        let epoch = text.parse();
        epoch.unwrap_or_else(|_| panic!("server {sid}: {file} holds {text:?}"))
    };
    // In this order, as the server may be running.
    let current = read("currentEpoch");
    let accepted = read("acceptedEpoch");
    assert!(current <= accepted, "server {sid}: {current} > {accepted}");
    Disk { accepted, current }
}

/// Whether a server that is dead was killed at this moment. Calls are counted thread by thread: if more than one had to do with the
/// files, it may have been another.
fn died_at(ensemble: &Ensemble, sid: usize, server: &mut Server, moment: &Moment) -> bool {
    let end = server.process.wait().unwrap();
    assert_eq!(end.signal(), Some(9), "{end}");
    calls(ensemble, sid, server.process.id()).len() == moment.before + 1
}

fn established(server: &Server) -> Option<i64> {
    server.status()["established_epoch"].as_i64()
}

/// From its first files on.
#[test]
fn a_new_server_killed_at_any_write_is_still_new() {
    if !can_trace() {
        return;
    }
    // The others are not there, so it does nothing but look.
    let ensemble = ensemble(3);
    let looks = |server: &Server| until(|| server.status()["state"] == "looking");
    let server = serve_traced(&ensemble, 1, None);
    looks(&server);
    let moments = moments(&ensemble, 1, server);
    for moment in &moments {
        std::fs::remove_dir_all(ensemble.data(1).join("version-2")).unwrap();
        let mut server = serve_traced(&ensemble, 1, Some(moment));
        until(|| server.process.try_wait().unwrap().is_some());
        assert!(died_at(&ensemble, 1, &mut server, moment), "{moment}");
        disk(&ensemble, 1);
        let server = ensemble.serve(1, &[]);
        looks(&server);
        for file in ["acceptedEpoch", "currentEpoch"] {
            let path = ensemble.data(1).join("version-2").join(file);
            assert_eq!(std::fs::read(path).unwrap(), b"0", "{moment}");
        }
    }
}

#[test]
fn a_leader_killed_at_any_write_is_replaced_and_comes_up_again() {
    live_and_die(Roles {
        victim: 3,
        partner: 1,
        third: 2,
    });
}

#[test]
fn a_follower_killed_at_any_write_is_done_without_and_comes_up_again() {
    live_and_die(Roles {
        victim: 1,
        partner: 2,
        third: 3,
    });
}

/// Of the first two, who elect while the third is down, the one with the greater id leads.
#[derive(Clone, Copy, Debug)]
struct Roles {
    victim: usize,
    partner: usize,
    third: usize,
}

/// Two ensembles at once, each with every other moment.
fn live_and_die(roles: Roles) {
    if !can_trace() {
        return;
    }
    std::thread::scope(|scope| {
        for first in 0..2 {
            scope.spawn(move || {
                let mut life = Life::new(roles);
                let moments = life.record();
                for moment in moments.iter().skip(first).step_by(2) {
                    let dies = (0..5).any(|_| life.dies_at(moment));
                    assert!(dies, "it does not come to {moment}");
                }
                life.no_epoch_was_led_twice();
            });
        }
    });
}

/// An ensemble over all deaths of one of its servers.
struct Life {
    ensemble: Ensemble,
    roles: Roles,
    running: BTreeMap<usize, Server>,
    /// The greatest epoch in which a leader was established, or that a quorum has promised to one that is dead.
    epoch: i64,
    /// What was last seen on the disks.
    disks: BTreeMap<usize, Disk>,
}

impl Life {
    fn new(roles: Roles) -> Self {
        let ensemble = ensemble(3);
        let running = (1..=3).map(|sid| (sid, ensemble.serve(sid, &[])));
        let mut life = Self {
            running: running.collect(),
            ensemble,
            roles,
            epoch: 0,
            disks: BTreeMap::new(),
        };
        life.settle();
        life
    }

    /// The moments at which the server can die while a leader is established.
    fn record(&mut self) -> Vec<Moment> {
        let victim = self.roles.victim;
        self.leave_the_partner_alone();
        let server = serve_traced(&self.ensemble, victim, None);
        until(|| established(&server).is_some());
        let moments = moments(&self.ensemble, victim, server);
        self.come_back();
        moments
    }

    fn leave_the_partner_alone(&mut self) {
        for sid in [self.roles.victim, self.roles.third] {
            self.running.remove(&sid);
            self.look_at_disk(sid);
        }
    }

    /// Whether the server died at this moment, and in its role. Either way all of them have an established leader afterwards.
    fn dies_at(&mut self, moment: &Moment) -> bool {
        let Roles {
            victim, partner, ..
        } = self.roles;
        self.leave_the_partner_alone();
        let said = self.ensemble.log(victim).len();
        let mut server = serve_traced(&self.ensemble, victim, Some(moment));
        let mut has_died = false;
        until(|| {
            has_died = server.process.try_wait().unwrap().is_some();
            has_died || established(&server).is_some()
        });
        let is_there = has_died && died_at(&self.ensemble, victim, &mut server, moment);
        drop(server);
        let log = self.ensemble.log(victim);
        let mut decisions = log[said..]
            .lines()
            .filter(|line| line.contains("settled on a leader"));
        let led = decisions.any(|line| line.contains("state=\"LEADING\""));
        let is_there = is_there && led == (victim > partner);
        if is_there {
            self.judge(led, moment);
        }
        self.come_back();
        is_there
    }

    /// Nobody can have acted on what the dead server had not stored.
    fn judge(&mut self, led: bool, moment: &Moment) {
        let dead = self.look_at_disk(self.roles.victim);
        let partner = self.look_at_disk(self.roles.partner);
        let seen = format!("{moment}: {dead:?}, its partner {partner:?}");
        if led {
            assert!(
                partner.accepted <= dead.accepted,
                "proposed too early: {seen}"
            );
            assert!(
                partner.current <= dead.current,
                "activated too early: {seen}"
            );
            // What was promised to the dead one is nobody else's.
            self.epoch = self.epoch.max(partner.accepted);
        } else {
            assert!(
                partner.current <= dead.accepted,
                "promised too early: {seen}"
            );
        }
    }

    /// The others establish a leader without the dead server, which then follows it.
    fn come_back(&mut self) {
        let dead = self.look_at_disk(self.roles.victim);
        let before = self.epoch;
        self.start(self.roles.third);
        self.settle();
        assert!(self.epoch > before, "{} after {before}", self.epoch);
        assert!(self.epoch >= dead.accepted, "{} after {dead:?}", self.epoch);
        self.start(self.roles.victim);
        self.settle();
    }

    fn start(&mut self, sid: usize) {
        self.running.insert(sid, self.ensemble.serve(sid, &[]));
    }

    /// Waits until those that run have one established leader.
    fn settle(&mut self) {
        let mut epoch = None;
        until(|| {
            let told: Vec<_> = self.running.values().map(Server::status).collect();
            let leads = told.iter().filter(|it| it["state"] == "leading");
            let agree = told
                .iter()
                .map(|it| (it["leader"].as_i64(), it["established_epoch"].as_i64()));
            let agree: BTreeSet<_> = agree.collect();
            epoch = agree.first().and_then(|(_, epoch)| *epoch);
            leads.count() == 1 && agree.len() == 1 && epoch.is_some()
        });
        let epoch = epoch.unwrap();
        assert!(epoch >= self.epoch, "{epoch} after {}", self.epoch);
        self.epoch = epoch;
        for sid in 1..=3 {
            self.look_at_disk(sid);
        }
    }

    /// What is on a disk now, which is nowhere less than what was.
    fn look_at_disk(&mut self, sid: usize) -> Disk {
        let now = disk(&self.ensemble, sid);
        if let Some(then) = self.disks.insert(sid, now) {
            let falls = now.accepted < then.accepted || now.current < then.current;
            assert!(!falls, "server {sid}: {now:?} after {then:?}");
        }
        now
    }

    fn no_epoch_was_led_twice(&self) {
        let mut epochs = BTreeSet::new();
        for sid in 1..=3 {
            let log = self.ensemble.log(sid);
            let led = log.split("leads, established in epoch ").skip(1);
            for epoch in led.map(|rest| rest.split(' ').next().unwrap().to_owned()) {
                assert!(epochs.insert(epoch.clone()), "epoch {epoch} was led twice");
            }
        }
        assert!(epochs.contains(&self.epoch.to_string()), "{epochs:?}");
    }
}
