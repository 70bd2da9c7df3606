//! Decisions on users. Pure.

use super::{Email, PasswordHash, Role, User};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, Decision, DecisionKey, InputHash, Subject},
    id::UserId,
    time::Timestamp,
    version::Version,
};

/// A user who registers, or an operator who is made by the host's command.
pub(super) fn register(
    id: UserId,
    email: Email,
    password: PasswordHash,
    display_name: String,
    role: Role,
    actor: Actor,
    at: Timestamp,
) -> (ChangeSet, User) {
    let user = User {
        id,
        email,
        password: Some(password),
        display_name,
        role,
        email_verified: false,
        suspended_at: None,
        created_at: at,
        version: Version::FIRST,
    };
    let decision = Decision {
        key: DecisionKey::new("register", id),
        name: "register",
        input: InputHash::of(&(&user.email, user.role)),
        subject: Subject::of(id),
        actor,
        at,
    };
    (ChangeSet::new(decision, vec![Change::InsertUser(user.clone())]), user)
}

/// Another row for a user. `name` is the verb.
pub(super) fn change(name: &'static str, old: &User, mut to: User, at: Timestamp) -> (ChangeSet, User) {
    to.version = old.version.next();
    let input = InputHash::of(&(&to.display_name, to.role));
    // With the input in the key, another change of the same version is stale and decided anew, not a reused key.
    let unique = format!("{}:{}:{}", old.id, to.version.as_i64(), hex::encode(input.as_bytes()));
    let decision = Decision {
        key: DecisionKey::new(name, unique),
        name,
        input,
        subject: Subject::of(old.id),
        actor: Actor::User(old.id),
        at,
    };
    (ChangeSet::new(decision, vec![Change::UpdateUser { seen: old.version, to: to.clone() }]), to)
}
