//! A trained model on a picture: opening the picture, preparing it, and what the model makes of it.

mod ink;
mod picture;
mod prepare;

pub use ink::Area;
pub use picture::{MAX_PIXELS, PictureError, decode, open_picture};
pub use prepare::{Prepared, prepare};
