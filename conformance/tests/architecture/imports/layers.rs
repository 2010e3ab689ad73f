//! The order in which modules may know each other.

use super::read::Crate;
use super::resolve::{Import, Target, is_within};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// For each folder of a crate its layers, from the ground up: `("transport", &["frame", "link
/// queues", "self"])`. A module may import those in the layers before its own, and no other.
///
/// The crate's root is the folder `crate`. `self` is what stands in the folder's own file. Where it
/// is not listed it is before all layers, as a file is that does nothing but hand on.
pub(crate) type Layers<'a> = &'a [(&'a str, &'a [&'a str])];

/// What stands in a folder's own file.
const OWN: &str = "self";

impl Crate {
    /// Where the crate is not in these layers, one in a line; empty where all is well.
    #[must_use]
    pub(crate) fn faults(&self, layers: Layers<'_>) -> Vec<String> {
        let imports: Vec<Import> = self.imports().collect();
        let mut faults = Vec::new();
        let mut stated: BTreeMap<&str, &[&str]> = layers.iter().copied().collect();
        for folder in self.folders() {
            match stated.remove(shown(folder)) {
                Some(rows) => faults.extend(self.compare(folder, rows, &imports)),
                None => faults.push(format!("{}: no layers are stated for it", shown(folder))),
            }
        }
        faults.extend(stated.keys().map(|name| format!("{name}: is no folder")));
        faults
    }

    fn folders(&self) -> impl Iterator<Item = &str> {
        let modules = self.modules.keys().map(String::as_str);
        modules.filter(|name| self.children(name).next().is_some())
    }

    fn compare(&self, folder: &str, rows: &[&str], imports: &[Import]) -> Vec<String> {
        let children: BTreeSet<&str> = self.children(folder).collect();
        let (heights, mut faults) = heights(rows);
        let unlisted = children.iter().filter(|name| !heights.contains_key(*name));
        faults.extend(unlisted.map(|name| format!("no layer lists {name}")));
        let is_there = |name: &str| name == OWN || children.contains(name);
        let gone = heights.keys().filter(|name| !is_there(name));
        faults.extend(gone.map(|name| format!("{name} is listed, and is no module of it")));

        let arrows = imports.iter().filter_map(|import| arrow(folder, import));
        let climbing = arrows.filter(|(from, to, _)| heights.get(from) <= heights.get(to));
        faults.extend(climbing.map(|(from, to, import)| {
            format!("{from} imports {to}, which is not before it: {import}")
        }));
        let told = faults.iter();
        told.map(|fault| format!("{}: {fault}", shown(folder)))
            .collect()
    }
}

/// In which layer each module is, and what is wrong with the list.
fn heights<'a>(rows: &[&'a str]) -> (BTreeMap<&'a str, usize>, Vec<String>) {
    let mut heights = BTreeMap::new();
    let mut faults = Vec::new();
    for (height, row) in rows.iter().enumerate() {
        for name in row.split_whitespace() {
            if heights.insert(name, height).is_some() {
                faults.push(format!("{name} is listed twice"));
            }
        }
    }
    (heights, faults)
}

/// The two modules of `folder` that an import ties, if it does.
fn arrow<'a>(folder: &str, import: &'a Import) -> Option<(&'a str, &'a str, &'a Import)> {
    let Target::Own { module, .. } = &import.to else {
        return None;
    };
    let (from, to) = (part_of(folder, &import.from)?, part_of(folder, module)?);
    (from != to).then_some((from, to, import))
}

/// The part of `folder` that `module` is or stands in, if it does.
fn part_of<'a>(folder: &str, module: &'a str) -> Option<&'a str> {
    if !is_within(module, folder) {
        return None;
    }
    let below = module[folder.len()..].trim_start_matches("::");
    let part = below.split("::").next().filter(|part| !part.is_empty());
    Some(part.unwrap_or(OWN))
}

fn shown(module: &str) -> &str {
    if module.is_empty() { "crate" } else { module }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, line) = (shown(&self.from), self.line);
        match &self.to {
            Target::Own { module, item } => {
                let item = item.iter().map(|item| format!("::{item}"));
                let item: String = item.collect();
                write!(f, "{from}, line {line}: {}{item}", shown(module))
            }
            Target::Foreign(path) => write!(f, "{from}, line {line}: {path}"),
        }
    }
}
