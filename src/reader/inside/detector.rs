//! Looking inside of a network that finds digits, while it looks at a whole picture.

use super::super::looks::{Effort, Look, first};
use super::super::{Net, Raster, Reader};
use super::{Certain, Inside, MOST_MAPS, Maps, Named, Plane, WHOLE, maps, plane};
use crate::models::Input;
use crate::models::detector::{Block, DetectorNetwork, FoldedDetector, LIFT, STRIDES, filled_up, outputs};
use crate::models::file;
use anyhow::{Context as _, bail};
use image::RgbImage;
use tch::{Kind, Tensor};

/// Digits.
const DIGITS: i64 = 10;
/// A cell says a digit when it is so likely.
const EVEN: f64 = 0.5;

impl Reader {
    /// Looks inside while a whole picture is looked at, in the size in which a camera's would be. What counts is how
    /// likely the digits are that are seen.
    ///
    /// # Errors
    /// Where the network does not find digits, or libtorch fails.
    pub fn inside_picture(&self, picture: &RgbImage) -> anyhow::Result<Inside> {
        let Net::Digits(network) = &self.network else { bail!("the model does not find digits") };
        let raster = Raster::of_rgb(picture);
        let looks = first(raster.area(), Effort::Live);
        let look: &Look = looks.first().and_then(|looks| looks.first()).context("a first look")?;
        let [width, height] = look.size;
        let x = filled_up(&raster.scaled(&look.part, look.size)?, network.channels(), look.size)?;
        let mut activations = Vec::new();
        let sure = tch::no_grad(|| {
            network.shown(&x, &mut |block, grid, y| {
                if let Ok((planes, n)) = maps(y) {
                    let name = match grid {
                        Some(level) => format!("{} on cells of {} px", block.name, STRIDES[level]),
                        None => block.name.clone(),
                    };
                    activations.push(Maps { name, kind: kind(block), n, planes });
                }
            })?;
            self.certain(&x, None)
        })?;
        let whole = self.saliency(&x, &sure)?;
        let filters: anyhow::Result<Vec<Maps>> =
            network.blocks().map(|(block, weight, _)| filters(block, weight)).collect();
        Ok(Inside {
            filters: filters?,
            activations,
            saliency: Plane {
                width,
                height,
                // What the picture is filled up with is nothing that one sees.
                values: whole
                    .values
                    .chunks(whole.width.max(1))
                    .take(height)
                    .flat_map(|row| &row[..width])
                    .copied()
                    .collect(),
            },
            occlusion: tch::no_grad(|| self.occlusion(&x, [height, width], &sure))?,
            weights: self.weights()?,
        })
    }
}

fn kind(block: &Block) -> String {
    let step = if block.stride > 1 { format!(", every {} px", block.stride) } else { String::new() };
    let relu = if block.relu { ", ReLU" } else { "" };
    format!("{} filters of {}x{}{step}{relu}", block.output, block.kernel, block.kernel)
}

/// What the filters look for in the first of the maps that they see, with the batch norm's scales in them.
fn filters(block: &Block, weight: &Tensor) -> anyhow::Result<Maps> {
    let n = weight.size()[0];
    let planes: anyhow::Result<Vec<Plane>> =
        (0..n.min(MOST_MAPS as i64)).map(|filter| plane(&weight.get(filter).get(0))).collect();
    Ok(Maps { name: block.name.clone(), kind: kind(block), n: n as usize, planes: planes? })
}

/// The logarithm of how likely the digits seen are, in the mean over the cells that say one; where none does, over the
/// cell that is the nearest to it.
pub fn certain(network: &FoldedDetector, x: &Tensor, read: Option<&Certain>) -> anyhow::Result<Certain> {
    let said = outputs(&network.shown(x, &mut |_, _, _| ())?)?;
    let scores = said.f_narrow(2, 0, DIGITS)?.f_add_scalar(f64::from(LIFT))?.f_flatten(1, 2)?;
    let places = match read {
        Some(read) => read.classes.first().context("something was read")?.shallow_clone(),
        None => {
            let row = scores.get(0);
            let seen = row.f_sigmoid()?.f_ge(EVEN)?.f_nonzero()?.f_view([-1])?;
            if seen.numel() > 0 { seen } else { row.f_argmax(0, false)?.f_view([1])? }
        }
    };
    let logs = scores.f_index_select(1, &places)?.f_log_sigmoid()?;
    Ok(Certain { logs: logs.f_mean_dim(1, false, Kind::Float)?, classes: vec![places] })
}

/// The parameters in the file, and as the seed drew them; the network itself has its batch norms folded in.
pub fn parameters(reader: &Reader) -> anyhow::Result<[Vec<Named>; 2]> {
    let (meta, now) = file::read(&reader.path)?;
    let settings = reader.recipe.model.detector().context(WHOLE)?;
    let (channels, height, width, classes) = (meta.channels, meta.height, meta.width, meta.classes.len());
    let input = Input { channels, height, width, classes };
    let first = DetectorNetwork::new(&settings.design(), input, reader.recipe.train.seed)?;
    let drawn = first.parameters();
    let now = drawn.iter().map(|(name, _)| {
        let found = now
            .iter()
            .find(|(own, _)| own == name)
            .context("every parameter was there when it was opened")?;
        anyhow::Ok((name.clone(), found.1.shallow_clone()))
    });
    let first = drawn.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
    Ok([now.collect::<anyhow::Result<_>>()?, first.collect()])
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::detector_file;
    use super::*;

    #[test]
    fn detectors_are_looked_into_with_a_picture() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let reader = Reader::open(&detector_file(folder.path())?)?;
        let bar = |x: u32, y: u32| (30..50).contains(&x) && (10..60).contains(&y);
        let picture = RgbImage::from_fn(90, 70, |x, y| image::Rgb([if bar(x, y) { 250 } else { 10 }; 3]));
        let inside = reader.inside_picture(&picture)?;
        assert_eq!((inside.saliency.width, inside.saliency.height), (90, 70));
        assert_eq!(inside.saliency.values.len(), 90 * 70);
        assert!(inside.saliency.values.iter().all(|v| v.is_finite()));
        assert!(inside.saliency.values.iter().any(|v| v.abs() > 1e-9));
        assert_eq!((inside.occlusion.width, inside.occlusion.height), (14, 14));
        // Each block of the body once, those that look at all grids for each of the three.
        let Net::Digits(network) = &reader.network else { bail!("it finds digits") };
        let (n, of_all) = (
            network.blocks().count(),
            network
                .blocks()
                .filter(|(block, ..)| block.name.starts_with("head") || block.output == 18)
                .count(),
        );
        assert_eq!(inside.activations.len(), n + 2 * of_all);
        assert_eq!(inside.filters.len(), n);
        // It has not learned: its weights are as a seed drew them, of the same spread as this one's.
        assert!(inside.weights.iter().all(|spread| spread.name.ends_with("weight")));
        assert_eq!(inside.weights.len(), n);
        assert!(reader.inside(&[0; 5]).is_err());
        Ok(())
    }
}
