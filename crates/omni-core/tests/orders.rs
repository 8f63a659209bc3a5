//! Orders under commands: what holds after any of them, and what each one does.

use chrono::{DateTime, TimeDelta, Utc};
use omni_core::order::{
    Disposition, FulfillmentStatus, Order, OrderError, OrderLine, OrderRecord, OrderState,
    PaymentMethod, PaymentState, PaymentStatus, ReceivedLine, Return, ReturnLine, ReturnReason,
    ReturnState, ReturnStatus, Shipment, ShipmentState,
};
use omni_core::rng::{self, Xoshiro256PlusPlus};
use omni_core::{
    ChannelId, Currency, LocationId, Money, OrderId, OrderLineId, PaymentId, Rate, ReturnId,
    ShipmentId, Sku, TaxMode, UnitPrice, VariantId,
};
use std::collections::BTreeMap;

const EUR: Currency = Currency::EUR;
const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const A: OrderLineId = OrderLineId::new(1);
const B: OrderLineId = OrderLineId::new(2);

fn eur(minor: i64) -> Money {
    Money::new(minor, EUR)
}

fn line(id: OrderLineId, ordered: u32, price: i64) -> OrderLine {
    let price = UnitPrice::from(eur(price));
    OrderLine::new(id, VariantId::new(7), Sku::new("MUG").unwrap(), ordered, price)
}

/// Two lines, 3 at 10.00 less 0.01 and 2 at 5.00, both with 19 % inside.
pub fn draft() -> OrderRecord {
    let mut record = OrderRecord::new(OrderId::new(9), ChannelId::new(1), NOW, EUR);
    record.lines = vec![line(A, 3, 1000), line(B, 2, 500)];
    for line in &mut record.lines {
        line.tax_rate = Rate::from_ppm(190_000);
    }
    record.lines[0].discount = eur(1);
    record
}

fn placed() -> Order {
    let mut order = Order::new(draft()).unwrap();
    order.place().unwrap();
    order
}

fn shipment(id: u64, lines: &[(OrderLineId, u32)]) -> Shipment {
    Shipment::new(ShipmentId::new(id), LocationId::new(3), lines.iter().copied())
}

fn sent_back(id: u64, line: OrderLineId, quantity: u32) -> Return {
    let lines = vec![ReturnLine { line, quantity, reason: ReturnReason::Other }];
    Return::new(ReturnId::new(id), LocationId::new(3), lines)
}

fn counters(order: &Order, i: usize) -> [u32; 7] {
    let l = &order.lines[i];
    [l.ordered, l.canceled, l.allocated, l.shipped, l.delivered, l.return_requested, l.returned]
}

#[test]
fn a_life_from_cart_to_return() {
    let mut order = placed();
    assert_eq!(order.total().unwrap(), eur(3999));
    let card = PaymentId::new(1);
    assert_eq!(order.payment_status(), Ok(PaymentStatus::Unpaid));
    order.add_payment(card, PaymentMethod::Card).unwrap();
    order.authorize(card, eur(3999)).unwrap();
    assert_eq!(order.payment_status(), Ok(PaymentStatus::Authorized));

    order.allocate(A, 3).unwrap();
    assert_eq!(order.fulfillment_status(), FulfillmentStatus::PartiallyAllocated);
    order.allocate(B, 2).unwrap();
    assert_eq!(order.fulfillment_status(), FulfillmentStatus::Allocated);
    order.add_shipment(shipment(1, &[(A, 2)])).unwrap();
    for to in [ShipmentState::Picking, ShipmentState::Packed, ShipmentState::Shipped] {
        order.move_shipment(ShipmentId::new(1), to, NOW).unwrap();
    }
    assert_eq!(counters(&order, 0), [3, 0, 1, 2, 0, 0, 0]);
    assert_eq!(order.fulfillment_status(), FulfillmentStatus::PartiallyShipped);
    order.capture(card, eur(1999)).unwrap();
    assert_eq!(order.payment_status(), Ok(PaymentStatus::PartiallyPaid));
    order.capture(card, eur(2000)).unwrap();
    assert_eq!(order.payment_status(), Ok(PaymentStatus::Paid));
    order.deliver(ShipmentId::new(1), NOW).unwrap();
    assert_eq!(order.fulfillment_status(), FulfillmentStatus::PartiallyDelivered);

    order.add_shipment(shipment(2, &[(A, 1), (B, 2)]).for_pickup()).unwrap();
    for to in [ShipmentState::Picking, ShipmentState::ReadyForPickup] {
        order.move_shipment(ShipmentId::new(2), to, NOW).unwrap();
    }
    let later = NOW + TimeDelta::hours(2);
    order.deliver(ShipmentId::new(2), later).unwrap();
    assert_eq!(order.shipments[1].state, ShipmentState::Collected);
    assert_eq!(order.shipments[1].delivered_at, Some(later));
    assert_eq!(order.fulfillment_status(), FulfillmentStatus::Delivered);
    order.complete().unwrap();

    assert_eq!(order.return_status(), ReturnStatus::None);
    order.request_return(sent_back(1, A, 2)).unwrap();
    assert_eq!(order.return_status(), ReturnStatus::Requested);
    let received = [Disposition::Restock, Disposition::Damaged].map(|disposition| ReceivedLine {
        line: A,
        quantity: 1,
        disposition,
    });
    order.receive_return(ReturnId::new(1), received.to_vec(), later).unwrap();
    assert_eq!(counters(&order, 0), [3, 0, 0, 3, 3, 0, 2]);
    assert_eq!(order.return_status(), ReturnStatus::PartiallyReturned);
    assert_eq!(order.returned_goods().unwrap().gross(), eur(2000));
    order.refund(card, eur(2000)).unwrap();
    assert_eq!(order.payment_status(), Ok(PaymentStatus::PartiallyRefunded));
    order.refund(card, eur(1999)).unwrap();
    assert_eq!(order.payment_status(), Ok(PaymentStatus::Refunded));
    assert_eq!(order.payments[0].state, PaymentState::Refunded);
    assert_eq!(order.total().unwrap(), eur(3999));
}

/// 29.99 for three: 10.00, 10.00, 9.99. Whatever happens first, parts sum to the whole.
#[test]
fn parts_of_a_line_sum_to_its_charge() {
    for mode in [TaxMode::Inclusive, TaxMode::Exclusive] {
        for canceled in 0..=3 {
            for returned in 0..=3 - canceled {
                let line = OrderLine { canceled, returned, ..draft().lines[0].clone() };
                let charge = line.charge(mode).unwrap();
                let units: Vec<_> = charge.split(3).unwrap().collect();
                let sum = |from: u32, to: u32| {
                    omni_core::tax::Taxed::try_sum(
                        EUR,
                        units[from as usize..to as usize].iter().copied(),
                    )
                };
                assert_eq!(line.amount(mode), sum(canceled, 3));
                assert_eq!(line.returned_amount(mode), sum(canceled, canceled + returned));
            }
        }
    }
    let charge = draft().lines[0].charge(TaxMode::Inclusive).unwrap();
    assert_eq!([charge.net(), charge.tax(), charge.gross()], [eur(2520), eur(479), eur(2999)]);
    let charge = draft().lines[0].charge(TaxMode::Exclusive).unwrap();
    assert_eq!([charge.net(), charge.tax(), charge.gross()], [eur(2999), eur(570), eur(3569)]);
}

#[test]
fn units_that_were_not_handed_over_are_open_again() {
    let id = ShipmentId::new(1);
    for (path, end) in [
        (&[ShipmentState::Picking][..], ShipmentState::Rejected),
        (&[ShipmentState::Picking, ShipmentState::Packed], ShipmentState::Canceled),
        (&[ShipmentState::Picking, ShipmentState::ReadyForPickup], ShipmentState::NotCollected),
        (
            &[ShipmentState::Picking, ShipmentState::Packed, ShipmentState::Shipped],
            ShipmentState::Lost,
        ),
        (
            &[ShipmentState::Picking, ShipmentState::Packed, ShipmentState::Shipped],
            ShipmentState::ReturnedToSender,
        ),
    ] {
        let mut order = placed();
        order.allocate(A, 3).unwrap();
        order.add_shipment(shipment(1, &[(A, 2)])).unwrap();
        for &to in path.iter().chain([&end]) {
            order.move_shipment(id, to, NOW).unwrap();
        }
        assert_eq!(counters(&order, 0), [3, 0, 1, 0, 0, 0, 0], "{end}");
        order.cancel().unwrap();
        assert_eq!(order.fulfillment_status(), FulfillmentStatus::Canceled);
        assert_eq!(
            (order.total(), order.payment_status()),
            (Ok(eur(0)), Ok(PaymentStatus::NotDue))
        );
    }
}

#[test]
fn a_refused_command_says_why_and_changes_nothing() {
    let quantity = |line, quantity, limit| OrderError::Quantity { line, quantity, limit };
    let amount = |amount, limit| OrderError::Amount { amount: eur(amount), limit: eur(limit) };
    let unknown = |entity| OrderError::Unknown { entity, id: 8 };
    let mut order = placed();
    order.allocate(A, 2).unwrap();
    order.ship(shipment(1, &[(A, 1)]), NOW).unwrap();
    order.deliver(ShipmentId::new(1), NOW).unwrap();
    order.add_shipment(shipment(2, &[(A, 1)])).unwrap();
    let (card, cash) = (PaymentId::new(1), PaymentId::new(2));
    order.add_payment(card, PaymentMethod::Card).unwrap();
    order.authorize(card, eur(100)).unwrap();
    order.add_payment(cash, PaymentMethod::Cash).unwrap();
    order.capture(cash, eur(50)).unwrap();
    order.request_return(sent_back(1, A, 1)).unwrap();
    let before = order.clone();

    let eight = OrderLineId::new(8);
    let usd = Money::new(1, Currency::USD);
    let mut refused = 0;
    let mut refuse = |command: &dyn Fn(&mut Order) -> Result<(), OrderError>, expected| {
        assert_eq!(command(&mut order), Err(expected));
        assert_eq!(order, before);
        refused += 1;
    };
    let from_placed = |to: OrderState| OrderState::Placed.try_to(to).unwrap_err().into();
    refuse(&Order::place, from_placed(OrderState::Placed));
    refuse(&Order::cancel, quantity(A, 3, 1));
    refuse(&Order::complete, quantity(A, 2, 0));
    refuse(&|o| o.cancel_line(A, 2), quantity(A, 2, 1));
    refuse(&|o| o.cancel_line(eight, 1), unknown("line"));
    refuse(&|o| o.allocate(A, 2), quantity(A, 2, 1));
    refuse(&|o| o.allocate(B, 0), quantity(B, 0, 2));
    refuse(&|o| o.allocate(B, u32::MAX), quantity(B, u32::MAX, 2));
    refuse(&|o| o.release(A, 1), quantity(A, 1, 0));
    refuse(&|o| o.add_shipment(shipment(3, &[(A, 1)])), quantity(A, 1, 0));
    refuse(&|o| o.add_shipment(shipment(3, &[(eight, 1)])), unknown("line"));
    let duplicate = |entity| OrderError::Duplicate { entity, id: 1 };
    refuse(&|o| o.ship(shipment(1, &[(A, 1)]), NOW), duplicate("shipment"));
    refuse(&|o| o.deliver(ShipmentId::new(8), NOW), unknown("shipment"));
    let back = ShipmentState::Delivered.try_to(ShipmentState::Shipped).unwrap_err();
    let first = ShipmentId::new(1);
    refuse(&|o| o.move_shipment(first, ShipmentState::Shipped, NOW), back.into());
    refuse(&|o| o.add_payment(card, PaymentMethod::Card), duplicate("payment"));
    refuse(&|o| o.capture(PaymentId::new(8), eur(1)), unknown("payment"));
    refuse(&|o| o.capture(card, eur(101)), amount(101, 100));
    refuse(&|o| o.capture(card, eur(0)), amount(0, 100));
    refuse(&|o| o.capture(card, eur(i64::MIN)), amount(i64::MIN, 100));
    refuse(&|o| o.capture(cash, eur(1)), amount(1, 0));
    refuse(&|o| o.refund(cash, eur(51)), amount(51, 50));
    let mixed = usd.try_cmp(eur(50)).unwrap_err();
    refuse(&|o| o.refund(cash, usd), mixed.into());
    let early = PaymentState::Authorized.try_to(PaymentState::Refunded).unwrap_err();
    refuse(&|o| o.refund(card, eur(1)), early.into());
    let late = PaymentState::Captured.try_to(PaymentState::Voided).unwrap_err();
    refuse(&|o| o.void(cash), late.into());
    refuse(&|o| o.request_return(sent_back(1, A, 1)), duplicate("return"));
    refuse(&|o| o.request_return(sent_back(2, A, 1)), quantity(A, 1, 0));
    assert_eq!(refused, 26);

    for (command, path) in [
        (order.clone().add_shipment(shipment(3, &[])), "lines"),
        (order.clone().add_shipment(shipment(3, &[(B, 1), (B, 1)])), "lines[1].line"),
        (
            order.clone().request_return(Return::new(ReturnId::new(2), LocationId::new(1), vec![])),
            "lines",
        ),
        (order.clone().receive_return(ReturnId::new(1), vec![], NOW), "received"),
        (order.clone().move_return(ReturnId::new(1), ReturnState::Received), "received"),
    ] {
        let Err(OrderError::Invalid(violations)) = command else { panic!("{path}: {command:?}") };
        assert_eq!(violations.paths().collect::<Vec<_>>(), [path]);
    }

    let mut canceled = placed();
    canceled.cancel().unwrap();
    let state = OrderState::Canceled;
    for (command, refused) in [
        ("allocate units", canceled.clone().allocate(A, 1)),
        ("cancel units", canceled.clone().cancel_line(A, 1)),
        ("take a payment", canceled.clone().add_payment(card, PaymentMethod::Card)),
    ] {
        assert_eq!(refused, Err(OrderError::State { command, state }));
    }
    let mut last = Order::new(OrderRecord { version: u32::MAX, ..draft() }).unwrap();
    assert_eq!(last.place(), Err(OrderError::Version));
    assert_eq!(last.state, OrderState::Draft);
}

#[test]
fn amounts_that_do_not_fit_never_get_in() {
    let mut record = draft();
    record.lines[0] = line(A, 2, i64::MAX);
    let violations = Order::new(record.clone()).unwrap_err();
    assert_eq!(violations.paths().collect::<Vec<_>>(), ["lines[0].unit_price"]);
    record.lines[0] = line(A, 1, i64::MAX);
    assert_eq!(Order::new(record).unwrap_err().paths().collect::<Vec<_>>(), ["lines"]);

    let mut order = placed();
    for id in [1, 2] {
        order.add_payment(PaymentId::new(id), PaymentMethod::Card).unwrap();
    }
    order.authorize(PaymentId::new(1), eur(i64::MAX)).unwrap();
    let refused = order.capture(PaymentId::new(2), eur(1));
    assert_eq!(refused, Err(OrderError::Amount { amount: eur(1), limit: eur(0) }));
}

#[test]
fn every_broken_rule_of_a_record_is_named() {
    let mut record = draft();
    record.number = "\n".into();
    record.shipping = Money::new(-1, Currency::USD);
    record.lines.push(OrderLine { shipped: 2, delivered: 3, returned: 4, ..line(A, 1, -5) });
    record.lines[1].discount = eur(1001);
    record.shipments = vec![shipment(1, &[(OrderLineId::new(8), 0)]), shipment(1, &[])];
    let violations = Order::new(record).unwrap_err();
    let mut paths: Vec<_> = violations.paths().collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "lines[1].discount",
            "lines[2].delivered",
            "lines[2].id",
            "lines[2].ordered",
            "lines[2].returned",
            "lines[2].shipped",
            "lines[2].unit_price",
            "number",
            "shipments[0].lines[0].line",
            "shipments[0].lines[0].quantity",
            "shipments[1].id",
            "shipments[1].lines",
            "shipping",
            "shipping",
        ]
    );
}

/// Kinds of commands, as often as it takes to get through a life of an order.
const KINDS: [usize; 33] = [
    0, 0, 1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 12, 12, 12, 13, 13, 14, 15, 16,
    17, 18, 18, 19,
];

/// One random command; most name things that exist, so that most are nearly legal.
fn command(order: &mut Order, rng: &mut Xoshiro256PlusPlus, at: DateTime<Utc>) -> (usize, bool) {
    let mut draw = |bound: usize| rng::below(rng, bound as u64) as usize;
    let stray = usize::from(draw(20) == 0);
    let id = OrderLineId::new(1 + draw(order.lines.len() + stray) as u64);
    let units = draw(6) as u32;
    let which = draw(7) as u64;
    let payment = PaymentId::new(which % 3);
    let cents = eur(draw(2_000) as i64 - 20);
    let shipment_id = order.shipments.get(draw(8)).map_or(ShipmentId::new(which), |s| s.id);
    let return_id = order.returns.get(draw(8)).map_or(ReturnId::new(which), |r| r.id);
    let mut to_shipment = ShipmentState::TABLE[draw(ShipmentState::TABLE.len())].0;
    if let Some(known) = order.shipments.iter().find(|s| s.id == shipment_id) {
        let allowed = known.state.allowed();
        to_shipment = *allowed.get(draw(3)).unwrap_or(&to_shipment);
    }
    let mut to_return = ReturnState::TABLE[draw(ReturnState::TABLE.len())].0;
    if let Some(known) = order.returns.iter().find(|r| r.id == return_id) {
        let allowed = known.state.allowed();
        to_return = *allowed.get(draw(4)).unwrap_or(&to_return);
    }
    let both = [(id, units), (OrderLineId::new(1 + draw(3) as u64), 1)];
    let parts = &both[..1 + draw(2)];
    let kind = KINDS[draw(KINDS.len())];
    let done = match kind {
        0 => order.place(),
        // The ends of an order are rare, or no sequence would get far.
        1 if draw(4) == 0 => order.cancel(),
        1 | 2 => order.cancel_line(id, units.min(1)),
        3 | 4 => order.allocate(id, units),
        5 => order.release(id, units),
        6 => order.add_shipment(shipment(which, parts)),
        7 => order.ship(shipment(which, parts), at),
        8 => order.deliver(shipment_id, at),
        9 => order.move_shipment(shipment_id, to_shipment, at),
        12 => order.request_return(sent_back(which, id, units)),
        13 => {
            let disposition = Disposition::Quarantine;
            let known = order.returns.iter().find(|r| r.id == return_id);
            let line = known.map_or(id, |known| known.lines[0].line);
            let received = ReceivedLine { line, quantity: units.min(2), disposition };
            order.receive_return(return_id, vec![received; draw(3)], at)
        }
        14 => order.move_return(return_id, to_return),
        15 => order.add_payment(payment, PaymentMethod::Card),
        16 => order.authorize(payment, cents),
        17 => order.capture(payment, cents),
        18 => order.refund(payment, cents),
        _ => match draw(4) {
            0 => order.void(payment),
            1 => order.fail(payment),
            2 => order.expire(payment),
            _ => order.complete(),
        },
    };
    (kind, done.is_ok())
}

/// What holds for every order that began as a draft, written down apart from its check.
fn assert_invariants(order: &Order) {
    for line in &order.lines {
        assert!(line.ordered >= 1);
        assert!(line.returned <= line.delivered && line.delivered <= line.shipped);
        assert!(line.shipped + line.allocated <= line.ordered - line.canceled);
        assert!(line.return_requested + line.returned <= line.delivered);

        let units = |state: fn(ShipmentState) -> bool| -> u32 {
            let some = order.shipments.iter().filter(|s| state(s.state));
            some.flat_map(|s| &s.lines).filter(|p| p.line == line.id).map(|p| p.quantity).sum()
        };
        use ShipmentState::{Collected, Delivered, Packed, Pending, Picking, ReadyForPickup};
        assert_eq!(units(|s| matches!(s, Delivered | Collected)), line.delivered);
        assert_eq!(units(|s| s == ShipmentState::Shipped), line.shipped - line.delivered);
        let packing = units(|s| matches!(s, Pending | Picking | Packed | ReadyForPickup));
        assert!(packing <= line.allocated);

        let (mut open, mut back) = (0, 0);
        for goods in &order.returns {
            use ReturnState::{Approved, InTransit, Requested};
            if matches!(goods.state, Requested | Approved | InTransit) {
                open += goods
                    .lines
                    .iter()
                    .filter(|p| p.line == line.id)
                    .map(|p| p.quantity)
                    .sum::<u32>();
            }
            back += goods
                .received
                .iter()
                .filter(|p| p.line == line.id)
                .map(|p| p.quantity)
                .sum::<u32>();
        }
        assert_eq!((open, back), (line.return_requested, line.returned));
    }
    for payment in &order.payments {
        let [authorized, captured, refunded] =
            [payment.authorized, payment.captured, payment.refunded].map(Money::minor);
        assert!(0 <= refunded && refunded <= captured && captured <= authorized);
    }
    assert!(
        order.goods().unwrap().gross().minor() >= order.returned_goods().unwrap().gross().minor()
    );
    order.payment_status().unwrap();
}

#[test]
fn random_commands_keep_every_order_valid() {
    let mut outcomes: BTreeMap<(usize, bool), u32> = BTreeMap::new();
    let mut states: BTreeMap<OrderState, u32> = BTreeMap::new();
    for seed in 0..500 {
        let mut rng = rng::stream(seed, 0);
        let mut record = draft();
        record.lines.push(line(OrderLineId::new(3), 1 + rng::below(&mut rng, 40) as u32, 0));
        record.lines[0].ordered = 40;
        let mut order = Order::new(record).unwrap();
        for step in 0..240 {
            let before = order.clone();
            let (kind, done) = command(&mut order, &mut rng, NOW + TimeDelta::minutes(step));
            *outcomes.entry((kind, done)).or_default() += 1;
            if done {
                assert_eq!(order.version, before.version + 1);
                assert_invariants(&order);
                Order::new(order.clone().into_record()).unwrap();
            } else {
                assert_eq!(order, before, "seed {seed}, step {step}");
            }
        }
        *states.entry(order.state).or_default() += 1;
    }
    assert_eq!(outcomes.values().sum::<u32>(), 120_000);
    assert_eq!(
        outcomes.len(),
        2 * 18,
        "a kind of command never succeeds or never fails: {outcomes:?}"
    );
    for (command, count) in outcomes {
        assert!(count >= 100, "{command:?}: {count} times");
    }
    assert!(states.len() >= 3, "{states:?}");
}

/// The tables agree with the reference, pair by pair.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn state_tables_equal_the_reference() {
    let reference = omni_testkit::reference::json("reference/platform/state_machines.json");
    macro_rules! compare {
        ($($entity:literal: $state:ident),*) => {$(
            let expected = &reference[$entity];
            let table = $state::TABLE;
            let names: Vec<_> = table.iter().map(|(state, _)| state.as_str()).collect();
            assert_eq!(serde_json::json!(names), expected["states"]);
            assert_eq!(expected["initial"], $state::default().as_str());
            let mut legal = 0;
            for (from, allowed) in table {
                let mut names: Vec<_> = allowed.iter().map(|state| state.as_str()).collect();
                let list = expected["transitions"][from.as_str()].as_array().unwrap();
                let mut list: Vec<_> = list.iter().map(|name| name.as_str().unwrap()).collect();
                names.sort_unstable();
                list.sort_unstable();
                assert_eq!(names, list, "{from}");
                let terminal = expected["terminal"].as_array().unwrap();
                assert_eq!(from.is_terminal(), terminal.iter().any(|name| name == from.as_str()));
                legal += allowed.len();
            }
            assert_eq!(expected["legal"], legal);
            assert_eq!(expected["illegal"], table.len().pow(2) - legal);
        )*};
    }
    compare!("order": OrderState, "payment": PaymentState, "shipment": ShipmentState, "return": ReturnState);
}
