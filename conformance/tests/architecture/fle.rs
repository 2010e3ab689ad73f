//! Who may know whom: the layers of the library and of the programs, and the rule that the core is
//! pure.

use crate::imports::{Crate, Import, Layers, Target};
use std::collections::BTreeSet;

/// The library, from the ground up: terms, quorums, configuration, the two engines; then, with the
/// feature `net`, disks and connections, the driver of each engine, and what uses a leader's epoch.
const LIBRARY: Layers<'_> = &[
    (
        "crate",
        &[
            "finalize id learner_type small_file timer",
            "quorum",
            "config vote",
            "ensemble notification",
            "codec election",
            "leadership",
            "storage transport",
            "node",
            "member",
            "fence",
        ],
    ),
    ("codec", &["initial", "self"]),
    (
        "config",
        &[
            "foreign java_order properties rules",
            "slip",
            "problem",
            "error host",
            "server",
            "dynamic options",
            "keys lines",
            "lint near",
            "zoo",
            "load",
        ],
    ),
    (
        "election",
        &[
            "ballots connections effect settings",
            "unheard",
            "looking",
            "self",
            "receiver",
        ],
    ),
    (
        "leadership",
        &[
            "packet reason terms",
            "aside bond effect",
            "memory",
            "context",
            "leader learner",
            "self",
        ],
    ),
    (
        "leadership::leader",
        &["learner", "self", "confirming counting"],
    ),
    (
        "member",
        &[
            "backoff config disk lease note transfer",
            "standing",
            "running shown",
            "driver",
            "self",
        ],
    ),
    (
        "node",
        &[
            "answers config early guard status",
            "links log",
            "driver",
            "self",
        ],
    ),
    ("node::driver", &["self", "telling"]),
    ("quorum", &["oracle", "verifier", "view"]),
    (
        "storage",
        &[
            "error thread",
            "disk marker self",
            "lock memory",
            "data_dir",
            "epoch_files",
        ],
    ),
    (
        "transport",
        &[
            "addresses claims frame happening limited resolver settings task",
            "network queues",
            "dialling link",
            "handshake",
            "listening packets peer",
            "quorum_port self",
            "connecting visits",
        ],
    ),
    (
        "transport::quorum_port",
        &["event link questions", "self", "contests"],
    ),
];

/// The programs.
const PROGRAMS: Layers<'_> = &[
    (
        "crate",
        &[
            "failure report screen seconds",
            "http output runtime",
            "check_config log vouch",
            "signals",
            "local serve watch",
            "status",
            "self",
        ],
    ),
    (
        "check_config",
        &["compare deployment", "sources", "elsewhere", "self"],
    ),
    ("http", &["bounds", "self"]),
    ("local", &["recovery", "picture", "ensemble", "self"]),
    ("log", &["quota", "self"]),
    ("serve", &["found", "self"]),
    (
        "watch",
        &[
            "address answer",
            "probe row",
            "findings",
            "picture",
            "view",
            "self",
        ],
    ),
    (
        "watch::findings",
        &["finding", "server", "configuration ensemble", "self"],
    ),
    ("watch::probe", &["exchange", "tls web words", "self"]),
    ("watch::row", &["self", "web words"]),
];

/// What has no clock, socket, lock, thread or randomness.
const PURE: &[&str] = &[
    "codec",
    "config",
    "election",
    "ensemble",
    "finalize",
    "id",
    "leadership",
    "learner_type",
    "notification",
    "quorum",
    "vote",
];

/// What the pure core may use of others. An address or a length of time is no socket and no clock.
const HARMLESS: &[&str] = &[
    "smallvec",
    "std::borrow",
    "std::collections::BTreeMap",
    "std::collections::BTreeSet",
    "std::collections::VecDeque",
    "std::error",
    "std::ffi",
    "std::fmt",
    "std::hash",
    "std::io",
    "std::iter",
    "std::mem",
    "std::net::IpAddr",
    "std::net::Ipv4Addr",
    "std::net::Ipv6Addr",
    "std::num",
    "std::ops",
    "std::path",
    "std::str",
    "std::sync::Arc",
    "std::time::Duration",
    "strsim",
    "thiserror",
];

/// Where the core reads files: what a server starts from, and the oracle, which is a file.
const READS_FILES: &[&str] = &["config::load", "quorum::oracle"];

/// The state machines of the core, each with the task that owns it.
const ENGINES: &[(&str, &str, &str)] = &[
    ("election", "Election", "node::driver"),
    ("leadership", "Leadership", "member::driver"),
];

/// What waits for others.
const ASYNCHRONOUS: &[&str] = &["storage", "timer", "transport"];
const ASYNCHRONOUS_CRATES: &[&str] = &["socket2", "tokio", "tokio_util"];

fn library() -> Crate {
    Crate::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../impl/src/lib.rs")).unwrap()
}

/// The path is the prefix or goes on from there.
fn begins_with(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_pure(module: &str) -> bool {
    PURE.iter().any(|pure| begins_with(module, pure))
}

/// Whether the pure core may import this.
fn is_harmless(import: &Import) -> bool {
    match &import.to {
        Target::Own { module, .. } if module == "small_file" => {
            READS_FILES.contains(&import.from.as_str())
        }
        Target::Own { module, .. } => is_pure(module),
        Target::Foreign(path) => HARMLESS.iter().any(|harmless| begins_with(path, harmless)),
    }
}

fn is_asynchronous(to: &Target) -> bool {
    let (path, prefixes) = match to {
        Target::Own { module, .. } => (module, ASYNCHRONOUS),
        Target::Foreign(path) => (path, ASYNCHRONOUS_CRATES),
    };
    prefixes.iter().any(|prefix| begins_with(path, prefix))
}

#[test]
fn the_library_imports_downwards() {
    assert_eq!(library().faults(LIBRARY), [""; 0]);
}

#[test]
fn the_programs_import_downwards() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../impl/src/bin/fle/main.rs");
    assert_eq!(Crate::read(root).unwrap().faults(PROGRAMS), [""; 0]);
}

#[test]
fn the_core_is_pure() {
    let library = library();
    let core = library.imports().filter(|import| is_pure(&import.from));
    let impure = core.filter(|import| !is_harmless(import));
    let impure: Vec<_> = impure.map(|import| import.to_string()).collect();
    assert_eq!(impure, [""; 0]);
}

/// Other modules may look at an engine, as long as they import nothing asynchronous.
#[test]
fn an_engine_and_the_asynchronous_side_meet_in_its_driver_alone() {
    let library = library();
    let importing = |wanted: &dyn Fn(&Target) -> bool| -> BTreeSet<String> {
        let imports = library.imports().filter(|import| wanted(&import.to));
        imports.map(|import| import.from).collect()
    };
    let asynchronous = importing(&is_asynchronous);
    for &(module, engine, driver) in ENGINES {
        let engine = Target::Own {
            module: module.to_owned(),
            item: Some(engine.to_owned()),
        };
        let knowing = importing(&|to| *to == engine);
        let both: Vec<_> = knowing.intersection(&asynchronous).collect();
        assert_eq!(both, [driver], "{engine:?}");
    }
}
