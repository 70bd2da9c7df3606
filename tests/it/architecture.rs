//! The shape of the source tree: arrows between crates, and rules that no compiler checks.

use marketplace_tests::repository;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What brings a runtime, a database, a client or a framework.
const HEAVY: [&str; 12] = [
    "tokio",
    "sqlx",
    "reqwest",
    "hyper",
    "axum",
    "actix",
    "lettre",
    "aws",
    "rustls",
    "async-std",
    "smol",
    "object_store",
];

/// Runs cargo in the repository, offline and without touching the lock.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn packages() -> Vec<Value> {
    let text = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&text).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() >= 9, "the workspace is whole");
    packages
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

fn folder(package: &Value) -> PathBuf {
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

fn is_library(package: &Value) -> bool {
    name(package).starts_with("marketplace-") && name(package) != "marketplace-tests"
}

/// Names of dependencies of a kind: normal ones have none.
fn dependencies<'a>(package: &'a Value, kind: Option<&'a str>) -> impl Iterator<Item = &'a Value> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.filter(move |dependency| dependency["kind"].as_str() == kind)
}

/// Every Rust source below a folder, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != ".git") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The part of a source that is built into a library: without the tests at its end.
fn built(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod ").map_or(text, |(built, _)| built)
}

#[test]
fn arrows_run_one_way() {
    // What each kind of crate may lean on, of ours.
    for package in packages() {
        let own = name(&package);
        let allowed: &[&str] = match own {
            "marketplace-core" => &[],
            "marketplace-tests" => continue,
            // Shows and serves everything.
            _ if own.starts_with("example-") => continue,
            _ => &["marketplace-core"],
        };
        for kind in [None, Some("build")] {
            for dependency in dependencies(&package, kind) {
                let other = dependency["name"].as_str().unwrap();
                let ours = other.starts_with("marketplace-") || other.starts_with("example-");
                // An adapter may offer its own fixture for the suites behind a feature; nothing depends on the
                // suites but tests.
                assert!(!ours || allowed.contains(&other), "{own} leans on {other}");
            }
        }
        for dependency in dependencies(&package, Some("dev")) {
            let other = dependency["name"].as_str().unwrap();
            let ours = other.starts_with("marketplace-") || other.starts_with("example-");
            let fine = ["marketplace-core", "marketplace-testing"].contains(&other);
            assert!(!ours || fine, "{own} is tested with {other}");
        }
    }
}

#[test]
fn examples_do_not_lean_on_test_parts() {
    for package in packages().iter().filter(|package| name(package).starts_with("example-")) {
        for dependency in dependencies(package, None) {
            assert_ne!(dependency["name"], "marketplace-testing", "{}", name(package));
        }
    }
}

#[test]
fn the_core_brings_no_runtime_database_client_or_framework() {
    let packages = packages();
    let core = packages.iter().find(|package| name(package) == "marketplace-core").unwrap();
    for dependency in dependencies(core, None).filter(|dependency| dependency["optional"] == false) {
        let other = dependency["name"].as_str().unwrap();
        assert!(!HEAVY.iter().any(|heavy| other.starts_with(heavy)), "{other}");
    }
    // And nothing that it leans on does.
    let tree = cargo(&["tree", "-p", "marketplace-core", "-e", "normal", "--prefix", "none", "--offline"]);
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("marketplace-core") && names.len() > 10, "{tree}");
    for name in &names {
        assert!(!HEAVY.iter().any(|heavy| name.starts_with(heavy)), "{name}");
    }
}

#[test]
fn the_contract_names_a_framework_in_its_glue_alone() {
    let folder = repository().join("marketplace-http/src");
    for (path, text) in sources(&folder).iter().filter(|(path, _)| !path.starts_with(folder.join("glue"))) {
        for line in built(text).lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
            // The doors to the glue.
            if line.starts_with("#[cfg") || line.starts_with("pub use glue::") {
                continue;
            }
            for word in ["axum", "actix", "hyper", "tower", "tokio", " http::", "(http::", "<http::"] {
                assert!(!line.contains(word), "{}: {word}: {line}", path.display());
            }
        }
    }
}

#[test]
fn the_core_names_no_gateway() {
    for (path, text) in sources(&repository().join("marketplace-core/src")) {
        for gateway in ["paystack", "flutterwave", "stripe", "paypal", "monnify"] {
            assert!(!text.to_lowercase().contains(gateway), "{}: {gateway}", path.display());
        }
    }
}

#[test]
fn files_are_short_and_modules_say_what_they_are() {
    let libraries: Vec<PathBuf> =
        packages().iter().filter(|package| is_library(package)).map(folder).collect();
    let mut seen = 0;
    for (path, text) in sources(repository()) {
        assert!(text.lines().count() <= 600, "{} is too long", path.display());
        let canonical = path.canonicalize().unwrap();
        let in_library = libraries.iter().any(|library| canonical.starts_with(library.join("src")));
        if in_library {
            seen += 1;
            assert!(text.starts_with("//!"), "{} does not open with what it is", path.display());
        }
    }
    assert!(seen > 100, "the libraries are looked at");
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    for (path, text) in sources(repository()) {
        let attributes = || text.lines().map(str::trim_start).filter(|line| line.starts_with('#'));
        assert!(!attributes().any(|line| line.contains("allow(")), "{}: use expect", path.display());
        let expectations = attributes().filter(|line| line.contains("expect(")).count();
        let reasons = text.matches("reason = \"").count();
        assert!(reasons >= expectations, "{}: an expectation without a reason", path.display());
    }
}

#[test]
fn libraries_leave_the_process_to_their_host() {
    for package in packages().iter().filter(|package| is_library(package)) {
        // The host of its parts is a test, which says by a variable where its database is.
        let may_read_variables = name(package) == "marketplace-testing";
        let programs = folder(package).join("src/bin");
        let sources = sources(&folder(package).join("src")).into_iter();
        for (path, text) in sources.filter(|(path, _)| !path.starts_with(&programs)) {
            for (number, line) in built(&text).lines().enumerate() {
                let code = line.trim_start();
                if code.starts_with("//") {
                    continue;
                }
                for global in [
                    "println!(",
                    "eprintln!(",
                    "print!(",
                    "dbg!(",
                    "env::var",
                    "install_default",
                    "set_hook(",
                    "set_global_default",
                    "process::exit",
                    "ctrl_c(",
                ] {
                    let place = format!("{}:{}", path.display(), number + 1);
                    let fine = !code.contains(global) || (may_read_variables && global == "env::var");
                    assert!(fine, "{place}: {global}");
                }
            }
        }
    }
}

/// No time that a comparison takes can be measured by a test, but what compares can be seen.
#[test]
fn signatures_are_compared_in_constant_time() {
    let path = repository().join("marketplace-paystack/src/signature.rs");
    let text = std::fs::read_to_string(&path).expect("the source is there");
    let code = built(&text);
    assert_eq!(code.matches("verify_slice(").count(), 1, "one comparison decides");
    for early in ["==", "!=", ".eq(", "starts_with", "memcmp"] {
        assert!(!code.contains(early), "{early} ends at the first difference");
    }
}

#[test]
fn both_licences_are_in_every_crate() {
    for package in packages() {
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{}", name(&package));
        if package["publish"].as_array().is_some_and(Vec::is_empty) {
            // Never leaves the repository, whose root has both.
            continue;
        }
        for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let own = fs::read(folder(&package).join(file)).unwrap_or_default();
            let root = fs::read(repository().join(file)).unwrap();
            assert_eq!(own, root, "{}: {file}", name(&package));
        }
    }
}

#[test]
fn there_is_one_tls_and_it_is_rustls_on_ring() {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let named = |wanted: &str| lock.lines().filter(|line| *line == format!("name = \"{wanted}\"")).count();
    assert_eq!((named("rustls"), named("ring")), (1, 1));
    for other in ["openssl", "openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs", "boring-sys"] {
        assert_eq!(named(other), 0, "{other}");
    }
}

#[test]
fn every_member_takes_the_workspace_lints_or_says_why_not() {
    for package in packages() {
        let manifest = fs::read_to_string(folder(&package).join("Cargo.toml")).unwrap();
        if is_library(&package) && name(&package) != "marketplace-testing" {
            assert!(manifest.contains("[lints]\nworkspace = true"), "{}", name(&package));
        } else {
            assert!(manifest.contains("unsafe_code = \"forbid\""), "{}", name(&package));
        }
    }
}
