//! What an ensemble looks like from outside: a table that is drawn again on a terminal, a line for each change elsewhere.

use fle::node::Status;
use fle::transport::LinkState;
use fle::{ElectionEpoch, ServerState, Sid};
use std::fmt::{self, Write as _};
use std::io::{IsTerminal, Write as _, stdout};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How many servers have a row of their own on a terminal.
const ROWS: usize = 20;

/// The servers at one moment.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Picture {
    servers: Vec<Server>,
    notifications: u64,
}

#[derive(Clone, PartialEq, Eq)]
struct Server {
    sid: Sid,
    state: ServerState,
    leader: Sid,
    round: ElectionEpoch,
    connected: usize,
    last_election: Option<Duration>,
}

/// Where pictures are shown.
pub(super) struct Screen {
    start: Instant,
    is_terminal: bool,
    /// How many lines the last picture took.
    lines: usize,
    shown: String,
}

impl Picture {
    pub(super) fn of(statuses: &[watch::Receiver<Status>]) -> Self {
        let servers = statuses.iter().zip(1..).map(|(status, sid)| {
            let status = status.borrow();
            let links = status.links.values();
            Server {
                sid: Sid(sid),
                state: status.announcement.state,
                leader: status.announcement.proposal.leader,
                round: status.announcement.election_epoch,
                connected: links.filter(|link| **link == LinkState::Up).count(),
                last_election: status.last_election,
            }
        });
        let counts = statuses.iter().map(|status| status.borrow().notifications);
        Self {
            servers: servers.collect(),
            notifications: counts.sum(),
        }
    }

    /// Who looks, follows and leads, in one line.
    fn summary(&self) -> String {
        let of = |state| {
            let servers = self
                .servers
                .iter()
                .filter(move |server| server.state == state);
            ranges(&servers.map(|server| server.sid).collect::<Vec<_>>())
        };
        format!(
            "looking: {}; following: {}; leading: {}",
            of(ServerState::Looking),
            of(ServerState::Following),
            of(ServerState::Leading)
        )
    }

    fn table(&self) -> String {
        let mut text = "server  state      vote  round  connected  last election\n".to_owned();
        for server in self.servers.iter().take(ROWS) {
            let state = match server.state {
                ServerState::Looking => "looking",
                ServerState::Following => "following",
                ServerState::Leading => "leading",
                ServerState::Observing => "observing",
            };
            let took = server
                .last_election
                .map_or(String::new(), |took| format!("{took:.1?}"));
            let Server {
                sid,
                leader,
                round,
                connected,
                ..
            } = server;
            let _ = writeln!(
                text,
                "{:<8}{state:<11}{:<6}{:<7}{connected:<11}{took}",
                sid.0, leader.0, round.0
            );
        }
        if self.servers.len() > ROWS {
            let _ = writeln!(text, "… and {} more", self.servers.len() - ROWS);
        }
        text + &self.summary() + "\n"
    }
}

impl Screen {
    pub(super) fn new(start: Instant) -> Self {
        let is_terminal = stdout().is_terminal();
        Self {
            start,
            is_terminal,
            lines: 0,
            shown: String::new(),
        }
    }

    /// Shows the picture if it differs from the one before.
    pub(super) fn show(&mut self, picture: &Picture) {
        let text = if self.is_terminal {
            picture.table()
        } else {
            picture.summary()
        };
        if text == self.shown {
            return;
        }
        if self.is_terminal {
            if self.lines > 0 {
                // Back to the first line of the table, which is cleared from there on.
                print!("\x1b[{}F\x1b[J", self.lines);
            }
            print!("{text}");
        } else {
            println!("{:8.3} s  {text}", self.start.elapsed().as_secs_f64());
        }
        let _ = stdout().flush();
        self.lines = text.lines().count();
        self.shown = text;
    }

    /// Shows the last picture, and what it all took.
    pub(super) fn close(&mut self, picture: &Picture) {
        self.show(picture);
        println!("{}", Cost::of(picture));
    }
}

/// What the ensemble took.
struct Cost {
    slowest: Option<Duration>,
    notifications: u64,
    memory: Option<u64>,
    descriptors: Option<usize>,
}

impl Cost {
    fn of(picture: &Picture) -> Self {
        let took = picture
            .servers
            .iter()
            .filter_map(|server| server.last_election);
        Self {
            slowest: took.max(),
            notifications: picture.notifications,
            memory: peak_memory(),
            descriptors: std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.slowest {
            Some(slowest) => write!(f, "the last to settle took {slowest:.1?}")?,
            None => f.write_str("nobody has settled")?,
        }
        write!(f, "; {} notifications arrived", self.notifications)?;
        if let Some(memory) = self.memory {
            write!(f, "; peak memory {} MB", memory / 1_000_000)?;
        }
        if let Some(descriptors) = self.descriptors {
            write!(f, "; {descriptors} file descriptors")?;
        }
        Ok(())
    }
}

/// The process's peak memory in bytes, where the system tells (`VmHWM`).
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Ids in ascending order, neighbours as ranges.
fn ranges(sids: &[Sid]) -> String {
    let runs = sids.chunk_by(|one, next| one.0 + 1 == next.0);
    let runs: Vec<String> = runs
        .map(|run| match run {
            [first, .., last] => format!("{first}–{last}"),
            run => run.iter().map(Sid::to_string).collect(),
        })
        .collect();
    if runs.is_empty() {
        "–".to_owned()
    } else {
        runs.join(" ")
    }
}
