//! What goes on inside of a network: its filters, what each layer makes of an image, which pixels count, and how its
//! weights moved while it learned.

mod detector;

use super::{Net, Reader};
use crate::models::Network;
use crate::models::layers::Layer;
use crate::models::numbers::{NumberNetwork, Pass, Scores};
use anyhow::{Context as _, bail, ensure};
use tch::{Kind, Tensor};

/// A parameter and its name.
type Named = (String, Tensor);

/// Maps of a layer that are shown at most.
const MOST_MAPS: usize = 64;
/// Steps from black to the image along which gradients are averaged.
const STEPS: i64 = 32;
/// Places of the grey patch along each side.
const PLACES: usize = 14;
/// Bars of a histogram.
const BARS: usize = 40;

/// What is said of networks that find digits, which look at whole pictures.
const WHOLE: &str = "this network finds digits on whole pictures and is looked into with one";

/// A map of numbers, row after row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plane {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The numbers.
    pub values: Vec<f32>,
}

/// Maps of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Maps {
    /// "Conv2D 1".
    pub name: String,
    /// The kind of layer in words.
    pub kind: String,
    /// How many maps the layer has.
    pub n: usize,
    /// The first of them.
    pub planes: Vec<Plane>,
}

/// How the numbers of a parameter are spread.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// "conv2d_1.weight".
    pub name: String,
    /// The outermost values of both.
    pub range: [f32; 2],
    /// Shares of the bars between them, before the first step; empty where that is not known.
    pub first: Vec<f32>,
    /// Shares of the bars between them, now.
    pub now: Vec<f32>,
    /// Mean and standard deviation, now.
    pub mean_deviation: [f32; 2],
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Inside {
    /// The weights of each convolution as pictures.
    pub filters: Vec<Maps>,
    /// What each layer makes of the image.
    pub activations: Vec<Maps>,
    /// How much each pixel speaks for what is read: integrated gradients from black (Sundararajan et al., 2017, arXiv
    /// 1703.01365). Their sum is how much surer the network is than of a black picture.
    pub saliency: Plane,
    /// How much less sure the network is with a black patch at each place (Zeiler and Fergus, 2013, arXiv 1311.2901).
    pub occlusion: Plane,
    /// How weights are spread, before and now.
    pub weights: Vec<Spread>,
}

impl Reader {
    /// Looks inside while an image is read: bytes as the network takes them.
    ///
    /// # Errors
    /// Where the image has another size, or libtorch fails.
    pub fn inside(&self, pixels: &[u8]) -> anyhow::Result<Inside> {
        let (channels, height, width) = (self.meta.channels, self.meta.height, self.meta.width);
        ensure!(
            pixels.len() == channels * height * width,
            "the model reads pictures of {width}x{height} with {channels} channels, this one has {} bytes",
            pixels.len()
        );
        let (network, x) = match &self.network {
            Net::Classes(network) => (network, network.pixels(pixels)?),
            Net::Numbers(network) => (network.trunk(), network.pixels(pixels, None)?),
            Net::Digits(_) => bail!(WHOLE),
        };
        let mut activations = Vec::new();
        let sure = tch::no_grad(|| {
            let _logits = network.logits(&x, &|_, _| None, &mut |placed, y| {
                let shown = !matches!(placed.layer, Layer::Dropout { .. } | Layer::Flatten | Layer::Skip);
                if shown && let Ok((planes, n)) = maps(y) {
                    activations.push(Maps { name: placed.name(), kind: placed.layer.describe(), n, planes });
                }
            })?;
            self.certain(&x, None)
        })?;
        Ok(Inside {
            filters: filters(network)?,
            activations,
            saliency: self.saliency(&x, &sure)?,
            occlusion: tch::no_grad(|| self.occlusion(&x, [height, width], &sure))?,
            weights: self.weights()?,
        })
    }

    /// For each picture the logarithms of how likely what is read is: of the classes `read`, or of the likeliest.
    fn certain(&self, x: &Tensor, read: Option<&Certain>) -> anyhow::Result<Certain> {
        let pick = |scores: &Tensor, at: usize| -> anyhow::Result<(Tensor, Tensor)> {
            let logs = scores.f_log_softmax(-1, Kind::Float)?;
            let mut size = logs.size();
            let class = match read {
                // What was read on one picture is asked of all.
                Some(read) => {
                    size.pop();
                    read.classes[at].f_expand(size.as_slice(), false)?
                }
                None => logs.f_argmax(-1, false)?,
            };
            let said = logs.f_gather(-1, &class.f_unsqueeze(-1)?, false)?.f_flatten(1, -1)?;
            Ok((said.f_sum_dim_intlist(1, false, Kind::Float)?, class))
        };
        let scores = match &self.network {
            Net::Classes(network) => vec![network.logits(x, &|_, _| None, &mut |_, _| ())?],
            Net::Numbers(network) => number_scores(network, x)?,
            Net::Digits(network) => return detector::certain(network, x, read),
        };
        let (mut total, mut classes): (Option<Tensor>, Vec<Tensor>) = (None, Vec::new());
        for (at, scores) in scores.iter().enumerate() {
            let (said, class) = pick(scores, at)?;
            total = Some(match total {
                Some(total) => total + said,
                None => said,
            });
            classes.push(class);
        }
        Ok(Certain { logs: total.context("something is said")?, classes })
    }

    fn saliency(&self, x: &Tensor, sure: &Certain) -> anyhow::Result<Plane> {
        // Midpoints of equal steps from black to the image.
        let steps = (Tensor::arange(STEPS, (Kind::Float, x.device())) + 0.5) / STEPS as f64;
        // Large pictures a few at a time, since gradients keep every layer of each.
        let at_once = if matches!(self.network, Net::Digits(_)) { 4 } else { STEPS };
        let mut sum = x.get(0).zeros_like();
        for steps in steps.split(at_once, 0) {
            let way = (x * steps.view([-1, 1, 1, 1])).detach().set_requires_grad(true);
            let logs = self.certain(&way, Some(sure))?.logs;
            let slopes = Tensor::f_run_backward(&[logs.sum(Kind::Float)], &[&way], false, false)?;
            let slope = slopes.first().context("a gradient for each input")?;
            sum += slope.f_sum_dim_intlist(0, false, Kind::Float)?;
        }
        // Colours of one pixel count together.
        plane(&(sum / STEPS as f64 * x.get(0)).f_sum_dim_intlist(0, false, Kind::Float)?)
    }

    /// With patches all over the first rows and columns, which are the picture.
    fn occlusion(&self, x: &Tensor, [height, width]: [usize; 2], sure: &Certain) -> anyhow::Result<Plane> {
        let places = |side: usize| PLACES.min(side);
        let (rows, columns) = (places(height), places(width));
        let patch = |side: usize| (side / 6).max(1);
        let mut covered = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            for column in 0..columns {
                let from = |at: usize, n: usize, side: usize| {
                    let middle = (at * 2 + 1) * side / (2 * n);
                    middle.saturating_sub(patch(side) / 2).min(side - patch(side)) as i64
                };
                let copy = x.get(0).copy();
                let (top, left) = (from(row, rows, height), from(column, columns, width));
                let part = copy.narrow(1, top, patch(height) as i64).narrow(2, left, patch(width) as i64);
                _ = part.shallow_clone().fill_(0.0);
                covered.push(copy);
            }
        }
        let mut lost = Vec::with_capacity(covered.len());
        let before = f64::try_from(&sure.logs.get(0))?.exp() as f32;
        let at_once = if matches!(self.network, Net::Digits(_)) { 8 } else { 64 };
        for chunk in covered.chunks(at_once) {
            let logs = self.certain(&Tensor::f_stack(chunk, 0)?, Some(sure))?.logs;
            let sure: Vec<f32> = Vec::try_from(logs.f_exp()?.f_to_device(tch::Device::Cpu)?)?;
            lost.extend(sure.into_iter().map(|sure| before - sure));
        }
        Ok(Plane { width: columns, height: rows, values: lost })
    }

    /// How weights are spread, now and as the recipe's seed drew them.
    fn weights(&self) -> anyhow::Result<Vec<Spread>> {
        let plain = |(name, tensor): &Named| (name.clone(), tensor.shallow_clone());
        let [now, first]: [Vec<Named>; 2] = match &self.network {
            Net::Classes(network) => {
                let first = Network::new(&self.recipe.model, network.input, self.recipe.train.seed)?;
                [network.parameters.iter().map(plain).collect(), first.parameters]
            }
            Net::Digits(_) => detector::parameters(self)?,
            Net::Numbers(network) => {
                let first = NumberNetwork::new(&network.design, network.input, self.recipe.train.seed)?;
                [network.parameters().map(plain).collect(), first.parameters().map(plain).collect()]
            }
        };
        now.iter()
            .zip(&first)
            .filter(|((name, _), _)| name.contains(".weight"))
            .map(|((name, now), (_, first))| spread(name, first, now))
            .collect()
    }
}

/// How likely what is read is, picture after picture, and what is read.
struct Certain {
    logs: Tensor,
    classes: Vec<Tensor>,
}

/// Everything that a number's head decides between, scores of each decision in the last side.
fn number_scores(network: &NumberNetwork, x: &Tensor) -> anyhow::Result<Vec<Tensor>> {
    let pass = Pass { dropout: &|_, _| None, truth: None };
    Ok(match network.scores(x, &pass, &mut |_, _| ())?.scores {
        Scores::Nothing(_) => anyhow::bail!("the network only says where the number is"),
        Scores::Positions { length, classes } => vec![length, classes],
        Scores::Steps { classes, .. } => vec![classes],
        Scores::Columns(columns) => vec![columns.f_transpose(0, 1)?],
    })
}

fn numbers(tensor: &Tensor) -> anyhow::Result<Vec<f32>> {
    let tensor = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?;
    Ok(Vec::try_from(tensor.f_contiguous()?.f_view([-1])?)?)
}

/// A tensor of rows and columns.
fn plane(tensor: &Tensor) -> anyhow::Result<Plane> {
    let (height, width) = tensor.size2()?;
    Ok(Plane { width: width as usize, height: height as usize, values: numbers(tensor)? })
}

/// What a layer gives for one image: a map for each channel, or one map of all features in rows.
fn maps(y: &Tensor) -> anyhow::Result<(Vec<Plane>, usize)> {
    let y = y.f_get(0)?;
    if y.dim() == 3 {
        let n = y.size()[0] as usize;
        let planes: anyhow::Result<Vec<Plane>> =
            (0..n.min(MOST_MAPS) as i64).map(|channel| plane(&y.get(channel))).collect();
        return Ok((planes?, n));
    }
    let values = numbers(&y)?;
    let width = values.len().clamp(1, 32);
    let height = values.len().div_ceil(width);
    let mut padded = values;
    padded.resize(width * height, f32::NAN);
    Ok((vec![Plane { width, height, values: padded }], 1))
}

/// The weights of each convolution: of the first one as they look at the picture, of others their first channel's.
fn filters(network: &Network) -> anyhow::Result<Vec<Maps>> {
    let mut all = Vec::new();
    for placed in &network.layers {
        if !matches!(placed.layer, Layer::Conv { .. } | Layer::Depthwise { .. }) {
            continue;
        }
        let wanted = format!("{}.weight", placed.prefix());
        let Some((_, weight)) = network.parameters.iter().find(|(name, _)| *name == wanted) else { continue };
        let n = weight.size()[0];
        let planes: anyhow::Result<Vec<Plane>> =
            (0..n.min(MOST_MAPS as i64)).map(|filter| plane(&weight.get(filter).get(0))).collect();
        all.push(Maps { name: placed.name(), kind: placed.layer.describe(), n: n as usize, planes: planes? });
    }
    Ok(all)
}

fn spread(name: &str, first: &Tensor, now: &Tensor) -> anyhow::Result<Spread> {
    let (first, now) = (numbers(first)?, numbers(now)?);
    let both = || first.iter().chain(&now).filter(|value| value.is_finite());
    let low = both().copied().fold(f32::INFINITY, f32::min);
    let high = both().copied().fold(f32::NEG_INFINITY, f32::max);
    let (low, high) = if low < high { (low, high) } else { (-1.0, 1.0) };
    let shares = |values: &[f32]| {
        let mut bars = vec![0.0; BARS];
        for value in values.iter().filter(|value| value.is_finite()) {
            let at = ((value - low) / (high - low) * BARS as f32) as usize;
            bars[at.min(BARS - 1)] += 1.0 / values.len() as f32;
        }
        bars
    };
    let n = now.len().max(1) as f32;
    let mean = now.iter().sum::<f32>() / n;
    let deviation = (now.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / n).sqrt();
    Ok(Spread {
        name: name.to_owned(),
        range: [low, high],
        first: shares(&first),
        now: shares(&now),
        mean_deviation: [mean, deviation],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::file::{ModelMeta, write};
    use crate::models::lenet5::Lenet5;
    use crate::models::{Architecture, Input};
    use crate::recipe::{Recipe, to_ron};

    fn reader(folder: &std::path::Path, model: Architecture) -> anyhow::Result<Reader> {
        let input = Input { channels: 1, height: 28, width: 28, classes: 10 };
        let (path, seed) = (folder.join("model.safetensors"), Recipe::default().train.seed);
        let parameters: Vec<(String, Tensor)> = match model.numbers(10) {
            Some(design) => NumberNetwork::new(&design, input, seed)?
                .parameters()
                .map(|(n, t)| (n.clone(), t.shallow_clone()))
                .collect(),
            None => Network::new(&model, input, seed)?.parameters,
        };
        let meta = ModelMeta {
            recipe: to_ron(&Recipe { model, ..Recipe::default() })?,
            classes: (0..10).map(|n| n.to_string()).collect(),
            channels: 1,
            height: 28,
            width: 28,
            data: String::new(),
            program: String::new(),
            epoch: 0.0,
            step: 0,
            accuracy: None,
        };
        write(&path, &meta, &parameters)?;
        Ok(Reader::open(&path)?)
    }

    fn bar() -> Vec<u8> {
        (0..784).map(|at| if (12..16).contains(&(at % 28)) { 250 } else { 0 }).collect()
    }

    #[test]
    fn what_pixels_say_adds_up_to_what_is_said() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let reader = reader(folder.path(), Architecture::Lenet5(Lenet5::default()))?;
        let inside = reader.inside(&bar())?;
        let Net::Classes(network) = &reader.network else { anyhow::bail!("it tells classes") };
        let [image, black] = [bar(), vec![0; 784]].map(|pixels| network.predict(&pixels, 1));
        let (image, black) = (image?, black?);
        let class = crate::reader::likeliest(&image).0;
        let wanted = f64::from(image[class]).ln() - f64::from(black[class]).ln();
        let found: f32 = inside.saliency.values.iter().sum();
        // Completeness, the axiom of integrated gradients.
        assert!((f64::from(found) - wanted).abs() < 0.02 * wanted.abs().max(0.05), "{found} {wanted}");
        // Black pixels say nothing, and covering them takes nothing away.
        assert!(inside.saliency.values[0] == 0.0 && inside.occlusion.values[0].abs() < 1e-6);
        assert!(inside.occlusion.values.iter().any(|lost| lost.abs() > 1e-5));
        assert_eq!((inside.occlusion.width, inside.occlusion.values.len()), (14, 196));
        assert_eq!(inside.filters[0].planes.len(), inside.filters[0].n);
        assert!(inside.activations.iter().any(|maps| maps.name == "Dense 3"));
        // It has not learned: its weights are as the seed drew them.
        assert!(
            inside.weights.iter().all(|spread| spread.first == spread.now && spread.name.ends_with("weight"))
        );
        assert!(reader.inside(&[0; 5]).is_err());
        Ok(())
    }

    #[test]
    fn networks_that_read_numbers_are_looked_into_too() -> anyhow::Result<()> {
        use crate::knobs::Choice as _;
        for name in ["sequence", "sequence_recurrent", "sequence_ctc"] {
            let folder = tempfile::tempdir()?;
            let mut model = Architecture::default();
            assert!(model.choose(name));
            let inside = reader(folder.path(), model)?.inside(&bar())?;
            assert!(inside.saliency.values.iter().all(|v| v.is_finite()), "{name}");
            assert!(!inside.activations.is_empty() && !inside.filters.is_empty(), "{name}");
        }
        Ok(())
    }
}
