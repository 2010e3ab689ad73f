//! What people write by mistake, named as what it is; and what stops ZooKeeper without a part in an
//! election.

use fle::config::{Diagnostic, ZooConfig};

/// What is said of these lines, of which the first is line 7.
fn remarks(more: &str) -> Vec<String> {
    let text = format!(
        "dataDir=/data\ninitLimit=10\nsyncLimit=5\n\
         server.1=zoo1:2888:3888\nserver.2=zoo2:2888:3888\nserver.3=zoo3:2888:3888\n{more}"
    );
    let remarks = match ZooConfig::parse(&text) {
        Ok(parsed) => parsed.warnings,
        Err(errors) => errors.diagnostics().to_vec(),
    };
    remarks.iter().map(Diagnostic::to_string).collect()
}

/// What is said of one line, without the remedy.
fn remark(line: &str) -> String {
    let [remark] = &remarks(line)[..] else {
        panic!("{line}: {:?}", remarks(line));
    };
    let (remark, _remedy) = remark.split_once("; ").expect("it has a remedy");
    remark.to_owned()
}

#[test]
fn what_is_no_part_of_a_value_is_named() {
    for (line, expected) in [
        (
            "clientPort=2181 # for clients",
            "7: clientPort: \"# for clients\" is part of the value, not a comment",
        ),
        (
            "dataLogDir=/log # fast",
            "7: warning: dataLogDir: \"# fast\" is part of the value, not a comment",
        ),
        (
            "server.4=d:2888:3888  ",
            "7: server.4: blanks at the end of the line are part of the value",
        ),
        (
            "clientPort=${CLIENT_PORT:-2181}",
            "7: clientPort: the placeholder \"${CLIENT_PORT:-2181}\" has not been filled in",
        ),
        (
            "dataLogDir=%LOGS%/zoo",
            "7: warning: dataLogDir: the placeholder \"%LOGS%\" has not been filled in",
        ),
        (
            "server.{id}=d:2888:3888",
            "7: server.{id}: \"{id}\" is not a number",
        ),
        (
            "server.${id}=d:2888:3888",
            "7: server.${id}: the placeholder \"${id}\" has not been filled in",
        ),
        (
            "dataLogDir=C:\\zookeeper\\log",
            "7: warning: dataLogDir: backslashes are escapes: the value is read as \
             \"C:zookeeperlog\"",
        ),
        (
            "tickTime=\"2000\"",
            "7: tickTime: the quotation marks are part of the value",
        ),
    ] {
        let remarks = remarks(line);
        assert!(
            remarks.iter().any(|it| it.starts_with(expected)),
            "{line}: {remarks:?}"
        );
    }
}

#[test]
fn a_zone_and_an_escaped_path_are_no_slips() {
    for line in [
        "clientPort=2181\nclientPortAddress=fe80::1%eth0",
        "dataLogDir=C:\\\\zookeeper\\\\log",
        "ssl.keyStore.password=a#b",
    ] {
        assert_eq!(remarks(line), [""; 0], "{line}");
    }
}

#[test]
fn a_key_that_looks_like_another_is_told_with_it() {
    for (key, meant) in [
        ("timeTick", "tickTime"),
        ("tick_time", "tickTime"),
        ("data.dir", "dataDir"),
        ("client-port", "clientPort"),
        ("server-4", "server.4"),
        ("Server.4", "server.4"),
        ("server4", "server.4"),
        ("servers.4", "server.4"),
        ("sever.4", "server.4"),
        ("Weight_2", "weight.2"),
    ] {
        let unknown = "ZooKeeper knows no such key, and sets a system property that nobody reads";
        assert_eq!(
            remarks(&format!("{key}=1")),
            [format!(
                "7: warning: {key}: {unknown}; write {meant} if that is meant"
            )]
        );
    }
}

#[test]
fn a_byte_order_mark_hides_the_first_key() {
    let text = "\u{feff}tickTime=2000\ndataDir=/data\nserver.1=a:1:2\n";
    let warnings = ZooConfig::parse(text).unwrap().warnings;
    assert_eq!(
        warnings[0].to_string(),
        "1: warning: tickTime: a byte order mark stands before the key, and ZooKeeper does not \
         know the key by it; save the file as UTF-8 without a byte order mark"
    );
}

/// `QuorumPeerConfig.parseProperties` reads these itself and stops at one that it cannot read.
#[test]
fn what_zookeeper_refuses_without_a_part_in_an_election_is_told() {
    for line in [
        "maxClientCnxns=many",
        "clientPortListenBacklog=",
        "observerMasterPort=x",
        "autopurge.snapRetainCount=3.5",
        "autopurge.purgeInterval=daily",
        "minSessionTimeout=4s",
        "maxSessionTimeout=99999999999",
        "jvm.pause.sleep.time.ms=x",
    ] {
        let key = line.split_once('=').unwrap().0;
        let remark = remark(line);
        assert!(remark.starts_with(&format!("7: {key}: ")), "{remark}");
        assert!(remark.contains("is not a number from"), "{remark}");
    }
    for line in [
        "localSessionsEnabled=yes",
        "syncEnabled=1",
        "jvm.pause.monitor=on",
    ] {
        assert!(
            remark(line).ends_with("is neither true nor false"),
            "{line}"
        );
    }
    assert_eq!(
        remark("metricsProvider.className=org.example.Nope"),
        "7: metricsProvider.className: ZooKeeper has no metrics provider \"org.example.Nope\""
    );
    // Twenty ticks of 3 s.
    assert_eq!(
        remark("minSessionTimeout=60001"),
        "7: minSessionTimeout: minSessionTimeout, 60001 ms, is above maxSessionTimeout, 60000 ms"
    );
    assert_eq!(remarks("minSessionTimeout=60000"), [""; 0]);
    assert_eq!(remarks("maxSessionTimeout=-1"), [""; 0]);
}

/// `Boolean.parseBoolean`, unlike the switches that the parser reads itself.
#[test]
fn a_switch_that_is_a_system_property_is_off_unless_true() {
    for key in [
        "tcpKeepAlive",
        "fips-mode",
        "kerberos.canonicalizeHostNames",
    ] {
        let expected = format!("7: warning: {key}: \"yes\" is not true, and means false");
        assert_eq!(remark(&format!("{key}=yes")), expected);
    }
}

/// Nothing follows from a value that cannot be read.
#[test]
fn a_limit_that_cannot_be_read_is_not_zero_as_well() {
    let text = "dataDir=/data\ninitLimit=ten\nsyncLimit=5\nserver.1=a:1:2\nserver.2=b:1:2\n";
    let errors = ZooConfig::parse(text).unwrap_err();
    let errors = errors.diagnostics().iter().map(ToString::to_string);
    assert_eq!(
        errors.filter(|error| error.contains("initLimit")).count(),
        1
    );
}

/// Of two lines with one key the later counts, for ZooKeeper too.
#[test]
fn a_line_that_another_replaces_is_not_read() {
    let [remark] = &remarks("tickTime=x\ntickTime=2000\n")[..] else {
        panic!("one remark");
    };
    assert!(remark.starts_with("8: warning: tickTime: the key stands here for the second time"));
}

#[test]
fn a_key_is_printed_without_what_steers_a_terminal() {
    let [remark] = &remarks("key\u{1b}]0;x\u{7}.=1")[..] else {
        panic!("one remark");
    };
    assert!(!remark.contains(char::is_control), "{remark:?}");
    assert!(remark.contains("key\\u{1b}]0;x\\u{7}."), "{remark}");
}

#[test]
fn near_misses_of_keys_for_tls_are_named() {
    for (key, meant) in [
        (
            "ssl.quorum.keyStore.locaton",
            "ssl.quorum.keyStore.location",
        ),
        (
            "ssl.quorum.keystore.password",
            "ssl.quorum.keyStore.password",
        ),
        ("ssl.qourum.trustStore.type", "ssl.quorum.trustStore.type"),
        ("sslQuorum.clientAuth", "ssl.quorum.clientAuth"),
        ("ssl.trustStore.pasword", "ssl.trustStore.password"),
    ] {
        let [remark] = &remarks(&format!("{key}=x"))[..] else {
            panic!("{key}");
        };
        let remedy = format!("write {meant} if that is meant");
        assert!(remark.ends_with(&remedy), "{remark}");
        assert_eq!(remarks(&format!("{meant}=x")), [""; 0]);
    }
}
