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

fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    Command::new(example("retail_day")).args(arguments).output().unwrap()
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

/// A name, what is in the file (`None`: there is none), and a word of the message.
type Case<'a> = (&'a str, Option<Vec<u8>>, &'a str);

#[test]
fn bad_input_is_one_line_and_exit_code_1() {
    let folder = folder("bad_input");
    let header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    // The first bytes of a gzip file: its header is whole, its content is cut.
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4c].to_vec();
    let rubbish = (0..4_096_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    let cases: [Case<'_>; 6] = [
        ("missing.csv", None, "missing.csv"),
        ("empty.csv", Some(Vec::new()), "empty.csv"),
        ("wrong_header.csv", Some(b"a,b,c\n1,2,3\n".to_vec()), "InvoiceNo"),
        ("header_only.csv", Some(header.into()), "header_only.csv"),
        ("rubbish.csv", Some(rubbish), "rubbish.csv"),
        ("truncated.csv.gz", Some(gzip), "truncated.csv.gz"),
    ];
    for (name, content, word) in cases {
        let path = folder.join(name);
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let out = folder.join("out");
        let output =
            run(&["--online-retail".as_ref(), path.as_os_str(), "--out".as_ref(), out.as_os_str()]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {message}");
        assert_eq!(message.lines().count(), 1, "{name}: {message}");
        assert!(message.contains(word), "{name}: {message}");
    }
    let output = run(&["--online-retail".as_ref(), folder.as_os_str()]);
    assert_eq!(output.status.code(), Some(1), "a folder: {}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), 1);
}

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    for arguments in
        [&["--online-retail"][..], &["--nonsense"], &["file.csv"], &["--out"], &["--out="]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{arguments:?}: {}", stderr(&output));
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
    let mut child = Command::new(example("retail_day"))
        .args(["--out".as_ref(), out.as_os_str()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert!(out.join("report.html").exists());
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
    fs::write(&path, file).unwrap();
    let output =
        run(&["--online-retail".as_ref(), path.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    // 14 · 20.00 and 4.00 sold, 4.00 of it given back.
    assert!(lines.contains("280 GBP in 4 months"), "{lines}");
    assert!(lines.contains("without 18k GBP canceled later"), "{lines}");
    assert!(lines.contains("2 customers"), "{lines}");
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    let left_out = "Sale lines canceled later (1, 9,000 units, 18k GBP) count nowhere";
    assert!(report.contains(left_out));
    let forecast = fs::read_to_string(out.join("forecast.csv")).unwrap();
    assert!(forecast.contains("85123A,") && !forecast.contains("9000"), "{forecast}");
}
