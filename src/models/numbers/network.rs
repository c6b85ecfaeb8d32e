//! A network that reads whole numbers, built from its design: trunk, head and their parameters.

use super::super::dropout::Dropout;
use super::super::init::Init;
use super::super::network::{Network, Statistics, check_parameters};
use super::super::summary::{Input, LayerRow, Param, Placed, ShapeError, Summary, lay};
use super::Design;
use super::head::{Head, HeadPart, Scores, list};
use super::place;
use super::reading::Reading;
use super::truth::Truth;
use crate::data::random::Stream;
use anyhow::Context as _;
use tch::{Device, Kind, Tensor};

/// Pictures that go through at once while reading.
const CHUNK: usize = 128;

/// Layers of the trunk in their places, and the parts of the head behind them.
pub fn plan(design: &Design, input: Input) -> Result<(Vec<Placed>, Vec<HeadPart>), ShapeError> {
    let input = seen(design, input);
    let trunk = lay(&design.trunk, input)?;
    let features =
        trunk.last().map_or_else(|| vec![input.channels, input.height, input.width], |p| p.output.clone());
    let fail = |message| ShapeError { layer: "Head".to_owned(), message };
    let mut parts = design.head.parts(&features, input.classes, design.longest).map_err(fail)?;
    if let Some(place) = &design.place {
        parts.extend(place.parts(&features).map_err(fail)?);
    }
    Ok((trunk, parts))
}

/// What the trunk sees of a picture.
fn seen(design: &Design, input: Input) -> Input {
    match design.crop {
        Some(side) => Input { height: side.min(input.height), width: side.min(input.width), ..input },
        None => input,
    }
}

impl Design {
    /// Shapes and counts of every layer and every part of the head, or the first that cannot work.
    pub fn summary(&self, input: Input) -> Result<Summary, ShapeError> {
        let (trunk, parts) = plan(self, input)?;
        let learned = |params: &[Param]| params.iter().filter(|p| p.learns()).map(Param::len).sum();
        let of_trunk = trunk.iter().map(|placed| LayerRow {
            name: placed.name(),
            kind: placed.layer.describe(),
            output: placed.output.clone(),
            params: learned(&placed.params),
        });
        let of_head = parts.iter().map(|part| LayerRow {
            name: part.name.to_owned(),
            kind: part.kind.clone(),
            output: part.output.clone(),
            params: learned(&part.params),
        });
        let cut = self.crop.map(|side| LayerRow {
            name: "Crop".to_owned(),
            kind: "At random while training, of the middle while reading".to_owned(),
            output: vec![input.channels, side.min(input.height), side.min(input.width)],
            params: 0,
        });
        let rows: Vec<LayerRow> = cut.into_iter().chain(of_trunk).chain(of_head).collect();
        let params = rows.iter().map(|row| row.params).sum();
        Ok(Summary { rows, params })
    }
}

/// How pictures go through.
pub struct Pass<'a> {
    /// Gives the draws of the dropout layer at an index, or `None` to leave it out.
    pub dropout: &'a dyn Fn(usize, f64) -> Option<Dropout>,
    /// What is written on the pictures, while training: batch norms then use the batch itself.
    pub truth: Option<&'a Truth>,
}

/// What is said of pictures that went through.
pub struct Said {
    /// By the head.
    pub scores: Scores,
    /// Where the number is on each, `[n, 4]`: column and row of the middle, width and height, as shares of the picture's
    /// sides. `None` where that is not asked for.
    pub boxes: Option<Tensor>,
    /// What batch norms found, while training.
    pub statistics: Vec<Statistics>,
}

/// Trunk and head with their parameters.
pub struct NumberNetwork {
    /// What goes in and how many classes of character there are.
    pub input: Input,
    /// Its design.
    pub design: Design,
    trunk: Network,
    head: Vec<(String, Tensor)>,
}

impl NumberNetwork {
    /// With first weights from the seed, on the processor.
    pub fn new(design: &Design, input: Input, seed: u64) -> anyhow::Result<Self> {
        let (layers, parts) = plan(design, input)?;
        let draw = |name: String, param: &Param, init: Init| {
            let size: Vec<i64> = param.shape.iter().map(|&n| n as i64).collect();
            let first = Tensor::from_slice(&init.draw(seed, &name, param)).view(size.as_slice());
            (name, first)
        };
        let of_trunk = layers.iter().flat_map(|p| p.params.iter().map(|param| (p.prefix(), param)));
        let parameters = of_trunk
            .map(|(prefix, param)| draw(format!("{prefix}.{}", param.name), param, design.init))
            .collect();
        let of_head = parts.iter().flat_map(|part| part.params.iter().map(|param| (part.prefix, param)));
        // What is behind ReLU wants other first weights than what a softmax or a gate follows.
        let head = of_head
            .map(|(prefix, param)| {
                let rectified = matches!(prefix, "columns" | "context" | "position" | "where" | "around");
                let init = if rectified { design.init } else { Init::Glorot };
                draw(format!("{prefix}.{}", param.name), param, init)
            })
            .collect();
        let trunk = Network { input: seen(design, input), layers, parameters };
        Ok(Self { input, design: design.clone(), trunk, head })
    }

    /// Everything it carries, by name, in PyTorch's layouts; what gradients change is for [`Network::learns`] to say.
    pub fn parameters(&self) -> impl Iterator<Item = &(String, Tensor)> {
        self.trunk.parameters.iter().chain(&self.head)
    }

    /// The same, to be put elsewhere.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut (String, Tensor)> {
        self.trunk.parameters.iter_mut().chain(&mut self.head)
    }

    /// The layers before the head.
    pub fn trunk(&self) -> &Network {
        &self.trunk
    }

    /// What the head carries, by name, and behind it what says the number's place.
    pub fn head(&self) -> &[(String, Tensor)] {
        &self.head
    }

    /// What says the number's place carries, by name.
    pub fn place(&self) -> &[(String, Tensor)] {
        let n = if self.design.place.is_some() { place::PARAMETERS } else { 0 };
        &self.head[self.head.len() - n..]
    }

    /// What is read on each picture of which this was said, and where.
    pub fn readings(&self, said: &Said) -> anyhow::Result<Vec<Reading>> {
        let mut readings = self.design.head.read(&said.scores, self.input.classes)?;
        if let Some(boxes) = &said.boxes {
            for (reading, middle) in readings.iter_mut().zip(list(boxes)?.chunks(4)) {
                reading.place = Some(place::area(middle));
            }
        }
        Ok(readings)
    }

    /// Rows and columns that are left of a picture when it is cut out.
    pub fn cut(&self) -> [usize; 2] {
        let cut = seen(&self.design, self.input);
        [cut.height, cut.width]
    }

    /// Copies parameters over; every one must be there in its shape, and none beside them.
    pub fn load(&mut self, parameters: &[(String, Tensor)]) -> anyhow::Result<()> {
        let own: Vec<(String, Tensor)> =
            self.parameters().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        check_parameters(&own, parameters)?;
        for (name, own) in self.parameters_mut() {
            let (_, theirs) = parameters.iter().find(|(n, _)| n == name).context("checked above")?;
            tch::no_grad(|| own.f_copy_(&theirs.to_kind(Kind::Float)))?;
        }
        Ok(())
    }

    /// What is said of pixels `[n, channels, height, width]` between 0 and 1, as the trunk sees them (cut out); `seen` is
    /// shown each output of the trunk.
    pub fn scores(
        &self,
        pixels: &Tensor,
        pass: &Pass<'_>,
        seen: &mut dyn FnMut(&Placed, &Tensor),
    ) -> anyhow::Result<Said> {
        let (features, statistics) = match pass.truth {
            Some(_) => self.trunk.logits_of_batch(pixels, pass.dropout, seen)?,
            None => (self.trunk.logits(pixels, pass.dropout, seen)?, Vec::new()),
        };
        let params: Vec<&Tensor> = self.head.iter().map(|(_, tensor)| tensor).collect();
        let (head, place) = params.split_at(params.len() - self.place().len());
        let scores = self.design.head.scores(&features, head, self.design.longest, pass.truth)?;
        let boxes = self.design.place.map(|_| place::boxes(&features, place)).transpose()?;
        Ok(Said { scores, boxes, statistics })
    }

    /// Moves the running means of batch norms towards what they found.
    pub fn follow(&mut self, statistics: &[Statistics]) -> anyhow::Result<()> {
        self.trunk.follow(statistics)
    }

    /// Takes over dropout rates and what reading does from a design whose layers are otherwise the same; false if
    /// they are not.
    pub fn configure(&mut self, design: &Design) -> bool {
        let Ok((layers, _)) = plan(design, self.input) else { return false };
        use super::super::layers::Layer;
        let same = |(a, b): (&Placed, &Placed)| match (a.layer, b.layer) {
            (Layer::Dropout { .. }, Layer::Dropout { .. }) => true,
            (a, b) => a == b,
        };
        let alike = match (self.design.head, design.head) {
            (Head::Ctc { hidden: a, .. }, Head::Ctc { hidden: b, .. })
            | (Head::Attention { hidden: a, .. }, Head::Attention { hidden: b, .. }) => a == b,
            (a, b) => a == b,
        };
        let fits = layers.len() == self.trunk.layers.len() && self.trunk.layers.iter().zip(&layers).all(same);
        let placed = design.place.map(|place| place.hidden) == self.design.place.map(|place| place.hidden);
        if fits && alike && placed {
            self.trunk.layers = layers;
            self.design = design.clone();
        }
        fits && alike && placed
    }

    /// What is written on `n` pictures of bytes of the network's size, laid out as [`crate::data::Samples`] has them.
    pub fn read(&self, pixels: &[u8], n: usize) -> anyhow::Result<Vec<Reading>> {
        let image = pixels.len() / n.max(1);
        let mut all = Vec::with_capacity(n);
        for chunk in pixels.chunks((CHUNK * image).max(1)) {
            all.extend(tch::no_grad(|| {
                let pixels = self.pixels(chunk, None)?;
                let pass = Pass { dropout: &|_, _| None, truth: None };
                self.readings(&self.scores(&pixels, &pass, &mut |_, _| ())?)
            })?);
        }
        Ok(all)
    }

    /// What the head is told of `n` pictures of bytes, picture after picture, and how many numbers that is for each; of
    /// rows and columns the mean of each column.
    pub fn features(&self, pixels: &[u8], n: usize) -> anyhow::Result<(Vec<f32>, usize)> {
        let image = pixels.len() / n.max(1);
        let mut features = Vec::new();
        for chunk in pixels.chunks((CHUNK * image).max(1)) {
            let told = tch::no_grad(|| -> anyhow::Result<Tensor> {
                let pixels = self.pixels(chunk, None)?;
                let told = self.trunk.logits(&pixels, &|_, _| None, &mut |_, _| ())?;
                Ok(if told.dim() == 4 {
                    told.f_mean_dim([2_i64].as_slice(), false, Kind::Float)?
                } else {
                    told
                })
            })?;
            let told = told.f_to_kind(Kind::Float)?.f_to_device(Device::Cpu)?;
            features.extend(Vec::<f32>::try_from(told.f_reshape([-1])?)?);
        }
        let width = features.len() / n.max(1);
        Ok((features, width))
    }

    /// Bytes of whole pictures as a tensor of values between 0 and 1, where the parameters are, cut out: where `draw`
    /// says for the picture at an index, or of the middle.
    pub fn pixels(&self, bytes: &[u8], draw: Option<&dyn Fn(usize) -> Stream>) -> anyhow::Result<Tensor> {
        let Input { channels, height, width, .. } = self.input;
        let cut = seen(&self.design, self.input);
        let size = [-1, channels as i64, cut.height as i64, cut.width as i64];
        let (_, first) = self.parameters().next().context("a network without parameters")?;
        let bytes = match self.design.crop {
            None => Tensor::f_from_slice(bytes)?,
            Some(_) => {
                let mut out = Vec::with_capacity(bytes.len());
                for (i, image) in bytes.chunks_exact(channels * height * width).enumerate() {
                    let (spare_x, spare_y) = (width - cut.width, height - cut.height);
                    let (left, top) = match draw {
                        None => (spare_x / 2, spare_y / 2),
                        Some(draw) => {
                            let mut stream = draw(i);
                            let mut below = |n: usize| stream.below(n as u32 + 1) as usize;
                            (below(spare_x), below(spare_y))
                        }
                    };
                    for plane in image.chunks_exact(height * width) {
                        for row in plane.chunks_exact(width).skip(top).take(cut.height) {
                            out.extend_from_slice(&row[left..left + cut.width]);
                        }
                    }
                }
                Tensor::f_from_slice(&out)?
            }
        };
        let mut pixels = bytes.f_to_device(first.device())?.f_to_kind(Kind::Float)?;
        Ok(pixels.f_div_scalar_(255.0)?.f_view(size)?)
    }

    /// Where it computes.
    pub fn device(&self) -> Device {
        self.head.first().map_or(Device::Cpu, |(_, tensor)| tensor.device())
    }
}
