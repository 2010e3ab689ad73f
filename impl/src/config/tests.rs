//! Properties of the whole: nothing that a text holds makes a reader panic, and what is printed is
//! what was read.

use super::lines::parse_version;
use super::{DynamicConfig, Problem, Rules, Severity, ZooConfig};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeMap;

const RULES: Rules = Rules {
    multi_address: true,
    standalone_enabled: false,
};

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z][a-zA-Z0-9_.-]{0,12}",
        any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|ip| format!("[{ip}]")),
        Just("[fe80::1%eth0]".to_owned()),
    ]
}

fn server() -> impl Strategy<Value = String> {
    let ports = (0..65_535_u32, 1..65_535_u32).prop_map(|(quorum, offset)| {
        let election = (quorum + offset) % 65_535;
        format!("{}:{}", quorum + 1, election + 1)
    });
    let address = (host(), ports).prop_map(|(host, ports)| format!("{host}:{ports}"));
    let addresses = vec(address, 1..4);
    let client = prop_oneof![
        Just(String::new()),
        any::<u16>().prop_map(|port| port.to_string()),
        (host(), any::<u16>()).prop_map(|(host, port)| format!("{host}:{port}")),
    ];
    let role = select(vec!["", ":participant", ":observer"]);
    (addresses, role, client.clone(), client).prop_map(|(addresses, role, client, secure)| {
        format!("{}{role};{client};{secure}", addresses.join("|"))
    })
}

/// A text that describes an ensemble, its lines in any order.
fn ensemble() -> impl Strategy<Value = String> {
    let servers = btree_map(any::<i64>().prop_map(|sid| sid % 40), server(), 1..20);
    let groups = btree_map(any::<i64>().prop_map(|sid| sid % 40), 0..20_i64, 20);
    let weights = btree_map(-40..40_i64, 0..5_u64, 0..20);
    (servers, any::<bool>(), groups, weights, any::<i64>())
        .prop_map(|(mut servers, grouped, groups, weights, version)| {
            servers.insert(77, "voter:2888:3888".to_owned());
            let mut lines: Vec<String> = servers
                .iter()
                .map(|(sid, value)| format!("server.{sid}={value}"))
                .collect();
            if grouped {
                let mut members: BTreeMap<i64, Vec<String>> = BTreeMap::new();
                for sid in servers.keys() {
                    let group = groups.get(sid).copied().unwrap_or(1);
                    members.entry(group).or_default().push(sid.to_string());
                    // An observer in a group needs a weight.
                    let weight = weights.get(sid).copied().unwrap_or(1);
                    lines.push(format!("weight.{sid}={weight}"));
                }
                for (group, members) in members {
                    lines.push(format!("group.{group}={}", members.join(":")));
                }
            }
            lines.push(format!("version={version:x}"));
            lines
        })
        .prop_flat_map(|lines| Just(lines).prop_shuffle())
        .prop_map(|lines| lines.join("\n"))
}

/// Text made of what the readers look for.
fn near_text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "server.1",
        "server.",
        "group.1",
        "weight.1",
        "version",
        "dataDir",
        "tickTime",
        "zz",
        "=",
        ":",
        ";",
        "|",
        "[",
        "]",
        "::1",
        "%",
        "h",
        "1",
        "-1",
        "65536",
        "99999999999999999999",
        "participant",
        "observer",
        "\n",
        "\r\n",
        "\\",
        "\\u00e9",
        "\\u00",
        " ",
        "#",
        "é",
        "\0",
        "dynamicConfigFile=x\n",
    ];
    vec(select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

fn read_everywhere(text: &str) {
    for multi_address in [false, true] {
        let rules = Rules {
            multi_address,
            ..Rules::default()
        };
        match DynamicConfig::parse(text, rules) {
            Ok(config) => {
                let printed = config.to_string();
                assert_eq!(
                    DynamicConfig::parse(&printed, rules),
                    Ok(config),
                    "{printed}"
                );
            }
            Err(errors) => {
                assert!(
                    errors
                        .diagnostics()
                        .iter()
                        .any(|d| d.severity() > Severity::Refused)
                );
                assert!(!errors.to_string().is_empty());
            }
        }
    }
    match ZooConfig::parse(text) {
        Ok(parsed) => {
            let warnings = parsed.warnings.iter();
            assert!(
                warnings
                    .map(|d| d.severity())
                    .all(|s| s <= Severity::Refused)
            );
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_what_was_read(text in ensemble()) {
        let config = DynamicConfig::parse(&text, RULES).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let printed = config.to_string();
        let again = DynamicConfig::parse(&printed, RULES);
        prop_assert_eq!(again.as_ref(), Ok(&config));
        prop_assert_eq!(again.map(|again| again.to_string()), Ok(printed));
        prop_assert!(config.has_same_members(&config));
    }

    #[test]
    fn the_order_of_lines_does_not_change_who_is_a_member(
        text in ensemble(),
        seed in any::<Index>(),
    ) {
        let mut lines: Vec<&str> = text.lines().collect();
        let count = lines.len();
        lines.rotate_left(seed.index(count));
        let (one, other) = (text.clone(), lines.join("\n"));
        let parse = |text: &str| DynamicConfig::parse(text, RULES).map_err(|e| e.to_string());
        prop_assert!(parse(&one).unwrap().has_same_members(&parse(&other).unwrap()));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>()) {
        read_everywhere(&text);
    }

    #[test]
    fn no_text_of_familiar_pieces_makes_a_reader_panic(text in near_text()) {
        read_everywhere(&text);
    }

    #[test]
    fn no_change_of_a_good_text_makes_a_reader_panic(
        text in ensemble(),
        place in any::<Index>(),
        removed in 0..20_usize,
        inserted in near_text(),
    ) {
        let chars: Vec<char> = text.chars().collect();
        let (before, after) = chars.split_at(place.index(chars.len()));
        let after = after.iter().skip(removed);
        let text: String = before.iter().copied().chain(inserted.chars()).chain(after.copied()).collect();
        read_everywhere(&text);
    }

    #[test]
    fn a_version_reads_as_it_prints(version in any::<i64>()) {
        let version = super::ConfigVersion(version);
        prop_assert_eq!(parse_version(&version.to_string()), Some(version));
    }
}

#[test]
fn a_text_of_mistakes_costs_memory_within_bounds() {
    let errors = DynamicConfig::parse(&"x\n".repeat(100_000), Rules::default()).unwrap_err();
    assert_eq!(errors.diagnostics().len(), 1000);
    assert!(
        errors.to_string().ends_with("\nand 99001 more"),
        "the sum of lines and NoVoters"
    );
    let errors = DynamicConfig::parse(&format!("server.1={}", "x".repeat(100_000)), RULES);
    let long = errors.unwrap_err().to_string();
    assert!(long.len() < 1000, "{} bytes", long.len());
}

#[test]
fn every_diagnostic_is_one_line() {
    let problem = Problem::BadHost("a\nb".to_owned());
    assert_eq!(
        problem.to_string(),
        "\"a\\nb\" is neither a host name nor an address"
    );
}
