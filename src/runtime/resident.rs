//! How much memory the process has in use.

/// Resident memory in bytes, where the system says: Linux does, in `/proc/self/status`.
#[must_use]
pub fn memory_in_use() -> Option<u64> {
    resident(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// The line `VmRSS:     12345 kB`.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_system() {
        for (text, want) in [
            ("Name:\thimal\nVmRSS:\t   49152 kB\nThreads:\t3\n", Some(49_152 * 1_024)),
            ("VmRSS:\t   many kB\n", None),
            ("VmRSS:\t   18446744073709551615 kB\n", None),
            ("", None),
        ] {
            assert_eq!(resident(text), want, "{text}");
        }
    }
}
