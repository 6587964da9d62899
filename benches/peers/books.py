"""What the peers share: which accounts an entry goes to, the texts, and where the files are."""

import os

HEADER = (
    "ledger_id,voucher,date,line,account,account_name,debit,credit,currency,base_debit,base_credit,"
    "posting_key,text,tax_code,department,project,reference"
).split(",")

NAMES = {
    "1576": "Vipps, salg til oppgjør",
    "1577": "Vipps, til gode",
    "1578": "Vipps, utbetalinger underveis",
    "2961": "Vipps, påløpte gebyrer",
    "7770": "Bank- og kortgebyrer",
}

# Entry type: the account that takes the amount, the account that takes its opposite with its tax code, the
# text for what it speaks of: the merchant's reference, a payout's number.
BOOKINGS = {
    "capture": ("1577", "1576", "", "Vipps salg {spoken}"),
    "refund": ("1577", "1576", "", "Vipps refusjon {spoken}"),
    "fees-retained": ("1577", "2961", "", "Vipps gebyr trukket"),
    "payout-scheduled": ("1577", "1578", "", "Utb. {spoken} Vipps 123455"),
    "capture-fee": ("2961", "7770", "0", "Vipps gebyr {spoken}"),
}

TOPICS = ("funds", "fees")


def dates(ledger, month):
    """The dates of a month that the ledger's folder has, in order."""
    names = os.listdir(os.path.join(ledger, "funds"))
    return sorted(name[:10] for name in names if name.startswith(month))


def path(ledger, topic, date):
    return os.path.join(ledger, topic, date + ".json")


def is_booked(topic, entry_type):
    """Fees retained stand on both topics and are booked once."""
    return not (topic == "fees" and entry_type == "fees-retained")
