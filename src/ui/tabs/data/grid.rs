//! A grid of any number of images that scrolls smoothly: only the tiles on the screen are drawn, with pictures that
//! workers make.

use super::boxes;
use super::thumbs::Thumbs;
use crate::app::gallery::{Gallery, Layout, Pick, Step};
use crate::data::Samples;
use crate::ui::theme::{self, palette};
use crate::work::tiles::Cut;
use egui::{
    Align2, Color32, EventFilter, Key, Mesh, Modifiers, PointerButton, Pos2, Rect, Response, Role,
    ScrollArea, Sense, Shape, Stroke, StrokeKind, TextureId,
};
use egui::{Ui, Vec2, WidgetInfo, pos2, vec2};

/// Between two tiles, in points.
const GAP: f32 = 3.0;
/// Around all tiles, so that the edge of one looked at is seen whole, in points.
const MARGIN: f32 = 4.0;
/// Height of the words under a tile, in points.
const CAPTION: f32 = 14.0;
/// On narrower tiles the words would run into each other.
const CAPTION_TILE: f32 = 30.0;

/// What is said of one image under its tile.
pub struct Caption {
    /// A few letters.
    pub text: String,
    /// Their colour.
    pub colour: Color32,
    /// Whether the tile has an edge of that colour too.
    pub edge: bool,
}

/// A grid of images.
pub struct Grid<'a> {
    /// Which images, and which one is looked at.
    pub gallery: &'a Gallery,
    /// The images.
    pub samples: &'a Samples,
    /// What one of them is, in words: tooltip and accessible name.
    pub describe: &'a dyn Fn(usize) -> String,
    /// What is said under each, if anything.
    pub caption: Option<&'a dyn Fn(usize) -> Option<Caption>>,
    /// The names of the classes, to draw boxes with on tiles that are large enough; none for no boxes.
    pub classes: Option<&'a [String]>,
    /// Whether more than one image can be chosen.
    pub many: bool,
}

/// What was asked of a grid.
#[derive(Debug, Default)]
pub struct Asked {
    /// To look at or to choose images.
    pub pick: Option<Pick>,
    /// To see the image looked at in large.
    pub open: bool,
    /// To make the tiles this large.
    pub tile: Option<f32>,
}

/// Where the grid was when it was last drawn.
#[derive(Clone, Copy, Default)]
struct Seen {
    revision: u64,
    pitch: [f32; 2],
    columns: usize,
    offset: f32,
    height: f32,
    selected: Option<usize>,
    /// The corner where a frame around tiles began, in the field.
    band: Option<Vec2>,
}

/// Where everything lies in this frame.
struct Frame {
    layout: Layout,
    /// Upper left corner of the first tile.
    origin: Pos2,
    /// Width and height of a tile's picture.
    picture: Vec2,
    /// Positions that are seen.
    first: usize,
    last: usize,
    captions: bool,
}

impl Frame {
    fn place(&self, position: usize) -> Rect {
        let [x, y] = self.layout.corner(position);
        Rect::from_min_size(self.origin + vec2(x, y), self.picture)
    }

    /// Where the picture of an image of that size lies on its tile.
    fn fitted(&self, position: usize, size: [usize; 2]) -> Rect {
        let tile = self.place(position);
        let size = vec2(size[0].max(1) as f32, size[1].max(1) as f32);
        let scale = (tile.width() / size.x).min(tile.height() / size.y);
        Rect::from_center_size(tile.center(), size * scale)
    }
}

impl Grid<'_> {
    /// Draws it into what is left of `ui`.
    pub fn show(&self, ui: &mut Ui, thumbs: &mut Thumbs) -> Asked {
        let id = ui.scope_id().with("grid");
        let captions = self.caption.is_some() && self.gallery.tile >= CAPTION_TILE;
        let bar = ui.spacing().scroll.bar_width + 4.0;
        let width = ui.available_width() - bar - 2.0 * MARGIN;
        let [columns, rows] = Cut::shape(self.samples).map(|side| side as f32);
        // The size of tiles is that of their longer side, so that wide images are not slivers.
        let wanted = self.gallery.tile * (columns / rows).max(1.0).sqrt();
        let side = Layout::fitting(wanted, GAP, width);
        let picture = vec2(side, side * rows / columns);
        let tile = [picture.x, picture.y + if captions { CAPTION } else { 0.0 }];
        let layout = Layout::new(self.gallery.rows().len(), tile, GAP, width);
        let seen: Seen = ui.data(|data| data.get_temp(id)).unwrap_or_default();
        let height = ui.available_height();
        let mut asked = Asked::default();
        let mut band = seen.band;
        let mut area = ScrollArea::vertical().id_salt("images").auto_shrink(false).animated(false);
        if let Some(offset) = self.offset(&layout, &seen, height) {
            area = area.vertical_scroll_offset(offset);
        }
        let output = area.show_viewport(ui, |ui, viewport| {
            let (field, response) = ui.allocate_exact_size(
                vec2(ui.available_width(), (layout.height() + 2.0 * MARGIN).max(viewport.height())),
                if self.many { Sense::click_and_drag() } else { Sense::click() },
            );
            let visible = layout.visible(viewport.min.y - MARGIN, viewport.max.y - MARGIN);
            let n = self.gallery.rows().len();
            let frame = Frame {
                origin: field.min + Vec2::splat(MARGIN),
                picture,
                first: (visible.start * layout.columns).min(n),
                last: (visible.end * layout.columns).min(n),
                captions,
                layout,
            };
            self.paint(ui, thumbs, &frame);
            asked = self.interact(ui, &frame, &response, viewport.height());
            if self.many {
                Self::band(ui, &frame, &response, &mut band, &mut asked);
            }
            self.explain(ui, &frame, response);
        });
        let now = Seen {
            revision: self.gallery.revision(),
            pitch: layout.pitch,
            columns: layout.columns,
            offset: output.state.clamped_offset().y,
            height: output.inner_rect.height(),
            selected: self.gallery.selected(),
            band,
        };
        ui.data_mut(|data| data.insert_temp(id, now));
        asked
    }

    /// Where to scroll to, if not where the user left it: other images begin at the top, a zoom keeps what was seen,
    /// and an image looked at by key comes into view.
    fn offset(&self, layout: &Layout, seen: &Seen, height: f32) -> Option<f32> {
        let selected = self.gallery.selected();
        let row_of = |position: usize| layout.corner(position)[1];
        let centred = |position: usize| (row_of(position) - height / 2.0).max(0.0);
        if seen.revision != self.gallery.revision() {
            return Some(selected.map_or(0.0, centred));
        }
        if seen.pitch != layout.pitch || seen.columns != layout.columns {
            let first = (seen.offset / seen.pitch[1].max(1.0)) as usize * seen.columns;
            let in_view = |position: &usize| {
                let y = (*position / seen.columns.max(1)) as f32 * seen.pitch[1];
                (seen.offset - seen.pitch[1]..seen.offset + seen.height).contains(&y)
            };
            return Some(match selected.filter(in_view) {
                Some(position) => centred(position),
                None => row_of(first),
            });
        }
        let position = selected.filter(|_| selected != seen.selected)?;
        let (top, bottom) = (row_of(position), row_of(position) + layout.pitch[1] + 2.0 * MARGIN);
        if top < seen.offset {
            Some(top)
        } else if bottom > seen.offset + seen.height {
            Some(bottom - seen.height)
        } else {
            None
        }
    }

    fn paint(&self, ui: &Ui, thumbs: &mut Thumbs, frame: &Frame) {
        let p = palette(ui);
        let rows = self.gallery.rows();
        let pixels = frame.picture.x * ui.pixels_per_point();
        thumbs.begin(ui.ctx(), self.gallery, self.samples, pixels);
        // Neighbours lie on the same page: a mesh for each stretch of one texture.
        let mut mesh = Mesh::default();
        let flush = |mesh: &mut Mesh| {
            if !mesh.is_empty() {
                ui.painter().add(Shape::mesh(std::mem::take(mesh)));
            }
        };
        let varied = self.samples.sizes.is_some();
        let seen = || (frame.first..frame.last).zip(&rows[frame.first..frame.last]);
        for (position, row) in seen() {
            let size = self.samples.size(*row as usize);
            match thumbs.tile(position, size) {
                Some(tile) => {
                    if mesh.texture_id != tile.texture {
                        flush(&mut mesh);
                        mesh.texture_id = tile.texture;
                    }
                    mesh.add_rect_with_uv(frame.fitted(position, size), tile.uv, Color32::WHITE);
                }
                None => {
                    if mesh.texture_id != TextureId::default() {
                        flush(&mut mesh);
                        mesh.texture_id = TextureId::default();
                    }
                    let fill = if varied { p.well } else { p.hover };
                    mesh.add_colored_rect(frame.place(position), fill);
                }
            }
        }
        flush(&mut mesh);
        // A screen further down, and one further up.
        let screen = frame.last - frame.first;
        let soon = [frame.last + screen / 2, frame.first.saturating_sub(screen / 2)];
        thumbs.end(ui.ctx(), self.gallery, self.samples, soon);
        if let Some(classes) = self.classes.filter(|_| frame.picture.x >= boxes::LEAST_SIDE) {
            for (position, row) in seen() {
                let row = *row as usize;
                let size = self.samples.size(row);
                let rect = frame.fitted(position, size);
                boxes::paint(ui.painter(), rect, size, self.samples.marks(row), classes, p);
            }
        }
        self.paint_words(ui, frame);
        self.paint_chosen(ui, frame);
    }

    fn paint_words(&self, ui: &Ui, frame: &Frame) {
        let Some(caption) = self.caption else { return };
        for position in frame.first..frame.last {
            let Some(caption) = caption(self.gallery.rows()[position] as usize) else { continue };
            let rect = frame.place(position);
            if caption.edge {
                let stroke = Stroke::new(1.5, caption.colour);
                ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
            }
            if !frame.captions {
                continue;
            }
            let below = pos2(rect.center().x, rect.bottom() + 1.0);
            let room = Rect::from_min_max(rect.left_bottom(), rect.right_bottom() + vec2(0.0, CAPTION + 1.0));
            // A long number is cut at its tile rather than running into the next one.
            ui.painter().with_clip_rect(room.intersect(ui.clip_rect())).text(
                below,
                Align2::CENTER_TOP,
                caption.text,
                theme::small(),
                caption.colour,
            );
        }
    }

    fn paint_chosen(&self, ui: &Ui, frame: &Frame) {
        let p = palette(ui);
        if self.many && self.gallery.n_chosen() > 1 {
            for position in frame.first..frame.last {
                if self.gallery.is_chosen(self.gallery.rows()[position]) {
                    let rect = frame.place(position);
                    ui.painter().rect_filled(rect, 0.0, p.accent.gamma_multiply(0.28));
                    ui.painter().rect_stroke(rect, 1.0, Stroke::new(2.0, p.accent), StrokeKind::Outside);
                }
            }
        }
        let seen = |position: &usize| (frame.first..frame.last).contains(position);
        if let Some(selected) = self.gallery.selected().filter(seen) {
            // A light line between the accent and the picture is seen on black and on white.
            let inner = frame.place(selected).expand(0.5);
            ui.painter().rect_stroke(inner.expand(1.0), 2.0, Stroke::new(3.0, p.accent), StrokeKind::Outside);
            ui.painter().rect_stroke(inner, 2.0, Stroke::new(1.0, p.strong), StrokeKind::Outside);
        }
    }

    fn interact(&self, ui: &Ui, frame: &Frame, response: &Response, height: f32) -> Asked {
        let n = self.gallery.rows().len();
        let layout = &frame.layout;
        let mut asked = Asked::default();
        let modifiers = ui.input(|input| input.modifiers);
        // Not by keyboard: Enter on what has the focus counts as a click too, but points nowhere.
        if response.clicked_by(PointerButton::Primary) {
            response.request_focus();
            let at = response.interact_pointer_pos().map(|point| point - frame.origin);
            let at = at.and_then(|at| layout.position_at(at.x, at.y, n));
            asked.pick = match at {
                Some(at) if self.many && modifiers.command => Some(Pick::Toggle(at)),
                Some(at) if self.many && modifiers.shift => Some(Pick::Range(at)),
                _ => Some(Pick::Only(at)),
            };
            asked.open = response.double_clicked() && at.is_some();
        }
        if response.has_focus() {
            let keys =
                EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, keys));
            if let Some(step) = step(ui) {
                let page = (height / layout.pitch[1]) as usize;
                let to = layout.step(self.gallery.selected(), step, page, n);
                asked.pick = match to {
                    Some(to) if self.many && modifiers.shift => Some(Pick::Range(to)),
                    to => Some(Pick::Only(to)),
                };
            }
            if ui.input(|input| input.key_pressed(Key::Escape)) {
                asked.pick = Some(Pick::Only(None));
            }
            if self.many && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
                asked.pick = Some(Pick::All);
            }
            asked.open |= self.gallery.selected().is_some()
                && ui.input(|input| input.key_pressed(Key::Enter) && !input.modifiers.any());
        }
        let zoom = ui.input(egui::InputState::zoom_delta);
        if response.contains_pointer() && zoom != 1.0 {
            asked.tile = Some(self.gallery.tile * zoom);
        }
        asked
    }

    /// A frame drawn around tiles chooses them.
    fn band(ui: &Ui, frame: &Frame, response: &Response, band: &mut Option<Vec2>, asked: &mut Asked) {
        let point = ui.input(|input| input.pointer.interact_pos()).map(|point| point - frame.origin);
        if response.drag_started_by(PointerButton::Primary) {
            let began = ui.input(|input| input.pointer.press_origin()).map(|point| point - frame.origin);
            *band = began;
            response.request_focus();
        }
        let (Some(from), Some(to)) = (*band, point) else { return };
        if response.drag_stopped() || !response.dragged() {
            *band = None;
        }
        let rect = Rect::from_two_pos(frame.origin + from, frame.origin + to);
        let p = palette(ui);
        ui.painter().rect(rect, 2.0, theme::tint(p.accent), Stroke::new(1.0, p.accent), StrokeKind::Inside);
        let tile = |at: Vec2| {
            let [x, y] = frame.layout.pitch;
            let column = (at.x.max(0.0) / x) as usize;
            [column.min(frame.layout.columns - 1), (at.y.max(0.0) / y) as usize]
        };
        let add = ui.input(|input| input.modifiers.command);
        asked.pick = Some(Pick::Band { columns: frame.layout.columns, from: tile(from), to: tile(to), add });
    }

    /// Tooltip and accessible name.
    fn explain(&self, ui: &Ui, frame: &Frame, response: Response) {
        let rows = self.gallery.rows();
        let name = match self.gallery.selected_row() {
            Some(row) => (self.describe)(row),
            None => format!("Grid of {} images", rows.len()),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        if response.has_focus() && self.gallery.selected().is_none() {
            ui.painter().rect_stroke(
                response.rect.intersect(ui.clip_rect()).shrink(1.0),
                4.0,
                Stroke::new(1.0, palette(ui).accent),
                StrokeKind::Inside,
            );
        }
        let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) else { return };
        let at = pointer - frame.origin;
        let Some(position) = frame.layout.position_at(at.x, at.y, rows.len()) else { return };
        let stroke = Stroke::new(1.5, palette(ui).strong);
        ui.painter().rect_stroke(frame.place(position), 2.0, stroke, StrokeKind::Outside);
        response.on_hover_text_at_pointer((self.describe)(rows[position] as usize));
    }
}

fn step(ui: &Ui) -> Option<Step> {
    const KEYS: [(Key, Step); 8] = [
        (Key::ArrowLeft, Step::Left),
        (Key::ArrowRight, Step::Right),
        (Key::ArrowUp, Step::Up),
        (Key::ArrowDown, Step::Down),
        (Key::PageUp, Step::PageUp),
        (Key::PageDown, Step::PageDown),
        (Key::Home, Step::First),
        (Key::End, Step::Last),
    ];
    ui.input(|input| KEYS.iter().find(|(key, _)| input.key_pressed(*key)).map(|(_, step)| *step))
}

/// The slider for the size of the tiles.
pub fn zoom_ui(ui: &mut Ui, gallery: &Gallery) -> Option<f32> {
    use crate::app::gallery::{LEAST_TILE, MOST_TILE};
    let mut tile = gallery.tile;
    ui.spacing_mut().slider_width = 90.0;
    let slider = egui::Slider::new(&mut tile, LEAST_TILE..=MOST_TILE).logarithmic(true).show_value(false);
    let response = ui.add(slider).on_hover_text("Size of the images (Ctrl and the wheel over them)");
    response.widget_info(|| WidgetInfo::slider(true, f64::from(tile), "Size of the images"));
    response.changed().then_some(tile)
}
