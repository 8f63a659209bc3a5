//! Records of a delimited text file or of JSON lines, one at a time, whatever the file holds.
//!
//! [`RecordReader`] reads from any [`Read`](std::io::Read) in bounded memory and lends
//! one [`Record`] after the other: its fields, its number, its place in the file and its
//! raw text. It never gives up on bad content; a record that cannot be split or is no
//! text says so in [`Record::defect`] and costs no other record. How a lone quote is
//! contained:
//!
//! - A field that starts with a quote ends at a quote followed by a delimiter or line end;
//!   `""` inside is one quote. A quote elsewhere is an ordinary character.
//! - A record over several physical lines counts only if it is well-formed and has the
//!   width of the header. If not, its first line alone is a bad record
//!   ([`Defect::Quote`]) and reading resumes at the second.
//! - A blank line is no record. A byte order mark at the start is skipped.
//! - Text is UTF-8 or Windows-1252 ([`Encoding`]); a record that is neither is no text.
//! - Lines end with LF or CRLF. The last line may end without; if it then lacks fields it
//!   is [`Defect::Truncated`].
//!
//! Time is linear in the input, whatever it holds; an input that goes on without a record ends
//! with [`Error::Endless`](crate::Error::Endless). Memory is a buffer of about twice the largest
//! record size at most and the texts of the records that were split ahead, which lie in it; no
//! field is allocated.

mod ahead;
mod dialect;
mod encoding;
mod objects;
mod reader;
mod source;
mod splitter;
mod view;
mod window;

pub use dialect::Dialect;
pub use encoding::Encoding;
pub use reader::RecordReader;
pub(crate) use source::Source;
pub use view::{Defect, Record};
