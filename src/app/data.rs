//! What the window knows of data sets. (The sets themselves arrive with their readers.)

/// Something to do about data sets.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Looks again for what is there.
    Look,
}
