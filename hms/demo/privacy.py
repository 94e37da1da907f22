"""What patients asked of their records, in the demonstration: corrections, a hold, an erasure, two that are kept narrower.
Done by the services themselves, at this moment, after everything else is stored."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from django.db.models import Exists, OuterRef

from hms.core import clock, erasures
from hms.core.models import User
from hms.demo import names
from hms.demo.staffing import House
from patients.models import ClinicalNote, Encounter, Patient
from patients.models.amendments import AmendmentRequest
from patients.services import amendments, erasing, grants, legal_holds, registration
from staff.models import Attendance

SEXES = {"female": names.FEMALE, "male": names.MALE}
LOOKED_AT = 60  # patients among whom one is sought of whom nothing is open


def at_this_moment(house: House) -> None:
    """At the facility that has a privacy officer: one request for a correction that waits and one that was denied, one
    legal hold, one erasure that waits for a manager, and the records of a public person and of a colleague."""
    if "auditor" not in house.users:
        return
    desk, officer = (house.users[role][0].at(house.facility) for role in ("receptionist", "auditor"))
    first, second = _signed(house)
    _asked(desk, first, "It says that I smoke. I stopped in 2019.", "The insurer asks about it.")
    denied = _asked(desk, second, "Leave out that I was late for the appointment.", "It does not belong there.")
    amendments.deny(
        second.author.at(house.facility),
        request_id=denied.pk,
        ground="accurate",
        answer="The note says when the visit began, because the finding depends on it.",
    )
    over = list(_of_long_ago(house))
    legal_holds.place(
        officer,
        patient_id=over[0].pk,
        asked_for="insurer",
        reference="CL-20418",
        reason="Claim after a fall in the ward",
    )
    erasing.ask(
        officer, patient_id=over[1].pk, ground="ordered", reason="Order of the data protection authority, file 44-118"
    )
    grants.keep_narrow(
        desk, patient_id=over[2].pk, confidentiality="vip", reason="Member of parliament, asked for by their office"
    )
    _colleague(_who_is_in(house), house)


def _who_is_in(house: House) -> User:
    """Of the reception whoever came last on this day; by night, when nobody sits there, a nurse."""
    today = clock.day_bounds(house.facility, clock.today(house.facility))
    came = Attendance.objects.filter(void=False, roster_entry__period__overlap=today).order_by("-roster_entry__period")
    for role in ("receptionist", "nurse"):
        users = {user.pk: user for user in house.users[role]}
        of_role = came.filter(roster_entry__employee__user__in=users)
        for user_id in of_role.values_list("roster_entry__employee__user_id", flat=True)[:1]:
            return users[user_id].at(house.facility)
    return house.users["receptionist"][0].at(house.facility)


def _colleague(desk: User, house: House) -> None:
    """One who works here registers as a patient: found by name and telephone, and kept as a colleague."""
    named = [(each, sex) for each in house.employees for sex in SEXES if each.given_name.split()[0] in SEXES[sex]]
    employee, sex = min((row for row in named if row[0].active and not row[0].user_id), key=lambda row: row[0].number)
    registration.register(
        desk,
        duplicates_seen=True,
        given_name=employee.given_name,
        family_name=employee.family_name,
        sex=sex,
        birth_date=employee.hired_on.replace(day=1) - timedelta(days=30 * 365),
        phone=employee.phone,
        city=names.TOWNS[0],
    )


def _signed(house: House) -> list[ClinicalNote]:
    """Notes of two patients, each signed by a doctor who works here still; the latest first."""
    rows = ClinicalNote.objects.filter(
        encounter__facility=house.facility, status="signed", author__in=house.users["doctor"], amends=None
    )
    rows = rows.select_related("author", "encounter").order_by("-signed_at", "patient__mrn")
    found: dict[object, ClinicalNote] = {}
    for note in rows.iterator(chunk_size=50):
        found.setdefault(note.patient_id, note)
        if len(found) == 2:
            break
    return list(found.values())


def _asked(desk: User, note: ClinicalNote, wanted: str, why: str) -> AmendmentRequest:
    return amendments.enter(
        desk,
        patient_id=note.patient_id,
        record_type=note._meta.label_lower,
        record_id=note.pk,
        wanted=wanted,
        why=why,
        asker="The patient",
        identity="Identity card",
        received_on=clock.today(desk.facility) - timedelta(days=1),
    )


def _of_long_ago(house: House) -> list[Patient]:
    """Three of whom nothing is open here any more, by their numbers."""
    visits = Encounter.objects.filter(patient=OuterRef("pk"), facility=house.facility)
    rows = Patient.objects.filter(Exists(visits), registered_at=house.facility).order_by("mrn")[:LOOKED_AT]
    return list(islice((row for row in rows if not erasures.obstacles(row.pk, "ordered")), 3))
