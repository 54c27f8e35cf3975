//! No circle between files: within each crate, whoever uses a file is not used by it, by however many steps.
//!
//! Knows how a path in Rust leads to the file that defines a name. A `mod` line and a re-export are no use: they say
//! where things are, not what is needed. Unit tests within a file are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Item, ItemMod, UseTree, Visibility};

/// The folders of sources, one a crate.
const CRATES: [&str; 9] = [
    "cases/src",
    "harness/protocol/src",
    "harness/model/src",
    "harness/rules/src",
    "harness/probe/src",
    "harness/runner/src",
    "harness/bufcheck/src",
    "reports/src",
    "python/src",
];

/// How many re-exports are followed until a name is defined.
const DEPTH: usize = 16;

/// Names from the root of a crate.
type Names = Vec<String>;

/// The modules of a crate, each with its file and the names that it hands on.
#[derive(Default)]
struct Crate {
    modules: BTreeMap<Names, Module>,
}

struct Module {
    file: PathBuf,
    syntax: syn::File,
    /// What the module calls by a name of its own: where that leads.
    exports: BTreeMap<String, Names>,
}

impl Crate {
    fn read(folder: &Path) -> Self {
        let mut found = Self::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).expect("a folder of sources") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = std::fs::read_to_string(&path).expect("a source");
                    let syntax = syn::parse_file(&text).expect("Rust");
                    let name = module_of(folder, &path);
                    let module = Module {
                        exports: BTreeMap::new(),
                        file: path,
                        syntax,
                    };
                    found.modules.insert(name, module);
                }
            }
        }
        let mut all = Vec::new();
        for (name, module) in &found.modules {
            for item in &module.syntax.items {
                if let Item::Use(item) = item
                    && !matches!(item.vis, Visibility::Inherited)
                {
                    for (called, leads) in leaves(&item.tree, &[]) {
                        if let Some(leads) = found.absolute(name, &leads) {
                            all.push((name.clone(), called, leads));
                        }
                    }
                }
            }
        }
        for (name, called, leads) in all {
            let module = found.modules.get_mut(&name).expect("a module that was read");
            module.exports.insert(called, leads);
        }
        found
    }

    /// A path as it is written in a module, from the root of the crate; `None` where it leads to another crate.
    fn absolute(&self, within: &[String], path: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        let mut start: Names = match first.as_str() {
            "crate" => Vec::new(),
            "self" => within.to_vec(),
            "super" => within.split_last()?.1.to_vec(),
            name => {
                let child: Names = within.iter().cloned().chain([name.to_owned()]).collect();
                if !self.modules.contains_key(&child) {
                    return None;
                }
                child
            }
        };
        for name in rest {
            if name == "super" {
                start.pop()?;
            } else if name != "self" {
                start.push(name.clone());
            }
        }
        Some(start)
    }

    /// The file in which what a path leads to is defined.
    fn file(&self, path: &[String], depth: usize) -> Option<&Path> {
        let mut at: Names = Vec::new();
        for (number, name) in path.iter().enumerate() {
            let child: Names = at.iter().cloned().chain([name.clone()]).collect();
            if self.modules.contains_key(&child) {
                at = child;
                continue;
            }
            let leads = self.modules.get(&at)?.exports.get(name);
            return match leads {
                Some(leads) if depth > 0 => {
                    let whole: Names = leads.iter().chain(&path[number + 1..]).cloned().collect();
                    self.file(&whole, depth - 1)
                }
                _ => Some(&self.modules.get(&at)?.file),
            };
        }
        Some(&self.modules.get(&at)?.file)
    }

    /// Which file uses which.
    fn uses(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let mut uses: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (name, module) in &self.modules {
            let mut paths = Paths::default();
            paths.visit_file(&module.syntax);
            let targets = uses.entry(&module.file).or_default();
            for path in paths.found {
                let file = self
                    .absolute(name, &path)
                    .and_then(|path| self.file(&path, DEPTH));
                targets.extend(file.filter(|file| *file != module.file));
            }
        }
        uses
    }
}

/// Whether what stands under it is compiled for tests alone: `cfg(test)` or `cfg(all(test, ...))`.
fn for_tests(attribute: &syn::Attribute) -> bool {
    let is_test = |meta: &syn::Meta| meta.path().is_ident("test");
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Meta>().is_ok_and(|meta| match &meta {
            syn::Meta::List(all) if all.path.is_ident("all") => all
                .parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
                .is_ok_and(|parts| parts.iter().any(is_test)),
            other => is_test(other),
        })
}

/// Every path that code writes, whether it brings a name in or stands in the middle of an expression.
#[derive(Default)]
struct Paths {
    found: Vec<Names>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !item.attrs.iter().any(for_tests) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if matches!(item.vis, Visibility::Inherited) {
            self.found
                .extend(leaves(&item.tree, &[]).into_iter().map(|(_, path)| path));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.found.push(
                path.segments
                    .iter()
                    .map(|segment| segment.ident.to_string())
                    .collect(),
            );
        }
        syn::visit::visit_path(self, path);
    }
}

/// The names that a `use` brings in, each with its path.
fn leaves(tree: &UseTree, before: &[String]) -> Vec<(String, Names)> {
    let with = |name: String| -> Names { before.iter().cloned().chain([name]).collect() };
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(path.ident.to_string())),
        UseTree::Name(name) if name.ident == "self" => {
            vec![(before.last().cloned().unwrap_or_default(), before.to_vec())]
        }
        UseTree::Name(name) => vec![(name.ident.to_string(), with(name.ident.to_string()))],
        UseTree::Rename(rename) => vec![(rename.rename.to_string(), with(rename.ident.to_string()))],
        UseTree::Glob(_) => vec![("*".to_owned(), before.to_vec())],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before)).collect(),
    }
}

fn module_of(folder: &Path, file: &Path) -> Names {
    let relative = file
        .strip_prefix(folder)
        .expect("a file within the folder")
        .with_extension("");
    let mut names: Names = relative
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if names
        .last()
        .is_some_and(|name| name == "mod" || name == "lib" || name == "main")
    {
        names.pop();
    }
    names
}

/// Everything that a file uses, by however many steps.
fn reached<'a>(uses: &BTreeMap<&'a Path, BTreeSet<&'a Path>>, from: &'a Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        for used in uses.get(file).into_iter().flatten() {
            if reached.insert(*used) {
                next.push(*used);
            }
        }
    }
    reached
}

#[test]
fn no_file_uses_itself_through_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut circles = BTreeSet::new();
    for folder in CRATES {
        let found = Crate::read(&root.join(folder));
        let uses = found.uses();
        let all: BTreeMap<&Path, BTreeSet<&Path>> =
            uses.keys().map(|file| (*file, reached(&uses, file))).collect();
        for (file, through) in &all {
            if through.contains(file) {
                let circle: Vec<String> = all
                    .iter()
                    .filter(|(other, back)| through.contains(*other) && back.contains(file))
                    .map(|(other, _)| other.strip_prefix(&root).unwrap_or(other).display().to_string())
                    .collect();
                circles.insert(circle);
            }
        }
    }
    assert!(circles.is_empty(), "files that use each other: {circles:#?}");
}

#[test]
fn uses_are_seen() {
    // Were nothing resolved, no circle could be found: an edge and a re-export that are known to be there.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("harness/rules/src");
    let found = Crate::read(&folder);
    let uses = found.uses();
    let from = folder.join("overtime/judge.rs");
    let names: BTreeSet<String> = uses[from.as_path()]
        .iter()
        .map(|file| file.strip_prefix(&folder).unwrap_or(file).display().to_string())
        .collect();
    assert!(
        names.contains("death.rs") && names.contains("overtime/play.rs"),
        "{names:?}"
    );
}
