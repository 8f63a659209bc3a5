//! What to show to whom.

use super::{grouped, percent};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::{LateBar, step};
use crate::report::{Section, Table};
use crate::shell::{Failure, write_csv};
use omnichannel::recommend::eval::{evaluate, split};
use omnichannel::recommend::{Filter, Interactions, ItemKnn, Popularity, Recommender};
use std::path::Path;
use std::time::Instant;

/// Neighbors of an item that count.
const NEIGHBORS: usize = 50;
/// Places on a list.
const LIST: usize = 5;

pub(crate) fn run(facts: &Facts, out: &Path) -> Result<Section, Failure> {
    let started = Instant::now();
    let rows = facts.behavior.view();
    let once = vec![1.0; rows.len()];

    // Each customer's last purchase day is hidden and guessed from what came before.
    let parts = split::last_moment(rows.customer(), rows.item(), rows.day())?.apply(
        rows.customer(),
        rows.item(),
        &once,
    )?;
    let trial = parts.train.binary();
    let knn = ItemKnn::new(NEIGHBORS).fit(&trial)?;
    let popular = Popularity::users().fit(&trial);
    let history = parts.history.binary();
    let of_knn = evaluate(&knn, &history, &parts.test, &[10])?;
    let of_popular = evaluate(&popular, &history, &parts.test, &[10])?;
    let (hit, popular_hit) = (of_knn.at[0].hit_rate, of_popular.at[0].hit_rate);

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
        ["customer", "rank", "sku", "score"],
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
            "lists for {} customers; {} of them hit within 10 places, bestsellers alone {}",
            grouped(all.users().len() as u64),
            percent(hit),
            percent(popular_hit),
        ),
        started,
    )?;

    let labels = ["bought with what they have".to_owned(), "bestsellers for everyone".to_owned()];
    let values = vec![100.0 * hit, 100.0 * popular_hit];
    let axes = Axes { x: "lists of 10 with a hit (%)", y: "method" };
    let plot = charts::bars(&axes, &labels, &[Line { name: "hit rate", from: 0, values }], " %")?;
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
    Ok(Section {
        title: "What to show to whom".to_owned(),
        found: format!(
            "{} customers with more than one day of purchases were put to the test: the last day was \
             hidden. A list of ten held something of it for {}; ten bestsellers did for {}.",
            grouped(of_knn.users as u64),
            percent(hit),
            percent(popular_hit),
        ),
        plot,
        advice: if hit > popular_hit {
            "Put the personal lists into the next message and onto the account page, and show \
             bestsellers to guests."
        } else {
            "Show bestsellers: there is too little history yet for personal lists to do better."
        }
        .to_owned(),
        table: Some(Table { head: vec!["customer", "show", "because they bought"], rows }),
    })
}
