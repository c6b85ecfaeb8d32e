//! A document as Markdown, with its pictures and drawings as files in a folder beside it.

use super::block::Block;
use std::fmt::Write as _;

/// The text, and the files to be put into the folder called `folder`: name and contents.
pub fn write(blocks: &[Block], folder: &str) -> (String, Vec<(String, Vec<u8>)>) {
    let (mut text, mut files) = (String::new(), Vec::new());
    for block in blocks {
        let mut file = |ending: &str, contents: Vec<u8>| {
            let name = format!("{:03}.{ending}", files.len() + 1);
            files.push((name.clone(), contents));
            format!("{folder}/{name}")
        };
        // Writing to memory cannot fail, here and below.
        match block {
            Block::Heading(level, line) => {
                writeln!(text, "{} {}", "#".repeat(usize::from(*level)), escaped(line)).ok()
            }
            Block::Text(line) => writeln!(text, "{}", escaped(line)).ok(),
            Block::Remark(line) => writeln!(text, "*{}*", escaped(line)).ok(),
            Block::Own(own) => {
                let quoted: Vec<String> = own.lines().map(|line| format!("> {}", escaped(line))).collect();
                writeln!(text, "{}", quoted.join("\n")).ok()
            }
            Block::List(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| format!("- {}", escaped(line))).collect();
                writeln!(text, "{}", lines.join("\n")).ok()
            }
            Block::Table(captions, rows) => {
                let row = |cells: &[String]| {
                    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
                    format!("| {} |", cells.join(" | "))
                };
                writeln!(text, "{}\n| {} |", row(captions), vec!["---"; captions.len()].join(" | ")).ok();
                rows.iter().for_each(|cells| _ = writeln!(text, "{}", row(cells)));
                Some(())
            }
            Block::Svg(svg, caption) => {
                let path = file("svg", svg.clone().into_bytes());
                writeln!(text, "![{}]({path})", escaped(caption)).ok()
            }
            Block::Figures(figures) => {
                for figure in figures {
                    let path = file("png", figure.png.clone());
                    writeln!(text, "![{0}]({path})\n{0}\n", escaped(&figure.caption)).ok();
                }
                Some(())
            }
            Block::Code(code) => {
                // A fence longer than any in the text.
                let mut fence = "```".to_owned();
                while code.contains(&fence) {
                    fence.push('`');
                }
                writeln!(text, "{fence}\n{}\n{fence}", code.trim_end()).ok()
            }
        };
        text.push('\n');
    }
    (text, files)
}

/// Text in which nothing means anything but itself; a line end would end a table's row.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '&' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' | '\r' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
