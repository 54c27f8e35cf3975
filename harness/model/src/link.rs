//! Where a rule, a record or a bug can be read: sources and references as URLs and short names.
//!
//! Knows the sites that rules cite. Must never fetch anything.

use std::fmt::Write as _;

use crate::case::Source;

const DOCS: &str = "https://docs.python.org/3/";
const CPYTHON: &str = "https://github.com/python/cpython";

/// The address of a source, if its document is one that has an address.
pub fn source(source: &Source) -> Option<String> {
    let document = source.document.trim();
    if let Some(url) = web(document) {
        return Some(url.to_owned());
    }
    if let Some(url) = reference(document) {
        return Some(url);
    }
    if let Some(number) = document
        .strip_prefix("PEP")
        .or_else(|| document.strip_prefix("pep"))
    {
        let number: u32 = number.trim_start_matches([' ', '-']).parse().ok()?;
        return Some(format!("https://peps.python.org/pep-{number:04}/"));
    }
    if document.contains(char::is_whitespace) {
        return None;
    }
    let page = document.strip_suffix(".html").unwrap_or(document);
    let docs = [
        "c-api/",
        "library/",
        "reference/",
        "extending/",
        "howto/",
        "whatsnew/",
    ];
    if docs.iter().any(|folder| page.starts_with(folder)) || page == "glossary" {
        return Some(match &source.anchor {
            Some(anchor) if is_fragment(anchor) => format!("{DOCS}{page}.html#{anchor}"),
            _ => format!("{DOCS}{page}.html"),
        });
    }
    let folders = [
        "Objects/", "Modules/", "Include/", "Lib/", "Python/", "Doc/", "Misc/",
    ];
    folders
        .iter()
        .any(|folder| document.starts_with(folder))
        .then(|| format!("{CPYTHON}/blob/main/{document}"))
}

/// The address behind `gh-123609`, `bpo-10746`, `numpy#3634` or `owner/name#7`.
pub fn reference(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(number) = text.strip_prefix("gh-").filter(|number| digits(number)) {
        return Some(format!("{CPYTHON}/issues/{number}"));
    }
    if let Some(number) = text.strip_prefix("bpo-").filter(|number| digits(number)) {
        return Some(format!("https://bugs.python.org/issue{number}"));
    }
    let (project, number) = text.split_once('#')?;
    let name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if !digits(number) {
        return None;
    }
    let path = match project.split_once('/') {
        Some((owner, repository)) if name(owner) && name(repository) => project.to_owned(),
        Some(_) => return None,
        None => match project {
            "numpy" => "numpy/numpy".to_owned(),
            "pybind11" => "pybind/pybind11".to_owned(),
            "cpython" => "python/cpython".to_owned(),
            _ => return None,
        },
    };
    Some(format!("https://github.com/{path}/issues/{number}"))
}

/// The text, if it is an address of the web; anything else (`javascript:`) must not become a link.
pub fn web(text: &str) -> Option<&str> {
    let text = text.trim();
    let clean = !text
        .chars()
        .any(|letter| letter.is_whitespace() || letter.is_control());
    (clean && (text.starts_with("https://") || text.starts_with("http://"))).then_some(text)
}

/// An address with a query; every byte of a value that is no plain letter is escaped.
pub fn with_query(address: &str, values: &[(&str, &str)]) -> String {
    let mut link = address.to_owned();
    for (nth, (name, value)) in values.iter().enumerate() {
        link.push(if nth == 0 { '?' } else { '&' });
        link.push_str(name);
        link.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                link.push(char::from(byte));
            } else {
                let _ = write!(link, "%{byte:02X}");
            }
        }
    }
    link
}

/// An address or a short reference as an address.
pub fn target(text: &str) -> Option<String> {
    web(text).map(str::to_owned).or_else(|| reference(text))
}

/// A short name of an address: `gh-57060`, `numpy#3634`; others as they are.
pub fn short(url: &str) -> String {
    let Some(path) = url.strip_prefix("https://github.com/") else {
        return url.to_owned();
    };
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    match parts[..] {
        ["python", "cpython", "issues" | "pull", number] => format!("gh-{number}"),
        [_, repository, "issues" | "pull", number] => format!("{repository}#{number}"),
        _ => url.to_owned(),
    }
}

/// A source in words: `c-api/buffer#c.PyBUF_FORMAT (since 3.0)`.
pub fn name(source: &Source) -> String {
    let place = match &source.anchor {
        Some(anchor) if is_fragment(anchor) => format!("{}#{anchor}", source.document),
        Some(anchor) => format!("{}, {anchor}", source.document),
        None => source.document.clone(),
    };
    format!("{place} (since {})", source.since)
}

/// Whether an anchor can stand behind a `#`; others name a function or a section in words.
fn is_fragment(anchor: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !anchor.is_empty() && anchor.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, anchor: Option<&str>, want: Option<&str>) {
        let given = Source {
            document: document.into(),
            anchor: anchor.map(Into::into),
            since: "3.0".into(),
        };
        assert_eq!(source(&given).as_deref(), want);
    }

    #[test]
    fn sources_lead_where_they_are_written() {
        check(
            "c-api/buffer",
            Some("c.PyBUF_FORMAT"),
            Some("https://docs.python.org/3/c-api/buffer.html#c.PyBUF_FORMAT"),
        );
        check(
            "library/struct",
            None,
            Some("https://docs.python.org/3/library/struct.html"),
        );
        check(
            "c-api/typeobj",
            Some("step 1 of bf_getbuffer"),
            Some("https://docs.python.org/3/c-api/typeobj.html"),
        );
        check("PEP 3118", None, Some("https://peps.python.org/pep-3118/"));
        check("PEP 688", None, Some("https://peps.python.org/pep-0688/"));
        check(
            "gh-123609",
            None,
            Some("https://github.com/python/cpython/issues/123609"),
        );
        check(
            "numpy#3634",
            None,
            Some("https://github.com/numpy/numpy/issues/3634"),
        );
        check(
            "Objects/abstract.c",
            Some("PyBuffer_FillInfo"),
            Some("https://github.com/python/cpython/blob/main/Objects/abstract.c"),
        );
        check("javascript:alert(1)", None, None);
        check("measured", None, None);
    }

    #[test]
    fn only_the_web_becomes_a_link() {
        assert_eq!(web("javascript:alert(1)"), None);
        assert_eq!(web("https://a b"), None);
        assert_eq!(
            target("gh-7").as_deref(),
            Some("https://github.com/python/cpython/issues/7")
        );
        assert_eq!(target("../../etc#7"), None);
    }

    #[test]
    fn a_query_holds_nothing_but_letters_and_escapes() {
        let link = with_query("https://a/b", &[("x", "1 & <é>"), ("y", "2\n")]);
        assert_eq!(link, "https://a/b?x=1%20%26%20%3C%C3%A9%3E&y=2%0A");
    }

    #[test]
    fn known_trackers_have_short_names() {
        assert_eq!(
            short("https://github.com/python/cpython/issues/57060"),
            "gh-57060"
        );
        assert_eq!(short("https://github.com/numpy/numpy/pull/3634"), "numpy#3634");
        assert_eq!(short("https://example.org/x"), "https://example.org/x");
    }
}
