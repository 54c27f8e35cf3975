//! Format strings that are wrong in one point.
//!
//! Knows order marks, codes and names just enough to twist them. Must never know sizes.

use bufcheck_model::reference::FormatFault;

/// The twisted string for an array of `count` items; `None` for faults that are not about the text.
pub(super) fn twisted(format: &str, fault: FormatFault, count: u64, odd_turn: bool) -> Option<String> {
    let mark = format.chars().next().filter(|first| "@=<>!^".contains(*first));
    let bare = mark.map_or(format, |_| &format[1..]);
    Some(match fault {
        FormatFault::Bytes => "B".to_owned(),
        FormatFault::Swapped => match mark {
            Some('>' | '!') => format!("<{bare}"),
            Some(_) | None => format!(">{bare}"),
        },
        FormatFault::Twice => format!("{format}{format}"),
        FormatFault::Whole => format!("({count}){format}"),
        FormatFault::Empty => String::new(),
        FormatFault::Nonsense => "no format".to_owned(),
        FormatFault::OtherCode => other_codes(format),
        FormatFault::NotAscii => format!("\u{e9}{format}"),
        FormatFault::Endless => "B".repeat(1 << 16),
        FormatFault::Standard => format!("={bare}"),
        FormatFault::Changing if odd_turn => format.to_owned(),
        FormatFault::Changing => match mark {
            Some(mark) if bare.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                format!("{mark}1{bare}")
            }
            Some(_) => format!("{format} "),
            None => format!("@{format}"),
        },
        FormatFault::Null | FormatFault::Unasked | FormatFault::Unreadable | FormatFault::Overwritten => {
            return None;
        }
    })
}

/// Every code outside of names replaced by another of the same size.
fn other_codes(format: &str) -> String {
    let mut named = false;
    let swap = |code: char| match code {
        'b' => 'B',
        'B' | 'c' | '?' => 'b',
        'h' | 'e' => 'H',
        'H' => 'h',
        'i' | 'f' => 'I',
        'I' => 'i',
        'l' => 'L',
        'L' => 'l',
        'q' | 'd' => 'Q',
        'Q' => 'q',
        'n' => 'N',
        'N' => 'n',
        other => other,
    };
    format
        .chars()
        .map(|character| {
            named ^= character == ':';
            if named { character } else { swap(character) }
        })
        .collect()
}
