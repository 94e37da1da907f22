"""What changed, by whom: told in words to whoever may read the record, and what no act did is found."""

from __future__ import annotations

import contextlib
import functools
import html
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from billing.services import prices
from hms.core import access, audit, history, oracle, people
from hms.core.models import AuditEvent, Department, Facility, SoftwareUpdate, User
from hms.core.models.tracking import change_models
from hms.core.views.history import history as view
from patients.models import Patient, PatientUserObjectPermission
from patients.services import clinical, encounters, grants, registration
from staff import services as staff
from tests.conftest import make_facility, make_patient
from tests.project.routes import routes
from tests.project.walked import FAMILY, GIVEN, Walked, walk
from tests.weakened import replaced, reworded, together, weakened

NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

# What the twins take away (tests/weakened.py).
LOOKED = 'audit.record(request.user, "core.history.viewed", row, patient_id=getattr(row, "whose", None))'
HELD = "next((held for held in permissions if user.has_perm(held)), permissions[0])"
EVERY_ROW = reworded(view, ("kept.rows(request.user)", "kept.model._base_manager.all()"))
UPDATED = "and not exists (select from core_softwareupdate u where u.transaction = c.pgh_transaction and u.at {near})"


def page(row: models.Model) -> str:
    return reverse("core:history", args=[row._meta.label_lower, row.pk])


def test_every_tracked_table_has_a_page_or_says_who_reads_it_instead() -> None:
    known = {kept.model for kept in history.registered()} | history._unread
    assert {model.pgh_tracked_model for model in change_models()} == known


def test_every_field_that_is_kept_back_is_a_field() -> None:
    for kept in history.registered():
        assert set(kept.guarded) <= {field.name for field in kept.changes._meta.fields}, kept.model


@pytest.fixture
def hospital(transactional_db: None) -> Facility:
    """With commits, so that each act has a transaction of its own."""
    return make_facility("N", "Northgate Hospital")


def join(facility: Facility, role: str, first_name: str = "Ada") -> User:
    """Somebody with a role, who began to work here by an act."""
    with transaction.atomic():
        user = User.objects.create(username=f"{role}-{first_name}", first_name=first_name, last_name="Gate", title="Ms")
        people.grant(None, user=user, facility=facility, role=role)
    return user.at(facility)


def edit(actor: User, patient: Patient, **changes: Any) -> None:
    kept = {name: getattr(patient, name) for name in ("given_name", "family_name", "sex", "birth_date")}
    registration.update(actor, patient_id=patient.pk, **(kept | changes))


def text_of(client: Client, row: models.Model) -> str:
    answer = client.get(page(row))
    assert answer.status_code == 200
    return html.unescape(answer.content.decode().split("<main", 1)[1])


def test_a_change_is_told_in_words(hospital: Facility, browser_of: Callable) -> None:
    desk = join(hospital, "receptionist")
    patient = make_patient(desk)
    edit(desk, patient, city="Leeds", sex="male")
    registration.deactivate(desk, patient_id=patient.pk, reason="Registered twice by the night desk")
    text = text_of(browser_of(desk), patient)
    told = text.split('<section class="card">')[1:4]
    for words in ("record deactivated", "Ms Ada Gate", "Reception", "Registered twice by the night desk"):
        assert words in told[0], words
    for words in ("details changed", "Town", "Leeds", "Female", "Male"):
        assert words in told[1], words
    assert "Registered twice" not in told[1]
    assert "Patient registered" in told[2] and "12 Aug 1979" in told[2]


def test_what_points_at_something_is_told_by_its_name(hospital: Facility, browser_of: Callable) -> None:
    desk, department = join(hospital, "receptionist"), hospital.departments.get()
    visit = encounters.open_encounter(desk, patient=make_patient(desk), department=department)
    text = text_of(browser_of(desk), visit)
    assert "Outpatients" in text and str(department.pk) not in text


@weakened("unrecorded", reworded(view, (LOOKED, "pass")), by=AuditEvent.DoesNotExist)
def test_looking_is_recorded_under_the_patient(client_as: Callable[..., Client], patient: Patient) -> None:
    before = AuditEvent.objects.filter(patient_id=patient.pk).count()
    assert client_as("receptionist").get(page(patient)).status_code == 200
    event = AuditEvent.objects.get(action="core.history.viewed")
    assert (event.patient_id, event.object_type) == (patient.pk, "patients.patient")
    assert AuditEvent.objects.filter(patient_id=patient.pk).count() == before + 1


@weakened("unless all of it is", reworded(history.told, ("if not guard(user, row)", "if False")))
def test_what_a_reader_may_not_read_is_not_told_to_them(hospital: Facility, browser_of: Callable) -> None:
    """That allergies were asked for stands in the row of the patient, and belongs to the chart."""
    desk, doctor = join(hospital, "receptionist"), join(hospital, "doctor")
    patient = make_patient(desk)
    encounters.open_encounter(desk, patient=patient)
    clinical.confirm_no_allergies(doctor, patient_id=patient.pk)
    to_reception = text_of(browser_of(desk), patient)
    assert "Something changed that you may not read" in to_reception
    assert "llergies" not in to_reception.split("Newest first")[1]
    to_doctor = text_of(browser_of(doctor), patient)
    assert "No known allergies recorded" in to_doctor and ">No known allergies<" in to_doctor


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(NOON, tick=False):
        yield walk(north, person)


# Where each kind of record is read.
PAGES = {
    "patients.patient": "patients:chart",
    "patients.patientidentifier": "patients:chart-person",
    "patients.patientfacility": "patients:chart-person",
    "patients.contact": "patients:chart-person",
    "patients.encounter": "patients:visit",
    "patients.allergy": "patients:chart-allergies",
    "patients.condition": "patients:chart-problems",
    "patients.observation": "patients:observations",
    "patients.careplan": "patients:chart-plans",
    "patients.clinicalnote": "patients:chart-notes",
    "patients.chartgrant": "patients:grants",
    "billing.service": "billing:services",
    "billing.invoice": "billing:invoice",
    "doctors.doctor": "doctors:doctor",
    "doctors.availability": "doctors:hours",
    "doctors.availabilityexception": "doctors:hours",
    "pharmacy.product": "pharmacy:product",
    "pharmacy.batch": "pharmacy:product",
    "pharmacy.prescription": "pharmacy:prescription",
    "pharmacy.prescriptionline": "pharmacy:prescription",
    "pharmacy.dispense": "pharmacy:prescription",
    "laboratory.laborder": "laboratory:order",
    "laboratory.specimen": "laboratory:order",
    "laboratory.result": "laboratory:order",
    "laboratory.diagnosticreport": "laboratory:report",
    "laboratory.testdefinition": "laboratory:test",
    "laboratory.referencerange": "laboratory:test",
    "appointments.appointment": "appointments:appointment",
    "wards.ward": "wards:board",
    "wards.room": "wards:board",
    "wards.bed": "wards:board",
    "wards.admission": "wards:admission",
    "wards.bedstay": "wards:admission",
    "staff.employee": "staff:employee",
    "staff.credential": "staff:employee",
    "staff.rosterentry": "staff:roster-day",
    "staff.shift": "staff:roster-day",
    "patients.amendmentrequest": "patients:amendment",
    "core.legalhold": "patients:legal-holds",
    "core.erasure": "patients:erasure",
}


def rows_of(walked: Walked, facility: Facility) -> dict[str, models.Model]:
    """One row of each kind, of the walked patient where it is a patient's."""
    found = {}
    for kept in history.registered():
        rows = kept.model._base_manager.all()
        if kept.patient:
            rows = rows.filter(**{kept.patient: walked.patient.pk})
        if row := rows.order_by("pk").first():
            found[kept.model._meta.label_lower] = row
    return found


def addresses_of(walked: Walked, label: str, row: models.Model) -> list[str]:
    """The record's own page, and the administration's."""
    addresses = []
    if label in PAGES:
        route = next(route for route in routes() if route.name == PAGES[label])
        own = {
            "patients:visit": {"encounter_id": row.pk},
            "appointments:appointment": {"appointment_id": row.pk},
            "wards:admission": {"admission_id": getattr(row, "admission_id", row.pk)},
            "patients:amendment": {"amendment_id": row.pk},
            "patients:erasure": {"erasure_id": row.pk},
        }.get(PAGES[label], {})
        addresses.append(reverse(route.name, kwargs={name: (walked.ids | own)[name] for name in route.arguments}))
    app, model = label.split(".")
    with contextlib.suppress(NoReverseMatch):  # not in the administration
        addresses.append(reverse(f"admin:{app}_{model}_change", args=[row.pk]))
    if label == "core.membership":  # stands on the page of its person
        addresses.append(reverse("admin:core_user_change", args=[row.user_id]))
    return addresses


@weakened("whoever they are", reworded(history.permission, (HELD, '""')))
def test_history_is_read_by_those_who_read_the_record_and_by_nobody_else(
    walked: Walked, north: Facility, browser_of: Callable
) -> None:
    User.objects.update(is_staff=True)  # that their permissions alone decide what the administration shows
    found = rows_of(walked, north)
    assert len(found) >= len(PAGES)
    for role, user in walked.users.items():
        client, wrong = browser_of(user), []
        opens = functools.cache(lambda address, client=client: client.get(address).status_code == 200)
        for label, row in found.items():
            answer = client.get(page(row))
            read = answer.status_code == 200
            # The administration shows appointments also to those who may not know the patient: not so here.
            narrower = label == "appointments.appointment" and not user.has_perm("patients.view_patient")
            if read != any(opens(address) for address in addresses_of(walked, label, row)) and not narrower:
                wrong.append(f"{role} {label}: {answer.status_code}")
            if not read:
                body = answer.content.decode() + str(answer.headers)
                assert GIVEN not in body and FAMILY not in body, (role, label)
        assert wrong == []


@weakened("but every row", EVERY_ROW)
def test_another_facility_reads_nothing(
    walked: Walked, north: Facility, person: Callable[..., User], browser_of: Callable
) -> None:
    found = rows_of(walked, north)
    of_the_network = {"core.user", "core.facility", "doctors.specialty", "pharmacy.medicine"}
    south = make_facility("S", "Southside Clinic")
    for role in ("doctor", "administrator", "receptionist", "hr", "accountant", "pathologist", "pharmacist"):
        client = browser_of(person(role, south))
        for label, row in found.items():
            answer = client.get(page(row))
            assert answer.status_code in (302, 403, 404) or label in of_the_network, (role, label)
            assert GIVEN not in answer.content.decode()


@pytest.fixture
def stranger(person: Callable[..., User], north: Facility) -> User:
    """A nurse of a department that the patient has never been to."""
    nurse = person("nurse")
    nurse.memberships.update(department=Department.objects.create(facility=north, code="eyes", name="Eyes"))
    return nurse.at(north)


@weakened("or let in", together(replaced(access, "_care", None), EVERY_ROW))
def test_who_does_not_treat_the_patient_is_asked_why(
    stranger: User, patient: Patient, reception: User, browser_of: Callable
) -> None:
    allergy = clinical.record_allergy(reception, patient_id=patient.pk, substance="Latex", reaction="Rash")
    answer = browser_of(stranger).get(page(allergy))
    assert answer.status_code == 302 and "break-glass" in answer.headers["Location"]
    assert AuditEvent.objects.get(action="access.outside_care").patient_id == patient.pk
    grants.break_glass(stranger, patient_id=patient.pk, reason="Collapsed on the stairs")
    assert "Latex" in text_of(browser_of(stranger), allergy)


@weakened("unless every row is", EVERY_ROW)
def test_a_narrow_record_is_not_known_by_its_history(
    stranger: User, patient: Patient, reception: User, browser_of: Callable
) -> None:
    assert browser_of(stranger).get(page(patient)).status_code == 200
    grants.keep_narrow(reception, patient_id=patient.pk, confidentiality="vip", reason="Asked for it")
    answer = browser_of(stranger).get(page(patient))
    assert answer.status_code == 404 and "Raghunathan" not in answer.content.decode()
    assert "Public person" in text_of(browser_of(reception), patient)


def test_what_kind_of_record_there_is_not_is_not_found(client_as: Callable[..., Client], patient: Patient) -> None:
    client = client_as("receptionist")
    for kind in ("patients.nothing", "core.session", "patients.patientchange", "core.auditevent", "x"):
        assert client.get(f"/history/{kind}/{patient.pk}/").status_code == 404


def test_a_long_history_comes_in_pages_and_costs_the_same(
    client_as: Callable[..., Client], patient: Patient, reception: User
) -> None:
    client = client_as("receptionist")
    edit(reception, patient, city="T0")
    client.get(page(patient))
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(page(patient))
    for n in range(1, 31):
        edit(reception, patient, city=f"T{n}")
    with CaptureQueriesContext(connection) as many:
        first = client.get(page(patient)).content.decode()
    assert len(many) <= len(few) <= 12
    assert "T30" in first and "T12" in first and "T9<" not in first
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = client.get(page(patient) + older).content.decode()
    # The change at the head of the second page is told against the one before it.
    assert "T9<" in second and "Raghunathan<" in second and "T30" not in second


def test_the_administration_leads_to_it(client_as: Callable[..., Client], north: Facility) -> None:
    client = client_as("administrator")
    department = Department.objects.get(facility=north)
    text = client.get(f"/admin/core/department/{department.pk}/change/").content.decode()
    assert page(department) in text
    answer = client.get(f"/admin/core/department/{department.pk}/history/")
    assert answer.headers["Location"] == page(department)
    assert "Outpatients" in client.get(page(department)).content.decode()
    event = AuditEvent.objects.filter(facility=north).first()
    assert event and client.get(f"/admin/core/auditevent/{event.pk}/history/").status_code in (403, 404)


def test_a_role_is_told_by_its_name(client_as: Callable[..., Client], reception: User) -> None:
    text = text_of(client_as("administrator"), reception.memberships.get())
    assert ">Reception<" in text and ">receptionist<" not in text


# The oracle


def faults() -> list[str]:
    return list(history.without_an_act())


@weakened(
    "but changes", reworded(history.without_an_act, ("in ('insert', 'update', 'delete')", "in ('insert', 'delete')"))
)
def test_what_was_done_around_the_application_is_found_and_named(hospital: Facility) -> None:
    made = faults()  # the facility and its department, which the test itself made without an act
    assert {line.split()[0] for line in made} == {"core_facility", "core_department"}
    desk, accountant = join(hospital, "receptionist"), join(hospital, "accountant")
    patient = make_patient(desk)
    edit(desk, patient, city="Leeds")
    prices.add_service(accountant, code="X", name="X-ray", category="procedure", price=Decimal(40))
    assert faults() == made
    with connection.cursor() as cursor:
        cursor.execute("update patients_patient set city = 'Elsewhere' where id = %s", [patient.pk])
    told = " ".join(set(faults()) - set(made))
    assert told.startswith(f"patients_patient {patient.pk} was changed at ") and "the database user" in told
    assert len(faults()) == len(made) + 1
    Patient.objects.filter(pk=patient.pk).update(city="Nowhere")
    Department.objects.filter(code="outpatients").delete()
    assert [line.split()[3] for line in faults() if line not in made] == ["changed", "changed", "removed"]
    check = next(named.check for named in oracle.checks() if named.name == "changes: every one was an act")
    assert list(check()) == faults()


@weakened("by nobody", reworded(history._told, ("outside=change.pgh_user", 'outside=""')))
def test_a_change_around_the_application_is_said_loudly(hospital: Facility, browser_of: Callable) -> None:
    desk = join(hospital, "receptionist")
    patient = make_patient(desk)
    with connection.cursor() as cursor:
        cursor.execute("update patients_patient set city = 'Elsewhere' where id = %s", [patient.pk])
        cursor.execute("select session_user::text")
        (user,) = cursor.fetchone()
    text = text_of(browser_of(desk), patient)
    assert "Changed outside the application" in text and f"signed in to the database as {user} did" in text


@weakened("unless it is one", reworded(history.without_an_act, (UPDATED, "")))
def test_what_a_migration_changed_is_no_fault_and_told_as_one(hospital: Facility, browser_of: Callable) -> None:
    desk = join(hospital, "receptionist")
    patient = make_patient(desk)
    made = faults()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update patients_patient set city = 'Tidied' where id = %s", [patient.pk])
        cursor.execute("insert into django_migrations (app, name, applied) values ('patients', '0099_tidy', now())")
    assert faults() == made
    assert "Update of the program: patients 0099_tidy" in text_of(browser_of(desk), patient)
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where name = '0099_tidy'")
    assert SoftwareUpdate.objects.filter(name="patients 0099_tidy").count() == 1


@weakened(
    "unless it does", reworded(history.without_an_act, ("c.pgh_transaction and a.at {near}", "c.pgh_transaction"))
)
def test_an_act_of_the_same_number_in_another_year_explains_nothing(hospital: Facility) -> None:
    """A restored database counts its transactions anew."""
    desk = join(hospital, "receptionist")
    patient = make_patient(desk)
    made = faults()
    with transaction.atomic():
        with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC)):
            audit.record(desk, "patients.patient.updated", patient)
        Patient.objects.filter(pk=patient.pk).update(city="Elsewhere")
    assert len(faults()) == len(made) + 1


def test_what_no_person_does_leaves_its_act_too(hospital: Facility) -> None:
    made = faults()
    User.objects.system()
    desk, doctor = join(hospital, "receptionist"), join(hospital, "doctor")
    grants.break_glass(doctor, patient_id=make_patient(desk).pk, reason="Collapsed")
    assert faults() == made
    assert PatientUserObjectPermission.objects.count() == 1
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=5)):
        assert grants.expire() == 1
        assert grants.expire() == 0
    assert PatientUserObjectPermission.objects.count() == 0
    assert AuditEvent.objects.filter(action="patients.grant.expired").count() == 1
    assert faults() == made


def test_staff_services_are_told_too(client_as: Callable[..., Client], person: Callable) -> None:
    doctor, hr = person("doctor"), person("hr")
    staff.change(hr, employee_id=doctor.employee.pk, given_name="Ama", family_name="Weber", title="Dr")
    text = text_of(client_as("hr"), doctor.employee)
    assert "Employee's details changed" in text and "Weber" in text and "Tester" in text
