//! How plain Python makes the object of a subject, without this suite.
//!
//! Knows targets and the names in an expression. Must never know what is asked of the object.

use bufcheck_model::case::Make;

use super::python::text;

/// What makes an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// Lines that stand behind the other imports.
    pub(super) imports: Vec<String>,
    /// The expression that makes a fresh one.
    pub(super) expression: String,
    /// The module that has to be installed; `None` for what comes with the interpreter.
    pub(super) module: Option<String>,
}

/// Names that mean something else than a name of the module.
const OWN: [&str; 22] = [
    "and",
    "as",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "else",
    "False",
    "float",
    "if",
    "in",
    "int",
    "is",
    "list",
    "memoryview",
    "None",
    "not",
    "or",
    "range",
    "str",
    "True",
    "tuple",
];

/// Functions that the interpreter has, and a module may have, too: in its namespace its own goes first.
const EITHER: [&str; 22] = [
    "abs",
    "all",
    "any",
    "chr",
    "divmod",
    "enumerate",
    "getattr",
    "iter",
    "len",
    "map",
    "max",
    "min",
    "next",
    "open",
    "ord",
    "pow",
    "reversed",
    "round",
    "slice",
    "sorted",
    "sum",
    "type",
];

/// Modules of the interpreter in which subjects are found.
const STANDARD: [&str; 12] = [
    "_testbuffer",
    "array",
    "builtins",
    "collections",
    "ctypes",
    "io",
    "mmap",
    "multiprocessing",
    "pickle",
    "struct",
    "sys",
    "xml",
];

impl Object {
    /// How an object of this type is made, or why plain Python cannot.
    pub(super) fn of(make: &Make, type_name: &str) -> Result<Self, &'static str> {
        let Make::Expression {
            module,
            expression,
            setup,
            ..
        } = make
        else {
            return Err("the object is built by the suite itself, and no plain Python makes it");
        };
        if module == "bufcheck_corpus" {
            return Err("the object is made by a factory of the suite, and no plain Python makes it");
        }
        let top = module.split('.').next().unwrap_or(module);
        let mut object = Self {
            imports: Vec::new(),
            expression: called(expression, module, type_name),
            module: (!STANDARD.contains(&top)).then(|| top.to_owned()),
        };
        match names(expression) {
            Some(_) if module == "builtins" && setup.is_none() => {}
            Some(names) if setup.is_none() && !names.is_empty() => {
                object
                    .imports
                    .push(format!("from {module} import {}", names.join(", ")));
            }
            Some(_) | None => object.in_a_namespace(module, setup.as_deref()),
        }
        Ok(object)
    }

    /// What is more than a plain expression runs in a copy of the module's namespace, as the suite runs it.
    fn in_a_namespace(&mut self, module: &str, setup: Option<&str>) {
        self.imports.push("import importlib".into());
        self.imports.push(format!(
            "SPACE = dict(vars(importlib.import_module({})))",
            text(module)
        ));
        if let Some(setup) = setup {
            self.imports.push(format!("exec({}, SPACE)", text(setup)));
        }
        self.expression = format!("eval({}, SPACE)", text(&self.expression));
    }
}

/// A class, or a function, that is named alone is called.
fn called(expression: &str, module: &str, type_name: &str) -> String {
    let name = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let own =
        type_name == format!("{module}.{expression}") || (module == "builtins" && type_name == expression);
    if name(expression) && own {
        format!("{expression}()")
    } else {
        expression.to_owned()
    }
}

/// The names that an expression takes from its module, each once; `None` where it binds names of its own.
fn names(expression: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut rest = expression.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter == '"' || letter == '\'' {
            skip_text(letter, &mut rest)?;
            before = letter;
        } else if letter.is_alphabetic() || letter == '_' {
            let mut word = String::from(letter);
            while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
            let mut ahead = rest.clone().skip_while(|next| *next == ' ');
            let (next, after) = (ahead.next(), ahead.next());
            let prefix = matches!(next, Some('"' | '\'')) && rest.peek() == next.as_ref();
            let keyword = next == Some('=') && after != Some('=');
            if ["lambda", "for", "async", "await"].contains(&word.as_str()) || word.starts_with("__") {
                return None;
            }
            if prefix && word.to_lowercase().contains('f') {
                return None;
            }
            if before != '.' && !keyword && EITHER.contains(&word.as_str()) {
                return None;
            }
            if before != '.' && !keyword && !prefix && !OWN.contains(&word.as_str()) && !found.contains(&word)
            {
                found.push(word);
            }
            before = 'a';
        } else if letter.is_ascii_digit() {
            while rest
                .next_if(|next| next.is_alphanumeric() || *next == '_')
                .is_some()
            {}
            before = '0';
        } else if letter == ':' && rest.peek() == Some(&'=') {
            return None;
        } else if letter != ' ' {
            before = letter;
        }
    }
    Some(found)
}

/// Passes over the rest of a string literal; `None` for one in three quotes.
fn skip_text(quote: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<()> {
    let mut first = true;
    while let Some(letter) = rest.next() {
        if letter == '\\' {
            rest.next();
        } else if letter == quote {
            return (!first || rest.peek() != Some(&quote)).then_some(());
        }
        first = false;
    }
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn object(target: &str, setup: Option<&str>, type_name: &str) -> Object {
        let (module, expression) = target.split_once(':').unwrap_or_default();
        let make = Make::Expression {
            module: module.into(),
            expression: expression.into(),
            setup: setup.map(Into::into),
            requires: Vec::new(),
        };
        Object::of(&make, type_name).unwrap()
    }

    #[rstest]
    #[case::plain("ctypes:(c_int * 3)(1, 2)", "from ctypes import c_int", "(c_int * 3)(1, 2)")]
    #[case::attributes(
        "numpy:arange(6, dtype='<i4').T",
        "from numpy import arange",
        "arange(6, dtype='<i4').T"
    )]
    #[case::several(
        "numpy:zeros(2, dtype=int8)[None, ::-1]",
        "from numpy import zeros, int8",
        "zeros(2, dtype=int8)[None, ::-1]"
    )]
    fn names_are_imported(#[case] target: &str, #[case] import: &str, #[case] expression: &str) {
        let found = object(target, None, "");
        assert_eq!(found.imports, [import]);
        assert_eq!(found.expression, expression);
    }

    #[test]
    fn what_comes_with_the_interpreter_needs_nothing() {
        let found = object("builtins:bytearray(b'a' * 3)", None, "bytearray");
        assert!(found.imports.is_empty());
        assert_eq!(found.module, None);
        assert_eq!(
            object("numpy:zeros(1)", None, "").module.as_deref(),
            Some("numpy")
        );
    }

    #[test]
    fn a_class_is_called() {
        assert_eq!(object("mylib:Image", None, "mylib.Image").expression, "Image()");
        assert_eq!(object("mylib:image", None, "mylib.Image").expression, "image");
    }

    #[test]
    fn what_binds_names_runs_in_a_namespace() {
        let found = object("array:array('i', [n for n in range(3)])", None, "");
        assert_eq!(found.imports[0], "import importlib");
        assert!(
            found.expression.starts_with("eval(\"array("),
            "{}",
            found.expression
        );
        let found = object("mylib:thing", Some("thing = make()\n"), "");
        assert_eq!(found.imports[2], "exec(\"thing = make()\\n\", SPACE)");
    }
}
