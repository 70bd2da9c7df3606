//! The contract of the port, on disk.

use async_trait::async_trait;
use marketplace_core::file::ObjectKey;
use marketplace_fs::DiskFiles;
use marketplace_testing::contract::files::{FilesHarness, FilesWorld, FreshFiles, FreshParts, Trouble};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};
use tempfile::TempDir;

/// Makes stores in folders of their own.
struct OnDisk;

#[async_trait]
impl FilesHarness for OnDisk {
    async fn fresh(&self) -> FreshFiles {
        let folder = TempDir::new().unwrap();
        let world = Arc::new(Folder(folder.path().to_owned()));
        let files = Arc::new(DiskFiles::open(folder.path()).unwrap());
        let parts = Some(FreshParts { direct: files.clone(), addresses: None });
        FreshFiles { files, addresses: None, parts, world, guard: Box::new(folder) }
    }
}

/// The folder as its owner sees it.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn object(&self, key: &ObjectKey) -> PathBuf {
        self.0.join(key.as_str())
    }

    /// The folders, and where they are while the store is down.
    fn folders(&self) -> impl Iterator<Item = (PathBuf, PathBuf)> {
        ["files", "parts", ".incoming"]
            .into_iter()
            .map(|name| (self.0.join(name), self.0.join(format!("{name}.away"))))
    }
}

#[async_trait]
impl FilesWorld for Folder {
    async fn trouble(&self, trouble: Trouble) -> bool {
        match trouble {
            Trouble::Down => {
                // Access rights do not stop a test that is run by root; a link to itself stops everybody.
                for (place, away) in self.folders() {
                    fs::rename(&place, away).unwrap();
                    symlink(&place, &place).unwrap();
                }
                true
            }
            Trouble::Full => files_are_limited(),
            // A file that is cut short while it is read: see `failures`. What a disk did, it tells.
            Trouble::BreaksOff | Trouble::LosesAnswers => false,
        }
    }

    async fn heal(&self) {
        for (place, away) in self.folders().filter(|(_, away)| away.exists()) {
            fs::remove_file(&place).unwrap();
            fs::rename(away, place).unwrap();
        }
    }

    async fn cut(&self, key: &ObjectKey, size: u64) {
        fs::OpenOptions::new().write(true).open(self.object(key)).unwrap().set_len(size).unwrap();
    }

    async fn lose(&self, key: &ObjectKey) {
        fs::remove_file(self.object(key)).unwrap();
    }

    async fn remains(&self) -> usize {
        let lie_in = |folder: &str| fs::read_dir(self.0.join(folder)).unwrap().count();
        [".incoming", "parts"].map(lie_in).iter().sum()
    }

    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What the test below prints and looks for.
const LIMITED: &str = "files of this process are limited";

/// Whether this process may write small files only.
#[expect(clippy::print_stdout, reason = "the test that started this process reads it")]
fn files_are_limited() -> bool {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let limited =
        limits.lines().any(|line| line.starts_with("Max file size") && !line.contains("unlimited  "));
    if limited {
        println!("{LIMITED}");
    }
    limited
}

marketplace_testing::files_contract!(OnDisk);

/// A disk that takes no more: the cases of the suite, in a process that may write small files only.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let itself = std::env::current_exe().unwrap();
    for case in ["contract::troubles::full", "contract::part_troubles::full"] {
        is_full(&itself, case);
    }
}

#[cfg(target_os = "linux")]
fn is_full(itself: &Path, case: &str) {
    let output = Command::new("/bin/sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(itself)
        .arg(case)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert!(said.contains(LIMITED), "{said}");
}
