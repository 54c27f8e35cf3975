//! Workers: how one is started, spoken to, watched and ended.
//!
//! Knows processes, pipes and deadlines. Must never know what an answer means.

mod damage;
pub mod host;
pub mod pool;
mod process;
pub mod server;
pub mod slot;
pub mod worker;
