//! Paths of copied files and trees, as C++ Nix 2.36 gave them.

use nivose_store::{
    ArchiveError, ArchiveWriter, ContentAddressMethod, Hash, HashAlgorithm, Hasher, StoreDir,
};

fn path(method: ContentAddressMethod, hash: &Hash, name: &str) -> String {
    let dir = StoreDir::default();
    let path = dir.make_fixed_output_path(method, hash, name.as_bytes(), [], false);
    path.unwrap().base_name().to_owned()
}

fn source(name: &str, write: impl FnOnce(&mut ArchiveWriter<Hasher>) -> Result<(), ArchiveError>) -> String {
    let mut archive = ArchiveWriter::new(Hasher::new(HashAlgorithm::Sha256));
    write(&mut archive).unwrap();
    let hash = archive.finish().unwrap().finish();
    path(ContentAddressMethod::Nar, &hash, name)
}

#[test]
fn files() {
    let text = b"source text\n";
    assert_eq!(
        source("source.txt", |archive| archive.regular(false, text)),
        "8wnagsh82vv42y7hygmy16vjyi16rqml-source.txt"
    );
    assert_eq!(
        source("other-name", |archive| archive.regular(false, text)),
        "2xy5z1iy79wph3pabm91liwyrkip8fnx-other-name"
    );
    assert_eq!(
        source("empty-file", |archive| archive.regular(false, b"")),
        "ij3gw72f4n5z4dz6nnzl1731p9kmjbwr-empty-file"
    );
    let flat = HashAlgorithm::Sha256.hash(text);
    assert_eq!(
        path(ContentAddressMethod::Flat, &flat, "source.txt"),
        "2ynx015dr3rx1d04hyvcjc427d99pvjv-source.txt"
    );
}

#[test]
fn a_directory() {
    let inner = source("inner", |archive| {
        archive.begin_directory()?;
        archive.entry(b"file")?;
        archive.regular(false, b"inner file\n")?;
        archive.end_directory()
    });
    assert_eq!(inner, "fqdi0x2y2gwgwwx2wrnl0098ybb0az7x-inner");
}
