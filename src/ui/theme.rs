//! Colours, spacing and fonts: all of them, and nowhere else.

use crate::app::Theme;
use egui::style::{Selection, WidgetVisuals};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke,
};
use egui::{Style, TextStyle, Ui, Vec2, Visuals, vec2};
use std::sync::Arc;

/// The colours of one theme, by what they are for.
#[derive(Debug)]
pub struct Palette {
    /// Behind everything.
    pub back: Color32,
    /// Rail and bars.
    pub rail: Color32,
    /// Panels, cards and tables.
    pub card: Color32,
    /// What lies in a card: fields, wells, the plot.
    pub well: Color32,
    /// Lines between things.
    pub line: Color32,
    /// Buttons.
    pub button: Color32,
    /// Buttons under the pointer.
    pub hover: Color32,
    /// Headings.
    pub strong: Color32,
    /// Text.
    pub text: Color32,
    /// Labels and remarks.
    pub dim: Color32,
    /// What to do next, what is chosen.
    pub accent: Color32,
    /// The accent under the pointer.
    pub accent_hover: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Behind what is chosen.
    pub chosen: Color32,
    /// Went well.
    pub good: Color32,
    /// Went on differently than asked; changed by the user.
    pub warn: Color32,
    /// Could not be done.
    pub bad: Color32,
    /// Behind the window while something lies over it.
    pub veil: Color32,
    /// Shadows under what floats.
    pub shadow: Color32,
    /// One colour a run: Okabe and Ito's eight hues (jfly.uni-koeln.de/color), which colour-blind eyes tell apart,
    /// each made lighter or darker until it stands out from this theme's background.
    pub runs: [Color32; 8],
}

/// Bright on dark.
pub const DARK: Palette = Palette {
    back: Color32::from_rgb(0x14, 0x16, 0x1b),
    rail: Color32::from_rgb(0x0f, 0x11, 0x15),
    card: Color32::from_rgb(0x1c, 0x1f, 0x26),
    well: Color32::from_rgb(0x14, 0x16, 0x1b),
    line: Color32::from_rgb(0x2d, 0x32, 0x3c),
    button: Color32::from_rgb(0x2a, 0x2e, 0x38),
    hover: Color32::from_rgb(0x35, 0x3a, 0x46),
    strong: Color32::from_rgb(0xf3, 0xf5, 0xf9),
    text: Color32::from_rgb(0xd3, 0xd8, 0xe1),
    dim: Color32::from_rgb(0x8e, 0x97, 0xa6),
    accent: Color32::from_rgb(0x4f, 0x9c, 0xf0),
    accent_hover: Color32::from_rgb(0x6d, 0xaf, 0xf6),
    on_accent: Color32::from_rgb(0x08, 0x12, 0x1f),
    chosen: Color32::from_rgb(0x20, 0x33, 0x4b),
    good: Color32::from_rgb(0x3c, 0xbd, 0x92),
    warn: Color32::from_rgb(0xf0, 0xb0, 0x41),
    bad: Color32::from_rgb(0xf2, 0x72, 0x5c),
    veil: Color32::from_black_alpha(140),
    shadow: Color32::from_black_alpha(110),
    runs: [
        Color32::from_rgb(0x4f, 0x9c, 0xf0),
        Color32::from_rgb(0xee, 0x7d, 0x3e),
        Color32::from_rgb(0x2f, 0xbe, 0x90),
        Color32::from_rgb(0xd9, 0x8a, 0xbc),
        Color32::from_rgb(0xf2, 0xc1, 0x4a),
        Color32::from_rgb(0x8b, 0xcf, 0xf5),
        Color32::from_rgb(0xe9, 0xe2, 0x6a),
        Color32::from_rgb(0xa9, 0xb2, 0xc0),
    ],
};

/// Dark on bright.
pub const LIGHT: Palette = Palette {
    back: Color32::from_rgb(0xf3, 0xf4, 0xf7),
    rail: Color32::from_rgb(0xe9, 0xeb, 0xf0),
    card: Color32::from_rgb(0xff, 0xff, 0xff),
    well: Color32::from_rgb(0xf7, 0xf8, 0xfa),
    line: Color32::from_rgb(0xdc, 0xe0, 0xe7),
    button: Color32::from_rgb(0xed, 0xef, 0xf3),
    hover: Color32::from_rgb(0xe1, 0xe5, 0xec),
    strong: Color32::from_rgb(0x12, 0x17, 0x20),
    text: Color32::from_rgb(0x2b, 0x31, 0x3c),
    dim: Color32::from_rgb(0x65, 0x6e, 0x7e),
    accent: Color32::from_rgb(0x1a, 0x6b, 0xc9),
    accent_hover: Color32::from_rgb(0x12, 0x59, 0xad),
    on_accent: Color32::from_rgb(0xff, 0xff, 0xff),
    chosen: Color32::from_rgb(0xdc, 0xe9, 0xf9),
    good: Color32::from_rgb(0x0b, 0x80, 0x5b),
    warn: Color32::from_rgb(0xa8, 0x66, 0x00),
    bad: Color32::from_rgb(0xc7, 0x3a, 0x21),
    veil: Color32::from_black_alpha(70),
    shadow: Color32::from_black_alpha(36),
    runs: [
        Color32::from_rgb(0x00, 0x6d, 0xb5),
        Color32::from_rgb(0xce, 0x57, 0x00),
        Color32::from_rgb(0x00, 0x86, 0x5f),
        Color32::from_rgb(0xb2, 0x52, 0x8a),
        Color32::from_rgb(0xae, 0x78, 0x00),
        Color32::from_rgb(0x2b, 0x8c, 0xc4),
        Color32::from_rgb(0x85, 0x7c, 0x00),
        Color32::from_rgb(0x5c, 0x65, 0x73),
    ],
};

impl Palette {
    /// The colour of a run, by the number kept with it.
    pub fn run(&self, number: u32) -> Color32 {
        self.runs[number as usize % self.runs.len()]
    }
}

/// The colours in force.
pub fn palette(ui: &Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// Stops of viridis (bids.github.io/colormap), which grows brighter evenly and colour-blind eyes can read.
const VIRIDIS: [[u8; 3]; 6] =
    [[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81], [253, 231, 37]];

/// The colour of a share from 0 (worst) to 1 (best); the end that would vanish into the background is left out.
pub fn scale(share: f32, dark: bool) -> Color32 {
    let (from, to) = if dark { (0.18, 1.0) } else { (0.0, 0.86) };
    let at = (from + share.clamp(0.0, 1.0) * (to - from)) * (VIRIDIS.len() - 1) as f32;
    let i = (at as usize).min(VIRIDIS.len() - 2);
    let part = at - i as f32;
    let mix = |channel: usize| {
        let (a, b) = (f32::from(VIRIDIS[i][channel]), f32::from(VIRIDIS[i + 1][channel]));
        (a + part * (b - a)).round() as u8
    };
    Color32::from_rgb(mix(0), mix(1), mix(2))
}

/// A colour as a tint behind text of that colour.
pub fn tint(colour: Color32) -> Color32 {
    colour.gamma_multiply(0.16)
}

/// A colour as the ghost of a curve, behind the smoothed one.
pub fn ghost(colour: Color32) -> Color32 {
    colour.gamma_multiply(0.30)
}

/// Between things that belong together.
pub const GAP: f32 = 8.0;
/// Between things that do not.
pub const WIDE_GAP: f32 = 16.0;
/// Height of a slider, which decides the size of its handle.
pub const SLIDER: f32 = 15.0;
/// Corners of cards.
pub const ROUND: CornerRadius = CornerRadius::same(8);
/// Corners of buttons and fields.
pub const ROUND_SMALL: CornerRadius = CornerRadius::same(6);
/// Height of buttons, fields and rows of a form.
pub const ROW: f32 = 25.0;

/// Headings of pages.
pub fn title() -> FontId {
    FontId::new(21.0, strong_family())
}

/// Headings of cards.
pub fn heading() -> FontId {
    FontId::new(14.0, strong_family())
}

/// Text with weight.
pub fn strong() -> FontId {
    FontId::new(13.0, strong_family())
}

/// Small labels and remarks.
pub fn small() -> FontId {
    FontId::new(11.5, FontFamily::Proportional)
}

/// Figures to be seen from afar.
pub fn figure() -> FontId {
    FontId::new(18.0, strong_family())
}

/// The digit that a picture shows.
pub fn huge() -> FontId {
    FontId::new(34.0, strong_family())
}

fn strong_family() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// Sets fonts and both styles up, once.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(egui::Theme::Dark, style(Visuals::dark(), &DARK));
    ctx.set_style_of(egui::Theme::Light, style(Visuals::light(), &LIGHT));
}

/// Shows the theme that the user chose.
pub fn choose(ctx: &Context, theme: Theme) {
    ctx.set_theme(match theme {
        Theme::System => egui::ThemePreference::System,
        Theme::Light => egui::ThemePreference::Light,
        Theme::Dark => egui::ThemePreference::Dark,
    });
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let inter: [(&str, &'static [u8]); 2] = [
        ("Inter", include_bytes!("../../assets/fonts/Inter-Regular.ttf")),
        ("Inter SemiBold", include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")),
    ];
    for (name, bytes) in inter {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    // What Inter's Latin part lacks comes from egui's own fonts behind it: arrows from Hack, for instance.
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for (family, first) in [(FontFamily::Proportional, "Inter"), (strong_family(), "Inter SemiBold")] {
        let mut names = vec![first.to_owned()];
        names.extend(fallback.iter().cloned());
        names.push("Hack".to_owned());
        fonts.families.insert(family, names);
    }
    fonts
}

fn style(visuals: Visuals, p: &Palette) -> Style {
    let mut style = Style { visuals: coloured(visuals, p), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, FontId::proportional(13.0)),
        (TextStyle::Button, FontId::proportional(13.0)),
        (TextStyle::Heading, heading()),
        (TextStyle::Monospace, FontId::monospace(12.0)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(GAP, 6.0);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.interact_size = vec2(32.0, ROW);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(16);
    spacing.slider_rail_height = 4.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 9.0;
    spacing.combo_width = 60.0;
    spacing.tooltip_width = 360.0;
    spacing.scroll =
        egui::style::ScrollStyle { floating_allocated_width: 6.0, ..egui::style::ScrollStyle::floating() };
    style.interaction.tooltip_delay = 0.35;
    style.interaction.selectable_labels = false;
    style.animation_time = 0.12;
    style
}

fn coloured(visuals: Visuals, p: &Palette) -> Visuals {
    let widget = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: ROUND_SMALL,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut v = visuals;
    v.panel_fill = p.back;
    v.window_fill = p.card;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.window_corner_radius = ROUND;
    v.menu_corner_radius = ROUND;
    v.window_shadow = Shadow { offset: [0, 8], blur: 28, spread: 0, color: p.shadow };
    v.popup_shadow = Shadow { offset: [0, 4], blur: 14, spread: 0, color: p.shadow };
    v.extreme_bg_color = p.well;
    v.text_edit_bg_color = Some(p.well);
    v.faint_bg_color = p.well;
    v.code_bg_color = p.well;
    v.hyperlink_color = p.accent;
    v.warn_fg_color = p.warn;
    v.error_fg_color = p.bad;
    v.weak_text_color = Some(p.dim);
    v.selection = Selection { bg_fill: p.chosen, stroke: Stroke::new(1.0, p.accent) };
    v.slider_trailing_fill = true;
    v.handle_shape = egui::style::HandleShape::Circle;
    v.interact_cursor = None;
    v.disabled_alpha = 0.45;
    v.widgets.noninteractive = widget(p.card, p.line, p.text);
    v.widgets.inactive = widget(p.button, Color32::TRANSPARENT, p.text);
    v.widgets.hovered = widget(p.hover, p.line, p.strong);
    v.widgets.active = widget(p.hover, p.accent, p.strong);
    v.widgets.open = widget(p.hover, p.line, p.strong);
    v
}

/// A square of that side.
pub fn square(side: f32) -> Vec2 {
    Vec2::splat(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.1's relative luminance (w3.org/TR/WCAG21, "relative luminance").
    fn luminance(c: Color32) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_can_be_read_on_its_background() {
        for p in [&DARK, &LIGHT] {
            for back in [p.back, p.card, p.well, p.rail] {
                for text in [p.text, p.strong, p.dim] {
                    assert!(contrast(text, back) >= 4.2, "{text:?} on {back:?}: {:.1}", contrast(text, back));
                }
            }
            // WCAG asks 3 for graphics, such as the line of a curve.
            for colour in p.runs {
                assert!(contrast(colour, p.card) >= 3.0, "{colour:?}: {:.1}", contrast(colour, p.card));
            }
            for text in [p.good, p.warn, p.bad, p.accent] {
                assert!(contrast(text, p.card) >= 4.2, "{text:?}: {:.1}", contrast(text, p.card));
            }
            assert!(contrast(p.on_accent, p.accent) >= 4.5);
        }
    }
}
