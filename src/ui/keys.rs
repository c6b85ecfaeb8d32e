//! Keys: from the list of commands to what was pressed.

use crate::app::{App, Command, Keys, LISTED};
use egui::{Context, Key, KeyboardShortcut, Modifiers};

/// Pushes a command for every key pressed. Keys without Ctrl are text while something is typed into.
pub fn pressed(ctx: &Context, app: &App, commands: &mut Vec<Command>) {
    let typing = ctx.egui_wants_keyboard_input();
    let writing = ctx.text_edit_focused();
    if app.overlay.is_some() {
        if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            commands.push(Command::Close);
        }
        return;
    }
    // Those with more modifiers first: Ctrl+Z would take Ctrl+Shift+Z for its own.
    let mut bound: Vec<_> = LISTED.iter().filter_map(|listed| Some((listed, listed.keys?))).collect();
    bound.sort_by_key(|(_, keys)| !keys.shift);
    for (listed, keys) in bound {
        if typing && !keys.ctrl {
            continue;
        }
        // Where boxes are put right, Delete is theirs: no run must go to the trash by it.
        if app.camera.teach.is_some() && listed.command == Command::Trash {
            continue;
        }
        // What is typed is taken back letter by letter, by the field itself.
        if writing && matches!(listed.command, Command::Undo | Command::Redo) {
            continue;
        }
        if is_pressed(ctx, keys) {
            commands.push(listed.command.clone());
        }
    }
}

fn is_pressed(ctx: &Context, keys: Keys) -> bool {
    let Some(key) = Key::from_name(keys.key) else { return false };
    if key == Key::Questionmark {
        // Where a keyboard puts "?" is its own affair, so Shift and the like are not looked at.
        let typed = |event: &egui::Event| matches!(event, egui::Event::Text(text) if text == "?");
        return ctx.input(|input| input.events.iter().any(typed));
    }
    let mut modifiers = Modifiers::NONE;
    modifiers.command = keys.ctrl;
    modifiers.shift = keys.shift;
    if !keys.ctrl && ctx.input(|input| input.modifiers.any()) {
        return false;
    }
    ctx.input_mut(|input| input.consume_shortcut(&KeyboardShortcut::new(modifiers, key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_there_is_has_a_name_that_egui_knows() {
        for keys in LISTED.iter().filter_map(|listed| listed.keys) {
            assert!(Key::from_name(keys.key).is_some(), "{}", keys.key);
        }
    }
}
