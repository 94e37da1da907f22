"""The charge master, what was charged, what was invoiced, what was paid, and the ledger of all of it."""

from billing.models.invoicing import CreditNote, Invoice, InvoiceLine, Payment
from billing.models.ledger import LedgerEntry, LedgerTransaction
from billing.models.services import Charge, Service

__all__ = [
    "Charge",
    "CreditNote",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
    "Service",
]
