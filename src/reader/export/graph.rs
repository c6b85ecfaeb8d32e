//! An ONNX graph as it grows: operations one after another, each named after what it belongs to.

use super::proto::{
    AttributeProto, Dimension, FLOAT, GraphProto, INT64, NodeProto, ShapeProto, TensorProto, TensorType,
    TypeProto, ValueInfo,
};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// The name of something computed or given.
pub type Name = String;

/// The graph so far.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    inputs: Vec<ValueInfo>,
    outputs: Vec<ValueInfo>,
    /// How often each name was asked for: no two things may have one.
    used: BTreeMap<String, usize>,
    /// What the operations that follow belong to: "conv2d_1".
    pub scope: String,
}

/// A setting that is a whole number.
pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: Some(value), kind: 2, ..AttributeProto::default() }
}

/// A setting that is a fraction.
pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), f: Some(value), kind: 1, ..AttributeProto::default() }
}

/// A setting that is a word.
pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        s: value.as_bytes().to_vec(),
        kind: 3,
        ..AttributeProto::default()
    }
}

/// A setting that is a list of whole numbers.
pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { name: name.to_owned(), ints: values.to_vec(), kind: 7, ..AttributeProto::default() }
}

impl Graph {
    fn fresh(&mut self, what: &str) -> Name {
        let wanted = if self.scope.is_empty() { what.to_owned() } else { format!("{}.{what}", self.scope) };
        let n = self.used.entry(wanted.clone()).or_default();
        *n += 1;
        if *n == 1 { wanted } else { format!("{wanted}_{n}") }
    }

    /// Adds an operation with one output and returns the output's name.
    pub fn op(&mut self, kind: &str, inputs: &[&str], settings: Vec<AttributeProto>) -> Name {
        let name = self.fresh(&kind.to_lowercase());
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: kind.to_owned(),
            attribute: settings,
        });
        name
    }

    /// Adds weights or other fractions.
    ///
    /// # Errors
    /// Where libtorch does not hand the numbers out.
    pub fn weights(&mut self, what: &str, tensor: &Tensor) -> anyhow::Result<Name> {
        let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
        let values = Vec::<f32>::try_from(tensor.f_reshape([-1])?)?;
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let name = self.fresh(what);
        self.constants.push(TensorProto {
            dims: tensor.size(),
            data_type: FLOAT,
            name: name.clone(),
            raw_data,
        });
        Ok(name)
    }

    /// Adds one fraction.
    pub fn number(&mut self, what: &str, value: f32) -> Name {
        let name = self.fresh(what);
        let raw_data = value.to_le_bytes().to_vec();
        self.constants.push(TensorProto { dims: Vec::new(), data_type: FLOAT, name: name.clone(), raw_data });
        name
    }

    /// Adds a list of fractions.
    pub fn fractions(&mut self, what: &str, values: &[f32]) -> Name {
        let name = self.fresh(what);
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let dims = vec![values.len() as i64];
        self.constants.push(TensorProto { dims, data_type: FLOAT, name: name.clone(), raw_data });
        name
    }

    /// Adds one whole number.
    pub fn whole(&mut self, what: &str, value: i64) -> Name {
        let name = self.fresh(what);
        let raw_data = value.to_le_bytes().to_vec();
        self.constants.push(TensorProto { dims: Vec::new(), data_type: INT64, name: name.clone(), raw_data });
        name
    }

    /// Adds a list of whole numbers, such as axes or a shape.
    pub fn list(&mut self, what: &str, values: &[i64]) -> Name {
        let name = self.fresh(what);
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let dims = vec![values.len() as i64];
        self.constants.push(TensorProto { dims, data_type: INT64, name: name.clone(), raw_data });
        name
    }

    /// Declares something that goes in; its first side is the number of images.
    pub fn input(&mut self, name: &str, elem_type: i32, shape: &[i64], meaning: &str) -> Name {
        self.inputs.push(value(name, elem_type, shape, meaning));
        name.to_owned()
    }

    /// Declares something computed as an output under a name of its own.
    pub fn output(&mut self, computed: &str, name: &str, elem_type: i32, shape: &[i64], meaning: &str) {
        self.nodes.push(NodeProto {
            input: vec![computed.to_owned()],
            output: vec![name.to_owned()],
            name: format!("output.{name}"),
            op_type: "Identity".to_owned(),
            attribute: Vec::new(),
        });
        self.outputs.push(value(name, elem_type, shape, meaning));
    }

    /// The finished graph.
    pub fn finish(self, name: &str) -> GraphProto {
        GraphProto {
            node: self.nodes,
            name: name.to_owned(),
            initializer: self.constants,
            input: self.inputs,
            output: self.outputs,
        }
    }
}

/// A side of any length: columns of a picture or of what is said of it.
pub const COLUMNS: i64 = -1;
/// A side of any length: rows of a picture.
pub const ROWS: i64 = -2;
/// A side of any length: cells of all grids.
pub const CELLS: i64 = -3;

/// `[images, ...shape]`, where the number of images is left open, and other sides where they are given so.
fn value(name: &str, elem_type: i32, shape: &[i64], meaning: &str) -> ValueInfo {
    let open = Dimension { dim_value: None, dim_param: Some("images".to_owned()) };
    let named = |name: &str| Dimension { dim_value: None, dim_param: Some(name.to_owned()) };
    let sides = shape.iter().map(|side| match *side {
        COLUMNS => named("columns"),
        ROWS => named("rows"),
        CELLS => named("cells"),
        side => Dimension { dim_value: Some(side), dim_param: None },
    });
    let shape = ShapeProto { dim: std::iter::once(open).chain(sides).collect() };
    let tensor = TensorType { elem_type, shape: Some(shape) };
    ValueInfo {
        name: name.to_owned(),
        kind: Some(TypeProto { tensor: Some(tensor) }),
        doc_string: meaning.to_owned(),
    }
}
