//! Statements with their values and guards, and the texts that are made of them.

use super::Value;
use crate::{error::Fault, store::Bound};
use marketplace_core::commit::Refusal;
use sqlx::{Execute as _, sqlite::SqliteArguments};
use std::sync::Arc;

/// What a statement must have done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Guard {
    /// It is not one of the set's own, but sets its savepoint.
    Opening,
    /// Whatever it did.
    None,
    /// It changed a row, or else the key of the decision is known.
    New,
    /// It changed a row, or else the set is refused.
    Changes(Refusal),
    /// It changed a row, or else our own data are broken, as this says.
    Certain(&'static str),
    /// It found no row, or else the set is refused.
    FindsNone(Refusal),
}

/// For inserts that leave out a row whose unique values are in use.
pub(crate) const TAKEN: Guard = Guard::Changes(Refusal::Taken);

/// For updates of one version, or of one state.
pub(crate) const STALE: Guard = Guard::Changes(Refusal::Stale);

/// One statement.
pub(crate) struct Step {
    text: &'static str,
    values: Vec<Value>,
    guard: Guard,
    has_unique: bool,
}

impl Step {
    /// Gives the next numbered parameter its value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self
    }

    /// Its only unique columns are those that a decision must hear of: a violation is `Taken`. Inserts need no word
    /// of it, because they leave out what is there.
    pub(crate) fn unique(&mut self) -> &mut Self {
        self.has_unique = true;
        self
    }
}

/// The statements of a set in their order.
pub(crate) struct Script {
    steps: Vec<Step>,
    broken: Option<&'static str>,
}

/// How many statements go together at most. A text is kept with its prepared statements, so it must not grow with the
/// set; a sale of some lines has about twenty.
const MOST_TOGETHER: usize = 40;

impl Script {
    pub(crate) fn new() -> Self {
        Self { steps: Vec::with_capacity(20), broken: None }
    }

    /// Adds a statement.
    pub(crate) fn step(&mut self, text: &'static str, guard: Guard) -> &mut Step {
        self.steps.push_mut(Step { text, values: Vec::with_capacity(8), guard, has_unique: false })
    }

    /// Ends the script: if everything before succeeds, this defect is its outcome.
    pub(crate) fn fail(&mut self, what: &'static str) {
        self.broken.get_or_insert(what);
    }

    /// Whether nothing more can have an effect.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Makes texts of the statements. The first text begins with `opening`, statements without values or guards.
    pub(crate) fn sendable(self, opening: &[&'static str]) -> Result<Sendable, Fault> {
        let mut texts = Vec::new();
        let mut steps = self.steps.as_slice();
        let mut opening = opening;
        loop {
            let (these, rest) = steps.split_at(steps.len().min(MOST_TOGETHER));
            texts.push(Text::of(opening, these)?);
            if rest.is_empty() {
                return Ok(Sendable { texts, broken: self.broken });
            }
            (steps, opening) = (rest, &[]);
        }
    }
}

/// A script as the driver takes it. Can be sent again and again.
pub(crate) struct Sendable {
    pub(super) texts: Vec<Text>,
    /// The defect behind all statements, if there is one.
    pub(super) broken: Option<&'static str>,
}

impl Sendable {
    /// One statement alone. Its numbers may stay: nothing else in the text has values.
    pub(crate) fn of_one(opening: &[&'static str], mut bound: Bound) -> Result<Self, Fault> {
        let arguments = bound.take_arguments().map_err(Fault::defect)?.unwrap_or_default();
        let mut text = Text::of(opening, &[])?;
        text.sql = [&*text.sql, bound.sql().as_str()].concat().into();
        text.arguments = arguments;
        text.checks.push(Check { guard: Guard::None, has_unique: false });
        Ok(Self { texts: vec![text], broken: None })
    }
}

/// Statements that go together, with their values in the order of their marks.
pub(super) struct Text {
    pub(super) sql: Arc<str>,
    pub(super) arguments: SqliteArguments,
    pub(super) checks: Vec<Check>,
}

/// How the end of a statement is judged.
#[derive(Clone, Copy)]
pub(super) struct Check {
    pub(super) guard: Guard,
    pub(super) has_unique: bool,
}

impl Text {
    fn of(opening: &[&'static str], steps: &[Step]) -> Result<Self, Fault> {
        let mut text = String::with_capacity(4_096);
        let mut arguments = SqliteArguments::default();
        let mut checks = Vec::with_capacity(opening.len().saturating_add(steps.len()));
        for statement in opening {
            text.push_str(statement);
            text.push(';');
            checks.push(Check { guard: Guard::Opening, has_unique: false });
        }
        for step in steps {
            append(&mut text, &mut arguments, step)?;
            text.push(';');
            checks.push(Check { guard: step.guard, has_unique: step.has_unique });
        }
        Ok(Self { sql: text.into(), arguments, checks })
    }
}

/// Constants number their parameters, so that a new column cannot shift them. The numbers of one statement mean
/// nothing in a text of many; there the driver counts the marks.
fn append(text: &mut String, arguments: &mut SqliteArguments, step: &Step) -> Result<(), Fault> {
    let mut parts = step.text.split('?');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let value = place.and_then(|place| step.values.get(place));
        let value = value.ok_or_else(|| Fault::defect("a statement has a parameter without a value"))?;
        value.add_to(arguments).map_err(Fault::defect)?;
        text.push('?');
        text.push_str(rest);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Arguments as _;

    #[test]
    fn marks_are_counted_through_and_values_stand_where_they_are_used() {
        let mut script = Script::new();
        script.step("UPDATE a SET b = ?2, c = ?2 + 1 WHERE d = ?1", Guard::None).bind(1).bind("two");
        script.step("DELETE FROM e WHERE f = ?1", Guard::None).bind(3);
        let sendable = script.sendable(&["SAVEPOINT s"]).ok().unwrap();
        let [text] = &sendable.texts[..] else { panic!("one text") };
        assert_eq!(
            &*text.sql,
            "SAVEPOINT s;UPDATE a SET b = ?, c = ? + 1 WHERE d = ?;DELETE FROM e WHERE f = ?;"
        );
        assert_eq!(text.arguments.len(), 4);
        assert_eq!(text.checks.len(), 3);
    }

    #[test]
    fn a_parameter_without_a_value_is_not_sent() {
        let mut script = Script::new();
        script.step("DELETE FROM a WHERE b = ?1 AND c = ?2", Guard::None).bind(1);
        assert!(matches!(script.sendable(&[]), Err(Fault::Defect(_))));
    }

    #[test]
    fn long_scripts_are_cut() {
        let mut script = Script::new();
        for number in 0..100 {
            script.step("DELETE FROM a WHERE b = ?1", Guard::None).bind(number);
        }
        let lengths =
            |sendable: Sendable| -> Vec<_> { sendable.texts.iter().map(|text| text.checks.len()).collect() };
        assert_eq!(lengths(script.sendable(&["SAVEPOINT s"]).ok().unwrap()), [41, 40, 20]);
        assert_eq!(lengths(Script::new().sendable(&["SAVEPOINT s"]).ok().unwrap()), [1]);
    }
}
