//! The table of `docs/paystack.md`: every failure of other integrations stands there once, and the tests that are said to
//! hold it exist.
//!
//! Does not: judge whether a test holds its case. That is for whoever writes the row.

use marketplace_tests::repository;
use std::fs;

/// A row of the table: the case, and what it is held by.
struct Row<'a> {
    case: &'a str,
    held_by: &'a str,
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn row(line: &str) -> Option<Row<'_>> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    let is_case = cells[0].strip_prefix('T').is_some_and(|number| number.parse::<u8>().is_ok());
    let [case, _, held_by] = cells[..] else {
        assert!(!is_case, "not three cells: {line}");
        return None;
    };
    is_case.then_some(Row { case, held_by })
}

/// The tests that a cell names: `path::function`, between backticks.
fn tests(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split('`').skip(1).step_by(2).filter_map(|name| name.split_once("::"))
}

/// Whether a source has a test of this name: a function with the attribute, one that runs on both stores, or a case of
/// a contract suite.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let begin = format!("fn {name}(");
    let begins = |line: &str| {
        let before = line.split_once(&begin).map(|(before, _)| before);
        before.is_some_and(|before| ["", "async ", "pub async "].contains(&before))
    };
    lines.iter().enumerate().filter(|(_, line)| begins(line)).any(|(at, line)| {
        let attribute = at.checked_sub(1).map_or("", |before| lines[before]);
        let has_attribute = attribute == "#[test]" || attribute.starts_with("#[tokio::test");
        has_attribute || lines.contains(&name) || line.contains("harness: &dyn ")
    })
}

#[test]
fn every_case_stands_in_the_table_once() {
    let page = read("docs/paystack.md");
    let cases: Vec<&str> = page.lines().filter_map(row).map(|row| row.case).collect();
    let expected: Vec<String> = (1..=74).map(|number| format!("T{number:02}")).collect();
    assert_eq!(cases, expected);
}

#[test]
fn every_case_is_held_by_tests_that_exist_or_says_what_it_waits_for() {
    let page = read("docs/paystack.md");
    for Row { case, held_by } in page.lines().filter_map(row) {
        let open = held_by.split_once("open: ").map(|(_, why)| why);
        assert!(open.is_some() || tests(held_by).next().is_some(), "{case}: neither held nor open");
        let says_why = |why: &str| why.starts_with("waits for ") || why.starts_with("no test yet");
        assert!(open.is_none_or(says_why), "{case}: open, and does not say why");
        for (path, name) in tests(held_by) {
            assert!(has_test(&read(path), name), "{case}: {path} has no test {name}");
        }
    }
}

#[test]
fn what_is_no_test_is_none() {
    let source = "#[test]\nfn one() {}\n\n    #[tokio::test(flavor = \"x\")]\n    async fn two() {}\n\nfn other() {}\n";
    assert!(has_test(source, "one") && has_test(source, "two"));
    assert!(!has_test(source, "other") && !has_test(source, "on") && !has_test(source, "three"));
}
