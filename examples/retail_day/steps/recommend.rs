//! What to show to whom.

use super::{counted, percent};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::{LateBar, step};
use crate::report::{Section, Table};
use crate::shell::{Failure, write_csv};
use omnichannel::Behavior;
use omnichannel::recommend::eval::{evaluate, split};
use omnichannel::recommend::{Error, Filter, Interactions, ItemKnn, Popularity, Recommender};
use std::path::Path;
use std::time::Instant;

/// Neighbors of an item that count.
const NEIGHBORS: usize = 50;
/// Places on a list.
const LIST: usize = 5;
/// Places on a list that is put to the test.
const TRIED: usize = 10;

pub(crate) fn run(facts: &Facts, out: &Path) -> Result<Section, Failure> {
    let started = Instant::now();
    let rows = facts.behavior.view();
    let title = "What to show to whom";
    let head = ["customer", "rank", "sku", "score"];
    if rows.is_empty() {
        write_csv(&out.join("recommendations.csv"), head, [])?;
        step("recommend", "no sale names its customer", started)?;
        return Ok(Section::unanswered(title, super::customers::NOBODY, super::customers::ASK));
    }
    let once = vec![1.0; rows.len()];
    let trial = try_lists(&rows, &once)?;

    let all = Interactions::new(rows.customer(), rows.item(), &once)?.binary();
    let model = ItemKnn::new(NEIGHBORS).fit(&all)?;
    let bar = LateBar::new("recommend", all.users().len() as u64);
    let mut list = Vec::new();
    for &customer in all.users() {
        let best = model.recommend(&all.history(customer)?, LIST, &Filter::new())?;
        for (place, scored) in best.iter().enumerate() {
            list.push((customer, place + 1, *scored));
        }
        bar.advance(1);
    }
    drop(bar);
    write_csv(
        &out.join("recommendations.csv"),
        head,
        list.iter().map(|(customer, rank, scored)| {
            [
                facts.customers[*customer as usize].clone(),
                rank.to_string(),
                facts.skus[scored.item as usize].clone(),
                format!("{:.6}", scored.score),
            ]
        }),
    )?;
    step(
        "recommend",
        &format!(
            "lists for {}; {}",
            counted(all.users().len() as u64, "customer"),
            match &trial {
                Some(trial) => format!(
                    "{} of them hit within {TRIED} places, bestsellers alone {}",
                    percent(trial.personal),
                    percent(trial.bestsellers)
                ),
                None => "too few came twice to try them".to_owned(),
            },
        ),
        started,
    )?;

    let shown = list.iter().filter(|(_, rank, _)| *rank == 1).take(5);
    let because = |customer: u32, item: u32| -> Result<String, Failure> {
        let why = model.explain(&all.history(customer)?, item);
        Ok(why.first().map_or_else(String::new, |first| facts.name(first.item)))
    };
    let mut rows = Vec::new();
    for (customer, _, scored) in shown {
        rows.push(vec![
            facts.customer_name(*customer),
            facts.name(scored.item),
            because(*customer, scored.item)?,
        ]);
    }
    let table = Table { head: vec!["customer", "show", "because they bought"], rows };
    let table = Some(table).filter(|table| !table.rows.is_empty());
    let Some(trial) = trial else {
        let why = "No customer came on two days and bought something new on the last, so the lists \
                   could not be put to the test.";
        let advice = "Show bestsellers to everyone until customers have come a second time.";
        return Ok(Section { table, ..Section::unanswered(title, why, advice) });
    };
    let labels = ["goes with what they bought".to_owned(), "bestsellers for everyone".to_owned()];
    let values = vec![100.0 * trial.personal, 100.0 * trial.bestsellers];
    let axes =
        Axes { x: "customers of whom the list named a later purchase (%)", y: "list of ten" };
    let plot = charts::bars(&axes, &labels, &[Line { name: "hit rate", from: 0, values }], " %")?;
    Ok(Section {
        title: title.to_owned(),
        found: format!(
            "{} with more than one day of purchases were put to the test: their last day was hidden, \
             and a list of {TRIED} articles new to them was made from what they bought before. It \
             named something of the hidden day for {}; a list of {TRIED} bestsellers did for {}.",
            counted(trial.customers as u64, "customer"),
            percent(trial.personal),
            percent(trial.bestsellers),
        ),
        plot: Some(plot),
        advice: trial.advice().to_owned(),
        table,
        today: None,
    })
}

/// How often lists named what customers then bought.
struct Trial {
    customers: usize,
    personal: f64,
    bestsellers: f64,
}

impl Trial {
    /// Two standard errors, as if the two lists were tried on different customers: what is
    /// closer may be chance.
    fn advice(&self) -> &'static str {
        let (a, b) = (self.personal, self.bestsellers);
        let margin = 2.0 * ((a * (1.0 - a) + b * (1.0 - b)) / self.customers.max(1) as f64).sqrt();
        if a - b > margin {
            "Put the personal lists into the next message and onto the account page, and show \
             bestsellers to guests."
        } else if b - a > margin {
            "Show bestsellers: they do better than personal lists here."
        } else {
            "Show bestsellers for now: between the two lists there is no difference beyond chance. \
             Try again when more customers have come back."
        }
    }
}

/// Each customer's last purchase day is hidden and guessed from what came before; none if
/// nobody has both.
fn try_lists(rows: &Behavior<'_>, once: &[f64]) -> Result<Option<Trial>, Failure> {
    let split = split::last_moment(rows.customer(), rows.item(), rows.day())?;
    let parts = split.apply(rows.customer(), rows.item(), once)?;
    let train = parts.train.binary();
    let history = parts.history.binary();
    let of = |model: &dyn Recommender| match evaluate(model, &history, &parts.test, &[TRIED]) {
        Ok(evaluation) => Ok(Some(evaluation)),
        Err(Error::NothingToEvaluate) => Ok(None),
        Err(error) => Err(error),
    };
    let personal = of(&ItemKnn::new(NEIGHBORS).fit(&train)?)?;
    let bestsellers = of(&Popularity::users().fit(&train))?;
    Ok(personal.zip(bestsellers).and_then(|(personal, bestsellers)| {
        Some(Trial {
            customers: personal.users,
            personal: personal.at.first()?.hit_rate,
            bestsellers: bestsellers.at.first()?.hit_rate,
        })
    }))
}
