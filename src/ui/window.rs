//! The frame of the window: drains workers, gathers commands from keys and pages, and has them applied.

use super::frames::FrameStats;
use super::{Memory, View, bar, keys, overlays, rail, tabs, theme, toasts};
use crate::app::{App, Command};
use egui::{CentralPanel, Context, Frame, Margin, Ui};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A quarter of a frame: the rest is for drawing.
const DRAIN: Duration = Duration::from_millis(4);
/// How often the window is drawn while something moves by itself.
const TICK: Duration = Duration::from_millis(100);

/// The window.
pub struct Window {
    app: App,
    memory: Memory,
    commands: Vec<Command>,
    shown_theme: Option<crate::app::Theme>,
    measure: Option<Measure>,
}

struct Measure {
    started: Instant,
    overlay: bool,
    told: Arc<Mutex<FrameStats>>,
}

impl Window {
    /// A window on `app`.
    pub fn new(app: App, ctx: &Context) -> Self {
        theme::install(ctx);
        theme::choose(ctx, app.settings.theme);
        Self { app, memory: Memory::default(), commands: Vec::new(), shown_theme: None, measure: None }
    }

    /// Measures frames, shows them where `overlay` says so, and leaves the figures in `told` at the end.
    pub fn measure(&mut self, started: Instant, overlay: bool, told: Arc<Mutex<FrameStats>>) {
        self.measure = Some(Measure { started, overlay, told });
    }

    /// The state, to look at it in tests.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The state, to have something happen while frames are timed.
    pub(super) fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// Gives a command, as the pages do.
    pub fn command(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Takes in what workers report and what was asked for.
    pub fn work(&mut self, ctx: &Context) {
        let more = self.app.drain(DRAIN);
        self.commands.extend(self.memory.folder_chosen());
        for command in std::mem::take(&mut self.commands) {
            self.app.apply(command);
        }
        if more {
            ctx.request_repaint();
        } else if self.app.is_busy() {
            ctx.request_repaint_after(TICK);
        }
        if self.shown_theme != Some(self.app.settings.theme) {
            self.shown_theme = Some(self.app.settings.theme);
            theme::choose(ctx, self.app.settings.theme);
        }
    }

    /// Draws everything.
    pub fn draw(&mut self, ui: &mut Ui) {
        keys::pressed(ui.ctx(), &self.app, &mut self.commands);
        let mut view = View::new(&self.app, &mut self.memory, &mut self.commands);
        rail::show(ui, &mut view);
        bar::show(ui, &mut view);
        let p = theme::palette(ui);
        CentralPanel::no_frame().frame(Frame::new().fill(p.back).inner_margin(Margin::same(16))).show(
            ui,
            |ui| {
                tabs::show(ui, &mut view);
            },
        );
        toasts::show(ui.ctx(), &mut view);
        overlays::show(ui.ctx(), &mut view);
        if !self.commands.is_empty() {
            // What was just asked for is seen in the very next frame.
            ui.ctx().request_repaint();
        }
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.memory.frames.begin();
        self.work(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        let size = ui.ctx().content_rect().size();
        self.app.set_window_size([size.x, size.y]);
        self.draw(ui);
        if let Some(measure) = &self.measure {
            if self.memory.frames.first_secs.is_none() {
                self.memory.frames.first_secs = Some(measure.started.elapsed().as_secs_f64());
            }
            self.memory.frames.end(frame.info().cpu_usage);
            if measure.overlay {
                self.memory.frames.overlay(ui.ctx());
            }
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.close();
        if let Some(measure) = &self.measure {
            *measure.told.lock().unwrap_or_else(PoisonError::into_inner) = self.memory.frames.stats();
        }
    }
}
