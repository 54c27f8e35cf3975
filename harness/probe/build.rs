//! Tells this crate which interpreter it is built for, and its tests the way to that libpython.

fn main() {
    // The head of an object differs where there is no GIL.
    pyo3_build_config::use_pyo3_cfgs();
    // A test built against one libpython would silently load another of the same name without this.
    pyo3_build_config::add_libpython_rpath_link_args();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PYO3_PYTHON");
}
