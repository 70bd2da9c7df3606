//! Uploads in parts outlive the process, and what was thrown away does not.

use super::{Disk, body, exists, key, noise, read};
use marketplace_core::file::{
    DirectUpload, FileError, FileStore, PartPlan, PartsError, StoredPart, UploadTag,
};
use marketplace_fs::DiskFiles;

async fn put(
    files: &DiskFiles,
    tag: &UploadTag,
    number: u16,
    bytes: &[u8],
) -> Result<StoredPart, PartsError> {
    let part = PartPlan { number, size: u64::try_from(bytes.len()).unwrap() };
    files.put_part(&key(1), tag, part, body(bytes)).await
}

/// The names below `parts`.
fn uploads(disk: &Disk) -> Vec<String> {
    let entries = std::fs::read_dir(disk.folder.path().join("parts")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn an_upload_goes_on_in_the_next_process() {
    let Disk { folder, files } = Disk::new();
    let tag = files.begin(&key(1)).await.unwrap();
    let first = put(&files, &tag, 1, &noise(100_000)).await.unwrap();
    drop(files);
    let again = DiskFiles::open(folder.path()).unwrap();
    assert_eq!(again.parts(&key(1), &tag).await.unwrap(), std::slice::from_ref(&first));
    let second = put(&again, &tag, 2, b"the end").await.unwrap();
    again.join(&key(1), &tag, &[first, second]).await.unwrap();
    assert_eq!(read(&again, &key(1), None).await.unwrap(), [&noise(100_000)[..], b"the end"].concat());
}

/// Between the two steps of a join: the object is there, and the upload, too.
#[tokio::test]
async fn a_join_that_was_killed_is_finished_by_the_next() {
    for again in [true, false] {
        let disk = Disk::new();
        let tag = disk.files.begin(&key(1)).await.unwrap();
        let part = put(&disk.files, &tag, 1, b"whole").await.unwrap();
        disk.files.put(&key(1), body(b"whole"), 9).await.unwrap();
        if again {
            disk.files.join(&key(1), &tag, &[part]).await.unwrap();
        } else {
            disk.files.abort(&key(1), Some(tag)).await.unwrap();
        }
        assert_eq!(uploads(&disk), Vec::<String>::new());
        assert_eq!(disk.bytes(&key(1), None).await.unwrap(), b"whole");
    }
}

/// Between the two steps of an end: the folder is taken out, and not empty.
#[tokio::test]
async fn what_was_thrown_away_is_swept() {
    let Disk { folder, files } = Disk::new();
    drop(files);
    let thrown = folder.path().join(".incoming").join("ver_1.0123");
    std::fs::create_dir(&thrown).unwrap();
    std::fs::write(thrown.join("1"), b"one").unwrap();
    drop(DiskFiles::open(folder.path()).unwrap());
    assert!(!exists(&thrown));
}

#[tokio::test]
async fn a_tag_leads_nowhere_else() {
    let disk = Disk::new();
    std::fs::create_dir(disk.folder.path().join("elsewhere")).unwrap();
    for tag in ["", "..", "/../../elsewhere", "x/../../../elsewhere", "0123456789012345678901234567/../", "é"]
    {
        let tag = UploadTag::new(tag);
        assert!(matches!(put(&disk.files, &tag, 1, b"one").await, Err(PartsError::Gone)), "{tag:?}");
        assert_eq!(disk.files.parts(&key(1), &tag).await.unwrap(), []);
        disk.files.abort(&key(1), Some(tag)).await.unwrap();
    }
    assert!(exists(disk.folder.path().join("elsewhere")));
}

#[tokio::test]
async fn a_part_that_was_cut_short_is_told() {
    let disk = Disk::new();
    let tag = disk.files.begin(&key(1)).await.unwrap();
    let part = put(&disk.files, &tag, 1, &noise(1_000)).await.unwrap();
    let path = disk.folder.path().join("parts").join(&uploads(&disk)[0]).join("1");
    for left in [500, 31] {
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(left).unwrap();
        let joined = disk.files.join(&key(1), &tag, std::slice::from_ref(&part)).await;
        let told = matches!(joined, Err(PartsError::Mismatch | PartsError::File(FileError::Defect(_))));
        assert!(told, "{joined:?}");
        assert_eq!(disk.files.head(&key(1)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn numbers_of_no_part_are_refused() {
    let disk = Disk::new();
    let tag = disk.files.begin(&key(1)).await.unwrap();
    for number in [0, 10_001, u16::MAX] {
        let put = put(&disk.files, &tag, number, b"one").await;
        assert!(matches!(put, Err(PartsError::File(FileError::Defect(_)))), "{put:?}");
    }
}
