//! HTTP: ZooKeeper's AdminServer, and `fle serve`.

use super::exchange::{LONGEST, Miss};
use crate::report::Report;
use crate::watch::answer::{Answer, Commands, Nothing};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use ureq::Agent;

/// The commands of the AdminServer, if `server_stats` is one.
pub(super) async fn admin(socket: SocketAddr, deadline: Instant) -> Result<Answer, Miss> {
    blocking(move || {
        let mut client = Client::new(socket, deadline);
        let server_stats = client.command("server_stats")?;
        if server_stats["command"].is_null() {
            return Err(Miss::Said("HTTP, but no command of ZooKeeper's".to_owned()));
        }
        // A server that does not serve says so to each, or fails.
        let mut more = |name: &str| match server_stats["error"].is_null() {
            true => client.command(name).unwrap_or_default(),
            false => Value::Null,
        };
        Ok(Answer::Admin(Commands {
            monitor: more("monitor"),
            configuration: more("configuration"),
            leader: more("leader"),
            voting_view: more("voting_view"),
            server_stats,
        }))
    })
    .await
}

/// What `fle serve` says of itself.
pub(super) async fn fle(socket: SocketAddr, deadline: Instant) -> Result<Answer, Miss> {
    blocking(move || {
        let (code, body) = Client::new(socket, deadline).get("/status")?;
        if code == 503 && body == b"starting\n" {
            return Ok(Answer::Starting);
        }
        let report: Option<Report> = serde_json::from_slice(&body).ok();
        match report {
            Some(report) if code == 200 => Ok(Answer::Fle(Box::new(report))),
            _ => Err(Miss::Said(format!("HTTP with status code {code}"))),
        }
    })
    .await
}

/// The client blocks, for no longer than the probe may take.
async fn blocking(
    ask: impl FnOnce() -> Result<Answer, Miss> + Send + 'static,
) -> Result<Answer, Miss> {
    let asked = spawn_blocking(ask).await;
    asked.unwrap_or(Err(Miss::Nothing(Nothing::Silent)))
}

struct Client {
    agent: Agent,
    socket: SocketAddr,
    deadline: Instant,
}

impl Client {
    fn new(socket: SocketAddr, deadline: Instant) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Only who was named is asked, and he himself.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None);
        Self {
            agent: config.build().into(),
            socket,
            deadline,
        }
    }

    fn command(&mut self, name: &str) -> Result<Value, Miss> {
        let (_, body) = self.get(&format!("/commands/{name}"))?;
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The status code and the body.
    fn get(&mut self, path: &str) -> Result<(u16, Vec<u8>), Miss> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let request = self.agent.get(format!("http://{}{path}", self.socket));
        // No time at all would be taken as no limit.
        let left = left.max(Duration::from_millis(1));
        let request = request.config().timeout_global(Some(left)).build();
        let mut answer = request.call().map_err(miss)?;
        let code = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(LONGEST as u64);
        Ok((code, body.read_to_vec().map_err(miss)?))
    }
}

fn miss(error: ureq::Error) -> Miss {
    match error {
        ureq::Error::Timeout(_) => Miss::Nothing(Nothing::Silent),
        ureq::Error::Io(error) => error.into(),
        ureq::Error::ConnectionFailed => Miss::Nothing(Nothing::Refused),
        error => Miss::Nothing(Nothing::Failed(error.to_string())),
    }
}
