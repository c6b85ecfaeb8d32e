//! How far a model's own confidence can be trusted: reliability, temperature, and what it answers if it may pass.

/// One answer: how sure the model is of it, and whether it is right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// 0 to 1.
    pub confidence: f32,
    /// Whether it is right.
    pub right: bool,
}

/// Answers of one confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Answers in it.
    pub n: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that is right.
    pub accuracy: f64,
}

/// What comes of answering only where the model is sure enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The least confidence that is answered with.
    pub threshold: f32,
    /// Share of the images answered.
    pub coverage: f64,
    /// Share of the answers that is right; `None` where nothing is answered.
    pub accuracy: Option<f64>,
}

/// All answers, the surest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    sorted: Vec<Answer>,
    /// How many of the first so many are right.
    right: Vec<u32>,
}

impl FromIterator<Answer> for Answers {
    fn from_iter<T: IntoIterator<Item = Answer>>(all: T) -> Self {
        let mut sorted: Vec<Answer> = all.into_iter().collect();
        sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        let mut n = 0;
        let right = sorted.iter().map(|answer| {
            n += u32::from(answer.right);
            n
        });
        Self { right: right.collect(), sorted }
    }
}

impl Answers {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// So many bins of equal width from 0 to 1, as in a reliability diagram.
    pub fn bins(&self, n: usize) -> Vec<Bin> {
        let mut bins = vec![Bin::default(); n.max(1)];
        for Answer { confidence, right } in &self.sorted {
            let at = (f64::from(*confidence) * bins.len() as f64) as usize;
            let last = bins.len() - 1;
            let bin = &mut bins[at.min(last)];
            bin.n += 1;
            bin.confidence += f64::from(*confidence);
            bin.accuracy += f64::from(u8::from(*right));
        }
        for bin in &mut bins {
            let n = bin.n.max(1) as f64;
            (bin.confidence, bin.accuracy) = (bin.confidence / n, bin.accuracy / n);
        }
        bins
    }

    /// The expected calibration error over so many bins (Guo et al., 2017, arXiv 1706.04599): how far confidence and
    /// accuracy lie apart, on average over the answers.
    pub fn calibration_error(&self, n_bins: usize) -> f64 {
        let apart = |bin: Bin| bin.n as f64 * (bin.confidence - bin.accuracy).abs();
        self.bins(n_bins).into_iter().map(apart).sum::<f64>() / self.sorted.len().max(1) as f64
    }

    /// What comes of answering only with at least this confidence.
    pub fn cut(&self, threshold: f32) -> Cut {
        let n = self.sorted.partition_point(|answer| answer.confidence >= threshold);
        let accuracy = n.checked_sub(1).map(|last| f64::from(self.right[last]) / n as f64);
        Cut { threshold, coverage: n as f64 / self.sorted.len().max(1) as f64, accuracy }
    }

    /// The most that can be answered, the surest first, with at least this share of the answers right (Goodfellow et
    /// al., 2013, arXiv 1312.6082, section 4). Answers of one confidence are given or passed over together.
    pub fn coverage_at(&self, accuracy: f64) -> Cut {
        let n = self.sorted.len();
        let ends = |i: &usize| *i + 1 == n || self.sorted[*i + 1].confidence < self.sorted[*i].confidence;
        let enough = |i: &usize| f64::from(self.right[*i]) >= accuracy * (*i + 1) as f64;
        match (0..n).rev().find(|i| ends(i) && enough(i)) {
            Some(last) => self.cut(self.sorted[last].confidence),
            None => Cut { threshold: 1.0, coverage: 0.0, accuracy: None },
        }
    }
}

/// Probabilities as they would be if the scores before softmax were divided by `temperature`, row after row.
pub fn at_temperature(probabilities: &[f32], n_classes: usize, temperature: f64) -> Vec<f32> {
    let mut all = Vec::with_capacity(probabilities.len());
    for row in probabilities.chunks_exact(n_classes.max(1)) {
        let scores = row.iter().map(|p| log(*p) / temperature);
        let most = scores.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.clone().map(|score| (score - most).exp()).sum();
        all.extend(scores.map(|score| ((score - most).exp() / sum) as f32));
    }
    all
}

/// A probability of 0 is one too small to be written.
fn log(probability: f32) -> f64 {
    f64::from(probability.max(1e-38)).ln()
}

/// The temperature that makes the cross-entropy of these probabilities least: over 1 where the model is surer than it
/// should be. Labels that the model does not know are left out.
pub fn temperature(probabilities: &[f32], labels: &[u8], n_classes: usize) -> Option<f64> {
    let rows: Vec<(&[f32], usize)> = probabilities
        .chunks_exact(n_classes.max(1))
        .zip(labels.iter().map(|label| usize::from(*label)))
        .filter(|(row, label)| *label < row.len())
        .collect();
    if rows.is_empty() {
        return None;
    }
    let loss = |temperature: f64| -> f64 {
        rows.iter()
            .map(|(row, label)| {
                let scores = row.iter().map(|p| log(*p) / temperature);
                let most = scores.clone().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = scores.map(|score| (score - most).exp()).sum();
                most + sum.ln() - log(row[*label]) / temperature
            })
            .sum()
    };
    // The loss has one lowest place over the logarithm of the temperature: golden-section search, 1/20 to 20.
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.05_f64.ln(), 20.0_f64.ln());
    let (mut a, mut b) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_a, mut at_b) = (loss(a.exp()), loss(b.exp()));
    while high - low > 1e-4 {
        if at_a < at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - golden * (high - low);
            at_a = loss(a.exp());
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + golden * (high - low);
            at_b = loss(b.exp());
        }
    }
    Some(((low + high) / 2.0).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(all: &[(f32, bool)]) -> Answers {
        all.iter().map(|(confidence, right)| Answer { confidence: *confidence, right: *right }).collect()
    }

    #[test]
    fn bins_and_error_are_those_of_pencil_and_paper() {
        let all = answers(&[(0.95, true), (0.85, true), (0.85, false), (1.0, true)]);
        let bins = all.bins(10);
        assert_eq!((bins[8].n, bins[9].n), (2, 2));
        assert!((bins[8].confidence - 0.85).abs() < 1e-6 && bins[8].accuracy == 0.5);
        // |0.85 - 0.5| of two and |0.975 - 1| of two answers.
        assert!((all.calibration_error(10) - (0.35 + 0.025) / 2.0).abs() < 1e-6);
        assert_eq!(Answers::default().calibration_error(10), 0.0);
    }

    #[test]
    fn coverage_is_the_most_that_can_be_answered() {
        let all = answers(&[(0.9, true), (0.8, false), (0.7, true), (0.7, true), (0.3, false)]);
        let cut = all.coverage_at(0.75);
        assert_eq!((cut.threshold, cut.coverage, cut.accuracy), (0.7, 0.8, Some(0.75)));
        assert_eq!(all.coverage_at(0.6).coverage, 1.0);
        assert_eq!(all.coverage_at(0.98).coverage, 0.2);
        assert_eq!(all.cut(0.75), Cut { threshold: 0.75, coverage: 0.4, accuracy: Some(0.5) });
        assert_eq!((all.cut(0.95).accuracy, Answers::default().coverage_at(0.5).coverage), (None, 0.0));
        // Three of one confidence are given or passed over together.
        let tied = answers(&[(0.9, true), (0.5, true), (0.5, false), (0.5, false)]);
        assert_eq!(tied.coverage_at(0.9).coverage, 0.25);
    }

    #[test]
    fn the_temperature_that_was_put_in_is_found() {
        // Three of four are right at 0.75, so that 0.75 is what should be said; it is said twice as surely.
        let honest: Vec<f32> = [0.75, 0.25].repeat(400);
        let labels: Vec<u8> = (0..400).map(|i| u8::from(i % 4 == 0)).collect();
        let sure = at_temperature(&honest, 2, 0.5);
        assert!(sure[0] > 0.89, "{}", sure[0]);
        let found = temperature(&sure, &labels, 2).unwrap_or(0.0);
        assert!((found - 2.0).abs() < 0.01, "{found}");
        let cooled = at_temperature(&sure, 2, found);
        assert!((cooled[0] - 0.75).abs() < 0.002, "{}", cooled[0]);
        assert_eq!(temperature(&[], &[], 2), None);
        assert!(at_temperature(&[1.0, 0.0], 2, 3.0).iter().all(|p| p.is_finite()));
    }
}
