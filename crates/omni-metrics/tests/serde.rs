//! What is written can be read again; settings are checked when they are used.

use omni_core::{Currency, Period, Purchases, Sale, SaleColumns};
use omni_metrics::clv::{AnnualRate, Cycle, FirstPayment, Margin, MarginStream, Term};
use omni_metrics::{Activity, Cohorts, Error, Ledger, Rfm};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

#[test]
fn settings_and_results_survive() -> Result<(), Error> {
    let rows = Purchases::new(&[0, 0, 1], &[3, 65, 40], &[1000, 700, -4], Currency::JPY)?;
    round_trip(&Activity::since_first_purchase(&rows, 90)?.rolling(30));
    round_trip(&Cohorts::new(Period::Month, 90));
    round_trip(&Cohorts::new(Period::Month, 90).fit(&rows)?);
    round_trip(&Rfm::new(90));
    round_trip(&Rfm::new(90).fit(&rows)?);

    let margin = Margin::new(12.5, Cycle::Quarter);
    let stream = MarginStream::new(margin, AnnualRate::nominal(0.1), Term::Forever)
        .with_retention(0.7, Cycle::Month)
        .with_first_payment(FirstPayment::PeriodEndIfRetained);
    round_trip(&stream);

    let mut sales = SaleColumns::new(Currency::EUR);
    let sale = Sale {
        customer: Some(1),
        channel: 2,
        day: 3,
        revenue: i64::MIN,
        units: 4,
        returned_value: 0,
        returned_units: 0,
    };
    sales.push(sale).unwrap();
    round_trip(&Ledger::new(sales.view()).with_cost(&[7])?.table(Period::RetailMonth)?);
    Ok(())
}

#[test]
fn bad_settings_fail_when_they_are_used() {
    let stream = MarginStream::new(Margin::monthly(1.0), AnnualRate::new(0.1), Term::Months(1));
    let text = serde_json::to_string(&stream).unwrap();
    let bad = text.replace("0.1", "-0.1");
    assert_ne!(text, bad);
    assert!(serde_json::from_str::<MarginStream>(&bad).unwrap().value().is_err());
    assert!(serde_json::from_str::<Term>("\"eternal\"").is_err());
}
