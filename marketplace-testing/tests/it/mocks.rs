//! How a host tests code of its own that uses the marketplace: with a mock of each port that it touches, without
//! a database.

use marketplace_core::{
    commit::{ChangeSet, CommitError, CommitFailure, Committed, Committer, MockCommit},
    error::{ErrorKind, Failure, StoreError},
    id::UserId,
    identity::{MockUsers, User, Users},
    job::Wake,
    ledger::{AccountKind, Balance, MockAudit, MockLedger, Wallet, WalletError},
    money::Money,
    time::MockClock,
};
use marketplace_testing::build::Fixture;
use std::sync::Arc;

/// Why the host's page cannot be shown.
#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error("nobody is signed in")]
    Nobody,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the wallet failed")]
    Wallet(#[from] WalletError),
}

impl PageError {
    fn status(&self) -> u16 {
        match self {
            Self::Nobody => 401,
            Self::Store(error) => error.kind().http_status(),
            Self::Wallet(error) => error.kind().http_status(),
        }
    }
}

/// A page of the host: a creator's name and what can be paid out, one line per currency.
async fn wallet_page(users: &dyn Users, wallet: &Wallet, id: UserId) -> Result<String, PageError> {
    let user = users.user(id).await?.filter(|user| user.suspended_at.is_none()).ok_or(PageError::Nobody)?;
    let mut page = format!("Hello, {}!", user.display_name);
    for balance in wallet.balances(user.id).await? {
        page.push_str(&format!("\n{}", balance.available));
    }
    Ok(page)
}

/// A mock that knows one user.
fn users_with(user: &User) -> MockUsers {
    let user = user.clone();
    let mut users = MockUsers::new();
    users
        .expect_user()
        .withf({
            let id = user.id;
            move |wanted| *wanted == id
        })
        .once()
        .returning(move |_| Ok(Some(user.clone())));
    users
}

/// A wallet that can only read balances: any other call is a panic.
fn wallet_on(ledger: MockLedger) -> Wallet {
    Wallet {
        ledger: Arc::new(ledger),
        audit: Arc::new(MockAudit::new()),
        committer: Committer::new(Arc::new(MockCommit::new()), Wake::default()),
        clock: Arc::new(MockClock::new()),
    }
}

#[tokio::test]
async fn the_page_shows_name_and_balance() {
    let fixture = Fixture::new(1);
    let creator = fixture.creator();
    let amount = fixture.naira(12_345);
    let mut ledger = MockLedger::new();
    ledger
        .expect_balances_of()
        .once()
        .returning(move |_| Ok(vec![Balance { kind: AccountKind::CreatorAvailable, amount }]));
    ledger.expect_earned_by().returning(|_| Ok(Vec::<Money>::new()));
    let page = wallet_page(&users_with(&creator), &wallet_on(ledger), creator.id).await.expect("is shown");
    assert_eq!(page, format!("Hello, {}!\n{amount}", creator.display_name));
}

#[tokio::test]
async fn a_suspended_creator_sees_nothing_and_no_balance_is_read() {
    let fixture = Fixture::new(1);
    let creator = User { suspended_at: Some(fixture.tick()), ..fixture.creator() };
    // The mock of the ledger expects no call.
    let refused = wallet_page(&users_with(&creator), &wallet_on(MockLedger::new()), creator.id).await;
    assert_eq!(refused.expect_err("is refused").status(), 401);
}

#[tokio::test]
async fn a_store_that_is_down_is_a_503_of_the_page() {
    let fixture = Fixture::new(1);
    let creator = fixture.creator();
    let mut ledger = MockLedger::new();
    ledger.expect_balances_of().returning(|_| Err(StoreError::Unavailable("no connection".into())));
    let failed =
        wallet_page(&users_with(&creator), &wallet_on(ledger), creator.id).await.expect_err("is down");
    assert_eq!(failed.status(), 503);
}

/// What the marketplace's own services do with the answers of a store, seen from outside: which sets arrive.
async fn sent(answers: Vec<Result<Committed, CommitError>>) -> (Result<Committed, CommitFailure>, usize) {
    let calls = answers.len();
    let mut answers = answers.into_iter();
    let fixture = Fixture::new(1);
    let set = fixture.set(Vec::new());
    let expected: ChangeSet = set.clone();
    let mut port = MockCommit::new();
    port.expect_commit()
        .withf(move |set| *set == expected)
        .times(calls)
        .returning(move |_| answers.next().expect("the mock counts the calls"));
    (Committer::new(Arc::new(port), Wake::default()).send(&set).await, calls)
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_for_once_by_the_same_set() {
    let unknown = || Err(CommitError::Unknown("the connection broke".into()));
    let (answer, calls) = sent(vec![unknown(), Ok(Committed::Replayed)]).await;
    assert_eq!((answer.expect("it had landed"), calls), (Committed::Replayed, 2));
    let (answer, _) = sent(vec![unknown(), unknown()]).await;
    assert_eq!(answer.expect_err("still unknown").kind(), ErrorKind::Unknown);
    let (answer, _) = sent(vec![Err(CommitError::Unavailable("the store is down".into()))]).await;
    assert_eq!(answer.expect_err("the caller decides").kind(), ErrorKind::Unavailable);
}
