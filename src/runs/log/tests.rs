//! Logs that are written come back, those of others are read, and bad ones are told.

use super::*;
use crate::recipe::Recipe;
use crate::runs::{Point, Workspace};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn log() -> Log {
    let mut log = Log { name: "A, \"run\"".to_owned(), ended: "finished".to_owned(), ..Log::default() };
    log.settings = flat(&mut Recipe::default());
    let mut add = |split, metric: &str, step: u64, value: f64| {
        let epoch = step as f64 / 10.0;
        let point = Point { step, epoch, trained_secs: step as f64, at: 1000.0 + step as f64, value };
        log.curves.entry((split, metric.to_owned())).or_default().push(point);
    };
    for step in [5, 10, 15, 20] {
        add(Split::Train, "loss", step, if step == 10 { f64::NAN } else { 1.0 / step as f64 });
    }
    for (step, accuracy) in [(10, 0.5), (20, 0.75)] {
        add(Split::Valid, "accuracy", step, accuracy);
    }
    add(Split::Test, "accuracy", 20, 0.7);
    log
}

fn values(log: &Log, split: Split, metric: &str) -> Vec<(u64, f64)> {
    let series = log.curves.get(&(split, metric.to_owned()));
    series.map(|s| s.points().iter().map(|p| (p.step, p.value)).collect()).unwrap_or_default()
}

#[test]
fn each_format_comes_back() -> Outcome {
    let folder = tempfile::tempdir()?;
    let [csv, json, board] = ["a.csv", "a.json", "board"].map(|name| folder.path().join(name));
    std::fs::write(&csv, to_csv(&log()))?;
    std::fs::write(&json, to_json(&log()).to_string())?;
    write_tensorboard(&log(), "run-1", &board)?;
    for path in [&csv, &json, &board] {
        let read = read(path)?;
        let [read] = read.as_slice() else { panic!("one run: {read:?}") };
        let loss = values(read, Split::Train, "loss");
        assert_eq!(loss.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [5, 10, 15, 20], "{path:?}");
        assert!(loss[1].1.is_nan() && (loss[3].1 - 0.05).abs() < 1e-7, "{path:?} {loss:?}");
        assert_eq!(values(read, Split::Valid, "accuracy"), [(10, 0.5), (20, 0.75)], "{path:?}");
        assert_eq!(values(read, Split::Test, "accuracy").len(), 1, "{path:?}");
    }
    assert_eq!(read(&csv)?[0].name, "A, \"run\"");
    let mut settings = log().settings;
    settings.sort();
    assert_eq!(read(&json)?[0].settings, settings);
    // Steps of epochs are worked out from those of the batches.
    let series = &read(&board)?[0].curves[&(Split::Valid, "accuracy".to_owned())];
    assert_eq!(series.points()[1].epoch, 2.0);
    Ok(())
}

#[test]
fn logs_of_others_are_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map(|()| path)
    };
    // Keras's CSVLogger, with a step that went wrong.
    let keras = file(
        "keras.csv",
        "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.9,0.3,0.95,nan\n1,0.95,,0.97,0.1\n",
    )?;
    let log = &read(&keras)?[0];
    assert_eq!(values(log, Split::Train, "accuracy"), [(1, 0.9), (2, 0.95)]);
    assert_eq!(values(log, Split::Train, "loss"), [(1, 0.3)]);
    assert!(values(log, Split::Valid, "loss")[0].1.is_nan());
    assert!(log.warnings.iter().any(|warning| warning.contains("epoch counts as one step")));
    // Lightning's has a line for each kind of metric.
    let lightning = "epoch,step,train_loss_step,val_acc\n0,49,0.5,\n0,99,0.4,\n0,99,,0.9\n";
    let log = &read(&file("metrics.csv", lightning)?)?[0];
    assert_eq!(values(log, Split::Train, "loss"), [(49, 0.5), (99, 0.4)]);
    assert_eq!(values(log, Split::Valid, "accuracy"), [(99, 0.9)]);
    // A History dumped by Python, with what is no JSON.
    let history = r#"{"loss": [0.5, NaN, 0.2], "val_accuracy": [0.9, 0.91, 0.92], "lr": [0.1, 0.1, 0.01]}"#;
    let log = &read(&file("history.json", history)?)?[0];
    assert_eq!(values(log, Split::Valid, "accuracy").len(), 3);
    assert!(values(log, Split::Train, "loss")[1].1.is_nan());
    assert_eq!(values(log, Split::Train, "lr")[2], (3, 0.01));
    // Keras's TensorBoard callback: two folders, numbers as tensors, epochs from 0.
    let board = folder.path().join("logs");
    for (part, accuracy) in [("train", [0.8_f32, 0.9]), ("validation", [0.7, 0.75])] {
        let mut bytes = Vec::new();
        for (step, value) in (0..).zip(accuracy) {
            let tensor =
                Some(proto::Tensor { dtype: 1, content: value.to_le_bytes().to_vec(), ..Default::default() });
            let value = proto::Value { tag: "epoch_accuracy".to_owned(), tensor, ..Default::default() };
            let summary = Some(proto::Summary { value: vec![value] });
            let event = proto::Event { wall_time: 5.0, step, summary, ..Default::default() };
            record::append(&mut bytes, &prost::Message::encode_to_vec(&event));
        }
        std::fs::create_dir_all(board.join(part))?;
        std::fs::write(board.join(part).join("events.out.tfevents.1.host.v2"), bytes)?;
    }
    let logs = read(&board)?;
    assert_eq!((logs.len(), logs[0].name.as_str()), (1, "logs"));
    let series = |split| &logs[0].curves[&(split, "accuracy".to_owned())];
    assert_eq!(series(Split::Train).points().iter().map(|p| p.epoch).collect::<Vec<_>>(), [1.0, 2.0]);
    assert_eq!(series(Split::Valid).points()[1].value, 0.75);
    Ok(())
}

#[test]
fn what_is_no_log_is_told() -> Outcome {
    let folder = tempfile::tempdir()?;
    let newer = r#"{"format": "digit-workbench-log", "version": 2}"#;
    let cases: [(&str, &[u8], &str); 8] = [
        ("a.json", newer.as_bytes(), "version 2"),
        ("b.json", b"{\"a\": ", "no JSON"),
        ("c.json", b"{\"a\": \"b\"}", "neither"),
        ("d.csv", b"a,b\nx,y\n", "columns of numbers"),
        ("e.csv", &[0xff, 0xfe, 0], "no text"),
        ("f.csv", b"", "columns of numbers"),
        ("events.out.tfevents.1.h", b"nonsense that is long enough to be a record", "no numbers"),
        ("g.csv", b"run,split,metric,step,epoch,trained_secs,at,value\n", "no numbers"),
    ];
    for (name, bytes, says) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        let error = read(&path).expect_err(name).to_string();
        assert!(error.contains(says) && error.contains(name), "{name}: {error}");
    }
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty)?;
    assert!(read(&empty).expect_err("nothing in it").to_string().contains("no event file"));
    assert!(matches!(read(&folder.path().join("absent")), Err(LogError::Io { .. })));
    Ok(())
}

#[test]
fn an_imported_run_is_a_run_without_a_recipe() -> Outcome {
    let folder = tempfile::tempdir()?;
    let workspace = Workspace::new(folder.path().to_owned());
    let settings = vec![("learning_rate".to_owned(), "0.1".to_owned()), ("odd".to_owned(), "x".to_owned())];
    let run = workspace.import(&Log { settings, ..log() }, std::path::Path::new("logs"))?;
    assert_eq!(workspace.runs(), [run.clone()]);
    let imported = run.imported().ok_or("it says so")?;
    assert_eq!(imported.settings[0], ("optim.lr".to_owned(), "0.1".to_owned()));
    assert!(run.recipe().expect_err("there is none").to_string().contains("imported"));
    let (history, tail) = run.history()?;
    assert_eq!(tail.n_skipped, 0);
    assert_eq!(history.best.map(|best| (best.step, best.accuracy)), Some((20, 0.75)));
    assert_eq!(history.curve(Split::Train, "loss").map(|s| s.points().len()), Some(4));
    assert_eq!(run.status(&history).label(), "Finished");
    let own = Log::of(&run, &history);
    assert_eq!((own.name.as_str(), own.ended.as_str()), ("A, \"run\"", "finished"));
    Ok(())
}
