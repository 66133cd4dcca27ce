//! The Rust values of the binary interface are those of the kernel headers.

use std::collections::BTreeMap;
use std::mem::offset_of;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fmt::Write as _, io::Write as _};

use irqlink::abi::{
    CONSTANTS, IRQLINK_FAMILY_NAME, IRQLINK_MCGRP_EVENTS, IRQLINK_MCGRP_SOURCES, Info, Record, Ring,
};

/// Sizes and offsets: the C expression and the Rust value.
fn layout() -> Vec<(String, u64)> {
    let mut layout = Vec::new();
    macro_rules! layout {
        ($c:literal, $rust:ty, $($field:ident)+) => {
            layout.push((format!("sizeof(struct {})", $c), size_of::<$rust>() as u64));
            layout.push((format!("_Alignof(struct {})", $c), align_of::<$rust>() as u64));
            $(layout.push((
                format!("offsetof(struct {}, {})", $c, stringify!($field)),
                offset_of!($rust, $field) as u64,
            ));)+
        };
    }
    layout!("irqlink_record", Record,
        seq time_ns trigger_ns source cpu flags status payload reserved);
    layout!("irqlink_ring", Ring,
        magic version record_size capacity records_offset source state reserved head);
    layout!("irqlink_info", Info,
        version record_size source capacity map_size reserved head next);
    layout
}

/// Compiles and runs a program that prints each expression's value from the headers.
fn values_in_c(expressions: &[String]) -> Vec<u64> {
    let headers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kernel/include/uapi");
    let mut program = String::from(
        "#include <stddef.h>\n#include <stdio.h>\n#include <string.h>\n\
         #include \"irqlink.h\"\n#include \"irqlink_netlink.h\"\nint main(void) {\n",
    );
    for expression in expressions {
        writeln!(
            program,
            "printf(\"%llu\\n\", (unsigned long long)({expression}));"
        )
        .unwrap();
    }
    program.push_str("return 0; }\n");

    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = directory.join("abi");
    let mut compiler = Command::new("cc")
        .args(["-std=gnu11", "-Wall", "-Werror", "-x", "c", "-", "-I"])
        .arg(&headers)
        .arg("-o")
        .arg(&binary)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a C compiler as `cc`: apt install gcc libc6-dev");
    compiler
        .stdin
        .take()
        .unwrap()
        .write_all(program.as_bytes())
        .unwrap();
    assert!(
        compiler.wait().unwrap().success(),
        "the headers do not compile"
    );

    let output = Command::new(&binary).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn values_are_those_of_the_headers() {
    let mut expected = layout();
    expected.extend(
        CONSTANTS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value)),
    );
    for (macro_name, text) in [
        ("IRQLINK_FAMILY_NAME", IRQLINK_FAMILY_NAME),
        ("IRQLINK_MCGRP_SOURCES", IRQLINK_MCGRP_SOURCES),
        ("IRQLINK_MCGRP_EVENTS", IRQLINK_MCGRP_EVENTS),
    ] {
        expected.push((format!("!strcmp({macro_name}, \"{text}\")"), 1));
    }

    let (expressions, rust): (Vec<_>, Vec<_>) = expected.into_iter().unzip();
    let c = values_in_c(&expressions);
    assert_eq!(c.len(), rust.len());
    let differing: BTreeMap<_, _> = expressions
        .iter()
        .zip(c.iter().zip(&rust))
        .filter(|(_, (c, rust))| c != rust)
        .collect();
    assert!(differing.is_empty(), "(headers, Rust): {differing:#?}");
}

#[test]
fn every_number_of_the_headers_is_known() {
    let headers = [
        include_str!("../../kernel/include/uapi/irqlink.h"),
        include_str!("../../kernel/include/uapi/irqlink_netlink.h"),
    ]
    .concat();
    // Not numbers, or there for the compiler only.
    let other = [
        "IRQLINK_FAMILY_NAME",
        "IRQLINK_MCGRP_SOURCES",
        "IRQLINK_MCGRP_EVENTS",
        "_MAX",
        "_PAD",
    ];
    let unknown: Vec<&str> = headers
        .lines()
        .filter(|line| !line.trim_start().starts_with('*'))
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .filter(|word| word.starts_with("IRQLINK_"))
        .filter(|word| !other.iter().any(|other| word.ends_with(other)))
        .filter(|word| !CONSTANTS.iter().any(|(name, _)| name == word))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn the_modules_have_the_version_of_the_crates() {
    let header = include_str!("../../kernel/include/irqlink.h");
    let version = format!(
        "#define IRQLINK_VERSION\t\"{}\"\n",
        env!("CARGO_PKG_VERSION")
    );
    assert!(header.contains(&version), "{version}");
}
