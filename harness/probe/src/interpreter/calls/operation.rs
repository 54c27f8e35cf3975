//! What is done with a memoryview.
//!
//! Knows its methods and operators. Must never know what they ought to give.

use bufcheck_model::interpreter::{Fact, Facts, Item, Operation, Value, hex};
use bufcheck_model::reference::Slice;
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyTuple};

use super::super::given::{Given, evaluate, new_log};
use super::super::raised;
use super::super::room::Room;
use super::super::table::Table;
use super::super::told::told;
use super::attributes::attributes;
use super::seen::Unseen;

/// Does something with a memoryview and notes what comes of it.
pub(super) fn operate(
    view: &Bound<'_, PyAny>,
    operation: &Operation,
    given: Option<&Given<'_>>,
    table: Table,
    room: &mut Room,
    facts: &mut Facts,
) -> Result<(), Unseen> {
    let py = view.py();
    // Another object is made before anything is done: its failure is not the operation's.
    let other = match operation {
        Operation::AssignSlice { object, .. } | Operation::Equals(object) => {
            let made = Given::new(py, (object, "other"), &mut room.other, table, &new_log())?;
            Some(made.object)
        }
        _ => None,
    };
    let value = match operation {
        Operation::Assign(Item { value, .. }) => Some(evaluate(py, "", value)?),
        _ => None,
    };
    let argument = other.or(value);
    if let Err(error) = done(view, operation, argument.as_ref(), given, facts) {
        raised::note_error(py, error, facts);
    }
    if matches!(operation, Operation::Assign(_) | Operation::AssignSlice { .. })
        && let Some(given) = given
    {
        given.note_memory(&room.memory, facts);
    }
    Ok(())
}

fn done(
    view: &Bound<'_, PyAny>,
    operation: &Operation,
    argument: Option<&Bound<'_, PyAny>>,
    given: Option<&Given<'_>>,
    facts: &mut Facts,
) -> PyResult<()> {
    match operation {
        Operation::Attributes => attributes(view, given, facts)?,
        Operation::Tobytes { order } => {
            let order = order.map(String::from);
            let bytes: Vec<u8> = match order {
                Some(order) => view.call_method1("tobytes", (order,))?,
                None => view.call_method0("tobytes")?,
            }
            .extract()?;
            facts.insert(Fact::Content, hex(&bytes).into());
        }
        Operation::Hex => {
            let digits: String = view.call_method0("hex")?.extract()?;
            facts.insert(Fact::Content, digits.into());
        }
        Operation::Tolist => note_value(&view.call_method0("tolist")?, facts)?,
        Operation::Index(at) => note_value(&view.get_item(key(view, at)?)?, facts)?,
        Operation::Slice(cut) => attributes(&view.get_item(slice(view, *cut)?)?, given, facts)?,
        Operation::Assign(item) => view.set_item(key(view, &item.key)?, argument)?,
        Operation::AssignSlice { cut, .. } => view.set_item(slice(view, *cut)?, argument)?,
        Operation::Equals(_) => note_value(&view.rich_compare(argument, pyo3::basic::CompareOp::Eq)?, facts)?,
        Operation::Hash => {
            let same = view.hash()? == view.call_method0("tobytes")?.hash()?;
            facts.insert(Fact::Value, Value::Bool(same));
        }
        Operation::Cast { format, shape } => {
            let cast = match shape {
                Some(shape) => view.call_method1("cast", (format, PyTuple::new(view.py(), shape)?))?,
                None => view.call_method1("cast", (format,))?,
            };
            attributes(&cast, given, facts)?;
        }
        Operation::Toreadonly => attributes(&view.call_method0("toreadonly")?, given, facts)?,
    }
    Ok(())
}

fn note_value(value: &Bound<'_, PyAny>, facts: &mut Facts) -> PyResult<()> {
    facts.insert(Fact::Value, told(value)?);
    Ok(())
}

/// One index, or a tuple of them.
fn key<'py>(view: &Bound<'py, PyAny>, indices: &[i64]) -> PyResult<Bound<'py, PyAny>> {
    match indices {
        [index] => Ok(index.into_pyobject(view.py())?.into_any()),
        indices => Ok(PyTuple::new(view.py(), indices)?.into_any()),
    }
}

/// A slice, whose parts may be left out.
fn slice<'py>(view: &Bound<'py, PyAny>, cut: Slice) -> PyResult<Bound<'py, PyAny>> {
    let slice = view.py().get_type::<PySlice>();
    slice.call1((cut.start, cut.stop, cut.step))
}
