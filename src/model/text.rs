//! Text that came from outside, made safe to show.

use std::error::Error;

/// The longest piece of foreign text that is ever shown, in characters.
const SHOWN: usize = 200;

/// `text` as one line without any character that a terminal would act on: control characters, escape sequences and
/// the marks that turn the direction of writing are shown as `\x1b` or `\u{202e}`; what is too long is cut.
pub(crate) fn shown(text: &str) -> String {
    // Most text is plain, and much of it in a long list.
    if text.len() <= SHOWN && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut safe = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN {
            safe.push('…');
            break;
        }
        push_harmless(&mut safe, c);
    }
    safe
}

/// The same of a text that may be long: nothing is cut.
pub(crate) fn whole(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    text.chars().for_each(|c| push_harmless(&mut safe, c));
    safe
}

fn push_harmless(safe: &mut String, c: char) {
    match c {
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        '\t' => safe.push_str("\\t"),
        c if c.is_control() => safe.push_str(&format!("\\x{:02x}", u32::from(c))),
        c if turns_direction(c) => safe.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c => safe.push(c),
    }
}

/// Invisible characters that change how the text around them is laid out (Unicode `Bidi_Control`, separators, BOM).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{061c}' | '\u{feff}')
}

/// What an error comes from in the end, in its words; its own, where it comes from nothing else.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// Whether `text` holds nothing that a terminal would act on, however long it is.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || turns_direction(c))
}

/// `text` inside an element, or a quoted attribute, of HTML or XML.
pub(crate) fn markup(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// `1 credential`, `2 credentials`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A provider's name as part of a variable's name.
pub(crate) fn variable_part(provider: &str) -> String {
    provider.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_plain, shown, whole};

    #[test]
    fn nothing_that_a_terminal_acts_on_passes() {
        assert_eq!(shown("a\x1b[2Jb\r\n\u{9b}c\u{202e}d\u{7f}"), "a\\x1b[2Jb\\r\\n\\x9bc\\u{202e}d\\x7f");
        assert_eq!(shown("zoë 東京 🙂"), "zoë 東京 🙂");
    }

    #[test]
    fn long_text_that_stays_whole_is_as_harmless() {
        let long = format!("{}\u{202e}\u{1b}\n", "x".repeat(1000));
        assert_eq!(whole(&long), format!("{}\\u{{202e}}\\x1b\\n", "x".repeat(1000)));
        assert!(!is_plain(&long) && !is_plain("\u{2066}") && is_plain(&whole(&long)) && is_plain("zoë 東京 🙂"));
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(shown(&"x".repeat(100_000)).chars().count(), 201);
    }
}
