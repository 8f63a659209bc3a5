//! The order of an ARIMA model by Akaike's criterion.
//!
//! D by the strength of the season, d by KPSS tests, then steps: from five simple models to
//! the neighbors of the best two (an order more or less, two at once, the constant), until
//! none is better. Every candidate is fitted by exact maximum likelihood, from the
//! coefficients of the best so far and ten typical starts; R compares approximations on
//! series longer than 150. A candidate with a root at the edge of the region is left out.
//!
//! Source: Hyndman & Khandakar (2008), "Automatic time series forecasting: the forecast
//! package for R", Journal of Statistical Software 27(3), section 3.

use super::candidate::{self, Candidate, Effort};
use super::difference::difference;
use super::model::{ArimaFit, some};
use super::order::Order;
use super::sample::{Sample, Scaled};
use super::search::Search;
use super::unit_root;
use crate::{Error, Forecaster};
use omni_core::check;

/// Settings of the choice of an order; checked by [`fit`](AutoArima::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AutoArima {
    period: usize,
    max_order: usize,
    max_seasonal_order: usize,
    differences: Option<usize>,
    seasonal_differences: Option<usize>,
}

impl AutoArima {
    /// A season of `period` periods; 1 without one. Orders up to 5, seasonal orders up to 2.
    #[must_use]
    pub const fn new(period: usize) -> Self {
        Self {
            period,
            max_order: 5,
            max_seasonal_order: 2,
            differences: None,
            seasonal_differences: None,
        }
    }

    /// Differences `d` and seasonal differences `D` instead of those the tests say.
    #[must_use]
    pub const fn with_differences(self, d: usize, seasonal: usize) -> Self {
        Self { differences: Some(d), seasonal_differences: Some(seasonal), ..self }
    }

    /// The largest `p` and `q`, and the largest `P` and `Q`.
    #[must_use]
    pub const fn with_max_order(self, plain: usize, seasonal: usize) -> Self {
        Self { max_order: plain, max_seasonal_order: seasonal, ..self }
    }

    /// Learns order and coefficients from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the period is 0 or an order is too long, [`Error::Data`] if `y` is
    /// empty or an entry is not finite.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::arima::AutoArima;
    ///
    /// let y: Vec<f64> = (0..60).map(|t| [3.0, 9.0, 6.0, 1.0][t % 4] + (t * t % 5) as f64).collect();
    /// let auto = AutoArima::new(4).fit(&y)?;
    /// assert_eq!(auto.model.order.seasonal_differences, 1);
    /// let means = auto.model.forecast(4)?;
    /// assert!(means[1] > means[0] && means[1] > means[3]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<AutoArimaFit, Error> {
        check::all_finite("y", y)?;
        self.fit_with(&some(y), &[])
    }

    /// As [`fit`](Self::fit); a `None` is a missing period.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<AutoArimaFit, Error> {
        self.fit_with(y, &[])
    }

    /// A regression on the columns `x`, each as long as `y`, with ARIMA errors.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Data`] if a column differs in length or is not finite,
    /// [`Error::Param`] if the columns are collinear after the differences.
    pub fn fit_with_regressors(&self, y: &[f64], x: &[&[f64]]) -> Result<AutoArimaFit, Error> {
        check::all_finite("y", y)?;
        self.fit_with(&some(y), x)
    }

    fn fit_with(&self, y: &[Option<f64>], x: &[&[f64]]) -> Result<AutoArimaFit, Error> {
        check::at_least_one("period", self.period)?;
        let sample = Sample::new(y, x)?;
        let errors = Self::errors(&sample)?;
        let (d, seasonal_d) = self.integration(&sample, &errors);
        let n = sample.observed();
        let seasonal = if self.period > 1 { n / 3 / self.period } else { 0 };
        let plain = self.max_order.min(n / 3);
        let most = Order::new(plain, d, plain).with_season(
            self.max_seasonal_order.min(seasonal),
            seasonal_d,
            self.max_seasonal_order.min(seasonal),
            self.period,
        );
        let plain = if most.seasonal_ar > 0 { plain.min(self.period - 1) } else { plain };
        let most = Order { ar: plain, ma: plain, ..most }.checked()?;
        Stepwise {
            sample: &sample,
            most,
            search: Search::default(),
            tried: Vec::new(),
            kept: Vec::new(),
        }
        .run()
    }

    /// The series less what regressors explain.
    fn errors(sample: &Sample) -> Result<Vec<f64>, Error> {
        if sample.x.is_empty() {
            return Ok(sample.y.clone());
        }
        let mut scaled = sample.objective(&Order::new(0, 0, 0), true)?;
        scaled.objective.value(&[]);
        Ok(scaled.objective.whitened().to_vec())
    }

    /// `d` and `D`, given or tested, no more than the series can lose.
    fn integration(&self, sample: &Sample, errors: &[f64]) -> (usize, usize) {
        let loses = |d, seasonal| {
            Order::new(0, d, 0).with_season(0, seasonal, 0, self.period).lost() + 2
                <= sample.observed()
        };
        let seasonal_d = self.seasonal_differences.unwrap_or_else(|| {
            let most = usize::from(loses(0, 1));
            let wanted = unit_root::seasonal_differences(errors, self.period, most);
            let order = Order::new(0, 0, 0).with_season(0, wanted, 0, self.period);
            let left = difference(errors, &order);
            if left.len() > 2 { wanted } else { 0 }
        });
        let d = self.differences.unwrap_or_else(|| {
            let order = Order::new(0, 0, 0).with_season(0, seasonal_d, 0, self.period);
            let left = difference(errors, &order);
            let wanted = unit_root::differences(&left, 2);
            (0..=wanted).rev().find(|d| loses(*d, seasonal_d)).unwrap_or_default()
        });
        (d, seasonal_d)
    }
}

impl Forecaster for AutoArima {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.model.forecast(horizon)
    }
}

/// One order that was tried.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tried {
    /// The order.
    pub order: Order,
    /// Whether with a mean or drift.
    pub constant: bool,
    /// Its criterion, to about 0.01; `None` where the values are too few, or a root ended at the
    /// edge of the region.
    pub aicc: Option<f64>,
}

/// Why the model was not chosen by its criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Fallback {
    /// Differences (and a constant) explain the series exactly: there is no noise to model.
    NoNoise,
    /// The values are too few to compare orders.
    TooShort,
}

/// What [`AutoArima::fit`] chose, and from what.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AutoArimaFit {
    /// The model chosen.
    pub model: ArimaFit,
    /// Every order tried, in this order.
    pub tried: Vec<Tried>,
    /// Why the model was not chosen by its criterion; `None` if it was.
    pub fallback: Option<Fallback>,
}

struct Stepwise<'a> {
    sample: &'a Sample,
    /// The largest orders; the differences are those of every model.
    most: Order,
    search: Search,
    tried: Vec<Tried>,
    /// The best so far, best first.
    kept: Vec<Candidate>,
}

/// Candidates whose neighbors are tried.
const BEAM: usize = 2;

/// Candidates fitted in full at the end.
const FINALISTS: usize = 3;

impl Stepwise<'_> {
    fn run(mut self) -> Result<AutoArimaFit, Error> {
        let constant = self.most.integration() <= 1;
        let order = |p: usize, q: usize, sp: usize, sq: usize| Order {
            ar: p.min(self.most.ar),
            ma: q.min(self.most.ma),
            seasonal_ar: sp.min(self.most.seasonal_ar),
            seasonal_ma: sq.min(self.most.seasonal_ma),
            ..self.most
        };
        let simplest = order(0, 0, 0, 0);
        let first = [order(2, 2, 1, 1), order(1, 0, 1, 0), order(0, 1, 0, 1)];
        // The simplest model says whether there is noise at all.
        let (candidate, scaled) = self.fit(simplest, constant, Effort::QUICK)?;
        if candidate.log_likelihood.is_none() {
            return self.finish(candidate, scaled, Some(Fallback::NoNoise));
        }
        if candidate.aicc.is_none() {
            return self.finish(candidate, scaled, Some(Fallback::TooShort));
        }
        self.keep(candidate);
        if constant {
            self.attempt(simplest, false);
        }
        for order in first {
            self.attempt(order, constant);
        }
        // From the best two: from the best alone, one bad neighborhood ends the search.
        let mut expanded: Vec<(Order, bool)> = Vec::new();
        let is_new =
            |c: &&Candidate, expanded: &[(Order, bool)]| !expanded.contains(&(c.order, c.constant));
        while let Some(next) = self.kept.iter().take(BEAM).find(|c| is_new(c, &expanded)).cloned() {
            expanded.push((next.order, next.constant));
            for (order, constant) in neighbors(&next, &self.most) {
                self.attempt(order, constant);
            }
        }
        let mut winner: Option<(Candidate, Scaled)> = None;
        for finalist in std::mem::take(&mut self.kept) {
            let from = [&finalist];
            let (order, constant) = (finalist.order, finalist.constant);
            let search = &mut self.search;
            let fitted = candidate::fit(self.sample, order, constant, &from, Effort::FULL, search)?;
            if winner.as_ref().is_none_or(|(best, _)| fitted.0.criterion() < best.criterion()) {
                winner = Some(fitted);
            }
        }
        if let Some((candidate, scaled)) = winner {
            return self.finish(candidate, scaled, None);
        }
        let (candidate, scaled) = self.fit(simplest, constant, Effort::FULL)?;
        self.finish(candidate, scaled, Some(Fallback::TooShort))
    }

    fn finish(
        self,
        candidate: Candidate,
        scaled: Scaled,
        fallback: Option<Fallback>,
    ) -> Result<AutoArimaFit, Error> {
        let model = ArimaFit::new(self.sample, candidate, scaled)?;
        Ok(AutoArimaFit { model, tried: self.tried, fallback })
    }

    fn fit(
        &mut self,
        order: Order,
        constant: bool,
        effort: Effort,
    ) -> Result<(Candidate, Scaled), Error> {
        let from: Vec<&Candidate> = self.kept.iter().take(1).collect();
        candidate::fit(self.sample, order, constant, &from, effort, &mut self.search)
    }

    /// Fits an order unless it was tried; one that cannot be fitted is left out.
    fn attempt(&mut self, order: Order, constant: bool) {
        let same = |t: &Tried| t.order == order && t.constant == constant;
        if self.tried.iter().any(same) {
            return;
        }
        match self.fit(order, constant, Effort::QUICK) {
            Ok((candidate, _)) => self.keep(candidate),
            Err(_) => self.tried.push(Tried { order, constant, aicc: None }),
        }
    }

    fn keep(&mut self, candidate: Candidate) {
        let criterion = candidate.criterion();
        let aicc = Some(criterion).filter(|c| c.is_finite());
        self.tried.push(Tried { order: candidate.order, constant: candidate.constant, aicc });
        if criterion.is_finite() {
            let at = self.kept.partition_point(|kept| kept.criterion() <= criterion);
            self.kept.insert(at, candidate);
            self.kept.truncate(FINALISTS);
        }
    }
}

/// One step away: an order more or less, two at once, or the constant.
fn neighbors(of: &Candidate, most: &Order) -> Vec<(Order, bool)> {
    const STEPS: [[isize; 4]; 16] = [
        [0, 0, -1, 0],
        [0, 0, 0, -1],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, -1, -1],
        [0, 0, -1, 1],
        [0, 0, 1, -1],
        [0, 0, 1, 1],
        [-1, 0, 0, 0],
        [0, -1, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [-1, -1, 0, 0],
        [-1, 1, 0, 0],
        [1, -1, 0, 0],
        [1, 1, 0, 0],
    ];
    let order = of.order;
    let within = |at: usize, step: isize, most: usize| {
        at.checked_add_signed(step).filter(|order| *order <= most)
    };
    let stepped = STEPS.iter().filter_map(|[p, q, sp, sq]| {
        Some(Order {
            ar: within(order.ar, *p, most.ar)?,
            ma: within(order.ma, *q, most.ma)?,
            seasonal_ar: within(order.seasonal_ar, *sp, most.seasonal_ar)?,
            seasonal_ma: within(order.seasonal_ma, *sq, most.seasonal_ma)?,
            ..order
        })
    });
    let mut all: Vec<(Order, bool)> = stepped.map(|order| (order, of.constant)).collect();
    if order.integration() <= 1 {
        all.push((order, !of.constant));
    }
    all
}
