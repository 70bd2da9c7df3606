//! The gateway suite bites: an adapter with a bug fails a case that is named here, and one without passes it.

use marketplace_testing::{
    contract::gateway::{CASES, GatewayHarness},
    fake::{GatewayDefect, ScriptedHarness},
};
use std::collections::BTreeSet;
use tokio::task::{JoinError, JoinSet};

/// Runs a case as its own task, because that is where a panic stops.
async fn run(name: &str, harness: ScriptedHarness) -> Result<(), JoinError> {
    let (_, case) = CASES.iter().find(|(case, _)| *case == name).expect("the case is in the list");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let harness: &dyn GatewayHarness = &harness;
        case(harness).await;
    });
    tasks.join_next().await.expect("one task was spawned")
}

/// An adapter without the bug passes the cases, and one with it fails each of them by an assertion.
async fn is_caught(defect: GatewayDefect, cases: &[&str]) {
    assert!(!cases.is_empty(), "nothing catches {defect:?}");
    for name in cases {
        run(name, ScriptedHarness::default()).await.expect("a healthy adapter passes");
        let failed = run(name, ScriptedHarness::with_defect(defect)).await;
        assert!(failed.is_err_and(|error| error.is_panic()), "{name} does not notice {defect:?}");
    }
}

macro_rules! planted {
    ($($test:ident: $defect:ident => $($case:literal)+;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                is_caught(GatewayDefect::$defect, &[$($case),+]).await;
            }
        )*

        const PLANTED: &[GatewayDefect] = &[$(GatewayDefect::$defect),*];
    };
}

planted! {
    an_ignored_amount: IgnoresAmounts => "collect::another_amount";
    an_ignored_currency: IgnoresCurrencies => "collect::another_currency";
    a_floating_amount: FloatsAmounts => "collect::exact_amounts";
    a_timeout_for_a_failure: FailsTimeouts
        => "failures::a_lost_answer_of_a_start" "failures::a_broken_gateway" "refunds::adopted"
           "payouts::a_lost_answer";
    a_retry_with_a_new_reference: RenamesPayments => "failures::a_lost_answer_of_a_start";
    a_missed_duplicate: MissesDuplicates => "collect::once";
    an_unheard_state_that_pays: PaysTheUnheard => "collect::an_unheard_state";
    a_declined_payer_who_may_pay: KeepsDeclinedOpen => "collect::declined";
    a_mode_of_its_own: CopiesItsMode
        => "collect::another_mode" "refunds::another_mode" "payouts::another_mode" "disputes::another_mode";
    a_forgotten_wait: ForgetsWaits => "failures::too_many_calls";
    a_wrong_key_that_is_tried_again: RetriesWrongKeys => "failures::a_wrong_key";
    a_key_that_is_shown: ShowsItsKey => "failures::nothing_secret_is_shown";
    a_signature_after_parsing: ReadsBeforeChecking => "notices::unsigned" "notices::forged";
    half_a_signature: ComparesHalf => "notices::altered";
    a_notice_that_is_turned_away: RefusesUnreadable => "notices::unreadable";
    a_key_for_all_events: SharesKeys => "notices::apart";
    a_key_for_each_copy: SplitsKeys => "notices::copies";
    a_second_refund: RefundsTwice => "refunds::adopted";
    an_adopted_stranger: AdoptsStrangers => "refunds::by_hand";
    a_stuck_refund_that_is_done: FinishesStuckRefunds => "refunds::states";
    an_unknown_payout_that_failed: FailsUnknownPayouts => "payouts::unknown_proves_nothing";
    a_payout_under_a_new_reference: RenamesPayouts => "payouts::once" "payouts::a_lost_answer";
    a_missed_reversal: MissesReversals => "payouts::states";
    the_first_page_only: ListsOnePage => "collect::listed";
    a_list_of_wishes: ListsWishes => "collect::listed";
    an_unreadable_payout_that_failed: FailsUnreadablePayouts => "failures::every_other_call";
    evidence_that_is_dropped: DropsEvidence => "disputes::answered";
    half_of_what_is_accepted: AcceptsHalf => "disputes::accepted";
}

/// No bug of the scripted gateway is forgotten above.
#[test]
fn every_defect_is_planted() {
    let name = |defect: &GatewayDefect| format!("{defect:?}");
    let planted: BTreeSet<_> = PLANTED.iter().map(name).collect();
    assert_eq!(planted, GatewayDefect::ALL.iter().map(name).collect());
}
