//! Workers: how one is started, spoken to, watched and ended.
//!
//! Knows processes, pipes and deadlines. Must never know what an answer means.

mod being;
mod damage;
mod family;
pub mod host;
mod kin;
mod output;
mod pipe;
pub mod pool;
mod process;
pub mod server;
mod shared;
pub mod slot;
mod starter;
pub mod stop;
mod symbols;
mod waiting;
pub mod worker;
#[cfg_attr(not(target_os = "linux"), path = "no_zygote.rs")]
mod zygote;
