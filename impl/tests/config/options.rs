//! The rules of a static file, scenario by scenario, as ZooKeeper's own tests state them (named in
//! the comments), and the mistakes that operators make in it.

use crate::lines;
use fle::config::{BindRetries, ClientAddress, Diagnostic, EnsembleSource, Rules, ZooConfig};
use std::num::NonZeroU32;
use std::time::Duration;

/// What a static file's text is answered with, warnings or mistakes.
fn remarks(text: &str) -> Vec<String> {
    match ZooConfig::parse(text) {
        Ok(parsed) => parsed.warnings.iter().map(Diagnostic::to_string).collect(),
        Err(errors) => lines(&errors),
    }
}

/// A static file that nothing is wrong with, plus these lines, of which the first is line 7.
fn zoo_cfg(more: &str) -> String {
    format!(
        "dataDir=/data\ninitLimit=10\nsyncLimit=5\n\
         server.1=zoo1:2888:3888\nserver.2=zoo2:2888:3888\nserver.3=zoo3:2888:3888\n{more}"
    )
}

#[test]
fn options_have_zookeepers_defaults() {
    let config = ZooConfig::parse(&zoo_cfg("")).unwrap();
    assert_eq!(config.warnings, []);
    let options = config.value.options;
    assert_eq!(options.data_log_dir.to_str(), Some("/data"));
    assert_eq!(options.tick_time, Duration::from_millis(3000));
    assert_eq!(options.connect_to_learner_master_limit, 10);
    assert_eq!(
        options.min_notification_interval,
        Duration::from_millis(200)
    );
    assert_eq!(
        options.max_notification_interval,
        Duration::from_millis(60_000)
    );
    assert_eq!(options.connect_timeout, Duration::from_millis(5000));
    assert_eq!(options.connection_timeout, None);
    assert_eq!(options.connection_threads, 20);
    assert_eq!(
        options.election_port_bind_retries,
        BindRetries::AtMost(NonZeroU32::new(3).unwrap())
    );
    assert_eq!(options.observer_election_delay, Duration::from_millis(200));
    assert_eq!(options.observer_reconnect_delay, Duration::ZERO);
    assert_eq!(options.leader_epoch_timeout, None);
    assert_eq!(
        options.leader_connect_retry_delay,
        Duration::from_millis(100)
    );
    assert_eq!(
        options.quorum_auth.kerberos_service_principal,
        "zkquorum/localhost"
    );
    assert_eq!(options.rules(), Rules::default());
    assert!(options.fips_mode && !options.tcp_keep_alive && !options.reconfig_enabled);
}

#[test]
fn every_option_is_read() {
    let text = zoo_cfg(
        "dataLogDir=/log\ntickTime=2000\nconnectToLearnerMasterLimit=7\nelectionAlg=3\npeerType=Observer\n\
         clientPort=2181\nclientPortAddress=::1\nsecureClientPort=2281\nquorumListenOnAllIPs=TRUE\n\
         reconfigEnabled=true\nstandaloneEnabled=false\noraclePath=/oracle\nmultiAddress.enabled=true\n\
         multiAddress.reachabilityCheckEnabled=false\nmultiAddress.reachabilityCheckTimeoutMs=10\n\
         fastleader.minNotificationInterval=20\nfastleader.maxNotificationInterval=30\nfinalize=eager\npromiseEndsWithConnection=true\ncnxTimeout=40\n\
         quorumCnxnTimeoutMs=50\nquorum.cnxn.threads.size=60\nelectionPortBindRetry=0\ntcpKeepAlive=true\n\
         observer.election.DelayMs=70\nobserver.reconnectDelayMs=80\nleader.maxTimeToWaitForEpoch=90\n\
         leaderConnectDelayDuringRetryMs=110\nsslQuorum=true\nportUnification=true\n\
         sslQuorumReloadCertFiles=true\nfips-mode=false\nquorum.auth.enableSasl=true\n\
         quorum.auth.learnerRequireSasl=true\nquorum.auth.serverRequireSasl=true\n\
         quorum.auth.learner.saslLoginContext=L\nquorum.auth.server.saslLoginContext=S\n\
         quorum.auth.kerberos.servicePrincipal=zk/_HOST\nkerberos.canonicalizeHostNames=true\n",
    );
    let options = ZooConfig::parse(&text).unwrap().value.options;
    let defaults = ZooConfig::parse(&zoo_cfg("")).unwrap().value.options;
    // A key that went nowhere leaves a default behind.
    let (set, unset) = (format!("{options:#?}"), format!("{defaults:#?}"));
    let unset: Vec<&str> = unset.lines().collect();
    let kept: Vec<&str> = set
        .lines()
        .filter(|line| line.contains(": ") && !line.ends_with(['{', '(']) && unset.contains(line))
        .map(str::trim)
        .collect();
    assert_eq!(
        kept,
        ["data_dir: \"/data\",", "init_limit: 10,", "sync_limit: 5,"]
    );
    let rules = Rules {
        multi_address: true,
        standalone_enabled: false,
    };
    assert_eq!(options.rules(), rules);
    let client = |address: &Option<ClientAddress>| address.as_ref().map(ClientAddress::to_string);
    assert_eq!(
        client(&options.client_address).unwrap(),
        "[0:0:0:0:0:0:0:1]:2181"
    );
    assert_eq!(
        client(&options.secure_client_address).unwrap(),
        "0.0.0.0:2281"
    );
    assert_eq!(options.election_port_bind_retries, BindRetries::Forever);
}

/// `QuorumPeerConfigTest`: ports without addresses, booleans, equal ports; and the range of each
/// kind of number.
#[test]
fn every_mistake_in_a_static_file_is_told_at_once() {
    let text = "tickTime=2000\ninitLimit=ten\nsyncLimit=0\nclientPortAddress=localhost\n\
                secureClientPortAddress=localhost\nsslQuorum=yes\nelectionAlg=0\npeerType=leader\n\
                fastleader.minNotificationInterval=500\nfastleader.maxNotificationInterval=400\n\
                quorum.auth.serverRequireSasl=true\nobserver.reconnectDelayMs=x\ncnxTimeout=2147483648\n\
                tickTime=0\nserver.1=localhost:2888:2888\nserver.1=b:1:2\nfinalize=early\n";
    let needed = "set that too, or remove the line";
    assert_eq!(
        remarks(text),
        [
            "2: initLimit: \"ten\" is not a number from 0 to 2147483647; write a number in that range".to_owned(),
            format!("4: clientPortAddress: the key has no meaning without clientPort; {needed}"),
            format!("5: secureClientPortAddress: the key has no meaning without secureClientPort; {needed}"),
            "6: sslQuorum: \"yes\" is neither true nor false; write true or false".to_owned(),
            "7: electionAlg: there is no election algorithm \"0\"; write 3, or remove the line".to_owned(),
            "8: peerType: \"leader\" is not a role; write participant or observer".to_owned(),
            "10: fle serve does not support it: fastleader.maxNotificationInterval: the shortest interval, 500 ms, is above the longest, 400 ms; \
             raise the longest or lower the shortest".to_owned(),
            format!("11: quorum.auth.serverRequireSasl: the key has no meaning without quorum.auth.enableSasl; {needed}"),
            format!("11: quorum.auth.serverRequireSasl: the key has no meaning without quorum.auth.learnerRequireSasl; {needed}"),
            "12: warning: observer.reconnectDelayMs: \"x\" is not a number, and means the default; \
             write a number, or remove the line".to_owned(),
            "13: fle serve does not support it: cnxTimeout: \"2147483648\" is not a number, and ZooKeeper ends \
             when it starts to elect; write a number".to_owned(),
            "14: warning: tickTime: the key stands here for the second time, after line 1; \
             keep one of the two lines; the later counts".to_owned(),
            "14: tickTime: \"0\" is not a number from 1 to 2147483647; write a number in that range".to_owned(),
            "16: warning: server.1: the key stands here for the second time, after line 15; \
             keep one of the two lines; the later counts".to_owned(),
            "17: fle serve does not support it: finalize: \"early\" is neither fixed nor eager; write fixed or eager".to_owned(),
            "warning: the ensemble has one participant; ZooKeeper would run it as a standalone server; \
             use an odd number of participants, three at least".to_owned(),
            "dataDir: the key is not set; add a line with it".to_owned(),
        ]
    );
}

/// A mistake is told once: a key without a value is not missing as well.
#[test]
fn a_key_without_a_value_is_not_a_missing_one() {
    let text = zoo_cfg("").replace("dataDir=/data", "dataDir=");
    assert_eq!(
        remarks(&text),
        ["1: dataDir: the key is not set; add a line with it"]
    );
}

#[test]
fn the_shortest_interval_may_be_the_longest_too() {
    let text =
        zoo_cfg("fastleader.minNotificationInterval=400\nfastleader.maxNotificationInterval=400\n");
    assert_eq!(remarks(&text), [""; 0]);
}

#[test]
fn limits_must_be_set_among_several_voters() {
    let ensemble = "dataDir=/data\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";
    assert_eq!(
        remarks(&format!("{ensemble}initLimit=0")),
        [
            "5: initLimit: a limit of 0 ticks passes at once; write how many ticks it takes, 5 or 10 as a rule",
            "syncLimit: the key is not set; add a line with it",
        ]
    );
}

#[test]
fn an_unknown_key_is_told_with_the_key_that_was_meant() {
    let text = zoo_cfg(
        "autopurge.purgeInterval=1\nssl.quorum.keyStore.location=/x\nmaxClientCnxns=0\n\
         ticktime=2000\nzookeeper.cnxTimeout=3\nsomething.else=1\nadmin.enableServr=true\n",
    );
    let unknown = "ZooKeeper knows no such key, and sets a system property that nobody reads";
    assert_eq!(
        remarks(&text),
        [
            format!("10: warning: ticktime: {unknown}; write tickTime if that is meant"),
            format!(
                "11: warning: zookeeper.cnxTimeout: {unknown}; write cnxTimeout if that is meant"
            ),
            format!("12: warning: something.else: {unknown}; remove the line"),
            format!(
                "13: warning: admin.enableServr: {unknown}; write admin.enableServer if that is meant"
            ),
        ]
    );
}

#[test]
fn what_is_probably_not_meant_is_told() {
    let limits = "dataDir=/data\ninitLimit=10\nsyncLimit=5\n";
    assert_eq!(
        remarks(&format!(
            "{limits}oraclePath=/o\nserver.1=0.0.0.0:2888:3888;2181\nserver.2=b:2888:3888;2181\n\
             server.3=localhost:2888:3888\nserver.4=B:3888:4888\n"
        )),
        [
            "4: warning: oraclePath: an oracle decides between two voters only, and the ensemble has 4; \
             remove the oracle, or use two participants",
            "5: warning: server.1: other servers cannot dial the wildcard address 0.0.0.0; \
             write the address that the other servers dial",
            "7: warning: server.3: localhost is this machine alone, and other servers are elsewhere; \
             write an address that the other machines can dial",
            "8: server.4: B:3888 is an address of server 2 too; give each server addresses of its own",
            "warning: the ensemble has 4 participants and survives no more failures than with one fewer; \
             use an odd number of participants, three at least",
        ]
    );
    assert_eq!(
        remarks(&format!(
            "{limits}oraclePath=/o\nserver.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2\n"
        )),
        [
            "4: warning: oraclePath: an oracle decides between two voters only, and the ensemble has groups; \
             remove the groups, or the oracle, which is never asked",
            "warning: the ensemble has two participants and survives no failure; \
             use an odd number of participants, three at least",
        ]
    );
}

#[test]
fn members_stand_in_the_dynamic_file_alone() {
    let text = "dataDir=/data\ndynamicConfigFile=/data/zoo.cfg.dynamic.1\nversion=1\n";
    let config = ZooConfig::parse(text).unwrap();
    assert_eq!(config.warnings, []);
    assert_eq!(
        config.value.ensemble,
        EnsembleSource::File("/data/zoo.cfg.dynamic.1".into())
    );
    assert_eq!(
        remarks(&format!("{text}server.1=a:1:2\nweight.1=1\n")),
        [
            "4: server.1: the line stands beside dynamicConfigFile; move the line to the dynamic file",
            "5: weight.1: the line stands beside dynamicConfigFile; move the line to the dynamic file",
        ]
    );
}

/// Nothing but what cannot be read keeps ZooKeeper from taking a file.
#[test]
fn what_zookeeper_takes_and_fle_cannot_is_no_mistake() {
    let text = zoo_cfg(
        "connectToLearnerMasterLimit=-1\ncnxTimeout=0 # none\nfastleader.minNotificationInterval=0\n\
         leaderConnectDelayDuringRetryMs=-1\n",
    );
    let unsupported = "fle serve does not support it";
    assert_eq!(
        remarks(&text.replace("syncLimit=5", "syncLimit=-5")),
        [
            format!(
                "3: {unsupported}: syncLimit: \"-5\" is not a number from 0 on; write a greater number"
            ),
            format!(
                "7: {unsupported}: connectToLearnerMasterLimit: \"-1\" is not a number from 0 on; write a greater number"
            ),
            "8: warning: cnxTimeout: \"# none\" is part of the value, not a comment; \
             move the comment to a line of its own"
                .to_owned(),
            format!(
                "8: {unsupported}: cnxTimeout: \"0 # none\" is not a number, and ZooKeeper ends \
             when it starts to elect; write a number"
            ),
            format!(
                "9: {unsupported}: fastleader.minNotificationInterval: \"0\" is not a number from 1 on; write a greater number"
            ),
            format!(
                "10: {unsupported}: leaderConnectDelayDuringRetryMs: \"-1\" is not a number from 0 on; write a greater number"
            ),
        ]
    );
}

/// `Integer.getInteger`.
#[test]
fn a_system_property_s_number_may_be_octal_or_hexadecimal_and_none_is_the_default() {
    let text = zoo_cfg(
        "fastleader.minNotificationInterval=0200\nfastleader.maxNotificationInterval=0x400\n\
         leader.maxTimeToWaitForEpoch=-#f\nelectionPortBindRetry=++1\nquorumCnxnTimeoutMs=\n\
         observer.election.DelayMs=-1\n",
    );
    let parsed = ZooConfig::parse(&text).unwrap();
    let options = parsed.value.options;
    let millis = Duration::from_millis;
    assert_eq!(options.min_notification_interval, millis(128));
    assert_eq!(options.max_notification_interval, millis(1024));
    assert_eq!(options.leader_epoch_timeout, None);
    assert_eq!(options.observer_election_delay, Duration::ZERO);
    let default = BindRetries::AtMost(NonZeroU32::new(3).unwrap());
    assert_eq!(options.election_port_bind_retries, default);
    let lines: Vec<_> = parsed.warnings.iter().map(|it| it.line).collect();
    assert_eq!(lines, [Some(10), Some(11)]);
}

/// What `fle check-config` says of each; that ZooKeeper agrees, `configurations` shows.
#[test]
fn what_zookeeper_alone_can_read_or_refuse_is_told() {
    assert_eq!(
        remarks(&zoo_cfg(
            "dataLogDir=./\nsecureClientPort=1\nssl.authProvider=own\ngroup=1\nserver.1=zoo1:2888:3888;1;2\n"
        ))[..],
        [
            "7: dataLogDir: ZooKeeper ends on \"./\", a relative path of one character; write the whole path",
            "9: ssl.authProvider: the key authProvider.own is not set; add a line with it, or remove this one",
            "10: group: ZooKeeper takes the key for one of a group or a weight; \
             write group.N or weight.N, or remove the line",
            "11: warning: server.1: the key stands here for the second time, after line 4; \
             keep one of the two lines; the later counts",
            "11: server.1: a second semicolon stands in \"zoo1:2888:3888;1;2\"; \
             write one client address, and secureClientPort in the static file",
        ]
    );
    let own = zoo_cfg("clientPort=1\nclientPortAddress=\noraclePath=\n");
    let options = ZooConfig::parse(&own).unwrap().value.options;
    assert_eq!(options.client_address.unwrap().to_string(), "127.0.0.1:1");
    assert_eq!(options.oracle_path.unwrap().to_str(), Some(""));
}

#[test]
fn the_wait_of_the_reference_may_be_asked_for() {
    assert_eq!(remarks(&zoo_cfg("finalize=fixed\n")), [""; 0]);
}
