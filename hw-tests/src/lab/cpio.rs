//! The cpio format of initramfs files, "newc" (kernel: Documentation/driver-api/early-userspace/buffer-format.rst).

use std::io::{self, Write};

const DIRECTORY: u32 = 0o040_755;
const FILE: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;
const CHARACTER_DEVICE: u32 = 0o020_600;

/// Writes an archive, entry by entry. A folder must come before what is in it.
pub struct Writer<W> {
    out: W,
    written: usize,
    inode: u32,
}

impl<W: Write> Writer<W> {
    /// An empty archive.
    pub fn new(out: W) -> Self {
        Writer {
            out,
            written: 0,
            inode: 0,
        }
    }

    /// A folder; `path` has no leading slash.
    pub fn directory(&mut self, path: &str) -> io::Result<()> {
        self.entry(path, DIRECTORY, (0, 0), &[])
    }

    /// A file, readable.
    pub fn file(&mut self, path: &str, data: &[u8]) -> io::Result<()> {
        self.entry(path, FILE, (0, 0), data)
    }

    /// A file, executable.
    pub fn program(&mut self, path: &str, data: &[u8]) -> io::Result<()> {
        self.entry(path, PROGRAM, (0, 0), data)
    }

    /// A character device.
    pub fn device(&mut self, path: &str, major: u32, minor: u32) -> io::Result<()> {
        self.entry(path, CHARACTER_DEVICE, (major, minor), &[])
    }

    /// Ends the archive and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.inode = 0;
        self.entry("TRAILER!!!", 0, (0, 0), &[])?;
        Ok(self.out)
    }

    fn entry(
        &mut self,
        path: &str,
        mode: u32,
        (major, minor): (u32, u32),
        data: &[u8],
    ) -> io::Result<()> {
        let size =
            u32::try_from(data.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.inode += 1;
        let links = if mode == DIRECTORY { 2 } else { 1 };
        let name_size = path.len() as u32 + 1;
        // magic, inode, mode, uid, gid, links, mtime, size, device (2), its own device (2), name, checksum
        let fields = [
            self.inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name_size, 0,
        ];
        let header: String = fields.iter().map(|field| format!("{field:08x}")).collect();
        self.put(format!("070701{header}{path}\0").as_bytes())?;
        self.put(data)
    }

    /// Writes, then pads to a multiple of four.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.written += bytes.len();
        let padding = self.written.next_multiple_of(4) - self.written;
        self.written += padding;
        self.out.write_all(&[0; 3][..padding])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        writer.directory("dev").unwrap();
        writer.device("dev/console", 5, 1).unwrap();
        writer.program("init", b"12345").unwrap();
        writer.file("job.json", b"{}").unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn headers_are_as_the_kernel_documents_them() {
        let archive = sample();
        let second = &archive[116..]; // 110 of header, "dev\0", padding
        assert_eq!(&second[..6], b"070701");
        let field = |n: usize| {
            u32::from_str_radix(
                std::str::from_utf8(&second[6 + 8 * n..14 + 8 * n]).unwrap(),
                16,
            )
            .unwrap()
        };
        assert_eq!((field(1), field(9), field(10)), (CHARACTER_DEVICE, 5, 1));
        assert_eq!(field(11) as usize, "dev/console\0".len());
        assert_eq!(archive.len() % 4, 0);
    }

    #[test]
    fn the_archive_can_be_walked_by_its_lengths() {
        let archive = sample();
        let (mut at, mut seen) = (0, Vec::new());
        while at < archive.len() {
            let field = |n: usize| {
                usize::from_str_radix(
                    std::str::from_utf8(&archive[at + 6 + 8 * n..at + 14 + 8 * n]).unwrap(),
                    16,
                )
                .unwrap()
            };
            let name = std::str::from_utf8(&archive[at + 110..at + 110 + field(11) - 1]).unwrap();
            let data = (at + 110 + field(11)).next_multiple_of(4);
            seen.push((name, &archive[data..data + field(6)]));
            at = (data + field(6)).next_multiple_of(4);
        }
        let expected: [(&str, &[u8]); 5] = [
            ("dev", b""),
            ("dev/console", b""),
            ("init", b"12345"),
            ("job.json", b"{}"),
            ("TRAILER!!!", b""),
        ];
        assert_eq!(seen, expected);
    }
}
