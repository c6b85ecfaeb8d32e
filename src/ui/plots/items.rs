//! Items of plots that have their own say in how far the axes reach.

use egui::{Color32, Shape, Ui};
use egui_plot::{PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotPoints, PlotTransform, Points};
use std::ops::RangeInclusive;

/// Draws an item without widening the axes for it.
pub struct Frameless<T>(
    /// The item.
    pub T,
);

impl<T: PlotItem> PlotItem for Frameless<T> {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        self.0.shapes(ui, transform, shapes);
    }

    fn initialize(&mut self, x_range: RangeInclusive<f64>) {
        self.0.initialize(x_range);
    }

    fn color(&self) -> Color32 {
        self.0.color()
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        self.0.base()
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        self.0.base_mut()
    }
}

/// Nothing to see, but the axes reach from one corner to the other.
pub fn corners(low: [f64; 2], high: [f64; 2]) -> Points<'static> {
    Points::new("corners", PlotPoints::new(vec![low, high]))
        .radius(0.0)
        .color(Color32::TRANSPARENT)
        .allow_hover(false)
}
