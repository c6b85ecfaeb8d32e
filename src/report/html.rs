//! A document as one HTML file without a link to anything.

use super::block::{Block, Figure};
use super::svg::escaped;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// Characters from which on a cell of a table may be broken into lines: no figure is parted from its unit.
const LONG: usize = 24;

const STYLE: &str = "\
body{font:16px/1.55 system-ui,sans-serif;color:#1b1b1f;background:#fff;max-width:880px;margin:2em auto;padding:0 1.2em}\
h1{font-size:1.9em;margin-bottom:.2em}h2{margin-top:2.2em;border-bottom:1px solid #ddd;padding-bottom:.2em}\
h3{margin-top:1.5em}table{border-collapse:collapse;margin:1em 0;font-size:.92em}th,td{padding:.25em .8em;text-align:left;border-bottom:1px solid #e4e4e7}\
th{color:#666;font-weight:600}td{white-space:nowrap}td.words{white-space:normal}td:not(:first-child){font-variant-numeric:tabular-nums}pre{background:#f5f5f7;padding:1em;overflow:auto;font-size:.85em;border-radius:6px}\
.own{border-left:3px solid #0072b2;padding-left:1em}.remark{color:#666;font-size:.9em}figure{display:inline-block;margin:.3em .5em .3em 0;vertical-align:top}\
figcaption{font-size:.8em;color:#555;max-width:16em}svg+figcaption{max-width:none}img{image-rendering:pixelated;border:1px solid #ddd}svg{max-width:100%;height:auto}\
.key span{margin-right:1.2em;font-size:.88em}.key i{display:inline-block;width:1.3em;height:.32em;margin-right:.4em;vertical-align:middle}";

/// The whole file.
pub fn write(title: &str, blocks: &[Block]) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\
         <title>{}</title><style>{STYLE}</style></head><body>\n",
        escaped(title)
    );
    for block in blocks {
        one(&mut html, block);
        html.push('\n');
    }
    html.push_str("</body></html>\n");
    html
}

fn one(html: &mut String, block: &Block) {
    // Writing to memory cannot fail, here and below.
    match block {
        Block::Heading(level, text) => write!(html, "<h{level}>{}</h{level}>", escaped(text)).ok(),
        Block::Text(text) => write!(html, "<p>{}</p>", escaped(text)).ok(),
        Block::Remark(text) => write!(html, "<p class=\"remark\">{}</p>", escaped(text)).ok(),
        Block::Own(text) => {
            let parts = text.split("\n\n").map(|part| format!("<p>{}</p>", escaped(part.trim())));
            write!(html, "<div class=\"own\">{}</div>", parts.collect::<String>()).ok()
        }
        Block::List(lines) => {
            let lines = lines.iter().map(|line| format!("<li>{}</li>", escaped(line)));
            write!(html, "<ul>{}</ul>", lines.collect::<String>()).ok()
        }
        Block::Table(captions, rows) => {
            let row = |cells: &[String], tag: &str| {
                let cells = cells.iter().map(|cell| {
                    let class = if cell.chars().count() > LONG { " class=\"words\"" } else { "" };
                    format!("<{tag}{class}>{}</{tag}>", escaped(cell))
                });
                format!("<tr>{}</tr>", cells.collect::<String>())
            };
            let body: String = rows.iter().map(|cells| row(cells, "td")).collect();
            write!(html, "<table><thead>{}</thead><tbody>{body}</tbody></table>", row(captions, "th")).ok()
        }
        // Drawings are made here, and their texts were escaped when they were drawn.
        Block::Svg(svg, caption) => {
            write!(html, "<figure>{svg}<figcaption>{}</figcaption></figure>", escaped(caption)).ok()
        }
        Block::Figures(figures) => {
            let each = figures.iter().map(|Figure { png, caption, width }| {
                let caption = escaped(caption);
                format!(
                    "<figure><img alt=\"{caption}\" width=\"{width}\" src=\"data:image/png;base64,{}\"><figcaption>{caption}</figcaption></figure>",
                    STANDARD.encode(png)
                )
            });
            write!(html, "<div>{}</div>", each.collect::<String>()).ok()
        }
        Block::Code(text) => write!(html, "<pre>{}</pre>", escaped(text)).ok(),
    };
}
