//! A grid of any number of images that scrolls smoothly: only the tiles on the screen are drawn.

use super::thumbs::{PAGE, Thumbs, uv};
use crate::app::gallery::{Gallery, Layout, Step};
use crate::data::Samples;
use crate::ui::theme::{self, palette};
use egui::{
    Align2, Color32, EventFilter, Key, Mesh, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke,
    StrokeKind,
};
use egui::{Ui, WidgetInfo, pos2, vec2};

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
}

/// What was asked of a grid.
#[derive(Debug, Default)]
pub struct Asked {
    /// To look at this position.
    pub select: Option<Option<usize>>,
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
}

impl Grid<'_> {
    /// Draws it into what is left of `ui`.
    pub fn show(&self, ui: &mut Ui, thumbs: &mut Thumbs) -> Asked {
        let id = ui.scope_id().with("grid");
        let captions = self.caption.is_some() && self.gallery.tile >= CAPTION_TILE;
        let bar = ui.spacing().scroll.bar_width + 4.0;
        let width = ui.available_width() - bar - 2.0 * MARGIN;
        let side = Layout::fitting(self.gallery.tile, GAP, width);
        let aspect = self.samples.height as f32 / self.samples.width.max(1) as f32;
        let picture = vec2(side, side * aspect);
        let tile = [picture.x, picture.y + if captions { CAPTION } else { 0.0 }];
        let layout = Layout::new(self.gallery.rows().len(), tile, GAP, width);
        let seen: Seen = ui.data(|data| data.get_temp(id)).unwrap_or_default();
        let height = ui.available_height();
        let mut asked = Asked::default();
        let mut area = ScrollArea::vertical().id_salt("images").auto_shrink(false).animated(false);
        if let Some(offset) = self.offset(&layout, &seen, height) {
            area = area.vertical_scroll_offset(offset);
        }
        let output = area.show_viewport(ui, |ui, viewport| {
            let (field, response) = ui.allocate_exact_size(
                vec2(ui.available_width(), (layout.height() + 2.0 * MARGIN).max(viewport.height())),
                Sense::click(),
            );
            let field = Rect::from_min_max(field.min + egui::Vec2::splat(MARGIN), field.max);
            self.paint(ui, thumbs, &layout, field, viewport, picture, captions);
            asked = self.interact(ui, &layout, field, &response, viewport.height());
            self.explain(ui, &layout, field, picture, response);
        });
        let now = Seen {
            revision: self.gallery.revision(),
            pitch: layout.pitch,
            columns: layout.columns,
            offset: output.state.clamped_offset().y,
            height: output.inner_rect.height(),
            selected: self.gallery.selected(),
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

    #[expect(clippy::too_many_arguments, reason = "the geometry of one frame")]
    fn paint(
        &self,
        ui: &Ui,
        thumbs: &mut Thumbs,
        layout: &Layout,
        field: Rect,
        viewport: Rect,
        picture: egui::Vec2,
        captions: bool,
    ) {
        let p = palette(ui);
        let rows = self.gallery.rows();
        let visible = layout.visible(viewport.min.y - MARGIN, viewport.max.y - MARGIN);
        let (first, last) = (visible.start * layout.columns, (visible.end * layout.columns).min(rows.len()));
        let place = |position: usize| {
            let [x, y] = layout.corner(position);
            Rect::from_min_size(field.min + vec2(x, y), picture)
        };
        let mut position = first;
        while position < last {
            let page = position / PAGE;
            let end = last.min((page + 1) * PAGE);
            let texture = thumbs.page(ui.ctx(), self.gallery.revision(), page, rows, self.samples);
            match texture.map(egui::TextureHandle::id) {
                Some(texture) => {
                    let mut mesh = Mesh::with_texture(texture);
                    for position in position..end {
                        mesh.add_rect_with_uv(place(position), uv(position), Color32::WHITE);
                    }
                    ui.painter().add(Shape::mesh(mesh));
                }
                None => {
                    for position in position..end {
                        ui.painter().rect_filled(place(position), 0.0, p.hover);
                    }
                }
            }
            position = end;
        }
        if let Some(caption) = self.caption {
            for (position, row) in (first..last).zip(&rows[first..last]) {
                let Some(caption) = caption(*row as usize) else { continue };
                let rect = place(position);
                if caption.edge {
                    let stroke = Stroke::new(1.5, caption.colour);
                    ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
                }
                if captions {
                    let below = pos2(rect.center().x, rect.bottom() + 1.0);
                    ui.painter().text(
                        below,
                        Align2::CENTER_TOP,
                        caption.text,
                        theme::small(),
                        caption.colour,
                    );
                }
            }
        }
        if let Some(selected) = self.gallery.selected().filter(|position| (first..last).contains(position)) {
            // A light line between the accent and the picture is seen on black and on white.
            let inner = place(selected).expand(0.5);
            ui.painter().rect_stroke(inner.expand(1.0), 2.0, Stroke::new(3.0, p.accent), StrokeKind::Outside);
            ui.painter().rect_stroke(inner, 2.0, Stroke::new(1.0, p.strong), StrokeKind::Outside);
        }
    }

    fn interact(&self, ui: &Ui, layout: &Layout, field: Rect, response: &Response, height: f32) -> Asked {
        let n = self.gallery.rows().len();
        let mut asked = Asked::default();
        if response.clicked() {
            response.request_focus();
            let at = response.interact_pointer_pos().map(|point| point - field.min);
            asked.select = at.map(|at| layout.position_at(at.x, at.y, n));
        }
        if response.has_focus() {
            let keys =
                EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, keys));
            if let Some(step) = step(ui) {
                let page = (height / layout.pitch[1]) as usize;
                asked.select = Some(layout.step(self.gallery.selected(), step, page, n));
            }
            if ui.input(|input| input.key_pressed(Key::Escape)) {
                asked.select = Some(None);
            }
        }
        let zoom = ui.input(egui::InputState::zoom_delta);
        if response.contains_pointer() && zoom != 1.0 {
            asked.tile = Some(self.gallery.tile * zoom);
        }
        asked
    }

    /// Tooltip and accessible name.
    fn explain(&self, ui: &Ui, layout: &Layout, field: Rect, picture: egui::Vec2, response: Response) {
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
        let Some(pointer) = response.hover_pos() else { return };
        let at = pointer - field.min;
        let Some(position) = layout.position_at(at.x, at.y, rows.len()) else { return };
        let rect = Rect::from_min_size(field.min + egui::Vec2::from(layout.corner(position)), picture);
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.5, palette(ui).strong), StrokeKind::Outside);
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
