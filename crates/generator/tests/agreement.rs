//! A short run of the comparisons that need nothing but the library.

use nivose_generator::{Comparison, Dialect, Verdict, program, shrink};

/// Compares the programs of seeds that no long run begins with.
fn all_agree(name: &str, count: u64) {
    let comparison = Comparison::named(name).expect("a comparison");
    for seed in 1 << 40..(1 << 40) + count {
        let program = program(seed, comparison.profile());
        let mut differs = |program: &_| matches!(comparison.check(program), Verdict::Different(_));
        if differs(&program) {
            let small = shrink(&program, &mut differs).print(Dialect::Current);
            panic!("seed {seed} is evaluated differently ({name}):\n{small}");
        }
    }
}

#[test]
fn levels_agree() {
    all_agree("levels", 3000);
}

#[test]
fn collectors_agree() {
    all_agree("collectors", 3000);
}
