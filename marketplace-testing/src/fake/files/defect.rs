//! Bugs to plant into a file store.

macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A bug that a file store in memory has on purpose. Only for testing that the suite notices it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FilesDefect {
            $($(#[$doc])* $name,)*
        }

        impl FilesDefect {
            /// Every bug.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

defects! {
    /// Shows an object while it is still being put.
    ShowsTooEarly,
    /// Keeps what came of a body that broke off, and says that it broke off.
    KeepsHalves,
    /// Takes the break of a body for its end.
    TakesBreaksForEnds,
    /// Takes a body that is too large for one that broke off.
    MistakesTooLarge,
    /// Takes bodies of any length.
    IgnoresLimits,
    /// Refuses a body that is exactly as long as allowed.
    MiscountsLimits,
    /// Reads a whole body before it looks at its length.
    ReadsToTheEnd,
    /// Gives the digest of the first piece for that of the whole.
    DigestsFirstPiece,
    /// Forgets the last piece.
    DropsLastPiece,
    /// Takes an empty piece for the end.
    EndsAtEmptyPieces,
    /// Collects the bodies of all callers in one place.
    MixesBodies,
    /// Includes the end of a range.
    IncludesEnds,
    /// Refuses a range that begins beyond the end.
    RefusesBeyond,
    /// Tells the size of the part for that of the whole.
    TellsPartSizes,
    /// Ends a stream that broke off as if it were whole.
    HidesBreaks,
    /// Remembers the size of an object that has another one by now.
    RemembersSizes,
    /// Takes an object that is not there for an error.
    FailsForAbsent,
    /// Takes the second delete of an object for an error.
    RefusesSecondDelete,
    /// Says that it deleted, and did not.
    KeepsDeleted,
    /// Takes a store that is down for one without objects.
    TakesDownForAbsent,
    /// Takes a store that is down for one that is set up wrongly.
    TakesDownForDefect,
    /// Takes a full store for one that is set up wrongly.
    TakesFullForDefect,
    /// Keeps what there was room for, and says that it is all.
    KeepsWhatFits,
    /// Shows its key.
    ShowsItsKey,
    /// Gives out addresses that open for ever.
    OpensForEver,
    /// Gives out addresses for as long as is asked.
    OpensForLonger,
    /// Has objects shown in place.
    ShowsInPlace,
    /// Writes a name into a header as it is.
    WritesRawNames,
    /// Keeps the ASCII of a name only.
    LosesUnicode,
    /// Does not sign the name in an address.
    LeavesNamesUnsigned,
    /// Does not sign the key of the object in an address.
    LeavesKeysUnsigned,
    /// Believes every signature.
    BelievesEverybody,
    /// Lets the holder of an address delete.
    LetsVisitorsDelete,
    /// Shows an object as soon as a part of it is there.
    ShowsParts,
    /// Keeps the first part of a number, and says that it took the second.
    KeepsOldParts,
    /// Takes parts of any size.
    IgnoresPartSizes,
    /// Keeps a part of which the end is missing.
    KeepsBrokenParts,
    /// Reads the whole body of a part before it looks at its length.
    ReadsPartsToTheEnd,
    /// Keeps the parts of all uploads under a key in one place.
    MixesUploads,
    /// Joins the parts that are there, whatever is named.
    JoinsWhatIsThere,
    /// Does not look at the tags of the parts that it joins.
    IgnoresPartTags,
    /// Does not look at the sizes of the parts that it joins.
    IgnoresToldSizes,
    /// Joins parts in the order in which they came.
    JoinsAsTheyCame,
    /// Joins parts that are smaller than the smallest.
    JoinsSmallParts,
    /// Drops an upload of which the wrong parts were named.
    DropsAtMismatch,
    /// Takes the second join for one of an unknown upload.
    ForgetsWhatItJoined,
    /// Leaves the upload that it joined.
    LeavesWhatItJoined,
    /// Takes every unknown upload for one that was joined.
    JoinsTheUnknown,
    /// Deletes the object of an upload that it drops.
    AbortsObjects,
    /// Takes the second abort of an upload for an error.
    RefusesSecondAbort,
    /// Drops every upload of the store where it was to drop those under a key.
    AbortsEverything,
    /// Drops nothing without a tag.
    AbortsNothingWithoutTag,
    /// Does not sign the number of a part in its address.
    LeavesPartNumbersUnsigned,
    /// Does not sign the key in the address of a part.
    LeavesKeysOfPartsUnsigned,
    /// Takes parts at addresses for ever.
    TakesPartsForEver,
    /// Takes parts at addresses for as long as is asked.
    TakesPartsForLonger,
    /// Begins an upload again that is over when a part of it comes.
    TakesPartsOfTheOver,
    /// Takes a store that is down for one without uploads.
    TakesDownForNoUpload,
}

impl FilesDefect {
    /// Whether it shows only where the server takes the parts.
    pub(super) const fn is_of_the_server(self) -> bool {
        matches!(self, Self::KeepsBrokenParts | Self::ReadsPartsToTheEnd)
    }
}
