//! The virtual board: QEMU with devices that interrupt, a console, a result port and a monitor.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use irqlink_hw_tests::job::SPARE_PORT;

use crate::command;
use crate::emulator;
use crate::error::{Context, Result};
use crate::ivshmem::Ivshmem;
use crate::progress::Progress;

/// Slot of the first root port. That of `edu0`.
const FIRST_PORT: u8 = 0x10;
/// Interrupt lines repeat after that many slots (QEMU: ich9_lpc_reset()).
const LINES: u8 = 4;

/// How the guest's instructions are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// By the processor.
    Kvm,
    /// By an emulator, on two host threads.
    Tcg,
    /// By an emulator whose clock is the number of executed instructions, 1 ns each.
    PathLength,
}

impl Accel {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Accel::Kvm => "kvm",
            Accel::Tcg => "tcg",
            Accel::PathLength => "tcg-icount",
        }
    }

    /// The emulators' CPU has every feature they know, as a current processor has: so the kernel takes
    /// the paths that it takes there, SMAP and retpolines among them. Path lengths depend on this
    /// choice, by up to 5 %.
    ///
    /// But for fast short REP where instructions are counted: QEMU knows it since 8.1, so the kernel then
    /// clears memory by REP STOSB, and each byte counts as an instruction.
    fn args(self) -> &'static [&'static str] {
        match self {
            Accel::Kvm => &["-accel", "kvm", "-cpu", "host", "-smp", "2"],
            Accel::Tcg => &["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"],
            Accel::PathLength => &[
                "-accel",
                "tcg",
                "-icount",
                "shift=0,sleep=off",
                "-cpu",
                "max,-fsrm,-fsrs,-fzrm,-fsrc",
                "-smp",
                "1",
                // So that programs can have devices by VFIO; before the devices that it translates for.
                "-device",
                "intel-iommu,intremap=on",
            ],
        }
    }

    /// Kernel parameters that it needs.
    ///
    /// The emulators' TSC is one for all CPUs, and goes on evenly: it is the host's, or counts
    /// instructions. Their CPUID does not promise it, so on a busy host the kernel would come to distrust
    /// it, and read the time from the HPET. For that QEMU takes its big lock, at each reading, and what waits
    /// for the lock in vain meanwhile are its timers: CPUs that stop ticking.
    fn kernel_parameters(self) -> &'static str {
        match self {
            Accel::Kvm => "",
            Accel::Tcg => " clocksource=tsc tsc=reliable",
            Accel::PathLength => " clocksource=tsc tsc=reliable intel_iommu=on",
        }
    }
}

/// The board to boot.
#[derive(Clone, Debug)]
pub struct Board {
    /// Kernel image.
    pub image: PathBuf,
    /// How it is executed.
    pub accel: Accel,
    /// Number of `edu` devices; their QEMU ids are `edu0`, `edu1`, ...
    pub edu: u8,
    /// Vectors of its `ivshmem-doorbell` device; 0 for no such device.
    pub ivshmem: u16,
    /// Port of this host that leads to the guest's ssh server; `None` for no network card.
    pub ssh_port: Option<u16>,
}

/// A running QEMU. It is killed when this is dropped, and when the lab dies.
pub struct Qemu {
    /// The process.
    pub process: Child,
    /// The guest's ttyS1.
    pub result: UnixStream,
    /// The guest's ttyS2.
    pub guest_monitor: UnixStream,
    /// QEMU's monitor (QMP).
    pub monitor: UnixStream,
    /// Rings the vectors of the `ivshmem-doorbell` device.
    pub ivshmem: Option<Arc<Ivshmem>>,
}

impl Qemu {
    /// Starts the board. The console goes to `console`, what QEMU itself says to `stderr`.
    pub fn start(board: &Board, initramfs: &Path, console: &Path, stderr: &Path) -> Result<Qemu> {
        let stderr =
            File::create(stderr).context(|| format!("cannot make {}", stderr.display()))?;
        let mut pairs = Vec::new();
        for _ in 0..3 {
            pairs.push(UnixStream::pair().context(|| "cannot make a socket")?);
        }
        let mut fds: Vec<RawFd> = pairs.iter().map(|(_, qemu)| qemu.as_raw_fd()).collect();
        let [result, guest_monitor, monitor] = fds[..] else {
            unreachable!("three pairs")
        };
        let (ivshmem, doorbell) = match board.ivshmem {
            0 => None,
            vectors => Some(Ivshmem::serve(vectors)?),
        }
        .unzip();
        let socket = |id: &str, fd: RawFd| format!("socket,id={id},fd={fd}");

        let mut qemu = match board.accel {
            Accel::Kvm => emulator::hosts(),
            Accel::Tcg | Accel::PathLength => emulator::find(Progress::new())?,
        };
        qemu.args([
            "-machine",
            "q35",
            "-m",
            "512M",
            "-display",
            "none",
            "-no-reboot",
            "-nodefaults",
            "-no-user-config",
        ]);
        qemu.args(board.accel.args());
        qemu.arg("-kernel")
            .arg(&board.image)
            .arg("-initrd")
            .arg(initramfs);
        qemu.arg("-append").arg(kernel_parameters(board));
        qemu.arg("-chardev")
            .arg(file_chardev("console", console))
            .args(["-serial", "chardev:console"]);
        qemu.args([
            "-chardev",
            &socket("result", result),
            "-serial",
            "chardev:result",
        ]);
        qemu.args([
            "-chardev",
            &socket("guest-monitor", guest_monitor),
            "-serial",
            "chardev:guest-monitor",
        ]);
        qemu.args([
            "-chardev",
            &socket("monitor", monitor),
            "-mon",
            "chardev=monitor,mode=control",
        ]);
        for n in 0..board.edu {
            let id = format!("edu{n}");
            qemu.args(port(&format!("{id}-port"), FIRST_PORT + n))
                .args(["-device", &format!("edu,id={id},bus={id}-port")]);
        }
        qemu.args(port(SPARE_PORT, FIRST_PORT + LINES));
        if let Some(doorbell) = &doorbell {
            let device = format!(
                "ivshmem-doorbell,vectors={},chardev=doorbell",
                board.ivshmem
            );
            qemu.args(["-chardev", &socket("doorbell", doorbell.as_raw_fd())])
                .args(["-device", &device]);
            fds.push(doorbell.as_raw_fd());
        }
        if let Some(port) = board.ssh_port {
            // The guest reaches nobody; only this port leads to it.
            let net = format!("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22");
            qemu.args(["-netdev", &net, "-device", "e1000,netdev=net"]);
        }
        qemu.stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr);
        inherit(&mut qemu, fds);
        let process = qemu.spawn().map_err(|e| command::cannot_start(&qemu, e))?;
        let mut ours = pairs.into_iter().map(|(ours, _)| ours);
        let mut next = || ours.next().expect("three pairs");
        Ok(Qemu {
            process,
            result: next(),
            guest_monitor: next(),
            monitor: next(),
            ivshmem: ivshmem.map(Arc::new),
        })
    }

    /// Ends the board at once.
    pub fn kill(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A PCIe root port: a slot for one function, which may be plugged in at any time.
fn port(id: &str, slot: u8) -> [String; 2] {
    [
        "-device".into(),
        format!("pcie-root-port,id={id},chassis={slot},addr={slot:#x}"),
    ]
}

/// The kernel's command line. `loglevel=5` shows warnings on the console, so that they are there
/// even if the guest dies of them; `panic=-1` with `-no-reboot` ends QEMU at a panic;
/// `kmemleak.verbose` has leaks logged.
fn kernel_parameters(board: &Board) -> String {
    let network = match board.ssh_port {
        // The address that QEMU's network gives (QEMU: "-netdev user"), without asking for it.
        Some(_) => "ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off",
        // A test plugs a network card, and drives it itself: the driver that some kernels have for
        // it must not.
        None => "initcall_blacklist=e1000_init_module",
    };
    format!(
        "console=ttyS0 loglevel=5 panic=-1 8250.nr_uarts=4 kmemleak.verbose=1 {network} rdinit=/init{}",
        board.accel.kernel_parameters()
    )
}

/// QEMU separates options by commas; a comma in a path is written twice.
fn file_chardev(id: &str, path: &Path) -> String {
    format!(
        "file,id={id},path={}",
        path.display().to_string().replace(',', ",,")
    )
}

/// Lets the program have `fds` and die with the lab.
fn inherit(command: &mut Command, fds: Vec<RawFd>) {
    let prepare = move || -> io::Result<()> {
        set_pdeathsig(Signal::SIGKILL)?;
        for &fd in &fds {
            // SAFETY: the sockets are open in the parent until spawn() has returned, so here too.
            let fd = unsafe { BorrowedFd::borrow_raw(fd) };
            fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
        }
        Ok(())
    };
    // SAFETY: prctl and fcntl are async-signal-safe, and nothing here allocates.
    unsafe { command.pre_exec(prepare) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_a_path_stays_in_the_path() {
        assert_eq!(
            file_chardev("c", Path::new("/a,b/c.log")),
            "file,id=c,path=/a,,b/c.log"
        );
    }

    fn board(accel: Accel, ssh_port: Option<u16>) -> Board {
        Board {
            image: "vmlinuz".into(),
            accel,
            edu: 0,
            ivshmem: 0,
            ssh_port,
        }
    }

    #[test]
    fn only_emulators_fix_the_clock() {
        let parameters = |accel| kernel_parameters(&board(accel, None));
        assert!(parameters(Accel::PathLength).contains("clocksource=tsc"));
        assert!(parameters(Accel::Tcg).contains("clocksource=tsc"));
        assert!(!parameters(Accel::Kvm).contains("tsc"));
    }

    #[test]
    fn only_a_board_with_a_card_has_an_address() {
        let parameters = |port| kernel_parameters(&board(Accel::Tcg, port));
        assert!(parameters(Some(2222)).contains(" ip="));
        assert!(!parameters(None).contains(" ip="));
    }
}
