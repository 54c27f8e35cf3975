//! Lets the test program find the libpython that it was built for.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
}
