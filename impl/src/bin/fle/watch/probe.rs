//! Asks one address what it is and how it is.
//!
//! # Invariants
//! - A probe ends within [`PATIENCE`], whatever its peer does, and reads
//!   [`LONGEST`](exchange::LONGEST) bytes of each reply at most.
//! - One look-up of a name runs at a time: the system's cannot be given up, and the next probe
//!   waits for that of the one before.
//!
//! What answers is found out by asking: first a four-letter word, a moment later over HTTP, then
//! with the first message of TLS. Whatever is understood first counts, and is asked alone from then
//! on, until it does not answer.

mod exchange;
mod tls;
mod web;
mod words;

use super::address::Address;
use super::answer::{Answer, Nothing};
use exchange::Miss;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout_at};

/// How long a probe may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a server has for itself to be understood before it is asked in the next way.
const STAGGER: Duration = Duration::from_millis(300);

/// How many addresses of a name are tried.
const ADDRESSES: usize = 4;

/// An address, and what is known of how to ask there.
pub(super) struct Prober {
    address: Address,
    way: Option<Way>,
    look_up: Option<JoinHandle<io::Result<Vec<SocketAddr>>>>,
}

/// How a server was understood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Words,
    Admin,
    Fle,
}

impl Prober {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            way: None,
            look_up: None,
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// What the address answers now, and where that is.
    pub(super) async fn probe(&mut self) -> (Answer, Option<SocketAddr>) {
        let deadline = Instant::now() + PATIENCE;
        let (answer, socket) = match self.connect(deadline).await {
            Ok((stream, socket)) => (self.ask(stream, socket, deadline).await, Some(socket)),
            Err(nothing) => (Answer::Nothing(nothing), None),
        };
        self.way = match &answer {
            Answer::Words(_) => Some(Way::Words),
            Answer::Admin(_) => Some(Way::Admin),
            Answer::Fle(_) | Answer::Starting => Some(Way::Fle),
            Answer::Tls | Answer::Stranger(_) | Answer::Nothing(_) => None,
        };
        (answer, socket)
    }

    async fn connect(&mut self, deadline: Instant) -> Result<(TcpStream, SocketAddr), Nothing> {
        let slow = || Nothing::Unresolved("the look-up takes too long".to_owned());
        let found = timeout_at(deadline, self.resolve()).await;
        let found = found.map_err(|_| slow())?;
        let mut sockets = found.map_err(|error| Nothing::Unresolved(error.to_string()))?;
        sockets.truncate(ADDRESSES);
        let mut why = Nothing::Unresolved("it has no address".to_owned());
        for (tried, socket) in (0..).zip(&sockets) {
            let left = u32::try_from(sockets.len()).unwrap_or(1) - tried;
            let share = deadline.saturating_duration_since(Instant::now()) / left;
            let connected = timeout_at(Instant::now() + share, TcpStream::connect(socket)).await;
            let connected = connected.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
            match connected.map_err(Miss::from) {
                Ok(stream) => return Ok((stream, *socket)),
                Err(Miss::Nothing(nothing)) => why = nothing,
                Err(Miss::Said(_)) => {}
            }
        }
        Err(why)
    }

    async fn resolve(&mut self) -> io::Result<Vec<SocketAddr>> {
        let Address { host, port } = self.address.clone();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![(address, port).into()]);
        }
        let look_up = move || Ok((host.as_str(), port).to_socket_addrs()?.collect());
        let under_way = self.look_up.get_or_insert_with(|| spawn_blocking(look_up));
        let found = under_way.await;
        self.look_up = None;
        found?
    }

    async fn ask(&self, stream: TcpStream, socket: SocketAddr, deadline: Instant) -> Answer {
        let understood = match self.way {
            Some(Way::Words) => words::ask(stream, socket, deadline).await,
            Some(Way::Admin) => web::admin(socket, deadline).await,
            Some(Way::Fle) => web::fle(socket, deadline).await,
            None => identify(stream, socket, deadline).await,
        };
        understood.unwrap_or_else(|miss| match miss {
            Miss::Said(text) => Answer::Stranger(text),
            Miss::Nothing(nothing) => Answer::Nothing(nothing),
        })
    }
}

/// Asks in every way, and takes the first answer that is understood.
async fn identify(
    stream: TcpStream,
    socket: SocketAddr,
    deadline: Instant,
) -> Result<Answer, Miss> {
    let mut ways = JoinSet::new();
    ways.spawn(words::ask(stream, socket, deadline));
    ways.spawn(async move {
        sleep(STAGGER).await;
        match web::admin(socket, deadline).await {
            Err(Miss::Said(_)) => web::fle(socket, deadline).await,
            other => other,
        }
    });
    ways.spawn(async move {
        sleep(2 * STAGGER).await;
        tls::ask(socket, deadline).await
    });
    let mut why = None;
    while let Some(ended) = ways.join_next().await {
        match ended {
            Ok(Ok(answer)) => return Ok(answer),
            // What somebody says tells more than that he closes another connection.
            Ok(Err(said @ Miss::Said(_))) => why = Some(said),
            Ok(Err(nothing)) => why = why.or(Some(nothing)),
            Err(_) => {}
        }
    }
    Err(why.unwrap_or(Miss::Nothing(Nothing::Silent)))
}
