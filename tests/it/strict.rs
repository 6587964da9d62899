//! The fast reader of the common body says nothing that the lenient parser does not say too.

use std::fs;
use std::path::Path;

use bilag::ledger::{body, strict};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::harness::chance::cases;
use crate::harness::files::files_below;
use crate::harness::judges::reference_data;

const ENTRY_TYPES: [&str; 18] = [
    "capture",
    "refund",
    "fees-retained",
    "payout-scheduled",
    "scheduled-for-payout",
    "payout",
    "payout-aborted",
    "retained-disputed-capture",
    "returned-disputed-capture",
    "correction",
    "top-up",
    "credit-note",
    "capture-fee",
    "fees-invoiced",
    "service-fee",
    "vipps-levy",
    "Capture",
    "captur",
];

/// Texts in quotes that the fast reader takes.
const TEXTS: [&str; 18] = [
    r#""""#,
    r#""a""#,
    r#""ord-000008-d0dfc8da""#,
    r#""1234567""#,
    r#""12345678""#,
    r#""123456789""#,
    r#""Blåbærsyltetøy på brødskive""#,
    r#""12345æ""#,
    r#""😀 😀 😀""#,
    r#""b\u00f8ker \u00E6""#,
    r#""\ud83d\ude00""#,
    r#""\uDBFF\uDFFF\uFFFF\u0000\ud7ff\ue000""#,
    r#""say \"hi\" \\ \/ \b\f\n\r\t""#,
    r#""\\""#,
    r#""\"""#,
    r#""{[,:]}""#,
    "\"\u{7f}\u{80}\u{2028}\"",
    r#""null""#,
];

/// Texts in quotes that it leaves alone.
const BAD_TEXTS: [&str; 16] = [
    r#""\ud83d""#,
    r#""\ud83dx""#,
    r#""\ud83d\n""#,
    r#""\ud83d\ud83d""#,
    r#""\ude00""#,
    r#""\ude00\ud83d""#,
    r#""\u12""#,
    r#""\u00g8""#,
    r#""\u+123""#,
    r#""\x41""#,
    r#""\"#,
    r#""open"#,
    "\"\u{0}\"",
    "\"tab\tinside the text\"",
    "\"1234567\n\"",
    "'a'",
];

const NUMBERS: [&str; 14] = [
    "0",
    "-0",
    "-1",
    "10",
    "1234567",
    "12345678",
    "-123456789",
    "1234567890123456",
    "12345678901234567",
    "9223372036854775807",
    "-9223372036854775807",
    "-9223372036854775808",
    "1000000000000000000",
    "99999999",
];

const BAD_NUMBERS: [&str; 26] = [
    "",
    "-",
    "+1",
    "00",
    "01",
    "-01",
    "0x1",
    "--1",
    "- 1",
    ".5",
    "1.",
    "1.0",
    "1.5",
    "1e2",
    "1E+2",
    "0e0",
    "-0.0",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "123456789012345678901",
    "1000000000000000000000000000000000000000",
    "\"5\"",
    "true",
    "{}",
    "[1]",
];

/// Values of a field that bilag does not know.
const EXTRAS: [&str; 12] = [
    "true",
    "false",
    "null",
    "0",
    "-0",
    "12.50",
    "-1e400",
    "0.1E-5",
    "1E+2",
    "\"text\"",
    r#""\u00f8""#,
    "123456789012345678901234567890",
];

const BAD_EXTRAS: [&str; 16] = [
    "{}",
    "[]",
    r#"{"a":[1,"]"]}"#,
    "01",
    "1.",
    ".1",
    "1e",
    "1e+",
    "-",
    "tru",
    "nul",
    "TRUE",
    "NaN",
    "\"\\ud800\"",
    "\"\u{1}\"",
    "",
];

const TIMES: [&str; 12] = [
    "2026-01-01T00:00:00.793198Z",
    "2026-01-01T23:59:60Z",
    "2026-02-29T00:00:00Z",
    "2024-02-29 12:30:00.5+02:00",
    "2022-10-01T16:33:00.824993+0200",
    "2022-10-01t16:33:00-02",
    "2022-10-01T 6:33:00Z",
    "2022-10-01T16:33:00",
    "2022-10-01",
    "today",
    "",
    "2022-10-01T16:33:00.1234567890Z",
];

/// Whether the fast reader takes `text`; where it does, both say the same.
fn is_taken(text: &str) -> bool {
    let Some(page) = strict::page(text) else {
        return false;
    };
    let bodies = body::parse(text)
        .unwrap_or_else(|error| panic!("taken, but the lenient parser says {error}: {text}"));
    assert_eq!(bodies.page_sizes, [page.entries.len()], "{text}");
    assert_eq!(bodies.entries, page.entries, "{text}");
    assert_eq!(
        (bodies.is_open, bodies.has_more, bodies.unreadable_time),
        (page.is_open, page.has_more, page.unreadable_time),
        "{text}"
    );
    true
}

/// `usual`, and one time in so many one of `odd`.
fn mostly(
    one_in: u32,
    usual: impl Strategy<Value = String> + 'static,
    odd: &'static [&'static str],
) -> BoxedStrategy<String> {
    match one_in {
        0 => usual.boxed(),
        _ => prop_oneof![one_in => usual, 1 => select(odd).prop_map(str::to_owned)].boxed(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9:_ -]{0,30}".prop_map(|text| quoted(&text)),
        1 => any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        2 => select(&TEXTS[..]).prop_map(str::to_owned),
        1 => Just("null".to_owned()),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u32..64, any::<i64>()).prop_map(|(shift, number)| (number >> shift).to_string()),
        select(&NUMBERS[..]).prop_map(str::to_owned),
    ]
}

fn number_or_null() -> impl Strategy<Value = String> {
    prop_oneof![5 => number(), 1 => Just("null".to_owned())]
}

/// One of `values` in quotes, or null, or with its first character as an escape.
fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    (select(values), 0..20).prop_map(|(value, form)| match (form, value.chars().next()) {
        (0, _) => "null".to_owned(),
        (1, Some(first)) => format!("\"\\u{:04X}{}\"", u32::from(first), &value[first.len_utf8()..]),
        _ => quoted(value),
    })
}

/// The fields of an entry, in any order, some of them absent, now and then with a strange one.
fn entry(odd: u32) -> impl Strategy<Value = Vec<(String, String)>> {
    let entry_type = select(&ENTRY_TYPES[..]).prop_map(quoted);
    let dates = one_of(&["2026-01-01", "2026-01-01", "2026-01-02", "2024-02-29"]);
    let fields = (
        mostly(
            odd,
            entry_type,
            &["null", "5", "\"\"", "\"captur\\u0065\"", "\"\\q\""],
        ),
        mostly(odd, number(), &BAD_NUMBERS),
        mostly(odd, number_or_null(), &BAD_NUMBERS),
        mostly(odd, number_or_null(), &BAD_NUMBERS),
        mostly(
            odd,
            one_of(&["NOK", "NOK", "DKK", "EUR"]),
            &["\"nok\"", "\"\"", "\"NOKK\"", "\"NO", "1", "\"N\\u00d8K\""],
        ),
        mostly(
            odd,
            dates,
            &[
                "\"2026-02-29\"",
                "\"2026-1-1\"",
                "\"\"",
                "\"2026-01-0æ\"",
                "1",
                "\"2026-01-01",
            ],
        ),
        mostly(odd, one_of(&TIMES), &BAD_TEXTS),
        mostly(odd, text(), &BAD_TEXTS),
        mostly(odd, text(), &BAD_TEXTS),
        mostly(odd, text(), &BAD_TEXTS),
    );
    let required = if odd == 0 { 1.0 } else { 0.99 };
    let present = proptest::collection::vec(proptest::bool::weighted(0.8), 8);
    let (extra, twice) = (
        mostly(odd, select(&EXTRAS[..]).prop_map(str::to_owned), &BAD_EXTRAS),
        any::<Index>(),
    );
    let strange = (
        proptest::bool::weighted(0.2),
        extra,
        proptest::bool::weighted(if odd == 0 { 0.0 } else { 0.02 }),
        twice,
    );
    (fields, present, proptest::bool::weighted(required), strange).prop_map(
        |(
            (kind, amount, before, after, currency, date, time, psp, reference, handle),
            present,
            required,
            strange,
        )| {
            let mut entry = vec![("entryType".to_owned(), kind)];
            if required {
                entry.push(("amount".to_owned(), amount));
            }
            let optional = [
                ("balanceBefore", before),
                ("balanceAfter", after),
                ("currency", currency),
                ("ledgerDate", date),
                ("time", time),
                ("pspReference", psp),
                ("reference", reference),
                ("recipientHandle", handle),
            ];
            for ((key, value), present) in optional.into_iter().zip(present) {
                if present {
                    entry.push((key.to_owned(), value));
                }
            }
            let (has_extra, extra, has_twice, twice) = strange;
            if has_extra {
                entry.push(("message".to_owned(), extra));
            }
            if has_twice {
                let again = entry[twice.index(entry.len())].clone();
                entry.push(again);
            }
            entry
        },
    )
}

/// A body whose entries have their fields in a few orders.
fn body_text(odd: u32) -> impl Strategy<Value = String> {
    let shuffled = entry(odd).prop_map(|fields| fields).prop_shuffle();
    let truth = || {
        mostly(
            odd,
            select(&["true", "false", "null"][..]).prop_map(str::to_owned),
            &["1", "\"true\"", "truth", ""],
        )
    };
    let absent = |strategy: BoxedStrategy<String>| proptest::option::weighted(0.7, strategy);
    let rare = |weight| proptest::bool::weighted(if odd == 0 { 0.0 } else { weight });
    let outer = (
        absent(truth()),
        absent(truth()),
        absent(mostly(odd, text(), &BAD_TEXTS)),
        absent(mostly(
            odd,
            select(&EXTRAS[..]).prop_map(str::to_owned),
            &BAD_EXTRAS,
        )),
        any::<[Index; 4]>(),
    );
    let space = if odd == 0 {
        select(&["", "", " ", "\n  ", "\r\n\t"][..])
    } else {
        select(&["", "", "", "", " ", "\n  ", "\r\n\t", "\u{a0}", "\u{c}"][..])
    };
    let ends = select(&["", "\n", "  \r\n", "x", "{}", "\u{0}", ",", "\u{feff}"][..]);
    (
        proptest::collection::vec(prop_oneof![2 => entry(odd).boxed(), 1 => shuffled.boxed()], 0..5),
        outer,
        space,
        (rare(0.02), rare(0.05), ends, rare(0.02)),
    )
        .prop_map(
            |(entries, (more, later, cursor, extra, places), space, (no_items, has_end, end, has_mark))| {
                let entries: Vec<String> = entries.iter().map(|fields| object(fields, space)).collect();
                let items = format!("[{space}{}{space}]", entries.join(&format!("{space},{space}")));
                let mut fields = Vec::new();
                if !no_items {
                    fields.push(("items".to_owned(), items));
                }
                let others = [
                    ("hasMore", more),
                    ("tryLater", later),
                    ("cursor", cursor),
                    ("page", extra),
                ];
                for ((key, value), place) in others.into_iter().zip(places) {
                    if let Some(value) = value {
                        fields.insert(place.index(fields.len() + 1), (key.to_owned(), value));
                    }
                }
                let mark = if has_mark { "\u{feff}" } else { "" };
                let end = if has_end { end } else { "" };
                format!("{mark}{space}{}{space}{end}", object(&fields, space))
            },
        )
}

fn object(fields: &[(String, String)], space: &str) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!("{space}\"{key}\"{space}:{space}{value}{space}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A change of one place of a text.
#[derive(Debug, Clone)]
enum Change {
    Delete(Index, usize),
    Insert(Index, &'static str),
    Replace(Index, &'static str),
    Swap(Index),
    Truncate(Index),
}

const PIECES: [&str; 36] = [
    "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "1", "9", "-", "+", ".", "e", "E", " ", "\n", "\t",
    "\u{0}", "\u{1f}", "\u{7f}", "æ", "😀", "\u{feff}", "\\u", "\\\"", "null", "true", "u", "T", "Z", "a",
    "/", "\"\"", ",,",
];

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        3 => (place(), 1usize..4).prop_map(|(place, length)| Change::Delete(place, length)),
        4 => (place(), select(&PIECES[..])).prop_map(|(place, piece)| Change::Insert(place, piece)),
        4 => (place(), select(&PIECES[..])).prop_map(|(place, piece)| Change::Replace(place, piece)),
        1 => place().prop_map(Change::Swap),
        1 => place().prop_map(Change::Truncate),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let length = bytes.len();
    if length < 8 {
        return text.to_owned();
    }
    match change {
        Change::Delete(place, count) => {
            let place = place.index(length - count);
            bytes.drain(place..place + count);
        }
        Change::Insert(place, piece) => {
            let place = place.index(length + 1);
            bytes.splice(place..place, piece.bytes());
        }
        Change::Replace(place, piece) => {
            let place = place.index(length);
            bytes.splice(place..=place, piece.bytes());
        }
        Change::Swap(place) => {
            let place = place.index(length - 1);
            bytes.swap(place, place + 1);
        }
        Change::Truncate(place) => bytes.truncate(place.index(length)),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn bodies_of_the_common_form_are_taken(text in body_text(0)) {
        prop_assert!(is_taken(&text), "not taken: {text}");
    }

    #[test]
    fn what_is_taken_is_what_the_lenient_parser_reads(text in body_text(60)) {
        is_taken(&text);
    }

    #[test]
    fn what_is_taken_of_a_spoilt_body_is_what_the_lenient_parser_reads(
        text in body_text(0),
        changes in proptest::collection::vec(change(), 1..24),
    ) {
        let mut spoilt = text.clone();
        for (count, change) in changes.iter().enumerate() {
            is_taken(&changed(&text, change));
            if count < 3 {
                spoilt = changed(&spoilt, change);
                is_taken(&spoilt);
            }
        }
    }

    #[test]
    fn numbers_and_texts_at_the_very_end_of_the_text_are_no_trap(tail in "[0-9\"\\\\\\]} ,:ntf-]{0,12}") {
        is_taken(&format!("{{\"items\":[{{\"entryType\":\"capture\",\"amount\":{tail}"));
        is_taken(&format!("{{\"items\":[],\"cursor\":{tail}"));
    }
}

const PAGE: &str = "{\"cursor\":\"Mw==\",\"hasMore\":true,\"items\":[\
    {\"pspReference\":\"3343000008522315\",\"time\":\"2026-01-01T00:00:00.793198Z\",\"ledgerDate\":\"2026-01-01\",\
    \"entryType\":\"capture\",\"reference\":\"ord-\\u00f8\",\"currency\":\"NOK\",\"amount\":12350,\"balanceBefore\":0,\
    \"balanceAfter\":12350,\"recipientHandle\":\"api:123455\"},\
    {\"pspReference\":\"302321-20260101\",\"time\":\"2026-01-01T00:00:01Z\",\"ledgerDate\":\"2026-01-01\",\
    \"entryType\":\"payout\",\"reference\":\"\",\"currency\":\"NOK\",\"amount\":-12350,\"balanceBefore\":12350,\
    \"balanceAfter\":0,\"recipientHandle\":null}]}\n";

#[test]
fn no_single_byte_of_a_page_can_be_changed_unseen() {
    assert!(is_taken(PAGE));
    let mut taken = 0;
    for place in 0..PAGE.len() {
        assert!(
            place + 1 >= PAGE.len() || !is_taken(&PAGE[..place]),
            "cut at {place}"
        );
        is_taken(&format!("{}{}", &PAGE[..place], &PAGE[place + 1..]));
        for piece in PIECES {
            for behind in [place, place + 1] {
                let text = format!("{}{piece}{}", &PAGE[..place], &PAGE[behind..]);
                taken += u32::from(is_taken(&text));
            }
        }
    }
    assert!(taken > 1000, "{taken}");
}

#[test]
fn what_is_not_of_the_common_form_is_left_to_the_lenient_parser() {
    for odd in [
        "",
        "{}",
        "[]",
        "null",
        "{\"items\":null}",
        "{\"tryLater\":true}",
        "[{\"items\":[]}]",
        "{\"items\":[]}{\"items\":[]}",
        "\u{feff}{\"items\":[]}",
        "{\"items\":[],}",
        "{\"items\":[],\"items\":[]}",
        "{\"items\":[],\"owner\":{}}",
        "{\"items\":[],\"it\\u0065ms\":[]}",
        "{\"items\":[,]}",
        "{\"items\":[{}]}",
        "{\"items\":[{\"entryType\":\"capture\"}]}",
        "{\"items\":[{\"amount\":1}]}",
        "{\"items\":[[\"capture\",1]]}",
        "{\"items\":[{\"entryType\":\"capture\",\"amount\":1},]}",
        "{\"items\":[{\"entryType\":\"capture\",\"amount\":1,\"amount\":1}]}",
        "{\"items\":[{\"entryType\":\"capture\",\"amount\":1.0}]}",
        "{\"items\":[{\"entryType\":\"capture\",\"\\u0061mount\":1}]}",
        "{\"items\":[{\"entryType\":\"capture\",\"amount\":1,\"currency\":\0\0\0\0\0}]}",
        "{\"items\":[{\"entryType\":\"capture\",\"amount\":1,\"ledgerDate\":\0\0\0\0\0\0\0\0\0\0\0\0}]}",
    ] {
        assert!(!is_taken(odd), "{odd}");
    }
    for plain in [
        "{\"items\":[]}",
        " {\"items\":[],\"tryLater\":true}\r\n",
        "{\"cursor\":\"\",\"items\":[]}",
        "{\"items\":[],\"cursor\":\"Mw==\"}",
        "{\"hasMore\":null,\"items\":[],\"cursor\":\"Mw==\"}",
    ] {
        assert!(is_taken(plain), "{plain}");
    }
}

#[test]
fn the_bodies_of_the_examples_are_read_as_the_lenient_parser_reads_them() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files = files_below(&fixtures);
    if let Some(examples) = reference_data("report-api/examples") {
        files.extend(files_below(&examples));
    }
    let (mut taken, mut all) = (0, 0);
    for file in files {
        let of_ledger = ["funds", "fees"]
            .iter()
            .any(|topic| file.to_string_lossy().contains(topic));
        if file.extension().is_none_or(|extension| extension != "json") || !of_ledger {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        all += 1;
        let by_line = text.lines().filter(|line| is_taken(line)).count();
        taken += usize::from(is_taken(&text) || by_line > 0);
    }
    assert!(all > 100 && taken * 100 > all * 95, "{taken} of {all} bodies");
}
