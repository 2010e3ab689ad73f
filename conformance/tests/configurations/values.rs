//! Files that are sound but for one value.

use std::path::Path;

/// What each key is given.
const VALUES: [&str; 18] = [
    "",
    "\\ ",
    "0",
    "-1",
    "1",
    "00",
    "+5",
    "0x10",
    "65536",
    "107374183",
    "2147483647",
    "2147483648",
    "9223372036854775808",
    "abc",
    "1.5",
    "true",
    "YES",
    "5 # five",
];

/// What is read while the file is read, and what this crate reads of what ZooKeeper hands on.
const KEYS: [&str; 62] = [
    "dataDir",
    "dataLogDir",
    "tickTime",
    "initLimit",
    "syncLimit",
    "connectToLearnerMasterLimit",
    "electionAlg",
    "peerType",
    "clientPort",
    "clientPortAddress",
    "secureClientPort",
    "secureClientPortAddress",
    "quorumListenOnAllIPs",
    "reconfigEnabled",
    "standaloneEnabled",
    "dynamicConfigFile",
    "oraclePath",
    "multiAddress.enabled",
    "multiAddress.reachabilityCheckEnabled",
    "multiAddress.reachabilityCheckTimeoutMs",
    "fastleader.minNotificationInterval",
    "fastleader.maxNotificationInterval",
    "finalize",
    "promiseEndsWithConnection",
    "cnxTimeout",
    "quorumCnxnTimeoutMs",
    "quorum.cnxn.threads.size",
    "electionPortBindRetry",
    "tcpKeepAlive",
    "observer.election.DelayMs",
    "observer.reconnectDelayMs",
    "leader.maxTimeToWaitForEpoch",
    "leaderConnectDelayDuringRetryMs",
    "sslQuorum",
    "portUnification",
    "sslQuorumReloadCertFiles",
    "fips-mode",
    "quorum.auth.enableSasl",
    "quorum.auth.learnerRequireSasl",
    "quorum.auth.serverRequireSasl",
    "quorum.auth.learner.saslLoginContext",
    "quorum.auth.server.saslLoginContext",
    "quorum.auth.kerberos.servicePrincipal",
    "kerberos.canonicalizeHostNames",
    "maxClientCnxns",
    "clientPortListenBacklog",
    "observerMasterPort",
    "autopurge.snapRetainCount",
    "autopurge.purgeInterval",
    "minSessionTimeout",
    "maxSessionTimeout",
    "localSessionsEnabled",
    "localSessionsUpgradingEnabled",
    "syncEnabled",
    "jvm.pause.monitor",
    "jvm.pause.info-threshold.ms",
    "jvm.pause.warn-threshold.ms",
    "jvm.pause.sleep.time.ms",
    "metricsProvider.className",
    "ssl.authProvider",
    "version",
    "nonsense",
];

/// What has no part in an election; `*` stands for any end.
const FOREIGN: &str = include_str!("../../../impl/src/config/foreign_keys.txt");

/// Of server 1.
const SERVERS: [&str; 36] = [
    "127.0.0.1:2888:3888;2181",
    "127.0.0.1:2888:3888;2182",
    "127.0.0.1:2888:3888;0",
    "127.0.0.1:2888:3888;-1",
    "127.0.0.1:2888:3888;65536",
    "127.0.0.1:2888:3888;x",
    "127.0.0.1:2888:3888;",
    "127.0.0.1:2888:3888;;;",
    "127.0.0.1:2888:3888;2181;2182",
    "127.0.0.1:2888:3888;;2182",
    "127.0.0.1:2888:3888;2181;2182;x",
    "127.0.0.1:2888:3888;2181;x",
    "127.0.0.1:2888:3888;127.0.0.1:2181",
    "127.0.0.1:2888:3888;[::1]:2181",
    "127.0.0.1:2888:3888;[::1]",
    "127.0.0.1:2888:3888;a b:2181",
    "127.0.0.1:2888:3888;a:b:c",
    "127.0.0.1:0:3888",
    "127.0.0.1:2888:0",
    "127.0.0.1:0:0",
    "127.0.0.1:-1:3888",
    "127.0.0.1:2888:65536",
    "127.0.0.1:2888:3888:",
    "127.0.0.1:2888:3888: observer",
    "127.0.0.1:2888:3888:PARTICIPANT",
    "127.0.0.1:2888:3888:participant:x",
    "127.0.0.1:2888:3888:leader",
    "127.0.0.1::3888",
    ":2888:3888",
    "127.0.0.1:2888",
    "127.0.0.1:+2888:3888",
    "127.0.0.1:2888:3888|127.0.0.1:2889:3889",
    "a b:2888:3888",
    "[::1]:2888:3888",
    "::1:2888:3888",
    "127.0.0.1:0:3888:observer",
];

/// Beside the three servers; some are one after the other.
const MORE: [&str; 43] = [
    "multiAddress.enabled=true\nserver.1=127.0.0.1:2888:3888|127.0.0.1:2889:3889",
    "zookeeper.multiAddress.enabled=true\nserver.1=127.0.0.1:2888:3888|127.0.0.1:2889:3889",
    "multiAddress.enabled=true\nserver.1=127.0.0.1:2888:3888:observer|127.0.0.1:2889:3889",
    "group.1=1:2:3",
    "group.1=1:2:3\nweight.1=-1",
    "group.1=1:2:3\nweight.9=-1",
    "group.1=1:2\ngroup.2=3\nweight.3=-5",
    "weight.1=-1",
    "weight.1=1",
    "group.1=1:2:3\nweight.1=9223372036854775807",
    "group.1=1:2:3\nweight.1=9223372036854775808",
    "group.1=1:2:3\nweight.1=+1",
    "group.1=1:2:3\nweight.1=1\\ ",
    "group.1=",
    "group.1=1:2:3:",
    "group.1=1:2:3:9",
    "group.1=1:1:2:3",
    "group.1=:1:2:3",
    "group.x=1:2:3",
    "group=1",
    "groups.1=1:2\nserver.1=127.0.0.1:1:2\nserver.2=127.0.0.1:3:4\nserver.3=127.0.0.1:5:6:observer",
    "groupX=1:2:3",
    "weight=1",
    "weightX.y=1",
    "server.x=127.0.0.1:1:2",
    "server=127.0.0.1:1:2",
    "server.-5=127.0.0.1:1:2",
    "server.+5=127.0.0.1:1:2",
    "server.5.6=127.0.0.1:1:2",
    "server.5=unknown.invalid:1:2",
    "oraclePath=/nowhere",
    "tickTime=-1\nmaxSessionTimeout=5",
    "tickTime=-1\nminSessionTimeout=-5",
    "tickTime=2147483647\nminSessionTimeout=5\nmaxSessionTimeout=10",
    "tickTime=0\nminSessionTimeout=5\nmaxSessionTimeout=10",
    "clientPort=0\nclientPortAddress=127.0.0.1",
    "secureClientPort=0\nsecureClientPortAddress=",
    "secureClientPort=2281\nsecureClientPortAddress=",
    "secureClientPort=2281\nssl.authProvider=x509",
    "secureClientPort=2281\nssl.authProvider=own",
    "secureClientPort=2281\nssl.authProvider=own\nauthProvider.own=",
    "dataLogDir=./",
    "fastleader.minNotificationInterval=500\nfastleader.maxNotificationInterval=400",
];

/// Everything that is wrong with one of these files is in the lines that are different in it.
pub(crate) fn files(data: &Path) -> impl Iterator<Item = String> {
    let foreign = FOREIGN.lines().map(|it| it.replace('*', "x"));
    let keys: Vec<String> = KEYS.map(str::to_owned).into_iter().chain(foreign).collect();
    let values = keys.into_iter().flat_map(|key| {
        let line = move |value: &&str| format!("{key}={value}");
        VALUES.iter().map(line).collect::<Vec<_>>()
    });
    let servers = SERVERS.map(|server| format!("server.1={server}"));
    let more = MORE.map(str::to_owned);
    let data = data.display().to_string();
    let changes = values.chain(servers).chain(more);
    changes.flat_map(move |change| [file(&data, &change, 3), file(&data, &change, 0)])
}

/// Of two lines with one key the last counts.
fn file(data: &str, change: &str, servers: u16) -> String {
    let mut text = format!("dataDir={data}\nclientPort=2181\ninitLimit=10\nsyncLimit=5\n");
    for sid in 1..=servers {
        text += &format!("server.{sid}=127.0.0.1:{}:{}\n", 2887 + sid, 3887 + sid);
    }
    text + change + "\n"
}
