//! Clients that hang up at a random moment of every route: while they send, while the server works, while the answer
//! comes; by a good close, or by a reset.
//!
//! What must hold afterwards, whatever the moment: nothing was done or all of it, nothing of a request that was never whole, all
//! of one whose answer had begun; doing it again is safe, every connection of the pool is usable, no socket stays open, no job stays with a worker, no object is left that nobody knows, and the
//! books add up.
//!
//! `DISCONNECTS` is how many moments each route has on each server, `DISCONNECTS_SEED` what they follow from:
//! `scripts/soak-disconnects` runs 500.

mod after;
mod before;
mod call;
mod moment;
mod parts;
mod world;

use crate::{
    bad_input::routes::{API, PAGES, Row},
    place::{Place, everywhere},
};
use call::Subject;
use futures_util::{StreamExt as _, stream};
use moment::{Moment, Seed, Usual};
use world::World;

everywhere! { nothing_or_the_whole_effect }

/// So many clients of a route hang up at a time.
const AT_ONCE: usize = 4;

/// A number that a variable gives.
#[expect(clippy::disallowed_methods, reason = "how long a soak is to be, is told by the environment")]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

async fn nothing_or_the_whole_effect(place: Place) {
    let moments = number("DISCONNECTS").unwrap_or(6);
    let seed = Seed(number("DISCONNECTS_SEED").unwrap_or(20_261_123));
    println!("{moments} moments a route, DISCONNECTS_SEED={}", seed.0);
    let world = World::at(&place).await;
    for (index, row) in API.iter().chain(PAGES).enumerate() {
        let told = hang_up(&world, row, seed.of(index as u64), moments).await;
        let (open, memory) = (world.open_now(), world.memory());
        println!("{:<6} {:<50} {told}; {open} open, {memory} MiB", row.method, row.path);
    }
    world.expect_sound().await;
}

/// All moments of one route, and what has come of them.
async fn hang_up(world: &World, row: &Row, seed: Seed, moments: u64) -> String {
    let story = format!("{} {}", row.method, row.path);
    let (usual, whole) = &whole(world, row, moments, &story).await;
    let cut = stream::iter(0..moments).map(|number| async move {
        let subject = before::prepare(world, row, number).await;
        let request = subject.request();
        let moment = Moment::of(seed.of(number), request.len(), usual);
        moment.pass(world.base_of(row), &request).await;
        (subject, moment)
    });
    let cut: Vec<(Subject, Moment)> = cut.buffer_unordered(AT_ONCE).collect().await;
    // Before anything is done again: what is half done now would be whole then.
    world.expect_no_halves(&story).await;
    // What died with its request is free again.
    world.outlive_leases().await;
    let told = after::settle(world, row, whole, &cut).await;
    world.expect_well(&story).await;
    let spread = Moment::spread(cut.iter().map(|(_, moment)| moment));
    if told.is_empty() { spread } else { format!("{spread}; of them had their effect: {told}") }
}

/// What the route is like when nobody hangs up, with as many clients; and what they asked for.
async fn whole(world: &World, row: &Row, moments: u64, story: &str) -> (Usual, Vec<Subject>) {
    let whole = stream::iter(0..AT_ONCE as u64).map(|number| async move {
        let subject = before::prepare(world, row, moments + number).await;
        let (usual, answer) = moment::listen(world.base_of(row), &subject.request()).await;
        (subject, usual, answer)
    });
    let whole: Vec<_> = whole.buffer_unordered(AT_ONCE).collect().await;
    let (mut most, mut subjects) = (Usual::default(), Vec::new());
    for (subject, usual, answer) in whole {
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(status.starts_with('2') || status.starts_with('3'), "{story}: {answer}");
        most = most.or(usual);
        subjects.push(subject);
    }
    (most, subjects)
}
