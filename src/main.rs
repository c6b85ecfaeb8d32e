//! The program: joins the window and the commands, which do not know each other. Everything else is in the library.

use digit_workbench::work::{LaunchOptions, launch, launch_sweep};
use digit_workbench::{cli, ui};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let started = Instant::now();
    cli::leave(cli::main(|globals| window(globals, started), frames))
}

/// How long frames of the workspace take, for `bench plots`.
fn frames(globals: &cli::Globals, n: usize) -> anyhow::Result<Vec<Value>> {
    let round = |ms: f64| (ms * 100.0).round() / 100.0;
    let lines = ui::bench::frames(globals.workspace(), n)?.into_iter().map(|it| {
        json!({
            "bench": "plots", "while": it.what, "frames": n, "least_ms": round(it.least_ms),
            "p50_ms": round(it.p50_ms), "p95_ms": round(it.p95_ms), "cpu_mean_ms": it.cpu_mean_ms.map(round), "of_that_triangles_ms": round(it.tessellate_ms),
            "vertices": it.n_vertices,
        })
    });
    Ok(lines.collect())
}

/// Opens the window; the figures returned are of its frames.
fn window(globals: &cli::Globals, started: Instant) -> anyhow::Result<Value> {
    let workspace = globals.workspace();
    let options =
        LaunchOptions { program: None, data: Vec::new(), workspace: Some(workspace.root().to_owned()) };
    let sweep_options = options.clone();
    let stats = ui::run(ui::Options {
        workspace,
        places: globals.places(),
        launcher: Arc::new(move |run, places| {
            let options = LaunchOptions { data: places.folders.clone(), ..options.clone() };
            Ok(launch(run, &options).map(drop)?)
        }),
        sweeper: Arc::new(move |study, places| {
            let options = LaunchOptions { data: places.folders.clone(), ..sweep_options.clone() };
            Ok(launch_sweep(study, &options).map(drop)?)
        }),
        frame_stats: globals.frame_stats,
        started,
    })?;
    let figures = stats.map(|s| {
        json!({
            "text": s.to_string(), "first_frame_secs": s.first_frame_secs, "frames": s.n_frames,
            "p50_ms": s.p50_ms, "p95_ms": s.p95_ms, "p99_ms": s.p99_ms, "max_ms": s.max_ms,
            "over_budget": s.n_over_budget,
        })
    });
    Ok(figures.unwrap_or_else(|| json!({})))
}
