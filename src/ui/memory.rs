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
    /// Small pictures of images.
    pub thumbs: super::tabs::data::thumbs::Thumbs,
    /// The drawing of the user's own picture.
    pub own: super::tabs::inspect::own::Memory,
    /// How long frames took.
    pub frames: Frames,
}
