//! ASCII digits, eight at a time.

/// A `'0'` in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;
/// The highest bit of every byte.
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The number that the digits at the start of `text` make, and how many there are; at most eight
/// are read.
#[inline]
pub(crate) fn leading_number(text: &[u8]) -> (u64, usize) {
    let Some(chunk) = text.first_chunk() else {
        return one_by_one(text);
    };
    let values = u64::from_le_bytes(*chunk) ^ ZEROS;
    // The highest bit of a byte is set where the value is more than 9. A carry can only reach the
    // bytes after such a one.
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGHS;
    let count = others.trailing_zeros() / 8;
    if count == 0 {
        return (0, 0);
    }
    // As if there were zeros in front: the first byte is the lowest.
    (eight(values << (64 - 8 * count)), count as usize)
}

/// Two decimal digits.
#[inline]
pub(crate) fn two(tens: u8, ones: u8) -> Option<u8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)
}

/// The number of eight values from 0 to 9, the first in the lowest byte: neighbours are joined to
/// pairs, pairs to fours, fours to the number.
fn eight(values: u64) -> u64 {
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let first = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(100 + (1_000_000 << 32));
    let second = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(1 + (10_000 << 32));
    first.wrapping_add(second) >> 32
}

#[cold]
fn one_by_one(text: &[u8]) -> (u64, usize) {
    let digits = text.iter().take(8).take_while(|byte| byte.is_ascii_digit());
    digits.fold((0, 0), |(number, count), digit| {
        (number * 10 + u64::from(digit - b'0'), count + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_eight_digits_are_read_whatever_follows() {
        for (text, number, count) in [
            ("", 0, 0),
            ("x", 0, 0),
            ("7", 7, 1),
            ("0070", 70, 4),
            ("12345678", 12_345_678, 8),
            ("99999999", 99_999_999, 8),
            ("1234567890", 12_345_678, 8),
            ("x2345678", 0, 0),
            ("1:345678", 1, 1),
            ("123/5678", 123, 3),
            ("1234567\u{ff}", 1_234_567, 7),
            ("98765,\"a\":", 98_765, 5),
            ("5æøåæøå", 5, 1),
        ] {
            assert_eq!(leading_number(text.as_bytes()), (number, count), "{text}");
        }
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                let text = [first, second, b'1', b'2', b'3', b'4', b'5', b'6'];
                assert_eq!(leading_number(&text), one_by_one(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn two_digits_are_two_digits() {
        assert_eq!(two(b'0', b'9'), Some(9));
        assert_eq!(two(b'9', b'0'), Some(90));
        for (tens, ones) in [(b' ', b'1'), (b'1', b':'), (b'/', b'1'), (b'1', 0xff)] {
            assert_eq!(two(tens, ones), None);
        }
    }
}
