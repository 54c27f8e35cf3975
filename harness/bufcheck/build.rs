//! Gives the embedding worker the way to its libpython, and the tests the name of its interpreter.

fn main() {
    // Without the worker nothing is linked with Python, and there may be none.
    if std::env::var_os("CARGO_FEATURE_EMBED").is_none() {
        println!("cargo::rustc-env=BUFCHECK_BUILT_FOR=");
        return;
    }
    // A program built against one libpython would silently load another of the same name without this.
    pyo3_build_config::add_libpython_rpath_link_args();
    let config = pyo3_build_config::get();
    // The version of the configuration is the least one of the stable ABI; the interpreter knows its own.
    let own = config.executable().and_then(|program| {
        let words = [
            "-c",
            "import sys; print('%s-%d.%d' % (sys.implementation.name, *sys.version_info[:2]))",
        ];
        let output = std::process::Command::new(program).args(words).output().ok()?;
        String::from_utf8(output.stdout).ok()
    });
    let fallback = format!("cpython-{}.{}", config.version().major, config.version().minor);
    println!(
        "cargo::rustc-env=BUFCHECK_BUILT_FOR={}",
        own.as_deref().map_or(fallback.as_str(), str::trim)
    );
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PYO3_PYTHON");
}
