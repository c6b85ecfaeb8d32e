//! Sets one knob by its path, as `--set optim.lr=0.01`, a sweep or a running training does.

use super::{Choice, Knob, Knobs, List, Visitor, inside, inside_list};

/// Why a value could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No setting has that path.
    #[error("no setting is called '{path}'{}", near.as_ref().map(|n| format!("; did you mean '{n}'?")).unwrap_or_default())]
    Unknown {
        /// The path asked for.
        path: String,
        /// The path most like it.
        near: Option<String>,
    },
    /// The text is not a value of that setting.
    #[error("{path}: '{value}' is not {expected}")]
    Invalid {
        /// The path asked for.
        path: String,
        /// The text given.
        value: String,
        /// What would have been right.
        expected: String,
    },
}

/// Sets the knob at `path` (names joined by dots) from text. Bounds are not looked at here: that is [`super::check()`],
/// which sees the whole.
pub fn set(knobs: &mut dyn Knobs, path: &str, value: &str) -> Result<(), SetError> {
    let mut setter = Setter { path, value, prefix: String::new(), outcome: None, seen: Vec::new() };
    knobs.visit(&mut setter);
    let Setter { outcome, seen, .. } = setter;
    outcome.unwrap_or_else(|| Err(SetError::Unknown { path: path.to_owned(), near: nearest(path, &seen) }))
}

struct Setter<'a> {
    path: &'a str,
    value: &'a str,
    prefix: String,
    outcome: Option<Result<(), SetError>>,
    seen: Vec<String>,
}

impl Setter<'_> {
    fn is(&mut self, name: &str) -> bool {
        let path = format!("{}{name}", self.prefix);
        let hit = path == self.path;
        self.seen.push(path);
        hit
    }

    fn take<T>(&mut self, parsed: Option<T>, slot: &mut T, expected: impl Into<String>) {
        self.outcome = Some(match parsed {
            Some(value) => {
                *slot = value;
                Ok(())
            }
            None => Err(SetError::Invalid {
                path: self.path.to_owned(),
                value: self.value.to_owned(),
                expected: expected.into(),
            }),
        });
    }
}

impl Visitor for Setter<'_> {
    fn float(&mut self, name: &'static str, value: &mut f64, _: Knob<f64>) {
        if self.is(name) {
            self.take(self.value.parse().ok(), value, "a number");
        }
    }

    fn int(&mut self, name: &'static str, value: &mut u64, _: Knob<u64>) {
        if self.is(name) {
            self.take(self.value.replace('_', "").parse().ok(), value, "a whole number of zero or more");
        }
    }

    fn flag(&mut self, name: &'static str, value: &mut bool, _: &'static str) {
        if self.is(name) {
            let parsed = match self.value {
                "true" | "yes" | "on" | "1" => Some(true),
                "false" | "no" | "off" | "0" => Some(false),
                _ => None,
            };
            self.take(parsed, value, "true or false");
        }
    }

    fn text(&mut self, name: &'static str, value: &mut String, _: &'static str) {
        if self.is(name) {
            *value = self.value.to_owned();
            self.outcome = Some(Ok(()));
        }
    }

    fn choice(&mut self, name: &'static str, value: &mut dyn Choice, _: &'static str) {
        if self.is(name) {
            let chosen = value.choose(self.value).then_some(());
            let names: Vec<_> = value.options().iter().map(|o| o.name).collect();
            self.take(chosen, &mut (), format!("one of {}", names.join(", ")));
        }
    }

    fn group(&mut self, name: &'static str, value: &mut dyn Knobs) {
        inside(self, |visitor| &mut visitor.prefix, name, value);
    }

    fn list(&mut self, name: &'static str, items: &mut dyn List, _: &'static str) {
        if self.is(name) {
            let most = items.most();
            let wanted = self.value.parse().ok().filter(|n| (1..=most).contains(n));
            let mut count = items.count();
            self.take(wanted, &mut count, format!("a number from 1 to {most}"));
            while items.count() < count {
                items.insert(items.count());
            }
            while items.count() > count {
                items.remove(items.count() - 1);
            }
        }
        inside_list(self, |visitor| &mut visitor.prefix, name, items);
    }
}

/// The path most like the one asked for, where one is like it: as a whole, or but for the groups it is in.
fn nearest(path: &str, known: &[String]) -> Option<String> {
    let dots = path.matches('.').count();
    let unlike = |known: &&String| {
        // "seed" is to find "train.seed", and nobody means a group by it.
        let groups = known.matches('.').count().saturating_sub(dots);
        let end = known.splitn(groups + 1, '.').last().unwrap_or(known);
        (distance(path, known).min(distance(path, end)), groups, !known.starts_with("train."))
    };
    let near = known.iter().filter(|known| unlike(known).0 <= 1 + path.len() / 4);
    near.min_by_key(unlike).cloned()
}

/// Levenshtein's edit distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
