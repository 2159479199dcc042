//! Placeholders: texts that stand for output paths nobody knows yet.

use crate::derivation::output_path_name;
use crate::hash::sha256;
use crate::nixbase32;
use crate::store_dir::compress;
use crate::store_path::StorePath;

/// What `builtins.placeholder` gives: stands for the named output of the
/// derivation in whose own environment it occurs.
pub fn output_placeholder(output_name: &[u8]) -> String {
    rendered(&sha256(&[b"nix-output:", output_name].concat()))
}

/// Stands for an output, not known yet, of another derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownstreamPlaceholder([u8; 32]);

impl DownstreamPlaceholder {
    /// For the output of a content-addressed, impure or deferred derivation.
    pub fn unknown_output(derivation: &StorePath, output_name: &str) -> Self {
        let name = output_path_name(derivation.derivation_name(), output_name);
        let text = format!("nix-upstream-output:{}:{name}", derivation.hash_part());
        Self(sha256(text.as_bytes()))
    }

    /// For the output of a derivation that is itself an output, for which
    /// `derivation` stands.
    pub fn unknown_derivation(derivation: &Self, output_name: &str) -> Self {
        let digest = nixbase32::encode(&compress(&derivation.0));
        Self(sha256(format!("nix-computed-output:{digest}:{output_name}").as_bytes()))
    }

    /// The text that programs see.
    pub fn render(&self) -> String {
        rendered(&self.0)
    }
}

fn rendered(hash: &[u8; 32]) -> String {
    format!("/{}", nixbase32::encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_outputs() {
        assert_eq!(output_placeholder(b"out"), "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9");
        assert_eq!(output_placeholder(b"lib"), "/0sra2y18lr3h6j58qjm0w46yv36h1wjmilb09n8aimdpivdymscx");
    }

    #[test]
    fn outputs_of_others() {
        let ca = StorePath::parse(b"g1driw1rl09jpj482icgln2c7lkw5ra9-ca.drv").unwrap();
        assert_eq!(
            DownstreamPlaceholder::unknown_output(&ca, "out").render(),
            "/1lpc8171n1fzawqzkhvmzqv63wnj4xr7vkn3yl5y1z2fk983nw7r"
        );
        assert_eq!(
            DownstreamPlaceholder::unknown_output(&ca, "lib").render(),
            "/02girnwj2q4n126kfb7myh8dmqjhc2izfkmmi2zd7h09x20ky8v6"
        );
    }

    #[test]
    fn outputs_of_outputs_differ() {
        let ca = StorePath::parse(b"g1driw1rl09jpj482icgln2c7lkw5ra9-ca.drv").unwrap();
        let out = DownstreamPlaceholder::unknown_output(&ca, "out");
        let a = DownstreamPlaceholder::unknown_derivation(&out, "out");
        let b = DownstreamPlaceholder::unknown_derivation(&a, "out");
        assert_ne!(a.render(), b.render());
        assert_ne!(a.render(), out.render());
    }
}
