//! Logistic regression: weights that were least surprised by what was right and what was not.

/// What weights far from nothing cost, beside the surprise of all readings together.
const RIDGE: f64 = 0.1;
/// Newton's method is done after fewer steps.
const STEPS: usize = 30;

/// Logistic regression with a small ridge by Newton's method; weights that are not used are 0.
pub fn regression<const N: usize>(rows: &[([f64; N], bool)], used: &[bool; N]) -> [f64; N] {
    let mut weights = [0.0; N];
    for _ in 0..STEPS {
        let mut slope: [f64; N] = std::array::from_fn(|i| RIDGE * weights[i]);
        let mut bend = [[0.0; N]; N];
        for (i, row) in bend.iter_mut().enumerate() {
            row[i] = RIDGE;
        }
        for (known, right) in rows {
            let sum: f64 = weights.iter().zip(known).map(|(weight, one)| weight * one).sum();
            let p = 1.0 / (1.0 + (-sum).exp());
            let off = p - if *right { 1.0 } else { 0.0 };
            for i in (0..N).filter(|i| used[*i]) {
                slope[i] += off * known[i];
                (0..N).filter(|j| used[*j]).for_each(|j| bend[i][j] += p * (1.0 - p) * known[i] * known[j]);
            }
        }
        let step = solved(bend, slope);
        weights = std::array::from_fn(|i| weights[i] - step[i]);
        if step.iter().all(|one| one.abs() < 1e-9) {
            break;
        }
    }
    weights
}

/// The solution of a system of equations whose matrix is positive definite, by Gauss's elimination.
fn solved<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for i in 0..N {
        for j in 0..N {
            if i == j {
                continue;
            }
            let by = matrix[j][i] / matrix[i][i];
            let row = matrix[i];
            matrix[j].iter_mut().zip(row).for_each(|(one, other)| *one -= by * other);
            right[j] -= by * right[i];
        }
    }
    std::array::from_fn(|i| right[i] / matrix[i][i])
}
