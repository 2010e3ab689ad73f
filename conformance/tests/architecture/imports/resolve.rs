//! What a path leads to.

use super::read::{Crate, Written, join};

/// A path in the code of a module that leads out of the module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The module in which the path stands, from the crate's root: `transport::queues`.
    pub(crate) from: String,
    /// The line on which it stands, from 1.
    pub(crate) line: usize,
    /// What it leads to.
    pub(crate) to: Target,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A module of this crate.
    Own {
        /// From the crate's root.
        module: String,
        /// What it is that the module defines or hands on; `None` for the module itself.
        item: Option<String>,
    },
    /// Something of another crate: `std::time::Instant`.
    Foreign(String),
}

/// No name is handed on so often: the `use` lines lead in a circle.
const HANDS: usize = 32;

impl Crate {
    /// Every import in the crate.
    pub(crate) fn imports(&self) -> impl Iterator<Item = Import> {
        self.modules.iter().flat_map(|(from, module)| {
            let imports = module.paths.iter();
            imports.filter_map(|written| self.import(from, written))
        })
    }

    /// The names of the modules that stand directly in `parent`.
    pub(crate) fn children<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = &'a str> {
        self.modules.keys().filter_map(move |name| {
            let (before, last) = name.rsplit_once("::").unwrap_or(("", name));
            (before == parent && !last.is_empty()).then_some(last)
        })
    }

    fn import(&self, from: &str, written: &Written) -> Option<Import> {
        let to = self.resolve(from, &written.segments)?;
        if let Target::Own { module, item } = &to {
            let is_variable = item.is_none() && written.segments.len() == 1;
            let is_handed_on = written.is_handed_on && is_within(module, from);
            if module == from || is_variable || is_handed_on {
                return None;
            }
        }
        Some(Import {
            from: from.to_owned(),
            line: written.line,
            to,
        })
    }

    /// What a path in `from` leads to; `None` for a name that was not imported: a variable, a
    /// parameter, the prelude.
    fn resolve(&self, from: &str, path: &[String]) -> Option<Target> {
        self.resolve_in(from, from, path, HANDS)
    }

    /// What a path leads to that stands in `module`, for one who asks from `from`.
    fn resolve_in(
        &self,
        module: &str,
        from: &str,
        path: &[String],
        hands: usize,
    ) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let known = &self.modules[module];
        match first.as_str() {
            "crate" => Some(self.descend("", from, rest, hands)),
            "self" => Some(self.descend(module, from, rest, hands)),
            "super" => Some(self.descend(parent(module), from, rest, hands)),
            name if known.bindings.contains_key(name)
                || known.items.contains(name)
                || self.modules.contains_key(&join(module, name)) =>
            {
                Some(self.descend(module, from, path, hands))
            }
            name if rest.is_empty() || !is_crate(name) => None,
            _ => Some(Target::Foreign(path.join("::"))),
        }
    }

    fn descend(&self, module: &str, from: &str, path: &[String], hands: usize) -> Target {
        let own = |item: Option<&String>| Target::Own {
            module: module.to_owned(),
            item: item.cloned(),
        };
        let Some((name, rest)) = path.split_first() else {
            return own(None);
        };
        if name == "super" {
            return self.descend(parent(module), from, rest, hands);
        }
        let child = join(module, name);
        if self.modules.contains_key(&child) {
            return self.descend(&child, from, rest, hands);
        }
        match self.modules[module].bindings.get(name) {
            // No module of this crate has the name, so it is another crate's.
            Some(bound) if bound.first() == Some(name) => Target::Foreign(path.join("::")),
            Some(bound) if hands > 0 && is_within(from, module) => self
                .resolve_in(module, from, &[bound, rest].concat(), hands - 1)
                .unwrap_or_else(|| own(Some(name))),
            _ => own(Some(name)),
        }
    }
}

/// Types are named otherwise, but for those of the language.
fn is_crate(name: &str) -> bool {
    const TYPES: [&str; 18] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "slice", "str",
        "u8", "u16", "u32", "u64", "u128", "usize",
    ];
    name.starts_with(char::is_lowercase) && !TYPES.contains(&name)
}

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(before, _)| before)
}

/// Whether `module` is `folder` or stands in it.
pub(crate) fn is_within(module: &str, folder: &str) -> bool {
    let below = module.strip_prefix(folder);
    folder.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
