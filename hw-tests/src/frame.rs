//! Frames: how the guest answers on the result port.
//!
//! A frame is 8 bytes of header, then the payload: [`MAGIC`], kind (u8), step (u16), length of
//! the payload (u32), little-endian. The port loses nothing, so there is neither checksum nor
//! acknowledgement; the magic byte finds a program that writes to the wrong port.

use std::io::{self, Read, Write};

/// First byte of each frame.
pub const MAGIC: u8 = 0xb9;
/// Largest payload, in bytes.
pub const MAX_PAYLOAD: usize = 64 * 1024;
/// Version of the protocol, the payload of [`Kind::Hello`].
pub const VERSION: u8 = 1;

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The guest is up. Payload: [`VERSION`].
    Hello = 1,
    /// The step begins.
    Start = 2,
    /// Standard output of the step.
    Stdout = 3,
    /// Standard error of the step.
    Stderr = 4,
    /// The step ended. Payload: wait status, i32.
    Exit = 5,
    /// A file begins. Payload: its path in the guest.
    File = 6,
    /// Next bytes of the file that began last.
    Data = 7,
    /// The guest could not do its job. Payload: why, in words.
    Failed = 8,
    /// The job is done; nothing follows.
    End = 9,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        use Kind::*;
        [Hello, Start, Stdout, Stderr, Exit, File, Data, Failed, End]
            .into_iter()
            .find(|k| *k as u8 == byte)
    }
}

/// One message of the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it says.
    pub kind: Kind,
    /// Number of the step in the job, from 0; 0 where there is none.
    pub step: u16,
    /// Depends on `kind`.
    pub payload: Vec<u8>,
}

/// Writes `payload` to `port`, in as many frames as it needs, but at least one.
///
/// # Errors
/// Those of the port.
pub fn write(port: &mut impl Write, kind: Kind, step: u16, payload: &[u8]) -> io::Result<()> {
    let mut rest = payload;
    loop {
        let (chunk, after) = rest.split_at(rest.len().min(MAX_PAYLOAD));
        let mut frame = Vec::with_capacity(8 + chunk.len());
        frame.extend([MAGIC, kind as u8]);
        frame.extend(step.to_le_bytes());
        frame.extend((chunk.len() as u32).to_le_bytes());
        frame.extend(chunk);
        port.write_all(&frame)?;
        rest = after;
        if rest.is_empty() {
            return Ok(());
        }
    }
}

/// Reads the next frame; `None` where the port ends between two frames.
///
/// # Errors
/// Those of the port; `InvalidData` where something other than a frame stands there;
/// `UnexpectedEof` where the port ends within a frame.
pub fn read(port: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut header = [0; 8];
    loop {
        match port.read(&mut header[..1]) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    port.read_exact(&mut header[1..])?;
    let [magic, kind, step0, step1, len @ ..] = header;
    let len = u32::from_le_bytes(len) as usize;
    let kind = Kind::from_byte(kind)
        .filter(|_| magic == MAGIC && len <= MAX_PAYLOAD)
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("not a frame on the result port: {header:02x?}"),
            )
        })?;
    let mut payload = vec![0; len];
    port.read_exact(&mut payload)?;
    Ok(Some(Frame {
        kind,
        step: u16::from_le_bytes([step0, step1]),
        payload,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_written() {
        let mut port = Vec::new();
        write(&mut port, Kind::Hello, 0, &[VERSION]).unwrap();
        write(&mut port, Kind::Stdout, 513, b"out").unwrap();
        write(&mut port, Kind::End, 0, b"").unwrap();
        let mut port = &port[..];
        let mut next = || read(&mut port).unwrap();
        assert_eq!(
            next(),
            Some(Frame {
                kind: Kind::Hello,
                step: 0,
                payload: vec![VERSION]
            })
        );
        assert_eq!(
            next(),
            Some(Frame {
                kind: Kind::Stdout,
                step: 513,
                payload: b"out".to_vec()
            })
        );
        assert_eq!(
            next(),
            Some(Frame {
                kind: Kind::End,
                step: 0,
                payload: vec![]
            })
        );
        assert_eq!(next(), None);
    }

    #[test]
    fn a_long_payload_is_cut_into_frames() {
        let payload: Vec<u8> = (0..MAX_PAYLOAD + 5).map(|i| i as u8).collect();
        let mut port = Vec::new();
        write(&mut port, Kind::Data, 0, &payload).unwrap();
        let mut port = &port[..];
        let first = read(&mut port).unwrap().unwrap().payload;
        let second = read(&mut port).unwrap().unwrap().payload;
        assert_eq!((first.len(), second.len()), (MAX_PAYLOAD, 5));
        assert_eq!([first, second].concat(), payload);
    }

    #[test]
    fn noise_on_the_port_is_an_error_that_shows_it() {
        let error = read(&mut &b"[    0.5] Linux"[..]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().contains("5b, 20"), "{error}");
    }

    #[test]
    fn an_unknown_kind_and_an_absurd_length_are_errors() {
        for header in [[MAGIC, 99, 0, 0, 0, 0, 0, 0], [MAGIC, 3, 0, 0, 0, 0, 0, 1]] {
            assert_eq!(
                read(&mut &header[..]).unwrap_err().kind(),
                io::ErrorKind::InvalidData
            );
        }
    }

    #[test]
    fn a_cut_frame_is_an_error() {
        let mut port = Vec::new();
        write(&mut port, Kind::Stdout, 0, b"out").unwrap();
        for len in 1..port.len() {
            assert_eq!(
                read(&mut &port[..len]).unwrap_err().kind(),
                io::ErrorKind::UnexpectedEof,
                "{len}"
            );
        }
    }
}
