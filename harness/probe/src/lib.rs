//! Placeholder paragraph.
