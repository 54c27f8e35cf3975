//! A scenario in words that an author would use.
//!
//! Knows how the files of `cases/scenarios/` are written. Must never play one.

use bufcheck_model::scenario::ScenarioCase;

/// A scenario as an author would write it: one line an act.
pub(super) fn written(case: &ScenarioCase) -> String {
    let acts: Vec<String> = case.acts.iter().map(|act| format!("    {}", json(act))).collect();
    format!(
        "{{\n  \"id\": {},\n  \"about\": {},\n  \"needs\": {},\n  \"acts\": [\n{}\n  ]\n}}",
        json(&case.id),
        json(&case.about),
        json(&case.needs),
        acts.join(",\n")
    )
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
