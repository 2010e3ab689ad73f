//! A server of a real ensemble: a process on loopback, `fle serve` or ZooKeeper 3.8.0 as Debian's
//! `libzookeeper-java` has it.
//!
//! Both read the same configuration and write their log to the same place, so that
//! [`history`](crate::history) can read it. Deliberately absent: what a server is asked, and when
//! it counts as up; that is the business of those who start it.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const JARS: &str = "/usr/share/java";

/// What both kinds are configured with: connections time out after 10 s, and a leader that is
/// elected is waited for half a minute.
pub const TICKS: &str = "tickTime=500\ninitLimit=60\nsyncLimit=20\n";

/// Where a server listens for its peers. Displays as in a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// For those that follow it.
    pub quorum: SocketAddr,
    /// For elections.
    pub election: SocketAddr,
}

impl Addresses {
    /// Ports that the system chose, at a loopback address that belongs to one server of this run.
    /// `host` tells the servers apart.
    ///
    /// # Errors
    /// When the system has none.
    pub fn choose(host: u8) -> io::Result<Self> {
        let [quorum, election] = free(host)?;
        Ok(Self { quorum, election })
    }
}

/// Ports that differ: the system chooses none twice while the others are held. Later no connection
/// gets one of them while nobody listens there: connections are made from 127.0.0.1.
fn free<const N: usize>(host: u8) -> io::Result<[SocketAddr; N]> {
    let [.., high, low] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, high | 0x80, low, host);
    let held = (0..N).map(|_| TcpListener::bind((address, 0)));
    let held: Vec<TcpListener> = held.collect::<io::Result<_>>()?;
    let mut free = [SocketAddr::from((address, 0)); N];
    for (port, held) in free.iter_mut().zip(&held) {
        *port = held.local_addr()?;
    }
    Ok(free)
}

/// A server, which runs or does not. It is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    /// Its id.
    pub sid: u8,
    /// Where its peers find it.
    pub addresses: Addresses,
    /// Where a ZooKeeper server answers clients.
    pub client: SocketAddr,
    /// Where its AdminServer may be told to answer.
    pub admin: SocketAddr,
    /// Its data directory, which also holds its configuration and its log.
    pub folder: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// A server that does not run yet, with a folder of its own in this one.
    ///
    /// # Errors
    /// When the system has no ports.
    pub fn new(sid: u8, folder: &Path) -> io::Result<Self> {
        let [quorum, election, client, admin] = free(sid)?;
        Ok(Self {
            sid,
            addresses: Addresses { quorum, election },
            client,
            admin,
            folder: folder.join(sid.to_string()),
            child: None,
        })
    }

    /// Writes its id, and its configuration with these lines.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn write_files(&self, lines: &str) -> io::Result<()> {
        fs::create_dir(&self.folder)?;
        fs::write(self.folder.join("myid"), self.sid.to_string())?;
        let (folder, client) = (self.folder.display(), self.client);
        let (address, port) = (client.ip(), client.port());
        let config = format!(
            "{TICKS}dataDir={folder}\nclientPortAddress={address}\nclientPort={port}\n\
             admin.enableServer=false\n4lw.commands.whitelist=srvr\n{lines}"
        );
        fs::write(self.config(), config)
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.join("zoo.cfg")
    }

    /// The file that its log is written to.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Starts it. Its log goes on where that of its last life ended.
    ///
    /// # Errors
    /// When the log cannot be written, or the program does not start.
    pub fn start(&mut self, command: &mut Command) -> io::Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        self.child = Some(command.stdout(Stdio::null()).stderr(log).spawn()?);
        Ok(())
    }

    /// Its process, if it has been started and not killed.
    #[must_use]
    pub fn child(&self) -> Option<&Child> {
        self.child.as_ref()
    }

    /// SIGKILL; returns when the process is gone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What cannot be killed has ended.
        let _ = self.kill();
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.quorum, self.election.port())
    }
}

/// Runs this `fle` as a server.
#[must_use]
pub fn fle(program: &Path, config: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["serve", "--log", "json", "--config"]);
    command.arg(config);
    command
}

/// Has this `fle` take it as known that a server which has not run yet is new. Otherwise it votes
/// only when all other voters have told it so, and ZooKeeper's tell nobody.
///
/// # Errors
/// When the program does not run, or refuses.
pub fn vouch(program: &Path, config: &Path) -> io::Result<()> {
    let mut command = Command::new(program);
    let output = command.args(["vouch", "--config"]).arg(config).output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    }
}

/// Runs a ZooKeeper server that logs at level INFO, its virtual machine with these arguments, too.
#[must_use]
pub fn zookeeper(config: &Path, arguments: &[&str]) -> Command {
    let jars = [
        "zookeeper",
        "zookeeper-jute",
        "slf4j-api",
        "slf4j-simple",
        "snappy-java",
        "metrics-core",
        "netty-all",
        "commons-cli",
        // What its AdminServer runs on.
        "jetty9-server",
        "jetty9-servlet",
        "jetty9-security",
        "jetty9-http",
        "jetty9-io",
        "jetty9-util",
        "jetty9-util-ajax",
        "servlet-api",
        "jackson-annotations",
        "jackson-core",
        "jackson-databind",
    ];
    let classpath: Vec<String> = jars.iter().map(|jar| format!("{JARS}/{jar}.jar")).collect();
    let mut command = Command::new("java");
    let logger = "-Dorg.slf4j.simpleLogger";
    command
        .args(["-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
        .arg(format!("{logger}.showDateTime=true"))
        .arg(format!(
            "{logger}.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ"
        ))
        .args(arguments)
        .args(["-cp", &classpath.join(":")])
        .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
        .arg(config);
    command
}

/// Whether there is a ZooKeeper to run.
#[must_use]
pub fn has_zookeeper() -> bool {
    let mut java = Command::new("java");
    let java = java.arg("-version").stderr(Stdio::null()).status();
    java.is_ok_and(|status| status.success()) && Path::new(JARS).join("zookeeper.jar").exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Chosen one after another, 500 of the system's ports would hardly all differ.
    #[test]
    fn ports_differ() {
        let ports = free::<500>(250).unwrap();
        let ports = BTreeSet::from(ports);
        assert_eq!(ports.len(), 500);
    }
}
