//! Who may know whom: the layers of the model, and of its command line.

use crate::imports::{Crate, Layers};

/// The library, from the ground up: the machinery, which knows of no protocol, beside the terms;
/// each protocol by itself; both together.
const LIBRARY: Layers<'_> = &[
    (
        "crate",
        &["frame terms", "election establishment", "models", "listing"],
    ),
    (
        "frame",
        &[
            "coverage figures mutant shard story system threads",
            "diagram progress",
            "visit",
            "liveness",
            "subject",
            "claim",
            "scenario",
            "counterexample explore state_graph walk",
            "report",
            "check failure merge trace_dir",
            "store",
            "html junit",
            "simulate",
            "any",
            "mutants",
        ],
    ),
    ("frame::diagram", &["shapes", "legend", "self"]),
    ("frame::check", &["fair_runs search sightings", "self"]),
    (
        "frame::liveness",
        &["lasso rows", "recording", "graph", "self", "run"],
    ),
    ("frame::visit", &["pool recent visited", "self"]),
    (
        "frame::store",
        &[
            "estimate limits problem recent rules",
            "file",
            "manifest",
            "candidates folder",
            "layers",
            "expand way",
            "work",
            "self",
        ],
    ),
    ("terms", &["packed set setting", "vote", "ensemble"]),
    ("terms::ensemble", &["configuration", "self"]),
    (
        "election",
        &[
            "faults finalizing mutants network",
            "server",
            "system",
            "coverage rules scenario story",
            "narrate past picture trace",
            "subject",
            "claims",
            "catalogue",
        ],
    ),
    ("election::network", &["held", "self"]),
    ("election::server", &["knowledge", "self", "actor rules"]),
    (
        "election::rules",
        &["self", "looking possible records settling surroundings"],
    ),
    (
        "election::system",
        &[
            "action awaited patience",
            "state",
            "fingerprint reduction shown",
            "self",
            "enabled waiting",
        ],
    ),
    ("election::trace", &["acts format life", "terms", "self"]),
    ("election::trace::format", &["self", "file vocabulary"]),
    (
        "election::claims",
        &["shared", "always disks eventually sometimes", "self"],
    ),
    ("election::catalogue", &["scenarios", "self"]),
    (
        "election::catalogue::scenarios",
        &["bases", "ci finalizing nightly wires", "self"],
    ),
    (
        "establishment",
        &[
            "mutants terms",
            "network",
            "protocol",
            "leader learner",
            "server",
            "system",
            "coverage rules scenario story",
            "subject",
            "claims",
            "catalogue",
        ],
    ),
    (
        "establishment::system",
        &["state", "self", "fingerprint timely votes"],
    ),
];

/// The command line.
const PROGRAM: Layers<'_> = &[
    ("crate", &["commands", "self"]),
    (
        "commands",
        &[
            "annotations near self",
            "named output",
            "check explore graph list merge mutants simulate trace",
        ],
    ),
];

#[test]
fn the_library_imports_downwards() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../model/src/lib.rs");
    assert_eq!(Crate::read(root).unwrap().faults(LIBRARY), [""; 0]);
}

#[test]
fn the_command_line_imports_downwards() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../model/src/main.rs");
    assert_eq!(Crate::read(root).unwrap().faults(PROGRAM), [""; 0]);
}
