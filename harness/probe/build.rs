//! Gives the tests of this crate the way to the libpython they were built for.

fn main() {
    // A test built against one libpython would silently load another of the same name without this.
    pyo3_build_config::add_libpython_rpath_link_args();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PYO3_PYTHON");
}
