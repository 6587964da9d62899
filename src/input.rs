//! The one door for files that somebody else made: only what is a file, and no larger than its kind
//! can be.
//!
//! Opening a pipe waits for whoever writes to it, and a device may never end; both are refused
//! before they are opened.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// Opens a file for reading, and says how large it is in bytes.
///
/// # Errors
/// There is nothing, it cannot be read, it is a folder ([`io::ErrorKind::IsADirectory`]), or it is
/// a pipe, a device or a socket ([`io::ErrorKind::Other`]).
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    check(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Another thing may have taken the file's place in between.
    let metadata = file.metadata()?;
    check(&metadata)?;
    Ok((file, metadata.len()))
}

/// The text of a file of at most `size_max` bytes.
///
/// # Errors
/// As [`open`]; the file is larger ([`io::ErrorKind::FileTooLarge`]), or no UTF-8 text.
pub fn read_text(path: &Path, size_max: u64) -> io::Result<String> {
    let (file, size) = open(path)?;
    let mut text = String::new();
    if size <= size_max {
        // It may grow while it is read.
        file.take(size_max.saturating_add(1)).read_to_string(&mut text)?;
    }
    if size.max(text.len() as u64) > size_max {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than the {size_max} bytes that it may have"),
        ));
    }
    Ok(text)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file but a pipe, a device or a socket"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "æøå").unwrap();
        assert_eq!(read_text(&path, 6).unwrap(), "æøå");
        assert_eq!(
            read_text(&path, 5).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
        fs::write(&path, b"\xff").unwrap();
        assert_eq!(
            read_text(&path, 5).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn folders_and_devices_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        #[cfg(unix)]
        assert_eq!(
            open(Path::new("/dev/zero")).unwrap_err().kind(),
            io::ErrorKind::Other
        );
        assert_eq!(
            open(&folder.path().join("none")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
