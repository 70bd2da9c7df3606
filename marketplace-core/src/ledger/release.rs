//! The decision to release a hold. Pure.

use super::{Account, Cause, EntryError, EntryKind, Hold, JournalEntry, Line};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, Decision, DecisionKey, DerivedIds, InputHash, Subject},
    id::EntryId,
    time::Timestamp,
};

/// Moves held money from pending to available. `None` if it is released already, or before its date.
pub(super) fn release(hold: &Hold, at: Timestamp) -> Result<Option<ChangeSet>, EntryError> {
    if hold.released_at.is_some() || at < hold.releases_at {
        return Ok(None);
    }
    let head = Decision {
        key: DecisionKey::new("release-hold", hold.id),
        name: "release-hold",
        input: InputHash::of(&hold.amount),
        subject: Subject::of(hold.id),
        actor: Actor::System,
        at,
    };
    let lines = [
        Line { account: Account::pending(hold.creator), amount: hold.amount.checked_neg()? },
        Line { account: Account::available(hold.creator), amount: hold.amount },
    ];
    let id = EntryId::from_uuid(DerivedIds::new(&head.key, at).next());
    let cause = Cause::new(EntryKind::Release, hold.id);
    let entry = JournalEntry::new(id, EntryKind::Release, cause, Some(hold.order), at, lines)?;
    Ok(Some(ChangeSet::new(head, vec![Change::ReleaseHold { id: hold.id, at }, Change::Post(entry)])))
}
