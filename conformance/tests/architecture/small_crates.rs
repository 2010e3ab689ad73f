//! What is read out of small crates, and where they are not in their layers.

use crate::imports::{Crate, Layers, Target};
use std::fs;
use tempfile::TempDir;

/// A crate of these files, each a path and a text.
fn of(files: &[(&str, &str)]) -> Crate {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Crate::read(folder.path().join("lib.rs")).unwrap()
}

/// A crate of two modules, the second of which is above the first.
fn pair(lower: &str, upper: &str) -> Vec<String> {
    let root = "mod lower;\nmod upper;\n";
    let files = [("lib.rs", root), ("lower.rs", lower), ("upper.rs", upper)];
    of(&files).faults(&[("crate", &["lower", "upper"])])
}

fn foreign(text: &str) -> Vec<String> {
    let imports = of(&[("lib.rs", text)]);
    let imports = imports.imports().map(|import| match import.to {
        Target::Foreign(path) => path,
        own @ Target::Own { .. } => panic!("{own:?} is the crate's own"),
    });
    imports.collect()
}

#[test]
fn who_imports_what_is_before_it_is_at_no_fault() {
    assert_eq!(pair("pub struct Low;", "use crate::lower::Low;"), [""; 0]);
}

#[test]
fn an_arrow_that_climbs_is_told_with_its_line() {
    let climbs = "\nuse crate::upper::High;\nstruct Low;";
    let told = "crate: lower imports upper, which is not before it: \
                lower, line 2: upper::High";
    assert_eq!(pair(climbs, "pub struct High;"), [told]);
}

#[test]
fn an_arrow_climbs_however_it_is_written() {
    for climbs in [
        "use super::upper::High;",
        "use crate::upper;",
        "use crate::upper::*;",
        "use crate::{upper::High as H, upper::{self}};",
        "use std::{fmt, io}; use crate::{upper::{High}};",
        "fn f() { use crate::upper::High; }",
        "fn f() -> crate::upper::High { todo!() }",
        "fn f() { println!(\"{}\", crate::upper::HIGH + 1); }",
        "fn f() { assert!({ let x: super::upper::High; true }); }",
        "#[derive(Debug)] struct S(Vec<Option<super::upper::High>>);",
        "#[error(\"{}\", crate::upper::tell(.0))] struct S;",
        "impl S { fn f(&self) { crate::upper::f(self) } }",
        "pub(crate) use crate::upper::High;",
        "mod inner { use super::super::upper::High; }",
    ] {
        let layers: Layers<'_> = &[("crate", &["lower", "upper"]), ("lower", &["inner"])];
        let root = "mod lower;\nmod upper;\n";
        let files = [
            ("lib.rs", root),
            ("lower.rs", climbs),
            ("upper.rs", "pub struct High;"),
        ];
        let faults = of(&files).faults(layers);
        let climb = |fault: &&String| fault.contains("lower imports upper, which is not before it");
        assert_ne!(
            faults.iter().filter(climb).count(),
            0,
            "{climbs}: {faults:?}"
        );
    }
}

#[test]
fn what_is_no_import_is_none() {
    for harmless in [
        "#[cfg(test)] mod tests { use crate::upper::High; }",
        "#[cfg(test)] use crate::upper::High;",
        "impl S { #[cfg(test)] fn f(&self) { crate::upper::f(self) } }",
        "/// As [`High`](crate::upper::High) does.\nstruct S;",
        "pub(in crate::upper) struct S;",
        "#[allow(upper::lint)] struct S;",
        "fn f() -> &'static str { \"crate::upper::High\" }",
    ] {
        assert_eq!(pair(harmless, "pub struct High;"), [""; 0], "{harmless}");
    }
}

#[test]
fn neighbours_in_a_layer_do_not_know_each_other() {
    let files = [
        ("lib.rs", "mod one;\nmod other;"),
        ("one.rs", "use crate::other::It;"),
        ("other.rs", "pub struct It;"),
    ];
    let faults = of(&files).faults(&[("crate", &["one other"])]);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn a_name_that_a_parent_hands_on_leads_to_where_it_stands() {
    let handed = |root: &str| {
        let files = [
            ("lib.rs", root),
            ("one.rs", "use super::It;"),
            ("other.rs", "pub struct It;"),
        ];
        of(&files).faults(&[("crate", &["other", "one", "self"])])
    };
    assert_eq!(handed("mod one;\nmod other;\npub use other::It;"), [""; 0]);
    // Defined by the root itself, the name leads up to the root.
    assert_eq!(handed("mod one;\nmod other;\npub struct It;").len(), 1);
}

#[test]
fn a_name_that_another_hands_on_leads_to_the_other() {
    let handing = [
        ("lib.rs", "mod ground;\nmod one;\nmod other;"),
        ("ground.rs", "pub struct It;"),
        ("one.rs", "use crate::other::It;"),
        ("other.rs", "pub use crate::ground::It;"),
    ];
    let faults = of(&handing).faults(&[("crate", &["ground", "one", "other"])]);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn a_parent_that_hands_on_does_not_know_its_children_and_one_that_uses_them_does() {
    let parent = |uses: &str| {
        let root = format!("mod child;\npub use child::It;\n{uses}");
        let files = [("lib.rs", root.as_str()), ("child.rs", "pub struct It;")];
        of(&files).faults(&[("crate", &["self", "child"])])
    };
    assert_eq!(parent(""), [""; 0]);
    assert_eq!(parent("fn f(it: It) {}").len(), 1);
    // A variable of the child's name is not the child.
    assert_eq!(parent("fn f(child: u8) -> u8 { child + 1 }"), [""; 0]);
}

#[test]
fn the_layers_of_a_folder_are_its_own() {
    let files = [
        ("lib.rs", "mod outer;\nmod top;"),
        ("outer.rs", "mod a;\nmod b;\nuse b::B;"),
        ("outer/a.rs", "use super::b::B;\nuse crate::top::Top;"),
        ("outer/b.rs", "pub struct B;"),
        ("top.rs", "pub struct Top;"),
    ];
    let krate = of(&files);
    let sound: Layers<'_> = &[("crate", &["top", "outer"]), ("outer", &["b", "a self"])];
    assert_eq!(krate.faults(sound), [""; 0]);
    let turned: Layers<'_> = &[("crate", &["outer", "top"]), ("outer", &["a", "b", "self"])];
    assert_eq!(krate.faults(turned).len(), 2);
    let silent: Layers<'_> = &[("crate", &["top", "outer"]), ("outer", &["b", "a"])];
    assert_eq!(krate.faults(silent).len(), 1, "the parent imports a child");
}

#[test]
fn layers_and_modules_are_the_same() {
    let files = [
        ("lib.rs", "mod one;\nmod two;"),
        ("one.rs", ""),
        ("two.rs", "mod three;"),
        ("two/three.rs", ""),
    ];
    let faults = of(&files).faults(&[("crate", &["one gone", "one"]), ("lost", &[])]);
    let told = [
        "crate: one is listed twice",
        "crate: no layer lists two",
        "crate: gone is listed, and is no module of it",
        "two: no layers are stated for it",
        "lost: is no folder",
    ];
    assert_eq!(faults, told);
}

#[test]
fn paths_of_other_crates_are_followed_to_their_names() {
    assert_eq!(
        foreign("use std::{fmt, io::{self, Read}};"),
        ["std::fmt", "std::io", "std::io::Read"]
    );
    let aliased = "use tokio::time as clock;\nfn f() { clock::sleep(S::ZERO, u8::MAX); }";
    assert_eq!(foreign(aliased), ["tokio::time", "tokio::time::sleep"]);
    assert_eq!(
        foreign("use log::log;\nfn f() { log::info(); }"),
        ["log::log", "log::info"]
    );
    assert_eq!(foreign("#[deny(clippy::todo)] struct S;"), [""; 0]);
    assert_eq!(foreign("enum E { A }\nfn f() -> E { E::A }"), [""; 0]);
    assert_eq!(
        foreign("async fn f() { tokio::select! { () = std::future::pending() => {} } }"),
        ["tokio::select", "std::future::pending"]
    );
}

#[test]
fn a_module_without_its_file_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("lib.rs"), "mod absent;").unwrap();
    let error = Crate::read(folder.path().join("lib.rs")).unwrap_err();
    assert!(error.to_string().contains("absent.rs"), "{error}");
}
