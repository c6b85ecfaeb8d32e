//! What only the drawing needs to know from frame to frame. Nothing here is ever saved or decides anything.

use super::frames::Frames;

/// Memory of the drawing itself.
#[derive(Default)]
pub struct Memory {
    /// What is typed into the palette or into a name's field.
    pub typed: String,
    /// The line marked in the palette.
    pub marked: usize,
    /// Whether the field that just appeared still has to be given the keyboard.
    pub fresh: bool,
    /// How long frames took.
    pub frames: Frames,
}
