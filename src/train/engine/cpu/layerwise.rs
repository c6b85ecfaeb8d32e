//! A group of images through convolutions with batch norms: layer by layer, since a norm must have seen all images of
//! the group before any of them can go on.

use super::conv;
use super::conv::{Back, Conv, Scratch, Target, backward, forward, pool_line, spread};
use super::gemm::{Left, Right, Size, gemm, padded};
use super::group::{Group, Weights, inside};
use super::norm::{self, Moments, Norm};

impl Group {
    /// Framed images through all convolutions into `features`.
    pub(super) fn forward_by_layer(&mut self, weights: &Weights<'_>, first: usize, features: &mut [f32]) {
        let plan = weights.plan;
        let n = features.len() / plan.features();
        for (layer, conv) in plan.convs.iter().enumerate() {
            let slot = &plan.slots[conv.slot];
            let (weight, bias) = (&weights.flat[slot.weight.clone()], &weights.flat[slot.bias.clone()]);
            let (before, after) = self.images.split_at_mut(layer + 1);
            let left = conv.left();
            for i in 0..n {
                let image = &before[layer][i * conv.image_len()..][..conv.image_len()];
                let winners = &mut self.winners[layer][i * conv.features()..][..conv.features()];
                let mut target = match &conv.norm {
                    Some(_) => Target {
                        data: &mut self.raw[layer][i * conv.features()..][..conv.features()],
                        first: 0,
                        pitch: conv.output()[2] * conv.filters,
                    },
                    None => place(plan.convs.get(layer + 1), after, features, i, left),
                };
                let dropout = weights.draws(layer, conv, first + i).filter(|_| conv.norm.is_none());
                let scratch = &mut self.scratch;
                forward(weights.arch, conv, weight, bias, image, dropout, scratch, &mut target, winners);
            }
            let Some(norm) = &conv.norm else { continue };
            let own = &plan.slots[norm.slot];
            let raw = &self.raw[layer][..n * conv.features()];
            let moments = match weights.fixed {
                Some(fixed) => &fixed[norm.running],
                None => {
                    let learned =
                        [&own.weight, &own.bias].map(|range| &weights.flat[range.start..][..conv.filters]);
                    self.moments[layer].measure(weights.arch, raw, conv.features(), norm.epsilon, learned);
                    &self.moments[layer]
                }
            };
            for (i, raw) in raw.chunks_exact(conv.features()).enumerate() {
                let mut target = place(plan.convs.get(layer + 1), after, features, i, left);
                let len = norm.after.features();
                let winners = &mut self.after_winners[layer][i * len..][..len];
                let dropout = weights.draws(layer, &norm.after, first + i);
                finish(weights.arch, norm, moments, raw, dropout, &mut self.scratch, &mut target, winners);
            }
        }
    }

    /// The way back of the same images, from the slopes by `features` (rows `slope_row` apart).
    pub(super) fn backward_by_layer(
        &mut self,
        weights: &Weights<'_>,
        n: usize,
        first: usize,
        features: &[f32],
        slopes: &[f32],
        slope_row: usize,
    ) {
        let plan = weights.plan;
        let arch = weights.arch;
        for (layer, conv) in plan.convs.iter().enumerate().rev() {
            let (before, after) = self.slopes.split_at_mut(layer + 1);
            let [_, _, columns] = conv.left();
            // What left, the slope by it, and where its first pixel and its rows are.
            let left = |i: usize| match plan.convs.get(layer + 1) {
                Some(next) => {
                    let (first, pitch) = inside(next);
                    let of = i * next.image_len()..(i + 1) * next.image_len();
                    (&self.images[layer + 1][of.clone()], &after[0][of], first, pitch)
                }
                None => {
                    let out = &features[i * plan.features()..][..plan.features()];
                    (out, &slopes[i * slope_row..][..plan.features()], 0, columns * conv.filters)
                }
            };
            let numbers = conv.norm.as_ref().map(|norm| {
                for i in 0..n {
                    let (out, slope, first_pixel, pitch) = left(i);
                    let len = norm.after.features();
                    let back = Back {
                        image: &[],
                        out,
                        slope,
                        first: first_pixel,
                        pitch,
                        winners: &self.after_winners[layer][i * len..][..len],
                        dropout: weights.draws(layer, &norm.after, first + i),
                    };
                    let of = i * conv.features()..(i + 1) * conv.features();
                    let to = &mut self.made_slopes[of.clone()];
                    through_after(arch, &norm.after, &back, &mut self.scratch, to);
                    self.moments[layer].add_slopes(arch, &self.raw[layer][of], to);
                }
                self.moments[layer].way_back(conv.features() / conv.filters)
            });
            let (work, bias) = (&mut self.works[layer], &mut self.biases[layer]);
            for i in 0..n {
                let image = &self.images[layer][i * conv.image_len()..][..conv.image_len()];
                let winners = &self.winners[layer][i * conv.features()..][..conv.features()];
                let input = (layer > 0).then(|| {
                    let to = &mut before[layer][i * conv.image_len()..][..conv.image_len()];
                    (weights.by_filter[layer].as_slice(), to)
                });
                let Some([by_value, rest]) = &numbers else {
                    let (out, slope, first_pixel, pitch) = left(i);
                    let dropout = weights.draws(layer, conv, first + i);
                    let back = Back { image, out, slope, first: first_pixel, pitch, winners, dropout };
                    let input = input.map(|(filters, to)| {
                        to.fill(0.0);
                        (filters, to)
                    });
                    backward(arch, conv, &back, &mut self.scratch, work, bias, input);
                    continue;
                };
                let of = i * conv.features()..(i + 1) * conv.features();
                let (raw, made) = (&self.raw[layer][of.clone()], &self.made_slopes[of]);
                let numbers = [&self.moments[layer].factor, by_value, rest].map(Vec::as_slice);
                if conv.sparse() {
                    let to = self.scratch.slopes(conv.features());
                    norm::undo(arch, raw, made, numbers, conv.filters, to);
                    let input = input.map(|(filters, to)| {
                        to.fill(0.0);
                        (filters, to)
                    });
                    conv::backward_pooled(arch, conv, image, winners, &mut self.scratch, work, bias, input);
                } else {
                    let framed = &mut self.framed[layer];
                    framed.resize(back_len(conv), 0.0);
                    let wide = padded(conv.filters);
                    let row = conv.output()[2] * conv.filters;
                    let rows = raw.chunks_exact(row).zip(made.chunks_exact(row)).enumerate();
                    for (y, (raw, made)) in rows {
                        let to = &mut framed[back_first(conv) + y * back_pitch(conv)..];
                        let to = &mut to[..conv.output()[2] * wide];
                        norm::undo(arch, raw, made, numbers, wide, to);
                    }
                    dense_weight(arch, conv, image, framed, work);
                    if let Some((turned, to)) = input {
                        dense_input(arch, conv, framed, turned, &mut self.scratch, to);
                    }
                }
            }
        }
    }
}

/// Where what leaves a block goes: into the frame of the next one or among the features.
fn place<'a>(
    next: Option<&Conv>,
    images: &'a mut [Vec<f32>],
    features: &'a mut [f32],
    i: usize,
    left: [usize; 3],
) -> Target<'a> {
    match (next, images.first_mut()) {
        (Some(next), Some(images)) => {
            let len = next.image_len();
            let (first, pitch) = inside(next);
            Target { data: &mut images[i * len..][..len], first, pitch }
        }
        _ => {
            let len: usize = left.iter().product();
            Target { data: &mut features[i * len..][..len], first: 0, pitch: left[2] * left[0] }
        }
    }
}

/// Norm, ReLU, pool and dropout of one image.
#[expect(clippy::too_many_arguments, reason = "a kernel's operands; a struct for one call would hide them")]
fn finish(
    arch: pulp::Arch,
    norm: &Norm,
    moments: &Moments,
    raw: &[f32],
    dropout: Option<(crate::models::Dropout, u32)>,
    scratch: &mut Scratch,
    target: &mut Target<'_>,
    winners: &mut [u8],
) {
    let after = &norm.after;
    let [filters, rows, columns] = after.output();
    let (factor, offset) = (&moments.factor, &moments.offset);
    let row = columns * after.pool * filters;
    if after.pool == 1 && dropout.is_none() {
        for (y, raw) in raw.chunks_exact(row).enumerate() {
            let out = &mut target.data[target.first + y * target.pitch..][..row];
            norm::apply(arch, raw, factor, offset, after.relu, filters, out);
        }
        return;
    }
    let wide = padded(filters);
    for y in 0..rows {
        let made = scratch.rows(after.pool * columns * after.pool * wide);
        for line in 0..after.pool {
            // A rest at the right is dropped by the pool.
            let raw = &raw[(y * after.pool + line) * after.input[2] * filters..][..row];
            let made = &mut made[line * columns * after.pool * wide..][..columns * after.pool * wide];
            norm::apply(arch, raw, factor, offset, after.relu, wide, made);
        }
        let out = &mut target.data[target.first + y * target.pitch..][..columns * filters];
        let winners = &mut winners[y * columns * filters..][..columns * filters];
        pool_line(arch, after, scratch, dropout, y, out, winners);
    }
}

/// Slopes by what the norm made, from those by what left.
fn through_after(arch: pulp::Arch, after: &Conv, back: &Back<'_>, scratch: &mut Scratch, to: &mut [f32]) {
    let [filters, rows, columns] = after.output();
    let scale = back.dropout.map_or(1.0, |(dropout, _)| dropout.scale);
    let row = columns * filters;
    if after.pool == 1 {
        for y in 0..rows {
            let from = back.first + y * back.pitch;
            let (slope, out) = (&back.slope[from..][..row], &back.out[from..][..row]);
            norm::mask(arch, after.relu, scale, out, slope, &mut to[y * row..][..row]);
        }
        return;
    }
    let slopes = scratch.slopes(rows * row);
    for y in 0..rows {
        let from = back.first + y * back.pitch;
        let (slope, out) = (&back.slope[from..][..row], &back.out[from..][..row]);
        norm::mask(arch, after.relu, scale, out, slope, &mut slopes[y * row..][..row]);
    }
    spread(after, back.winners, slopes, to);
}

/// Zeros before each row and column of the framed slopes, so that each input pixel has all that it had a part in.
const fn back_around(conv: &Conv) -> (usize, usize) {
    (conv.kernel - 1 - conv.around.0, conv.kernel - 1 - conv.around.1)
}

const fn back_pitch(conv: &Conv) -> usize {
    let around = back_around(conv);
    (conv.output()[2] + around.0 + around.1) * padded(conv.filters)
}

const fn back_first(conv: &Conv) -> usize {
    back_around(conv).0 * (back_pitch(conv) + padded(conv.filters))
}

const fn back_len(conv: &Conv) -> usize {
    let around = back_around(conv);
    (conv.output()[1] + around.0 + around.1) * back_pitch(conv)
}

/// The gradient of the weight: one product for each row of the kernel.
fn dense_weight(arch: pulp::Arch, conv: &Conv, image: &[f32], framed: &[f32], work: &mut [f32]) {
    let [filters, rows, columns] = conv.output();
    let (wide, run) = (padded(filters), conv.run());
    let size = Size { m: run, n: wide, k: columns, segs: rows };
    for (line, work) in work.chunks_exact_mut(run * wide).enumerate() {
        let left =
            Left { data: &image[line * conv.pitch()..], row: 1, col: conv.input[0], seg: conv.pitch() };
        let right = Right { data: &framed[back_first(conv)..], row: wide, seg: back_pitch(conv) };
        gemm(arch, size, left, right, work, wide, true);
    }
}

/// The slope by the input: the framed slopes under the kernel turned around.
fn dense_input(
    arch: pulp::Arch,
    conv: &Conv,
    framed: &[f32],
    turned: &[f32],
    scratch: &mut Scratch,
    to: &mut [f32],
) {
    let [channels, rows, columns] = conv.input;
    let (wide, n) = (padded(conv.filters), padded(channels));
    let size = Size { m: columns, n, k: conv.kernel * wide, segs: conv.kernel };
    let (first, pitch) = inside(conv);
    for y in 0..rows {
        let left = Left { data: &framed[y * back_pitch(conv)..], row: wide, col: 1, seg: back_pitch(conv) };
        let right = Right { data: turned, row: n, seg: conv.kernel * wide * n };
        let to = &mut to[first + y * pitch..][..columns * channels];
        if n == channels {
            gemm(arch, size, left, right, to, n, false);
            continue;
        }
        let made = scratch.rows(columns * n);
        gemm(arch, size, left, right, made, n, false);
        for (to, made) in to.chunks_exact_mut(channels).zip(made.chunks_exact(n)) {
            to.copy_from_slice(&made[..channels]);
        }
    }
}
