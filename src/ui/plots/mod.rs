//! Curves of runs: what is drawn ([`curves`]), over which axes ([`axes`]), and the drawing itself ([`plot`]); other plots
//! with the same looks ([`mod@quiet`]).

pub mod axes;
mod curves;
mod items;
mod plot;
mod quiet;

pub use curves::Cache;
pub use plot::{Drawn, Hover, plot_ui};
pub use quiet::{Ticks, quiet};
