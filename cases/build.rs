//! The data is embedded in the library: it must be built again when a file comes or goes.

fn main() {
    for folder in [
        "clean",
        "consumers",
        "ecosystem",
        "exporters",
        "formats",
        "interpreter",
        "mutants",
        "relations",
        "requests",
        "rules",
        "scenarios",
        "schema",
        "spies",
    ] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
