//! Writes `cases/interpreter/` anew: `cargo run -p bufcheck-rules --example interpreter_cases -- cases/interpreter`.
//!
//! Knows how a file is laid out: one case a line. The known deviations of a file stay as they are.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use bufcheck_model::interpreter::InterpreterFile;
use bufcheck_rules::interpreter::cases::files;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("want the folder to write to")?);
    fs::create_dir_all(&folder)?;
    let mut count = 0;
    for (name, mut file) in files() {
        let path = folder.join(format!("{name}.json"));
        if let Ok(text) = fs::read_to_string(&path) {
            file.known = serde_json::from_str::<InterpreterFile>(&text)?.known;
        }
        count += file.count;
        fs::write(&path, text(&file)?)?;
    }
    println!("{count} cases");
    Ok(())
}

fn text(file: &InterpreterFile) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    writeln!(text, "{{")?;
    writeln!(text, "  \"about\": {},", serde_json::to_string(&file.about)?)?;
    writeln!(text, "  \"count\": {},", file.count)?;
    writeln!(text, "  \"groups\": [")?;
    for (number, group) in file.groups.iter().enumerate() {
        writeln!(text, "    {{")?;
        writeln!(text, "      \"id\": {},", serde_json::to_string(&group.id)?)?;
        writeln!(text, "      \"about\": {},", serde_json::to_string(&group.about)?)?;
        writeln!(text, "      \"rule\": {},", serde_json::to_string(&group.rule)?)?;
        writeln!(text, "      \"basis\": {},", serde_json::to_string(&group.basis)?)?;
        if let Some(python) = &group.python {
            writeln!(text, "      \"python\": {},", serde_json::to_string(python)?)?;
        }
        writeln!(text, "      \"cases\": [")?;
        for (number, case) in group.cases.iter().enumerate() {
            let comma = if number + 1 == group.cases.len() { "" } else { "," };
            writeln!(text, "        {}{comma}", serde_json::to_string(case)?)?;
        }
        writeln!(text, "      ]")?;
        writeln!(
            text,
            "    }}{}",
            if number + 1 == file.groups.len() { "" } else { "," }
        )?;
    }
    if file.known.is_empty() {
        writeln!(text, "  ]")?;
    } else {
        writeln!(text, "  ],")?;
        let known = serde_json::to_string_pretty(&file.known)?;
        writeln!(text, "  \"known\": {}", known.replace('\n', "\n  "))?;
    }
    writeln!(text, "}}")?;
    Ok(text)
}
