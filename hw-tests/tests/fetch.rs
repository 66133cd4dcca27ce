//! The lab fetches a kernel out of Debian packages: here out of a small repository made on the spot,
//! so that the network plays no part.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use support::{finish, lab};

const RELEASE: &str = "6.12.1+test-amd64";

/// The kernel's own modules that the guest has.
const MODULES: [&str; 7] = [
    "drivers/uio/uio",
    "drivers/uio/uio_pci_generic",
    "virt/lib/irqbypass",
    "drivers/vfio/vfio",
    "drivers/vfio/vfio_iommu_type1",
    "drivers/vfio/pci/vfio-pci-core",
    "drivers/vfio/pci/vfio-pci",
];

/// A repository with one kernel, and an empty cache.
struct Host {
    dir: TempDir,
}

impl Host {
    fn new() -> Host {
        let host = Host {
            dir: tempfile::tempdir().unwrap(),
        };
        let common = "6.12.1+test-common";
        let mut index = String::new();
        let mut add = |name: &str, depends: &str, files: &[(&str, &[u8])]| {
            index += &host.package(name, depends, files)
        };
        add(
            "linux-image-6.12-amd64",
            &format!("linux-image-{RELEASE}"),
            &[],
        );
        let image: Vec<u8> = (0..4_u32 << 20)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let in_boot = |name: &str| format!("boot/{name}-{RELEASE}");
        let mut files = vec![
            (in_boot("vmlinuz"), &image[..]),
            (in_boot("config"), b"CONFIG_X=y\n"),
            ("lib/modules/unused.ko".into(), b"unused"),
        ];
        files.extend(MODULES.map(|module| {
            let path = format!("lib/modules/{RELEASE}/kernel/{module}.ko");
            (path, &b"module"[..])
        }));
        let files: Vec<_> = files
            .iter()
            .map(|(name, data)| (&name[..], *data))
            .collect();
        add(&format!("linux-image-{RELEASE}"), "", &files);
        let in_headers = |name: &str| format!("usr/src/linux-headers-{RELEASE}/{name}");
        let makefile = format!("include /usr/src/linux-headers-{common}/Makefile\n");
        add(
            &format!("linux-headers-{RELEASE}"),
            &format!("linux-headers-{common}, linux-kbuild-6.12.1+test"),
            &[
                (&in_headers("Makefile"), makefile.as_bytes()),
                (&in_headers("include/config/auto.conf"), b"CONFIG_X=y\n"),
                (&in_headers("Module.symvers"), b"0x1 x vmlinux\n"),
            ],
        );
        add(
            &format!("linux-headers-{common}"),
            "",
            &[(
                &format!("usr/src/linux-headers-{common}/Makefile"),
                b"all:\n\t@echo common part\n",
            )],
        );
        add(
            "linux-kbuild-6.12.1+test",
            "",
            &[("usr/lib/linux-kbuild-6.12.1+test/scripts/x", b"x")],
        );
        fs::write(host.dir.path().join("repository/Packages"), index).unwrap();
        host.set_source(&format!(
            "deb [trusted=yes] file:{} ./",
            host.dir.path().join("repository").display()
        ));
        host
    }

    /// Builds a package; gives its entry in the index.
    fn package(&self, name: &str, depends: &str, files: &[(&str, &[u8])]) -> String {
        let root = self.dir.path().join(name);
        let control = format!(
            "Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: nobody <nobody@localhost>\nDescription: test\n"
        );
        let control = if depends.is_empty() {
            control
        } else {
            format!("{control}Depends: {depends}\n")
        };
        let put = |path: &str, data: &[u8]| {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), data).unwrap();
        };
        put("DEBIAN/control", control.as_bytes());
        files.iter().for_each(|(path, data)| put(path, data));
        let repository = self.dir.path().join("repository");
        fs::create_dir_all(&repository).unwrap();
        let deb = repository.join(format!("{name}_1_amd64.deb"));
        let build = Command::new("dpkg-deb")
            .args(["--build", "--root-owner-group", "-Znone"])
            .args([&root, &deb])
            .output();
        assert!(build.unwrap().status.success());
        let bytes = fs::read(&deb).unwrap();
        let hash: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(
            "{control}Filename: ./{name}_1_amd64.deb\nSize: {}\nSHA256: {hash}\n\n",
            bytes.len()
        )
    }

    fn set_source(&self, line: &str) {
        let list = self.dir.path().join("sources.list");
        fs::write(&list, format!("{line}\n")).unwrap();
        let config = format!(
            "Dir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"/dev/null\";\n",
            list.display()
        );
        fs::write(self.dir.path().join("apt.conf"), config).unwrap();
    }

    fn cache(&self) -> std::path::PathBuf {
        self.dir.path().join("cache")
    }

    /// `irqlink-lab setup` of one kernel, on this host.
    fn setup(&self) -> Command {
        let mut setup = lab();
        setup.args(["setup", "--kernel", "stock-6.12"]);
        self.settle(&mut setup);
        setup
    }

    fn settle(&self, command: &mut Command) {
        command
            .env("IRQLINK_CACHE", self.cache())
            .env("APT_CONFIG", self.dir.path().join("apt.conf"));
    }
}

fn kernel(cache: &Path) -> std::path::PathBuf {
    cache.join("kernels/stock-6.12")
}

#[test]
fn the_newest_kernel_is_unpacked_with_headers_that_work_there() {
    let host = Host::new();
    let (status, stdout, stderr) = finish(&mut host.setup());
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(!stderr.contains("W: "), "{stderr}");
    let kernel = kernel(&host.cache());
    assert_eq!(fs::read_link(&kernel).unwrap(), Path::new(RELEASE));
    assert!(kernel.join(format!("boot/vmlinuz-{RELEASE}")).is_file());
    assert!(!kernel.join("lib").exists(), "unpacked more than is used");
    let make = Command::new("make")
        .arg("-C")
        .arg(kernel.join(format!("usr/src/linux-headers-{RELEASE}")))
        .output();
    assert!(String::from_utf8_lossy(&make.unwrap().stdout).contains("common part"));
}

#[test]
fn what_is_cached_needs_no_repository() {
    let host = Host::new();
    assert_eq!(finish(&mut host.setup()).0, 0);
    fs::remove_dir_all(host.dir.path().join("repository")).unwrap();
    fs::remove_dir_all(host.cache().join("apt")).unwrap();
    let (status, _, stderr) = finish(&mut host.setup());
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert!(!host.cache().join("apt").exists(), "apt was called");
}

#[test]
fn a_kernel_that_was_damaged_is_fetched_anew() {
    let host = Host::new();
    assert_eq!(finish(&mut host.setup()).0, 0);
    let image = kernel(&host.cache()).join(format!("boot/vmlinuz-{RELEASE}"));
    let whole = fs::read(&image).unwrap();
    fs::write(&image, &whole[..whole.len() / 2]).unwrap();
    let (status, _, stderr) = finish(&mut host.setup());
    assert_eq!(status, 0, "{stderr}");
    assert!(
        stderr.contains("is damaged") && stderr.contains("boot/vmlinuz"),
        "{stderr}"
    );
    assert_eq!(fs::read(&image).unwrap(), whole);
}

#[test]
fn an_interrupted_unpacking_is_done_anew() {
    let host = Host::new();
    let boot = format!("making/kernels/{RELEASE}/partial/boot");
    let boot = host.cache().join(boot);
    fs::create_dir_all(&boot).unwrap();
    fs::write(boot.join("vmlinuz"), "half").unwrap();
    let (status, _, stderr) = finish(&mut host.setup());
    assert_eq!(status, 0, "{stderr}");
    assert!(
        kernel(&host.cache())
            .join(format!("boot/vmlinuz-{RELEASE}"))
            .is_file()
    );
    assert!(!kernel(&host.cache()).join("boot/vmlinuz").exists());
}

#[test]
fn without_a_network_the_lab_says_what_to_do() {
    let host = Host::new();
    host.set_source("deb [trusted=yes] http://127.0.0.1:9/debian bookworm main"); // nothing listens on this port
    let (status, _, stderr) = finish(&mut host.setup());
    assert_eq!(status, 1);
    assert!(
        stderr.contains("cannot get") && stderr.contains("Is the network up?"),
        "{stderr}"
    );
    assert!(stderr.contains("KERNEL_IMAGE="), "{stderr}");
    assert!(!kernel(&host.cache()).exists());
}

#[test]
fn a_full_disk_is_called_by_its_name() {
    let host = Host::new();
    fs::create_dir(host.cache()).unwrap();
    // Its own mounts, so that nothing stays mounted whatever happens. Root needs no users of its own.
    let mut setup = Command::new("unshare");
    if !nix::unistd::geteuid().is_root() {
        setup.arg("--map-root-user");
    }
    setup.args([
        "--mount",
        "sh",
        "-c",
        "mount -t tmpfs -o size=5m none \"$IRQLINK_CACHE\" && exec \"$@\"",
        "sh",
    ]);
    setup
        .arg(host.setup().get_program())
        .args(host.setup().get_args());
    host.settle(&mut setup);
    let (status, _, stderr) = finish(&mut setup);
    assert_eq!(status, 1);
    assert!(
        stderr.contains("disk full") && stderr.contains("IRQLINK_CACHE"),
        "{stderr}"
    );
}
