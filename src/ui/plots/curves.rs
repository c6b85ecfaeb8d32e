//! The points of curves, ready to draw: smoothed, on their axes, and thinned to a pair a pixel column. They are worked
//! out when a run says something new or the axes change, never for a frame.

use super::axes::{x_of, y_of};
use crate::app::PlotView;
use crate::app::runs::Run;
use crate::runs::{Metric, Point, Split};
use egui_plot::PlotPoint;
use std::collections::HashMap;
use std::rc::Rc;

/// Points of a column at most, of a line and the raw values behind it.
pub const POINTS: usize = 6;
/// The same where there are many curves.
pub const POINTS_OF_MANY: usize = 2;

/// How curves are worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detail {
    /// The axes.
    pub view: PlotView,
    /// Columns that a curve is thinned to: as many as there are pixels, or fewer where there are many curves.
    pub columns: usize,
    /// Whether there are so many curves that raw values behind the smoothed ones are left out, and that the least and
    /// the greatest value of a column tell enough.
    pub many: bool,
    /// The part of x that is zoomed into; what lies far outside of it is not drawn.
    pub window: Option<[f64; 2]>,
}

/// Every value of a curve in its place on the axes.
#[derive(Debug, Default)]
struct Placed {
    raw: Vec<PlotPoint>,
    /// Empty where nothing is smoothed.
    smooth: Vec<PlotPoint>,
    n_left_out: usize,
}

impl Placed {
    fn line(&self) -> &[PlotPoint] {
        if self.smooth.is_empty() { &self.raw } else { &self.smooth }
    }
}

/// One curve.
#[derive(Debug, Default)]
pub struct Curve {
    placed: Rc<Placed>,
    /// What the line goes through: smoothed, where it is.
    pub line: Vec<PlotPoint>,
    /// The raw values behind a smoothed line; empty where they are not drawn.
    pub ghost: Vec<PlotPoint>,
}

impl Curve {
    fn new(placed: Rc<Placed>, detail: Detail) -> Self {
        let line = thinned(placed.line(), detail);
        let behind = if detail.many || placed.smooth.is_empty() { &[][..] } else { &placed.raw };
        // Of what lies behind it is enough to see how far it reaches.
        Self { line, ghost: thinned(behind, Detail { many: true, ..detail }), placed }
    }

    /// Whether the line is not that of the raw values.
    pub fn is_smoothed(&self) -> bool {
        !self.placed.smooth.is_empty()
    }

    /// Values that are no numbers, or have no place on the axes.
    pub fn n_left_out(&self) -> usize {
        self.placed.n_left_out
    }

    /// The least and the greatest x of all values, drawn or not.
    pub fn reach(&self) -> Option<[f64; 2]> {
        let raw = &self.placed.raw;
        Some([raw.first()?.x, raw.last()?.x])
    }

    /// The point nearest to `x`, of the line and of the raw values, drawn or not.
    pub fn nearest(&self, x: f64) -> Option<(PlotPoint, PlotPoint)> {
        Some((nearest(self.placed.line(), x)?, nearest(&self.placed.raw, x)?))
    }
}

fn nearest(points: &[PlotPoint], x: f64) -> Option<PlotPoint> {
    let right = points.partition_point(|point| point.x < x);
    let left = right.saturating_sub(1);
    [points.get(left), points.get(right)]
        .into_iter()
        .flatten()
        .min_by(|a, b| (a.x - x).abs().total_cmp(&(b.x - x).abs()))
        .copied()
}

/// Curves worked out before.
#[derive(Default)]
pub struct Cache {
    curves: HashMap<(String, Split, &'static str), Entry>,
    fits: HashMap<&'static str, Fit>,
    frame: u64,
}

/// The curves that it was worked out for, and where most of their values lie.
type Fit = (Vec<Rc<Curve>>, Option<[f64; 2]>);

struct Entry {
    revision: u64,
    detail: Detail,
    used: u64,
    placed: Rc<Placed>,
    curve: Rc<Curve>,
}

impl Cache {
    /// A frame begins: what was not drawn in the last few is forgotten.
    pub fn begin(&mut self) {
        self.frame += 1;
        let oldest = self.frame.saturating_sub(600);
        self.curves.retain(|_, entry| entry.used >= oldest);
    }

    /// The curve of a metric, worked out anew only where something changed. Of a zoom that is only which of the values
    /// are drawn, not where they lie.
    pub fn curve(&mut self, run: &Run, split: Split, metric: &'static Metric, detail: Detail) -> Rc<Curve> {
        let frame = self.frame;
        let key = (run.id.clone(), split, metric.name);
        if let Some(entry) = self.curves.get_mut(&key)
            && (entry.revision, entry.detail.view) == (run.revision, detail.view)
        {
            entry.used = frame;
            if entry.detail != detail {
                (entry.detail, entry.curve) = (detail, Rc::new(Curve::new(Rc::clone(&entry.placed), detail)));
            }
            return Rc::clone(&entry.curve);
        }
        let points = run.history.curve(split, metric.name).map_or(&[][..], |series| series.points());
        let placed = Rc::new(placed(points, split, metric, detail.view));
        let curve = Rc::new(Curve::new(Rc::clone(&placed), detail));
        let entry = Entry { revision: run.revision, detail, used: frame, placed, curve: Rc::clone(&curve) };
        self.curves.insert(key, entry);
        curve
    }

    /// Where most of the values of these curves lie, worked out anew only where one of them was.
    pub fn fit<'a>(
        &mut self,
        metric: &'static Metric,
        curves: impl Iterator<Item = (&'a Rc<Curve>, &'a [PlotPoint])> + Clone,
    ) -> Option<[f64; 2]> {
        let now: Vec<Rc<Curve>> = curves.clone().map(|(curve, _)| Rc::clone(curve)).collect();
        if let Some((before, fit)) = self.fits.get(metric.name)
            && before.len() == now.len()
            && before.iter().zip(&now).all(|(a, b)| Rc::ptr_eq(a, b))
        {
            return *fit;
        }
        let fit = most(curves.flat_map(|(_, points)| points));
        // The curves are kept with it, so that no new one can come to lie where an old one lay.
        self.fits.insert(metric.name, (now, fit));
        fit
    }
}

/// Smooths the values of a curve and puts them on the axes. A validation curve, with one value an epoch, is never
/// smoothed.
fn placed(points: &[Point], split: Split, metric: &Metric, view: PlotView) -> Placed {
    let place =
        |point: &Point, value: f64| Some(PlotPoint { x: x_of(point, view)?, y: y_of(value, metric, view)? });
    let raw: Vec<PlotPoint> = points.iter().filter_map(|point| place(point, point.value)).collect();
    let n_left_out = points.len() - raw.len();
    // A handful of values, one an epoch, are the story themselves.
    let smooth = if split == Split::Train && view.smoothing > 0.0 && points.len() > 4 {
        let smoothed = smoothed(points.iter().map(|point| point.value), view.smoothing);
        points.iter().zip(smoothed).filter_map(|(point, value)| place(point, value?)).collect()
    } else {
        Vec::new()
    };
    Placed { raw, smooth, n_left_out }
}

/// The debiased exponential average that TensorBoard draws (`data_transformer.ts`): `last = last w + (1 - w) y`,
/// divided by `1 - w^n`. What is no finite number is left out and does not count.
pub fn smoothed(values: impl Iterator<Item = f64>, weight: f64) -> impl Iterator<Item = Option<f64>> {
    let (mut last, mut debias) = (0.0, 1.0);
    values.map(move |value| {
        if !value.is_finite() {
            return None;
        }
        last = last * weight + (1.0 - weight) * value;
        debias *= weight;
        Some(last / (1.0 - debias))
    })
}

/// At most the first, lowest, highest and last of each column, in the order of x, so that no spike is lost; of many
/// curves only the lowest and the highest. With a window, only what lies in it and as far again to either side, so that
/// there is something to drag into view.
fn thinned(points: &[PlotPoint], detail: Detail) -> Vec<PlotPoint> {
    let Detail { columns, many, window, .. } = detail;
    let mut points = points;
    let mut n_columns = columns;
    if let Some([from, to]) = window {
        let around = (to - from) / 2.0;
        let start = points.partition_point(|point| point.x < from - around).saturating_sub(1);
        let end = (points.partition_point(|point| point.x <= to + around) + 1).min(points.len());
        points = &points[start..end.max(start)];
        n_columns *= 2;
    }
    let each = if many { 2 } else { 4 };
    if points.len() <= n_columns * each / 2 {
        return points.to_vec();
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let width = (last.x - first.x).max(f64::MIN_POSITIVE) / n_columns as f64;
    let column = |point: &PlotPoint| ((point.x - first.x) / width) as usize;
    let mut out = Vec::with_capacity(n_columns * each + 4);
    let mut begin = 0;
    while begin < points.len() {
        let here = column(&points[begin]);
        let (mut low, mut high, mut end) = (begin, begin, begin + 1);
        while end < points.len() && column(&points[end]) == here {
            if points[end].y < points[low].y {
                low = end;
            }
            if points[end].y > points[high].y {
                high = end;
            }
            end += 1;
        }
        // A curve begins and ends where it does, however few of its points are drawn.
        let ends = [!many || begin == 0, !many || end == points.len()];
        let mut kept = [if ends[0] { begin } else { low }, low, high, if ends[1] { end - 1 } else { high }];
        kept.sort_unstable();
        let mut before = usize::MAX;
        for i in kept {
            if i != before {
                out.push(points[i]);
            }
            before = i;
        }
        begin = end;
    }
    out
}

/// Where most of the values lie: all but the outermost 5 % on either side, widened so that a curve that hardly moves
/// is still drawn whole. The first steps of a training would squeeze everything after them into a line.
fn most<'a>(points: impl Iterator<Item = &'a PlotPoint>) -> Option<[f64; 2]> {
    let mut values: Vec<f64> = points.map(|point| point.y).collect();
    if values.len() < 40 {
        return None;
    }
    let n = values.len();
    let mut at = |share: f64| {
        let place = ((n - 1) as f64 * share) as usize;
        *values.select_nth_unstable_by(place, f64::total_cmp).1
    };
    let (low, high) = (at(0.05), at(0.95));
    let (least, greatest) = (at(0.0), at(1.0));
    let span = (high - low).max((greatest - least) * 0.02);
    Some([(low - span * 0.6).max(least), (high + span * 0.6).min(greatest)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::metric;

    #[test]
    fn smoothing_is_debiased_and_steps_over_what_is_no_number() {
        let values = [1.0, 1.0, f64::NAN, 1.0, 3.0];
        let smooth: Vec<_> = smoothed(values.into_iter(), 0.5).collect();
        assert_eq!(smooth[0], Some(1.0));
        assert_eq!(smooth[2], None);
        assert!(smooth[3].is_some_and(|v| (v - 1.0).abs() < 1e-12));
        // (1*.0625 + 1*.125 + 1*.25 + 3*.5) / .9375
        assert!(smooth[4].is_some_and(|v| (v - 31.0 / 15.0).abs() < 1e-12));
        assert_eq!(smoothed([2.0].into_iter(), 0.0).collect::<Vec<_>>(), [Some(2.0)]);
    }

    fn detail(columns: usize) -> Detail {
        Detail { view: PlotView::default(), columns, many: false, window: None }
    }

    #[test]
    fn spikes_survive_thinning() {
        let points: Vec<PlotPoint> = (0..100_000)
            .map(|i| PlotPoint { x: f64::from(i), y: if i == 54_321 { 99.0 } else { f64::from(i % 7) } })
            .collect();
        for (many, most) in [(false, 2004), (true, 1004)] {
            let thin = thinned(&points, Detail { many, ..detail(500) });
            assert!(thin.len() <= most, "{}", thin.len());
            assert!(thin.iter().any(|point| point.y == 99.0));
            assert!(thin.windows(2).all(|pair| pair[0].x < pair[1].x));
            assert_eq!((thin[0].x, thin[thin.len() - 1].x), (0.0, 99_999.0));
        }
        let zoomed = thinned(&points, Detail { window: Some([1000.0, 1400.0]), ..detail(500) });
        let inside = zoomed.iter().filter(|point| (1000.0..=1400.0).contains(&point.x)).count();
        assert_eq!(inside, 401);
        // What is drawn reaches beyond both edges, and no further than can be dragged into view in a frame.
        assert_eq!((zoomed[0].x, zoomed[zoomed.len() - 1].x), (799.0, 1601.0));
        for beyond in [[-9.0, -5.0], [2e5, 3e5]] {
            assert!(thinned(&points, Detail { window: Some(beyond), ..detail(500) }).len() < 5_000);
        }
        assert!(thinned(&[], detail(500)).is_empty());
    }

    #[test]
    fn a_zoom_draws_other_points_of_the_same_values() {
        let at = |step: u32| Point {
            step: u64::from(step),
            epoch: 0.0,
            trained_secs: 0.0,
            at: 0.0,
            value: f64::from(step % 5),
        };
        let points: Vec<Point> = (0..20_000).map(at).collect();
        let loss = metric("loss").expect("it is a metric");
        let all = Rc::new(placed(&points, Split::Train, loss, PlotView::default()));
        let whole = Curve::new(Rc::clone(&all), detail(200));
        let zoomed = Curve::new(all, Detail { window: Some([5000.0, 5010.0]), ..detail(200) });
        assert!(whole.is_smoothed() && !whole.ghost.is_empty());
        assert!(zoomed.line.len() < 30 && whole.line.len() > 200);
        assert_eq!((whole.reach(), zoomed.reach()), (Some([0.0, 19_999.0]), Some([0.0, 19_999.0])));
        // The tooltip tells values that are measured, not those that happen to be drawn.
        assert_eq!(whole.nearest(7_003.2).map(|(_, raw)| (raw.x, raw.y)), Some((7_003.0, 3.0)));
        let many = Detail { many: true, ..detail(200) };
        let many = Curve::new(Rc::new(placed(&points, Split::Train, loss, PlotView::default())), many);
        assert!(many.ghost.is_empty() && many.line.len() <= 402, "{}", many.line.len());
    }

    #[test]
    fn the_first_steps_do_not_decide_the_axis() {
        let at = |x: u32, y| PlotPoint { x: f64::from(x), y };
        let points: Vec<_> =
            (0..1000).map(|i| at(i, if i < 20 { 2.3 } else { 0.1 + f64::from(i % 10) * 0.01 })).collect();
        let [low, high] = most(points.iter()).expect("there are enough");
        assert_eq!(low, 0.1);
        assert!(high < 0.3, "{high}");
        assert_eq!(most(points[..30].iter()), None);
    }

    #[test]
    fn what_is_no_number_is_counted_and_left_out() {
        let point = |step, value| Point { step, epoch: 0.0, trained_secs: 0.0, at: 0.0, value };
        let points = [point(0, 1.0), point(1, f64::NAN), point(2, f64::INFINITY), point(3, 0.5)];
        let loss = metric("loss").expect("it is a metric");
        let curve =
            Curve::new(Rc::new(placed(&points, Split::Train, loss, PlotView::default())), detail(500));
        assert_eq!((curve.line.len(), curve.n_left_out()), (2, 2));
        assert_eq!(curve.nearest(2.4).map(|(line, _)| line.x), Some(3.0));
    }
}
