//! Aligned columns, without lines around them.

use comfy_table::{ContentArrangement, Table, presets};

use super::columns;
use super::terminal::{Terminal, Tone};

/// Blanks between two columns.
const BETWEEN: u16 = 2;

/// The lines of a table. With a `width` in columns, cells that are too long are wrapped; without one, each row is one
/// line however long it is. Cells hold nothing that a terminal would act on: the caller made them harmless.
pub(super) fn lines(
    header: Option<&[&str]>,
    rows: impl IntoIterator<Item = Vec<String>>,
    width: Option<u16>,
) -> Vec<String> {
    let header = header.map(|header| header.iter().map(|&name| name.to_owned()).collect());
    let rows: Vec<Vec<String>> = header.into_iter().chain(rows).collect();
    let mut widths = vec![];
    for row in &rows {
        widths.resize(row.len().max(widths.len()), 0);
        columns::widen(&mut widths, row);
    }
    match width {
        Some(room) if length(&widths) > usize::from(room) => wrapped(rows, room),
        _ => rows.iter().map(|row| aligned(row, &widths)).collect(),
    }
}

/// Columns that a row takes.
pub(super) fn length(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + usize::from(BETWEEN)).sum()
}

/// A row that has room, as nearly all have: of thousands, none is laid out anew.
fn aligned(row: &[String], widths: &[usize]) -> String {
    let mut line = String::with_capacity(length(widths));
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width + usize::from(BETWEEN) - columns::width(cell)));
    }
    line.truncate(line.trim_end().len());
    line
}

fn wrapped(rows: Vec<Vec<String>>, room: u16) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(room);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, BETWEEN));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The text of a table with its header, as it is shown on this terminal.
pub(super) fn titled(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>, terminal: &Terminal) -> String {
    let mut text = String::new();
    for (at, line) in lines(Some(header), rows, terminal.width()).into_iter().enumerate() {
        text.push_str(&if at == 0 { terminal.tint_out(&line, Tone::Faint) } else { line });
        text.push('\n');
    }
    text
}

/// Lines whose first column is a mark, which `tint` colours. A wrapped line has none.
pub(super) fn marked(
    rows: impl IntoIterator<Item = Vec<String>>,
    width: Option<u16>,
    tint: impl Fn(&str) -> String,
) -> Vec<String> {
    let coloured = |line: String| {
        let (mark, rest) = line.split_at(line.find("  ").unwrap_or(line.len()));
        if mark.is_empty() { line } else { format!("{}{rest}", tint(mark)) }
    };
    lines(None, rows, width).into_iter().map(coloured).collect()
}

#[cfg(test)]
mod tests {
    use super::{lines, wrapped};

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_are_aligned_and_nothing_is_cut() {
        let rows = [row(&["a", "long", "x"]), row(&["bcd", "e", "y"])];
        assert_eq!(lines(Some(&["P", "Q", "R"]), rows, None), ["P    Q     R", "a    long  x", "bcd  e     y"]);
    }

    #[test]
    fn a_row_looks_the_same_whether_it_had_to_be_laid_out_or_not() {
        let rows = vec![row(&["日本", "e\u{301}", ""]), row(&["a", "", "long"]), row(&["faint", "b", "c"])];
        let needed = (5 + 2) + (1 + 2) + (4 + 2);
        for room in [needed, 80] {
            assert_eq!(lines(None, rows.clone(), Some(room)), wrapped(rows.clone(), room));
        }
    }

    #[test]
    fn a_narrow_terminal_wraps_instead_of_cutting() {
        let text = lines(None, [row(&["google", &"word ".repeat(20)])], Some(40));
        assert!(text.len() > 1 && text.iter().all(|line| line.len() <= 40), "{text:?}");
        assert_eq!(text.concat().matches("word").count(), 20);
    }
}
