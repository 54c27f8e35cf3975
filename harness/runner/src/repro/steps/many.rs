//! Acts of many views, many times, and of another thread.
//!
//! Knows how acts stand inside of others. Must never know what any of them is for.

use bufcheck_model::scenario::{Act, Asked};

use super::Steps;

impl Steps {
    /// So many views at once.
    pub(super) fn hold(
        &mut self,
        views: &str,
        count: u8,
        requests: &[Asked],
        object: &str,
    ) -> Result<(), String> {
        let granted = self.bindings.requests(requests);
        if granted.is_empty() {
            return Err("the scenario asks what is not known any more".into());
        }
        let words: Vec<String> = granted
            .iter()
            .take(usize::from(count))
            .map(|request| request.hex())
            .collect();
        let (asked, each) = if words.len() == 1 || !self.structs {
            (self.ask(object, granted[0]), format!("_ in range({count})"))
        } else {
            (
                format!("ask({object}, flags)"),
                format!("flags in ({})", words.join(", ")),
            )
        };
        self.held = usize::from(count).min(if words.len() == 1 {
            usize::from(count)
        } else {
            words.len()
        });
        if self.watches(views) && !self.fault.of_release {
            // Each as it is granted: the next one may change it.
            let shown = self.shown("view");
            self.add(format!("{views}, {views}_seen = [], [[]]"));
            self.add(format!("for {each}:"));
            self.add(format!("    {views}.append(view := {asked})"));
            self.add(format!("    {views}_seen[0].append({shown})"));
        } else {
            self.add(format!("{views} = [{asked} for {each}]"));
        }
        Ok(())
    }

    /// A repetition, measured three times.
    pub(super) fn repeat(&mut self, times: u32, acts: &[Act], sibling: Option<&str>) -> Result<(), String> {
        let mut inner = Self {
            structs: self.structs,
            bindings: self.bindings.clone(),
            ..Self::default()
        };
        for act in acts {
            inner.act(act, sibling)?;
        }
        self.tries |= inner.tries;
        for module in inner.modules {
            self.needs(module);
        }
        let measured = self.fault.measure.as_deref().unwrap_or("0").to_owned();
        self.needs("gc");
        self.add("sizes = []");
        self.add("for part in range(4):  # the first is a warm-up");
        let times = if measured.contains("statm") {
            times * 100
        } else {
            times
        };
        self.fault.test = self.fault.test.replace("TIMES", &times.to_string());
        self.add(format!("    for _ in range({times}):"));
        for line in inner.lines {
            self.add(format!("        {line}"));
        }
        self.add("    gc.collect()");
        self.add(format!("    sizes.append({measured})"));
        Ok(())
    }

    pub(super) fn thread(&mut self, acts: &[Act], sibling: Option<&str>) -> Result<(), String> {
        self.needs("threading");
        let before = self.lines.len();
        for act in acts {
            self.act(act, sibling)?;
        }
        let inner: Vec<String> = self.lines.drain(before..).collect();
        let names: Vec<&str> = inner
            .iter()
            .filter_map(|line| line.split_once(" = "))
            .map(|(name, _)| name)
            .collect();
        self.add("def elsewhere():");
        if !names.is_empty() {
            self.add(format!("    nonlocal {}", names.join(", ")));
        }
        for line in &inner {
            self.add(format!("    {line}"));
        }
        let at = self.lines.len() - inner.len() - 1 - usize::from(!names.is_empty());
        if !names.is_empty() {
            self.lines.insert(at, format!("{} = None", names.join(" = ")));
        }
        self.add("thread = threading.Thread(target=elsewhere)");
        self.add("thread.start(); thread.join()");
        Ok(())
    }
}
