//! What each request is answered, and what no request can bring down.

use nivose_web::answer;
use serde_json::{Value, json};

fn ask(request: Value) -> Value {
    serde_json::from_str(&answer(&request.to_string())).expect("an answer is JSON")
}

/// Asks something about a single source.
fn about(what: &str, text: &str, more: Value) -> Value {
    let mut request = json!({ "do": what, "files": { "main.nix": text }, "entry": "main.nix" });
    let members = request.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    ask(request)
}

fn evaluate(text: &str) -> Value {
    about("evaluate", text, json!({}))
}

#[test]
fn values_are_lazy_or_strict() {
    let text = "{ a = 1 + 1; b = [ \"x\" ]; }";
    assert_eq!(evaluate(text)["value"], "{ a = «thunk»; b = «thunk»; }");
    assert_eq!(
        about("evaluate", text, json!({ "strict": true }))["value"],
        "{\n  a = 2;\n  b = [ \"x\" ];\n}"
    );
}

#[test]
fn values_have_three_forms() {
    let text = "{ a = [ 1 ]; }";
    assert_eq!(about("evaluate", text, json!({ "form": "json" }))["value"], "{\"a\":[1]}");
    let xml = about("evaluate", text, json!({ "form": "xml" }));
    assert!(xml["value"].as_str().expect("a text").contains("<int value=\"1\" />"));
}

#[test]
fn files_import_each_other() {
    let files = json!({ "main.nix": "import ./lib/two.nix + 1", "lib/two.nix": "2" });
    let answer = ask(json!({ "do": "evaluate", "files": files, "entry": "main.nix" }));
    assert_eq!(answer["value"], "3");
}

#[test]
fn failures_say_where_and_why() {
    let answer = evaluate("let f = x: x.prot; in\nf { port = 80; }");
    assert_eq!(answer["value"], Value::Null);
    let failure = &answer["diagnostics"][0];
    assert_eq!(failure["id"], "missing-attribute");
    assert_eq!((&failure["file"], &failure["line"]), (&json!("/main.nix"), &json!(1)));
    assert_eq!(failure["suggestions"], json!(["port"]));
    assert!(!failure["notes"].as_array().expect("a list").is_empty());
    assert!(!failure["trace"].as_array().expect("a list").is_empty());
}

#[test]
fn a_mistake_is_told_once_and_warnings_beside_a_value() {
    let answer = evaluate("{ a = ; }");
    assert_eq!(answer["diagnostics"].as_array().map(Vec::len), Some(1));
    let answer = evaluate("let unused = 1; in 2");
    assert_eq!(answer["value"], "2");
    assert_eq!(answer["diagnostics"][0]["level"], "warning");
}

#[test]
fn messages_and_figures() {
    let answer = evaluate("builtins.trace \"here\" ((x: x) 1)");
    assert_eq!(answer["messages"], json!([{ "kind": "trace", "text": "here" }]));
    assert_eq!(answer["statistics"]["functionCalls"], 1);
}

#[test]
fn trees_and_listings_have_places() {
    let nodes = about("tree", "1 + x", json!({}));
    assert_eq!((&nodes["nodes"][0]["kind"], &nodes["nodes"][0]["end"]), (&json!("Binary"), &json!(5)));
    assert_eq!(nodes["diagnostics"][0]["id"], "undefined-variable");
    let lines = about("code", "1 + 2", json!({ "level": 0 }));
    let texts: Vec<_> = lines["lines"].as_array().expect("a list").iter().collect();
    assert!(texts.iter().any(|line| line["mnemonic"] == "Add" && line["end"] == 5), "{texts:?}");
    assert_eq!(about("code", "1 +", json!({}))["lines"], json!([]));
}

#[test]
fn traces_are_cut_off_where_asked() {
    let text = "let f = n: if n == 0 then 0 else f (n - 1); in f 5";
    let whole = about("trace", text, json!({}));
    assert_eq!((&whole["complete"], &whole["value"]), (&json!(true), &json!("0")));
    assert!(whole["events"].as_array().expect("a list").iter().any(|event| event["end"].is_u64()));
    let part = about("trace", text, json!({ "events": 10 }));
    assert_eq!((&part["complete"], part["events"].as_array().map(Vec::len)), (&json!(false), Some(10)));
    let endless = about("trace", "let f = x: f x; in f 1", json!({ "events": 100 }));
    assert_eq!((&endless["complete"], &endless["value"]), (&json!(false), &Value::Null));
}

#[test]
fn builtins_and_instructions_are_documented() {
    let text = |name| ask(json!({ "do": "document", "name": name }))["text"].clone();
    assert!(text("builtins.map").as_str().expect("a text").contains("map"));
    assert!(text("Return").is_string());
    assert_eq!(text("nothing"), Value::Null);
    assert!(ask(json!({ "do": "names" }))["builtins"].as_array().expect("a list").contains(&json!("map")));
}

#[test]
fn endless_and_deep_programs_end() {
    let id =
        |text, limits| about("evaluate", text, json!({ "limits": limits }))["diagnostics"][0]["id"].clone();
    assert_eq!(id("let f = x: f x; in f 0", json!({ "steps": 10_000 })), "step-limit");
    assert_eq!(id("let f = x: 1 + f x; in f 0", json!({})), "stack-overflow");
    assert_eq!(id("let x = x + 1; in x", json!({})), "infinite-recursion");
    let grows = "let f = l: if l == [ ] then 0 else f (l ++ l); in f [ 1 ]";
    assert_eq!(id(grows, json!({ "memory": 16 << 20 })), "out-of-memory");
}

#[test]
fn deep_sources_are_answered() {
    let deep = "[".repeat(20_000) + &"]".repeat(20_000);
    for what in ["evaluate", "trace", "tree", "code"] {
        let answer = about(what, &deep, json!({ "strict": true }));
        assert!(answer["failure"].is_null(), "{what}");
    }
}

#[test]
fn nothing_is_kept() {
    let files = json!({ "main.nix": "import ./a.nix", "a.nix": "1" });
    assert_eq!(ask(json!({ "do": "evaluate", "files": files, "entry": "main.nix" }))["value"], "1");
    assert_eq!(evaluate("import ./a.nix")["value"], Value::Null);
}

#[test]
fn nothing_of_the_outside_is_seen() {
    assert_eq!(evaluate("builtins.pathExists /etc")["value"], "false");
    assert_eq!(evaluate("builtins.getEnv \"PATH\"")["value"], "\"\"");
}

#[test]
fn features_are_switched_on() {
    assert_eq!(evaluate("1 |> (x: x)")["value"], Value::Null);
    let on = json!({ "features": ["pipe-operators"] });
    assert_eq!(about("evaluate", "1 |> (x: x)", on.clone())["value"], "1");
    assert_eq!(about("code", "1 |> (x: x)", on)["diagnostics"], json!([]));
}

#[test]
fn bad_requests_are_refused() {
    let failure = |request: &str| {
        let answer: Value = serde_json::from_str(&answer(request)).expect("JSON");
        answer["failure"].as_str().expect("a sentence").to_owned()
    };
    assert!(failure("{").starts_with("this is no JSON"));
    assert!(failure(&"[".repeat(100_000)).starts_with("this is no JSON"));
    assert_eq!(failure("1"), "a request is an object");
    assert_eq!(failure("{}"), "there is nothing like '' to do");
    assert_eq!(failure(r#"{"do":"evaluate"}"#), "there are no 'files'");
    let with = |more| format!(r#"{{"do":"evaluate","files":{{"a":"1"}},"entry":"a",{more}}}"#);
    assert_eq!(failure(&with(r#""strict":1"#)), "'strict' is neither true nor false");
    assert_eq!(failure(&with(r#""form":"yaml""#)), "a value has no form 'yaml'");
    assert_eq!(failure(&with(r#""limits":{"memory":4294967296}"#)), "'memory' is no number up to 536870912");
    assert_eq!(failure(&with(r#""features":[1]"#)), "'features' is no list of texts");
    assert_eq!(failure(r#"{"do":"tree","files":{"../a":"1"},"entry":"a"}"#), "'../a' is no name of a file");
    assert_eq!(failure(r#"{"do":"tree","files":{"a":"1"},"entry":"b"}"#), "there is no file '/b'");
}
