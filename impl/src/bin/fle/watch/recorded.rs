//! What real servers have answered: ZooKeeper 3.8.0 as Debian has it, in an ensemble of three and
//! alone, and `fle serve`.

use super::answer::{Answer, Commands, Nothing, Words};
use super::row::Row;
use serde_json::{Value, json};
use std::net::SocketAddr;

pub(super) const NOT_SERVING: &str = "This ZooKeeper instance is not currently serving requests\n";

/// The reply to `srvr`, with another mode and zxid.
pub(super) fn srvr(mode: &str, zxid: &str) -> String {
    format!(
        "Zookeeper version: 3.8.0-${{mvngit.commit.id}}, built on 2024-12-29 17:54 UTC\n\
         Latency min/avg/max: 0/0.0/0\nReceived: 1\nSent: 0\nConnections: 1\nOutstanding: 0\n\
         Zxid: {zxid}\nMode: {mode}\nNode count: 5\n"
    )
}

/// What a leader answers to `mntr`, without the lines that nobody reads here.
pub(super) fn mntr_of_leader(synced: u64) -> String {
    format!(
        "zk_version\t3.8.0-${{mvngit.commit.id}}, built on 2024-12-29 17:54 UTC\n\
         zk_server_state\tleader\nzk_peer_state\tleading - broadcast\nzk_ephemerals_count\t0\n\
         zk_num_alive_connections\t1\nzk_avg_latency\t0.0\nzk_min_proposal_size\t-1\n\
         zk_synced_followers\t{synced}\nzk_connection_drop_probability\t0.0\n\
         zk_synced_non_voting_followers\t0\nzk_synced_observers\t0\nzk_leader_uptime\t21213\n\
         zk_learners\t{synced}\nzk_quorum_size\t3\nzk_proposal_count\t0\n"
    )
}

pub(super) const MNTR_OF_FOLLOWER: &str = "zk_version\t3.8.0-${mvngit.commit.id}, built on \
    2024-12-29 17:54 UTC\nzk_server_state\tfollower\nzk_peer_state\tfollowing - broadcast\n\
    zk_ephemerals_count\t0\nzk_quorum_size\t3\n";

pub(super) const MEMBERS: &str = "server.1=127.0.77.1:2888:3888:participant\n\
    server.2=127.0.77.2:2888:3888:participant\nserver.3=127.0.77.3:2888:3888:participant\n\
    version=0";

/// The reply to `conf`.
pub(super) fn conf(sid: i64, members: &str) -> String {
    format!(
        "clientPort=2181\nsecureClientPort=-1\ndataDir=/var/lib/zookeeper/version-2\n\
         dataDirSize=594\ndataLogDir=/var/lib/zookeeper/version-2\ndataLogSize=594\n\
         tickTime=500\nmaxClientCnxns=60\nminSessionTimeout=1000\nmaxSessionTimeout=10000\n\
         clientPortListenBacklog=-1\nserverId={sid}\ninitLimit=20\nsyncLimit=10\nelectionAlg=3\n\
         electionPort=3888\nquorumPort=2888\npeerType=0\nmembership: \n{members}"
    )
}

pub(super) fn not_allowed(word: &str) -> String {
    format!("{word} is not executed because it is not in the whitelist.\n")
}

/// The AdminServer's replies, with another id, state and zxid.
pub(super) fn commands(sid: i64, state: &str, zxid: i64, leader: i64) -> Commands {
    let version = "3.8.0-${mvngit.commit.id}, built on 2024-12-29 17:54 UTC";
    let member = |sid: i64, client: &str| {
        json!({
            "server_addresses": [format!("127.0.77.{sid}:2888")],
            "election_addresses": [format!("127.0.77.{sid}:3888")],
            "client_address": client,
            "learner_type": "participant",
        })
    };
    let own = format!("127.0.77.{sid}:2181");
    let client = |other| if other == sid { own.as_str() } else { "" };
    let view: serde_json::Map<String, Value> = (1..=3)
        .map(|other| (other.to_string(), member(other, client(other))))
        .collect();
    let mut monitor = json!({
        "version": version, "server_state": state, "quorum_size": 3,
        "command": "monitor", "error": null,
    });
    if state == "leader" {
        monitor["synced_followers"] = 2.into();
        monitor["synced_non_voting_followers"] = 0.into();
    }
    Commands {
        server_stats: json!({
            "version": version, "read_only": false,
            "server_stats": {
                "packets_sent": 7, "server_state": state, "last_processed_zxid": zxid,
                "uptime": 24450,
            },
            "node_count": 5, "command": "server_stats", "error": null,
        }),
        monitor,
        configuration: json!({
            "client_port": 2181, "data_dir": "/var/lib/zookeeper/version-2", "tick_time": 500,
            "server_id": sid, "command": "configuration", "error": null,
        }),
        leader: json!({
            "is_leader": leader == sid, "leader_id": leader, "leader_ip": "127.0.77.3",
            "command": "leader", "error": null,
        }),
        voting_view: json!({"current_config": view, "command": "voting_view", "error": null}),
    }
}

/// The same of a standalone server, which has neither a leader nor voters.
pub(super) fn commands_of_standalone() -> Commands {
    let mut commands = commands(0, "standalone", 0, 0);
    commands.leader = json!({"error": "server is not initialized", "command": "leader"});
    commands.voting_view["current_config"] = json!({});
    commands.monitor = json!({"server_state": "standalone", "command": "monitor", "error": null});
    commands
}

/// What `fle serve` answers to `GET /status`: server 2, which follows 3.
pub(super) fn report() -> Value {
    json!({
        "version": "0.1.0", "sid": 2, "state": "following", "standing": "following",
        "established": true, "lease_ms": null, "notes": [], "leader": 3, "round": 2, "epoch": 1,
        "established_epoch": 1, "proposal": {"leader": 3, "zxid": "0x0", "epoch": 1},
        "peers": {"1": {"link": "up"}, "3": {"link": "up"}}, "last_election_ms": 283.329577,
        "notifications": 9, "config_version": "0", "ensemble": MEMBERS,
    })
}

/// The row at server `host`'s client port.
pub(super) fn row(host: u8, answer: &Answer) -> Row {
    row_at(host, 2181, answer)
}

pub(super) fn row_at(host: u8, port: u16, answer: &Answer) -> Row {
    let socket: SocketAddr = ([127, 0, 77, host], port).into();
    let is_there = !matches!(answer, Answer::Nothing(_));
    let address = socket.to_string().parse().unwrap();
    Row::of(address, is_there.then_some(socket), answer)
}

pub(super) fn words(srvr: String, mntr: String, conf: String) -> Answer {
    Answer::Words(Words { srvr, mntr, conf })
}

/// Server `sid`, which follows; its last transaction.
pub(super) fn follower(sid: u8, zxid: &str) -> Row {
    let conf = conf(sid.into(), MEMBERS);
    row(
        sid,
        &words(srvr("follower", zxid), MNTR_OF_FOLLOWER.to_owned(), conf),
    )
}

/// Server `sid`, which leads; its last transaction, and how many follow it.
pub(super) fn leader(sid: u8, zxid: &str, synced: u64) -> Row {
    let conf = conf(sid.into(), MEMBERS);
    row(
        sid,
        &words(srvr("leader", zxid), mntr_of_leader(synced), conf),
    )
}

/// A server that allows `srvr` alone, as all do by default.
pub(super) fn reserved(sid: u8, mode: &str, zxid: &str) -> Row {
    row(
        sid,
        &words(srvr(mode, zxid), not_allowed("mntr"), not_allowed("conf")),
    )
}

pub(super) fn not_serving(sid: u8) -> Row {
    let reply = || NOT_SERVING.to_owned();
    row(sid, &words(reply(), reply(), reply()))
}

pub(super) fn silent(sid: u8, why: Nothing) -> Row {
    row(sid, &Answer::Nothing(why))
}

/// fle's server `sid`, with other things to say.
pub(super) fn fle(sid: u8, changes: &Value) -> Row {
    let mut report = report();
    report["sid"] = sid.into();
    for (key, value) in changes.as_object().unwrap() {
        report[key] = value.clone();
    }
    let report = serde_json::from_value(report).unwrap();
    row(sid, &Answer::Fle(Box::new(report)))
}
