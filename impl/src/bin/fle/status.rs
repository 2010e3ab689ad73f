//! `fle status`: asks a running server what it is at.

use crate::Failure;
use crate::report::Report;
use crate::serve::http_file;
use fle::config::ServerConfig;
use std::path::PathBuf;
use std::time::Duration;

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
                let file = http_file(server.options());
                let address = std::fs::read_to_string(&file).map_err(|error| {
                    Failure::Check(format!(
                        "no server runs with {}: {}: {error}; start it with `fle serve`",
                        path.display(),
                        file.display()
                    ))
                })?;
                (address.trim().to_owned(), Some(server.sid().0))
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
        print!("{report}");
        Ok(())
    }
}

fn ask(address: &str) -> Result<Report, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into();
    let asked = agent.get(format!("http://{address}/status")).call();
    let no_answer = |error: ureq::Error| {
        Failure::Check(format!(
            "no server answers at {address}: {error}; is it running?"
        ))
    };
    let mut answer = asked.map_err(no_answer)?;
    answer.body_mut().read_json().map_err(no_answer)
}
