//! Background jobs, ours and graphile_worker's in its local-queue mode, on one throw-away PostgreSQL with durable
//! settings:
//!
//! `scripts/bench-jobs`, with arguments such as `rounds=1 jobs=2000` for a short run.
//!
//! Both get the same number of jobs that do nothing, the same concurrency, local queue and pool, in turns. A job
//! counts when it is completed in the database. What counts is the ratio; absolute figures are the machine's.
//!
//! Besides, how long an idle worker takes: from the call that commits a job to the job's first line; and what share of
//! a settlement one of its jobs costs.

mod cpu;
mod ours;
mod server;
mod settle;
mod theirs;

use cpu::Cpu;
use marketplace_testing::postgres::TestCluster;
use std::{env, fmt, time::Duration};

/// What both get.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many jobs.
    pub jobs: usize,
    /// How many at once.
    pub concurrency: u32,
    /// How many more are claimed ahead.
    pub queue: u32,
    /// How many connections there are.
    pub pool: u32,
    /// How often both are measured.
    pub rounds: usize,
    /// How often the latency is measured.
    pub samples: usize,
    /// How many sales are settled.
    pub settles: usize,
}

impl Load {
    /// The defaults, changed by arguments such as `jobs=1000`.
    fn from_arguments() -> Self {
        let mut load = Self {
            jobs: 20_000,
            concurrency: 16,
            queue: 256,
            pool: 8,
            rounds: 5,
            samples: 200,
            settles: 4_000,
        };
        for argument in env::args().skip(1) {
            let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
            let number: u32 = value.parse().unwrap_or_else(|_| panic!("{argument}: NAME=NUMBER is expected"));
            match name {
                "jobs" => load.jobs = number as usize,
                "concurrency" => load.concurrency = number,
                "queue" => load.queue = number,
                "pool" => load.pool = number,
                "rounds" => load.rounds = number as usize,
                "samples" => load.samples = number as usize,
                "settles" => load.settles = number as usize,
                _ => panic!("{name} is none of jobs, concurrency, queue, pool, rounds, samples, settles"),
            }
        }
        load
    }

    fn run(self, took: Duration, cpu: Cpu) -> Run {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / self.jobs as f64;
        Run { rate: self.jobs as f64 / took.as_secs_f64(), own: each(cpu.own), server: each(cpu.server) }
    }
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Jobs per second.
    rate: f64,
    /// Microseconds of processor time per job, in this process.
    own: f64,
    /// The same in the server.
    server: f64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6.0} jobs/s, {:>4.1} + {:>4.1} µs of processor", self.rate, self.own, self.server)
    }
}

/// The run in the middle, by its rate.
fn middle(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|one, two| one.rate.total_cmp(&two.rate));
    runs[runs.len() / 2]
}

/// The value at a share of all, from below.
fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted[((last as f64) * share).round() as usize]
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

fn millis(latencies: Vec<Duration>) -> Vec<f64> {
    sorted(latencies.into_iter().map(|latency| latency.as_secs_f64() * 1e3))
}

#[tokio::main]
async fn main() {
    let load = Load::from_arguments();
    println!("{load:?}");
    let server = server::start();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=load.rounds {
        let our = ours::throughput(&server, load).await;
        // Its completions go together by a timer; the better of two is taken.
        let mut their = theirs::throughput(&server, load, Duration::from_millis(1)).await;
        let other = theirs::throughput(&server, load, Duration::from_millis(5)).await;
        if other.rate > their.rate {
            their = other;
        }
        println!("round {round}\n  ours            {our}\n  graphile_worker {their}");
        ours.push(our);
        theirs.push(their);
    }
    let ratios = sorted(ours.iter().zip(&theirs).map(|(our, their)| our.rate / their.rate));
    let (our, their) = (middle(ours), middle(theirs));
    println!("\n| | ours | graphile_worker | ratio |\n|---|---|---|---|");
    println!(
        "| no-op jobs/s | {:.0} | {:.0} | {:.2} (least {:.2}) |",
        our.rate,
        their.rate,
        at(&ratios, 0.5),
        at(&ratios, 0.0)
    );
    for (name, one, two) in [("here", our.own, their.own), ("in the server", our.server, their.server)] {
        println!("| µs of processor per job, {name} | {one:.1} | {two:.1} | {:.2} |", one / two);
    }
    let (ours, theirs) =
        (millis(ours::latency(&server, load).await), millis(theirs::latency(&server, load).await));
    for (name, share) in [("median", 0.5), ("p99", 0.99), ("longest", 1.0)] {
        let (one, two) = (at(&ours, share), at(&theirs, share));
        println!("| idle, commit to start, {name} | {one:.2} ms | {two:.2} ms | |");
    }
    settlements(&server, load).await;
}

/// What a settlement takes with its jobs and without, in turns.
async fn settlements(server: &TestCluster, load: Load) {
    let (mut times, mut cpus, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..load.rounds {
        let without = settle::settle(server, load, 0).await;
        let with = settle::settle(server, load, settle::JOBS).await;
        let share = |with: f64, without: f64| (with - without) / settle::JOBS as f64 / with * 100.0;
        times.push(share(with.time, without.time));
        cpus.push(share(with.cpu, without.cpu));
        whole.push(with.time);
    }
    let middle = |values: Vec<f64>| at(&sorted(values), 0.5);
    let (time, cpu, whole) = (middle(times), middle(cpus), middle(whole));
    println!(
        "\na settlement with {} jobs: {whole:.0} µs; each job is {time:.1} % of its time, {cpu:.1} % of its processor time",
        settle::JOBS
    );
}
