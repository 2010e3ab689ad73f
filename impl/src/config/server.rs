//! One server of an ensemble, the value of a `server.N` line.
//!
//! Source: `QuorumPeer.QuorumServer`; the secure client address is the main branch's.

use super::host::{Host, java_split, split_host};
use super::problem::{Port, Problem};
use super::rules::Rules;
use crate::id::Sid;
use crate::learner_type::LearnerType;
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU16;

/// A server as its configuration describes it. Displays as ZooKeeper prints it, without the key:
/// `zoo1:2888:3888:participant;0.0.0.0:2181`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ServerSpec {
    sid: Sid,
    /// At least one, sorted by host.
    addresses: Vec<ServerAddress>,
    learner_type: LearnerType,
    client_address: Option<ClientAddress>,
    secure_client_address: Option<ClientAddress>,
}

/// One host of a server, with the ports on which other servers reach it there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServerAddress {
    /// The host.
    pub host: Host,
    /// Where followers connect once the server leads.
    pub quorum_port: NonZeroU16,
    /// Where servers exchange notifications. Never the quorum port.
    pub election_port: NonZeroU16,
}

/// Where clients connect.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClientAddress {
    /// The host, [`Host::is_wildcard`] for every address of the machine.
    pub host: Host,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl ServerSpec {
    /// The server's id.
    #[must_use]
    pub fn sid(&self) -> Sid {
        self.sid
    }

    /// The server's addresses: one, or several where the rules allow it, sorted by host.
    #[must_use]
    pub fn addresses(&self) -> &[ServerAddress] {
        &self.addresses
    }

    /// Whether the server votes.
    #[must_use]
    pub fn learner_type(&self) -> LearnerType {
        self.learner_type
    }

    /// Where its clients connect, if the configuration says so.
    #[must_use]
    pub fn client_address(&self) -> Option<&ClientAddress> {
        self.client_address.as_ref()
    }

    /// Where its clients connect over TLS, if the configuration says so.
    #[must_use]
    pub fn secure_client_address(&self) -> Option<&ClientAddress> {
        self.secure_client_address.as_ref()
    }

    /// Whether both describe the same server. Names are compared without case, literals by value;
    /// nothing is resolved.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let addresses = |spec: &Self| -> BTreeSet<_> {
            let addresses = spec.addresses.iter();
            addresses.map(ServerAddress::normalized).collect()
        };
        let client = |address: Option<&ClientAddress>| address.map(ClientAddress::normalized);
        self.sid == other.sid
            && self.learner_type == other.learner_type
            && addresses(self) == addresses(other)
            && client(self.client_address()) == client(other.client_address())
            && client(self.secure_client_address()) == client(other.secure_client_address())
    }

    /// Reads a server's value: its role, and all of it unless something is wrong. Every mistake
    /// goes to `problems`.
    pub(super) fn parse(
        sid: Sid,
        value: &str,
        rules: Rules,
        problems: &mut Vec<Problem>,
    ) -> (LearnerType, Option<Self>) {
        let mut parts = java_split(value, ';').into_iter();
        let servers = java_split(parts.next().unwrap_or_default(), '|');
        if servers.len() > 1 && !rules.multi_address {
            problems.push(Problem::SeveralAddresses(servers.len()));
        }
        let (addresses, learner_type) = parse_addresses(&servers, problems);
        let mut client = |port| {
            let text = parts.next().filter(|text| !text.is_empty())?;
            or_push(ClientAddress::parse(text, port), problems)
        };
        let spec = Self {
            sid,
            addresses,
            learner_type,
            client_address: client(Port::Client),
            secure_client_address: client(Port::SecureClient),
        };
        if parts.next().is_some() {
            problems.push(Problem::ServerForm(value.to_owned()));
        }
        (learner_type, problems.is_empty().then_some(spec))
    }

    /// Whether there is a third part in a server's value, or more.
    pub(super) fn has_second_semicolon(value: &str) -> bool {
        java_split(value, ';').len() > 2
    }
}

/// The addresses in the order of printing, and the role that some of them may carry.
fn parse_addresses(
    servers: &[&str],
    problems: &mut Vec<Problem>,
) -> (Vec<ServerAddress>, LearnerType) {
    let mut addresses = Vec::with_capacity(servers.len());
    let mut roles = Vec::new();
    for server in servers {
        let (address, role) = parse_address(server, problems);
        addresses.extend(address);
        roles.extend(role);
    }
    if roles.windows(2).any(|pair| pair[0] != pair[1]) {
        problems.push(Problem::MixedRoles);
    }
    addresses.sort_by_cached_key(|address| address.host.unbracketed());
    addresses.dedup();
    let role = roles.first().copied();
    (addresses, role.unwrap_or(LearnerType::Participant))
}

/// `host:quorumPort:electionPort[:role]`.
fn parse_address(
    text: &str,
    problems: &mut Vec<Problem>,
) -> (Option<ServerAddress>, Option<LearnerType>) {
    let Some((host, rest)) = or_push(split_host(text), problems) else {
        return (None, None);
    };
    let (quorum, election, role) = match *rest {
        [quorum, election] => (quorum, election, None),
        [quorum, election, role] => (quorum, election, Some(role)),
        _ => {
            problems.push(Problem::ServerForm(text.to_owned()));
            return (None, None);
        }
    };
    let host = or_push(Host::parse(host), problems);
    let quorum_port = or_push(parse_port(quorum, Port::Quorum), problems);
    let election_port = or_push(parse_port(election, Port::Election), problems);
    let role = role.and_then(|role| or_push(role.parse(), problems));
    if let Some(port) = quorum_port.filter(|_| quorum_port == election_port) {
        problems.push(Problem::SamePort(port));
    }
    let mut dialed = |number: Option<u16>, port| {
        let number = NonZeroU16::new(number?).ok_or(Problem::PortZero(port));
        or_push(number, problems)
    };
    let quorum_port = dialed(quorum_port, Port::Quorum);
    let election_port = dialed(election_port, Port::Election);
    let address = host.zip(quorum_port).zip(election_port);
    let address = address.map(|((host, quorum_port), election_port)| ServerAddress {
        host,
        quorum_port,
        election_port,
    });
    (address, role)
}

fn or_push<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// A port as `Integer.parseInt` reads it: a sign may stand before it.
pub(super) fn parse_port(text: &str, port: Port) -> Result<u16, Problem> {
    let number: Option<i32> = text.parse().ok();
    let bad = || Problem::BadPort {
        port,
        text: text.to_owned(),
    };
    number
        .and_then(|number| u16::try_from(number).ok())
        .ok_or_else(bad)
}

impl std::str::FromStr for LearnerType {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text.trim().to_lowercase().as_str() {
            "participant" => Ok(Self::Participant),
            "observer" => Ok(Self::Observer),
            _ => Err(Problem::BadRole(text.to_owned())),
        }
    }
}

impl ServerAddress {
    fn normalized(&self) -> Self {
        Self {
            host: self.host.normalized(),
            ..self.clone()
        }
    }
}

impl ClientAddress {
    /// `port` or `host:port`.
    fn parse(text: &str, port: Port) -> Result<Self, Problem> {
        let (host, rest) = split_host(text)?;
        match *rest {
            [] => Ok(Self {
                host: Host::ANY,
                port: parse_port(host, port)?,
            }),
            [number] => Ok(Self {
                host: Host::parse(host)?,
                port: parse_port(number, port)?,
            }),
            _ => Err(Problem::ClientForm(text.to_owned())),
        }
    }

    pub(super) fn normalized(&self) -> Self {
        Self {
            host: self.host.normalized(),
            port: self.port,
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}",
            self.host, self.quorum_port, self.election_port
        )
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for ServerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, address) in self.addresses.iter().enumerate() {
            let separator = if index == 0 { "" } else { "|" };
            write!(f, "{separator}{address}")?;
        }
        write!(f, ":{}", self.learner_type)?;
        if let Some(address) = &self.client_address {
            write!(f, ";{address}")?;
        }
        if let Some(address) = &self.secure_client_address {
            let no_client = if self.client_address.is_none() {
                ";"
            } else {
                ""
            };
            write!(f, "{no_client};{address}")?;
        }
        Ok(())
    }
}
