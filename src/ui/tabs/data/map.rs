//! The sheet of the map: each image listed as a point, drawn into one texture whenever something changed, so that any
//! number of points costs nothing while it stays. A loop drawn around points chooses their images.

use super::filters;
use super::words_for;
use crate::app::Command;
use crate::app::data::{Action, Colours, Data, Filter, Layout, Part, SIZES, Sheet, Way};
use crate::data::Dataset;
use crate::data::embed::{Method, Points};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, card, remark, segments};
use crate::ui::words;
use crate::work::load::Loaded;
use egui::{
    Color32, ColorImage, ComboBox, PointerButton, Pos2, Rect, Role, Sense, Shape, Stroke, TextureHandle,
    TextureOptions, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// A point is found by a pointer that is at most this far away, in points of the screen.
const REACH: f32 = 9.0;
/// Side of the picture of the image under the pointer.
const PICTURE: f32 = 112.0;

/// How the map lies in its field.
#[derive(Clone, Copy, PartialEq)]
struct Lens {
    /// Points of the screen a unit; 0 for as large as fits.
    scale: f32,
    /// The place of the map in the middle of the field.
    centre: Vec2,
}

/// What the texture was drawn for.
#[derive(Clone, PartialEq)]
struct Drawn {
    list: u64,
    n_chosen: usize,
    colours: Colours,
    dark: bool,
    pixels: [usize; 2],
    scale: f32,
    centre: Vec2,
    points: usize,
}

/// Draws the sheet.
pub fn show(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>) {
    card(ui, |ui| {
        ui.set_height(ui.available_height());
        filters::show(ui, view, &loaded.dataset);
        way_ui(ui, view);
        match view.app.data.map.layout.clone() {
            Layout::None => {}
            Layout::Waiting => {
                let text = "Then they are laid out by what its last layer is told";
                widgets::empty(ui, Icon::Data, "The model reads every image first", text);
            }
            Layout::Working(job) => {
                let shown = view.app.jobs.shown().find(|shown| shown.id == job);
                let doing = shown.as_ref().map_or(String::new(), |shown| shown.status.doing.clone());
                widgets::empty(ui, Icon::Data, "The images are laid out", &doing);
                ui.vertical_centered(|ui| {
                    let share = shown.and_then(|shown| shown.status.share());
                    widgets::progress(ui, 260.0, share, palette(ui).accent);
                    ui.add_space(theme::GAP);
                    if widgets::Action::words("Cancel").weight(Weight::Quiet).show(ui) {
                        view.ask(Command::CancelJob(job));
                    }
                });
            }
            Layout::Trouble(why) => {
                let why = why.unwrap_or_else(|| "It was cancelled".to_owned());
                widgets::empty(ui, Icon::Warning, "The images were not laid out", &words::sentence(&why));
                ui.vertical_centered(|ui| {
                    if widgets::Action::words("Try again").weight(Weight::Primary).tall().show(ui) {
                        view.ask(Command::Data(Action::MapAgain));
                    }
                });
            }
            Layout::Ready(points) => map_ui(ui, view, loaded, &points),
        }
    });
}

fn map_ui(ui: &mut Ui, view: &mut View<'_>, loaded: &Arc<Loaded>, points: &Arc<Points>) {
    let id = ui.scope_id().with("map");
    let mut lens: Lens = ui.data(|data| data.get_temp(id)).unwrap_or(Lens { scale: 0.0, centre: Vec2::ZERO });
    head_ui(ui, view, points, &mut lens);
    legend_ui(ui, view, &loaded.dataset);
    let room = ui.available_size();
    let (field, response) = ui.allocate_exact_size(room, Sense::click_and_drag());
    let name = format!("Map of {} images", points.rows.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let fits = fitting(points, field);
    move_lens(ui, &mut lens, fits, field, &response);
    let Lens { scale, centre } = if lens.scale > 0.0 { lens } else { fits };
    let place = |at: [f32; 2]| field.center() + (vec2(at[0], -at[1]) - centre) * scale;
    let p = palette(ui);
    ui.painter().rect_filled(field, 4.0, p.well);
    let texture = texture(ui, &view.app.data, points, field, &Lens { scale, centre }, p);
    let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    ui.painter().image(texture.id(), field, uv, Color32::WHITE);
    lasso_ui(ui, view, points, &response, &place);
    if !response.dragged() {
        hover_ui(ui, view, loaded, points, &response, &place);
    }
    ui.data_mut(|data| data.insert_temp(id, lens));
}

fn head_ui(ui: &mut Ui, view: &mut View<'_>, points: &Points, lens: &mut Lens) {
    ui.horizontal(|ui| {
        let model = view.app.data.readings().is_some();
        let mut options = vec![
            (Colours::Label, "Label", "Colours by what is on the image"),
            (Colours::Part, "Split", "Colours by training, validation and test"),
        ];
        if model {
            options.push((Colours::Predicted, "Read as", "Colours by what the model reads"));
            options.push((Colours::Right, "Right", "Colours by whether the model reads the image rightly"));
        }
        if let Some(colours) = segments(ui, view.app.data.map.colours, &options) {
            view.ask(Command::Data(Action::Colours(colours)));
        }
        let (text, help) = match points.explained.map(|explained| explained.map(words::percent)) {
            Some([x, y]) => (
                format!("{x} of all difference across, {y} down"),
                "The two directions in which the images differ most, and how much of all difference each shows",
            ),
            None => (
                words::many(points.rows.len(), "image"),
                "Images that are alike lie beside each other; how far apart heaps of them lie says little",
            ),
        };
        remark(ui, text).on_hover_text(help);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if widgets::Action::words("Fit").tooltip("Shows all points (double click)").show(ui) {
                *lens = Lens { scale: 0.0, centre: Vec2::ZERO };
            }
            let gallery = &view.app.data.gallery;
            let n = gallery.n_chosen();
            if n > 0 {
                let label = format!("List {} chosen", words::count(n as u64));
                let action = widgets::Action::words(&label).weight(Weight::Primary);
                if action.tooltip("Lists only the images in the loop, on the sheet of images").show(ui) {
                    let only = Some(("On the map".to_owned(), gallery.chosen().collect()));
                    let filter = Filter { only, ..view.app.data.filter.clone() };
                    view.ask(Command::Data(Action::Filter(Box::new(filter))));
                    view.ask(Command::Data(Action::Sheet(Sheet::Images)));
                }
            }
        });
    });
}

/// How the points are laid out.
fn way_ui(ui: &mut Ui, view: &mut View<'_>) {
    let way = view.app.data.map.way;
    ui.horizontal(|ui| {
        let methods = [
            (Method::Principal, "PCA", "Along the two directions in which the images differ most: quick"),
            (Method::Neighbours, "t-SNE", "Images that are alike beside each other: takes a while"),
        ];
        if let Some(method) = segments(ui, way.method, &methods) {
            view.ask(Command::Data(Action::Lay(Way { method, ..way })));
        }
        remark(ui, "of");
        let tooltip = "Compares images by what the last layer of the chosen run's model is told";
        if view.app.data.run.is_some() {
            let vectors =
                [(false, "Pixels", "Compares images by their pixels"), (true, "Last layer", tooltip)];
            if let Some(by_model) = segments(ui, way.by_model, &vectors) {
                view.ask(Command::Data(Action::Lay(Way { by_model, ..way })));
            }
        } else {
            remark(ui, "pixels, or");
            let reason = "Choose the run whose model reads the images first, at the right".to_owned();
            let none = widgets::Action::words("Last layer").weight(Weight::Quiet).tooltip(tooltip);
            none.reason(Some(reason)).show(ui);
        }
        if way.method == Method::Neighbours {
            size_ui(ui, view, way);
        }
    });
}

/// How many images neighbours are found among.
fn size_ui(ui: &mut Ui, view: &mut View<'_>, way: Way) {
    let n = view.app.data.samples().map_or(0, crate::data::Samples::len);
    let named = |most: usize| if most >= n { "All images".to_owned() } else { words::many(most, "image") };
    let menu = ComboBox::from_id_salt("points").selected_text(named(way.most));
    let menu = menu.show_ui(ui, |ui| {
        let mut asked = None;
        for (i, most) in SIZES.into_iter().enumerate() {
            let more = i == 0 || SIZES[i - 1] < n;
            if more && ui.selectable_label(way.most == most, named(most)).clicked() {
                asked = Some(most);
            }
        }
        asked
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Images on the map"));
    menu.response.on_hover_text("Images at even distances; more take longer");
    if let Some(most) = menu.inner.flatten() {
        view.ask(Command::Data(Action::Lay(Way { most, ..way })));
    }
}

fn legend_ui(ui: &mut Ui, view: &View<'_>, dataset: &Dataset) {
    let p = palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let entries: Vec<(String, Color32)> = match view.app.data.map.colours {
            Colours::Label => {
                let counts = view.app.data.parts.counts_of(None);
                let there = counts.iter().enumerate().filter(|(_, count)| **count > 0);
                there.map(|(label, _)| (dataset.label_name(label as u8), hue(label as u8, p))).collect()
            }
            Colours::Predicted => dataset
                .classes
                .iter()
                .enumerate()
                .map(|(class, name)| (name.clone(), hue(class as u8, p)))
                .collect(),
            Colours::Part => Part::ALL.map(|part| (part.label().to_owned(), hue(part as u8, p))).to_vec(),
            Colours::Right => vec![("Right".to_owned(), p.good), ("Wrong".to_owned(), p.bad)],
        };
        for (name, colour) in entries.into_iter().take(40) {
            widgets::dot(ui, colour);
            remark(ui, name);
            ui.add_space(6.0);
        }
        remark(ui, "Draw a loop to choose; the wheel zooms, the right button moves");
    });
}

/// A colour for each class: those of runs, and two more.
fn hue(class: u8, p: &Palette) -> Color32 {
    match class % 10 {
        8 => p.bad,
        9 => p.strong,
        class => p.runs[usize::from(class)],
    }
}

fn colour(data: &Data, row: usize, p: &Palette) -> Color32 {
    let label = data.samples().and_then(|samples| samples.labels.get(row).copied()).unwrap_or_default();
    let readings = data.readings();
    match (data.map.colours, readings) {
        (Colours::Part, _) => hue(data.part_of(row) as u8, p),
        (Colours::Predicted, Some(readings)) => hue(readings.predicted[row], p),
        (Colours::Right, Some(readings)) => {
            if readings.right[row] {
                p.good
            } else {
                p.bad
            }
        }
        _ => hue(label, p),
    }
}

/// How every point is in the field, as large as can be.
fn fitting(points: &Points, field: Rect) -> Lens {
    let mut bounds = Rect::NOTHING;
    points.at.iter().for_each(|at| bounds.extend_with(pos2(at[0], -at[1])));
    if !bounds.is_finite() {
        return Lens { scale: 1.0, centre: Vec2::ZERO };
    }
    let size = bounds.size().max(Vec2::splat(1e-6));
    let scale = (field.width() / size.x).min(field.height() / size.y) * 0.96;
    Lens { scale, centre: bounds.center().to_vec2() }
}

fn move_lens(ui: &Ui, lens: &mut Lens, fits: Lens, field: Rect, response: &egui::Response) {
    if response.double_clicked() {
        *lens = Lens { scale: 0.0, centre: Vec2::ZERO };
    }
    let old = if lens.scale > 0.0 { *lens } else { fits };
    if response.dragged_by(PointerButton::Secondary) || response.dragged_by(PointerButton::Middle) {
        *lens = Lens { centre: old.centre - response.drag_delta() / old.scale, ..old };
        return;
    }
    let Some(pointer) = response.hover_pos() else { return };
    let factor = ui.input(|input| input.zoom_delta() * (input.smooth_scroll_delta().y / 240.0).exp());
    if factor != 1.0 {
        let scale = (old.scale * factor).clamp(fits.scale * 0.5, fits.scale * 400.0);
        // What is under the pointer stays there.
        let centre = old.centre + (pointer - field.center()) * (1.0 / old.scale - 1.0 / scale);
        *lens = Lens { scale, centre };
    }
}

/// The points that are listed, drawn into a texture; drawn anew only when something is different.
fn texture(
    ui: &Ui,
    data: &Data,
    points: &Arc<Points>,
    field: Rect,
    lens: &Lens,
    p: &Palette,
) -> TextureHandle {
    let id = egui::Id::unique("map points");
    let zoom = ui.pixels_per_point();
    let pixels = [field.width(), field.height()].map(|side| ((side * zoom) as usize).max(1));
    let wanted = Drawn {
        list: data.gallery.revision(),
        n_chosen: data.gallery.n_chosen(),
        colours: data.map.colours,
        dark: ui.visuals().dark_mode,
        pixels,
        scale: lens.scale,
        centre: lens.centre,
        points: Arc::as_ptr(points) as usize,
    };
    let kept: Option<(Drawn, TextureHandle)> = ui.data(|data| data.get_temp(id));
    if let Some((drawn, texture)) = &kept
        && *drawn == wanted
    {
        return texture.clone();
    }
    let image = raster(data, points, pixels, lens.scale * zoom, lens.centre, p);
    let texture = match kept {
        Some((_, mut texture)) => {
            texture.set(image, TextureOptions::NEAREST);
            texture
        }
        None => ui.ctx().load_texture("map points", image, TextureOptions::NEAREST),
    };
    ui.data_mut(|data| data.insert_temp(id, (wanted, texture.clone())));
    texture
}

fn raster(
    data: &Data,
    points: &Points,
    [w, h]: [usize; 2],
    scale: f32,
    centre: Vec2,
    p: &Palette,
) -> ColorImage {
    let mut listed = vec![false; data.samples().map_or(0, crate::data::Samples::len)];
    data.gallery.rows().iter().for_each(|row| listed[*row as usize] = true);
    let choosing = data.gallery.n_chosen() > 0;
    let mut image = ColorImage::filled([w, h], Color32::TRANSPARENT);
    // Few points are drawn larger than many.
    let radius = if points.rows.len() > 20_000 { 1 } else { 2 };
    // Chosen points last, so that none hides behind one that is not.
    for chosen in [false, true] {
        for (row, at) in points.rows.iter().zip(&points.at) {
            if !listed.get(*row as usize).copied().unwrap_or(false) || data.gallery.is_chosen(*row) != chosen
            {
                continue;
            }
            let x = (at[0] - centre.x) * scale + w as f32 / 2.0;
            let y = (-at[1] - centre.y) * scale + h as f32 / 2.0;
            let ink = colour(data, *row as usize, p);
            let ink = if choosing && !chosen { ink.gamma_multiply(0.25) } else { ink };
            let (x, y) = (x as i64, y as i64);
            for dy in -radius..=radius {
                for dx in -radius..=radius {
                    let (x, y) = (x + dx, y + dy);
                    let inside = (0..w as i64).contains(&x) && (0..h as i64).contains(&y);
                    if inside && dx * dx + dy * dy <= radius * radius {
                        image.pixels[y as usize * w + x as usize] = ink;
                    }
                }
            }
        }
    }
    image
}

/// A loop drawn with the left button chooses the images whose points are in it.
fn lasso_ui(
    ui: &Ui,
    view: &mut View<'_>,
    points: &Points,
    response: &egui::Response,
    place: &dyn Fn([f32; 2]) -> Pos2,
) {
    let id = response.id.with("loop");
    let mut drawn: Vec<Pos2> = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    if response.drag_started_by(PointerButton::Primary) {
        drawn.clear();
    }
    if response.dragged_by(PointerButton::Primary)
        && let Some(point) = response.interact_pointer_pos()
        && drawn.last().is_none_or(|last| last.distance(point) > 3.0)
    {
        drawn.push(point);
    }
    let p = palette(ui);
    if drawn.len() > 1 {
        ui.painter().add(Shape::closed_line(drawn.clone(), Stroke::new(1.5, p.accent)));
    }
    if response.drag_stopped_by(PointerButton::Primary) && drawn.len() > 2 {
        let inside = points.rows.iter().zip(&points.at).filter(|(_, at)| contains(&drawn, place(**at)));
        let rows: Vec<u32> = inside.map(|(row, _)| *row).collect();
        view.ask(Command::Data(Action::Choose(rows)));
        drawn.clear();
    }
    if response.clicked() {
        view.ask(Command::Data(Action::Choose(Vec::new())));
    }
    ui.data_mut(|data| data.insert_temp(id, drawn));
}

/// Whether a point is inside of a closed line: it is when a ray from it crosses the line an odd number of times.
fn contains(line: &[Pos2], point: Pos2) -> bool {
    let mut inside = false;
    for (i, a) in line.iter().enumerate() {
        let b = line[(i + 1) % line.len()];
        if (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x {
            inside = !inside;
        }
    }
    inside
}

/// The image of the nearest point.
fn hover_ui(
    ui: &mut Ui,
    view: &mut View<'_>,
    loaded: &Arc<Loaded>,
    points: &Points,
    response: &egui::Response,
    place: &dyn Fn([f32; 2]) -> Pos2,
) {
    let Some(pointer) = response.hover_pos() else { return };
    let distance = |at: &[f32; 2]| place(*at).distance_sq(pointer);
    let near = points.at.iter().enumerate().map(|(i, at)| (i, distance(at)));
    let Some((i, far)) = near.min_by(|(_, a), (_, b)| a.total_cmp(b)) else { return };
    if far > REACH * REACH {
        return;
    }
    let row = points.rows[i] as usize;
    let p = palette(ui);
    ui.painter().circle_stroke(place(points.at[i]), 5.0, Stroke::new(1.5, p.strong));
    let data = &view.app.data;
    let key = (data.gallery.revision(), row);
    let text = words_for::describe(data, &loaded.dataset, row);
    let texture = view.memory.thumbs.large(ui.ctx(), key, &loaded.all).map(|large| large.texture.id());
    let [w, h] = loaded.all.size(row).map(|side| side.max(1) as f32);
    let size = vec2(w, h) * (PICTURE / w.max(h));
    response.clone().on_hover_ui_at_pointer(|ui| {
        if let Some(texture) = texture {
            ui.image((texture, size));
        }
        ui.label(egui::RichText::new(text).font(theme::small()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_fits_wherever_the_cloud_lies() {
        let points = Points { rows: vec![0, 1], at: vec![[10.0, 2.0], [14.0, 3.0]], explained: None };
        let field = Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 100.0));
        let Lens { scale, centre } = fitting(&points, field);
        let place = |at: [f32; 2]| field.center() + (vec2(at[0], -at[1]) - centre) * scale;
        let (a, b) = (place(points.at[0]), place(points.at[1]));
        assert!((b.x - a.x - 96.0).abs() < 1e-3 && (a.x - 2.0).abs() < 1e-3, "{a:?} {b:?}");
        assert!((a.y + b.y - 100.0).abs() < 1e-3, "in the middle");
        let none = Points { rows: Vec::new(), at: Vec::new(), explained: None };
        assert!(fitting(&none, field).scale > 0.0);
    }

    #[test]
    fn a_loop_holds_what_is_inside_of_it() {
        let line = [pos2(0.0, 0.0), pos2(10.0, 0.0), pos2(10.0, 10.0), pos2(5.0, 2.0), pos2(0.0, 10.0)];
        assert!(contains(&line, pos2(1.0, 5.0)) && contains(&line, pos2(9.0, 5.0)));
        assert!(!contains(&line, pos2(5.0, 5.0)), "in the notch");
        assert!(!contains(&line, pos2(-1.0, 5.0)) && !contains(&line, pos2(11.0, 5.0)));
        assert!(!contains(&[], pos2(0.0, 0.0)));
    }
}
