//! One extension module, `buffers`, with a file for each thing to copy.

use pyo3::prelude::*;

mod bad;
mod blob;
mod image;
mod request;
mod total;
mod vector;

#[pymodule]
mod buffers {
    #[pymodule_export]
    use super::bad::{ByteLength, CountsItems, ForgetsWritable, IgnoresFlags, Moves, WrongError};
    #[pymodule_export]
    use super::{blob::Blob, image::Image, total::total, vector::Vector};
}
