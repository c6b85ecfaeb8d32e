//! Digit Workbench.
pub mod camera;
pub mod data;
pub mod knobs;
pub mod models;
pub mod optim;
pub mod recipe;
pub mod runs;
