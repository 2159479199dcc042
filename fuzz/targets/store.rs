//! Store paths, hashes and derivation files from any bytes; what is read is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nivose_store::{Hash, HashAlgorithm, StoreDir, StorePath, parse_derivation};

fuzz_target!(|data: &[u8]| {
    let dir = StoreDir::default();
    if let Ok(path) = StorePath::parse(data) {
        let printed = dir.print(&path);
        assert!(printed.as_bytes().ends_with(data));
        assert!(dir.parse(printed.as_bytes()).is_ok());
    }
    let _ = dir.parse(data);
    for algorithm in [None, Some(HashAlgorithm::Sha256), Some(HashAlgorithm::Md5)] {
        let _ = Hash::parse(data, algorithm);
        let _ = Hash::parse_allow_empty(data, algorithm);
    }
    let _ = parse_derivation(&dir, "name", data);
});
