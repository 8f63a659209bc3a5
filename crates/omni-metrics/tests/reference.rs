//! Every value of the reference folder that a method of this crate gives.

use flate2::read::GzDecoder;
use omni_core::{Currency, Period, PurchaseColumns, Sale, SaleColumns};
use omni_metrics::clv::{AnnualRate, Cycle, FirstPayment, Margin, MarginStream, Term};
use omni_metrics::{Cohorts, Ledger, Rfm, clv, kpi};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers, path};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::ops::Range;

fn gunzip(file: &str) -> String {
    let mut text = String::new();
    GzDecoder::new(File::open(path(file)).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// A number with at most two decimals, in hundredths.
fn hundredths(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<2}").parse().unwrap()
}

/// The day of `2011-12-09` or `2011-12-09 12:50:00`.
fn day(date: &str) -> i32 {
    let number = |range: Range<usize>| date.get(range).unwrap().parse::<i32>().unwrap();
    let month = 12 * (number(0..4) - 1970) + number(5..7) - 1;
    Period::Month.start(month).unwrap() + number(8..10) - 1
}

/// The invoices of Online Retail that are neither cancelled nor free.
fn online_retail() -> PurchaseColumns {
    let mut rows = PurchaseColumns::new(Currency::GBP);
    for line in gunzip("data/metrics/online_retail_invoices.csv.gz").lines().skip(1) {
        let field: Vec<&str> = line.split(',').collect();
        let revenue = hundredths(field[6]);
        if field[7] == "0" && revenue > 0 {
            rows.push(field[1].parse::<u32>().unwrap(), day(field[2]), revenue);
        }
    }
    rows
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn monthly_cohorts_of_online_retail() {
    let rows = online_retail();
    let reference = &json("reference/metrics/segments.json")["cohorts"];
    let months = reference["month"].as_array().unwrap();
    let active = reference["active_customers"].as_array().unwrap();
    let revenue = reference["revenue"].as_array().unwrap();
    let retention = reference["retention"].as_array().unwrap();
    assert_eq!(months.len(), 13);

    // The reference takes the running December as a whole month.
    let whole = Cohorts::new(Period::Month, day("2011-12-31")).fit(&rows.view()).unwrap();
    // The data end on the 9th, so that month is not over.
    let honest = Cohorts::new(Period::Month, day("2011-12-09")).fit(&rows.view()).unwrap();
    assert_eq!((whole.cohorts.len(), honest.cohorts.len()), (13, 12));
    assert_eq!((whole.unfinished_customers, whole.unfinished_revenue), (0, 0));

    let mut december = 0;
    for (i, month) in months.iter().enumerate() {
        let first = Period::Month.index(day(&format!("{}-01", month.as_str().unwrap())));
        assert_eq!(Period::Month.label(first), month.as_str().unwrap());
        for age in 0..13 {
            let cell = whole.get(first, age);
            if i + age > 12 {
                assert_eq!(cell, None);
                continue;
            }
            let cell = cell.unwrap();
            assert_eq!(cell.customers, active[i][age].as_u64().unwrap());
            let pence = (revenue[i][age].as_f64().unwrap() * 100.0).round() as i64;
            assert_eq!(cell.revenue, pence, "{month} {age}");
            let rate = whole.retention(first, age).unwrap();
            // Stored with twelve decimals.
            assert_close!(rate, retention[i][age].as_f64().unwrap(), 0.0, abs 5.1e-13);
            let over = i + age < 12;
            assert_eq!(honest.get(first, age), over.then_some(cell));
            december += if over { 0 } else { cell.revenue };
        }
    }
    assert_eq!(honest.unfinished_revenue, december);
    assert_eq!(honest.unfinished_customers, active[12][0].as_u64().unwrap());
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn rfm_of_online_retail() {
    let rows = online_retail();
    let reference = json("reference/metrics/segments.json");
    // The reference looks back from midnight at the end of the 9th and drops the hours,
    // which is the number of whole days from the 9th.
    let table = Rfm::new(day("2011-12-09")).fit(&rows.view()).unwrap();
    assert_eq!(rows.view().len() as u64, reference["rows_used"].as_u64().unwrap());
    assert_eq!(table.customers.len() as u64, reference["customers"].as_u64().unwrap());

    let scores = gunzip("reference/metrics/rfm_scores.csv.gz");
    let mut lines = scores.lines().skip(1);
    for row in &table.customers {
        let line = lines.next().unwrap();
        let field: Vec<&str> = line.split(',').collect();
        assert_eq!(row.customer, field[0].parse::<u32>().unwrap());
        assert_eq!(row.recency, field[1].parse::<u32>().unwrap(), "{line}");
        assert_eq!(row.frequency, field[2].parse::<u32>().unwrap(), "{line}");
        assert_eq!(row.monetary, hundredths(field[3]), "{line}");
        let got = [row.scores.recency, row.scores.frequency, row.scores.monetary];
        assert_eq!(got.map(|score| score.to_string()), [field[4], field[5], field[6]], "{line}");
    }
    assert_eq!(lines.next(), None);

    let cuts = &reference["rfm"]["cut_points"];
    let pence = table.monetary_cuts.map(|cut| cut / 100.0);
    for (name, got) in
        [("recency", table.recency_cuts), ("frequency", table.frequency_cuts), ("monetary", pence)]
    {
        for (got, expected) in got.into_iter().zip(numbers(cuts, name)) {
            assert_close!(got, expected, 1e-13, "{name}");
        }
    }
    assert_eq!(table.segments.iter().map(|s| s.customers).sum::<u64>(), 4338);
    assert_eq!(table.segments.iter().map(|s| s.monetary).sum::<i64>(), 891_140_790);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn lifetime_values_of_the_source_document() {
    let formulas = json("reference/platform/formulas.json");
    let document = &formulas["document"]["4.2_clv"];
    let five = Term::Years(5);
    let rate = AnnualRate::new(0.05);
    let yearly = |amount| MarginStream::new(Margin::yearly(amount), rate, five);
    let month = Margin::monthly(100.0);
    let forever = MarginStream::new(Margin::yearly(500.0), rate, Term::Forever);
    let cases = [
        ("yearly_net_profit_500", yearly(500.0)),
        (
            "monthly_margin_100_60_months_effective_monthly_rate",
            MarginStream::new(month, rate, five),
        ),
        (
            "monthly_margin_100_60_months_nominal_monthly_rate",
            MarginStream::new(month, AnnualRate::nominal(0.05), Term::Months(60)),
        ),
        ("yearly_revenue_1200_paid_at_year_end", yearly(1200.0)),
        ("undiscounted_60_months", MarginStream::new(month, AnnualRate::new(0.0), five)),
        (
            "yearly_net_profit_500_retention_0_8_from_year_2",
            yearly(500.0).with_retention(0.8, Cycle::Year),
        ),
        ("yearly_net_profit_500_retention_0_8_infinite", forever.with_retention(0.8, Cycle::Year)),
    ];
    let readings = &document["consistent_readings"];
    assert_eq!(readings.as_object().unwrap().len(), cases.len());
    for (name, stream) in cases {
        assert_close!(stream.value().unwrap(), number(readings, name), 1e-12, "{name}");
    }
    let factor = clv::annuity_factor(0.05, 5).unwrap();
    assert_close!(factor, number(document, "annuity_factor_5pct_5y"), 1e-14);
    assert_close!(factor * 100.0 * 500.0, number(document, "printed_formula_evaluated"), 1e-14);
    let month = rate.per(Cycle::Month).unwrap();
    assert_close!(month, number(document, "effective_monthly_rate"), 1e-12);

    let again = &json("reference/metrics/clv.json")["source_document"];
    let at_once = yearly(100.0 * 500.0).with_first_payment(FirstPayment::Now);
    let retained = MarginStream::new(Margin::yearly(100.0), rate, Term::Forever)
        .with_retention(0.3, Cycle::Year);
    let if_retained = FirstPayment::PeriodEndIfRetained;
    let finite = yearly(100.0).with_retention(0.3, Cycle::Year);
    let cases = [
        ("clv_t0_start (payments at t=0..4)", at_once),
        ("per_customer_if_100_is_yearly_margin", yearly(100.0)),
        ("perpetuity_margin100_r0.3_d0.05 = m*r/(1+d-r)", retained.with_first_payment(if_retained)),
        (
            "perpetuity_with_first_payment_now = m*(1+d)/(1+d-r)",
            retained.with_first_payment(FirstPayment::Now),
        ),
        (
            "finite_5y_retention_0.3 = sum_{t=1..5} m*0.3^t/1.05^t (m=100)",
            finite.with_first_payment(if_retained),
        ),
    ];
    for (name, stream) in cases {
        assert_close!(stream.value().unwrap(), number(again, name), 1e-12, "{name}");
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn key_figures_of_the_ledger() {
    let formulas = json("reference/platform/formulas.json");
    let reference = &formulas["kpi"];
    let channels = ["app", "market", "store", "web"];
    let mut sales = SaleColumns::new(Currency::EUR);
    let (mut cost, mut on_time, mut in_full) = (Vec::new(), Vec::new(), Vec::new());
    for order in reference["ledger"].as_array().unwrap() {
        let int = |column: usize| order[column].as_i64().unwrap();
        let text = |column: usize| order[column].as_str().unwrap();
        let channel = channels.iter().position(|name| *name == text(2)).unwrap();
        sales
            .push(Sale {
                customer: Some(u32::from(text(1).as_bytes()[0])),
                channel: channel as u32,
                day: int(3) as i32,
                revenue: int(4),
                units: int(6),
                returned_units: int(9),
                returned_value: int(10),
            })
            .unwrap();
        cost.push(int(5));
        on_time.push(int(7) == 1);
        in_full.push(int(8) == 1);
    }
    let ledger = Ledger::new(sales.view()).with_cost(&cost).unwrap();
    let ledger = ledger.with_service(&on_time, &in_full).unwrap();
    let table = ledger.table(Period::Month).unwrap();
    let total = &table.total;

    let input = |name: &str| reference["inputs"][name].as_i64().unwrap();
    let (spend, stock) = (input("marketing_spend_minor"), input("average_inventory_at_cost_minor"));
    let goods = total.cost.unwrap();
    let fraction = |name: &str| number(&reference[name], "value");
    let cases = [
        ("average_order_value_minor", total.average_order_value()),
        ("units_per_transaction", total.units_per_transaction()),
        ("conversion_rate", kpi::conversion_rate(total.orders, input("visits") as u64)),
        ("gross_margin", total.gross_margin()),
        ("repeat_purchase_rate", total.repeat_purchase_rate()),
        ("purchase_frequency", total.purchase_frequency()),
        ("omnichannel_customer_share", total.omnichannel_customer_share()),
        ("revenue_share_of_omnichannel_customers", total.omnichannel_revenue_share()),
        ("return_rate_units", total.return_rate_units()),
        ("return_rate_value", total.return_rate_value()),
        ("on_time_in_full", total.on_time_in_full_rate()),
        (
            "customer_acquisition_cost_minor",
            kpi::customer_acquisition_cost(spend, input("new_customers") as u64),
        ),
        ("return_on_ad_spend", kpi::return_on_ad_spend(total.revenue, spend)),
        ("marketing_cost_ratio", kpi::marketing_cost_ratio(spend, total.revenue)),
        ("inventory_turnover_30d", kpi::inventory_turnover(goods, stock)),
        (
            "days_inventory_outstanding",
            kpi::days_inventory_outstanding(input("days") as u32, stock, goods),
        ),
        ("gmroi", kpi::gmroi(total.revenue, goods, stock)),
        ("sell_through", kpi::sell_through(total.units, input("units_received"))),
    ];
    for (name, got) in cases {
        assert_close!(got.unwrap(), fraction(name), 1e-15, "{name}");
    }
    assert_eq!(Some(total.net_revenue), reference["net_revenue_after_returns_minor"].as_i64());
    for ((_, got), name) in table.channel_mix().into_iter().zip(channels) {
        assert_close!(got.unwrap(), number(&reference["channel_mix"][name], "value"), 1e-15);
    }
    // Two figures beside the eighteen above, and the ledger itself.
    let others =
        ["ledger", "ledger_columns", "inputs", "net_revenue_after_returns_minor", "channel_mix"];
    let named =
        |name: &String| others.contains(&name.as_str()) || cases.iter().any(|c| c.0 == name);
    assert!(reference.as_object().unwrap().keys().all(named));
    assert_eq!(reference.as_object().map(serde_json::Map::len), Some(cases.len() + others.len()));
    assert!(matches!(reference["ledger"], Value::Array(_)));
}
