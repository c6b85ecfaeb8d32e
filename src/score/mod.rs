//! How good answers are, as plain arithmetic: by class, by how sure they are, against another's, over seeds.
//!
//! Nothing here knows models, files or windows; whatever reads images hands its answers in.

mod answers;
mod classes;
mod numbers;
mod paired;
mod seeds;

pub use answers::{Answer, Answers, Bin, Cut, at_temperature, temperature};
pub use classes::{ClassFigures, Means, by_class, means, top};
pub use numbers::{Figures, Located, OfLength};
pub use paired::{Beside, Paired, paired};
pub use seeds::{Group, Versus, group, versus};
