//! Which layouts the values of a column follow.

use crate::parse::Layout;
use std::cmp::{Ordering, Reverse};

/// The layouts of a column, the most frequent first.
pub(super) struct Layouts {
    pub(super) layouts: Vec<String>,
    /// Whether day and month could be exchanged in some, and nothing decides.
    pub(super) is_ambiguous: bool,
}

const TIMES: [&str; 9] = [
    "",
    " %H:%M",
    " %H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    "T%H:%M",
    "T%H:%M:%S",
    " %H:%M:%S %z",
    "T%H:%M:%S%z",
];

/// The dates that can be read one way only.
const PLAIN: [&str; 5] = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d-%b-%Y"];

/// The dates with the day first whose day and month may be exchanged.
const EITHER: [&str; 6] = ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%y"];

/// The layout with day and month exchanged.
pub(super) fn swapped(layout: &str) -> String {
    layout.replace("%d", "\u{0}").replace("%m", "%d").replace('\u{0}', "%m")
}

/// Looks for the layouts of some values.
pub(super) fn layouts(values: &[String]) -> Layouts {
    let mut counted: Vec<(usize, String)> = Vec::new();
    let mut is_ambiguous = false;
    for time in TIMES {
        for date in PLAIN {
            let layout = format!("{date}{time}");
            counted.push((count(values, &layout), layout));
        }
        for date in EITHER {
            let day_first = format!("{date}{time}");
            let month_first = swapped(&day_first);
            let counts = (count(values, &day_first), count(values, &month_first));
            match counts.0.cmp(&counts.1) {
                Ordering::Greater => counted.push((counts.0, day_first)),
                Ordering::Less => counted.push((counts.1, month_first)),
                Ordering::Equal => is_ambiguous |= counts.0 > 0,
            }
        }
    }
    counted.retain(|(count, _)| *count > 0);
    // Stable: of equal counts the plainer layout stays first.
    counted.sort_by_key(|(count, _)| Reverse(*count));
    Layouts { layouts: counted.into_iter().map(|(_, layout)| layout).collect(), is_ambiguous }
}

/// How many values a layout reads.
fn count(values: &[String], layout: &str) -> usize {
    Layout::new(layout)
        .map_or(0, |layout| values.iter().filter(|value| layout.read(value).is_ok()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> (Vec<String>, bool) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let Layouts { layouts, is_ambiguous } = layouts(&values);
        (layouts, is_ambiguous)
    }

    #[test]
    fn a_day_above_twelve_decides() {
        let day = ["01/02/2025 10:00", "13/02/2025 10:00", "N/A", "31/04/2025 10:00"];
        assert_eq!(of(&day), (vec!["%d/%m/%Y %H:%M".into()], false));
        let month = ["01/02/2025 10:00:00 PM", "02/13/2025 10:00:00 PM"];
        assert_eq!(of(&month), (vec!["%m/%d/%Y %I:%M:%S %p".into()], false));
        assert_eq!(of(&["01/02/2025", "03/04/2025"]), (vec![], true));
        let mixed =
            ["2025-01-02 10:00", "2025-01-03 10:00", "13.02.25 10:00", "3 Mar 2025 1:00 AM"];
        let (layouts, ambiguous) = of(&mixed);
        assert_eq!(layouts, ["%Y-%m-%d %H:%M", "%d.%m.%y %H:%M", "%d %b %Y %I:%M %p"]);
        assert!(!ambiguous);
        assert_eq!(swapped("%d/%m/%Y"), "%m/%d/%Y");
    }
}
