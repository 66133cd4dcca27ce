//! The program, as instructions (kernel: Documentation/bpf/standardization/instruction-set.rst).

use bytemuck::{Pod, Zeroable};

use super::Copied;

/// One instruction, `struct bpf_insn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

/// Which instruction takes the ring buffer.
pub const TAKES_RING: usize = 3;

// Opcodes.
const LOAD_IMMEDIATE_64: u8 = 0x18;
const LOAD_64: u8 = 0x79;
const STORE_64: u8 = 0x7b;
const MOVE: u8 = 0xbf;
const MOVE_IMMEDIATE: u8 = 0xb7;
const JUMP_EQUAL: u8 = 0x15;
const JUMP_NOT_EQUAL: u8 = 0x55;
const CALL: u8 = 0x85;
const EXIT: u8 = 0x95;

// Helpers.
const RINGBUF_RESERVE: i32 = 131;
const RINGBUF_SUBMIT: i32 = 132;

const fn instruction(code: u8, to: u8, from: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction {
        code,
        registers: from << 4 | to,
        offset,
        immediate,
    }
}

/// Copies the interrupts of a source into a ring buffer. Its arguments are those of the tracepoint
/// (kernel/core/trace.h), 64 bits each: source, sequence number, time.
pub fn copying(source: u32) -> [Instruction; 18] {
    [
        instruction(LOAD_64, 2, 1, 0, 0),
        instruction(JUMP_NOT_EQUAL, 2, 0, 14, source as i32), // to the end
        instruction(MOVE, 6, 1, 0, 0),
        instruction(LOAD_IMMEDIATE_64, 1, 0, 0, 0),
        instruction(0, 0, 0, 0, 0),
        instruction(MOVE_IMMEDIATE, 2, 0, 0, size_of::<Copied>() as i32),
        instruction(MOVE_IMMEDIATE, 3, 0, 0, 0),
        instruction(CALL, 0, 0, 0, RINGBUF_RESERVE),
        // There is no room: the next one shows what is missing.
        instruction(JUMP_EQUAL, 0, 0, 7, 0),
        instruction(LOAD_64, 1, 6, 8, 0),
        instruction(STORE_64, 0, 1, 0, 0),
        instruction(LOAD_64, 1, 6, 16, 0),
        instruction(STORE_64, 0, 1, 8, 0),
        instruction(MOVE, 1, 0, 0, 0),
        instruction(MOVE_IMMEDIATE, 2, 0, 0, 0),
        instruction(CALL, 0, 0, 0, RINGBUF_SUBMIT),
        instruction(MOVE_IMMEDIATE, 0, 0, 0, 0),
        instruction(EXIT, 0, 0, 0, 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_jumps_lead_to_the_end() {
        let program = copying(3);
        let jumps: Vec<_> = (0..)
            .zip(program)
            .filter(|(_, one)| [JUMP_EQUAL, JUMP_NOT_EQUAL].contains(&one.code))
            .map(|(at, one)| at + 1 + i32::from(one.offset))
            .collect();
        assert_eq!(jumps, [16, 16]);
        assert_eq!(program[16], instruction(MOVE_IMMEDIATE, 0, 0, 0, 0));
        assert_eq!(size_of::<Instruction>(), 8);
    }

    #[test]
    fn one_instruction_takes_the_ring_buffer() {
        let takes = |one: &Instruction| one.code == LOAD_IMMEDIATE_64;
        assert_eq!(copying(3).iter().position(takes), Some(TAKES_RING));
    }
}
