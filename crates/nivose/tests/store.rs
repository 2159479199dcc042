//! Derivations, contexts, files, imports and the search path, in a world in memory.

use nivose::raw::{Evaluator, Options, Origin, PrintOptions, Settings};
use nivose::world::MemoryWorld;

fn world() -> MemoryWorld {
    MemoryWorld::new()
        .with_file("/src/a.txt", "alpha\n")
        .with_file("/src/sub/default.nix", "{ x ? 1 }: [ x ./. ]")
        .with_file("/src/cycle.nix", "import ./cycle.nix")
        .with_file("/src/nul", *b"a\0b")
        .with_file("/src/scoped.nix", "hidden + 1")
        .with_executable("/src/run.sh", "#!/bin/sh\n")
        .with_symlink("/src/link.nix", "sub/default.nix")
        .with_symlink("/src/loop", "loop")
        .with_symlink("/src/dangling", "nowhere")
        .with_variable("NAME", "value")
}

fn evaluate_with(text: &str, settings: Settings) -> Result<String, String> {
    let mut evaluator = Evaluator::new(Options { settings, ..Options::default() }, Box::new(world()));
    let value = evaluator.evaluate(Origin::String, text.into(), b"/src".to_vec());
    let forced = value.and_then(|value| evaluator.force_deep(value));
    let printed = forced.and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    printed.map(|text| String::from_utf8_lossy(&text).into_owned()).map_err(|error| error.text().into_owned())
}

fn evaluate(text: &str) -> Result<String, String> {
    evaluate_with(text, Settings::default())
}

#[track_caller]
fn gives(text: &str, expected: &str) {
    assert_eq!(evaluate(text).as_deref(), Ok(expected), "{text}");
}

#[track_caller]
fn fails(text: &str, headline: &str) {
    assert_eq!(evaluate(text), Err(headline.to_owned()), "{text}");
}

const MINIMAL: &str = r#"derivation { name = "n"; system = "s"; builder = "b"; }"#;

#[test]
fn derivations_have_the_paths_of_cpp_nix() {
    let paths = r#"[ "/nix/store/wr1i7p014rsirg48bgmkclzgi393aj0p-n.drv" "/nix/store/8qwygm88qsiwpdycf5hhk51zjbh3kgaa-n" ]"#;
    gives(&format!("let d = {MINIMAL}; in [ d.drvPath d.outPath ]"), paths);
    gives(
        r#"builtins.derivationStrict { name = "n"; system = "s"; builder = "b"; outputs = [ "out" "lib" ]; }"#,
        r#"{ drvPath = "/nix/store/5ip2gzg622qwr75plxc4r0hi3qn4grv7-n.drv"; lib = "/nix/store/m7wfhw7v5cihihcwkqnwvwnyckbypqci-n-lib"; out = "/nix/store/473fxikvg0xq7g7llsm2g81rfhzcc72y-n"; }"#,
    );
}

#[test]
fn derivations_are_checked() {
    let with = |attributes: &str| format!("({MINIMAL}).drvPath + (derivation {{ {attributes} }}).drvPath");
    fails(&with(r#"name = "n"; system = "s";"#), "required attribute 'builder' missing");
    fails(
        &with(r#"name = "x~y"; system = "s"; builder = "b";"#),
        "invalid derivation name: name 'x~y' contains illegal character '~'. Please pass a different 'name'.",
    );
    fails(
        &with(r#"name = "n"; system = "s"; builder = "b"; outputs = [ "a" "a" ];"#),
        "duplicate derivation output 'a'",
    );
    fails(
        &format!("import ({MINIMAL})"),
        "path '/nix/store/wr1i7p014rsirg48bgmkclzgi393aj0p-n.drv' is not valid",
    );
}

#[test]
fn derivations_that_are_kept_can_be_imported() {
    let settings = Settings { keeps_derivations: true, ..Settings::default() };
    let text = format!("let d = {MINIMAL}; in [ (import d.drvPath).outPath (import d.drvPath).outputName ]");
    let expected = r#"[ "/nix/store/8qwygm88qsiwpdycf5hhk51zjbh3kgaa-n" "out" ]"#;
    assert_eq!(evaluate_with(&text, settings).as_deref(), Ok(expected));
}

#[test]
fn contexts_travel_and_can_be_changed() {
    let drv = "/nix/store/wr1i7p014rsirg48bgmkclzgi393aj0p-n.drv";
    gives(
        &format!("builtins.getContext \"${{{MINIMAL}}}\""),
        &format!(r#"{{ "{drv}" = {{ outputs = [ "out" ]; }}; }}"#),
    );
    gives(
        &format!("builtins.getContext (builtins.unsafeDiscardOutputDependency ({MINIMAL}).drvPath)"),
        &format!(r#"{{ "{drv}" = {{ path = true; }}; }}"#),
    );
    gives(&format!("builtins.hasContext (builtins.unsafeDiscardStringContext ({MINIMAL}).drvPath)"), "false");
}

#[test]
fn files_are_read_and_copied() {
    gives("builtins.readFile ./a.txt", r#""alpha\n""#);
    gives("builtins.readDir ./sub", r#"{ "default.nix" = "regular"; }"#);
    gives("map builtins.pathExists [ ./a.txt ./none ./dangling ./sub ]", "[ true false true true ]");
    gives(
        r#"[ (builtins.readFile "${./a.txt}") (builtins.readFile (builtins.toFile "x" "y")) ]"#,
        r#"[ "alpha\n" "y" ]"#,
    );
    fails("builtins.readFile ./none", "path '/src/none' does not exist");
    fails("builtins.readFile ./sub", "file '/src/sub' is not a regular file");
    fails("builtins.readFile ./loop", "infinite symlink recursion in path '/src/loop'");
    fails(
        "builtins.readFile ./nul",
        "the contents of the file '/src/nul' cannot be represented as a Nix string",
    );
}

#[test]
fn filters_choose_what_is_copied() {
    gives("builtins.filterSource (p: t: true) ./sub == \"${./sub}\"", "true");
    gives(
        "builtins.path { path = ./.; name = \"src\"; filter = p: t: t == \"x\"; } == builtins.path { path = ./.; name = \"src\"; filter = p: t: false; }",
        "true",
    );
    fails("builtins.path { path = ./.; nam = 1; }", "unsupported argument 'nam' to 'builtins.path'");
    fails("builtins.filterSource (p: t: 1) ./sub", "expected a Boolean but found an integer: 1");
}

#[test]
fn imports_are_found_and_shared() {
    gives("import ./sub { }", "[ 1 /src/sub ]");
    gives("import ./link.nix { x = 2; }", "[ 2 /src/sub ]");
    gives("builtins.scopedImport { hidden = 1; } ./scoped.nix", "2");
    fails("import ./cycle.nix", "infinite recursion encountered");
    fails("import ./sub/none.nix", "path '/src/sub/none.nix' does not exist");
    fails("import \"sub\"", "string 'sub' doesn't represent an absolute path");
    gives("(builtins.functionArgs (import <nix/fetchurl.nix>)).url", "false");
}

#[test]
fn the_search_path_is_searched() {
    let nix_path = vec![(b"pkg".to_vec(), b"/src/sub".to_vec()), (Vec::new(), b"/src".to_vec())];
    let settings = Settings { nix_path, ..Settings::default() };
    let text = "[ <pkg> <a.txt> <pkg/default.nix> (builtins.tryEval <pk>).success ]";
    let expected = "[ /src/sub /src/a.txt /src/sub/default.nix false ]";
    assert_eq!(evaluate_with(text, settings).as_deref(), Ok(expected));
}

#[test]
fn restricted_evaluation_sees_what_is_allowed() {
    let allowed_paths = vec![b"/src/sub".to_vec()];
    let settings = Settings { restrict_eval: true, allowed_paths, ..Settings::default() };
    let run = |text: &str| evaluate_with(text, settings.clone());
    assert_eq!(
        run("[ (import ./sub { }) (builtins.pathExists ./a.txt) (builtins.getEnv \"NAME\") ]").as_deref(),
        Ok("[ [ 1 /src/sub ] false \"\" ]")
    );
    let forbidden = "access to absolute path '/src/a.txt' is forbidden in restricted mode";
    assert_eq!(run("builtins.readFile ./a.txt"), Err(forbidden.to_owned()));
    let forbidden = "access to URI 'http://x/y' is forbidden in restricted mode";
    assert_eq!(run("builtins.fetchurl \"http://x/y\""), Err(forbidden.to_owned()));
}

#[test]
fn environment_and_hashes() {
    gives("[ (builtins.getEnv \"NAME\") (builtins.getEnv \"NONE\") ]", "[ \"value\" \"\" ]");
    gives("builtins.hashFile \"md5\" ./a.txt == builtins.hashString \"md5\" \"alpha\\n\"", "true");
    gives(
        "builtins.convertHash { hash = builtins.hashString \"sha256\" \"abc\"; hashAlgo = \"sha256\"; toHashFormat = \"sri\"; }",
        "\"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"",
    );
    fails(
        "builtins.hashString \"crc32\" \"\"",
        "unknown hash algorithm 'crc32', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'",
    );
}

#[test]
fn nothing_is_fetched() {
    let message = evaluate("builtins.fetchTarball \"https://example.org/x.tar.gz\"").unwrap_err();
    assert!(message.contains("does not fetch"), "{message}");
    fails("builtins.fetchurl { name = \"x\"; }", "'url' argument required");
    gives("[ (builtins ? fetchTree) (builtins ? outputOf) (builtins ? exec) ]", "[ false false false ]");
}
