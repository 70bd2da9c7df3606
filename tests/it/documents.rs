//! What the documents say is so.

use marketplace_http::route::ROUTES;
use marketplace_tests::repository;
use serde_json::Value;
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

/// What a row says of parameters, statuses and codes is what the generated description says.
#[test]
fn the_rows_of_the_page_agree_with_the_description() {
    let description: Value = serde_json::from_str(&marketplace_http::openapi()).unwrap();
    let mut refusals = 0;
    for row in document("docs/http-api.md").lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let Some((method, path)) = cells[0].trim_matches(['|', ' ', '`']).split_once(" /") else { continue };
        let operation = &description["paths"][format!("/{path}")][method.to_lowercase()];
        let described = |place: &str| -> BTreeSet<String> {
            let all = operation["parameters"].as_array().unwrap().iter();
            let of_place = all.filter(|parameter| parameter["in"] == place);
            of_place.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
        };
        let asked = cells[2].trim_matches('`').strip_prefix('?').unwrap_or_default();
        let asked: BTreeSet<String> =
            asked.split('&').filter_map(|pair| Some(pair.split_once('=')?.0.to_owned())).collect();
        // Pages look at a few more, which clients of the API do not send.
        let fits = if path.starts_with("api/") {
            asked == described("query")
        } else {
            asked.is_subset(&described("query"))
        };
        assert!(fits, "{row}: {:?}", described("query"));
        assert_eq!(cells[1].contains("*key*"), described("header").contains("idempotency-key"), "{row}");
        // `201 …`, and `409 `one`, `two``.
        for part in cells[3].split(';').map(str::trim) {
            let Some(status) = part.get(..3).filter(|text| text.parse::<u16>().is_ok()) else { continue };
            let response = &operation["responses"][status];
            assert!(response.is_object(), "{status}: {row}");
            if !status.starts_with('4') {
                continue;
            }
            let name = response["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
            let response = description.pointer(name).unwrap_or(response);
            for code in part.split('`').skip(1).step_by(2) {
                assert!(
                    response["x-problem-codes"].as_array().unwrap().contains(&code.into()),
                    "{code}: {row}"
                );
                refusals += 1;
            }
        }
    }
    assert!(refusals > 5, "{refusals}");
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
