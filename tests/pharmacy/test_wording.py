"""Doses in words that are often misread never reach paper."""

from __future__ import annotations

import pytest

from hms.core.models import User
from hms.core.refusals import Refused
from patients.models import Encounter
from pharmacy.models import Medicine, Prescription, Product
from pharmacy.wording import refuse_misread
from tests.pharmacy.conftest import make_product, prescribe


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("10U at night", "units"),
        ("10 IU", "international units"),
        ("50 ug", "micrograms"),
        ("50µg", "micrograms"),
        ("50 μg", "micrograms"),
        ("1 tablet QD", "once a day"),
        ("1 tablet q.d.", "once a day"),
        ("1 tablet qod", "every other day"),
        ("MgSO4 2 g", "in full"),
        ("5.0 mg", "Write: 5."),
        (".5 mg", "Write: 0.5."),
        ("1.50 mg, then .25 mg", "Write: 0.25."),
    ],
)
def test_what_is_often_misread_is_refused_saying_what_to_write(written: str, instead: str) -> None:
    with pytest.raises(Refused) as refused:
        refuse_misread(written, field="dosage-1")
    assert instead in refused.value.message
    assert refused.value.field == "dosage-1"


@pytest.mark.parametrize(
    "written",
    [
        "1 tablet twice a day",
        "10 units under the skin at night",
        "0.5 mg",
        "5.05 mg",
        "1.5 mL every 8 hours. Stop after 3 days.",
        "100 micrograms/dose",
        "20.5 g in 1 L of water",
        "Take 2. Then 1 at noon",
        "",
    ],
)
def test_clear_words_pass(written: str) -> None:
    refuse_misread(written, field="dosage-1")


def test_a_prescription_with_such_a_dose_is_not_written(
    doctor_user: User, visit: Encounter, amoxicillin: Product
) -> None:
    with pytest.raises(Refused, match="misread") as refused:
        prescribe(doctor_user, visit, amoxicillin, dosage="1 capsule QD")
    assert refused.value.field == "dosage-1"
    assert not Prescription.objects.exists()


def test_the_formulary_keeps_such_a_strength_out(pharmacist: User) -> None:
    with pytest.raises(Refused) as refused:
        make_product(pharmacist, strength="50 ug")
    assert refused.value.field == "strength"
    assert not Medicine.objects.filter(strength="50 ug").exists()


@pytest.mark.parametrize(
    ("field", "more"), [("name", {"name": "A" * 160}), ("allergens", {"allergens": ["penicillin", "b" * 61]})]
)
def test_the_formulary_refuses_what_no_bill_has_room_for(pharmacist: User, field: str, more: dict) -> None:
    with pytest.raises(Refused) as refused:
        make_product(pharmacist, **more)
    assert refused.value.field == field
    assert not Product.objects.exists()
