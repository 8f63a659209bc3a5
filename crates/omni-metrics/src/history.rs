//! Purchases put in order: customer by customer, each from the first day to the last.

use omni_core::Purchases;
use omni_core::error::DataError;

/// One purchase of one customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purchase {
    pub(crate) customer: u32,
    pub(crate) day: i32,
    pub(crate) amount: i64,
}

/// The rows by customer and day, none of them after `as_of`. Rows of one customer and
/// day stand in any order, so nothing but their number and sum may depend on them.
pub(crate) fn by_customer(
    purchases: &Purchases<'_>,
    as_of: i32,
) -> Result<Vec<Purchase>, DataError> {
    not_after("day", purchases.day(), as_of)?;
    let ids = purchases.customer().iter().zip(purchases.day()).zip(purchases.amount());
    let mut rows: Vec<Purchase> =
        ids.map(|((&customer, &day), &amount)| Purchase { customer, day, amount }).collect();
    rows.sort_unstable_by_key(|row| order(row.customer, row.day));
    Ok(rows)
}

/// One slice per customer, ids ascending.
pub(crate) fn customers(rows: &[Purchase]) -> impl Iterator<Item = &[Purchase]> {
    rows.chunk_by(|a, b| a.customer == b.customer)
}

/// A number that sorts as the pair does; comparing one number is faster than comparing two.
pub(crate) const fn order(customer: u32, day: i32) -> u64 {
    // Flipping the sign bit makes the order of unsigned numbers that of signed ones.
    ((customer as u64) << 32) | (day ^ i32::MIN).cast_unsigned() as u64
}

/// No day lies after `as_of`; the error names the first that does.
pub(crate) fn not_after(name: &'static str, days: &[i32], as_of: i32) -> Result<(), DataError> {
    match days.iter().enumerate().find(|&(_, &day)| day > as_of) {
        None => Ok(()),
        Some((index, &day)) => Err(DataError::entry(name, index, "not after as_of", day)),
    }
}

/// A total that must fit 64 bits.
pub(crate) fn total(name: &'static str, sum: i128) -> Result<i64, DataError> {
    i64::try_from(sum).map_err(|_| DataError::Overflow { name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::Currency;

    #[test]
    fn rows_are_ordered_by_customer_and_then_by_day() {
        let purchases = Purchases::new(
            &[u32::MAX, 0, u32::MAX, 0],
            &[i32::MAX, 1, i32::MIN, -1],
            &[1, 2, 3, 4],
            Currency::EUR,
        )
        .unwrap();
        let rows = by_customer(&purchases, i32::MAX).unwrap();
        assert_eq!(rows.iter().map(|row| row.amount).collect::<Vec<_>>(), [4, 2, 3, 1]);
        assert_eq!(customers(&rows).map(<[_]>::len).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn a_row_after_as_of_is_named() {
        let purchases = Purchases::new(&[0, 0, 0], &[5, 6, 7], &[1; 3], Currency::EUR).unwrap();
        let error = by_customer(&purchases, 5).unwrap_err();
        assert_eq!(error, DataError::entry("day", 1, "not after as_of", 6_i32));
        assert_eq!(by_customer(&purchases, 7).unwrap().len(), 3);
    }

    #[test]
    fn totals_fit_or_are_refused() {
        assert_eq!(total("amount", i128::from(i64::MIN)), Ok(i64::MIN));
        let too_large = i128::from(i64::MAX) + 1;
        assert_eq!(total("amount", too_large), Err(DataError::Overflow { name: "amount" }));
    }
}
