"""Who may have a record erased, what stands in the way of it, and that nobody gets round either."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from billing.services import invoices, payments
from hms.core import clock, erasures, people, roles
from hms.core import erasing as machinery
from hms.core.models import AuditEvent, Document, Erasure, ErasureStatus, LegalHold, User
from hms.core.refusals import Refused
from patients import erasures as rules
from patients.models import Encounter, Patient
from patients.services import encounters, erasing, grants, legal_holds, registration
from staff.models import Employee
from tests.billing.conftest import make_invoice
from tests.conftest import employ, make_patient
from tests.project.lived import ask_earlier, unforbidden
from tests.weakened import reworded, weakened

pytestmark = pytest.mark.django_db


def ask(auditor: User, patient: Patient, ground: str = "ordered") -> Erasure:
    return ask_earlier(auditor, patient, ground=ground)


def held(auditor: User, patient: Patient) -> LegalHold:
    return legal_holds.place(auditor, patient_id=patient.pk, asked_for="court", reason="Trial")


# What stands in the way


@weakened("without them", reworded(rules._by_ground, ("kept_until(patient_id)) > clock.now()", "None)")))
@weakened("after its first", reworded(rules.last_entry, ("ended_at__isnull=False", "pk=None")))
def test_a_record_is_kept_for_the_years_set_after_its_last_entry(
    auditor: User, reception: User, patient: Patient
) -> None:
    with pytest.raises(Refused, match="has to be kept until"):
        erasing.ask(auditor, patient_id=patient.pk, ground="asked", reason="Wish")
    registered = patient.created_at
    with time_machine.travel(registered + timedelta(days=3000)):
        visit = encounters.open_encounter(reception, patient=patient)
        encounters.close(reception, encounter_id=visit.pk)
        ended = Encounter.objects.get(pk=visit.pk).ended_at
    assert rules.kept_until(patient.pk) == ended.replace(year=ended.year + 10)
    with time_machine.travel(registered + timedelta(days=3000 + 3700)):
        assert erasing.ask(auditor, patient_id=patient.pk, ground="asked", reason="Wish").status == "waiting"


@weakened("as if grown up", reworded(rules.kept_until, ("max(last, grown_up)", "last")))
def test_a_childs_record_is_kept_for_the_years_set_after_the_eighteenth_birthday(reception: User) -> None:
    today = clock.today(reception.facility)
    child = make_patient(reception, birth_date=date(today.year - 1, 3, 1))
    assert rules.kept_until(child.pk).date() == date(today.year - 1 + 18 + 10, 3, 1)
    grown = make_patient(reception, "Old", birth_date=date(1950, 3, 1))
    assert rules.kept_until(grown.pk).year == today.year + 10


@weakened("unless it does", reworded(rules._by_ground, ("ground == ErasureGround.ASKED and ", "")))
def test_an_order_of_a_court_does_not_wait_for_the_years(auditor: User, patient: Patient) -> None:
    assert erasures.obstacles(patient.pk, "ordered") == []
    assert len(erasures.obstacles(patient.pk, "asked")) == 1


@weakened("whatever was done", reworded(rules._by_ground, (" and something_done(patient_id)", " and False")))
def test_registered_by_mistake_is_only_of_whom_nothing_was_done(
    auditor: User, reception: User, patient: Patient
) -> None:
    assert erasures.obstacles(patient.pk, "mistake") == []
    visit = encounters.open_encounter(reception, patient=patient)
    encounters.cancel(reception, encounter_id=visit.pk, reason="Left")
    standing = erasures.obstacles(patient.pk, "mistake")
    assert len(standing) == 1 and "more than a registration" in standing[0]


@weakened("but the visit", lambda: unforbidden("A visit is open"))
@weakened("but the hold", lambda: unforbidden("A legal hold stands"))
@weakened("but the money", lambda: unforbidden("An invoice is not settled"))
@weakened("unasked", reworded(erasing.ask, ("_refuse(patient, ground)", "pass")))
def test_an_open_visit_a_hold_and_money_owed_each_stand_in_the_way(
    auditor: User, reception: User, patient: Patient
) -> None:
    encounters.open_encounter(reception, patient=patient)
    held(auditor, patient)
    make_invoice(reception, patient, "30.00")
    with pytest.raises(Refused) as refusal:
        erasing.ask(auditor, patient_id=patient.pk, ground="ordered", reason="Order")
    for words in ("visit is open", "legal hold stands", "not settled"):
        assert words in str(refusal.value.message)


@weakened("but the wards", lambda: unforbidden("lies in a bed"))
def test_every_department_says_what_of_its_own_stands_in_the_way() -> None:
    asked = " ".join(str(words) for words, _rows in erasures._rows)
    for word in ("visit", "hold", "Approvals", "invoice", "prescription", "laboratory", "appointment", "bed"):
        assert word in asked


@weakened("unless nobody looks again", reworded(erasing.approve, ("_refuse(patient, erasure.ground)", "pass")))
def test_what_came_up_since_it_was_asked_stops_the_erasure(
    auditor: User, manager: User, reception: User, patient: Patient
) -> None:
    asked = ask(auditor, patient)
    encounters.open_encounter(reception, patient=patient)
    with pytest.raises(Refused, match="visit is open"):
        erasing.approve(manager, erasure_id=asked.pk)
    assert Patient.objects.get(pk=patient.pk).family_name == "Raghunathan"
    assert Erasure.objects.get(pk=asked.pk).status == ErasureStatus.WAITING


@weakened("or none", reworded(legal_holds.lift, ("not reason.strip()", "False")), by=IntegrityError)
@weakened("and again", reworded(legal_holds.lift, ("hold.lifted_at is not None", "False")), by=IntegrityError)
def test_a_hold_is_placed_and_lifted_once_with_a_reason(auditor: User, patient: Patient) -> None:
    hold = held(auditor, patient)
    with pytest.raises(Refused, match="Say why"):
        legal_holds.lift(auditor, hold_id=hold.pk, reason=" ")
    legal_holds.lift(auditor, hold_id=hold.pk, reason="Over")
    with pytest.raises(Refused, match="already"):
        legal_holds.lift(auditor, hold_id=hold.pk, reason="Over")
    for change in ({"reason": "Other"}, {"lifted_at": None, "lifted_by": None, "lifted_reason": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LegalHold.objects.filter(pk=hold.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalHold.objects.filter(pk=hold.pk).delete()


# Two people


@weakened("but who asked", reworded(erasing.against, ("actor.pk == erasure.asked_by_id or ", "")))
@weakened("whose role it is not", reworded(erasing.against, ('not actor.has_perm("core.decide_erasure")', "False")))
def test_nobody_decides_about_what_they_asked_for(auditor: User, person: Callable[..., User], patient: Patient) -> None:
    asked = ask(auditor, patient)
    second = person("auditor")
    people.grant(None, user=auditor, facility=auditor.facility, role="manager")
    auditor = User.objects.get(pk=auditor.pk).at(auditor.facility)
    assert auditor.has_perm("core.decide_erasure") and "asked for this yourself" in erasing.against(auditor, asked)
    for actor in (auditor, second, person("administrator")):
        with pytest.raises(Refused):
            erasing.approve(actor, erasure_id=asked.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.filter(pk=asked.pk).update(status="approved", decided_by=auditor, decided_at=clock.now())


@weakened("unasked", reworded(erasing.against, (" or actor.pk in approvals.others_of(erasure.asked_by_id)", "")))
def test_neither_by_another_account_of_the_same_person(auditor: User, manager: User, patient: Patient) -> None:
    asked = ask(auditor, patient)
    files = [employ(user, "nurse", user.facility).pk for user in (auditor, manager)]
    assert erasing.against(manager, asked) == ""
    Employee.objects.filter(pk__in=files).update(given_name="Ana", family_name="Costa", email="ana@example.org")
    with pytest.raises(Refused, match="asked for this yourself"):
        erasing.approve(manager, erasure_id=asked.pk)


@weakened("by anybody", reworded(erasing.withdraw, ("erasure.asked_by_id != actor.pk", "False")))
@weakened("without a reason", reworded(erasing.reject, ("not reason.strip()", "False")), by=IntegrityError)
@weakened("twice", reworded(erasing._waiting, ("erasure.status != ErasureStatus.WAITING", "False")), by=DatabaseError)
def test_a_request_can_be_taken_back_or_rejected_and_then_asked_anew(
    auditor: User, manager: User, patient: Patient
) -> None:
    asked = ask(auditor, patient)
    with pytest.raises(Refused, match="already"):
        erasing.ask(auditor, patient_id=patient.pk, ground="ordered", reason="Order")
    with pytest.raises(Refused, match="Only who asked"):
        erasing.withdraw(manager, erasure_id=asked.pk)
    erasing.withdraw(auditor, erasure_id=asked.pk)
    again = ask(auditor, patient)
    with pytest.raises(Refused, match="Say why"):
        erasing.reject(manager, erasure_id=again.pk, reason="")
    erasing.reject(manager, erasure_id=again.pk, reason="Not enough")
    with pytest.raises(Refused, match="decided already"):
        erasing.approve(manager, erasure_id=again.pk)
    assert ask(auditor, patient).status == ErasureStatus.WAITING


@weakened("and who watches", roles.ROLES, "manager", roles.ROLES["auditor"])
def test_only_the_privacy_officer_asks_and_only_the_manager_decides() -> None:
    may = {code: roles.ROLES[code].permissions for code in roles.ROLES}
    for permission, who in (
        ("core.ask_erasure", ["auditor"]),
        ("core.keep_legalhold", ["auditor"]),
        ("core.view_legalhold", ["auditor"]),
        ("core.decide_erasure", ["manager"]),
        ("core.view_erasure", ["auditor", "manager"]),
    ):
        assert sorted(code for code in may if permission in may[code]) == who


# Afterwards


@pytest.fixture
def erased(auditor: User, manager: User, reception: User, patient: Patient) -> Patient:
    visit = encounters.open_encounter(reception, patient=patient, reason="Cough")
    encounters.close(reception, encounter_id=visit.pk)
    erasing.approve(manager, erasure_id=ask(auditor, patient).pk)
    return Patient.objects.get(pk=patient.pk)


def test_nothing_is_added_to_an_erased_record(erased: Patient, reception: User, auditor: User) -> None:
    with pytest.raises(Refused):
        encounters.open_encounter(reception, patient=erased)
    for statement in (
        lambda: Encounter.objects.create(facility=reception.facility, patient=erased, kind="outpatient", started_at=clock.now()),
        lambda: registration.add_contact(reception, patient_id=erased.pk, name="A", relationship="b", phone="1"),
        lambda: Patient.objects.filter(pk=erased.pk).update(family_name="Back"),
        lambda: LegalHold.objects.create(
            facility=auditor.facility, patient_id=erased.pk, asked_for="court", reason="x", placed_by=auditor,
            placed_at=clock.now(),
        ),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            statement()
    with pytest.raises(Patient.DoesNotExist):
        legal_holds.place(auditor, patient_id=erased.pk, asked_for="court", reason="Late")


@weakened(
    "wherever it is known",
    reworded(grants.break_glass_by_number, ("Patient.objects.known_in(actor.facility)", "Patient.objects.all()")),
    by=DatabaseError,
)
def test_an_erased_record_opens_in_no_emergency(erased: Patient, doctor_user: User) -> None:
    """The number stays on it, and every erased birth date is the same."""
    what = {"mrn": erased.mrn, "birth_date": erased.birth_date, "reason": "Collapsed"}
    with pytest.raises(Refused, match="No patient of this facility"):
        grants.break_glass_by_number(doctor_user, **what)


def test_every_table_that_names_a_patient_is_guarded() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select tgrelid::regclass::text from pg_trigger where tgname = %s", [machinery.GUARD])
        assert sorted(name for (name,) in cursor.fetchall()) == machinery.guarded()
    assert len(machinery.guarded()) > 25


def test_its_pages_are_gone_for_everybody(
    erased: Patient, person: Callable[..., User], browser_of: Callable[..., Client]
) -> None:
    visit = Encounter.objects.get(patient=erased)
    for code in ("receptionist", "auditor", "doctor", "nurse"):
        client = browser_of(person(code))
        for address in (f"/patients/{erased.pk}/", f"/patients/{erased.pk}/person", f"/patients/visits/{visit.pk}/"):
            assert client.get(address).status_code in (403, 404), (code, address)
    asked = Erasure.objects.get(patient_id=erased.pk)
    page = browser_of(person("auditor")).get(f"/patients/erasures/{asked.pk}/").content.decode()
    assert "Erased" in page and "Encounters" in page and "Order" not in page


def test_the_request_keeps_who_when_and_on_what_ground_and_no_word(
    erased: Patient, auditor: User, manager: User, browser_of: Callable[[User], Client]
) -> None:
    asked = Erasure.objects.get(patient_id=erased.pk)
    assert (asked.status, asked.reason, asked.ground) == ("done", "Erased", "ordered")
    assert (asked.asked_by_id, asked.decided_by_id) == (auditor.pk, manager.pk)
    assert asked.counts["patients_encounter"] == 1 and asked.done_at
    done = AuditEvent.objects.get(action="core.erasure.done")
    assert done.detail["digest"] and done.patient_id == erased.pk
    page = browser_of(manager).get(f"/patients/erasures/{asked.pk}/").content.decode()
    told = re.sub(r"<[^>]+>", " ", page[page.index("What was erased") :]).split()
    encounters_told = told[told.index("Encounters") :][:3]
    versions = asked.counts["patients_encounterchange"]
    assert encounters_told == ["Encounters", "1", str(versions)] and versions > 0
    assert "patients_encounter" not in page


def test_an_erased_paper_says_that_it_is_no_longer_kept_and_nothing_else(
    auditor: User, manager: User, reception: User, person: Callable[..., User], patient: Patient, client: Client,
    browser_of: Callable[..., Client],
) -> None:  # fmt: skip
    invoice = make_invoice(reception, patient, "30.00")
    payments.take(person("cashier"), invoice_id=invoice.pk, amount=invoice.balance, method="cash")
    paper = invoices.draw(reception, invoice_id=invoice.pk)
    assert invoice.number in client.get(f"/verify/{paper.code}").content.decode()
    erasing.approve(manager, erasure_id=ask(auditor, patient).pk)
    page = client.get(f"/verify/{paper.code}")
    assert page.status_code == 200 and "is no longer kept" in page.content.decode()
    for told in (invoice.number, paper.sha256, f"{paper.dated:%d %b %Y}"):
        assert told not in page.content.decode()
    row = Document.objects.get(pk=paper.pk)
    assert (bytes(row.content), row.snapshot, row.number, row.status) == (b"", {}, "", "erased")
    # The books go on: the invoice is there, and its papers are not, nor are they drawn anew.
    accountant = browser_of(person("accountant"))
    shown = accountant.get(f"/billing/invoices/{invoice.pk}/").content.decode()
    assert invoice.number in shown and "Raghunathan" not in shown
    assert accountant.get(reverse("billing:invoice-pdf", args=[invoice.pk])).status_code == 404
    receipt = invoice.payments.get()
    assert accountant.get(reverse("billing:receipt-pdf", args=[receipt.pk])).status_code == 404
