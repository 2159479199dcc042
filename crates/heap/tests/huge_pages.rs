//! A program with this allocator has its blocks in huge pages as soon as they are many, and in small ones before.

#![allow(clippy::print_stdout)]

use std::fs;

#[global_allocator]
static ALLOCATOR: nivose_heap::Allocator = nivose_heap::Allocator;

/// For each part of the segment that grows at its end, whether it is to be in huge pages.
fn parts() -> Vec<bool> {
    let maps = fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let (mut parts, mut is_heap) = (Vec::new(), false);
    for line in maps.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            if is_heap {
                parts.push(flags.split_whitespace().any(|flag| flag == "hg"));
            }
        } else if line.split_whitespace().next().is_some_and(|first| !first.ends_with(':')) {
            is_heap = line.ends_with("[heap]");
        }
    }
    parts
}

fn main() {
    let is_glibc = cfg!(all(target_os = "linux", target_env = "gnu"));
    if !is_glibc || !fs::exists("/sys/kernel/mm/transparent_hugepage").unwrap_or(false) || parts().is_empty()
    {
        println!("skipped: no huge pages, or they cannot be seen");
        return;
    }
    assert!(parts().iter().all(|is_huge| !is_huge), "small programs have small pages");
    let blocks: Vec<Vec<u8>> = (0..1000).map(|number| vec![number as u8; 40_000]).collect();
    let parts = parts();
    assert!(parts.iter().any(|&is_huge| is_huge), "many blocks have huge pages: {parts:?}");
    assert!(!parts[0], "the first of them have small ones");
    for (number, block) in blocks.iter().enumerate() {
        assert!(block.iter().all(|&byte| byte == number as u8));
    }
    there_are_blocks_while_there_is_memory();
}

/// Where the segment may not grow by as much as it would, it grows by less.
#[cfg(target_os = "linux")]
fn there_are_blocks_while_there_is_memory() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let status = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').next().unwrap().parse().unwrap();
    let maximum = getrlimit(Resource::As).maximum;
    // More than the segment has left, less than it grows by.
    let current = Some(pages * 4096 + (24 << 20));
    if maximum.is_none_or(|maximum| current < Some(maximum)) {
        setrlimit(Resource::As, Rlimit { current, maximum }).unwrap();
    }
    let blocks: Vec<Vec<u8>> = (0..1000).map(|number| vec![number as u8; 40_000]).collect();
    assert!(blocks.iter().enumerate().all(|(number, block)| block[39_999] == number as u8));
}

#[cfg(not(target_os = "linux"))]
fn there_are_blocks_while_there_is_memory() {}
