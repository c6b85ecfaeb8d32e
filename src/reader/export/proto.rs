//! The messages of an ONNX file that are written here: a part of `onnx.proto` of IR version 8.
//!
//! Source: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>. The file is Protocol Buffers' binary form.

use prost::Message;

/// Numbers of `TensorProto.DataType`.
pub const FLOAT: i32 = 1;
/// Bytes without sign.
pub const UINT8: i32 = 2;
/// Whole numbers of 64 bits.
pub const INT64: i32 = 7;

/// The file.
#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    /// Version of these messages.
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// The program that wrote it.
    #[prost(string, tag = "2")]
    pub producer_name: String,
    /// Its version.
    #[prost(string, tag = "3")]
    pub producer_version: String,
    /// What it is, for people.
    #[prost(string, tag = "6")]
    pub doc_string: String,
    /// The network.
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    /// The operators' versions.
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetId>,
    /// Whatever else is to be known.
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<StringEntry>,
}

/// A list of operators of one version.
#[derive(Clone, PartialEq, Message)]
pub struct OperatorSetId {
    /// Empty for ONNX's own.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// Their version.
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// A name and what it stands for.
#[derive(Clone, PartialEq, Message)]
pub struct StringEntry {
    /// The name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// What it stands for.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Nodes in the order of computing, and the numbers that they use.
#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    /// What is computed.
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    /// The network's name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Weights and other constants.
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    /// What goes in.
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    /// What comes out.
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
}

/// One operation.
#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    /// Names of its inputs.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// Names of its outputs.
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// Its own name.
    #[prost(string, tag = "3")]
    pub name: String,
    /// "Conv".
    #[prost(string, tag = "4")]
    pub op_type: String,
    /// Its settings.
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
}

/// A setting of an operation.
#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    /// What it is called.
    #[prost(string, tag = "1")]
    pub name: String,
    /// A fraction.
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    /// A whole number.
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    /// A word.
    #[prost(bytes = "vec", tag = "4")]
    pub s: Vec<u8>,
    /// A list of whole numbers.
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    /// Which of them it is: 1 for a fraction, 2 for a whole number, 3 for a word, 7 for a list of those.
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

/// Numbers in a shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    /// The shape.
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    /// [`FLOAT`] or [`INT64`].
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// What it is called.
    #[prost(string, tag = "8")]
    pub name: String,
    /// The numbers, lowest byte first.
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
}

/// The name and kind of something that goes in or comes out.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfo {
    /// What it is called.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its kind.
    #[prost(message, optional, tag = "2")]
    pub kind: Option<TypeProto>,
    /// What it means.
    #[prost(string, tag = "3")]
    pub doc_string: String,
}

/// A kind of value: only tensors here.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    /// A tensor.
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

/// A kind of number in a shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    /// [`FLOAT`], [`UINT8`] or [`INT64`].
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// The shape.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<ShapeProto>,
}

/// A shape.
#[derive(Clone, PartialEq, Message)]
pub struct ShapeProto {
    /// Its sides.
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

/// A side: a number, or a name for one that is not fixed.
#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
    /// A fixed one.
    #[prost(int64, optional, tag = "1")]
    pub dim_value: Option<i64>,
    /// One that is not.
    #[prost(string, optional, tag = "2")]
    pub dim_param: Option<String>,
}
