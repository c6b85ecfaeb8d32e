//! A part of the window as an SVG file: what was painted there this frame, line by line and word by word, so that any
//! plot can be exported as it is seen, without being drawn a second time.

use egui::epaint::{ClippedShape, ColorMode, PathShape, TextShape};
use egui::{Color32, Context, LayerId, Pos2, Rect, Shape, Stroke};
use std::fmt::Write as _;

/// Everything painted so far in a part of a layer.
pub fn of(ctx: &Context, layer: LayerId, part: Rect, back: Color32) -> String {
    ctx.graphics(|graphics| {
        let entries = graphics.get(layer).map(|list| list.all_entries().cloned().collect::<Vec<_>>());
        svg(part, back, &entries.unwrap_or_default())
    })
}

/// Shapes as SVG; what lies outside of `part` is left out or cut off.
pub fn svg(part: Rect, back: Color32, shapes: &[ClippedShape]) -> String {
    let mut pen = Pen { text: String::new(), n_clips: 0 };
    let (w, h) = (part.width(), part.height());
    let [x, y] = [part.left(), part.top()];
    pen.line(format_args!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="{x} {y} {w} {h}" font-family="Inter, sans-serif">"#
    ));
    pen.line(format_args!(r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" {}/>"#, fill(back)));
    for ClippedShape { clip_rect, shape, .. } in shapes {
        let clip = clip_rect.intersect(part);
        let seen = shape.visual_bounding_rect().intersect(clip);
        if !clip.is_positive() || seen.width() < 0.0 || seen.height() < 0.0 {
            continue;
        }
        let cut = !clip.contains_rect(shape.visual_bounding_rect());
        if cut {
            pen.n_clips += 1;
            let (n, c) = (pen.n_clips, clip);
            pen.line(format_args!(
                r##"<clipPath id="c{n}"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath><g clip-path="url(#c{n})">"##,
                c.left(),
                c.top(),
                c.width(),
                c.height()
            ));
        }
        pen.shape(shape);
        if cut {
            pen.line(format_args!("</g>"));
        }
    }
    pen.text.push_str("</svg>\n");
    pen.text
}

struct Pen {
    text: String,
    n_clips: usize,
}

impl Pen {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        writeln!(self.text, "{line}").ok();
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Shape::Circle(circle) => {
                let (c, r) = (circle.center, circle.radius);
                let look = look(circle.fill, circle.stroke);
                self.line(format_args!(r#"<circle cx="{:.2}" cy="{:.2}" r="{r:.2}" {look}/>"#, c.x, c.y));
            }
            Shape::LineSegment { points: [a, b], stroke } => {
                let look = look(Color32::TRANSPARENT, *stroke);
                self.line(format_args!(
                    r#"<line x1="{:.2}" y1="{:.2}" x2="{:.2}" y2="{:.2}" {look}/>"#,
                    a.x, a.y, b.x, b.y
                ));
            }
            Shape::Rect(rect) => {
                let (r, round) = (rect.rect, rect.corner_radius.nw);
                let look = look(rect.fill, rect.stroke);
                self.line(format_args!(
                    r#"<rect x="{:.2}" y="{:.2}" width="{:.2}" height="{:.2}" rx="{round}" {look}/>"#,
                    r.left(),
                    r.top(),
                    r.width(),
                    r.height()
                ));
            }
            Shape::Path(path) => self.path(path),
            Shape::Text(text) => self.words(text),
            Shape::Mesh(mesh) => {
                // Filled areas; a picture has no colour at its corners but white, and is left out.
                for triangle in mesh.triangles() {
                    let [a, b, c] = triangle.map(|i| mesh.vertices[i as usize]);
                    if a.color != Color32::WHITE {
                        let at = points(&[a.pos, b.pos, c.pos]);
                        self.line(format_args!(r#"<polygon points="{at}" {}/>"#, fill(a.color)));
                    }
                }
            }
            // None of our plots draws with these.
            Shape::Noop
            | Shape::Ellipse(_)
            | Shape::Band(_)
            | Shape::QuadraticBezier(_)
            | Shape::CubicBezier(_)
            | Shape::Callback(_) => {}
        }
    }

    fn path(&mut self, path: &PathShape) {
        let colour = match &path.stroke.color {
            ColorMode::Solid(colour) => *colour,
            ColorMode::UV(colour) => path
                .points
                .first()
                .map_or(Color32::TRANSPARENT, |at| colour(path.visual_bounding_rect(), *at)),
        };
        let look = look(path.fill, Stroke::new(path.stroke.width, colour));
        let name = if path.closed { "polygon" } else { "polyline" };
        let at = points(&path.points);
        self.line(format_args!(r#"<{name} points="{at}" stroke-linejoin="round" {look}/>"#));
    }

    fn words(&mut self, shape: &TextShape) {
        let format = shape.galley.job.sections.first().map(|section| &section.format);
        let (Some(format), angle) = (format, shape.angle.to_degrees()) else { return };
        let own = if format.color == Color32::PLACEHOLDER { shape.fallback_color } else { format.color };
        let colour = shape.override_text_color.unwrap_or(own).gamma_multiply(shape.opacity_factor);
        for row in &shape.galley.rows {
            let Some(first) = row.row.glyphs.first() else { continue };
            let words: String = row.row.glyphs.iter().map(|glyph| glyph.chr).collect();
            let at = shape.pos + row.pos.to_vec2() + first.pos.to_vec2();
            let turn = match angle {
                0.0 => String::new(),
                _ => format!(r#" transform="rotate({angle:.1} {:.2} {:.2})""#, shape.pos.x, shape.pos.y),
            };
            let weight = if format.font_id.family.to_string().contains("strong") {
                r#" font-weight="600""#
            } else {
                ""
            };
            self.line(format_args!(
                r#"<text x="{:.2}" y="{:.2}" font-size="{}"{weight}{turn} {}>{}</text>"#,
                at.x,
                at.y,
                format.font_id.size,
                fill(colour),
                escaped(&words)
            ));
        }
    }
}

fn points(points: &[Pos2]) -> String {
    points.iter().map(|p| format!("{:.2},{:.2}", p.x, p.y)).collect::<Vec<_>>().join(" ")
}

fn hex(colour: Color32) -> (String, f32) {
    let [r, g, b, a] = colour.to_srgba_unmultiplied();
    (format!("#{r:02x}{g:02x}{b:02x}"), f32::from(a) / 255.0)
}

fn fill(colour: Color32) -> String {
    let (hex, opacity) = hex(colour);
    match colour {
        Color32::TRANSPARENT => r#"fill="none""#.to_owned(),
        _ if opacity < 1.0 => format!(r#"fill="{hex}" fill-opacity="{opacity:.3}""#),
        _ => format!(r#"fill="{hex}""#),
    }
}

fn look(inside: Color32, stroke: Stroke) -> String {
    let fill = fill(inside);
    if stroke.width <= 0.0 || stroke.color == Color32::TRANSPARENT {
        return fill;
    }
    let (hex, opacity) = hex(stroke.color);
    format!(r#"{fill} stroke="{hex}" stroke-width="{:.2}" stroke-opacity="{opacity:.3}""#, stroke.width)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Align2, CornerRadius, FontId, pos2, vec2};

    #[test]
    fn what_is_painted_comes_out_as_svg() {
        let part = Rect::from_min_size(pos2(10.0, 20.0), vec2(100.0, 50.0));
        let mut text = String::new();
        let ctx = Context::default();
        let mut drawn = ctx.run_ui(egui::RawInput::default(), |ui| {
            let painter = ui.painter().clone();
            painter.circle_filled(pos2(30.0, 40.0), 4.0, Color32::RED);
            painter.rect_filled(
                Rect::from_min_size(pos2(500.0, 500.0), vec2(9.0, 9.0)),
                CornerRadius::ZERO,
                Color32::RED,
            );
            painter.line_segment([pos2(0.0, 30.0), pos2(60.0, 30.0)], Stroke::new(2.0, Color32::BLUE));
            painter.text(pos2(40.0, 40.0), Align2::LEFT_TOP, "a < b", FontId::default(), Color32::WHITE);
            text = of(ui.ctx(), ui.layer_id(), part, Color32::BLACK);
        });
        // Nothing here has a graphics card to hand the letters to.
        drawn.textures_delta.clear();
        assert!(text.starts_with("<svg") && text.ends_with("</svg>\n"), "{text}");
        assert!(text.contains(r##"<circle cx="30.00" cy="40.00" r="4.00" fill="#ff0000"/>"##), "{text}");
        assert!(text.contains("a &lt; b</text>"), "{text}");
        assert!(!text.contains("x=\"500"), "what lies elsewhere is left out");
        assert_eq!(text.matches("<g clip-path").count(), 1, "the line begins outside: {text}");
    }
}
