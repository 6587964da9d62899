"""The job in Polars, lazily, on both cores. `with_polars.py LEDGER MONTH FILE`

Checks that each entry adds up, not that it follows from the one before."""

import os
import sys

import polars as pl

from books import BOOKINGS, NAMES

ENTRY = pl.Struct(
    {
        "pspReference": pl.String,
        "time": pl.String,
        "ledgerDate": pl.String,
        "entryType": pl.String,
        "reference": pl.String,
        "currency": pl.String,
        "amount": pl.Int64,
        "balanceBefore": pl.Int64,
        "balanceAfter": pl.Int64,
        "recipientHandle": pl.String,
    }
)


def entries(ledger, month, topic):
    """The entries of a topic that are booked, with their ordinals."""
    pages = pl.scan_ndjson(f"{ledger}/{topic}/{month}-*.json", schema={"items": pl.List(ENTRY)})
    found = (
        pages.explode("items")
        .select(pl.col("items").struct.unnest())
        .filter(pl.col("amount").is_not_null())
        .with_columns(
            pl.lit(topic).alias("topic"),
            pl.int_range(1, pl.len() + 1).over("ledgerDate").cast(pl.String).alias("ordinal"),
            pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ"),
            pl.col("ledgerDate").str.to_date("%Y-%m-%d").alias("typed_date"),
        )
        .filter(pl.col("balanceBefore") + pl.col("amount") == pl.col("balanceAfter"))
    )
    return found.filter(pl.col("entryType") != "fees-retained") if topic == "fees" else found


def money(minor):
    return (minor // 100).cast(pl.String) + "." + (minor % 100).cast(pl.String).str.zfill(2)


def main(ledger, month, target):
    ledger_id = os.path.basename(ledger)
    entry_type, date, signed = pl.col("entryType"), pl.col("ledgerDate"), pl.col("signed")

    def choose(place):
        return entry_type.replace_strict({t: b[place] for t, b in BOOKINGS.items()}, return_dtype=pl.String)

    text = pl.lit(None, dtype=pl.String)
    for name, booking in BOOKINGS.items():
        template = booking[3].replace("{spoken}", "{}")
        made = pl.format(template, pl.col("spoken")) if "{}" in template else pl.lit(template)
        text = pl.when(entry_type == name).then(made).otherwise(text)
    is_first = pl.col("line") == 1
    whole = pl.concat([entries(ledger, month, topic) for topic in ("fees", "funds")])
    lines = (
        whole.with_columns(
            pl.when(entry_type == "payout-scheduled")
            .then(pl.col("pspReference").str.split("-").list.last())
            .otherwise(pl.col("pspReference"))
            .alias("ref"),
            pl.when(entry_type == "payout-scheduled")
            .then(pl.col("pspReference").str.split("-").list.last())
            .otherwise(pl.coalesce("reference", "pspReference"))
            .alias("spoken"),
            pl.lit([1, 2], dtype=pl.List(pl.Int64)).alias("line"),
        )
        .explode("line")
        .with_columns(
            pl.when(is_first).then(pl.col("amount")).otherwise(-pl.col("amount")).alias("signed"),
            pl.when(is_first).then(choose(0)).otherwise(choose(1)).alias("account"),
            text.alias("text"),
        )
    )
    none = pl.lit(None, dtype=pl.String)
    lines.select(
        pl.lit(ledger_id).alias("ledger_id"),
        pl.format("VM-{}-{}-{}-{}", pl.lit(ledger_id), date, pl.col("topic"), pl.col("ordinal").str.zfill(3)).alias(
            "voucher"
        ),
        date.alias("date"),
        pl.col("line"),
        pl.col("account"),
        pl.col("account").replace_strict(NAMES, return_dtype=pl.String).alias("account_name"),
        money(pl.max_horizontal(signed, pl.lit(0))).alias("debit"),
        money(pl.max_horizontal(-signed, pl.lit(0))).alias("credit"),
        pl.col("currency"),
        none.alias("base_debit"),
        none.alias("base_credit"),
        entry_type.str.replace("-", "_", literal=True).alias("posting_key"),
        pl.col("text"),
        pl.when(~is_first & (choose(2) != "")).then(choose(2)).otherwise(none).alias("tax_code"),
        none.alias("department"),
        none.alias("project"),
        pl.col("ref").alias("reference"),
    ).sink_csv(target)


main(*sys.argv[1:4])
