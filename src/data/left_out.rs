//! What a reader leaves out of a data set, and why: counted whole, named in part, told as warnings and never fatal.

/// Names told of each reason: enough to go and look, few enough to read.
const NAMED: usize = 20;
/// Reasons told apart: damaged pictures could each have one of their own.
const REASONS: usize = 20;
const OTHER: &str = "for other reasons";

/// Files that were left out, grouped by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    reasons: Vec<Reason>,
    /// Sentences about the whole.
    remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reason {
    why: String,
    count: u64,
    names: Vec<String>,
}

impl LeftOut {
    /// Notes a file; `why` follows "left out": "because it is a link".
    pub(super) fn add(&mut self, why: &str, name: &str) {
        let full = self.reasons.len() >= REASONS;
        let known = self.reasons.iter().position(|reason| reason.why == why);
        let known = known.or_else(|| self.reasons.iter().position(|reason| full && reason.why == OTHER));
        let place = known.unwrap_or_else(|| {
            let why = if full { OTHER } else { why };
            self.reasons.push(Reason { why: why.to_owned(), count: 0, names: Vec::new() });
            self.reasons.len() - 1
        });
        let reason = &mut self.reasons[place];
        reason.count += 1;
        if reason.names.len() < NAMED {
            reason.names.push(shown(name));
        }
    }

    /// Notes something about the whole, as a sentence.
    pub(super) fn remark(&mut self, sentence: String) {
        self.remarks.push(sentence);
    }

    /// Takes over what another one holds.
    pub(super) fn absorb(&mut self, other: Self) {
        let Self { reasons, remarks } = other;
        for Reason { why, count, names } in reasons {
            match self.reasons.iter_mut().find(|known| known.why == why) {
                Some(known) => {
                    known.count += count;
                    let room = NAMED - known.names.len();
                    known.names.extend(names.into_iter().take(room));
                }
                None => self.reasons.push(Reason { why, count, names }),
            }
        }
        self.remarks.extend(remarks);
    }

    /// How many files were left out.
    #[cfg(test)]
    pub(super) fn count(&self) -> u64 {
        self.reasons.iter().map(|reason| reason.count).sum()
    }

    /// A sentence for each reason.
    pub(super) fn warnings(&self) -> Vec<String> {
        let told = self.reasons.iter().map(|Reason { why, count, names }| {
            let files = if *count == 1 { "1 file was".to_owned() } else { format!("{count} files were") };
            let more = match count - names.len() as u64 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{files} left out {why}: {}{more}", names.join(", "))
        });
        self.remarks.iter().cloned().chain(told).collect()
    }
}

/// A name fit for a line of text: without control characters, and not endless.
fn shown(name: &str) -> String {
    const MOST: usize = 120;
    let mut shown: String =
        name.chars().take(MOST).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if name.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_once_with_their_files() {
        let mut left = LeftOut::default();
        left.add("because it is empty", "A/a.png");
        left.add("because it is a link", "B/b\n.png");
        left.add("because it is empty", "F/f.png");
        assert_eq!(
            left.warnings(),
            [
                "2 files were left out because it is empty: A/a.png, F/f.png",
                "1 file was left out because it is a link: B/b\u{FFFD}.png"
            ]
        );
        let mut all = LeftOut::default();
        all.remark("The archive is cut".to_owned());
        all.absorb(left.clone());
        all.absorb(left);
        assert_eq!(
            (all.count(), all.warnings().len(), all.warnings()[0].as_str()),
            (6, 3, "The archive is cut")
        );
    }

    #[test]
    fn however_much_is_left_out_little_is_told() {
        let mut left = LeftOut::default();
        for i in 0..5000 {
            left.add(&format!("because of {}", i % 500), &"x".repeat(400));
        }
        let warnings = left.warnings();
        assert_eq!((left.count(), warnings.len()), (5000, REASONS + 1));
        assert!(warnings.iter().all(|warning| warning.len() < 3000));
        assert!(warnings[REASONS].contains(OTHER), "{}", warnings[REASONS]);
    }
}
