//! Connecting to a server at whichever of its addresses answers first.
//!
//! Source: RFC 8305, Happy Eyeballs. All names are looked up at once; the addresses of all of them
//! are tried one after the other, IPv6 and IPv4 by turns, each [`STAGGER`] after the one before or
//! as soon as that fails. So an address that is dead costs a quarter of a second, not a time-out.
//!
//! # Invariants
//! - A dial tries [`MOST_ADDRESSES`] at most, and ends with it all that it has begun.
//! - What a configuration says of a server comes before what somebody says under the server's id:
//!   nobody draws a connection to himself while the server can be reached where it should be.

use super::network::Network;
use crate::codec::initial::ElectionAddress;
use crate::config::Host;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// How often is said that a server cannot be reached for another reason than before.
pub(super) const TROUBLE_TOLD_EVERY: Duration = Duration::from_secs(10);
/// The wait between attempts (RFC 8305's Connection Attempt Delay).
const STAGGER: Duration = Duration::from_millis(250);
/// The wait before an address is tried that no configuration names, unless all others have failed.
const HEARSAY_AFTER: Duration = Duration::from_secs(1);
/// How many addresses of one server are tried.
const MOST_ADDRESSES: usize = 16;
/// How many causes of failure are told.
const MOST_CAUSES: usize = 6;

/// Where a server may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    /// By the configurations.
    pub(super) configured: Vec<ElectionAddress>,
    /// By what was said under its id, and by no configuration.
    pub(super) hearsay: Vec<ElectionAddress>,
}

/// Looks names up and connects, for one port of this server.
#[derive(Clone)]
pub(super) struct Dialler<N> {
    network: N,
    /// How long looking up one name, and connecting to one address, may take.
    wait: Duration,
    /// Names that no configuration knows are looked up by two at once: a name server that is silent
    /// about them holds up no other.
    hearsay: Arc<Semaphore>,
}

/// What a dial has begun ends.
enum Step<S> {
    LookedUp(Rank, ElectionAddress, io::Result<Vec<SocketAddr>>),
    Tried(String, SocketAddr, io::Result<S>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Configured,
    Hearsay,
}

impl<N: Network> Dialler<N> {
    pub(super) fn new(network: N, wait: Duration) -> Self {
        Self {
            network,
            wait,
            hearsay: Arc::new(Semaphore::new(2)),
        }
    }

    /// Connects to the first address that answers, and says which that was.
    ///
    /// # Errors
    /// When none answers: every address with its cause, in an order that does not change.
    pub(super) async fn connect(&self, targets: Targets) -> io::Result<(N::Stream, SocketAddr)> {
        Dial::begin(self.clone(), targets).run().await
    }

    /// The hosts that these addresses stand for now, as far as that is known in good time.
    pub(super) async fn hosts(self, addresses: Vec<ElectionAddress>) -> BTreeSet<IpAddr> {
        let mut look_ups = JoinSet::new();
        for address in addresses {
            let this = self.clone();
            look_ups.spawn(async move { resolve(&this.network, &address, this.wait).await });
        }
        let mut hosts = BTreeSet::new();
        while let Some(found) = look_ups.join_next().await {
            let found = found.into_iter().flatten().flatten();
            hosts.extend(found.map(|address| address.ip().to_canonical()));
        }
        hosts
    }

    async fn look_up(&self, rank: Rank, address: &ElectionAddress) -> io::Result<Vec<SocketAddr>> {
        if rank == Rank::Configured || matches!(address.host, Host::Ip(_)) {
            return resolve(&self.network, address, self.wait).await;
        }
        let permit = Arc::clone(&self.hearsay).try_acquire_owned();
        let permit = permit.map_err(|_| io::Error::other("too many names to look up"))?;
        let (network, address, wait) = (self.network.clone(), address.clone(), self.wait);
        // Goes on when the dial is given up, since the look-up does, too.
        let looked_up = tokio::spawn(async move {
            let found = resolve_patiently(&network, &address).await;
            drop(permit);
            found
        });
        let found = timeout(wait, looked_up).await;
        found
            .map_err(|_| no_answer(wait))?
            .map_err(io::Error::other)?
    }
}

/// The socket addresses that an address stands for now.
pub(super) async fn resolve<N: Network>(
    network: &N,
    address: &ElectionAddress,
    wait: Duration,
) -> io::Result<Vec<SocketAddr>> {
    let found = timeout(wait, resolve_patiently(network, address)).await;
    found.unwrap_or_else(|_| Err(no_answer(wait)))
}

async fn resolve_patiently<N: Network>(
    network: &N,
    address: &ElectionAddress,
) -> io::Result<Vec<SocketAddr>> {
    let found = match &address.host {
        Host::Ip(ip) => vec![SocketAddr::new(*ip, address.port)],
        Host::Name(name) => network.resolve(name, address.port).await?,
    };
    if found.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the name has no address",
        ));
    }
    Ok(found)
}

fn no_answer(wait: Duration) -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("no answer within {wait:?}"),
    )
}

/// One dial.
struct Dial<N: Network> {
    dialler: Dialler<N>,
    tasks: JoinSet<Step<N::Stream>>,
    configured: Candidates,
    hearsay: Candidates,
    /// How many look-ups of configured addresses, and how many attempts at any, are under way.
    looking_up: usize,
    trying: usize,
    tried: BTreeSet<SocketAddr>,
    next_at: Instant,
    hearsay_at: Instant,
    causes: BTreeSet<String>,
}

/// Addresses that have not been tried, IPv6 and IPv4 by turns, each family in the order in which
/// the resolver prefers them.
#[derive(Default)]
struct Candidates {
    families: [VecDeque<(String, SocketAddr)>; 2],
    /// The family whose turn it is.
    turn: Option<usize>,
}

impl Candidates {
    fn add(&mut self, name: &str, address: SocketAddr) {
        let family = usize::from(address.is_ipv4());
        self.turn.get_or_insert(family);
        self.families[family].push_back((name.to_owned(), address));
    }

    fn is_empty(&self) -> bool {
        self.families.iter().all(VecDeque::is_empty)
    }

    fn next(&mut self) -> Option<(String, SocketAddr)> {
        let turn = self.turn?;
        let family = [turn, 1 - turn]
            .into_iter()
            .find(|family| !self.families[*family].is_empty())?;
        self.turn = Some(1 - family);
        self.families[family].pop_front()
    }
}

impl<N: Network> Dial<N> {
    fn begin(dialler: Dialler<N>, targets: Targets) -> Self {
        let now = Instant::now();
        let looking_up = targets.configured.len();
        let mut this = Self {
            dialler,
            tasks: JoinSet::new(),
            configured: Candidates::default(),
            hearsay: Candidates::default(),
            looking_up,
            trying: 0,
            tried: BTreeSet::new(),
            next_at: now,
            hearsay_at: now + HEARSAY_AFTER,
            causes: BTreeSet::new(),
        };
        for address in targets.configured {
            this.look_up(Rank::Configured, address);
        }
        for address in targets.hearsay {
            this.look_up(Rank::Hearsay, address);
        }
        this
    }

    async fn run(mut self) -> io::Result<(N::Stream, SocketAddr)> {
        loop {
            let at = self.due();
            if at.is_some_and(|at| at <= Instant::now()) {
                self.try_next();
                continue;
            }
            let waits = at.is_some();
            let at = at.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                Some(step) = self.tasks.join_next() => match step {
                    Ok(Step::Tried(_, address, Ok(stream))) => return Ok((stream, address)),
                    Ok(step) => self.note(step),
                    Err(error) => return Err(io::Error::other(error)),
                },
                () = sleep_until(at), if waits => self.try_next(),
                else => return Err(self.failure()),
            }
        }
    }

    /// When the next address is to be tried, if there is one.
    fn due(&self) -> Option<Instant> {
        if !self.configured.is_empty() {
            return Some(self.next_at);
        }
        let all_failed = self.looking_up == 0 && self.trying == 0;
        let wait = if all_failed {
            self.next_at
        } else {
            self.hearsay_at.max(self.next_at)
        };
        (!self.hearsay.is_empty()).then_some(wait)
    }

    fn look_up(&mut self, rank: Rank, address: ElectionAddress) {
        let dialler = self.dialler.clone();
        self.tasks.spawn(async move {
            let found = dialler.look_up(rank, &address).await;
            Step::LookedUp(rank, address, found)
        });
    }

    fn try_next(&mut self) {
        let next = self.configured.next().or_else(|| self.hearsay.next());
        let Some((name, address)) = next else {
            return;
        };
        if self.tried.len() == MOST_ADDRESSES || !self.tried.insert(address) {
            return;
        }
        self.next_at = Instant::now() + STAGGER;
        self.trying += 1;
        let (network, wait) = (self.dialler.network.clone(), self.dialler.wait);
        self.tasks.spawn(async move {
            let connected = timeout(wait, network.connect(address)).await;
            let connected = connected.unwrap_or_else(|_| Err(no_answer(wait)));
            Step::Tried(name, address, connected)
        });
    }

    fn note(&mut self, step: Step<N::Stream>) {
        match step {
            Step::LookedUp(rank, name, found) => {
                let candidates = match rank {
                    Rank::Configured => {
                        self.looking_up -= 1;
                        &mut self.configured
                    }
                    Rank::Hearsay => &mut self.hearsay,
                };
                let name = name.to_string();
                match found {
                    Ok(found) => {
                        for address in found.into_iter().take(MOST_ADDRESSES) {
                            candidates.add(&name, address);
                        }
                    }
                    Err(error) => drop(self.causes.insert(format!("{name}: {error}"))),
                }
            }
            Step::Tried(name, address, result) => {
                self.trying -= 1;
                self.next_at = Instant::now();
                if let Err(error) = result {
                    self.causes.insert(cause(&name, address, &error));
                }
            }
        }
    }

    fn failure(&self) -> io::Error {
        if self.causes.is_empty() {
            return io::Error::other("no configuration says where it is");
        }
        let told: Vec<&str> = self.causes.iter().map(String::as_str).collect();
        let (told, rest) = told.split_at(told.len().min(MOST_CAUSES));
        let more = match rest.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        io::Error::other(told.join("; ") + &more)
    }
}

fn cause(name: &str, address: SocketAddr, error: &io::Error) -> String {
    let address = address.to_string();
    if name == address {
        format!("{address}: {error}")
    } else {
        format!("{name} at {address}: {error}")
    }
}

#[cfg(test)]
mod tests;
