//! The interpreter's own buffer functions: what one is asked, and the shape of what is seen of its answer.
//!
//! Knows arguments, wants and answers as data. Must never know which answer is right, or how a function is called.

mod ask;
mod case;
mod facts;
mod object;
mod seen;
mod view;

pub use ask::{Ask, Item, Make, Operation, Permission, Place};
pub use case::{Basis, Group, InterpreterCase, InterpreterFile};
pub use facts::{Expected, Fact, Facts, Value, Wants};
pub use object::{Mode, Object};
pub use seen::{Answer, Interpreted};
pub use view::{BLANK, View, ViewProblem, carried, hex, unhex};
