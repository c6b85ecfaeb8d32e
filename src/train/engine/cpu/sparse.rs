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

/// `weight += sum of slope * patch of image at origin`: the gradient of one filter, `[kernel][vectors * 16]`.
pub fn weigh_patches(arch: pulp::Arch, patch: Patch, image: &[f32], at: &[(u32, f32)], weight: &mut [f32]) {
    let furthest = at.iter().fold(0, |m, (origin, _)| m.max(*origin)) as usize;
    assert!(
        furthest + patch.reach() <= image.len() && weight.len() == patch.len(),
        "a patch beyond its image"
    );
    arch.dispatch(Weigh { patch, image, at, weight });
}

/// `image patch at origin += sum of slope * filter`: filters are `[n][kernel][vectors * 16]`, `of` names them.
pub fn add_filters(
    arch: pulp::Arch,
    patch: Patch,
    filters: &[f32],
    of: &[(u32, f32)],
    image: &mut [f32],
    origin: usize,
) {
    let last = of.iter().fold(0, |m, (filter, _)| m.max(*filter)) as usize;
    assert!((last + 1) * patch.len() <= filters.len(), "a filter that is not there");
    assert!(origin + patch.reach() <= image.len(), "a patch beyond its image");
    arch.dispatch(Add { patch, filters, of, image, origin });
}

struct Weigh<'a> {
    patch: Patch,
    image: &'a [f32],
    at: &'a [(u32, f32)],
    weight: &'a mut [f32],
}

struct Add<'a> {
    patch: Patch,
    filters: &'a [f32],
    of: &'a [(u32, f32)],
    image: &'a mut [f32],
    origin: usize,
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
    /// `TALL` runs by `WIDE` vectors of the filter's gradient, held in registers over all patches.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "a check at every number costs more than the sum; `weigh_patches` checked the ends"
    )]
    fn block<S: Simd, const TALL: usize, const WIDE: usize>(&mut self, simd: S, run: usize, vector: usize) {
        let Self { patch, image, at, weight } = self;
        let mut sum = [[simd.splat_f32s(0.0); WIDE]; TALL];
        // SAFETY: `weigh_patches` checked that the furthest patch lies within the image, and that the gradient has the
        // size of a patch.
        unsafe {
            let first = image.as_ptr().add(run * patch.pitch + vector * S::F32_LANES);
            for (origin, slope) in *at {
                let slope = simd.splat_f32s(*slope);
                for (t, row) in sum.iter_mut().enumerate() {
                    let line = first.add(*origin as usize + t * patch.pitch);
                    for (w, sum) in row.iter_mut().enumerate() {
                        let pixels = line.add(w * S::F32_LANES).cast::<S::f32s>().read_unaligned();
                        *sum = simd.mul_add_e_f32s(slope, pixels, *sum);
                    }
                }
            }
            let width = patch.vectors * super::gemm::LANES;
            for (t, row) in sum.iter().enumerate() {
                for (w, sum) in row.iter().enumerate() {
                    let to = weight.as_mut_ptr().add((run + t) * width + (vector + w) * S::F32_LANES);
                    let to = to.cast::<S::f32s>();
                    to.write_unaligned(simd.add_f32s(to.read_unaligned(), *sum));
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
    /// `TALL` runs by `WIDE` vectors of the patch, held in registers over all filters.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "a check at every number costs more than the sum; `add_filters` checked the ends"
    )]
    fn block<S: Simd, const TALL: usize, const WIDE: usize>(&mut self, simd: S, run: usize, vector: usize) {
        let Self { patch, filters, of, image, origin } = self;
        let mut sum = [[simd.splat_f32s(0.0); WIDE]; TALL];
        let (width, len) = (patch.vectors * super::gemm::LANES, patch.len());
        // SAFETY: `add_filters` checked that the last filter is there, and that the patch lies within the image.
        unsafe {
            let first = filters.as_ptr().add(run * width + vector * S::F32_LANES);
            for (filter, slope) in *of {
                let slope = simd.splat_f32s(*slope);
                for (t, row) in sum.iter_mut().enumerate() {
                    let line = first.add(*filter as usize * len + t * width);
                    for (w, sum) in row.iter_mut().enumerate() {
                        let weights = line.add(w * S::F32_LANES).cast::<S::f32s>().read_unaligned();
                        *sum = simd.mul_add_e_f32s(slope, weights, *sum);
                    }
                }
            }
            for (t, row) in sum.iter().enumerate() {
                for (w, sum) in row.iter().enumerate() {
                    let to = image
                        .as_mut_ptr()
                        .add(*origin + (run + t) * patch.pitch + (vector + w) * S::F32_LANES);
                    let to = to.cast::<S::f32s>();
                    to.write_unaligned(simd.add_f32s(to.read_unaligned(), *sum));
                }
            }
        }
    }
}
