//! Precision, recall and F1 of each class, from a confusion matrix.

/// How well one class is read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassFigures {
    /// Images of it.
    pub n: u64,
    /// Images read as it.
    pub read: u64,
    /// Images of it that were read as it.
    pub right: u64,
}

impl ClassFigures {
    /// Share of the images read as it that are of it; `None` if none was read as it.
    pub fn precision(&self) -> Option<f64> {
        share(self.right, self.read)
    }

    /// Share of its images that were read as it; `None` if there is none.
    pub fn recall(&self) -> Option<f64> {
        share(self.right, self.n)
    }

    /// The harmonic mean of precision and recall: 2 right / (n + read); `None` if it is neither there nor read.
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.right, self.n + self.read)
    }
}

fn share(of: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

/// Each class of a matrix of `n x n` counts, rows true and columns read.
pub fn by_class(confusion: &[u64], n: usize) -> Vec<ClassFigures> {
    let row = |class: usize| confusion[class * n..(class + 1) * n].iter().sum();
    let column = |class: usize| confusion.iter().skip(class).step_by(n.max(1)).sum();
    (0..n)
        .map(|class| ClassFigures { n: row(class), read: column(class), right: confusion[class * n + class] })
        .collect()
}

/// Means over the classes that there are images of, each class counting the same ("macro").
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Means {
    /// Of the precisions; a class that was never read counts 0.
    pub precision: f64,
    /// Of the recalls.
    pub recall: f64,
    /// Of the F1 values.
    pub f1: f64,
}

/// Means over the classes that there are images of.
pub fn means(classes: &[ClassFigures]) -> Means {
    let there: Vec<&ClassFigures> = classes.iter().filter(|class| class.n > 0).collect();
    let mean = |get: fn(&ClassFigures) -> Option<f64>| {
        there.iter().map(|class| get(class).unwrap_or(0.0)).sum::<f64>() / there.len().max(1) as f64
    };
    Means {
        precision: mean(ClassFigures::precision),
        recall: mean(ClassFigures::recall),
        f1: mean(ClassFigures::f1),
    }
}

/// Share of images whose class is among the `k` likeliest; `probabilities` has a row of `n_classes` for each label.
pub fn top(probabilities: &[f32], labels: &[u8], n_classes: usize, k: usize) -> f64 {
    let among = |(row, label): (&[f32], &u8)| {
        let own = row.get(usize::from(*label));
        own.is_some_and(|own| row.iter().filter(|p| *p > own).count() < k)
    };
    let n = probabilities.chunks_exact(n_classes.max(1)).zip(labels).filter(|pair| among(*pair)).count();
    n as f64 / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_pencil_and_paper() {
        let all = by_class(&[3, 1, 0, 2, 2, 0, 0, 0, 0], 3);
        assert_eq!((all[0].recall(), all[0].precision()), (Some(0.75), Some(0.6)));
        assert!((all[0].f1().unwrap_or(0.0) - 2.0 * 0.75 * 0.6 / 1.35).abs() < 1e-12);
        assert_eq!((all[2].recall(), all[2].precision(), all[2].f1()), (None, None, None));
        let means = means(&all);
        assert!(
            (means.recall - 0.625).abs() < 1e-12 && (means.precision - (0.6 + 2.0 / 3.0) / 2.0).abs() < 1e-12
        );
        let probabilities = [0.5, 0.3, 0.2, 0.5, 0.3, 0.2];
        assert_eq!([1, 2, 3].map(|k| top(&probabilities, &[1, 2], 3, k)), [0.0, 0.5, 1.0]);
        assert_eq!(top(&probabilities, &[9, 0], 3, 3), 0.5, "a class that the model does not know");
    }
}
