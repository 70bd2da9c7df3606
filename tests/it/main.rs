//! Journeys over HTTP against the built server, and the shape of the source tree.

mod architecture;
mod bad_input;
mod batch_death;
mod commands;
mod crowd;
mod database_death;
mod death;
mod delivery;
mod doctor;
mod documents;
mod earnings;
mod fatal_job;
mod first_run;
mod paystack_cases;
mod place;
mod races;
mod refunds;
mod same_answers;
mod secrets;
mod smtp;
mod stage;
mod stopping;
mod storage;
mod timeline;
mod walk;
mod webhooks;
