//! Numbers and names as people read them.

/// Seconds: `0.8 s`, `12 s`, `3:07`, `1:02:03`.
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "–".to_owned();
    }
    let whole = secs.round() as u64;
    match whole {
        0..=9 => format!("{secs:.1} s"),
        10..=99 => format!("{whole} s"),
        100..=3599 => format!("{}:{:02} min", whole / 60, whole % 60),
        _ => format!("{}:{:02} h", whole / 3600, whole / 60 % 60),
    }
}

/// A whole number with thin groups: `12,345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes: `11.6 MB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..=999 => format!("{n} B"),
        1_000..=999_999 => format!("{:.0} kB", n as f64 / 1e3),
        1_000_000..=999_999_999 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

/// A share: `98.31 %`.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.2} %", share * 100.0) } else { "–".to_owned() }
}

/// A real number with few digits, as settings are written: `0.001`, `1e-7`, `0.25`.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-4..1e6).contains(&size) {
        let text = format!("{value:.6}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let text = format!("{value:.3e}");
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => {
            format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// A setting's name as a label: `conv_kernel_size` reads "Conv kernel size".
pub fn label(name: &str) -> String {
    match name {
        "lr" => return "Learning rate".to_owned(),
        "cnn" | "mlp" => return name.to_uppercase(),
        _ => {}
    }
    let words = name.split('_').map(|word| if word == "convs" { "convolutions" } else { word });
    sentence(&words.collect::<Vec<_>>().join(" "))
}

/// A message that stands alone, with a capital letter: errors begin small, since others put words before them.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A setting's path as a label: `optim.lr` reads "Learning rate", `optim.name` reads "Optimizer".
pub fn path_label(path: &str) -> String {
    match path {
        "data.name" => "Data set".to_owned(),
        "model.name" => "Architecture".to_owned(),
        "optim.name" => "Optimizer".to_owned(),
        "schedule.shape" => "Schedule".to_owned(),
        "strategy.name" => "Strategy".to_owned(),
        "pruner.name" => "Pruner".to_owned(),
        "repeats.best" => "Repeat the best".to_owned(),
        "repeats.seeds" => "With seeds".to_owned(),
        "parallel" => "Trials at once".to_owned(),
        "loss.name" => "Loss".to_owned(),
        "ema.decay" => "Weight averaging".to_owned(),
        "ema.ramp" => "Averaging ramp".to_owned(),
        "model.init" => "First weights".to_owned(),
        "captured.repeat" => "Repeat each".to_owned(),
        "model.fed" => "Length to heads".to_owned(),
        "model.shared" => "Shared heads".to_owned(),
        "model.lowest" => "Lowest digits".to_owned(),
        "model.highest" => "Highest digits".to_owned(),
        _ if path.starts_with("model.layers.") && path.ends_with(".name") => "Kind".to_owned(),
        _ if path.starts_with("model.layers.") && path.ends_with(".same") => "Keep size".to_owned(),
        "train.keep" => "Model to keep".to_owned(),
        "data.train" => "Training images".to_owned(),
        "data.test" => "Test images".to_owned(),
        "data.seed" => "Data seed".to_owned(),
        _ => label(path.rsplit('.').next().unwrap_or(path)),
    }
}

/// How long ago that was.
pub fn ago(secs: f64) -> String {
    match secs.max(0.0) as u64 {
        0..=59 => "just now".to_owned(),
        60..=3599 => format!("{} min ago", secs as u64 / 60),
        3600..=86_399 => format!("{} h ago", secs as u64 / 3600),
        86_400..=172_799 => "yesterday".to_owned(),
        _ => format!("{} days ago", secs as u64 / 86_400),
    }
}

/// "1 run", "3 runs".
pub fn many(n: usize, what: &str) -> String {
    format!("{} {what}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_read_them() {
        assert_eq!(duration(0.84), "0.8 s");
        assert_eq!(duration(187.2), "3:07 min");
        assert_eq!(duration(3723.0), "1:02 h");
        assert_eq!(duration(f64::NAN), "–");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(bytes(11_594_722), "11.6 MB");
        assert_eq!(percent(0.98312), "98.31 %");
        assert_eq!(number(0.001), "0.001");
        assert_eq!(number(1e-7), "1e-7");
        assert_eq!(number(0.30000000000000004), "0.3");
        assert_eq!(number(12.0), "12");
        assert_eq!(sentence("no folder is named"), "No folder is named");
        assert_eq!(label("conv_kernel_size"), "Conv kernel size");
        assert_eq!(path_label("optim.lr"), "Learning rate");
        assert_eq!(path_label("model.layers.3.name"), "Kind");
        assert_eq!(ago(7300.0), "2 h ago");
        assert_eq!(many(1, "run"), "1 run");
    }
}
