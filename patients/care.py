"""Who treats whom: what opens a chart to a clinician, beside the facility and the role.

A relation is a row that says so by itself: a visit with this doctor, a visit in this department, a bed
in this ward, an order for this laboratory. Nobody keeps a list of them; each department registers the rows
it has, and every question is an EXISTS over them, so that a relation begins and ends with its row. What
goes beyond them is a grant (models/grants.py), and only that.

`needs(...)` with a CLINICAL permission on a route that leads to a patient asks `treats` before the view
runs (hms.core.access.gate); what a list shows is narrowed by `scope`, and by `unhidden` for what is
no clinician's: records that are kept narrower than a role.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from hms.core import clock
from hms.core.models import User

# What is read or written in a chart. The rest of a patient's page is who they are.
CLINICAL = frozenset(
    {
        "patients.view_chart",
        "patients.change_clinical",
        "patients.change_allergies",
        "patients.record_vitals",
        "patients.change_encounter",
        "doctors.use_desk",
        "laboratory.view_laborder",
        "laboratory.add_laborder",
        "laboratory.cancel_laborder",
        "laboratory.collect",
        "laboratory.enter_result",
        "laboratory.verify_result",
        "pharmacy.view_prescription",
        "pharmacy.prescribe",
        "pharmacy.dispense",
        "pharmacy.end_prescription",
        "wards.add_note",
        "wards.discharge",
        "wards.transfer",
    }
)

TREATED = timedelta(days=365)  # a doctor's own patients, after their last visit
LATELY = timedelta(days=7)  # a department's or a ward's, after they left: late entries, results, letters
SERVED = timedelta(days=30)  # a laboratory's or a pharmacy's, after the last order


@dataclass(frozen=True)
class Relation:
    """`rows(user)` are the rows that relate a patient (at `patient`) to somebody who holds `permission`.
    One that is not `clinical` opens no chart: it only lets a hidden record be found."""

    permission: str
    rows: Callable[[User], QuerySet]
    patient: str
    clinical: bool


_relations: dict[str, Relation] = {}


def register(
    name: str,
    *,
    permission: str,
    rows: Callable[[User], QuerySet],
    patient: str = "patient_id",
    clinical: bool = True,
) -> None:
    _relations[name] = Relation(permission, rows, patient, clinical)


def _related(user: User, ref: str, *, clinical: bool) -> Q:
    found = Q(pk__in=[])
    for relation in _relations.values():
        if user.has_perm(relation.permission) and (relation.clinical or not clinical):
            found |= Exists(relation.rows(user).filter(**{relation.patient: OuterRef(ref)}))
    return found


def scope(user: User, ref: str = "patient_id") -> Q:
    """Rows whose patient this person treats. `ref` names the patient's key from the row."""
    return _related(user, ref, clinical=True) & there(ref)


def there(ref: str = "patient_id") -> Q:
    """Rows whose patient was not erased."""
    from patients.models import Patient

    return ~Exists(Patient.objects.filter(erased_at__isnull=False, pk=OuterRef(ref)))


def unhidden(user: User, ref: str = "patient_id") -> Q:
    """Rows whose patient is not kept from this person, and was not erased."""
    return unkept(user, ref) & there(ref)


def unkept(user: User, ref: str = "patient_id") -> Q:
    """The same with what the books keep of those who were erased."""
    from patients.models import Patient
    from patients.models.patient import Confidentiality

    if user.has_perm("patients.view_restricted"):
        return Q()
    narrow = Patient.objects.exclude(confidentiality=Confidentiality.NORMAL).filter(pk=OuterRef(ref))
    return ~Exists(narrow) | _related(user, ref, clinical=False)


@dataclass(frozen=True)
class Opened:
    """What one person may do with one chart; where they opened it in an emergency, why, and until when; and
    what stands above every page of it: {"substance", "reaction", "criticality"} of each allergy."""

    treats: bool
    reason: str = ""
    until: datetime | None = None
    allergies: tuple[dict[str, str], ...] = ()


def opened(user: User, patient_id: UUID) -> Opened:
    """Asked once for each patient in a request."""
    from patients.models import Patient

    asked = getattr(user, "_opened", None)  # FacilityMiddleware lays it out for the length of a request
    if asked is not None and patient_id in asked:
        return asked[patient_id]
    return _ask(user, Patient.objects.filter(pk=patient_id), "id")[1]


def _ask(user: User, rows: QuerySet, field: str) -> tuple[UUID | None, Opened]:
    from patients.models import Allergy

    allergies = Allergy.objects.valid().filter(patient=OuterRef(field), active=True).order_by()
    line = JSONObject(substance="substance", reaction="reaction", criticality="criticality")
    emergency = granted(user).filter(content_object_id=OuterRef(field), grant__kind="break_glass")
    row = (
        rows.annotate(
            _treats=ExpressionWrapper(scope(user, field), BooleanField()),
            _reason=Subquery(emergency.values("grant__reason")[:1]),
            _until=Subquery(emergency.values("grant__until")[:1]),
            _allergies=ArraySubquery(allergies.values(line=line)),
        )
        .values_list(field, "_treats", "_reason", "_until", "_allergies")
        .first()
    )
    if row is None:
        return None, Opened(False)
    found = Opened(bool(row[1]), row[2] or "", row[3], tuple(row[4]) if row[1] else ())
    if (asked := getattr(user, "_opened", None)) is not None:
        asked[row[0]] = found
    return row[0], found


def treats(user: User, patient_id: UUID) -> bool:
    """Whether this person treats this patient now."""
    return opened(user, patient_id).treats


def treats_of(user: User, rows: QuerySet, field: str) -> tuple[UUID, bool] | None:
    """For the gate (hms.core.access.Care)."""
    patient_id, found = _ask(user, rows, field)
    return (patient_id, found.treats) if patient_id else None


def reads(user: User, patient_id: UUID) -> bool:
    """Whether this person may read this patient's chart."""
    return user.has_perm("patients.view_chart") and treats(user, patient_id)


def door(user: User, patient_id: UUID) -> str:
    """Where somebody who does not treat a patient may say why they need the chart; "" for whom there is none."""
    return reverse("patients:break-glass", args=[patient_id]) if user.has_perm("patients.break_glass") else ""


def known(user: User, patient_id: UUID) -> bool:
    """Whether this person may know that there is such a patient here."""
    from patients.models import Patient

    return Patient.objects.visible_to(user).filter(pk=patient_id).exists()


# The relations that this floor has itself.


def _lasting(visits: QuerySet, after: timedelta) -> QuerySet:
    """Those that have no end yet, or one so lately: one comparison, as their indexes have it, so that ten years of
    visits are not read for the last week's."""
    from patients.models.encounter import UNTIL

    return visits.alias(_until=UNTIL).filter(_until__gte=clock.now() - after)


def own_visits(user: User) -> QuerySet:
    """Visits of whom this person is the doctor."""
    from patients.models import Encounter

    here = Encounter.objects.filter(facility=user.facility, attending__user=user)
    return _lasting(here, TREATED)


def department_visits(user: User) -> QuerySet:
    """Visits in the departments where this person reads charts, and those that no department has taken yet."""
    from patients.models import Encounter

    # What was not brought in is open exactly while it has no end (patients_encounter_ended_when_not_open).
    here = _lasting(Encounter.objects.filter(facility=user.facility, imported=False), LATELY)
    places = user.departments_for("patients.view_chart")
    return here if places is None else here.filter(Q(department__in=places) | Q(department=None))


def own_notes(user: User) -> QuerySet:
    from patients.models import ClinicalNote

    return ClinicalNote.objects.filter(
        author=user, encounter__facility=user.facility, saved_at__gte=clock.now() - TREATED
    )


def granted(user: User) -> QuerySet:
    """Charts opened to this person by name: shared, or in an emergency."""
    from patients.models import PatientUserObjectPermission

    return PatientUserObjectPermission.objects.filter(
        user=user, permission__codename="view_chart", grant__facility=user.facility, grant__until__gt=clock.now()
    )


def register_own() -> None:
    register("own visit", permission="patients.view_chart", rows=own_visits)
    register("visit in the department", permission="patients.view_chart", rows=department_visits)
    register("own note", permission="patients.view_chart", rows=own_notes)
    register("grant", permission="patients.break_glass", rows=granted, patient="content_object_id")
