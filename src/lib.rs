//! Digit Workbench: a desktop program to train digit recognisers, and the same without a window.
//!
//! # Bird's eye
//!
//! The window never trains. It makes a run folder with a recipe in it and starts `digit-workbench train --run DIR`;
//! that process holds a lock on the folder, appends to `events.jsonl`, reads `control.jsonl` between two steps, and
//! leaves model files. Window and command line read the same folder and fold its events into the same
//! [`runs::History`], whether the run is live, finished, crashed or of last year. So a training that dies takes
//! nothing with it, closing the window stops nothing, and what is shown is always what is on disk.
//!
//! # Rooms, bottom to top
//!
//! | room | holds | may import |
//! |---|---|---|
//! | [`knobs`] | how a setting describes itself; visitors that draw, set, list and check it | |
//! | [`disk`] | files that are never half written, and whether there is room for more | |
//! | [`score`] | how good answers are: by class, by confidence, against another's, over seeds | |
//! | [`vectorised`] | plain loops compiled for each set of vector instructions | |
//! | [`data`] | data sets, one file each; download, cache, split, order; augmentation | knobs, vectorised |
//! | [`found`] | digits and numbers found on a picture: the same one twice, which are one number, scores | data |
//! | [`models`] | architectures, one file each; shapes and counts before building; model files | disk, knobs, data, found |
//! | [`optim`] | optimizers, one file each; losses | knobs |
//! | [`recipe`] | data + model + optimizer + loss + training settings, as RON; presets | those three, disk |
//! | [`runs`] | events, history, journal, control, folders | disk, knobs, recipe |
//! | [`train`] | the loop, the engine under it, evaluation, checkpoints | data to runs, vectorised |
//! | [`reader`] | a trained model on a picture, and for other programs | data to runs, disk |
//! | [`sweep`] | spaces, strategies, pruners and studies of a sweep; importance of settings; no tensors, no threads | disk, knobs, data, recipe, runs |
//! | [`camera`] | where pictures come from: webcams, files, folders, videos, the screen | data |
//! | [`work`] | named threads with progress and cancel, child processes | all below |
//! | [`report`] | runs put together as a document: HTML or Markdown, with figures as SVG | knobs to work, but train and camera |
//! | [`app`] | the window's state, its commands, undo | all but train |
//! | [`ui`] | what is drawn | all but train |
//! | [`cli`] | the command line | all but ui, which it opens |
//!
//! # Invariants
//!
//! * No egui outside of `ui`, no tensor outside of `data`, `models`, `optim`, `train` and `reader`; no tensor crosses a
//!   thread's, process's or file's border but as safetensors.
//! * Views draw `&App` and push commands; `App::apply` and `App::drain` are the only ways that it changes.
//! * "Running" is never stored: it is the lock. Journals are only appended to; every other file is written beside and
//!   renamed over.
//! * Batch order and every random draw are functions of (seed, epoch, step), so going on from a checkpoint is exact.
//! * One list for each kind of thing: adding an optimizer, loss, architecture, data set or preset is one file and one
//!   line, and menus, forms, `--set`, files and contract tests follow.
//!
//! A test walks the source and holds the imports to this table.

pub mod app;
pub mod camera;
pub mod cli;
pub mod data;
pub mod disk;
pub mod found;
pub mod knobs;
pub mod models;
pub mod optim;
pub mod reader;
pub mod recipe;
pub mod report;
pub mod runs;
pub mod score;
pub mod sweep;
pub mod train;
pub mod ui;
pub mod vectorised;
pub mod work;
