//! Folders with configurations, and processes that end with the test.

use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};
use std::fmt::Write;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `fle` to its end.
pub(crate) fn fle<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    command().args(arguments).output().unwrap()
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle"));
    command.env_remove("RUST_LOG");
    command
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The configurations of servers 1, 2, … on loopback, each with a folder of its own.
pub(crate) struct Ensemble {
    folder: TempDir,
    servers: usize,
    /// Keep the ports from everybody else while their servers are down.
    _ports: Vec<Socket>,
}

impl Ensemble {
    /// Servers that are known to be new, so that any majority of them elects.
    pub(crate) fn new(servers: usize) -> Self {
        let ensemble = Self::blank(servers);
        (1..=servers).for_each(|sid| ensemble.vouch(sid));
        ensemble
    }

    /// Servers with nothing in their data directories.
    pub(crate) fn blank(servers: usize) -> Self {
        let sockets: Vec<Socket> = (0..2 * servers).map(|_| bound()).collect();
        let port = |it: &Socket| it.local_addr().unwrap().as_socket().unwrap().port();
        let ports: Vec<u16> = sockets.iter().map(port).collect();
        let mut text = "tickTime=2000\ninitLimit=10\nsyncLimit=5\n".to_owned();
        for (sid, pair) in (1..).zip(ports.chunks(2)) {
            writeln!(text, "server.{sid}=127.0.0.1:{}:{}", pair[0], pair[1]).unwrap();
        }
        let ensemble = Self {
            folder: tempfile::tempdir().unwrap(),
            servers,
            _ports: sockets,
        };
        for sid in 1..=servers {
            let data = ensemble.data(sid);
            std::fs::create_dir_all(&data).unwrap();
            std::fs::write(data.join("myid"), format!("{sid}\n")).unwrap();
            let text = format!("dataDir={}\n{text}", data.display());
            std::fs::write(ensemble.config(sid), text).unwrap();
        }
        ensemble
    }

    /// The same servers, patient for a moment only.
    pub(crate) fn impatient(self) -> Self {
        for sid in 1..=self.servers {
            let (from, to) = ("tickTime=2000\ninitLimit=10", "tickTime=100\ninitLimit=15");
            self.edit(sid, from, to);
        }
        self
    }

    pub(crate) fn vouch(&self, sid: usize) {
        let vouched = fle(["vouch", "--config", self.config(sid).to_str().unwrap()]);
        assert!(vouched.status.success(), "{}", stderr(&vouched));
    }

    pub(crate) fn config(&self, sid: usize) -> PathBuf {
        self.folder.path().join(format!("{sid}/zoo.cfg"))
    }

    pub(crate) fn data(&self, sid: usize) -> PathBuf {
        self.folder.path().join(format!("{sid}/data"))
    }

    /// Replaces a text in a server's file.
    pub(crate) fn edit(&self, sid: usize, from: &str, to: &str) {
        let path = self.config(sid);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    pub(crate) fn serve(&self, sid: usize, arguments: &[&str]) -> Server {
        self.serve_by(command(), sid, arguments)
    }

    /// Runs a server by a command that ends with the program's name.
    pub(crate) fn serve_by(&self, mut command: Command, sid: usize, arguments: &[&str]) -> Server {
        let log = self.folder.path().join(format!("{sid}/log"));
        let log = File::options().create(true).append(true).open(log).unwrap();
        let address_file = self.data(sid).join("fle.http");
        // A server that was killed has left it behind.
        let _ = std::fs::remove_file(&address_file);
        let process = command
            .args(["serve", "--config", self.config(sid).to_str().unwrap()])
            .args(arguments)
            .stderr(log)
            .stdout(Stdio::null())
            .spawn();
        Server {
            process: process.unwrap(),
            address_file,
        }
    }

    /// What a server has said in all its lives; nothing before the first.
    pub(crate) fn log(&self, sid: usize) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{sid}/log"))).unwrap_or_default()
    }
}

/// A socket with a port of the system's choice, which nobody is given who does not ask for it by its number: servers do.
fn bound() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    socket.bind(&address.into()).unwrap();
    socket
}

/// A running server; it is killed when dropped.
pub(crate) struct Server {
    pub(crate) process: Child,
    address_file: PathBuf,
}

impl Server {
    /// What an HTTP endpoint answers; `None` while nobody does.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let address = std::fs::read_to_string(&self.address_file).ok()?;
        let mut answer = ureq::get(format!("http://{}{path}", address.trim()))
            .call()
            .ok()?;
        answer.body_mut().read_to_string().ok()
    }

    pub(crate) fn status(&self) -> serde_json::Value {
        let status = self.get("/status").unwrap_or_default();
        serde_json::from_str(&status).unwrap_or_default()
    }

    /// Waits until the server has settled so: its state and its leader.
    pub(crate) fn settles(&self, state: &str, leader: i64) {
        until(|| {
            let status = self.status();
            status["state"] == state && status["leader"] == leader
        });
    }

    /// Asks it to stop and waits for its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        terminate(&self.process);
        self.process.wait().unwrap().code()
    }

    pub(crate) fn address_file(&self) -> &Path {
        &self.address_file
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks a process to stop, as `kill` does.
pub(crate) fn terminate(process: &Child) {
    let id = Pid::from_child(process);
    kill_process(id, Signal::TERM).unwrap();
}

/// Waits until something is so.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "it does not come to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}
