"""Which passwords a hospital takes, and what it says to those it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from hms.core.models import Facility, User, identity
from hms.core.sign_in import passwords
from tests.weakened import reworded, weakened


@pytest.fixture
def nurse(north: Facility, person: Callable[..., User]) -> User:
    user = person("nurse", username="n.okafor")
    user.first_name, user.last_name, user.email = "Ngozi", "Okafor-Brandt", "ngozi.ob@clinic.example"
    return user


def said(password: str, user: User | None) -> str:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)
    return " ".join(refused.value.messages)


def anything(self: object, password: str, user: User | None = None) -> None:
    """For the twins (tests/weakened.py)."""


def digits_only(self: object, password: str, user: User | None = None) -> None:
    assert password.isdigit()


known = passwords._surroundings


@weakened("with a demand for digits", passwords.Length, "validate", digits_only, only="canal boats drift at noon")
@weakened("with any password right", User, "check_password", lambda self, typed: True, only="canal boats drift at noon")
@pytest.mark.parametrize(
    "password",
    [
        "canal boats drift at noon",
        "tea, wind; 4 geese & a late train over the long grey bridge to the sea",
        "четыре гуся над каналом",
        "حصان بطارية مشبك صحيح",
        "🦆🚂🌊🌉🍵🧦🪁🎺🧀🪑",
        "x7!kQ0-vv2Lm",
        "the nurse who waters tomatoes at dawn",
        " spaces at both ends stay ",
        "a" + "bcde fghi " * 20,
    ],
)
def test_long_ones_of_any_script_are_taken(password: str, nurse: User) -> None:
    validate_password(password, nurse)
    nurse.set_password(password)
    assert nurse.check_password(password)
    assert not nurse.check_password(password.strip() + ".")


@weakened("without the rule", passwords.Length, "validate", anything, only="nine char")
@pytest.mark.parametrize("password", ["short", "nine char", "4711"])
def test_short_ones_hear_how_long(password: str, nurse: User) -> None:
    assert "needs 10" in said(password, nurse)


@weakened("without the rule", passwords.Common, "validate", anything)
@weakened("without walks over the keys", passwords, "_walks", set, only="lkjhgfdsapoi")
@weakened(
    "without their ends",
    reworded(passwords.Common.validate, ("{plain, bare, plain", "{plain, plain")),
    only="Password2026!",
)
@weakened(
    "without repetition", reworded(passwords.Common.validate, ("len(set(plain)) <= 3", "False")), only="abababababab"
)
@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "Password2026!",
        "qwertyuiop",
        "1234567890",
        "iloveyou2026",
        "aaaaaaaaaaaa",
        "abababababab",
        "lkjhgfdsapoi",
    ],
)
def test_what_is_tried_first_is_refused(password: str, nurse: User) -> None:
    assert "on the list of those that are tried first" in said(password, nurse)


@weakened("without the rule", passwords.Surroundings, "validate", anything)
@weakened("without the person", passwords, "_surroundings", lambda user: known(None), only="OkaforNgozi1")
@weakened("without the roles", passwords.roles, "ROLES", {}, only="Pharmacist2026")
@weakened("without look-alikes", passwords, "_LEET", {}, only="N0rthgat3Hosp!tal")
@pytest.mark.parametrize(
    "password",
    [
        "Northgate-2026",
        "N0rthgat3Hosp!tal",
        "hospital.hospital",
        "OkaforNgozi1",
        "n.okafor.2026",
        "Ngozi.OB.2026!",
        "nurse-nurse-1",
        "Pharmacist2026",
        "Lab_Technician_9",
        "welcome2northgate",
    ],
)
def test_what_surrounds_the_person_is_refused(password: str, nurse: User) -> None:
    assert "nothing to do with them" in said(password, nurse) or "tried first" in said(password, nurse)


@weakened("without an upper end", passwords, "MOST", 10_000)
@weakened("without the rule of surroundings", passwords.Surroundings, "validate", anything)
def test_every_refusal_says_what_to_do(nurse: User) -> None:
    for password, word in (
        ("short", "needs 10"),
        ("password123", "Choose another"),
        ("Northgate-2026", "Choose words"),
        ("the long grey way home " * 50, "at most 1000"),
    ):
        assert word in said(password, nurse), password


@weakened(
    "without the facilities",
    reworded(passwords._surroundings, ('*Facility.objects.values_list("name", flat=True)', "")),
)
def test_without_a_person_the_hospitals_own_words_are_known(north: Facility) -> None:
    assert "nothing to do with them" in said("Northgate-2026", None)


@weakened("as it was typed", identity, "_one_way_to_write", lambda password: password)
def test_the_same_letters_typed_on_another_keyboard_are_the_same(nurse: User) -> None:
    composed, apart = "caf\u00e9 by the grey river", "cafe\u0301 by the grey river"
    nurse.set_password(apart)
    assert nurse.check_password(composed) and nurse.check_password(apart)
    made = User.objects.create_user("a.weber", password=apart)
    assert made.check_password(composed)
    assert not made.check_password("cafe by the grey river")
