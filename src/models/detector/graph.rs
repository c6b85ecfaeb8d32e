//! The detector's convolutions as plain data: where each stands, its shape, and what all of them count.

use super::super::summary::{First, Input, LayerRow, Param, ShapeError, Summary};
use super::grid::{LEVELS, OUTPUTS, STRIDES};
use super::{Design, STAGES};

/// The part of the detector that a convolution belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// From pixels to features, stage after stage.
    Body(usize),
    /// From a stage's features to those of a grid.
    Lateral(usize),
    /// Over all grids.
    Head,
    /// What is said of each cell.
    Output,
}

/// A convolution with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// As its parameters begin: "body_3_1".
    pub name: String,
    /// Where it stands.
    pub part: Part,
    /// Channels that come in.
    pub input: usize,
    /// Channels that go out.
    pub output: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Pixels from one place of the kernel to the next.
    pub stride: usize,
    /// Whether a batch norm follows; else it has a bias.
    pub norm: bool,
    /// Whether ReLU follows.
    pub relu: bool,
}

impl Block {
    /// What it carries, in the order in which it is kept.
    pub fn params(&self) -> Vec<Param> {
        let param = |name, shape: &[usize], first| Param { name, shape: shape.to_vec(), first };
        let mut all =
            vec![param("weight", &[self.output, self.input, self.kernel, self.kernel], First::Weight)];
        if self.norm {
            all.push(param("scale", &[self.output], First::Ones));
        }
        all.push(param("bias", &[self.output], First::Zeros));
        if self.norm {
            all.push(param("running_mean", &[self.output], First::Zeros));
            all.push(param("running_var", &[self.output], First::Ones));
        }
        all
    }
}

impl Design {
    /// Every convolution, in the order in which parameters are kept.
    pub fn blocks(&self, channels: usize) -> Vec<Block> {
        let block = |name: String, part, [input, output, kernel, stride]: [usize; 4]| {
            let norm = part != Part::Output;
            let relu = !matches!(part, Part::Output | Part::Lateral(_));
            Block { name, part, input, output, kernel, stride, norm, relu }
        };
        let mut all = Vec::new();
        let mut input = channels;
        for stage in 0..STAGES {
            for i in 0..self.depths[stage].max(1) {
                let stride = if i == 0 { 2 } else { 1 };
                let shape = [input, self.widths[stage], 3, stride];
                all.push(block(format!("body_{}_{}", stage + 1, i + 1), Part::Body(stage), shape));
                input = self.widths[stage];
            }
        }
        for level in 0..LEVELS {
            let shape = [self.widths[STAGES - LEVELS + level], self.neck, 1, 1];
            all.push(block(format!("lateral_{}", level + 1), Part::Lateral(level), shape));
        }
        for i in 0..self.head {
            all.push(block(format!("head_{}", i + 1), Part::Head, [self.neck, self.neck, 3, 1]));
        }
        all.push(block("output".to_owned(), Part::Output, [self.neck, OUTPUTS, 1, 1]));
        all
    }

    /// Numbers that are learned.
    pub fn n_params(&self, channels: usize) -> usize {
        let all = self.blocks(channels);
        all.iter().flat_map(Block::params).filter(Param::learns).map(|param| param.len()).sum()
    }

    /// Shapes and counts of every convolution on pictures of a size, which is filled up to a multiple of 32.
    pub fn summary(&self, input: Input) -> Result<Summary, ShapeError> {
        let fail = |message: &str| ShapeError { layer: "Detector".to_owned(), message: message.to_owned() };
        if input.classes != 10 {
            return Err(fail(
                "it finds the digits 0 to 9, and the data has other classes; choose another data set",
            ));
        }
        if self.widths.contains(&0) || self.neck == 0 || self.head == 0 {
            return Err(fail("every stage needs at least one filter, and the head one convolution"));
        }
        let size = |stride: usize| {
            [input.height, input.width].map(|n| n.next_multiple_of(super::STRIDE_OF_ALL) / stride)
        };
        let rows: Vec<LayerRow> = self
            .blocks(input.channels)
            .into_iter()
            .map(|block| {
                let output = match block.part {
                    Part::Body(stage) => {
                        let [rows, columns] = size(2 << stage);
                        vec![block.output, rows, columns]
                    }
                    Part::Lateral(level) => {
                        let [rows, columns] = size(STRIDES[level]);
                        vec![block.output, rows, columns]
                    }
                    Part::Head | Part::Output => {
                        let cells =
                            STRIDES.iter().map(|stride| size(*stride).iter().product::<usize>()).sum();
                        vec![block.output, cells]
                    }
                };
                let step = if block.stride > 1 { format!(" step {}", block.stride) } else { String::new() };
                let norm = if block.norm { ", batch norm" } else { "" };
                let relu = if block.relu { ", ReLU" } else { "" };
                LayerRow {
                    kind: format!("Conv2D {0}x{0} same{step}{norm}{relu}", block.kernel),
                    output,
                    params: block.params().iter().filter(|param| param.learns()).map(Param::len).sum(),
                    name: block.name,
                }
            })
            .collect();
        let params = rows.iter().map(|row| row.params).sum();
        Ok(Summary { rows, params })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Detector;
    use super::*;

    #[test]
    fn parameters_are_counted_as_on_paper() {
        let design = Detector::default().design();
        // Weights of 3x3, and two numbers of each batch norm.
        let conv = |i: usize, o: usize, k: usize| i * o * k * k + 2 * o;
        let body = conv(1, 16, 3)
            + conv(16, 32, 3)
            + conv(32, 64, 3)
            + conv(64, 64, 3)
            + conv(64, 128, 3)
            + 3 * conv(128, 128, 3);
        let neck = conv(64, 64, 1) + 2 * conv(128, 64, 1);
        let head = 2 * conv(64, 64, 3) + 64 * 18 + 18;
        assert_eq!(design.n_params(1), body + neck + head);
        let input = Input { channels: 1, height: 240, width: 320, classes: 10 };
        let summary = design.summary(input).expect("it works");
        assert_eq!(summary.params, body + neck + head);
        let last = summary.rows.last().expect("an output");
        // 240 rows are filled up to 256.
        assert_eq!(last.output, [18, 32 * 40 + 16 * 20 + 8 * 10]);
        assert!(design.summary(Input { classes: 26, ..input }).is_err());
    }
}
