//! What the arguments stand for: files as they are, the configurations in a directory, and the
//! servers that a YAML text describes.

use super::deployment::{Deployed, servers};
use fle::config::printable;
use fle::small_file;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

/// How long a file may be, in bytes.
pub(super) const LONGEST: u64 = 1 << 20;
/// How many folders deep a directory is searched: `zoo1/conf/zoo.cfg`.
const DEPTH: usize = 3;

pub(super) enum Source {
    /// On this machine.
    File(PathBuf),
    /// In a YAML text.
    Deployed(Deployed),
}

/// # Errors
/// Why there is nothing to check.
pub(super) fn sources(path: &Path) -> Result<Vec<Source>, String> {
    let name = printable(&path.to_string_lossy());
    let found = if path.is_dir() {
        let mut files = Vec::new();
        search(path, DEPTH, &mut files);
        files.sort();
        // A text about something else may stand among them.
        let deployed = |file: &PathBuf| match is_yaml(file) {
            true => yaml(file).unwrap_or_default(),
            false => vec![Source::File(file.clone())],
        };
        files.iter().flat_map(deployed).collect()
    } else if is_yaml(path) {
        yaml(path)?
    } else {
        vec![Source::File(path.to_owned())]
    };
    if found.is_empty() {
        let kind = if path.is_dir() {
            "it is a directory, not a file, and "
        } else {
            ""
        };
        return Err(format!(
            "{name}: {kind}there is no ZooKeeper configuration in it; \
             correct the path to it, or name the files themselves"
        ));
    }
    Ok(found)
}

/// Kubernetes mounts a file in a folder of the day, `..2026_11_30`, beside links to that folder and
/// to the file in it: only the last counts, as whoever mounts it names no other.
fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_mount = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b"..");
    for path in entries.filter(|it| !is_mount(it)).map(|it| it.path()) {
        if path.is_dir() && depth > 1 {
            search(&path, depth - 1, found);
        } else if path.is_file() && (is_static(&path) || is_yaml(&path)) {
            found.push(path);
        }
    }
}

/// Whether the name is a static file's; Kafka's is `zookeeper.properties`.
fn is_static(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| {
        let properties = name.strip_suffix(".properties");
        name.ends_with(".cfg") || properties.is_some_and(|name| name.contains("zoo"))
    })
}

fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yml" | "yaml"))
}

fn yaml(path: &Path) -> Result<Vec<Source>, String> {
    let name = path.to_string_lossy();
    let text = small_file::read(path, LONGEST).map_err(|error| error.to_string());
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let found = text.and_then(|text| servers(&name, &text));
    let found = found.map_err(|error| {
        let (name, error) = (printable(&name), printable(&error));
        format!("{name}: the file cannot be read: {error}; correct the file, or the path to it")
    });
    Ok(found?.into_iter().map(Source::Deployed).collect())
}
