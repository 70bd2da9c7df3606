//! What a creator sold, on the wire.

use super::MoneyView;
use marketplace_core::{
    earnings::{AskSeries, EarningsSeries, Figures, Interval, Sale},
    id::{OrderId, ProductId},
    money::Money,
    order::OrderState,
    time::Timestamp,
};
use serde::Serialize;

/// A series: decimal strings beside one currency.
#[derive(Debug, Serialize)]
pub(crate) struct EarningsView {
    currency: &'static str,
    interval: Interval,
    tz: String,
    series: Vec<PointView>,
    totals: FiguresView,
}

#[derive(Debug, Serialize)]
struct PointView {
    start: Timestamp,
    #[serde(flatten)]
    figures: FiguresView,
}

#[derive(Debug, Serialize)]
struct FiguresView {
    gross: String,
    fees: String,
    refunds: String,
    net: String,
    orders: u64,
}

impl FiguresView {
    fn new(figures: Figures, net: Money) -> Self {
        Self {
            gross: figures.gross.to_decimal_string(),
            fees: figures.fees.to_decimal_string(),
            refunds: figures.refunds.to_decimal_string(),
            net: net.to_decimal_string(),
            orders: figures.orders,
        }
    }
}

impl EarningsView {
    pub(crate) fn new(ask: &AskSeries, series: EarningsSeries) -> Self {
        let points = series.points.into_iter();
        Self {
            currency: series.currency.code(),
            interval: ask.interval,
            tz: ask.zone.name().to_owned(),
            series: points
                .map(|point| PointView {
                    start: point.start,
                    figures: FiguresView::new(point.figures, point.net),
                })
                .collect(),
            totals: FiguresView::new(series.totals, series.net),
        }
    }
}

/// A product that was sold. Of the buyer it shows what tells two of them apart, and no address.
#[derive(Debug, Serialize)]
pub(crate) struct SaleView {
    order_id: OrderId,
    product: SoldProductView,
    buyer_email_masked: String,
    gross: MoneyView,
    fee: MoneyView,
    net: MoneyView,
    status: OrderState,
    paid_at: Timestamp,
}

/// What was sold, by the title that it had then.
#[derive(Debug, Serialize)]
struct SoldProductView {
    id: ProductId,
    title: String,
}

impl From<Sale> for SaleView {
    fn from(sale: Sale) -> Self {
        Self {
            order_id: sale.order,
            product: SoldProductView { id: sale.product, title: sale.title },
            buyer_email_masked: sale.buyer,
            gross: sale.gross.into(),
            fee: sale.fee.into(),
            net: sale.net.into(),
            status: sale.state,
            paid_at: sale.paid_at,
        }
    }
}
