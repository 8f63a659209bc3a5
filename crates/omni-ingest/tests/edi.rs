//! X12: what is written is read back, and a broken transaction costs only itself.

use chrono::{NaiveDate, NaiveDateTime};
use omni_ingest::Error;
use omni_ingest::edi::EdiError;
use omni_ingest::edi::x12::{
    Defect, Draft, Envelope, EnvelopeDefect, Limits, Party, Separators, Version, X12Reader,
    X12Writer,
};
use omni_testkit::reference;
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::{self, Read};

pub fn at() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2025, 3, 28).unwrap().and_hms_opt(9, 30, 0).unwrap()
}

pub fn envelope() -> Envelope {
    Envelope::new(Party::agreed("HALLOWFINCH"), Party::agreed("MILL & SONS"), 42, at())
}

/// Control number, defects and number of segments.
type Summary = (String, Vec<Defect>, usize);

/// Every transaction and all findings.
fn read(input: &[u8]) -> (Vec<Summary>, Vec<EnvelopeDefect>) {
    let mut reader = X12Reader::new(input).unwrap();
    let mut all = Vec::new();
    while let Some(transaction) = reader.next_transaction().unwrap() {
        let control = transaction.control().to_owned();
        all.push((control, transaction.defects().to_vec(), transaction.segments().count()));
    }
    assert!(reader.next_transaction().unwrap().is_none());
    assert_eq!(reader.bytes(), input.len() as u64);
    (all, reader.findings().iter().map(|finding| finding.defect).collect())
}

const ISA: &str = "ISA*00*          *00*          *ZZ*BUYERCO        *ZZ*HALLOWFINCH    \
                   *250101*0000*U*00401*000020251*0*T*>~";

/// An interchange of one group around some segments.
fn wrap(segments: &str, count: usize) -> String {
    format!(
        "{ISA}\nGS*PO*A*B*20250101*0000*1*X*004010~\n{segments}GE*{count}*1~\nIEA*1*000020251~\n"
    )
}

#[test]
fn a_broken_transaction_costs_only_itself() {
    let good = "ST*850*0007~\nBEG*00*NE*PO7~\nSE*3*0007~\n";
    let count = |declared, found| Defect::Count { declared, found };
    for (broken, control, defects) in [
        ("ST*850*0001~BEG*00~SE*9*0001~", "0001", vec![count(Some(9), 3)]),
        ("ST*850*0001~BEG*00~SE*x*0001~", "0001", vec![count(None, 3)]),
        ("ST*850*0001~BEG*00~SE*+3*0001~", "0001", vec![count(None, 3)]),
        ("ST*850*0001~BEG*00~SE*3*0002~", "0001", vec![Defect::Control]),
        ("ST*850*0001~BEG*00~", "0001", vec![Defect::NoTrailer]),
        ("BEG*00~CUR*BY*GBP~SE*3*0001~", "", vec![Defect::NoHeader, count(Some(3), 3)]),
        ("SE*1*0001~", "", vec![Defect::NoHeader]),
        ("ST*850*0001~BEG*\x00~SE*3*0001~", "0001", vec![Defect::Nul]),
    ] {
        let headed = u64::from(broken.starts_with("ST"));
        let text = wrap(&format!("{good}{broken}{good}"), 2 + headed as usize);
        let (all, findings) = read(text.as_bytes());
        let defects: Vec<Defect> =
            defects.into_iter().filter(|d| *d != count(Some(3), 3)).collect();
        let controls: Vec<&str> = all.iter().map(|(control, ..)| control.as_str()).collect();
        assert_eq!(controls, ["0007", control, "0007"], "{broken}");
        assert_eq!((&all[0].1, &all[2].1), (&vec![], &vec![]), "{broken}");
        assert_eq!(all[1].1, defects, "{broken}");
        assert_eq!(findings, [], "{broken}");
    }
}

#[test]
fn bytes_that_are_no_text_are_a_defect() {
    let text = wrap("ST*850*0001~N1*BY*M?LLER~SE*3*0001~ST*850*0002~SE*2*0002~", 2);
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'?' { 0xdc } else { byte }).collect();
    let (all, findings) = read(&bytes);
    assert_eq!(all[0].1, [Defect::Encoding]);
    assert_eq!((&all[1].1, findings), (&vec![], vec![]));
    let mut reader = X12Reader::new(&bytes[..]).unwrap();
    let first = reader.next_transaction().unwrap().unwrap();
    assert_eq!(first.segments().nth(1).unwrap().element(2), Some("M\u{fffd}LLER"));
}

#[test]
fn envelopes_are_checked() {
    let body = "ST*850*0001~SE*2*0001~";
    let group = |trailer: &str| format!("GS*PO*A*B*20250101*0000*1*X*004010~{body}{trailer}");
    let end = "IEA*1*000020251~";
    let counted = |declared, found| EnvelopeDefect::GroupCount { declared, found };
    for (text, expected) in [
        (format!("{ISA}{}{end}", group("GE*1*1~")), vec![]),
        (format!("{ISA}TA1*000000001*250101*0000*A*000~{}{end}", group("GE*1*1~")), vec![]),
        (format!("{ISA}{}{end}", group("GE*2*1~")), vec![counted(Some(2), 1)]),
        (
            format!("{ISA}{}{end}", group("GE~")),
            vec![counted(None, 1), EnvelopeDefect::GroupControl],
        ),
        (format!("{ISA}{}{end}", group("")), vec![EnvelopeDefect::NoGroupTrailer]),
        (format!("{ISA}{}", group("GE*1*1~")), vec![EnvelopeDefect::NoInterchangeTrailer]),
        (
            format!("{ISA}{}IEA*2*7", group("GE*1*1~")),
            vec![
                EnvelopeDefect::InterchangeCount { declared: Some(2), found: 1 },
                EnvelopeDefect::InterchangeControl,
            ],
        ),
        (
            format!("{ISA}{body}GE*1*1~IEA*0*000020251~"),
            vec![EnvelopeDefect::NoGroup, EnvelopeDefect::NoGroup],
        ),
        (format!("{ISA}{}{end}left over", group("GE*1*1~")), vec![EnvelopeDefect::Garbage]),
    ] {
        let (all, findings) = read(text.as_bytes());
        assert_eq!(all, [("0001".to_owned(), vec![], 2)], "{text}");
        assert_eq!(findings, expected, "{text}");
    }
}

#[test]
fn every_interchange_has_its_own_separators() {
    let one = wrap("ST*850*0001~SE*2*0001~", 1);
    let swapped: String = one
        .chars()
        .map(|c| match c {
            '*' => '|',
            '>' => ':',
            '~' => '\'',
            c => c,
        })
        .collect();
    let lines = one.replace("~\n", "~").replace('~', "\r\n");
    let short = one.replace("BUYERCO        ", "BUYERCO");
    let (all, findings) = read(format!("\u{feff}\n{one}junk{swapped}{lines}{short}").as_bytes());
    assert_eq!(all, vec![("0001".to_owned(), vec![], 2); 4]);
    assert_eq!(findings, [EnvelopeDefect::Garbage, EnvelopeDefect::HeaderLength]);
    // A header within a group whose trailers are missing.
    let cut = &one[..one.find("GE*").unwrap()];
    let (all, findings) = read(format!("{cut}{swapped}").as_bytes());
    assert_eq!(all, vec![("0001".to_owned(), vec![], 2); 2]);
    let missing = [EnvelopeDefect::NoGroupTrailer, EnvelopeDefect::NoInterchangeTrailer];
    assert_eq!(findings, missing);
}

#[test]
fn what_is_no_interchange_is_refused() {
    assert!(matches!(X12Reader::new(&b""[..]), Err(Error::Empty)));
    assert!(matches!(X12Reader::new(&b"\xef\xbb\xbf \r\n"[..]), Err(Error::Empty)));
    let long = format!("ISA*{}", "x".repeat(10_000));
    for text in ["Name,Email\n", "IS", "ISA", "ISAAAAAAAAAAAAAAAAAAAA", &ISA[..105], &long] {
        let error = X12Reader::new(text.as_bytes()).unwrap_err();
        assert_eq!(error, EdiError::NotX12.into(), "{text}");
    }
    let (all, findings) = read(ISA.as_bytes());
    assert_eq!((all.len(), findings), (0, vec![EnvelopeDefect::NoInterchangeTrailer]));
}

/// Every prefix of a file: what was complete is read, the rest is truncated.
#[test]
fn a_cut_file_keeps_what_is_whole() {
    let text = wrap("ST*850*0001~BEG*00~SE*3*0001~ST*850*0002~BEG*00~SE*3*0002~", 2);
    for cut in ISA.len()..text.len() {
        let (all, _) = read(&text.as_bytes()[..cut]);
        let whole = all.iter().filter(|(_, defects, _)| defects.is_empty()).count();
        let ends = text[..cut].matches("SE*3*000").count();
        let last = text[..cut].ends_with("SE*3*000");
        assert_eq!(whole, ends - usize::from(last), "{cut}");
        assert!(all.len() <= ends + 1);
    }
}

/// Gives the same bytes again and again, without ever holding them.
struct Endless<'a> {
    piece: &'a [u8],
    left: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = into.len().min(self.piece.len()).min(self.left);
        into[..len].copy_from_slice(&self.piece[..len]);
        self.left -= len;
        Ok(len)
    }
}

#[test]
fn a_transaction_without_end_does_not_fill_the_memory() {
    let mut limits = Limits::default();
    (limits.segment, limits.transaction) = (1 << 12, 1 << 16);
    for piece in ["A~", "~", "x", "ST~", "SE~", "GE~", "N1*BY*", "ISA", "ISA*"] {
        let piece = piece.repeat(1_000);
        let start = format!("{ISA}GS*PO*A*B*20250101*0000*1*X*004010~ST*850*0001~");
        let endless = Endless { piece: piece.as_bytes(), left: 500_000 };
        let end = "~SE*2*0001~ST*850*0009~SE*2*0009~";
        let input = start.as_bytes().chain(endless).chain(end.as_bytes());
        let mut reader = X12Reader::with_limits(input, limits).unwrap();
        let mut last = String::new();
        let mut too_long = false;
        while let Some(transaction) = reader.next_transaction().unwrap() {
            assert!(transaction.as_str().len() <= limits.transaction);
            last = transaction.control().to_owned();
            too_long |= transaction.defects().contains(&Defect::TooLong);
        }
        assert!(reader.findings().len() <= 1_000);
        assert_eq!(last, "0009", "{}", &piece[..4]);
        // Nothing is left of a segment beyond its limit, of a transaction beyond its own.
        let one = ["A~", "x", "N1", "IS"].iter().any(|long| piece.starts_with(long));
        assert_eq!(too_long, one, "{}", &piece[..4]);
    }
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let mut writer = X12Writer::new(Vec::new(), envelope(), "PO").unwrap();
    for (value, found) in [("a*b", '*'), ("a~", '~'), ("1>2", '>'), ("^", '^'), ("a\nb", '\n')] {
        let mut draft = Draft::new("850");
        draft.segment("N1", ["BY", value]);
        let error = writer.write(&draft).unwrap_err();
        let segment = "N1".to_owned();
        assert_eq!(error, EdiError::Unwritable { segment, element: 2, found }.into());
    }
    let mut draft = Draft::new("850");
    draft.segment("n1", ["BY"]);
    assert_eq!(writer.write(&draft).unwrap_err(), EdiError::SegmentName("n1".into()).into());
    // Nothing of them was written.
    let (all, findings) = read(&writer.finish().unwrap());
    assert_eq!((all, findings), (vec![], vec![]));

    let sixteen = Envelope { sender: Party::agreed("SIXTEEN-LETTERS!"), ..envelope() };
    let error = X12Writer::new(Vec::new(), sixteen, "PO").unwrap_err();
    let length =
        EdiError::Length { segment: "ISA".into(), element: 6, least: 1, most: 15, got: 16 };
    assert_eq!(error, length.into());
    let many = Envelope { control: 1_000_000_000, ..envelope() };
    assert!(X12Writer::new(Vec::new(), many, "PO").is_err());
    let star = Envelope { receiver: Party::agreed("A*B"), ..envelope() };
    assert!(X12Writer::new(Vec::new(), star, "PO").is_err());
}

/// An output that takes no more.
#[derive(Debug)]
struct Full;

impl io::Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("no space left"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let error = X12Writer::new(Full, envelope(), "PO").unwrap_err();
    assert!(matches!(error, Error::Write { .. }), "{error}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn the_orders_of_the_channels_are_read() {
    let file = std::fs::read(reference::path("data/ingest/channels/edi_850.x12")).unwrap();
    let records =
        std::fs::read_to_string(reference::path("data/ingest/channels/truth/records.csv")).unwrap();
    let expected: Vec<bool> = records
        .lines()
        .filter(|line| line.starts_with("edi_850.x12,"))
        .map(|line| line.contains("se_count_mismatch"))
        .collect();
    let (all, findings) = read(&file);
    assert_eq!(findings, []);
    let broken: Vec<bool> = all.iter().map(|(_, defects, _)| !defects.is_empty()).collect();
    assert_eq!(broken, expected);
    assert!(broken.contains(&true));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        sets in vec(vec(("[A-Z][A-Z0-9]{1,2}", vec("[a-zA-Z0-9 .,äé漢'-]{0,12}", 0..6)), 0..8), 0..5),
        five in any::<bool>(),
        bytes in prop::sample::select(vec![(b'*', b'>', b'^', b'~'), (b'|', b':', b'!', b'\n')]),
    ) {
        let own = ["ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"];
        let separators = Separators::new(bytes.0, bytes.1, Some(bytes.2), bytes.3).unwrap();
        let version = if five { Version::V5010 } else { Version::V4010 };
        let envelope = Envelope { version, separators, ..envelope() };
        let mut writer = X12Writer::new(Vec::new(), envelope, "PO").unwrap();
        let mut expected = Vec::new();
        for set in &sets {
            let mut draft = Draft::new("850");
            let mut segments = Vec::new();
            for (name, elements) in set.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
                draft.segment(name, elements.clone());
                segments.push((name.clone(), elements.clone()));
            }
            writer.write(&draft).unwrap();
            expected.push(segments);
        }
        let bytes = writer.finish().unwrap();
        let mut reader = X12Reader::new(&bytes[..]).unwrap();
        for (at, set) in expected.iter().enumerate() {
            let read = reader.next_transaction().unwrap().unwrap();
            prop_assert_eq!(read.defects(), []);
            prop_assert_eq!(read.control(), format!("{:04}", at + 1));
            prop_assert_eq!(read.interchange().sender.1.as_str(), "HALLOWFINCH");
            let inner: Vec<_> = read.segments().skip(1).take(set.len()).collect();
            prop_assert_eq!(inner.len() + 2, read.segments().count());
            for (segment, (name, elements)) in inner.iter().zip(set) {
                prop_assert_eq!(segment.name(), name.as_str());
                for (n, element) in elements.iter().enumerate() {
                    prop_assert_eq!(segment.element(n + 1).unwrap_or_default(), element.as_str());
                }
            }
        }
        prop_assert!(reader.next_transaction().unwrap().is_none());
        prop_assert_eq!(reader.findings(), []);
    }

    #[test]
    fn no_bytes_break_the_reader(
        pieces in vec(prop_oneof![
            Just(b"ISA*".to_vec()), Just(ISA.as_bytes().to_vec()), Just(b"GS*PO~".to_vec()),
            Just(b"ST*850*1~".to_vec()), Just(b"SE*2*1~".to_vec()), Just(b"GE*1*1~".to_vec()),
            Just(b"IEA*1*1~".to_vec()), Just(b"\r\n".to_vec()), vec(any::<u8>(), 0..30),
        ], 0..30),
    ) {
        let bytes = [ISA.as_bytes(), &pieces.concat()].concat();
        let (all, _) = read(&bytes);
        prop_assert!(all.len() <= bytes.len());
        if let Ok(mut reader) = X12Reader::new(&pieces.concat()[..]) {
            while reader.next_transaction().unwrap().is_some() {}
        }
    }
}
