"""The prescription: checked against allergies, on paper, dispensed in parts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from billing.models import Charge, CreditNote, Invoice
from hms.core import clock, documents
from hms.core.models import Document, DocumentKind, Notification, User
from hms.core.refusals import Refused
from patients.models import Encounter
from patients.services import clinical, encounters
from pharmacy.models import AllergyCheck, Prescription, Product
from pharmacy.services import dispensing, prescribing
from tests.billing.conftest import faults, text_of
from tests.conftest import drain
from tests.pharmacy.conftest import hand_out, make_product, on_shelf, prescribe, receive
from tests.project.lived import unguarded


def paper(prescription: Prescription) -> str:
    found = documents.latest(prescription, DocumentKind.PRESCRIPTION)
    return " ".join(text_of(bytes(Document.objects.get(pk=found.pk).content)).split())


@pytest.mark.parametrize("substance", ["Penicillin", "penicillins (all)", "AMOXICILLIN", "Amoxicillín"])
def test_an_allergy_stops_the_prescription_and_names_the_field(
    doctor_user: User, visit: Encounter, amoxicillin: Product, substance: str
) -> None:
    clinical.record_allergy(doctor_user, patient_id=visit.patient_id, substance=substance, reaction="Anaphylaxis")
    with pytest.raises(Refused, match="allergic") as refused:
        prescribe(doctor_user, visit, amoxicillin)
    assert refused.value.field == "override_reason-1"
    assert "Anaphylaxis" in refused.value.message
    assert not Prescription.objects.exists()


@pytest.mark.printed
def test_an_allergy_is_overridden_only_with_a_reason_that_stands_on_the_paper(
    doctor_user: User, visit: Encounter, amoxicillin: Product
) -> None:
    clinical.record_allergy(doctor_user, patient_id=visit.patient_id, substance="Penicillin", reaction="Rash")
    with pytest.raises(Refused):
        prescribe(doctor_user, visit, amoxicillin, override="   ")
    made = prescribe(doctor_user, visit, amoxicillin, override="Desensitised 2025")
    line = made.lines.get()
    assert (line.allergy_check, line.override_reason) == (AllergyCheck.OVERRIDDEN, "Desensitised 2025")
    text = paper(made)
    assert "Desensitised 2025" in text
    assert "Penicillin" in text


@pytest.mark.printed
def test_where_nobody_asked_for_allergies_the_check_says_so_loudly(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product, browser_of
) -> None:
    made = prescribe(doctor_user, visit, amoxicillin)
    assert made.lines.get().allergy_check == AllergyCheck.NOT_CHECKED
    assert "Allergies not recorded" in paper(made)
    html = browser_of(pharmacist).get(f"/pharmacy/prescriptions/{made.pk}/").content.decode()
    assert "not checked" in html
    assert "no known allergy" not in html


def test_after_asking_the_check_is_clear(doctor_user: User, visit: Encounter, amoxicillin: Product) -> None:
    clinical.confirm_no_allergies(doctor_user, patient_id=visit.patient_id)
    assert prescribe(doctor_user, visit, amoxicillin).lines.get().allergy_check == AllergyCheck.CLEAR


def test_an_allergy_to_something_else_does_not_stop_it(
    doctor_user: User, visit: Encounter, amoxicillin: Product
) -> None:
    clinical.record_allergy(doctor_user, patient_id=visit.patient_id, substance="Peanuts", category="food")
    assert prescribe(doctor_user, visit, amoxicillin).lines.get().allergy_check == AllergyCheck.CLEAR


def test_an_allergy_entered_in_error_no_longer_stops_it(
    doctor_user: User, visit: Encounter, amoxicillin: Product
) -> None:
    wrong = clinical.record_allergy(doctor_user, patient_id=visit.patient_id, substance="Penicillin")
    clinical.mark_error(doctor_user, record=wrong, reason="Another patient")
    # Nothing is known any more, which is not the same as clear.
    assert prescribe(doctor_user, visit, amoxicillin).lines.get().allergy_check == AllergyCheck.NOT_CHECKED


@pytest.mark.printed
def test_the_paper_says_who_gets_what_and_how(doctor_user: User, visit: Encounter, amoxicillin: Product) -> None:
    made = prescribe(doctor_user, visit, amoxicillin, 15)
    text = paper(made)
    for expected in (
        made.number,
        "Meera Raghunathan",
        visit.patient.mrn,
        "Amoxicillin 500 mg capsule",
        "1 three times a day",
        "15 capsules",
        doctor_user.name,
    ):
        assert expected in text, (expected, text)


def test_a_medicine_stands_once_on_a_prescription_and_is_in_use(
    doctor_user: User, visit: Encounter, amoxicillin: Product
) -> None:
    line = prescribing.Line(product_id=amoxicillin.pk, dosage="1", days=5, quantity=5)
    with pytest.raises(Refused, match="twice"):
        prescribing.prescribe(doctor_user, encounter_id=visit.pk, lines=[line, line])
    with pytest.raises(Refused, match="at least one"):
        prescribing.prescribe(doctor_user, encounter_id=visit.pk, lines=[])
    Product.objects.update(active=False)
    with pytest.raises(Refused, match="not in use"):
        prescribe(doctor_user, visit, amoxicillin)


def test_a_closed_visit_takes_no_prescription(
    doctor_user: User, reception: User, visit: Encounter, amoxicillin: Product
) -> None:
    encounters.close(reception, encounter_id=visit.pk)
    with pytest.raises(Refused, match="closed"):
        prescribe(doctor_user, visit, amoxicillin)


def test_it_is_dispensed_in_parts_and_charged_for_each(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product
) -> None:
    receive(pharmacist, amoxicillin, 50)
    prescription = prescribe(doctor_user, visit, amoxicillin, 10)
    hand_out(pharmacist, prescription, 4)
    prescription.refresh_from_db()
    assert prescription.status == "partly_dispensed"
    with pytest.raises(Refused, match="Only 6 of"):
        hand_out(pharmacist, prescription, 7)
    with pytest.raises(Refused, match="at least one"):
        hand_out(pharmacist, prescription, 0)
    hand_out(pharmacist, prescription, 6)
    prescription.refresh_from_db()
    assert prescription.status == "dispensed"
    assert sorted(Charge.objects.values_list("amount", flat=True)) == [Decimal("1.40"), Decimal("2.10")]
    with pytest.raises(Refused, match="dispensed already"):
        hand_out(pharmacist, prescription, 1)


def test_what_is_short_in_stock_hands_out_nothing_at_all(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product
) -> None:
    other = make_product(pharmacist, "Ibuprofen", allergens=[])
    receive(pharmacist, amoxicillin, 50)
    receive(pharmacist, other, 3)
    lines = [
        prescribing.Line(product_id=product.pk, dosage="1", days=5, quantity=5) for product in (amoxicillin, other)
    ]
    prescription = prescribing.prescribe(doctor_user, encounter_id=visit.pk, lines=lines)
    with pytest.raises(Refused, match="Only 3"):
        dispensing.hand_out(
            pharmacist,
            prescription_id=prescription.pk,
            quantities={line.pk: 5 for line in prescription.lines.all()},
        )
    assert not Charge.objects.exists()
    assert amoxicillin.batches.get().balance.quantity == 50


def test_a_prescription_is_cancelled_only_before_anything_was_dispensed(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product
) -> None:
    receive(pharmacist, amoxicillin, 50)
    first, second = prescribe(doctor_user, visit, amoxicillin), prescribe(doctor_user, visit, amoxicillin)
    hand_out(pharmacist, first, 1)
    with pytest.raises(Refused, match="End the rest"):
        prescribing.cancel(doctor_user, prescription_id=first.pk, reason="Changed")
    prescribing.cancel(doctor_user, prescription_id=second.pk, reason="Changed")
    with pytest.raises(Refused, match="cancelled already"):
        hand_out(pharmacist, second, 1)


def test_the_rest_of_a_partly_dispensed_prescription_is_ended_with_a_reason(
    doctor_user: User, reception: User, pharmacist: User, visit: Encounter, amoxicillin: Product, client: Client
) -> None:
    batch = receive(pharmacist, amoxicillin, 50)
    prescription = prescribe(doctor_user, visit, amoxicillin)
    with pytest.raises(Refused, match="dispensed in part"):
        prescribing.end(pharmacist, prescription_id=prescription.pk, reason="Nobody came")
    dispense = hand_out(pharmacist, prescription, 4)
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    prescribing.end(pharmacist, prescription_id=prescription.pk, reason="Had a rash")
    prescription.refresh_from_db()
    assert (prescription.status, prescription.end_reason) == ("ended", "Had a rash")
    assert prescription not in Prescription.objects.open()
    assert Notification.objects.get(user=doctor_user).text.startswith(f"Prescription {prescription.number}: ended")
    code = documents.latest(prescription, DocumentKind.PRESCRIPTION).code
    assert "Withdrawn" in client.get(f"/verify/{code}").content.decode()
    with pytest.raises(Refused, match="ended early already"):
        hand_out(pharmacist, prescription, 1)
    # The goods come back all the same, and it stays ended.
    dispensing.take_back(pharmacist, dispense_id=dispense.pk, reason="Had a rash")
    prescription.refresh_from_db()
    assert (prescription.status, on_shelf(batch), Invoice.objects.get().status) == ("ended", 50, "credited")
    with pytest.raises(IntegrityError, match="end_says_why"), transaction.atomic():
        Prescription.objects.update(end_reason="")
    assert faults() == []


def test_the_rest_is_ended_and_what_nobody_fetches_is_cancelled_at_the_counter(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product, browser_of
) -> None:
    receive(pharmacist, amoxicillin, 50)
    partly, waiting = prescribe(doctor_user, visit, amoxicillin), prescribe(doctor_user, visit, amoxicillin)
    hand_out(pharmacist, partly, 4)
    counter = browser_of(pharmacist)
    for prescription, act, status in ((partly, "end", "ended"), (waiting, "cancel", "cancelled")):
        address = f"/pharmacy/prescriptions/{prescription.pk}/"
        assert f"{address}{act}" in counter.get(address).content.decode()
        sent = counter.post(f"{address}{act}", {"_key": str(prescription.pk), "reason": "Nobody came for it"})
        assert sent.status_code == 302
        prescription.refresh_from_db()
        assert prescription.status == status
        shown = counter.get(address).content.decode()
        assert "Nobody came for it" in shown
        assert f"{address}{act}" not in shown


def test_a_cancelled_visit_cancels_its_prescriptions_and_says_why(
    doctor_user: User, reception: User, visit: Encounter, amoxicillin: Product
) -> None:
    made = [prescribe(doctor_user, visit, amoxicillin) for _number in range(2)]
    prescribing.cancel(doctor_user, prescription_id=made[0].pk, reason="Changed")
    encounters.cancel(reception, encounter_id=visit.pk, reason="Left unseen")
    assert faults() == [], "it is being done"
    drain()
    assert prescribing.release(reception, encounter_id=visit.pk) == 0, "heard twice"
    for prescription in made:
        prescription.refresh_from_db()
    assert [row.end_reason for row in made] == ["Changed", "The visit was cancelled: Left unseen"]
    assert {row.status for row in made} == {"cancelled"}
    Prescription.objects.update(status="prescribed")
    assert len([fault for fault in faults() if "nothing waits for a cancelled visit" in fault]) == 2


def test_a_visit_that_is_open_keeps_its_prescriptions(
    doctor_user: User, reception: User, visit: Encounter, amoxicillin: Product
) -> None:
    made = prescribe(doctor_user, visit, amoxicillin)
    assert prescribing.release(reception, encounter_id=visit.pk) == 0
    made.refresh_from_db()
    assert made.status == "prescribed"


@pytest.mark.printed
def test_the_paper_of_a_cancelled_prescription_is_genuine_to_nobody(
    doctor_user: User, visit: Encounter, amoxicillin: Product, client: Client, browser_of: Callable[[User], Client]
) -> None:
    prescription = prescribe(doctor_user, visit, amoxicillin)
    code = documents.latest(prescription, DocumentKind.PRESCRIPTION).code
    assert "Genuine" in client.get(f"/verify/{code}").content.decode()
    prescribing.cancel(doctor_user, prescription_id=prescription.pk, reason="Changed")
    shown = client.get(f"/verify/{code}").content.decode()
    assert "Withdrawn" in shown and "Genuine" not in shown
    printed = browser_of(doctor_user).get(f"/pharmacy/prescriptions/{prescription.pk}/pdf")
    assert "Withdrawn: not valid" in text_of(printed.content)
    assert Document.objects.filter(source_id=prescription.pk).count() == 1, "no new paper is issued for it"


def test_nor_is_one_that_is_drawn_only_after_it_was_cancelled(
    doctor_user: User, visit: Encounter, amoxicillin: Product, client: Client, browser_of: Callable[[User], Client]
) -> None:
    prescription = prescribe(doctor_user, visit, amoxicillin)
    prescribing.cancel(doctor_user, prescription_id=prescription.pk, reason="Changed")
    with unguarded() as cursor:  # as if it had never been drawn
        cursor.execute("delete from core_document where source_id = %s", [prescription.pk])
    assert browser_of(doctor_user).get(f"/pharmacy/prescriptions/{prescription.pk}/pdf").status_code == 200
    paper = documents.latest(prescription, DocumentKind.PRESCRIPTION)
    assert paper.status == "withdrawn"
    assert "Genuine" not in client.get(f"/verify/{paper.code}").content.decode()


def test_what_was_invoiced_is_taken_back_to_the_shelf_and_credited(
    doctor_user: User, reception: User, pharmacist: User, visit: Encounter, amoxicillin: Product
) -> None:
    receive(pharmacist, amoxicillin, 3, days=30, number="SOON")
    receive(pharmacist, amoxicillin, 50)
    dispense = hand_out(pharmacist, prescribe(doctor_user, visit, amoxicillin), 10)
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    dispensing.take_back(pharmacist, dispense_id=dispense.pk, reason="Never opened")
    assert sorted(batch.balance.quantity for batch in amoxicillin.batches.all()) == [3, 50]
    note = CreditNote.objects.get()
    assert (note.amount, note.reason, note.reversals.count()) == (Decimal("3.50"), "Never opened", 2)
    assert Invoice.objects.get().status == "credited"
    with pytest.raises(Refused, match="already"):
        dispensing.take_back(pharmacist, dispense_id=dispense.pk, reason="Again")
    assert faults() == []


def test_the_other_facility_sees_neither_prescription_nor_stock(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product, south, client_as
) -> None:
    batch = receive(pharmacist, amoxicillin, 50)
    made = prescribe(doctor_user, visit, amoxicillin)
    there = client_as("pharmacist", south)
    for address in (
        f"prescriptions/{made.pk}/",
        f"prescriptions/{made.pk}/pdf",
        f"prescriptions/{made.pk}/hand-out",
        f"stock/{amoxicillin.pk}/",
        f"lots/{batch.pk}/count",
    ):
        answer = there.get(f"/pharmacy/{address}")
        assert answer.status_code == 404, address
        assert "Raghunathan" not in answer.content.decode()
    assert made.number not in there.get("/pharmacy/prescriptions/").content.decode()


@pytest.mark.printed
def test_the_weight_stands_on_the_paper_with_its_day(doctor_user: User, visit: Encounter, pharmacist: User) -> None:
    clinical.record_vitals(doctor_user, encounter_id=visit.pk, values={"weight": Decimal("64.5")})
    made = prescribe(doctor_user, visit, make_product(pharmacist))
    assert f"64.5 kg ({clock.now():%d %b %Y})" in paper(made)
