//! Parameters in one flat tensor: what gradients change, then the running means; weights of convolutions lie with
//! their channels last, which the processor's convolutions are faster with.

use crate::models::Network;
use anyhow::Context as _;
use tch::{Device, Kind, Tensor};

/// Where each parameter lies.
pub struct Layout {
    /// Name, shape in PyTorch's order, place of the first number; in the network's order.
    entries: Vec<(String, Vec<i64>, i64)>,
    /// How many numbers gradients change.
    pub learned: i64,
}

impl Layout {
    /// For parameters in the network's order.
    pub fn new<'a>(parameters: impl Iterator<Item = &'a (String, Tensor)>) -> Self {
        let all: Vec<(String, Vec<i64>)> = parameters.map(|(name, t)| (name.clone(), t.size())).collect();
        let length = |size: &[i64]| size.iter().product::<i64>();
        let learned =
            all.iter().filter(|(name, _)| Network::learns(name)).map(|(_, size)| length(size)).sum();
        let (mut next, mut next_other) = (0, learned);
        let entries = all
            .into_iter()
            .map(|(name, size)| {
                let start = if Network::learns(&name) { &mut next } else { &mut next_other };
                let place = *start;
                *start += length(&size);
                (name, size, place)
            })
            .collect();
        Self { entries, learned }
    }

    /// Names and shapes.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[i64])> {
        self.entries.iter().map(|(name, size, _)| (name.as_str(), size.as_slice()))
    }

    /// Where each parameter that gradients change begins, and its shape as it lies there: outputs first, and of
    /// convolutions the channels last.
    pub fn wholes(&self) -> impl Iterator<Item = (i64, Vec<i64>)> {
        let learned = self.entries.iter().filter(|(name, ..)| Network::learns(name));
        learned.map(|(_, size, place)| match size[..] {
            [o, i, h, w] => (*place, vec![o, h, w, i]),
            _ => (*place, size.clone()),
        })
    }

    /// One flat tensor of named tensors: all of them, or only those that gradients change.
    pub fn flat<'a>(&self, named: impl Iterator<Item = &'a (String, Tensor)>) -> anyhow::Result<Tensor> {
        let named: Vec<&(String, Tensor)> = named.collect();
        let find = |name: &str| named.iter().find(|(n, _)| n == name).map(|(_, tensor)| tensor);
        let mut ordered: Vec<_> = self.entries.iter().filter(|(name, ..)| find(name).is_some()).collect();
        ordered.sort_by_key(|(.., place)| *place);
        let lists: anyhow::Result<Vec<Tensor>> = ordered
            .into_iter()
            .map(|(name, size, _)| {
                let tensor = find(name).context("it was found before")?.to_kind(Kind::Float);
                let laid = if size.len() == 4 { tensor.f_permute([0, 2, 3, 1])? } else { tensor };
                Ok(laid.f_contiguous()?.f_view([-1])?)
            })
            .collect();
        Ok(Tensor::f_cat(&lists?, 0)?)
    }

    /// The view of a flat tensor that an entry is, in PyTorch's shape.
    fn view(flat: &Tensor, size: &[i64], place: i64) -> anyhow::Result<Tensor> {
        let part = flat.f_narrow(0, place, size.iter().product())?;
        Ok(match size {
            &[o, i, h, w] => part.f_view([o, h, w, i])?.f_permute([0, 3, 1, 2])?,
            _ => part.f_view(size)?,
        })
    }

    /// Makes a network's parameters views of the flat tensor: leaves of their own to autograd.
    pub fn bind<'a>(
        &self,
        flat: &Tensor,
        parameters: impl Iterator<Item = &'a mut (String, Tensor)>,
    ) -> anyhow::Result<()> {
        for ((name, own), (_, size, place)) in parameters.zip(&self.entries) {
            *own = Self::view(flat, size, *place)?.f_detach()?.f_set_requires_grad(Network::learns(name))?;
        }
        Ok(())
    }

    /// Copies of a flat tensor's parts by name, in PyTorch's layouts on the processor; those that it is too short for
    /// are left out.
    pub fn cut(&self, flat: &Tensor) -> Vec<(String, Tensor)> {
        let whole = flat.numel() as i64;
        let inside =
            self.entries.iter().filter(|(_, size, place)| place + size.iter().product::<i64>() <= whole);
        inside
            .filter_map(|(name, size, place)| {
                let part = Self::view(flat, size, *place).ok()?;
                // A copy, because on the processor the move would share memory that goes on changing.
                let copied = part.detach().to_device(Device::Cpu).contiguous().copy();
                Some((name.clone(), copied))
            })
            .collect()
    }
}
