//! The one table that everything is printed in.

use super::cost::Cost;
use std::time::Duration;

/// What some runs came to.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Units per second: the median of the rounds.
    pub rate: f64,
    /// The median time of one unit.
    pub p50: Duration,
    /// Units in all rounds.
    pub units: u32,
    /// Processor time in all rounds.
    pub cost: Cost,
    /// Round trips to the server per unit, if they were counted.
    pub trips: Option<f64>,
}

/// The name of a line.
pub fn cell(store: &str, tasks: usize, hot: bool) -> String {
    let sellers = if hot { "one seller" } else { "many sellers" };
    let plural = if tasks == 1 { "" } else { "s" };
    format!("{store}, {tasks} task{plural}, {sellers}")
}

pub fn head() {
    println!(
        "{:<46} {:>9} {:>9} {:>6} | {:>8} {:>8} {:>6} | {:>15} {:>15} | {:>6}",
        "",
        "ceiling/s",
        "ours/s",
        "ratio",
        "p50 ceil",
        "p50 ours",
        "ratio",
        "CPU µs ceiling",
        "CPU µs ours",
        "trips"
    );
    println!(
        "{:<46} {:>9} {:>9} {:>6} | {:>8} {:>8} {:>6} | {:>15} {:>15} |",
        "", "", "", "", "µs", "µs", "", "here+server", "here+server"
    );
}

/// One line: ours beside its ceiling.
pub fn line(name: &str, ceiling: &Figures, ours: &Figures) {
    println!(
        "{name:<46} {:>9.0} {:>9.0} {:>6.2} | {:>8} {:>8} {:>6.2} | {:>15} {:>15} | {:>6}",
        ceiling.rate,
        ours.rate,
        ours.rate / ceiling.rate,
        ceiling.p50.as_micros(),
        ours.p50.as_micros(),
        ours.p50.as_secs_f64() / ceiling.p50.as_secs_f64(),
        processor(ceiling),
        processor(ours),
        ours.trips.map_or_else(|| "-".to_owned(), |trips| format!("{trips:.2}")),
    );
}

/// One line: times in a small and in a large ledger.
pub fn grown(name: &str, small: Duration, large: Duration) {
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    println!("{name:<46} {:>6} µs {:>6} µs {ratio:>6.2} |", small.as_micros(), large.as_micros());
}

/// One line: how long the middle one, the slowest hundredth and the slowest waited.
pub fn latency(name: &str, p50: Duration, p99: Duration, most: Duration) {
    let [p50, p99, most] = [p50, p99, most].map(|time| time.as_micros());
    println!("{name:<46} p50 {p50:>6} µs, p99 {p99:>6} µs, longest {most:>6} µs");
}

/// One line: bytes instead of rates.
pub fn bytes(name: &str, ceiling: i64, ours: i64) {
    println!("{name:<46} {ceiling:>7} B {ours:>7} B {:>6.2} |", ours as f64 / ceiling as f64);
}

/// What the lines about uploads say.
pub fn upload_head() {
    println!("{:<46} {:>9} {:>9} {:>6} | {:>12}", "", "bare MB/s", "ours MB/s", "ratio", "more memory");
}

/// One line: so many bytes on both ways, and by how many KiB the server's memory grew.
pub fn upload(name: &str, bytes: u64, bare: Duration, ours: Duration, growth: u64) {
    let rate = |taken: Duration| bytes as f64 / 1e6 / taken.as_secs_f64();
    let ratio = bare.as_secs_f64() / ours.as_secs_f64();
    let growth = growth as f64 / 1024.0;
    println!("{name:<46} {:>9.0} {:>9.0} {ratio:>6.2} | {growth:>8.1} MiB", rate(bare), rate(ours));
}

fn processor(figures: &Figures) -> String {
    let each = |time: Duration| time.as_micros() / u128::from(figures.units.max(1));
    match figures.cost.server {
        Some(server) => format!("{}+{}", each(figures.cost.client), each(server)),
        None => format!("{}", each(figures.cost.client)),
    }
}
