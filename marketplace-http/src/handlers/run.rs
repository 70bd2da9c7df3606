//! From a route's word to its handler.

use super::{
    buying, catalog, delivery, direct, download, earnings, identity, operator, pages, service, upload,
    wallet, webhook,
};
use crate::{
    call::{Call, Payload},
    problem::Problem,
    response::Response,
    route::Handler,
};

/// Runs the handler of a call.
pub(crate) async fn run(call: &Call<'_>, payload: Payload) -> Result<Response, Problem> {
    let Payload { read, rest } = payload;
    let body: &[u8] = &read;
    match call.route.handler {
        Handler::Register => identity::register(call, body).await,
        Handler::Login => identity::login(call, body).await,
        Handler::Logout => identity::logout(call).await,
        Handler::Me => identity::me(call),
        Handler::Rename => identity::rename(call, body).await,
        Handler::BecomeCreator => identity::become_creator(call).await,
        Handler::ListProducts => catalog::list(call).await,
        Handler::Product => catalog::show(call).await,
        Handler::CreateProduct => catalog::create(call, body).await,
        Handler::ListOwnProducts => catalog::list_own(call).await,
        Handler::OwnProduct => catalog::show_own(call).await,
        Handler::EditProduct => catalog::edit(call, body).await,
        Handler::UploadFile => upload::upload(call, rest).await,
        Handler::BeginUpload => direct::begin(call, body).await,
        Handler::UploadStatus => direct::status(call).await,
        Handler::CompleteUpload => direct::complete(call, body).await,
        Handler::CancelUpload => direct::cancel(call).await,
        Handler::PutPart => direct::put_part(call, rest).await,
        Handler::RemoveFile => catalog::remove_file(call).await,
        Handler::Publish => catalog::publish(call).await,
        Handler::Unpublish => catalog::unpublish(call).await,
        Handler::Archive => catalog::archive(call).await,
        Handler::Sales => earnings::sales(call).await,
        Handler::Earnings => earnings::series(call).await,
        Handler::Wallet => wallet::balances(call).await,
        Handler::WalletEntries => wallet::entries(call).await,
        Handler::Checkout => buying::checkout(call, body).await,
        Handler::ListOrders => buying::list(call).await,
        Handler::Order => buying::show(call).await,
        Handler::Timeline => buying::timeline(call).await,
        Handler::NewPayment => buying::new_payment(call).await,
        Handler::VerifyPayment => buying::verify(call).await,
        Handler::Webhook => webhook::receive(call, body).await,
        Handler::Library => delivery::library(call).await,
        Handler::IssueLink => delivery::issue(call).await,
        Handler::LinkPage => delivery::page(call).await,
        Handler::ClaimLink => delivery::claim(call).await,
        Handler::FreshLink => delivery::fresh(call).await,
        Handler::Download => download::download(call).await,
        Handler::OrderPage => pages::order(call).await,
        Handler::PayReturn => pages::pay_return(call).await,
        Handler::ListJobs => operator::jobs(call).await,
        Handler::RetryJob => operator::retry_job(call).await,
        Handler::ListReviews => operator::reviews(call).await,
        Handler::ListRefunds => operator::refunds(call).await,
        Handler::ResolveReview => operator::resolve(call, body).await,
        Handler::VerifyLedger => operator::verify_ledger(call).await,
        Handler::OpenApi => Ok(service::openapi(call)),
        Handler::Live => service::live(),
        Handler::Ready => service::ready(call).await,
    }
}
