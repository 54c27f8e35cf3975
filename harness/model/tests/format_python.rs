//! Generated strings and those of the vectors, put to a real Python: the struct module and, where it is installed, `NumPy`.
//!
//! Knows how to ask one Python process about many strings, and where this crate and `NumPy` part ways on
//! purpose ([`REFUSED_HERE`]). Must never know how formats are parsed.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use bufcheck_model::case::FormatCases;
use bufcheck_protocol::format::{Fault, Format, FormatError, Platform};

const STRINGS: usize = 6000;

/// Reads one JSON string a line; answers `struct.calcsize` and the itemsize of `NumPy`'s parser, each null
/// where it raises. The first line says which interpreter and which `NumPy` answer.
const ASK: &str = r"
import json, struct, sys
try:
    import numpy
    from numpy._core._internal import _dtype_from_pep3118
except ImportError:
    numpy = None
print(json.dumps([list(sys.version_info[:2]), numpy and numpy.__version__]))
def ask(question, text):
    try:
        return question(text)
    except Exception:
        return None
for line in sys.stdin:
    text = json.loads(line)
    known = numpy and ask(lambda text: _dtype_from_pep3118(text).itemsize, text)
    print(json.dumps([ask(struct.calcsize, text), known]))
";

type Refusal = (Fault, fn(&str) -> bool, &'static str);

/// Strings that `NumPy` takes and this crate refuses: the fault, what stands at its place, and the reason.
const REFUSED_HERE: [Refusal; 5] = [
    (
        Fault::NoStandardSize,
        |found| found.starts_with('O'),
        "NumPy gives `O` its native size under every order mark",
    ),
    (
        Fault::UnclosedBrace,
        |_| true,
        "NumPy reads the end of the string as the end of every struct",
    ),
    (
        Fault::UnopenedBrace,
        |_| true,
        "NumPy stops at a closing brace too many and ignores what follows",
    ),
    (
        Fault::TooDeep,
        |_| true,
        "NumPy follows structs as deep as Python's own stack",
    ),
    (
        Fault::UnknownCode,
        |found| found.starts_with('\u{663}'),
        "NumPy reads the digits of every script as a count",
    ),
];

#[test]
fn generated_strings_mean_the_same_to_python() {
    let mut strings: Vec<String> = (0..STRINGS as u64)
        .map(|seed| Generator::new(seed).format())
        .collect();
    strings.extend(vectors());
    let (version, numpy, answers) = ask(&strings);
    println!(
        "python {}.{}, numpy {numpy:?}, {} strings",
        version.0,
        version.1,
        strings.len()
    );
    let platform = Platform::host();
    let mut problems = Vec::new();
    let mut tally: HashMap<&str, usize> = HashMap::new();
    for (text, (in_struct, in_numpy)) in strings.iter().zip(&answers) {
        let format = Format::parse(text);
        let here = format
            .as_ref()
            .ok()
            .and_then(|format| format.struct_module_size(&platform));
        if knows(version, text) && here != *in_struct {
            problems.push(format!(
                "{text:?}: struct.calcsize says {in_struct:?}, here {here:?}"
            ));
        }
        if in_struct.is_some() {
            *tally.entry("taken by struct").or_default() += 1;
        }
        let Some(wanted) = in_numpy else { continue };
        *tally.entry("taken by NumPy").or_default() += 1;
        let size = format
            .and_then(|format| format.layout(&platform))
            .map(|sizes| sizes.padded);
        match excused(text, *wanted, &size) {
            Ok(None) => {}
            Ok(Some(reason)) => *tally.entry(reason).or_default() += 1,
            Err(problem) => problems.push(problem),
        }
    }
    println!("{tally:#?}");
    assert!(
        tally.get("taken by struct").is_some_and(|taken| *taken > 500),
        "too few strings for struct"
    );
    if numpy.is_none() {
        println!("skipped: this Python has no NumPy, so that its parser was not asked");
    } else {
        let taken = tally.get("taken by NumPy").copied().unwrap_or(0);
        assert!(taken > 500, "too few strings for NumPy");
        for (_, _, reason) in REFUSED_HERE {
            assert!(tally.contains_key(reason), "stale: no string shows that {reason}");
        }
    }
    assert!(
        problems.is_empty(),
        "{} disagreements:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// The strings of `cases/formats`, so that what the vectors say of struct is checked by struct as well.
fn vectors() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/formats");
    let mut strings = Vec::new();
    for entry in std::fs::read_dir(folder).expect("cases/formats is there") {
        let text =
            std::fs::read_to_string(entry.expect("a readable folder").path()).expect("a readable file");
        let file: FormatCases = serde_json::from_str(&text).expect("a file of vectors");
        strings.extend(file.vectors.into_iter().map(|case| case.format));
    }
    strings
}

/// From 3.14 on the struct module takes complex codes, which `struct_module_size` does not know.
fn knows(version: (u64, u64), text: &str) -> bool {
    version < (3, 14) || !text.contains(['F', 'D', 'Z'])
}

fn excused(text: &str, wanted: u64, size: &Result<u64, FormatError>) -> Result<Option<&'static str>, String> {
    let reason = match size {
        Ok(size) if *size == wanted => return Ok(None),
        Ok(_) => None,
        Err(error) => REFUSED_HERE
            .iter()
            .find(|(fault, stands, _)| *fault == error.fault && stands(&error.found))
            .map(|(_, _, reason)| *reason),
    };
    reason
        .map(Some)
        .ok_or_else(|| format!("{text:?}: NumPy says {wanted}, here {size:?}"))
}

type Answer = (Option<u64>, Option<u64>);

fn ask(strings: &[String]) -> ((u64, u64), Option<String>, Vec<Answer>) {
    // In a copy of the sources, as mutation makes it, there is no environment of the project.
    let python = std::env::var_os("PYTHONEXECUTABLE")
        .filter(|python| Path::new(python).exists())
        .unwrap_or_else(|| "python3".into());
    let mut child = Command::new(&python)
        .args(["-I", "-c", ASK])
        .env_remove("PYTHONEXECUTABLE")
        .env_remove("PYTHONHOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", python.display()));
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines: String = strings
        .iter()
        .map(|text| serde_json::to_string(text).expect("text is JSON") + "\n")
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("Python answers");
    writer
        .join()
        .expect("the writer ends")
        .expect("Python reads every string");
    assert!(output.status.success(), "Python ended with {}", output.status);
    let output = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let mut lines = output.lines();
    let (version, numpy) = serde_json::from_str(lines.next().expect("a first line")).expect("a version");
    let answers: Vec<Answer> = lines
        .map(|line| serde_json::from_str(line).expect("an answer"))
        .collect();
    assert_eq!(answers.len(), strings.len());
    (version, numpy, answers)
}

/// Strings near both grammars, the same for the same seed.
struct Generator(u64);

impl Generator {
    fn new(seed: u64) -> Generator {
        Generator(seed)
    }

    /// A number below `below`, by splitmix64.
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn pick<'s>(&mut self, from: &[&'s str]) -> &'s str {
        let index = self.below(from.len() as u64);
        from[usize::try_from(index).expect("a small number")]
    }

    fn format(&mut self) -> String {
        let mut text = if self.below(2) == 0 {
            self.flat()
        } else {
            self.nested(3)
        };
        // One string in eight is damaged.
        if self.below(8) == 0 && !text.is_empty() {
            let at = usize::try_from(self.below(text.len() as u64)).expect("a small number");
            if self.below(2) == 0 {
                text.remove(at);
            } else {
                text.insert(
                    at,
                    *b"}{T(<9x: Zy)i"
                        .get(at % 13)
                        .map(|b| char::from(*b))
                        .as_ref()
                        .expect("in range"),
                );
            }
        }
        text
    }

    /// What the struct module might take.
    fn flat(&mut self) -> String {
        let mut text = self
            .pick(&["", "", "", "@", "=", "<", ">", "!", "^", " "])
            .to_owned();
        for _ in 0..self.below(6) {
            text += self.pick(&["", "", "", "", " ", "\t"]);
            text += self.pick(&[
                "",
                "",
                "",
                "0",
                "1",
                "3",
                "12",
                "007",
                "4611686018427387904",
                "9223372036854775808",
            ]);
            text += self.pick(&[
                "x", "c", "b", "B", "?", "h", "H", "i", "I", "l", "L", "q", "Q", "n", "N", "P", "e", "f",
                "d", "s", "p", "g", "O", "w", "Zd",
            ]);
        }
        text
    }

    /// What `NumPy` might take.
    fn nested(&mut self, depth: u64) -> String {
        let mut text = String::new();
        for _ in 0..self.below(5) {
            text += self.pick(&["", "", "", "", "(2)", "(2,3)", "(0)", "(1)"]);
            text += self.pick(&["", "", "", "", "", "", "", "@", "=", "<", ">", "!", "^"]);
            text += self.pick(&["", "", "", "", "2", "0", "5"]);
            if depth > 0 && self.below(5) == 0 {
                text.extend(["T{", &self.nested(depth - 1), "}"]);
            } else {
                text += self.pick(&[
                    "?", "c", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d", "g", "Zf",
                    "Zd", "Zg", "s", "w", "O", "x",
                ]);
            }
            if self.below(3) == 0 {
                text.extend([":n", &self.below(1000).to_string(), ":"]);
            }
        }
        text
    }
}
