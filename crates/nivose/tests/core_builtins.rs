//! The builtins on types, control, sets, lists, numbers and strings, called from source text: at
//! both levels of the compiler, and with a collection at every safe point.

use nivose::DiagnosticId;
use nivose::raw::{Error, Evaluator, HeapConfig, Options, Origin, Settings, StressMode};
use nivose::world::MemoryWorld;

fn run(text: &str, level: u8, stress: StressMode, settings: Settings) -> Result<String, Error> {
    let heap = HeapConfig { stress, ..HeapConfig::default() };
    let options = Options { level, heap, settings, ..Options::default() };
    let mut evaluator = Evaluator::new(options, Box::new(MemoryWorld::new()));
    let value = evaluator.evaluate(Origin::String, text.as_bytes().to_vec(), b"/".to_vec())?;
    let value = evaluator.force_deep(value)?;
    let shown = evaluator.machine().inspect(value, |shared, value| shared.show(value));
    Ok(String::from_utf8_lossy(&shown).into_owned())
}

fn outcome(text: &str, level: u8, stress: StressMode) -> Result<String, String> {
    run(text, level, stress, Settings::default()).map_err(|error| error.text().into_owned())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    for (level, stress) in [(0, StressMode::Off), (1, StressMode::Off), (1, StressMode::On)] {
        assert_eq!(
            outcome(text, level, stress).as_deref(),
            Ok(expected),
            "level {level}, {stress:?}: {text}"
        );
    }
}

#[track_caller]
fn fails(text: &str, headline: &str) {
    for (level, stress) in [(0, StressMode::Off), (1, StressMode::On)] {
        assert_eq!(outcome(text, level, stress), Err(headline.to_owned()), "level {level}: {text}");
    }
}

/// Large results take several steps; they are checked without stress, which would take long.
#[track_caller]
fn check_large(text: &str, expected: &str) {
    assert_eq!(outcome(text, 1, StressMode::Off).as_deref(), Ok(expected), "{text}");
}

#[test]
fn access_to_lists() {
    check(
        "with builtins; [ (head [ 1 2 ]) (tail [ 1 2 ]) (elemAt [ 1 2 ] 1) (length [ ]) ]",
        "[ 1 [ 2 ] 2 0 ]",
    );
    check("builtins.head [ 1 (throw \"unused\") ]", "1");
    fails("builtins.head [ ]", "'builtins.head' called on an empty list");
    fails("builtins.tail [ ]", "'builtins.tail' called on an empty list");
    fails("builtins.elemAt [ 1 ] 3", "'builtins.elemAt' called with index 3 on a list of size 1");
    fails("builtins.elemAt [ 1 ] (-1)", "'builtins.elemAt' called with index -1 on a list of size 1");
    fails("builtins.length { }", "expected a list but found a set: { }");
}

#[test]
fn elements_are_made_when_needed() {
    check("builtins.length (map (throw \"f\") [ ])", "0");
    check("builtins.length (map (x: throw \"x\") [ 1 2 ])", "2");
    fails("builtins.genList (throw \"f\") 0", "f");
    check("builtins.elemAt (builtins.genList (i: if i == 1 then throw \"x\" else i) 3) 2", "2");
    check("builtins.attrNames (builtins.mapAttrs (throw \"f\") { b = 1; a = 2; })", "[ \"a\" \"b\" ]");
    fails("map 1 [ 1 ]", "expected a function but found an integer: 1");
    fails("builtins.genList (i: i) (-3)", "cannot create list of size -3");
}

#[test]
fn large_lists_take_several_steps() {
    check_large(
        "builtins.foldl' (a: b: a + b) 0 (map (x: x * 2) (builtins.genList (i: i) 100000))",
        "9999900000",
    );
    check_large(
        "let s = builtins.listToAttrs (builtins.genList (i: { name = toString i; value = i; }) 30000); in \
         builtins.foldl' (a: b: a + b) 0 (builtins.attrValues (builtins.mapAttrs (n: v: v + 1) s))",
        "450015000",
    );
    check_large(
        "builtins.length (builtins.attrNames (builtins.listToAttrs (builtins.genList (i: { name = toString i; value = i; }) 30000)))",
        "30000",
    );
    check_large("builtins.deepSeq (builtins.genList (i: { a = [ i ]; }) 30000) true", "true");
}

#[test]
fn searching_and_selecting() {
    check("builtins.filter (x: x > 1) [ 1 2 3 ]", "[ 2 3 ]");
    check(
        "with builtins; [ (any (x: x == 2) [ 1 2 (throw \"unused\") ]) (all (x: x == 1) [ 1 2 (throw \"unused\") ]) ]",
        "[ true false ]",
    );
    check("with builtins; [ (any (x: x) [ ]) (all (x: x) [ ]) ]", "[ false true ]");
    check("builtins.partition (x: x > 2) [ 1 5 2 4 ]", "{ right = [ 5 4 ]; wrong = [ 1 2 ]; }");
    check(
        "builtins.groupBy (x: if x > 2 then \"big\" else \"small\") [ 1 5 2 4 ]",
        "{ big = [ 5 4 ]; small = [ 1 2 ]; }",
    );
    check("builtins.elem [ 1 { a = 2; } ] [ 1 [ 1 { a = 2; } ] (throw \"unused\") ]", "true");
    check("builtins.elem (throw \"unused\") [ ]", "false");
    check("let f = x: x; in [ (builtins.elem f [ f ]) (builtins.elem f [ (x: x) ]) ]", "[ true false ]");
    fails("builtins.filter (x: 1) [ 1 ]", "expected a Boolean but found an integer: 1");
}

#[test]
fn joining_lists() {
    check("builtins.concatLists [ [ 1 ] [ ] [ 2 3 ] ]", "[ 1 2 3 ]");
    check("builtins.concatMap (x: [ x (x + 1) ]) [ 1 5 ]", "[ 1 2 5 6 ]");
    fails("builtins.concatLists [ [ ] 1 (throw \"later\") ]", "expected a list but found an integer: 1");
    fails("builtins.concatMap (x: x) [ 1 ]", "expected a list but found an integer: 1");
}

#[test]
fn folding_does_not_force_the_start() {
    check("builtins.foldl' (a: b: b) (throw \"unused\") [ 1 2 ]", "2");
    check("builtins.foldl' (a: b: a) 5 [ (throw \"unused\") ]", "5");
    fails("builtins.foldl' (a: b: throw \"first\") 0 [ 1 2 ]", "first");
    fails("builtins.foldl' 1 0 [ ]", "expected a function but found an integer: 1");
}

#[test]
fn sorting() {
    check("builtins.sort builtins.lessThan [ 3 1 2 1 ]", "[ 1 1 2 3 ]");
    check("builtins.sort builtins.lessThan [ \"b\" \"\" \"a\" ]", "[ \"\" \"a\" \"b\" ]");
    check("builtins.sort builtins.lessThan [ 2 1.5 1 ]", "[ 1 1.5 2 ]");
    check("builtins.sort builtins.lessThan [ [ 2 ] [ 1 9 ] [ 1 ] ]", "[ [ 1 ] [ 1 9 ] [ 2 ] ]");
    check(
        "map (x: x.n) (builtins.sort (a: b: a.k < b.k) [ { k = 2; n = 1; } { k = 1; n = 2; } { k = 2; n = 3; } { k = 1; n = 4; } ])",
        "[ 2 4 1 3 ]",
    );
    check("builtins.sort (throw \"unused\") [ ]", "[ ]");
    fails("builtins.sort (a: b: true) [ (throw \"element\") ]", "element");
    fails("builtins.sort (a: b: 1) [ 1 2 ]", "expected a Boolean but found an integer: 1");
    fails(
        "builtins.sort builtins.lessThan [ 1 \"a\" ]",
        "cannot compare a string with an integer; values are \"a\" and 1",
    );
    check_large(
        "let s = builtins.sort (a: b: b < a) (builtins.genList (i: builtins.bitXor i 21845) 32768); in [ (builtins.head s) (builtins.elemAt s 32767) ]",
        "[ 32767 0 ]",
    );
}

#[test]
fn sets() {
    check("builtins.attrValues { b = 1; a = 2; }", "[ 2 1 ]");
    check("with builtins; [ (getAttr \"a\" { a = 1; }) (hasAttr \"b\" { a = 1; }) ]", "[ 1 false ]");
    check("removeAttrs { a = 1; b = 2; c = 3; } [ \"c\" \"x\" \"a\" ]", "{ b = 2; }");
    check("builtins.intersectAttrs { a = 1; c = 3; } { c = 4; d = 5; }", "{ c = 4; }");
    check("builtins.catAttrs \"a\" [ { a = 1; } { b = 2; } { a = 3; } ]", "[ 1 3 ]");
    check("builtins.listToAttrs [ { name = \"a\"; value = 1; } { name = \"a\"; } ]", "{ a = 1; }");
    check(
        "builtins.zipAttrsWith (n: vs: [ n vs ]) [ { a = 1; } { b = 2; a = 3; } ]",
        "{ a = [ \"a\" [ 1 3 ] ]; b = [ \"b\" [ 2 ] ]; }",
    );
    fails("builtins.getAttr \"x\" { a = 1; }", "attribute 'x' missing");
    fails("builtins.listToAttrs [ { name = \"a\"; } ]", "attribute 'value' missing");
    fails("builtins.listToAttrs [ { value = 1; } ]", "attribute 'name' missing");
    fails("removeAttrs { } [ 1 ]", "expected a string but found an integer: 1");
    fails("builtins.zipAttrsWith 1 [ ]", "expected a function but found an integer: 1");
}

#[test]
fn intersections_of_unequal_sizes() {
    let large = "builtins.listToAttrs (builtins.genList (i: { name = \"n${toString i}\"; value = i; }) 500)";
    check(&format!("builtins.intersectAttrs {{ n7 = 1; x = 2; }} ({large})"), "{ n7 = 7; }");
    check(&format!("builtins.intersectAttrs ({large}) {{ n7 = 1; x = 2; }}"), "{ n7 = 1; }");
}

#[test]
fn arithmetic() {
    check("with builtins; [ (add 1 2) (sub 1 2.5) (mul 3 4) (div 7 2) (div (-7) 2) ]", "[ 3 -1.5 12 3 -3 ]");
    check("with builtins; [ (bitAnd 12 10) (bitOr 12 10) (bitXor 12 10) ]", "[ 8 14 6 ]");
    check("with builtins; [ (ceil 1.5) (floor 1.5) (floor (-1.5)) (ceil 3) ]", "[ 2 1 -2 3 ]");
    check(
        "with builtins; [ (lessThan 1 1.5) (lessThan \"b\" \"a\") (lessThan [ 1 (throw \"unused\") ] [ 2 ]) ]",
        "[ true false true ]",
    );
    fails("builtins.div 1 0", "division by zero");
    fails("builtins.add 9223372036854775807 1", "integer overflow in adding 9223372036854775807 + 1");
    fails("builtins.bitAnd 1 1.5", "expected an integer but found a float: 1.5");
    fails("builtins.floor 1.0e30", "NixFloat argument 1e+30 is not in the range of NixInt");
    fails("builtins.floor \"a\"", "expected a float but found a string: \"a\"");
}

#[test]
fn types() {
    check(
        "map builtins.typeOf [ 1 1.5 \"s\" /p true null { } [ ] (x: x) map (map (x: x)) ]",
        "[ \"int\" \"float\" \"string\" \"path\" \"bool\" \"null\" \"set\" \"list\" \"lambda\" \"lambda\" «1 item elided» ]",
    );
    check(
        "with builtins; [ (isFunction map) (isFunction { __functor = 1; }) (isPath /a) (isNull null) ]",
        "[ true false true true ]",
    );
    check(
        "map toString [ 1 0.1 true false null [ 1 [ ] \"a\" ] /p { outPath = \"o\"; } ]",
        "[ \"1\" \"0.100000\" \"1\" \"\" \"\" \"1 a\" \"/p\" \"o\" ]",
    );
}

#[test]
fn giving_up_and_carrying_on() {
    check("builtins.tryEval (throw \"x\")", "{ success = false; value = false; }");
    check("builtins.tryEval (assert false; 1)", "{ success = false; value = false; }");
    check("(builtins.tryEval { a = throw \"inner\"; }).success", "true");
    check("builtins.seq { a = throw \"unused\"; } 1", "1");
    check("let x = { inherit x; y = [ x ]; }; in builtins.deepSeq x 1", "1");
    fails("builtins.deepSeq { a = [ (throw \"deep\") ]; } 1", "deep");
    fails("builtins.tryEval (abort \"a\")", "evaluation aborted with the following error message: 'a'");
    fails("builtins.tryEval (1 + \"a\")", "cannot add a string to an integer");
    fails("throw { outPath = \"message\"; }", "message");
    fails("throw 1", "cannot coerce an integer to a string: 1");
}

#[test]
fn contexts_of_errors() {
    let text = "builtins.addErrorContext \"while ${\"trying\"}\" (throw \"x\")";
    let error = run(text, 1, StressMode::Off, Settings::default()).expect_err("it throws");
    assert_eq!(error.id(), DiagnosticId::Thrown);
    assert!(
        error
            .trace()
            .any(|frame| frame.message == b"while trying" && frame.shown == nivose_base::Shown::Always)
    );
    check("builtins.addErrorContext (throw \"unused\") 1", "1");
    fails("builtins.addErrorContext (throw \"context\") (throw \"x\")", "context");
    check(
        "builtins.tryEval (builtins.addErrorContext \"c\" (throw \"x\"))",
        "{ success = false; value = false; }",
    );
}

#[test]
fn warnings_can_end_the_evaluation() {
    check("builtins.warn \"careful\" 1", "1");
    check("builtins.traceVerbose (throw \"unused\") 1", "1");
    fails("builtins.warn 1 1", "expected a string but found an integer: 1");
    let settings = Settings { abort_on_warn: true, ..Settings::default() };
    let error =
        run("builtins.warn \"careful\" 1", 1, StressMode::Off, settings).expect_err("warnings are fatal");
    assert_eq!(error.id(), DiagnosticId::AbortOnWarn);
}

#[test]
fn functions() {
    check("builtins.functionArgs ({ a, b ? 1, ... }: a)", "{ a = false; b = true; }");
    check("map builtins.functionArgs [ (x: x) map (x: { y }: y) ]", "[ { } { } { } ]");
    check("builtins.functionArgs ((x: { y }: y) 1)", "{ y = false; }");
    fails("builtins.functionArgs { __functor = self: x: x; }", "'functionArgs' requires a function");
    check("builtins.unsafeGetAttrPos \"a\" { a = 1; }", "null");
}

#[test]
fn closures() {
    let keys = |start: &str, next: &str| {
        format!(
            "map (e: e.key) (builtins.genericClosure {{ startSet = map (key: {{ inherit key; }}) {start}; operator = e: map (key: {{ inherit key; }}) (({next}) e.key); }})"
        )
    };
    check(&keys("[ 1 ]", "n: if n < 4 then [ (2 * n) (2 * n + 1) ] else [ ]"), "[ 1 2 3 4 5 6 7 ]");
    check(&keys("[ \"b\" \"a\" \"b\" ]", "n: [ \"a\" ]"), "[ \"b\" \"a\" ]");
    check(&keys("[ 3 1 1.0 2.5 3.0 ]", "n: [ ]"), "[ 3 1 2.5 ]");
    check(&keys("[ [ 1 2 ] [ 1 ] [ 1 2 ] ]", "n: [ ]"), "[ [ 1 2 ] [ 1 ] ]");
    check(&keys("[ /b /a /b ]", "n: [ ]"), "[ /b /a ]");
    check(&keys("[ null ]", "n: [ ]"), "[ null ]");
    check("builtins.genericClosure { startSet = [ ]; }", "[ ]");
    fails(&keys("[ 1 \"a\" ]", "n: [ ]"), "cannot compare a string with an integer; values are \"a\" and 1");
    fails("builtins.genericClosure { startSet = [ { } ]; operator = e: [ ]; }", "attribute 'key' missing");
    fails("builtins.genericClosure { startSet = [ { key = 1; } ]; }", "attribute 'operator' missing");
    check_large(
        &format!("builtins.length ({})", keys("[ 0.5 ]", "n: if n < 3000 then [ (n + 2) (n + 1) ] else [ ]")),
        "3002",
    );
    check_large(
        &format!("builtins.length ({})", keys("[ 0 ]", "n: if n < 9000 then [ (n + 1) 0 1 2 ] else [ ]")),
        "9001",
    );
}

#[test]
fn strings() {
    check(
        "with builtins; [ (stringLength \"aé\") (substring 1 2 \"abcd\") (substring 2 (-1) \"abcd\") (substring 9 1 \"a\") ]",
        "[ 3 \"bc\" \"cd\" \"\" ]",
    );
    check("builtins.concatStringsSep \", \" [ \"a\" { outPath = \"b\"; } \"c\" ]", "\"a, b, c\"");
    fails("builtins.substring (-1) 1 \"a\"", "negative start position in 'substring'");
    fails("builtins.concatStringsSep \",\" [ 1 ]", "cannot coerce an integer to a string: 1");
}

#[test]
fn replacing() {
    check("builtins.replaceStrings [ \"oo\" \"a\" ] [ \"a\" \"i\" ] \"foobar\"", "\"fabir\"");
    check("builtins.replaceStrings [ \"\" ] [ \"-\" ] \"abc\"", "\"-a-b-c-\"");
    check("builtins.replaceStrings [ \"\" ] [ \"-\" ] \"\"", "\"-\"");
    check("builtins.replaceStrings [ \"a\" \"\" ] [ \"X\" \"-\" ] \"abc\"", "\"X-b-c-\"");
    check("builtins.replaceStrings [ \"\" \"a\" ] [ \"-\" \"X\" ] \"a\"", "\"-a-\"");
    check("builtins.replaceStrings [ \"a\" \"b\" ] [ \"x\" (throw \"unused\") ] \"aca\"", "\"xcx\"");
    fails("builtins.replaceStrings [ \"a\" ] [ (throw \"used\") ] \"a\"", "used");
    fails(
        "builtins.replaceStrings [ \"a\" ] [ ] \"a\"",
        "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths",
    );
    fails("builtins.replaceStrings [ 1 ] [ \"\" ] \"a\"", "expected a string but found an integer: 1");
}

#[test]
fn constants() {
    check(
        "[ builtins.langVersion builtins.storeDir (builtins.builtins.builtins ? map) (__head [ 1 ]) ]",
        "[ 6 \"/nix/store\" true 1 ]",
    );
    check("[ (builtins ? currentTime) (builtins ? fetchTree) (builtins ? __head) ]", "[ true false false ]");
    let settings = Settings { pure_eval: true, ..Settings::default() };
    let shown = run(
        "[ (builtins ? currentTime) (builtins ? currentSystem) builtins.nixPath ]",
        1,
        StressMode::Off,
        settings,
    );
    assert_eq!(shown.ok().as_deref(), Some("[ false false [ ] ]"));
}
