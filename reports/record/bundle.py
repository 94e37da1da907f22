"""Everything held on one patient in one ZIP: record.pdf, record.json, documents/, README.txt.

It is written to a file without a name (in memory while it is small), so that nothing stays behind; rows go through
one chunk at a time, documents one by one, and the PDF is drawn in parts.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from hms.core import clock, documents, given, held
from hms.core.models import AuditEvent, Document, DocumentStatus, User
from patients.models import Patient
from patients.paper import identity
from reports import disclosures, trail
from reports.record import chapters

FORMAT = "hms-record/1"
IN_MEMORY = 8 * 1024 * 1024


@dataclass(frozen=True)
class Asked:
    """Who gets it (`to` what they are to the patient), where, what for, and how it was checked who they are."""

    to: str
    recipient: str
    address: str
    purpose: str
    identity: str
    with_documents: bool


class Bundle:
    def __init__(self, actor: User, patient: Patient, asked: Asked) -> None:
        self.actor, self.patient, self.asked = actor, patient, asked
        self.now = clock.now()
        self.left_out: list[given.LeftOut] = []
        self.names: set[str] = set()

    def write(self) -> IO[bytes]:
        """The ZIP, to be read from its beginning. It is closed by whoever sends it."""
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
        with ZipFile(file, "w") as archive:
            with archive.open(self._entry("record.json"), "w", force_zip64=True) as out:
                for piece in self._json():
                    out.write(piece.encode())
            pages = self._print(archive)
            papers = self._papers(archive) if self.asked.with_documents else []
            with archive.open(self._entry("README.txt"), "w") as out:
                out.write(self._readme(pages, papers).encode())
        file.seek(0)
        return file

    def _entry(self, name: str, at: datetime | None = None) -> ZipInfo:
        moment = clock.local(self.actor.facility, at or self.now)
        entry = ZipInfo(name, date_time=(max(moment.year, 1980), *moment.timetuple()[1:6]))
        entry.compress_type = ZIP_DEFLATED
        return entry

    # What programs read

    def _json(self) -> Iterator[str]:
        head = {
            "format": FORMAT,
            "made_at": self.now.astimezone(UTC).isoformat(),
            "made_by": self.actor.name,
            "hospital": self.actor.facility.name,
            "given_to": asdict(self.asked),
            "patient": {"id": str(self.patient.pk), "mrn": self.patient.mrn, "name": self.patient.name},
        }
        yield _dumped(head)[:-1] + ',\n"tables": ['
        first = True
        for table in given.tables(self.patient.pk):
            self.left_out += table.left_out()
            if table.is_kept_whole:
                continue
            yield ("" if first else ",") + "\n" + _dumped(table.head())[:-1] + ', "rows": ['
            first = False
            for place, row in enumerate(table.rows()):
                yield ("," if place else "") + "\n" + _dumped(row)
            yield f'], "count": {table.count}}}'
        yield '],\n"seen_in_lists": ['
        for place, row in enumerate(self._lists()):
            yield ("," if place else "") + "\n" + _dumped(row)
        tail = {"given_out": self._given_out(), "left_out": [asdict(each) for each in self.left_out]}
        yield "],\n" + _dumped(tail)[1:] + "\n"

    def _lists(self) -> Iterator[dict[str, Any]]:
        """Lists of several patients in which this one stood: looked at, or taken out. Nothing of the others."""
        rows = AuditEvent.objects.filter(trail.concerning(self.patient.pk), patient_id=None).order_by()
        fields = ("at", "actor_name", "role", "facility__name", "action", "kind")
        for row in rows.values_list(*fields).iterator(chunk_size=2000):
            yield dict(zip(("at", "who", "role", "facility", "action", "kind"), map(given.plain, row), strict=True))

    def _given_out(self) -> list[dict[str, Any]]:
        return [
            {
                "at": given.plain(row.event.at),
                "what": row.what,
                "to": row.recipient,
                "address": row.address,
                "why": row.purpose,
                "by": row.event.actor_name,
            }
            for row in disclosures.of(self.actor, self.patient.pk)
        ]

    # What people read

    def snapshot(self) -> list[list[chapters.Chapter]]:
        reading = chapters.Reading(self.actor, self.patient)
        return chapters.parts([*reading.chapters(), chapters.left_out(self.left_out)])

    def _print(self, archive: ZipFile) -> list[str]:
        """The record as PDF, in so many files as it takes."""
        parts, names = self.snapshot(), []
        facility = self.actor.facility
        for number, part in enumerate(parts, 1):
            name = "record.pdf" if len(parts) == 1 else f"record-{number:02d}-of-{len(parts):02d}.pdf"
            context = {
                "facility": documents.letterhead(facility),
                "patient": identity(self.patient, at=self.now),
                "document": {
                    "title": _("The whole record"),
                    "number": "" if len(parts) == 1 else _("%(n)s of %(all)s") % {"n": number, "all": len(parts)},
                    "paper": facility.paper,
                },
                "issued_at": f"{clock.local(facility, self.now):%d %b %Y, %H:%M}",
                "asked": self.asked if number == 1 else None,
                "chapters": part,
                "signed": self.actor.name,
                "last": number == len(parts),
            }
            with archive.open(self._entry(name), "w") as out:
                out.write(documents.render_pdf("print/record.html", context))
            names.append(name)
        return names

    def _papers(self, archive: ZipFile) -> list[str]:
        """Every document as it was issued, those that were replaced or withdrawn as well."""
        rows = held.rows(Document, self.patient.pk).defer("snapshot").order_by("dated", "id")
        return [self._paper(archive, row) for row in rows.iterator(chunk_size=5)]

    def _paper(self, archive: ZipFile, row: Document) -> str:
        local = clock.local(row.facility, row.dated)
        said = re.sub(r"[^\w.-]+", "-", f"{local:%Y-%m-%d}-{row.kind}-{row.number}").strip("-")
        state = "" if row.status == DocumentStatus.ISSUED else f"-{row.status}"
        name = f"documents/{said}{state}.pdf"
        if name in self.names:
            name = f"documents/{said}{state}-{str(row.pk)[-6:]}.pdf"
        self.names.add(name)
        with archive.open(self._entry(name, row.dated), "w") as out:
            out.write(bytes(row.content))
        return name

    def _readme(self, pages: list[str], papers: list[str]) -> str:
        context = {
            "patient": self.patient,
            "facility": self.actor.facility,
            "made": clock.local(self.actor.facility, self.now),
            "by": self.actor.name,
            "asked": self.asked,
            "pages": pages,
            "papers": papers,
            "left_out": self.left_out,
            "format": FORMAT,
            "shape": given.SHAPE,
        }
        return render_to_string("reports/record_readme.txt", context)


def _dumped(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
