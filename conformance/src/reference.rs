//! The real `FastLeaderElection` of ZooKeeper 3.8.0, in a Java process of its own, taken through
//! traces step by step.
//!
//! `reference/Stepper.java` says what of it is real and how it is made to wait for nothing. Here it
//! is found, compiled against the jar, started and spoken to: lines of `fle-trace/1` go in, a line
//! comes back for each. One process serves any number of traces, one after the other. What it
//! [records](Reference::record) are the traces that [`replay`](crate::replay) holds the engine
//! against.
//!
//! It needs Debian's `libzookeeper-java` and a JDK; where they are absent, [`Reference::start`]
//! says so in one line.

use fle_model::election::trace::format::{Input, Output, Server, Step, Trace};
use serde::Serialize;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// The version is part of the name: another one may follow other rules.
const ZOOKEEPER: &str = "/usr/share/java/zookeeper-3.8.0.jar";
/// Keeps ZooKeeper's log silent.
const NO_LOG: &str = "/usr/share/java/slf4j-nop.jar";
const STEPPER: &str = include_str!("reference/Stepper.java");
const REMEDY: &str = "apt-get install libzookeeper-java openjdk-17-jdk-headless";

/// A process that runs the real class.
pub struct Reference {
    process: Child,
    /// `None` once it has been told to end.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The compiled stepper and the oracle's file; the virtual machine loads from it as it goes.
    _folder: TempDir,
}

/// Why there is nothing to compare with.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// What it takes is not installed.
    #[error("ZooKeeper's class cannot be run here: there is no {missing}; on Debian 12: {REMEDY}")]
    Absent {
        /// The program or file.
        missing: &'static str,
    },
    /// The compiler refuses the stepper.
    #[error("the stepper does not compile against {ZOOKEEPER}:\n{0}")]
    Compiler(String),
    /// The process cannot be started, or ended.
    #[error("the Java process: {0}")]
    Process(#[from] io::Error),
    /// It said what is no answer.
    #[error("the Java process answered {line:?}: {cause}")]
    Answer {
        /// The answer.
        line: String,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
}

/// What the class made of a trace's inputs.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// What it did, as far as it came.
    pub trace: Trace,
    /// Why it did not come to the end. A restart is an end.
    pub stopped: Option<Stopped>,
}

/// An input that the class could not take, or that ended one of its threads.
#[derive(Clone, PartialEq, Debug)]
pub struct Stopped {
    /// The input; `None` where the server itself cannot be.
    pub input: Option<Input>,
    /// The class's own words, or the stepper's.
    pub reason: String,
}

impl Reference {
    /// Compiles the stepper and starts the process.
    ///
    /// # Errors
    /// [`ReferenceError::Absent`] where ZooKeeper or Java is not installed; others where they are
    /// not what they should be.
    pub fn start() -> Result<Self, ReferenceError> {
        for missing in [ZOOKEEPER, NO_LOG] {
            if !Path::new(missing).exists() {
                return Err(ReferenceError::Absent { missing });
            }
        }
        let folder = TempDir::with_prefix("fle-stepper-")?;
        compile(folder.path())?;
        let class_path = format!("{}:{ZOOKEEPER}:{NO_LOG}", folder.path().display());
        let mut process = Command::new("java")
            // Short work in one thread: the serial collector and the first compiler start fastest.
            .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"])
            // The class encodes its configuration in the platform's default.
            .arg("-Dfile.encoding=UTF-8")
            .args(["-cp", &class_path])
            .arg("org.apache.zookeeper.server.quorum.Stepper")
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| absent("java", error))?;
        let (requests, answers) = (process.stdin.take(), process.stdout.take());
        Ok(Self {
            process,
            requests,
            answers: BufReader::new(answers.expect("its standard output is piped")),
            _folder: folder,
        })
    }

    /// Takes a new server of the class through these inputs, as far as it goes.
    ///
    /// # Errors
    /// When the process does not answer as it should.
    pub fn record<'a>(
        &mut self,
        server: &Server,
        inputs: impl IntoIterator<Item = &'a Input>,
    ) -> Result<Recording, ReferenceError> {
        let mut recording = Recording {
            trace: Trace {
                server: server.clone(),
                steps: Vec::new(),
            },
            stopped: self.ask(server)?.err().map(|reason| Stopped {
                input: None,
                reason,
            }),
        };
        for input in inputs {
            let steps = &mut recording.trace.steps;
            let restarted = |step: &Step| matches!(step.output, Output::Restart { .. });
            if recording.stopped.is_some() || steps.last().is_some_and(restarted) {
                break;
            }
            match self.ask(input)? {
                Ok(answer) => steps.push(Step {
                    input: input.clone(),
                    output: read(&answer)?,
                }),
                Err(reason) => {
                    let input = Some(input.clone());
                    recording.stopped = Some(Stopped { input, reason });
                }
            }
        }
        Ok(recording)
    }

    /// Sends a line and reads the one that answers it: what it says, or why it says nothing.
    fn ask(&mut self, line: &impl Serialize) -> Result<Result<String, String>, ReferenceError> {
        let requests = self
            .requests
            .as_mut()
            .expect("it is not told to end before it is dropped");
        let mut request = json!(line).to_string();
        request.push('\n');
        requests.write_all(request.as_bytes())?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if answer.starts_with("{\"error\"") {
            let error: Value = read(&answer)?;
            return Ok(Err(error["error"].as_str().unwrap_or_default().to_owned()));
        }
        Ok(Ok(answer))
    }
}

impl Drop for Reference {
    /// The process ends with its input.
    fn drop(&mut self) {
        drop(self.requests.take());
        // There is nobody left to tell.
        let _ = self.process.wait();
    }
}

fn read<T: serde::de::DeserializeOwned>(line: &str) -> Result<T, ReferenceError> {
    serde_json::from_str(line).map_err(|cause| ReferenceError::Answer {
        line: line.to_owned(),
        cause,
    })
}

fn compile(folder: &Path) -> Result<(), ReferenceError> {
    let source = folder.join("Stepper.java");
    fs::write(&source, STEPPER)?;
    let compiler = Command::new("javac")
        .args(["-cp", ZOOKEEPER, "-d"])
        .args([folder, &source])
        .output()
        .map_err(|error| absent("javac", error))?;
    if !compiler.status.success() {
        let complaint = String::from_utf8_lossy(&compiler.stderr);
        return Err(ReferenceError::Compiler(complaint.into_owned()));
    }
    Ok(())
}

fn absent(missing: &'static str, error: io::Error) -> ReferenceError {
    match error.kind() {
        io::ErrorKind::NotFound => ReferenceError::Absent { missing },
        _ => ReferenceError::Process(error),
    }
}
