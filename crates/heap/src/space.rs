//! Where objects live that outlived a collection: regions of 1 MiB from the system (of 2 MiB in a
//! large heap), cut into blocks of 32 KiB, cut into lines of 128 bytes. Small objects are placed by
//! bumping a pointer through runs of free lines, large ones are allocated singly.
//!
//! What is live is decided elsewhere; this file only keeps line marks and sweeps by them.

use std::alloc::Layout;

use crate::huge_page;
use crate::layout::{Header, WORD};
use crate::reserve::Reserve;
use crate::system::{self, BATCH, HUGE, System};

const LINE: usize = 128;
const LINES: usize = 256;
const BLOCK: usize = LINE * LINES;
const REGION: usize = 1 << 20;
/// What a heap of so many bytes takes from then on is in huge pages, in regions of one each, if these are cheap. Smaller
/// ones keep to small pages, of which they take just what they need.
const MEDIUM_HEAP: usize = 12 << 20;
/// From so many on it is in huge pages at any rate: the system takes them back at once.
const LARGE_HEAP: usize = 256 << 20;
/// The marks of a block's lines fill its first lines.
const FIRST_LINE: usize = LINES / LINE;
/// The mark of a line without live objects. Epochs are 1 and 2 in turn: a mark of the last but one
/// would come to mean "live" again.
const UNMARKED: u8 = 0xff;
/// Objects of more bytes than this are allocated singly.
const LARGE: usize = 8 * 1024;

/// A run of free bytes that is being filled.
#[derive(Clone, Copy)]
pub struct Hole {
    /// Where the next object goes.
    pub cursor: *mut u8,
    /// The end of the run.
    pub limit: *mut u8,
}

impl Hole {
    const NONE: Hole = Hole { cursor: std::ptr::null_mut(), limit: std::ptr::null_mut() };

    /// Room for `size` bytes, if the run has it.
    #[inline(always)]
    fn take(&mut self, size: usize) -> Option<*mut u8> {
        let left = self.limit as usize - self.cursor as usize;
        (size <= left).then(|| {
            let start = self.cursor;
            // SAFETY: `size` bytes are left before `limit`.
            self.cursor = unsafe { start.add(size) };
            start
        })
    }
}

/// A block by its address, and the line from which it was not yet searched.
#[derive(Clone, Copy)]
struct Partial {
    block: *mut u8,
    line: usize,
}

/// Memory from the system.
#[derive(Clone, Copy)]
struct Region {
    start: *mut u8,
    size: usize,
    /// Blocks that were ever used; those beyond hold nothing, not even marks.
    used: usize,
}

impl Region {
    fn block(self, index: usize) -> *mut u8 {
        debug_assert!(index < self.blocks());
        // SAFETY: a region has so many blocks.
        unsafe { self.start.add(index * BLOCK) }
    }

    fn blocks(self) -> usize {
        self.size / BLOCK
    }

    /// Gives it back to the system.
    ///
    /// # Safety
    /// It does not come from a reserve, and nothing in it is in use.
    unsafe fn free(self) {
        // SAFETY: by the caller; regions are aligned to their size.
        unsafe { system::unmap(self.start, self.size, self.size) }
    }
}

/// An object with an allocation of its own.
struct Large {
    object: *mut Header,
    size: usize,
}

/// All memory of a heap.
pub struct Space {
    hole: Hole,
    overflow: Hole,
    /// The block that `hole` lies in, with the line after the hole.
    current: Option<Partial>,
    regions: Vec<Region>,
    /// Bytes of the regions.
    region_bytes: usize,
    free: Vec<*mut u8>,
    recyclable: Vec<*mut u8>,
    large: Vec<Large>,
    /// The number of the last collection: 1 or 2.
    epoch: u8,
    /// Bytes handed out in fresh runs and large objects since the last collection.
    pub allocated: usize,
    /// Bytes of large objects.
    large_bytes: usize,
    /// Bytes of live lines found by the last sweep.
    live_lines: usize,
    system: System,
    reserve: Reserve<REGION>,
    /// Whether the system refused memory since [`Space::secure`] succeeded last.
    pub refused: bool,
}

// SAFETY: a space owns all memory that its pointers lead to.
unsafe impl Send for Space {}

/// Large objects of at least this many bytes have pages of their own.
pub const MAPPED: usize = 128 << 10;

/// Those of at least this many begin at a huge page.
const HUGE_OBJECT: usize = 2 * HUGE;

/// A large object lies at a multiple of so many bytes.
fn large_align(size: usize) -> usize {
    if size >= HUGE_OBJECT { HUGE } else { 16 }
}

fn large_layout(size: usize) -> Layout {
    // SAFETY: sizes come from headers, far below the limit of a layout.
    unsafe { Layout::from_size_align_unchecked(size, large_align(size)) }
}

impl Large {
    /// # Safety
    /// Nothing refers to it any more, and its memory does not come from a reserve.
    unsafe fn free(&self) {
        let start = self.object.cast();
        // SAFETY: by the caller.
        unsafe {
            if self.size >= MAPPED {
                system::unmap(start, self.size, large_align(self.size));
            } else {
                std::alloc::dealloc(start, large_layout(self.size));
            }
        }
    }
}

impl Space {
    pub fn new() -> Self {
        Space {
            hole: Hole::NONE,
            overflow: Hole::NONE,
            current: None,
            regions: Vec::new(),
            region_bytes: 0,
            free: Vec::new(),
            recyclable: Vec::new(),
            large: Vec::new(),
            epoch: 1,
            allocated: 0,
            large_bytes: 0,
            live_lines: 0,
            system: System::default(),
            reserve: Reserve::new(),
            refused: false,
        }
    }

    /// Makes sure that `bytes` of the nursery can be moved here, whatever the system gives then. Gives how many can.
    pub fn secure(&mut self, bytes: usize) -> usize {
        self.refused = !self.reserve.secure(bytes, |size, align| self.system.map(size, align));
        if self.refused { self.reserve.covers() } else { bytes }
    }

    /// Whether the system would give so many bytes.
    pub fn is_available(&mut self, bytes: usize) -> bool {
        let size = bytes.max(1);
        // Memory that nobody looks at would not be asked for.
        let Some(start) = std::hint::black_box(self.system.map(size, WORD)) else { return false };
        // SAFETY: it was just mapped so.
        unsafe { system::unmap(start, size, WORD) };
        true
    }

    /// For tests: makes the system refuse memory after so many requests.
    pub fn refuse_after(&mut self, grants: Option<u64>) {
        self.system.refuse_after(grants);
    }

    /// Bytes claimed from the system.
    pub fn claimed(&self) -> usize {
        self.region_bytes + self.large_bytes
    }

    /// Bytes in use: live after the last sweep, and handed out since.
    pub fn in_use(&self) -> usize {
        self.live_lines + self.allocated
    }

    /// Room for an object of `size` bytes (a multiple of the word); the content is undefined.
    #[inline(always)]
    pub fn allocate(&mut self, size: usize) -> *mut Header {
        debug_assert!(size.is_multiple_of(WORD));
        if size <= LARGE
            && let Some(start) = self.hole.take(size)
        {
            return start.cast();
        }
        self.allocate_slow(size)
    }

    #[cold]
    #[inline(never)]
    fn allocate_slow(&mut self, size: usize) -> *mut Header {
        if size > LARGE {
            let object = self.allocate_large(size).or_else(|| self.take_large(size));
            return object.unwrap_or_else(|| system::refused(size));
        }
        if size > LINE {
            return self.allocate_medium(size);
        }
        loop {
            self.next_hole();
            if let Some(start) = self.hole.take(size) {
                return start.cast();
            }
        }
    }

    /// Objects of several lines do not search through small runs: they fill a free block.
    fn allocate_medium(&mut self, size: usize) -> *mut Header {
        if let Some(start) = self.overflow.take(size) {
            return start.cast();
        }
        let block = self.free_block();
        self.allocated += BLOCK;
        // SAFETY: the block has `BLOCK` bytes, the first of them for its marks.
        self.overflow = unsafe { Hole { cursor: block.add(FIRST_LINE * LINE), limit: block.add(BLOCK) } };
        let start = self.overflow.cursor;
        // SAFETY: an object that is not large fits into a free block.
        self.overflow.cursor = unsafe { start.add(size) };
        start.cast()
    }

    /// Room for an object that does not come from the nursery, if the system has it. Small ones lie in blocks all the
    /// same: collections mark their lines.
    pub fn allocate_directly(&mut self, size: usize) -> Option<*mut Header> {
        if size <= LARGE { Some(self.allocate(size)) } else { self.allocate_large(size) }
    }

    /// Room for an object with an allocation of its own, if the system has it.
    fn allocate_large(&mut self, size: usize) -> Option<*mut Header> {
        let object = if size >= MAPPED {
            self.map(size, large_align(size))
        } else {
            self.system.allocate(large_layout(size))
        };
        match object {
            Some(object) => Some(self.add_large(object.cast(), size)),
            None => {
                self.refused = true;
                None
            }
        }
    }

    /// A run of pages, huge ones if there is room for one in it and the heap is large with it.
    fn map(&mut self, size: usize, align: usize) -> Option<*mut u8> {
        let start = self.system.map(size, align)?;
        let claimed = self.claimed() + size;
        if align >= HUGE && claimed >= MEDIUM_HEAP {
            // SAFETY: it was just mapped, at a multiple of a huge page.
            unsafe {
                match claimed >= LARGE_HEAP {
                    true => system::use_huge_pages(start, size),
                    false => huge_page::try_out(start, size),
                }
            }
        }
        Some(start)
    }

    /// The same from the reserve.
    #[cold]
    fn take_large(&mut self, size: usize) -> Option<*mut Header> {
        let object = self.reserve.take_large(size)?;
        Some(self.add_large(object, size))
    }

    /// The same beside `bytes` that are to be moved here still; ends the process if that is not possible.
    #[cold]
    pub fn allocate_spare(&mut self, size: usize, bytes: usize) -> *mut Header {
        let fits = self.reserve.covers() >= bytes.saturating_add(size.saturating_mul(2));
        let object = fits.then(|| self.take_large(size)).flatten();
        object.unwrap_or_else(|| system::refused(size))
    }

    fn add_large(&mut self, object: *mut Header, size: usize) -> *mut Header {
        self.large.push(Large { object, size });
        self.large_bytes += size;
        self.allocated += size;
        object
    }

    /// Makes `hole` the next run of free lines.
    fn next_hole(&mut self) {
        loop {
            if let Some(current) = self.current
                && let Some((start, end)) = self.find_run(current)
            {
                // SAFETY: both are lines of the block.
                self.hole = unsafe {
                    Hole { cursor: current.block.add(start * LINE), limit: current.block.add(end * LINE) }
                };
                self.current = Some(Partial { block: current.block, line: end });
                self.allocated += (end - start) * LINE;
                return;
            }
            let block = self.recyclable.pop().unwrap_or_else(|| self.free_block());
            self.current = Some(Partial { block, line: FIRST_LINE });
        }
    }

    /// The next run of lines that the last collection did not mark.
    fn find_run(&self, partial: Partial) -> Option<(usize, usize)> {
        // SAFETY: the marks are the first bytes of the block.
        let marks = unsafe { &*partial.block.cast::<[u8; LINES]>() };
        let start = (partial.line..LINES).find(|&line| marks[line] != self.epoch)?;
        let end = (start..LINES).find(|&line| marks[line] == self.epoch).unwrap_or(LINES);
        Some((start, end))
    }

    /// A block without live objects, its lines unmarked.
    fn free_block(&mut self) -> *mut u8 {
        let block = self.free.pop().unwrap_or_else(|| self.fresh_block());
        // SAFETY: the marks are the first bytes of the block.
        unsafe { block.cast::<[u8; LINES]>().write([UNMARKED; LINES]) };
        block
    }

    /// A block that was never used.
    fn fresh_block(&mut self) -> *mut u8 {
        if self.regions.last().is_none_or(|region| region.used == region.blocks()) {
            let region = self.map_region().or_else(|| self.take_region());
            let region = region.unwrap_or_else(|| system::refused(REGION));
            self.region_bytes += region.size;
            self.regions.push(region);
        }
        let Some(region) = self.regions.last_mut() else { unreachable!("a region was just made sure of") };
        let block = region.block(region.used);
        if region.used.is_multiple_of(BATCH / BLOCK) {
            // SAFETY: the region has so many bytes from here on.
            unsafe { system::prepare(block, BATCH) };
        }
        region.used += 1;
        block
    }

    /// A region from the system.
    fn map_region(&mut self) -> Option<Region> {
        let claimed = self.claimed();
        let is_huge = claimed >= LARGE_HEAP || claimed >= MEDIUM_HEAP && huge_page::are_cheap();
        let size = if is_huge { HUGE } else { REGION };
        let start = self.map(size, size);
        self.refused |= start.is_none();
        Some(Region { start: start?, size, used: 0 })
    }

    /// A region from the reserve.
    #[cold]
    fn take_region(&mut self) -> Option<Region> {
        Some(Region { start: self.reserve.take_region()?, size: REGION, used: 0 })
    }

    /// Begins a collection, which has a number of its own.
    pub fn begin_collection(&mut self) {
        self.epoch = if self.epoch == 1 { 2 } else { 1 };
    }

    /// The number that marks what the last collection reached and what came since.
    #[inline(always)]
    pub fn epoch(&self) -> u8 {
        self.epoch
    }

    /// Marks the lines of a live object. The lines of large objects do not exist.
    #[inline]
    pub fn mark_lines(object: *mut Header, size: usize, epoch: u8) {
        if size > LARGE {
            return;
        }
        let address = object as usize;
        let block = (address & !(BLOCK - 1)) as *mut u8;
        let first = (address & (BLOCK - 1)) / LINE;
        let last = ((address & (BLOCK - 1)) + size - 1) / LINE;
        // SAFETY: the object lies in a block, whose first bytes are its marks.
        let mark = |line: usize| unsafe { block.add(line).write(epoch) };
        // Most objects lie in one line or in two.
        mark(first);
        mark(last);
        (first + 1..last).for_each(mark);
    }

    /// Ends a collection: finds free and partly free blocks, frees large objects that were not
    /// reached, and gives regions without live objects back to the system.
    pub fn sweep(&mut self) {
        self.hole = Hole::NONE;
        self.overflow = Hole::NONE;
        self.current = None;
        self.free.clear();
        self.recyclable.clear();
        self.allocated = 0;
        self.live_lines = 0;
        self.sweep_large();
        let regions = std::mem::take(&mut self.regions);
        self.regions = regions.into_iter().filter(|&region| self.sweep_region(region)).collect();
        self.reserve.drop_unused();
        self.live_lines += self.large_bytes;
    }

    fn sweep_large(&mut self) {
        let epoch = self.epoch;
        let mut freed = 0;
        let reserve = &mut self.reserve;
        self.large.retain(|large| {
            // SAFETY: the object is freed here only once, when nothing refers to it.
            unsafe {
                if (*large.object).mark == epoch {
                    return true;
                }
                if !reserve.give_back(large.object.cast()) {
                    large.free();
                }
            }
            freed += large.size;
            false
        });
        self.large_bytes -= freed;
    }

    /// Takes away the marks of earlier collections; the number of those of this one.
    fn sweep_marks(marks: &mut [u8], epoch: u8) -> usize {
        let mut marked = 0;
        for mark in marks {
            let is_live = *mark == epoch;
            marked += usize::from(is_live);
            *mark = if is_live { epoch } else { UNMARKED };
        }
        marked
    }

    /// Sweeps one region; false if it was given back.
    fn sweep_region(&mut self, region: Region) -> bool {
        let (free_before, recyclable_before) = (self.free.len(), self.recyclable.len());
        let mut live = 0;
        for index in (0..region.used).rev() {
            let block = region.block(index);
            // SAFETY: the marks are the first bytes of a block that was used.
            let marks = unsafe { &mut *block.cast::<[u8; LINES]>() };
            let marked = Self::sweep_marks(&mut marks[FIRST_LINE..], self.epoch);
            live += marked;
            match marked {
                0 => self.free.push(block),
                n if n < LINES - FIRST_LINE => self.recyclable.push(block),
                _ => {}
            }
        }
        self.live_lines += live * LINE;
        if live > 0 {
            return true;
        }
        self.free.truncate(free_before);
        self.recyclable.truncate(recyclable_before);
        self.region_bytes -= region.size;
        if !self.reserve.give_back(region.start) {
            // SAFETY: nothing in the region is live, and no list names its blocks any more.
            unsafe { region.free() };
        }
        false
    }
}

/// For verification.
#[cfg(debug_assertions)]
impl Space {
    /// The addresses and sizes of the large objects.
    pub fn large_objects(&self) -> impl Iterator<Item = (usize, usize)> {
        self.large.iter().map(|large| (large.object as usize, large.size))
    }

    /// The addresses of the blocks in use.
    pub fn blocks(&self) -> impl Iterator<Item = usize> {
        self.regions.iter().flat_map(|&region| (0..region.used).map(move |i| region.block(i) as usize))
    }

    /// The runs in which the next objects are placed.
    pub fn unused(&self) -> [std::ops::Range<usize>; 2] {
        [self.hole, self.overflow].map(|hole| hole.cursor as usize..hole.limit as usize)
    }

    /// The block that an address would be in.
    pub fn block_of(address: usize) -> usize {
        address & !(BLOCK - 1)
    }

    /// Whether an object lies in the lines of one block, clear of the marks.
    pub fn lies_in_lines(address: usize, size: usize) -> bool {
        let offset = address - Self::block_of(address);
        size <= LARGE && offset >= FIRST_LINE * LINE && offset + size <= BLOCK
    }

    /// Whether all lines of an object in a block carry the mark.
    pub fn has_marked_lines(address: usize, size: usize, epoch: u8) -> bool {
        let block = Self::block_of(address);
        let marks = block as *const u8;
        let (first, last) = ((address - block) / LINE, (address - block + size - 1) / LINE);
        // SAFETY: the object lies in a block, whose first bytes are its marks.
        (first..=last).all(|line| unsafe { marks.add(line).read() } == epoch)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        for &region in &self.regions {
            if !self.reserve.give_back(region.start) {
                // SAFETY: the space owns its regions.
                unsafe { region.free() };
            }
        }
        for large in &self.large {
            if !self.reserve.give_back(large.object.cast()) {
                // SAFETY: the space owns its large objects.
                unsafe { large.free() };
            }
        }
    }
}
