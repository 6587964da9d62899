//! Cells of CSV: quoted where a reader would misunderstand them.

/// The first row.
pub fn header(out: &mut Vec<u8>, names: &[&str]) {
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        field(out, name);
    }
    out.push(b'\n');
}

/// A cell: in double quotes, which are doubled inside, where it holds a comma, a quote or a line
/// end.
pub fn field(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let breaks = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !bytes.iter().any(breaks) {
        out.extend_from_slice(bytes);
        return;
    }
    quoted(out, text);
}

/// A cell in double quotes, which are doubled inside.
pub fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_as_the_csv_crate_does() {
        for text in ["", "a", "a,b", "say \"a\"", "two\nlines", "\r", " a ", "æ;ø"] {
            let mut ours = Vec::new();
            field(&mut ours, text);
            ours.extend_from_slice(b",x\n");
            let mut theirs = csv::Writer::from_writer(Vec::new());
            theirs.write_record([text, "x"]).unwrap();
            assert_eq!(ours, theirs.into_inner().unwrap(), "{text}");
        }
    }
}
