//! How much memory a program may reckon with. Known on Linux only.

use std::fs;

/// The memory of the machine, or what the control group or the limits of the process leave of it, in bytes.
pub(crate) fn physical_memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let group = fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| group_limit(&text));
    let process = fs::read_to_string("/proc/self/limits").ok().and_then(|text| address_space(&text));
    // Addresses are needed for more than values: the program, its stacks, what is reserved and not used.
    let process = process.map(|addresses| addresses / 2);
    machine.into_iter().chain(group).chain(process).min()
}

/// `MemTotal` of `/proc/meminfo`.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The soft limit of the address space in `/proc/self/limits`.
fn address_space(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The least limit of the group of `/proc/self/cgroup` and those around it.
fn group_limit(text: &str) -> Option<u64> {
    let mut group = text.lines().find_map(|line| line.strip_prefix("0::/"))?.trim_end_matches('/');
    let mut least = None;
    loop {
        let limit = fs::read_to_string(format!("/sys/fs/cgroup/{group}/memory.max"));
        let limit = limit.ok().and_then(|text| text.trim().parse::<u64>().ok());
        least = least.into_iter().chain(limit).min();
        match group.rsplit_once('/') {
            Some((around, _)) => group = around,
            None if group.is_empty() => return least,
            None => group = "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read() {
        assert_eq!(total("MemFree: 1 kB\nMemTotal:       24683520 kB\n"), Some(24_683_520 * 1024));
        assert_eq!(total("nothing"), None);
        let limits = "Max resident set     unlimited  unlimited  bytes\nMax address space    307200000  unlimited  bytes\n";
        assert_eq!(address_space(limits), Some(307_200_000));
        assert_eq!(address_space("Max address space  unlimited  unlimited  bytes"), None);
        assert_eq!(group_limit("1:name=x:/y"), None);
    }
}
