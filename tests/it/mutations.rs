//! What happens to a ledger when one thing in it is not as the provider wrote it: it fails, or
//! is incomplete, or is called not proven. Only what no neighbour can see may pass, and then the
//! summary says that the neighbour is missing.

use std::fs;
use std::path::Path;

use bilag::date::DateRange;
use bilag::proof::{EndEdge, Status};
use bilag::provider::Topic;
use chrono::{Days, NaiveDate};

use crate::harness::chance::{Dice, Shape, random_ledger};
use crate::harness::dates::{date, range};
use crate::harness::entry::{Entry, Field};
use crate::harness::layout::{Layout, Paging};
use crate::harness::ledger::{Ledger, capture, fee};
use crate::harness::library;
use crate::harness::program::Workplace;

/// A change to one date of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mutation {
    DeleteEntry(usize),
    RepeatEntry(usize),
    Swap(usize, usize),
    Amount(usize, i64),
    Before(usize, i64),
    After(usize, i64),
    Currency(usize),
    LedgerDate(usize),
    RetainedType(usize),
    DeletePage(usize),
    RepeatPage(usize),
}

/// A ledger, a range of it, and what is known around that range.
#[derive(Debug)]
struct Case {
    ledger: Ledger,
    layout: Layout,
    range: DateRange,
}

impl Case {
    fn random(seed: u64) -> Self {
        let mut dice = Dice::new(&[seed, 11]);
        let shape = Shape {
            seed,
            dates: 12,
            entries_per_date: dice.between(1, 5),
        };
        let mut ledger = random_ledger(&shape);
        // Without the ledger's item the first entry decides the currency, right or wrong.
        ledger.has_item = true;
        let first = date("2026-01-31");
        let from = first
            .checked_add_days(Days::new(dice.between(0, 5) as u64))
            .unwrap();
        let to = from
            .checked_add_days(Days::new(dice.between(0, 5) as u64))
            .unwrap();
        if dice.one_in(4) {
            ledger.dates.retain(|date, _| *date >= from);
        }
        if dice.one_in(4) {
            ledger.dates.retain(|date, _| *date <= to);
        }
        Self {
            ledger,
            layout: Layout::random(&mut dice),
            range: DateRange::new(from, to).unwrap(),
        }
    }

    /// A change that can be seen, by chance; `None` when there is nothing to change.
    fn mutation(&self, dice: &mut Dice) -> Option<(NaiveDate, usize, Mutation)> {
        let places: Vec<(NaiveDate, usize)> = self
            .range
            .dates()
            .flat_map(|date| [(date, 0), (date, 1)])
            .filter(|(date, topic)| !self.ledger.dates[date][*topic].is_empty())
            .collect();
        if places.is_empty() {
            return None;
        }
        let (date, topic) = *dice.pick(&places);
        let items = &self.ledger.dates[&date][topic];
        let pages = self.layout.pages(items);
        let index = dice.between(0, items.len() as i64 - 1) as usize;
        let other = dice.between(0, items.len() as i64 - 1) as usize;
        let page = dice.between(0, pages.len() as i64 - 1) as usize;
        let change = *dice.pick(&[-1, 1, 100, 1_000_000]);
        let mutation = match dice.between(0, 10) {
            0 | 1 => Mutation::DeleteEntry(index),
            2 => Mutation::RepeatEntry(index),
            3 => Mutation::Swap(index, other),
            4 => Mutation::Amount(index, change),
            5 => Mutation::Before(index, change),
            6 => Mutation::After(index, change),
            7 => Mutation::Currency(index),
            8 => match items.iter().position(|item| item.entry_type == "fees-retained") {
                Some(retained) => Mutation::RetainedType(retained),
                None => Mutation::LedgerDate(index),
            },
            9 => Mutation::DeletePage(page),
            _ => Mutation::RepeatPage(page),
        };
        self.is_visible(items, &pages, &mutation)
            .then_some((date, topic, mutation))
    }

    /// Whether the change leaves any trace. Entries that sum to nothing can go without one, equal
    /// steps of the balance can change places, and a page without entries says nothing.
    fn is_visible(&self, items: &[Entry], pages: &[Vec<Entry>], mutation: &Mutation) -> bool {
        let sum = |items: &[Entry]| items.iter().map(|item| item.amount).sum::<i64>();
        match mutation {
            Mutation::DeleteEntry(index) => items[*index].amount != 0,
            Mutation::Swap(a, b) => {
                let step = |item: &Entry| (item.before, item.after);
                step(&items[*a]) != step(&items[*b])
            }
            Mutation::DeletePage(page) => {
                let is_last = page + 1 == pages.len();
                sum(&pages[*page]) != 0
                    || pages.len() == 1
                    || (is_last && self.layout.paging != Paging::Silent)
            }
            Mutation::RepeatPage(page) => !pages[*page].is_empty(),
            _ => true,
        }
    }

    fn bodies(&self, date: NaiveDate, topic: usize, mutation: &Mutation) -> Vec<String> {
        let mut items = self.ledger.dates[&date][topic].clone();
        match mutation {
            Mutation::DeleteEntry(index) => drop(items.remove(*index)),
            Mutation::RepeatEntry(index) => items.insert(*index, items[*index].clone()),
            Mutation::Swap(a, b) => items.swap(*a, *b),
            Mutation::Amount(index, change) => items[*index].amount += change,
            Mutation::Before(index, change) => {
                items[*index].before = items[*index].before.map(|b| b + change)
            }
            Mutation::After(index, change) => items[*index].after = items[*index].after.map(|a| a + change),
            Mutation::Currency(index) => items[*index].currency = "USD".into(),
            Mutation::LedgerDate(index) => {
                items[*index].ledger_date = Field::Text(date.succ_opt().unwrap().to_string());
            }
            Mutation::RetainedType(index) => items[*index].entry_type = "correction".to_owned(),
            Mutation::DeletePage(_) | Mutation::RepeatPage(_) => {}
        }
        let mut bodies = self.layout.bodies(&self.layout.pages(&items));
        match mutation {
            Mutation::DeletePage(page) => drop(bodies.remove(*page)),
            Mutation::RepeatPage(page) => bodies.insert(*page, bodies[*page].clone()),
            _ => {}
        }
        bodies
    }

    /// The entries that the change takes away: their first and the one after the last, counted
    /// over the topic's entries of the range.
    fn taken(&self, date: NaiveDate, topic: usize, mutation: &Mutation) -> Option<(usize, usize)> {
        let earlier = self.range.dates().filter(|other| *other < date);
        let before: usize = earlier.map(|date| self.ledger.dates[&date][topic].len()).sum();
        let pages = self.layout.pages(&self.ledger.dates[&date][topic]);
        match mutation {
            Mutation::DeleteEntry(index) => Some((before + index, before + index + 1)),
            Mutation::DeletePage(page) => {
                let start = before + pages[..*page].iter().map(Vec::len).sum::<usize>();
                Some((start, start + pages[*page].len()))
            }
            _ => None,
        }
    }

    /// Whether an entry of the topic stands in the `count` dates on a side of the range, with
    /// nothing unknown in between.
    fn has_neighbour(&self, topic: usize, is_before: bool) -> bool {
        for step in 1..=7 {
            let date = if is_before {
                bilag::date::days_before(self.range.from(), step)
            } else {
                bilag::date::days_after(self.range.to(), step)
            };
            match self.ledger.dates.get(&date) {
                None => return false,
                Some(topics) if !topics[topic].is_empty() => return true,
                Some(_) => {}
            }
        }
        false
    }

    /// Whether a verdict is right for a change.
    fn is_right(&self, place: &(NaiveDate, usize, Mutation), status: Status, end: EndEdge) -> bool {
        let (date, topic, mutation) = place;
        match status {
            Status::Failed | Status::Incomplete => return true,
            Status::NotProven | Status::Proven => {}
        }
        let Some((first, after)) = self.taken(*date, *topic, mutation) else {
            // A step up and one down that are all there is can change places; then the range
            // opens at a balance that nothing proves.
            let has_neighbours = self.has_neighbour(*topic, true) || self.has_neighbour(*topic, false);
            let is_swap = matches!(mutation, Mutation::Swap(..));
            return is_swap && !has_neighbours && status == Status::NotProven;
        };
        let count = self.ledger.entries(*topic, self.range).count();
        let has_before = first > 0 || self.has_neighbour(*topic, true);
        let has_after = after < count || self.has_neighbour(*topic, false);
        if has_before && has_after {
            return false;
        }
        // The opening that nothing proves is called so, unless nothing is left to open.
        if has_after {
            return status == Status::NotProven;
        }
        let is_emptied = first == 0 && after == count;
        end == EndEdge::Closed || is_emptied || status == Status::NotProven
    }
}

fn prove(archive: &Path, case: &Case) -> (Status, EndEdge, String) {
    let run = library::prove(archive, &case.ledger.id, case.range);
    let proof = run.proof.unwrap();
    (proof.status, proof.end, format!("{:?}", proof.findings))
}

#[test]
fn no_single_change_passes_for_proven() {
    let mut tried = 0;
    for seed in 0..120 {
        let case = Case::random(seed);
        let office = Workplace::new();
        case.ledger.write(office.folder(), &case.layout);
        let (status, _, findings) = prove(office.folder(), &case);
        assert!(
            matches!(status, Status::Proven | Status::NotProven),
            "seed {seed}: {findings}"
        );
        let mut dice = Dice::new(&[seed, 12]);
        for _ in 0..24 {
            let Some(place) = case.mutation(&mut dice) else {
                continue;
            };
            tried += 1;
            let (date, topic, mutation) = &place;
            let path = case
                .ledger
                .path(office.folder(), Topic::ALL[*topic], *date, &case.layout);
            let whole = fs::read(&path).unwrap();
            let bodies = case.bodies(*date, *topic, mutation);
            fs::write(&path, case.layout.file(&bodies)).unwrap();
            let (status, end, findings) = prove(office.folder(), &case);
            assert!(
                case.is_right(&place, status, end),
                "seed {seed}, {place:?}, {:?} {:?}: {status:?} {end:?} {findings}",
                case.range,
                case.layout
            );
            fs::write(&path, whole).unwrap();
        }
    }
    assert!(tried > 2000, "only {tried} changes were tried");
}

#[test]
fn no_single_change_passes_the_program() {
    let mut tried = 0;
    for seed in 1000..1040 {
        let case = Case::random(seed);
        let office = Workplace::new();
        let archive = office.path("archive");
        case.ledger.write(&archive, &case.layout);
        let mut dice = Dice::new(&[seed, 13]);
        for round in 0..6 {
            let Some(place) = case.mutation(&mut dice) else {
                continue;
            };
            tried += 1;
            let (date, topic, mutation) = &place;
            let path = case
                .ledger
                .path(&archive, Topic::ALL[*topic], *date, &case.layout);
            let whole = fs::read(&path).unwrap();
            fs::write(&path, case.layout.file(&case.bodies(*date, *topic, mutation))).unwrap();
            let (from, to) = (case.range.from().to_string(), case.range.to().to_string());
            let out = format!("out-{round}");
            let run = office.run(&["--json", "export", "--from", &from, "--to", &to, "--out", &out]);
            let ledger = run.ledger();
            let status = match ledger["status"].as_str().unwrap() {
                "proven" => Status::Proven,
                "not-proven" => Status::NotProven,
                "incomplete" => Status::Incomplete,
                _ => Status::Failed,
            };
            let end = if ledger["edges"]["end"] == "closed" {
                EndEdge::Closed
            } else {
                EndEdge::Chained
            };
            let what = format!("seed {seed}, {place:?}: {ledger}");
            assert!(case.is_right(&place, status, end), "{what}");
            let code = match status {
                Status::Failed => 4,
                Status::Incomplete => 3,
                Status::Proven | Status::NotProven => 0,
            };
            assert_eq!(run.code, code, "{what}");
            assert_eq!(office.path(&out).exists(), code == 0, "{what}");
            fs::write(&path, whole).unwrap();
        }
    }
    assert!(tried > 180, "only {tried} changes were tried");
}

#[test]
fn a_lost_last_page_is_incomplete_and_a_lost_page_before_it_fails() {
    let layout = Layout {
        page_size: 2,
        ..Layout::PLAIN
    };
    let sold = |number: i64| capture(&number.to_string(), 100 * number);
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds((1..=6).map(sold))
        .date("2026-02-10")
        .funds([sold(7)]);
    for (page, status) in [
        (0, Status::NotProven),
        (1, Status::Failed),
        (2, Status::Incomplete),
    ] {
        let office = Workplace::new();
        ledger.write(office.folder(), &layout);
        let case = Case {
            ledger: ledger.clone(),
            layout,
            range: range("2026-02-09", "2026-02-09"),
        };
        let bodies = case.bodies(date("2026-02-09"), 0, &Mutation::DeletePage(page));
        let path = ledger.path(office.folder(), Topic::Funds, date("2026-02-09"), &layout);
        fs::write(path, layout.file(&bodies)).unwrap();
        assert_eq!(prove(office.folder(), &case).0, status, "page {page}");
    }
}

#[test]
fn the_only_fee_of_a_range_cannot_be_lost_when_the_next_date_shows_the_debt() {
    let ledger = Ledger::new("77")
        .week_before("2026-02-09")
        .date("2026-02-09")
        .funds([capture("1", 10_000)])
        .fees([fee("1", 175)])
        .date("2026-02-10")
        .funds([capture("2", 10_000)])
        .fees([fee("2", 175)]);
    let case = Case {
        ledger,
        layout: Layout::PLAIN,
        range: range("2026-02-09", "2026-02-09"),
    };
    let office = Workplace::new();
    case.ledger.write(office.folder(), &case.layout);
    assert_eq!(prove(office.folder(), &case).0, Status::Proven);
    let path = case
        .ledger
        .path(office.folder(), Topic::Fees, date("2026-02-09"), &case.layout);
    let bodies = case.bodies(date("2026-02-09"), 1, &Mutation::DeleteEntry(0));
    fs::write(path, case.layout.file(&bodies)).unwrap();
    assert_eq!(prove(office.folder(), &case).0, Status::NotProven);
}
