//! Jobs.

use super::Fixture;
use marketplace_core::{commit::Subject, id::JobId, job::NewJob};

impl Fixture {
    /// A job that is due as soon as it is written.
    pub fn job(&self) -> NewJob {
        let at = self.tick();
        let subject = self.word("subject");
        NewJob {
            id: JobId::from_uuid(self.uuid()),
            kind: "test.kind".to_owned(),
            payload: serde_json::json!({ "about": subject }),
            subject: Subject::of(subject),
            unique: None,
            run_at: at,
            created_at: at,
        }
    }
}
