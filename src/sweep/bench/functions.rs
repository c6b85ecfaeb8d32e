//! Functions whose best value is known, in place of trainings, to hold strategies and pruners to.

use super::super::space::{Axis, Point, Range, Space, Value};

/// A function to look for the best point of.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What is varied.
    pub space: fn() -> Space,
    /// Epochs of a whole trial; 1 for a function that is known at once.
    pub epochs: u64,
    /// What a trial truly is after so many epochs; less is better.
    pub truth: fn(&Point, f64) -> f64,
    /// Standard deviation of what is measured after so many epochs.
    pub noise: fn(f64) -> f64,
    /// The least that there is.
    pub least: f64,
    /// What a search may spend, in epochs of trials.
    pub budget: u64,
}

/// All of them.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "branin",
        space: branin_space,
        epochs: 1,
        truth: branin,
        noise: none,
        least: 0.397_887_4,
        budget: 60,
    },
    Function {
        name: "hartmann6",
        space: hartmann6_space,
        epochs: 1,
        truth: hartmann6,
        noise: none,
        least: -3.322_368,
        budget: 100,
    },
    Function {
        name: "curves",
        space: curves_space,
        epochs: 27,
        truth: curves,
        noise: |epoch| 0.002 + 0.01 / epoch,
        least: CURVES_LEAST,
        budget: 27 * 30,
    },
];

/// Found by going through the learning rates of the best optimizer in steps of 0.00001 decades; it is 10^-2.07998.
const CURVES_LEAST: f64 = -0.966_301_295;

fn none(_: f64) -> f64 {
    0.0
}

fn linear(path: &str, min: f64, max: f64) -> Axis {
    Axis::new(path, Range::Linear { min, max, step: 0.0 })
}

fn number(point: &Point, path: &str) -> f64 {
    point.get(path).and_then(Value::number).unwrap_or(f64::NAN)
}

fn branin_space() -> Space {
    Space(vec![linear("x", -5.0, 10.0), linear("y", 0.0, 15.0)])
}

/// Branin's function (Dixon and Szego, 1978): three equal valleys in a curved plane.
fn branin(point: &Point, _: f64) -> f64 {
    use std::f64::consts::PI;
    let (x, y) = (number(point, "x"), number(point, "y"));
    let bent = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
    bent * bent + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
}

fn hartmann6_space() -> Space {
    Space(["a", "b", "c", "d", "e", "f"].map(|path| linear(path, 0.0, 1.0)).into())
}

/// Hartmann's function in six dimensions (Dixon and Szego, 1978): four hollows, one deepest.
fn hartmann6(point: &Point, _: f64) -> f64 {
    const ALPHA: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    let x = ["a", "b", "c", "d", "e", "f"].map(|path| number(point, path));
    let hollow = |i: usize| {
        let far: f64 = (0..6).map(|j| A[i][j] * (x[j] - P[i][j]).powi(2)).sum();
        ALPHA[i] * (-far).exp()
    };
    -(0..4).map(hollow).sum::<f64>()
}

fn curves_space() -> Space {
    Space(vec![
        Axis::new("optimizer", Range::Choice(["adam", "rmsprop", "sgd"].map(Value::from).into())),
        Axis::new("lr", Range::Log { min: 1e-4, max: 1.0 }),
        linear("momentum", 0.0, 0.99).when("optimizer", &["sgd"]),
        Axis::new("width", Range::Int { min: 16, max: 1024, step: 1, log: true }),
        linear("dropout", 0.0, 0.6),
    ])
}

/// Learning curves made up after those of small networks: each optimizer has its own best rate, a higher rate learns
/// faster, and curves cross.
fn curves(point: &Point, epoch: f64) -> f64 {
    let rate = number(point, "lr").log10();
    let (best_rate, top) = match point.get("optimizer") {
        Some(Value::Text(name)) if name == "adam" => (-2.5, 0.99),
        Some(Value::Text(name)) if name == "rmsprop" => (-3.0, 0.98),
        _ => (-1.0 - number(point, "momentum"), 0.985),
    };
    let off = rate - best_rate;
    let end = top
        - 0.02 * off * off
        - 0.004 * (number(point, "width").log2() - 7.0).powi(2)
        - 0.1 * (number(point, "dropout") - 0.25).powi(2);
    let speed = 0.4 + 0.6 / (1.0 + (-2.0 * off).exp());
    0.3 * epoch.powf(-speed) - end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::Stream;

    #[test]
    fn nothing_is_less_than_the_least_and_the_least_is_there() {
        let at = |values: &[(&str, Value)]| {
            values.iter().fold(Point::default(), |point, (path, value)| point.with(path, value.clone()))
        };
        let best = [
            at(&[("x", std::f64::consts::PI.into()), ("y", 2.275.into())]),
            ["a", "b", "c", "d", "e", "f"]
                .into_iter()
                .zip([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573])
                .fold(Point::default(), |point, (path, x)| point.with(path, x)),
            at(&[
                ("optimizer", "adam".into()),
                ("lr", 10_f64.powf(-2.07998).into()),
                ("width", 128.into()),
                ("dropout", 0.25.into()),
            ]),
        ];
        let mut stream = Stream::new("test", 0, 0, 0);
        for (function, best) in FUNCTIONS.iter().zip(best) {
            let end = function.epochs as f64;
            let there = (function.truth)(&best, end);
            assert!((there - function.least).abs() < 1e-5, "{}: {there}", function.name);
            let space = (function.space)();
            for _ in 0..20_000 {
                let places: Vec<f64> = space.varied().map(|_| f64::from(stream.unit())).collect();
                let value = (function.truth)(&space.decode(&places), end);
                assert!(value >= function.least - 1e-6, "{}: {value}", function.name);
            }
        }
    }
}
