//! Products of matrices: one register-blocked kernel serves dense layers, convolutions and their gradients.
//!
//! The left side is read by address (any stride of rows and columns, rows may overlap), in segments, so that a
//! convolution is a product without its patches ever being copied: in an image laid out row, column, channel the
//! patch of a pixel is `kernel` segments of `kernel * channels` neighbouring numbers.

use pulp::{Simd, WithSimd};

/// Columns of right sides and results come in multiples of this: the lanes of the widest vectors.
pub const LANES: usize = 16;

/// `n` rounded up to whole vectors.
pub const fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// Steps along `k` between which a panel of the right side stays in the first-level cache.
const PANEL: usize = 192;

/// The left side of a product.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    /// The numbers.
    pub data: &'a [f32],
    /// Distance between rows.
    pub row: usize,
    /// Distance between columns of one segment.
    pub col: usize,
    /// Distance between segments.
    pub seg: usize,
}

/// The right side of a product, its columns next to each other.
#[derive(Clone, Copy)]
pub struct Right<'a> {
    /// The numbers.
    pub data: &'a [f32],
    /// Distance between rows.
    pub row: usize,
    /// Distance between segments.
    pub seg: usize,
}

/// Sizes: `m` rows and `n` columns of the result, `k` steps in each of `segs` segments.
#[derive(Clone, Copy)]
pub struct Size {
    /// Rows of left side and result.
    pub m: usize,
    /// Columns of right side and result, a multiple of [`LANES`].
    pub n: usize,
    /// Columns of the left side, rows of the right, in each segment.
    pub k: usize,
    /// Segments.
    pub segs: usize,
}

/// `c = a b`, or `c += a b` with `add`; rows of `c` are `c_row` apart. Each number of `c` is summed in the order of
/// segments and steps whatever the sizes are, so that it does not depend on how rows are shared out.
pub fn gemm(arch: pulp::Arch, size: Size, a: Left<'_>, b: Right<'_>, c: &mut [f32], c_row: usize, add: bool) {
    let Size { m, n, k, segs } = size;
    if m == 0 || n == 0 {
        return;
    }
    assert!(k > 0 && segs > 0 && n.is_multiple_of(LANES), "a product of no size, or of broken vectors");
    // What the kernel relies on: it reads and writes without looking.
    assert!((m - 1) * a.row + (k - 1) * a.col + (segs - 1) * a.seg < a.data.len(), "left side too short");
    assert!((segs - 1) * b.seg + (k - 1) * b.row + n <= b.data.len(), "right side too short");
    assert!((m - 1) * c_row + n <= c.len() && (m == 1 || c_row >= n), "result too short");
    arch.dispatch(Product { size, a, b, c, c_row, add });
}

struct Product<'a> {
    size: Size,
    a: Left<'a>,
    b: Right<'a>,
    c: &'a mut [f32],
    c_row: usize,
    add: bool,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Accumulators, a row of the right side and one number of the left must fit into the registers.
        match S::F32_LANES {
            16 => self.panels::<S, 64, 4, 6>(simd),
            8 => self.panels::<S, 16, 2, 6>(simd),
            4 => self.panels::<S, 16, 4, 6>(simd),
            _ => self.panels::<S, 4, 4, 2>(simd),
        }
    }
}

impl Product<'_> {
    /// Goes through panels of `WIDTH` columns (`NV` vectors), `MR` rows at a time; what is left in narrower ones.
    #[inline(always)]
    fn panels<S: Simd, const WIDTH: usize, const NV: usize, const MR: usize>(mut self, simd: S) {
        let Size { n, k, segs, .. } = self.size;
        // Segments are summed within the kernel; a single long one is cut so that the right side stays in the cache.
        let step = if segs == 1 { PANEL } else { k };
        let mut column = 0;
        while column < n {
            let width = WIDTH.min(n - column);
            for start in (0..k).step_by(step) {
                let (k, add) = (step.min(k - start), self.add || start > 0);
                match width / S::F32_LANES {
                    w if w == NV => self.rows::<S, NV, MR>(simd, column, start, k, add),
                    3 => self.rows::<S, 3, 8>(simd, column, start, k, add),
                    2 => self.rows::<S, 2, 12>(simd, column, start, k, add),
                    _ => self.rows::<S, 1, 12>(simd, column, start, k, add),
                }
            }
            column += width;
        }
    }

    /// All rows of one panel, in tiles as even as can be.
    #[inline(always)]
    fn rows<S: Simd, const NV: usize, const MR: usize>(
        &mut self,
        simd: S,
        column: usize,
        start: usize,
        k: usize,
        add: bool,
    ) {
        let tiles = self.size.m.div_ceil(MR);
        let (each, longer) = (self.size.m / tiles, self.size.m % tiles);
        let mut row = 0;
        for tile in 0..tiles {
            let rows = each + usize::from(tile < longer);
            macro_rules! tile {
                ($($r:literal)+) => {
                    match rows {
                        $($r if $r <= MR => self.tile::<S, NV, $r>(simd, row, column, start, k, add),)+
                        _ => unreachable!("tiles have at most {MR} rows"),
                    }
                };
            }
            tile!(1 2 3 4 5 6 7 8 9 10 11 12);
            row += rows;
        }
    }

    /// `MR` rows by `NV` vectors of the result, held in registers from the first step to the last.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "a check at every step costs more than the product; `gemm` checked the ends"
    )]
    fn tile<S: Simd, const NV: usize, const MR: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        start: usize,
        k: usize,
        add: bool,
    ) {
        let Self { size, a, b, c, c_row, .. } = self;
        let mut sum = [[simd.splat_f32s(0.0); NV]; MR];
        // SAFETY: `gemm` checked that the last number that any tile reads or writes lies within its slice.
        unsafe {
            for seg in 0..size.segs {
                let left = a.data.as_ptr().add(row * a.row + start * a.col + seg * a.seg);
                let mut rows = [left; MR];
                for (r, pointer) in rows.iter_mut().enumerate() {
                    *pointer = left.add(r * a.row);
                }
                let mut right = b.data.as_ptr().add(seg * b.seg + start * b.row + column);
                for step in 0..k {
                    let mut line = [simd.splat_f32s(0.0); NV];
                    for (v, vector) in line.iter_mut().enumerate() {
                        *vector = right.add(v * S::F32_LANES).cast::<S::f32s>().read_unaligned();
                    }
                    for r in 0..MR {
                        let factor = simd.splat_f32s(*rows[r].add(step * a.col));
                        for v in 0..NV {
                            sum[r][v] = simd.mul_add_e_f32s(factor, line[v], sum[r][v]);
                        }
                    }
                    right = right.add(b.row);
                }
            }
            for (r, vectors) in sum.iter().enumerate() {
                for (v, vector) in vectors.iter().enumerate() {
                    let to =
                        c.as_mut_ptr().add((row + r) * *c_row + column + v * S::F32_LANES).cast::<S::f32s>();
                    let value = if add { simd.add_f32s(to.read_unaligned(), *vector) } else { *vector };
                    to.write_unaligned(value);
                }
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Every set of instructions that this machine has.
    pub fn arches() -> Vec<pulp::Arch> {
        let mut arches = vec![pulp::Arch::new(), pulp::Arch::Scalar];
        #[cfg(target_arch = "x86_64")]
        arches.extend(pulp::x86::V3::try_new().map(pulp::Arch::V3));
        arches
    }

    #[test]
    fn products_of_all_shapes_on_all_instructions() {
        // Small whole numbers: every order of summing gives the same.
        let number = |i: usize| (i * 7 % 11) as f32 - 5.0;
        let a: Vec<f32> = (0..9000).map(number).collect();
        let b: Vec<f32> = (0..60_000).map(|i| number(i * 3)).collect();
        for arch in arches() {
            for (m, n, k, segs) in
                [(1, 16, 1, 1), (5, 48, 7, 3), (13, 80, 300, 1), (26, 32, 9, 3), (7, 64, 200, 1)]
            {
                let left = Left { data: &a, row: 3, col: 2, seg: 50 };
                let right = Right { data: &b, row: n + 1, seg: k * (n + 1) };
                let mut c = vec![1.0; m * (n + 2)];
                gemm(arch, Size { m, n, k, segs }, left, right, &mut c, n + 2, true);
                for (i, j) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3)] {
                    let term =
                        |s: usize, t: usize| a[i * 3 + t * 2 + s * 50] * b[s * right.seg + t * right.row + j];
                    let sum: f32 = (0..segs).map(|s| (0..k).map(|t| term(s, t)).sum::<f32>()).sum();
                    assert_eq!(c[i * (n + 2) + j], 1.0 + sum, "{arch:?} {m} {n} {k} {segs}: {i} {j}");
                }
                assert_eq!(c[n], 1.0, "nothing is written between rows");
            }
        }
    }
}
