//! What a page draws from and answers with: the state to read, a list for commands, and the memory of the drawing itself.

use super::icons::Icon;
use super::memory::Memory;
use super::widgets::{Action, Weight};
use crate::app::{App, Command};
use egui::Ui;

/// Handed to everything that draws.
pub struct View<'a> {
    /// The state, to be read.
    pub app: &'a App,
    /// What only the drawing needs to know: caches, text being typed.
    pub memory: &'a mut Memory,
    commands: &'a mut Vec<Command>,
}

impl<'a> View<'a> {
    /// A view of `app` that asks for `commands`.
    pub fn new(app: &'a App, memory: &'a mut Memory, commands: &'a mut Vec<Command>) -> Self {
        Self { app, memory, commands }
    }

    /// Asks for something to be done, after this frame is drawn.
    pub fn ask(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// A button for a listed command: its words, tooltip, keys and, greyed, the reason why not.
    pub fn button(&mut self, ui: &mut Ui, icon: Icon, weight: Weight, command: &Command) -> bool {
        let listed = command.listed();
        let label = listed.map_or("?", |listed| listed.label);
        let mut tooltip = listed.map_or(String::new(), |listed| listed.tooltip.to_owned());
        if let Some(keys) = listed.and_then(|listed| listed.keys) {
            tooltip = format!("{tooltip} ({})", keys.label());
        }
        let reason = self.app.why_not(command);
        let pressed = Action::new(icon, label).weight(weight).tooltip(&tooltip).reason(reason).show(ui);
        if pressed {
            self.ask(command.clone());
        }
        pressed
    }

    /// The same with an icon only.
    pub fn icon_button(&mut self, ui: &mut Ui, icon: Icon, command: &Command) {
        let listed = command.listed();
        let label = listed.map_or("?", |listed| listed.label);
        let keys = listed.and_then(|listed| listed.keys).map(|keys| format!(" ({})", keys.label()));
        let tooltip = format!("{}{}", listed.map_or("", |listed| listed.tooltip), keys.unwrap_or_default());
        if Action::icon(icon, label).tooltip(&tooltip).reason(self.app.why_not(command)).show(ui) {
            self.ask(command.clone());
        }
    }
}
