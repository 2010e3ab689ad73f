//! The modules of a crate, as their files declare them, and the paths that stand in each.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io, mem};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ImplItem, Item, ItemMod, ItemUse, MetaList, UseTree, Visibility};

/// The modules of a crate, without those under `#[cfg(test)]`.
#[derive(Debug)]
pub(crate) struct Crate {
    /// By path from the root, which is empty: `transport::queues`.
    pub(crate) modules: BTreeMap<String, Module>,
}

/// One module, without its children and its tests.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// What its `use` lines bind: a name, and the path that it stands for.
    pub(crate) bindings: BTreeMap<String, Vec<String>>,
    /// The names of what it defines.
    pub(crate) items: BTreeSet<String>,
    pub(crate) paths: Vec<Written>,
}

/// A path as it is written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    /// Whether it stands in a `use` line that others can see.
    pub(crate) is_handed_on: bool,
}

/// A source file that cannot be read.
#[derive(Debug)]
pub(crate) struct ReadError {
    file: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Unreadable(io::Error),
    NoRust(syn::Error),
}

impl Crate {
    /// Reads the crate whose root file is `root`, with the file of every module that it declares.
    ///
    /// # Errors
    /// When a file is missing or is no Rust.
    pub(crate) fn read(root: impl AsRef<Path>) -> Result<Self, ReadError> {
        let root = root.as_ref();
        let folder = root.parent().unwrap_or(Path::new(""));
        let mut modules = BTreeMap::new();
        read_file(root, folder, String::new(), &mut modules)?;
        Ok(Self { modules })
    }
}

/// `folder` is where the files of the module's children are.
fn read_file(
    file: &Path,
    folder: &Path,
    name: String,
    modules: &mut BTreeMap<String, Module>,
) -> Result<(), ReadError> {
    let failed = |why| ReadError {
        file: file.to_owned(),
        why,
    };
    let text = fs::read_to_string(file).map_err(|error| failed(Why::Unreadable(error)))?;
    let parsed = syn::parse_file(&text).map_err(|error| failed(Why::NoRust(error)))?;
    read_items(&parsed.items, folder, name, modules)
}

fn read_items(
    items: &[Item],
    folder: &Path,
    name: String,
    modules: &mut BTreeMap<String, Module>,
) -> Result<(), ReadError> {
    let mut module = Module::default();
    for item in items {
        module.items.extend(name_of(item));
        module.visit_item(item);
    }
    for child in items.iter().filter_map(as_module) {
        let child_name = child.ident.to_string();
        let (below, path) = (folder.join(&child_name), join(&name, &child_name));
        match &child.content {
            Some((_, items)) => read_items(items, &below, path, modules)?,
            None => read_file(&below.with_extension("rs"), &below, path, modules)?,
        }
    }
    modules.insert(name, module);
    Ok(())
}

fn as_module(item: &Item) -> Option<&ItemMod> {
    match item {
        Item::Mod(module) if !is_test(&module.attrs) => Some(module),
        _ => None,
    }
}

/// `child` in the module `parent`.
pub(crate) fn join(parent: &str, child: &str) -> String {
    match parent {
        "" => child.to_owned(),
        _ => format!("{parent}::{child}"),
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|condition| condition.is_ident("test"))
    })
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Every path that a `use` tree imports, with the name that it binds to the path.
fn leaves(tree: &UseTree, before: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let with = |ident: &Ident| match ident == "self" {
        true => before.to_owned(),
        false => [before, &[ident.to_string()]].concat(),
    };
    match tree {
        UseTree::Path(path) => leaves(
            &path.tree,
            &[before, &[path.ident.to_string()]].concat(),
            found,
        ),
        UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|tree| leaves(tree, before, found)),
        UseTree::Glob(_) => found.push((before.to_owned(), "*".to_owned())),
        UseTree::Name(name) => {
            let path = with(&name.ident);
            let bound = path.last().cloned().unwrap_or_default();
            found.push((path, bound));
        }
        UseTree::Rename(rename) => found.push((with(&rename.ident), rename.rename.to_string())),
    }
}

impl Module {
    fn take(&mut self, segments: Vec<String>, line: usize) {
        self.paths.push(Written {
            segments,
            line,
            is_handed_on: false,
        });
    }

    /// What stands in the arguments of a macro is no syntax tree: a path is told by its `::`.
    fn take_tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut line, mut colons) = (Vec::new(), 0, 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.take(mem::take(&mut path), line);
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                }
                TokenTree::Group(group) => {
                    self.take(mem::take(&mut path), line);
                    self.take_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.take(mem::take(&mut path), line);
                }
            }
            colons = 0;
        }
        self.take(path, line);
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        if !matches!(item, Item::Mod(_)) && !is_test(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let is_for_tests = matches!(item, ImplItem::Fn(method) if is_test(&method.attrs));
        if !is_for_tests {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        let mut found = Vec::new();
        leaves(&import.tree, &[], &mut found);
        for (segments, bound) in found {
            self.bindings.insert(bound, segments.clone());
            self.paths.push(Written {
                segments,
                line: import.span().start().line,
                is_handed_on: !matches!(import.vis, Visibility::Inherited),
            });
        }
    }

    /// It says who may import, and imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.take(segments.collect(), path.span().start().line);
        visit::visit_path(self, path);
    }

    /// A lint is no item.
    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        let levels = ["allow", "deny", "expect", "forbid", "warn"];
        if !levels.iter().any(|level| list.path.is_ident(level)) {
            visit::visit_meta_list(self, list);
        }
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.take_tokens(tokens.clone());
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        match &self.why {
            Why::Unreadable(error) => write!(f, "{error}"),
            Why::NoRust(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ReadError {}
