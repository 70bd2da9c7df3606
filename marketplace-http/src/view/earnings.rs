//! What a creator sold, on the wire.

use super::MoneyView;
use crate::openapi::wire;
use marketplace_core::{
    earnings::{AskSeries, EarningsSeries, Figures, Interval, Sale},
    id::{OrderId, ProductId},
    money::Money,
    order::OrderState,
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A series: decimal strings beside one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Earnings)]
pub(crate) struct EarningsView {
    #[schema(value_type = wire::Currency)]
    currency: &'static str,
    #[schema(value_type = wire::Interval)]
    interval: Interval,
    #[schema(examples("Africa/Lagos"))]
    tz: String,
    series: Vec<PointView>,
    totals: FiguresView,
}

/// One interval.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EarningsPoint)]
struct PointView {
    #[schema(value_type = wire::Timestamp)]
    start: Timestamp,
    #[serde(flatten)]
    figures: FiguresView,
}

/// What was sold: `net` is what is left of `gross`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EarningsFigures)]
struct FiguresView {
    #[schema(value_type = wire::Balance)]
    gross: String,
    #[schema(value_type = wire::Balance)]
    fees: String,
    #[schema(value_type = wire::Balance)]
    refunds: String,
    #[schema(value_type = wire::Balance)]
    net: String,
    #[schema(examples(1))]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sale)]
pub(crate) struct SaleView {
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    product: SoldProductView,
    #[schema(examples("b***@mail.example"))]
    buyer_email_masked: String,
    gross: MoneyView,
    fee: MoneyView,
    net: MoneyView,
    #[schema(value_type = wire::OrderStatus)]
    status: OrderState,
    #[schema(value_type = wire::Timestamp)]
    paid_at: Timestamp,
}

/// What was sold, by the title that it had then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SoldProduct)]
struct SoldProductView {
    #[schema(value_type = wire::ProductId)]
    id: ProductId,
    #[schema(examples("The book"))]
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
