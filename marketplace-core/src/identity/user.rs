//! Users and their roles.

use super::{Email, PasswordHash};
use crate::{id::UserId, text::words, time::Timestamp, version::Version};

/// What a user may do. Every role may also buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Buys.
    Customer,
    /// Sells, too.
    Creator,
    /// Operates the marketplace. Made by the host's command, never over HTTP.
    Admin,
}
words!(Role { Customer = "customer", Creator = "creator", Admin = "admin" });

/// A person or shop with a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its address; unique.
    pub email: Email,
    /// `None`: signs in by mailed code only.
    pub password: Option<PasswordHash>,
    /// What others see.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// Whether the address was proved.
    pub email_verified: bool,
    /// Suspended users cannot sign in and sell nothing.
    pub suspended_at: Option<Timestamp>,
    /// When it registered.
    pub created_at: Timestamp,
    /// Counts changes.
    pub version: Version,
}
