//! How a setting describes itself: name, range, scale, unit and one line of help.
//!
//! A settings struct lists its fields once, to a [`Visitor`]. From that one list come the slider form,
//! `--set optim.lr=0.01`, bounds checking, the axes of a sweep, the only-what-differs columns and the
//! documentation table. Destructure the struct in [`Knobs::visit`], so that a forgotten field does not compile.

mod check;
mod flat;
mod set;

pub use check::{Problem, check};
pub use flat::{Flat, differences, flat, live_paths};
pub use set::{SetError, set};

/// How a slider for a number moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear,
    /// Equal distances are equal factors; the minimum may be zero, which then is the leftmost position.
    Log,
}

/// What a number setting says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knob<T> {
    /// Smallest possible value.
    pub min: T,
    /// Largest possible value.
    pub max: T,
    /// How a slider moves.
    pub scale: Scale,
    /// Unit shown behind the value; empty when it is a plain number.
    pub unit: &'static str,
    /// One line: what it does.
    pub help: &'static str,
    /// Whether it can be changed while a training runs.
    pub live: bool,
}

impl<T> Knob<T> {
    /// A setting between `min` and `max` on a linear slider.
    pub const fn range(min: T, max: T, help: &'static str) -> Self {
        Self { min, max, scale: Scale::Linear, unit: "", help, live: false }
    }

    /// A setting between `min` and `max` on a logarithmic slider.
    pub const fn log(min: T, max: T, help: &'static str) -> Self {
        Self { min, max, scale: Scale::Log, unit: "", help, live: false }
    }

    /// The same with a unit.
    pub const fn unit(self, unit: &'static str) -> Self
    where
        T: Copy,
    {
        Self { unit, ..self }
    }

    /// The same, changeable while a training runs.
    pub const fn live(self) -> Self
    where
        T: Copy,
    {
        Self { live: true, ..self }
    }
}

/// One possible value of a [`Choice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// As written in files and on the command line, `snake_case`.
    pub name: &'static str,
    /// As shown in menus.
    pub label: &'static str,
    /// One line: what it is.
    pub help: &'static str,
}

/// A setting that is one of a list: a plain enum, or one whose variants have settings of their own.
pub trait Choice {
    /// Everything that can be chosen, in menu order.
    fn options(&self) -> Vec<Variant>;
    /// The name of the present choice, one of [`Self::options`].
    fn chosen(&self) -> &'static str;
    /// Chooses another one, with that one's defaults; false (and nothing changed) when there is none of that name.
    fn choose(&mut self, name: &str) -> bool;
}

/// Settings that can list themselves.
pub trait Knobs {
    /// Shows every field, in form order, to the visitor.
    fn visit(&mut self, visitor: &mut dyn Visitor);
}

/// Something that reads or changes settings: the form, `--set`, the bounds check, ...
pub trait Visitor {
    /// A real number.
    fn float(&mut self, name: &'static str, value: &mut f64, knob: Knob<f64>);
    /// A whole number.
    fn int(&mut self, name: &'static str, value: &mut u64, knob: Knob<u64>);
    /// On or off.
    fn flag(&mut self, name: &'static str, value: &mut bool, help: &'static str);
    /// Any text: a path, a name.
    fn text(&mut self, name: &'static str, value: &mut String, help: &'static str);
    /// One of a list.
    fn choice(&mut self, name: &'static str, value: &mut dyn Choice, help: &'static str);
    /// Settings inside settings; their paths begin with `name.`.
    fn group(&mut self, name: &'static str, value: &mut dyn Knobs);
    /// Settings one after another, each a group: `name.1.`, `name.2.`; `name` itself is how many there are.
    fn list(&mut self, name: &'static str, items: &mut dyn List, help: &'static str);
}

/// Settings one after another, of which there can be more or fewer.
pub trait List {
    /// How many there are.
    fn count(&self) -> usize;
    /// The most that there can be.
    fn most(&self) -> usize;
    /// What one is called: "layer".
    fn noun(&self) -> &'static str;
    /// One of them, counted from 0.
    fn item(&mut self, idx: usize) -> &mut dyn Knobs;
    /// A new one in this place, those from there on behind it.
    fn insert(&mut self, idx: usize);
    /// The same once more, behind it.
    fn duplicate(&mut self, idx: usize);
    /// Takes one away.
    fn remove(&mut self, idx: usize);
    /// Two of them change places.
    fn swap(&mut self, a: usize, b: usize);
}

/// Visits the settings in a list, each as a group called by its number from 1.
pub fn inside_list<V: Visitor>(
    visitor: &mut V,
    prefix: fn(&mut V) -> &mut String,
    name: &str,
    items: &mut dyn List,
) {
    for idx in 0..items.count() {
        inside(visitor, prefix, &format!("{name}.{}", idx + 1), items.item(idx));
    }
}

/// Visits settings inside settings: for as long as that takes, the visitor's prefix ends in `name.`.
pub fn inside<V: Visitor>(
    visitor: &mut V,
    prefix: fn(&mut V) -> &mut String,
    name: &str,
    group: &mut dyn Knobs,
) {
    let length = prefix(visitor).len();
    prefix(visitor).push_str(name);
    prefix(visitor).push('.');
    group.visit(visitor);
    prefix(visitor).truncate(length);
}

/// Implements [`Choice`] for an enum: `choice!(Kind { A => "a", "Label", "help"; ... })`, where every variant is
/// made by `Default` of its content or is a unit variant.
#[macro_export]
macro_rules! choice {
    ($kind:ty { $($pattern:pat => $make:expr, $name:literal, $label:expr, $help:expr;)+ }) => {
        impl $crate::knobs::Choice for $kind {
            fn options(&self) -> Vec<$crate::knobs::Variant> {
                vec![$($crate::knobs::Variant { name: $name, label: $label, help: $help }),+]
            }
            fn chosen(&self) -> &'static str {
                match self { $($pattern => $name),+ }
            }
            fn choose(&mut self, name: &str) -> bool {
                if name == self.chosen() {
                    return true;
                }
                match name {
                    $($name => *self = $make,)+
                    _ => return false,
                }
                true
            }
        }
    };
}

/// Makes the list of one kind of thing: an enum with a variant for each, its [`Choice`], its [`Knobs`], and a method
/// that gives the chosen one as the trait that all of them implement. Adding one is one line here:
/// `"file_name" => Variant(Settings), "Label", "What it is";`
#[macro_export]
macro_rules! list {
    ($(#[$meta:meta])* pub enum $Kind:ident, $about:literal, $method:ident -> dyn $Trait:path {
        $($name:literal => $Variant:ident($Settings:ty), $label:literal, $help:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub enum $Kind {
            $(#[doc = $help] #[serde(rename = $name)] $Variant($Settings),)+
        }
        $crate::choice!($Kind {
            $(Self::$Variant(_) => Self::$Variant(<$Settings>::default()), $name, $label, $help;)+
        });
        impl $crate::knobs::Knobs for $Kind {
            fn visit(&mut self, visitor: &mut dyn $crate::knobs::Visitor) {
                visitor.choice("name", self, $about);
                match self { $(Self::$Variant(settings) => settings.visit(visitor),)+ }
            }
        }
        impl $Kind {
            /// The chosen one, as what all of them are.
            pub fn $method(&self) -> &dyn $Trait {
                match self { $(Self::$Variant(settings) => settings,)+ }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::{check, differences, flat, live_paths, set};
    use crate::recipe::Recipe;

    #[test]
    fn what_is_set_by_path_is_what_is_listed() {
        let mut recipe = Recipe::default();
        for (path, value) in flat(&mut recipe) {
            assert_eq!(set(&mut recipe, &path, &value), Ok(()), "{path} takes back its own value");
        }
        assert_eq!(recipe, Recipe::default());
        assert_eq!(set(&mut recipe, "optim.lr", "0.5"), Ok(()));
        let (before, after) = (flat(&mut Recipe::default()), flat(&mut recipe));
        let differing = differences(&before, &after);
        assert_eq!(differing, [("optim.lr".to_owned(), Some("0.001".to_owned()), Some("0.5".to_owned()))]);
    }

    #[test]
    fn errors_say_what_would_have_been_right() {
        let mut recipe = Recipe::default();
        let message = |path: &str, value: &str, recipe: &mut Recipe| {
            set(recipe, path, value).map_err(|e| e.to_string())
        };
        assert_eq!(
            message("optim.lrr", "1", &mut recipe),
            Err("no setting is called 'optim.lrr'; did you mean 'optim.lr'?".to_owned())
        );
        for (path, near) in [("seed", "train.seed"), ("lr", "optim.lr"), ("epoch", "train.epochs")] {
            let expected = format!("no setting is called '{path}'; did you mean '{near}'?");
            assert_eq!(message(path, "1", &mut recipe), Err(expected));
        }
        assert_eq!(message("colour", "1", &mut recipe), Err("no setting is called 'colour'".to_owned()));
        assert_eq!(
            message("train.epochs", "two", &mut recipe),
            Err("train.epochs: 'two' is not a whole number of zero or more".to_owned())
        );
        let wrong = message("model.name", "cn", &mut recipe).expect_err("there is no such model");
        assert!(wrong.starts_with("model.name: 'cn' is not one of cnn, cnn_simple"), "{wrong}");
    }

    #[test]
    fn bounds_are_checked_nan_included() {
        let mut recipe = Recipe::default();
        assert_eq!(check(&mut recipe), []);
        recipe.train.validation_share = f64::NAN;
        recipe.train.epochs = 0;
        let paths: Vec<String> = check(&mut recipe).into_iter().map(|p| p.path).collect();
        assert_eq!(paths, ["train.epochs", "train.validation_share"]);
    }

    #[test]
    fn what_can_change_while_training_is_marked() {
        let live = live_paths(&mut Recipe::default());
        for path in ["optim.lr", "train.batch_size", "model.dropout_1", "model.dropout_2"] {
            assert!(live.iter().any(|p| p == path), "{path} in {live:?}");
        }
        assert!(!live.iter().any(|p| p == "model.conv_kernel_size"));
    }
}
