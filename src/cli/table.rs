//! Aligned columns, without lines around them.

use comfy_table::{ContentArrangement, Table, presets};

use super::terminal::{Terminal, Tone};

/// The lines of a table. With a `width` in columns, cells that are too long are wrapped; without one, each row is one
/// line however long it is. Cells hold nothing that a terminal would act on: the caller made them harmless.
pub(super) fn lines(
    header: Option<&[&str]>,
    rows: impl IntoIterator<Item = Vec<String>>,
    width: Option<u16>,
) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    if let Some(header) = header {
        table.set_header(header.to_vec());
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
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
    use super::lines;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_are_aligned_and_nothing_is_cut() {
        let rows = [row(&["a", "long", "x"]), row(&["bcd", "e", "y"])];
        assert_eq!(lines(Some(&["P", "Q", "R"]), rows, None), ["P    Q     R", "a    long  x", "bcd  e     y"]);
    }

    #[test]
    fn a_narrow_terminal_wraps_instead_of_cutting() {
        let text = lines(None, [row(&["google", &"word ".repeat(20)])], Some(40));
        assert!(text.len() > 1 && text.iter().all(|line| line.len() <= 40), "{text:?}");
        assert_eq!(text.concat().matches("word").count(), 20);
    }
}
