"""Opening a chart to one person by name, and what becomes of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock, notify
from hms.core.models import User
from hms.core.refusals import Refused
from patients import care
from patients.models import ChartGrant, Patient, PatientUserObjectPermission
from patients.models.grants import GrantKind
from patients.models.patient import Confidentiality

EMERGENCY = timedelta(hours=4)
LONGEST_SHARE = timedelta(days=90)


@transaction.atomic
def break_glass(actor: User, *, patient_id: object, reason: str) -> ChartGrant:
    """Open a chart to oneself for EMERGENCY; the auditors are told and give a verdict. Whoever treats the
    patient needs none. Locks: the patient's grants."""
    return _break(actor, Patient.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=patient_id), reason)


@transaction.atomic
def break_glass_by_number(actor: User, *, mrn: str, birth_date: date, reason: str) -> ChartGrant:
    """The same for a patient whom the search does not show, because the record is kept narrower: who stands before
    them reads both off the wristband. Refuses a wrong pair in the same words whether there is such a number or not,
    whoever's it is, and records it. Locks: the patient's grants."""
    if not reason.strip():  # before the pair is looked at: nobody learns that it fits, and opens nothing
        raise Refused(_("Say why."), field="reason")
    here = Patient.objects.known_in(actor.facility)  # an erased record is known nowhere
    patient = here.filter(mrn=mrn.strip().upper()).first()
    if patient is None or patient.birth_date != birth_date:
        audit.attempted("patients.glass.refused", patient_id=patient.pk if patient else None)
        raise Refused(_("No patient of this facility has this MRN and this birth date. Check both."), field="mrn")
    return _break(actor, here.select_for_update(of=("self",)).get(pk=patient.pk), reason)


def _break(actor: User, patient: Patient, reason: str) -> ChartGrant:
    if care.treats(actor, patient.pk):
        raise Refused(_("This chart is open to you already."))
    grant = _open(actor, patient, actor, GrantKind.BREAK_GLASS, reason, clock.now() + EMERGENCY)
    audit.record(actor, "patients.glass.broken", grant, reason=reason, detail={"until": grant.until.isoformat()})
    notify.everyone(
        actor.facility,
        permission="patients.review_grant",
        text=_("A chart was opened in an emergency"),
        url="/patients/grants/",
        level="warning",
    )
    return grant


@transaction.atomic
def share(actor: User, *, patient_id: object, user: User, until: datetime, reason: str) -> ChartGrant:
    """Open a chart that one reads oneself to a colleague of the same facility. Locks: the patient's grants."""
    patient = Patient.objects.treated_by(actor).select_for_update(of=("self",)).get(pk=patient_id)
    if user.pk == actor.pk:
        raise Refused(_("This chart is open to you already."), field="user")
    colleague = user.at(actor.facility)
    if not colleague.has_perm("patients.view_chart"):
        raise Refused(_("%(name)s reads no charts here.") % {"name": user.name}, field="user")
    if not clock.now() < until <= clock.now() + LONGEST_SHARE:
        raise Refused(_("Choose a day within the next %(days)s days.") % {"days": LONGEST_SHARE.days}, field="until")
    if care.treats(colleague, patient.pk):
        raise Refused(_("%(name)s reads this chart already.") % {"name": user.name}, field="user")
    grant = _open(actor, patient, user, GrantKind.SHARED, reason, until)
    audit.record(actor, "patients.chart.shared", grant, reason=reason, detail={"user": str(user.pk)})
    notify.person(
        user, actor.facility, text=_("%(name)s shared a chart with you") % {"name": actor.name},
        url=f"/patients/{patient.pk}/",
    )  # fmt: skip
    return grant


def _open(actor: User, patient: Patient, user: User, kind: GrantKind, reason: str, until: datetime) -> ChartGrant:
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    now = clock.now()
    grant = ChartGrant.objects.create(
        created_at=now,
        facility=actor.facility,
        patient=patient,
        user=user,
        kind=kind,
        reason=reason.strip(),
        granted_by=actor,
        until=until,
    )
    permission = Permission.objects.get(content_type__app_label="patients", codename="view_chart")
    # What is left of an earlier grant that ran out.
    PatientUserObjectPermission.objects.filter(user=user, content_object=patient, permission=permission).delete()
    PatientUserObjectPermission.objects.create(user=user, content_object=patient, permission=permission, grant=grant)
    return grant


@transaction.atomic
def end(actor: User, *, grant_id: object) -> ChartGrant:
    """Close a chart before its time: by whoever it is open to, who opened it, or an auditor. Locks: the grant."""
    grant = ChartGrant.objects.select_for_update().get(pk=grant_id)
    if actor.pk not in (grant.user_id, grant.granted_by_id) and not actor.has_perm("patients.review_grant"):
        raise Refused(_("Only who opened this chart, who reads it, or an auditor closes it."))
    if grant.ended_at is None:
        grant.ended_at = min(clock.now(), grant.until)
        grant.save(update_fields=["ended_at"])
        PatientUserObjectPermission.objects.filter(grant=grant).delete()
        audit.record(actor, "patients.grant.ended", grant)
    return grant


@transaction.atomic
def review(actor: User, *, grant_id: object, verdict: str, comment: str) -> ChartGrant:
    """An auditor's verdict on an emergency access; not on one's own, and once. Locks: the grant."""
    grant = ChartGrant.objects.select_for_update().get(pk=grant_id)
    if grant.kind != GrantKind.BREAK_GLASS:
        raise Refused(_("Only emergency access is reviewed."))
    if grant.user_id == actor.pk:
        raise Refused(_("Another auditor judges your own access."))
    if grant.verdict:
        raise Refused(_("This access was reviewed already."))
    if verdict == "not_justified" and not comment.strip():
        raise Refused(_("Say why it was not justified."), field="comment")
    grant.verdict, grant.comment = verdict, comment
    grant.reviewed_by, grant.reviewed_at = actor, clock.now()
    grant.save(update_fields=["verdict", "comment", "reviewed_by", "reviewed_at"])
    audit.record(actor, "patients.grant.reviewed", grant, reason=comment, detail={"verdict": verdict})
    return grant


@transaction.atomic
def expire() -> int:
    """Take away what no longer opens anything; the scope has not counted it since its time was over."""
    over = PatientUserObjectPermission.objects.filter(grant__until__lte=clock.now())
    grants = sorted({str(pk) for pk in over.values_list("grant_id", flat=True)})
    gone, _by_model = over.delete()
    if gone:
        audit.record(User.objects.system(), "patients.grant.expired", detail={"grants": grants})
    return gone


@transaction.atomic
def keep_narrow(actor: User, *, patient_id: object, confidentiality: str, reason: str) -> Patient:
    """Keep a record narrower than roles let see, or open it again. Locks: the patient."""
    patient = Patient.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=patient_id)
    if confidentiality == patient.confidentiality:
        raise Refused(_("It is kept so already."), field="confidentiality")
    if confidentiality == "normal" and not actor.has_perm("patients.release_patient"):
        raise Refused(_("Only the privacy officer opens a record again."), field="confidentiality")
    return _keep(actor, patient, confidentiality, reason)


@transaction.atomic
def keep_as_staff(actor: User, *, patient_ids: list[UUID]) -> None:
    """Keep the records of people who were found to work here as a colleague's. What is kept narrower already stays as it
    is. Called when the facts by which they are found are new, so that what the privacy officer opened stays open.

    Locks: the patients, by id.
    """
    open_ones = Patient.objects.filter(pk__in=patient_ids, confidentiality=Confidentiality.NORMAL, erased_at=None)
    for patient in open_ones.select_for_update(of=("self",)).order_by("pk"):
        _keep(actor, patient, Confidentiality.STAFF, _("Works here: name and telephone or e-mail are an employee's"))


def _keep(actor: User, patient: Patient, confidentiality: str, reason: str) -> Patient:
    before, patient.confidentiality = patient.confidentiality, confidentiality
    patient.save(update_fields=["confidentiality"])
    detail = {"from": before, "to": str(confidentiality)}
    audit.record(actor, "patients.patient.confidentiality_changed", patient, reason=reason, detail=detail)
    return patient
