"""Into a bed, to another, and home."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from doctors.paper import signer
from hms.core import audit, clock, documents, numbering
from hms.core.models import Document, DocumentKind, User
from hms.core.refusals import Refused
from patients.models import Patient
from patients.models.encounter import EncounterKind
from patients.paper import allergies, identity
from patients.services import encounters
from staff import licences
from staff.models import Employee
from wards import stay_paper
from wards.models import Admission, AdmissionStatus, Bed, BedState, BedStay, DischargeSummary
from wards.services import bed_days


def _lock_bed(bed_id: object) -> Bed:
    bed = Bed.objects.select_for_update(of=("self",)).select_related("room__ward").get(pk=bed_id)
    if bed.state != BedState.READY:
        raise Refused(
            _("Bed %(bed)s is not ready: %(state)s.") % {"bed": bed.label, "state": bed.get_state_display().lower()},
            field="bed",
        )
    return bed


def _lie_down(actor: User, admission: Admission, bed: Bed, moment: datetime, reason: str = "") -> BedStay:
    """Put the patient into the bed. Whoever comes second is told which beds are still free."""
    stay = BedStay(
        admission=admission, bed=bed, period=DateTimeTZRange(moment, None, "[)"), moved_by=actor, reason=reason
    )
    BedStay.objects.bulk_create([stay], ignore_conflicts=True)
    if not BedStay.objects.filter(pk=stay.pk).exists():
        free = Bed.objects.free().filter(room__ward=bed.room.ward_id).values_list("label", flat=True)[:5]
        if free:
            raise Refused(
                _("Bed %(bed)s was just taken. Free in this ward: %(free)s.")
                % {"bed": bed.label, "free": ", ".join(free)},
                field="bed",
            )
        raise Refused(
            _("Bed %(bed)s was just taken, and the ward has no other free bed.") % {"bed": bed.label}, field="bed"
        )
    return stay


@transaction.atomic
def admit(
    actor: User,
    *,
    patient_id: object,
    bed_id: object,
    reason: str,
    attending: Employee | None = None,
    expected_on: date | None = None,
) -> Admission:
    """Admit a patient to a bed: opens the inpatient visit.

    Refuses a bed that is taken, not ready or in another facility, and a patient who is admitted.
    Locks: the new encounter, the bed; the database decides who gets it.
    """
    patient = Patient.objects.get(pk=patient_id)
    bed = Bed.objects.select_related("room__ward__department").get(pk=bed_id)
    if bed.room.ward.facility_id != actor.facility.pk:
        raise Refused(_("This bed is in another facility."), field="bed")
    now = clock.now()
    if expected_on and expected_on < clock.today(actor.facility):
        raise Refused(_("The expected day lies in the past."), field="expected_on")
    encounter = encounters.open_encounter(
        actor,
        patient=patient,
        kind=EncounterKind.INPATIENT,
        department=bed.room.ward.department,
        attending=attending,
        reason=reason,
        started_at=now,
    )
    bed = _lock_bed(bed_id)
    admission = Admission.objects.create(
        facility=actor.facility,
        patient=patient,
        encounter=encounter,
        reason=reason,
        admitted_at=now,
        admitted_by=actor,
        expected_on=expected_on,
    )
    _lie_down(actor, admission, bed, now)
    audit.record(actor, "wards.admission.admitted", admission, detail={"bed": bed.label})
    return admission


def _locked(admission_id: object) -> Admission:
    """The encounter's lock, then the admission's; refused when it is over."""
    encounters.locked(Admission.objects.values_list("encounter_id", flat=True).get(pk=admission_id))
    admission = (
        Admission.objects.select_for_update(of=("self",))
        .select_related("facility", "patient", "encounter__attending")
        .get(pk=admission_id)
    )
    if admission.status != AdmissionStatus.ADMITTED:
        raise Refused(_("This stay is over."))
    return admission


def _get_up(admission: Admission, moment: datetime) -> BedStay:
    """End the current stay and leave its bed to be cleaned. The bed is locked by the caller."""
    stay = BedStay.objects.select_related("bed").get(admission=admission, period__upper_inf=True)
    end = max(moment, stay.period.lower + timedelta(microseconds=1))
    stay.period = DateTimeTZRange(stay.period.lower, end, "[)")
    stay.save(update_fields=["period"])
    Bed.objects.filter(pk=stay.bed_id).update(state=BedState.CLEANING, state_reason="", state_since=moment)
    return stay


def _end(admission: Admission, status: AdmissionStatus, reason: str = "") -> None:
    """End a locked admission now, and leave its bed to be cleaned. Locks: the bed."""
    stay = BedStay.objects.get(admission=admission, period__upper_inf=True)
    Bed.objects.select_for_update().get(pk=stay.bed_id)
    now = clock.now()
    _get_up(admission, now)
    admission.status = status
    admission.ended_at = now
    admission.end_reason = reason
    admission.save(update_fields=["status", "ended_at", "end_reason"])


@transaction.atomic
def transfer(actor: User, *, admission_id: object, bed_id: object, reason: str) -> BedStay:
    """Move a patient to another bed. Locks: the encounter, the admission, both beds by id."""
    admission = _locked(admission_id)
    current = BedStay.objects.get(admission=admission, period__upper_inf=True)
    if str(current.bed_id) == str(bed_id):
        raise Refused(_("The patient lies in this bed already."), field="bed")
    list(Bed.objects.select_for_update().filter(pk__in=[current.bed_id, bed_id]).order_by("pk"))
    bed = _lock_bed(bed_id)
    if bed.room.ward.facility_id != admission.facility_id:
        raise Refused(_("This bed is in another facility."), field="bed")
    now = clock.now()
    left = _get_up(admission, now)
    stay = _lie_down(actor, admission, bed, left.period.upper, reason)
    audit.record(
        actor, "wards.admission.transferred", admission, reason=reason, detail={"from": left.bed.label, "to": bed.label}
    )
    return stay


@transaction.atomic
def discharge(
    actor: User, *, admission_id: object, diagnosis: str, course: str, instructions: str, follow_up: str = ""
) -> Admission:
    """Discharge with a signed summary: charges the bed-days, frees the bed for cleaning, closes the
    visit (whose invoice a worker makes) and draws the summary. Refuses a signer without a valid licence.

    Locks: the encounter, the admission, the bed, then the number counter.
    """
    admission = _locked(admission_id)
    licences.demand(actor, act=licences.Act.SIGN)
    _end(admission, AdmissionStatus.DISCHARGED)
    bed_days.accrue(actor, admission_id=admission.pk)
    encounters.close(actor, encounter_id=admission.encounter_id)
    summary = DischargeSummary.objects.create(
        admission=admission,
        number=numbering.next_number(admission.facility, "DS"),
        diagnosis=diagnosis,
        course=course,
        instructions=instructions,
        follow_up=follow_up,
        signed_by=actor,
        signed_at=admission.ended_at,
    )
    draw_summary(actor, admission, summary)
    audit.record(actor, "wards.admission.discharged", admission)
    return admission


def draw_summary(actor: User, admission: Admission, summary: DischargeSummary) -> Document:
    """The paper the patient takes home."""
    return documents.issue(
        actor,
        kind=DocumentKind.DISCHARGE_SUMMARY,
        source=summary,
        number=summary.number,
        title=str(_("Discharge summary")),
        template="print/discharge_summary.html",
        paper=admission.facility.paper,
        facility=admission.facility,
        dated=summary.signed_at,
        snapshot=_snapshot(admission, summary),
        patient_id=admission.patient_id,
    )


def _snapshot(admission: Admission, summary: DischargeSummary) -> dict[str, Any]:
    def local(moment: datetime) -> str:
        return clock.local(admission.facility, moment).strftime("%d %b %Y, %H:%M")

    diagnoses = admission.encounter.condition_set.filter(entered_in_error=False)
    return {
        "patient": identity(admission.patient, at=summary.signed_at),
        "allergies": allergies(admission.patient),
        "admitted": local(admission.admitted_at),
        "discharged": local(admission.ended_at),
        "wards": sorted({stay.bed.room.ward.name for stay in admission.stays.select_related("bed__room__ward")}),
        "attending": admission.encounter.attending.name if admission.encounter.attending else "",
        "reason": admission.reason,
        "diagnosis": summary.diagnosis,
        "codes": [f"{row.code} {row.display}".strip() for row in diagnoses],
        "course": summary.course,
        "results": stay_paper.results(admission),
        "instructions": summary.instructions,
        "follow_up": summary.follow_up,
        "signer": signer(summary.signed_by),
    }


@transaction.atomic
def cancel(actor: User, *, admission_id: object, reason: str) -> Admission:
    """The patient was never here, or the wrong one was admitted. Refuses once care was charged.

    Locks: the encounter, the admission, the bed.
    """
    admission = _locked(admission_id)
    _end(admission, AdmissionStatus.CANCELLED, reason)
    encounters.cancel(actor, encounter_id=admission.encounter_id, reason=reason)
    audit.record(actor, "wards.admission.cancelled", admission, reason=reason)
    return admission
