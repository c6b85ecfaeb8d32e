//! The pages, one file each; [`PAGES`] is the list that the rail shows.

pub mod camera;
pub mod compare;
pub mod data;
pub mod inspect;
pub mod report;
mod start;
pub mod sweep;
pub mod train;

use super::icons::Icon;
use super::view::View;
use crate::app::Tab;
use egui::Ui;

/// A page of the window.
pub struct Page {
    /// Which one it is; its words and keys are those of `Command::Show` of it.
    pub tab: Tab,
    /// Its drawing on the rail.
    pub icon: Icon,
    /// Draws it.
    pub show: fn(&mut Ui, &mut View<'_>),
}

/// All pages, from top to bottom.
pub const PAGES: &[Page] = &[
    Page { tab: Tab::Start, icon: Icon::Start, show: start::show },
    Page { tab: Tab::Data, icon: Icon::Data, show: data::show },
    Page { tab: Tab::Train, icon: Icon::Train, show: train::show },
    Page { tab: Tab::Sweep, icon: Icon::Sweep, show: sweep::show },
    Page { tab: Tab::Compare, icon: Icon::Compare, show: compare::show },
    Page { tab: Tab::Inspect, icon: Icon::Inspect, show: inspect::show },
    Page { tab: Tab::Camera, icon: Icon::Camera, show: camera::show },
    Page { tab: Tab::Report, icon: Icon::Report, show: report::show },
];

/// Draws the page that is open; one that this program has not got falls back to the first.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let open = PAGES.iter().find(|page| page.tab == view.app.settings.tab).unwrap_or(&PAGES[0]);
    (open.show)(ui, view);
}

#[cfg(test)]
mod tests;
