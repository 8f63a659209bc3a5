//! Purchase orders, their acknowledgments and ship notices.

use crate::edi::{at, envelope};
use chrono::NaiveDate;
use omni_core::customer::Address;
use omni_core::{Currency, UnitPrice};
use omni_ingest::Error;
use omni_ingest::edi::x12::{Defect, Draft, Transaction, X12Reader, X12Writer};
use omni_ingest::edi::{
    Acknowledgment, Answer, Change, Difference, DocumentError, EdiError, Fulfillment, ItemCodes,
    Place, Problem, PurchaseLine, PurchaseOrder, ShipNotice,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 4, day).unwrap()
}

fn gtin(code: &str) -> ItemCodes {
    ItemCodes { gtin: Some(code.to_owned()), ..ItemCodes::default() }
}

fn price(text: &str) -> UnitPrice {
    UnitPrice::from_decimal(text, Currency::GBP).unwrap()
}

/// Three lines: mugs, shirts, candles.
fn order() -> PurchaseOrder {
    let mut order = PurchaseOrder::new("PO-77", at().date(), Currency::GBP);
    order.wanted = Some(day(10));
    order.ship_to = Some(Place {
        code: "0042".into(),
        address: Address {
            name: "Hallow & Finch, Store 4".into(),
            street: "12 High Street".into(),
            city: "Ashcombe".into(),
            region: String::new(),
            postal_code: "AC9 4GQ".into(),
            country: "GB".into(),
        },
    });
    let supplier = ItemCodes { supplier: Some("TEE-M".into()), ..gtin("2025100000871") };
    let buyer = ItemCodes { buyer: Some("00037".into()), ..ItemCodes::default() };
    order.lines = vec![
        PurchaseLine::new(1, 12, price("6.80"), gtin("2025100001076")),
        PurchaseLine {
            description: "Tee".into(),
            ..PurchaseLine::new(2, 40, price("7.355"), supplier)
        },
        PurchaseLine::new(3, 5, price("2"), buyer),
    ];
    order
}

/// A file of one transaction, handed to `read`.
fn with<R>(set: &str, segments: &str, read: impl FnOnce(&Transaction<'_>) -> R) -> R {
    let mut draft = Draft::new(set);
    for segment in segments.split('~').filter(|segment| !segment.trim().is_empty()) {
        let mut parts = segment.trim().split('*');
        draft.segment(parts.next().unwrap(), parts);
    }
    let mut writer = X12Writer::new(Vec::new(), envelope(), "PO").unwrap();
    writer.write(&draft).unwrap();
    let bytes = writer.finish().unwrap();
    let mut reader = X12Reader::new(&bytes[..]).unwrap();
    let transaction = reader.next_transaction().unwrap().unwrap();
    assert_eq!(transaction.defects(), []);
    read(&transaction)
}

fn answer(segments: &str) -> Acknowledgment {
    with("855", segments, |transaction| Acknowledgment::read(transaction, Currency::GBP)).unwrap()
}

fn differ(line: u32, change: Change) -> Difference {
    // There is no constructor: the struct may grow.
    let mut one = answer("BAK*00*RJ*PO-77*20250328").differences(&order()).remove(0);
    one.line = Some(line);
    one.change = change;
    one
}

#[test]
fn an_order_is_written_as_the_standard_has_it() {
    let mut writer = X12Writer::new(Vec::new(), envelope(), "PO").unwrap();
    writer.write(&order().draft().unwrap()).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let expected = "ISA*00*          *00*          *ZZ*HALLOWFINCH    *ZZ*MILL & SONS    *250328*0930*U*00401*000000042*0*T*>~\
        GS*PO*HALLOWFINCH*MILL & SONS*20250328*0930*42*X*004010~\
        ST*850*0001~BEG*00*NE*PO-77**20250328~CUR*BY*GBP~DTM*002*20250410~\
        N1*ST*Hallow & Finch, Store 4*92*0042~N3*12 High Street~N4*Ashcombe**AC9 4GQ*GB~\
        PO1*1*12*EA*6.80**EN*2025100001076~\
        PO1*2*40*EA*7.355**EN*2025100000871*VN*TEE-M~PID*F****Tee~\
        PO1*3*5*EA*2.00**SK*00037~CTT*3*57~SE*13*0001~GE*1*42~IEA*1*000000042~";
    assert_eq!(text, expected);
}

#[test]
fn an_order_that_cannot_be_written_says_where() {
    let mut long = order();
    long.number = "P".repeat(23);
    let length = |segment: &str, element, least, most, got| EdiError::Length {
        segment: segment.to_owned(),
        element,
        least,
        most,
        got,
    };
    assert_eq!(long.draft().unwrap_err(), length("BEG", 3, 1, 22, 23));
    let mut bare = order();
    bare.lines[0].codes = ItemCodes::default();
    assert_eq!(bare.draft().unwrap_err(), length("PO1", 7, 1, 48, 0));
    let mut foreign = order();
    foreign.lines[0].price = UnitPrice::from_decimal("1", Currency::EUR).unwrap();
    assert_eq!(foreign.draft().unwrap_err(), length("PO1", 4, 1, 17, 0));
    let mut star = order();
    star.lines[1].description = "Tee * white".into();
    let mut writer = X12Writer::new(Vec::new(), envelope(), "PO").unwrap();
    let error = writer.write(&star.draft().unwrap()).unwrap_err();
    let found = EdiError::Unwritable { segment: "PID".into(), element: 5, found: '*' };
    assert_eq!(error, Error::Edi(found));
}

#[test]
fn an_answer_as_ordered_has_no_differences() {
    let full = answer(
        "BAK*00*AD*PO-77*20250328****S-1*20250329~CUR*BY*GBP~\
         PO1*1*12*EA*6.8**EN*2025100001076~ACK*IA*12*EA*068*20250410~\
         PO1*2*40*EA*7.3550**EN*02025100000871~ACK*IA*15*EA~ACK*AC*25.0*EA~\
         PO1**5*EA*2**SK*00037~ACK*IA~CTT*3~",
    );
    assert_eq!((full.answer, full.supplier_order.as_str()), (Answer::Detailed, "S-1"));
    assert_eq!((full.date, full.issues.len()), (NaiveDate::from_ymd_opt(2025, 3, 29), 0));
    assert_eq!(full.differences(&order()), []);
    let short = answer("BAK*00*AT*PO-77*20250328~");
    assert_eq!((short.answer, short.differences(&order())), (Answer::Accepted, vec![]));
}

#[test]
fn every_difference_is_listed() {
    let changed = answer(
        "BAK*00*AC*PO-77*20250328~\
         PO1*1*12*EA*6.90**EN*2025100001076~ACK*IQ*8*EA*068*20250412~ACK*IB*4*EA*068*20250501~\
         PO1*2*40*CA*7.355**VN*TEE-M~ACK*IS*30*CA****EN*4006381333931~ACK*IR*10*CA~\
         PO1*9*1*EA*5**VN*SOCKS~ACK*IA*1*EA~",
    );
    let expected = [
        differ(9, Change::NotOrdered),
        differ(1, Change::Price { ordered: price("6.80"), acknowledged: price("6.90") }),
        differ(1, Change::Backordered { quantity: 4 }),
        differ(1, Change::Quantity { ordered: 12, accepted: 8 }),
        differ(1, Change::Date { wanted: day(10), promised: day(12) }),
        differ(
            1,
            Change::Date {
                wanted: day(10),
                promised: NaiveDate::from_ymd_opt(2025, 5, 1).unwrap(),
            },
        ),
        differ(2, Change::Unit { unit: "CA".into() }),
        differ(2, Change::Substituted { codes: gtin("4006381333931") }),
        differ(2, Change::Rejected { quantity: 10 }),
        differ(2, Change::Quantity { ordered: 40, accepted: 30 }),
        differ(3, Change::Unanswered),
    ];
    assert_eq!(changed.differences(&order()), expected);

    let other = answer("BAK*00*RJ*PO-78*20250328~");
    let changes: Vec<Change> =
        other.differences(&order()).into_iter().map(|difference| difference.change).collect();
    assert_eq!(changes, [Change::OtherOrder, Change::AllRejected]);
    // A line by its number whose code is another is not that line.
    let swapped = answer(
        "BAK*00*AC*PO-77*20250328~PO1*1*40*EA*7.355**EN*2025100000871~ACK*IA~\
         PO1*2*12*EA*6.8**EN*2025100001076~ACK*IA~PO1*3*5*EA*2~ACK*ZZ*5*EA~",
    );
    let unclear = differ(3, Change::Unclear { code: "ZZ".into() });
    let nothing = differ(3, Change::Quantity { ordered: 5, accepted: 0 });
    assert_eq!(swapped.differences(&order()), [unclear, nothing]);
}

#[test]
fn a_bad_element_costs_itself() {
    let read = answer(
        "BAK*00*AC*PO-77*20250332~ACK*IA*1*EA~PO1*x*1.5*EA*6,80**EN*2025100001076~\
         ACK*IA*-1*EA*068*2025~CUR*BY*POUND~CTT*7~",
    );
    let issues: Vec<(u64, &str, usize, Problem)> = read
        .issues
        .iter()
        .map(|issue| (issue.place, issue.segment.as_str(), issue.element, issue.problem))
        .collect();
    assert_eq!(
        issues,
        [
            (2, "BAK", 4, Problem::Date),
            (3, "ACK", 0, Problem::Place),
            (4, "PO1", 1, Problem::Quantity),
            (4, "PO1", 2, Problem::Quantity),
            (4, "PO1", 4, Problem::Price),
            (5, "ACK", 2, Problem::Quantity),
            (5, "ACK", 5, Problem::Date),
            (6, "CUR", 2, Problem::Currency),
            (7, "CTT", 1, Problem::Count),
        ]
    );
    assert_eq!(read.lines[0].codes, gtin("2025100001076"));
}

#[test]
fn what_is_no_such_document_is_refused() {
    let read = |set, segments| {
        with(set, segments, |transaction| Acknowledgment::read(transaction, Currency::GBP))
            .unwrap_err()
    };
    let set = DocumentError::Set { expected: "855", found: "850".into() };
    assert_eq!(read("850", "BEG*00"), set);
    let missing = |segment, element| DocumentError::Missing { segment, element };
    assert_eq!(read("855", "PO1*1"), missing("BAK", 0));
    assert_eq!(read("855", "BAK*00*AC"), missing("BAK", 3));
    let error = with("856", "BSN*00", ShipNotice::read).unwrap_err();
    assert_eq!(error, missing("BSN", 2));

    let mut writer = X12Writer::new(Vec::new(), envelope(), "PR").unwrap();
    let mut draft = Draft::new("855");
    draft.segment("BAK", ["00", "AD", "PO-77"]);
    writer.write(&draft).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap().replace("SE*3", "SE*4");
    let mut reader = X12Reader::new(text.as_bytes()).unwrap();
    let broken = reader.next_transaction().unwrap().unwrap();
    let count = Defect::Count { declared: Some(4), found: 3 };
    let error = Acknowledgment::read(&broken, Currency::GBP).unwrap_err();
    assert_eq!(error, DocumentError::Broken(vec![count]));
}

const NOTICE: &str = "BSN*00*SH-9*20250409*1200*0001~\
    HL*1**S~TD5**2*DPDU~REF*BM*BOL-1~DTM*011*20250409~DTM*017*20250411~\
    HL*2*1*O~PRF*PO-77***20250328~\
    HL*3*2*T~MAN*GM*00106141412345678908~\
    HL*4*3*P~MAN*GM*106141412345678915*CP*1Z999~\
    HL*5*4*I~LIN*1*EN*2025100001076*LT*L-1~SN1**8*EA~DTM*036*20260101~\
    HL*6*4*I~LIN**EN*2025100000871~SN1**40*EA~REF*SE*S-1~REF*SE*S-2~\
    HL*7*2*P~MAN*GM*106141412345678916~\
    HL*8*7*I~LIN*1*EN*2025100001076~SN1**5*EA~REF*LT*L-2~\
    HL*9*7*I~LIN**VN*SOCKS~SN1**1*EA~\
    HL*10*1*O~PRF*PO-78~HL*11*10*I~LIN*3~SN1**99*EA~\
    CTT*11~";

#[test]
fn a_ship_notice_is_a_tree() {
    let notice = with("856", NOTICE, ShipNotice::read).unwrap();
    assert_eq!((notice.number.as_str(), notice.carrier.as_str()), ("SH-9", "DPDU"));
    assert_eq!((notice.shipped, notice.expected), (Some(day(9)), Some(day(11))));
    assert_eq!(notice.tracking, ["BOL-1"]);
    let packages: Vec<(bool, &str, Option<usize>)> = notice
        .packages
        .iter()
        .map(|package| (package.is_pallet, package.sscc.as_str(), package.inside))
        .collect();
    // The third code does not check: it is listed, and its carton has none.
    assert_eq!(
        packages,
        [
            (true, "106141412345678908", None),
            (false, "106141412345678915", Some(0)),
            (false, "", None),
        ]
    );
    assert_eq!(notice.packages[1].tracking, ["1Z999"]);
    let [issue] = &notice.issues[..] else { panic!("{:?}", notice.issues) };
    assert_eq!((issue.segment.as_str(), issue.problem), ("MAN", Problem::CheckDigit));

    let item = &notice.items[0];
    assert_eq!((item.order.as_str(), item.line, item.quantity), ("PO-77", Some(1), Some(8)));
    assert_eq!(
        (item.lots.as_slice(), item.best_before),
        (&["L-1".to_owned()][..], NaiveDate::from_ymd_opt(2026, 1, 1))
    );
    let around: Vec<bool> = notice.around(item).map(|package| package.is_pallet).collect();
    assert_eq!(around, [false, true]);
    assert_eq!(notice.items[1].serials, ["S-1", "S-2"]);
    assert_eq!((notice.items[4].order.as_str(), notice.items[4].package), ("PO-78", None));
}

#[test]
fn what_was_sent_is_compared_with_what_was_ordered() {
    let notice = with("856", NOTICE, ShipNotice::read).unwrap();
    let all = Fulfillment::of(&order(), std::slice::from_ref(&notice));
    let sent: Vec<(u32, u64, u64)> =
        all.lines.iter().map(|line| (line.line, line.ordered, line.sent)).collect();
    assert_eq!(sent, [(1, 12, 13), (2, 40, 40), (3, 5, 0)]);
    assert_eq!(all.short().map(|line| line.line).collect::<Vec<_>>(), [3]);
    assert_eq!(all.over().map(|line| line.line).collect::<Vec<_>>(), [1]);
    assert_eq!((all.not_ordered, all.uncounted), (vec![(0, 3)], vec![]));
    let twice = Fulfillment::of(&order(), &[notice.clone(), notice]);
    assert_eq!(twice.lines[1].sent, 80);
}

#[test]
fn a_level_without_its_parent_hangs_from_nothing() {
    let text = "BSN*00*SH-9*20250409*1200~HL*1*2*O~PRF*PO-77~HL*2*1*P~HL*3*9*I~LIN*1~SN1**1*EA~\
        HL*4*4*P~HL*x*2*Z~HL*5*2*I~SN1*~SN1**two*EA~LIN~CTT*9~";
    let notice = with("856", text, ShipNotice::read).unwrap();
    let orders: Vec<&str> = notice.items.iter().map(|item| item.order.as_str()).collect();
    assert_eq!(orders, ["", "PO-77"]);
    assert_eq!(notice.items[1].package, Some(0));
    let parents = notice.issues.iter().filter(|issue| issue.problem == Problem::Parent).count();
    assert_eq!(parents, 3);
    for problem in [Problem::Quantity, Problem::Missing, Problem::Count] {
        assert!(notice.issues.iter().any(|issue| issue.problem == problem), "{problem:?}");
    }
}

/// A chain of a hundred thousand cartons, each in the one before it.
#[test]
fn deep_trees_take_linear_time() {
    let mut text = String::from("BSN*00*SH-9*20250409*1200~HL*1**S~");
    for level in 2..100_000 {
        text.push_str(&format!("HL*{level}*{}*P~", level - 1));
    }
    text.push_str("HL*100000*99999*I~LIN*1~SN1**1*EA~");
    let notice = with("856", &text, ShipNotice::read).unwrap();
    assert_eq!(notice.around(&notice.items[0]).count(), 99_998);
}

proptest! {
    #[test]
    fn no_segments_break_a_document(
        segments in vec((
            prop::sample::select(vec!["BAK", "BSN", "PO1", "ACK", "CUR", "HL", "LIN", "SN1", "MAN", "REF", "DTM", "PRF", "CTT", "TD5"]),
            vec(prop_oneof!["[0-9]{0,3}", "[A-Z]{1,2}", "20250[0-9]{3}", "[^*~>^\\p{C}]{0,6}"], 0..9),
        ), 0..30),
        set in prop::sample::select(vec!["855", "856"]),
    ) {
        let mut draft = Draft::new(set);
        draft.segment("BAK", ["00", "AC", "PO-77"]);
        draft.segment("BSN", ["00", "SH-1", "20250101"]);
        for (name, elements) in &segments {
            draft.segment(name, elements.clone());
        }
        let mut writer = X12Writer::new(Vec::new(), envelope(), "PR").unwrap();
        prop_assume!(writer.write(&draft).is_ok());
        let bytes = writer.finish().unwrap();
        let mut reader = X12Reader::new(&bytes[..]).unwrap();
        let transaction = reader.next_transaction().unwrap().unwrap();
        let count = segments.len();
        if let Ok(read) = Acknowledgment::read(&transaction, Currency::GBP) {
            let list = read.differences(&order());
            prop_assert!(list.len() <= 1 + 3 * (count + 3));
            prop_assert!(read.lines.len() <= count);
        }
        if let Ok(notice) = ShipNotice::read(&transaction) {
            for item in &notice.items {
                prop_assert!(notice.around(item).count() <= notice.packages.len());
            }
            let all = Fulfillment::of(&order(), &[notice]);
            prop_assert_eq!(all.lines.len(), 3);
        }
    }

    #[test]
    fn an_accepted_order_never_differs(
        lines in vec((1_u32..100_000, 0_i64..1_000_000, 0_u8..4), 1..20),
    ) {
        let mut order = PurchaseOrder::new("PO-1", at().date(), Currency::GBP);
        let mut text = String::from("BAK*00*AC*PO-1*20250328~");
        for (number, (quantity, value, scale)) in lines.iter().enumerate() {
            let number = number as u32 + 1;
            let price = UnitPrice::new(*value, *scale, Currency::GBP).unwrap();
            let code = format!("{number:08}");
            order.lines.push(PurchaseLine::new(number, *quantity, price, gtin(&code)));
            let price = price.to_string();
            let price = price.split(' ').next().unwrap();
            text.push_str(&format!("PO1*{number}*{quantity}*EA*{price}**EN*{code}~ACK*IA*{quantity}*EA~"));
        }
        prop_assert!(order.draft().is_ok());
        let answer = answer(&text);
        prop_assert_eq!(&answer.issues, &[]);
        prop_assert_eq!(answer.differences(&order), []);
    }
}
