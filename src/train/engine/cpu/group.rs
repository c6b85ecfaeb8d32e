//! A group of images that go through the convolutions together on one thread, with the memory that takes.
//!
//! Groups are cut by the size of the batch alone, and their gradients are added up in their order: whatever the number
//! of threads, the same numbers are added in the same order.

use super::super::batch::Batch;
use super::conv::{Back, Conv, Scratch, Target, backward, forward};
use super::norm::Moments;
use super::plan::Plan;
use super::vectorised::vectorised;
use crate::data::augment::Scratch as Changes;
use crate::models::Dropout;

/// What the convolutions read, the same for all groups.
pub struct Weights<'a> {
    /// Vector instructions to use.
    pub arch: pulp::Arch,
    /// The blocks.
    pub plan: &'a Plan,
    /// The flat list of parameters.
    pub flat: &'a [f32],
    /// Weights by filter, for the way back; empty for the first convolution.
    pub by_filter: &'a [Vec<f32>],
    /// Draws of the dropout after each convolution; none while predicting.
    pub dropout: &'a [Option<Dropout>],
    /// What batch norms do while predicting; `None` while training, when groups measure themselves.
    pub fixed: Option<&'a [Moments]>,
}

impl Weights<'_> {
    /// Draws for the image at a position of the batch.
    pub(super) fn draws(&self, layer: usize, conv: &Conv, position: usize) -> Option<(Dropout, u32)> {
        self.dropout[layer].map(|dropout| (dropout, (position * conv.features()) as u32))
    }
}

/// Images on their way, and gradients.
#[derive(Default)]
pub struct Group {
    /// By convolution: framed images, one after another.
    pub(super) images: Vec<Vec<f32>>,
    /// By convolution: winners of the windows, image after image.
    pub(super) winners: Vec<Vec<u8>>,
    /// By convolution: slope by one framed image, or where there are batch norms by all of them.
    pub(super) slopes: Vec<Vec<f32>>,
    /// By convolution: gradient of the weight as it is summed up.
    pub works: Vec<Vec<f32>>,
    /// By convolution: gradient of the bias.
    pub biases: Vec<Vec<f32>>,
    /// By convolution: what its batch norm gets, image after image.
    pub(super) raw: Vec<Vec<f32>>,
    /// By convolution: winners of the pool behind its batch norm.
    pub(super) after_winners: Vec<Vec<u8>>,
    /// By convolution: what its batch norm measured.
    pub moments: Vec<Moments>,
    /// By convolution: slopes by the sums of one image, with zeros around.
    pub(super) framed: Vec<Vec<f32>>,
    /// Slopes by what a batch norm made, image after image.
    pub(super) made_slopes: Vec<f32>,
    pub(super) scratch: Scratch,
    /// Memory to change images at random with.
    changes: Changes,
}

impl Group {
    /// Images from position `first` of the batch through all convolutions into `features`, one row of
    /// `plan.features()` an image.
    pub fn forward(&mut self, weights: &Weights<'_>, images: Batch<'_>, first: usize, features: &mut [f32]) {
        let plan = weights.plan;
        self.make_room(plan, features.len() / plan.features());
        let n_convs = plan.convs.len();
        if plan.group.is_some() {
            let len = plan.convs[0].image_len();
            for i in 0..features.len() / plan.features() {
                let bytes = images.image(first + i, &mut self.changes);
                frame(weights.arch, &plan.convs[0], &bytes, &mut self.images[0][i * len..][..len]);
            }
            self.forward_by_layer(weights, first, features);
            return;
        }
        for (i, features) in features.chunks_exact_mut(plan.features()).enumerate() {
            let bytes = images.image(first + i, &mut self.changes);
            let len = plan.convs[0].image_len();
            frame(weights.arch, &plan.convs[0], &bytes, &mut self.images[0][i * len..][..len]);
            for (layer, conv) in plan.convs.iter().enumerate() {
                let slot = &plan.slots[conv.slot];
                let (before, after) = self.images.split_at_mut(layer + 1);
                let image = &before[layer][i * conv.image_len()..][..conv.image_len()];
                let mut target = match plan.convs.get(layer + 1) {
                    Some(next) => {
                        let len = next.image_len();
                        let (first, pitch) = inside(next);
                        Target { data: &mut after[0][i * len..][..len], first, pitch }
                    }
                    None => Target { data: &mut *features, first: 0, pitch: conv.output()[2] * conv.filters },
                };
                let winners = &mut self.winners[layer][i * conv.features()..][..conv.features()];
                let (weight, bias) = (&weights.flat[slot.weight.clone()], &weights.flat[slot.bias.clone()]);
                let dropout = weights.draws(layer, conv, first + i);
                forward(
                    weights.arch,
                    conv,
                    weight,
                    bias,
                    image,
                    dropout,
                    &mut self.scratch,
                    &mut target,
                    winners,
                );
            }
        }
        debug_assert!(n_convs > 0, "without convolutions there is nothing for a group to do");
    }

    /// The way back of the same images, from the slopes by `features` (rows `slope_row` apart).
    pub fn backward(
        &mut self,
        weights: &Weights<'_>,
        n: usize,
        first: usize,
        features: &[f32],
        slopes: &[f32],
        slope_row: usize,
    ) {
        let plan = weights.plan;
        for buffer in self.works.iter_mut().chain(&mut self.biases) {
            buffer.fill(0.0);
        }
        if plan.group.is_some() {
            return self.backward_by_layer(weights, n, first, features, slopes, slope_row);
        }
        for i in 0..n {
            for (layer, conv) in plan.convs.iter().enumerate().rev() {
                let (before, after) = self.slopes.split_at_mut(layer + 1);
                let (out, slope, (first_pixel, pitch)) = match plan.convs.get(layer + 1) {
                    Some(next) => {
                        let len = next.image_len();
                        (&self.images[layer + 1][i * len..][..len], after[0].as_slice(), inside(next))
                    }
                    None => {
                        let out = &features[i * plan.features()..][..plan.features()];
                        (
                            out,
                            &slopes[i * slope_row..][..plan.features()],
                            (0, conv.output()[2] * conv.filters),
                        )
                    }
                };
                let back = Back {
                    image: &self.images[layer][i * conv.image_len()..][..conv.image_len()],
                    out,
                    slope,
                    first: first_pixel,
                    pitch,
                    winners: &self.winners[layer][i * conv.features()..][..conv.features()],
                    dropout: weights.draws(layer, conv, first + i),
                };
                let input = (layer > 0).then(|| {
                    before[layer].fill(0.0);
                    (weights.by_filter[layer].as_slice(), before[layer].as_mut_slice())
                });
                let (work, bias) = (&mut self.works[layer], &mut self.biases[layer]);
                backward(weights.arch, conv, &back, &mut self.scratch, work, bias, input);
            }
        }
    }

    /// Makes the buffers long enough for so many images. Frames are zero from the start and never written.
    fn make_room(&mut self, plan: &Plan, n: usize) {
        fn grow<T: Clone + Default>(list: &mut Vec<T>, n: usize) {
            if list.len() < n {
                list.resize(n, T::default());
            }
        }
        let lists = plan.convs.len();
        for list in [
            &mut self.images,
            &mut self.slopes,
            &mut self.works,
            &mut self.biases,
            &mut self.raw,
            &mut self.framed,
        ] {
            list.resize(lists, Vec::new());
        }
        self.winners.resize(lists, Vec::new());
        self.after_winners.resize(lists, Vec::new());
        self.moments.resize(lists, Moments::default());
        for (layer, conv) in plan.convs.iter().enumerate() {
            grow(&mut self.images[layer], n * conv.image_len());
            grow(&mut self.winners[layer], n * conv.features());
            let images = if plan.group.is_some() { n } else { 1 };
            grow(&mut self.slopes[layer], images * conv.image_len());
            self.works[layer].resize(conv.work_len(), 0.0);
            self.biases[layer].resize(super::gemm::padded(conv.filters), 0.0);
            if let Some(norm) = &conv.norm {
                grow(&mut self.raw[layer], n * conv.features());
                grow(&mut self.made_slopes, n * conv.features());
                grow(&mut self.after_winners[layer], n * norm.after.features());
            }
        }
    }
}

/// Where the first pixel lies in a frame, and how far rows are apart.
pub(super) const fn inside(conv: &Conv) -> (usize, usize) {
    let pitch = conv.framed().1 * conv.input[0];
    (conv.around.0 * (pitch + conv.input[0]), pitch)
}

vectorised! {
    /// Bytes (channel, row, column) into a frame (row, column, channel) as numbers between 0 and 1.
    fn frame<'a>(conv: &'a Conv, bytes: &'a [u8], image: &'a mut [f32]) {
        let [channels, rows, columns] = conv.input;
        let (first, pitch) = inside(conv);
        for channel in 0..channels {
            for row in 0..rows {
                let from = &bytes[(channel * rows + row) * columns..][..columns];
                let to = &mut image[first + row * pitch + channel..];
                if channels == 1 {
                    to.iter_mut().zip(from).for_each(|(t, b)| *t = f32::from(*b) / 255.0);
                } else {
                    to.iter_mut().step_by(channels).zip(from).for_each(|(t, b)| *t = f32::from(*b) / 255.0);
                }
            }
        }
    }
}
