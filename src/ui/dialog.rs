//! The system's own window to choose a file or folder: it never holds up a frame, the answer is asked for in each one. Where
//! the system has none, a path is typed instead.

use super::theme::palette;
use super::widgets::{Action, Weight, heading, remark};
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::{Context, Frame, Id, Key, Margin, Modal, Role, TextEdit, Ui, WidgetInfo};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nobody looks at a window and closes it in less: there was none.
const NOBODY: Duration = Duration::from_millis(300);

/// A file being chosen, or none.
#[derive(Default)]
pub struct Dialog {
    waiting: Option<Receiver<Answer>>,
    wanted: Option<Wanted>,
    typed: Option<Typed>,
}

/// What the system's window said.
enum Answer {
    Chosen(Vec<PathBuf>),
    Cancelled,
    /// There was no window.
    Missing,
}

/// What is to be chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    File,
    Folder,
    /// A file that need not be there.
    New,
}

struct Wanted {
    ctx: Context,
    title: String,
    what: What,
    name: String,
}

/// A path being typed.
struct Typed {
    path: String,
    fresh: bool,
    wrong: Option<String>,
}

impl Dialog {
    /// Opens the system's window, unless it is open already; `kinds` is what the endings are called.
    pub fn pick_file(&mut self, ctx: &Context, title: &str, kinds: &str, endings: &[&str]) {
        if self.is_open() {
            return;
        }
        // Made here, because macOS wants its windows made on the main thread; waited for elsewhere.
        let asked = rfd::AsyncFileDialog::new().set_title(title).add_filter(kinds, endings).pick_file();
        self.wait(ctx, (title, What::File, ""), one(asked));
    }

    /// The same for several files at once.
    pub fn pick_files(&mut self, ctx: &Context, title: &str, kinds: &str, endings: &[&str]) {
        if !self.is_open() {
            let asked = rfd::AsyncFileDialog::new().set_title(title).add_filter(kinds, endings).pick_files();
            self.wait(ctx, (title, What::File, ""), asked);
        }
    }

    /// Opens the system's window to choose where to write a file called `name`, unless it is open already.
    pub fn save_file(&mut self, ctx: &Context, title: &str, name: &str) {
        if !self.is_open() {
            let mut dialog = rfd::AsyncFileDialog::new().set_title(title).set_file_name(name);
            if let Some((_, ending)) = name.rsplit_once('.') {
                dialog = dialog.add_filter(ending.to_uppercase(), &[ending]);
            }
            self.wait(ctx, (title, What::New, name), one(dialog.save_file()));
        }
    }

    /// Opens the system's window to choose a folder, unless it is open already.
    pub fn pick_folder(&mut self, ctx: &Context, title: &str) {
        if !self.is_open() {
            let asked = rfd::AsyncFileDialog::new().set_title(title).pick_folder();
            self.wait(ctx, (title, What::Folder, ""), one(asked));
        }
    }

    fn is_open(&self) -> bool {
        self.waiting.is_some() || self.typed.is_some()
    }

    fn wait(
        &mut self,
        ctx: &Context,
        (title, what, name): (&str, What, &str),
        asked: impl Future<Output = Option<Vec<rfd::FileHandle>>> + Send + 'static,
    ) {
        let (sender, receiver) = bounded(1);
        self.wanted = Some(Wanted { ctx: ctx.clone(), title: title.to_owned(), what, name: name.to_owned() });
        let ctx = ctx.clone();
        let spawned = std::thread::Builder::new().name("file dialog".to_owned()).spawn(move || {
            let since = Instant::now();
            let answer = match pollster::block_on(asked) {
                Some(files) => Answer::Chosen(files.iter().map(|file| file.path().to_owned()).collect()),
                None if cfg!(target_os = "linux") && since.elapsed() < NOBODY => Answer::Missing,
                None => Answer::Cancelled,
            };
            // Nobody listens any more when the program ends.
            sender.send(answer).ok();
            ctx.request_repaint();
        });
        self.waiting = spawned.is_ok().then_some(receiver);
    }

    /// The file or folder chosen, once. Draws the field to type a path into, where that is needed.
    pub fn picked(&mut self) -> Option<PathBuf> {
        self.picked_all().into_iter().next()
    }

    /// All files chosen, once. Draws the field to type a path into, where that is needed.
    pub fn picked_all(&mut self) -> Vec<PathBuf> {
        if self.typed.is_some() {
            return self.typed_ui().into_iter().collect();
        }
        let Some(waiting) = &self.waiting else { return Vec::new() };
        let answer = match waiting.try_recv() {
            Err(TryRecvError::Empty) => return Vec::new(),
            answer => answer,
        };
        self.waiting = None;
        match answer {
            Ok(Answer::Chosen(paths)) => return paths,
            Ok(Answer::Missing) => {
                // Where the program was started from is the best guess.
                let folder = std::env::current_dir().unwrap_or_default();
                let name = self.wanted.as_ref().map(|wanted| wanted.name.as_str()).unwrap_or_default();
                let path = folder.join(name).display().to_string();
                self.typed = Some(Typed { path, fresh: true, wrong: None });
            }
            Ok(Answer::Cancelled) | Err(_) => {}
        }
        Vec::new()
    }

    fn typed_ui(&mut self) -> Option<PathBuf> {
        let (Some(wanted), Some(typed)) = (&self.wanted, &mut self.typed) else { return None };
        let frame = Frame::window(&wanted.ctx.global_style()).inner_margin(Margin::same(14));
        let modal = Modal::new(Id::unique("path to type")).frame(frame);
        let shown = modal.show(&wanted.ctx, |ui| path_ui(ui, wanted, typed));
        let closed = shown.should_close();
        match shown.inner {
            Some(answer) => {
                self.typed = None;
                answer
            }
            None if closed => {
                self.typed = None;
                None
            }
            None => None,
        }
    }
}

/// One file as several.
async fn one(asked: impl Future<Output = Option<rfd::FileHandle>>) -> Option<Vec<rfd::FileHandle>> {
    asked.await.map(|file| vec![file])
}

/// The field for a path. `None` while it is typed, then the path, or that none is wanted.
fn path_ui(ui: &mut Ui, wanted: &Wanted, typed: &mut Typed) -> Option<Option<PathBuf>> {
    ui.set_width(460.0);
    heading(ui, &wanted.title);
    let what = if wanted.what == What::Folder { "folder" } else { "file" };
    remark(
        ui,
        format!(
            "This system has no window to choose a {what} (a desktop portal or zenity): type where it is"
        ),
    );
    let field = TextEdit::singleline(&mut typed.path).desired_width(f32::INFINITY);
    let field = ui.add(field.margin(egui::vec2(10.0, 8.0)));
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Path"));
    if std::mem::take(&mut typed.fresh) {
        field.request_focus();
    }
    if field.changed() {
        typed.wrong = None;
    }
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if let Some(wrong) = &typed.wrong {
        ui.label(egui::RichText::new(wrong).color(palette(ui).bad));
    }
    let mut answer = None;
    ui.horizontal(|ui| {
        let done = Action::words("OK").weight(Weight::Primary).show(ui);
        if Action::words("Cancel").tooltip("Chooses nothing (Escape)").show(ui) {
            answer = Some(None);
        } else if done || enter {
            match meant(&typed.path, wanted.what) {
                Ok(path) => answer = Some(Some(path)),
                Err(wrong) => {
                    typed.wrong = Some(wrong);
                    field.request_focus();
                }
            }
        }
    });
    answer
}

/// The path that a text means, or why it cannot be that.
fn meant(text: &str, what: What) -> Result<PathBuf, String> {
    let text = text.trim().trim_matches('"');
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let path = match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    };
    let is_there = match what {
        What::File => path.is_file(),
        What::Folder => path.is_dir(),
        What::New => path.parent().is_some_and(Path::is_dir) && !path.is_dir(),
    };
    match what {
        _ if is_there => Ok(path),
        What::File => Err("There is no such file".to_owned()),
        What::Folder => Err("There is no such folder".to_owned()),
        What::New => Err("There is no folder to write that into".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_looked_for() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("7 a.png");
        std::fs::write(&file, "")?;
        let text = |path: &Path| path.display().to_string();
        assert_eq!(meant(&format!(" \"{}\" ", text(&file)), What::File), Ok(file.clone()));
        assert_eq!(meant(&text(folder.path()), What::Folder), Ok(folder.path().to_owned()));
        let new = folder.path().join("new.csv");
        assert_eq!(meant(&text(&new), What::New), Ok(new.clone()));
        for (path, what) in [(&new, What::File), (&file, What::Folder), (&new.join("x"), What::New)] {
            assert!(meant(&text(path), what).is_err());
        }
        Ok(())
    }
}
