//! What `DEVIATIONS.md` points at exists: each test that it names, in the file that it names.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

/// The sources under a folder, with their paths.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.to_str().unwrap().to_owned(), text));
        }
    }
    found
}

#[test]
fn the_tests_that_deviations_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = sources(&root.join("src"));
    all.extend(sources(&root.join("tests")));
    all.extend(sources(&root.join("../conformance/tests")));
    let text = fs::read_to_string(root.join("DEVIATIONS.md")).unwrap();
    let mut named = 0;
    for name in text.split('`').skip(1).step_by(2) {
        let Some((module, test)) = name.rsplit_once("::") else {
            continue;
        };
        let file = module.strip_suffix("::tests").unwrap_or(module);
        let exists = all
            .iter()
            .any(|(path, text)| path.contains(file) && text.contains(&format!("fn {test}(")));
        assert!(
            exists,
            "`{name}` is named in DEVIATIONS.md and nowhere to be found"
        );
        named += 1;
    }
    assert!(named >= 20, "{named} tests are named");
}
