//! Tables as spreadsheets write them (RFC 4180): fields between separators, quotes around what holds one.

/// A line of a table with the number of the line of text that it begins on, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) fields: Vec<String>,
}

impl Line {
    /// A field without blanks around it; empty where there is none.
    pub(super) fn field(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", |field| field.trim())
    }
}

/// The separator that the first line has most of: half of Europe writes semicolons.
fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: char| first.matches(separator).count();
    if count(';') > count(',') {
        ';'
    } else if count('\t') > count(',') {
        '\t'
    } else {
        ','
    }
}

/// Every line that is not empty. An unfinished quote ends with the text.
pub(super) fn read(text: &str) -> Vec<Line> {
    let separator = separator(text);
    let mut lines = Vec::new();
    let mut line = Line { number: 1, fields: vec![String::new()] };
    let (mut at, mut quoted) = (1, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        at += usize::from(c == '\n');
        let field = line.fields.last_mut();
        match (c, field) {
            ('"', Some(field)) if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            ('"', _) if quoted => quoted = false,
            ('"', Some(field)) if field.trim().is_empty() => {
                field.clear();
                quoted = true;
            }
            ('\n', _) if !quoted => finish(&mut lines, &mut line, at),
            ('\r', _) if !quoted => {}
            (c, _) if c == separator && !quoted => line.fields.push(String::new()),
            (c, Some(field)) => field.push(c),
            (_, None) => {}
        }
    }
    finish(&mut lines, &mut line, at);
    lines
}

fn finish(lines: &mut Vec<Line>, line: &mut Line, next: usize) {
    let whole = std::mem::replace(line, Line { number: next, fields: vec![String::new()] });
    if whole.fields.iter().any(|field| !field.trim().is_empty()) {
        lines.push(whole);
    }
}

/// A line of a table, with its end.
pub(super) fn write(fields: &[String]) -> String {
    let quoted = |field: &String| match field.contains(['"', ',', ';', '\t', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.clone(),
    };
    format!("{}\n", fields.iter().map(quoted).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let fields = ["a", "b, c", "say \"d\"", "", "two\nlines", "last"].map(str::to_owned);
        let text = [write(&fields), write(&fields)].concat();
        let lines = read(&text);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].number, lines[1].number), (1, 3));
        assert!(lines.iter().all(|line| line.fields == fields));
    }

    #[test]
    fn odd_tables_are_read_as_far_as_they_go() {
        let fields = |text: &str| read(text).into_iter().map(|line| line.fields).collect::<Vec<_>>();
        assert_eq!(fields("a;b,c;d\r\n\r\n1;2"), [vec!["a", "b,c", "d"], vec!["1", "2"]]);
        assert_eq!(fields("a\t b\nx"), [vec!["a", " b"], vec!["x"]]);
        assert_eq!(fields("a,\"open\nx"), [vec!["a", "open\nx"]]);
        assert_eq!(fields("5\" disk,b"), [vec!["5\" disk", "b"]]);
        assert!(fields("").is_empty());
        assert_eq!(read("a,b\n\n c ,d")[1].field(0), "c");
        assert_eq!((read("a")[0].field(7), read("\n\na")[0].number), ("", 3));
    }
}
