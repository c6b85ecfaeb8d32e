//! Losses of probabilities, image by image, as `optim::loss` has them for tensors; tests hold one to the other.

use crate::optim::Loss;

/// Keras keeps probabilities that far from 0 and 1.
const EPSILON: f32 = 1e-7;

/// Whether [`price`] knows this loss.
pub const fn knows(loss: &Loss) -> bool {
    !matches!(loss, Loss::CrossEntropy(_) | Loss::Focal(_))
}

/// The loss of one image, and its slopes by the logits, from its probabilities and true class.
pub fn price(loss: &Loss, p: &[f32], truth: usize, slopes: &mut [f32]) -> f32 {
    let share = 1.0 / p.len() as f32;
    let mut each = |value_and_slope: &dyn Fn(f32, f32) -> (f32, f32)| {
        let mut sum = 0.0;
        for (class, (p, slope)) in p.iter().zip(slopes.iter_mut()).enumerate() {
            let (value, by_p) = value_and_slope(*p, if class == truth { 1.0 } else { 0.0 });
            sum += value;
            *slope = by_p * share;
        }
        sum * share
    };
    let value = match loss {
        Loss::BinaryCrossEntropy => each(&|p, y| {
            let kept = p.clamp(EPSILON, 1.0 - EPSILON);
            let given = if y == 1.0 { kept } else { 1.0 - kept };
            (-given.ln(), if kept == p { (1.0 - 2.0 * y) / given } else { 0.0 })
        }),
        Loss::MeanSquaredError => each(&|p, y| ((p - y) * (p - y), 2.0 * (p - y))),
        Loss::MeanAbsoluteError => each(&|p, y| ((p - y).abs(), if p == y { 0.0 } else { (p - y).signum() })),
        Loss::Poisson => each(&|p, y| (p - y * (p + EPSILON).ln(), 1.0 - y / (p + EPSILON))),
        _ => hinge(p, truth, slopes),
    };
    // Through the softmax.
    let along: f32 = slopes.iter().zip(p).map(|(s, p)| s * p).sum();
    slopes.iter_mut().zip(p).for_each(|(s, p)| *s = p * (*s - along));
    value
}

/// How far the true class fails to lead the strongest other one by 1.
fn hinge(p: &[f32], truth: usize, slopes: &mut [f32]) -> f32 {
    let other = |class: usize| if class == truth { 0.0 } else { p[class] };
    let strongest = (1..p.len()).fold(0, |best, class| if other(class) > other(best) { class } else { best });
    let value = other(strongest) - p[truth] + 1.0;
    slopes.fill(0.0);
    if value > 0.0 {
        slopes[truth] -= 1.0;
        slopes[strongest] += 1.0;
        return value;
    }
    // Not a number stays so.
    if value.is_nan() { value } else { 0.0 }
}
