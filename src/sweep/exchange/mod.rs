//! Sweeps and results of other tools: W&B's sweep files both ways, tables of points in, tables of results out.

mod names;
mod parameters;
mod results;
mod wandb;

pub use parameters::{ColumnError, from_csv};
pub use results::to_csv;
pub use wandb::{WandbError, from_wandb, to_wandb};
