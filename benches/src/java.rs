//! ZooKeeper's own class in a Java process, timed: `benches/java/Beside.java` says what of it is
//! real.
//!
//! Needs Debian's `libzookeeper-java` and a JDK.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

const ZOOKEEPER: &str = "/usr/share/java/zookeeper-3.8.0.jar";
/// Keeps ZooKeeper's log silent.
const NO_LOG: &str = "/usr/share/java/slf4j-nop.jar";

/// What the server does that hears a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hearer {
    /// It looks for a leader and keeps its ballot.
    Looking,
    /// It leads and answers.
    Settled,
}

/// A Java process with one server of the class.
pub struct Java {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Java {
    /// Compiles the benchmark and starts the process; `None` where ZooKeeper or Java is not
    /// installed.
    ///
    /// # Errors
    /// When the benchmark does not compile, or the process does not start.
    pub fn start() -> io::Result<Option<Self>> {
        let present = |path: &str| Path::new(path).exists();
        if !present(ZOOKEEPER) || !present(NO_LOG) || Command::new("javac").output().is_err() {
            return Ok(None);
        }
        let folder = env::temp_dir().join(format!("fle-beside-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let source = folder.join("Beside.java");
        fs::write(&source, include_str!("../java/Beside.java"))?;
        let compiler = Command::new("javac")
            .args(["-cp", ZOOKEEPER, "-d"])
            .args([&folder, &source])
            .output()?;
        if !compiler.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&compiler.stderr)));
        }
        let class_path = format!("{}:{ZOOKEEPER}:{NO_LOG}", folder.display());
        let mut process = Command::new("java")
            .args(["-Dfile.encoding=UTF-8", "-cp", &class_path])
            .arg("org.apache.zookeeper.server.quorum.Beside")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (requests, answers) = (process.stdin.take(), process.stdout.take());
        Ok(Some(Self {
            process,
            requests,
            answers: BufReader::new(answers.expect("its standard output is piped")),
            folder,
        }))
    }

    /// Begins server 1 of this configuration, in place of the one before.
    ///
    /// # Errors
    /// When the process ended.
    pub fn begin(&mut self, hearer: Hearer, configuration: &str) -> io::Result<()> {
        let file = self.folder.join("configuration");
        fs::write(&file, configuration)?;
        let name = match hearer {
            Hearer::Looking => "looking",
            Hearer::Settled => "settled",
        };
        self.ask(&format!("{name} {}", file.display()))?;
        Ok(())
    }

    /// How long the server takes for `count` times this message from server 2.
    ///
    /// # Errors
    /// When the process ended.
    pub fn run(&mut self, count: u32, payload: &[u8]) -> io::Result<Duration> {
        let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Duration::from_nanos(
            self.ask(&format!("run {count} {hex}"))?,
        ))
    }

    fn ask(&mut self, line: &str) -> io::Result<u64> {
        let requests = self.requests.as_mut().expect("it runs until it is dropped");
        writeln!(requests, "{line}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let complaint = |_| io::Error::other(format!("the Java process answered {answer:?}"));
        answer.trim().parse().map_err(complaint)
    }
}

impl Drop for Java {
    /// The process ends with its input.
    fn drop(&mut self) {
        drop(self.requests.take());
        // There is nobody left to tell.
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{configuration, ensemble, payload, vote};
    use fle::ServerState;

    #[test]
    fn the_class_hears_in_both_states() {
        let Some(mut java) = Java::start().expect("it starts where it is installed") else {
            let required = env::var("FLE_REQUIRE_ZOOKEEPER").is_ok_and(|it| it == "1");
            assert!(!required, "no {ZOOKEEPER}, {NO_LOG} or javac");
            println!("skipped: no {ZOOKEEPER}, {NO_LOG} or javac");
            return;
        };
        let message = payload(&ensemble(3), &vote(ServerState::Looking, 1, 9));
        for hearer in [Hearer::Looking, Hearer::Settled] {
            java.begin(hearer, &configuration(3)).expect("it begins");
            for count in [1, 200] {
                let took = java.run(count, &message).expect("it hears them all");
                assert!(took > Duration::ZERO);
            }
        }
    }
}
