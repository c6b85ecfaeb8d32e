//! What spaces promise: conditions, places, recipes made from points, and messages for what is wrong.

use super::*;

fn space() -> Space {
    Space(vec![
        Axis::new("optim.momentum", Range::Linear { min: 0.0, max: 0.95, step: 0.0 })
            .when("optim.name", &["sgd"]),
        Axis::new("optim.name", Range::Choice(vec!["adam".into(), "sgd".into()])),
        Axis::new("optim.lr", Range::Fixed(0.05.into())),
        Axis::new("train.batch_size", Range::Int { min: 32, max: 1024, step: 1, log: true }),
    ])
}

#[test]
fn an_axis_counts_only_under_its_condition() {
    let space = space();
    assert_eq!(problems(&space, &Recipe::default()), []);
    let adam = space.decode(&[0.5, 0.0, 1.0]);
    assert_eq!(adam.to_string(), "optim.lr=0.05 optim.name=adam train.batch_size=1024");
    let sgd = space.decode(&[1.0, 1.0, 0.0]);
    assert_eq!(sgd.to_string(), "optim.lr=0.05 optim.momentum=0.95 optim.name=sgd train.batch_size=32");
    assert_eq!(space.encode(&sgd)[..2], [Some(1.0), Some(0.75)]);
    assert_eq!(space.encode(&adam)[0], None);
    assert!(space.contains(&sgd) && space.contains(&adam));
    assert!(!space.contains(&adam.clone().with("train.batch_size", 2048)));
    assert!(!space.contains(&adam.with("optim.name", "sgd")), "momentum is missing");
}

#[test]
fn recipes_are_made_choices_first() -> Result<(), SetError> {
    let recipe = Recipe::default();
    let mut sgd = space().apply(&space().decode(&[1.0, 1.0, 0.0]), &recipe)?;
    let rows = flat(&mut sgd);
    let value = |path: &str| rows.iter().find(|(p, _)| p == path).map(|(_, v)| v.as_str());
    assert_eq!(value("optim.name"), Some("sgd"));
    assert_eq!(value("optim.momentum"), Some("0.95"));
    assert_eq!(value("optim.lr"), Some("0.05"), "set after the optimizer, which brings a rate of its own");
    // What is chosen already keeps the recipe's own settings.
    let mut own = recipe;
    set(&mut own, "optim.beta_1", "0.5")?;
    let adam = space().apply(&Point::default().with("optim.name", "adam"), &own)?;
    assert_eq!(adam, own);
    assert_eq!(space().base(&own).to_string(), "optim.lr=0.05 optim.name=adam train.batch_size=128");
    Ok(())
}

#[test]
fn every_problem_is_told_with_what_would_be_right() {
    let check = |axes: Vec<Axis>| {
        let all = problems(&Space(axes), &Recipe::default());
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let lr = |min, max| Axis::new("optim.lr", Range::Log { min, max });
    assert_eq!(check(vec![]), "space: nothing is varied; add an axis with more than one value");
    assert_eq!(
        check(vec![lr(0.1, 0.001)]),
        "optim.lr: the range is upside down: from 0.1 to 0.001; the smaller number comes first"
    );
    assert!(check(vec![lr(0.0, 1.0)]).contains("cannot begin at 0"));
    assert!(check(vec![lr(0.1, f64::NAN)]).contains("has no end"));
    assert_eq!(
        check(vec![lr(0.1, 100.0)]),
        "optim.lr: 100 is not possible, it must be between 0.000001 and 10"
    );
    assert_eq!(check(vec![lr(0.1, 1.0), lr(0.1, 1.0)]), "optim.lr: it is varied twice; keep one of the two");
    let choice = |path: &str, names: &[&str]| {
        Axis::new(path, Range::Choice(names.iter().map(|n| Value::from(*n)).collect()))
    };
    assert!(check(vec![choice("optim.name", &[])]).contains("no value to choose from"));
    assert!(check(vec![choice("optim.name", &["adam", "adam"])]).contains("named twice"));
    assert!(check(vec![choice("optim.name", &["adam", "adm"])]).contains("'adm' is not one of sgd, rmsprop"));
    assert!(
        check(vec![Axis::new("optim.lrr", Range::Log { min: 0.1, max: 1.0 })])
            .contains("did you mean 'optim.lr'?")
    );
    let momentum = Axis::new("optim.momentum", Range::Linear { min: 0.0, max: 0.9, step: 0.0 });
    assert_eq!(
        check(vec![choice("optim.name", &["sgd", "adam"]), momentum.clone()]),
        "optim.momentum: there is no such setting where optim.name is adam; add a condition: when: (path: \"optim.name\", is: [...])"
    );
    assert!(check(vec![momentum.clone().when("optim.name", &["sgd"])]).contains("which is not varied"));
    assert!(
        check(vec![choice("optim.name", &["adam"]), momentum.when("optim.name", &["sgd"])])
            .contains("which that never is")
    );
    let kernel = Axis::new("model.conv_kernel_size", Range::Linear { min: 3.0, max: 5.0, step: 0.0 });
    assert!(check(vec![kernel]).contains("make the range int"));
    let ring = vec![
        choice("optim.name", &["sgd"]).when("loss.name", &["focal"]),
        choice("loss.name", &["focal"]).when("optim.name", &["sgd"]),
    ];
    assert!(check(ring).contains("hangs on itself"));
}

#[test]
fn settings_offer_ranges_that_are_possible() {
    let recipe = Recipe::default();
    let all = settings(&recipe);
    assert!(all.len() > 20, "{}", all.len());
    for setting in all {
        let space = Space(vec![Axis::new(&setting.path, setting.range())]);
        assert_eq!(problems(&space, &recipe), [], "{}", setting.path);
    }
}
