//! A mailer that keeps what it is given.

use async_trait::async_trait;
use marketplace_core::{
    identity::Email,
    mail::{Mail, MailError, Mailer},
};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// What happens to a mail that is not simply accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailFault {
    /// Not taken, try again.
    Transient,
    /// Taken, but the answer was lost.
    TakenButLost,
    /// Refused for good.
    Permanent,
}

#[derive(Debug, Default)]
struct State {
    accepted: Vec<Mail>,
    faults: VecDeque<MailFault>,
}

/// Accepts mails and keeps them.
#[derive(Debug, Default)]
pub struct RecordingMailer(Mutex<State>);

impl RecordingMailer {
    fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every accepted mail, oldest first, copies included.
    pub fn accepted(&self) -> Vec<Mail> {
        self.locked(|state| state.accepted.clone())
    }

    /// The accepted mails to one address, oldest first.
    pub fn accepted_for(&self, to: &Email) -> Vec<Mail> {
        self.accepted().into_iter().filter(|mail| mail.to == *to).collect()
    }

    /// The next mail that has no fault yet meets this one.
    pub fn fail_next(&self, fault: MailFault) {
        self.locked(|state| state.faults.push_back(fault));
    }
}

#[async_trait]
impl Mailer for RecordingMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        self.locked(|state| {
            let fault = state.faults.pop_front();
            if matches!(fault, None | Some(MailFault::TakenButLost)) {
                state.accepted.push(mail);
            }
            match fault {
                None => Ok(()),
                Some(MailFault::Permanent) => Err(MailError::Permanent("a fault of the test".into())),
                Some(MailFault::Transient | MailFault::TakenButLost) => {
                    Err(MailError::Transient("a fault of the test".into()))
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Fixture;
    use marketplace_core::mail::Composed;

    #[tokio::test]
    async fn a_lost_answer_is_an_error_with_an_effect() {
        let mailer = RecordingMailer::default();
        let to = Fixture::new(1).email();
        let content = Composed { subject: "Hello".into(), text: String::new(), html: String::new() };
        let mail = Mail { message_id: "m1".into(), to: to.clone(), reply_to: None, content };
        for (fault, accepted) in
            [(MailFault::Transient, 0), (MailFault::TakenButLost, 1), (MailFault::Permanent, 1)]
        {
            mailer.fail_next(fault);
            assert!(mailer.send(mail.clone()).await.is_err(), "{fault:?}");
            assert_eq!(mailer.accepted_for(&to).len(), accepted, "{fault:?}");
        }
        assert!(mailer.send(mail).await.is_ok());
        assert_eq!(mailer.accepted().len(), 2);
    }
}
