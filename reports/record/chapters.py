"""The record as people read it, from who the patient is to who looked: chapters of lines, from which the PDF is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from appointments.models import Appointment
from billing.models import CreditNote, Invoice, Payment
from hms.core import given, units
from hms.core.models import AuditEvent, User
from hms.core.templatetags.hms import day, daytime, money
from laboratory.models import DiagnosticReport, Result
from patients import amended
from patients.models import (
    AmendmentRequest,
    ClinicalNote,
    Encounter,
    Observation,
    Patient,
)
from pharmacy.models import Dispense, Prescription
from reports import disclosures
from wards.models import Admission, NursingNote

PART = 400  # lines of one PDF: what it takes to draw grows with them


@dataclass(frozen=True)
class Line:
    """`cells` under the chapter's `heads`; where it has none, a heading and paragraphs. `after`: what was amended."""

    cells: tuple[str, ...]
    struck: bool = False
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    title: str
    heads: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    empty: str = ""
    widths: tuple[int, ...] = ()  # of the columns, in per cent, by fives


class Reading:
    """Everything kept of one patient, in all facilities, as `reader` gives it out."""

    def __init__(self, reader: User, patient: Patient) -> None:
        self.reader, self.patient = reader, patient
        self.amended = amended.of(patient.pk)

    def after(self, row: Any) -> tuple[str, ...]:
        """What the patient asked to have corrected in an entry, and what became of it."""
        return tuple(told(each) for each in self.amended.get((row._meta.label_lower, row.pk), []))

    def line(self, row: Any, *cells: Any, struck: bool = False) -> Line:
        return Line(tuple(str(cell or "") for cell in cells), struck, self.after(row))

    def clinical(self, rows: Iterable[Any], *columns: Any) -> list[Line]:
        """Entries that may have been marked as errors: then the reason stands with them, struck through."""
        return [
            replace(line, after=(_("Entered in error: %(why)s") % {"why": row.error_reason}, *line.after))
            if row.entered_in_error
            else line
            for row in rows
            for line in [self.line(row, *(column(row) for column in columns), struck=row.entered_in_error)]
        ]

    def chapters(self) -> Iterator[Chapter]:
        """In the order in which one reads a chart."""
        yield from (self.person(), self.allergies(), self.problems(), self.medicines(), self.prescriptions())
        yield from (self.notes(), self.plans(), self.results(), self.reports(), self.measured(), self.prevention())
        yield from (self.visits(), self.stays(), self.ward_notes(), self.appointments(), self.bills(), self.payments())
        yield from (self.corrections(), self.given_out(), self.looks())

    def person(self) -> Chapter:
        who = self.patient
        address = ", ".join(filter(None, [who.address, f"{who.postal_code} {who.city}".strip(), who.country]))
        facts = [
            (_("Name"), who.name), (_("Other names"), who.other_names), (_("Born"), day(who.birth_date)),
            (_("Sex"), who.sex_label), (_("Died"), daytime(who.deceased_at) if who.deceased_at else ""),
            (_("Phone"), who.phone), (_("E-mail"), who.email), (_("Address"), address), (_("Language"), who.language),
        ]  # fmt: skip
        facts += [(each.system, each.value) for each in who.identifiers.all()]
        facts += [
            (each.relationship, f"{each.name}, {each.phone}" + (_(", until %(day)s") % {"day": day(each.ended_at)} if each.ended_at else ""))
            for each in who.contacts.all()
        ]  # fmt: skip
        facts += [(_("Known to"), f"{each.facility.name}, {day(each.created_at)}") for each in who.facilities.select_related("facility")]  # fmt: skip
        lines = [Line((str(label), str(value))) for label, value in facts if value]
        return Chapter(
            _("Who the patient is"),
            ("", ""),
            [*lines, *(Line(("", each)) for each in self.after(who))],
            widths=(25, 75),
        )

    def allergies(self) -> Chapter:
        rows = self.patient.allergy_set.select_related("recorded_by").order_by("entered_in_error", "created_at")
        none = _("Asked: no known allergies.") if self.patient.no_known_allergies else _("Nobody has asked yet.")
        return Chapter(
            _("Allergies"), (_("Substance"), _("Reaction"), _("Risk"), _("Recorded")),
            self.clinical(rows, lambda row: row.substance, lambda row: row.reaction,
                          lambda row: row.get_criticality_display(), _recorded),
            none, widths=(30, 30, 15, 25))  # fmt: skip

    def problems(self) -> Chapter:
        rows = self.patient.condition_set.select_related("recorded_by").order_by("created_at", "id")
        return Chapter(
            _("Problems and diagnoses"), (_("What"), _("Kind"), _("Since"), _("Resolved"), _("Recorded")),
            self.clinical(rows, str, lambda row: row.get_category_display(), lambda row: _day(row.onset_on),
                          lambda row: _day(row.resolved_on), _recorded), widths=(35, 15, 15, 15, 20))  # fmt: skip

    def medicines(self) -> Chapter:
        rows = self.patient.medicationstatement_set.select_related("recorded_by").order_by("created_at", "id")
        return Chapter(
            _("Medicines from elsewhere"), (_("Medicine"), _("How it is taken"), _("State"), _("Recorded")),
            self.clinical(rows, lambda row: row.display, lambda row: row.dosage,
                          lambda row: row.get_status_display(), _recorded), widths=(35, 30, 15, 20))  # fmt: skip

    def prescriptions(self) -> Chapter:
        rows = Prescription.objects.filter(patient=self.patient).select_related("prescriber")
        rows = rows.prefetch_related("lines__product__medicine").order_by("prescribed_at", "id")
        handed: dict[UUID, list[str]] = {}
        dispenses = Dispense.objects.filter(patient=self.patient).prefetch_related("lines__line__product__medicine")
        for each in dispenses.order_by("handed_out_at", "id"):
            what = ", ".join(f"{line.quantity} × {line.line.product.medicine}" for line in each.lines.all())
            undone = _(" (taken back)") if each.reversed_at else ""
            handed.setdefault(each.prescription_id, []).append(f"{day(each.handed_out_at)}: {what}{undone}")
        lines = []
        for row in rows:
            what = "\n".join(f"{line.product.medicine}: {line.dosage}, {line.days} d" for line in row.lines.all())
            state = "\n".join(filter(None, [row.get_status_display(), row.end_reason, row.advice]))
            lines.append(self.line(row, daytime(row.prescribed_at), what, "\n".join(handed.get(row.pk, [])), state, row.prescriber.name))  # fmt: skip
        return Chapter(
            _("Prescriptions"),
            (_("When"), _("What"), _("Handed out"), _("State"), _("By")),
            lines,
            widths=(15, 35, 25, 10, 15),
        )

    def notes(self) -> Chapter:
        rows = ClinicalNote.objects.filter(patient=self.patient).exclude(status="draft")
        rows = rows.select_related("author", "amends__author", "encounter__facility").prefetch_related("diagnoses")
        lines = []
        for row in rows.order_by("signed_at", "id"):
            head = f"{daytime(row.signed_at)} · {row.author.name} · {row.encounter.facility.name}"
            if row.amends:
                head += _(" · addendum to the note of %(when)s") % {"when": daytime(row.amends.signed_at)}
            texts = [
                (_("Complaint and history"), row.complaint), (_("Examination"), row.examination),
                (_("Addendum") if row.amends_id else _("Assessment"), row.assessment),
                (_("Diagnoses"), "; ".join(str(each) for each in row.diagnoses.all())), (_("Plan"), row.plan),
                (_("Entered in error"), row.error_reason),
            ]  # fmt: skip
            said = [f"{label}: {text}" for label, text in texts if text]
            lines.append(self.line(row, head, *said, struck=row.status == "entered_in_error"))
        return Chapter(_("Notes"), (), lines)

    def plans(self) -> Chapter:
        rows = self.patient.careplan_set.select_related("recorded_by").order_by("created_at", "id")
        return Chapter(
            _("Treatment plans"), (_("Goal"), _("What is done"), _("State"), _("Recorded")),
            self.clinical(rows, lambda row: row.title, lambda row: row.activities,
                          lambda row: row.get_status_display(), _recorded), widths=(25, 45, 10, 20))  # fmt: skip

    def results(self) -> Chapter:
        rows = Result.objects.filter(order__patient=self.patient).select_related("order", "test", "specimen")
        lines = []
        for row in rows.prefetch_related("revisions").order_by("order__ordered_at", "order_id", "test__name"):
            before = [_("before: %(value)s") % {"value": old.value_text} for old in row.revisions.all()]
            value = f"{row.value_text} {units.text(row.unit)}".strip() or row.get_status_display()
            taken = row.specimen.collected_at if row.specimen else row.order.ordered_at
            flag = row.get_flag_display() if row.flag not in ("", "normal", "unknown") else ""
            question = [row.order.question] if row.order.question else []
            lines.append(self.line(row, daytime(taken), "\n".join([str(row.test), *question]), "\n".join([value, *before]), row.range_text, flag, row.order.number))  # fmt: skip
        heads = (_("Taken"), _("Test"), _("Result"), _("Usual"), "", _("Order"))
        return Chapter(_("Laboratory"), heads, lines, widths=(15, 25, 15, 15, 10, 20))

    def reports(self) -> Chapter:
        rows = DiagnosticReport.objects.filter(patient=self.patient).order_by("issued_at", "id")
        lines = [self.line(row, daytime(row.issued_at), row.title, row.text) for row in rows]
        return Chapter(_("Reports"), (_("When"), _("Report"), _("Text")), lines, widths=(15, 35, 50))

    def measured(self) -> Chapter:
        """What was measured together in one line; what is amended or wrong in its own."""
        rows = Observation.objects.filter(patient=self.patient, lab_result=None).order_by("observed_at", "id")
        lines = []
        for when, together in groupby(rows.iterator(chunk_size=2000), key=lambda row: row.observed_at):
            plain = []
            for row in together:
                said = f"{row.display} {row.value_text} {units.text(row.unit)}".strip()
                after = self.after(row)
                if row.entered_in_error:
                    after = (_("Entered in error: %(why)s") % {"why": row.error_reason}, *after)
                if after:
                    lines.append(Line((daytime(when), said), row.entered_in_error, after))
                else:
                    plain.append(said)
            if plain:
                lines.append(Line((daytime(when), "; ".join(plain))))
        return Chapter(_("Measured values"), (_("When"), _("What")), lines, widths=(20, 80))

    def prevention(self) -> Chapter:
        given_ = self.patient.immunization_set.select_related("recorded_by").order_by("given_at", "id")
        done = self.patient.procedure_set.select_related("recorded_by").order_by("performed_at", "id")
        lines = self.clinical(given_, lambda row: daytime(row.given_at), lambda row: f"{row.vaccine} {row.lot}".strip(), _recorded)  # fmt: skip
        lines += self.clinical(done, lambda row: daytime(row.performed_at), lambda row: row.display, _recorded)
        return Chapter(_("Vaccines and procedures"), (_("When"), _("What"), _("Recorded")), lines, widths=(20, 50, 30))

    def visits(self) -> Chapter:
        rows = Encounter.objects.filter(patient=self.patient).select_related("facility", "department", "attending")
        lines = [
            self.line(row, daytime(row.started_at), daytime(row.ended_at) if row.ended_at else "", row.get_kind_display(),
                      row.reason, "\n".join(filter(None, [row.facility.name, str(row.department or ""), row.attending.name if row.attending else ""])),
                      "\n".join(filter(None, [row.get_status_display(), row.end_reason])))
            for row in rows.order_by("started_at", "id")
        ]  # fmt: skip
        return Chapter(
            _("Visits"),
            (_("From"), _("To"), _("Kind"), _("Reason"), _("Where"), _("State")),
            lines,
            widths=(15, 15, 10, 20, 25, 15),
        )

    def stays(self) -> Chapter:
        rows = Admission.objects.filter(patient=self.patient).select_related("facility", "summary__signed_by")
        lines = []
        for row in rows.prefetch_related("stays__bed__room__ward").order_by("admitted_at", "id"):
            until = daytime(row.ended_at) if row.ended_at else _("still here")
            head = f"{daytime(row.admitted_at)} – {until} · {row.get_status_display()} · {row.facility.name}"
            beds = "; ".join(f"{stay.bed.room.ward.name} {stay.bed.label}, {daytime(stay.period.lower)}" for stay in row.stays.all())  # fmt: skip
            texts = [(_("Reason"), row.reason), (_("Beds"), beds), (_("Ended"), row.end_reason)]
            after: tuple[str, ...] = ()
            if summary := getattr(row, "summary", None):
                texts += [
                    (_("Diagnosis"), summary.diagnosis), (_("What was found and done"), summary.course),
                    (_("Instructions and medicines"), summary.instructions), (_("Follow-up"), summary.follow_up),
                    (_("Signed by"), f"{summary.signed_by.name}, {daytime(summary.signed_at)}"),
                ]  # fmt: skip
                after = self.after(summary)
            lines.append(Line((head, *(f"{label}: {text}" for label, text in texts if text)), after=after))
        return Chapter(_("Stays"), (), lines)

    def ward_notes(self) -> Chapter:
        rows = NursingNote.objects.filter(patient=self.patient).select_related("author")
        wrong = set(rows.exclude(corrects=None).values_list("corrects_id", flat=True))
        lines = [
            self.line(row, daytime(row.written_at), row.get_kind_display(), row.text, row.author.name, struck=row.pk in wrong)
            for row in rows.order_by("written_at", "id")
        ]  # fmt: skip
        return Chapter(_("Ward notes"), (_("When"), _("Kind"), _("Note"), _("By")), lines, widths=(20, 10, 55, 15))

    def appointments(self) -> Chapter:
        rows = Appointment.objects.filter(patient=self.patient).select_related("doctor__employee", "facility")
        lines = [
            self.line(row, daytime(row.period.lower), row.doctor.employee.name, row.facility.name, row.reason,
                      "\n".join(filter(None, [row.get_status_display(), row.cancelled_reason])))
            for row in rows.order_by("period", "id")
        ]  # fmt: skip
        heads = (_("When"), _("With"), _("Where"), _("Reason"), _("State"))
        return Chapter(_("Appointments"), heads, lines, widths=(20, 20, 20, 25, 15))

    def bills(self) -> Chapter:
        rows = Invoice.objects.filter(patient=self.patient).prefetch_related("lines").order_by("issued_at", "id")
        lines = [
            self.line(row, day(row.issued_at), row.number,
                      "\n".join(f"{each.description}: {money(each.amount)}" for each in row.lines.all()),
                      money(row.total, row.currency), money(row.paid), money(row.credited), money(row.balance))
            for row in rows
        ]  # fmt: skip
        heads = (_("Day"), _("Invoice"), _("For"), _("Total"), _("Paid"), _("Credited"), _("Left"))
        return Chapter(_("Bills"), heads, lines, widths=(15, 20, 20, 15, 10, 10, 10))

    def payments(self) -> Chapter:
        paid = Payment.objects.filter(patient=self.patient).select_related("invoice").order_by("received_at", "id")
        lines = [
            (row.received_at, self.line(row, day(row.received_at), row.number, row.get_method_display(), row.reason or row.reference, money(row.amount, row.invoice.currency)))
            for row in paid
        ]  # fmt: skip
        credit = CreditNote.objects.filter(patient=self.patient).select_related("invoice").order_by("issued_at", "id")
        lines += [
            (row.issued_at, self.line(row, day(row.issued_at), row.number, row.get_kind_display(), row.reason, money(row.amount, row.invoice.currency)))
            for row in credit
        ]  # fmt: skip
        heads = (_("Day"), _("Number"), _("Kind"), _("Why"), _("Amount"))
        return Chapter(_("Payments and credit notes"), heads, [line for _at, line in sorted(lines, key=lambda each: each[0])], widths=(15, 25, 20, 25, 15))  # fmt: skip

    def corrections(self) -> Chapter:
        rows = AmendmentRequest.objects.filter(patient=self.patient).select_related("decided_by", "rebutted_by")
        lines = [
            Line((f"{day(row.received_on)} · {row.about} · {row.get_status_display()}", told(row), *([row.withdrawn_reason] if row.withdrawn_reason else [])))
            for row in rows.order_by("received_on", "id")
        ]  # fmt: skip
        return Chapter(_("Corrections asked for"), (), lines)

    def given_out(self) -> Chapter:
        lines = [
            Line((daytime(row.at), row.what, "\n".join(filter(None, [row.recipient, row.address])) or _("not stated"), row.purpose))
            for row in reversed(disclosures.of(self.reader, self.patient.pk))
        ]  # fmt: skip
        return Chapter(
            _("Given out of the house, in the last %(n)s years") % {"n": disclosures.YEARS},
            (_("When"), _("What"), _("To whom"), _("Why")), lines, widths=(20, 30, 30, 20))  # fmt: skip

    def looks(self) -> Chapter:
        rows = AuditEvent.objects.filter(patient_id=self.patient.pk, kind="read").order_by()
        rows = rows.values("actor_name", "role").annotate(n=Count("id"), first=Min("at"), last=Max("at"))
        lines = [
            Line((row["actor_name"], row["role"], str(row["n"]), daytime(row["first"]), daytime(row["last"])))
            for row in sorted(rows, key=lambda row: row["first"])
        ]
        heads = (_("Who"), _("As"), _("Looks"), _("First"), _("Last"))
        return Chapter(
            _("Who looked at the record; each look stands in record.json"), heads, lines, widths=(30, 20, 10, 20, 20)
        )


def told(row: AmendmentRequest) -> str:
    """A request for correction in one paragraph."""
    parts = [
        _("The patient asked for a correction on %(day)s: %(what)s") % {"day": day(row.received_on), "what": row.wanted}
    ]
    if row.status == "accepted":
        parts.append(_("Amended on %(day)s by %(who)s: %(what)s") % {"day": day(row.decided_at), "who": row.decided_by.name, "what": row.answer})  # fmt: skip
    if row.status == "denied":
        parts.append(_("Denied on %(day)s by %(who)s (%(ground)s): %(what)s") % {"day": day(row.decided_at), "who": row.decided_by.name, "ground": row.get_ground_display(), "what": row.answer})  # fmt: skip
    if row.disagreement:
        parts.append(_("The patient disagrees: %(what)s") % {"what": row.disagreement})
    if row.rebuttal:
        parts.append(_("The hospital answers: %(what)s") % {"what": row.rebuttal})
    return "\n".join(parts)


def _day(value: Any) -> str:
    return day(value) if value else ""


def _recorded(row: Any) -> str:
    return f"{day(row.created_at)}, {row.recorded_by.name}"


def left_out(found: list[given.LeftOut]) -> Chapter:
    lines = [Line((each.words, each.why)) for each in found]
    return Chapter(_("What is left out, and why"), (_("What"), _("Why")), lines, _("Nothing."), widths=(40, 60))


def parts(chapters: Iterable[Chapter]) -> list[list[Chapter]]:
    """The chapters cut into files of so many lines; a chapter that is cut goes on in the next."""
    made: list[list[Chapter]] = [[]]
    room = PART
    for chapter in chapters:
        rest, title = chapter.lines, chapter.title
        while True:
            made[-1].append(replace(chapter, title=title, lines=rest[:room]))
            rest, room = rest[room:], room - min(len(rest), room)
            if room <= 0:
                made.append([])
                room = PART
            if not rest:
                break
            title = _("%(title)s (continued)") % {"title": chapter.title}
    return [part for part in made if part]
