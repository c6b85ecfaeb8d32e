//! Networks that read whole numbers: a trunk of layers, and a head that says how long the number is and which
//! characters it has. One file an architecture and one a head.

mod attention;
mod ctc;
mod decode;
mod head;
mod network;
pub mod number;
pub mod number_ctc;
pub mod number_located;
pub mod number_residual;
mod place;
mod positions;
mod reading;
mod recurrent;
#[cfg(test)]
mod reference;
mod resize;
pub mod sequence;
pub mod sequence_attention;
pub mod sequence_ctc;
pub mod sequence_recurrent;
mod trunk;
mod truth;

pub use head::{Head, HeadPart, Scores};
pub use network::{NumberNetwork, Pass, Said, plan};
pub use place::Place;
pub use reading::Reading;
pub use recurrent::Cell;
pub use resize::{Frame, resized};
pub use truth::Truth;

use super::init::Init;
use super::layers::Layer;

/// What an architecture that reads whole numbers says of itself: plain data, to be counted, drawn and built from.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// What every picture is brought to before it goes in; `None` for pictures as they are.
    pub frame: Option<Frame>,
    /// Rows and columns that are cut out of the picture: at random while training, of the middle while reading.
    pub crop: Option<usize>,
    /// From pixels to what the head sees.
    pub trunk: Vec<Layer>,
    /// How first weights are drawn.
    pub init: Init,
    /// What says the number.
    pub head: Head,
    /// What says where it is on the picture; `None` where the number fills the picture.
    pub place: Option<Place>,
    /// Most characters that it can say.
    pub longest: usize,
    /// Whether it learns from photographs, which are only brought to size before they are read; drawn numbers are
    /// first turned to light ink on black.
    pub photographs: bool,
}

impl Design {
    /// Whether it says the number; else only where it is.
    pub fn reads(&self) -> bool {
        self.head != Head::Nothing
    }
}
