//! What `match_products` promises a shell: 0 done, 1 bad input, 2 wrong usage, one line on stderr.
#![cfg(feature = "ingest")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "not library code")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The example as `cargo test` built it, beside the folder of this test.
fn run(arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let path = folder.join(format!("match_products{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: `cargo test` builds it", path.display());
    Command::new(path).args(arguments).output().unwrap()
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("match_products").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn write(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn pairs_reasons_and_differences_are_written() {
    let folder = folder("good");
    let a = "id|title|price\r\ns1|Panasonic Laser Toner KX-FA83|29.00\r\ns2|Sharp Calculator EL1192BL, gray|37.63\r\n";
    let b = "id|name|cost\nm1|Sharp EL-1192BL Calculator Gray|36.89\nm2|Tamsin Kettle|5\nm3|Panasonic KXFA83 Laser Toner|29\n";
    let (a, b) = (write(&folder, "a.csv", a.as_bytes()), write(&folder, "b.csv", b.as_bytes()));
    let out = folder.join("out");
    let output = run(&[&a, &b, "--delimiter", "|", "--out", out.to_str().unwrap()]);
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
fn bad_input_is_one_line_and_exit_code_1() {
    let folder = folder("bad");
    let good = write(&folder, "good.csv", b"id,title\n1,Red Mug\n");
    // The first bytes of a gzip file: its header is whole, its content is cut.
    let cut = write(&folder, "cut.csv.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4c]);
    let rubbish: Vec<u8> =
        (0..4_096_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    let cases = [
        (folder.join("missing.csv").to_str().unwrap().to_owned(), "missing.csv"),
        (write(&folder, "empty.csv", b""), "empty.csv"),
        (write(&folder, "header.csv", b"id,title\n"), "no product"),
        (write(&folder, "one_column.csv", b"id|title\n1|Red Mug\n"), "delimiter"),
        (write(&folder, "rubbish.csv", &rubbish), "rubbish.csv"),
        (folder.to_str().unwrap().to_owned(), ""),
        (cut, "cut.csv.gz"),
    ];
    let out = folder.join("out");
    for (file, word) in cases {
        for files in [[&file, &good], [&good, &file]] {
            let output = run(&[files[0], files[1], "--out", out.to_str().unwrap()]);
            let message = stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{file}: {message}");
            assert_eq!(message.lines().count(), 1, "{file}: {message}");
            assert!(message.contains(word), "{file}: {message}");
        }
    }
}

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    for arguments in [
        &[][..],
        &["a.csv"],
        &["a.csv", "b.csv"],
        &["a.csv", "b.csv", "c.csv", "--out", "x"],
        &["a.csv", "b.csv", "--out"],
        &["a.csv", "b.csv", "--out", "x", "--delimiter", "ab"],
        &["a.csv", "b.csv", "--out", "x", "--delimiter", "\""],
        &["--nonsense"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{arguments:?}: {}", stderr(&output));
    }
}
