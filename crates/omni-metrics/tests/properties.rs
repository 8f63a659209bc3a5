//! Laws that hold for any data, and agreement with the plainest way to count.

use omni_core::{Currency, Period, PurchaseColumns, Sale, SaleColumns};
use omni_metrics::clv::{AnnualRate, Cycle, FirstPayment, Margin, MarginStream, Term};
use omni_metrics::cohort::Cohort;
use omni_metrics::{Activity, Cohorts, Kpi, Ledger, Registrations, Retention, Rfm, clv, kpi};
use omni_testkit::{assert_close, compare};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Row = (u32, i32, i64);

const AS_OF: i32 = 400;

fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec((0_u32..9, -60..=AS_OF, -500_i64..10_000), 0..80)
}

/// Rows and the same rows in another order.
fn shuffled() -> impl Strategy<Value = (Vec<Row>, Vec<Row>)> {
    rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
}

fn purchases(rows: &[Row]) -> PurchaseColumns {
    let mut columns = PurchaseColumns::new(Currency::EUR);
    for &(customer, day, amount) in rows {
        columns.push(customer, day, amount);
    }
    columns
}

fn activity(rows: &[Row]) -> Activity {
    Activity::since_first_purchase(&purchases(rows).view(), AS_OF).unwrap()
}

fn periods() -> impl Strategy<Value = Period> {
    prop_oneof![
        Just(Period::Day),
        Just(Period::Week),
        Just(Period::Month),
        Just(Period::Quarter),
        Just(Period::Year),
        Just(Period::RetailMonth)
    ]
}

fn counts(retention: Retention) -> (u64, u64, u64) {
    (retention.active, retention.cohort, retention.censored)
}

/// Retention, counted customer by customer and day by day.
fn counted(
    starts: &BTreeMap<u32, i32>,
    rows: &[Row],
    first: i32,
    last: Option<i32>,
) -> (u64, u64, u64) {
    let mut found = (0, 0, 0);
    for (&customer, &start) in starts {
        if start + last.unwrap_or(first) > AS_OF {
            found.2 += 1;
            continue;
        }
        let until = last.map_or(AS_OF, |last| start + last);
        let is_active = |day: i32| rows.iter().any(|row| row.0 == customer && row.1 == day);
        found.1 += 1;
        found.0 += u64::from((start + first..=until).any(is_active));
    }
    found
}

fn first_days(rows: &[Row]) -> BTreeMap<u32, i32> {
    let mut first = BTreeMap::new();
    for &(customer, day, _) in rows {
        first.entry(customer).and_modify(|d: &mut i32| *d = day.min(*d)).or_insert(day);
    }
    first
}

proptest! {
    #[test]
    fn retention_is_what_a_plain_count_gives(rows in rows(), n in 0_i32..150, width in 0_i32..50) {
        let activity = activity(&rows);
        let starts = first_days(&rows);
        let (day, last) = (n as u32, (n + width) as u32);
        prop_assert_eq!(counts(activity.day_n(day)), counted(&starts, &rows, n, Some(n)));
        let range = activity.range(day..=last).unwrap();
        prop_assert_eq!(counts(range), counted(&starts, &rows, n, Some(n + width)));
        prop_assert_eq!(counts(activity.rolling(day)), counted(&starts, &rows, n, None));
    }

    #[test]
    fn retention_of_registered_customers(
        rows in rows(),
        registered in vec((0_u32..12, -60..=AS_OF), 0..20),
        n in 0_i32..100,
    ) {
        let (customer, day): (Vec<u32>, Vec<i32>) = registered.iter().copied().unzip();
        let registrations = Registrations::new(&customer, &day).unwrap();
        let columns = purchases(&rows);
        let activity =
            Activity::since_registration(&registrations, &columns.view(), AS_OF).unwrap();
        let with_amounts: Vec<Row> = registered.iter().map(|&(c, d)| (c, d, 0)).collect();
        let starts = first_days(&with_amounts);
        prop_assert_eq!(counts(activity.day_n(n as u32)), counted(&starts, &rows, n, Some(n)));
        prop_assert_eq!(counts(activity.rolling(n as u32)), counted(&starts, &rows, n, None));
        // Registered on the day of the first purchase, both cohorts are the same.
        let (customer, day): (Vec<u32>, Vec<i32>) = first_days(&rows).into_iter().unzip();
        let registrations = Registrations::new(&customer, &day).unwrap();
        let same = Activity::since_registration(&registrations, &columns.view(), AS_OF).unwrap();
        prop_assert_eq!(same.rolling(n as u32), self::activity(&rows).rolling(n as u32));
    }

    #[test]
    fn the_definitions_of_retention_are_ordered(rows in rows(), n in 0_u32..500, width in 0_u32..50) {
        let activity = activity(&rows);
        let (day, rolling) = (activity.day_n(n), activity.rolling(n));
        prop_assert!(rolling.active >= day.active && rolling.active <= rolling.cohort);
        prop_assert_eq!((rolling.cohort, rolling.censored), (day.cohort, day.censored));
        prop_assert!(activity.rolling(n + 1).active <= rolling.active);
        let range = activity.range(n..=n + width).unwrap();
        prop_assert_eq!(activity.range(n..=n).unwrap(), day);
        // Of the same customers, as long as none of them drops out of the cohort.
        if range.cohort == day.cohort {
            prop_assert!(day.active <= range.active && range.active <= rolling.active);
        }
        prop_assert_eq!(day.rate().is_some(), day.cohort > 0);
    }

    #[test]
    fn order_and_repetition_of_rows(pair in shuffled(), period in periods()) {
        let (a, b) = (purchases(&pair.0), purchases(&pair.1));
        let twice = purchases(&[pair.0.clone(), pair.1.clone()].concat());
        prop_assert_eq!(activity(&pair.0), activity(&pair.1));
        let cohorts = Cohorts::new(period, AS_OF);
        let matrix = cohorts.fit(&a.view()).unwrap();
        prop_assert_eq!(&matrix, &cohorts.fit(&b.view()).unwrap());
        let doubled = cohorts.fit(&twice.view()).unwrap();
        prop_assert_eq!(doubled.unfinished_revenue, 2 * matrix.unfinished_revenue);
        prop_assert_eq!(doubled.unfinished_customers, matrix.unfinished_customers);
        prop_assert_eq!(doubled.cohorts.len(), matrix.cohorts.len());
        for (double, single) in doubled.cohorts.iter().zip(&matrix.cohorts) {
            prop_assert_eq!(double.first, single.first);
            for (double, single) in double.cells.iter().zip(&single.cells) {
                prop_assert_eq!(double.customers, single.customers);
                prop_assert_eq!(double.revenue, 2 * single.revenue);
            }
        }
        if !pair.0.is_empty() {
            let rfm = Rfm::new(AS_OF);
            let table = rfm.fit(&a.view()).unwrap();
            prop_assert_eq!(&table, &rfm.fit(&b.view()).unwrap());
            let doubled = rfm.fit(&twice.view()).unwrap();
            for (double, single) in doubled.customers.iter().zip(&table.customers) {
                prop_assert_eq!(double.recency, single.recency);
                prop_assert_eq!(double.frequency, 2 * single.frequency);
                prop_assert_eq!(double.monetary, 2 * single.monetary);
                // All cut points double too, so nobody changes rank.
                prop_assert_eq!(double.scores, single.scores);
            }
        }
    }

    #[test]
    fn a_cohort_matrix_is_what_a_plain_count_gives(rows in rows(), period in periods(), as_of in -60..=AS_OF) {
        let rows: Vec<Row> = rows.into_iter().filter(|row| row.1 <= as_of).collect();
        let matrix = Cohorts::new(period, as_of).fit(&purchases(&rows).view()).unwrap();
        let first = first_days(&rows);
        let is_over = |index: i32| period.days(index).unwrap().end - 1 <= as_of;

        let mut cells: BTreeMap<(i32, i32), (BTreeSet<u32>, i64)> = BTreeMap::new();
        let mut running = 0;
        for &(customer, day, amount) in &rows {
            let (cohort, at) = (period.index(first[&customer]), period.index(day));
            if is_over(at) {
                let cell = cells.entry((cohort, at - cohort)).or_default();
                cell.0.insert(customer);
                cell.1 += amount;
            } else {
                running += amount;
            }
        }
        prop_assert_eq!(matrix.unfinished_revenue, running);
        for cohort in &matrix.cohorts {
            prop_assert!(cohort.customers() > 0);
            for age in 0..500 {
                let index = cohort.first + age;
                let cell = matrix.get(cohort.first, age as usize);
                prop_assert_eq!(cell.is_some(), is_over(index), "{} {}", cohort.first, age);
                let (customers, revenue) =
                    cells.remove(&(cohort.first, age)).map_or((0, 0), |c| (c.0.len() as u64, c.1));
                if let Some(cell) = cell {
                    prop_assert_eq!((cell.customers, cell.revenue), (customers, revenue));
                    prop_assert!(cell.customers <= cohort.customers());
                }
            }
        }
        prop_assert!(cells.is_empty());
        // Everybody is in one cohort or still too young for one.
        let known: u64 = matrix.cohorts.iter().map(Cohort::customers).sum();
        prop_assert_eq!(known + matrix.unfinished_customers, first.len() as u64);
        let seen: i64 = matrix.cohorts.iter().flat_map(|c| &c.cells).map(|c| c.revenue).sum();
        prop_assert_eq!(seen + running, rows.iter().map(|row| row.2).sum::<i64>());
    }

    #[test]
    fn scores_rank_customers(rows in rows(), later in 0_i32..1000, scale in 1_i64..1000) {
        prop_assume!(!rows.is_empty());
        let table = Rfm::new(AS_OF).fit(&purchases(&rows).view()).unwrap();
        prop_assert!(table.customers.windows(2).all(|pair| pair[0].customer < pair[1].customer));
        for a in &table.customers {
            let own = || rows.iter().filter(|row| row.0 == a.customer);
            prop_assert_eq!(a.monetary, own().map(|row| row.2).sum::<i64>());
            prop_assert_eq!(a.frequency as usize, own().count());
            prop_assert_eq!(Some(AS_OF - a.recency as i32), own().map(|row| row.1).max());
            for b in &table.customers {
                // Better or equal in the value, better or equal in the score, and equal in both.
                let cases = [
                    (b.recency.cmp(&a.recency), a.scores.recency.cmp(&b.scores.recency)),
                    (a.frequency.cmp(&b.frequency), a.scores.frequency.cmp(&b.scores.frequency)),
                    (a.monetary.cmp(&b.monetary), a.scores.monetary.cmp(&b.scores.monetary)),
                ];
                for (value, score) in cases {
                    prop_assert!(value == score || (value.is_ne() && score.is_eq()));
                }
            }
        }
        // Nobody's rank depends on the day one looks from, or on the unit of money.
        let dearer: Vec<Row> = rows.iter().map(|&(c, d, amount)| (c, d, amount * scale)).collect();
        let other = Rfm::new(AS_OF + later).fit(&purchases(&dearer).view()).unwrap();
        for (a, b) in table.customers.iter().zip(&other.customers) {
            prop_assert_eq!(a.scores, b.scores);
            prop_assert_eq!(a.recency + later as u32, b.recency);
        }
    }

    /// The rule of the reference, in floating point: type-7 quantiles, strictly below.
    #[test]
    fn scores_are_what_quantiles_say(amounts in vec(0_i64..60, 1..60)) {
        let rows: Vec<Row> = (0..).zip(&amounts).map(|(c, &amount)| (c, 0, amount * 5)).collect();
        let table = Rfm::new(0).fit(&purchases(&rows).view()).unwrap();
        let mut sorted: Vec<i64> = rows.iter().map(|row| row.2).collect();
        sorted.sort_unstable();
        let cuts = [1, 2, 3, 4].map(|k| {
            // All values are multiples of five, so interpolation by fifths is exact.
            let position = (sorted.len() - 1) * k;
            let below = sorted[position / 5];
            let above = *sorted.get(position / 5 + 1).unwrap_or(&below);
            below + (above - below) / 5 * (position % 5) as i64
        });
        prop_assert_eq!(table.monetary_cuts, cuts.map(|cut| cut as f64));
        for row in &table.customers {
            let below = cuts.iter().filter(|&&cut| cut < row.monetary).count();
            prop_assert_eq!(usize::from(row.scores.monetary), 1 + below);
        }
    }
}

fn stream(margin: f64, retention: f64, rate: f64, years: u32, first: FirstPayment) -> MarginStream {
    MarginStream::new(Margin::yearly(margin), AnnualRate::new(rate), Term::Years(years))
        .with_retention(retention, Cycle::Year)
        .with_first_payment(first)
}

fn first_payments() -> impl Strategy<Value = FirstPayment> {
    prop_oneof![
        Just(FirstPayment::Now),
        Just(FirstPayment::PeriodEnd),
        Just(FirstPayment::PeriodEndIfRetained)
    ]
}

fn cycles() -> impl Strategy<Value = Cycle> {
    prop_oneof![Just(Cycle::Month), Just(Cycle::Quarter), Just(Cycle::Year)]
}

proptest! {
    #[test]
    fn a_lifetime_value_is_the_sum_of_its_payments(
        margin in 0.01_f64..1e4, retention in 0.01_f64..=1.0, rate in 0.0_f64..1.0,
        years in 0_u32..200, first in first_payments(),
    ) {
        let value = stream(margin, retention, rate, years, first).value().unwrap();
        let (d, r) = (1.0 + rate, retention);
        let payment = |k: i32| match first {
            FirstPayment::Now => r.powi(k) / d.powi(k),
            FirstPayment::PeriodEnd => r.powi(k) / d.powi(k + 1),
            FirstPayment::PeriodEndIfRetained => r.powi(k + 1) / d.powi(k + 1),
        };
        // Smallest first, which keeps the error of the plain sum small.
        let sum: f64 = (0..years as i32).rev().map(|k| margin * payment(k)).sum();
        assert_close!(value, sum, 1e-12);
    }

    #[test]
    fn a_lifetime_value_rises_with_margin_retention_and_time(
        margin in 1.0_f64..1e4, more in 0.0_f64..1e4, a in 0.0_f64..=1.0, b in 0.0_f64..=1.0,
        rate in 1e-3_f64..1.0, years in 0_u32..200, first in first_payments(),
    ) {
        let slack = 1.0 + 1e-14;
        let value = |margin, r, rate, years| stream(margin, r, rate, years, first).value().unwrap();
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(value(margin, low, rate, years) <= value(margin, high, rate, years) * slack);
        prop_assert!(value(margin, a, rate, years) <= value(margin + more, a, rate, years) * slack);
        prop_assert!(value(margin, a, rate, years) <= value(margin, a, rate, years + 1) * slack);
        prop_assert!(value(margin, a, rate, years) * slack >= value(margin, a, 2.0 * rate, years));
        let endless = MarginStream::new(Margin::yearly(margin), AnnualRate::new(rate), Term::Forever)
            .with_retention(a, Cycle::Year)
            .with_first_payment(first);
        prop_assert!(value(margin, a, rate, years) <= endless.value().unwrap() * slack);
        assert_close!(value(margin, a, rate, u32::MAX), endless.value().unwrap(), 1e-12);
        // Twice the margin, twice the value.
        assert_close!(value(2.0 * margin, a, rate, years), 2.0 * value(margin, a, rate, years), 0.0);
    }

    #[test]
    fn rates_of_a_period_make_the_year_again(rate in 0.0_f64..10.0, cycle in cycles()) {
        let times = 12 / i32::from(cycle.months());
        let effective = AnnualRate::new(rate).per(cycle).unwrap();
        assert_close!((1.0 + effective).powi(times), 1.0 + rate, 1e-13);
        let nominal = AnnualRate::nominal(rate).per(cycle).unwrap();
        assert_close!(nominal * f64::from(times), rate, 1e-15);
        prop_assert!(nominal * (1.0 + 1e-14) >= effective);
    }

    #[test]
    fn a_lifetime_value_is_finite_or_an_error(
        margin in any::<f64>(), retention in any::<f64>(), rate in any::<f64>(),
        share in 0.0_f64..=1.0, months in any::<u32>(), cycle in cycles(), per in cycles(),
        first in first_payments(),
    ) {
        for rate in [AnnualRate::new(rate), AnnualRate::nominal(rate), AnnualRate::new(rate.abs())] {
            for term in [Term::Months(months), Term::Years(months), Term::Forever] {
                for retention in [retention, share, 0.0, 1.0] {
                    let value = MarginStream::new(Margin::new(margin, cycle), rate, term)
                        .with_retention(retention, per)
                        .with_first_payment(first)
                        .value();
                    prop_assert!(value.is_err() || value.is_ok_and(f64::is_finite));
                }
            }
            prop_assert!(rate.per(cycle).map_or(true, f64::is_finite));
        }
        prop_assert!(clv::annuity_factor(rate, months).map_or(true, f64::is_finite));
    }
}

fn sale_rows() -> impl Strategy<Value = Vec<Sale>> {
    let sale = (
        proptest::option::weighted(0.8, 0_u32..7),
        0_u32..4,
        -40..80_i32,
        -100_i64..5_000,
        0_i64..9,
        0_i64..900,
        0_i64..3,
    );
    let row = sale.prop_map(|(customer, channel, day, revenue, units, value, returned)| Sale {
        customer,
        channel,
        day,
        revenue,
        units,
        returned_value: value,
        returned_units: returned,
    });
    vec(row, 0..60)
}

fn sales(rows: &[Sale]) -> SaleColumns {
    let mut columns = SaleColumns::new(Currency::EUR);
    for &row in rows {
        columns.push(row).unwrap();
    }
    columns
}

/// What adds up, in one array.
fn sums<'a>(kpis: impl Iterator<Item = &'a Kpi>) -> [i64; 9] {
    kpis.fold([0; 9], |sum, kpi| {
        let own = [
            kpi.orders as i64,
            kpi.guest_orders as i64,
            kpi.revenue,
            kpi.returned_value,
            kpi.net_revenue,
            kpi.units,
            kpi.returned_units,
            kpi.cost.unwrap(),
            kpi.on_time_in_full.unwrap() as i64,
        ];
        std::array::from_fn(|i| sum[i] + own[i])
    })
}

/// Customers, repeat customers, omnichannel customers and their revenue in the orders
/// that `keep` keeps, counted one by one.
fn customer_counts(rows: &[Sale], keep: impl Fn(&Sale) -> bool) -> [i64; 4] {
    let mut found = [0; 4];
    for customer in 0..7 {
        let all = || rows.iter().filter(|row| row.customer == Some(customer));
        let orders: Vec<&Sale> = all().filter(|row| keep(row)).collect();
        let channels: BTreeSet<u32> = all().map(|row| row.channel).collect();
        if !orders.is_empty() {
            found[0] += 1;
            found[1] += i64::from(orders.len() > 1);
            if channels.len() > 1 {
                found[2] += 1;
                found[3] += orders.iter().map(|row| row.revenue).sum::<i64>();
            }
        }
    }
    found
}

fn counted_customers(kpi: &Kpi) -> [i64; 4] {
    [
        kpi.customers as i64,
        kpi.repeat_customers as i64,
        kpi.omnichannel_customers as i64,
        kpi.omnichannel_revenue,
    ]
}

fn ratios(kpi: &Kpi) -> [Option<f64>; 10] {
    [
        kpi.average_order_value(),
        kpi.units_per_transaction(),
        kpi.gross_margin(),
        kpi.repeat_purchase_rate(),
        kpi.purchase_frequency(),
        kpi.omnichannel_customer_share(),
        kpi.omnichannel_revenue_share(),
        kpi.return_rate_units(),
        kpi.return_rate_value(),
        kpi.on_time_in_full_rate(),
    ]
}

proptest! {
    #[test]
    fn slices_add_up_to_the_total(rows in sale_rows(), period in periods()) {
        let cost: Vec<i64> = rows.iter().map(|row| row.revenue / 2).collect();
        let on_time: Vec<bool> = rows.iter().map(|row| row.day % 3 == 0).collect();
        let in_full: Vec<bool> = rows.iter().map(|row| row.units % 2 == 0).collect();
        let columns = sales(&rows);
        let ledger = Ledger::new(columns.view()).with_cost(&cost).unwrap();
        let table = ledger.with_service(&on_time, &in_full).unwrap().table(period).unwrap();

        let total = sums([&table.total].into_iter());
        prop_assert_eq!(total, sums(table.by_channel.iter().map(|row| &row.kpi)));
        prop_assert_eq!(total, sums(table.by_period.iter().map(|row| &row.kpi)));
        prop_assert_eq!(total, sums(table.cells.iter().map(|row| &row.kpi)));
        let revenue: i64 = rows.iter().map(|row| row.revenue).sum();
        let in_time = on_time.iter().zip(&in_full).filter(|&(&a, &b)| a && b).count();
        prop_assert_eq!((total[0], total[2]), (rows.len() as i64, revenue));
        prop_assert_eq!((total[7], total[8]), (cost.iter().sum(), in_time as i64));
        prop_assert_eq!(table.total.net_revenue, table.total.revenue - table.total.returned_value);

        let counted = counted_customers;
        prop_assert_eq!(counted(&table.total), customer_counts(&rows, |_| true));
        for row in &table.by_channel {
            let expected = customer_counts(&rows, |sale| sale.channel == row.channel);
            prop_assert_eq!(counted(&row.kpi), expected);
        }
        for row in &table.by_period {
            let expected = customer_counts(&rows, |sale| period.index(sale.day) == row.period);
            prop_assert_eq!(counted(&row.kpi), expected);
        }
        for row in &table.cells {
            let expected = customer_counts(&rows, |sale| {
                sale.channel == row.channel && period.index(sale.day) == row.period
            });
            prop_assert_eq!(counted(&row.kpi), expected);
            prop_assert_eq!(table.get(row.channel, row.period), Some(&row.kpi));
        }
        if table.total.revenue > 0 {
            let mix: f64 = table.channel_mix().iter().filter_map(|row| row.1).sum();
            prop_assert!(compare(mix, 1.0, 1e-12, 0.0).is_ok());
        }
    }

    #[test]
    fn figures_do_not_depend_on_the_order_of_orders(
        pair in sale_rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        period in periods(),
    ) {
        let (a, b) = (sales(&pair.0), sales(&pair.1));
        let a = Ledger::new(a.view()).table(period).unwrap();
        prop_assert_eq!(a, Ledger::new(b.view()).table(period).unwrap());
    }

    #[test]
    fn figures_are_finite_or_missing(
        rows in vec((any::<Option<u32>>(), any::<u32>(), any::<i32>(), any::<i64>(), 0_i64..), 0..6),
        a in any::<i64>(), b in any::<i64>(), c in any::<i64>(), n in any::<u64>(), period in periods(),
    ) {
        let rows: Vec<Sale> = rows
            .into_iter()
            .map(|(customer, channel, day, money, units)| Sale {
                customer, channel, day, revenue: money, units, returned_value: a, returned_units: units,
            })
            .collect();
        let columns = sales(&rows);
        let cost = vec![b; rows.len()];
        if let Ok(table) = Ledger::new(columns.view()).with_cost(&cost).unwrap().table(period) {
            for kpi in table.cells.iter().map(|row| &row.kpi).chain([&table.total]) {
                prop_assert!(ratios(kpi).into_iter().flatten().all(f64::is_finite));
            }
        }
        let outside = [
            kpi::conversion_rate(n, a as u64),
            kpi::customer_acquisition_cost(a, n),
            kpi::return_on_ad_spend(a, b),
            kpi::marketing_cost_ratio(a, b),
            kpi::inventory_turnover(a, b),
            kpi::days_inventory_outstanding(n as u32, a, b),
            kpi::gmroi(a, b, c),
            kpi::sell_through(a, b),
        ];
        prop_assert!(outside.into_iter().flatten().all(f64::is_finite));
    }
}
