"""The job in plain Python, as one would write it: json, Decimal, csv. `plain.py LEDGER MONTH FILE`"""

import csv
import datetime
import json
import os
import sys
from decimal import Decimal

from books import BOOKINGS, HEADER, NAMES, TOPICS, dates, is_booked, path

ZERO = Decimal("0.00")


def entries(ledger, topic, date, balance):
    with open(path(ledger, topic, date), encoding="utf-8") as file:
        ordinal = 0
        for line in file:
            for entry in json.loads(line)["items"]:
                ordinal += 1
                after = entry["balanceBefore"] + entry["amount"]
                if entry["balanceBefore"] != balance or entry["balanceAfter"] != after:
                    sys.exit(f"{topic} {date} {ordinal}: the balance does not follow")
                if entry["ledgerDate"] != date:
                    sys.exit(f"{topic} {date} {ordinal}: another date")
                datetime.datetime.fromisoformat(entry["time"])
                balance = after
                yield ordinal, entry


def main(ledger, month, target):
    ledger_id = os.path.basename(ledger)
    balances = dict.fromkeys(TOPICS, 0)
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for date in dates(ledger, month):
            for topic in TOPICS:
                for ordinal, entry in entries(ledger, topic, date, balances[topic]):
                    balances[topic] = entry["balanceAfter"]
                    entry_type = entry["entryType"]
                    if not is_booked(topic, entry_type):
                        continue
                    account, counter, tax_code, text = BOOKINGS[entry_type]
                    reference = entry["pspReference"]
                    spoken = entry.get("reference") or reference
                    if entry_type == "payout-scheduled":
                        spoken = reference = reference.rsplit("-", 1)[-1]
                    text = text.format(spoken=spoken)
                    voucher = f"VM-{ledger_id}-{date}-{topic}-{ordinal:03}"
                    key = entry_type.replace("-", "_")
                    amount = Decimal(entry["amount"]).scaleb(-2)
                    for number, (account, amount, tax) in enumerate(
                        ((account, amount, ""), (counter, -amount, tax_code)), 1
                    ):
                        debit, credit = (amount, ZERO) if amount >= 0 else (ZERO, -amount)
                        writer.writerow(
                            (ledger_id, voucher, date, number, account, NAMES[account], debit, credit)
                            + (entry["currency"], "", "", key, text, tax, "", "", reference)
                        )


main(*sys.argv[1:4])
