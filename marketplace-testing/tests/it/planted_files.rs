//! The suite of file stores bites: a store with a bug fails a case that is named here, and one without passes it.

use marketplace_testing::{
    contract::files::{CASES, FilesHarness},
    fake::{FilesDefect, MemoryFilesHarness},
};
use std::collections::BTreeSet;
use tokio::task::{JoinError, JoinSet};

/// Runs a case as its own task, because that is where a panic stops.
async fn run(name: &str, harness: MemoryFilesHarness) -> Result<(), JoinError> {
    let (_, case) = CASES.iter().find(|(case, _)| *case == name).expect("the case is in the list");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let harness: &dyn FilesHarness = &harness;
        case(harness).await;
    });
    tasks.join_next().await.expect("one task was spawned")
}

/// A store without the bug passes the cases, and one with it fails each of them by an assertion.
async fn is_caught(defect: FilesDefect, cases: &[&str]) {
    assert!(!cases.is_empty(), "nothing catches {defect:?}");
    for name in cases {
        run(name, MemoryFilesHarness::default()).await.expect("a healthy store passes");
        let failed = run(name, MemoryFilesHarness::with_defect(defect)).await;
        assert!(failed.is_err_and(|error| error.is_panic()), "{name} does not notice {defect:?}");
    }
}

macro_rules! planted {
    ($($test:ident: $defect:ident => $($case:literal)+;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                is_caught(FilesDefect::$defect, &[$($case),+]).await;
            }
        )*

        const PLANTED: &[FilesDefect] = &[$(FilesDefect::$defect),*];
    };
}

planted! {
    an_object_that_grows: ShowsTooEarly
        => "put::not_before_its_end" "put::replaced" "dropped::at_every_wait" "dropped::while_it_waits"
           "broken::keeps_the_old";
    half_an_object: KeepsHalves
        => "broken::leaves_nothing" "broken::in_a_later_part" "broken::keeps_the_old" "limits::one_more"
           "troubles::full";
    a_break_that_is_an_end: TakesBreaksForEnds => "broken::leaves_nothing";
    a_reason_that_is_lost: MistakesTooLarge => "limits::told_by_the_body";
    an_ignored_limit: IgnoresLimits => "limits::one_more" "limits::in_a_later_part" "limits::endless";
    a_limit_that_is_one_short: MiscountsLimits => "limits::exact";
    a_body_that_is_read_to_the_end: ReadsToTheEnd => "limits::endless";
    the_digest_of_a_part: DigestsFirstPiece => "put::whole" "put::megabytes" "parallel::puts";
    a_lost_last_piece: DropsLastPiece => "put::whole" "put::odd_pieces" "limits::exact";
    an_empty_piece_that_is_an_end: EndsAtEmptyPieces => "put::odd_pieces";
    bodies_that_mix: MixesBodies => "parallel::puts" "parallel::one_key";
    an_end_that_is_included: IncludesEnds => "ranges::every_edge" "parallel::readers";
    a_range_that_is_refused: RefusesBeyond => "ranges::every_edge" "ranges::of_nothing";
    the_size_of_a_part: TellsPartSizes => "ranges::every_edge" "sizes::told_as_they_are";
    a_short_stream_that_looks_whole: HidesBreaks => "sizes::breaks_off";
    a_size_that_was: RemembersSizes => "sizes::told_as_they_are";
    an_absent_object_that_fails: FailsForAbsent => "missing::told_as_none" "missing::lost";
    a_second_delete_that_fails: RefusesSecondDelete => "missing::deleted_twice";
    a_deleted_object_that_stays: KeepsDeleted => "missing::deleted" "addresses::of_nothing";
    a_store_that_is_down_and_looks_empty: TakesDownForAbsent => "troubles::down";
    a_store_that_is_down_for_good: TakesDownForDefect => "troubles::down";
    a_full_store_for_good: TakesFullForDefect => "troubles::full";
    what_there_was_room_for: KeepsWhatFits => "troubles::full";
    a_key_that_is_shown: ShowsItsKey => "troubles::nothing_secret_is_shown";
    an_address_for_ever: OpensForEver => "addresses::expired" "addresses::at_most_a_minute";
    an_address_for_longer: OpensForLonger => "addresses::at_most_a_minute";
    an_object_in_place: ShowsInPlace => "addresses::never_in_place";
    a_name_as_it_is: WritesRawNames => "addresses::saved_under_its_name";
    a_name_in_ascii: LosesUnicode => "addresses::saved_under_its_name";
    a_name_that_can_be_changed: LeavesNamesUnsigned => "addresses::altered";
    a_key_that_can_be_changed: LeavesKeysUnsigned => "addresses::of_another_object";
    a_signature_of_anybody: BelievesEverybody
        => "addresses::altered" "addresses::of_another_object" "addresses::foreign";
    an_address_that_deletes: LetsVisitorsDelete => "addresses::for_reading_only";
    a_part_that_is_seen: ShowsParts => "parts::in_order" "joins::missing" "aborts::nothing_is_left";
    a_part_that_is_not_replaced: KeepsOldParts => "parts::replaced";
    a_part_of_another_size: IgnoresPartSizes => "parts::exact";
    half_a_part: KeepsBrokenParts => "parts::broken" "parts::exact";
    a_part_that_is_read_to_its_end: ReadsPartsToTheEnd => "parts::endless";
    uploads_that_mix: MixesUploads => "parts::of_two_uploads" "aborts::only_its_own";
    whatever_is_there: JoinsWhatIsThere => "joins::missing" "joins::without_the_rest" "joins::wrong_numbers";
    a_part_of_another_tag: IgnoresPartTags => "joins::wrong_tag" "parts::replaced";
    a_part_of_another_told_size: IgnoresToldSizes => "joins::wrong_size";
    parts_as_they_came: JoinsAsTheyCame => "parts::out_of_order" "parts::resumed";
    parts_that_are_too_small: JoinsSmallParts => "joins::too_small";
    a_mismatch_that_drops: DropsAtMismatch => "joins::missing" "joins::wrong_tag" "joins::wrong_size";
    a_second_join_that_fails: ForgetsWhatItJoined => "joins::twice" "joins::after_a_lost_answer";
    an_upload_that_outlives_its_join: LeavesWhatItJoined => "parts::in_order" "joins::twice";
    a_join_of_nothing: JoinsTheUnknown => "joins::of_no_upload" "aborts::nothing_is_left";
    an_abort_that_deletes: AbortsObjects => "aborts::objects_stay" "parts::of_two_uploads";
    a_second_abort_that_fails: RefusesSecondAbort => "aborts::twice";
    an_abort_of_everything: AbortsEverything => "aborts::all_of_a_key";
    an_abort_of_nothing: AbortsNothingWithoutTag => "aborts::all_of_a_key";
    a_number_that_can_be_changed: LeavesPartNumbersUnsigned => "part_addresses::altered";
    a_key_of_parts_that_can_be_changed: LeavesKeysOfPartsUnsigned
        => "part_addresses::of_another_object" "part_addresses::of_another_upload";
    an_address_of_a_part_for_ever: TakesPartsForEver => "part_addresses::expired";
    an_address_of_a_part_for_longer: TakesPartsForLonger => "part_addresses::at_most_a_day";
    an_upload_that_rises: TakesPartsOfTheOver
        => "part_addresses::of_an_upload_that_is_over" "parts::of_no_upload";
    a_store_that_is_down_and_has_no_uploads: TakesDownForNoUpload => "part_troubles::down";
}

/// No bug of the memory is forgotten above.
#[test]
fn every_defect_is_planted() {
    let name = |defect: &FilesDefect| format!("{defect:?}");
    let planted: BTreeSet<_> = PLANTED.iter().map(name).collect();
    assert_eq!(planted, FilesDefect::ALL.iter().map(name).collect());
}
