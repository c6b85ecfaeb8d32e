//! Tables of results, one trial a row: the tutorial's `results.csv`, with what a sweep knows besides.

use super::super::space::Axis;
use super::super::study::{State, Study};
use super::names;

/// The trials that are over, in order: the varied settings under the tutorial's names, what came of them, seconds of
/// the trial, seconds from the study's beginning to its end, number and state. A metric that was not measured is empty.
pub fn to_csv(study: &Study) -> Result<String, csv::Error> {
    let axes: Vec<&Axis> = study.sweep.space.varied().collect();
    let metrics: Vec<&str> =
        study.sweep.objectives.iter().map(|objective| objective.metric.as_str()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut titles: Vec<String> = Vec::new();
    for axis in &axes {
        // Two settings may have the same last name.
        let title = names::column(axis);
        titles.push(if titles.contains(&title) { axis.path.clone() } else { title });
    }
    titles.extend(metrics.iter().map(|metric| (*metric).to_owned()));
    titles.extend(["epochs_done", "seconds", "elapsed", "trial", "state", "why"].map(str::to_owned));
    writer.write_record(&titles)?;
    for trial in study.trials.iter().filter(|trial| trial.state().is_over()) {
        let mut row: Vec<String> = axes.iter().map(|axis| names::cell(axis, &trial.point)).collect();
        let last = trial.reports.last().map(|report| &report.metrics);
        let measured = |metric: &str| {
            let own = trial.metrics.as_ref().and_then(|metrics| metrics.get(metric));
            own.or_else(|| last?.get(metric)).filter(|x| x.is_finite())
        };
        row.extend(metrics.iter().map(|metric| measured(metric).map(|x| x.to_string()).unwrap_or_default()));
        row.push(epochs(study.epochs(trial)));
        row.push(tenths(trial.secs));
        let elapsed = trial.ended_at.zip(study.began_at).map(|(end, began)| tenths(end - began));
        row.push(elapsed.unwrap_or_default());
        row.push(trial.id.to_string());
        row.push(trial.state().label().to_lowercase());
        row.push(if trial.state() == State::Complete {
            String::new()
        } else {
            trial.why.clone().unwrap_or_default()
        });
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Epochs with at most two places, as few as it takes.
fn epochs(done: f64) -> String {
    ((done * 100.0).round() / 100.0).to_string()
}

fn tenths(secs: f64) -> String {
    format!("{secs:.1}")
}

#[cfg(test)]
mod tests {
    use super::super::super::space::{Range, Space, Value};
    use super::super::super::spec::Sweep;
    use super::super::super::strategy::{Grid, Strategy};
    use super::super::super::study::testing::finish;
    use super::*;

    #[test]
    fn results_are_a_table_with_the_tutorials_columns() -> Result<(), csv::Error> {
        let sweep = Sweep {
            space: Space(vec![
                Axis::new("model.conv_kernel_size", Range::Choice(vec![3.into(), 5.into()])),
                Axis::new("optim.name", Range::Choice(vec![Value::from("adam"), Value::from("sgd")])),
            ]),
            strategy: Strategy::Grid(Grid::default()),
            ..Sweep::default()
        };
        let study = finish(sweep, 1, |point, _| match point.to_string().contains("sgd") {
            true => Err("too big, says the tool".to_owned()),
            false => Ok(0.5),
        })
        .study;
        let table = to_csv(&study)?;
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "kernel_size,optimizer,accuracy,epochs_done,seconds,elapsed,trial,state,why");
        assert!(
            lines[1].starts_with("3,adam,0.5,12,12.0,") && lines[1].ends_with(",1,complete,"),
            "{}",
            lines[1]
        );
        assert!(lines[2].starts_with("3,sgd,,1,1.0,"), "it failed in its first epoch: {}", lines[2]);
        assert!(lines[2].ends_with(",2,failed,\"too big, says the tool\""), "{}", lines[2]);
        assert_eq!(lines.len(), 5);
        Ok(())
    }
}
