//! Keeping a picture of the user's with what is on it, to learn from as the data set `captured`.

use super::App;
use super::report::Report;
use crate::data::Source;
use crate::data::captured::{Record, Store};
use std::path::PathBuf;
use std::sync::Arc;

impl App {
    /// Keeps the picture in a file as one of `text`: `7`, `304`.
    pub(super) fn keep_picture(&mut self, path: PathBuf, text: String) {
        let store = Store::new(self.parts.places.captured());
        self.jobs.quiet("Keep picture", Arc::clone(&self.parts.waker), move |_| {
            let kept =
                std::fs::read(&path).map_err(|e| format!("{e}: {}", path.display())).and_then(|bytes| {
                    let about = Record {
                        text: text.clone(),
                        source: path.display().to_string(),
                        ..Record::default()
                    };
                    store.add(&bytes, about).map_err(|e| e.to_string())
                });
            Ok(Report::Kept(kept.map(|_| text)))
        });
    }

    /// A picture was kept, or why not.
    pub(super) fn kept(&mut self, kept: Result<String, String>) {
        match kept {
            Ok(text) => {
                self.notices.info(format!("Kept as “{text}”; the data set Captured learns from it"));
                self.sources.look_again();
                if matches!(self.data.source, Some(Source::Captured(_))) {
                    self.apply_data(super::data::Action::Look);
                }
            }
            Err(why) => self.notices.error(format!("The picture could not be kept: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{app, until};

    #[test]
    fn a_picture_is_kept_with_what_is_on_it() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        let path = folder.path().join("seven.png");
        image::GrayImage::from_pixel(9, 9, image::Luma([7])).save(&path)?;
        app.keep_picture(path, "7".to_owned());
        until(&mut app, |app| !app.notices.list().is_empty());
        let (records, bad) = Store::new(app.parts.places.captured()).records()?;
        assert_eq!((records.len(), bad, records[0].text.as_str()), (1, 0, "7"));
        app.keep_picture(folder.path().join("none.png"), "1".to_owned());
        until(&mut app, |app| app.notices.list().len() == 2);
        Ok(())
    }
}
