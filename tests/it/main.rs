//! Journeys over HTTP against the built server, and the shape of the source tree.

mod architecture;
mod bad_input;
mod crowd;
mod database_death;
mod death;
mod delivery;
mod documents;
mod first_run;
mod place;
mod races;
mod secrets;
mod stage;
mod walk;
mod webhooks;
