//! Servers that die by SIGKILL at each system call on their epoch files, and begin again with what
//! is on their disks.
//!
//! `strace` kills them: the signal takes effect as the process enters the n-th call of a kind on
//! one of the files, so that this call is not made any more. Which calls there are is not written
//! down here: a run that nobody ends is recorded, and each call in the record that changes a file
//! or its name, or makes that last, is a moment to die at. Between two of them a process changes
//! nothing on its disk, so these are all states that it can leave there. Neither a storage that
//! kills itself between its own steps nor a signal at a random time would reach them all, and the
//! program has no switch for it.
//!
//! What a loss of power leaves, which writes that were not synced may not reach, is not tested
//! here.
//!
//! Needs Debian's `strace` and the permission to trace; without them the tests pass with a line
//! that says so, unless `FLE_REQUIRE_STRACE` is 1.

use crate::support::{Ensemble, Server, until};
use crate::traced::{Call, Moment, calls_in, can_trace};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

/// What a server writes in its data directory, and the folders that it syncs.
const PATHS: [&str; 8] = [
    "",
    "fle.server",
    "fle.server.tmp",
    "version-2",
    "version-2/acceptedEpoch",
    "version-2/acceptedEpoch.tmp",
    "version-2/currentEpoch",
    "version-2/currentEpoch.tmp",
];

/// Calls that change what is on the disk, or make it last.
const WRITES: [&str; 5] = ["write", "fsync", "rename", "mkdir", "openat"];

/// What is in the epoch files; 0 where there is none yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Disk {
    accepted: i64,
    current: i64,
}

/// Runs a server whose calls on its epoch files are recorded, and which dies at one of them.
fn serve_traced(ensemble: &Ensemble, sid: usize, death: Option<&Moment>) -> Server {
    let folder = ensemble.data(sid);
    let mut strace = Command::new("strace");
    // The server is this process's own child, and all of its threads are traced.
    strace.args(["-D", "-f", "-q", "-e", "trace=!fcntl"]);
    strace.arg("-o").arg(folder.with_extension("calls"));
    for path in PATHS {
        strace.arg("-P").arg(folder.join(path));
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
        record = std::fs::read_to_string(ensemble.data(sid).with_extension("calls")).unwrap();
        record.contains(&last)
    });
    calls_in(&record)
}

/// Ends a server; the moments at which it could have died since it first opened a file to write it.
fn moments(ensemble: &Ensemble, sid: usize, server: Server) -> Vec<Moment> {
    let process = server.process.id();
    drop(server);
    let calls = calls(ensemble, sid, process);
    let writes = |(name, arguments): &(String, String)| {
        let reads = name == "openat" && !arguments.contains("O_CREAT");
        WRITES.contains(&name.as_str()) && !reads
    };
    for file in ["/acceptedEpoch", "/currentEpoch", "/fle.server"] {
        let names = |it: &&(String, String)| writes(it) && it.1.contains(file);
        assert!(calls.iter().any(|it| names(&it)), "{file} in {calls:?}");
    }
    let all = 0..calls.len();
    all.filter(|at| writes(&calls[*at]))
        .map(|before| Moment::of(&calls, before))
        .collect()
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

/// Whether a server that is dead was killed at this moment. Calls are counted thread by thread: if
/// more than one had to do with the files, it may have been another.
fn died_at(ensemble: &Ensemble, sid: usize, server: &mut Server, moment: &Moment) -> bool {
    let end = server.process.wait().unwrap();
    assert_eq!(end.signal(), Some(9), "{end}");
    calls(ensemble, sid, server.process.id()).len() == moment.before + 1
}

fn established(server: &Server) -> Option<i64> {
    server.status()["established_epoch"].as_i64()
}

/// What a server has lost before it starts, while two others have an established leader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Loss {
    /// It is new, and so are the others.
    Nothing,
    /// The directory of the epochs.
    Epochs,
    /// What says whose directory it is, too.
    Everything,
}

/// From its first files on.
#[test]
fn a_new_server_killed_at_any_write_is_still_new() {
    lose_and_die(Loss::Nothing);
}

#[test]
fn a_server_without_its_epochs_killed_at_any_write_is_taken_in() {
    lose_and_die(Loss::Epochs);
}

#[test]
fn a_server_with_an_empty_disk_killed_at_any_write_is_taken_in() {
    lose_and_die(Loss::Everything);
}

/// Four ensembles at once, each with every fourth moment: most of the time is spent waiting.
fn lose_and_die(loss: Loss) {
    if !can_trace() {
        return;
    }
    std::thread::scope(|scope| {
        for first in 0..4 {
            scope.spawn(move || {
                let mut casualty = Casualty::new(loss);
                let moments = casualty.record();
                for moment in moments.iter().skip(first).step_by(4) {
                    casualty.dies_at(moment);
                }
            });
        }
    });
}

/// A server that knows less than it should, over all its deaths.
struct Casualty {
    loss: Loss,
    ensemble: Ensemble,
    others: Vec<Server>,
}

impl Casualty {
    fn new(loss: Loss) -> Self {
        let mut casualty = Self {
            loss,
            ensemble: Ensemble::blank(3).impatient(),
            others: vec![],
        };
        casualty.lose();
        if loss == Loss::Epochs {
            // In its lives it has promised the epoch of the leader that takes it in.
            casualty.comes_up("at first");
            casualty.lose();
        }
        casualty
    }

    /// It stands still, and has what it begins with.
    fn lose(&mut self) {
        if self.loss == Loss::Nothing {
            self.others.clear();
            self.ensemble = Ensemble::blank(3).impatient();
        } else if self.others.is_empty() {
            (1..=3).for_each(|sid| self.ensemble.vouch(sid));
        }
        if self.others.is_empty() {
            self.others = [2, 3].map(|sid| self.ensemble.serve(sid, &[])).into();
        }
        let data = self.ensemble.data(1);
        if self.loss != Loss::Nothing {
            until(|| self.others.iter().all(|it| established(it).is_some()));
            std::fs::remove_dir_all(data.join("version-2")).unwrap();
        }
        if self.loss == Loss::Everything {
            std::fs::remove_file(data.join("fle.server")).unwrap();
        }
    }

    fn record(&mut self) -> Vec<Moment> {
        let server = serve_traced(&self.ensemble, 1, None);
        until(|| established(&server).is_some());
        moments(&self.ensemble, 1, server)
    }

    /// Whatever it leaves: it comes up again, and an established leader has it, with all that it
    /// promises on its disk.
    fn dies_at(&mut self, moment: &Moment) {
        let dies = (0..5).any(|_| {
            self.lose();
            let mut server = serve_traced(&self.ensemble, 1, Some(moment));
            let mut has_died = false;
            until(|| {
                has_died = server.process.try_wait().unwrap().is_some();
                has_died || established(&server).is_some()
            });
            let dies = has_died && died_at(&self.ensemble, 1, &mut server, moment);
            drop(server);
            self.comes_up(&moment.to_string());
            dies
        });
        assert!(dies, "it does not come to {moment}");
    }

    fn comes_up(&self, moment: &str) {
        disk(&self.ensemble, 1);
        let server = self.ensemble.serve(1, &[]);
        let mut epoch = None;
        until(|| {
            epoch = established(&server);
            epoch.is_some()
        });
        let now = disk(&self.ensemble, 1);
        assert_eq!(Some(now.current), epoch, "{moment}");
        let marker = std::fs::read_to_string(self.ensemble.data(1).join("fle.server")).unwrap();
        let known = format!("\naccepted={}\n", now.accepted);
        assert!(marker.contains("\nepochs=known\n"), "{moment}: {marker}");
        assert!(marker.contains(&known), "{moment}: {marker}");
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
    /// The greatest epoch in which a leader was established, or that a quorum has promised to one
    /// that is dead.
    epoch: i64,
    /// What was last seen on the disks.
    disks: BTreeMap<usize, Disk>,
}

impl Life {
    fn new(roles: Roles) -> Self {
        let ensemble = Ensemble::new(3).impatient();
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

    /// Whether the server died at this moment, and in its role. Either way all of them have an
    /// established leader afterwards.
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
            assert!(!log.contains("cannot know"), "nothing was lost: {log}");
            let led = log.split("leads, established in epoch ").skip(1);
            for epoch in led.map(|rest| rest.split(' ').next().unwrap().to_owned()) {
                assert!(epochs.insert(epoch.clone()), "epoch {epoch} was led twice");
            }
        }
        assert!(epochs.contains(&self.epoch.to_string()), "{epochs:?}");
    }
}
