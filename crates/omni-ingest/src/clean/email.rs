//! E-mail addresses: one form to compare, and what an address says about who reads it.
//!
//! ```text
//! address = [name <] local @ host [>]
//! local   = 1 to 64 bytes: letters, digits, !#$%&'*+-/=?^_`{|}~ and single dots inside
//! host    = two or more labels of letters, digits and hyphens, the last not a number
//! ```
//!
//! Both parts are made lower case. By RFC 5321 a local part could tell `A` from `a`; no
//! provider does, and people type both. Quoted local parts and hosts that are numbers are
//! refused: no customer has them. Letters beyond ASCII are allowed (RFC 6531).
//!
//! Nothing is guessed: a mistyped host (`gmial.com`) stays what it is.
//!
//! Sources: RFC 5321 and 5322 (addresses), 6531 (other letters), 5233 (tags), 2142 (role
//! mailboxes), 2606 (reserved hosts).

use super::text::{collapse_space, lower, nfc, strip_invisible};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmailError {
    /// There is no text.
    #[error("no e-mail address at all")]
    Missing,
    /// It is not written as one.
    #[error("not an e-mail address")]
    Malformed,
    /// Part of it is hidden.
    #[error("an e-mail address with hidden letters")]
    Masked,
}

/// Longest address, in bytes (RFC 5321 with erratum 1690).
const LONGEST: usize = 254;
/// Longest local part, in bytes.
const LONGEST_LOCAL: usize = 64;
/// Longest label of a host, in bytes.
const LONGEST_LABEL: usize = 63;

/// An e-mail address in lower case. `Debug` is masked.
///
/// # Examples
/// ```
/// use omni_ingest::clean::email::{Email, MailboxRules};
///
/// let email: Email = "Ada Lovelace <Ada.L+shop@GMail.com>".parse()?;
/// assert_eq!(email.as_str(), "ada.l+shop@gmail.com");
/// assert_eq!(email.mailbox(MailboxRules::new()), "adal@gmail.com");
/// # Ok::<(), omni_ingest::clean::email::EmailError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Email(String);

impl Email {
    /// Reads an address, alone or after a name: `Ada <ada@mail.example>`.
    ///
    /// # Errors
    /// [`EmailError`] if it is none.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let visible = strip_invisible(text);
        let text = visible.trim();
        if text.is_empty() {
            return Err(EmailError::Missing);
        }
        // Hidden letters are stars. One alone could be a letter of a local part, of nobody.
        if text.contains(['*', '•', '●']) {
            return Err(EmailError::Masked);
        }
        let bare = match text.rsplit_once('<') {
            Some((_, rest)) => rest.split_once('>').ok_or(EmailError::Malformed)?.0,
            None => text,
        };
        let bare = bare.trim();
        let scheme = bare.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let bare = scheme.and_then(|_| bare.get(7..)).unwrap_or(bare);
        // A list or a sentence ended here; in a spreadsheet an apostrophe began.
        let bare = bare.trim_start_matches('\'').trim_end_matches([',', ';', '.', '\'']).trim();
        let address = lower(&nfc(bare)).into_owned();
        let (local, host) = address.rsplit_once('@').ok_or(EmailError::Malformed)?;
        if address.len() <= LONGEST && is_local(local) && is_host(host) {
            Ok(Self(address))
        } else {
            Err(EmailError::Malformed)
        }
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// What is after the `@`.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, host)| host)
    }

    /// The address of the mailbox that gets the mail: without tag, and at Gmail without
    /// dots.
    ///
    /// Two addresses of one mailbox are one person's as far as any address is.
    #[must_use]
    pub fn mailbox(&self, rules: MailboxRules) -> Cow<'_, str> {
        let (local, host) = (self.local(), self.host());
        let gmail = GMAIL.contains(&host);
        let drop_tag = match rules.tags {
            Tags::Keep => false,
            Tags::AtGmail => gmail,
            Tags::Everywhere => true,
        };
        let name = match local.split_once('+') {
            // A tag alone is a name, and what is before a tag is one that an address may have.
            Some((name, _)) if drop_tag && is_local(name) => name,
            _ => local,
        };
        if gmail && rules.gmail_dots {
            let name = name.replace('.', "");
            Cow::Owned(format!("{name}@{}", GMAIL[0]))
        } else if name.len() < local.len() {
            Cow::Owned(format!("{name}@{host}"))
        } else {
            Cow::Borrowed(&self.0)
        }
    }

    /// Whether the host is one of some domains, or under one of them.
    ///
    /// Which domains relay the mail of a marketplace's buyers depends on the channels a
    /// shop sells in, so they are named by the caller; see [`MARKETPLACES`] for some.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::clean::email::{Email, MARKETPLACES};
    ///
    /// let buyer: Email = "x7k2p@marketplace.amazon.co.uk".parse()?;
    /// assert!(buyer.is_at(MARKETPLACES));
    /// assert!(!buyer.is_at(["zon.co.uk"]));
    /// # Ok::<(), omni_ingest::clean::email::EmailError>(())
    /// ```
    pub fn is_at<'a>(&self, domains: impl IntoIterator<Item = &'a str>) -> bool {
        domains.into_iter().any(|domain| {
            let above = self.host().strip_suffix(domain);
            above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        })
    }

    /// Whether it is a role's mailbox, read by whoever has it: `info`, `sales`, `noreply`.
    ///
    /// Such an address says which firm or household, not which person.
    #[must_use]
    pub fn is_role(&self) -> bool {
        let name = self.local().split('+').next().unwrap_or_default();
        // no-reply, no.reply and no_reply.
        let plain: String = name.chars().filter(|c| !".-_".contains(*c)).collect();
        ROLES.binary_search(&plain.as_str()).is_ok()
    }

    /// Whether the host's name says that its mailboxes are thrown away, or it is one of
    /// the best-known of that kind.
    #[must_use]
    pub fn is_disposable(&self) -> bool {
        let words = ["tempmail", "temp-mail", "trashmail", "trash-mail", "throwaway", "disposable"];
        let more = ["10minute", "minutemail", "mailinator", "guerrillamail", "yopmail", "fakemail"];
        words.iter().chain(&more).any(|word| self.host().contains(word))
    }

    /// Whether no mail can ever arrive: a host that is reserved for examples and tests.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.is_at([
            "example",
            "test",
            "invalid",
            "localhost",
            "example.com",
            "example.net",
            "example.org",
        ])
    }
}

/// Hosts of one provider that ignores dots; the first is its name.
const GMAIL: [&str; 2] = ["gmail.com", "googlemail.com"];

/// Domains at which marketplaces relay mail to buyers, as their own help pages name them.
///
/// An address there is one buyer's at that marketplace; it never meets the person's own.
pub const MARKETPLACES: [&str; 17] = [
    "marketplace.amazon.ca",
    "marketplace.amazon.co.jp",
    "marketplace.amazon.co.uk",
    "marketplace.amazon.com",
    "marketplace.amazon.com.au",
    "marketplace.amazon.com.be",
    "marketplace.amazon.com.br",
    "marketplace.amazon.com.mx",
    "marketplace.amazon.de",
    "marketplace.amazon.es",
    "marketplace.amazon.fr",
    "marketplace.amazon.in",
    "marketplace.amazon.it",
    "marketplace.amazon.nl",
    "marketplace.amazon.pl",
    "marketplace.amazon.se",
    "members.ebay.com",
];

/// Names of roles, sorted: those of RFC 2142 and what shops and offices use for the same.
const ROLES: [&str; 62] = [
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administrator",
    "billing",
    "bookings",
    "buero",
    "careers",
    "compras",
    "contact",
    "contacto",
    "customercare",
    "customerservice",
    "donotreply",
    "email",
    "enquiries",
    "finance",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "infos",
    "inquiries",
    "invoice",
    "invoices",
    "jobs",
    "kontakt",
    "mail",
    "mailerdaemon",
    "marketing",
    "media",
    "newsletter",
    "noc",
    "noreply",
    "office",
    "order",
    "orders",
    "payments",
    "postmaster",
    "press",
    "privacy",
    "purchasing",
    "reception",
    "root",
    "sales",
    "secretary",
    "security",
    "service",
    "shop",
    "staff",
    "store",
    "subscribe",
    "support",
    "team",
    "unsubscribe",
    "usenet",
    "webmaster",
    "welcome",
    "www",
];

/// Which parts of an address do not tell mailboxes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MailboxRules {
    tags: Tags,
    gmail_dots: bool,
}

/// Where what follows a `+` is a tag of the same mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Tags {
    /// Nowhere.
    Keep,
    /// At Gmail.
    AtGmail,
    /// Everywhere: nearly every provider follows RFC 5233, and a name with a `+` in it is
    /// rare where none does.
    Everywhere,
}

impl MailboxRules {
    /// Tags go everywhere, dots at Gmail.
    #[must_use]
    pub const fn new() -> Self {
        Self { tags: Tags::Everywhere, gmail_dots: true }
    }

    /// Where tags go.
    #[must_use]
    pub const fn with_tags(self, tags: Tags) -> Self {
        Self { tags, ..self }
    }

    /// Whether dots go at Gmail, and `googlemail.com` is `gmail.com`.
    #[must_use]
    pub const fn with_gmail_dots(self, dropped: bool) -> Self {
        Self { gmail_dots: dropped, ..self }
    }
}

impl Default for MailboxRules {
    fn default() -> Self {
        Self::new()
    }
}

fn is_local(local: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || is_mark(c) || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (1..=LONGEST_LOCAL).contains(&local.len())
        && local.chars().all(letter)
        && local.split('.').all(|part| !part.is_empty())
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.chars().all(|c| c == '-' || c.is_alphanumeric() || is_mark(c))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((above, last)) = host.rsplit_once('.') else { return false };
    above.split('.').all(label) && label(last) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it is an accent or vowel sign of a letter of another script.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// The name before an address: `Ada Lovelace` of `"Ada Lovelace" <ada@mail.example>`.
///
/// # Examples
/// ```
/// use omni_ingest::clean::email::display_name;
///
/// assert_eq!(display_name("\"Lovelace, Ada\" <ada@mail.example>").as_deref(), Some("Lovelace, Ada"));
/// assert_eq!(display_name("ada@mail.example"), None);
/// ```
#[must_use]
pub fn display_name(text: &str) -> Option<Cow<'_, str>> {
    let (name, address) = text.rsplit_once('<')?;
    let name = name.trim().trim_matches(['"', '\'']).trim();
    (!name.is_empty() && address.contains('@')).then(|| collapse_space(name))
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    /// The first letters only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = |part: &str| part.chars().next().map_or_else(String::new, String::from);
        write!(f, "Email({}***@{}***)", first(self.local()), first(self.host()))
    }
}

impl AsRef<str> for Email {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn email(text: &str) -> Email {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_read_in_every_dress() {
        for text in [
            "ada@mail.example",
            " ADA@Mail.Example\u{a0}",
            "Ada <ada@mail.example>",
            "\"Lovelace, Ada\" < ada@mail.example >",
            "<ada@mail.example>",
            "MAILTO:ada@mail.example",
            "'ada@mail.example",
            "ada@mail.example;",
            "\u{feff}ada@mail.example\u{200b}.",
        ] {
            assert_eq!(email(text).as_str(), "ada@mail.example", "{text}");
        }
        assert_eq!(email("o'neil+x@müller.example").local(), "o'neil+x");
        assert_eq!(email("用户@例子.公司").host(), "例子.公司");
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "ada",
            "@",
            "ada@",
            "@mail.example",
            "ada@localhost",
            "a b@mail.example",
            "a..b@mail.example",
            ".a@mail.example",
            "a.@mail.example",
            "a@b@mail.example",
            "a@-mail.example",
            "a@mail..example",
            "a@1.2.3.4",
            "\"a b\"@mail.example",
            "Ada <ada@mail.example",
            "a,b@mail.example",
            "a@mail_x.example",
        ] {
            assert_eq!(text.parse::<Email>(), Err(EmailError::Malformed), "{text}");
        }
        assert_eq!("\u{200b} ".parse::<Email>(), Err(EmailError::Missing));
        for text in ["a***@mail.example", "a•••@mail.example", "v***@***.com"] {
            assert_eq!(text.parse::<Email>(), Err(EmailError::Masked), "{text}");
        }
        let long = format!("{}@mail.example", "a".repeat(65));
        assert_eq!(long.parse::<Email>(), Err(EmailError::Malformed));
        let long = format!("a@{}example", "mail.".repeat(60));
        assert_eq!(long.parse::<Email>(), Err(EmailError::Malformed));
    }

    #[test]
    fn tags_and_dots_go_by_rule() {
        let (all, none) = (MailboxRules::new(), MailboxRules::new().with_tags(Tags::Keep));
        let gmail = email("a.d.a+shop@googlemail.com");
        assert_eq!(gmail.mailbox(all), "ada@gmail.com");
        assert_eq!(gmail.mailbox(none.with_gmail_dots(false)), gmail.as_str());
        assert_eq!(gmail.mailbox(none), "ada+shop@gmail.com");
        let other = email("a.d.a+shop@mail.example");
        assert_eq!(other.mailbox(all), "a.d.a@mail.example");
        assert_eq!(other.mailbox(all.with_tags(Tags::AtGmail)), other.as_str());
        for whole in ["+x@mail.example", "a.+x@mail.example", "a.+x@gmail.example"] {
            assert_eq!(email(whole).mailbox(all), whole);
        }
    }

    #[test]
    fn mailboxes_that_are_no_persons_are_known() {
        assert!(ROLES.is_sorted());
        for text in ["info@x.example", "no-reply@x.example", "Sales+uk@x.example"] {
            assert!(email(text).is_role(), "{text}");
        }
        for text in ["infanta@x.example", "ada@info.example"] {
            assert!(!email(text).is_role(), "{text}");
        }
        assert!(email("a@mailinator.com").is_disposable());
        assert!(!email("a@mail.example").is_disposable());
        assert!(email("a@shop.example.com").is_reserved());
        assert!(!email("a@myexample.com").is_reserved());
    }

    #[test]
    fn debug_shows_no_address() {
        assert_eq!(format!("{:?}", email("ada@mail.example")), "Email(a***@m***)");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), odd in "[a-zÀ-ž<>@.+* \"'-]{0,20}@[a-z.-]{0,12}") {
            for text in [text, odd] {
                let _ = display_name(&text);
                if let Ok(email) = text.parse::<Email>() {
                    prop_assert_eq!(email.as_str().parse::<Email>(), Ok(email.clone()));
                    prop_assert!(!email.as_str().chars().any(char::is_whitespace));
                    prop_assert!(!email.as_str().chars().any(char::is_control));
                    let mailbox = email.mailbox(MailboxRules::new()).parse::<Email>();
                    prop_assert!(mailbox.is_ok(), "a mailbox is an address");
                    let mailbox = mailbox.unwrap();
                    prop_assert_eq!(mailbox.mailbox(MailboxRules::new()), mailbox.as_str());
                }
            }
        }
    }
}
