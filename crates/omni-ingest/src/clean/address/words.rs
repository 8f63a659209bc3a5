//! What is shortened in addresses, and what for.
//!
//! Postal usage of the United States (USPS Publication 28, appendix C), the United
//! Kingdom, Australia (AS 4590), Canada, Germany, France, Spain and Italy.

/// Kinds of street, at the end of its name.
pub(super) const STREET_ENDS: &[(&str, &str)] = &[
    ("st", "street"),
    ("str", "strasse"),
    ("rd", "road"),
    ("av", "avenue"),
    ("ave", "avenue"),
    ("aven", "avenue"),
    ("dr", "drive"),
    ("drv", "drive"),
    ("ln", "lane"),
    ("la", "lane"),
    ("ct", "court"),
    ("crt", "court"),
    ("cl", "close"),
    ("pl", "place"),
    ("plz", "plaza"),
    ("sq", "square"),
    ("ter", "terrace"),
    ("terr", "terrace"),
    ("tce", "terrace"),
    ("cres", "crescent"),
    ("cr", "crescent"),
    ("crs", "crescent"),
    ("gdns", "gardens"),
    ("gdn", "garden"),
    ("gr", "grove"),
    ("gro", "grove"),
    ("grv", "grove"),
    ("pk", "park"),
    ("pkwy", "parkway"),
    ("pky", "parkway"),
    ("pde", "parade"),
    ("hwy", "highway"),
    ("fwy", "freeway"),
    ("blvd", "boulevard"),
    ("bvd", "boulevard"),
    ("cir", "circle"),
    ("cct", "circuit"),
    ("wy", "way"),
    ("aly", "alley"),
    ("hts", "heights"),
    ("hl", "hill"),
    ("is", "island"),
    ("ldg", "lodge"),
    ("mnr", "manor"),
    ("mws", "mews"),
    ("rw", "row"),
    ("vw", "view"),
    ("wlk", "walk"),
    ("xing", "crossing"),
    ("yd", "yard"),
    ("expy", "expressway"),
    ("tpke", "turnpike"),
    ("trl", "trail"),
    ("rte", "route"),
];

/// What is shortened at the beginning or inside.
pub(super) const STREET_STARTS: &[(&str, &str)] = &[
    ("st", "saint"),
    ("ste", "sainte"),
    ("mt", "mount"),
    ("ft", "fort"),
    ("dr", "doctor"),
    ("gt", "great"),
    ("lt", "little"),
    ("upr", "upper"),
    ("lwr", "lower"),
    ("str", "strasse"),
    ("av", "avenue"),
    ("ave", "avenue"),
    ("bd", "boulevard"),
    ("blvd", "boulevard"),
    ("bvd", "boulevard"),
    ("rte", "route"),
    ("chem", "chemin"),
    ("imp", "impasse"),
    ("pl", "place"),
    ("sq", "square"),
    ("rd", "road"),
    ("hwy", "highway"),
    ("c/", "calle"),
    ("avda", "avenida"),
    ("pza", "plaza"),
    ("pzza", "piazza"),
    ("cso", "corso"),
];

/// Points of the compass, in front of a name or behind the kind of street.
pub(super) const DIRECTIONS: &[(&str, &str)] = &[
    ("n", "north"),
    ("s", "south"),
    ("e", "east"),
    ("w", "west"),
    ("nth", "north"),
    ("sth", "south"),
    ("ne", "northeast"),
    ("nw", "northwest"),
    ("se", "southeast"),
    ("sw", "southwest"),
    ("north", "north"),
    ("south", "south"),
    ("east", "east"),
    ("west", "west"),
];

/// What is shortened in the names of places.
pub(super) const PLACE_STARTS: &[(&str, &str)] = &[
    ("st", "saint"),
    ("ste", "sainte"),
    ("sankt", "saint"),
    ("mt", "mount"),
    ("ft", "fort"),
    ("pt", "port"),
    ("nth", "north"),
    ("sth", "south"),
    ("hts", "heights"),
    ("spgs", "springs"),
];

/// What a number of a part of a house follows.
pub(super) const UNITS: &[&str] = &[
    "flat",
    "apt",
    "apartment",
    "unit",
    "suite",
    "ste",
    "room",
    "rm",
    "#",
    "appt",
    "app",
    "wohnung",
    "whg",
    "top",
    "piso",
    "lgh",
    "lot",
    "shop",
    "studio",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_shortened_for_one() {
        for table in [STREET_ENDS, STREET_STARTS, DIRECTIONS, PLACE_STARTS] {
            for (at, (short, full)) in table.iter().enumerate() {
                assert!(table[..at].iter().all(|(other, _)| other != short), "{short}");
                // Written out twice is written out once.
                assert!(table.iter().all(|(other, to)| other != full || to == full), "{full}");
            }
        }
    }
}
