//! The system's own window to choose a file or folder: it never holds up a frame, the answer is asked for in each one.

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;
use std::path::PathBuf;

/// A file being chosen, or none.
#[derive(Default)]
pub struct Dialog {
    waiting: Option<Receiver<Option<PathBuf>>>,
}

impl Dialog {
    /// Opens the system's window, unless it is open already; `kinds` is what the endings are called.
    pub fn pick_file(&mut self, ctx: &Context, title: &str, kinds: &str, endings: &[&str]) {
        if self.waiting.is_some() {
            return;
        }
        // Made here, because macOS wants its windows made on the main thread; waited for elsewhere.
        self.wait(ctx, rfd::AsyncFileDialog::new().set_title(title).add_filter(kinds, endings).pick_file());
    }

    /// Opens the system's window to choose where to write a file called `name`, unless it is open already.
    pub fn save_file(&mut self, ctx: &Context, title: &str, name: &str) {
        if self.waiting.is_none() {
            self.wait(ctx, rfd::AsyncFileDialog::new().set_title(title).set_file_name(name).save_file());
        }
    }

    /// Opens the system's window to choose a folder, unless it is open already.
    pub fn pick_folder(&mut self, ctx: &Context, title: &str) {
        if self.waiting.is_none() {
            self.wait(ctx, rfd::AsyncFileDialog::new().set_title(title).pick_folder());
        }
    }

    /// Opens the system's window to say where a file is to be written, unless it is open already.
    pub fn save_file(&mut self, ctx: &Context, title: &str, name: &str, ending: &str) {
        if self.waiting.is_none() {
            let dialog = rfd::AsyncFileDialog::new().set_title(title).set_file_name(name);
            self.wait(ctx, dialog.add_filter(ending.to_uppercase(), &[ending]).save_file());
        }
    }

    fn wait(&mut self, ctx: &Context, asked: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static) {
        let (sender, receiver) = bounded(1);
        let ctx = ctx.clone();
        let spawned = std::thread::Builder::new().name("file dialog".to_owned()).spawn(move || {
            let picked = pollster::block_on(asked).map(|file| file.path().to_owned());
            // Nobody listens any more when the program ends.
            sender.send(picked).ok();
            ctx.request_repaint();
        });
        self.waiting = spawned.is_ok().then_some(receiver);
    }

    /// The file or folder chosen, once.
    pub fn picked(&mut self) -> Option<PathBuf> {
        match self.waiting.as_ref()?.try_recv() {
            Ok(picked) => {
                self.waiting = None;
                picked
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.waiting = None;
                None
            }
        }
    }
}
