//! The recipe on the Train page operated as a user does: by the words on it, without pixels.

use crate::app::testing::app;
use crate::app::{Command, Tab};
use crate::models::Architecture;
use crate::models::custom::Custom;
use crate::models::detector::Detector;
use crate::recipe::Recipe;
use crate::ui::Window;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;

fn open(home: &Path, model: Architecture) -> Harness<'static, Window> {
    let mut app = app(home);
    let recipe = Box::new(Recipe { model, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Train));
    let mut harness = Harness::builder()
        .with_size([1280.0, 1400.0])
        .with_max_steps(8)
        .build_eframe(|creation| Window::new(app, &creation.egui_ctx));
    harness.run_steps(3);
    harness
}

fn recipe(harness: &Harness<'_, Window>) -> Recipe {
    harness.state().app().draft.recipe().clone()
}

#[test]
fn layers_are_typed_and_a_slip_leaves_them_as_they_were() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut harness = open(folder.path(), Architecture::Custom(Custom::default()));
    let before = recipe(&harness);
    // Each layer says what it is and what it makes.
    assert!(harness.query_by_label("Layer 5: Convolution, 32×14×14").is_some());
    harness.get_by_label("Text").click();
    harness.run_steps(3);
    let mut typed = |text: &str| {
        harness.get_by_label("Layers as text").focus();
        harness.run_steps(2);
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        harness.get_by_label("Layers as text").type_text(text);
        harness.run_steps(3);
        let told = harness.query_by_label_contains("The layers are as they were before").is_some();
        let Architecture::Custom(custom) = recipe(&harness).model else { return (told, 0) };
        (told, custom.layers.len())
    };
    assert_eq!(typed("[conv(filters: 8), flatten()]"), (true, 9));
    assert_eq!(typed("[conv(filters: 8), skip(), conv(filters: 8, same: true), add()]"), (false, 4));
    assert_eq!(typed("[conv(filters: 8), skip("), (true, 4));
    // All that was typed in one go is one step.
    harness.state_mut().command(Command::Undo);
    harness.run_steps(3);
    assert_eq!(recipe(&harness), before);
    Ok(())
}

#[test]
fn data_that_does_not_fit_is_told_with_what_would() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut harness = open(folder.path(), Architecture::Detector(Detector::default()));
    let since = std::time::Instant::now();
    while harness.query_by_label("Use House-number scenes").is_none() {
        assert!(since.elapsed() < std::time::Duration::from_secs(30), "it never came");
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(harness.query_by_label_contains("has no boxes of digits").is_some());
    harness.get_by_label("Use House-number scenes").click();
    harness.run_steps(3);
    assert_eq!(recipe(&harness).misfit(), None);
    Ok(())
}
