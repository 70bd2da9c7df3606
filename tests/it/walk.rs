//! The README's walk, as a reader pastes it.

use crate::place::{Place, everywhere};
use marketplace_tests::{Process, Server, repository};
use std::{fs, path::Path};

everywhere! { the_walk_of_the_readme_works }

async fn the_walk_of_the_readme_works(place: Place) {
    let server = Server::start(place.options().with_variable("MARKETPLACE_RATE_LIMIT", "on")).await;
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let script = blocks(&readme);
    assert!(script.contains("curl"), "there is a walk");
    // What the walk leaves lying about goes with this folder. The working folder is a reader's: the root.
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("walk.sh");
    fs::write(&file, format!("cd '{}'\n{script}", repository().display())).unwrap();
    let variables = [
        ("BASE".to_owned(), server.base().to_owned()),
        ("TMPDIR".to_owned(), temporary.path().display().to_string()),
    ];
    let arguments = ["-euo", "pipefail", file.to_str().unwrap()];
    let exit = Process::start(Path::new("bash"), &arguments, &variables, None).exit().await;
    assert_eq!(exit.code, Some(0), "{exit:#?}");
    assert_eq!(exit.stdout.lines().last(), Some("walk: ok"), "{exit:#?}");
}

/// Everything in the shell fences of the walk.
fn blocks(readme: &str) -> String {
    let (_, rest) = readme.split_once("<!-- walk:begin -->").expect("the walk begins");
    let (walk, _) = rest.split_once("<!-- walk:end -->").expect("the walk ends");
    let mut script = String::new();
    for block in walk.split("```sh\n").skip(1) {
        let (code, _) = block.split_once("```").expect("a fence is closed");
        script.push_str(code);
    }
    script
}

#[test]
fn only_the_fences_of_the_walk_are_run() {
    let readme = "```sh\nno\n```\n<!-- walk:begin -->\ntext\n```sh\na\n```\n```sh\nb\n```\n<!-- walk:end -->\n```sh\nno\n```\n";
    assert_eq!(blocks(readme), "a\nb\n");
}
