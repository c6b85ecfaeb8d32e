//! Curves of runs: what is drawn ([`curves`]), over which axes ([`axes`]), and the drawing itself ([`plot`]).

mod axes;
mod curves;
mod items;
mod plot;

pub use curves::Cache;
pub use plot::{Drawn, Hover, plot_ui};
