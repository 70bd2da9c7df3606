//! What goes over the wire: one shape per thing, as the contract fixes it.
//!
//! Guarantees: money is a decimal string with exactly its currency's digits and a code; ids and times are
//! strings; field names are those of the contract and nothing else of a row ever shows.
//!
//! Called by: handlers.

mod catalog;
mod earnings;
mod identity;
mod library;
mod money;
mod operator;
mod order;
mod page;
mod service;
mod timeline;
mod upload;
mod wallet;

pub(crate) use catalog::{FileView, ProductView, StoredFileView};
pub(crate) use earnings::{EarningsView, SaleView};
pub(crate) use identity::{SignedInView, UserView};
pub(crate) use library::{LibraryItemView, LinkView};
pub(crate) use money::{MoneyInput, MoneyView, parse_currency};
pub(crate) use operator::{JobView, LedgerReportView, RefundView, ResolvedView, ReviewView};
pub(crate) use order::{CheckedOutView, OrderView, PaymentView, PlacedView};
pub(crate) use page::{gone_page, link_page, order_page, payment_status, sent_page};
pub(crate) use service::{LiveView, ReadyView};
pub(crate) use timeline::TimelineView;
pub(crate) use upload::{BegunUploadView, CompletedUploadView, UploadStatusView};
pub(crate) use wallet::{BalancesView, EntryView};
