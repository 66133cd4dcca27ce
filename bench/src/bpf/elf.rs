//! The program and its ring buffer as the ELF object that a compiler would make, for aya loads no other
//! (kernel: Documentation/bpf/llvm_reloc.rst).

use aya::maps::MapType;
use object::elf::R_BPF_64_64;
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};

use super::program::{Instruction, TAKES_RING};

/// The program's name.
pub const PROGRAM: &str = "copying";
/// The ring buffer's name.
pub const RING: &str = "copied";

/// Bytes of the ring buffer: a power of two, and whole pages of any size up to 64 KiB.
const SIZE: u32 = 64 << 10;

/// What a section has.
const CODE: (SectionKind, SymbolKind) = (SectionKind::Text, SymbolKind::Text);
const DATA: (SectionKind, SymbolKind) = (SectionKind::Data, SymbolKind::Data);

/// The object with that program.
pub fn object(program: &[Instruction]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::Bpf, Endianness::default());
    // Type, bytes of a key and of a value, entries, flags: `struct bpf_map_def` of libbpf before 1.0.
    let map = [MapType::RingBuf as u32, 0, 0, SIZE, 0];
    let (_, map) = add(&mut object, "maps", DATA, RING, bytemuck::bytes_of(&map));
    let program = bytemuck::cast_slice(program);
    let (section, _) = add(&mut object, "raw_tp", CODE, PROGRAM, program);
    add(&mut object, "license", DATA, "_license", b"Dual MIT/GPL\0");
    let takes_ring = Relocation {
        offset: (TAKES_RING * size_of::<Instruction>()) as u64,
        symbol: map,
        addend: 0,
        flags: RelocationFlags::Elf {
            r_type: R_BPF_64_64,
        },
    };
    object
        .add_relocation(section, takes_ring)
        .and_then(|()| object.write())
        .expect("BPF has objects and such relocations")
}

/// A section with one symbol, which is all that is in it.
fn add(
    object: &mut Object<'_>,
    section: &str,
    (section_kind, kind): (SectionKind, SymbolKind),
    symbol: &str,
    data: &[u8],
) -> (SectionId, SymbolId) {
    let section = object.add_section(Vec::new(), section.into(), section_kind);
    let symbol = object.add_symbol(Symbol {
        name: symbol.into(),
        value: 0,
        size: 0,
        kind,
        scope: SymbolScope::Linkage,
        weak: false,
        section: SymbolSection::Undefined,
        flags: SymbolFlags::None,
    });
    object.add_symbol_data(symbol, section, data, 8);
    (section, symbol)
}

#[cfg(test)]
mod tests {
    use aya::{EbpfError, EbpfLoader};
    use object::read::{File, RelocationTarget};
    use object::{Object, ObjectSection, ObjectSymbol};

    use super::super::program::copying;
    use super::*;

    #[test]
    fn program_takes_the_ring_buffer() {
        let program = copying(3);
        let bytes = object(&program);
        let file = File::parse(&*bytes).unwrap();
        assert_eq!(file.architecture(), Architecture::Bpf);

        let section = file.section_by_name("raw_tp").unwrap();
        assert_eq!(section.data().unwrap(), bytemuck::bytes_of(&program));
        let relocations: Vec<_> = section.relocations().collect();
        let [(24, relocation)] = &relocations[..] else {
            panic!("{relocations:?}");
        };
        let RelocationTarget::Symbol(target) = relocation.target() else {
            panic!("{relocation:?}");
        };
        let map = file.symbol_by_index(target).unwrap();
        assert_eq!((map.name(), map.size()), (Ok(RING), 20));
        let maps = file.section_by_name("maps").unwrap();
        assert_eq!(map.section_index(), Some(maps.index()));
        let license = file.section_by_name("license").unwrap();
        assert_eq!(license.data(), Ok(&b"Dual MIT/GPL\0"[..]));
    }

    #[test]
    fn aya_takes_the_object() {
        let loaded = EbpfLoader::new().load(&object(&copying(3)));
        // The map is what needs the kernel.
        assert!(
            matches!(loaded, Ok(_) | Err(EbpfError::MapError(_))),
            "{loaded:?}"
        );
    }
}
