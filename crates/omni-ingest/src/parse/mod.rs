//! From text to exact values: integers, decimals, money, dates.
//!
//! Nothing here guesses: a text that does not say one value plainly is an error, and no
//! amount ever passes through a floating-point number.

pub mod date;
pub mod iso;
pub mod money;
pub mod number;

pub use date::{Clock, DateError, DateParser, Instant, Layout};
pub use money::{Amount, MoneyStyle};
pub use number::{Decimal, NumberError};
