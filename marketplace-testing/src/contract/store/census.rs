//! How many rows there are of what can be listed: an effect that happened twice shows here.

use super::stage::Stage;
use marketplace_core::{job::JobState, page::Page};

/// Counts that a replay or a refusal must not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Census {
    jobs: Vec<usize>,
    entries: usize,
    lines: usize,
    reviews: usize,
    products: usize,
}

impl Stage {
    /// Counts jobs, entries, lines, reviews and published products; up to 100 of each that is paged.
    pub(crate) async fn census(&self) -> Census {
        let page = Page::first(Page::MAX);
        let mut jobs = Vec::new();
        for state in JobState::ALL {
            jobs.push(self.store.jobs_in(*state, page).await.expect("jobs are listed").len());
        }
        let journal = self.store.unsealed(None, 10_000).await.expect("the journal is read");
        let published = self.store.published_products(&Default::default(), page).await;
        Census {
            jobs,
            entries: journal.len(),
            lines: journal.iter().map(|entry| entry.lines().len()).sum(),
            reviews: self.store.reviews(page).await.expect("reviews are listed").len(),
            products: published.expect("products are listed").len(),
        }
    }
}
