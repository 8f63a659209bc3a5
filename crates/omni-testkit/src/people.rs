//! Invented people in the layout of Febrl, of any number, with duplicates.
//!
//! One person is an original record; a tenth of them, or any other share, have a duplicate
//! with typing errors in three distinct fields. Names are made of syllables with
//! frequencies like those of real ones (the k-th most common has a share near 1/k), so
//! that common names meet by chance. The same seed gives the same people everywhere.

/// One record. Fields are empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// `rec-N-org` or `rec-N-dup-0`: N is the person.
    pub id: String,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// House number.
    pub street_number: String,
    /// Street.
    pub address_1: String,
    /// City or suburb.
    pub suburb: String,
    /// Postal code, four digits.
    pub postcode: String,
    /// State.
    pub state: String,
    /// `YYYYMMDD`
    pub date_of_birth: String,
    /// Seven digits.
    pub soc_sec_id: String,
}

/// A generator that is small and the same everywhere: `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// 0 the most often, the k-th about 1/(k + 1) as often, below `n`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below n")]
    fn zipf(&mut self, n: u64) -> u64 {
        let u = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let draw = ((n + 1) as f64).powf(u) - 1.0;
        (draw as u64).min(n - 1)
    }
}

/// The k-th name made of syllables.
fn word(mut k: u64, salt: u64, syllables: u64) -> String {
    const START: [&str; 20] = [
        "b", "br", "c", "ch", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st",
        "t", "v", "w",
    ];
    const MIDDLE: [&str; 10] = ["a", "e", "i", "o", "u", "ai", "ea", "ou", "y", "ie"];
    const END: [&str; 8] = ["", "n", "r", "l", "s", "t", "m", "ck"];
    // A permutation, so that neighbors in rank do not look alike.
    k = k.wrapping_mul(2_654_435_761).wrapping_add(salt) % 16_777_213;
    let mut text = String::new();
    for _ in 0..syllables {
        text.push_str(START[(k % 20) as usize]);
        k /= 20;
        text.push_str(MIDDLE[(k % 10) as usize]);
        k /= 10;
    }
    text.push_str(END[(k % 8) as usize]);
    text
}

/// `originals` people, of whom one in `one_in` has a duplicate, in a random order.
#[must_use]
pub fn people(originals: u32, one_in: u32, seed: u64) -> Vec<Person> {
    let mut random = Random(seed);
    let mut people = Vec::with_capacity(originals as usize + (originals / one_in) as usize);
    for number in 0..originals {
        let original = person(number, originals, &mut random);
        if number % one_in == 0 {
            let mut duplicate = original.clone();
            duplicate.id = format!("rec-{number}-dup-0");
            damage(&mut duplicate, &mut random);
            people.push(duplicate);
        }
        people.push(original);
    }
    for at in (1..people.len()).rev() {
        let other = random.below(at as u64 + 1);
        people.swap(at, usize::try_from(other).unwrap_or(0));
    }
    people
}

fn person(number: u32, originals: u32, random: &mut Random) -> Person {
    const STATES: [&str; 8] = ["nsw", "vic", "qld", "wa", "sa", "tas", "act", "nt"];
    const KINDS: [&str; 6] = ["street", "place", "road", "circuit", "avenue", "crescent"];
    // A postal code has a few suburbs of one state, and some thousand people.
    let region = random.zipf(2_500);
    let suburb = region * 4 + random.below(4);
    let (year, day) = (1920 + random.below(90), random.below(365));
    let street = random.below(u64::from(originals / 12 + 50));
    Person {
        id: format!("rec-{number}-org"),
        given_name: word(random.zipf(1_500), 17, 2),
        surname: word(random.zipf(40_000), 71, 3),
        street_number: (1 + random.zipf(300)).to_string(),
        address_1: format!("{} {}", word(street, 5, 3), KINDS[random.below(6) as usize]),
        suburb: word(suburb, 29, 3),
        postcode: format!("{:04}", 800 + region),
        state: STATES[(region % 8) as usize].to_owned(),
        date_of_birth: format!("{year}{:02}{:02}", day / 31 + 1, day % 31 % 28 + 1),
        soc_sec_id: format!("{:07}", random.below(9_999_999)),
    }
}

/// Typing errors in three distinct fields; sometimes the field is lost.
fn damage(person: &mut Person, random: &mut Random) {
    let mut damaged = [false; 9];
    let mut left = 3;
    while left > 0 {
        let at = random.below(9) as usize;
        if damaged[at] {
            continue;
        }
        damaged[at] = true;
        left -= 1;
        let field = match at {
            0 => &mut person.given_name,
            1 => &mut person.surname,
            2 => &mut person.street_number,
            3 => &mut person.address_1,
            4 => &mut person.suburb,
            5 => &mut person.postcode,
            6 => &mut person.state,
            7 => &mut person.date_of_birth,
            _ => &mut person.soc_sec_id,
        };
        if random.below(10) == 0 {
            field.clear();
        } else {
            *field = typo(field, random);
        }
    }
}

/// One letter or digit dropped, doubled, replaced or swapped with its neighbor.
fn typo(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.is_empty() {
        return String::new();
    }
    let at = random.below(bytes.len() as u64) as usize;
    match random.below(4) {
        0 if bytes.len() > 1 => {
            bytes.remove(at);
        }
        1 => bytes.insert(at, bytes[at]),
        2 if at + 1 < bytes.len() => bytes.swap(at, at + 1),
        _ => {
            let (first, count) = if bytes[at].is_ascii_digit() { (b'0', 10) } else { (b'a', 26) };
            bytes[at] = first + (random.below(count) as u8);
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_the_same_for_a_seed_and_differ_in_three_fields_at_most() {
        let all = people(200, 10, 7);
        assert_eq!(all, people(200, 10, 7));
        assert_eq!(all.len(), 220);
        let of = |id: &str| all.iter().find(|p| p.id == id).unwrap();
        for number in (0..200).step_by(10) {
            let (a, b) = (of(&format!("rec-{number}-org")), of(&format!("rec-{number}-dup-0")));
            let fields = |p: &Person| {
                [
                    p.given_name.clone(),
                    p.surname.clone(),
                    p.street_number.clone(),
                    p.address_1.clone(),
                    p.suburb.clone(),
                    p.postcode.clone(),
                    p.state.clone(),
                    p.date_of_birth.clone(),
                    p.soc_sec_id.clone(),
                ]
            };
            let differ = fields(a).iter().zip(fields(b)).filter(|(x, y)| **x != *y).count();
            assert!((1..=3).contains(&differ), "{a:?} {b:?}");
        }
    }
}
