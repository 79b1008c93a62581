//! What is to be read from across the room: codes in large letters, and QR codes.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// Letters, five rows of five dots each, the leftmost the highest bit.
const LETTERS: &[(char, [u8; 5])] = &[
    ('A', [14, 17, 31, 17, 17]),
    ('B', [30, 17, 30, 17, 30]),
    ('C', [15, 16, 16, 16, 15]),
    ('D', [30, 17, 17, 17, 30]),
    ('E', [31, 16, 30, 16, 31]),
    ('F', [31, 16, 30, 16, 16]),
    ('G', [15, 16, 19, 17, 15]),
    ('H', [17, 17, 31, 17, 17]),
    ('I', [14, 4, 4, 4, 14]),
    ('J', [7, 2, 2, 18, 12]),
    ('K', [17, 18, 28, 18, 17]),
    ('L', [16, 16, 16, 16, 31]),
    ('M', [17, 27, 21, 17, 17]),
    ('N', [17, 25, 21, 19, 17]),
    ('O', [14, 17, 17, 17, 14]),
    ('P', [30, 17, 30, 16, 16]),
    ('Q', [14, 17, 21, 18, 13]),
    ('R', [30, 17, 30, 18, 17]),
    ('S', [15, 16, 14, 1, 30]),
    ('T', [31, 4, 4, 4, 4]),
    ('U', [17, 17, 17, 17, 14]),
    ('V', [17, 17, 17, 10, 4]),
    ('W', [17, 17, 21, 27, 17]),
    ('X', [17, 10, 4, 10, 17]),
    ('Y', [17, 10, 4, 4, 4]),
    ('Z', [31, 2, 4, 8, 31]),
    ('0', [14, 19, 21, 25, 14]),
    ('1', [4, 12, 4, 4, 14]),
    ('2', [30, 1, 14, 16, 31]),
    ('3', [30, 1, 14, 1, 30]),
    ('4', [18, 18, 31, 2, 2]),
    ('5', [31, 16, 30, 1, 30]),
    ('6', [14, 16, 30, 17, 14]),
    ('7', [31, 1, 2, 4, 4]),
    ('8', [14, 17, 14, 17, 14]),
    ('9', [14, 17, 15, 1, 14]),
    ('-', [0, 0, 14, 0, 0]),
    (' ', [0, 0, 0, 0, 0]),
];
/// Columns of a letter, with the gap behind it.
const WIDTH: usize = 6;

/// A code in large letters, three lines of half blocks; `None` when it has a letter that is not here, or does not fit.
pub(super) fn letters(code: &str, columns: usize) -> Option<Vec<String>> {
    let find = |c: char| LETTERS.iter().find(|(own, _)| *own == c).map(|(_, rows)| rows);
    let glyphs: Vec<_> = code.chars().map(find).collect::<Option<_>>()?;
    if glyphs.is_empty() || glyphs.len() * WIDTH > columns {
        return None;
    }
    let lines = [(0, Some(1)), (2, Some(3)), (4, None)].map(|(upper, lower)| {
        let dots = glyphs.iter().flat_map(|rows| {
            let below = lower.map_or(0, |row: usize| rows[row]);
            (0..WIDTH).map(move |column| {
                // The last column is the gap.
                let bit = |row: u8| column < 5 && row >> (4 - column) & 1 == 1;
                match (bit(rows[upper]), bit(below)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                }
            })
        });
        dots.collect::<String>().trim_end().to_owned()
    });
    Some(lines.into())
}

/// A QR code in black on white, as wide as half its height in lines; `None` when it does not fit. The quiet zone around
/// it is four dots wide; where that is too much, two, which the cameras of phones take too.
pub(super) fn qr(text: &str, columns: usize, rows: usize) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let mut picture = code.render::<Dense1x2>();
    let picture = picture.dark_color(Dense1x2::Dark).light_color(Dense1x2::Light).quiet_zone(false).build();
    let lines: Vec<_> = picture.lines().collect();
    let width = lines.first()?.chars().count();
    let quiet = [4, 2].into_iter().find(|quiet| lines.len() + quiet <= rows && width + 2 * quiet <= columns)?;
    let (side, blank) = (" ".repeat(quiet), " ".repeat(width + 2 * quiet));
    let above = vec![blank; quiet / 2];
    let inside = lines.iter().map(|line| format!("{side}{line}{side}"));
    let all = above.clone().into_iter().chain(inside).chain(above);
    // The colours are said, so that it can be read on every background.
    Some(all.map(|line| format!("\x1b[30;107m{line}\x1b[0m")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_high_as_three_lines() {
        let lines = letters("H-7", 80).unwrap();
        assert_eq!(lines, ["█   █       ▀▀▀▀█", "█▀▀▀█  ▀▀▀    ▄▀", "▀   ▀         ▀"]);
    }

    #[test]
    fn no_two_letters_look_alike() {
        for (at, (one, rows)) in LETTERS.iter().enumerate() {
            assert!(LETTERS[..at].iter().all(|(other, seen)| one != other && rows != seen), "{one}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        assert!(letters("WDJB-MJHT", 80).is_some());
        assert!(letters("WDJB-MJHT", 53).is_none());
        assert!(letters("é", 80).is_none() && letters("", 80).is_none());
        assert!(qr("https://as.example/device?user_code=WDJB-MJHT", 80, 24).is_some());
        assert!(qr("https://as.example/device?user_code=WDJB-MJHT", 80, 10).is_none());
        assert!(qr("https://as.example/device?user_code=WDJB-MJHT", 20, 24).is_none());
    }
}
