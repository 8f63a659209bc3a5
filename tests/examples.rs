//! What the examples promise a shell: 0 done, 1 bad input, 2 wrong usage, one line on stderr.
#![cfg(all(
    feature = "ingest",
    feature = "recommend",
    feature = "inventory",
    feature = "forecast",
    feature = "metrics"
))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "not library code")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The example as `cargo test` built it, beside the folder of this test.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: `cargo test` builds it", path.display());
    path
}

fn run_in<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Output {
    Command::new(example(program)).args(arguments).output().unwrap()
}

fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    run_in("retail_day", arguments)
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> &Path {
    fs::write(path, content).unwrap();
    path
}

/// The exit code, one line on stderr, and a word of it.
fn fails(output: &Output, code: i32, word: &str) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{word}: {message}");
    assert_eq!(message.lines().count(), 1, "{word}: {message}");
    assert!(message.contains(word), "{word}: {message}");
}

/// The first bytes of a gzip file: its header is whole, its content is cut.
const CUT: [u8; 12] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4c];

fn rubbish() -> Vec<u8> {
    (0..4_096_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect()
}

/// A name, what is in the file (`None`: there is none), and a word of the message.
type Case<'a> = (&'a str, Option<Vec<u8>>, &'a str);

#[test]
fn bad_input_is_one_line_and_exit_code_1() {
    let folder = folder("bad_input");
    let header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    let far = "1,85123A,MUG,6,2011-03-01 09:00:00,2.00,1,France\n\
               2,85123A,MUG,6,9011-03-01 09:00:00,2.00,1,France\n";
    let cases: [Case<'_>; 7] = [
        ("missing.csv", None, "missing.csv"),
        ("empty.csv", Some(Vec::new()), "empty.csv"),
        ("far_apart.csv", Some([header, far].concat().into()), "mend the dates"),
        ("wrong_header.csv", Some(b"a,b,c\n1,2,3\n".to_vec()), "InvoiceNo"),
        ("header_only.csv", Some(header.into()), "header_only.csv"),
        ("rubbish.csv", Some(rubbish()), "rubbish.csv"),
        ("truncated.csv.gz", Some(CUT.to_vec()), "truncated.csv.gz"),
    ];
    for (name, content, word) in cases {
        let path = folder.join(name);
        if let Some(content) = content {
            write(&path, content);
        }
        let out = folder.join("out");
        let output =
            run(&["--online-retail".as_ref(), path.as_os_str(), "--out".as_ref(), out.as_os_str()]);
        fails(&output, 1, word);
    }
    let output = run(&["--online-retail".as_ref(), folder.as_os_str()]);
    fails(&output, 1, "is a folder");
}

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    for arguments in
        [&["--online-retail"][..], &["--nonsense"], &["file.csv"], &["--out"], &["--out="]]
    {
        let output = run(arguments);
        fails(&output, 2, "--help");
    }
}

#[test]
fn the_bundled_day_writes_its_files() {
    let out = folder("bundled_day");
    let output = run(&["--out".as_ref(), out.as_os_str()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let report = fs::read_to_string(out.join("report.html")).unwrap();
    let plots = report.matches("<svg").count();
    assert!(plots >= 6, "{plots} plots");
    assert_eq!(plots, report.matches("</svg>").count());
    assert_eq!(plots, report.matches("What to do:").count(), "a sentence under each plot");
    for attribute in ["src=", "href="] {
        assert!(!report.contains(attribute), "{attribute} in a self-contained page");
    }

    let heads = [
        ("rejects.csv", "file,record,column,rule,raw"),
        ("forecast.csv", "sku,period,q50,q95"),
        ("reorder.csv", "sku,on_hand,reorder_point,order_qty,why"),
        ("recommendations.csv", "customer,rank,sku,score"),
    ];
    for (file, head) in heads {
        let text = fs::read_to_string(out.join(file)).unwrap();
        assert_eq!(text.lines().next(), Some(head), "{file}");
        assert!(text.lines().count() > 1, "{file} has no row");
        for bad in ["NaN", "inf"] {
            assert!(!text.contains(bad), "{bad} in {file}");
        }
    }
    assert_eq!(
        run(&["--out".as_ref(), folder("bundled_day_again").as_os_str()]).status.code(),
        Some(0)
    );
    for (file, _) in heads {
        let again = out.with_file_name("bundled_day_again").join(file);
        assert_eq!(fs::read(out.join(file)).unwrap(), fs::read(again).unwrap(), "{file} differs");
    }
}

#[test]
fn who_stops_listening_still_gets_the_files() {
    let out = folder("closed_pipe");
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join("data");
    let (products, people) = (bundled.join("products.csv"), bundled.join("phone_orders.csv"));
    let cases: [(&str, &[&Path], &str); 4] = [
        ("retail_day", &[], "report.html"),
        ("unify", &["--channels".as_ref(), &bundled], "report.json"),
        ("link_people", &["--map=customer_name=name".as_ref(), &people], "clusters.csv"),
        ("match_products", &[&products, &products], "pairs.csv"),
    ];
    for (program, arguments, file) in cases {
        let out = out.join(program);
        let mut child = Command::new(example(program))
            .args(arguments)
            .args(["--out".as_ref(), out.as_os_str()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{program}");
        assert!(out.join(file).exists(), "{program}");
    }
}

/// Ten weekly sales of two articles; the one of 9,000 units is canceled an hour later, and
/// half of another one.
#[test]
fn a_canceled_sale_counts_nowhere() {
    let folder = folder("net_sales");
    let mut file =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
            .to_owned();
    let mut add = |number: &str, code: &str, quantity: i32, time: &str, customer: u32| {
        let line = format!("{number},{code},MUG,{quantity},{time},2.00,{customer},France\n");
        file.push_str(&line);
    };
    // Each buys the other's article at last, so that there is something to guess.
    add("550000", "85123A", 1, "2011-04-04 16:00:00", 17_851);
    add("550001", "22423", 1, "2011-04-04 16:00:00", 17_850);
    // Fourteen Mondays from 2011-01-03 on.
    for week in 0..14 {
        let (month, day) = [(1, 3), (1, 31), (2, 28), (3, 28)][week / 4];
        let day = day + 7 * (week % 4);
        let (month, day) = match (month, day) {
            (1, 32..) => (2, day - 31),
            (2, 29..) => (3, day - 28),
            (3, 32..) => (4, day - 31),
            within => within,
        };
        let time = format!("2011-{month:02}-{day:02} 09:00:00");
        add(&format!("{}", 536_365 + week), "85123A", 6, &time, 17_850);
        add(&format!("{}", 546_365 + week), "22423", 4, &time, 17_851);
        if week == 12 {
            add("540000", "85123A", 9_000, "2011-03-28 10:00:00", 12_346);
            add("C540001", "85123A", -9_000, "2011-03-28 11:00:00", 12_346);
            add("C540002", "22423", -2, "2011-03-28 12:00:00", 17_851);
        }
    }
    let (path, out) = (folder.join("sales.csv"), folder.join("out"));
    write(&path, file);
    let output =
        run(&["--online-retail".as_ref(), path.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    // 14 · 20.00 and 4.00 sold, 4.00 of it given back.
    assert!(lines.contains("280 GBP in 4 months"), "{lines}");
    assert!(lines.contains("without 18k GBP canceled later"), "{lines}");
    assert!(lines.contains("2 customers"), "{lines}");
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    let left_out = "Sale lines canceled later (1, 9,000 units, 18,000 GBP) count nowhere";
    assert!(report.contains(left_out));
    let forecast = fs::read_to_string(out.join("forecast.csv")).unwrap();
    assert!(forecast.contains("85123A,") && !forecast.contains("9000"), "{forecast}");
}

/// Too few sales to hold anything out, and sales without a customer: the page says so.
#[test]
fn a_small_shop_gets_its_report() {
    let folder = folder("small_shop");
    let header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    let cases = [
        ("one_order", 1, true, "could not be put to the test"),
        ("five_orders", 5, true, "some article must have been sold for 12 whole weeks"),
        ("guests", 5, false, "No sale names its customer"),
    ];
    for (name, orders, known, said) in cases {
        let row = |order: u32| {
            let customer = if known { (17_850 + order).to_string() } else { String::new() };
            let (number, day) = (536_365 + order, order + 1);
            format!("{number},85123A,MUG,6,2011-03-0{day} 09:00:00,2.00,{customer},France\n")
        };
        let file: String = std::iter::once(header.to_owned()).chain((0..orders).map(row)).collect();
        let (path, out) = (folder.join(format!("{name}.csv")), folder.join(name));
        write(&path, file);
        let output =
            run(&["--online-retail".as_ref(), path.as_os_str(), "--out".as_ref(), out.as_os_str()]);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{name}");
        let report = fs::read_to_string(out.join("report.html")).unwrap();
        assert!(report.contains(said), "{name}: {report}");
        assert!(!report.contains("NaN"), "{name}");
        let lists = ["rejects.csv", "forecast.csv", "reorder.csv", "recommendations.csv"];
        assert!(lists.iter().all(|list| out.join(list).exists()), "{name}");
    }
}

#[test]
fn a_count_of_the_shelf_is_used_or_refused() {
    let folder = folder("stock");
    let run_with = |content: &str| {
        let path = folder.join("stock.csv");
        write(&path, content);
        run(&["--stock".as_ref(), path.as_os_str(), "--out".as_ref(), folder.as_os_str()])
    };
    let output = run_with("\u{feff}sku,on_hand\nP0012,1000000\nnever sold,3\n");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let orders = fs::read_to_string(folder.join("reorder.csv")).unwrap();
    assert!(orders.lines().any(|line| line.starts_with("P0012,1000000,") && line.contains(",0,")));
    assert!(orders.contains("not in the count, taken as none"), "{orders}");
    for (content, word) in [
        ("code,count\n", "the first line must be sku,on_hand"),
        ("sku,on_hand\nP0012,many\n", "line 2"),
        ("sku,on_hand\nP0012,1\nP0012,2\n", "line 3 counts P0012 a second time"),
    ] {
        fails(&run_with(content), 1, word);
    }
}

#[test]
fn matched_products_their_reasons_and_differences_are_written() {
    let folder = folder("products");
    let a = "id|title|price\r\ns1|Panasonic Laser Toner KX-FA83|29.00\r\ns2|Sharp Calculator EL1192BL, gray|37.63\r\n";
    let b = "id|name|cost\nm1|Sharp EL-1192BL Calculator Gray|36.89\nm2|Tamsin Kettle|5\nm3|Panasonic KXFA83 Laser Toner|29\n";
    let (first, second, out) = (folder.join("a.csv"), folder.join("b.csv"), folder.join("out"));
    let arguments =
        [write(&first, a), write(&second, b), "--delimiter=|".as_ref(), "--out".as_ref(), &out];
    let output = run_in("match_products", &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let pairs = read("pairs.csv");
    let mut lines = pairs.lines();
    assert_eq!(lines.next(), Some("a,b,score"));
    let mut found: Vec<&str> = lines.map(|line| line.rsplit_once(',').unwrap().0).collect();
    found.sort_unstable();
    assert_eq!(found, ["s1,m3", "s2,m1"]);
    let differences = read("differences.csv");
    assert!(differences.starts_with("a,b,what,a_says,b_says,relative\n"));
    assert!(differences.contains("s2,m1,price,37.63,36.89,-0.0197\n"), "{differences}");
    assert!(differences.contains("\"Sharp Calculator EL1192BL, gray\""), "{differences}");
    assert!(!differences.contains("s1,m3,price"), "29.00 is 29: {differences}");
    assert!(read("reasons.csv").contains("same code: el1192bl"));
    for file in ["pairs.csv", "differences.csv", "reasons.csv"] {
        assert!(!read(file).contains("NaN"), "{file}");
    }
}

#[test]
fn people_are_linked_across_lists_with_a_poisoned_row() {
    let folder = folder("people");
    let (first, second, out) = (folder.join("ä 1.csv"), folder.join("b.csv"), folder.join("out"));
    let head = "id;given_name;surname;street;city;postal_code;phone;e-mail\n";
    let ada = "Ada;Lovelace;12 Mill Lane;Ashcombe;AC9 4GQ;07700900284;ada@example.com\n";
    let bea = "Bea;Okafor;3 Elm Grove;Westford;WF3 2DU;07700900857;bea@example.com\n";
    write(&first, format!("{head}a1;{ada}\"a,2\";{bea}a3;too;few\n;{ada}"));
    write(&second, format!("{head}b1;{bea}b2;Zoe;Glover;114 Church Walk;Northbury;NB18 2AS;;\n"));
    let output = run_in(
        "link_people",
        &[
            first.as_path(),
            &second,
            "--delimiter=;".as_ref(),
            "--map=e-mail=email".as_ref(),
            "--out".as_ref(),
            out.as_path(),
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("4 records, 2 could not be read"), "{said}");
    let pairs = fs::read_to_string(out.join("pairs.csv")).unwrap();
    assert!(
        pairs.starts_with("a,b,probability\n\"a,2\",b1,") && pairs.lines().count() == 2,
        "{pairs}"
    );
    let clusters = fs::read_to_string(out.join("clusters.csv")).unwrap();
    assert!(clusters.starts_with("id,cluster\n") && clusters.lines().count() == 5, "{clusters}");
}

#[test]
fn a_bad_list_is_one_line_and_exit_code_1() {
    let folder = folder("bad_lists");
    let good = folder.join("good.csv");
    write(&good, "id,title,surname\n1,Red Mug,Roper\n2,Blue Tee,Glover\n");
    let taken = folder.join("taken");
    write(&taken, "a file");
    let out = folder.join("out");
    let both: &[&str] = &["link_people", "match_products"];
    let (people, products) = (&both[..1], &both[1..]);
    let cases: [(Case<'_>, &[&str]); 9] = [
        (("missing.csv", None, "missing.csv"), both),
        (("empty.csv", Some(Vec::new()), "empty.csv"), both),
        (("header.csv", Some(b"id,title\n".to_vec()), "no product"), products),
        (("unknown.csv", Some(b"a,b\n1,2\n".to_vec()), "--map"), people),
        (("twice.csv", Some(b"id,surname\nx,A\nx,B\n".to_vec()), "two records"), people),
        (("one_column.csv", Some(b"id|title\n1|Mug\n".to_vec()), "delimiter"), products),
        (("rubbish.csv", Some(rubbish()), "rubbish.csv"), both),
        (("cut.csv.gz", Some(CUT.to_vec()), "cut.csv.gz"), both),
        (("a folder", None, "is a folder"), both),
    ];
    fs::create_dir(folder.join("a folder")).unwrap();
    for ((name, content, word), programs) in cases {
        let path = folder.join(name);
        if let Some(content) = content {
            write(&path, content);
        }
        for program in programs {
            for files in [[&path, &good], [&good, &path]] {
                let arguments = [files[0].as_path(), files[1], "--out".as_ref(), &out];
                fails(&run_in(program, &arguments), 1, word);
            }
        }
    }
    for program in ["link_people", "match_products"] {
        let arguments = [good.as_path(), &good, "--out".as_ref(), &taken];
        fails(&run_in(program, &arguments), 1, "taken");
    }
}

#[test]
fn bad_channels_are_one_line_and_exit_code_1() {
    let folder = folder("bad_channels");
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join("data");
    let file = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        write(&path, content);
        path
    };
    let directory = |name: &str| {
        let path = folder.join(name);
        fs::create_dir(&path).unwrap();
        path
    };
    let (empty, cut, noise) = (directory("empty"), directory("cut"), directory("noise"));
    write(&cut.join("cut.csv.gz"), CUT);
    write(&noise.join("noise.csv"), rubbish());
    let taken = file("taken", b"a file");
    let no_json = file("no.json", b"utf-8");
    let twice = file("twice.csv", b"product_id,sku_square\nP1,37\nP2,37\n");
    let no_catalog = file("no_catalog.csv", b"a,b\n1,2\n");
    let (missing, out) = (folder.join("missing"), folder.join("out"));
    let cases: [(&Path, &[&Path], &str); 11] = [
        (&missing, &[], "missing"),
        (&taken, &[], "taken"),
        (&empty, &[], "no file of a known format"),
        (&cut, &[], "no file of a known format"),
        (&noise, &[], "no file of a known format"),
        (&bundled, &["--profiles".as_ref(), &no_json], "no.json"),
        (&bundled, &["--profiles".as_ref(), &missing], "missing"),
        (&bundled, &["--catalogue".as_ref(), &twice], "one product"),
        (&bundled, &["--catalogue".as_ref(), &no_catalog], "product_id"),
        (&bundled, &["--catalogue".as_ref(), &empty], "is a folder"),
        (&bundled, &["--out".as_ref(), &taken], "taken"),
    ];
    for (channels, more, word) in cases {
        let first = ["--channels".as_ref(), channels, "--out".as_ref(), &out];
        let arguments: Vec<&Path> = first.into_iter().chain(more.iter().copied()).collect();
        fails(&run_in("unify", &arguments), 1, word);
    }
}

#[test]
fn rubbish_among_channels_is_named_and_the_others_are_read() {
    let folder = folder("rubbish among channels, ü");
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join("data");
    for (name, content) in
        [("noise.csv", rubbish()), ("empty.csv", Vec::new()), ("cut.gz", CUT.to_vec())]
    {
        write(&folder.join(name), content);
    }
    fs::create_dir(folder.join("deeper")).unwrap();
    fs::copy(bundled.join("square_items.csv"), folder.join("Käße, \"2\".csv")).unwrap();
    let out = folder.join("out put");
    let arguments = ["--channels".as_ref(), folder.as_path(), "--out".as_ref(), &out];
    let output = run_in("unify", &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    for name in ["noise.csv", "empty.csv", "cut.gz"] {
        assert!(said.contains(&format!("skipped    {name:?}")), "{said}");
    }
    let records = fs::read_to_string(out.join("records.csv")).unwrap();
    assert!(records.starts_with("file,record,class,reason\n\"Käße, \"\"2\"\".csv\",1,accept,\n"));

    // An export cut short would be missing sales without a word.
    let whole = fs::read(bundled.join("square_items.csv")).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, &whole).unwrap();
    let packed = packer.finish().unwrap();
    write(&folder.join("half.csv.gz"), &packed[..packed.len() / 2]);
    fails(&run_in("unify", &arguments), 1, "half.csv.gz");
}

#[test]
fn wrong_usage_of_any_program_is_one_line_and_exit_code_2() {
    let cases: [(&str, &[&[&str]]); 4] = [
        ("unify", &[&[], &["--out", "x"], &["--channels", "x"], &["x"], &["--channels"]]),
        ("unify", &[&["--channels", "x", "--out", ""], &["--channels", "x", "--out", "y", "z"]]),
        (
            "link_people",
            &[
                &[],
                &["a"],
                &["a", "b", "c", "--out", "x"],
                &["a", "--out", ""],
                &["--map", "x"],
                &["--map", "x=nothing"],
            ],
        ),
        (
            "match_products",
            &[
                &[],
                &["a"],
                &["a", "b"],
                &["a", "--out", "x"],
                &["a", "b", "c", "--out", "x"],
                &["a", "b", "--out"],
            ],
        ),
    ];
    for (program, lines) in cases {
        for arguments in lines {
            fails(&run_in(program, arguments), 2, program);
        }
    }
    for program in ["unify", "link_people", "match_products"] {
        fails(&run_in(program, &["--nonsense"]), 2, "--nonsense");
        for delimiter in ["ab", "", "\"", "\n", "é"] {
            fails(&run_in(program, &["--delimiter", delimiter]), 2, "one ASCII character");
        }
        let help = run_in(program, &["--help"]);
        assert_eq!((help.status.code(), stderr(&help)), (Some(0), String::new()));
        assert!(String::from_utf8(help.stdout).unwrap().starts_with(&format!("usage: {program} ")));
    }
    fails(&run_in::<&str>("score_ingest", &[]), 2, "usage");
    fails(&run_in("score_ingest", &["people", "missing.csv"]), 1, "missing.csv");
}
