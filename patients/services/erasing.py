"""Erasing a patient's record: asked for by the privacy officer, decided by somebody else, done at once.

What is done to which row stands in each app's `erasures.py`; what does it, in `hms.core.erasing`.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from hms.core import approvals, audit, clock, erasing, erasures, notify, sealing
from hms.core.models import Erasure, ErasureStatus, Facility, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient, PatientFacility


@transaction.atomic
def ask(actor: User, *, patient_id: object, ground: str, reason: str) -> Erasure:
    """Ask for a record to be erased; those who decide are told, and so are the privacy officers of every other
    facility in which the patient is known: they may place a hold. Locks: the patient.

    Refuses while anything stands in the way, without a reason, and while another request waits.
    """
    patient = Patient.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=patient_id)
    if patient.erased_at:
        raise Refused(_("This record was erased."))
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    _refuse(patient, ground)
    now = clock.now()
    try:
        with transaction.atomic():
            erasure = Erasure(
                created_at=now,
                facility=actor.facility,
                patient_id=patient.pk,
                ground=ground,
                reason=reason.strip(),
                asked_by=actor,
                asked_at=now,
            )
            _tell_elsewhere(erasure)
            erasure.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("The erasure of this record was asked for already.")) from None
    audit.record(actor, "core.erasure.asked", erasure, reason=reason, detail={"ground": ground, "told": erasure.told})
    notify.everyone(
        actor.facility,
        permission="core.decide_erasure",
        text=_("A record is to be erased: decide about it"),
        url=f"/patients/erasures/{erasure.pk}/",
        level="warning",
    )
    return erasure


@transaction.atomic
def withdraw(actor: User, *, erasure_id: object) -> Erasure:
    """Take a request back: by whoever asked. Locks: the request."""
    erasure = _waiting(actor, erasure_id)
    if erasure.asked_by_id != actor.pk:
        raise Refused(_("Only who asked takes a request back."))
    erasure.status, erasure.decided_at = ErasureStatus.WITHDRAWN, clock.now()
    erasure.save(update_fields=["status", "decided_at"])
    audit.record(actor, "core.erasure.withdrawn", erasure)
    return erasure


@transaction.atomic
def reject(actor: User, *, erasure_id: object, reason: str) -> Erasure:
    """The record stays. Locks: the request. Refuses who asked, and without a reason."""
    erasure = _to_decide(actor, erasure_id)
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    erasure.status, erasure.decision_reason = ErasureStatus.REJECTED, reason.strip()
    erasure.decided_by, erasure.decided_at = actor, clock.now()
    erasure.save(update_fields=["status", "decision_reason", "decided_by", "decided_at"])
    audit.record(actor, "core.erasure.rejected", erasure, reason=reason)
    _tell(erasure, _("The erasure of a record was rejected"))
    return erasure


@transaction.atomic
def approve(actor: User, *, erasure_id: object) -> Erasure:
    """Erase the record, now, whole, and for good; returns the request with the rows of each table.

    Locks: the patient's visits, the patient, the request, and the audit against seals. Refuses who asked; what stands
    in the way, looked at again under the locks; and where the seals of its audit rows do not verify: what was
    tampered with is not covered up; and more than so many in a day.
    """
    patient_id = Erasure.objects.visible_to(actor).values_list("patient_id", flat=True).get(pk=erasure_id)
    list(Encounter.objects.select_for_update(of=("self",)).filter(patient=patient_id).order_by("pk"))
    patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient_id)
    erasure = _to_decide(actor, erasure_id)
    _refuse(patient, erasure.ground)
    sealing.hold()
    if erasing.enough_for_today():
        raise Refused(
            _("No more than %(most)s records are erased in a day. Try again tomorrow.") % {"most": erasing.A_DAY}
        )
    _refuse_tampered(patient)
    erasure.status, erasure.decided_by, erasure.decided_at = ErasureStatus.APPROVED, actor, clock.now()
    erasure.save(update_fields=["status", "decided_by", "decided_at"])
    emptied = erasing.run(erasure)
    erasure.refresh_from_db()
    detail = {"digest": sealing.erased_fingerprint(emptied), "rows": sum(erasure.counts.values())}
    audit.record(actor, "core.erasure.done", erasure, detail=detail)
    _tell(erasure, _("A record was erased"))
    return erasure


def elsewhere(erasure: Erasure) -> list[tuple[Facility, int]]:
    """The other facilities that were told of a request, by name, and how many people each. One query."""
    rows = Facility.objects.filter(pk__in=list(erasure.told)).order_by("name")
    return [(row, erasure.told[str(row.pk)]) for row in rows]


def against(actor: User, erasure: Erasure) -> str:
    """Why this person does not decide about a request; "" if they may."""
    if erasure.facility_id != actor.facility.pk:
        return _("It was asked for in another facility, and is decided there. Here a hold can be placed.")
    if actor.pk == erasure.asked_by_id or actor.pk in approvals.others_of(erasure.asked_by_id):
        return _("You asked for this yourself. Somebody else decides about it.")
    if not actor.has_perm("core.decide_erasure"):
        return _("You do not decide about requests here.")
    return ""


def _waiting(actor: User, erasure_id: object) -> Erasure:
    erasure = Erasure.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=erasure_id)
    if erasure.status != ErasureStatus.WAITING:
        raise Refused(_("This was decided already: %(status)s.") % {"status": erasure.get_status_display().lower()})
    return erasure


def _to_decide(actor: User, erasure_id: object) -> Erasure:
    erasure = _waiting(actor, erasure_id)
    if why_not := against(actor, erasure):
        raise Refused(why_not)
    return erasure


def _refuse(patient: Patient, ground: str) -> None:
    if reasons := erasures.obstacles(patient.pk, ground):
        raise Refused(" ".join(reasons))


def _refuse_tampered(patient: Patient) -> None:
    """Every seal in which a row of this patient lies must verify as it is."""
    retired = sealing.Retired()
    for link in sealing.seals_of(patient.pk):
        _block, wrong = sealing.check(link, retired)
        if wrong:
            raise Refused(_("The audit of this record does not verify, so nothing was erased. %(why)s") % {"why": wrong[0]})  # fmt: skip


def _others(erasure: Erasure) -> QuerySet[Facility]:
    known = PatientFacility.objects.filter(patient=erasure.patient_id, facility=OuterRef("pk"))
    return Facility.objects.filter(Exists(known)).exclude(pk=erasure.facility_id).order_by("name")


def _tell_elsewhere(erasure: Erasure) -> None:
    """Tell the privacy officers of each other facility that holds something of the patient, and write down how many
    they were: whoever decides sees where there was nobody."""
    erasure.told = {
        str(facility.pk): notify.everyone(
            facility,
            permission="core.keep_legalhold",
            text=_("A record that is kept here as well is to be erased: see whether something speaks against it"),
            url=f"/patients/erasures/{erasure.pk}/",
            level="warning",
        )
        for facility in _others(erasure)
    }


def _tell(erasure: Erasure, text: str) -> None:
    notify.person(erasure.asked_by, erasure.facility, text=text, url=f"/patients/erasures/{erasure.pk}/")
