//! The suite for glue to another framework: one script of requests, and what a server answers to it, byte for byte.
//!
//! Guarantees: ids, tokens, times, request ids and the server's own address are replaced by their order of appearance;
//! everything else, headers included, must come as it is recorded. The project's own two servers give the recorded
//! answers on both of their stores.
//!
//! Does not: start the server. It must be the reference assembly (`example-kit`) in development on an empty store, with
//! its sandbox, its mailbox and `MARKETPLACE_RATE_LIMIT=off`, and nobody may have used it before.
//!
//! Called by: the tests of whoever writes glue; `docs/embed.md` shows how.

mod script;

use crate::http::{Client, Transcript};

/// What the project's own servers answer.
pub const RECORDED: &str = include_str!("recorded.txt");

/// Plays the script on a server and holds its answers against the recorded ones. `base` is its address:
/// `http://127.0.0.1:4000`.
///
/// # Panics
/// If an answer differs: with both.
pub async fn answers_alike(base: &str) {
    if let Err(difference) = compare(RECORDED, &play(Client::new(base), base).await.to_string()) {
        panic!("{difference}");
    }
}

/// Plays the script on the server at `base`, whose client this is, and gives its answers.
pub async fn play(client: Client, base: &str) -> Transcript {
    script::play(client, base).await
}

/// Compares two transcripts, answer by answer.
///
/// # Errors
/// The first answer that differs, as it was recorded and as it came.
pub fn compare(recorded: &str, given: &str) -> Result<(), String> {
    let (mut recorded, mut given) = (answers(recorded), answers(given));
    loop {
        match (recorded.next(), given.next()) {
            (None, None) => return Ok(()),
            (one, other) if one == other => {}
            (one, other) => {
                let (one, other) = (one.unwrap_or("nothing more"), other.unwrap_or("nothing more"));
                return Err(format!("recorded:\n{one}\n\ngiven:\n{other}"));
            }
        }
    }
}

/// The answers of a transcript.
fn answers(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n### ").map(|answer| answer.trim_start_matches("### ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_shown_with_its_answer() {
        let recorded = "### GET /a: 200\n    x: y\n    body\n### GET /b: 200\n";
        assert_eq!(compare(recorded, recorded), Ok(()));
        for (given, shown) in [
            ("### GET /a: 200\n    x: z\n    body\n### GET /b: 200\n", "x: z"),
            ("### GET /a: 200\n    x: y\n    body\n### GET /b: 404\n", "GET /b: 404"),
            ("### GET /a: 200\n    x: y\n    body\n", "nothing more"),
            ("", "given:\n"),
        ] {
            let difference = compare(recorded, given).unwrap_err();
            assert!(difference.starts_with("recorded:\nGET /") && difference.contains(shown), "{difference}");
        }
        assert!(compare("", recorded).unwrap_err().contains("GET /a: 200"));
    }

    #[test]
    fn there_is_something_to_compare() {
        assert!(answers(RECORDED).count() > 150);
    }
}
