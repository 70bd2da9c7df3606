//! Bugs to plant into a gateway's adapter.

macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A bug that a scripted gateway has on purpose. Only for testing that the suite notices it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum GatewayDefect {
            $($(#[$doc])* $name,)*
        }

        impl GatewayDefect {
            /// Every bug.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

defects! {
    /// Tells what was asked for what was taken.
    IgnoresAmounts,
    /// Tells the currency that was asked for the one that was taken.
    IgnoresCurrencies,
    /// Counts money in floating point.
    FloatsAmounts,
    /// Takes a timeout for a failure.
    FailsTimeouts,
    /// Begins a payment again under another reference when the answer is lost.
    RenamesPayments,
    /// Takes a reference that is in use for a bad request.
    MissesDuplicates,
    /// Takes a state that it does not know for a payment.
    PaysTheUnheard,
    /// Tells the mode that it was made for, whatever the gateway says.
    CopiesItsMode,
    /// Takes a refusal of the payer for a payer who may still pay.
    KeepsDeclinedOpen,
    /// Forgets how long to wait.
    ForgetsWaits,
    /// Takes a wrong key for a failure that heals.
    RetriesWrongKeys,
    /// Shows its key.
    ShowsItsKey,
    /// Looks at a signature only once it could read the body.
    ReadsBeforeChecking,
    /// Compares the first half of a signature.
    ComparesHalf,
    /// Turns away what is signed and cannot be read.
    RefusesUnreadable,
    /// Gives all events of a kind one key.
    SharesKeys,
    /// Gives each copy of an event a key of its own.
    SplitsKeys,
    /// Begins a refund again when the answer was lost.
    RefundsTwice,
    /// Takes every refund of a payment for ours.
    AdoptsStrangers,
    /// Takes a refund that is stuck for one that is done.
    FinishesStuckRefunds,
    /// Takes a payout that is not found for one that failed.
    FailsUnknownPayouts,
    /// Sends a payout again under another reference.
    RenamesPayouts,
    /// Does not look whether a payout came back.
    MissesReversals,
    /// Lists the first page only.
    ListsOnePage,
    /// Lists what was asked for what was taken, and everything as paid.
    ListsWishes,
    /// Takes a payout that cannot be read for one that failed.
    FailsUnreadablePayouts,
    /// Drops what is told of a dispute.
    DropsEvidence,
    /// Gives half of what is accepted.
    AcceptsHalf,
}
