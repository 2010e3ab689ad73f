//! What is allowed in an ensemble and is probably not meant.
//!
//! Source: the warnings of `QuorumPeerConfig.parseDynamicConfig` and
//! `QuorumServer.checkAddressDuplicate`, and the mistakes that operators report.

use super::dynamic::DynamicConfig;
use super::error::Report;
use super::host::Host;
use super::lines::EnsembleLines;
use super::problem::Problem;
use super::server::ServerSpec;
use crate::id::Sid;
use std::collections::BTreeMap;

/// Warns about the ensemble that these lines made. The server itself may have a wildcard for an
/// address, which is how a container listens; the others dial what their own files say.
pub(super) fn lint(
    config: &DynamicConfig,
    lines: &EnsembleLines,
    own: Option<Sid>,
    report: &mut Report,
) {
    let voters = match config.verifier().voters().len() {
        1 => Some(Problem::OneVoter),
        2 => Some(Problem::TwoVoters),
        even if even % 2 == 0 => Some(Problem::EvenVoters(even)),
        _ => None,
    };
    if let Some(problem) = voters {
        report.add(None, None, problem);
    }
    let is_local = |server: &ServerSpec| server.addresses().iter().any(|a| a.host.is_loopback());
    let all_local = config.servers().all(is_local);
    let mut used = BTreeMap::new();
    // By line, so that the second of two servers with one address is the later one.
    let mut servers: Vec<&ServerSpec> = config.servers().collect();
    servers.sort_by_key(|server| lines.line_of(server.sid()));
    for server in servers {
        let key = format!("server.{}", server.sid());
        let mut add = |problem| report.add(lines.line_of(server.sid()), Some(&key), problem);
        if server.addresses().len() > 1 {
            add(Problem::AddressesByProperty(server.addresses().len()));
        }
        for address in server.addresses() {
            if address.host.is_wildcard() {
                if own != Some(server.sid()) {
                    add(Problem::Wildcard(address.host.to_string()));
                }
            } else if address.host.is_loopback() && !all_local {
                add(Problem::LoopbackAmongOthers(address.host.to_string()));
            }
        }
        for (host, port) in sockets(server) {
            let address = format!("{host}:{port}");
            if let Some(other) = used.insert((host.normalized(), port), server.sid()) {
                add(Problem::SharedAddress { address, other });
            }
        }
    }
}

/// Everything that the server listens on, but what it listens on at every address.
fn sockets(server: &ServerSpec) -> Vec<(&Host, u16)> {
    let servers = server.addresses().iter().flat_map(|address| {
        let ports = [address.quorum_port, address.election_port];
        ports.map(|port| (&address.host, port.get()))
    });
    let clients = [server.client_address(), server.secure_client_address()];
    let clients = clients.into_iter().flatten();
    servers
        .chain(clients.map(|client| (&client.host, client.port)))
        .filter(|(host, _)| !host.is_wildcard())
        .collect()
}

/// Why an oracle will not be asked in this ensemble.
pub(super) fn lint_oracle(config: &DynamicConfig) -> Option<Problem> {
    let voters = config.verifier().voters().len();
    if config.is_hierarchical() {
        Some(Problem::OracleWithGroups)
    } else {
        (voters != 2).then_some(Problem::OracleVoters(voters))
    }
}

/// Warns about the id of the server itself.
pub(super) fn lint_sid(sid: Sid) -> Option<Problem> {
    (!(1..=255).contains(&sid.0)).then_some(Problem::UnusualSid(sid))
}
