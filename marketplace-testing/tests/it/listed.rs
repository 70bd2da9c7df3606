//! Every case that is written is in its suite's list, so that it runs on every adapter.

use marketplace_testing::contract::{files, gateway, store};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The source files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The names of functions that the line begins, if it is a case.
fn case(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("pub async fn ")?.split('(').next()
}

/// The cases that are written for a suite, as `topic::case`: the topic is the file below `contract/SUITE`, or the
/// folder.
fn written(suite: &str) -> BTreeSet<String> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract").join(suite);
    let mut cases = BTreeSet::new();
    for path in sources(&store) {
        let text = fs::read_to_string(&path).expect("a source is text");
        let below = path.strip_prefix(&store).expect("it was found there").with_extension("");
        let topic = below.iter().next().expect("it has a name").to_str().expect("names of sources are text");
        let names: Vec<_> = text.lines().filter_map(case).collect();
        if topic == "change" {
            // One macro writes its cases for every kind of change: `insert_user: InsertUser;`.
            let (_, kinds) = text.split_once("\ncases! {").expect("the table of kinds");
            for kind in kinds.lines().filter_map(|line| line.trim().split_once(": ")) {
                cases.extend(names.iter().map(|name| format!("{}::{name}", kind.0)));
            }
        } else {
            cases.extend(names.iter().map(|name| format!("{topic}::{name}")));
        }
    }
    cases
}

fn every_case_is_listed_once(suite: &str, listed: impl Iterator<Item = &'static str> + Clone) {
    let count = listed.clone().count();
    let listed: BTreeSet<_> = listed.map(str::to_owned).collect();
    assert_eq!(listed.len(), count, "a case is listed twice");
    let written = written(suite);
    let forgotten: Vec<_> = written.difference(&listed).collect();
    assert!(forgotten.is_empty(), "written, but not in the list: {forgotten:?}");
    let unknown: Vec<_> = listed.difference(&written).collect();
    assert!(unknown.is_empty(), "listed, but not found in the sources: {unknown:?}");
}

#[test]
fn every_case_of_a_store_is_listed_once() {
    every_case_is_listed_once("store", store::CASES.iter().map(|(name, _)| *name));
}

#[test]
fn every_case_of_a_gateway_is_listed_once() {
    every_case_is_listed_once("gateway", gateway::CASES.iter().map(|(name, _)| *name));
}

#[test]
fn every_case_of_a_file_store_is_listed_once() {
    every_case_is_listed_once("files", files::CASES.iter().map(|(name, _)| *name));
}
