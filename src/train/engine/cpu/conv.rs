//! A convolution with what follows it (ReLU, max-pool, dropout) as one block, image by image.
//!
//! Images lie row, column, channel, with the zeros of a `same` convolution around them. A few rows of the convolution
//! are made at a time, pooled while they are in the cache, and never kept.

use super::gemm::{LANES, Left, Right, Size, gemm, padded};
use super::maths;
use super::norm::Norm;
use super::sparse::{Lists, Patch, add_filters, weigh_patches};
use super::vectorised::vectorised;
use crate::models::Dropout;

/// Sizes of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Channels, rows, columns that come in, without the zeros around.
    pub input: [usize; 3],
    /// Zeros before each row and column, and after.
    pub around: (usize, usize),
    /// Side of the kernel.
    pub kernel: usize,
    /// Filters.
    pub filters: usize,
    /// Whether a ReLU follows.
    pub relu: bool,
    /// Side of the pool's window; 1 for no pool.
    pub pool: usize,
    /// Place in the network's list and rate of the dropout that follows.
    pub dropout: Option<(usize, f64)>,
    /// Place of weight and bias among the slots.
    pub slot: usize,
    /// The batch norm behind all that.
    pub norm: Option<Box<Norm>>,
}

impl Conv {
    /// Rows and columns that come in, with the zeros around.
    pub const fn framed(&self) -> (usize, usize) {
        let around = self.around.0 + self.around.1;
        (self.input[1] + around, self.input[2] + around)
    }

    /// Numbers of one framed image, with room for the last vector to reach beyond.
    pub const fn image_len(&self) -> usize {
        let (rows, columns) = self.framed();
        rows * columns * self.input[0] + 2 * LANES
    }

    /// Distance between two rows of the framed image.
    pub const fn pitch(&self) -> usize {
        self.framed().1 * self.input[0]
    }

    /// Numbers of one kernel row over all channels.
    pub const fn run(&self) -> usize {
        self.kernel * self.input[0]
    }

    /// Channels, rows and columns that leave the whole block.
    pub fn left(&self) -> [usize; 3] {
        self.norm.as_ref().map_or_else(|| self.output(), |norm| norm.after.output())
    }

    /// The dropout at the end of the block.
    pub fn last_dropout(&self) -> Option<(usize, f64)> {
        self.norm.as_ref().map_or(self.dropout, |norm| norm.after.dropout)
    }

    /// Channels, rows and columns that leave, or that a batch norm gets.
    pub const fn output(&self) -> [usize; 3] {
        let (rows, columns) = self.framed();
        [self.filters, (rows + 1 - self.kernel) / self.pool, (columns + 1 - self.kernel) / self.pool]
    }

    /// Features that leave.
    pub const fn features(&self) -> usize {
        let [filters, rows, columns] = self.output();
        filters * rows * columns
    }

    /// Numbers of the weight as it is trained: `[kernel][run]` rows of `padded(filters)`.
    pub const fn weight_len(&self) -> usize {
        self.kernel * self.run() * padded(self.filters)
    }

    /// How the gradient of a pooled block sees the image.
    const fn patch(&self) -> Patch {
        Patch { kernel: self.kernel, vectors: self.run().div_ceil(LANES), pitch: self.pitch() }
    }

    /// Whether most of the gradient is zeros.
    pub const fn sparse(&self) -> bool {
        self.pool > 1
    }

    /// Numbers of the weight's gradient while it is summed up: by filter where it is sparse, else like the weight.
    pub const fn work_len(&self) -> usize {
        if self.sparse() { self.filters * self.patch().len() } else { self.weight_len() }
    }

    /// Numbers of a pixel's slopes: whole vectors where they are multiplied as they are.
    const fn slope_row(&self) -> usize {
        if self.sparse() { self.filters } else { padded(self.filters) }
    }

    /// Adds a gradient as it was summed up to one like the weight.
    pub fn add_work(&self, work: &[f32], gradient: &mut [f32]) {
        if !self.sparse() {
            gradient.iter_mut().zip(work).for_each(|(g, w)| *g += w);
            return;
        }
        let (patch, run, width) = (self.patch(), self.run(), padded(self.filters));
        for (filter, work) in work.chunks_exact(patch.len()).enumerate() {
            for (row, work) in work.chunks_exact(patch.vectors * LANES).enumerate() {
                for (j, w) in work[..run].iter().enumerate() {
                    gradient[(row * run + j) * width + filter] += w;
                }
            }
        }
    }

    /// The weight as the gradient of the input needs it: by filter, each run in whole vectors; or where slopes are
    /// mostly not zero, the kernel turned around, from filters to channels.
    pub fn by_filter(&self, weight: &[f32], to: &mut Vec<f32>) {
        if self.norm.is_some() && !self.sparse() {
            return self.turn_around(weight, to);
        }
        let (patch, run, width) = (self.patch(), self.run(), padded(self.filters));
        to.resize(self.filters * patch.len(), 0.0);
        for (filter, to) in to.chunks_exact_mut(patch.len()).enumerate() {
            for (row, to) in to.chunks_exact_mut(patch.vectors * LANES).enumerate() {
                for (j, t) in to[..run].iter_mut().enumerate() {
                    *t = weight[(row * run + j) * width + filter];
                }
            }
        }
    }
}

impl Conv {
    /// `[kernel][kernel][padded(filters)]` rows of `padded(channels)`, last pixel of the kernel first.
    fn turn_around(&self, weight: &[f32], to: &mut Vec<f32>) {
        let (wide, channels) = (padded(self.filters), self.input[0]);
        let n = padded(channels);
        let pixels = self.kernel * self.kernel;
        to.resize(pixels * wide * n, 0.0);
        for (pixel, to) in to.chunks_exact_mut(wide * n).enumerate() {
            let from = &weight[(pixels - 1 - pixel) * channels * wide..][..channels * wide];
            for (channel, from) in from.chunks_exact(wide).enumerate() {
                for (filter, from) in from.iter().enumerate() {
                    to[filter * n + channel] = *from;
                }
            }
        }
    }
}

/// Where the features of an image go: into the frame of the next block, or into a plain list.
pub struct Target<'a> {
    /// The numbers.
    pub data: &'a mut [f32],
    /// The first pixel's place.
    pub first: usize,
    /// Distance between rows.
    pub pitch: usize,
}

/// Memory that is used anew for every image.
#[derive(Default)]
pub struct Scratch {
    rows: Vec<f32>,
    slopes: Vec<f32>,
    /// By filter: where its slopes are that are not zero.
    by_filter: Lists,
    /// By patch of the input: filters whose slopes there are not zero.
    by_patch: Lists,
    /// Features of one pixel that are not zero.
    alive: Vec<u32>,
    /// The same by the window's pixel that won, with their slopes.
    windows: Vec<(u32, f32)>,
}

impl Scratch {
    /// Room for rows of a convolution.
    pub fn rows(&mut self, n: usize) -> &mut [f32] {
        self.rows.resize(n, 0.0);
        &mut self.rows
    }

    /// Room for slopes by the sums of a convolution.
    pub fn slopes(&mut self, n: usize) -> &mut [f32] {
        self.slopes.resize(n, 0.0);
        &mut self.slopes
    }
}

/// One image through the block. `winners` (one byte a feature, laid out like the output) says which pixel of each
/// window was the greatest. `dropout` comes with the position of the image's first feature.
#[expect(clippy::too_many_arguments, reason = "a kernel's operands; a struct for one call would hide them")]
pub fn forward(
    arch: pulp::Arch,
    conv: &Conv,
    weight: &[f32],
    bias: &[f32],
    image: &[f32],
    dropout: Option<(Dropout, u32)>,
    scratch: &mut Scratch,
    target: &mut Target<'_>,
    winners: &mut [u8],
) {
    let [filters, rows, columns] = conv.output();
    let (pool, width, run) = (conv.pool, padded(filters), conv.run());
    scratch.rows.resize(pool * columns * pool * width, 0.0);
    let size = Size { m: columns * pool, n: width, k: run, segs: conv.kernel };
    for row in 0..rows {
        for line in 0..pool {
            let image = &image[(row * pool + line) * conv.pitch()..];
            let left = Left { data: image, row: conv.input[0], col: 1, seg: conv.pitch() };
            let right = Right { data: weight, row: width, seg: run * width };
            let to = &mut scratch.rows[line * columns * pool * width..];
            gemm(arch, size, left, right, to, width, false);
        }
        let out = &mut target.data[target.first + row * target.pitch..][..columns * filters];
        let winners = &mut winners[row * columns * filters..][..columns * filters];
        arch.dispatch(Line { conv, made: &scratch.rows, bias, dropout, row, out, winners });
    }
}

/// A row of output from `pool` rows that lie in `scratch` already.
pub fn pool_line(
    arch: pulp::Arch,
    conv: &Conv,
    scratch: &Scratch,
    dropout: Option<(Dropout, u32)>,
    row: usize,
    out: &mut [f32],
    winners: &mut [u8],
) {
    arch.dispatch(Line { conv, made: &scratch.rows, bias: &[], dropout, row, out, winners });
}

/// A row of output about to be made from `pool` rows of the convolution.
struct Line<'a> {
    conv: &'a Conv,
    made: &'a [f32],
    bias: &'a [f32],
    dropout: Option<(Dropout, u32)>,
    row: usize,
    out: &'a mut [f32],
    winners: &'a mut [u8],
}

impl pulp::NullaryFnOnce for Line<'_> {
    type Output = ();

    /// Greatest of each window, bias, ReLU, dropout.
    #[inline(always)]
    fn call(self) {
        let [filters, rows, columns] = self.conv.output();
        let (pool, width) = (self.conv.pool, padded(filters));
        for column in 0..columns {
            for start in (0..filters).step_by(LANES) {
                let mut best = [f32::NEG_INFINITY; LANES];
                let mut winner = [0_u32; LANES];
                let mut pixel = 0;
                for y in 0..pool {
                    let from = (y * columns + column) * pool * width + start;
                    for x in 0..pool {
                        let Some(values) = self.made[from + x * width..].first_chunk::<LANES>() else {
                            continue;
                        };
                        for lane in 0..LANES {
                            let greater = pixel == 0 || values[lane] > best[lane];
                            best[lane] = if greater { values[lane] } else { best[lane] };
                            winner[lane] = if greater { pixel } else { winner[lane] };
                        }
                        pixel += 1;
                    }
                }
                let bias = self.bias.get(start..).and_then(<[f32]>::first_chunk).unwrap_or(&[0.0; LANES]);
                for lane in 0..LANES {
                    let sum = best[lane] + bias[lane];
                    best[lane] = if self.conv.relu && sum < 0.0 { 0.0 } else { sum };
                }
                if let Some((dropout, first)) = self.dropout {
                    let first = first + (start * rows * columns + self.row * columns + column) as u32;
                    for (lane, best) in best.iter_mut().enumerate() {
                        let keeps = dropout.keeps(first.wrapping_add((lane * rows * columns) as u32));
                        *best = if keeps { *best * dropout.scale } else { 0.0 };
                    }
                }
                let winner = winner.map(|w| w as u8);
                let to = column * filters + start;
                // Lanes beyond the last filter land on the next pixel, which is written after this one.
                match (self.out[to..].first_chunk_mut(), self.winners[to..].first_chunk_mut()) {
                    (Some(out), Some(winners)) => (*out, *winners) = (best, winner),
                    _ => {
                        let n = LANES.min(filters - start);
                        self.out[to..to + n].copy_from_slice(&best[..n]);
                        self.winners[to..to + n].copy_from_slice(&winner[..n]);
                    }
                };
            }
        }
    }
}

/// What one image's way back starts from.
pub struct Back<'a> {
    /// The framed image that came in.
    pub image: &'a [f32],
    /// What left, and the slope of the loss by it, both `pitch` apart from `first`.
    pub out: &'a [f32],
    /// Slope of the loss by what left.
    pub slope: &'a [f32],
    /// The first pixel's place in both.
    pub first: usize,
    /// Distance between rows of both.
    pub pitch: usize,
    /// Which pixel of each window was the greatest.
    pub winners: &'a [u8],
    /// Dropout's draws with the position of the first feature.
    pub dropout: Option<(Dropout, u32)>,
}

/// One image back through the block: adds to `work` and `bias`, and (where there is one) to the slope of the loss by
/// the framed image, for which the weight comes `by_filter`.
pub fn backward(
    arch: pulp::Arch,
    conv: &Conv,
    back: &Back<'_>,
    scratch: &mut Scratch,
    work: &mut [f32],
    bias: &mut [f32],
    input: Option<(&[f32], &mut [f32])>,
) {
    scratch.slopes.resize(conv.output()[1] * conv.output()[2] * conv.slope_row(), 0.0);
    through_activation(arch, conv, back, &mut scratch.slopes);
    if conv.sparse() {
        return backward_pooled(arch, conv, back.image, back.winners, scratch, work, bias, input);
    }
    if let Some((filters, image)) = input {
        sort(conv, back.winners, scratch, true);
        add_filters(arch, conv.patch(), filters, &scratch.by_patch, image);
    }
    dense_weight(arch, conv, back.image, &scratch.slopes, work);
    maths::add_rows(arch, bias, &scratch.slopes);
}

/// The same from slopes by the winners' sums, which lie in `scratch`.
#[expect(clippy::too_many_arguments, reason = "a kernel's operands; a struct for one call would hide them")]
pub fn backward_pooled(
    arch: pulp::Arch,
    conv: &Conv,
    image: &[f32],
    winners: &[u8],
    scratch: &mut Scratch,
    work: &mut [f32],
    bias: &mut [f32],
    input: Option<(&[f32], &mut [f32])>,
) {
    sort(conv, winners, scratch, input.is_some());
    weigh_patches(arch, conv.patch(), image, &scratch.by_filter, work);
    for (bias, slopes) in bias.iter_mut().zip(scratch.by_filter.slopes()) {
        *bias += slopes.sum::<f32>();
    }
    if let Some((filters, image)) = input {
        add_filters(arch, conv.patch(), filters, &scratch.by_patch, image);
    }
}

/// Slopes of a pool's windows to their winners, zero elsewhere: `filters` to a pixel.
pub fn spread(conv: &Conv, winners: &[u8], slopes: &[f32], to: &mut [f32]) {
    let [filters, rows, columns] = conv.output();
    to.fill(0.0);
    let mut windows = slopes.chunks_exact(filters).zip(winners.chunks_exact(filters));
    for row in 0..rows {
        for (column, (slopes, winners)) in windows.by_ref().take(columns).enumerate() {
            let origin = (row * conv.pool * conv.input[2] + column * conv.pool) * filters;
            for (filter, (slope, winner)) in slopes.iter().zip(winners).enumerate() {
                let (y, x) = (usize::from(*winner) / conv.pool, usize::from(*winner) % conv.pool);
                to[origin + (y * conv.input[2] + x) * filters + filter] = *slope;
            }
        }
    }
}

vectorised! {
    /// Slopes by the sums of the convolution at the winners, `conv.slope_row()` to a pixel.
    fn through_activation<'a>(conv: &'a Conv, back: &'a Back<'a>, slopes: &'a mut [f32]) {
        let [filters, rows, columns] = conv.output();
        let wide = conv.slope_row();
        let scale = back.dropout.map_or(1.0, |(dropout, _)| dropout.scale);
        for row in 0..rows {
            let from = back.first + row * back.pitch;
            let to = &mut slopes[row * columns * wide..][..columns * wide];
            let (slope, out) = (&back.slope[from..][..columns * filters], &back.out[from..][..columns * filters]);
            if !conv.relu {
                let pixels = to.chunks_exact_mut(wide).zip(slope.chunks_exact(filters));
                for (column, (to, slope)) in pixels.enumerate() {
                    for (f, (t, s)) in to.iter_mut().zip(slope).enumerate() {
                        let position = ((f * rows + row) * columns + column) as u32;
                        let keeps = back.dropout.is_none_or(|(d, first)| d.keeps(first.wrapping_add(position)));
                        *t = if keeps { s * scale } else { 0.0 };
                    }
                }
            } else if wide == filters {
                // What ReLU or dropout silenced is 0 in the output.
                for ((t, s), o) in to.iter_mut().zip(slope).zip(out) {
                    *t = if *o > 0.0 { s * scale } else { 0.0 };
                }
            } else {
                let pixels = slope.chunks_exact(filters).zip(out.chunks_exact(filters));
                for (to, (slope, out)) in to.chunks_exact_mut(wide).zip(pixels) {
                    for ((t, s), o) in to.iter_mut().zip(slope).zip(out) {
                        *t = if *o > 0.0 { s * scale } else { 0.0 };
                    }
                }
            }
        }
    }
}

/// Lists the slopes that are not zero by filter and, if wanted, by the patch of the input that made them.
fn sort(conv: &Conv, winners: &[u8], scratch: &mut Scratch, patches: bool) {
    let [filters, rows, columns] = conv.output();
    let pool = conv.pool;
    let Scratch { slopes, by_filter, by_patch, alive, windows, .. } = scratch;
    windows.resize(pool * pool * filters, (0, 0.0));
    let mut counts = [0; 256];
    let mut offsets = [0_u32; 256];
    for (winner, offset) in offsets[..pool * pool].iter_mut().enumerate() {
        *offset = (winner / pool * conv.pitch() + winner % pool * conv.input[0]) as u32;
    }
    by_filter.start(filters, rows * columns);
    by_patch.start(0, 0);
    alive.resize(filters + 1, 0);
    let mut pixels = slopes.chunks_exact(conv.slope_row()).zip(winners.chunks_exact(filters));
    for row in 0..rows {
        for (column, (slopes, winners)) in pixels.by_ref().take(columns).enumerate() {
            let origin = (row * pool * conv.pitch() + column * pool * conv.input[0]) as u32;
            // Every feature is written, but only those that are not zero move the end: no branch to guess wrong.
            let mut n_alive = 0;
            for (feature, slope) in slopes[..filters].iter().enumerate() {
                alive[n_alive] = feature as u32;
                n_alive += usize::from(*slope != 0.0);
            }
            let alive = &alive[..n_alive];
            for feature in alive {
                let feature = *feature as usize;
                by_filter.push(feature, origin + offsets[usize::from(winners[feature])], slopes[feature]);
            }
            if patches {
                for feature in alive {
                    let winner = usize::from(winners[*feature as usize]);
                    let (window, n) = (&mut windows[winner * filters..][..filters], &mut counts[winner]);
                    window[*n] = (*feature, slopes[*feature as usize]);
                    *n += 1;
                }
                for (winner, n) in counts[..pool * pool].iter_mut().enumerate() {
                    by_patch.append(origin + offsets[winner], &windows[winner * filters..][..*n]);
                    *n = 0;
                }
            }
        }
    }
}

/// The gradient of the weight from slopes that are mostly not zero: one product for each row of the kernel.
fn dense_weight(arch: pulp::Arch, conv: &Conv, image: &[f32], slopes: &[f32], work: &mut [f32]) {
    let [filters, rows, columns] = conv.output();
    let (width, run) = (padded(filters), conv.run());
    let size = Size { m: run, n: width, k: columns, segs: rows };
    for (line, work) in work.chunks_exact_mut(run * width).enumerate() {
        let left =
            Left { data: &image[line * conv.pitch()..], row: 1, col: conv.input[0], seg: conv.pitch() };
        let right = Right { data: slopes, row: width, seg: columns * width };
        gemm(arch, size, left, right, work, width, true);
    }
}
