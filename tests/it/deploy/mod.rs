//! How the servers are brought to other machines: what the image, the composition and the page about it say is so, and runs.

mod composition;
mod files;
mod running;
mod yaml;
