//! The marketplace's own rules, as configuration.

use crate::money::{Money, MoneyError, Rate};
use std::time::Duration;

/// What the marketplace keeps of each line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeRule {
    /// The share of the price.
    pub rate: Rate,
}

impl FeeRule {
    /// The fee on `price`: the rate's share, rounded half away from zero; never more than the price.
    pub fn fee_on(&self, price: Money) -> Result<Money, MoneyError> {
        price.share(self.rate)
    }
}

/// How long earnings are held before they can be paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldRule {
    /// Zero posts earnings as available in the same commit.
    pub period: Duration,
}

/// Who pays what the gateway keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GatewayFeeBearer {
    /// The marketplace, out of its own fee.
    Platform,
    /// The creators of the order, in proportion to their lines, at most what they earn on it.
    Creators,
}

/// All rules. The defaults are those of `docs`' settings table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The marketplace's fee. Default 10 %.
    pub fee: FeeRule,
    /// The hold on earnings. Default seven days.
    pub hold: HoldRule,
    /// Who pays the gateway. Default the marketplace.
    pub gateway_fee: GatewayFeeBearer,
    /// The largest file, in bytes. Default 5 GiB.
    pub max_file_bytes: u64,
    /// The most files on sale per product. Default 100.
    pub max_files: i64,
    /// The most bytes that a creator stores in files, in bytes; also those taken off sale, since buyers keep them.
    /// Default 1 TiB.
    pub max_creator_bytes: i64,
    /// The most uploads of a creator that go to the file store directly and are open, or being checked, at once. Counted before each begins, so
    /// that a few that begin at the same moment may pass. Default 20.
    pub max_open_uploads: u32,
    /// How long an unused link works. Default one hour.
    pub link_ttl: Duration,
    /// How long a sign-in lasts. Default 30 days.
    pub sign_in_ttl: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            fee: FeeRule { rate: Rate::from_basis_points(1000).unwrap_or(Rate::ZERO) },
            hold: HoldRule { period: Duration::from_hours(7 * 24) },
            gateway_fee: GatewayFeeBearer::Platform,
            max_file_bytes: 5 << 30,
            max_files: 100,
            max_creator_bytes: 1 << 40,
            max_open_uploads: 20,
            link_ttl: Duration::from_hours(1),
            sign_in_ttl: Duration::from_hours(30 * 24),
        }
    }
}

impl Rules {
    /// With another fee.
    #[must_use]
    pub const fn with_fee(mut self, fee: FeeRule) -> Self {
        self.fee = fee;
        self
    }

    /// With another hold.
    #[must_use]
    pub const fn with_hold(mut self, hold: HoldRule) -> Self {
        self.hold = hold;
        self
    }

    /// With another bearer of the gateway's fee.
    #[must_use]
    pub const fn with_gateway_fee(mut self, bearer: GatewayFeeBearer) -> Self {
        self.gateway_fee = bearer;
        self
    }

    /// With another largest file.
    #[must_use]
    pub const fn with_max_file_bytes(mut self, bytes: u64) -> Self {
        self.max_file_bytes = bytes;
        self
    }

    /// With another most of bytes that a creator stores.
    #[must_use]
    pub const fn with_max_creator_bytes(mut self, bytes: i64) -> Self {
        self.max_creator_bytes = bytes;
        self
    }

    /// With another lifetime of links.
    #[must_use]
    pub const fn with_link_ttl(mut self, ttl: Duration) -> Self {
        self.link_ttl = ttl;
        self
    }
}
