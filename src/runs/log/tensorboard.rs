//! TensorBoard's event files: one file a run, with curves and hyperparameters in it.
//!
//! Tags are those of TensorBoard's own examples: `epoch_loss` and `epoch_accuracy` (of the validation images, by
//! epoch), `batch_loss` and `batch_accuracy` (of training, by step), and `test_...`. Hyperparameters are in the same
//! file, so that they belong to the same run.

use super::proto::{
    Data, Event, Experiment, HParamInfo, HParams, Histo, Kind, Metadata, MetricInfo, MetricName, PluginData,
    SessionEnd, SessionLog, SessionStart, Setting, Summary, Value,
};
use super::{Log, names, record};
use crate::disk::write_atomically;
use crate::runs::{Histogram, Point, Split};
use prost::Message as _;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What the first record says.
const FILE_VERSION: &str = "brain.Event:2";
/// The plugin of hyperparameters.
const PLUGIN: &str = "hparams";

/// Writes the event file into a folder, which is made; other event files there would be read as the same run.
/// Returns the file.
pub fn write(log: &Log, id: &str, folder: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let times = || log.curves.values().flat_map(|series| series.points().iter().map(|p| p.at));
    let (first, last) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
    let first = if first.is_finite() { first } else { 0.0 };
    let mut file = Vec::new();
    let mut add = |event: &Event| record::append(&mut file, &event.encode_to_vec());
    add(&Event { wall_time: first, file_version: Some(FILE_VERSION.to_owned()), ..Event::default() });
    add(&Event { wall_time: first, session_log: Some(SessionLog { status: 1 }), ..Event::default() });
    let tags: Vec<String> = log.curves.keys().map(|(split, metric)| tag(*split, metric)).collect();
    let start = start(log, id, first);
    add(&hparams(first, "_hparams_/experiment", Data::Experiment(experiment(&start, &tags, first))));
    add(&hparams(first, "_hparams_/session_start_info", Data::Start(start)));
    let mut values: Vec<(i64, &Point, &String)> = Vec::new();
    for (((split, _), series), tag) in log.curves.iter().zip(&tags) {
        // As in Keras, what is measured after each epoch is numbered by epoch.
        let step = |p: &Point| if *split == Split::Valid { p.epoch.ceil() as i64 } else { p.step as i64 };
        values.extend(series.points().iter().map(|p| (step(p), p, tag)));
    }
    values.sort_by(|a, b| a.1.at.total_cmp(&b.1.at).then(a.0.cmp(&b.0)));
    for (step, point, tag) in values {
        let value = Value { tag: tag.clone(), simple_value: Some(point.value as f32), ..Value::default() };
        add(&Event {
            wall_time: point.at,
            step,
            summary: Some(Summary { value: vec![value] }),
            ..Event::default()
        });
    }
    for told in &log.histograms {
        let of = |what: &str, name: &str, histogram: &Histogram| Value {
            tag: format!("{what}/{name}"),
            histo: Some(histo(histogram)),
            ..Value::default()
        };
        let each = told.parameters.iter().flat_map(|parameter| {
            let gradients = parameter.gradients.as_ref().map(|one| of("gradients", &parameter.name, one));
            std::iter::once(of("weights", &parameter.name, &parameter.weights)).chain(gradients)
        });
        let summary = Some(Summary { value: each.collect() });
        add(&Event { wall_time: told.at, step: told.epoch.ceil() as i64, summary, ..Event::default() });
    }
    let status = match log.ended.as_str() {
        "finished" | "stopped" => 1,
        "failed" | "interrupted" => 2,
        _ => 3,
    };
    let end = SessionEnd { status, end_time_secs: last };
    add(&hparams(last, "_hparams_/session_end_info", Data::End(end)));
    let host: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let path = folder.join(format!("events.out.tfevents.{}.{host}", first as u64));
    write_atomically(&path, &file)?;
    Ok(path)
}

fn histo(histogram: &Histogram) -> Histo {
    let n = histogram.n() as f64;
    let (mean, deviation) = (f64::from(histogram.mean), f64::from(histogram.deviation));
    Histo {
        min: f64::from(histogram.range[0]),
        max: f64::from(histogram.range[1]),
        num: n,
        sum: mean * n,
        sum_squares: (deviation * deviation + mean * mean) * n,
        bucket_limit: (1..=histogram.counts.len()).map(|bar| f64::from(histogram.edge(bar))).collect(),
        bucket: histogram.counts.iter().map(|count| *count as f64).collect(),
    }
}

fn tag(split: Split, metric: &str) -> String {
    match (split, metric) {
        (Split::Train, "lr" | "images_per_s") => metric.to_owned(),
        (Split::Train, metric) => format!("batch_{metric}"),
        (Split::Valid, metric) => format!("epoch_{metric}"),
        (Split::Test, metric) => format!("test_{metric}"),
    }
}

fn hparams(at: f64, tag: &str, data: Data) -> Event {
    let content = HParams { version: 0, data: Some(data) }.encode_to_vec();
    let plugin_data = Some(PluginData { plugin_name: PLUGIN.to_owned(), content });
    let metadata = Some(Metadata { plugin_data, data_class: 0 });
    let value = Value { tag: tag.to_owned(), metadata, ..Value::default() };
    Event { wall_time: at, summary: Some(Summary { value: vec![value] }), ..Event::default() }
}

fn start(log: &Log, id: &str, at: f64) -> SessionStart {
    let setting = |value: &str| match (value.parse::<f64>(), value) {
        (Ok(number), _) if number.is_finite() => Kind::Number(number),
        (_, "true") => Kind::Flag(true),
        (_, "false") => Kind::Flag(false),
        _ => Kind::Text(value.to_owned()),
    };
    let each = log.short_settings();
    let hparams = each.into_iter().map(|(name, value)| (name, Setting { kind: Some(setting(&value)) }));
    // Named by the run, or TensorBoard would take two runs of one recipe for one trial.
    SessionStart { hparams: hparams.collect(), group_name: id.to_owned(), start_time_secs: at }
}

fn experiment(start: &SessionStart, tags: &[String], at: f64) -> Experiment {
    let kind = |setting: &Setting| match setting.kind {
        Some(Kind::Number(_)) => 3,
        Some(Kind::Flag(_)) => 2,
        _ => 1,
    };
    let info = |(name, setting): (&String, &Setting)| HParamInfo { name: name.clone(), kind: kind(setting) };
    let metric = |tag: &String| MetricInfo {
        name: Some(MetricName { group: String::new(), tag: tag.clone() }),
        display_name: tag.replace('_', " "),
    };
    let shown = |tag: &&String| tag.starts_with("epoch_") || tag.starts_with("test_");
    Experiment {
        time_created_secs: at,
        hparam_infos: start.hparams.iter().map(info).collect(),
        metric_infos: tags.iter().filter(shown).map(metric).collect(),
    }
}

/// Takes the records of one event file in; `folder` is the split that its subfolder names, if it names one.
pub fn take(log: &mut Log, file: &[u8], folder: Option<Split>) {
    let (records, left_out) = record::records(file);
    if left_out {
        log.skip("the end of an event file, which is torn off or damaged");
    }
    for data in records {
        let Ok(event) = Event::decode(data) else {
            log.skip("records that cannot be understood");
            continue;
        };
        // What an interrupted program told of later steps did not happen.
        if event.session_log.is_some_and(|session| session.status == 1) && event.step > 0 {
            for series in log.curves.values_mut() {
                series.truncate_after((event.step - 1) as u64);
            }
        }
        for value in event.summary.into_iter().flat_map(|summary| summary.value) {
            let plugin = value.metadata.as_ref().and_then(|metadata| metadata.plugin_data.as_ref());
            if let Some(plugin) = plugin.filter(|plugin| plugin.plugin_name == PLUGIN) {
                take_settings(log, &plugin.content);
                continue;
            }
            let number = value.simple_value.map(f64::from);
            let Some(number) = number.or_else(|| value.tensor.as_ref()?.number()) else { continue };
            let step = event.step.max(0) as u64;
            let by_epoch = value.tag.starts_with("epoch_");
            let point = Point {
                step,
                epoch: if by_epoch { step as f64 } else { 0.0 },
                trained_secs: 0.0,
                at: event.wall_time,
                value: number,
            };
            log.curves.entry(names::meant(&value.tag, folder)).or_default().push(point);
        }
    }
}

fn take_settings(log: &mut Log, content: &[u8]) {
    let Ok(HParams { data: Some(Data::Start(start)), .. }) = HParams::decode(content) else { return };
    let hparams: BTreeMap<String, Setting> = start.hparams;
    for (name, setting) in hparams {
        let value = match setting.kind {
            Some(Kind::Number(number)) => number.to_string(),
            Some(Kind::Flag(flag)) => flag.to_string(),
            Some(Kind::Text(text)) => text,
            None => continue,
        };
        log.settings.retain(|(known, _)| *known != name);
        log.settings.push((name, value));
    }
}
