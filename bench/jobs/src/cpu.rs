//! Processor time, of this process and of the server: unlike time on the clock it says the same on a busy machine.

use marketplace_testing::postgres::TestCluster;
use std::{fs, time::Duration};

/// Hundredths of a second, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// Processor time used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    /// By this process.
    pub own: Duration,
    /// By the server.
    pub server: Duration,
}

impl Cpu {
    /// Used until now.
    pub fn now(server: &TestCluster) -> Self {
        let Some(postmaster) = server.pid() else { return Self::default() };
        let mut ticks = 0;
        for entry in fs::read_dir("/proc").expect("there is /proc").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // One may end meanwhile; then its time is among that of its parent's former children.
            if let Some(process) = read(pid)
                && (pid == postmaster || process.parent == postmaster)
            {
                ticks += process.own + if pid == postmaster { process.former_children } else { 0 };
            }
        }
        let own = read(std::process::id()).map_or(0, |process| process.own);
        Self { own: TICK * own, server: TICK * ticks }
    }

    /// Used since an earlier moment.
    pub fn since(self, earlier: Self) -> Self {
        Self { own: self.own.saturating_sub(earlier.own), server: self.server.saturating_sub(earlier.server) }
    }
}

struct Process {
    parent: u32,
    own: u32,
    former_children: u32,
}

fn read(pid: u32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(Process {
        parent: number(1)?,
        own: number(11)? + number(12)?,
        former_children: number(13)? + number(14)?,
    })
}
