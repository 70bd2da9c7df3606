//! When a client hangs up, and how.

use marketplace_tests::PATIENCE;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// What moments follow from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed(pub(super) u64);

impl Seed {
    /// The seed of a part.
    pub(super) fn of(self, part: u64) -> Self {
        let mut mixed = self.0.wrapping_add(part.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(mixed ^ (mixed >> 31))
    }

    /// A number below a limit.
    fn below(self, limit: u64) -> u64 {
        self.of(limit).0 % limit.max(1)
    }
}

/// What a route is like when nobody hangs up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usual {
    takes: Duration,
    answer: usize,
}

impl Usual {
    /// What takes longer, and answers more.
    pub(super) fn or(self, other: Self) -> Self {
        Self { takes: self.takes.max(other.takes), answer: self.answer.max(other.answer) }
    }
}

/// How far a client comes.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// So many bytes of the request are sent.
    Sending(usize),
    /// All of it, and so much time goes by.
    Waiting(Duration),
    /// So many bytes of the answer are read.
    Reading(usize),
}

/// Where a client hangs up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    reach: Reach,
    by_reset: bool,
}

impl Moment {
    pub(super) fn of(seed: Seed, request: usize, usual: &Usual) -> Self {
        let reach = match seed.of(0).below(10) {
            0..3 => Reach::Sending(seed.of(1).below(request as u64) as usize),
            // Half of all: while the server works, or shortly after.
            3..8 => {
                let most = usual.takes.as_nanos() as u64 * 3 / 2;
                Reach::Waiting(Duration::from_nanos(seed.of(2).below(most)))
            }
            _ => Reach::Reading(1 + seed.of(3).below(usual.answer as u64) as usize),
        };
        Self { reach, by_reset: seed.of(4).below(2) == 0 }
    }

    /// Whether the request must have its effect, because its answer had begun; must not, because it never was whole; or may.
    pub(super) fn effect(&self) -> Option<bool> {
        match self.reach {
            Reach::Sending(_) => Some(false),
            Reach::Waiting(_) => None,
            Reach::Reading(_) => Some(true),
        }
    }

    /// Of which kind it is.
    pub(super) fn kind(&self) -> &'static str {
        match self.reach {
            Reach::Sending(_) => "sending",
            Reach::Waiting(_) => "waiting",
            Reach::Reading(_) => "reading",
        }
    }

    /// How many moments there were of each kind.
    pub(super) fn spread<'a>(moments: impl Iterator<Item = &'a Self>) -> String {
        let (mut counts, mut resets) = (BTreeMap::new(), 0);
        for moment in moments {
            *counts.entry(moment.kind()).or_insert(0) += 1;
            resets += usize::from(moment.by_reset);
        }
        format!("{}, {resets} by reset", list(&counts))
    }

    /// Sends the request and hangs up. A server that closes first ends it, too.
    pub(super) async fn pass(&self, base: &str, request: &[u8]) {
        let mut connection = connect(base).await;
        let bytes = match self.reach {
            Reach::Sending(bytes) => bytes,
            _ => request.len(),
        };
        // What cannot be sent any more, the server did not want.
        let _ = connection.write_all(&request[..bytes]).await;
        match self.reach {
            Reach::Sending(_) => {}
            Reach::Waiting(time) => let_pass(time).await,
            Reach::Reading(bytes) => {
                let mut left = vec![0; bytes];
                // An answer may be shorter than the longest, but not empty.
                let first = timeout(PATIENCE, connection.read_exact(&mut left[..1])).await;
                assert!(matches!(first, Ok(Ok(1))), "no answer has begun: {first:?}");
                let _ = timeout(PATIENCE, connection.read_exact(&mut left[1..])).await;
            }
        }
        if self.by_reset {
            connection.set_zero_linger().expect("the socket is open");
        } else {
            // The server may have closed already.
            let _ = connection.shutdown().await;
        }
    }
}

async fn connect(base: &str) -> TcpStream {
    let address = base.strip_prefix("http://").expect("the address is plain HTTP");
    let connection = TcpStream::connect(address).await.expect("the server listens");
    connection.set_nodelay(true).expect("the socket is open");
    connection
}

/// Lets time go by to within microseconds, as no timer does: there is no condition to wait for, the moment is the fault
/// that is injected, and a route takes a millisecond or two.
#[expect(clippy::disallowed_methods, reason = "the moment is on the test's own clock")]
async fn let_pass(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        tokio::task::yield_now().await;
    }
}

/// How often each word was said.
pub(super) fn list(counts: &BTreeMap<&str, usize>) -> String {
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// Sends the request and hears the whole answer: how long that took, how long it is, and how it begins.
#[expect(clippy::disallowed_methods, reason = "how long the server takes is measured")]
pub(super) async fn listen(base: &str, request: &[u8]) -> (Usual, String) {
    let mut connection = connect(base).await;
    let begun = Instant::now();
    connection.write_all(request).await.expect("the server reads");
    let mut answer = Vec::new();
    timeout(PATIENCE, connection.read_to_end(&mut answer))
        .await
        .expect("it answers in time")
        .expect("it answers");
    let usual = Usual { takes: begun.elapsed(), answer: answer.len() };
    (usual, String::from_utf8_lossy(&answer[..answer.len().min(2000)]).into_owned())
}
