//! Small pictures of many images, made beside the window: pages of tiles, those on the screen first; what has been
//! scrolled past is no longer worked on.

use super::Waker;
use crate::data::Samples;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest side of a page in pixels: about 1 MB, and every OpenGL takes it.
const PAGE_SIDE: usize = 512;
/// Most tiles across a page.
const MOST_ACROSS: usize = 16;
/// Widths that tiles of large images are made in, in pixels.
const LEVELS: [usize; 4] = [32, 64, 128, 256];
/// A page of images that are slow to make is shown this often while it fills.
const GLIMPSE: Duration = Duration::from_millis(40);

/// How tiles are cut: their size, and how many lie on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cut {
    /// Width and height of a tile in pixels.
    pub cell: [usize; 2],
    /// Tiles across a page and down.
    pub grid: [usize; 2],
}

impl Cut {
    /// For tiles that are `pixels` wide on the screen: no larger than the images, no smaller than needed.
    pub fn new(samples: &Samples, pixels: f32) -> Self {
        let [width, height] = Self::shape(samples);
        let level = LEVELS.iter().copied().find(|level| *level as f32 >= pixels).unwrap_or(LEVELS[3]);
        let across = width.min(level);
        let cell = [across, (height * across).div_ceil(width.max(1)).clamp(1, 2 * PAGE_SIDE)];
        let grid = cell.map(|side| (PAGE_SIDE / side).clamp(1, MOST_ACROSS));
        Self { cell, grid }
    }

    /// Width and height that all tiles have room for: those of the images, or a square where they differ in size.
    pub fn shape(samples: &Samples) -> [usize; 2] {
        if samples.sizes.is_some() {
            return [samples.width.max(samples.height).max(1); 2];
        }
        [samples.width.max(1), samples.height.max(1)]
    }

    /// Tiles on a page.
    pub fn per_page(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Width and height of a page in pixels.
    pub fn page(&self) -> [usize; 2] {
        [self.cell[0] * self.grid[0], self.cell[1] * self.grid[1]]
    }

    /// Where on its page the tile of a position lies, in pixels.
    pub fn corner(&self, position: usize) -> [usize; 2] {
        let on_page = position % self.per_page();
        [on_page % self.grid[0] * self.cell[0], on_page / self.grid[0] * self.cell[1]]
    }

    /// Width and height of an image on its tile in pixels: its own where it has room, else as large as fits.
    pub fn fitted(&self, size: [usize; 2]) -> [usize; 2] {
        let [width, height] = size.map(|side| side.max(1));
        let scale = (self.cell[0] as f64 / width as f64).min(self.cell[1] as f64 / height as f64).min(1.0);
        let fit =
            |side: usize, most: usize| ((side as f64 * scale).round() as usize).clamp(1, most.min(side));
        [fit(width, self.cell[0]), fit(height, self.cell[1])]
    }
}

/// Names a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The list that is shown: another number for every list there ever was.
    pub list: u64,
    /// How its tiles are cut.
    pub cut: Cut,
    /// Which page of it.
    pub page: usize,
}

/// A page, or as much of it as is made.
pub struct Page {
    /// Which one.
    pub key: Key,
    /// Red, green and blue of each pixel.
    pub rgb: Vec<u8>,
    /// Tiles that are made, from the first on.
    pub n_made: usize,
    /// Whether those are all.
    pub complete: bool,
}

/// One whole image.
pub struct Whole {
    /// The list and the row asked for.
    pub key: (u64, usize),
    /// Its bytes, as [`Samples`] lays them out.
    pub pixels: Vec<u8>,
}

/// What the workers bring.
pub enum Made {
    /// A page of tiles.
    Page(Page),
    /// One whole image.
    Whole(Whole),
}

/// What is to be made; a newer wish takes the place of an older one.
#[derive(Clone, Default)]
pub struct Wish {
    /// The rows listed.
    pub rows: Arc<[u32]>,
    /// The images that they count in.
    pub samples: Option<Samples>,
    /// The pages that are missing, the most urgent first.
    pub pages: Vec<Key>,
    /// An image that is wanted whole.
    pub whole: Option<(u64, usize)>,
}

#[derive(Default)]
struct State {
    wish: Wish,
    taken: Vec<Key>,
    whole_taken: Option<(u64, usize)>,
    closed: bool,
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
    /// Counts wishes, so that a worker notices a new one without a lock.
    n_wishes: AtomicU64,
}

impl Desk {
    /// State is only ever replaced whole, so a panic elsewhere leaves nothing half done.
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The workers. Dropping it ends them.
pub struct Tiler {
    desk: Arc<Desk>,
    made: Receiver<Made>,
}

impl Drop for Tiler {
    fn drop(&mut self) {
        self.desk.locked().closed = true;
        self.desk.n_wishes.fetch_add(1, Ordering::Relaxed);
        self.desk.changed.notify_all();
    }
}

impl Tiler {
    /// Starts up to `most` workers; one core is left for the window.
    pub fn start(most: usize, waker: &Waker) -> Self {
        let desk = Arc::<Desk>::default();
        let (sender, made) = bounded(8);
        let n = std::thread::available_parallelism().map_or(1, |n| n.get().saturating_sub(1).clamp(1, most));
        for i in 0..n {
            let (desk, sender, waker) = (Arc::clone(&desk), sender.clone(), Arc::clone(waker));
            // Without any worker tiles stay empty, which is all that can be done about it.
            std::thread::Builder::new()
                .name(format!("tiles {i}"))
                .spawn(move || work(&desk, &sender, &waker))
                .ok();
        }
        Self { desk, made }
    }

    /// Says what is missing now.
    pub fn wish(&self, wish: Wish) {
        let mut state = self.desk.locked();
        let same = state.wish.pages == wish.pages && state.wish.whole == wish.whole;
        if same {
            return;
        }
        state.taken.retain(|key| wish.pages.contains(key));
        state.whole_taken = state.whole_taken.filter(|key| wish.whole == Some(*key));
        state.wish = wish;
        drop(state);
        self.desk.n_wishes.fetch_add(1, Ordering::Relaxed);
        self.desk.changed.notify_all();
    }

    /// What was made meanwhile, waiting for it for at most so long.
    pub fn next(&self, at_most: Duration) -> Option<Made> {
        self.made.recv_timeout(at_most).ok()
    }
}

enum Task {
    Page(Key, Arc<[u32]>, Samples),
    Whole((u64, usize), Samples),
}

fn work(desk: &Desk, sender: &Sender<Made>, waker: &Waker) {
    while let Some(task) = next_task(desk) {
        let sent = match task {
            Task::Page(key, rows, samples) => page(desk, sender, waker, key, &rows, &samples),
            Task::Whole(key, samples) => {
                let pixels = catch_unwind(AssertUnwindSafe(|| samples.image(key.1).into_owned()));
                let pixels = pixels.unwrap_or_default();
                sender.send(Made::Whole(Whole { key, pixels })).is_ok()
            }
        };
        if !sent {
            return;
        }
        waker();
    }
}

/// Waits for something to do; `None` when the desk is closed.
fn next_task(desk: &Desk) -> Option<Task> {
    let mut state = desk.locked();
    loop {
        if state.closed {
            return None;
        }
        if let Some(samples) = state.wish.samples.clone() {
            if let Some(whole) = state.wish.whole.filter(|whole| state.whole_taken != Some(*whole)) {
                state.whole_taken = Some(whole);
                return Some(Task::Whole(whole, samples));
            }
            let free = state.wish.pages.iter().find(|key| !state.taken.contains(key)).copied();
            if let Some(key) = free {
                state.taken.push(key);
                return Some(Task::Page(key, Arc::clone(&state.wish.rows), samples));
            }
        }
        state = desk.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Makes a page, unless it is no longer wanted; false when nobody listens any more.
fn page(
    desk: &Desk,
    sender: &Sender<Made>,
    waker: &Waker,
    key: Key,
    rows: &[u32],
    samples: &Samples,
) -> bool {
    let cut = key.cut;
    let first = (key.page * cut.per_page()).min(rows.len());
    let rows = &rows[first..rows.len().min(first + cut.per_page())];
    let [width, height] = cut.page();
    let mut rgb = vec![0; width * height * 3];
    let mut seen = desk.n_wishes.load(Ordering::Relaxed);
    let mut shown = Instant::now();
    for (tile, row) in rows.iter().enumerate() {
        let now = desk.n_wishes.load(Ordering::Relaxed);
        if now != seen {
            seen = now;
            let state = desk.locked();
            if state.closed || !state.taken.contains(&key) {
                return !state.closed;
            }
        }
        let row = *row as usize;
        // An image that cannot be made leaves its tile black; the others are none the worse.
        drop(catch_unwind(AssertUnwindSafe(|| draw(&mut rgb, width, cut, tile, samples, row))));
        if shown.elapsed() >= GLIMPSE && tile + 1 < rows.len() {
            shown = Instant::now();
            if sender
                .send(Made::Page(Page { key, rgb: rgb.clone(), n_made: tile + 1, complete: false }))
                .is_err()
            {
                return false;
            }
            waker();
        }
    }
    sender.send(Made::Page(Page { key, rgb, n_made: rows.len(), complete: true })).is_ok()
}

/// Draws one image onto its tile.
fn draw(rgb: &mut [u8], width: usize, cut: Cut, tile: usize, samples: &Samples, row: usize) {
    let size = samples.size(row);
    let image = samples.image(row);
    let [w, h] = cut.fitted(size);
    let [x, y] = cut.corner(tile);
    let n = size[0] * size[1];
    let channels = image.len() / n.max(1);
    for channel in 0..3 {
        let plane = if channels >= 3 { channel } else { 0 };
        let Some(plane) = image.get(plane * n..(plane + 1) * n) else { return };
        for row in 0..h {
            let start = ((y + row) * width + x) * 3 + channel;
            let line = rgb[start..].iter_mut().step_by(3).take(w);
            if [w, h] == size {
                line.zip(&plane[row * w..]).for_each(|(to, from)| *to = *from);
            } else {
                let rows = row * size[1] / h..((row + 1) * size[1]).div_ceil(h);
                line.enumerate().for_each(|(column, to)| {
                    let columns = column * size[0] / w..((column + 1) * size[0]).div_ceil(w);
                    *to = mean(plane, size[0], columns, rows.clone());
                });
            }
        }
    }
}

/// The mean of a rectangle of a plane.
fn mean(plane: &[u8], width: usize, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> u8 {
    let n = (columns.len() * rows.len()).max(1) as u32;
    let line = |row: usize| plane[row * width..][columns.clone()].iter().map(|v| u32::from(*v)).sum::<u32>();
    ((rows.map(line).sum::<u32>() + n / 2) / n) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::{Images, Pixels, Sizes};
    use crate::work::no_waker;
    use std::borrow::Cow;

    fn key(samples: &Samples, page: usize) -> Key {
        Key { list: 1, cut: Cut::new(samples, 20.0), page }
    }

    fn made(tiler: &Tiler) -> Page {
        loop {
            match tiler.next(Duration::from_secs(30)) {
                Some(Made::Page(page)) => return page,
                Some(Made::Whole(_)) => {}
                None => panic!("it never came"),
            }
        }
    }

    #[test]
    fn each_row_lies_where_its_coordinates_say() {
        let n = 300;
        let pixels: Vec<u8> = (0..n).flat_map(|i| [(i % 256) as u8; 6]).collect();
        let samples = Samples::new(Pixels::Owned(pixels.into()), Arc::from(vec![0; n]), [1, 2, 3]);
        let rows: Vec<u32> = (0..300).rev().collect();
        let wanted = key(&samples, 1);
        assert_eq!((wanted.cut.cell, wanted.cut.per_page(), wanted.cut.page()), ([3, 2], 256, [48, 32]));
        let tiler = Tiler::start(3, &no_waker());
        tiler.wish(Wish {
            rows: rows.clone().into(),
            samples: Some(samples),
            pages: vec![wanted],
            whole: None,
        });
        let page = made(&tiler);
        assert_eq!((page.key, page.n_made), (wanted, 44));
        for position in [256, 256 + 17, 299] {
            let [x, y] = wanted.cut.corner(position);
            assert_eq!(page.rgb[((y + 1) * 48 + x + 2) * 3], rows[position] as u8, "{position}");
        }
    }

    #[test]
    fn images_of_any_size_fit_their_tiles() {
        let sizes = vec![[400, 100], [10, 20], [1, 1]];
        let pixels: Vec<u8> = [vec![90; 40_000], vec![200; 200], vec![7]].concat();
        let samples = Samples {
            pixels: Pixels::Owned(pixels.into()),
            sizes: Some(Arc::new(Sizes::new(sizes, 1))),
            ..Samples::new(Pixels::Owned([].into()), [0, 0, 0].into(), [1, 100, 400])
        };
        let cut = Cut::new(&samples, 50.0);
        assert_eq!((cut.cell, cut.grid), ([64, 64], [8, 8]));
        assert_eq!([cut.fitted([400, 100]), cut.fitted([10, 20])], [[64, 16], [10, 20]]);
        let mut rgb = vec![0; 512 * 512 * 3];
        for row in 0..3 {
            draw(&mut rgb, 512, cut, row, &samples, row);
        }
        let at = |x: usize, y: usize| rgb[(y * 512 + x) * 3 + 1];
        assert_eq!([at(63, 15), at(63, 16), at(64 + 9, 19), at(64 + 10, 19), at(128, 0)], [90, 0, 200, 0, 7]);
    }

    struct Slow;

    impl Images for Slow {
        fn image(&self, row: usize) -> Cow<'_, [u8]> {
            assert!(row != 5, "this one cannot be drawn");
            std::thread::sleep(Duration::from_millis(2));
            vec![row as u8; 4].into()
        }
    }

    #[test]
    fn slow_pages_show_while_they_fill_and_what_is_scrolled_past_is_dropped() {
        let samples = Samples::new(Pixels::Drawn(Arc::new(Slow)), Arc::from(vec![0; 100_000]), [1, 2, 2]);
        let tiler = Tiler::start(3, &no_waker());
        let pages: Vec<Key> = (0..300).map(|page| key(&samples, page)).collect();
        let rows: Arc<[u32]> = (0..100_000).collect();
        let wish = |pages: Vec<Key>| Wish {
            rows: Arc::clone(&rows),
            samples: Some(samples.clone()),
            pages,
            whole: Some((1, 77)),
        };
        tiler.wish(wish(pages));
        let first = made(&tiler);
        assert!(first.n_made < 256);
        let last = key(&samples, 390);
        tiler.wish(wish(vec![last]));
        // At most what was sent already comes before it.
        let mut n = 0;
        while made(&tiler).key != last {
            n += 1;
        }
        assert!(n < 30, "{n} pages of before");
    }
}
