//! A set of bytes, as a bitmap.

/// Which of the 256 bytes are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) const FULL: Self = Self([u64::MAX; 4]);

    pub(super) fn single(byte: u8) -> Self {
        let mut set = Self::default();
        set.insert(byte);
        set
    }

    pub(super) fn of(mut member: impl FnMut(u8) -> bool) -> Self {
        let mut set = Self::default();
        (0..=u8::MAX).filter(|&byte| member(byte)).for_each(|byte| set.insert(byte));
        set
    }

    #[inline]
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn union(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    pub(super) fn complement(&self) -> Self {
        Self(self.0.map(|word| !word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership() {
        let mut set = ByteSet::of(|byte| byte.is_ascii_digit());
        set.insert(0xff);
        set.union(&ByteSet::single(b'x'));
        let members: Vec<u8> = (0..=u8::MAX).filter(|&byte| set.contains(byte)).collect();
        assert_eq!(members, b"0123456789x\xff");
        assert!(!set.complement().contains(b'x') && set.complement().contains(b'y'));
    }
}
