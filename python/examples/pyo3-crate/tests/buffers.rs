//! `cargo test`: every class, in a process of its own. Two of these tests fail, as they should: that is what the
//! example is about. The deviations of `Careless(1, 1)` are recorded in `bufcheck.toml`, so it passes.

use image::image;

bufcheck::pyo3_main!(
    image,
    "image.Image(4, 3)",
    "image.Image(1, 1)",
    "image.Careless(4, 3)",
    "image.Careless(1, 1)",
    "image.Abrupt(4, 3)",
);
