//! Any text as a configuration: as a static file if it begins with a comment, else as a dynamic
//! one. The former takes long where it looks for the key that was meant.
//! - Reading never panics, nor does printing what is wrong.
//! - A dynamic configuration prints as a text that reads as an equal one under the same rules.
//! - Its voters are its participants, no two separate sets of them are both a quorum, and its
//!   addresses fit an introduction.
//! - A server recognises a peer's newer configuration, whatever shortcut it takes, as one that
//!   reads it whole would.

#![no_main]

use fle::codec::initial::{ElectionAddress, InitialError, InitialMessage};
use fle::config::{DynamicConfig, EnsembleSource, LearnerType, Rules, ServerAddress, ZooConfig};
use fle::{Ensemble, Sid};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;

const RULES: [Rules; 2] = [
    Rules {
        multi_address: false,
        standalone_enabled: true,
    },
    Rules {
        multi_address: true,
        standalone_enabled: false,
    },
];

fn check(config: &DynamicConfig, rules: Rules) {
    let printed = config.to_string();
    let again = DynamicConfig::parse(&printed, rules);
    assert_eq!(again.as_ref(), Ok(config), "{printed}");
    assert!(config.has_same_members(config));
    check_quorums(config);
    for server in config.servers() {
        check_introduction(server.sid(), server.addresses());
    }
}

fn check_quorums(config: &DynamicConfig) {
    let servers = config.servers();
    let votes = servers.filter(|server| server.learner_type() == LearnerType::Participant);
    let participants: BTreeSet<Sid> = votes.map(|server| server.sid()).collect();
    assert!(config.verifier().voters().eq(participants));
    let ensemble = Ensemble::new(config.clone(), None, Rules::default());
    let view = ensemble.view();
    let is_quorum = |part: &dyn Fn(&Sid) -> bool| {
        view.has_quorum(&view.tally(view.voters().filter(|sid| part(sid))), None)
    };
    assert!(!is_quorum(&|_| false));
    for bit in [0, 1, 2] {
        let chosen = |sid: &Sid| sid.0 >> bit & 1 == 0;
        assert!(!(is_quorum(&chosen) && is_quorum(&|sid| !chosen(sid))));
        assert!(is_quorum(&|_| true) || !is_quorum(&chosen));
    }
}

fn check_introduction(sid: Sid, addresses: &[ServerAddress]) {
    let addresses: Vec<_> = addresses
        .iter()
        .filter(|address| !address.host.is_wildcard())
        .map(|address| ElectionAddress {
            host: address.host.clone(),
            port: address.election_port.get(),
        })
        .collect();
    if addresses.is_empty() {
        return;
    }
    let message = InitialMessage { sid, addresses };
    let mut bytes = Vec::new();
    message.encode(true, &mut bytes);
    match InitialMessage::decode(&bytes) {
        Err(InitialError::Length { .. }) => {}
        decoded => assert_eq!(decoded, Ok(Some((message, bytes.len())))),
    }
}

/// What a server with this configuration makes of a text that a peer sends.
fn check_newer(committed: &DynamicConfig, text: &str, rules: Rules) {
    let ensemble = Ensemble::new(committed.clone(), None, rules);
    let read = DynamicConfig::parse(text, rules).ok();
    let newer = read.filter(|config| config.version() > committed.version());
    assert_eq!(ensemble.newer(text.as_bytes()), newer, "{text}");
}

fn read_dynamic(text: &str) {
    let own = DynamicConfig::parse("server.1=a:1:2\nversion=a0", Rules::default()).unwrap();
    for rules in RULES {
        check_newer(&own, text, rules);
        for version in ["a0", "1a0"] {
            check_newer(&own, &format!("{text}\nversion={version}"), rules);
        }
        match DynamicConfig::parse(text, rules) {
            Ok(config) => check(&config, rules),
            Err(errors) => assert!(!errors.to_string().is_empty()),
        }
    }
}

fn read_static(text: &str) {
    let parsed = match ZooConfig::parse(text) {
        Ok(parsed) => parsed,
        Err(errors) => return assert!(!errors.to_string().is_empty()),
    };
    for warning in parsed.warnings {
        assert!(!warning.to_string().is_empty());
    }
    if let EnsembleSource::Inline(config) = parsed.value.ensemble {
        check(&config, parsed.value.options.rules());
    }
}

fuzz_target!(|text: &str| match text.starts_with('#') {
    true => read_static(text),
    false => read_dynamic(text),
});
