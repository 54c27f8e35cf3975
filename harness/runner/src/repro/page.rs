//! The frame of a script: its head, the struct, and the lines between which a template puts its own.
//!
//! Knows what every script says first. Must never know what is asked of the object.

use bufcheck_model::case::RuleData;
use bufcheck_model::link;

use super::object::Object;
use super::python::{WIDTH, sentence};

/// Lines of a script, at most.
pub(super) const LINES: usize = 40;

/// `Py_buffer`, whole, so that the struct is right.
pub(super) const STRUCT: &[&str] = &[
    "class Py_buffer(Structure):",
    "    _fields_ = [(\"buf\", c_void_p), (\"obj\", c_void_p), (\"len\", c_ssize_t), (\"itemsize\", c_ssize_t), (\"readonly\", c_int),",
    "                (\"ndim\", c_int), (\"format\", c_char_p), (\"shape\", POINTER(c_ssize_t)), (\"strides\", POINTER(c_ssize_t)),",
    "                (\"suboffsets\", POINTER(c_ssize_t)), (\"internal\", c_void_p)]",
    "",
];

/// Starts the script once more with allocators that overwrite what is freed, and notice what is damaged.
pub(super) const DEBUG: &[&str] = &[
    "if os.environ.get(\"PYTHONMALLOC\") != \"debug\":  # then freed memory is overwritten, and shows",
    "    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {\"PYTHONMALLOC\": \"debug\", \"MALLOC_PERTURB_\": \"167\", \"GLIBC_TUNABLES\": \"glibc.malloc.tcache_count=0\"})",
];

/// What the struct and the calls need.
const CTYPES: [&str; 8] = [
    "POINTER",
    "Structure",
    "byref",
    "c_char_p",
    "c_int",
    "c_ssize_t",
    "c_void_p",
    "py_object",
];

/// A script, in parts.
pub(super) struct Page<'a> {
    pub(super) rule: &'a RuleData,
    pub(super) object: &'a Object,
    /// What the subject is called.
    pub(super) subject: &'a str,
    /// Version of the object's package, where known.
    pub(super) version: Option<&'a str>,
    /// Modules of the standard library beside `platform` and `sys`.
    pub(super) modules: &'a [&'a str],
    /// Further names of `ctypes`; `None` where none is needed.
    pub(super) ctypes: Option<&'a [&'a str]>,
    /// Everything behind the imports.
    pub(super) body: Vec<String>,
}

/// Adds a text, line by line.
pub(super) fn extend(body: &mut Vec<String>, text: &str) {
    body.extend(text.lines().map(str::to_owned));
}

/// Puts what one statement is the whole body of behind its head, where there are too many lines.
fn joined(lines: &mut Vec<String>) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let heads = ["try:", "except ", "if ", "else:"];
    let mut at = 6; // The head of the script keeps its form.
    while lines.len() > LINES && at + 1 < lines.len() {
        let (head, inner) = (&lines[at], &lines[at + 1]);
        let alone = lines.get(at + 2).is_none_or(|next| indent(next) <= indent(head));
        // Only a simple statement stands behind a head.
        let compound = [
            "try:", "except ", "if ", "else:", "for ", "while ", "with ", "def ", "class ", "#",
        ];
        let simple = |line: &str| {
            let starts = |word: &str| line.trim_start().starts_with(word);
            !line.contains(" # ") && !compound.iter().any(|word| starts(word))
        };
        let opens = head.ends_with(':') && heads.iter().any(|word| head.trim_start().starts_with(word));
        let fits = head.len() + inner.trim_start().len() < WIDTH;
        if opens && alone && simple(inner) && indent(inner) > indent(head) && fits {
            let inner = lines.remove(at + 1);
            lines[at].push(' ');
            lines[at].push_str(inner.trim_start());
        }
        at += 1;
    }
}

impl Page<'_> {
    /// The text, if it fits.
    pub(super) fn text(&self) -> Result<String, String> {
        let mut lines = self.head();
        lines.extend(self.imports());
        lines.push(String::new());
        lines.extend(self.body.iter().cloned());
        if lines.len() > LINES {
            // The head keeps its form.
            let mut number = 0;
            lines.retain(|line| {
                number += 1;
                number < 3 || !line.is_empty()
            });
        }
        joined(&mut lines);
        if lines.len() > LINES {
            return Err(format!(
                "the script would have {} lines, and {LINES} are one screen",
                lines.len()
            ));
        }
        Ok(lines.join("\n") + "\n")
    }

    fn head(&self) -> Vec<String> {
        let rule = self.rule;
        let title = if rule.title.is_empty() {
            &rule.statement
        } else {
            &rule.title
        };
        let link = rule.source.iter().find_map(link::source);
        let mut lines = vec![
            format!(
                "\"\"\"{}",
                sentence(&format!("{}: {title}", self.subject), WIDTH - 4)
            ),
            String::new(),
            sentence(
                &format!(
                    "Rule {} ({}): {}",
                    rule.id,
                    rule.level.name(),
                    link.unwrap_or_default()
                ),
                WIDTH,
            ),
        ];
        if !rule.why.is_empty() {
            lines.push(sentence(&format!("Why: {}", rule.why), WIDTH));
        }
        let needs = match (&self.object.module, self.version) {
            (None, _) => "nothing but CPython".to_owned(),
            (Some(module), None) => module.clone(),
            (Some(module), Some(version)) => format!("{module} {version}"),
        };
        lines.push(sentence(
            &format!("Needs: {needs}.   Run: python FILE   Exit status 1: the fault shows, 0: it does not."),
            WIDTH,
        ));
        lines.push("\"\"\"".into());
        lines
    }

    fn imports(&self) -> Vec<String> {
        let mut modules = vec!["platform", "sys"];
        modules.extend(self.modules);
        modules.sort_unstable();
        modules.dedup();
        let mut lines = vec![format!("import {}", modules.join(", "))];
        if let Some(more) = self.ctypes {
            let mut names = [&CTYPES, more].concat();
            names.push("pythonapi");
            names.sort_unstable();
            names.dedup();
            lines.push(format!("from ctypes import {}", names.join(", ")));
        }
        lines.extend(self.object.imports.iter().cloned());
        lines
    }

    /// Prints the versions.
    pub(super) fn versions(object: &Object, version: Option<&str>) -> String {
        match (&object.module, version) {
            (Some(module), Some(_)) => format!(
                "print(\"CPython\", platform.python_version(), \"{module}\", getattr(sys.modules[\"{module}\"], \"__version__\", \"\"))"
            ),
            _ => "print(\"CPython\", platform.python_version())".to_owned(),
        }
    }
}
