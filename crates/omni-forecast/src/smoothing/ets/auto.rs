//! The form of the smallest information criterion.

use super::fit::EtsFit;
use super::form::{Form, Trend};
use super::recursion::{Data, Theta};
use super::region::Region;
use super::search::{Effort, Found, Given, Problem, Room};
use super::settings::{Ets, marked, scaled};
use super::start::{Plan, Seeds, best_of};
use crate::{Error, Forecaster};
use omni_core::check;
use omni_core::error::ParamError;

/// What a form is chosen by: all weigh the likelihood against the number of parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Criterion {
    /// Akaike's, corrected for short series.
    #[default]
    Aicc,
    /// Akaike's.
    Aic,
    /// Schwarz's.
    Bic,
}

/// Settings of the choice among forms; checked by [`fit`](AutoEts::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub struct AutoEts {
    period: usize,
    criterion: Criterion,
    region: Region,
    multiplicative_trend: bool,
    unstable: bool,
    long_season: bool,
    non_negative: bool,
}

/// Seasons up to this length are fitted unless asked otherwise.
const LONGEST: usize = 24;

impl AutoEts {
    /// Chooses among the 15 forms that R's `ets` tries; `period` is the length of the season
    /// in periods, 1 for none.
    #[must_use]
    pub const fn new(period: usize) -> Self {
        Self {
            period,
            criterion: Criterion::Aicc,
            region: Region::Bounded,
            multiplicative_trend: false,
            unstable: false,
            long_season: false,
            non_negative: false,
        }
    }

    /// Chooses by another criterion than `AICc`.
    #[must_use]
    pub const fn with_criterion(self, criterion: Criterion) -> Self {
        Self { criterion, ..self }
    }

    /// Searches another region of weights.
    #[must_use]
    pub const fn with_region(self, region: Region) -> Self {
        Self { region, ..self }
    }

    /// Tries trends that are factors too: four forms more. Their forecasts grow
    /// exponentially.
    #[must_use]
    pub const fn with_multiplicative_trend(self) -> Self {
        Self { multiplicative_trend: true, ..self }
    }

    /// Tries [unstable](Form::is_unstable) forms too.
    #[must_use]
    pub const fn with_unstable_forms(self) -> Self {
        Self { unstable: true, ..self }
    }

    /// Fits seasons of more than 24 periods too: one parameter per period, O(n m²) time. A
    /// decomposition is usually the better choice.
    #[must_use]
    pub const fn with_long_season(self) -> Self {
        Self { long_season: true, ..self }
    }

    /// Cuts forecasts, quantiles and paths off at zero: demand is not negative.
    #[must_use]
    pub const fn with_non_negative(self) -> Self {
        Self { non_negative: true, ..self }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the period is 0, [`Error::Data`] if `y` is empty, an entry is not
    /// finite or a state overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::smoothing::AutoEts;
    ///
    /// let y: Vec<f64> = (0..48).map(|t| 20.0 + f64::from(t) + f64::from(t % 4 * 7 % 5)).collect();
    /// let auto = AutoEts::new(4).fit(&y)?;
    /// assert!(auto.fallback.is_none() && auto.fit.form.to_string().contains(",A,"));
    /// assert_eq!(auto.candidates.len(), 15);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<AutoEtsFit, Error> {
        check::all_finite("y", y)?;
        self.fit_marked(y.to_vec())
    }

    /// Learns from a series with missing values: the states move on where there is none.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Data`] if every value is missing.
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<AutoEtsFit, Error> {
        self.fit_marked(marked(y)?)
    }

    fn fit_marked(&self, mut y: Vec<f64>) -> Result<AutoEtsFit, Error> {
        if self.period == 0 {
            return Err(ParamError::new("period", "at least 1", self.period).into());
        }
        let scale = scaled(&mut y);
        let observed = y.iter().filter(|v| !v.is_nan()).count();
        if observed == 0 {
            check::min_len::<f64>("y", &[], 1)?;
        }
        let positive = y.iter().all(|v| v.is_nan() || *v > 0.0);
        let mut contest = Contest {
            settings: self,
            y: &y,
            observed,
            seeds: Seeds::new(&y, self.period),
            room: Room::default(),
            best: f64::INFINITY,
            found: Vec::new(),
        };
        let mut candidates = Vec::new();
        let forms = Form::all()
            .filter(|f| self.unstable || !f.is_unstable())
            .filter(|f| self.multiplicative_trend || !f.trend.is_multiplicative())
            .filter(|f| self.period > 1 || !f.is_seasonal());
        for form in forms {
            let left_out = if form.needs_positive() && !positive {
                Some(LeftOut::NotPositive)
            } else if form.is_seasonal() && self.period > LONGEST && !self.long_season {
                Some(LeftOut::LongSeason)
            } else if observed <= form.parameters(self.period).saturating_add(1) {
                Some(LeftOut::TooShort)
            } else if contest.enter(form) {
                None
            } else {
                Some(LeftOut::NoFit)
            };
            candidates.push(Candidate { form, criterion: None, left_out });
        }
        contest.finish();
        for (form, found) in &contest.found {
            let value = contest.criterion(*form, found.value) + 2.0 * observed as f64 * scale.ln();
            if let Some(candidate) = candidates.iter_mut().find(|c| c.form == *form) {
                candidate.criterion = Some(value);
            }
        }
        let Some((form, found)) = contest.winner() else {
            let fit = level_of_few(&y, scale, self.non_negative)?;
            return Ok(AutoEtsFit { fit, candidates, fallback: Some(Fallback::TooShort) });
        };
        let problem = self.problem(&y, *form, observed);
        let count = form.parameters(self.period);
        let fit = EtsFit::new(found, &problem, scale, count, self.non_negative, false)?;
        Ok(AutoEtsFit { fit, candidates, fallback: None })
    }
}

/// A level for a handful of values: weight 0.2, the start by least squares.
fn level_of_few(y: &[f64], scale: f64, non_negative: bool) -> Result<EtsFit, Error> {
    let raw: Vec<Option<f64>> = y.iter().map(|v| (!v.is_nan()).then_some(v * scale)).collect();
    let mut ets = Ets::new(Form::LEVEL, 1).with_alpha(0.2);
    if non_negative {
        ets = ets.with_non_negative();
    }
    let mut seen = raw.iter().flatten();
    if let (Some(only), None) = (seen.next(), seen.next()) {
        ets = ets.with_start_level(*only);
    }
    ets.fit_with_gaps(&raw)
}

/// By how much a rough search may be off: a form further behind the best is not searched on.
const REACH: f64 = 8.0;

/// The forms of one series against each other.
struct Contest<'a> {
    settings: &'a AutoEts,
    y: &'a [f64],
    observed: usize,
    seeds: Seeds,
    room: Room,
    best: f64,
    found: Vec<(Form, Found)>,
}

impl Contest<'_> {
    /// The criterion of a scaled series.
    fn criterion(&self, form: Form, value: f64) -> f64 {
        let (k, n) = (form.parameters(self.settings.period) as f64, self.observed as f64);
        value
            + match self.settings.criterion {
                Criterion::Aicc => 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0),
                Criterion::Aic => 2.0 * k,
                Criterion::Bic => k * n.ln(),
            }
    }

    /// Fits a form roughly, from what simpler forms have found too.
    fn enter(&mut self, form: Form) -> bool {
        let related = |f: &Form| {
            let same_season = f.season == form.season;
            let twin = same_season && f.trend == form.trend;
            let simpler = same_season
                && f.error == form.error
                && matches!(
                    (f.trend, form.trend),
                    (Trend::None, Trend::Additive | Trend::Multiplicative)
                        | (Trend::Additive, Trend::AdditiveDamped)
                        | (Trend::Multiplicative, Trend::MultiplicativeDamped)
                );
            twin || simpler
        };
        let warm: Vec<&Theta> =
            self.found.iter().filter(|(f, _)| related(f)).map(|(_, found)| &found.theta).collect();
        let problem = self.settings.problem(self.y, form, self.observed);
        // What cannot come near the best so far cannot win.
        let hopeless = self.best + REACH - self.criterion(form, 0.0);
        let rough = Effort { hopeless, ..Plan::ROUGH };
        let plan = Plan { starts: 2, rough, fine: None };
        let Some(found) = best_of(&problem, &mut self.seeds, &|_| {}, &warm, plan, &mut self.room)
        else {
            return false;
        };
        self.best = self.best.min(self.criterion(form, found.value));
        self.found.push((form, found));
        true
    }

    /// Searches on where a form may still win.
    fn finish(&mut self) {
        for index in 0..self.found.len() {
            let Some((form, found)) = self.found.get(index) else { continue };
            let form = *form;
            let penalty = self.criterion(form, 0.0);
            if found.value + penalty > self.best + REACH {
                continue;
            }
            let effort = Effort { hopeless: self.best - penalty, ..Plan::FINE };
            let theta = found.theta.clone();
            let problem = self.settings.problem(self.y, form, self.observed);
            if let Some(found) = problem.refine(theta, true, effort, &mut self.room) {
                self.best = self.best.min(self.criterion(form, found.value));
                if let Some(entry) = self.found.get_mut(index) {
                    entry.1 = found;
                }
            }
        }
    }

    /// The form of the smallest criterion, the simplest of equals.
    fn winner(&self) -> Option<&(Form, Found)> {
        let value = |(form, found): &(Form, Found)| self.criterion(*form, found.value);
        self.found.iter().min_by(|a, b| value(a).total_cmp(&value(b)))
    }
}

impl AutoEts {
    fn problem<'a>(&self, y: &'a [f64], form: Form, observed: usize) -> Problem<'a> {
        let period = if form.is_seasonal() { self.period } else { 1 };
        let data = Data { y, x: &[], count: 0 };
        Problem { form, period, data, observed, region: self.region, given: Given::default() }
    }
}

impl Forecaster for AutoEts {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.fit.forecast(horizon)
    }
}

/// What [`AutoEts::fit`] chose, and among what.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AutoEtsFit {
    /// The fit of the form chosen.
    pub fit: EtsFit,
    /// Every form tried or left out.
    pub candidates: Vec<Candidate>,
    /// Why no form was chosen by the criterion; `None` if one was.
    pub fallback: Option<Fallback>,
}

/// A form that was tried or left out.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Candidate {
    /// The form.
    pub form: Form,
    /// What it was judged by; `None` if it was left out. Forms that could no longer win were
    /// not searched to the end: theirs is an upper bound.
    pub criterion: Option<f64>,
    /// Why it was left out.
    pub left_out: Option<LeftOut>,
}

/// Why a form was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum LeftOut {
    /// A multiplicative part needs every value above zero.
    NotPositive,
    /// It has too many parameters for the values there are.
    TooShort,
    /// The season has more than 24 periods.
    LongSeason,
    /// No start led to means above zero.
    NoFit,
}

/// Why the form was not chosen by the criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Fallback {
    /// Fewer than five values: a level with weight 0.2 instead.
    TooShort,
}
