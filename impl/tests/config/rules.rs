//! The rules of an ensemble's text, scenario by scenario, as ZooKeeper's own tests state them
//! (named in the comments), and the mistakes that operators make in it.

use crate::lines;
use fle::Sid;
use fle::config::{DynamicConfig, LearnerType, Rules, ServerSpec};

const SEVERAL: Rules = Rules {
    multi_address: true,
    standalone_enabled: true,
};

/// The one server of a text, as it prints.
fn server(value: &str, rules: Rules) -> Result<String, String> {
    let parsed = DynamicConfig::parse(&format!("server.0={value}"), rules);
    let config = parsed.map_err(|errors| errors.to_string())?;
    Ok(config
        .server(Sid(0))
        .map_or(String::new(), ServerSpec::to_string))
}

fn mistakes(text: &str, rules: Rules) -> Vec<String> {
    DynamicConfig::parse(text, rules).map_or_else(|errors| lines(&errors), |_| Vec::new())
}

/// `QuorumServerTest.testToString`.
#[test]
fn a_server_prints_with_its_role_and_its_client_host() {
    for (value, printed) in [
        (
            "127.0.0.1:1234:1236:participant;0.0.0.0:1237",
            "127.0.0.1:1234:1236:participant;0.0.0.0:1237",
        ),
        (
            "127.0.0.1:1234:1236;0.0.0.0:1237",
            "127.0.0.1:1234:1236:participant;0.0.0.0:1237",
        ),
        (
            "127.0.0.1:1234:1236:participant;1237",
            "127.0.0.1:1234:1236:participant;0.0.0.0:1237",
        ),
        (
            "127.0.0.1:1234:1236:participant;1.2.3.4:1237",
            "127.0.0.1:1234:1236:participant;1.2.3.4:1237",
        ),
        (
            "example.com:1234:1236:participant;1237",
            "example.com:1234:1236:participant;0.0.0.0:1237",
        ),
    ] {
        assert_eq!(server(value, Rules::default()), Ok(printed.to_owned()));
    }
    let observer = DynamicConfig::parse(
        "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2:observer",
        Rules::default(),
    );
    let observer = observer.unwrap();
    assert_eq!(
        observer.server(Sid(3)).unwrap().to_string(),
        "c:1:2:observer"
    );
    assert_eq!(
        observer.server(Sid(3)).unwrap().learner_type(),
        LearnerType::Observer
    );
    assert_eq!(
        observer.verifier().voters().collect::<Vec<_>>(),
        [Sid(1), Sid(2)]
    );
}

/// The main branch's secure client address; 3.8 does not know it.
#[test]
fn a_secure_client_address_stands_after_a_second_semicolon() {
    for (value, printed) in [
        (
            "a:1:2;2181;2281",
            "a:1:2:participant;0.0.0.0:2181;0.0.0.0:2281",
        ),
        ("a:1:2;;2281", "a:1:2:participant;;0.0.0.0:2281"),
        (
            "a:1:2;b:2181;[::1]:2281",
            "a:1:2:participant;b:2181;[0:0:0:0:0:0:0:1]:2281",
        ),
        ("a:1:2;2181;", "a:1:2:participant;0.0.0.0:2181"),
    ] {
        assert_eq!(server(value, Rules::default()), Ok(printed.to_owned()));
        assert_eq!(server(printed, Rules::default()), Ok(printed.to_owned()));
    }
}

#[test]
fn a_client_address_has_a_host_and_a_port_at_most() {
    let mistake = server("zoo1:2888:3888;a:b:c:d", Rules::default()).expect_err("three colons");
    let remedy = "write clientPort or host:clientPort after the semicolon";
    assert!(format!("{mistake:?}").contains(remedy), "{mistake:?}");
}

/// `QuorumServerTest`, `ConfigUtilsTest` and `NetUtilsTest`: IPv6 literals and their brackets.
#[test]
fn an_ipv6_literal_stands_in_brackets() {
    let accepted = [
        (
            "[::1]:1234:1236:participant",
            "[0:0:0:0:0:0:0:1]:1234:1236:participant",
        ),
        (
            "127.0.0.1:1234:1236;[::1]:1237",
            "127.0.0.1:1234:1236:participant;[0:0:0:0:0:0:0:1]:1237",
        ),
        (
            "[2001:db8:1::242:ac11:2]:2888:3888",
            "[2001:db8:1:0:0:242:ac11:2]:2888:3888:participant",
        ),
    ];
    for (value, printed) in accepted {
        assert_eq!(server(value, Rules::default()), Ok(printed.to_owned()));
    }
    let unclosed = "opens a bracket that is not closed before a port; write an IPv6 address as [::1]:2888:3888";
    assert_eq!(
        server("[]:1234:1236", Rules::default()),
        Err(
            "1: fle serve does not support it: server.0: \"\" is neither a host name nor an \
             address; write a name, an IPv4 address, or an IPv6 address in brackets"
                .to_owned()
        )
    );
    for (value, mistake) in [
        (
            "[::1:1234:1236:participant",
            format!("\"[::1:1234:1236:participant\" {unclosed}"),
        ),
        (
            "127.0.0.1:1234:1236;[::1:1237",
            format!("\"[::1:1237\" {unclosed}"),
        ),
        ("[::1]1234:1236", format!("\"[::1]1234:1236\" {unclosed}")),
        (
            "127.0.0.1:1234:1236;[::1]:",
            "the client port \"\" is not a port (0 to 65535); \
             write a port that no other service uses"
                .to_owned(),
        ),
    ] {
        assert_eq!(
            server(value, Rules::default()),
            Err(format!("1: server.0: {mistake}"))
        );
    }
}

/// `QuorumServerTest.shouldAllowMultipleAddresses…`, `…NotAllow…`.
#[test]
fn several_addresses_need_the_feature_and_one_role() {
    let value = "127.0.0.1:1234:1236|127.0.0.1:2234:2236";
    assert_eq!(server(value, SEVERAL), Ok(format!("{value}:participant")));
    assert_eq!(
        server(value, Rules::default()),
        Err(
            "1: server.0: the server has 2 addresses, and multiAddress.enabled is false; \
             set multiAddress.enabled=true on every server, or keep one address"
                .to_owned()
        )
    );
    assert_eq!(
        server("a:1:2:observer|b:1:2:participant", SEVERAL),
        Err(
            "1: server.0: the server's addresses carry different roles; \
             write the role once, at the last address"
                .to_owned()
        )
    );
}

/// `MultipleAddressesTest.testEquals`, `QuorumMaj.equals`, `QuorumHierarchical.equals`.
#[test]
fn members_are_the_same_whatever_the_version_the_order_or_the_spelling() {
    let parse = |text: &str| DynamicConfig::parse(text, SEVERAL).unwrap();
    let one = parse("server.1=zoo1:1:2|[::1]:3:4;2181\nserver.2=b:1:2\nversion=1");
    assert!(one.has_same_members(&parse(
        "version=ff\nserver.2=B:1:2\nserver.1=[0:0::1]:3:4|ZOO1:1:2;0.0.0.0:2181"
    )));
    for other in [
        "server.1=zoo1:1:2|[::1]:3:4;2181\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4;2181\nserver.3=b:1:2\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4;2181\nserver.2=b:1:3\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4;2181\nserver.2=c:1:2\nversion=1",
        "server.1=zoo1:1:2;2181\nserver.2=b:1:2\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4;2182\nserver.2=b:1:2\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4\nserver.2=b:1:2\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4;2181;2281\nserver.2=b:1:2\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4;2181\nserver.2=b:1:2\nserver.3=c:1:2:observer\nversion=1",
        "server.1=zoo1:1:2|[::1]:3:4;2181\nserver.2=b:1:2\ngroup.1=1:2\nversion=1",
    ] {
        assert!(!one.has_same_members(&parse(other)), "{other}");
    }
    let observing = parse("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2:observer");
    assert!(!observing.has_same_members(&parse("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2")));
    let grouped = |more: &str| parse(&format!("server.1=a:1:2\nserver.2=b:1:2\n{more}"));
    let base = grouped("group.1=1\ngroup.2=2");
    assert!(base.has_same_members(&grouped("group.2=2\ngroup.1=1\nweight.2=1")));
    assert!(!base.has_same_members(&grouped("group.2=2\ngroup.1=1\nweight.2=3")));
    assert!(!base.has_same_members(&grouped("group.2=1\ngroup.1=2")));
    assert!(!base.has_same_members(&grouped("group.1=1:2")));
}

#[test]
fn a_gossiped_text_may_repeat_a_key_and_the_last_line_counts() {
    let config = DynamicConfig::parse(
        "server.1=rubbish\nserver.2=b:1:2\nversion=x\nserver.1=a:1:2\nversion=2",
        Rules::default(),
    );
    assert_eq!(
        config.unwrap().to_string(),
        "server.1=a:1:2:participant\nserver.2=b:1:2:participant\nversion=2"
    );
}

#[test]
fn every_mistake_in_an_ensemble_is_told_at_once() {
    let text = "server.1=zoo1:2888\n\
                server.2=zoo2:0:70000:leader;x\n\
                server.3=zoo3:2888:2888\n\
                server.x=zoo4:2888:3888\n\
                group.1=1:two\n\
                weight.1=-1\n\
                clientPort=2181\n\
                version=0x1\n\
                bad\\u00zz=1\n\
                server.5=a b:2888 :3888;2181;2281;2381\n\
                weights.1=1\n\
                weight.\u{663}=1";
    assert_eq!(
        mistakes(text, Rules::default()),
        [
            "1: server.1: \"zoo1:2888\" is not a server's address; \
             write host:quorumPort:electionPort[:role][;[host:]clientPort]",
            "2: server.2: the election port \"70000\" is not a port (1 to 65535); \
             write a port that no other service uses",
            "2: server.2: \"leader\" is not a role; write participant or observer",
            "2: fle serve does not support it: server.2: the quorum port is 0, which nobody can dial; \
             write the port on which it listens",
            "2: server.2: the client port \"x\" is not a port (0 to 65535); \
             write a port that no other service uses",
            "3: server.3: the quorum port and the election port are both 2888; \
             give the server two ports",
            "4: server.x: \"x\" is not a number; write the id as a decimal number",
            "5: group.1: \"two\" is not a number; write the id as a decimal number",
            "6: fle serve does not support it: weight.1: the weight \"-1\" is below 0; \
             write 0 for a server that must never lead",
            "7: clientPort: the key does not belong to an ensemble's configuration; \
             keep only server.N, group.N and weight.N lines here",
            "8: version: the version \"0x1\" is not a hexadecimal number; \
             write it as in version=100000000",
            "9: a \\u stands without four hexadecimal digits; write two backslashes where one is meant",
            "10: fle serve does not support it: server.5: \"a b\" is neither a host name nor an address; \
             write a name, an IPv4 address, or an IPv6 address in brackets",
            "10: server.5: the quorum port \"2888 \" is not a port (1 to 65535); \
             write a port that no other service uses",
            "10: server.5: \"a b:2888 :3888;2181;2281;2381\" is not a server's address; \
             write host:quorumPort:electionPort[:role][;[host:]clientPort]",
            "11: weights.1: the key does not belong to an ensemble's configuration; \
             keep only server.N, group.N and weight.N lines here",
            "12: weight.\u{663}: \"\u{663}\" is not a number; write the id as a decimal number",
        ]
    );
}

#[test]
fn every_mistake_in_groups_is_told_at_once() {
    let text = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2:observer\n\
                group.1=1:4\ngroup.2=1:9";
    assert_eq!(
        mistakes(text, Rules::default()),
        [
            "2: server.2: server 2 is a participant and is in no group; name it in a group",
            "3: server.3: server 3 is a participant and is in no group; name it in a group",
            "5: group.1: group 1 names server 4, which is no participant and has no weight; \
             remove it from the group, or give it a weight",
            "6: group.2: server 1 is in more than one group; name it in one group, once",
            "6: group.2: group 2 names server 9, which is no participant and has no weight; \
             remove it from the group, or give it a weight",
        ]
    );
    assert_eq!(
        mistakes(
            "server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2\nweight.1=9223372036854775807",
            Rules::default()
        ),
        [
            "3: fle serve does not support it: group.1: the weights of group 1 add up to more than 9223372036854775807; use small weights"
        ]
    );
}

/// ZooKeeper dies of these in a notification; here they are mistakes like any other.
#[test]
fn an_ensemble_needs_voters() {
    let nobody =
        "no server is a participant; add server.N lines with the role participant, three at best";
    assert_eq!(mistakes("", Rules::default()), [nobody]);
    assert_eq!(
        mistakes("server.1=a:1:2:observer\nversion=1", Rules::default()),
        [nobody]
    );
    let lone = "server.1=a:1:2\nserver.2=b:1:2:observer";
    assert_eq!(
        mistakes(lone, Rules::default()),
        [
            "there are observers beside a single participant, and standaloneEnabled is true; \
          add participants, or set standaloneEnabled=false"
        ]
    );
    let rules = Rules {
        standalone_enabled: false,
        ..Rules::default()
    };
    assert_eq!(mistakes(lone, rules), [""; 0]);
}
