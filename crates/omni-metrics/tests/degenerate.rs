//! Hostile input: nothing panics, nothing turns to NaN, nothing fills the memory.

use omni_core::{Currency, DataError, Period, Purchases, Sale, SaleColumns};
use omni_metrics::{Activity, Cohorts, Error, Ledger, Registrations, Rfm};
use proptest::collection::vec;
use proptest::prelude::*;

const PERIODS: [Period; 6] =
    [Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year, Period::RetailMonth];

#[test]
fn no_row_at_all() {
    let none = Purchases::new(&[], &[], &[], Currency::JPY).unwrap();
    for as_of in [i32::MIN, 0, i32::MAX] {
        let activity = Activity::since_first_purchase(&none, as_of).unwrap();
        for retention in [activity.day_n(0), activity.rolling(9), activity.range(0..=9).unwrap()] {
            assert_eq!((retention.active, retention.cohort, retention.censored), (0, 0, 0));
            assert_eq!(retention.rate(), None);
        }
        for period in PERIODS {
            assert!(Cohorts::new(period, as_of).fit(&none).unwrap().cohorts.is_empty());
        }
        let error = Rfm::new(as_of).fit(&none).unwrap_err();
        let needed = DataError::TooShort { name: "customer", needed: 1, got: 0 };
        assert_eq!(error, Error::Data(needed));
    }
}

#[test]
fn one_row_at_the_ends_of_time() {
    for day in [i32::MIN, -1, 0, 1, i32::MAX] {
        for amount in [i64::MIN, -1, 0, i64::MAX] {
            let (ids, days, amounts) = ([u32::MAX], [day], [amount]);
            let row = Purchases::new(&ids, &days, &amounts, Currency::EUR).unwrap();
            let activity = Activity::since_first_purchase(&row, day).unwrap();
            assert_eq!(activity.day_n(0).rate(), Some(1.0));
            assert_eq!(activity.day_n(1).censored, 1);
            let table = Rfm::new(day).fit(&row).unwrap();
            assert_eq!((table.customers[0].recency, table.customers[0].monetary), (0, amount));
            for period in PERIODS {
                let matrix = Cohorts::new(period, day).fit(&row).unwrap();
                let seen = matrix.get(period.index(day), 0).map_or(0, |cell| cell.revenue);
                assert_eq!(i128::from(seen) + i128::from(matrix.unfinished_revenue), amount.into());
                assert_eq!(matrix.cohorts.len() as u64 + matrix.unfinished_customers, 1);
            }
        }
    }
}

/// A daily matrix over all days would take 64 GiB.
#[test]
fn a_matrix_beyond_the_memory_is_refused() {
    let days = [i32::MIN, i32::MAX];
    let rows = Purchases::new(&[0, 0], &days, &[1, 1], Currency::EUR).unwrap();
    for period in PERIODS {
        let error = Cohorts::new(period, i32::MAX).fit(&rows).unwrap_err();
        assert!(matches!(error, Error::TooManyCells { .. }), "{period:?}");
        assert!(error.to_string().contains("choose a longer period"));
    }
}

#[test]
fn all_rows_alike() {
    let n = 1000;
    let rows = Purchases::new(&[5; 1000], &[3; 1000], &[2; 1000], Currency::EUR).unwrap();
    let activity = Activity::since_first_purchase(&rows, 3).unwrap();
    assert_eq!((activity.day_n(0).active, activity.day_n(0).cohort), (1, 1));
    let matrix = Cohorts::new(Period::Day, 3).fit(&rows).unwrap();
    let cell = matrix.get(3, 0).unwrap();
    assert_eq!((cell.customers, cell.revenue), (1, 2 * n));
    let table = Rfm::new(3).fit(&rows).unwrap();
    assert_eq!((table.customers.len(), i64::from(table.customers[0].frequency)), (1, n));
}

proptest! {
    #[test]
    fn any_purchases(
        rows in vec((any::<u32>(), any::<i32>(), any::<i64>()), 0..12),
        as_of in any::<i32>(), n in any::<u32>(), m in any::<u32>(),
    ) {
        let customer: Vec<u32> = rows.iter().map(|row| row.0 % 3).collect();
        let day: Vec<i32> = rows.iter().map(|row| row.1).collect();
        let amount: Vec<i64> = rows.iter().map(|row| row.2).collect();
        let purchases = Purchases::new(&customer, &day, &amount, Currency::EUR).unwrap();
        let registrations = Registrations::new(&customer, &day).unwrap();
        let is_late = day.iter().any(|&day| day > as_of);
        let seen = [
            Activity::since_first_purchase(&purchases, as_of),
            Activity::since_registration(&registrations, &purchases, as_of),
        ];
        for activity in seen {
            prop_assert_eq!(activity.is_err(), is_late);
            if let Ok(activity) = activity {
                for found in [Ok(activity.day_n(n)), Ok(activity.rolling(n)), activity.range(n..=m)] {
                    let rate = found.ok().and_then(|found| found.rate());
                    prop_assert!(rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
                }
            }
        }
        if let Ok(table) = Rfm::new(as_of).fit(&purchases) {
            let cuts = [table.recency_cuts, table.frequency_cuts, table.monetary_cuts];
            prop_assert!(cuts.iter().all(|c| c.is_sorted() && c.iter().all(|cut| cut.is_finite())));
            for row in &table.customers {
                let scores = [row.scores.recency, row.scores.frequency, row.scores.monetary];
                prop_assert!(scores.iter().all(|score| (1..=5).contains(score)));
            }
        }
    }
}

#[test]
fn sales_at_the_ends_of_time() {
    for period in PERIODS {
        let mut sales = SaleColumns::new(Currency::EUR);
        for (day, revenue) in [(i32::MIN, i64::MAX), (i32::MAX, i64::MIN), (0, 1)] {
            let sale = Sale {
                customer: Some(u32::MAX),
                channel: u32::MAX,
                day,
                revenue,
                units: 0,
                returned_value: 0,
                returned_units: 0,
            };
            sales.push(sale).unwrap();
        }
        let table = Ledger::new(sales.view()).table(period).unwrap();
        assert_eq!((table.total.revenue, table.by_period.len()), (0, 3));
        assert_eq!(table.total.gross_margin(), None);
        assert_eq!(table.channel_mix(), [(u32::MAX, None)]);
    }
}

proptest! {
    #[test]
    fn any_matrix(rows in vec((0_u32..4, any::<i16>(), any::<i64>()), 0..12), as_of in any::<i16>()) {
        let customer: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let day: Vec<i32> = rows.iter().map(|row| i32::from(row.1.min(as_of))).collect();
        let amount: Vec<i64> = rows.iter().map(|row| row.2).collect();
        let purchases = Purchases::new(&customer, &day, &amount, Currency::EUR).unwrap();
        let sum: i128 = amount.iter().map(|&amount| i128::from(amount)).sum();
        for period in PERIODS {
            match Cohorts::new(period, as_of.into()).fit(&purchases) {
                Ok(matrix) => {
                    let cells = || matrix.cohorts.iter().flat_map(|cohort| &cohort.cells);
                    let seen: i128 = cells().map(|cell| i128::from(cell.revenue)).sum();
                    prop_assert_eq!(seen + i128::from(matrix.unfinished_revenue), sum);
                    for cohort in &matrix.cohorts {
                        let mut rates = (0..cohort.cells.len()).map(|age| cohort.retention(age));
                        prop_assert_eq!(rates.next(), Some(Some(1.0)));
                        prop_assert!(rates.flatten().all(|rate| (0.0..=1.0).contains(&rate)));
                    }
                }
                Err(error) => {
                    prop_assert_eq!(error, Error::Data(DataError::Overflow { name: "amount" }));
                }
            }
        }
    }
}
