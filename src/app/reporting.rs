//! The Report page: the user's own words, pictures to be read, and the report that is written of runs.

use super::App;
use super::report::Report as AnyReport;
use super::runs::Run;
use crate::report::{Words, gather, write};
use crate::runs::RunDir;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two writings of words that are being typed.
const REMEMBER: Duration = Duration::from_secs(1);

/// Something to do on the Report page.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Sets the title.
    Title(String),
    /// Sets who hands it in.
    Author(String),
    /// Sets the user's own words on a question, by its name.
    Answer(String, String),
    /// Has a picture read in the report.
    Picture(PathBuf),
    /// Takes a picture out again.
    RemovePicture(usize),
    /// Writes the report: HTML, or Markdown where the name ends so.
    Write(PathBuf),
}

/// The state of the Report page.
#[derive(Default)]
pub struct Reporting {
    /// The user's own words.
    pub words: Words,
    /// Pictures to be read.
    pub pictures: Vec<PathBuf>,
    /// Where the last report was written.
    pub written: Option<PathBuf>,
    /// Why the words kept before cannot be read.
    pub trouble: Option<String>,
    read: bool,
    changed: Option<Instant>,
    job: Option<u64>,
}

impl Reporting {
    /// The job that writes, if one does.
    pub fn job(&self) -> Option<u64> {
        self.job
    }
}

impl App {
    /// The runs that a report would be about: those ticked, or the one looked at.
    pub fn reported_runs(&self) -> Vec<&Run> {
        let ticked = self.runs.ticked();
        if ticked.is_empty() { self.runs.current().into_iter().collect() } else { ticked }
    }

    /// Reads the words kept, once, and keeps what was typed. Called between frames while the page is shown.
    pub(super) fn follow_reporting(&mut self) {
        if !self.reporting.read {
            self.reporting.read = true;
            match Words::read(self.workspace()) {
                Ok(words) => self.reporting.words = words,
                Err(e) => self.reporting.trouble = Some(format!("{e:#}")),
            }
        }
        if self.reporting.changed.is_some_and(|at| at.elapsed() >= REMEMBER) {
            self.keep_words();
        }
    }

    /// Writes what was typed, beside the window.
    pub(super) fn keep_words(&mut self) {
        if self.reporting.changed.take().is_none() {
            return;
        }
        let (words, workspace) = (self.reporting.words.clone(), self.parts.workspace.clone());
        self.jobs.quiet("Keep the report's words", Arc::clone(&self.parts.waker), move |_| {
            words.write(&workspace)?;
            Ok(AnyReport::Nothing)
        });
    }

    pub(super) fn apply_reporting(&mut self, action: Action) {
        let reporting = &mut self.reporting;
        match action {
            Action::Title(title) => reporting.words.title = title,
            Action::Author(author) => reporting.words.author = author,
            Action::Answer(name, text) => _ = reporting.words.answers.insert(name, text),
            Action::Picture(path) => return reporting.pictures.push(path),
            Action::RemovePicture(at) => {
                if at < reporting.pictures.len() {
                    reporting.pictures.remove(at);
                }
                return;
            }
            Action::Write(to) => return self.write_report(to),
        }
        reporting.changed.get_or_insert_with(Instant::now);
    }

    fn write_report(&mut self, to: PathBuf) {
        let runs: Vec<RunDir> = self.reported_runs().iter().map(|run| run.dir.clone()).collect();
        if runs.is_empty() {
            self.notices.warn("There is no run to report on yet; train one first");
            return;
        }
        self.keep_words();
        let (words, pictures) = (self.reporting.words.clone(), self.reporting.pictures.clone());
        let places = self.parts.places.clone();
        let job = self.jobs.start("Write report", Arc::clone(&self.parts.waker), move |context| {
            let report = gather(&runs, words, &pictures, &places, context)?;
            write(&report, &to)?;
            Ok(AnyReport::Written(to))
        });
        self.reporting.job = Some(job);
    }

    pub(super) fn report_written(&mut self, to: PathBuf) {
        self.notices.info(format!("The report is written: {}", self.shown_path(&to)));
        (self.reporting.written, self.reporting.job) = (Some(to), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{app, run_with_model, until};
    use crate::app::{Command, Tab};
    use crate::report::QUESTIONS;
    use crate::runs::Meta;

    /// Writes a report of the runs ticked or looked at and returns its text.
    fn written(app: &mut App, to: &std::path::Path) -> anyhow::Result<String> {
        app.apply(Command::Report(Action::Write(to.to_owned())));
        until(app, |app| app.reporting.written.as_deref() == Some(to));
        Ok(std::fs::read_to_string(to)?)
    }

    #[test]
    fn a_report_stands_by_itself_and_hostile_names_are_text() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        let run = run_with_model(&app, folder.path())?;
        let hostile = "<img src=x onerror=alert(1)>|`[a](address)";
        run.write_meta(&Meta { name: hostile.to_owned(), ..run.meta() })?;
        let picture = folder.path().join("<b>.png");
        image::GrayImage::from_fn(60, 60, |x, _| image::Luma([if x < 20 { 10 } else { 240 }]))
            .save(&picture)?;
        app.apply(Command::Show(Tab::Report));
        until(&mut app, |app| app.runs.current().is_some());
        let answer = format!("First.\n\n{hostile}");
        for action in [
            Action::Title(format!("T {hostile}")),
            Action::Author(hostile.to_owned()),
            Action::Answer("approach".to_owned(), answer.clone()),
            Action::Picture(picture),
            Action::Picture(folder.path().join("absent.png")),
        ] {
            app.apply(Command::Report(action));
        }
        let html = written(&mut app, &folder.path().join("report.html"))?;
        assert!(!html.contains("<img src=x") && html.contains("&lt;img src=x"), "{html}");
        // Nothing is fetched: only the name of SVG's own namespace looks like an address.
        let plain = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!plain.contains("http:") && !plain.contains("https:"), "an address");
        assert!(!plain.contains("<script") && !plain.contains("<link"), "a link");
        for question in QUESTIONS {
            assert!(html.contains(question.title), "{}", question.title);
        }
        for said in [
            "Conv2D 1",
            "data:image/png;base64,",
            "Worst mistakes",
            "Calibration error",
            "recipe.ron",
            "Precision",
        ] {
            assert!(html.contains(said), "{said}");
        }
        let text = written(&mut app, &folder.path().join("a report.md"))?;
        assert!(text.contains("](a%20report-files/001.png)"), "{text}");
        assert!(
            !text.replace("\\<img", "").contains("<img src=x") && !text.contains("[a](address"),
            "{text}"
        );
        assert!(std::fs::read_dir(folder.path().join("a report-files"))?.count() > 10);
        assert_eq!(Words::read(app.workspace())?.answer("approach"), answer);
        Ok(())
    }

    #[test]
    fn a_run_without_data_and_model_is_told_as_far_as_it_is_known() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        app.workspace().create_run(&crate::recipe::Recipe::default())?;
        app.apply(Command::Show(Tab::Report));
        until(&mut app, |app| app.runs.current().is_some());
        let html = written(&mut app, &folder.path().join("report.html"))?;
        assert!(html.contains("The test images could not be read again"), "{html}");
        std::fs::write(app.workspace().root().join("report.ron"), "(((")?;
        assert!(Words::read(app.workspace()).is_err());
        assert!(Words::knows("camera") && !Words::knows("other"));
        Ok(())
    }
}
