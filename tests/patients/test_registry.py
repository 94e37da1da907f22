"""Who the patient is: registered once, found by whatever people say, taken out of use but never deleted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db.models import ProtectedError

from hms.core import clock
from hms.core.models import AuditEvent, Facility, User
from hms.core.refusals import Refused
from patients import duplicates, search
from patients.models import Patient
from patients.services import encounters, registration
from tests.conftest import make_patient

BORN = date(1979, 8, 12)


def register(actor: User, given: str, family: str, **details: object) -> Patient:
    fields = {"sex": "female", "birth_date": BORN, **details}
    return registration.register(actor, given_name=given, family_name=family, **fields)


def likeness(user: User, given: str, family: str, **details: object) -> list[tuple[int, list[str]]]:
    return [
        (found.score, found.because) for found in duplicates.find(user, given_name=given, family_name=family, **details)
    ]


def names(found) -> set[str]:
    return {patient.given_name for patient in found}


# Registered once


@pytest.mark.parametrize(
    ("given", "family", "details"),
    [
        ("Meera", "Raghunathan", {"birth_date": BORN}),
        ("RAGHUNATHAN", "meera", {"birth_date": BORN}),
        ("Mira", "Raghunathan", {"birth_date": BORN}),
        ("Meera", "Raghunathan", {"birth_date": date(1979, 12, 8)}),  # day and month swapped
        ("Meera", "Raghunathan", {"phone": "07700 900123", "birth_date": date(1980, 1, 1)}),
    ],
)
def test_a_second_record_of_the_same_person_is_refused_until_it_was_looked_at(
    reception: User, given: str, family: str, details: dict[str, object]
) -> None:
    first = make_patient(reception, phone="07700 900123")
    with pytest.raises(Refused, match="exists already") as refused:
        register(reception, given, family, **details)
    assert refused.value.field == "duplicates_seen"
    second = register(reception, given, family, duplicates_seen=True, **details)
    assert second.mrn != first.mrn
    detail = AuditEvent.objects.filter(action="patients.patient.registered").latest("id").detail
    assert detail["duplicates_seen"] is True


@pytest.mark.parametrize(
    ("given", "family", "details"),
    [
        ("Tomasz", "Kowalczyk", {"birth_date": BORN}),
        ("Meera", "Raghunathan", {"birth_date": date(1991, 3, 2)}),
        ("Devi", "Iyer", {"birth_date": date(1991, 3, 2), "phone": "07700 900123"}),
    ],
)
def test_another_person_is_registered_without_a_question(
    reception: User, given: str, family: str, details: dict[str, object]
) -> None:
    make_patient(reception, phone="07700 900123")
    assert register(reception, given, family, **details).pk


def test_the_score_says_what_agrees(reception: User) -> None:
    make_patient(reception, phone="07700 900123")
    assert likeness(reception, "Meera", "Raghunathan", birth_date=BORN, phone="+44 7700 900123") == [
        (100, ["same name", "same birth date", "same phone"])
    ]
    ((score, because),) = likeness(reception, "Meera", "Raghunathan", birth_date=BORN, sex="male")
    assert (score, because) == (75, ["same name", "same birth date"])


def test_a_duplicate_is_found_among_many_born_on_the_same_day(reception: User) -> None:
    make_patient(reception)
    for number in range(duplicates.CANDIDATES + 10):
        make_patient(reception, f"Newborn{number:03}", "Aaltonen")
    with pytest.raises(Refused, match="exists already"):
        register(reception, "Meera", "Raghunathan")


def test_a_match_in_another_facility_is_said_without_saying_who(
    reception: User, person, south: Facility, browser_of
) -> None:
    there = make_patient(person("receptionist", south), phone="07700 900777")
    (found,) = duplicates.find(reception, given_name="Meera", family_name="Raghunathan", birth_date=BORN)
    assert found.patient is None
    answer = browser_of(reception).get(
        "/patients/register/duplicates",
        {"given_name": "Meera", "family_name": "Raghunathan", "birth_date": "1979-08-12", "sex": "female"},
    )
    html = answer.content.decode()
    for secret in (there.mrn, str(there.pk), "900777"):
        assert secret not in html
    assert not search.patients(reception, "Raghunathan").exists()


def test_a_patient_of_another_branch_is_brought_over_by_mrn_and_birth_date_together(
    reception: User, person, south: Facility
) -> None:
    there = make_patient(person("receptionist", south))
    words = set()
    for mrn, born in ((there.mrn, date(1979, 8, 13)), ("S-999999-9", BORN)):
        with pytest.raises(Refused) as refused:
            registration.bring_over(reception, mrn=mrn, birth_date=born)
        words.add(refused.value.message)
    assert len(words) == 1, "the answer does not tell whether the MRN exists"
    registration.bring_over(reception, mrn=there.mrn.lower(), birth_date=BORN)
    assert search.patients(reception, there.mrn).get() == there


def test_an_identity_number_belongs_to_one_person(reception: User) -> None:
    registration.register(
        reception, given_name="Meera", family_name="Iyer", sex="female", birth_date=BORN, identifier="AB-1182"
    )
    with pytest.raises(Refused, match="identity number") as refused:
        register(reception, "Tomasz", "Kowal", identifier=" AB-1182 ", duplicates_seen=True)
    assert refused.value.field == "identifier"


@pytest.mark.parametrize("days", [1, 400])
def test_a_birth_date_in_the_future_is_refused(reception: User, days: int) -> None:
    with pytest.raises(Refused, match="future"):
        register(reception, "Meera", "Iyer", birth_date=clock.today(reception.facility) + timedelta(days=days))
    with pytest.raises(Refused, match="too long ago"):
        register(reception, "Meera", "Iyer", birth_date=date(1879, 12, 31))


def test_the_newborn_of_today_is_registered(reception: User) -> None:
    assert register(reception, "Baby", "Iyer", birth_date=clock.today(reception.facility)).age_text == "0 d"


# Found


@pytest.fixture
def four(reception: User) -> None:
    make_patient(reception, "Zoë Anaïs", "O'Brien-Çelik", phone="+44 7700 900456", birth_date=date(1984, 6, 17))
    make_patient(reception, "अनिता", "शर्मा", birth_date=date(1990, 1, 2))
    make_patient(reception, "محمد", "الأحمد", birth_date=date(1955, 11, 30))
    make_patient(reception, "Jürgen", "Weiß", birth_date=date(1972, 2, 29), phone="0049 30 1234567")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zoe", "Zoë Anaïs"),
        ("celik zoe", "Zoë Anaïs"),
        ("ÇELIK", "Zoë Anaïs"),
        ("obrien", "Zoë Anaïs"),
        ("O’Brien", "Zoë Anaïs"),
        ("anais o", "Zoë Anaïs"),
        ("अनि", "अनिता"),
        ("शर्मा अनिता", "अनिता"),
        ("محمد", "محمد"),
        ("مُحَمَّد", "محمد"),  # with the short vowels that are written or left out at will
        ("weiss", "Jürgen"),
        ("Weiß", "Jürgen"),
        ("jurgen", "Jürgen"),
        ("+44 7700 900456", "Zoë Anaïs"),
        ("07700 900456", "Zoë Anaïs"),
        ("900456", "Zoë Anaïs"),
        ("+49 30 1234567", "Jürgen"),
        ("17 Jun 1984", "Zoë Anaïs"),
        ("17.06.1984", "Zoë Anaïs"),
        ("1984-06-17", "Zoë Anaïs"),
        ("29/02/1972", "Jürgen"),
        ("zoe 17/06/1984", "Zoë Anaïs"),
    ],
)
def test_a_patient_is_found_by_what_people_say(reception: User, four: None, words: str, found: str) -> None:
    assert names(search.patients(reception, words)) == {found}


@pytest.mark.parametrize("words", ["", "   ", "nobody", "zoe 18/06/1984", "zoe weiss", "';--", "a & b | !c", "\\", "%"])
def test_what_fits_nobody_finds_nobody(reception: User, four: None, words: str) -> None:
    assert names(search.patients(reception, words)) == set()


def test_a_typing_error_finds_similar_names(reception: User, four: None) -> None:
    assert names(search.similar(reception, "zoe anais obrian")) == {"Zoë Anaïs"}
    (hit,) = search.hits(reception, "Jurgin Weiss")
    assert (hit.title, hit.detail.endswith("similar name")) == ("Jürgen Weiß", True)


def test_an_mrn_is_found_however_it_is_typed(reception: User) -> None:
    first, second = make_patient(reception), make_patient(reception, "Other")
    assert first.mrn == "N-000001-8"
    for words in ("N-000001-8", "n-000001-8", "N 000001 8", "n000001", "N0000018"):
        assert list(search.patients(reception, words)) == [first], words
    assert list(search.patients(reception, second.mrn)) == [second]


def test_an_mrn_beyond_the_millionth_patient_is_found(reception: User) -> None:
    patient = make_patient(reception)
    Patient.objects.filter(pk=patient.pk).update(mrn="N-1204117-6")
    for words in ("N-1204117-6", "n1204117", "N-1204117"):
        assert list(search.patients(reception, words)) == [patient], words


def test_words_of_a_search_never_stand_in_an_address(reception: User, four: None, browser_of) -> None:
    for hit in search.hits(reception, "zoe"):
        assert "zoe" not in hit.url.lower()
        assert "N-" not in hit.url


# Out of use


def test_a_record_is_taken_out_of_use_with_a_reason_and_back(reception: User, patient: Patient) -> None:
    visit = encounters.open_encounter(reception, patient=patient)
    with pytest.raises(Refused, match="open visit"):
        registration.deactivate(reception, patient_id=patient.pk, reason="Duplicate")
    encounters.cancel(reception, encounter_id=visit.pk, reason="Left")
    registration.deactivate(reception, patient_id=patient.pk, reason="Duplicate")
    patient.refresh_from_db()
    with pytest.raises(Refused, match="inactive"):
        encounters.open_encounter(reception, patient=patient)
    assert "inactive" in search.hits(reception, "Raghunathan")[0].detail
    registration.reactivate(reception, patient_id=patient.pk)
    patient.refresh_from_db()
    assert encounters.open_encounter(reception, patient=patient).is_open


def test_nobody_with_a_visit_is_deleted(visit) -> None:
    with pytest.raises(ProtectedError):
        visit.patient.delete()


def test_a_correction_names_the_fields_and_is_found_at_once(reception: User, patient: Patient) -> None:
    registration.update(
        reception,
        patient_id=patient.pk,
        given_name="Mira",
        family_name="Raghunathan",
        sex="female",
        birth_date=BORN,
    )
    assert AuditEvent.objects.get(action="patients.patient.updated").detail["fields"] == ["given_name"]
    assert search.patients(reception, "mira").exists()
    assert not search.patients(reception, "meera").exists()


# Other names


def test_a_patient_is_found_by_a_maiden_name_also_after_an_edit(reception: User, patient: Patient) -> None:
    details = {"sex": "female", "birth_date": BORN}
    registration.update(
        reception,
        patient_id=patient.pk,
        given_name="Meera",
        family_name="Raghunathan",
        other_names="Meera Deshpandé, Mimi",
        **details,
    )
    for word in ("deshpande", "Mimi", "raghunathan"):
        assert list(search.patients(reception, word)) == [patient]
    registration.update(reception, patient_id=patient.pk, given_name="Mira", family_name="Raghunathan", **details)
    assert list(search.patients(reception, "deshpande mira")) == [patient]
    registration.update(
        reception, patient_id=patient.pk, given_name="Mira", family_name="Raghunathan", other_names="", **details
    )
    assert not search.patients(reception, "deshpande").exists()


def test_other_names_are_typed_at_the_desk_and_stand_on_the_chart(
    reception: User, patient: Patient, browser_of
) -> None:
    client = browser_of(reception)
    page = client.get(f"/patients/{patient.pk}/edit")
    assert 'name="other_names"' in page.content.decode()
    patient.other_names = "Olga Lindqvist"
    patient.save(update_fields=["other_names"])
    assert "Olga Lindqvist" in client.get(f"/patients/{patient.pk}/person").content.decode()
