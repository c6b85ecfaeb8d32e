//! How the commands speak: announcements on the error stream, so that standard output holds only results.

use std::time::Duration;

/// Announces what happens next.
pub fn step(text: &str) {
    eprintln!("==> {text}");
}

/// Says something that need not stop anybody.
pub fn note(text: &str) {
    eprintln!("note: {text}");
}

/// A duration as a person would say it.
pub fn time(elapsed: Duration) -> String {
    let secs = elapsed.as_secs();
    if secs < 60 {
        format!("{:.1} s", elapsed.as_secs_f64())
    } else {
        format!("{} min {:02} s", secs / 60, secs % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(time(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(time(Duration::from_secs(125)), "2 min 05 s");
    }
}
