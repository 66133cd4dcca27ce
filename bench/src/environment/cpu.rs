//! The CPU.

use std::fs;

use super::{Accel, text};

/// What executes the instructions, in words.
pub fn executed_by(accel: Accel) -> &'static str {
    match accel {
        Accel::None => "the processor",
        Accel::Kvm => "the processor, under KVM",
        Accel::Hypervisor => "the processor, under a hypervisor",
        Accel::Tcg => "QEMU's emulator (TCG)",
        Accel::Qemu => "QEMU, perhaps its emulator",
    }
}

/// Model of the first CPU: its name, or the board's where the CPU has none (arm64).
pub fn model() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    name(&info)
        .or_else(|| text("/proc/device-tree/model").map(|model| model.replace('\0', "")))
        .or_else(|| part(&info))
        .unwrap_or_else(|| "unknown".into())
}

/// `model name` in `/proc/cpuinfo`.
fn name(info: &str) -> Option<String> {
    field(info, "model name").map(str::to_owned)
}

/// Implementer and part of an Arm CPU in `/proc/cpuinfo`.
fn part(info: &str) -> Option<String> {
    let implementer = field(info, "CPU implementer")?;
    let part = field(info, "CPU part")?;
    Some(format!("Arm implementer {implementer} part {part}"))
}

fn field<'a>(info: &'a str, key: &str) -> Option<&'a str> {
    let mut fields = info.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(name, _)| name.trim() == key)?;
    Some(value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_x86_cpu_has_a_name() {
        let info = "processor\t: 0\nmodel\t\t: 6\nmodel name\t: QEMU TCG CPU version 2.5+\n\n";
        assert_eq!(name(info).unwrap(), "QEMU TCG CPU version 2.5+");
    }

    #[test]
    fn an_arm_cpu_has_numbers() {
        let info = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd07\n";
        assert_eq!(name(info), None);
        assert_eq!(part(info).unwrap(), "Arm implementer 0x41 part 0xd07");
    }
}
