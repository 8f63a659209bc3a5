//! Whole-pipeline benches live in this package.
