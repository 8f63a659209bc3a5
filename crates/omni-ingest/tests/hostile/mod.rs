//! What must hold for any bytes: one function a part of the crate.
//!
//! The targets in `fuzz` call these with invented input, the tests with the input that was
//! kept. A function that returns has found nothing.

pub mod channels;
pub mod clean;
pub mod identity;
pub mod json;
pub mod products;
pub mod records;
pub mod similarity;
#[cfg(feature = "serde")]
pub mod specs;
pub mod values;

/// The texts between NULs; what is no UTF-8 is replaced.
fn texts(data: &[u8]) -> Vec<String> {
    data.split(|&byte| byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}
