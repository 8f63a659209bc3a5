//! Exact integers and decimals: those of omni-core, and integers that show decimals.

pub use omni_core::decimal::{Decimal, MAX_SCALE, NumberError, integer};

/// Reads an integer that may be written with decimals that are all zero: `2` or `2.0`.
///
/// # Errors
/// [`NumberError`] if the text is not such an integer.
pub fn whole(text: &str) -> Result<i64, NumberError> {
    let decimal: Decimal = text.parse()?;
    decimal.rescale(0).ok_or(NumberError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_may_show_zero_decimals() {
        assert_eq!((whole("2.0"), whole("-12.00"), whole("3")), (Ok(2), Ok(-12), Ok(3)));
        assert_eq!(whole("1.5"), Err(NumberError::Malformed));
    }
}
