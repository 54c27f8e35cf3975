//! Writes the JSON schema of every file and message shape into a folder: `make schemas`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use bufcheck_model::case::FormatCases;
use bufcheck_model::case::{
    CleanFile, CodeFile, Config, ConsumerFile, EcosystemFile, ExporterFile, MutantFile, RelationFile,
    RequestFile, RuleFile,
};
use bufcheck_model::compat::Compat;
use bufcheck_model::interpreter::InterpreterFile;
use bufcheck_model::report::Report;
use bufcheck_model::scenario::ScenarioFile;
use bufcheck_model::selftest::Matrix;
use bufcheck_model::spy::SpyFile;
use bufcheck_model::trace::{Record, TraceReport};
use bufcheck_model::wire::{ForkOrder, Hello, Job, Reply, ZygoteSays};
use schemars::{JsonSchema, schema_for};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("want the folder to write to")?);
    write::<RuleFile>(&folder, "rules")?;
    write::<CodeFile>(&folder, "code")?;
    write::<RequestFile>(&folder, "requests")?;
    write::<RelationFile>(&folder, "relations")?;
    write::<ExporterFile>(&folder, "exporters")?;
    write::<ConsumerFile>(&folder, "consumers")?;
    write::<EcosystemFile>(&folder, "ecosystem")?;
    write::<ScenarioFile>(&folder, "scenarios")?;
    write::<SpyFile>(&folder, "spies")?;
    write::<InterpreterFile>(&folder, "interpreter")?;
    write::<MutantFile>(&folder, "mutants")?;
    write::<CleanFile>(&folder, "clean")?;
    write::<FormatCases>(&folder, "formats")?;
    write::<Config>(&folder, "bufcheck-toml")?;
    write::<Report>(&folder, "report")?;
    write::<Compat>(&folder, "compat")?;
    write::<Matrix>(&folder, "selftest")?;
    write::<Record>(&folder, "trace-record")?;
    write::<TraceReport>(&folder, "trace-report")?;
    write::<Hello>(&folder, "wire-hello")?;
    write::<Job>(&folder, "wire-job")?;
    write::<Reply>(&folder, "wire-reply")?;
    write::<ForkOrder>(&folder, "wire-fork-order")?;
    write::<ZygoteSays>(&folder, "wire-zygote-says")?;
    Ok(())
}

fn write<T: JsonSchema>(folder: &std::path::Path, name: &str) -> Result<(), Box<dyn Error>> {
    let text = serde_json::to_string_pretty(&schema_for!(T))?;
    fs::write(folder.join(format!("{name}.schema.json")), text + "\n")?;
    Ok(())
}
