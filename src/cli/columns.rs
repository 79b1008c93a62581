//! Text in the columns of a terminal, of which a letter takes one, two or none.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes, without the sequences that colour it.
pub(super) fn width(text: &str) -> usize {
    // Most text is plain, and much of it in a long list.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    let mut parts = text.split('\x1b');
    let plain = parts.next().map_or(0, UnicodeWidthStr::width);
    plain + parts.map(|part| part.split_once('m').map_or(part, |(_, rest)| rest).width()).sum::<usize>()
}

/// Makes columns as wide as the cells of a row.
pub(super) fn widen(widths: &mut [usize], row: &[String]) {
    widths.iter_mut().zip(row).for_each(|(widest, cell)| *widest = width(cell).max(*widest));
}

/// A text that is cut at its end where it takes more columns than there are.
pub(super) fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        text.to_owned()
    } else {
        format!("{}…", beginning(text.chars(), room.saturating_sub(1)))
    }
}

/// The same in its middle: of the name of an account both ends tell something.
pub(super) fn cut_middle(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let left = room.saturating_sub(1);
    let end: String = beginning(text.chars().rev(), left / 2).chars().rev().collect();
    // What would change the letter before it stands alone now.
    let end = end.trim_start_matches(|c: char| c.width() == Some(0));
    format!("{}…{end}", beginning(text.chars(), left - left / 2))
}

fn beginning(letters: impl Iterator<Item = char>, room: usize) -> String {
    let mut taken = 0;
    letters
        .take_while(|letter| {
            taken += letter.width().unwrap_or(0);
            taken <= room
        })
        .collect()
}

/// Words to a person, each line broken where the terminal ends. A line with an address stays whole, to be copied.
pub(super) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let lines = text.lines().map(|line| if line.contains("://") { line.to_owned() } else { wrapped_line(line, width) });
    lines.collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    broken(line, width, line.len() - line.trim_start().len() + 2)
}

/// A line, broken between words; what follows begins at the column `margin`, or further left where a word is too long
/// for that.
pub(super) fn broken(line: &str, room: usize, margin: usize) -> String {
    let (mut done, mut column, mut bare) = (String::new(), 0, true);
    for word in line.split_inclusive(' ') {
        let length = width(word.trim_end());
        if column + length > room && !bare {
            let margin = margin.min(room.saturating_sub(length));
            done.truncate(done.trim_end().len());
            done.push_str(&format!("\n{}", " ".repeat(margin)));
            column = margin;
        }
        done.push_str(word);
        column += width(word);
        bare = bare && length == 0;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_take_as_many_columns_as_a_terminal_gives_them() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("日本@例え.jp"), 12);
        assert_eq!(width("e\u{301}a\u{308}"), 2);
        assert_eq!(width("\x1b[31;1merror:\x1b[0m two"), 10);
    }

    #[test]
    fn what_is_cut_fits_and_says_that_it_is_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut_middle("firstname.lastname@example.com", 21), "firstname.…xample.com");
        assert_eq!(cut_middle("firstname", 9), "firstname");
        assert_eq!(cut_middle("日本語日本語", 6), "日…語");
        // A mark that belongs to a letter does not go to another one.
        assert_eq!(cut_middle("abcde\u{301}fg", 5), "ab…fg");
        for room in 0..12 {
            assert!(width(&cut_middle("日本e\u{301}語abcdef日本", room)) <= room.max(1));
            assert!(width(&cut("日本e\u{301}語abcdef日本", room)) <= room.max(1));
        }
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = "  2. Fill in the consent screen and publish it\nshort";
        assert_eq!(wrapped(text, Some(24)), "  2. Fill in the consent\n    screen and publish\n    it\nshort");
        assert_eq!(wrapped(text, None), text);
        assert_eq!(wrapped("日本 日本 日本", Some(10)), "日本 日本\n  日本");
        let coloured = "\x1b[33mwarning:\x1b[0m it is so";
        assert_eq!(wrapped(coloured, Some(17)), coloured);
    }

    #[test]
    fn a_word_that_is_too_long_for_its_column_begins_further_left() {
        assert_eq!(
            broken("  yes  clause  aaaaaaaaaaaa bb cc", 16, 12),
            "  yes  clause\n    aaaaaaaaaaaa\n            bb\n            cc"
        );
        assert_eq!(broken("  aaaaaaaaaaaa", 8, 4), "  aaaaaaaaaaaa");
    }

    #[test]
    fn what_is_to_be_copied_stays_whole() {
        let text = "visit https://as.example/authorize?a=1 now and then";
        assert_eq!(wrapped(text, Some(20)), text);
        let word = "x".repeat(50);
        assert_eq!(wrapped(&word, Some(20)), word);
    }
}
