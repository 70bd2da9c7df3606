//! Recorded answers, one after the other.
//!
//! Called by: `play`.

/// The answers of a recorded transcript, as far as they have not come yet.
pub(super) struct Recording(Box<dyn Iterator<Item = &'static str> + Send>);

impl Recording {
    /// All answers of a transcript.
    pub(super) fn of(text: &'static str) -> Self {
        Self(Box::new(text.split("\n### ").map(|answer| answer.trim_start_matches("### ").trim_end())))
    }

    /// Holds the next answer against the recorded one. `None` is the end.
    ///
    /// # Errors
    /// If they differ: both.
    pub(super) fn goes_on_with(&mut self, given: Option<&str>) -> Result<(), String> {
        let recorded = self.0.next();
        if recorded == given {
            return Ok(());
        }
        let (recorded, given) = (recorded.unwrap_or("nothing more"), given.unwrap_or("nothing more"));
        Err(format!("recorded:\n{recorded}\n\ngiven:\n{given}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::http::RECORDED;

    #[test]
    fn every_difference_is_shown_with_its_answer() {
        let (a, b) = ("GET /a: 200\n    x: y\n    body", "GET /b: 200");
        let whole = || Recording::of("### GET /a: 200\n    x: y\n    body\n### GET /b: 200\n");
        let compare = |given: &[Option<&str>]| {
            let mut recording = whole();
            given.iter().try_for_each(|given| recording.goes_on_with(*given))
        };
        assert_eq!(compare(&[Some(a), Some(b), None]), Ok(()));
        for (given, shown) in [
            (&[Some("GET /a: 200\n    x: z\n    body")][..], "x: z"),
            (&[Some(a), Some("GET /b: 404")], "GET /b: 404"),
            (&[Some(a), None], "given:\nnothing more"),
            (&[Some(a), Some(b), Some("GET /c: 200")], "recorded:\nnothing more"),
            (&[None], "recorded:\nGET /a: 200"),
        ] {
            let difference = compare(given).unwrap_err();
            assert!(difference.contains(shown), "{difference}");
        }
    }

    #[test]
    fn there_is_something_to_compare() {
        assert!(Recording::of(RECORDED).0.count() > 200);
    }
}
