//! A few lives through the program itself, and both plain journals read back.

use crate::harness::program::{Workplace, assert_code};
use crate::oracle::choose;
use crate::oracle::compare;
use crate::oracle::generate;
use crate::oracle::poster;
use crate::oracle::runs::{months, of};
use crate::oracle::setting::Setting;

#[test]
fn the_program_writes_what_the_second_poster_books() {
    for seed in [3, 8] {
        let life = generate::life(seed);
        let books = choose::books(seed, &life);
        let place = Workplace::new();
        life.write(place.folder());
        for (index, month) in months(&life).into_iter().enumerate().step_by(5) {
            let setting = Setting {
                modes: books.months[index],
                ..books.setting.clone()
            };
            std::fs::write(place.path("bilag.toml"), setting.toml(place.folder())).unwrap();
            let (from, to) = (month.0.to_string(), month.1.to_string());
            let formats = ["--format", "journal-csv", "--format", "journal-json"];
            let run = place.run_on("export", &from, &to, &formats);
            assert_code(&run, 0);
            let vouchers = poster::post(&life, &setting);
            let folder = place.path("out").join(&life.ledger).join(format!("{from}_{to}"));
            let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
            for journal in [
                compare::read_json(&read("journal.json")).unwrap(),
                compare::read_csv(&read("journal.csv")),
            ] {
                let differences = compare::differences(&journal, &of(&vouchers, month));
                assert!(differences.is_empty(), "life {seed}, {from}: {differences}");
                assert!(!journal.is_empty(), "life {seed}, {from} has vouchers");
            }
        }
    }
}
