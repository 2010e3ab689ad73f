//! `fle status`: asks a running server what it is at.

use crate::failure::Failure;
use crate::output::say;
use crate::report::Report;
use crate::serve::http_file;
use fle::config::ServerConfig;
use fle::small_file;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More bytes than an address and a port take.
const LONGEST_ADDRESS: u64 = 100;

/// Asks a running server what it is at.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Status {
    /// Where the server's HTTP endpoints are, as in 127.0.0.1:8080.
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,
    /// The configuration file of a server on this machine.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Status {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (address, expected) = match (self.http, self.config) {
            (Some(address), _) => (address, None),
            (None, Some(path)) => {
                let server = ServerConfig::load(&path)?.value;
                let address = find(&path, &http_file(server.options()))?;
                (address.to_string(), Some(server.sid().0))
            }
            (None, None) => return Err(Failure::Unusable("say --http or --config".to_owned())),
        };
        let report = ask(&address)?;
        if expected.is_some_and(|sid| sid != report.sid) {
            let text = format!(
                "the server has stopped: at {address} now runs server {}",
                report.sid
            );
            return Err(Failure::Check(text));
        }
        say(&report.to_string())
    }
}

/// Where the server of this configuration has said, in this file, that it answers.
fn find(config: &Path, file: &Path) -> Result<SocketAddr, Failure> {
    let unknown = |reason: &dyn std::fmt::Display| {
        Failure::Check(format!(
            "no server is known to run with {}: {}: {reason}; start it with `fle serve`, or, if it \
             runs and could not write this file, ask it with `fle status --http`",
            config.display(),
            file.display()
        ))
    };
    let text = small_file::read(file, LONGEST_ADDRESS).map_err(|error| unknown(&error))?;
    let text = String::from_utf8_lossy(&text);
    text.trim().parse().map_err(|error| unknown(&error))
}

fn ask(address: &str) -> Result<Report, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into();
    let asked = agent.get(format!("http://{address}/status")).call();
    let no_answer = |error: ureq::Error| {
        Failure::Check(match error {
            ureq::Error::StatusCode(503) => {
                format!(
                    "the server at {address} has not started yet; its log says what it waits for"
                )
            }
            error => format!("no server answers at {address}: {error}; is it running?"),
        })
    };
    let mut answer = asked.map_err(no_answer)?;
    answer.body_mut().read_json().map_err(no_answer)
}
