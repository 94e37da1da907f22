"""Posting to the ledger: the one place where entries are written."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import models

from billing.models import LedgerEntry, LedgerTransaction
from hms.core import clock
from hms.core.models import Facility, User


def post(
    actor: User,
    *,
    facility: Facility,
    kind: str,
    source: models.Model,
    entries: list[tuple[str, Decimal]],
    patient_id: UUID | None = None,
    occurred_at: datetime | None = None,
) -> LedgerTransaction | None:
    """Write one transaction; `entries` are (account, amount), debit positive. A sum of nothing is not written.

    Runs in the caller's transaction; the database refuses the commit when the entries do not sum to zero.
    """
    entries = [(account, amount) for account, amount in entries if amount]
    if not entries:
        return None
    movement = LedgerTransaction.objects.create(
        facility=facility,
        kind=kind,
        occurred_at=occurred_at or clock.now(),
        source_type=source._meta.label_lower,
        source_id=source.pk,
        posted_by=actor,
    )
    LedgerEntry.objects.bulk_create(
        [
            LedgerEntry(transaction=movement, account=account, amount=amount, patient_id=patient_id)
            for account, amount in entries
        ]
    )
    return movement
