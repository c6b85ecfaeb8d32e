//! The metrics there are: label, unit, and which way is better.

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// Neither.
    None,
}

/// What a metric says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// The name in events and tables.
    pub name: &'static str,
    /// The name shown.
    pub label: &'static str,
    /// Shown behind the value.
    pub unit: &'static str,
    /// Which way is better.
    pub direction: Direction,
}

/// All of them, in the order shown.
pub const METRICS: &[Metric] = &[
    Metric { name: "accuracy", label: "Accuracy", unit: "%", direction: Direction::Up },
    Metric { name: "top_2", label: "Top-2 accuracy", unit: "%", direction: Direction::Up },
    Metric { name: "length_accuracy", label: "Right length", unit: "%", direction: Direction::Up },
    Metric { name: "character_accuracy", label: "Right characters", unit: "%", direction: Direction::Up },
    Metric { name: "position_1", label: "Right first character", unit: "%", direction: Direction::Up },
    Metric { name: "position_2", label: "Right second character", unit: "%", direction: Direction::Up },
    Metric { name: "position_3", label: "Right third character", unit: "%", direction: Direction::Up },
    Metric { name: "position_4", label: "Right fourth character", unit: "%", direction: Direction::Up },
    Metric { name: "position_5", label: "Right fifth character", unit: "%", direction: Direction::Up },
    Metric { name: "position_6", label: "Right sixth character", unit: "%", direction: Direction::Up },
    Metric { name: "position_7", label: "Right seventh character", unit: "%", direction: Direction::Up },
    Metric { name: "position_8", label: "Right eighth character", unit: "%", direction: Direction::Up },
    Metric { name: "map_50", label: "Digits found (mAP at 0.5)", unit: "%", direction: Direction::Up },
    Metric { name: "map", label: "Digits found (mAP)", unit: "%", direction: Direction::Up },
    Metric { name: "number_exact", label: "Whole numbers right", unit: "%", direction: Direction::Up },
    Metric { name: "number_iou", label: "Overlap of the number's box", unit: "%", direction: Direction::Up },
    Metric { name: "number_over_half", label: "Numbers located", unit: "%", direction: Direction::Up },
    Metric { name: "false_numbers", label: "False numbers a picture", unit: "", direction: Direction::Down },
    Metric { name: "loss", label: "Loss", unit: "", direction: Direction::Down },
    Metric { name: "lr", label: "Learning rate", unit: "", direction: Direction::None },
    Metric { name: "images_per_s", label: "Speed", unit: "images/s", direction: Direction::Up },
];

/// The metric of that name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.name == name)
}

impl Metric {
    /// Whether `a` is better than `b`; NaN never is.
    pub fn better(&self, a: f64, b: f64) -> bool {
        match self.direction {
            Direction::Up => a > b || (!a.is_nan() && b.is_nan()),
            Direction::Down => a < b || (!a.is_nan() && b.is_nan()),
            Direction::None => false,
        }
    }

    /// The value as tables show it: accuracies in per cent.
    pub fn format(&self, value: f64) -> String {
        match self.name {
            _ if self.unit == "%" => format!("{:.2} %", value * 100.0),
            "loss" => format!("{value:.4}"),
            "images_per_s" => format!("{value:.0}"),
            _ => format!("{value}"),
        }
    }
}
