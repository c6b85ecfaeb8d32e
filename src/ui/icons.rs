//! Small line drawings on a grid of 24, so that they are sharp at any size and take the colour of the text.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A house.
    Start,
    /// A grid of pictures.
    Data,
    /// A falling curve.
    Train,
    /// A fan of curves.
    Sweep,
    /// Two curves.
    Compare,
    /// A lens.
    Inspect,
    /// A page with lines.
    Report,
    /// The sun and the moon in one disc.
    Theme,
    /// A prompt.
    Palette,
    /// A question mark.
    Help,
    /// A bell.
    Bell,
    /// A triangle.
    Play,
    /// Two bars.
    Pause,
    /// A square.
    Stop,
    /// A bin.
    Trash,
    /// A circular arrow.
    Reset,
    /// A plus.
    Plus,
    /// A tick.
    Check,
    /// A folder.
    Folder,
    /// An arrow onto a line.
    Download,
    /// A pen.
    Pen,
    /// A cross.
    Close,
    /// A triangle with a mark.
    Warning,
    /// A flash.
    Quick,
    /// A disk.
    Save,
    /// An arrow to the left, and to the right when mirrored.
    Back,
    /// A copy of a sheet.
    Copy,
    /// An arrow up.
    Up,
    /// An arrow down.
    Down,
    /// A camera.
    Camera,
    /// A disc in a ring.
    Record,
    /// A star.
    Star,
}

/// One stroke on the grid of 24.
enum Part {
    Line(&'static [(f32, f32)]),
    Area(&'static [(f32, f32)]),
    Circle(f32, f32, f32),
    Dot(f32, f32, f32),
    /// Centre, radius, from and to in turns, clockwise from the right.
    Arc(f32, f32, f32, f32, f32),
}

use Part::{Arc, Area, Circle, Dot, Line};

impl Icon {
    #[expect(clippy::too_many_lines, reason = "a table of drawings")]
    fn parts(self) -> &'static [Part] {
        match self {
            Self::Camera => &[
                Line(&[(3.5, 8.0), (7.5, 8.0), (9.5, 5.0), (14.5, 5.0), (16.5, 8.0), (20.5, 8.0)]),
                Line(&[(20.5, 8.0), (20.5, 19.0), (3.5, 19.0), (3.5, 8.0)]),
                Circle(12.0, 13.2, 3.8),
            ],
            Self::Record => &[Circle(12.0, 12.0, 8.0), Dot(12.0, 12.0, 4.5)],
            Self::Star => &[Line(&[
                (12.0, 3.1),
                (14.5, 9.2),
                (21.0, 9.7),
                (16.0, 13.9),
                (17.6, 20.3),
                (12.0, 16.8),
                (6.4, 20.3),
                (8.0, 13.9),
                (3.0, 9.7),
                (9.5, 9.2),
                (12.0, 3.1),
            ])],
            Self::Up => {
                &[Line(&[(12.0, 19.0), (12.0, 5.0)]), Line(&[(6.0, 11.0), (12.0, 5.0), (18.0, 11.0)])]
            }
            Self::Down => {
                &[Line(&[(12.0, 5.0), (12.0, 19.0)]), Line(&[(6.0, 13.0), (12.0, 19.0), (18.0, 13.0)])]
            }
            Self::Start => &[
                Line(&[(3.5, 11.0), (12.0, 3.5), (20.5, 11.0)]),
                Line(&[(6.0, 9.5), (6.0, 20.0), (18.0, 20.0), (18.0, 9.5)]),
                Line(&[(10.0, 20.0), (10.0, 14.0), (14.0, 14.0), (14.0, 20.0)]),
            ],
            Self::Data => &[
                Line(&[(4.0, 4.0), (10.0, 4.0), (10.0, 10.0), (4.0, 10.0), (4.0, 4.0)]),
                Line(&[(14.0, 4.0), (20.0, 4.0), (20.0, 10.0), (14.0, 10.0), (14.0, 4.0)]),
                Line(&[(4.0, 14.0), (10.0, 14.0), (10.0, 20.0), (4.0, 20.0), (4.0, 14.0)]),
                Line(&[(14.0, 14.0), (20.0, 14.0), (20.0, 20.0), (14.0, 20.0), (14.0, 14.0)]),
            ],
            Self::Train => &[
                Line(&[(3.5, 3.5), (3.5, 20.5), (20.5, 20.5)]),
                Line(&[(7.0, 5.0), (8.0, 10.0), (10.0, 13.5), (13.0, 15.5), (16.5, 16.5), (20.5, 17.0)]),
            ],
            Self::Sweep => &[
                Line(&[(4.0, 3.5), (4.0, 20.5)]),
                Line(&[(12.0, 3.5), (12.0, 20.5)]),
                Line(&[(20.0, 3.5), (20.0, 20.5)]),
                Line(&[(4.0, 7.0), (12.0, 15.0), (20.0, 6.0)]),
                Line(&[(4.0, 16.0), (12.0, 8.0), (20.0, 14.0)]),
            ],
            Self::Compare => &[
                Line(&[(3.5, 3.5), (3.5, 20.5), (20.5, 20.5)]),
                Line(&[(7.0, 14.0), (11.0, 10.0), (14.0, 12.0), (20.0, 5.0)]),
                Line(&[(7.0, 17.5), (12.0, 15.5), (15.5, 16.5), (20.0, 12.5)]),
            ],
            Self::Report => &[
                Line(&[(6.0, 3.5), (18.0, 3.5), (18.0, 20.5), (6.0, 20.5), (6.0, 3.5)]),
                Line(&[(9.0, 8.5), (15.0, 8.5)]),
                Line(&[(9.0, 12.0), (15.0, 12.0)]),
                Line(&[(9.0, 15.5), (13.0, 15.5)]),
            ],
            Self::Inspect => &[Circle(10.5, 10.5, 6.5), Line(&[(15.5, 15.5), (20.5, 20.5)])],
            Self::Theme => &[
                Circle(12.0, 12.0, 8.0),
                Area(&[
                    (12.0, 4.0),
                    (15.1, 4.6),
                    (17.7, 6.3),
                    (19.4, 8.9),
                    (20.0, 12.0),
                    (19.4, 15.1),
                    (17.7, 17.7),
                    (15.1, 19.4),
                    (12.0, 20.0),
                ]),
            ],
            Self::Palette => {
                &[Line(&[(5.0, 6.0), (11.0, 12.0), (5.0, 18.0)]), Line(&[(13.0, 18.5), (20.0, 18.5)])]
            }
            Self::Help => &[
                Arc(12.0, 8.5, 4.5, 0.52, 1.10),
                Line(&[(15.6, 11.1), (13.2, 12.8), (12.0, 14.2), (12.0, 15.5)]),
                Dot(12.0, 19.5, 1.3),
            ],
            Self::Bell => &[
                Line(&[(5.0, 17.0), (6.5, 15.0), (6.5, 10.0)]),
                Arc(12.0, 10.0, 5.5, 0.5, 1.0),
                Line(&[(17.5, 10.0), (17.5, 15.0), (19.0, 17.0), (5.0, 17.0)]),
                Arc(12.0, 18.0, 2.3, 0.0, 0.5),
            ],
            Self::Play => &[Area(&[(7.0, 4.5), (19.5, 12.0), (7.0, 19.5)])],
            Self::Pause => &[
                Area(&[(6.5, 5.0), (10.0, 5.0), (10.0, 19.0), (6.5, 19.0)]),
                Area(&[(14.0, 5.0), (17.5, 5.0), (17.5, 19.0), (14.0, 19.0)]),
            ],
            Self::Stop => &[Area(&[(6.0, 6.0), (18.0, 6.0), (18.0, 18.0), (6.0, 18.0)])],
            Self::Trash => &[
                Line(&[(4.0, 6.5), (20.0, 6.5)]),
                Line(&[(9.0, 6.5), (9.0, 3.5), (15.0, 3.5), (15.0, 6.5)]),
                Line(&[(6.0, 6.5), (7.0, 20.5), (17.0, 20.5), (18.0, 6.5)]),
                Line(&[(10.0, 10.5), (10.3, 16.5)]),
                Line(&[(14.0, 10.5), (13.7, 16.5)]),
            ],
            Self::Reset => &[Arc(12.0, 12.5, 7.5, 0.72, 1.6), Line(&[(5.2, 4.0), (5.6, 8.6), (10.2, 8.0)])],
            Self::Plus => &[Line(&[(12.0, 5.0), (12.0, 19.0)]), Line(&[(5.0, 12.0), (19.0, 12.0)])],
            Self::Check => &[Line(&[(4.5, 12.5), (9.5, 17.5), (19.5, 6.5)])],
            Self::Folder => &[Line(&[
                (3.5, 18.5),
                (3.5, 5.5),
                (9.5, 5.5),
                (11.5, 8.0),
                (20.5, 8.0),
                (20.5, 18.5),
                (3.5, 18.5),
            ])],
            Self::Download => &[
                Line(&[(12.0, 3.5), (12.0, 15.0)]),
                Line(&[(7.0, 10.5), (12.0, 15.5), (17.0, 10.5)]),
                Line(&[(4.0, 16.5), (4.0, 20.0), (20.0, 20.0), (20.0, 16.5)]),
            ],
            Self::Pen => &[
                Line(&[(4.0, 20.0), (5.0, 15.5), (16.0, 4.5), (19.5, 8.0), (8.5, 19.0), (4.0, 20.0)]),
                Line(&[(13.5, 7.0), (17.0, 10.5)]),
            ],
            Self::Close => &[Line(&[(6.0, 6.0), (18.0, 18.0)]), Line(&[(18.0, 6.0), (6.0, 18.0)])],
            Self::Warning => &[
                Line(&[(12.0, 4.0), (21.0, 19.5), (3.0, 19.5), (12.0, 4.0)]),
                Line(&[(12.0, 10.0), (12.0, 14.0)]),
                Dot(12.0, 16.8, 1.1),
            ],
            Self::Quick => &[Line(&[
                (13.0, 3.0),
                (5.0, 13.5),
                (11.0, 13.5),
                (10.5, 21.0),
                (19.0, 10.0),
                (12.5, 10.0),
                (13.0, 3.0),
            ])],
            Self::Save => &[
                Line(&[(4.0, 4.0), (16.5, 4.0), (20.0, 7.5), (20.0, 20.0), (4.0, 20.0), (4.0, 4.0)]),
                Line(&[(8.0, 4.0), (8.0, 9.0), (15.0, 9.0), (15.0, 4.0)]),
                Line(&[(8.0, 20.0), (8.0, 14.0), (16.0, 14.0), (16.0, 20.0)]),
            ],
            Self::Back => {
                &[Line(&[(19.0, 12.0), (5.0, 12.0)]), Line(&[(11.0, 6.0), (5.0, 12.0), (11.0, 18.0)])]
            }
            Self::Copy => &[
                Line(&[(9.0, 9.0), (20.0, 9.0), (20.0, 20.0), (9.0, 20.0), (9.0, 9.0)]),
                Line(&[(5.5, 15.0), (4.0, 15.0), (4.0, 4.0), (15.0, 4.0), (15.0, 5.5)]),
            ],
        }
    }

    /// Draws it to fill a square.
    pub fn paint(self, painter: &Painter, square: Rect, colour: Color32) {
        let scale = square.width() / 24.0;
        let at = |(x, y): (f32, f32)| square.min + egui::vec2(x, y) * scale;
        let stroke = Stroke::new((1.8 * scale).max(1.2), colour);
        for part in self.parts() {
            match part {
                Line(points) => {
                    _ = painter.add(Shape::line(points.iter().copied().map(at).collect(), stroke));
                }
                Area(points) => {
                    let points = points.iter().copied().map(at).collect();
                    _ = painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
                }
                Circle(x, y, r) => _ = painter.circle_stroke(at((*x, *y)), r * scale, stroke),
                Dot(x, y, r) => _ = painter.circle_filled(at((*x, *y)), r * scale, colour),
                Arc(x, y, r, from, to) => {
                    let points = (0..=24).map(|i| {
                        let turn = from + (to - from) * i as f32 / 24.0;
                        let (sin, cos) = (turn * std::f32::consts::TAU).sin_cos();
                        at((x + r * cos, y + r * sin))
                    });
                    _ = painter.add(Shape::line(points.collect::<Vec<Pos2>>(), stroke));
                }
            }
        }
    }

    /// Draws it around a point.
    pub fn paint_at(self, painter: &Painter, centre: Pos2, side: f32, colour: Color32) {
        let half = side / 2.0;
        self.paint(
            painter,
            Rect::from_min_size(pos2(centre.x - half, centre.y - half), egui::Vec2::splat(side)),
            colour,
        );
    }
}
