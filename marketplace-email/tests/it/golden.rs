//! Every message, word for word, as it stands in `tests/golden`.
//!
//! After a change of the words: `UPDATE_GOLDEN=1 cargo test -p marketplace-email --test it golden`, then look at
//! the difference.

use super::{all, compose};
use marketplace_core::mail::Composed;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

/// The files of a message, with what is to stand in them.
fn files(name: &str, mail: &Composed) -> [(String, String); 2] {
    let text = format!("Subject: {}\n\n{}\n", mail.subject, mail.text);
    [(format!("{name}.txt"), text), (format!("{name}.html"), format!("{}\n", mail.html))]
}

#[test]
fn every_message_is_as_it_was() {
    let mut expected = BTreeSet::new();
    for (name, message) in all() {
        for (file, written) in files(name, &compose(&message)) {
            let path = folder().join(&file);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&path, &written).unwrap();
            }
            let kept = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(written, kept, "{file} differs; if that is meant, see the head of golden.rs");
            expected.insert(file);
        }
    }
    let found: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected, "a file of no message");
}
