//! Tables: aligned columns for a terminal, or Markdown.

/// Rows under a header.
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, with a cell for each column.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        assert_eq!(N, self.header.len(), "a cell for each column");
        self.rows.push(cells.into());
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Columns padded to one width, two spaces between; the last one may be as long as it is.
    pub fn aligned(&self) -> String {
        let header: Vec<String> = self.header.iter().map(|title| (*title).to_owned()).collect();
        let lines: Vec<&Vec<String>> = std::iter::once(&header).chain(&self.rows).collect();
        let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..header.len()).map(width).collect();
        let mut text = String::new();
        for line in lines {
            let mut row = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                row.push_str(&format!("{cell:width$}  "));
            }
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// A Markdown table.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let mut lines = vec![
            line(self.header.iter().map(|title| (*title).to_owned()).collect()),
            line(self.header.iter().map(|_| "---".to_owned()).collect()),
        ];
        lines.extend(self.rows.iter().map(|row| line(row.iter().map(|c| c.replace('|', "\\|")).collect())));
        lines.join("\n")
    }
}

/// Seconds as people say them: `42 s`, `3 min`, `5 h`, `12 days`.
pub fn duration(secs: f64) -> String {
    let secs = secs.max(0.0);
    match secs {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// A share as a percentage, or a dash.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0))
}

/// A count with thousands marked: `1,199,882`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_pipes_are_escaped() {
        let mut table = Table::new(&["name", "what"]);
        table.push(["a".to_owned(), "x|y".to_owned()]);
        table.push(["longer".to_owned(), String::new()]);
        assert_eq!(table.aligned(), "name    what\na       x|y\nlonger");
        assert_eq!(table.markdown(), "| name | what |\n| --- | --- |\n| a | x\\|y |\n| longer |  |");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(7), "7");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_199_882), "1,199,882");
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(600.0), "10 min");
        assert_eq!(percent(Some(0.98765)), "98.77 %");
    }
}
