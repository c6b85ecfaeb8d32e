//! Gradients of a convolution under a max-pool, which are mostly zeros: of every window only the greatest pixel counts,
//! and of those only what ReLU and dropout let through. Work is done for the others alone.
//!
//! A patch is `kernel` runs of `kernel * channels` neighbouring numbers; each run is held in whole vectors, and what
//! lies beyond the run's end in the last of them is computed but never meant: buffers have that much room to spare.

use pulp::{Simd, WithSimd};

/// Where patches lie: `kernel` runs of `vectors` times [`super::gemm::LANES`] numbers, `pitch` apart in the image.
#[derive(Clone, Copy)]
pub struct Patch {
    /// Runs in a patch.
    pub kernel: usize,
    /// Whole vectors of 16 numbers that hold a run.
    pub vectors: usize,
    /// Distance between the runs in the image.
    pub pitch: usize,
}

impl Patch {
    /// Numbers in a patch with every run in whole vectors.
    pub const fn len(&self) -> usize {
        self.kernel * self.vectors * super::gemm::LANES
    }

    /// Numbers from the first of a patch in the image to the last that is touched.
    const fn reach(&self) -> usize {
        (self.kernel - 1) * self.pitch + self.vectors * super::gemm::LANES
    }
}

/// Pairs of a place and a slope in lists, each with a key.
#[derive(Default)]
pub struct Lists {
    /// All pairs; some between two lists may be left from before.
    pairs: Vec<(u32, f32)>,
    /// Key, first pair and end of each list.
    lists: Vec<(u32, u32, u32)>,
    /// No place is greater.
    furthest_place: u32,
    /// No key is greater.
    furthest_key: u32,
}

impl Lists {
    /// Forgets everything and makes `n` empty lists, with the keys from 0 on and room for so many pairs each.
    pub fn start(&mut self, n: usize, room: usize) {
        self.pairs.resize(n * room, (0, 0.0));
        self.lists.clear();
        self.lists.extend((0..n).map(|list| (list as u32, (list * room) as u32, (list * room) as u32)));
        (self.furthest_place, self.furthest_key) = (0, n.saturating_sub(1) as u32);
    }

    /// Adds a pair to the list of this key, which must have room.
    #[inline(always)]
    pub fn push(&mut self, key: usize, place: u32, slope: f32) {
        let (_, _, end) = &mut self.lists[key];
        self.pairs[*end as usize] = (place, slope);
        *end += 1;
        self.furthest_place = self.furthest_place.max(place);
    }

    /// Adds a list with this key, of places in rising order.
    #[inline(always)]
    pub fn append(&mut self, key: u32, pairs: &[(u32, f32)]) {
        let Some((last, _)) = pairs.last() else { return };
        let start = self.pairs.len();
        self.pairs.extend_from_slice(pairs);
        self.lists.push((key, start as u32, self.pairs.len() as u32));
        self.furthest_place = self.furthest_place.max(*last);
        self.furthest_key = self.furthest_key.max(key);
    }

    /// The slopes of each list, in the order of the lists.
    pub fn slopes(&self) -> impl Iterator<Item = impl Iterator<Item = f32>> {
        let pairs = |(_, start, end): &(u32, u32, u32)| &self.pairs[*start as usize..*end as usize];
        self.lists.iter().map(move |list| pairs(list).iter().map(|(_, slope)| *slope))
    }
}

/// Gradients of filters, `[n][kernel][vectors * 16]`: each list, whose key is the filter, adds the sum of its slopes
/// times the patches of `image` at its places.
pub fn weigh_patches(arch: pulp::Arch, patch: Patch, image: &[f32], lists: &Lists, weights: &mut [f32]) {
    assert!(lists.furthest_place as usize + patch.reach() <= image.len(), "a patch beyond its image");
    assert!((lists.furthest_key as usize + 1) * patch.len() <= weights.len(), "a filter that is not there");
    arch.dispatch(Weigh { patch, image, lists, weights });
}

/// Slopes by an image: each list, whose key is a place in `image`, adds to the patch there the sum of its slopes times
/// the filters, `[n][kernel][vectors * 16]`, that its pairs name.
pub fn add_filters(arch: pulp::Arch, patch: Patch, filters: &[f32], lists: &Lists, image: &mut [f32]) {
    assert!((lists.furthest_place as usize + 1) * patch.len() <= filters.len(), "a filter that is not there");
    assert!(lists.furthest_key as usize + patch.reach() <= image.len(), "a patch beyond its image");
    arch.dispatch(Add { patch, filters, lists, image });
}

struct Weigh<'a> {
    patch: Patch,
    image: &'a [f32],
    lists: &'a Lists,
    weights: &'a mut [f32],
}

struct Add<'a> {
    patch: Patch,
    filters: &'a [f32],
    lists: &'a Lists,
    image: &'a mut [f32],
}

/// Calls `$block` on each block of a patch: as many runs by as many vectors as the registers can hold, both as constants.
macro_rules! blocks {
    ($self:ident, $simd:ident, $block:ident: $($wide:literal * ($($tall:literal)+))+) => {
        let vectors = $self.patch.vectors * super::gemm::LANES / S::F32_LANES;
        // Some registers are left for slope and addresses.
        let room = if S::REGISTER_COUNT >= 32 { 24 } else { 12 };
        let mut vector = 0;
        while vector < vectors {
            let wide = (vectors - vector).min(6);
            let mut run = 0;
            while run < $self.patch.kernel {
                let tall = ($self.patch.kernel - run).min(room / wide).min(5);
                match (wide, tall) {
                    $($(($wide, $tall) => $self.$block::<S, $tall, $wide>($simd, run, vector),)+)+
                    _ => unreachable!("no block is {wide} wide and {tall} tall"),
                }
                run += tall;
            }
            vector += wide;
        }
    };
}

impl WithSimd for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        blocks!(self, simd, block: 1*(1 2 3 4 5) 2*(1 2 3 4 5) 3*(1 2 3 4 5) 4*(1 2 3 4 5) 5*(1 2 3 4) 6*(1 2 3 4));
    }
}

impl Weigh<'_> {
    /// `TALL` runs by `WIDE` vectors of each filter's gradient, held in registers over all patches.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "a check at every number costs more than the sum; `weigh_patches` checked the ends"
    )]
    fn block<S: Simd, const TALL: usize, const WIDE: usize>(&mut self, simd: S, run: usize, vector: usize) {
        let Self { patch, image, lists, weights } = self;
        let width = patch.vectors * super::gemm::LANES;
        for (filter, start, end) in &lists.lists {
            let mut sum = [[simd.splat_f32s(0.0); WIDE]; TALL];
            // SAFETY: `weigh_patches` checked that the furthest patch lies within the image, and that there is a
            // gradient for the last filter.
            unsafe {
                let first = image.as_ptr().add(run * patch.pitch + vector * S::F32_LANES);
                for (origin, slope) in &lists.pairs[*start as usize..*end as usize] {
                    let slope = simd.splat_f32s(*slope);
                    for (t, row) in sum.iter_mut().enumerate() {
                        let line = first.add(*origin as usize + t * patch.pitch);
                        for (w, sum) in row.iter_mut().enumerate() {
                            let pixels = line.add(w * S::F32_LANES).cast::<S::f32s>().read_unaligned();
                            *sum = simd.mul_add_e_f32s(slope, pixels, *sum);
                        }
                    }
                }
                let to = weights.as_mut_ptr().add(*filter as usize * patch.len() + run * width);
                for (t, row) in sum.iter().enumerate() {
                    for (w, sum) in row.iter().enumerate() {
                        let to = to.add(t * width + (vector + w) * S::F32_LANES).cast::<S::f32s>();
                        to.write_unaligned(simd.add_f32s(to.read_unaligned(), *sum));
                    }
                }
            }
        }
    }
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        blocks!(self, simd, block: 1*(1 2 3 4 5) 2*(1 2 3 4 5) 3*(1 2 3 4 5) 4*(1 2 3 4 5) 5*(1 2 3 4) 6*(1 2 3 4));
    }
}

impl Add<'_> {
    /// `TALL` runs by `WIDE` vectors of each patch, held in registers over all filters.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "a check at every number costs more than the sum; `add_filters` checked the ends"
    )]
    fn block<S: Simd, const TALL: usize, const WIDE: usize>(&mut self, simd: S, run: usize, vector: usize) {
        let Self { patch, filters, lists, image } = self;
        let (width, len) = (patch.vectors * super::gemm::LANES, patch.len());
        for (origin, start, end) in &lists.lists {
            let mut sum = [[simd.splat_f32s(0.0); WIDE]; TALL];
            // SAFETY: `add_filters` checked that the last filter is there, and that the furthest patch lies within the
            // image.
            unsafe {
                let first = filters.as_ptr().add(run * width + vector * S::F32_LANES);
                for (filter, slope) in &lists.pairs[*start as usize..*end as usize] {
                    let slope = simd.splat_f32s(*slope);
                    for (t, row) in sum.iter_mut().enumerate() {
                        let line = first.add(*filter as usize * len + t * width);
                        for (w, sum) in row.iter_mut().enumerate() {
                            let weights = line.add(w * S::F32_LANES).cast::<S::f32s>().read_unaligned();
                            *sum = simd.mul_add_e_f32s(slope, weights, *sum);
                        }
                    }
                }
                let to = image.as_mut_ptr().add(*origin as usize + run * patch.pitch);
                for (t, row) in sum.iter().enumerate() {
                    for (w, sum) in row.iter().enumerate() {
                        let to = to.add(t * patch.pitch + (vector + w) * S::F32_LANES).cast::<S::f32s>();
                        to.write_unaligned(simd.add_f32s(to.read_unaligned(), *sum));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gemm::tests::arches;
    use super::*;

    #[test]
    fn sums_of_all_sizes_on_all_instructions() {
        let image: Vec<f32> = (0..4000).map(|i| (i % 13) as f32).collect();
        for arch in arches() {
            for (kernel, vectors) in [(1, 1), (3, 6), (5, 2), (7, 8), (15, 1)] {
                let patch = Patch { kernel, vectors, pitch: 150 };
                let mut lists = Lists::default();
                lists.start(2, 3);
                lists.push(0, 7, 2.0);
                lists.push(1, 5, 1.0);
                lists.push(1, 300, -3.0);
                let mut weights = vec![1.0; 2 * patch.len()];
                weigh_patches(arch, patch, &image, &lists, &mut weights);
                let (row, lane) = (kernel - 1, vectors * 16 - 1);
                let pixel = |origin: usize| image[origin + row * 150 + lane];
                let last = patch.len() - 1;
                assert_eq!(weights[last], 1.0 + 2.0 * pixel(7), "{arch:?} {kernel} {vectors}");
                assert_eq!(
                    weights[patch.len() + last],
                    1.0 + pixel(5) - 3.0 * pixel(300),
                    "{arch:?} {kernel} {vectors}"
                );
                let mut lists = Lists::default();
                lists.start(0, 0);
                lists.append(9, &[(1, 2.0)]);
                lists.append(20, &[]);
                let mut slopes = vec![0.0; 4000];
                add_filters(arch, patch, &weights, &lists, &mut slopes);
                assert_eq!(slopes[9 + row * 150 + lane], 2.0 * weights[patch.len() + last], "{arch:?}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "a patch beyond its image")]
    fn a_patch_beyond_its_image_is_noticed_before_it_is_read() {
        let mut lists = Lists::default();
        lists.start(1, 1);
        lists.push(0, 90, 1.0);
        let patch = Patch { kernel: 1, vectors: 1, pitch: 100 };
        weigh_patches(pulp::Arch::new(), patch, &[0.0; 100], &lists, &mut [0.0; 16]);
    }
}
