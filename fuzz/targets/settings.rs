//! Any texts as files of settings: what stands before the first null byte is `NIX_CONFIG`, the rest are the files `a`,
//! `b`, … that it and they may include.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use nivose::world::WorldError;
use nivose_cli::configuration::Configuration;
use nivose_cli::nix_conf::{Files, apply_text};

/// Files in memory.
struct Memory<'a>(Vec<&'a [u8]>);

impl Memory<'_> {
    fn find(&self, file: &Path) -> Option<&[u8]> {
        let &[letter] = file.as_os_str().as_encoded_bytes() else { return None };
        self.0.get(usize::from(letter.checked_sub(b'a')?)).copied()
    }
}

impl Files for Memory<'_> {
    fn exists(&self, file: &Path) -> bool {
        self.find(file).is_some()
    }

    fn read(&self, file: &Path) -> Result<Vec<u8>, WorldError> {
        self.find(file).map(<[u8]>::to_vec).ok_or(WorldError::NotFound)
    }
}

fuzz_target!(|data: &[u8]| {
    let mut texts = data.split(|&byte| byte == 0);
    let text = String::from_utf8_lossy(texts.next().unwrap_or_default());
    let files = Memory(texts.collect());
    let mut configuration = Configuration::default();
    match apply_text(&mut configuration, &text, Path::new("NIX_CONFIG"), &files) {
        Ok(()) => {
            configuration.keeps_derivations();
        }
        Err(failure) => assert!(!failure.to_string().is_empty(), "a failure without a message"),
    }
});
