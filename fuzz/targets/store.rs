//! Store paths, hashes and derivation files from any bytes: what is read is written the same, or as something that reads
//! the same, and paths are worked out or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nivose_store::{
    Derivation, Hash, HashAlgorithm, HashFormat, Instantiator, NoDerivations, StoreDir, StorePath, nixbase32,
    parse_derivation,
};

fn paths(dir: &StoreDir, data: &[u8]) {
    if let Ok(path) = StorePath::parse(data) {
        assert_eq!(path.base_name().as_bytes(), data);
        assert_eq!(dir.parse(dir.print(&path).as_bytes()).as_ref(), Ok(&path));
        assert_eq!(StorePath::from_parts(&path.digest(), path.name().as_bytes()), Ok(path));
    }
    if let Ok(path) = dir.parse(data) {
        assert_eq!(dir.split(data), Ok((path, &b""[..])));
    }
    if let Ok((path, rest)) = dir.split(data) {
        assert_eq!([dir.print(&path).as_bytes(), rest].concat(), data);
    }
}

fn hashes(data: &[u8]) {
    if let Some(decoded) = nixbase32::decode(data) {
        assert_eq!(nixbase32::decode(nixbase32::encode(&decoded).as_bytes()), Some(decoded));
    }
    for algorithm in [None, Some(HashAlgorithm::Sha256), Some(HashAlgorithm::Md5)] {
        let Ok(hash) = Hash::parse_allow_empty(data, algorithm) else { continue };
        for format in [HashFormat::Base16, HashFormat::Nix32, HashFormat::Base64, HashFormat::Sri] {
            let text = hash.format(format);
            assert_eq!(Hash::parse(text.as_bytes(), Some(hash.algorithm())).as_ref(), Ok(&hash));
        }
    }
}

fn text(dir: &StoreDir, derivation: &Derivation) -> Vec<u8> {
    let mut text = Vec::new();
    derivation.write_aterm(dir, &mut text);
    text
}

fn derivations(dir: &StoreDir, data: &[u8]) {
    let Ok(derivation) = parse_derivation(dir, "name", data) else { return };
    // The system is written without escapes, as C++ Nix does: with such a one no text can be read back.
    if derivation.system.iter().any(|byte| b"\"\\\n\r\t".contains(byte)) {
        return;
    }
    let written = text(dir, &derivation);
    assert_eq!(parse_derivation(dir, "name", &written).as_ref(), Ok(&derivation));
    let _ = derivation.derivation_type();
    let mut instantiated = derivation;
    if let Ok(result) = Instantiator::new(dir.clone()).instantiate(&mut instantiated, &NoDerivations) {
        assert!(result.path.is_derivation());
        let text = result.text.to_vec();
        assert_eq!(parse_derivation(dir, "name", &text), Ok(instantiated));
    }
}

fuzz_target!(|data: &[u8]| {
    let dir = StoreDir::default();
    paths(&dir, data);
    hashes(data);
    derivations(&dir, data);
});
