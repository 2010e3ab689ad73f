//! What an ensemble looks like from outside: a table on a terminal, a line elsewhere.

use fle::member::Standing;
use fle::node::Status;
use fle::transport::LinkState;
use fle::{PeerEpoch, Sid};
use std::fmt::{self, Write};
use std::time::Duration;
use tokio::sync::watch;

/// How many servers have a row of their own on a terminal.
const ROWS: usize = 20;

/// The servers at one moment.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Picture {
    servers: Vec<Server>,
}

/// A server at one moment.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Server {
    sid: Sid,
    /// `None` while it is down.
    up: Option<Up>,
}

#[derive(Clone, PartialEq, Eq)]
struct Up {
    standing: Standing,
    status: Status,
}

impl Server {
    pub(super) fn of(
        sid: Sid,
        up: Option<(watch::Receiver<Status>, watch::Receiver<Standing>)>,
    ) -> Self {
        let up = up.map(|(status, standing)| Up {
            standing: standing.borrow().clone(),
            status: status.borrow().clone(),
        });
        Self { sid, up }
    }

    fn state(&self) -> &'static str {
        match self.up.as_ref().map(|up| &up.standing) {
            None => "down",
            Some(Standing::Looking) => "looking",
            Some(Standing::Following { .. } | Standing::Observing { .. }) => "following",
            Some(Standing::Leading { .. }) => "leading",
        }
    }

    fn epoch(&self) -> Option<PeerEpoch> {
        self.up.as_ref()?.standing.epoch()
    }

    fn row(&self) -> String {
        let (sid, state) = (self.sid.0, self.state());
        let Some(Up { status, .. }) = &self.up else {
            return format!("{sid:<8}{state}");
        };
        let epoch = self
            .epoch()
            .map_or(String::new(), |epoch| epoch.to_string());
        let connected = status.links.values().filter(|link| **link == LinkState::Up);
        let took = status.last_election;
        let took = took.map_or(String::new(), |took| format!("{took:.1?}"));
        format!(
            "{sid:<8}{state:<11}{:<6}{:<7}{epoch:<7}{:<11}{took}",
            status.announcement.proposal.leader.0,
            status.announcement.election_epoch.0,
            connected.count(),
        )
    }
}

impl Picture {
    pub(super) fn new(servers: Vec<Server>) -> Self {
        Self { servers }
    }

    /// All of it on a terminal, what is worth a line elsewhere.
    pub(super) fn text(&self, is_terminal: bool) -> String {
        if is_terminal {
            self.table()
        } else {
            self.summary()
        }
    }

    /// What it all took.
    pub(super) fn cost(&self) -> impl fmt::Display {
        Cost::of(self)
    }

    fn up(&self) -> impl Iterator<Item = &Up> {
        self.servers.iter().filter_map(|server| server.up.as_ref())
    }

    /// Who looks, follows and leads, in one line.
    fn summary(&self) -> String {
        let of = |state| {
            let servers = self.servers.iter().filter(|server| server.state() == state);
            ranges(&servers.map(|server| server.sid).collect::<Vec<_>>())
        };
        let leads = |server: &&Server| server.state() == "leading";
        let epochs = self.servers.iter().filter(leads).filter_map(Server::epoch);
        let epoch = epochs
            .max()
            .map_or(String::new(), |epoch| format!(" in epoch {epoch}"));
        let down = match self.servers.iter().any(|server| server.up.is_none()) {
            true => format!("; down: {}", of("down")),
            false => String::new(),
        };
        format!(
            "looking: {}; following: {}; leading: {}{epoch}{down}",
            of("looking"),
            of("following"),
            of("leading")
        )
    }

    fn table(&self) -> String {
        let mut text =
            "server  state      vote  round  epoch  connected  last election\n".to_owned();
        for server in self.servers.iter().take(ROWS) {
            text += &server.row();
            text.push('\n');
        }
        if self.servers.len() > ROWS {
            let _ = writeln!(text, "… and {} more", self.servers.len() - ROWS);
        }
        text + &self.summary() + "\n"
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
        Self {
            slowest: picture.up().filter_map(|up| up.status.last_election).max(),
            notifications: picture.up().map(|up| up.status.notifications).sum(),
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
