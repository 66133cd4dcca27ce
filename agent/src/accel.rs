//! What executes the instructions.

use std::fs;

use serde::{Deserialize, Serialize};

/// What executes the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accel {
    /// The processor, and no hypervisor is seen.
    None,
    /// The processor, under KVM.
    Kvm,
    /// The processor, under another hypervisor.
    Hypervisor,
    /// QEMU's emulator.
    Tcg,
    /// QEMU, and it cannot be told whether it emulates.
    Qemu,
}

impl Accel {
    /// Detects it. A clock that counts instructions is an emulator's.
    pub fn detect(instruction_clock: bool) -> Self {
        if instruction_clock {
            return Accel::Tcg;
        }
        match signature() {
            Some(signature) => Accel::of_signature(&signature),
            None => Accel::of_machine(&machine()),
        }
    }

    /// The CPU is emulated, as far as can be told: where it cannot, times are not vouched for.
    pub fn is_emulated(self) -> bool {
        matches!(self, Accel::Tcg | Accel::Qemu)
    }

    /// By the hypervisor's signature in CPUID leaf 0x4000_0000; empty without a hypervisor.
    fn of_signature(signature: &[u8]) -> Self {
        match signature {
            b"" => Accel::None,
            b"TCGTCGTCGTCG" => Accel::Tcg,
            b"KVMKVMKVM\0\0\0" => Accel::Kvm,
            _ => Accel::Hypervisor,
        }
    }

    /// By the machine's name, where there is no CPUID.
    fn of_machine(name: &str) -> Self {
        let is_qemu = ["QEMU", "linux,dummy-virt"]
            .iter()
            .any(|known| name.contains(known));
        if is_qemu { Accel::Qemu } else { Accel::None }
    }
}

/// The name in DMI, or the first `compatible` in the device tree.
fn machine() -> String {
    [
        "/sys/class/dmi/id/sys_vendor",
        "/proc/device-tree/compatible",
    ]
    .into_iter()
    .filter_map(|path| fs::read_to_string(path).ok())
    .collect::<Vec<_>>()
    .join(" ")
}

#[cfg(target_arch = "x86_64")]
#[allow(unused_unsafe)] // __cpuid is safe in newer Rust
fn signature() -> Option<Vec<u8>> {
    use std::arch::x86_64::__cpuid;

    const HYPERVISOR: u32 = 1 << 31;
    // SAFETY: every x86-64 processor has CPUID.
    let (features, leaf) = unsafe { (__cpuid(1), __cpuid(0x4000_0000)) };
    if features.ecx & HYPERVISOR == 0 {
        return Some(Vec::new());
    }
    let words = [leaf.ebx, leaf.ecx, leaf.edx];
    Some(words.into_iter().flat_map(u32::to_le_bytes).collect())
}

#[cfg(not(target_arch = "x86_64"))]
fn signature() -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures() {
        for (signature, accel, emulated) in [
            (&b""[..], Accel::None, false),
            (b"TCGTCGTCGTCG", Accel::Tcg, true),
            (b"KVMKVMKVM\0\0\0", Accel::Kvm, false),
            (b"VMwareVMware", Accel::Hypervisor, false),
        ] {
            assert_eq!(Accel::of_signature(signature), accel);
            assert_eq!(accel.is_emulated(), emulated);
        }
    }

    #[test]
    fn qemu_without_cpuid_is_taken_for_an_emulator() {
        assert_eq!(Accel::of_machine("linux,dummy-virt\0"), Accel::Qemu);
        assert_eq!(Accel::of_machine("QEMU"), Accel::Qemu);
        assert!(Accel::Qemu.is_emulated());
        assert_eq!(Accel::of_machine("raspberrypi,5-model-b\0"), Accel::None);
    }

    #[test]
    fn a_clock_that_counts_instructions_is_an_emulators() {
        assert_eq!(Accel::detect(true), Accel::Tcg);
    }
}
