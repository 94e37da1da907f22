"""Accounting of disclosures: what of a record left the house, to whom and why (45 CFR 164.528).

Counted are documents printed or opened as files, exports of this record, and exports of lists that name the patient.
To whom the whole record was given stands with it. Of the rest the privacy officer states it, as of what left on other
ways (told by telephone, shown to the police, sent by post): the day, the recipient with an address, what it was, and
why. Looks by those who work here do not leave the house; a chart is
shared with colleagues only; `/verify/<code>` shows nothing of a patient. Given to the patient, or for treatment,
payment and the running of the hospital, the law asks for no account; the list still shows it, and
the purpose says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from hms.core import actions, clock
from hms.core.models import ActKind, AuditEvent, Document, DocumentKind
from reports import trail

if TYPE_CHECKING:
    from hms.core.models import User

YEARS = 6  # 45 CFR 164.528 (a)(1)
STATED = "patients.record.disclosed"
MOST = 2000


@dataclass(frozen=True)
class Disclosure:
    """`event` left the house, or (`is_statement`) says that something did. `stated` tells to whom and why."""

    event: AuditEvent
    at: datetime
    stated: AuditEvent | None
    number: str

    @property
    def is_statement(self) -> bool:
        return self.event.action == STATED

    @property
    def recipient(self) -> str:
        return self.stated.detail.get("recipient", "") if self.stated else ""

    @property
    def address(self) -> str:
        return self.stated.detail.get("address", "") if self.stated else ""

    @property
    def purpose(self) -> str:
        return self.stated.reason if self.stated else ""

    @property
    def what(self) -> str:
        """What left: as it was said, else the document or file itself."""
        if self.stated and self.stated.detail.get("what"):
            return self.stated.detail["what"]
        if listed := self.event.detail.get("list"):
            return f"{actions.words(self.event.action)}: {listed} ({self.event.detail.get('format', '')})"
        kind = self.event.detail.get("kind", "")
        name = str(DocumentKind(kind).label) if kind in DocumentKind.values else actions.words(self.event.action)
        return f"{name} {self.number}".strip()

    @property
    def label(self) -> str:
        return f"{self.at:%d %b %Y, %H:%M} · {self.what}"


def of(reader: User, patient_id: UUID) -> list[Disclosure]:
    """What left the house of this record in the last six years, the latest first; MOST at most."""
    since = clock.now() - timedelta(days=366 * YEARS)
    left = AuditEvent.objects.filter(kind__in=[ActKind.PRINT, ActKind.EXPORT], at__gte=since)
    rows = list(
        left.filter(trail.concerning(patient_id)).annotate(moment=trail.UNSORTED).order_by("-moment", "-id")[:MOST]
    )
    stated = {row.detail["event"]: row for row in reversed(rows) if row.action == STATED and "event" in row.detail}
    papers = {row.object_id for row in rows if row.object_type == "core.document"}
    numbers = {str(pk): number for pk, number in Document.objects.filter(pk__in=papers).values_list("pk", "number")}
    return [
        Disclosure(
            event=row,
            at=clock.local(reader.facility, row.at),
            stated=row if "recipient" in row.detail else stated.get(row.pk),
            number=numbers.get(row.object_id, ""),
        )
        for row in rows
        if not (row.action == STATED and "event" in row.detail)
    ]


def nobody_said(rows: list[Disclosure]) -> list[tuple[int, str]]:
    """Prints and exports of which nobody said yet to whom they were given: for choosing among them."""
    return [(each.event.pk, each.label) for each in rows if not each.recipient]


def title() -> str:
    return _("Accounting of disclosures")
