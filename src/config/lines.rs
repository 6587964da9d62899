//! Where something stands in the file, for messages about what only the whole of it shows.

use toml::de::{DeTable, DeValue};

/// One step into the file: a key, or the place in a list from 0.
#[derive(Debug, Clone, Copy)]
pub enum At<'a> {
    Key(&'a str),
    Item(usize),
}

/// The line, from 1, of what `path` leads to.
pub fn line_of(text: &str, path: &[At<'_>]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let (mut start, mut value) = (0, None::<&DeValue<'_>>);
    for step in path {
        match (step, value) {
            (At::Key(key), table_so_far) => {
                let within = match table_so_far {
                    None => table.get_ref(),
                    Some(DeValue::Table(within)) => within,
                    Some(_) => return None,
                };
                let (found, next) = within.iter().find(|(found, _)| found.get_ref() == key)?;
                // A key comes right before its value; a table's own span is that of its content.
                start = found.span().start.max(start);
                value = Some(next.get_ref());
            }
            (At::Item(index), Some(DeValue::Array(items))) => {
                let item = items.get(*index)?;
                start = item.span().start;
                value = Some(item.get_ref());
            }
            (At::Item(_), _) => return None,
        }
    }
    Some(text.get(..start)?.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_values_and_items_are_found() {
        let text = "\n[formats.gbat10]\na = 1\n\n[[rules]]\n[[rules]]\nhandle = \"x\"\n[output]\nformats = [\n\"a\",\n\"b\"]\n";
        let line = |path: &[At<'_>]| line_of(text, path);
        assert_eq!(line(&[At::Key("formats"), At::Key("gbat10")]), Some(2));
        assert_eq!(line(&[At::Key("rules"), At::Item(1), At::Key("handle")]), Some(7));
        assert_eq!(line(&[At::Key("rules"), At::Item(0)]), Some(5));
        assert_eq!(
            line(&[At::Key("output"), At::Key("formats"), At::Item(1)]),
            Some(11)
        );
        assert_eq!(line(&[At::Key("absent")]), None);
    }
}
