//! The images behind a point of a curve: what a step learned from, and what the run's model makes of it by now.

use super::icons::Icon;
use super::tabs::data::boxes;
use super::tabs::data::thumbs::colours;
use super::theme::{self, palette};
use super::view::View;
use super::widgets::{Action, cut, heading, remark, segments};
use super::words;
use crate::app::Command;
use crate::app::behind::Action as Ask;
use crate::work::behind::{Looked, Now};
use egui::{
    Align, Color32, ColorImage, Context, DragValue, Layout, Rect, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// More images than this are not shown of one batch.
const MOST: usize = 1024;
/// Longest side of a small picture in pixels.
const SIDE: usize = 160;
/// Side of a tile for single characters and for larger pictures, in points.
const TILES: [f32; 2] = [64.0, 132.0];
/// Below a tile: what is on the image, and what is read.
const BELOW: f32 = 32.0;

/// Between two tiles.
const GAP: f32 = 6.0;

/// Textures of the images, for as long as they are shown.
#[derive(Default)]
pub struct Memory(Option<(Arc<Looked>, bool, Vec<TextureHandle>)>);

impl Memory {
    fn textures(&mut self, ctx: &Context, looked: &Arc<Looked>, seen: bool) -> &[TextureHandle] {
        let known = self.0.take().filter(|(of, as_seen, _)| Arc::ptr_eq(of, looked) && *as_seen == seen);
        let (_, _, textures) = self.0.insert(known.unwrap_or_else(|| {
            let n = looked.samples.len().min(MOST);
            (Arc::clone(looked), seen, (0..n).map(|i| texture(ctx, looked, seen, i)).collect())
        }));
        textures
    }
}

fn texture(ctx: &Context, looked: &Looked, seen: bool, position: usize) -> TextureHandle {
    let changed = looked.seen.as_ref().filter(|_| seen).and_then(|seen| seen.get(position));
    let [width, height] = match changed {
        Some(_) => [looked.samples.width, looked.samples.height],
        None => looked.samples.size(position),
    };
    let pixels = changed.map_or_else(|| looked.samples.image(position).into_owned(), Clone::clone);
    let all: Vec<Color32> = colours(&pixels, width * height).collect();
    // Large pictures by every so many pixels: they are only told apart here.
    let step = width.max(height).div_ceil(SIDE).max(1);
    let rows = all.chunks_exact(width.max(1)).step_by(step);
    let small: Vec<Color32> = rows.flat_map(|row| row.iter().step_by(step).copied()).collect();
    let size = [width.div_ceil(step), height.div_ceil(step)];
    let options = if step == 1 { TextureOptions::NEAREST } else { TextureOptions::LINEAR };
    ctx.load_texture("behind", ColorImage::new(size, small), options)
}

/// Draws the sheet.
pub fn behind_ui(ui: &mut Ui, view: &mut View<'_>) {
    let window = ui.ctx().content_rect().size();
    let size = (window - vec2(120.0, 120.0)).min(vec2(1180.0, 820.0));
    ui.set_width(size.x);
    let behind = &view.app.behind;
    let Some((id, step)) = behind.of.clone() else { return };
    let looked = behind.looked.clone();
    let name = view.app.runs.get(&id).map_or(id.as_str(), |run| run.meta.name.as_str()).to_owned();
    ui.horizontal(|ui| {
        heading(ui, &format!("Images behind step {}", words::count(step)));
        remark(ui, name);
        if behind.is_waiting() {
            ui.spinner();
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if Action::icon(Icon::Close, "Close").tooltip("Back to the curves").show(ui) {
                view.ask(Command::Close);
            }
        });
    });
    if let Some(trouble) = &behind.trouble {
        ui.label(RichText::new(trouble).color(palette(ui).bad));
        return;
    }
    let Some(looked) = looked else {
        remark(ui, "Loading the images that this run learned from");
        return;
    };
    told_ui(ui, &looked);
    choose_ui(ui, view, &id, step, &looked);
    ui.add_space(4.0);
    // As high as the images need, where there is room for that.
    let tile = side_of(&looked);
    let columns = ((size.x / (tile + GAP)) as usize).max(1);
    let needed = looked.samples.len().min(MOST).div_ceil(columns) as f32 * (tile + BELOW + GAP);
    let height = needed.min(size.y - 130.0);
    let area = ScrollArea::vertical().min_scrolled_height(height).max_height(height);
    area.auto_shrink(false).show(ui, |ui| tiles_ui(ui, view, &looked));
}

fn told_ui(ui: &mut Ui, looked: &Looked) {
    let behind = &looked.behind;
    let [first, last] = behind.point.map(words::count);
    let which = if first == last {
        format!("Epoch {:.2}", behind.epoch)
    } else {
        format!("Epoch {:.2}. The point of the curve is the mean of steps {first} to {last}", behind.epoch)
    };
    let [loss, accuracy] = behind.figures;
    let loss = loss.map_or(String::new(), |loss| format!(", loss {}", words::number(loss)));
    let accuracy = accuracy
        .map_or(String::new(), |share| format!(", accuracy while learning {}", words::percent(share)));
    remark(ui, format!("{which}{loss}{accuracy}"));
    match &looked.now {
        Ok(now) => {
            let wrong = now.iter().filter(|now| !now.right).count();
            let text = format!(
                "{}; the model that the run has kept reads {} of them wrongly",
                words::many(now.len(), "image"),
                if wrong == 0 { "none".to_owned() } else { words::count(wrong as u64) }
            );
            remark(ui, text);
        }
        Err(why) => _ = remark(ui, format!("{}; {why}", words::many(looked.samples.len(), "image"))),
    }
}

/// Which step, and how its images are shown.
fn choose_ui(ui: &mut Ui, view: &mut View<'_>, id: &str, step: u64, looked: &Looked) {
    let (seen, hardest) = (view.app.behind.seen, view.app.behind.hardest);
    ui.horizontal(|ui| {
        // A training that goes on has made more steps since than when it was looked at last.
        let last = looked.behind.n_steps.max(step);
        let mut wanted = step;
        let end = |at_end: bool| at_end.then(|| "The run made no further step".to_owned());
        if Action::words("Previous step").reason(end(step <= 1)).show(ui) {
            wanted = step - 1;
        }
        let field = ui.add(DragValue::new(&mut wanted).range(1..=last).speed(0.2));
        field.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Step"));
        field.on_hover_text(format!("Drag or type: 1 to {}", words::count(last)));
        if Action::words("Next step").reason(end(step >= last)).show(ui) {
            wanted = step + 1;
        }
        if wanted != step {
            view.ask(Command::Behind(Ask::Step(id.to_owned(), wanted)));
        }
        ui.add_space(theme::GAP);
        let orders = [
            (false, "Batch order", "As they lay in the batch"),
            (true, "Hardest first", "What the run's model is the least right about by now comes first"),
        ];
        if looked.now.is_ok()
            && let Some(hardest) = segments(ui, hardest, &orders)
        {
            view.ask(Command::Behind(Ask::Hardest(hardest)));
        }
        let ways = [
            (false, "As they are", "The images of the data set"),
            (true, "As seen", "Changed at random, just as that step learned from them"),
        ];
        if looked.seen.is_some()
            && let Some(seen) = segments(ui, seen, &ways)
        {
            view.ask(Command::Behind(Ask::Seen(seen)));
        }
    });
}

/// The side of a tile.
fn side_of(looked: &Looked) -> f32 {
    if looked.samples.width.max(looked.samples.height) > 64 { TILES[1] } else { TILES[0] }
}

fn tiles_ui(ui: &mut Ui, view: &mut View<'_>, looked: &Arc<Looked>) {
    let (seen, hardest) = (view.app.behind.seen, view.app.behind.hardest);
    let n = looked.samples.len();
    let order = if hardest { looked.hardest_first() } else { (0..n).collect() };
    let textures = view.memory.behind.textures(ui.ctx(), looked, seen);
    let side = side_of(looked);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        for position in order {
            if let Some(texture) = textures.get(position) {
                tile_ui(ui, looked, position, texture, side, seen);
            }
        }
    });
    if n > MOST {
        remark(ui, format!("and {} more", words::count((n - MOST) as u64)));
    }
}

fn tile_ui(ui: &mut Ui, looked: &Looked, position: usize, texture: &TextureHandle, side: f32, seen: bool) {
    let p = palette(ui);
    let size = texture.size_vec2();
    let size = size * (side / size.x.max(size.y).max(1.0));
    let truth = &looked.truth[position];
    let now = looked.now.as_ref().ok().and_then(|now| now.get(position));
    ui.allocate_ui(vec2(side, size.y + BELOW), |ui| {
        ui.vertical(|ui| {
            ui.set_width(side);
            ui.spacing_mut().item_spacing.y = 1.0;
            let (field, response) = ui.allocate_exact_size(vec2(side, size.y), Sense::hover());
            let rect = Rect::from_center_size(field.center(), size);
            let uv = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
            ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
            let edge = match now {
                Some(Now { right: false, .. }) => Stroke::new(2.0, p.bad),
                _ => Stroke::new(1.0, p.line),
            };
            ui.painter().rect_stroke(rect, 0.0, edge, StrokeKind::Outside);
            let marks = looked.samples.marks(position);
            if side > TILES[0] && !(seen && looked.seen.is_some()) {
                boxes::paint(ui.painter(), rect, looked.samples.size(position), marks, looked.classes(), p);
            }
            let row = looked.behind.rows[position];
            let words = words_of(truth, now, row);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
            response.on_hover_text(words);
            cut(ui, side, RichText::new(said(truth)).font(theme::strong()).color(p.strong));
            if let Some(now) = now.filter(|now| !now.right) {
                let text = format!("read {}", said(&now.read));
                cut(ui, side, RichText::new(text).font(theme::small()).color(p.bad));
            }
        });
    });
}

fn said(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

fn words_of(truth: &str, now: Option<&Now>, row: u32) -> String {
    let read = now.map_or(String::new(), |now| {
        format!(", by now read as {} ({})", said(&now.read), words::percent(f64::from(now.confidence)))
    });
    let loss = now.and_then(|now| now.of_truth).map_or(String::new(), |share| {
        format!(", loss {}", words::number(-f64::from(share.max(1e-38)).ln()))
    });
    format!("Training image {row}: {}{read}{loss}", said(truth))
}
