//! Drawings as SVG: curves, a confusion matrix, a reliability diagram, a scatter. Text is escaped, nothing is linked.

use std::fmt::Write as _;

/// Colours of curves: told apart by those who see colours otherwise too (Okabe and Ito, 2008).
pub const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444", "#b8a800"];

/// Text that can stand in HTML and SVG, between tags and in quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are forbidden in XML; only line ends and tabs may stay.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// As in the key.
    pub name: String,
    /// Places, from left to right.
    pub points: Vec<[f64; 2]>,
    /// Number of its colour.
    pub colour: usize,
    /// Whether it is dashed.
    pub dashed: bool,
}

/// What curves are drawn on.
#[derive(Clone, Copy, Debug)]
pub struct Axes<'a> {
    /// Below.
    pub x: &'a str,
    /// Above.
    pub y: &'a str,
    /// Whether values are shares, to be shown in per cent.
    pub shares: bool,
    /// Width and height in pixels.
    pub size: [f64; 2],
}

const LEFT: f64 = 58.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 36.0;

/// Round steps between two values, about `n` of them.
fn ticks(low: f64, high: f64, n: f64) -> Vec<f64> {
    let raw = (high - low).max(f64::MIN_POSITIVE) / n;
    let power = 10_f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw).unwrap_or(power * 10.0);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last.min(first + 20)).map(|i| i as f64 * step).collect()
}

fn label(value: f64, shares: bool) -> String {
    let value = if shares { value * 100.0 } else { value };
    let text =
        if value != 0.0 && value.abs() < 0.001 { format!("{value:.0e}") } else { format!("{value:.4}") };
    let text =
        if text.contains('e') { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() };
    if shares { format!("{text} %") } else { text }
}

/// Curves over one pair of axes. The part of y that holds all but the outermost hundredth of the values is shown.
pub fn curves(curves: &[Curve], axes: Axes<'_>) -> String {
    let [width, height] = axes.size;
    let finite = |p: &&[f64; 2]| p[0].is_finite() && p[1].is_finite();
    let points = || curves.iter().flat_map(|curve| curve.points.iter().filter(finite));
    let mut ys: Vec<f64> = points().map(|p| p[1]).collect();
    ys.sort_by(f64::total_cmp);
    let x = points().fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], p| [a.min(p[0]), b.max(p[0])]);
    let mut svg = open(width, height);
    if ys.is_empty() {
        svg.push_str("<text x=\"12\" y=\"24\">Nothing was measured</text></svg>");
        return svg;
    }
    let at = |share: f64| ys[((ys.len() - 1) as f64 * share).round() as usize];
    let (low, high) = (at(0.005), at(0.995));
    let spare = ((high - low) * 0.05).max(high.abs() * 1e-3).max(1e-9);
    let y = [low - spare, high + spare];
    let x = if x[1] > x[0] { x } else { [x[0] - 0.5, x[0] + 0.5] };
    let (inner_w, inner_h) = (width - LEFT - RIGHT, height - TOP - BOTTOM);
    let place = |p: &[f64; 2]| {
        let [sx, sy] = [(p[0] - x[0]) / (x[1] - x[0]), (p[1] - y[0]) / (y[1] - y[0])];
        [LEFT + sx * inner_w, TOP + (1.0 - sy.clamp(-0.02, 1.02)) * inner_h]
    };
    for tick in ticks(y[0], y[1], 5.0) {
        let [_, at] = place(&[x[0], tick]);
        let text = label(tick, axes.shares);
        let end = width - RIGHT;
        // Writing to memory cannot fail, here and below.
        write!(svg, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{end:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>")
            .ok();
        write!(
            svg,
            "<text class=\"tick\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
            LEFT - 5.0,
            at + 4.0
        )
        .ok();
    }
    for tick in ticks(x[0], x[1], 6.0) {
        let [at, _] = place(&[tick, y[0]]);
        let text = label(tick, false);
        let bottom = height - BOTTOM + 15.0;
        write!(
            svg,
            "<text class=\"tick\" text-anchor=\"middle\" x=\"{at:.1}\" y=\"{bottom:.1}\">{text}</text>"
        )
        .ok();
    }
    for curve in curves {
        let dash = if curve.dashed { " stroke-dasharray=\"6 4\"" } else { "" };
        let colour = COLOURS[curve.colour % COLOURS.len()];
        // What is no number breaks the line.
        for part in curve.points.split(|p| !p[0].is_finite() || !p[1].is_finite()) {
            let [first, ..] = part else { continue };
            let mut line = String::new();
            for p in thinned(part, inner_w as usize) {
                let [px, py] = place(&p);
                write!(line, "{px:.1},{py:.1} ").ok();
            }
            if part.len() == 1 {
                let [px, py] = place(first);
                write!(svg, "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3\" fill=\"{colour}\"/>").ok();
            }
            write!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"{dash} points=\"{}\"/>",
                line.trim_end()
            )
            .ok();
        }
    }
    write!(svg, "<text x=\"4\" y=\"14\">{}</text>", escaped(axes.y)).ok();
    write!(
        svg,
        "<text class=\"tick\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text></svg>",
        width - RIGHT,
        height - 4.0,
        escaped(axes.x)
    )
    .ok();
    svg
}

/// The least and the greatest value in each pixel column: peaks survive, files stay small.
fn thinned(points: &[[f64; 2]], columns: usize) -> Vec<[f64; 2]> {
    if points.len() <= columns * 2 {
        return points.to_vec();
    }
    let each = points.len().div_ceil(columns.max(1));
    let mut out = Vec::with_capacity(columns * 2);
    for part in points.chunks(each) {
        let by_y = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
        let (Some(low), Some(high)) = (part.iter().min_by(by_y), part.iter().max_by(by_y)) else { continue };
        let pair = if low[0] <= high[0] { [*low, *high] } else { [*high, *low] };
        out.extend(pair);
    }
    out
}

fn open(width: f64, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\"><style>.grid{{stroke:#ddd}}.tick{{font-size:11px;fill:#666}}</style>"
    )
}

/// The key of curves: each name once, in its colour.
pub fn key(curves: &[Curve]) -> String {
    let mut out = String::from("<p class=\"key\">");
    let mut seen: Vec<&str> = Vec::new();
    for curve in curves.iter().filter(|curve| !curve.dashed) {
        if !seen.contains(&curve.name.as_str()) {
            seen.push(&curve.name);
            let colour = COLOURS[curve.colour % COLOURS.len()];
            write!(out, "<span><i style=\"background:{colour}\"></i>{}</span> ", escaped(&curve.name)).ok();
        }
    }
    out.push_str("</p>");
    out
}

/// A confusion matrix: rows are true classes, columns those read; counts, or shares of each row in per cent.
pub fn confusion(classes: &[String], counts: &[u64], shares: bool) -> String {
    let n = classes.len().max(1);
    let side = (420.0 / n as f64).clamp(20.0, 44.0);
    let (left, top) = (64.0, 40.0);
    let size = [left + side * n as f64 + 8.0, top + side * n as f64 + 8.0];
    let mut svg = open(size[0], size[1]);
    write!(svg, "<text x=\"4\" y=\"12\">Rows: true. Columns: read as</text>").ok();
    let is_right = |at: usize| at / n == at % n;
    let most = |right: bool| {
        let of = counts.iter().enumerate().filter(|(at, _)| is_right(*at) == right);
        (of.map(|(_, count)| *count).max().unwrap_or(0) as f64 + 1.0).ln().max(f64::MIN_POSITIVE)
    };
    for (i, name) in classes.iter().enumerate() {
        let short = escaped(&name.chars().take(8).collect::<String>());
        let along = (i as f64 + 0.5) * side;
        write!(
            svg,
            "<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{short}</text>",
            left + along,
            top - 5.0
        )
        .ok();
        write!(
            svg,
            "<text class=\"tick\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{short}</text>",
            left - 5.0,
            top + along + 4.0
        )
        .ok();
    }
    for (at, count) in counts.iter().enumerate().take(n * n) {
        let (row, column) = (at / n, at % n);
        let strength = (*count as f64 + 1.0).ln() / most(is_right(at));
        let colour = if is_right(at) { "#0072b2" } else { "#d55e00" };
        let (x, y) = (left + column as f64 * side, top + row as f64 * side);
        let opacity = if *count == 0 { 0.04 } else { 0.12 + 0.6 * strength.min(1.0) };
        write!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{0:.1}\" height=\"{0:.1}\" fill=\"{colour}\" fill-opacity=\"{opacity:.2}\"/>", side - 1.5).ok();
        if *count > 0 {
            let all: u64 = counts[row * n..row * n + n].iter().sum();
            let text = match shares {
                true => format!("{:.1}", *count as f64 / all.max(1) as f64 * 100.0),
                false => count.to_string(),
            };
            let font = (side * 0.34).clamp(7.0, 12.0);
            write!(
                svg,
                "<text text-anchor=\"middle\" font-size=\"{font:.1}\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
                x + side / 2.0 - 0.75,
                y + side / 2.0 + 4.0
            )
            .ok();
        }
    }
    svg.push_str("</svg>");
    svg
}

/// Accuracy over confidence in bars, with the diagonal of honesty.
pub fn reliability(bins: &[crate::score::Bin]) -> String {
    let (side, left, top) = (240.0, 44.0, 10.0);
    let mut svg = open(left + side + 12.0, top + side + 34.0);
    let width = side / bins.len().max(1) as f64;
    for (i, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.n > 0) {
        let (x, high) = (left + i as f64 * width, bin.accuracy * side);
        write!(svg, "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\" fill=\"#0072b2\" fill-opacity=\"0.75\"/>", top + side - high, width - 1.0).ok();
    }
    let (right, bottom) = (left + side, top + side);
    write!(svg, "<line x1=\"{left}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{top}\" stroke=\"#666\" stroke-dasharray=\"4 4\"/>").ok();
    write!(
        svg,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{side}\" height=\"{side}\" fill=\"none\" stroke=\"#ccc\"/>"
    )
    .ok();
    for i in 0..=4 {
        let share = f64::from(i) / 4.0;
        write!(
            svg,
            "<text class=\"tick\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{:.0} %</text>",
            left - 4.0,
            bottom - share * side + 4.0,
            share * 100.0
        )
        .ok();
        write!(
            svg,
            "<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{:.0}</text>",
            left + share * side,
            bottom + 14.0,
            share * 100.0
        )
        .ok();
    }
    write!(svg, "<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">Confidence (%), upwards: share that is right</text></svg>", left + side / 2.0, bottom + 29.0).ok();
    svg
}

/// Shares of equally wide parts of 0 to 1, as bars; the captions of both axes.
pub fn bars(shares: &[f64], [along, upwards]: [&str; 2]) -> String {
    let (width, height) = (460.0, 200.0);
    let mut svg = open(width, height);
    let (inner_w, inner_h) = (width - LEFT - RIGHT, height - TOP - BOTTOM);
    let most = shares.iter().copied().fold(1e-9, f64::max);
    let bottom = TOP + inner_h;
    for tick in ticks(0.0, most, 4.0) {
        let at = bottom - tick / most * inner_h;
        let end = width - RIGHT;
        write!(svg, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{end:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>")
            .ok();
        let (x, y, text) = (LEFT - 5.0, at + 4.0, label(tick, true));
        write!(svg, "<text class=\"tick\" text-anchor=\"end\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>").ok();
    }
    let wide = inner_w / shares.len().max(1) as f64;
    for (i, share) in shares.iter().enumerate() {
        let (x, high) = (LEFT + i as f64 * wide, share / most * inner_h);
        let (y, wide) = (bottom - high, wide - 1.5);
        write!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"{}\"/>",
            COLOURS[0]
        )
        .ok();
    }
    for i in 0..=5 {
        let share = f64::from(i) / 5.0;
        let (x, y, text) = (LEFT + share * inner_w, bottom + 15.0, label(share, false));
        write!(svg, "<text class=\"tick\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>")
            .ok();
    }
    write!(svg, "<text x=\"4\" y=\"13\">{}</text>", escaped(upwards)).ok();
    let (x, y) = (LEFT + inner_w / 2.0, height - 4.0);
    write!(
        svg,
        "<text class=\"tick\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text></svg>",
        escaped(along)
    )
    .ok();
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_only_text() {
        let name = "<script>alert('x')</script>\u{0}&\"";
        assert_eq!(escaped(name), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\u{fffd}&amp;&quot;");
        let curve = Curve {
            name: name.to_owned(),
            points: vec![[0.0, 1.0], [1.0, f64::NAN], [2.0, 3.0]],
            ..Curve::default()
        };
        let axes = Axes { x: name, y: name, shares: false, size: [400.0, 200.0] };
        let drawn = curves(std::slice::from_ref(&curve), axes)
            + &key(&[curve])
            + &confusion(&[name.to_owned()], &[3], false);
        assert!(!drawn.contains("<script") && drawn.contains("&lt;script"));
        assert!(
            !drawn.contains("NaN") && drawn.matches("<circle").count() == 2,
            "the gap parts the line: {drawn}"
        );
    }

    #[test]
    fn nothing_and_one_value_are_drawn_too() {
        let axes = Axes { x: "Step", y: "Loss", shares: true, size: [300.0, 200.0] };
        assert!(curves(&[], axes).contains("Nothing was measured"));
        let one = Curve { points: vec![[3.0, 0.5]], ..Curve::default() };
        let drawn = curves(&[one], axes);
        assert!(drawn.contains("50 %") && !drawn.contains("inf") && !drawn.contains("NaN"), "{drawn}");
        let many: Vec<[f64; 2]> = (0..100_000).map(|i| [f64::from(i), f64::from(i % 7)]).collect();
        assert!(curves(&[Curve { points: many, ..Curve::default() }], axes).len() < 20_000);
        assert_eq!(ticks(0.0, 1.0, 5.0).len(), 6);
        let shares = confusion(&["a".to_owned(), "b".to_owned()], &[3, 1, 0, 0], true);
        assert!(shares.contains(">75.0<") && shares.contains(">25.0<"));
    }
}
