//! Rows as a table of text.

use crate::pipeline::Rows;

/// Longer cells are cut, so that one long text does not spoil the table; in characters.
const LONGEST_CELL: usize = 60;

/// The rows under their names, in columns of equal width.
pub(super) fn text_of(rows: &Rows) -> String {
    let header: Vec<String> = rows.columns.iter().map(|name| cell(Some(name))).collect();
    let body: Vec<Vec<String>> =
        rows.rows.iter().map(|row| row.iter().map(|value| cell(value.as_deref())).collect()).collect();
    let widths: Vec<usize> = (0..header.len())
        .map(|column| std::iter::once(&header).chain(&body).map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let rule = widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>();
    let mut lines: Vec<String> = [&header, &rule].into_iter().chain(&body).map(|row| line(row, &widths)).collect();
    lines.push(format!("({} rows{})", rows.rows.len(), if rows.cut { ", cut here" } else { "" }));
    lines.join("\n")
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, &width)| format!("{cell:<width$}"));
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// One line of at most [`LONGEST_CELL`] characters, without signs that would move a terminal's cursor.
fn cell(value: Option<&str>) -> String {
    let Some(value) = value else { return "NULL".to_owned() };
    let mut letters = value.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut text: String = letters.by_ref().take(LONGEST_CELL).collect();
    if letters.next().is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_under_their_names() {
        let rows = Rows {
            columns: vec!["name".to_owned(), "n".to_owned()],
            rows: vec![vec![Some("Zoë\n".to_owned()), None], vec![Some("x".repeat(70)), Some("12".to_owned())]],
            cut: true,
        };
        let wide = "x".repeat(60);
        let (dashes, spaces) = ("-".repeat(61), " ".repeat(57));
        let expected = format!("name{spaces}  n\n{dashes}  ----\nZoë {spaces}  NULL\n{wide}…  12\n(2 rows, cut here)");
        assert_eq!(text_of(&rows), expected);
    }
}
