//! The detector as ONNX operations, for pictures of any size, and what an exported one says: for each cell of its grids
//! the digits' probabilities, the digit's box and the box of its number.

use super::graph::{CELLS, Graph, Name, int, ints, text};
use super::heads::Said;
use crate::models::detector::{
    Block, FoldedDetector, LEVELS, LIFT, LOG_RANGE, Part, STAGES, STRIDE_OF_ALL, STRIDES,
};
use anyhow::Context as _;
use tch::{Kind, Tensor};

/// What comes out, of each cell: its name, how many numbers it is, and what they mean.
const SAID: [(&str, i64, &str); 3] = [
    (
        "digits",
        10,
        "How likely each digit is to be seen at each place; places are many for each digit that is there",
    ),
    ("boxes", 4, "The digit's box: left, top, width and height in pixels"),
    ("numbers", 4, "The box of the number that it belongs to, in the same way"),
];

/// Appends the network behind `x`, values between 0 and 1 of pictures whose sides are multiples of 32.
pub fn detector(graph: &mut Graph, network: &FoldedDetector, x: Name) -> anyhow::Result<Vec<Said>> {
    let (mut x, mut stages, mut laterals, mut grids) = (x, Vec::new(), Vec::new(), Vec::new());
    let blocks: Vec<(&Block, &Tensor, &Tensor)> = network.blocks().collect();
    for (i, (block, weight, bias)) in blocks.iter().enumerate() {
        graph.scope.clone_from(&block.name);
        let own = [graph.weights("weight", weight)?, graph.weights("bias", bias)?];
        let one = |graph: &mut Graph, x: &Name| convolution(graph, block, x, &own);
        match block.part {
            Part::Body(stage) => {
                x = one(graph, &x);
                if blocks.get(i + 1).is_none_or(|(next, ..)| next.part != Part::Body(stage)) {
                    stages.push(x.clone());
                }
            }
            Part::Lateral(level) => {
                let y = one(graph, stages.get(STAGES - LEVELS + level).context("the body is whole")?);
                laterals.push(y);
                if level + 1 == LEVELS {
                    grids = top_down(graph, &laterals);
                }
            }
            Part::Head | Part::Output => grids = grids.iter().map(|grid| one(graph, grid)).collect(),
        }
    }
    let each: Vec<[Name; 3]> =
        grids.iter().zip(STRIDES).map(|(grid, stride)| of_grid(graph, grid, stride)).collect();
    graph.scope = "output".to_owned();
    let said = SAID.iter().enumerate().map(|(i, (name, n, meaning))| {
        let parts: Vec<&str> = each.iter().map(|grid| grid[i].as_str()).collect();
        let computed = graph.op("Concat", &parts, vec![int("axis", 1)]);
        Said { computed, name, shape: vec![CELLS, *n], meaning: (*meaning).to_owned() }
    });
    let said = said.collect();
    graph.scope.clear();
    Ok(said)
}

fn convolution(graph: &mut Graph, block: &Block, x: &Name, [weight, bias]: &[Name; 2]) -> Name {
    let (side, pad, stride) = (block.kernel as i64, (block.kernel / 2) as i64, block.stride as i64);
    let settings =
        vec![ints("kernel_shape", &[side; 2]), ints("strides", &[stride; 2]), ints("pads", &[pad; 4])];
    let y = graph.op("Conv", &[x, weight, bias], settings);
    if block.relu { graph.op("Relu", &[&y], Vec::new()) } else { y }
}

/// Coarser grids, each cell four times, added to the finer ones.
fn top_down(graph: &mut Graph, laterals: &[Name]) -> Vec<Name> {
    let mut grids = laterals.to_vec();
    for level in (0..grids.len().saturating_sub(1)).rev() {
        graph.scope = format!("down_{level}");
        let by = graph.fractions("by", &[1.0, 1.0, 2.0, 2.0]);
        let settings = vec![
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
        ];
        let finer = graph.op("Resize", &[&grids[level + 1], "", &by], settings);
        grids[level] = graph.op("Add", &[&grids[level], &finer], Vec::new());
    }
    grids
}

/// What a grid says, in rows of cells.
fn of_grid(graph: &mut Graph, grid: &Name, stride: usize) -> [Name; 3] {
    graph.scope = format!("cells_{stride}");
    let side = graph.number("stride", stride as f32);
    let scores = part(graph, grid, 0, 10);
    let lift = graph.number("lift", LIFT);
    let lifted = graph.op("Add", &[&scores, &lift], Vec::new());
    let digits = graph.op("Sigmoid", &[&lifted], Vec::new());
    // Cells are counted along rows and columns, so that pictures may have any size.
    let any = part(graph, grid, 0, 1);
    let (least, most) = (graph.number("one", 1.0), graph.number("one", 1.0));
    let ones = graph.op("Clip", &[&any, &least, &most], Vec::new());
    let half = graph.number("half", 0.5);
    let middle = |graph: &mut Graph, axis: i64| {
        let axis = graph.whole("axis", axis);
        let counted = graph.op("CumSum", &[&ones, &axis], Vec::new());
        let from_edge = graph.op("Sub", &[&counted, &half], Vec::new());
        graph.op("Mul", &[&from_edge, &side], Vec::new())
    };
    let (x, y) = (middle(graph, 3), middle(graph, 2));
    let boxes = |graph: &mut Graph, from: i64| {
        let logs = part(graph, grid, from, from + 4);
        let (least, most) = (graph.number("least", LOG_RANGE.0), graph.number("most", LOG_RANGE.1));
        let kept = graph.op("Clip", &[&logs, &least, &most], Vec::new());
        let strides = graph.op("Exp", &[&kept], Vec::new());
        let pixels = graph.op("Mul", &[&strides, &side], Vec::new());
        let [left, top, right, bottom] = [0, 1, 2, 3].map(|i| part(graph, &pixels, i, i + 1));
        let sides = [
            graph.op("Sub", &[&x, &left], Vec::new()),
            graph.op("Sub", &[&y, &top], Vec::new()),
            graph.op("Add", &[&left, &right], Vec::new()),
            graph.op("Add", &[&top, &bottom], Vec::new()),
        ];
        let sides: Vec<&str> = sides.iter().map(String::as_str).collect();
        graph.op("Concat", &sides, vec![int("axis", 1)])
    };
    let (own, vote) = (boxes(graph, 10), boxes(graph, 14));
    [(digits, 10), (own, 4), (vote, 4)].map(|(x, n)| {
        let shape = graph.list("shape", &[0, n, -1]);
        let flat = graph.op("Reshape", &[&x, &shape], Vec::new());
        graph.op("Transpose", &[&flat], vec![ints("perm", &[0, 2, 1])])
    })
}

/// Some of the channels.
fn part(graph: &mut Graph, x: &Name, from: i64, to: i64) -> Name {
    let [from, to, axis] =
        [("from", from), ("to", to), ("axis", 1)].map(|(what, at)| graph.list(what, &[at]));
    graph.op("Slice", &[x, &from, &to, &axis], Vec::new())
}

/// The same by this program, for pixels `[n, channels, rows, columns]` between 0 and 1.
///
/// Everything is computed from the pixels alone: a tensor made of numbers of ours would be traced as the zeros that
/// libtorch makes before they are copied in, and a size would be traced as that of the example.
pub fn outputs(network: &FoldedDetector, pixels: &Tensor) -> anyhow::Result<Vec<(&'static str, Tensor)>> {
    let grids = network.grids(pixels)?;
    let each: anyhow::Result<Vec<[Tensor; 3]>> =
        grids.iter().zip(STRIDES).map(|(grid, stride)| said_by_grid(grid, stride as f64)).collect();
    let each = each?;
    let all = |i: usize| {
        let parts: Vec<&Tensor> = each.iter().map(|said| &said[i]).collect();
        anyhow::Ok((SAID[i].0, Tensor::f_cat(&parts, 1)?))
    };
    (0..SAID.len()).map(all).collect()
}

/// Digits and the two boxes of a grid `[n, 18, rows, columns]`, in rows of cells.
fn said_by_grid(grid: &Tensor, stride: f64) -> anyhow::Result<[Tensor; 3]> {
    let ones = grid.f_narrow(1, 0, 1)?.f_ones_like()?;
    let middle = |axis: i64| -> anyhow::Result<Tensor> {
        Ok(ones.f_cumsum(axis, Kind::Float)?.f_sub_scalar(0.5)?.f_mul_scalar(stride)?)
    };
    let (x, y) = (middle(3)?, middle(2)?);
    let boxes = |from: i64| -> anyhow::Result<Tensor> {
        let logs = grid.f_narrow(1, from, 4)?.f_clamp(f64::from(LOG_RANGE.0), f64::from(LOG_RANGE.1))?;
        let pixels = logs.f_exp()?.f_mul_scalar(stride)?;
        let side = |i: i64| pixels.f_narrow(1, i, 1);
        let (left, top) = (x.f_sub(&side(0)?)?, y.f_sub(&side(1)?)?);
        let extent = pixels.f_narrow(1, 0, 2)?.f_add(&pixels.f_narrow(1, 2, 2)?)?;
        Ok(Tensor::f_cat(&[left, top, extent], 1)?)
    };
    let digits = grid.f_narrow(1, 0, 10)?.f_add_scalar(f64::from(LIFT))?.f_sigmoid()?;
    let rows = |x: Tensor| x.f_flatten(2, 3)?.f_transpose(1, 2);
    Ok([rows(digits)?, rows(boxes(10)?)?, rows(boxes(14)?)?])
}

/// The nearest size that the network can look at.
pub fn whole([height, width]: [usize; 2]) -> [usize; 2] {
    [height, width].map(|side| side.next_multiple_of(STRIDE_OF_ALL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Area;
    use crate::models::Input;
    use crate::models::detector::{Detector, DetectorNetwork, OUTPUTS, cells, decoded};
    use tch::Device;

    #[test]
    fn boxes_are_those_that_the_reader_finds() -> anyhow::Result<()> {
        let design = Detector { filters: 4, neck: 8, ..Detector::default() }.design();
        let input = Input { channels: 1, height: 64, width: 96, classes: 10 };
        let network = FoldedDetector::new(&DetectorNetwork::new(&design, input, 3)?)?;
        let pixels = (Tensor::arange(64 * 96, (Kind::Float, Device::Cpu)) * 0.013).sin().square();
        let pixels = pixels.view([1, 1, 64, 96]);
        let raw = Vec::<f32>::try_from(network.raw(&pixels)?.contiguous().view([-1]))?;
        let said = outputs(&network, &pixels)?;
        let numbers = |i: usize| Vec::<f32>::try_from(said[i].1.contiguous().view([-1]));
        let (digits, boxes) = (numbers(0)?, numbers(1)?);
        for (i, (cell, raw)) in cells([96, 64]).into_iter().zip(raw.chunks_exact(OUTPUTS)).enumerate() {
            let Area { x, y, w, h } = decoded(cell, std::array::from_fn(|at| raw[10 + at]));
            let own = &boxes[i * 4..][..4];
            assert!(
                own.iter().zip([x, y, w, h]).all(|(a, b)| (a - b).abs() < 1e-3 * b.abs().max(1.0)),
                "{i}"
            );
            let likely = 1.0 / (1.0 + (-raw[3] - LIFT).exp());
            assert!((digits[i * 10 + 3] - likely).abs() < 1e-6);
        }
        assert_eq!(whole([33, 64]), [64, 64]);
        Ok(())
    }
}
