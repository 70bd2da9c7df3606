//! Decisions on products and files. Pure.

use super::{
    FileVersion, NotPublishable, Product, ProductFile, ProductState, StoredFile, Upload, UploadRefusal,
    UploadState,
};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, Decision, DecisionKey, InputHash, LimitKey, Subject},
    id::{FileId, UploadId},
    job::NewJob,
    market::Rules,
    time::Timestamp,
};

fn files_limit(product: &Product) -> LimitKey {
    LimitKey::new("files", product.id)
}

fn decision(
    name: &'static str,
    unique: String,
    input: InputHash,
    product: &Product,
    at: Timestamp,
) -> Decision {
    let key = DecisionKey::new(name, unique);
    Decision { key, name, input, subject: Subject::of(product.id), actor: Actor::User(product.creator), at }
}

/// A new product.
pub(super) fn create(product: &Product) -> ChangeSet {
    let input = InputHash::of(&(&product.title, &product.description, product.price));
    let head = decision("create-product", product.id.to_string(), input, product, product.created_at);
    ChangeSet::new(head, vec![Change::InsertProduct(product.clone())])
}

/// Another row for a product. `name` is the verb.
pub(super) fn change(
    name: &'static str,
    old: &Product,
    mut to: Product,
    at: Timestamp,
) -> (ChangeSet, Product) {
    to.version = old.version.next();
    let input = InputHash::of(&(&to.title, &to.description, to.price, to.state));
    // With the input in the key, another edit of the same version is stale and decided anew, not a reused key.
    let unique = format!("{}:{}:{}", old.id, to.version.as_i64(), hex::encode(input.as_bytes()));
    let head = decision(name, unique, input, old, at);
    (ChangeSet::new(head, vec![Change::UpdateProduct { seen: old.version, to: to.clone() }]), to)
}

/// What stands between a product and its publication.
pub(super) fn obstacles(
    product: &Product,
    files: &[StoredFile],
    price_taken: bool,
    is_checking: bool,
) -> Vec<NotPublishable> {
    let mut reasons = Vec::new();
    if product.state == ProductState::Archived {
        reasons.push(NotPublishable::Archived);
    }
    if files.is_empty() {
        reasons.push(NotPublishable::NoFile);
    }
    if is_checking {
        reasons.push(NotPublishable::FileChecking);
    }
    if !price_taken {
        reasons.push(NotPublishable::PriceNotTaken);
    }
    reasons
}

/// A file whose bytes have arrived. The product's version rises, so that this cannot pass an archiving unseen.
pub(super) fn add_file(
    product: &Product,
    file: ProductFile,
    version: FileVersion,
    upload: UploadId,
    rules: &Rules,
) -> ChangeSet {
    let input = InputHash::of(&(version.digest.to_string(), version.size));
    let head = decision("add-file", upload.to_string(), input, product, file.created_at);
    let to = Product { version: product.version.next(), ..product.clone() };
    // Never given back: a file that is taken off sale stays stored.
    let bytes = Change::Take {
        limit: LimitKey::new("bytes", product.creator),
        units: i64::try_from(version.size).unwrap_or(i64::MAX),
        cap: rules.max_creator_bytes,
    };
    let files = Change::Take { limit: files_limit(product), units: 1, cap: rules.max_files };
    ChangeSet::new(
        head,
        vec![
            bytes,
            files,
            Change::UpdateProduct { seen: product.version, to },
            Change::InsertFile { file, version, upload },
        ],
    )
}

/// Another state of an upload, and the job that comes with it.
pub(super) fn advance_upload(
    upload: &Upload,
    to: UploadState,
    refusal: Option<UploadRefusal>,
    job: Option<NewJob>,
    (at, expires_at): (Timestamp, Timestamp),
) -> ChangeSet {
    let head = Decision {
        key: DecisionKey::new("advance-upload", format_args!("{}:{to}", upload.id)),
        name: "advance-upload",
        input: InputHash::of(&refusal),
        subject: Subject::of(upload.product),
        actor: Actor::User(upload.creator),
        at,
    };
    let advance = Change::AdvanceUpload { id: upload.id, seen: upload.state, to, refusal, expires_at };
    ChangeSet::new(head, std::iter::once(advance).chain(job.map(Change::Enqueue)).collect())
}

/// A file taken off sale. The product's version rises, so that this cannot pass a publication unseen.
pub(super) fn remove_file(product: &Product, id: FileId, max_files: i64, at: Timestamp) -> ChangeSet {
    let head = decision("remove-file", id.to_string(), InputHash::of(&id), product, at);
    let to = Product { version: product.version.next(), ..product.clone() };
    let take = Change::Take { limit: files_limit(product), units: -1, cap: max_files };
    ChangeSet::new(
        head,
        vec![take, Change::UpdateProduct { seen: product.version, to }, Change::RemoveFile { id, at }],
    )
}
