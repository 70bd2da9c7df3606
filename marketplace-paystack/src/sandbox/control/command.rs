//! The same over HTTP, for tests that are not in the same process.
//!
//! Guarantees one command for each thing that the handle does, and an answer that says what came of it. Asks for
//! no key: whoever mounts it does so under a prefix that is no path of Paystack's, and keeps strangers away from
//! it. Callers: the binary, hosts that want it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::behaviour::SavedCards;
use super::super::error::ControlError;
use super::super::fault::Fault;
use super::super::http::{TwinRequest, TwinResponse};
use super::super::refund::RefundStatus;
use super::super::route::Route;
use super::super::transfer::TransferStatus;
use super::{Control, Damage, DisputeOptions, PayOptions};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    Pay {
        reference: String,
        #[serde(default)]
        options: PayOptions,
    },
    Decline {
        reference: String,
    },
    Abandon {
        reference: String,
    },
    Settle {
        reference: String,
    },
    SettleAll {},
    TopUp {
        currency: String,
        amount: u64,
    },
    Refund {
        reference: String,
        amount: Option<u64>,
    },
    MoveRefund {
        id: u64,
        status: RefundStatus,
    },
    MoveTransfer {
        reference: String,
        status: TransferStatus,
    },
    OpenDispute {
        reference: String,
        #[serde(default)]
        options: DisputeOptions,
    },
    DecideDispute {
        id: u64,
        won: bool,
    },
    Behave(Behave),
    AnswerNext {
        route: Route,
        fault: Fault,
        #[serde(default = "one")]
        count: u32,
    },
    ReleaseHanging {},
    DropWebhooks {
        count: u32,
    },
    DuplicateWebhooks {
        count: u32,
    },
    DelayWebhook {
        seconds: u64,
    },
    DamageWebhook {
        damage: Damage,
    },
    HoldWebhooks {},
    ReleaseWebhooks {},
    ResendWebhook {
        reference: String,
        event: Option<String>,
    },
    OwedWebhooks {},
    DeliverInOrder {
        webhooks: Vec<u64>,
    },
    DeliverDue {},
}

fn one() -> u32 {
    1
}

/// The switches to change; what is missing stays. A limit of zero is none.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Behave {
    rate_limit: Option<u32>,
    short_refusals: Option<bool>,
    unknown_reference_status: Option<u16>,
    fees_on_payer: Option<bool>,
    charge_time_seconds: Option<u64>,
    mobile_money_waits: Option<bool>,
    saved_cards: Option<SavedCards>,
    reversals_with_underscore: Option<bool>,
    short_refund_hooks: Option<bool>,
    refund_step_seconds: Option<u64>,
    transfer_otp: Option<bool>,
    starter_business: Option<bool>,
    transfer_time_seconds: Option<u64>,
    transfer_hidden_seconds: Option<u64>,
    duplicate_transfer_status: Option<u16>,
    resolves_a_day: Option<u32>,
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl Control {
    /// Answers a request of the control API: `GET /records` tells everything that happened, `GET /calls` what
    /// was asked, `POST /` takes a command such as `{"pay": {"reference": "r"}}`, or `{"behave": {"transfer_otp": true}}`. 200 says what
    /// came of it, 409 that it made no sense now, 400 that it is no command.
    pub async fn handle(&self, request: TwinRequest) -> TwinResponse {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/records") => TwinResponse::json(200, &self.sandbox.records()),
            ("GET", "/calls") => TwinResponse::json(200, &self.sandbox.calls()),
            ("POST", "" | "/") => match serde_json::from_slice::<Command>(&request.body) {
                Ok(command) => match self.obey(command).await {
                    Ok(told) => TwinResponse::json(200, &json!({"done": told})),
                    Err(error) => TwinResponse::json(409, &json!({"error": error.to_string()})),
                },
                Err(error) => TwinResponse::json(400, &json!({"error": error.to_string()})),
            },
            _ => TwinResponse::json(404, &json!({"error": "there is no such control"})),
        }
    }

    async fn obey(&self, command: Command) -> Result<Value, ControlError> {
        let mut told = json!(true);
        match command {
            Command::Pay { reference, options } => self.pay(&reference, options)?,
            Command::Decline { reference } => self.decline(&reference)?,
            Command::Abandon { reference } => self.abandon(&reference)?,
            Command::Settle { reference } => self.settle(&reference)?,
            Command::SettleAll {} => self.settle_all()?,
            Command::TopUp { currency, amount } => self.top_up(&currency, amount)?,
            Command::Refund { reference, amount } => {
                told = json!(self.refund_on_dashboard(&reference, amount)?);
            }
            Command::MoveRefund { id, status } => self.move_refund(id, status)?,
            Command::MoveTransfer { reference, status } => self.move_transfer(&reference, status)?,
            Command::OpenDispute { reference, options } => {
                told = json!(self.open_dispute(&reference, options)?);
            }
            Command::DecideDispute { id, won } => self.decide_dispute(id, won)?,
            Command::Behave(change) => self.change_behaviour(&change),
            Command::AnswerNext { route, fault, count } => self.answer_next_times(route, fault, count),
            Command::ReleaseHanging {} => self.release_hanging(),
            Command::DropWebhooks { count } => self.drop_webhooks(count),
            Command::DuplicateWebhooks { count } => self.duplicate_webhooks(count),
            Command::DelayWebhook { seconds } => self.delay_webhook(Duration::from_secs(seconds)),
            Command::DamageWebhook { damage } => self.damage_webhook(damage),
            Command::HoldWebhooks {} => self.hold_webhooks(),
            Command::ReleaseWebhooks {} => self.release_webhooks(),
            Command::ResendWebhook { reference, event: Some(event) } => {
                self.resend_event(&reference, &event)?;
            }
            Command::ResendWebhook { reference, event: None } => self.resend_webhook(&reference)?,
            Command::OwedWebhooks {} => told = json!(self.owed_webhooks()),
            Command::DeliverInOrder { webhooks } => told = json!(self.deliver_in_order(&webhooks).await),
            Command::DeliverDue {} => told = json!(self.sandbox.deliver_due().await),
        }
        Ok(told)
    }

    fn change_behaviour(&self, change: &Behave) {
        let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        let limit = |limit: Option<u32>| limit.map(|limit| Some(limit).filter(|limit| *limit > 0));
        self.behave(|behaviour| {
            set(&mut behaviour.rate_limit, limit(change.rate_limit));
            set(&mut behaviour.short_refusals, change.short_refusals);
            set(&mut behaviour.unknown_reference_status, change.unknown_reference_status);
            set(&mut behaviour.fees_on_payer, change.fees_on_payer);
            set(&mut behaviour.charge_time, seconds(change.charge_time_seconds));
            set(&mut behaviour.mobile_money_waits, change.mobile_money_waits);
            set(&mut behaviour.saved_cards, change.saved_cards);
            set(&mut behaviour.reversals_with_underscore, change.reversals_with_underscore);
            set(&mut behaviour.short_refund_hooks, change.short_refund_hooks);
            set(&mut behaviour.refund_step, seconds(change.refund_step_seconds));
            set(&mut behaviour.transfer_otp, change.transfer_otp);
            set(&mut behaviour.starter_business, change.starter_business);
            set(&mut behaviour.transfer_time, seconds(change.transfer_time_seconds));
            set(&mut behaviour.transfer_hidden, seconds(change.transfer_hidden_seconds));
            set(&mut behaviour.duplicate_transfer_status, change.duplicate_transfer_status);
            set(&mut behaviour.resolves_a_day, limit(change.resolves_a_day));
        });
    }
}
