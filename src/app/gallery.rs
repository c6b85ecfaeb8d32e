//! A long list of images in a grid: which ones, how large, which one is looked at, which are chosen, and where the arrow
//! keys lead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Smallest side of a tile in points: a digit can just be told.
pub const LEAST_TILE: f32 = 16.0;
/// Largest side of a tile in points.
pub const MOST_TILE: f32 = 320.0;

/// Images to look through.
#[derive(Clone, Debug, PartialEq)]
pub struct Gallery {
    rows: Arc<[u32]>,
    revision: u64,
    selected: Option<usize>,
    chosen: Chosen,
    anchor: Option<usize>,
    /// Side of a tile in points.
    pub tile: f32,
}

/// What a click, a key or a frame drawn around tiles asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// This position alone, or none.
    Only(Option<usize>),
    /// This one as well, or no longer.
    Toggle(usize),
    /// Everything from where the choice began to here.
    Range(usize),
    /// Every image listed.
    All,
    /// The tiles between two corners, each a column and a row of tiles.
    Band {
        /// Tiles beside each other.
        columns: usize,
        /// One corner.
        from: [usize; 2],
        /// The other.
        to: [usize; 2],
        /// Whether what was chosen before stays so.
        add: bool,
    },
}

/// A set of rows, a bit each: choosing all of a million is no work.
#[derive(Clone, Debug, Default, PartialEq)]
struct Chosen {
    bits: Vec<u64>,
    n: usize,
}

impl Chosen {
    fn has(&self, row: u32) -> bool {
        self.bits.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    fn set(&mut self, row: u32, on: bool) {
        if self.has(row) != on {
            let word = row as usize / 64;
            if word >= self.bits.len() {
                self.bits.resize(word + 1, 0);
            }
            self.bits[word] ^= 1 << (row % 64);
            if on { self.n += 1 } else { self.n -= 1 }
        }
    }
}

impl Default for Gallery {
    fn default() -> Self {
        Self {
            rows: Arc::default(),
            revision: 0,
            selected: None,
            chosen: Chosen::default(),
            anchor: None,
            tile: 40.0,
        }
    }
}

impl Gallery {
    /// The rows of the data set that are shown, in order.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The same, to be handed to a worker.
    pub fn shared_rows(&self) -> Arc<[u32]> {
        Arc::clone(&self.rows)
    }

    /// Another number whenever the rows are others: pictures made of them are out of date then.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The position looked at.
    pub fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// The row looked at.
    pub fn selected_row(&self) -> Option<usize> {
        Some(*self.rows.get(self.selected?)? as usize)
    }

    /// Shows other rows; the image looked at stays so where it is among them.
    pub fn show(&mut self, rows: Vec<u32>) {
        // One count for all galleries, so that no two lists ever share a number.
        static REVISIONS: AtomicU64 = AtomicU64::new(1);
        let row = self.selected_row();
        self.rows = rows.into();
        self.revision = REVISIONS.fetch_add(1, Ordering::Relaxed);
        self.selected = row.and_then(|row| self.rows.iter().position(|r| *r as usize == row));
        self.anchor = self.selected;
        // Nobody changes what they no longer see: only images that are listed stay chosen.
        if self.chosen.n > 0 {
            let mut chosen = Chosen::default();
            self.rows.iter().filter(|row| self.chosen.has(**row)).for_each(|row| chosen.set(*row, true));
            self.chosen = chosen;
        }
    }

    /// The same images under other numbers: `new` is the row that an old one became, if it is still there. What is
    /// chosen and looked at stays so.
    pub fn renumber(&mut self, new: &dyn Fn(u32) -> Option<u32>) {
        let looked_at = self.selected_row().and_then(|row| new(row as u32));
        let mut chosen = Chosen::default();
        let mut rows = Vec::with_capacity(self.rows.len());
        for (old, row) in self.rows.iter().filter_map(|old| Some((*old, new(*old)?))) {
            rows.push(row);
            if self.chosen.has(old) {
                chosen.set(row, true);
            }
        }
        self.selected = None;
        self.chosen = chosen;
        self.show(rows);
        let position = |row: u32| self.rows.iter().position(|listed| *listed == row);
        self.selected = looked_at.and_then(position);
        self.anchor = self.selected;
    }

    /// Looks at a position, if there is one, and chooses it alone.
    pub fn select(&mut self, position: Option<usize>) {
        self.pick(Pick::Only(position));
    }

    /// Whether a row is chosen.
    pub fn is_chosen(&self, row: u32) -> bool {
        self.chosen.has(row)
    }

    /// How many rows are chosen.
    pub fn n_chosen(&self) -> usize {
        self.chosen.n
    }

    /// The rows chosen, in the order in which they are listed.
    pub fn chosen(&self) -> impl Iterator<Item = u32> + '_ {
        self.rows.iter().copied().filter(|row| self.chosen.has(*row))
    }

    /// Chooses exactly these rows, as far as they are listed; looks at none.
    pub fn choose(&mut self, rows: &[u32]) {
        let mut wanted = Chosen::default();
        rows.iter().for_each(|row| wanted.set(*row, true));
        self.chosen = Chosen::default();
        for row in self.rows.iter().filter(|row| wanted.has(**row)) {
            self.chosen.set(*row, true);
        }
        (self.selected, self.anchor) = (None, None);
    }

    /// Does what a click or a key asks for.
    pub fn pick(&mut self, pick: Pick) {
        let n = self.rows.len();
        match pick {
            Pick::Only(position) => {
                self.selected = position.filter(|position| *position < n);
                self.anchor = self.selected;
                self.chosen = Chosen::default();
                self.put(self.selected, true);
            }
            Pick::Toggle(position) if position < n => {
                let on = !self.chosen.has(self.rows[position]);
                self.put(Some(position), on);
                self.selected = if on { Some(position) } else { self.selected.filter(|at| *at != position) };
                self.anchor = Some(position);
            }
            Pick::Range(position) if position < n => {
                let anchor = self.anchor.unwrap_or(0).min(n - 1);
                self.chosen = Chosen::default();
                for at in anchor.min(position)..=anchor.max(position) {
                    self.put(Some(at), true);
                }
                (self.selected, self.anchor) = (Some(position), Some(anchor));
            }
            Pick::Toggle(_) | Pick::Range(_) => {}
            Pick::All => (0..n).for_each(|at| self.put(Some(at), true)),
            Pick::Band { columns, from, to, add } => {
                if !add {
                    self.chosen = Chosen::default();
                }
                for row in from[1].min(to[1])..=from[1].max(to[1]) {
                    for column in from[0].min(to[0])..=from[0].max(to[0]).min(columns.saturating_sub(1)) {
                        self.put(Some(row * columns + column), true);
                    }
                }
                self.selected = self.selected.filter(|at| self.chosen.has(self.rows[*at]));
            }
        }
    }

    fn put(&mut self, position: Option<usize>, on: bool) {
        if let Some(row) = position.and_then(|position| self.rows.get(position)) {
            self.chosen.set(*row, on);
        }
    }

    /// Sets the side of a tile, within reason.
    pub fn zoom(&mut self, tile: f32) {
        if tile.is_finite() {
            self.tile = tile.clamp(LEAST_TILE, MOST_TILE);
        }
    }
}

/// Where a key leads in a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One back.
    Left,
    /// One on.
    Right,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the first.
    First,
    /// To the last.
    Last,
}

/// How a grid lies on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Tiles beside each other.
    pub columns: usize,
    /// Rows of tiles in all.
    pub rows: usize,
    /// From one tile to the next, across and down, in points.
    pub pitch: [f32; 2],
}

impl Layout {
    /// Lays `n` tiles of that width and height into a field `width` points wide, with a gap between them.
    pub fn new(n: usize, tile: [f32; 2], gap: f32, width: f32) -> Self {
        let pitch = tile.map(|side| side + gap);
        // The last tile needs no gap behind it.
        let columns = (((width + gap) / pitch[0]).floor() as usize).max(1);
        Self { columns, rows: n.div_ceil(columns), pitch }
    }

    /// The side of a tile of about `tile` points at which the columns fill the width.
    pub fn fitting(tile: f32, gap: f32, width: f32) -> f32 {
        let columns = ((width + gap) / (tile + gap)).round().max(1.0);
        // A hair less, so that rounding never costs the last column.
        ((width + gap) / columns - gap - 0.01).max(1.0)
    }

    /// Height of the whole field in points.
    pub fn height(&self) -> f32 {
        self.rows as f32 * self.pitch[1]
    }

    /// Left and upper edge of the tile at a position.
    pub fn corner(&self, position: usize) -> [f32; 2] {
        [(position % self.columns) as f32 * self.pitch[0], (position / self.columns) as f32 * self.pitch[1]]
    }

    /// The rows of tiles that a view from `top` to `bottom` (points) touches.
    pub fn visible(&self, top: f32, bottom: f32) -> std::ops::Range<usize> {
        let row = |y: f32| (y.max(0.0) / self.pitch[1]).floor() as usize;
        let first = row(top).min(self.rows);
        first..(row(bottom) + 1).clamp(first, self.rows)
    }

    /// The position at a point of the field, of `n`; none in the gap right of the last column.
    pub fn position_at(&self, x: f32, y: f32, n: usize) -> Option<usize> {
        if x < 0.0 || y < 0.0 {
            return None;
        }
        let (column, row) = ((x / self.pitch[0]) as usize, (y / self.pitch[1]) as usize);
        let position = row * self.columns + column;
        (column < self.columns && position < n).then_some(position)
    }

    /// Where a step from `selected` leads, among `n`; `page` is how many rows of tiles fit the screen.
    pub fn step(&self, selected: Option<usize>, step: Step, page: usize, n: usize) -> Option<usize> {
        let last = n.checked_sub(1)?;
        let Some(at) = selected else { return Some(if step == Step::Last { last } else { 0 }) };
        let up = |by: usize| if at >= by { at - by } else { at % self.columns };
        let down = |by: usize| if at + by <= last { at + by } else { last };
        Some(match step {
            Step::Left => at.saturating_sub(1),
            Step::Right => (at + 1).min(last),
            Step::Up => up(self.columns),
            Step::Down => down(self.columns),
            Step::PageUp => up(self.columns * page.max(1)),
            Step::PageDown => down(self.columns * page.max(1)),
            Step::First => 0,
            Step::Last => last,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_looked_at_stays_when_the_list_changes() {
        let mut gallery = Gallery::default();
        gallery.show((0..100).collect());
        let before = gallery.revision();
        gallery.select(Some(42));
        gallery.show((0..100).filter(|row| row % 2 == 0).collect());
        assert_eq!((gallery.selected(), gallery.selected_row()), (Some(21), Some(42)));
        assert_ne!(gallery.revision(), before);
        gallery.show(vec![1, 3]);
        assert_eq!(gallery.selected(), None);
        gallery.select(Some(2));
        assert_eq!(gallery.selected(), None);
        gallery.zoom(f32::NAN);
        gallery.zoom(1e9);
        assert_eq!(gallery.tile, MOST_TILE);
    }

    #[test]
    fn clicks_choose_as_everywhere() {
        let mut gallery = Gallery::default();
        gallery.show((0..100).map(|i| i * 2).collect());
        let rows = |gallery: &Gallery| gallery.chosen().collect::<Vec<_>>();
        gallery.pick(Pick::Only(Some(3)));
        gallery.pick(Pick::Toggle(7));
        assert_eq!((rows(&gallery), gallery.selected()), (vec![6, 14], Some(7)));
        gallery.pick(Pick::Range(5));
        assert_eq!((rows(&gallery), gallery.n_chosen(), gallery.selected()), (vec![10, 12, 14], 3, Some(5)));
        // From the same beginning again, to the other side.
        gallery.pick(Pick::Range(8));
        assert_eq!(rows(&gallery), [14, 16]);
        gallery.pick(Pick::Toggle(7));
        assert_eq!(rows(&gallery), [16]);
        gallery.pick(Pick::Band { columns: 10, from: [8, 1], to: [12, 0], add: true });
        assert_eq!(rows(&gallery), [16, 18, 36, 38]);
        gallery.pick(Pick::All);
        assert_eq!(gallery.n_chosen(), 100);
        gallery.show(vec![1, 2, 3, 198]);
        assert_eq!(rows(&gallery), [2, 198]);
        gallery.choose(&[3, 1, 77]);
        assert_eq!((rows(&gallery), gallery.selected()), (vec![1, 3], None));
        gallery.pick(Pick::Only(None));
        assert_eq!(gallery.n_chosen(), 0);
        gallery.pick(Pick::Range(900));
        gallery.pick(Pick::Toggle(900));
        assert!(rows(&gallery).is_empty());
    }

    #[test]
    fn seventy_thousand_tiles_show_only_a_screen() {
        let layout = Layout::new(70_000, [28.0; 2], 2.0, 900.0);
        assert_eq!((layout.columns, layout.rows), (30, 2334));
        assert_eq!((layout.height(), layout.corner(31)), (70_020.0, [30.0, 30.0]));
        assert_eq!(layout.visible(0.0, 600.0), 0..21);
        assert_eq!(layout.visible(69_990.0, 70_600.0), 2333..2334);
        assert_eq!(layout.visible(-50.0, -1.0), 0..1);
        assert_eq!(layout.visible(1e9, 2e9), 2334..2334);
        assert_eq!(Layout::new(0, [28.0; 2], 2.0, 900.0).visible(0.0, 600.0), 0..0);
        for (tile, width) in [(40.0, 817.0), (16.0, 1500.0), (160.0, 817.0)] {
            let fitting = Layout::fitting(tile, 3.0, width);
            let columns = Layout::new(1000, [fitting; 2], 3.0, width).columns as f32;
            assert!((columns * (fitting + 3.0) - 3.0 - width).abs() < 1.0, "{tile} in {width}");
            assert!((fitting / tile - 1.0).abs() < 0.15);
        }
        // A field narrower than a tile still has a column.
        assert_eq!(Layout::new(5, [100.0; 2], 2.0, 10.0).columns, 1);
    }

    #[test]
    fn points_and_positions_agree() {
        let layout = Layout::new(95, [28.0; 2], 2.0, 900.0);
        assert_eq!(layout.position_at(0.0, 0.0, 95), Some(0));
        assert_eq!(layout.position_at(899.0, 31.0, 95), Some(59));
        assert_eq!(layout.position_at(901.0, 31.0, 95), None);
        assert_eq!(layout.position_at(160.0, 95.0, 95), None);
        assert_eq!(layout.position_at(-1.0, 5.0, 95), None);
    }

    #[test]
    fn keys_lead_where_they_point_and_never_outside() {
        let layout = Layout::new(95, [28.0; 2], 2.0, 300.0);
        assert_eq!(layout.columns, 10);
        let step = |at, step| layout.step(at, step, 3, 95);
        assert_eq!(step(None, Step::Down), Some(0));
        assert_eq!(step(Some(94), Step::Right), Some(94));
        assert_eq!(step(Some(0), Step::Left), Some(0));
        assert_eq!(step(Some(13), Step::Up), Some(3));
        assert_eq!(step(Some(3), Step::Up), Some(3));
        assert_eq!(step(Some(88), Step::Down), Some(94));
        assert_eq!(step(Some(50), Step::PageUp), Some(20));
        assert_eq!(step(Some(12), Step::PageUp), Some(2));
        assert_eq!(step(Some(50), Step::PageDown), Some(80));
        assert_eq!((step(Some(5), Step::First), step(Some(5), Step::Last)), (Some(0), Some(94)));
        assert_eq!(layout.step(Some(0), Step::Right, 3, 0), None);
    }
}
