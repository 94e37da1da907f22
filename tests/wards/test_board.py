"""The board of beds, the nurse's first page, and the ways to a stay."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hms.core import clock
from hms.core.models import Department, Facility, User
from patients.models import Patient
from patients.services import clinical
from tests.conftest import make_patient
from tests.wards.conftest import admit, discharge, make_ward
from wards import board, rounds
from wards.models import Bed, Ward
from wards.services import beds as bed_states


def test_the_board_shows_who_lies_where_and_what_to_know(
    nurse: User, person, patient: Patient, beds: list[Bed], north: Facility, browser_of
) -> None:
    admit(nurse, patient, beds[0])
    clinical.record_allergy(nurse, patient_id=patient.pk, substance="Latex")
    admit(nurse, make_patient(nurse, "Nobody", "Asked"), beds[1])
    bed_states.set_state(nurse, bed_id=beds[2].pk, state="blocked", reason="Broken rail")
    places = board.of(nurse, beds[0].room.ward, date.today())
    assert [place.state for place in places] == ["occupied", "occupied", "blocked"]
    assert (places[0].allergies, places[0].day) == (["Latex"], 1)
    assert places[1].unknown_allergies
    html = browser_of(nurse).get("/wards/").content.decode()
    for shown in ("Meera Raghunathan", "Latex", "Nobody Asked", "Broken rail"):
        assert shown in html


def test_the_board_asks_as_much_for_thirty_beds_as_for_one(
    nurse: User, north: Facility, browser_of, django_assert_max_num_queries
) -> None:
    beds = make_ward(north, *(f"B{number:02}" for number in range(30)))
    client = browser_of(nurse)
    admit(nurse, make_patient(nurse, "First"), beds[0])
    client.get("/wards/")
    with django_assert_max_num_queries(12) as few:
        client.get("/wards/")
    for number, bed in enumerate(beds[1:]):
        admit(nurse, make_patient(nurse, f"Ivo {number}"), bed)
    with django_assert_max_num_queries(12) as many:
        client.get("/wards/")
    assert len(many) == len(few)


def test_a_nurses_first_page_lists_her_wards_patients_and_whose_vital_signs_are_due(
    nurse: User, beds: list[Bed], north: Facility, browser_of
) -> None:
    own = Department.objects.create(facility=north, code="medicine", name="Medicine")
    (elsewhere,) = make_ward(north, "9Z", code="W9")
    Ward.objects.filter(code="W1").update(department=own)
    measured, due = make_patient(nurse, "Ada", "Fresh"), make_patient(nurse, "Bea", "Due")
    with time_machine.travel(clock.now() - timedelta(hours=20), tick=False):
        stays = [admit(nurse, measured, beds[0]), admit(nurse, due, beds[1])]
        admit(nurse, make_patient(nurse, "Cleo", "Away"), elsewhere)
    clinical.record_vitals(nurse, encounter_id=stays[0].encounter_id, values={"pulse": Decimal(70)})
    clinical.confirm_no_allergies(nurse, patient_id=measured.pk)
    lines = {line.patient.pk: line for line in rounds.of(nurse, rounds.own_wards(nurse, own))}
    assert set(lines) == {measured.pk, due.pk}
    assert not lines[measured.pk].overdue
    assert not lines[measured.pk].ask_allergies
    assert lines[due.pk].overdue
    assert lines[due.pk].ask_allergies
    nurse.memberships.update(department=own)
    browser = browser_of(nurse)
    page = browser.get("/wards/today/patients").content.decode()
    assert "Bea" in page
    assert "Cleo" not in page
    assert "Ward W1" in browser.get("/wards/").content.decode()
    nurse.memberships.update(department=None)
    assert "Cleo" in browser.get("/wards/today/patients").content.decode()


def test_the_nurses_first_page_asks_as_much_for_thirty_patients_as_for_one(
    nurse: User, north: Facility, browser_of
) -> None:
    beds = make_ward(north, *(f"B{n:02}" for n in range(30)))
    browser = browser_of(nurse)

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get("/wards/today/patients").status_code == 200
        return len(seen)

    admit(nurse, make_patient(nurse, "Person", "Zero"), beds[0])
    asked()
    one = asked()
    for n, bed in enumerate(beds[1:]):
        admit(nurse, make_patient(nurse, f"Person {n}", "More"), bed)
    assert asked() == one


def test_the_board_says_allergies_in_words(nurse: User, patient: Patient, beds: list[Bed], browser_of) -> None:
    admit(nurse, patient, beds[0])
    assert "Allergies not asked" in browser_of(nurse).get("/wards/").content.decode()


def test_who_lies_in_a_bed_is_not_offered_another(nurse: User, patient: Patient, beds: list[Bed], browser_of) -> None:
    client = browser_of(nurse)
    assert f"/wards/patients/{patient.pk}/admit" in client.get(f"/patients/{patient.pk}/").content.decode()
    made = admit(nurse, patient, beds[0])
    assert f"/wards/patients/{patient.pk}/admit" not in client.get(f"/patients/{patient.pk}/").content.decode()
    discharge(nurse, made)
    assert f"/wards/patients/{patient.pk}/admit" in client.get(f"/patients/{patient.pk}/").content.decode()


def test_a_doctor_goes_from_the_desk_to_the_stay(
    nurse: User, person, patient: Patient, beds: list[Bed], browser_of
) -> None:
    made = admit(nurse, patient, beds[0])
    client = browser_of(person("doctor"))
    desk = client.get(f"/doctors/desk/{made.encounter_id}/").content.decode()
    assert "Stay and discharge" in desk
    answer = client.get(f"/wards/visits/{made.encounter_id}/stay")
    assert answer.headers["Location"] == f"/wards/stays/{made.pk}/"
