//! Bugs to plant.

macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A bug that a memory store has on purpose. Only for testing that a suite notices it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Defect {
            $($(#[$doc])* $name,)*
        }

        impl Defect {
            /// Every bug.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

defects! {
    /// Leaves out the jobs of a set.
    DropsJobs,
    /// Applies what it can of a set again when the set is sent again.
    AppliesAgainOnReplay,
    /// Lets floored accounts fall below zero.
    IgnoresFloors,
    /// Counts, but never refuses.
    IgnoresLimits,
    /// Forgets which decisions it applied.
    LosesDecisions,
    /// Remembers the key of a set that was refused.
    KeepsKeysOfRefused,
    /// Says `Applied` and applies nothing.
    ReportsBeforeCommit,
    /// Replaces rows whatever version the decision saw.
    IgnoresVersions,
    /// Keeps what a set did before its refusal.
    KeepsHalfOfRefused,
    /// Takes a known key with other input for a replay.
    ReplaysOtherInput,
    /// Gives a job to two workers.
    ClaimsTwice,
    /// Lets a worker end a job that another one holds.
    IgnoresFences,
    /// Ends no job of a call in which one fence is refused.
    RefusesWholeBatches,
    /// Does not say that a job is taken over.
    HidesLapses,
    /// Loses the last line of an entry.
    DropsLines,
    /// Keeps whole milliseconds only.
    TruncatesMicros,
    /// Applies a set in two halves and waits between them.
    HalvesWhenDropped,
    /// Gives an outcome to a caller whose set went together with another's.
    AnswersOthers,
    /// Sends sets that went together again when one of them was refused.
    RetriesWholeGroups,
    /// Keeps what a set did before its refusal, if others went with it.
    KeepsRefusedOfGroups,
    /// Reads a payment and its order at two moments.
    MixesMoments,
    /// Takes a closed notice for an open one.
    ShowsClosedNotices,
    /// Gives an open notice to a reader who asked for another one at the same time.
    AnswersOtherReaders,
    /// Lets two attempts of one order be open.
    OpensTwoAttempts,
    /// Lets two refunds of one payment be under way.
    OpensTwoRefunds,
    /// Lets an upload that was closed become a file.
    RevivesUploads,
    /// Moves an upload on, wherever it stands.
    AdvancesAnyUpload,
    /// Gives an upload up that is being checked.
    ClosesCheckedUploads,
    /// Lets a second beginning take the place of the first.
    TagsUploadsTwice,
    /// Appends seals wherever the chain ends.
    ForksChain,
    /// Keeps what was sold by days of UTC, not by quarters of an hour.
    FoldsByDay,
    /// Takes what was sold from entries above the last id that it took.
    FoldsByWatermark,
    /// Shows what was sold only once it is in the chain.
    ForgetsTail,
    /// Counts an entry once as chained and once as not chained.
    CountsSealedTwice,
    /// Adds credits to balances when they are posted, and again when they are chained.
    FoldsCreditsTwice,
    /// Gives one creator the whole of an order that several share.
    CountsWholeOrders,
    /// Gives a request that is taken over a new serial.
    ForgetsSerials,
    /// Takes `%` and `_` in a search for patterns.
    SearchesPatterns,
    /// Begins a page with the row that ended the one before.
    OverlapsPages,
    /// Takes two slugs that differ by nothing.
    SharesSlugs,
    /// Numbers what happens before it is committed.
    NumbersEventsEarly,
    /// Tells what a refused set would have brought about.
    TellsRefused,
    /// Tells what happened again when its set is sent again.
    TellsReplays,
    /// Shows jobs of every kind where mails are asked for.
    TakesAnyJobForMail,
    /// Reads how often something came, and writes one more later.
    LosesVisits,
    /// Keeps a row for every visit that comes again.
    SplitsVisits,
    /// Takes the visit that is noted first for the earliest, and the one that is noted last for the latest.
    TrustsOrderOfVisits,
    /// Begins a page of events with the one that ended the page before.
    RepeatsLastEvent,
}
