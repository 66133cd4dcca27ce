//! The lab boots a board and tells well what becomes of it.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use support::{finish, logs, run, wait_for};

/// A static program for the guest that does as its argument says.
const PROGRAM: &str = r#"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	return !file || fputs(text, file) < 0 || fclose(file);
}
int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (!strcmp(what, "speak"))
		return puts("spoken") < 0 || put("/out/report.json", "{}");
	if (!strcmp(what, "fail"))
		return fputs("failing\n", stderr), 7;
	if (!strcmp(what, "sleep"))
		for (;;)
			pause();
	if (!strcmp(what, "warn"))
		return put("/dev/kmsg", "<4>WARNING: CPU: 0 PID: 1 at a test");
	if (!strcmp(what, "panic"))
		return put("/proc/sysrq-trigger", "c");
	return 99;
}
"#;

/// The option that puts the program into the guest as /bin/do.
fn program() -> &'static str {
    static OPTION: OnceLock<String> = OnceLock::new();
    OPTION.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (source, program) = (dir.join("do.c"), dir.join("do"));
        fs::write(&source, PROGRAM).unwrap();
        let gcc = Command::new("gcc")
            .args(["-static", "-o"])
            .args([&program, &source])
            .status();
        assert!(gcc.unwrap().success());
        format!("--file={}:/bin/do", program.display())
    })
}

#[test]
fn output_and_files_come_back() {
    let mut lab = run("test-output");
    let (status, stdout, stderr) = finish(lab.args([
        program(),
        "--collect",
        "/out/report.json",
        "--",
        "do",
        "speak",
    ]));
    assert_eq!((status, stdout.as_str()), (0, "spoken\n"), "{stderr}");
    assert_eq!(
        fs::read_to_string(logs("test-output").join("report.json")).unwrap(),
        "{}"
    );
    let log = fs::read_to_string(logs("test-output").join("kernel.log")).unwrap();
    assert!(log.contains("Linux version"), "{log}");
}

#[test]
fn the_exit_status_is_that_of_the_command() {
    let (status, stdout, stderr) = finish(run("test-status").args([program(), "--", "do", "fail"]));
    assert_eq!((status, stdout.as_str()), (7, ""));
    assert!(stderr.contains("failing"), "{stderr}");
}

#[test]
fn a_missing_program_is_named() {
    let (status, _, stderr) = finish(run("test-missing").args(["--", "no-such-program"]));
    assert_eq!(status, 1);
    assert!(
        stderr.contains("no-such-program: cannot start: No such file"),
        "{stderr}"
    );
}

#[test]
fn a_warning_of_the_kernel_fails_the_run_and_is_quoted() {
    let (status, _, stderr) = finish(run("test-warning").args([program(), "--", "do", "warn"]));
    assert_eq!(status, 1);
    assert!(
        stderr.contains("the kernel complained")
            && stderr.contains("WARNING: CPU: 0 PID: 1 at a test"),
        "{stderr}"
    );
    assert!(stderr.contains("Logs: "), "{stderr}");
}

#[test]
fn a_panic_of_the_kernel_is_shown() {
    let (status, _, stderr) = finish(run("test-panic").args([program(), "--", "do", "panic"]));
    assert_eq!(status, 1);
    assert!(
        stderr.contains("ended during `do panic`") && stderr.contains("Kernel panic"),
        "{stderr}"
    );
}

#[test]
fn a_guest_that_hangs_is_stopped() {
    let (status, _, stderr) =
        finish(run("test-hang").args([program(), "--time-limit", "2s", "--", "do", "sleep"]));
    assert_eq!(status, 1);
    assert!(
        stderr.contains("still busy with `do sleep` after 2s") && stderr.contains("--time-limit"),
        "{stderr}"
    );
    assert!(logs("test-hang").join("console.log").is_file());
}

#[test]
fn an_image_that_does_not_boot_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = run("test-no-boot");
    give(&mut lab, dir.path(), &[0xeb, 0xfe]); // jump to itself
    let (status, _, stderr) = finish(lab.args(["--boot-limit", "5s", "--", "true"]));
    assert_eq!(status, 1);
    assert!(
        stderr.contains("no-kernel") && stderr.contains("did not start the guest within 5s"),
        "{stderr}"
    );
}

#[test]
fn a_boot_that_dies_shows_its_console() {
    let mut code = vec![0xba, 0xf8, 0x03]; // mov $0x3f8, %dx: the serial port
    for letter in *b"Oops: 0000\r\n" {
        code.extend([0xb0, letter, 0xee]); // mov $letter, %al; out %al, %dx
    }
    code.extend([0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe]); // reset by the keyboard controller; wait for it
    let dir = tempfile::tempdir().unwrap();
    let mut lab = run("test-oops");
    give(&mut lab, dir.path(), &code);
    let (status, _, stderr) = finish(lab.args(["--", "true"]));
    assert_eq!(status, 1);
    assert!(
        stderr.contains("ended during `start of the job`") && stderr.contains("Oops: 0000"),
        "{stderr}"
    );
}

/// Gives the lab a kernel that does nothing but `code`.
fn give(lab: &mut Command, dir: &Path, code: &[u8]) {
    let image = dir.join("no-kernel");
    fs::write(&image, kernel(code)).unwrap();
    fs::create_dir_all(dir.join("include/config")).unwrap();
    fs::write(dir.join("include/config/kernel.release"), "0.0.0-test\n").unwrap();
    fs::write(dir.join("include/config/auto.conf"), "").unwrap();
    lab.env("KERNEL_IMAGE", image).env("KERNEL_DIR", dir);
}

/// What QEMU takes for a kernel (Documentation/arch/x86/boot.rst). The code is 16-bit.
fn kernel(code: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 1 << 16];
    let mut put =
        |offset: usize, bytes: &[u8]| image[offset..offset + bytes.len()].copy_from_slice(bytes);
    put(0x1f1, &[4]); // sectors of setup
    put(0x200, &[0xeb, 0x7e]); // jump over the header, to 0x280
    put(0x202, b"HdrS");
    put(0x206, &0x020c_u16.to_le_bytes()); // version of the protocol
    put(0x211, &[1]); // loaded high
    put(0x22c, &0x7fff_ffff_u32.to_le_bytes()); // highest address of the initramfs
    put(0x280, code);
    image
}

#[test]
fn half_of_a_given_kernel_is_refused() {
    let mut lab = run("test-half");
    let (status, _, stderr) = finish(
        lab.env("KERNEL_IMAGE", "/boot/vmlinuz")
            .args(["--", "true"]),
    );
    assert_eq!(status, 1);
    assert!(
        stderr.contains("KERNEL_IMAGE and KERNEL_DIR belong together"),
        "{stderr}"
    );
}

#[test]
fn without_qemu_the_lab_says_what_to_install() {
    let dir = tempfile::tempdir().unwrap();
    for (name, program) in programs_in_path() {
        if name != "qemu-system-x86_64" {
            // Of two with one name the first in PATH counts.
            let _ = std::os::unix::fs::symlink(program, dir.path().join(name));
        }
    }
    let (status, _, stderr) = finish(
        run("test-no-qemu")
            .env("PATH", dir.path())
            .args(["--", "true"]),
    );
    assert_eq!(status, 1);
    assert!(
        stderr.contains("qemu-system-x86_64 is not installed") && stderr.contains("packages.sh"),
        "{stderr}"
    );
}

fn programs_in_path() -> Vec<(String, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::split_paths(&path).filter_map(|dir| fs::read_dir(dir).ok());
    let files = folders
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()));
    files
        .map(|file| {
            (
                file.file_name().unwrap().to_string_lossy().into_owned(),
                file,
            )
        })
        .collect()
}

#[test]
fn qemu_does_not_outlive_the_lab() {
    let mut lab = run("test-killed")
        .args([program(), "--", "do", "sleep"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let qemu = wait_for(|| children(lab.id()).into_iter().find(|pid| is_board(*pid)));
    lab.kill().unwrap();
    lab.wait().unwrap();
    wait_for(|| (!is_board(qemu)).then_some(()));
}

/// Whether it is QEMU with a board, not one that only tells its version.
fn is_board(pid: u32) -> bool {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    name(pid).starts_with("qemu-system")
        && arguments.split(|&b| b == 0).any(|one| one == b"-machine")
}

/// Processes that any thread of `pid` started.
fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split(' ')
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Name of a living process, or nothing.
fn name(pid: u32) -> String {
    let is_dead = |stat: &str| {
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with(['Z', 'X']))
    };
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) if !is_dead(&stat) => stat.split(['(', ')']).nth(1).unwrap_or("").to_string(),
        _ => String::new(),
    }
}
