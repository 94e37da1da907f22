"""What stands beside a result: numbers read without a doubt, open results judged by their limit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from laboratory import flags
from laboratory.models import Flag, ReferenceRange

USUAL = ReferenceRange(
    low=Decimal("3.5"), high=Decimal("5.1"), critical_low=Decimal("2.8"), critical_high=Decimal("6.2")
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("5.2", "5.2"), ("5,2", "5.2"), (" 13.20 ", "13.20"), ("1234", "1234"), ("0,125", None), ("1,234", None)],
)
def test_a_number_is_read_without_a_doubt(text: str, value: str | None) -> None:
    assert flags.number(text) == (Decimal(value) if value else None)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("4.0", Flag.NORMAL),
        ("5.1", Flag.NORMAL),
        ("5.2", Flag.HIGH),
        ("2.7", Flag.CRITICAL_LOW),
    ],
)
def test_a_result_is_judged_by_its_range(text: str, flag: Flag) -> None:
    assert flags.flag(USUAL, flags.number(text), text) == flag


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("> 6.2", Flag.CRITICAL_HIGH),
        (">= 7", Flag.CRITICAL_HIGH),
        ("> 5.5", Flag.HIGH),
        ("< 2.8", Flag.CRITICAL_LOW),
        ("< 5", Flag.UNKNOWN),
        ("> 2", Flag.UNKNOWN),
        ("> many", Flag.UNKNOWN),
    ],
)
def test_of_an_open_result_only_what_is_certain_is_said(text: str, flag: Flag) -> None:
    assert flags.flag_open(USUAL, text) == flag


def test_below_the_detection_limit_is_normal_where_nothing_is_too_low() -> None:
    assert flags.flag_open(ReferenceRange(high=Decimal("5")), "< 1") == Flag.NORMAL


def test_without_a_range_nothing_is_called_normal() -> None:
    assert flags.flag(None, Decimal("4"), "4") == Flag.UNKNOWN


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("6.8", False),  # critical, and possible
        ("45", True),  # 4.5 with its point lost
        ("68", True),
        ("0.45", True),
        ("0.9", False),
        ("> 60", True),
        ("< 0.01", False),
        ("haemolysed", False),
    ],
)
def test_a_slipped_point_is_asked_about(text: str, asked: bool) -> None:
    potassium = ReferenceRange(
        low=Decimal("3.5"), high=Decimal("5.1"), critical_low=Decimal("2.5"), critical_high=Decimal("6.5")
    )
    assert flags.far(potassium, text) is asked


def test_without_critical_limits_a_narrow_quantity_is_asked_about_sooner_than_a_wide_one() -> None:
    albumin = ReferenceRange(low=Decimal("35"), high=Decimal("50"))
    assert not flags.far(albumin, "70") and flags.far(albumin, "420") and flags.far(albumin, "4.2")
    crp = ReferenceRange(high=Decimal("5"))
    assert not flags.far(crp, "88") and not flags.far(crp, "350"), "any pneumonia; any sepsis"
    assert flags.far(crp, "35000")
    ferritin = ReferenceRange(low=Decimal("15"), high=Decimal("150"))
    assert not flags.far(ferritin, "2100")
    assert not flags.far(None, "51")


@pytest.mark.parametrize(
    ("typed", "kept"), [("6,4", "6.4"), ("< 0,5", "< 0.5"), ("1,234", "1,234"), ("a, b", "a, b"), ("6.4", "6.4")]
)
def test_a_decimal_comma_is_kept_as_the_paper_prints_all_others(typed: str, kept: str) -> None:
    assert flags.plain(typed) == kept
