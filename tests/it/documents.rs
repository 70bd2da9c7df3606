//! What the documents say is so.

use marketplace_http::route::ROUTES;
use marketplace_tests::repository;
use std::collections::BTreeSet;

fn document(name: &str) -> String {
    std::fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The first cell of each row of a table that looks like `METHOD /path`.
fn documented_routes(text: &str) -> BTreeSet<String> {
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.filter(|cell| cell.contains(" /")).map(str::to_owned).collect()
}

#[test]
fn the_routes_of_the_page_are_those_of_the_table() {
    let table: BTreeSet<String> =
        ROUTES.iter().map(|route| format!("{} {}", route.method.as_str(), route.pattern)).collect();
    assert_eq!(documented_routes(&document("docs/http-api.md")), table);
}

#[test]
fn every_setting_of_the_page_is_read_and_every_one_that_is_read_is_on_the_page() {
    let source = document("examples/kit/src/settings.rs");
    let page = document("docs/settings.md");
    let is_name = |word: &&str| {
        word.len() > 3
            && !word.starts_with('_')
            && !word.ends_with("_FILE")
            && !word.ends_with('_')
            && word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && word.contains(['_', 'O'])
    };
    let read: BTreeSet<&str> = source.split('"').skip(1).step_by(2).filter(is_name).collect();
    assert!(read.contains("DATABASE_URL") && read.contains("MARKETPLACE_FEE_BPS"), "{read:?}");
    let missing: Vec<&&str> = read.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    // Names of tests in the source that are meant to be wrong.
    let missing: Vec<&&&str> =
        missing.iter().filter(|name| !["MARKETPLACE_FEE_BSP"].contains(**name)).collect();
    assert!(missing.is_empty(), "docs/settings.md does not explain {missing:?}");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    for name in rows.flat_map(|row| row.split('|').next().unwrap_or_default().split('`').step_by(2)) {
        // The process's own logging is set up before the settings are read.
        let elsewhere = ["RUST_LOG", "LOG_FORMAT", ""].contains(&name.trim_matches([',', ' ']));
        assert!(elsewhere || read.contains(name), "nothing reads {name}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = document(name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let local = !target.starts_with("http") && !target.starts_with('#');
            assert!(!local || repository().join(target).exists(), "{name}: {target}");
        }
    }
}
