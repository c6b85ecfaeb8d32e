//! The Data page: the pictures that the recipe on the form learns from, which of them are shown, and what they add up to.

mod carry;
mod export;
mod filter;
mod laid;
mod look;
mod map;

pub use export::{Export, Which};
pub use filter::{By, Filter, Listing, Sort};

use super::App;
use super::gallery::{Gallery, Pick};
use super::report::Report as AnyReport;
use crate::data::embed::Points;
use crate::data::figures::Figures;
use crate::data::{Availability, Dataset, Measure, Samples, Source};
use crate::recipe::Recipe;
use crate::work::load::Loaded;
use crate::work::predict::Readings;
use laid::Laid;
use look::FiguresKey;
pub use look::Reading;
pub use map::{Asked, Colours, Layout, Map, SIZES, Way};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A slider at work changes the settings many times a second; only where it comes to rest is worth drawing images for.
const REST: Duration = Duration::from_millis(350);
/// A list of more images is made beside the window.
const LISTED_AT_ONCE: usize = 100_000;

/// Something to do about data sets.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Looks again for what is there.
    Look,
    /// Opens one of the page's sheets.
    Sheet(Sheet),
    /// Downloads what the recipe on the form learns from.
    Download,
    /// Downloads a data set.
    Fetch(Box<Source>),
    /// Shows the images of one part, or of all.
    Part(Option<Part>),
    /// Shows the images of one class, or of all.
    Class(Option<u8>),
    /// Shows the images that fit.
    Filter(Box<Filter>),
    /// Shows them in this order.
    Sort(Sort),
    /// Has the best model of this run read every image, or of none.
    Run(Option<String>),
    /// Lays the images out on the map once more.
    MapAgain,
    /// Lays them out in this way.
    Lay(Way),
    /// Has the map's colours say this.
    Colours(Colours),
    /// Chooses exactly these rows, as far as they are listed.
    Choose(Vec<u32>),
    /// Measures brightness, contrast and sharpness of every image.
    Measure,
    /// Looks at the image at a position of the grid, or at none.
    Select(Option<usize>),
    /// Chooses images, as a click or a key does.
    Pick(Pick),
    /// Shows the image looked at over the whole sheet, or the grid again.
    Large(bool),
    /// Draws boxes around characters, or no longer.
    Boxes(bool),
    /// Sets the side of a tile in points.
    Zoom(f32),
    /// Draws other versions of the image that the sheet of augmentation shows.
    DrawAgain,
    /// Decides what is exported and how.
    Exporting(Export),
    /// Exports it into a new folder inside of this one.
    Export(PathBuf),
}

/// What a job about data sets brings back.
pub enum Report {
    /// A data set, or why it cannot be shown.
    Loaded(Box<Source>, Result<Box<Loaded>, Trouble>),
    /// A list of rows that was wanted when the count of lists stood there.
    Listed(u64, Vec<u32>),
    /// What a model makes of every image of the data set with this fingerprint, or why nothing.
    Read(PathBuf, String, Result<Arc<Readings>, Option<String>>),
    /// Measures of the data set with this fingerprint; none where that was cancelled.
    Measured(String, Vec<Measure>),
    /// What the images of a list add up to; none where that was cancelled.
    Figures(Box<FiguresKey>, Option<Arc<Figures>>),
    /// Images laid out as was asked, or why not; nothing where that was cancelled.
    Mapped(Box<Asked>, Result<Arc<Points>, Option<String>>),
    /// Images were written into this folder, so many; or why not, nothing where that was cancelled.
    Exported(Result<(PathBuf, usize), Option<String>>),
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nobody wants to read tens of thousands of images.
        match self {
            Self::Loaded(source, loaded) => {
                f.debug_tuple("Loaded").field(source).field(&loaded.as_ref().err()).finish()
            }
            Self::Listed(of, rows) => f.debug_tuple("Listed").field(of).field(&rows.len()).finish(),
            Self::Read(model, _, read) => f.debug_tuple("Read").field(model).field(&read.is_ok()).finish(),
            Self::Figures(_, figures) => f.debug_tuple("Figures").field(&figures.is_some()).finish(),
            Self::Mapped(_, points) => f.debug_tuple("Mapped").field(&points.is_ok()).finish(),
            Self::Exported(told) => f.debug_tuple("Exported").field(told).finish(),
            Self::Measured(_, measures) => f.debug_tuple("Measured").field(&measures.len()).finish(),
        }
    }
}

/// Why a data set cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is not there.
    Absent(Availability),
    /// It is there, but cannot be read.
    Unreadable(String),
    /// The user cancelled.
    Cancelled,
}

/// What the page shows of the data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sheet {
    /// Every data set there is.
    Sets,
    /// The images in a grid.
    #[default]
    Images,
    /// Each image as a point, alike ones beside each other.
    Map,
    /// What they add up to.
    Statistics,
    /// What may be wrong with them, and putting it right.
    Curate,
    /// How a training varies them.
    Augment,
}

/// Which images of a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Part {
    /// Those learned from.
    #[default]
    Train,
    /// Those set aside from the training images to validate on.
    Valid,
    /// Those to be measured on.
    Test,
}

impl Part {
    /// All of them, in menu order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Train => "Training",
            Self::Valid => "Validation",
            Self::Test => "Test",
        }
    }
}

/// Where the data set of the page is.
#[derive(Clone, Default)]
pub enum State {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    /// A job loads it.
    Loading(u64),
    /// It cannot be shown.
    Trouble(Trouble),
    /// It is here.
    Ready(Arc<Loaded>),
}

/// How a data set is divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Division {
    /// Rows of the training images to learn from.
    pub train: Vec<u32>,
    /// Rows of the training images to validate on.
    pub valid: Vec<u32>,
    /// The part of each image of [`Loaded::all`].
    pub of: Arc<[Part]>,
    /// Images of each label: for each part, a count for each label.
    pub counts: [Vec<u32>; 3],
    by: Option<(u64, f64)>,
}

impl Default for Division {
    fn default() -> Self {
        let (train, valid, counts) = (Vec::new(), Vec::new(), [const { Vec::new() }; 3]);
        Self { train, valid, of: Arc::from([]), counts, by: None }
    }
}

impl Division {
    /// Images of each label in a part, or in all of them together.
    pub fn counts_of(&self, part: Option<Part>) -> Vec<u32> {
        match part {
            Some(part) => self.counts[part as usize].clone(),
            None => {
                (0..self.counts[0].len()).map(|label| self.counts.iter().map(|c| c[label]).sum()).collect()
            }
        }
    }
}

/// The state of the Data page.
#[derive(Default)]
pub struct Data {
    /// The source that is shown, loaded or in trouble.
    pub source: Option<Source>,
    /// Where it is.
    pub state: State,
    /// How it is divided.
    pub parts: Division,
    /// The sheet that is open.
    pub sheet: Sheet,
    /// Which images are shown.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// The images shown, as rows of [`Loaded::all`].
    pub gallery: Gallery,
    /// Numbers known of each image.
    pub measures: Vec<Measure>,
    /// The run whose model reads the images.
    pub run: Option<String>,
    /// What it makes of them.
    pub reading: Reading,
    /// Whether the image looked at takes the whole sheet.
    pub large: bool,
    /// Whether boxes are hidden.
    pub no_boxes: bool,
    /// The images as points.
    pub map: Map,
    /// What is exported and how.
    pub export: Export,
    measuring: Option<u64>,
    figures: look::Known,
    n_lists: u64,
    /// The source whose images were listed last: its filters stay when it is only laid out anew.
    listed: Option<Source>,
    changed: Option<(Source, Instant)>,
    laid: Option<Laid>,
    /// The job that lays other edits over images that are shown meanwhile.
    laying: Option<u64>,
    /// Goes up with every change of the edits themselves.
    pub(super) n_edits: u64,
}

impl Data {
    /// The data set, once it is here.
    pub fn loaded(&self) -> Option<&Arc<Loaded>> {
        if let State::Ready(loaded) = &self.state { Some(loaded) } else { None }
    }

    /// The images that the rows of the gallery count in.
    pub fn samples(&self) -> Option<&Samples> {
        Some(&self.loaded()?.all)
    }

    /// The part that a row of the gallery belongs to.
    pub fn part_of(&self, row: usize) -> Part {
        self.parts.of.get(row).copied().unwrap_or_default()
    }

    /// What a model makes of each image, once that is known.
    pub fn readings(&self) -> Option<&Arc<Readings>> {
        if let Reading::Ready(readings) = &self.reading { Some(readings) } else { None }
    }

    /// What the images listed add up to, once that is known.
    pub fn figures(&self) -> Option<&Arc<Figures>> {
        self.figures.of(&self.figures_key()?)
    }

    fn figures_key(&self) -> Option<FiguresKey> {
        let fingerprint = self.loaded()?.dataset.fingerprint.clone();
        let measures = self.measures.iter().map(|measure| measure.name).collect();
        Some(FiguresKey { fingerprint, filter: self.filter_now(), by: self.parts.by, measures })
    }

    /// The job that measures, while it does.
    pub fn measuring(&self) -> Option<u64> {
        self.measuring
    }

    /// Everything that the list is made from.
    pub fn listing(&self) -> Option<Listing> {
        Some(Listing {
            samples: self.samples()?.clone(),
            characters: filter::characters(&self.loaded()?.dataset),
            parts: Arc::clone(&self.parts.of),
            readings: self.readings().cloned(),
            measures: self.measures.clone(),
            filter: self.filter_now(),
            sort: self.sort,
        })
    }

    /// Divides the data set as the recipe says; true when that is another way than before.
    fn divide(&mut self, recipe: &Recipe) -> bool {
        let State::Ready(loaded) = &self.state else { return false };
        let by = Some((recipe.train.seed, recipe.train.validation_share));
        if self.parts.by == by {
            return false;
        }
        let Dataset { train, test, .. } = &loaded.dataset;
        let (rows, valid) = loaded.dataset.divide(recipe.train.validation_share, recipe.train.seed);
        let mut of = vec![Part::Train; train.len()];
        valid.iter().for_each(|row| of[*row as usize] = Part::Valid);
        of.resize(train.len() + test.len(), Part::Test);
        let mut counts = [(); 3].map(|()| vec![0; loaded.dataset.n_labels()]);
        for (part, label) in of.iter().zip(loaded.all.labels.iter()) {
            if let Some(count) = counts[*part as usize].get_mut(usize::from(*label)) {
                *count += 1;
            }
        }
        self.parts = Division { train: rows, valid, of: of.into(), counts, by };
        true
    }
}

impl App {
    /// Keeps the Data page in step with the recipe on the form. Called between frames while the page is shown.
    pub(super) fn follow_data(&mut self) {
        let wanted = &self.draft.recipe().data;
        if self.data.source.as_ref() == Some(wanted) {
            self.data.changed = None;
            let ready = self.sources.availability(wanted) == Some(&Availability::Ready);
            if ready && matches!(self.data.state, State::Trouble(Trouble::Absent(_))) {
                // It was downloaded, or copied to where it is looked for.
                self.look_at_data();
                return;
            }
            let recipe = self.draft.recipe().clone();
            // Edits that are still being written cannot be read yet.
            if !matches!(self.data.state, State::Loading(_))
                && !self.curate.is_writing()
                && !self.data.laying.is_some_and(|job| self.jobs.is_at_work(job))
                && self.data.laid != Some(Laid::of(&recipe, self.data.n_edits))
            {
                self.look_at_data();
                return;
            }
            self.divide_data();
            self.follow_readings();
            match self.data.sheet {
                Sheet::Statistics => self.follow_figures(),
                Sheet::Map => self.follow_map(),
                Sheet::Sets | Sheet::Images | Sheet::Curate | Sheet::Augment => {}
            }
            return;
        }
        match &self.data.changed {
            Some((changed, at)) if changed == wanted => {
                // The first look waits for nobody.
                if self.data.source.is_none() || at.elapsed() >= REST {
                    self.look_at_data();
                }
            }
            _ => self.data.changed = Some((wanted.clone(), Instant::now())),
        }
    }

    /// Whether the Data page waits for settings to come to rest, so that frames should go on.
    pub(super) fn data_waits(&self) -> bool {
        self.data.changed.is_some()
    }

    /// Does what is asked about data sets.
    pub(super) fn apply_data(&mut self, action: Action) {
        match action {
            Action::Look => self.look_at_data(),
            Action::Sheet(sheet) => self.data.sheet = sheet,
            Action::Download => self.fetch(self.draft.recipe().data.clone()),
            Action::Fetch(source) => self.fetch(*source),
            Action::Part(part) => self.filter_data(Filter { part, ..self.data.filter.clone() }),
            Action::Class(label) => self.filter_data(Filter { label, ..self.data.filter.clone() }),
            Action::Filter(filter) => self.filter_data(*filter),
            Action::Sort(sort) => self.sort_data(sort),
            Action::Run(run) => self.read_data_with(run),
            Action::MapAgain => self.data.map.layout = Layout::None,
            Action::Lay(way) => self.data.map.way = way,
            Action::Colours(colours) => self.data.map.colours = colours,
            Action::Choose(rows) => self.data.gallery.choose(&rows),
            Action::Measure => self.measure_data(),
            Action::Select(position) => {
                self.data.gallery.select(position);
                self.data.large &= position.is_some();
            }
            Action::Pick(pick) => self.data.gallery.pick(pick),
            Action::Large(large) => self.data.large = large && self.data.gallery.selected().is_some(),
            Action::Boxes(on) => self.data.no_boxes = !on,
            Action::Zoom(tile) => self.data.gallery.zoom(tile),
            Action::DrawAgain => self.draw_again(),
            Action::Exporting(export) => self.data.export = export,
            Action::Export(parent) => self.export_data(&parent),
        }
    }

    /// Takes in what a job about data sets brings back; what is no longer asked for is dropped.
    pub(super) fn take_data(&mut self, report: Report) {
        match report {
            Report::Loaded(source, loaded) => self.data_loaded(&source, loaded),
            Report::Listed(of, rows) if of == self.data.n_lists => self.data.gallery.show(rows),
            Report::Listed(..) => {}
            Report::Read(model, fingerprint, read) => self.data_read(&model, &fingerprint, read),
            Report::Figures(key, figures) => {
                if !self.data.figures.take(*key, figures) {
                    // Cancelled by the user, who is not to be asked again by the sheet that wants it.
                    self.data.sheet = Sheet::Images;
                }
            }
            Report::Mapped(asked, points) => self.data_mapped(&asked, points),
            Report::Exported(told) => self.data_exported(told),
            Report::Measured(fingerprint, measures) => self.data_measured(&fingerprint, measures),
        }
    }

    fn divide_data(&mut self) {
        let recipe = self.draft.recipe().clone();
        if self.data.divide(&recipe) {
            self.list_data();
        }
    }

    fn filter_data(&mut self, filter: Filter) {
        if self.data.filter != filter {
            self.data.filter = filter;
            self.list_data();
        }
    }

    fn sort_data(&mut self, sort: Sort) {
        self.data.sort = sort;
        if matches!(sort.by, By::Measure(name) if !self.data.measures.iter().any(|m| m.name == name)) {
            // The list follows when the measure is there.
            self.measure_data();
        }
        self.list_data();
    }

    /// Lists what is shown: at once, or beside the window where there are many.
    fn list_data(&mut self) {
        let Some(listing) = self.data.listing() else { return };
        self.data.n_lists += 1;
        if listing.samples.len() <= LISTED_AT_ONCE {
            self.data.gallery.show(listing.rows());
            return;
        }
        let of = self.data.n_lists;
        self.jobs.quiet("List images", Arc::clone(&self.parts.waker), move |_| {
            Ok(AnyReport::Data(Box::new(Report::Listed(of, listing.rows()))))
        });
    }
}

#[cfg(test)]
mod tests;
