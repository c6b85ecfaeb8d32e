//! A dense layer with its activation and dropout, for a few rows (images) of the batch at a time.

use super::gemm::{Left, Right, Size, gemm, padded};
use super::maths;
use super::vectorised::vectorised;
use crate::models::Dropout;
use crate::models::layers::Activation;

/// Sizes of a dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Features that come in.
    pub input: usize,
    /// Distance between rows of what comes in.
    pub input_row: usize,
    /// Features that leave; rows of them are `padded(output)` apart, and what is beyond is zero in slopes.
    pub output: usize,
    /// What follows.
    pub activation: Option<Activation>,
    /// Place in the network's list and rate of the dropout that follows.
    pub dropout: Option<(usize, f64)>,
    /// Place of weight and bias among the slots.
    pub slot: usize,
}

impl Dense {
    /// Sums into `pre`, and what activation and dropout make of them into `out`; `first` is the first row's place in
    /// the batch.
    #[expect(
        clippy::too_many_arguments,
        reason = "a kernel's operands; a struct for one call would hide them"
    )]
    pub fn forward(
        &self,
        arch: pulp::Arch,
        weight: &[f32],
        bias: &[f32],
        input: &[f32],
        dropout: Option<Dropout>,
        first: usize,
        pre: &mut [f32],
        out: &mut [f32],
    ) {
        let width = padded(self.output);
        let rows = pre.len() / width;
        let size = Size { m: rows, n: width, k: self.input, segs: 1 };
        let left = Left { data: input, row: self.input_row, col: 1, seg: 0 };
        gemm(arch, size, left, Right { data: weight, row: width, seg: 0 }, pre, width, false);
        finish(arch, self, bias, dropout, first, pre, out);
    }

    /// Turns slopes by what left into slopes by the sums, in place.
    pub fn backward(
        &self,
        arch: pulp::Arch,
        dropout: Option<Dropout>,
        first: usize,
        pre: &[f32],
        slope: &mut [f32],
    ) {
        undo(arch, self, dropout, first, pre, slope);
    }

    /// Slopes by what came in, from slopes by the sums; `turned` is the weight with a row of `padded(input)` for each
    /// output, which is also the distance of the result's rows.
    pub fn input_slope(&self, arch: pulp::Arch, turned: &[f32], slope: &[f32], to: &mut [f32]) {
        let (width, row) = (padded(self.output), padded(self.input));
        let size = Size { m: slope.len() / width, n: row, k: self.output, segs: 1 };
        let left = Left { data: slope, row: width, col: 1, seg: 0 };
        gemm(arch, size, left, Right { data: turned, row, seg: 0 }, to, row, false);
    }

    /// Adds to (or with `add` false sets) some rows of the weight's gradient, from input number `from` on.
    pub fn weight_slope(
        &self,
        arch: pulp::Arch,
        input: &[f32],
        slope: &[f32],
        from: usize,
        gradient: &mut [f32],
        add: bool,
    ) {
        let width = padded(self.output);
        let size = Size { m: gradient.len() / width, n: width, k: slope.len() / width, segs: 1 };
        let left = Left { data: &input[from..], row: 1, col: self.input_row, seg: 0 };
        gemm(arch, size, left, Right { data: slope, row: width, seg: 0 }, gradient, width, add);
    }
}

vectorised! {
    /// Bias, activation and dropout over rows of sums.
    fn finish<'a>(
        dense: &'a Dense,
        bias: &'a [f32],
        dropout: Option<Dropout>,
        first: usize,
        pre: &'a mut [f32],
        out: &'a mut [f32],
    ) {
        let width = padded(dense.output);
        for (row, (pre, out)) in pre.chunks_exact_mut(width).zip(out.chunks_exact_mut(width)).enumerate() {
            pre.iter_mut().zip(bias).for_each(|(p, b)| *p += b);
            maths::activate(dense.activation, pre, out);
            if let Some(dropout) = dropout {
                drop_out(dropout, (first + row) * dense.output, out);
            }
        }
    }

    /// From slopes by what left to slopes by the sums.
    fn undo<'a>(dense: &'a Dense, dropout: Option<Dropout>, first: usize, pre: &'a [f32], slope: &'a mut [f32]) {
        let width = padded(dense.output);
        for (row, (pre, slope)) in pre.chunks_exact(width).zip(slope.chunks_exact_mut(width)).enumerate() {
            if let Some(dropout) = dropout {
                drop_out(dropout, (first + row) * dense.output, slope);
            }
            maths::through_activation(dense.activation, pre, slope);
            slope[dense.output..].fill(0.0);
        }
    }
}

/// Silences and scales numbers whose first one is at `position`.
#[inline(always)]
fn drop_out(dropout: Dropout, position: usize, numbers: &mut [f32]) {
    let position = position as u32;
    for (i, number) in numbers.iter_mut().enumerate() {
        let factor = if dropout.keeps(position.wrapping_add(i as u32)) { dropout.scale } else { 0.0 };
        *number *= factor;
    }
}
