//! Folders with configurations, and processes that end with the test.

use rustix::pipe::fcntl_setpipe_size;
use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes, on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `fle` to its end.
pub(crate) fn fle<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    command().args(arguments).output().unwrap()
}

/// The program, with an environment that says nothing of logs.
pub(crate) fn command() -> Command {
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
    pub(crate) fn serve_by(&self, command: Command, sid: usize, arguments: &[&str]) -> Server {
        let log = self.folder.path().join(format!("{sid}/log"));
        let log = File::options().create(true).append(true).open(log).unwrap();
        self.serve_into(log, command, sid, arguments)
    }

    /// Runs a server that writes its log to there.
    pub(crate) fn serve_into(
        &self,
        log: impl Into<Stdio>,
        mut command: Command,
        sid: usize,
        arguments: &[&str],
    ) -> Server {
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

    /// A server's quorum port and election port.
    pub(crate) fn ports(&self, sid: usize) -> (u16, u16) {
        let text = std::fs::read_to_string(self.config(sid)).unwrap();
        let prefix = format!("server.{sid}=127.0.0.1:");
        let ports = text.lines().find_map(|line| line.strip_prefix(&prefix));
        let (quorum, election) = ports.unwrap().split_once(':').unwrap();
        (quorum.parse().unwrap(), election.parse().unwrap())
    }

    /// What a server has said in all its lives; nothing before the first.
    pub(crate) fn log(&self, sid: usize) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{sid}/log"))).unwrap_or_default()
    }
}

/// A socket with a port of the system's choice, which nobody is given who does not ask for it by
/// its number: servers do.
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
    /// What an HTTP endpoint answers; `None` while nobody does, or it does not find or do that.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let (code, text) = self.ask(path)?;
        (code == 200).then_some(text)
    }

    /// The status code and the text that an HTTP endpoint answers with; `None` while nobody does.
    pub(crate) fn ask(&self, path: &str) -> Option<(u16, String)> {
        let url = format!("http://{}{path}", self.http()?);
        let request = ureq::get(url)
            .config()
            .http_status_as_error(false)
            // Who hangs does not answer.
            .timeout_global(Some(Duration::from_secs(10)))
            .build();
        let mut answer = request.call().ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        Some((answer.status().as_u16(), text))
    }

    /// Where it answers HTTP; `None` while it does not say.
    pub(crate) fn http(&self) -> Option<SocketAddr> {
        let address = std::fs::read_to_string(&self.address_file).ok()?;
        address.trim().parse().ok()
    }

    /// The value of a metric without labels; `None` while there is none.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let metrics = self.get("/metrics")?;
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
        metrics.lines().find_map(value)
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
        end(&mut self.process).code()
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
    send(process, Signal::TERM);
}

/// Sends a signal to a process that has not been waited for.
pub(crate) fn send(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
}

/// Waits until a process has ended; how.
pub(crate) fn end(process: &mut Child) -> ExitStatus {
    let mut ended = None;
    until(|| {
        ended = process.try_wait().unwrap();
        ended.is_some()
    });
    ended.unwrap()
}

/// A pipe as small as the system makes them that takes nothing more until it is read.
pub(crate) fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let size = fcntl_setpipe_size(&writer, 4096).unwrap();
    writer.write_all(&vec![b'\n'; size]).unwrap();
    (reader, writer)
}

/// A command that runs another, named at its end, from a shell: after this, and in these namespaces
/// (`unshare`'s options). `None`, with a line that says so, where that is not allowed.
pub(crate) fn isolated(namespaces: &[&str], before: &str) -> Option<Command> {
    let mut trial = Command::new("unshare");
    if !trial
        .args(namespaces)
        .arg("true")
        .status()
        .is_ok_and(|it| it.success())
    {
        println!("skipped: namespaces are not to be had");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(namespaces);
    command.args([
        "sh",
        "-c",
        &format!("{before} exec \"$@\""),
        "sh",
        env!("CARGO_BIN_EXE_fle"),
    ]);
    command.env_remove("RUST_LOG");
    Some(command)
}

/// Waits until something is so.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "it does not come to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}
