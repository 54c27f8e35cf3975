//! The case data is embedded in the library: it must be built again when a file comes or goes.

fn main() {
    println!("cargo::rerun-if-changed=../../cases");
}
