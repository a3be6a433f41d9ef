"""The cell ledger: what became of every raw cell."""

from cdisc_kit.ledger.account import account
from cdisc_kit.ledger.fates import FATES, Fate, FormLedger, Ledger
from cdisc_kit.ledger.report import ledger_line, write_ledger

__all__ = ["FATES", "Fate", "FormLedger", "Ledger", "account", "ledger_line", "write_ledger"]
