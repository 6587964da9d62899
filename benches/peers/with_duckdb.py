"""The job in SQL: DuckDB on both cores. `with_duckdb.py LEDGER MONTH FILE`

Checks that each entry adds up, not that it follows from the one before."""

import os
import sys

import duckdb

from books import BOOKINGS, NAMES

ENTRY = """STRUCT(pspReference VARCHAR, "time" TIMESTAMPTZ, ledgerDate DATE, entryType VARCHAR, reference VARCHAR,
currency VARCHAR, amount BIGINT, balanceBefore BIGINT, balanceAfter BIGINT, recipientHandle VARCHAR)"""


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def text_of(entry_type):
    """The text of an entry type as an expression."""
    text = literal(BOOKINGS[entry_type][3])
    return text.replace("{spoken}", "' || spoken || '")


def choose(subject, choices):
    """`choices` holds expressions by value."""
    cases = " ".join(f"WHEN {literal(value)} THEN {result}" for value, result in choices.items())
    return f"CASE {subject} {cases} END"


def main(ledger, month, target):
    ledger_id = os.path.basename(ledger)
    accounts = [choose("entryType", {t: literal(b[side]) for t, b in BOOKINGS.items()}) for side in (0, 1)]
    account = f"CASE line WHEN 1 THEN {accounts[0]} ELSE {accounts[1]} END"
    tax_codes = choose("entryType", {t: literal(b[2]) if b[2] else "NULL" for t, b in BOOKINGS.items()})
    pages = " UNION ALL ".join(
        f"SELECT '{topic}' AS topic, filename, items FROM read_json('{ledger}/{topic}/{month}-*.json', "
        f"format = 'newline_delimited', maximum_object_size = 33554432, filename = true, columns = {{items: '{ENTRY}[]'}})"
        for topic in ("fees", "funds")
    )
    database = duckdb.connect()
    database.execute("SET preserve_insertion_order = true")
    database.execute(f"""
COPY (
  WITH entries AS (SELECT topic, filename, unnest(items) AS item FROM ({pages})),
  numbered AS (
    SELECT topic, unnest(item), row_number() OVER (PARTITION BY filename) AS ordinal FROM entries
  ),
  checked AS (
    SELECT *,
      CASE WHEN entryType = 'payout-scheduled' THEN split_part(pspReference, '-', -1) ELSE pspReference END AS ref,
      CASE WHEN entryType = 'payout-scheduled' THEN split_part(pspReference, '-', -1)
        ELSE coalesce(reference, pspReference) END AS spoken,
      CASE WHEN balanceBefore + amount = balanceAfter THEN amount ELSE error('an entry does not add up') END AS sound
    FROM numbered
    WHERE topic = 'funds' OR entryType <> 'fees-retained'
  ),
  lines AS (
    SELECT *, {account} AS account, CASE line WHEN 1 THEN sound ELSE -sound END AS signed
    FROM checked CROSS JOIN (VALUES (1), (2)) AS sides (line)
  )
  SELECT
    {literal(ledger_id)} AS ledger_id,
    'VM-{ledger_id}-' || ledgerDate || '-' || topic || '-'
      || CASE WHEN ordinal < 1000 THEN lpad(ordinal::VARCHAR, 3, '0') ELSE ordinal::VARCHAR END AS voucher,
    ledgerDate AS date,
    line,
    account,
    {choose("account", {number: literal(name) for number, name in NAMES.items()})} AS account_name,
    (greatest(signed, 0)::DECIMAL(18, 2) / 100)::DECIMAL(18, 2) AS debit,
    (greatest(-signed, 0)::DECIMAL(18, 2) / 100)::DECIMAL(18, 2) AS credit,
    currency,
    NULL AS base_debit,
    NULL AS base_credit,
    replace(entryType, '-', '_') AS posting_key,
    {choose("entryType", {entry_type: text_of(entry_type) for entry_type in BOOKINGS})} AS text,
    CASE line WHEN 2 THEN {tax_codes} END AS tax_code,
    NULL AS department,
    NULL AS project,
    ref AS reference
  FROM lines
) TO {literal(target)} (HEADER, DELIMITER ',')""")


main(*sys.argv[1:4])
