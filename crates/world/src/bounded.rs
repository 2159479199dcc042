//! Reading what may have no end: whole up to a length, or piece by piece.

use std::io::{self, ErrorKind, Read};
use std::ops::ControlFlow;

use crate::world::WorldError;

/// Bytes that are asked of the system at once. A signal ends the program between two pieces, not within one.
const PIECE: usize = 256 << 10;

/// The same where all is kept anyway.
const READ_AT_ONCE: u64 = 1 << 20;

/// Reads all, unless it has more than `most` bytes; room for `expected` of them is made at once.
///
/// # Errors
/// What the system says, or that there is more.
pub fn read_bounded(mut input: impl Read, expected: u64, most: u64) -> Result<Vec<u8>, WorldError> {
    let mut contents = Vec::new();
    let reserved = contents.try_reserve_exact(usize::try_from(expected.min(most)).unwrap_or(usize::MAX));
    reserved.map_err(|_| WorldError::from(io::Error::from(ErrorKind::OutOfMemory)))?;
    loop {
        let left = most.saturating_add(1) - contents.len() as u64;
        let read = input.by_ref().take(left.min(READ_AT_ONCE)).read_to_end(&mut contents)?;
        if contents.len() as u64 > most {
            return Err(WorldError::Other(format!("it has more than {most} bytes")));
        }
        if read == 0 {
            return Ok(contents);
        }
    }
}

/// Hands over all, piece by piece, until enough was taken.
pub(crate) fn read_pieces(
    mut input: impl Read,
    take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), WorldError> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = match input.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        if take(&piece[..length]).is_break() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_up_to_a_length() {
        let text = vec![7; 3 << 20];
        let read = |most| read_bounded(&text[..], 10, most);
        assert_eq!(read(3 << 20).as_deref(), Ok(&text[..]));
        assert_eq!(read((3 << 20) - 1), Err(WorldError::Other("it has more than 3145727 bytes".into())));
        assert_eq!(read_bounded(&b""[..], 0, 0), Ok(Vec::new()));
        assert!(read_bounded(io::repeat(1), u64::MAX, 1000).is_err());
        assert!(read_bounded(&text[..], 5, u64::MAX).is_ok_and(|read| read == text));
    }

    #[test]
    fn pieces_until_enough() {
        let mut taken = 0;
        let mut take = |piece: &[u8]| {
            taken += piece.len();
            if taken > 1 << 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert_eq!(read_pieces(io::repeat(1), &mut take), Ok(()));
        assert_eq!(read_pieces(&b"abc"[..], &mut take), Ok(()));
        assert_eq!(taken, (1 << 20) + PIECE + 3);
    }
}
