//! An ensemble of both kinds of servers, each with a loopback address of its own.

use crate::server::{self, Member, Program, Server, Settled, View};
use fle_conformance::process;
use std::fs;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// One ensemble at a time: a virtual machine starts as slowly as the others let it.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) struct Ensemble {
    servers: Vec<Server>,
    folder: TempDir,
    since: Instant,
    _turn: MutexGuard<'static, ()>,
}

impl Ensemble {
    /// Servers 1, 2, …, not started yet; `None` where there is no ZooKeeper. `lines` are part of
    /// every configuration.
    pub(crate) fn new(scenario: &str, members: &[Member], lines: &str) -> Option<Self> {
        if !process::has_zookeeper() {
            assert!(
                std::env::var_os("FLE_REQUIRE_ZOOKEEPER").is_none(),
                "java or libzookeeper-java is missing"
            );
            println!("skipped: java or libzookeeper-java is missing");
            return None;
        }
        server::build();
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = TempDir::new().unwrap();
        let servers = (1..).zip(members);
        let servers: Vec<Server> = servers
            .map(|(sid, member)| Server::new(sid, *member, folder.path()))
            .collect();
        let mut lines = lines.to_owned();
        for server in &servers {
            let role = if server.member.observes {
                ":observer"
            } else {
                ""
            };
            lines += &format!("server.{}={}{role}\n", server.sid, server.process.addresses);
        }
        servers
            .iter()
            .for_each(|server| server.process.write_files(&lines).unwrap());
        println!("\n{scenario}");
        Some(Self {
            servers,
            folder,
            since: Instant::now(),
            _turn: turn,
        })
    }

    pub(crate) fn server(&self, sid: i64) -> &Server {
        &self.servers[usize::try_from(sid).unwrap() - 1]
    }

    fn server_mut(&mut self, sid: i64) -> &mut Server {
        &mut self.servers[usize::try_from(sid).unwrap() - 1]
    }

    /// Replaces text in the configuration of one server.
    pub(crate) fn edit(&self, sid: i64, from: &str, to: &str) {
        let path = self.server(sid).config();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} is in {text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Makes a server one that has seen this epoch.
    pub(crate) fn give_epoch(&self, sid: i64, epoch: i64) {
        let folder = self.server(sid).process.folder.join("version-2");
        fs::create_dir_all(&folder).unwrap();
        for file in ["acceptedEpoch", "currentEpoch"] {
            fs::write(folder.join(file), epoch.to_string()).unwrap();
        }
        self.tell(&format!("{} has seen epoch {epoch}", self.server(sid)));
    }

    pub(crate) fn start(&mut self, sids: &[i64]) {
        for sid in sids {
            self.server_mut(*sid).start();
            self.tell(&format!("{} is started", self.server(*sid)));
        }
    }

    pub(crate) fn kill(&mut self, sid: i64) {
        self.server_mut(sid).kill();
        self.tell(&format!("{} is killed", self.server(sid)));
    }

    pub(crate) fn pause(&mut self, sid: i64) {
        self.server_mut(sid).pause();
        self.tell(&format!("{} is stopped by SIGSTOP", self.server(sid)));
    }

    pub(crate) fn resume(&mut self, sid: i64) {
        self.server_mut(sid).resume();
        self.tell(&format!("{} goes on by SIGCONT", self.server(sid)));
    }

    /// Waits until every server that runs has settled on this leader, in one round; which.
    pub(crate) fn settles_on(&self, leader: i64) -> i64 {
        self.settles_where(|settled| settled.leader == leader).round
    }

    /// Waits until every server that runs has settled on the same leader, in one round later than
    /// this.
    pub(crate) fn settles_after(&self, round: i64) -> Settled {
        self.settles_where(|settled| settled.round > round)
    }

    fn settles_where(&self, is_awaited: impl Fn(Settled) -> bool) -> Settled {
        let running = || self.servers.iter().filter(|server| server.is_running());
        let views = self.until("all that run settle on the same leader", || {
            let views: Vec<View> = running().map(Server::view).collect::<Option<_>>()?;
            let settled = views[0].settled();
            let agrees = |(server, view): (&Server, &View)| {
                view.settled() == settled && view.state == server.state_under(settled.leader)
            };
            (is_awaited(settled) && running().zip(&views).all(agrees)).then_some(views)
        });
        for (server, view) in running().zip(&views) {
            let source = match server.member.program {
                Program::Fle => "GET /status",
                Program::ZooKeeper => "its log",
            };
            self.tell(&format!("{server}, {source}: {view}"));
        }
        views[0].settled()
    }

    /// Waits until every ZooKeeper server that runs serves under this leader, which is one of them.
    pub(crate) fn serves_under(&self, leader: i64) {
        for server in &self.servers {
            if server.member.program == Program::Fle || !server.is_running() {
                continue;
            }
            let mode = match server.state_under(leader) {
                "leading" => "leader",
                "observing" => "observer",
                _ => "follower",
            };
            let serves = || (server.mode()? == mode).then_some(());
            self.until(&format!("{server} serves as {mode}"), serves);
            self.tell(&format!("{server}, srvr: {mode}"));
        }
    }

    /// Waits until a server has looked for a while and has not found a leader.
    pub(crate) fn looks_in_vain(&self, sid: i64) {
        let server = self.server(sid);
        let looks = || server.looks_in_vain().then_some(());
        self.until(&format!("{server} looks in vain"), looks);
        self.tell(&format!("{server}, its log: looks for a leader in vain"));
    }

    /// Waits until a server's log has these words; the rest of the line.
    pub(crate) fn says(&self, sid: i64, words: &str) -> String {
        let server = self.server(sid);
        let line = self.until(&format!("{server} says {words:?}"), || {
            let log = server.logged();
            let rest = log.lines().find_map(|line| line.split_once(words));
            rest.map(|(_, rest)| rest.to_owned())
        });
        self.tell(&format!("{server}, its log: {words}{line}"));
        line
    }

    pub(crate) fn until<T>(&self, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = probe() {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "{what}: {}", self.state());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn state(&self) -> String {
        let running = self.servers.iter().filter(|server| server.is_running());
        let views = running.map(|server| match server.view() {
            Some(view) => format!("{server}: {view}"),
            None => format!("{server} looks"),
        });
        views.collect::<Vec<_>>().join("; ")
    }

    /// `fle-conformance validate` accepts what all of them logged.
    pub(crate) fn is_allowed(&self) {
        let logs = self.servers.iter().map(Server::log);
        let mut validate = Command::new(env!("CARGO_BIN_EXE_fle-conformance"));
        let validate = validate
            .arg("validate")
            .args(logs.filter(|log| log.exists()));
        let config = self.servers[0].config();
        let output = validate.arg("--config").arg(config).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{text}{error}");
        self.tell("fle-conformance validate, the logs of all: allowed");
    }

    pub(crate) fn tell(&self, what: &str) {
        println!("{:6.1} s  {what}", self.since.elapsed().as_secs_f64());
    }
}

impl Drop for Ensemble {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            self.tell(&format!("logs are in {}", self.folder.path().display()));
        }
    }
}
