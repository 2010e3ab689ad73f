//! An ensemble of the real ZooKeeper, here and now: three servers elect a leader, lose it, and elect another.
//!
//! Needs Debian's `libzookeeper-java` and `java`; without them the test passes with a line that says so, unless
//! `FLE_REQUIRE_ZOOKEEPER` is set.

use fle_conformance::history::judge::judge;
use fle_conformance::history::log::Logs;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const JARS: &str = "/usr/share/java";
/// Longer than any election takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Ensemble {
    folder: TempDir,
    servers: Vec<Option<Child>>,
}

impl Ensemble {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let ports = free_ports();
        let servers: String = (1..)
            .zip(&ports)
            .map(|(sid, [quorum, election, _])| {
                format!("server.{sid}=127.0.0.1:{quorum}:{election}\n")
            })
            .collect();
        for (sid, [_, _, client]) in (1..).zip(&ports) {
            let data = folder.path().join(sid.to_string());
            fs::create_dir(&data).unwrap();
            fs::write(data.join("myid"), sid.to_string()).unwrap();
            let config = format!(
                "tickTime=300\ninitLimit=20\nsyncLimit=10\nadmin.enableServer=false\nclientPort={client}\ndataDir={}\n{servers}",
                data.display()
            );
            fs::write(data.join("zoo.cfg"), config).unwrap();
        }
        Self {
            folder,
            servers: vec![None, None, None],
        }
    }

    fn log(&self, sid: usize) -> PathBuf {
        self.folder.path().join(sid.to_string()).join("log")
    }

    fn start(&mut self, sid: usize) {
        let log = File::create(self.log(sid)).unwrap();
        let config = self.folder.path().join(sid.to_string()).join("zoo.cfg");
        let jars = [
            "zookeeper",
            "zookeeper-jute",
            "slf4j-api",
            "slf4j-simple",
            "snappy-java",
            "metrics-core",
            "netty-all",
            "commons-cli",
        ];
        let classpath: Vec<String> = jars.iter().map(|jar| format!("{JARS}/{jar}.jar")).collect();
        let server = Command::new("java")
            .args(["-Xmx64m", "-XX:TieredStopAtLevel=1"])
            .arg("-Dorg.slf4j.simpleLogger.showDateTime=true")
            .arg("-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ")
            .args(["-cp", &classpath.join(":")])
            .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
            .arg(config)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.servers[sid - 1] = Some(server.unwrap());
    }

    fn stop(&mut self, sid: usize) {
        if let Some(mut server) = self.servers[sid - 1].take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    fn says(&self, sid: usize, words: &str) -> bool {
        let log = fs::read_to_string(self.log(sid)).unwrap_or_default();
        log.contains(words)
    }

    /// Waits until one of these servers leads and is established; which.
    fn elected(&self, among: &[usize]) -> usize {
        let start = Instant::now();
        loop {
            let mut leading = among
                .iter()
                .filter(|sid| self.says(**sid, "leading - broadcast"));
            if let Some(leader) = leading.next() {
                return *leader;
            }
            assert!(start.elapsed() < PATIENCE, "none of {among:?} leads");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Ensemble {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().flatten() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// Three ports for each of three servers, free a moment ago.
fn free_ports() -> [[u16; 3]; 3] {
    let listeners: Vec<TcpListener> = (0..9)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let port = |place: usize| listeners[place].local_addr().unwrap().port();
    [0, 3, 6].map(|first| [port(first), port(first + 1), port(first + 2)])
}

fn is_installed() -> bool {
    let java = Command::new("java")
        .arg("-version")
        .stderr(Stdio::null())
        .status();
    java.is_ok_and(|status| status.success()) && Path::new(JARS).join("zookeeper.jar").exists()
}

#[test]
fn what_an_ensemble_of_zookeeper_does_is_allowed() {
    if !is_installed() {
        assert!(
            std::env::var_os("FLE_REQUIRE_ZOOKEEPER").is_none(),
            "java or libzookeeper-java is missing"
        );
        println!("skipped: java or libzookeeper-java is missing");
        return;
    }
    let mut ensemble = Ensemble::new();
    for sid in 1..=3 {
        ensemble.start(sid);
    }
    let first = ensemble.elected(&[1, 2, 3]);
    ensemble.stop(first);
    let others: Vec<usize> = (1..=3).filter(|sid| *sid != first).collect();
    let second = ensemble.elected(&others);

    let logs = Logs::read(&[1, 2, 3].map(|sid| ensemble.log(sid))).unwrap();
    let verdict = judge(&logs, None);
    assert_eq!(verdict.objections, []);
    for (sid, elections) in &verdict.elections {
        let leaders: Vec<i64> = elections
            .iter()
            .filter_map(|it| it.vote)
            .map(|it| it.leader)
            .collect();
        let leader = |sid: usize| i64::try_from(sid).unwrap();
        assert!(
            leaders.contains(&leader(first)) || leaders.contains(&leader(second)),
            "{sid}: {leaders:?}"
        );
    }
}
