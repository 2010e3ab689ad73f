//! The arrows between the crate's modules: each imports only those before it.
//!
//! What a module needs is read off its own text, `use` lines and paths alike. A module that is not
//! in the order is an error, so that a new one gets its place.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every module, each after all that it needs. What lies in a module's folder is part of it.
const ORDER: &[&str] = &[
    "frame::system",
    "frame::story",
    "frame::figures",
    "frame::progress",
    "frame::shard",
    "frame::liveness",
    "frame::subject",
    "frame::diagram",
    "frame::claim",
    "frame::mutant",
    "frame::scenario",
    "frame::counterexample",
    "frame::report",
    "frame::merge",
    "frame::trace_dir",
    "frame::check",
    "frame::walk",
    "frame::simulate",
    "frame::explore",
    "frame::any",
    "frame::mutants",
    "terms::set",
    "terms::vote",
    "terms::ensemble",
    "terms::setting",
    "election::faults",
    "election::finalizing",
    "election::mutants",
    "election::network",
    "election::server",
    "election::system",
    "election::scenario",
    "election::rules",
    "election::story",
    "election::narrate",
    "election::picture",
    "election::trace",
    "election::subject",
    "election::claims",
    "election::catalogue",
    "establishment::mutants",
    "establishment::terms",
    "establishment::network",
    "establishment::protocol",
    "establishment::learner",
    "establishment::leader",
    "establishment::server",
    "establishment::system",
    "establishment::scenario",
    "establishment::rules",
    "establishment::story",
    "establishment::subject",
    "establishment::claims",
    "establishment::catalogue",
    "models",
    "listing",
    "commands",
    "main",
];

/// Those that only hold others together.
const FOLDERS: &[&str] = &["lib", "frame", "terms", "election", "establishment"];

/// A module of the crate and its text, without comments and unit tests.
struct Module {
    path: Vec<String>,
    code: String,
}

fn modules(folder: &Path, path: &[String], found: &mut Vec<Module>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").collect();
    entries.sort_by_key(|entry| entry.as_ref().expect("an entry").path());
    for entry in entries {
        let file = entry.expect("an entry").path();
        let name = file.file_stem().and_then(|name| name.to_str());
        let path = [path, &[name.expect("a name").to_owned()]].concat();
        if file.is_dir() {
            modules(&file, &path, found);
        } else if file.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&file).expect("text");
            let code = code(&text);
            found.push(Module { path, code });
        }
    }
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The names that a path goes through after this one, where several begin together all of them:
/// `a::{b, c}` is `a::b` and `a::c`.
fn paths(rest: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    if let Some(group) = rest.strip_prefix('{') {
        return group_members(group)
            .iter()
            .flat_map(|it| paths(it))
            .collect();
    }
    if name.is_empty() {
        return vec![Vec::new()];
    }
    let below = match after.strip_prefix("::") {
        Some(after) => paths(after),
        None => vec![Vec::new()],
    };
    let with_name = |below: Vec<String>| [vec![name.to_owned()], below].concat();
    below.into_iter().map(with_name).collect()
}

/// What stands between commas up to the brace that closes the group.
fn group_members(group: &str) -> Vec<String> {
    let (mut depth, mut members) = (0, vec![String::new()]);
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                let member = members.last_mut().expect("there is one");
                if !(member.is_empty() && c.is_whitespace()) {
                    member.push(c);
                }
            }
        }
    }
    members
}

/// The modules that this one names.
fn named(module: &Module) -> BTreeSet<Vec<String>> {
    let mut named = BTreeSet::new();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    for root in ["crate::", "fle_model::", "super::"] {
        for (at, _) in module.code.match_indices(root) {
            let before = &module.code[..at];
            // The second of two is found with the first.
            if before.ends_with(is_name) || before.ends_with("super::") {
                continue;
            }
            let mut rest = &module.code[at + root.len()..];
            let mut from = Vec::new();
            if root == "super::" {
                from.clone_from(&module.path);
                from.pop();
                while let Some(higher) = rest.strip_prefix("super::") {
                    (rest, _) = (higher, from.pop());
                }
            }
            named.extend(
                paths(rest)
                    .into_iter()
                    .map(|to| [from.clone(), to].concat()),
            );
        }
    }
    named
}

/// The place in the order of the module that the path leads into.
fn place(path: &[String]) -> Option<usize> {
    let path = path.join("::");
    let leads_into = |module: &&str| {
        let rest = path.strip_prefix(*module);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    ORDER.iter().position(leads_into)
}

/// Every arrow that climbs.
fn climbing(modules: &[Module]) -> Vec<String> {
    let mut climbing = Vec::new();
    for module in modules {
        let path = module.path.join("::");
        let Some(own) = place(&module.path) else {
            assert!(
                FOLDERS.contains(&&*path),
                "{path} has no place in the order"
            );
            continue;
        };
        for to in named(module) {
            let of_the_other = path.starts_with("election::") && to[0] == "establishment"
                || path.starts_with("establishment::") && to[0] == "election";
            if place(&to).is_some_and(|to| to > own) || of_the_other {
                climbing.push(format!("{path} needs {}", to.join("::")));
            }
        }
    }
    climbing
}

#[test]
fn each_module_needs_only_those_before_it() {
    let mut all = Vec::new();
    modules(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &[],
        &mut all,
    );
    let places: BTreeSet<_> = all.iter().filter_map(|it| place(&it.path)).collect();
    assert_eq!(places.len(), ORDER.len(), "each in the order is there");
    assert_eq!(climbing(&all), Vec::<String>::new());
}

#[test]
fn an_arrow_that_climbs_is_seen() {
    let module = |path: &str, text: &str| Module {
        path: path.split("::").map(str::to_owned).collect(),
        code: code(text),
    };
    for (path, text, to) in [
        (
            "frame::check",
            "use crate::election::server::Server;",
            "election::server::Server",
        ),
        (
            "election::system::state",
            "let x = crate::election::rules::X;",
            "election::rules::X",
        ),
        (
            "election::network",
            "use super::{\n    faults::Faults,\n    server::{Server, Wait},\n};",
            "election::server::Server",
        ),
        (
            "election::system::state",
            "use super::super::claims::claims;",
            "election::claims::claims",
        ),
        ("commands::check", "use crate::main::Cli;", "main::Cli"),
        (
            "establishment::rules",
            "use crate::election::faults::Crash;",
            "election::faults::Crash",
        ),
    ] {
        let arrows = climbing(&[module(path, text)]);
        assert!(arrows.contains(&format!("{path} needs {to}")), "{arrows:?}");
    }
    for (path, text) in [
        (
            "election::rules",
            "use super::server::Server; use crate::frame::system::Fairness;",
        ),
        ("election::network", "// use super::server::Server;"),
        (
            "election::system",
            "use crate::election::system::state::State;",
        ),
    ] {
        assert_eq!(climbing(&[module(path, text)]), Vec::<String>::new());
    }
}
