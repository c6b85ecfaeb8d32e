//! How long the program works for a frame of the Compare page, measured without a screen: everything but what the
//! graphics card does.

use super::Window;
use crate::app::compare::Panel;
use crate::app::{App, Command, Parts, Tab};
use crate::data::Places;
use crate::runs::{Event, Metrics, Progress, Workspace};
use crate::work::watch::Sight;
use egui::{
    Context, Event as Input, Modifiers, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, pos2, vec2,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pixels of the window.
const SIZE: [f32; 2] = [1280.0, 800.0];
/// The part of the window that the plot fills, as shares of it.
const PLOT: [f32; 4] = [0.15, 0.62, 0.95, 0.9];
/// Frames that are drawn before the first one counts: fonts are made and curves worked out.
const WARM: usize = 10;

/// What happens while frames are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    Still,
    Pointer,
    Zoom,
    Grows,
}

const SCENES: [(Scene, &str); 4] = [
    (Scene::Still, "nothing moves"),
    (Scene::Pointer, "the pointer moves over the plot"),
    (Scene::Grows, "one of the runs goes on"),
    (Scene::Zoom, "zooming, everything worked out anew"),
];

/// How long frames took, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameTimes {
    /// What happened meanwhile.
    pub what: &'static str,
    /// The fastest frame, from input to triangles.
    pub least_ms: f64,
    /// Half of them took at most so long.
    pub p50_ms: f64,
    /// 95 of 100 took at most so long.
    pub p95_ms: f64,
    /// What a frame took of one core's time in the mean, whatever other programs did meanwhile, where that can be told.
    pub cpu_mean_ms: Option<f64>,
    /// Of the median frame, what it took to make triangles of shapes.
    pub tessellate_ms: f64,
    /// Corners of the triangles that the graphics card is given.
    pub n_vertices: usize,
}

/// Draws `n` frames for each thing that may happen, with every run of the workspace on one plot.
///
/// # Errors
/// Where the runs never come.
pub fn frames(workspace: Workspace, n: usize) -> anyhow::Result<Vec<FrameTimes>> {
    let mut app = opened(workspace)?;
    app.apply(Command::Show(Tab::Compare));
    app.settings.metrics = vec!["accuracy".to_owned()];
    app.settings.compare.panel = Panel::Curves;
    let ids: Vec<String> = app.runs.list().iter().map(|run| run.id.clone()).collect();
    for id in ids {
        app.apply(Command::Plot(id, true));
    }
    let ctx = Context::default();
    let mut bench = Bench { window: Window::new(app, &ctx), ctx, n_drawn: 0 };
    Ok(SCENES.iter().map(|(scene, what)| bench.times(*scene, what, n)).collect())
}

fn opened(workspace: Workspace) -> anyhow::Result<App> {
    let cache = workspace.root().join("cache");
    let mut app = App::open(Parts {
        workspace,
        places: Places { folders: Vec::new(), cache },
        launcher: Arc::new(|_, _| Ok(())),
        sweeper: Arc::new(|_, _| Ok(())),
        waker: crate::work::no_waker(),
        home: None,
        clock: crate::runs::now,
    });
    let since = Instant::now();
    while !app.runs.complete {
        app.drain(Duration::from_millis(4));
        anyhow::ensure!(since.elapsed() < Duration::from_secs(300), "the runs never came");
    }
    Ok(app)
}

struct Bench {
    window: Window,
    ctx: Context,
    n_drawn: u64,
}

impl Bench {
    fn times(&mut self, scene: Scene, what: &'static str, n: usize) -> FrameTimes {
        let mut n_vertices = 0;
        let mut took = Vec::with_capacity(n);
        let mut before = None;
        for i in 0..n + WARM {
            if i == WARM {
                before = cpu_ms();
            }
            let [update, tessellate, vertices] = self.frame(scene, i);
            if i >= WARM {
                took.push((update + tessellate, tessellate));
                n_vertices = n_vertices.max(vertices as usize);
            }
        }
        let cpu_ms = cpu_ms().zip(before).map(|(after, before)| after - before);
        took.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = |share: f64| {
            let place = (took.len().saturating_sub(1) as f64 * share) as usize;
            took.get(place).copied().unwrap_or_default()
        };
        FrameTimes {
            what,
            least_ms: at(0.0).0,
            p50_ms: at(0.5).0,
            p95_ms: at(0.95).0,
            cpu_mean_ms: cpu_ms.map(|ms| ms / n.max(1) as f64),
            tessellate_ms: at(0.5).1,
            n_vertices,
        }
    }

    /// Milliseconds to draw a frame and to make triangles of it, and the corners of those.
    fn frame(&mut self, scene: Scene, i: usize) -> [f64; 3] {
        self.n_drawn += 1;
        if scene == Scene::Grows {
            self.grow();
        }
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE.into())),
            time: Some(self.n_drawn as f64 / 60.0),
            events: events(scene, i),
            ..RawInput::default()
        };
        let began = Instant::now();
        self.window.work(&self.ctx);
        let window = &mut self.window;
        let output = self.ctx.run_ui(input, |ui| window.draw(ui));
        let updated = began.elapsed();
        let egui::FullOutput { shapes, pixels_per_point, mut textures_delta, .. } = output;
        // Nothing is painted, so no texture has to be there.
        textures_delta.clear();
        let drawn = self.ctx.tessellate(shapes, pixels_per_point);
        let all = began.elapsed();
        let vertices = drawn.iter().map(|primitive| match &primitive.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
            egui::epaint::Primitive::Callback(_) => 0,
        });
        let n_vertices = vertices.sum::<usize>() as f64;
        [updated.as_secs_f64() * 1e3, (all - updated).as_secs_f64() * 1e3, n_vertices]
    }

    /// One of the runs tells of another step.
    fn grow(&mut self) {
        let app = self.window.app_mut();
        let Some((run, history)) = app.runs.list().first().map(|run| (run.dir.clone(), &run.history)) else {
            return;
        };
        let step = history.step + 1;
        let event = Event::Progress(Progress {
            at: crate::runs::now(),
            step,
            epoch: 5.0,
            total_steps: step,
            trained_secs: 60.0,
            metrics: Metrics::from([("loss", 0.1), ("accuracy", 0.95)]),
        });
        app.runs.take(Sight::Events(run, vec![event]));
    }
}

/// Milliseconds that this thread had a core for, as Linux counts them.
fn cpu_ms() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse::<f64>().ok().map(|ns| ns / 1e6)
}

/// What the user does in that frame.
fn events(scene: Scene, i: usize) -> Vec<Input> {
    let [left, top, right, bottom] = PLOT;
    let along = (i % 97) as f32 / 97.0;
    let at = pos2(
        SIZE[0] * (left + (right - left) * along),
        SIZE[1] * (top + (bottom - top) * ((i % 31) as f32 / 31.0)),
    );
    match scene {
        Scene::Still | Scene::Grows => vec![Input::PointerGone],
        Scene::Pointer => vec![Input::PointerMoved(at)],
        Scene::Zoom => {
            // In and out again, so that every frame shows another part.
            let turned = if (i / 20).is_multiple_of(2) { 12.0 } else { -12.0 };
            let wheel = Input::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, turned),
                phase: TouchPhase::Move,
                source: egui::MouseWheelSource::Unknown,
                modifiers: Modifiers::ALT,
            };
            let middle = pos2(SIZE[0] * 0.5, SIZE[1] * 0.75);
            vec![Input::PointerMoved(middle), Input::ModifiersChanged(Modifiers::ALT), wheel]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Recipe, to_ron};

    #[test]
    fn frames_are_drawn_whatever_happens() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace::new(folder.path().to_owned());
        let run = workspace.runs_dir().join("20260101-000000-one");
        std::fs::create_dir_all(&run)?;
        std::fs::write(run.join("recipe.ron"), to_ron(&Recipe::default())?)?;
        std::fs::write(run.join("events.jsonl"), "")?;
        let told = frames(workspace, 3)?;
        assert_eq!(told.len(), SCENES.len());
        for times in told {
            assert!(times.n_vertices > 100, "{times:?}");
            assert!(times.least_ms <= times.p50_ms && times.p50_ms <= times.p95_ms, "{times:?}");
        }
        Ok(())
    }
}
