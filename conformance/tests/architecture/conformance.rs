//! Who may know whom: the layers of the library and of the command line.

use crate::imports::{Crate, Layers};

/// The library, from the ground up: the engine and the real class, traces taken through either,
/// what takes them; apart from these the logs of whole ensembles, and the processes that write
/// them.
const LIBRARY: Layers<'_> = &[
    (
        "crate",
        &[
            "engine history process reference",
            "random replay",
            "compare describe lockstep node",
        ],
    ),
    (
        "history",
        &[
            "event",
            "complaint text",
            "layout zookeeper",
            "own",
            "log",
            "judge",
            "rebuild",
            "oddities outage steps",
            "findings",
            "account timeline",
            "drawing",
            "page",
        ],
    ),
    ("history::complaint", &["self", "remedy"]),
    ("history::event", &["hexadecimal self"]),
    ("history::layout", &["time", "self"]),
    (
        "history::log",
        &[
            "parts",
            "clocks heads input joined pieces",
            "reading",
            "self",
            "growing",
        ],
    ),
    (
        "history::outage",
        &[
            "facts",
            "having",
            "told words",
            "reigns",
            "causes missing",
            "self",
        ],
    ),
    ("history::own", &["complaints", "self"]),
    ("history::zookeeper", &["complaints known named", "self"]),
    (
        "history::judge",
        &[
            "engine ensemble standing",
            "finding",
            "followed heard lagging reign strict",
            "self",
        ],
    ),
    ("history::judge::lagging", &["explanation", "self"]),
    (
        "lockstep",
        &["self survey walked", "election establishment"],
    ),
    (
        "lockstep::establishment",
        &["acts shown times", "terms", "engine", "variants", "self"],
    ),
    ("node", &["network peer script", "stage", "self"]),
    ("random", &["ensemble", "event", "self"]),
];

/// The command line.
const PROGRAM: Layers<'_> = &[
    ("crate", &["commands", "self"]),
    ("commands", &["self", "lockstep reference replay validate"]),
    ("commands::validate", &["follow json", "self"]),
];

#[test]
fn the_library_imports_downwards() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs");
    assert_eq!(Crate::read(root).unwrap().faults(LIBRARY), [""; 0]);
}

#[test]
fn the_command_line_imports_downwards() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/main.rs");
    assert_eq!(Crate::read(root).unwrap().faults(PROGRAM), [""; 0]);
}
