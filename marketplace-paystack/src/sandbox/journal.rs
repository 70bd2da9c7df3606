//! The journal: what happened, on disk.
//!
//! Guarantees that [`Journal::append`] returns only after the records are on disk, all of one call or none of
//! them (one line of JSON is one call), and that a line torn by a crash is dropped while everything before it
//! is kept. A complete line that does not parse is an error, never dropped: it may come from a newer version.
//! One process at a time, by a file lock. Blocks the calling thread. Callers: `builder` opens it, `twin`
//! appends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::error::SandboxError;
use super::record::Record;

pub(super) struct Journal {
    file: File,
    /// The end of the last complete line; what a failed write is cut back to.
    length: u64,
    /// A failed write could not be cut back, so the next one would be glued to its remains.
    broken: bool,
}

impl Journal {
    /// Opens or creates the file and gives back what it holds.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Record>), SandboxError> {
        let unusable = |source| SandboxError::Journal { path: path.to_path_buf(), source };
        let mut file = create(path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SandboxError::JournalInUse { path: path.to_path_buf() });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let (records, complete) = read(path, &bytes)?;
        let length = u64::try_from(complete).unwrap_or(u64::MAX);
        if complete < bytes.len() {
            tracing::warn!(journal = %path.display(), "dropped the torn last line of the journal");
            file.set_len(length).and_then(|()| file.sync_all()).map_err(unusable)?;
        }
        Ok((Self { file, length, broken: false }, records))
    }

    /// Writes the records as one line and waits for the disk.
    pub(super) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write to the journal could not be undone"));
        }
        let mut line = serde_json::to_vec(records)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            self.cut_back();
            return Err(error);
        }
        self.length = self.length.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Removes what a failed write may have left.
    fn cut_back(&mut self) {
        self.broken = self.file.set_len(self.length).and_then(|()| self.file.sync_data()).is_err();
    }

    /// A journal that refuses every write.
    #[cfg(test)]
    pub(super) fn unwritable() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twin.jsonl");
        fs::write(&path, "").unwrap();
        Self { file: File::open(&path).unwrap(), length: 0, broken: false }
    }
}

fn create(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    // A new file's name has to reach the disk as well. Only Unix can sync a folder.
    if cfg!(unix) {
        File::open(folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf))?.sync_all()?;
    }
    Ok(file)
}

/// The records of all complete lines, and how many bytes those lines take.
fn read(path: &Path, bytes: &[u8]) -> Result<(Vec<Record>, usize), SandboxError> {
    let mut records = Vec::new();
    let mut complete = 0_usize;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if !line.ends_with(b"\n") {
            break;
        }
        let batch: Vec<Record> = serde_json::from_slice(line).map_err(|source| {
            SandboxError::JournalCorrupt { path: path.to_path_buf(), line: index.saturating_add(1), source }
        })?;
        records.extend(batch);
        complete = complete.saturating_add(line.len());
    }
    Ok((records, complete))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::Journal;
    use crate::sandbox::{Record, SandboxError};

    fn declined(at: i64) -> Record {
        Record::Declined { at, reference: format!("ref-{at}"), reason: None }
    }

    #[test]
    fn every_torn_tail_is_dropped_and_the_rest_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/twin.jsonl");
        let (mut journal, records) = Journal::open(&path).unwrap();
        assert!(records.is_empty());
        journal.append(&[declined(1)]).unwrap();
        let kept = fs::metadata(&path).unwrap().len();
        journal.append(&[declined(2), declined(3)]).unwrap();
        drop(journal);
        let whole = fs::read(&path).unwrap();

        for cut in usize::try_from(kept).unwrap()..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (mut journal, records) = Journal::open(&path).unwrap();
            assert_eq!(records, [declined(1)], "cut at {cut}");
            journal.append(&[declined(9)]).unwrap();
            drop(journal);
            let (_, records) = Journal::open(&path).unwrap();
            assert_eq!(records, [declined(1), declined(9)], "cut at {cut}");
        }
    }

    #[test]
    fn a_complete_line_that_does_not_parse_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twin.jsonl");
        let text = "[]\n[{\"from_the_future\":{}}]\n";
        fs::write(&path, text).unwrap();
        let error = Journal::open(&path).map(|_| ()).unwrap_err();
        assert!(matches!(error, SandboxError::JournalCorrupt { line: 2, .. }), "{error:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn the_remains_of_a_failed_write_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twin.jsonl");
        let (mut journal, _) = Journal::open(&path).unwrap();
        journal.append(&[declined(1)]).unwrap();
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"[{\"decl").unwrap();
        journal.cut_back();
        journal.append(&[declined(2)]).unwrap();
        drop(journal);
        assert_eq!(Journal::open(&path).unwrap().1, [declined(1), declined(2)]);
    }

    #[test]
    fn a_write_that_cannot_be_undone_closes_the_journal() {
        let mut journal = Journal::unwritable();
        assert!(journal.append(&[declined(1)]).is_err());
        assert!(journal.broken);
        let error = journal.append(&[declined(2)]).unwrap_err();
        assert_eq!(error.to_string(), "an earlier write to the journal could not be undone");
    }

    #[test]
    fn only_a_regular_file_can_be_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(SandboxError::Journal { .. })));
        if cfg!(unix) {
            // Reading this one would never end.
            assert!(matches!(Journal::open("/dev/zero".as_ref()), Err(SandboxError::Journal { .. })));
        }
    }

    #[test]
    fn two_twins_cannot_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twin.jsonl");
        let held = Journal::open(&path).unwrap();
        let error = Journal::open(&path).map(|_| ()).unwrap_err();
        assert!(matches!(error, SandboxError::JournalInUse { .. }), "{error:?}");
        drop(held);
        assert!(Journal::open(&path).is_ok());
    }
}
