//! What ZooKeeper prints for a configuration, and what `DynamicConfig` prints, are the same bytes.
//!
//! `data/printed_by_zookeeper.txt` says how its pairs were made.

use fle::config::{DynamicConfig, Rules};

const RULES: Rules = Rules {
    multi_address: true,
    standalone_enabled: false,
};

/// Name, input and what ZooKeeper printed.
fn pairs() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("data/printed_by_zookeeper.txt")
        .split("\n\n")
        .filter_map(|block| {
            let (name, texts) = block.strip_prefix("> ")?.split_once('\n')?;
            let (input, printed) = texts.split_once("\n=\n")?;
            Some((name, input, printed.trim_end_matches('\n')))
        })
}

#[test]
fn a_configuration_prints_what_zookeeper_prints() {
    let mut count = 0;
    for (name, input, printed) in pairs() {
        let config = DynamicConfig::parse(input, RULES).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(config.to_string(), printed, "{name}");
        count += 1;
    }
    assert!(count >= 20, "only {count} pairs");
}

#[test]
fn what_zookeeper_prints_is_printed_again_unchanged() {
    for (name, input, printed) in pairs() {
        let config = DynamicConfig::parse(printed, RULES).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(config.to_string(), printed, "{name}");
        let original = DynamicConfig::parse(input, RULES).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(config.has_same_members(&original), "{name}");
        assert_eq!(config.version(), original.version(), "{name}");
    }
}
