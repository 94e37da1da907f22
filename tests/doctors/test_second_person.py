"""A doctor's own fee, which one person does not move alone above their limit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from billing.services.prices import add_service
from doctors.models import Doctor, Specialty
from doctors.services import profile
from hms.core import approvals
from hms.core.models import Approval, AuditEvent, User
from hms.core.refusals import Refused


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
    add_service(hr, code="CONSULT-SURG", name="Consultation, Surgery", category="consultation", price=Decimal("900.00"))
    with pytest.raises(Refused, match="First give the doctor a fee"):
        profile.change_doctor(hr, doctor_id=doctor.pk, specialty=surgery)
    profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("80.00"))
    profile.change_doctor(hr, doctor_id=doctor.pk, specialty=surgery)
    waits(profile.change_doctor(hr, doctor_id=doctor.pk, fee=None, reason="As surgeons cost"))
    assert fee(doctor) == 80
