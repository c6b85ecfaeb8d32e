//! What others call the metrics and splits that are called `accuracy`, `loss` and `lr` here.

use crate::runs::Split;

/// The split and the metric that a column or tag means. Of names without a split `folder` (a log's subfolder, such as
/// Keras's `validation`) may tell it; otherwise it is of training.
pub fn meant(name: &str, folder: Option<Split>) -> (Split, String) {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let said = words.iter().find_map(|word| split(word));
    // "epoch_accuracy" alone is the validation's here, and of the folder's split in Keras's logs.
    let whole_epoch = words.first() == Some(&"epoch") && said.is_none();
    let default = if whole_epoch { Split::Valid } else { Split::Train };
    let of = said.or(folder).unwrap_or(default);
    let rest: Vec<&str> = words
        .into_iter()
        .filter(|word| {
            split(word).is_none() && !["epoch", "batch", "step", "metrics", "scalars"].contains(word)
        })
        .collect();
    let joined = rest.join("_");
    let metric = match joined.as_str() {
        "acc"
        | "accuracy"
        | "sparse_categorical_accuracy"
        | "categorical_accuracy"
        | "multiclassaccuracy" => "accuracy",
        "loss" | "cross_entropy" | "crossentropy" | "nll" => "loss",
        "lr" | "learning_rate" | "learningrate" => "lr",
        "" => "value",
        other => other,
    };
    (of, metric.to_owned())
}

/// The split that a word or a folder's name means.
pub fn split(word: &str) -> Option<Split> {
    match word {
        "train" | "training" => Some(Split::Train),
        "val" | "valid" | "validation" | "eval" | "dev" => Some(Split::Valid),
        "test" | "testing" => Some(Split::Test),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keras_lightning_and_pytorch_are_understood() {
        let cases = [
            ("accuracy", None, Split::Train, "accuracy"),
            ("val_loss", None, Split::Valid, "loss"),
            ("Loss/train", None, Split::Train, "loss"),
            ("Accuracy/test", None, Split::Test, "accuracy"),
            ("train_acc_epoch", None, Split::Train, "accuracy"),
            ("epoch_accuracy", Some(Split::Train), Split::Train, "accuracy"),
            ("epoch_loss", None, Split::Valid, "loss"),
            ("batch_loss", None, Split::Train, "loss"),
            ("learning_rate", None, Split::Train, "lr"),
            ("val/F1 score", None, Split::Valid, "f1_score"),
        ];
        for (name, folder, split, metric) in cases {
            assert_eq!(meant(name, folder), (split, metric.to_owned()), "{name}");
        }
    }
}
