//! Derivations written by C++ Nix, in `tests/derivations`: our reading,
//! writing, output paths and file paths must agree with them to the byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nivose_store::{
    ContentAddressMethod, Derivation, DerivationError, DerivationOutput, DerivationSource, DerivationType,
    Hash, HashAlgorithm, InputOutputs, Instantiator, MemoryStore, NoDerivations, StoreDir, StorePath,
    add_deep_inputs, parse_derivation,
};

/// The files, by path.
fn recorded() -> BTreeMap<StorePath, Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/derivations");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            (StorePath::parse(name.as_bytes()).unwrap(), std::fs::read(&file).unwrap())
        })
        .collect()
}

struct Recorded(BTreeMap<StorePath, Vec<u8>>);

impl DerivationSource for Recorded {
    fn derivation(&self, path: &StorePath) -> Option<Arc<Derivation>> {
        let text = self.0.get(path)?;
        let name = path.derivation_name();
        parse_derivation(&StoreDir::default(), name, text).ok().map(Arc::new)
    }
}

/// Takes away what instantiation adds.
fn description(derivation: &Derivation) -> Derivation {
    let mut bare = derivation.clone();
    for (name, output) in bare.outputs.iter_mut() {
        bare.env.remove(name.as_bytes());
        if let DerivationOutput::InputAddressed(_) = output {
            *output = DerivationOutput::Deferred;
        }
    }
    bare
}

#[test]
fn recorded_derivations_are_instantiated_alike() {
    let source = Recorded(recorded());
    assert_eq!(source.0.len(), 12);
    for (path, text) in &source.0 {
        let original = source.derivation(path).unwrap();
        let mut derivation = description(&original);
        let mut instantiator = Instantiator::default();
        let result = instantiator.instantiate(&mut derivation, &source).unwrap();
        assert_eq!(String::from_utf8_lossy(result.text), String::from_utf8_lossy(text));
        assert_eq!(&result.path, path);
        assert_eq!(derivation, *original);
        instantiator.check(&original, &source).unwrap();
    }
}

#[test]
fn a_memo_of_all_gives_the_same() {
    let source = Recorded(recorded());
    let mut instantiator = Instantiator::default();
    for path in source.0.keys() {
        let mut derivation = description(&source.derivation(path).unwrap());
        assert_eq!(&instantiator.instantiate(&mut derivation, &source).unwrap().path, path);
    }
    // The second time nothing has to be read.
    for path in source.0.keys() {
        let mut derivation = description(&source.derivation(path).unwrap());
        assert_eq!(&instantiator.instantiate(&mut derivation, &NoDerivations).unwrap().path, path);
    }
}

fn simple(name: &str) -> Derivation {
    let env = [("name", name), ("system", "s"), ("builder", "b")];
    Derivation {
        name: name.to_owned(),
        outputs: [("out".into(), DerivationOutput::Deferred)].into_iter().collect(),
        system: b"s".to_vec(),
        builder: b"b".to_vec(),
        env: env.into_iter().collect(),
        ..Derivation::default()
    }
}

fn set(derivation: &mut Derivation, name: &str, value: &str) {
    derivation.env.insert(name.as_bytes(), value.as_bytes());
}

fn paths(instantiator: &mut Instantiator, mut derivation: Derivation) -> (String, String) {
    let path = instantiator.instantiate(&mut derivation, &NoDerivations).unwrap().path;
    let output = derivation.outputs.get("out").unwrap().path().map_or("", StorePath::base_name);
    (path.base_name().to_owned(), output.to_owned())
}

#[test]
fn the_smallest_derivations() {
    let mut instantiator = Instantiator::default();
    let (path, output) = paths(&mut instantiator, simple("n"));
    assert_eq!(path, "wr1i7p014rsirg48bgmkclzgi393aj0p-n.drv");
    assert_eq!(output, "8qwygm88qsiwpdycf5hhk51zjbh3kgaa-n");

    let mut minimal = simple("minimal");
    minimal.system = b"x86_64-linux".to_vec();
    minimal.builder = b"/bin/sh".to_vec();
    set(&mut minimal, "system", "x86_64-linux");
    set(&mut minimal, "builder", "/bin/sh");
    let (path, output) = paths(&mut instantiator, minimal);
    assert_eq!(path, "v1x7ylvsiz9y106ac08pngsy82l2igb7-minimal.drv");
    assert_eq!(output, "s5nvav9b8g8kczqzrn1n1npbvs31hgs4-minimal");
}

#[test]
fn environment_values() {
    let mut instantiator = Instantiator::default();
    for (value, expected) in [
        ("", "xj2gapgp0wfdlbsyxlwkl9y8jcj6cdwy-env.drv"),
        ("1", "n48pvqhk1v8bylgyz2q46cd2dfq3v4v8-env.drv"),
        ("x y", "wg7nmrvsigcg6ldy10fbk63d8h2w2s8p-env.drv"),
        (
            "quote\" newline\n tab\t backslash\\ return\r dollar${x} é",
            "g3kxn91ihwvfa5wrk0npz9pzzi11mmbv-env.drv",
        ),
    ] {
        let mut derivation = simple("env");
        set(&mut derivation, "a", value);
        assert_eq!(paths(&mut instantiator, derivation).0, expected);
    }
}

#[test]
fn several_outputs() {
    let mut derivation = simple("multi");
    let outputs = ["out", "dev", "man"];
    derivation.outputs = outputs.map(|name| (name.into(), DerivationOutput::Deferred)).into_iter().collect();
    set(&mut derivation, "outputs", "out dev man");
    let mut instantiator = Instantiator::default();
    let path = instantiator.instantiate(&mut derivation, &NoDerivations).unwrap().path;
    assert_eq!(path.base_name(), "bab6mfkgnh0kaarl42d3vdd5ipzqcdcp-multi.drv");
    let output = |name: &str| derivation.outputs.get(name).unwrap().path().unwrap().base_name();
    assert_eq!(output("out"), "v8ccanrn6j8i65wcz6n08dzzxgikkywb-multi");
    assert_eq!(output("dev"), "mhd52w5hf7pwksyljr035y60dcs0jqk7-multi-dev");
    assert_eq!(output("man"), "qn5zb5ik6ivfl19x5q7syg1acrlq686w-multi-man");
}

const SRI: &str = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

fn fixed(name: &str, builder: &str) -> Derivation {
    let dir = StoreDir::default();
    let hash = Hash::parse(SRI.as_bytes(), None).unwrap();
    let mut derivation = simple(name);
    derivation.builder = builder.into();
    set(&mut derivation, "builder", builder);
    set(&mut derivation, "outputHash", SRI);
    let output = DerivationOutput::fixed(&dir, name, "out", ContentAddressMethod::Flat, hash);
    derivation.outputs = [("out".into(), output.unwrap())].into_iter().collect();
    derivation
}

#[test]
fn a_fixed_output_and_its_user() {
    let mut instantiator = Instantiator::default();
    let (path, output) = paths(&mut instantiator, fixed("src.tar", "b"));
    assert_eq!(output, "maw8gk043063nmcwmzm7qld2x86s9xgb-src.tar");
    assert_eq!(path, "f12s9v7kx8sxpns12n69bgqbfiz8s85q-src.tar.drv");

    // How the content is obtained changes the derivation, not its user's output.
    let users = ["b", "other"].map(|builder| {
        let mut source = fixed("n", builder);
        set(&mut source, "outputHashMode", "flat");
        let (path, output) = paths(&mut instantiator, source);
        let mut user = simple("user");
        user.add_input(StorePath::parse(path.as_bytes()).unwrap(), "out".into());
        set(&mut user, "src", &format!("/nix/store/{output}"));
        paths(&mut instantiator, user)
    });
    assert_eq!(users[0].1, "m2i1rsijzf6iyqxh7d1wyq8vxsl4yn85-user");
    assert_eq!(users[0].1, users[1].1);
    assert_ne!(users[0].0, users[1].0);
}

#[test]
fn a_change_deep_down_changes_the_path_above() {
    let mut instantiator = Instantiator::default();
    let mut link = |name: &str, version: Option<&str>, below: Option<&(String, String, String)>| {
        let mut derivation = simple(name);
        if let Some(version) = version {
            set(&mut derivation, "version", version);
        }
        if let Some((variable, path, output)) = below {
            derivation.add_input(StorePath::parse(path.as_bytes()).unwrap(), "out".into());
            set(&mut derivation, variable, &format!("/nix/store/{output}"));
        }
        let (path, output) = paths(&mut instantiator, derivation);
        (name.to_owned(), path, output)
    };
    for (version, expected) in
        [("1", "pv52p3br79pf94j8kcy7589svbhhy384-high"), ("2", "4nmacygl8d740inflnh4mh8gdfdr74z9-high")]
    {
        let low = link("low", Some(version), None);
        let mid = link("mid", None, Some(&low));
        assert_eq!(link("high", None, Some(&mid)).2, expected);
    }
}

/// `low`, and `d` that uses it; the former is put into the store.
fn low_and_d(store: &mut MemoryStore, instantiator: &mut Instantiator) -> (Derivation, StorePath) {
    let mut low = simple("low");
    let low_path = instantiator.instantiate(&mut low, store).unwrap().path;
    assert_eq!(store.add_derivation(&low), Ok(low_path.clone()));
    let mut d = simple("d");
    d.add_input(low_path, "out".into());
    let low_output = low.outputs.get("out").unwrap().path().unwrap();
    set(&mut d, "low", &store.store_dir().print(low_output));
    let d_path = instantiator.instantiate(&mut d, store).unwrap().path;
    assert_eq!(d_path.base_name(), "i18n8nr3m2w4bkz770hphixmad4g0yp4-d.drv");
    (d, d_path)
}

#[test]
fn a_dependency_on_a_whole_closure() {
    let mut store = MemoryStore::default();
    let mut instantiator = Instantiator::default();
    let (d, d_path) = low_and_d(&mut store, &mut instantiator);
    let mut closure = simple("closure");
    set(&mut closure, "x", &store.store_dir().print(&d_path));
    assert!(add_deep_inputs(&store, &d_path, &mut closure).is_err());
    store.add_derivation(&d).unwrap();
    add_deep_inputs(&store, &d_path, &mut closure).unwrap();
    let (path, output) = paths(&mut instantiator, closure);
    assert_eq!(path, "wql7y7miqfacpfg79yia4154r993rwl9-closure.drv");
    assert_eq!(output, "c1rb9hvxh7p72yvma0xh2yfji8cssgqs-closure");
}

/// The dummy store of C++ Nix 2.36 does not tell a derivation's references.
#[test]
fn a_dependency_on_a_derivation_without_known_references() {
    let mut store = MemoryStore::default();
    let mut instantiator = Instantiator::default();
    let (d, d_path) = low_and_d(&mut store, &mut instantiator);
    let mut text = Vec::new();
    d.write_aterm(store.store_dir(), &mut text);
    store.add_object(d_path.clone(), Some(text.into()), BTreeSet::new());
    let mut closure = simple("closure");
    set(&mut closure, "x", &store.store_dir().print(&d_path));
    add_deep_inputs(&store, &d_path, &mut closure).unwrap();
    let (path, output) = paths(&mut instantiator, closure);
    assert_eq!(path, "jldnb5n1dy3xfq9hfzkz2rvf3b23d80s-closure.drv");
    assert_eq!(output, "swxvz3q3mdwqngs93xagyr7h82drd3wa-closure");
}

#[test]
fn a_dependency_on_a_derivation_file_alone() {
    let mut store = MemoryStore::default();
    let mut instantiator = Instantiator::default();
    let (_, d_path) = low_and_d(&mut store, &mut instantiator);
    for (name, expected, is_input) in [
        ("only", "pqqm8078cakj2cyx8drs0nxdaldhygx6-only.drv", true),
        ("none", "3wgb7rkmsbkl86hghlixanlm77rh6vdb-none.drv", false),
    ] {
        let mut derivation = simple(name);
        set(&mut derivation, "x", &store.store_dir().print(&d_path));
        derivation.input_sources.extend(is_input.then(|| d_path.clone()));
        assert_eq!(paths(&mut instantiator, derivation).0, expected);
    }
}

#[test]
fn long_names() {
    let mut instantiator = Instantiator::default();
    let (_, output) = paths(&mut instantiator, simple(&"a".repeat(207)));
    assert!(output.starts_with("7h6panbdplss91nf0l0sgsl1i1jjap63-aaa"));
    let error = instantiator.instantiate(&mut simple(&"a".repeat(210)), &NoDerivations);
    let message = error.unwrap_err().to_string();
    assert!(message.starts_with("path 'k1k9g1jjzplh3qbl832xyb4qznlgal93-aaa"), "{message}");
    assert!(message.ends_with("aaa.drv' must be no longer than 211 characters"), "{message}");
}

#[test]
fn users_of_floating_and_dynamic_outputs_are_deferred() {
    let mut instantiator = Instantiator::default();
    let mut floating = simple("ca");
    let output =
        DerivationOutput::Floating { method: ContentAddressMethod::Nar, algorithm: HashAlgorithm::Sha256 };
    floating.outputs = [("out".into(), output)].into_iter().collect();
    let path = instantiator.instantiate(&mut floating, &NoDerivations).unwrap().path;
    let mut user = simple("user");
    user.add_input(path, "out".into());
    instantiator.instantiate(&mut user, &NoDerivations).unwrap();
    assert_eq!(user.derivation_type(), Ok(DerivationType::Deferred));
    assert_eq!(user.env.get(b"out"), Some(&b""[..]));

    let plain = instantiator.instantiate(&mut simple("n"), &NoDerivations).unwrap().path;
    let mut user = simple("user");
    let mut node = InputOutputs::default();
    node.insert_chain(&["out".into(), "out".into()]).unwrap();
    user.input_derivations.insert(plain, node);
    let text = instantiator.instantiate(&mut user, &NoDerivations).unwrap().text.to_vec();
    assert!(text.starts_with(b"DrvWithVersion(\"xp-dyn-drv\",[(\"out\",\"\",\"\",\"\")],[("));
    assert_eq!(user.derivation_type(), Ok(DerivationType::Deferred));
}

#[test]
fn a_derivation_with_a_wrong_path_is_told() {
    let mut instantiator = Instantiator::default();
    let mut derivation = simple("n");
    instantiator.instantiate(&mut derivation, &NoDerivations).unwrap();
    set(&mut derivation, "x", "changed");
    let mut right = simple("n");
    set(&mut right, "x", "changed");
    let (_, expected) = paths(&mut instantiator, right);
    assert_eq!(
        instantiator.check(&derivation, &NoDerivations).unwrap_err().to_string(),
        format!(
            "derivation 'n' has incorrect output \
             '/nix/store/8qwygm88qsiwpdycf5hhk51zjbh3kgaa-n', should be '/nix/store/{expected}'"
        )
    );
}

/// Derivations that use each other in a long chain, or in a circle, which only
/// a broken store can hold.
struct Chain {
    length: usize,
    circular: bool,
}

fn link_path(number: usize) -> StorePath {
    let mut digest = [0; 20];
    digest[..8].copy_from_slice(&number.to_le_bytes());
    StorePath::from_parts(&digest, format!("{number}.drv").as_bytes()).unwrap()
}

impl DerivationSource for Chain {
    fn derivation(&self, path: &StorePath) -> Option<Arc<Derivation>> {
        let number: usize = path.derivation_name().parse().ok()?;
        let mut derivation = simple(path.derivation_name());
        match (number, self.circular) {
            (0, false) => {}
            (0, true) => derivation.add_input(link_path(self.length), "out".into()),
            _ => derivation.add_input(link_path(number - 1), "out".into()),
        }
        Some(derivation.into())
    }
}

#[test]
fn a_long_chain_needs_no_native_stack() {
    let mut top = simple("top");
    top.add_input(link_path(100_000), "out".into());
    let chain = Chain { length: 100_000, circular: false };
    let mut instantiator = Instantiator::default();
    instantiator.instantiate(&mut top, &chain).unwrap();
    assert_eq!(instantiator.memo().len(), 100_002);
}

#[test]
fn circles_and_missing_derivations_are_errors() {
    let mut top = simple("top");
    top.add_input(link_path(100), "out".into());
    let circle = Chain { length: 100, circular: true };
    let mut instantiator = Instantiator::default();
    let error = instantiator.instantiate(&mut top.clone(), &circle).unwrap_err();
    assert!(matches!(error, DerivationError::Cycle(_)));
    let error = instantiator.instantiate(&mut top, &NoDerivations).unwrap_err();
    let path = StoreDir::default().print(&link_path(100));
    assert_eq!(error.to_string(), format!("path '{path}' is not valid"));
}

#[test]
fn an_output_that_is_not_there() {
    let mut instantiator = Instantiator::default();
    let path = instantiator.instantiate(&mut simple("n"), &NoDerivations).unwrap().path;
    let mut user = simple("user");
    user.add_input(path, "nope".into());
    let error = instantiator.instantiate(&mut user, &NoDerivations).unwrap_err();
    assert_eq!(error.to_string(), "no hash for output 'nope' of derivation 'n'");
}

#[test]
fn no_damage_to_a_text_makes_the_parser_panic() {
    let dir = StoreDir::default();
    for (path, text) in recorded() {
        for position in 0..text.len() {
            for byte in *b"\"\\([,)]\0\xffe" {
                let mut damaged = text.clone();
                damaged[position] = byte;
                // Either is fine, as long as what is read can be written.
                if let Ok(derivation) = parse_derivation(&dir, path.derivation_name(), &damaged) {
                    derivation.write_aterm(&dir, &mut Vec::new());
                }
            }
        }
    }
}
