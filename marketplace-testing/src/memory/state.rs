//! All rows of a memory store.

use super::{defect::Defect, table::Table};
use marketplace_core::{
    answer::{AnswerScope, StoredAnswer},
    catalog::{FileVersion, Product, ProductFile, Upload},
    commit::{Decision, DecisionKey, InputHash, Refusal},
    delivery::{AgentClass, DownloadSession, Entitlement, Link, Visit, VisitKind, VisitResult},
    earnings::Figures,
    error::StoreError,
    event::Event,
    id::{
        EntitlementId, EntryId, FileId, FileVersionId, HoldId, JobId, LineId, LinkId, OrderId, ProductId,
        Reference, RefundId, ReviewId, SessionId, TokenHash, UploadId, UserId,
    },
    identity::{Session, User},
    job::Job,
    ledger::{Account, Cause, EntryKind, Hold, Line, Seal},
    money::Currency,
    order::Order,
    payment::{Attempt, Notice, Review},
    refund::Refund,
    time::Timestamp,
};
use uuid::Uuid;

/// Why a change was not applied.
#[derive(Debug)]
pub(super) enum Stop {
    /// A guard said no.
    Refused(Refusal),
    /// What a database would call a broken reference or a number out of range.
    Broken(String),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What becomes of one change.
pub(super) type Done = Result<(), Stop>;

/// A reference to a row that is not there.
pub(super) fn missing(what: impl std::fmt::Display) -> Stop {
    Stop::Broken(format!("there is no {what}"))
}

/// Refuses as a unique index would.
pub(super) fn unique(taken: bool) -> Done {
    if taken { Err(Refusal::Taken.into()) } else { Ok(()) }
}

/// Refuses as the guard of a version or a state would.
pub(super) fn fresh(is: bool) -> Done {
    if is { Ok(()) } else { Err(Refusal::Stale.into()) }
}

/// An upload, and whether nothing of it is left in the file store.
#[derive(Debug, Clone)]
pub(super) struct UploadRow {
    pub(super) upload: Upload,
    pub(super) swept: bool,
}

/// A sign-in, and when it was ended.
#[derive(Debug, Clone)]
pub(super) struct SessionRow {
    pub(super) session: Session,
    pub(super) ended_at: Option<Timestamp>,
}

/// An entry as a database keeps it: nothing but care keeps its lines balanced.
#[derive(Debug, Clone)]
pub(super) struct EntryRow {
    pub(super) id: EntryId,
    pub(super) kind: EntryKind,
    pub(super) cause: Cause,
    pub(super) order: Option<OrderId>,
    pub(super) at: Timestamp,
    pub(super) lines: Vec<Line>,
}

/// How the key of a client's request stands.
#[derive(Debug, Clone)]
pub(super) enum AnswerState {
    Running { until: Timestamp },
    Answered(StoredAnswer),
    Reopened,
    Forgotten,
}

#[derive(Debug, Clone)]
pub(super) struct AnswerRow {
    pub(super) input: InputHash,
    pub(super) serial: Uuid,
    pub(super) fence: i64,
    pub(super) expires_at: Timestamp,
    pub(super) state: AnswerState,
}

macro_rules! state {
    ($($table:ident: $key:ty => $row:ty,)*) => {
        /// The tables, and the indexes that are tables, too.
        #[derive(Debug, Default)]
        pub(super) struct State {
            /// What this store does wrong on purpose.
            pub(super) defect: Option<Defect>,
            /// The fence that was given last to a request, of whatever key: none is given twice.
            pub(super) answer_fence: i64,
            /// Only for [`Defect::NumbersEventsEarly`].
            pub(super) promised_event: u64,
            $(pub(super) $table: Table<$key, $row>,)*
        }

        impl State {
            /// Makes everything final that was done since the last `keep` or `undo`.
            pub(super) fn keep(&mut self) {
                $(self.$table.keep();)*
            }

            /// Undoes everything that was done since the last `keep` or `undo`.
            pub(super) fn undo(&mut self) {
                $(self.$table.undo();)*
            }
        }
    };
}

state! {
    decisions: DecisionKey => Decision,
    users: UserId => User,
    users_by_email: String => UserId,
    sessions: TokenHash => SessionRow,
    products: ProductId => Product,
    products_by_slug: String => ProductId,
    uploads: UploadId => UploadRow,
    files: FileId => ProductFile,
    versions: FileVersionId => FileVersion,
    orders: OrderId => Order,
    orders_by_token: TokenHash => OrderId,
    order_lines: LineId => OrderId,
    attempts: Reference => Attempt,
    open_attempts: OrderId => Reference,
    notices: String => Notice,
    reviews: ReviewId => Review,
    reviews_by_subject: (String, &'static str) => ReviewId,
    refunds: RefundId => Refund,
    entries: EntryId => EntryRow,
    causes: Cause => EntryId,
    balances: (Account, Currency) => i64,
    holds: HoldId => Hold,
    seals: u64 => Seal,
    sealed: EntryId => u64,
    earnings: (UserId, Currency, Timestamp) => Figures,
    entitlements: EntitlementId => Entitlement,
    entitled_lines: LineId => EntitlementId,
    links: LinkId => Link,
    links_by_token: TokenHash => LinkId,
    downloads: SessionId => DownloadSession,
    downloads_by_token: TokenHash => SessionId,
    visits: (LinkId, VisitKind, AgentClass, VisitResult) => Visit,
    limits: String => i64,
    events: u64 => Event,
    jobs: JobId => Job,
    live_names: String => JobId,
    answers: AnswerScope => AnswerRow,
}

impl State {
    /// Whether this store has that defect.
    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// Runs a call that is atomic alone.
    pub(super) fn alone<T>(
        &mut self,
        call: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, StoreError> {
        match call(self) {
            Ok(value) => {
                self.keep();
                Ok(value)
            }
            Err(stop) => {
                self.undo();
                Err(match stop {
                    Stop::Refused(refusal) => StoreError::defect(refusal),
                    Stop::Broken(what) => StoreError::defect(what),
                })
            }
        }
    }
}
