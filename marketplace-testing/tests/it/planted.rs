//! The suite bites: a store with a bug fails a case that is named here, and a store without one passes it.

use marketplace_testing::{
    contract::store::{CASES, StoreHarness},
    memory::{Defect, MemoryHarness},
};
use std::collections::BTreeSet;
use tokio::task::{JoinError, JoinSet};

/// Runs a case as its own task, because that is where a panic stops.
async fn run(name: &str, harness: MemoryHarness) -> Result<(), JoinError> {
    let (_, case) = CASES.iter().find(|(case, _)| *case == name).expect("the case is in the list");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let harness: &dyn StoreHarness = &harness;
        case(harness).await;
    });
    tasks.join_next().await.expect("one task was spawned")
}

/// How often a case may be tried on a store with a bug: some bugs are races, and callers do not meet each time.
const TRIES: usize = 10;

/// A store without the bug passes the cases, and one with it fails each of them by an assertion.
async fn is_caught(defect: Defect, cases: &[&str]) {
    assert!(!cases.is_empty(), "nothing catches {defect:?}");
    for name in cases {
        run(name, MemoryHarness::default()).await.expect("a healthy store passes");
        let mut noticed = false;
        for _ in 0..TRIES {
            let failed = run(name, MemoryHarness::with_defect(defect)).await;
            noticed = failed.is_err_and(|error| error.is_panic());
            if noticed {
                break;
            }
        }
        assert!(noticed, "{name} does not notice {defect:?}");
    }
}

macro_rules! planted {
    ($($test:ident: $defect:ident => $($case:literal)+;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                is_caught(Defect::$defect, &[$($case),+]).await;
            }
        )*

        const PLANTED: &[Defect] = &[$(Defect::$defect),*];
    };
}

planted! {
    a_number_before_the_commit: NumbersEventsEarly => "events::readers_miss_nothing";
    an_event_of_a_refused_set: TellsRefused => "events::refused_ones_are_silent";
    an_event_of_a_replay: TellsReplays => "events::told_once";
    two_refunds_at_once: OpensTwoRefunds => "refunds::one_at_a_time" "refunds::raced";
    an_event_on_two_pages: RepeatsLastEvent => "events::in_pages";
    a_dropped_job: DropsJobs => "enqueue::applies" "insert_user::raced" "races::one_slug";
    applying_twice: AppliesAgainOnReplay => "post::replays" "take::replays" "enqueue::replays";
    an_ignored_floor: IgnoresFloors
        => "ledger::floors_are_exactly_zero" "ledger::floors_stand_apart" "races::ten_of_a_balance";
    an_ignored_limit: IgnoresLimits => "limits::the_cap_is_exact" "races::ten_of_a_limit";
    a_lost_decision: LosesDecisions => "take::replays" "insert_user::raced" "sets::an_empty_set_is_a_decision";
    the_key_of_a_refused_set: KeepsKeysOfRefused => "insert_order::undone";
    success_before_commit: ReportsBeforeCommit => "insert_user::applies" "post::applies";
    an_ignored_version: IgnoresVersions
        => "guards::user_version" "guards::product_version" "guards::order_version" "guards::attempt_version"
           "guards::entitlement_version" "races::one_version" "races::every_version";
    half_of_a_refused_set: KeepsHalfOfRefused => "insert_order::undone" "sets::a_large_set_is_one";
    a_reused_key: ReplaysOtherInput => "insert_user::key_reused" "sets::an_empty_set_is_a_decision";
    a_job_for_two_workers: ClaimsTwice => "jobs::claimed_once";
    an_ignored_fence: IgnoresFences => "leases::zombies_are_powerless" "batches::completed" "batches::released";
    a_batch_judged_as_one: RefusesWholeBatches
        => "batches::completed" "batches::extended" "batches::released";
    a_hidden_lapse: HidesLapses => "leases::taken_over";
    a_dropped_line: DropsLines => "post::applies" "ledger::every_line_counts";
    lost_microseconds: TruncatesMicros => "insert_user::applies" "extremes::moments";
    half_a_set_when_dropped: HalvesWhenDropped => "insert_user::dropped" "post::dropped";
    an_outcome_of_another: AnswersOthers => "groups::each_hears_of_its_own" "groups::refused_leaves_nothing" "serial::as_one_by_one";
    a_retried_group: RetriesWholeGroups => "groups::each_hears_of_its_own" "groups::applied_once" "serial::as_one_by_one";
    rows_of_a_refused_set_in_a_group: KeepsRefusedOfGroups
        => "groups::each_hears_of_its_own" "groups::refused_leaves_nothing" "groups::applied_once"
           "serial::as_one_by_one";
    a_payment_of_two_moments: MixesMoments => "payments::of_one_moment";
    a_closed_notice: ShowsClosedNotices => "payments::closed_notice";
    an_answer_to_another_reader: AnswersOtherReaders
        => "payments::each_reader_hears_of_its_own" "payments::readers_that_go_away";
    two_open_attempts: OpensTwoAttempts
        => "guards::open_attempt" "guards::open_attempt_of_an_update" "races::one_open_attempt";
    a_revived_upload: RevivesUploads
        => "guards::takes_no_closed_upload" "guards::makes_a_file_of_an_upload_once" "uploads::closed_once";
    an_upload_that_moves_on_from_anywhere: AdvancesAnyUpload
        => "guards::moves_an_upload_once" "uploads::refused_or_filed";
    an_upload_given_up_while_it_is_checked: ClosesCheckedUploads => "uploads::checked";
    an_upload_with_two_tags: TagsUploadsTwice => "uploads::tagged_once";
    a_forked_chain: ForksChain => "seals::refused";
    a_sale_in_the_wrong_day: FoldsByDay => "earnings::counted_by_quarter" "earnings::late_entries_count";
    a_late_entry_that_is_missed: FoldsByWatermark => "earnings::late_entries_count";
    a_tail_that_is_not_shown: ForgetsTail
        => "earnings::counted_by_quarter" "earnings::shared_by_lines" "earnings::late_entries_count"
           "wallet::earnings_are_net_sales" "wallet::the_same_in_and_out_of_the_chain";
    a_sale_that_counts_twice: CountsSealedTwice
        => "earnings::counted_by_quarter" "earnings::refused_links_add_nothing" "earnings::raced"
           "wallet::the_same_in_and_out_of_the_chain";
    a_credit_that_is_folded_twice: FoldsCreditsTwice => "wallet::the_same_in_and_out_of_the_chain";
    an_order_that_is_not_shared: CountsWholeOrders => "earnings::shared_by_lines";
    a_job_that_is_no_mail: TakesAnyJobForMail => "reads::mails_about";
    a_visit_that_is_lost: LosesVisits => "visits::raced";
    a_row_for_every_visit: SplitsVisits => "visits::counted_in_one_row" "visits::raced";
    visits_by_their_coming: TrustsOrderOfVisits => "visits::whatever_the_order";
    a_forgotten_serial: ForgetsSerials => "answers::reopened" "answers::taken_over";
    a_searched_pattern: SearchesPatterns => "pages::searched";
    an_overlapping_page: OverlapsPages => "pages::products_of" "wallet::pages_hold_whole_entries" "sales::in_pages";
    a_shared_slug: SharesSlugs => "guards::product_slug" "races::one_slug";
}

/// No bug of the memory store is forgotten above.
#[test]
fn every_defect_is_planted() {
    let name = |defect: &Defect| format!("{defect:?}");
    let planted: BTreeSet<_> = PLANTED.iter().map(name).collect();
    assert_eq!(planted, Defect::ALL.iter().map(name).collect());
}
