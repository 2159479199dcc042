//! Verification: a walk over everything that the roots reach, after a collection, in debug builds.
//!
//! It shares no code with the collector. It changes nothing; the first thing that is not as it should
//! be ends the process, with what it is.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::attrs::ShapeEntry;
use crate::heap::used_range;
use crate::layout::{Header, Kind, WORD, words};
use crate::nursery::Nursery;
use crate::space::Space;
use crate::value::Value;

/// Bytes that are walked over in any case before the work must be in proportion to what was allocated.
pub const GRACE: u64 = 4 << 20;

/// See the opening comment.
pub struct Verification<'a> {
    nursery: &'a Nursery,
    epoch: u8,
    /// Where the next objects go.
    unused: [Range<usize>; 2],
    /// The large objects, with their sizes.
    large: BTreeMap<usize, usize>,
    /// The blocks in use.
    blocks: HashSet<usize>,
    /// Whether the lines of everything live must be marked: directly after a major collection.
    lines_are_marked: bool,
    seen: HashSet<*mut Header>,
    pending: Vec<*mut Header>,
    bytes: u64,
}

impl<'a> Verification<'a> {
    pub fn new(space: &Space, nursery: &'a Nursery, lines_are_marked: bool) -> Self {
        Verification {
            nursery,
            epoch: space.epoch(),
            unused: space.unused(),
            large: space.large_objects().collect(),
            blocks: space.blocks().collect(),
            lines_are_marked,
            seen: HashSet::new(),
            pending: Vec::new(),
            bytes: 0,
        }
    }

    /// A word of the roots.
    pub fn reach(&mut self, value: Value<'static>) {
        let Some(object) = value.object() else { return };
        if self.seen.insert(object) {
            self.object(object);
            self.pending.push(object);
        }
        // SAFETY: it was checked when it was seen first.
        let kind = unsafe { (*object).kind };
        assert!(value.suits(kind), "a reference {:#x} leads to an object of kind {kind:?}", value.bits());
    }

    /// Looks at everything that was reached; the number of bytes.
    pub fn finish(mut self) -> u64 {
        while let Some(object) = self.pending.pop() {
            // SAFETY: the object was checked before it became pending.
            unsafe {
                let (first, count) = (words(object), (*object).values());
                (0..count).for_each(|index| self.reach(first.add(index).read()));
                self.parts(object);
            }
        }
        self.bytes
    }

    /// An object that was not met before, known by its address only.
    fn object(&mut self, object: *mut Header) {
        let address = object as usize;
        assert!(address.is_multiple_of(WORD), "the address {address:#x} is not aligned");
        assert!(!self.nursery.contains(object), "a reference leads into the emptied nursery");
        let large = self.large.get(&address).copied();
        let is_small = large.is_none() && self.blocks.contains(&Space::block_of(address));
        assert!(large.is_some() || is_small, "the address {address:#x} is not in the heap");
        // SAFETY: the address is inside of a block or the start of a large object. The kind is read as
        // a byte, since it may be none.
        let kind = unsafe { object.cast::<u8>().add(std::mem::offset_of!(Header, kind)).read() };
        assert!(kind < Kind::Forwarded as u8, "an object has the kind {kind}");
        // SAFETY: as above, and the kind is one.
        let header = unsafe { *object };
        assert_eq!(header.mark, self.epoch, "a live {:?} is not marked", header.kind);
        match large {
            Some(size) => assert_eq!(size, header.size(), "the size of a large {:?}", header.kind),
            None => self.small(address, header),
        }
        self.bytes += header.size() as u64;
    }

    fn small(&self, address: usize, header: Header) {
        let (kind, size) = (header.kind, header.size());
        assert!(Space::lies_in_lines(address, size), "a {kind:?} of {size} bytes is not within its block");
        assert!(
            !self.unused.iter().any(|run| run.contains(&address)),
            "a live {kind:?} lies where the next objects go"
        );
        assert!(
            !self.lines_are_marked || Space::has_marked_lines(address, size, self.epoch),
            "the lines of a live {kind:?} are not marked"
        );
    }

    /// What an object consists of, beyond being values.
    ///
    /// # Safety
    /// It was checked, and so were the objects that its words lead to.
    unsafe fn parts(&self, object: *mut Header) {
        // SAFETY: by the caller.
        unsafe {
            let (header, first) = (*object, words::<'static>(object));
            let part = |kind| {
                let word = first.read();
                assert_eq!(word.kind(), Some(kind), "the first word of a {:?}", header.kind);
                *word.address()
            };
            match header.kind {
                Kind::ContextString | Kind::ContextRun => self.context(first.read()),
                Kind::ListView => self.view(object, [Kind::List, Kind::Elements]),
                Kind::StringView => {
                    self.view(object, [Kind::Bytes; 2]);
                    let context = first.add(2).read();
                    if !context.is_none() {
                        self.context(context);
                    }
                }
                Kind::Elements | Kind::Bytes => {
                    let used = used_range(object);
                    assert!(
                        used.start <= used.end && used.end <= header.len as usize,
                        "the room of a buffer"
                    );
                }
                Kind::Attrs => {
                    assert_eq!(part(Kind::Shape).len, header.len, "a set has as many values as names")
                }
                Kind::Layers => self.layers(object),
                Kind::Shape => self.shape(object),
                _ => {}
            }
        }
    }

    fn context(&self, value: Value<'static>) {
        let kind = value.kind();
        assert!(matches!(kind, Some(Kind::Context | Kind::ContextRun)), "a {kind:?} in place of a context");
    }

    /// # Safety
    /// As for [`Verification::parts`]; it is a view, of an object of one of the kinds.
    unsafe fn view(&self, object: *mut Header, kinds: [Kind; 2]) {
        // SAFETY: by the caller.
        unsafe {
            let (target, start) = (words::<'static>(object).read(), words::<'static>(object).add(1).read());
            let kind = target.kind();
            assert!(kinds.map(Some).contains(&kind), "a view of a {kind:?}");
            let target = target.address();
            let used =
                if (*target).kind == Kind::List { 0..(*target).len as usize } else { used_range(target) };
            let start = start.as_number().map_or(usize::MAX, |start| start as usize);
            let end = start.saturating_add((*object).len as usize);
            assert!(used.start <= start && end <= used.end, "a view goes beyond what is in use");
        }
    }

    /// # Safety
    /// As for [`Verification::parts`]; it is a set with layers.
    unsafe fn layers(&self, object: *mut Header) {
        // SAFETY: by the caller.
        unsafe {
            let (len, base, upper) = ((*object).len, words(object).read(), words(object).add(1).read());
            assert!(matches!(base.kind(), Some(Kind::Attrs | Kind::Layers)), "the lower layer is a set");
            if upper.is_none() {
                assert_eq!(
                    (base.kind(), (*base.address()).len),
                    (Some(Kind::Attrs), len),
                    "what was flattened"
                );
                return;
            }
            assert_eq!(upper.kind(), Some(Kind::Attrs), "the upper layer is a flat set");
            let (least, most) = ((*base.address()).len, (*base.address()).len + (*upper.address()).len);
            assert!((least..=most).contains(&len), "layers have as many attributes as there are in them");
        }
    }

    /// # Safety
    /// As for [`Verification::parts`]; it is a shape.
    unsafe fn shape(&self, object: *mut Header) {
        // SAFETY: by the caller.
        unsafe {
            let (len, first) = ((*object).len, words::<'static>(object));
            let entries = std::slice::from_raw_parts(first.add(1).cast::<ShapeEntry>(), len as usize);
            assert!(entries.is_sorted_by(|a, b| a.name < b.name), "the names of a shape ascend");
            if let Some(order) = first.read().object() {
                assert_eq!(((*order).kind, (*order).len), (Kind::Order, len), "the order of a shape");
            }
        }
    }
}
