from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from PIL import Image

from billing.models import Charge, Invoice, LedgerEntry, Service
from billing.services import charges, prices
from doctors.models import SIGNATURE_BYTES, Availability, AvailabilityException, Doctor, Specialty
from doctors.services import consultation, hours, profile
from hms.core import clock
from hms.core.models import AuditEvent, Facility, OutboxMessage, User
from hms.core.refusals import Refused
from patients.models import ClinicalNote, Condition, Encounter, Patient
from patients.services import encounters, notes
from staff import services as staff
from tests.billing.conftest import faults
from tests.conftest import drain
from tests.doctors.conftest import list_price, make_doctor
from tests.staff.conftest import hire

# Profile


def test_an_employee_consults_once(hr: User, doctor: Doctor, cardiology: Specialty) -> None:
    with pytest.raises(Refused) as refusal:
        profile.add_doctor(hr, employee=doctor.employee, specialty=cardiology, licence_number="X", fee=Decimal(1))
    assert refusal.value.field == "employee"


def test_who_left_does_not_begin_to_consult(hr: User, cardiology: Specialty) -> None:
    employee = staff.leave(hr, employee_id=hire(hr).pk, left_on=clock.today(hr.facility), reason="gone")
    with pytest.raises(Refused):
        profile.add_doctor(hr, employee=employee, specialty=cardiology, licence_number="X", fee=Decimal(1))


def test_two_doctors_of_a_facility_do_not_share_a_licence(
    hr: User, doctor: Doctor, cardiology: Specialty, south: Facility, person: Callable[..., User]
) -> None:
    with pytest.raises(Refused) as refusal:
        make_doctor(hr, cardiology, licence_number=doctor.licence_number.lower())
    assert refusal.value.field == "licence_number"
    make_doctor(person("hr", south), cardiology, licence_number=doctor.licence_number)


def test_a_new_fee_keeps_the_old_one_in_the_audit(hr: User, doctor: Doctor) -> None:
    profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("95.00"))
    assert AuditEvent.objects.get(action="doctors.doctor.changed").detail == {"fields": ["fee"], "fee": "80.00"}
    with pytest.raises(Refused):
        profile.change_doctor(hr, doctor_id=doctor.pk, fee=Decimal("-1"))


def picture(kind: str = "PNG", size: tuple[int, int] = (2400, 800), **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_signature_is_drawn_anew_as_a_small_png(obi: User, doctor: Doctor, kind: str) -> None:
    kept = profile.set_signature(obi, doctor_id=doctor.pk, picture=picture(kind))
    assert len(kept.signature) <= SIGNATURE_BYTES
    image = Image.open(io.BytesIO(kept.signature))
    assert image.format == "PNG"
    assert image.width <= 900


def test_nothing_but_the_picture_is_kept_of_an_upload(obi: User, doctor: Doctor) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    kept = profile.set_signature(obi, doctor_id=doctor.pk, picture=picture("JPEG", exif=exif) + b"<script>")
    assert b"taken at home" not in kept.signature
    assert b"<script>" not in kept.signature


@pytest.mark.parametrize("upload", [b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:200]])
def test_what_is_no_picture_is_refused(obi: User, doctor: Doctor, upload: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        profile.set_signature(obi, doctor_id=doctor.pk, picture=upload)
    assert refusal.value.field == "picture"


def test_nobody_sets_another_persons_signature(hr: User, doctor: Doctor) -> None:
    with pytest.raises(Refused):
        profile.set_signature(hr, doctor_id=doctor.pk, picture=picture())


# Hours

MORNING = {"weekday": 0, "starts": time(9), "ends": time(12), "slot_minutes": 20, "valid_from": date(2027, 1, 1)}


def test_hours_of_one_weekday_do_not_overlap(hr: User, doctor: Doctor) -> None:
    hours.set_availability(hr, doctor_id=doctor.pk, **MORNING)
    with pytest.raises(Refused, match="overlap others on Monday"):
        hours.set_availability(hr, doctor_id=doctor.pk, **{**MORNING, "starts": time(11), "ends": time(13)})
    hours.set_availability(hr, doctor_id=doctor.pk, **{**MORNING, "starts": time(12), "ends": time(13)})
    hours.set_availability(hr, doctor_id=doctor.pk, **{**MORNING, "weekday": 1})
    assert Availability.objects.count() == 3


def test_hours_that_end_make_room_for_others(hr: User, doctor: Doctor) -> None:
    first = hours.set_availability(hr, doctor_id=doctor.pk, **MORNING)
    hours.end_availability(hr, availability_id=first.pk, last_day=date(2027, 6, 30))
    with pytest.raises(Refused):
        hours.set_availability(hr, doctor_id=doctor.pk, **{**MORNING, "valid_from": date(2027, 6, 30)})
    hours.set_availability(hr, doctor_id=doctor.pk, **{**MORNING, "valid_from": date(2027, 7, 1)})
    with pytest.raises(Refused):
        hours.end_availability(hr, availability_id=first.pk, last_day=date(2027, 12, 31))


def test_hours_that_never_took_place_are_taken_away(hr: User, doctor: Doctor) -> None:
    row = hours.set_availability(hr, doctor_id=doctor.pk, **MORNING)
    assert hours.end_availability(hr, availability_id=row.pk, last_day=date(2026, 12, 31)) is None
    assert not Availability.objects.exists()
    assert AuditEvent.objects.filter(action="doctors.availability.removed").exists()


@pytest.mark.parametrize(
    "wrong", [{"ends": time(8)}, {"ends": time(9, 10)}, {"slot_minutes": 1}, {"valid_until": date(2026, 12, 31)}]
)
def test_hours_without_room_for_a_patient_are_refused(hr: User, doctor: Doctor, wrong: dict) -> None:
    with pytest.raises(Refused):
        hours.set_availability(hr, doctor_id=doctor.pk, **{**MORNING, **wrong})


def test_the_database_itself_refuses_overlap(hr: User, doctor: Doctor) -> None:
    hours.set_availability(hr, doctor_id=doctor.pk, **MORNING)
    with pytest.raises(IntegrityError), transaction.atomic():
        Availability.objects.create(doctor=doctor, **MORNING)


@pytest.mark.django_db(transaction=True)
def test_eight_plans_at_once_make_one(hr: User, doctor: Doctor) -> None:
    outcomes: list[str] = []
    gate = threading.Barrier(8)

    def attempt() -> None:
        try:
            gate.wait()
            hours.set_availability(hr, doctor_id=doctor.pk, **MORNING)
            outcomes.append("done")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done"] + ["refused"] * 7


def test_leave_is_entered_day_by_day(hr: User, doctor: Doctor) -> None:
    today = clock.today(hr.facility)
    hours.add_exception(hr, doctor_id=doctor.pk, kind="away", first=today, last=today + timedelta(days=13))
    assert AvailabilityException.objects.count() == 14
    hours.remove_exception(hr, exception_id=AvailabilityException.objects.earliest("date").pk)
    assert AvailabilityException.objects.count() == 13


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": date(2020, 1, 1)},
        {"last": date(2020, 1, 1)},
        {"starts": time(9)},
        {"starts": time(9), "ends": time(8)},
        {"kind": "extra"},
        {"kind": "extra", "starts": time(9), "ends": time(12)},
        {"kind": "extra", "starts": time(9), "ends": time(9, 5), "slot_minutes": 20},
    ],
)
def test_an_exception_that_makes_no_sense_is_refused(hr: User, doctor: Doctor, wrong: dict) -> None:
    with pytest.raises(Refused):
        hours.add_exception(hr, doctor_id=doctor.pk, **{"kind": "away", "first": clock.today(hr.facility), **wrong})


# Consultation


def test_a_consultation_is_begun_signed_and_charged_once(
    obi: User, doctor: Doctor, visit: Encounter, codes: list[str]
) -> None:
    begun = consultation.start(obi, encounter_id=visit.pk)
    assert (begun.status, begun.attending) == ("in_progress", doctor.employee)
    note = consultation.sign(obi, encounter_id=visit.pk, codes=codes, complaint="Tingling feet")
    assert (note.status, note.author) == ("signed", obi)
    assert [c.code for c in Condition.objects.filter(note=note).order_by("code")] == codes
    consultation.sign(obi, encounter_id=visit.pk, codes=[], plan="Call back in two weeks")
    charge = Charge.objects.get()
    assert (charge.service.code, charge.amount, charge.source_id) == ("CONSULT-CARD", Decimal("80.00"), visit.pk)
    assert charge.description == "Consultation, Cardiology, Dr Adaeze Obi"
    assert sum(entry.amount for entry in LedgerEntry.objects.all()) == 0


def test_a_doctor_without_a_fee_charges_what_the_price_list_says_that_day(
    hr: User, obi: User, doctor: Doctor, reception: User, visit: Encounter, person: Callable[..., User]
) -> None:
    listed = Service.objects.get(code="CONSULT-CARD")
    accountant = person("accountant")
    prices.change_service(accountant, service_id=listed.pk, name=listed.name, price=Decimal("70.00"), active=True)
    later = encounters.open_encounter(reception, patient=visit.patient)
    consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Cough")
    profile.change_doctor(hr, doctor_id=doctor.pk, fee=None)
    consultation.sign(obi, encounter_id=later.pk, codes=[], complaint="Cough")
    assert list(Charge.objects.order_by("posted_at").values_list("amount", flat=True)) == [Decimal(80), Decimal(70)]


def test_a_doctor_without_a_fee_needs_a_price_in_the_list(hr: User, person: Callable[..., User]) -> None:
    dermatology = Specialty.objects.create(code="derm", name="Dermatology")
    with pytest.raises(Refused, match="CONSULT-DERM") as refusal:
        make_doctor(hr, dermatology, fee=None)
    assert refusal.value.field == "fee"
    list_price(hr, dermatology, Decimal(75))
    made = make_doctor(hr, dermatology, fee=None)
    assert Doctor.objects.with_price().get(pk=made.pk).price == Decimal(75)


def test_a_consultation_in_use_stays_in_the_price_list_and_one_out_of_use_is_not_charged(
    hr: User, obi: User, doctor: Doctor, visit: Encounter, person: Callable[..., User]
) -> None:
    accountant, listed = person("accountant"), Service.objects.get(code="CONSULT-CARD")
    change = {"service_id": listed.pk, "name": listed.name, "price": listed.price, "active": False}
    with pytest.raises(Refused, match=r"1 doctor; own fee of Dr Adaeze Obi 80\.00") as refusal:
        prices.change_service(accountant, **change)
    assert refusal.value.field == "active"
    profile.stop_consulting(hr, doctor_id=doctor.pk, reason="On leave")
    assert not prices.change_service(person("manager"), **change).active
    profile.resume_consulting(hr, doctor_id=doctor.pk, reason="Back")
    with pytest.raises(Refused, match="put it back under Prices"):
        consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Cough")
    assert not ClinicalNote.objects.exists(), "care and charge commit together"


def test_a_second_opinion_of_another_specialty_is_a_consultation_of_its_own(
    hr: User, obi: User, doctor: Doctor, visit: Encounter, person: Callable[..., User]
) -> None:
    colleague = person("doctor")
    make_doctor(hr, Specialty.objects.create(code="derm", name="Dermatology"), colleague, fee=Decimal("60.00"))
    consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Rash")
    consultation.sign(colleague, encounter_id=visit.pk, codes=[], assessment="Eczema")
    assert sorted(Charge.objects.values_list("amount", flat=True)) == [Decimal("60.00"), Decimal("80.00")]


def test_a_consultation_whose_charge_was_reversed_by_mistake_is_charged_with_the_right_note(
    manager: User, obi: User, doctor: Doctor, visit: Encounter
) -> None:
    note = consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Cough")
    charges.reverse(manager, charge_id=Charge.objects.get().pk, reason="Wrong patient")
    assert faults() == [
        f"charges: every consultation: patients.encounter {visit.pk} was done, and no charge stands for it."
    ]
    notes.mark_error(obi, note_id=note.pk, reason="Another patient's")
    assert faults() == []
    consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Tingling feet", close=True)
    drain()
    assert Invoice.objects.get().total == Decimal("80.00")
    assert faults() == []


def test_sign_and_close_ends_the_visit_and_tells_the_invoice(obi: User, doctor: Doctor, visit: Encounter) -> None:
    consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Cough", close=True)
    visit.refresh_from_db()
    assert visit.status == "finished"
    assert OutboxMessage.objects.filter(topic=encounters.CLOSED, payload={"encounter_id": str(visit.pk)}).exists()


def test_an_empty_note_signs_and_charges_nothing(obi: User, doctor: Doctor, visit: Encounter) -> None:
    with pytest.raises(Refused):
        consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="  ", close=True)
    visit.refresh_from_db()
    assert visit.status == "arrived"
    assert not ClinicalNote.objects.exists()
    assert not Charge.objects.exists()


def test_nothing_is_signed_when_the_charge_fails(
    obi: User, doctor: Doctor, visit: Encounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the ledger is down")

    monkeypatch.setattr(charges.ledger, "post", down)
    with pytest.raises(RuntimeError):
        consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Cough")
    assert not ClinicalNote.objects.exists()
    assert not Charge.objects.exists()


def test_who_has_no_profile_cannot_consult(person: Callable[..., User], visit: Encounter) -> None:
    with pytest.raises(Refused, match="no doctor's profile"):
        consultation.start(person("doctor"), encounter_id=visit.pk)


def test_a_stay_is_not_closed_from_the_desk(obi: User, doctor: Doctor, reception: User, patient: Patient) -> None:
    stay = encounters.open_encounter(reception, patient=patient, kind="inpatient")
    with pytest.raises(Refused, match="discharge"):
        consultation.sign(obi, encounter_id=stay.pk, codes=[], complaint="Round", close=True)
    consultation.sign(obi, encounter_id=stay.pk, codes=[], complaint="Round")
    stay.refresh_from_db()
    assert stay.status == "in_progress"


def test_an_unknown_code_is_refused(obi: User, doctor: Doctor, visit: Encounter, codes: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        consultation.sign(obi, encounter_id=visit.pk, codes=["E11.42", "QQQ"], complaint="Cough")
    assert refusal.value.field == "codes"
