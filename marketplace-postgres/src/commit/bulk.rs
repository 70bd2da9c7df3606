//! Many plain change sets in one statement: one insert or update per table instead of one per row.
//!
//! Guarantees: a set is taken here only if its outcome does not depend on the order of its changes, nor on that of the
//! other sets beside the guards which the statement checks; whatever else is met, nothing is written and the sets are
//! sent to `mkt_commit`, which tells about each. So this is faster and never different.
//!
//! A group needs the tables that its changes touch, so there is a statement for each such shape; a connection keeps
//! the few that occur prepared.
//!
//! Called by: the lanes, for the groups that they form.

use crate::{
    columns::{micros, split},
    ledger::entry,
    sql::bulk::{self as sql, Layout, Part},
    store::Bound,
};
use marketplace_core::{
    Version,
    commit::{Change, ChangeSet},
    delivery::{DownloadSession, Entitlement, EntitlementState},
    id::{LinkId, OrderId, UserId},
    job::NewJob,
    ledger::{Hold, JournalEntry, Line},
    order::OrderState,
    payment::{Attempt, Mode, Notice},
    time::Timestamp,
};
use sqlx::{Arguments as _, AssertSqlSafe, error::BoxDynError, postgres::PgArguments, query_with};
#[cfg(test)]
use sqlx::{Postgres, Type, postgres::PgTypeInfo};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The columns of the rows that are written, table by table, and the part of the statement that writes them.
macro_rules! tables {
    ($($field:ident: $table:ident = ($text:expr, $expected:expr) { $($column:ident: $type:ty),+ $(,)? })+) => {
        $(
            #[derive(Default)]
            struct $table<'a> { $($column: Vec<$type>),+ }

            impl<'a> $table<'a> {
                fn push(&mut self, ($($column,)+): ($($type,)+)) {
                    $(self.$column.push($column);)+
                }

                fn layout(&self, spelled: bool) -> Layout {
                    let [rows, ..] = [$(self.$column.len()),+];
                    match rows {
                        0 => Layout::Nothing,
                        _ if spelled => Layout::Spelled(rows),
                        _ => Layout::Arrays,
                    }
                }

                fn add_to(self, arguments: &mut PgArguments, layout: Layout) -> Result<(), BoxDynError> {
                    match layout {
                        Layout::Nothing => {}
                        Layout::Arrays => { $(arguments.add(self.$column)?;)+ }
                        Layout::Spelled(rows) => {
                            $(let mut $column = self.$column.into_iter();)+
                            for _ in 0..rows {
                                $(if let Some(value) = $column.next() { arguments.add(value)?; })+
                            }
                        }
                    }
                    Ok(())
                }

                #[cfg(test)]
                fn types() -> Vec<PgTypeInfo> {
                    vec![$(<Vec<$type> as Type<Postgres>>::type_info()),+]
                }
            }
        )+

        #[derive(Default)]
        struct Rows<'a> { $($field: $table<'a>),+ }

        /// All parts, in the order in which they stand in a statement.
        pub(crate) const PARTS: &[Part] = &[$(Part {
            table: stringify!($field),
            columns: &[$(stringify!($column)),+],
            text: $text,
            expected: $expected,
            #[cfg(test)]
            types: $table::types,
        }),+];

        impl Rows<'_> {
            fn shape(&self, spelled: bool) -> Shape {
                [$(self.$field.layout(spelled)),+]
            }

            fn arguments(self, shape: Shape) -> Result<PgArguments, BoxDynError> {
                let mut arguments = PgArguments::default();
                let [$($field),+] = shape;
                $(self.$field.add_to(&mut arguments, $field)?;)+
                Ok(arguments)
            }
        }
    };
}
tables! {
    decisions: Decisions = (sql::DECISIONS, None) {
        key: &'a str, name: &'a str, hash: &'a [u8], subject: &'a str, actor: String, at: i64,
        events: Option<String>,
    }
    notices: NewNotices = (sql::NOTICES, None) {
        key: &'a str, gateway: &'a str, body: &'a [u8], claimed: Option<&'a str>, reference: Option<&'a str>,
        mode: Option<&'a str>, minor: Option<i64>, currency: Option<&'a str>, at: i64,
    }
    closes: ClosedNotices = (sql::CLOSES, Some(sql::NOTICES_CLOSED)) { key: &'a str, outcome: &'a str, at: i64 }
    jobs: NewJobs = (sql::JOBS, None) {
        id: Uuid, kind: &'a str, payload: String, subject: &'a str, run_at: i64, at: i64,
    }
    orders: AdvancedOrders = (sql::ORDERS, Some(sql::ORDERS_MOVED)) { id: Uuid, seen: i64, state: &'a str, paid_at: Option<i64> }
    attempts: AdvancedAttempts = (sql::ATTEMPTS, Some(sql::ATTEMPTS_MOVED)) {
        reference: &'a str, seen: i64, minor: i64, currency: &'a str, state: &'a str, gateway: &'a str, mode: &'a str,
        url: Option<&'a str>, gateway_id: Option<&'a str>, fee_minor: Option<i64>, fee_currency: Option<&'a str>,
        paid_at: Option<i64>,
    }
    entries: Entries = (sql::ENTRIES, None) { id: Uuid, kind: &'a str, cause: &'a str, order_id: Option<Uuid>, at: i64 }
    lines: Lines = (sql::LINES, None) { entry: Uuid, owner: Option<Uuid>, kind: &'a str, currency: &'a str, minor: i64 }
    holds: Holds = (sql::HOLDS, None) {
        id: Uuid, creator_id: Uuid, order_id: Uuid, minor: i64, currency: &'a str, reason: &'a str, releases_at: i64,
    }
    grants: Grants = (sql::GRANTS, Some(sql::LINES_GRANTED)) {
        id: Uuid, order_id: Uuid, line_id: Uuid, product_id: Uuid, user_id: Option<Uuid>, email: &'a str, at: i64,
    }
    claims: Claims = (sql::CLAIMS, Some(sql::LINKS_CLAIMED)) {
        link_id: Uuid, at: i64, id: Uuid, opened_by: Uuid, entitlement_id: Uuid, version_id: Uuid, file_id: Uuid,
        nonce: &'a [u8], token: &'a [u8], created_at: i64, expires_at: i64,
    }
}

/// How each part is bound.
type Shape = [Layout; PARTS.len()];

/// Groups of so many sets have their rows spelled out. That costs the server less for a few rows, and there are few such
/// statements, each of which a connection has to prepare.
const SPELLED: usize = 1;

/// The statements that were needed so far, by their shapes.
#[derive(Default)]
pub(super) struct Statements(Mutex<HashMap<Shape, Arc<str>>>);

impl Statements {
    /// The statement for these sets, all of them plain.
    pub(super) fn call<'a>(&self, sets: impl Iterator<Item = &'a ChangeSet>) -> Result<Bound, BoxDynError> {
        let mut rows = Rows::default();
        let mut count: usize = 0;
        for set in sets {
            count = count.saturating_add(1);
            rows.decision(set);
            for change in set.changes() {
                rows.change(change);
            }
        }
        let shape = rows.shape(count <= SPELLED);
        // Put together of constants.
        Ok(query_with(AssertSqlSafe(self.text(shape)), rows.arguments(shape)?))
    }

    fn text(&self, shape: Shape) -> Arc<str> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = known.entry(shape).or_insert_with(|| sql::statement(PARTS.iter().zip(shape)).into());
        Arc::clone(text)
    }
}

/// The statement that a commit of this set sends when it is alone, for a benchmark of what the store adds to it.
#[cfg(feature = "measure")]
pub fn statement_of(set: &ChangeSet) -> Result<Bound, BoxDynError> {
    if !is_plain(set) {
        return Err("it goes to mkt_commit, not in a statement of its own".into());
    }
    Statements::default().call([set].into_iter())
}

/// Whether the set can go in a bulk. One that changes a row twice, or a row that it adds, is refused there and sent
/// on, so only what would go through unseen must be found here.
pub(super) fn is_plain(set: &ChangeSet) -> bool {
    set.changes().iter().all(|change| match change {
        Change::InsertNotice(notice) => {
            let claim = notice.claim.as_ref().map_or("", |claim| &claim.reference);
            notice.outcome.is_none() && notice.closed_at.is_none() && are_text([notice.key.as_str(), claim])
        }
        Change::CloseNotice { key, .. } => are_text([key.as_str()]),
        // A name may be taken, and then the job is left out.
        Change::Enqueue(job) => job.unique.is_none() && are_text([job.kind.as_str(), job.subject.as_str()]),
        Change::AdvanceOrder { .. } | Change::ClaimLink { .. } => true,
        // An order has one open attempt, so one that becomes open must come after the other's end.
        Change::AdvanceAttempt { to, .. } => {
            let url = to.authorization_url.as_deref().unwrap_or_default();
            let gateway_id = to.gateway_id.as_deref().unwrap_or_default();
            !to.state.is_open() && are_text([to.gateway.as_str(), url, gateway_id])
        }
        Change::Post(entry) => !entry::has_debits(entry) && are_text([entry.cause().as_str()]),
        Change::InsertHold(hold) => hold.released_at.is_none(),
        Change::Grant(right) => {
            right.state == EntitlementState::Active
                && right.revoked_at.is_none()
                && right.revoke_reason.is_none()
                && right.version == Version::FIRST
        }
        _ => false,
    })
}

/// PostgreSQL keeps no NUL in text; the other path tells so for the one set.
fn are_text<const N: usize>(texts: [&str; N]) -> bool {
    !texts.iter().any(|text| text.contains('\0'))
}

impl<'a> Rows<'a> {
    fn decision(&mut self, set: &'a ChangeSet) {
        let decision = set.decision();
        let (hash, subject) = (decision.input.as_bytes().as_slice(), decision.subject.as_str());
        let (actor, at) = (decision.actor.to_string(), decision.at.as_micros());
        self.decisions.push((decision.key.as_str(), decision.name, hash, subject, actor, at, set.events()));
    }

    /// Nothing but the changes that [`is_plain`] lets through comes here.
    fn change(&mut self, change: &'a Change) {
        match change {
            Change::InsertNotice(notice) => self.notice(notice),
            Change::CloseNotice { key, outcome, at } => {
                self.closes.push((key, outcome.as_str(), at.as_micros()));
            }
            Change::Enqueue(job) => self.job(job),
            Change::AdvanceOrder { id, seen, to, at } => {
                let paid_at = (*to == OrderState::Paid).then_some(at.as_micros());
                self.orders.push((id.uuid(), seen.as_i64(), to.as_str(), paid_at));
            }
            Change::AdvanceAttempt { seen, to } => self.attempt(*seen, to),
            Change::Post(entry) => self.entry(entry),
            Change::InsertHold(hold) => self.hold(hold),
            Change::Grant(right) => self.grant(right),
            Change::ClaimLink { id, at, session } => self.claim(*id, *at, session),
            _ => {}
        }
    }

    fn notice(&mut self, notice: &'a Notice) {
        let claim = notice.claim.as_ref();
        let (minor, currency) = split(claim.and_then(|claim| claim.amount));
        let mode = claim.and_then(|claim| claim.mode).map(Mode::as_str);
        let reference = claim.map(|claim| claim.reference.as_str());
        let claimed = claim.map(|claim| claim.claimed.as_str());
        let (key, gateway, body) = (notice.key.as_str(), notice.gateway.as_str(), notice.body.as_slice());
        let at = notice.received_at.as_micros();
        self.notices.push((key, gateway, body, claimed, reference, mode, minor, currency, at));
    }

    fn job(&mut self, job: &'a NewJob) {
        let (run_at, at) = (job.run_at.as_micros(), job.created_at.as_micros());
        let payload = job.payload.to_string();
        self.jobs.push((job.id.uuid(), &job.kind, payload, job.subject.as_str(), run_at, at));
    }

    fn attempt(&mut self, seen: Version, to: &'a Attempt) {
        let (fee_minor, fee_currency) = split(to.gateway_fee);
        self.attempts.push((
            to.reference.as_str(),
            seen.as_i64(),
            to.amount.minor(),
            to.amount.currency().code(),
            to.state.as_str(),
            &to.gateway,
            to.mode.as_str(),
            to.authorization_url.as_deref(),
            to.gateway_id.as_deref(),
            fee_minor,
            fee_currency,
            micros(to.paid_at),
        ));
    }

    fn entry(&mut self, entry: &'a JournalEntry) {
        let (id, order) = (entry.id().uuid(), entry.order().map(OrderId::uuid));
        self.entries.push((id, entry.kind().as_str(), entry.cause().as_str(), order, entry.at().as_micros()));
        for Line { account, amount } in entry.lines() {
            let owner = account.owner().map(UserId::uuid);
            self.lines.push((id, owner, account.kind().as_str(), amount.currency().code(), amount.minor()));
        }
    }

    fn hold(&mut self, hold: &'a Hold) {
        let (creator, order) = (hold.creator.uuid(), hold.order.uuid());
        let (minor, currency) = (hold.amount.minor(), hold.amount.currency().code());
        let releases_at = hold.releases_at.as_micros();
        self.holds.push((hold.id.uuid(), creator, order, minor, currency, hold.reason.as_str(), releases_at));
    }

    fn claim(&mut self, link: LinkId, at: Timestamp, session: &'a DownloadSession) {
        self.claims.push((
            link.uuid(),
            at.as_micros(),
            session.id.uuid(),
            session.link.uuid(),
            session.entitlement.uuid(),
            session.version.uuid(),
            session.file.uuid(),
            session.nonce.as_bytes(),
            session.token.as_bytes(),
            session.created_at.as_micros(),
            session.expires_at.as_micros(),
        ));
    }

    fn grant(&mut self, right: &'a Entitlement) {
        let (order, line, product) = (right.order.uuid(), right.line.uuid(), right.product.uuid());
        let user = right.user.map(UserId::uuid);
        let (email, at) = (right.email.as_str(), right.granted_at.as_micros());
        self.grants.push((right.id.uuid(), order, line, product, user, email, at));
    }
}
