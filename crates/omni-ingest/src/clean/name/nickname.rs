//! Usual short forms of given names.
//!
//! Common knowledge of English-speaking countries with the best-known of others, kept
//! short: a form is here if it is usual enough to be on an order. A short form may stand
//! for several names (`alex`), so it is a hint that two names can be one person's, never
//! that they are.

/// A full name and its short forms.
const NAMES: &[(&str, &[&str])] = &[
    ("abigail", &["abbie", "abby", "gail"]),
    ("abraham", &["abe"]),
    ("albert", &["al", "bert", "bertie"]),
    ("alexander", &["al", "alec", "alex", "sandy", "sasha", "xander"]),
    ("alexandra", &["alex", "lexi", "sandra", "sandy", "sasha"]),
    ("alfred", &["alf", "alfie", "fred", "freddie"]),
    ("alison", &["ali", "allie"]),
    ("amanda", &["mandy"]),
    ("andrea", &["andi", "andy"]),
    ("andreas", &["andi", "andy"]),
    ("andrew", &["andy", "drew"]),
    ("angela", &["angie"]),
    ("ann", &["annie", "nan", "nancy"]),
    ("anne", &["annie", "nan", "nancy"]),
    ("anthony", &["ant", "tony"]),
    ("antonio", &["toni", "tonio", "tony"]),
    ("archibald", &["archie"]),
    ("arthur", &["art", "artie"]),
    ("barbara", &["babs", "barb", "barbie"]),
    ("bartholomew", &["bart"]),
    ("beatrice", &["bea", "trixie"]),
    ("benjamin", &["ben", "benji", "benny"]),
    ("bernard", &["bernie"]),
    ("bradley", &["brad"]),
    ("caroline", &["caro", "carrie"]),
    ("catherine", &["cat", "cath", "cathy", "kate", "katie", "kitty"]),
    ("cecilia", &["celia", "cissy"]),
    ("charles", &["charlie", "chas", "chuck"]),
    ("charlotte", &["charlie", "lottie"]),
    ("christian", &["chris"]),
    ("christina", &["chris", "chrissie", "tina"]),
    ("christine", &["chris", "chrissie", "tina"]),
    ("christopher", &["chris", "kit", "topher"]),
    ("clifford", &["cliff"]),
    ("constance", &["connie"]),
    ("cynthia", &["cindy"]),
    ("daniel", &["dan", "danny"]),
    ("danielle", &["dani"]),
    ("david", &["dave", "davey", "davy"]),
    ("deborah", &["deb", "debbie"]),
    ("dennis", &["den", "denny"]),
    ("diana", &["di"]),
    ("dominic", &["dom"]),
    ("donald", &["don", "donnie"]),
    ("dorothy", &["dolly", "dot", "dottie"]),
    ("douglas", &["doug"]),
    ("edmund", &["ed", "eddie", "ned"]),
    ("edward", &["ed", "eddie", "ned", "ted", "teddy"]),
    ("edwin", &["ed", "eddie"]),
    ("eleanor", &["ellie", "nell", "nora"]),
    ("elizabeth", &["beth", "betsy", "betty", "eliza", "libby", "lisa", "liz", "lizzie"]),
    ("emily", &["em", "emmy"]),
    ("emma", &["em", "emmy"]),
    ("ernest", &["ern", "ernie"]),
    ("eugene", &["gene"]),
    ("ferdinand", &["ferdi"]),
    ("florence", &["flo", "florrie"]),
    ("frances", &["fran", "francie", "frankie"]),
    ("francis", &["frank", "frankie"]),
    ("francisco", &["paco", "pancho"]),
    ("franklin", &["frank"]),
    ("frederick", &["fred", "freddie", "freddy"]),
    ("gabriel", &["gabe"]),
    ("gabrielle", &["gabby"]),
    ("geoffrey", &["geoff"]),
    ("george", &["georgie"]),
    ("gerald", &["gerry", "jerry"]),
    ("gerard", &["gerry"]),
    ("gilbert", &["gil"]),
    ("giuseppe", &["beppe", "peppe", "pino"]),
    ("graham", &["gray"]),
    ("gregory", &["greg"]),
    ("harold", &["hal", "harry"]),
    ("harriet", &["hattie"]),
    ("helen", &["nell", "nellie"]),
    ("henry", &["hal", "hank", "harry"]),
    ("herbert", &["bert", "herb"]),
    ("howard", &["howie"]),
    ("hubert", &["bert"]),
    ("isaac", &["ike", "zac"]),
    ("isabel", &["bella", "belle", "izzy"]),
    ("isabella", &["bella", "izzy"]),
    ("jacob", &["jake"]),
    ("jacqueline", &["jackie", "jacqui"]),
    ("james", &["jamie", "jim", "jimmy"]),
    ("janet", &["jan"]),
    ("jennifer", &["jen", "jennie", "jenny"]),
    ("jeffrey", &["jeff"]),
    ("jeremy", &["jem", "jerry"]),
    ("jessica", &["jess", "jessie"]),
    ("joan", &["joanie"]),
    ("joanna", &["jo"]),
    ("joanne", &["jo"]),
    ("johannes", &["hans", "jan", "joh"]),
    ("john", &["jack", "johnnie", "johnny"]),
    ("jonathan", &["jon", "jonny"]),
    ("jose", &["pepe"]),
    ("joseph", &["joe", "joey"]),
    ("josephine", &["jo", "josie"]),
    ("joshua", &["josh"]),
    ("judith", &["judy"]),
    ("julia", &["jules"]),
    ("julian", &["jules"]),
    ("katharine", &["kate", "kathy", "katie", "kitty"]),
    ("katherine", &["kate", "kathy", "katie", "kitty"]),
    ("kathleen", &["kate", "kath", "kathy"]),
    ("kathryn", &["kate", "kathy", "katie"]),
    ("kenneth", &["ken", "kenny"]),
    ("kimberly", &["kim"]),
    ("kristina", &["kris", "tina"]),
    ("laurence", &["larry", "laurie"]),
    ("lawrence", &["larry", "laurie", "lawrie"]),
    ("leonard", &["len", "lenny", "leo"]),
    ("leslie", &["les"]),
    ("lewis", &["lew"]),
    ("lillian", &["lil", "lily"]),
    ("louis", &["lou", "louie"]),
    ("louise", &["lou"]),
    ("lucas", &["luke"]),
    ("lucille", &["lucy"]),
    ("madeleine", &["maddie", "maddy"]),
    ("madeline", &["maddie", "maddy"]),
    ("malcolm", &["mal"]),
    ("manuel", &["manny", "manolo"]),
    ("margaret", &["greta", "maggie", "marge", "meg", "megan", "peg", "peggy", "rita"]),
    ("maria", &["mia"]),
    ("martin", &["marty"]),
    ("mary", &["mamie", "molly", "polly"]),
    ("matilda", &["mattie", "tilda", "tilly"]),
    ("matthew", &["matt", "matty"]),
    ("maximilian", &["max"]),
    ("maxwell", &["max"]),
    ("michael", &["mick", "mickey", "mike", "mikey"]),
    ("michelle", &["shelly"]),
    ("mildred", &["millie"]),
    ("mitchell", &["mitch"]),
    ("nancy", &["nan"]),
    ("natalie", &["nat"]),
    ("nathan", &["nat", "nate"]),
    ("nathaniel", &["nat", "nate", "nathan"]),
    ("nicholas", &["nic", "nick", "nicky"]),
    ("nicola", &["nicky", "nikki"]),
    ("nicole", &["nicky", "nikki"]),
    ("norman", &["norm"]),
    ("oliver", &["ol", "ollie"]),
    ("olivia", &["liv", "livvy"]),
    ("pamela", &["pam"]),
    ("patricia", &["pat", "patsy", "patti", "patty", "tricia", "trish"]),
    ("patrick", &["paddy", "pat"]),
    ("penelope", &["penny"]),
    ("peter", &["pete"]),
    ("philip", &["phil"]),
    ("phillip", &["phil"]),
    ("priscilla", &["cilla"]),
    ("rachel", &["rach"]),
    ("randall", &["randy"]),
    ("raymond", &["ray"]),
    ("rebecca", &["becca", "becky"]),
    ("reginald", &["reg", "reggie"]),
    ("richard", &["dick", "rich", "richie", "rick", "ricky"]),
    ("robert", &["bob", "bobby", "rob", "robbie"]),
    ("roderick", &["rod"]),
    ("rodney", &["rod"]),
    ("roger", &["rog"]),
    ("ronald", &["ron", "ronnie"]),
    ("rosemary", &["rose", "rosie"]),
    ("rudolf", &["rudi"]),
    ("russell", &["russ"]),
    ("samantha", &["sam", "sammy"]),
    ("samuel", &["sam", "sammy"]),
    ("sandra", &["sandy"]),
    ("sarah", &["sadie", "sally"]),
    ("sebastian", &["basti", "seb"]),
    ("sidney", &["sid"]),
    ("simon", &["si"]),
    ("sophia", &["sophie"]),
    ("stanley", &["stan"]),
    ("stephanie", &["steffi", "steph"]),
    ("stephen", &["steve"]),
    ("steven", &["steve"]),
    ("stuart", &["stew", "stu"]),
    ("susan", &["sue", "susie", "suzy"]),
    ("susanna", &["sue", "susie"]),
    ("suzanne", &["sue", "suzy"]),
    ("sylvester", &["sly"]),
    ("terence", &["terry"]),
    ("teresa", &["terry", "tess"]),
    ("theodore", &["ted", "teddy", "theo"]),
    ("theresa", &["terry", "tess"]),
    ("thomas", &["tom", "tommy"]),
    ("timothy", &["tim", "timmy"]),
    ("tobias", &["toby"]),
    ("valerie", &["val"]),
    ("veronica", &["ronnie", "vera"]),
    ("victor", &["vic"]),
    ("victoria", &["tori", "vicki", "vicky"]),
    ("vincent", &["vin", "vince", "vinnie"]),
    ("virginia", &["ginny"]),
    ("vivian", &["viv"]),
    ("walter", &["wally", "walt"]),
    ("wilfred", &["wilf"]),
    ("wilhelm", &["willi", "willy"]),
    ("william", &["bill", "billy", "will", "willie"]),
    ("winifred", &["winnie"]),
    ("zachary", &["zac", "zach", "zack"]),
];

/// The full names a given name is short for; none if it is no usual short form.
///
/// Names are keys: lower case and plain ([`name_key`](super::name_key)).
///
/// # Examples
/// ```
/// use omni_ingest::clean::name::full_names;
///
/// assert_eq!(full_names("pat").collect::<Vec<_>>(), ["patricia", "patrick"]);
/// ```
pub fn full_names(name: &str) -> impl Iterator<Item = &'static str> {
    let short = NAMES.iter().filter(move |(_, forms)| forms.binary_search(&name).is_ok());
    short.map(|(full, _)| *full)
}

/// Whether one given name is a usual short form of the other, or both are of one name.
///
/// O(table): under a microsecond.
///
/// # Examples
/// ```
/// use omni_ingest::clean::name::is_nickname_pair;
///
/// assert!(is_nickname_pair("ben", "benjamin"));
/// assert!(is_nickname_pair("bill", "will")); // both William
/// assert!(!is_nickname_pair("ben", "ken"));
/// ```
#[must_use]
pub fn is_nickname_pair(a: &str, b: &str) -> bool {
    a != b
        && NAMES.iter().any(|(full, forms)| {
            let is = |name: &str| *full == name || forms.binary_search(&name).is_ok();
            is(a) && is(b)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_sorted_keys() {
        for (full, forms) in NAMES {
            assert!(forms.is_sorted_by(|a, b| a < b), "{full}");
            for name in forms.iter().chain([full]) {
                assert_eq!(*name, super::super::name_key(name));
            }
            assert!(!forms.contains(full));
        }
        let mut names: Vec<_> = NAMES.iter().map(|(full, _)| full).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NAMES.len());
    }

    #[test]
    fn pairs_hold_both_ways() {
        for (a, b) in [("tony", "anthony"), ("liz", "beth"), ("sam", "samantha")] {
            assert!(is_nickname_pair(a, b) && is_nickname_pair(b, a), "{a} {b}");
        }
        assert!(!is_nickname_pair("sam", "sam"));
        assert!(!is_nickname_pair("samuel", "samantha"));
        assert_eq!(full_names("xyz").count(), 0);
    }
}
