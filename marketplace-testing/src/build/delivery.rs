//! Entitlements, links and downloads.

use super::Fixture;
use marketplace_core::{
    Version,
    catalog::StoredFile,
    delivery::{DownloadSession, Entitlement, EntitlementState, Link},
    id::{EntitlementId, LinkId, SessionId},
    order::{Order, OrderLine},
};
use std::time::Duration;

impl Fixture {
    /// The right that a line of an order gives.
    pub fn entitlement(&self, order: &Order, line: &OrderLine) -> Entitlement {
        Entitlement {
            id: EntitlementId::from_uuid(self.uuid()),
            order: order.id,
            line: line.id,
            product: line.product,
            user: order.buyer.user,
            email: order.buyer.email.clone(),
            state: EntitlementState::Active,
            granted_at: self.tick(),
            revoked_at: None,
            revoke_reason: None,
            version: Version::FIRST,
        }
    }

    /// A one-time link to a file, for an hour.
    pub fn link(&self, entitlement: &Entitlement, file: &StoredFile) -> Link {
        let created_at = self.tick();
        Link {
            id: LinkId::from_uuid(self.uuid()),
            entitlement: entitlement.id,
            file: file.file.id,
            nonce: self.nonce(),
            token: self.token(),
            created_at,
            expires_at: created_at.saturating_add(Duration::from_hours(1)),
            claimed_at: None,
        }
    }

    /// The download that a claim of a link opens, for an hour.
    pub fn download(&self, link: &Link, file: &StoredFile) -> DownloadSession {
        let created_at = self.tick();
        DownloadSession {
            id: SessionId::from_uuid(self.uuid()),
            link: link.id,
            entitlement: link.entitlement,
            version: file.version.id,
            file: file.file.id,
            nonce: self.nonce(),
            token: self.token(),
            created_at,
            expires_at: created_at.saturating_add(Duration::from_hours(1)),
        }
    }
}
