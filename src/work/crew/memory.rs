//! How much memory there is and what processes hold, where the system tells: Linux's /proc and its control groups.

use std::fs::read_to_string;
use std::path::Path;

/// Bytes that processes started from here could still take; `None` where the system does not tell.
pub fn available_bytes() -> Option<u64> {
    let machine = kilobytes(&read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
    // In a container the group's limit may be nearer than the machine's.
    let group = group_bytes(Path::new("/sys/fs/cgroup"));
    Some(group.map_or(machine, |group| group.min(machine)))
}

/// Bytes that a process holds now, and the most that it ever held.
pub fn held_bytes(pid: u32) -> Option<(u64, u64)> {
    let status = read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some((kilobytes(&status, "VmRSS:")?, kilobytes(&status, "VmHWM:")?))
}

/// The number behind a name, in bytes, of a file whose lines read `Name:   123 kB`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// What a control group (version 2) has left; files that it only keeps in memory count as free.
fn group_bytes(group: &Path) -> Option<u64> {
    let number = |name: &str| read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let (limit, held) = (number("memory.max")?, number("memory.current")?);
    let stat = read_to_string(group.join("memory.stat")).unwrap_or_default();
    let files = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.parse::<u64>().ok());
    Some(limit.saturating_sub(held.saturating_sub(files.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() -> std::io::Result<()> {
        let meminfo = "MemTotal:       24616484 kB\nMemAvailable:   20000000 kB\n";
        assert_eq!(kilobytes(meminfo, "MemAvailable:"), Some(20_000_000 * 1024));
        assert_eq!(kilobytes(meminfo, "VmRSS:"), None);
        let group = tempfile::tempdir()?;
        assert_eq!(group_bytes(group.path()), None);
        std::fs::write(group.path().join("memory.max"), "max\n")?;
        std::fs::write(group.path().join("memory.current"), "700\n")?;
        assert_eq!(group_bytes(group.path()), None, "a group without a limit");
        std::fs::write(group.path().join("memory.max"), "1000\n")?;
        std::fs::write(group.path().join("memory.stat"), "anon 400\ninactive_file 300\n")?;
        assert_eq!(group_bytes(group.path()), Some(600));
        if cfg!(target_os = "linux") {
            let (now, most) = held_bytes(std::process::id()).unwrap_or_default();
            assert!(now > 0 && most >= now && available_bytes().is_some());
        }
        Ok(())
    }
}
