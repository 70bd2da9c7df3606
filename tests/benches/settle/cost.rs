//! What work costs: processor time on both sides.
//!
//! The server's is read from `/proc`, so it is known only where the server is on this machine.

use std::{fs, time::Duration};

/// Linux counts processor time in hundredths of a second, whatever the machine.
const TICK: Duration = Duration::from_millis(10);

/// Processor time used up to now.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// By this process.
    pub client: Duration,
    /// By the server and all its processes, if they can be seen.
    pub server: Option<Duration>,
}

impl Cost {
    /// Up to now. `postmaster` is the server's first process.
    pub fn so_far(postmaster: Option<u32>) -> Self {
        let client = stat("self").map_or(0, |stat| stat.own);
        Self { client: TICK * client, server: postmaster.map(server) }
    }

    /// What was used since.
    pub fn since(self, earlier: Self) -> Self {
        let server = self.server.zip(earlier.server).map(|(now, then)| now.saturating_sub(then));
        Self { client: self.client.saturating_sub(earlier.client), server }
    }

    /// Both taken together.
    pub fn plus(self, other: Self) -> Self {
        let server = self.server.zip(other.server).map(|(one, two)| one + two);
        Self { client: self.client + other.client, server }
    }
}

/// The parent of a process.
pub fn parent(process: u32) -> Option<u32> {
    stat(&process.to_string()).map(|stat| stat.parent)
}

fn server(postmaster: u32) -> Duration {
    let Some(first) = stat(&postmaster.to_string()) else { return Duration::ZERO };
    // Of its processes those that ended are counted with the first one.
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let living = processes.filter_map(|entry| stat(entry.file_name().to_str()?));
    let living: u32 = living.filter(|stat| stat.parent == postmaster).map(|stat| stat.own).sum();
    TICK * (first.own + first.ended + living)
}

struct Stat {
    parent: u32,
    own: u32,
    ended: u32,
}

fn stat(process: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in brackets, may contain anything; the state follows it.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |place: usize| fields.get(place)?.parse::<u32>().ok();
    Some(Stat { parent: number(1)?, own: number(11)? + number(12)?, ended: number(13)? + number(14)? })
}
