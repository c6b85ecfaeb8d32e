//! The window: draws the [`App`], pushes `Command`s, and decides nothing itself.
//!
//! egui is known here and nowhere else. [`theme`] holds every colour; [`widgets`] the blocks that pages are built of;
//! [`tabs`] one file a page; `form` draws any settings there are.

mod bar;
mod behind;
pub mod bench;
mod dialog;
mod form;
mod frames;
pub mod icons;
mod keys;
mod memory;
mod overlays;
mod plots;
mod plots_ui;
mod rail;
mod run_list;
mod svg;
pub mod tabs;
pub mod theme;
mod toasts;
mod view;
pub mod widgets;
mod window;
pub mod words;

pub use frames::FrameStats;
pub use memory::Memory;
pub use view::View;
pub use window::Window;

use crate::app::{App, Launcher, Parts, Sweeper};
use crate::data::Places;
use crate::runs::Workspace;
use anyhow::anyhow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// How the window is to be opened.
pub struct Options {
    /// Where everything of the user lies.
    pub workspace: Workspace,
    /// Where data sets lie.
    pub places: Places,
    /// How training processes are started.
    pub launcher: Launcher,
    /// How processes are started that carry studies out.
    pub sweeper: Sweeper,
    /// Whether to show how long frames take.
    pub frame_stats: bool,
    /// When the program started, to tell how long the first frame took.
    pub started: Instant,
}

/// Opens the window and returns when it is closed, with the frame times where they were asked for.
///
/// # Errors
/// Where there is no display or no OpenGL, with what works without.
pub fn run(options: Options) -> anyhow::Result<Option<FrameStats>> {
    // Workers start before there is a window to wake.
    let window = Arc::new(OnceLock::<egui::Context>::new());
    let woken = Arc::clone(&window);
    let waker = Arc::new(move || {
        if let Some(ctx) = woken.get() {
            ctx.request_repaint();
        }
    });
    let home = directories::BaseDirs::new().map(|folders| folders.home_dir().to_owned());
    let parts = Parts {
        workspace: options.workspace,
        places: options.places,
        launcher: options.launcher,
        sweeper: options.sweeper,
        waker,
        home,
        clock: crate::runs::now,
    };
    let app = App::open(parts);
    let viewport = egui::ViewportBuilder::default()
        .with_title("Digit Workbench")
        .with_app_id("digit-workbench")
        .with_inner_size(app.settings.window)
        .with_min_inner_size([900.0, 560.0]);
    let native = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let stats = Arc::new(Mutex::new(FrameStats::default()));
    let told = Arc::clone(&stats);
    let opened = eframe::run_native(
        "Digit Workbench",
        native,
        Box::new(move |creation| {
            // It is the only window, so nobody else can have set it.
            window.set(creation.egui_ctx.clone()).ok();
            let mut window = Window::new(app, &creation.egui_ctx);
            window.measure(options.started, options.frame_stats, told);
            Ok(Box::new(window))
        }),
    );
    opened.map_err(|e| {
        anyhow!(
            "the window cannot be opened, it needs a display with OpenGL ({e}); \
             everything works without one too: see digit-workbench --help"
        )
    })?;
    let stats = *stats.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(options.frame_stats.then_some(stats))
}
