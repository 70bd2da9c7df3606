//! The twin and the adapter are two programs: a mistake about the protocol has to be made twice.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// What a source names of this crate and of the marketplace's core.
fn strangers(text: &str, own: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = code.flat_map(|line| {
        line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    words
        .filter(|word| word.contains("marketplace_") || word.starts_with("crate::") && !word.starts_with(own))
        .collect()
}

#[test]
fn the_twin_shares_no_type_with_the_adapter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let twin = sources(&folder.join("sandbox"));
    assert!(twin.len() > 60, "they are looked at: {}", twin.len());
    for path in &twin {
        let found = strangers(&fs::read_to_string(path).unwrap(), "crate::sandbox");
        assert!(found.is_empty(), "{} names {found:?}", path.display());
        let text = fs::read_to_string(path).unwrap();
        let depth = path.strip_prefix(folder.join("sandbox")).unwrap().components().count();
        let up = "super::".repeat(if path.ends_with("mod.rs") { depth } else { depth + 1 });
        let climbs = text.lines().any(|line| line.starts_with(&format!("use {up}")));
        assert!(!climbs, "{} climbs out of the twin", path.display());
    }
    for path in sources(&folder).into_iter().filter(|path| !path.starts_with(folder.join("sandbox"))) {
        let text = fs::read_to_string(&path).unwrap();
        let is_adapter = !path.starts_with(folder.join("bin")) && !path.ends_with("lib.rs");
        assert!(!is_adapter || !text.contains("sandbox::"), "{} knows the twin", path.display());
    }
}

#[test]
fn the_look_bites() {
    assert_eq!(strangers("use crate::wire::Envelope;", "crate::sandbox"), ["crate::wire::Envelope"]);
    assert_eq!(strangers("let a: marketplace_core::money::Money;", "crate::sandbox").len(), 1);
    assert!(strangers("//! [`crate::wire`]\nuse crate::sandbox::wire;", "crate::sandbox").is_empty());
}
