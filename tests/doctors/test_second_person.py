"""A doctor's own fee, which one person does not move alone above their limit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from billing.models import Service
from billing.services import prices
from doctors.models import Doctor, Specialty
from doctors.services import profile
from hms.core import approvals
from hms.core.models import Approval, AuditEvent, User
from hms.core.refusals import Refused
from tests.doctors.conftest import list_price
from tests.staff.conftest import hire


def waits(answer: object) -> Approval:
    assert isinstance(answer, Approval), answer
    assert answer.status == "waiting"
    return answer


def fee(doctor: Doctor) -> Decimal | None:
    return Doctor.objects.get(pk=doctor.pk).fee


def test_up_to_the_limit_it_changes_at_once_and_above_it_waits(hr: User, manager: User, doctor: Doctor) -> None:
    profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("96.00"))
    assert fee(doctor) == 96
    asked = waits(profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("150.00"), room="Room 9", reason="New"))
    assert (asked.amount, asked.counted, fee(doctor)) == (54, 70, 96)
    assert Doctor.objects.get(pk=doctor.pk).room == "Room 9"
    approvals.approve(manager, approval_id=asked.pk)
    assert fee(doctor) == 150
    done = AuditEvent.objects.filter(action="doctors.doctor.changed").order_by("-id").first()
    assert (done.actor, done.reason, done.detail) == (hr, "New", {"fields": ["fee"], "fee": "96.00"})


def test_in_small_steps_it_is_one_change(hr: User, doctor: Doctor) -> None:
    profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("95.00"))
    waits(profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("105.00"), reason="Again"))


def test_going_back_to_the_price_list_is_a_change_like_another(hr: User, manager: User, doctor: Doctor) -> None:
    Doctor.objects.filter(pk=doctor.pk).update(fee=Decimal("200.00"))
    asked = waits(profile.change_doctor(hr, doctor_id=doctor.pk, fee=None, reason="As the others"))
    assert asked.amount == 120
    approvals.approve(manager, approval_id=asked.pk)
    assert fee(doctor) is None


def test_without_a_reason_it_is_refused_and_nothing_changes(hr: User, doctor: Doctor) -> None:
    with pytest.raises(Refused, match="Say why") as refused:
        profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("500.00"), room="Room 9")
    assert refused.value.field == "reason"
    assert (fee(doctor), Doctor.objects.get(pk=doctor.pk).room) == (80, "Room 4")


def test_what_was_changed_meanwhile_makes_it_void(hr: User, manager: User, doctor: Doctor) -> None:
    asked = waits(profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("500.00"), reason="Famous"))
    profile.change_doctor(manager.at(hr.facility), doctor_id=doctor.pk, fee=Decimal("90.00"), reason="Inflation")
    decided = approvals.approve(manager, approval_id=asked.pk)
    assert (decided.status, decided.decision_reason) == (
        "void",
        "This was changed in the meantime: a consultation costs 90.00 now.",
    )
    assert fee(doctor) == 90


def test_the_pages_say_what_waits_and_what_it_is_about(
    hr: User, manager: User, doctor: Doctor, browser_of: Callable[[User], Client]
) -> None:
    office, address = browser_of(hr), f"/doctors/{doctor.pk}/change"
    assert "You do this alone up to: 50.00 GBP and 25 %" in office.get(address).content.decode()
    fields = {"specialty": str(doctor.specialty_id), "licence_number": doctor.licence_number, "fee": "160"}
    answer = office.post(address, {"_key": str(uuid.uuid4()), "reason": "Famous", **fields}, follow=True)
    assert "Not done yet: 80.00 GBP" in answer.content.decode()
    assert "Waits for approval: Change of a doctor&#x27;s fee" in office.get(address).content.decode()
    asked = Approval.objects.get(status="waiting")
    page = browser_of(manager).get(f"/approvals/{asked.pk}/").content.decode()
    for words in (doctor.name, "80.00\u00a0GBP", "160.00\u00a0GBP", "Famous", "Cardiology"):
        assert words in page


def test_another_specialty_moves_no_price_by_the_way(hr: User, doctor: Doctor) -> None:
    Doctor.objects.filter(pk=doctor.pk).update(fee=None)
    surgery = Specialty.objects.create(code="surg", name="Surgery")
    list_price(hr, surgery, Decimal("900.00"))
    with pytest.raises(Refused, match="First give the doctor a fee"):
        profile.change_doctor(hr, doctor_id=doctor.pk, specialty=surgery)
    profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("80.00"))
    profile.change_doctor(hr, doctor_id=doctor.pk, specialty=surgery)
    waits(profile.change_doctor(hr, doctor_id=doctor.pk, fee=None, reason="As surgeons cost"))
    assert fee(doctor) == 80


# A doctor who is new


def add(hr: User, specialty: Specialty, price: str | None, reason: str = "Famous") -> Doctor:
    employee = hire(hr, "Kwame", "Asante", title="Dr", profession="doctor")
    given = None if price is None else Decimal(price)
    return profile.add_doctor(
        hr, employee=employee, specialty=specialty, licence_number="GMC 9", fee=given, reason=reason
    )


@pytest.mark.parametrize(
    ("price", "alone"), [("125.00", True), ("75.00", True), ("100.00", True), ("125.01", False), ("74.99", False)]
)
def test_the_first_fee_is_measured_from_the_price_list(
    price: str, alone: bool, hr: User, manager: User, cardiology: Specialty
) -> None:
    list_price(hr, cardiology, Decimal("100.00"))
    new = add(hr, cardiology, price)
    assert new.fee == (Decimal(price) if alone else None)
    assert Doctor.objects.with_price().get(pk=new.pk).price == (Decimal(price) if alone else 100)
    if not alone:
        asked = Approval.objects.get(status="waiting")
        assert (asked.kind, asked.subject_id, asked.reason) == ("doctors.fee", new.pk, "Famous")
        approvals.approve(manager, approval_id=asked.pk)
        assert fee(new) == Decimal(price)
    assert Approval.objects.filter(kind="doctors.fee", status__in=["within", "approved"]).exists() == (
        Decimal(price) != 100
    )


def test_a_new_doctors_fee_that_needs_a_second_person_needs_a_reason_and_adds_nobody_without(
    hr: User, cardiology: Specialty
) -> None:
    list_price(hr, cardiology, Decimal("100.00"))
    with pytest.raises(Refused, match="Say why") as refused:
        add(hr, cardiology, "500.00", reason="")
    assert refused.value.field == "reason"
    assert not Doctor.objects.exists()


def test_without_the_engines_question_the_first_fee_is_anything(
    hr: User, cardiology: Specialty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    list_price(hr, cardiology, Decimal("100.00"))
    monkeypatch.setattr(approvals, "ask", lambda *words, **named: approvals.asking.Asked())
    assert add(hr, cardiology, "5000.00").fee == 5000


@pytest.mark.parametrize("price", ["49.99", "50.00"])
def test_a_specialty_that_is_not_listed_is_listed_at_a_fee_that_one_sets_alone(
    price: str, hr: User, cardiology: Specialty
) -> None:
    new = add(hr, cardiology, price, reason="")
    assert (new.fee, Service.objects.get(code="CONSULT-CARD").price) == (Decimal(price), Decimal(price))
    own = Approval.objects.get()
    assert (own.status, own.counted, own.result_id) == ("within", Decimal(price), new.pk)
    waits(profile.set_fee(hr, doctor_id=new.pk, fee=Decimal("60.00"), reason="And more"))


def test_a_specialty_that_is_not_listed_is_listed_by_accounting_above_that(
    hr: User, person: Callable[..., User], manager: User, cardiology: Specialty
) -> None:
    with pytest.raises(Refused, match="Let accounting add CONSULT-CARD") as refused:
        add(hr, cardiology, "50.01")
    assert refused.value.field == "fee"
    assert not Service.objects.exists()
    assert not Doctor.objects.exists()
    prices.add_service(
        person("accountant"),
        code="CONSULT-CARD",
        name="Consultation",
        category="consultation",
        price=Decimal("90.00"),
        reason="A new clinic",
    )
    approvals.approve(manager, approval_id=Approval.objects.get(status="waiting").pk)
    assert add(hr, cardiology, None).fee is None


def test_the_form_says_what_happens_and_the_profile_what_waits(
    hr: User, manager: User, cardiology: Specialty, browser_of: Callable[[User], Client]
) -> None:
    list_price(hr, cardiology, Decimal("100.00"))
    employee, office = hire(hr, "Kwame", "Asante", title="Dr", profession="doctor"), browser_of(hr)
    form = office.get("/doctors/add").content.decode()
    assert "You do this alone up to: 50.00 GBP and 25 %" in form
    assert "Until then consultations cost what the price list says" in form
    fields = {"employee": employee.pk, "specialty": cardiology.pk, "licence_number": "L", "fee": "300", "reason": "New"}
    page = office.post("/doctors/add", {"_key": str(uuid.uuid4()), **fields}, follow=True).content.decode()
    assert "Not done yet: 200.00 GBP" in page
    assert manager.name in page
    new = Doctor.objects.get()
    assert "Waits for approval" in office.get(f"/doctors/{new.pk}/").content.decode()
