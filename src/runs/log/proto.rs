//! The messages of TensorBoard's event files that are written and read here.
//!
//! Sources: `tensorboard/compat/proto/{event,summary,tensor}.proto`, `tensorboard/plugins/hparams/{api,plugin_data}.proto`
//! and `google/protobuf/struct.proto`, all of TensorBoard 2.20.

use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// One record.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// Steps done.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// In the first record alone: "brain.Event:2".
    #[prost(string, optional, tag = "3")]
    pub file_version: Option<String>,
    /// Values.
    #[prost(message, optional, tag = "5")]
    pub summary: Option<Summary>,
    /// A program that starts anew: what was told of later steps before did not happen.
    #[prost(message, optional, tag = "7")]
    pub session_log: Option<SessionLog>,
}

/// Values of one step.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// One after another.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// A value under a tag.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    /// The tag.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// As PyTorch and others write numbers.
    #[prost(float, optional, tag = "2")]
    pub simple_value: Option<f32>,
    /// How many numbers are spread.
    #[prost(message, optional, tag = "5")]
    pub histo: Option<Histo>,
    /// As TensorFlow 2 writes them.
    #[prost(message, optional, tag = "8")]
    pub tensor: Option<Tensor>,
    /// What shows it.
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<Metadata>,
}

/// How numbers are spread (`HistogramProto`): each bar ends where the next one begins.
#[derive(Clone, PartialEq, Message)]
pub struct Histo {
    /// The least.
    #[prost(double, tag = "1")]
    pub min: f64,
    /// The greatest.
    #[prost(double, tag = "2")]
    pub max: f64,
    /// How many there are.
    #[prost(double, tag = "3")]
    pub num: f64,
    /// Their sum.
    #[prost(double, tag = "4")]
    pub sum: f64,
    /// The sum of their squares.
    #[prost(double, tag = "5")]
    pub sum_squares: f64,
    /// Where each bar ends.
    #[prost(double, repeated, tag = "6")]
    pub bucket_limit: Vec<f64>,
    /// How many lie in each.
    #[prost(double, repeated, tag = "7")]
    pub bucket: Vec<f64>,
}

/// Numbers in a shape, of which only single ones are looked at.
#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    /// 1 for 32 bits, 2 for 64.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// The numbers' bytes.
    #[prost(bytes = "vec", tag = "4")]
    pub content: Vec<u8>,
    /// Or the numbers.
    #[prost(float, repeated, tag = "5")]
    pub floats: Vec<f32>,
    /// Or the numbers of 64 bits.
    #[prost(double, repeated, tag = "6")]
    pub doubles: Vec<f64>,
}

impl Tensor {
    /// The number, where there is but one.
    pub fn number(&self) -> Option<f64> {
        match (self.dtype, self.floats.as_slice(), self.doubles.as_slice(), self.content.as_slice()) {
            (1, [one], ..) => Some(f64::from(*one)),
            (2, _, [one], _) => Some(*one),
            (1, _, _, bytes) => Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
            (2, _, _, bytes) => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
            _ => None,
        }
    }
}

/// What shows a value.
#[derive(Clone, PartialEq, Message)]
pub struct Metadata {
    /// The plugin and what it wants to know.
    #[prost(message, optional, tag = "1")]
    pub plugin_data: Option<PluginData>,
    /// What kind of data: 1 for numbers.
    #[prost(int32, tag = "4")]
    pub data_class: i32,
}

/// A plugin and what it wants to know.
#[derive(Clone, PartialEq, Message)]
pub struct PluginData {
    /// "hparams".
    #[prost(string, tag = "1")]
    pub plugin_name: String,
    /// Its own message.
    #[prost(bytes = "vec", tag = "2")]
    pub content: Vec<u8>,
}

/// A program that starts or ends.
#[derive(Clone, PartialEq, Message)]
pub struct SessionLog {
    /// 1 for a start.
    #[prost(int32, tag = "1")]
    pub status: i32,
}

/// What the hparams plugin wants to know.
#[derive(Clone, PartialEq, Message)]
pub struct HParams {
    /// Always 0.
    #[prost(int32, tag = "1")]
    pub version: i32,
    /// Which of several.
    #[prost(oneof = "Data", tags = "2, 3, 4")]
    pub data: Option<Data>,
}

/// One of the messages of the hparams plugin.
#[derive(Clone, PartialEq, Oneof)]
pub enum Data {
    /// Which hyperparameters and metrics there are.
    #[prost(message, tag = "2")]
    Experiment(Experiment),
    /// The run's hyperparameters.
    #[prost(message, tag = "3")]
    Start(SessionStart),
    /// How it ended.
    #[prost(message, tag = "4")]
    End(SessionEnd),
}

/// Which hyperparameters and metrics there are.
#[derive(Clone, PartialEq, Message)]
pub struct Experiment {
    /// When it was made, seconds since 1970.
    #[prost(double, tag = "3")]
    pub time_created_secs: f64,
    /// Hyperparameters.
    #[prost(message, repeated, tag = "4")]
    pub hparam_infos: Vec<HParamInfo>,
    /// Metrics.
    #[prost(message, repeated, tag = "5")]
    pub metric_infos: Vec<MetricInfo>,
}

/// A hyperparameter.
#[derive(Clone, PartialEq, Message)]
pub struct HParamInfo {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// 1 for text, 2 for yes or no, 3 for numbers.
    #[prost(int32, tag = "4")]
    pub kind: i32,
}

/// A metric.
#[derive(Clone, PartialEq, Message)]
pub struct MetricInfo {
    /// Where it is found.
    #[prost(message, optional, tag = "1")]
    pub name: Option<MetricName>,
    /// As shown.
    #[prost(string, tag = "3")]
    pub display_name: String,
}

/// Where a metric is found.
#[derive(Clone, PartialEq, Message)]
pub struct MetricName {
    /// The subfolder.
    #[prost(string, tag = "1")]
    pub group: String,
    /// The tag.
    #[prost(string, tag = "2")]
    pub tag: String,
}

/// The run's hyperparameters.
#[derive(Clone, PartialEq, Message)]
pub struct SessionStart {
    /// By name.
    #[prost(btree_map = "string, message", tag = "1")]
    pub hparams: BTreeMap<String, Setting>,
    /// What tells it from others of the same hyperparameters.
    #[prost(string, tag = "4")]
    pub group_name: String,
    /// When it began, seconds since 1970.
    #[prost(double, tag = "5")]
    pub start_time_secs: f64,
}

/// How it ended.
#[derive(Clone, PartialEq, Message)]
pub struct SessionEnd {
    /// 1 for success, 2 for failure, 3 while it runs.
    #[prost(int32, tag = "1")]
    pub status: i32,
    /// When, seconds since 1970.
    #[prost(double, tag = "2")]
    pub end_time_secs: f64,
}

/// `google.protobuf.Value`, as far as hyperparameters go.
#[derive(Clone, PartialEq, Message)]
pub struct Setting {
    /// One of three kinds.
    #[prost(oneof = "Kind", tags = "2, 3, 4")]
    pub kind: Option<Kind>,
}

/// A kind of setting.
#[derive(Clone, PartialEq, Oneof)]
pub enum Kind {
    /// A number.
    #[prost(double, tag = "2")]
    Number(f64),
    /// Text.
    #[prost(string, tag = "3")]
    Text(String),
    /// Yes or no.
    #[prost(bool, tag = "4")]
    Flag(bool),
}
