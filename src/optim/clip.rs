//! Gradient clipping by the norm of all gradients together (Pascanu, Mikolov and Bengio, 2013, arXiv 1211.5063,
//! algorithm 1): a step over a cliff keeps its direction and loses its length.

/// What gradients are multiplied by, given the sum of their squares, so that their norm is `most` at most; 0 for any.
///
/// Keras's `global_clipnorm`; PyTorch's `clip_grad_norm_` divides by a norm that is larger by 1e-6.
pub fn clip(sum_of_squares: f64, most: f64) -> f64 {
    let norm = sum_of_squares.sqrt();
    if most > 0.0 && norm > most { most / norm } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_gradients_are_cut() {
        assert_eq!(clip(25.0, 1.0), 0.2);
        assert_eq!(clip(25.0, 6.0), 1.0);
        assert_eq!(clip(25.0, 0.0), 1.0);
        assert_eq!(clip(0.0, 1.0), 1.0);
    }
}
