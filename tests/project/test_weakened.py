"""The twins of tests/weakened.py: a test that does not notice what is away has none that passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from tests.weakened import reworded, weakened

pytest_plugins = ["pytester"]

# A product of one function, one limit and one kind of refusal.
house = SimpleNamespace(opens=lambda key: key == "right")
limits = {"tries": 3}


class Refused(Exception):
    pass


@contextmanager
def among(*known: str) -> Iterator[tuple[str, ...]]:
    yield known


@among("nothing")
def asks(key: str, known: tuple[str, ...] = ("right",)) -> str:
    if key not in known:
        raise Refused
    return key


SUITE = """
import pytest
from tests.project.test_weakened import Refused, asks, house, limits, shut
from tests.weakened import reworded, weakened

anybody = lambda key: True
wrong_type = lambda key: key.nothing

def refuse(key):
    raise Refused

@weakened("without the lock", house, "opens", anybody)
def test_notices():
    assert not house.opens("wrong")

@weakened("without the lock", house, "opens", anybody)
def test_waits_in_vain():
    with pytest.raises(pytest.fail.Exception):
        assert house.opens("wrong") or pytest.fail()

@weakened("without the lock", house, "opens", anybody)
def test_does_not_notice():
    assert house.opens("right")

@weakened("with a fault", house, "opens", wrong_type)
def test_breaks_instead():
    assert not house.opens("wrong")

@weakened("with a refusal", house, "opens", refuse)
def test_is_refused():
    assert house.opens("right")

@weakened("with a refusal that counts", house, "opens", refuse, by=Refused)
def test_is_refused_and_says_so():
    assert house.opens("right")

@weakened("unasked", reworded(asks, ("if key not in known", "if False")))
def test_notices_a_rule_inside():
    with pytest.raises(Refused):
        asks("wrong")

@weakened("without the limit", limits, "tries", 100)
@weakened("shut", shut)
@pytest.mark.parametrize("key", ["right"])
def test_has_two(key):
    assert house.opens(key) and limits["tries"] < 10

@weakened("without the lock", house, "opens", anybody, only="wrong")
@pytest.mark.parametrize("key", ["right", "wrong"])
def test_has_one_that_matters(key):
    assert house.opens(key) == (key == "right")

@pytest.mark.parametrize(
    "key", ["right", pytest.param("wrong", marks=weakened("without the lock", house, "opens", anybody))]
)
def test_has_one_of_its_parameter(key):
    assert house.opens(key) == (key == "right")
"""


@contextmanager
def shut() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house, "opens", lambda key: False)
        yield


def test_a_twin_passes_only_where_the_test_noticed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from tests.conftest import pytest_pycollect_makeitem")
    pytester.makepyfile(SUITE)
    ran = pytester.inline_run("-p", "no:django", "-p", "no:cacheprovider", "-q")
    reports = [report for report in ran.getreports("pytest_runtest_logreport") if report.when == "call"]
    assert {report.nodeid.partition("::")[2]: report.outcome for report in reports} == {
        "test_notices": "passed",
        "test_notices[without the lock]": "passed",
        "test_waits_in_vain": "passed",
        "test_waits_in_vain[without the lock]": "passed",
        "test_does_not_notice": "passed",
        "test_does_not_notice[without the lock]": "failed",
        "test_breaks_instead": "passed",
        "test_breaks_instead[with a fault]": "failed",
        "test_is_refused": "passed",
        "test_is_refused[with a refusal]": "failed",
        "test_is_refused_and_says_so": "passed",
        "test_is_refused_and_says_so[with a refusal that counts]": "passed",
        "test_notices_a_rule_inside": "passed",
        "test_notices_a_rule_inside[unasked]": "passed",
        "test_has_two[right]": "passed",
        "test_has_two[right, shut]": "passed",
        "test_has_two[right, without the limit]": "passed",
        "test_has_one_that_matters[right]": "passed",
        "test_has_one_that_matters[wrong]": "passed",
        "test_has_one_that_matters[wrong, without the lock]": "passed",
        "test_has_one_of_its_parameter[right]": "passed",
        "test_has_one_of_its_parameter[wrong]": "passed",
        "test_has_one_of_its_parameter[wrong, without the lock]": "passed",
    }
    said = {report.nodeid.partition("::")[2]: str(report.longrepr) for report in reports if report.failed}
    assert "does not notice what is away: without the lock" in said["test_does_not_notice[without the lock]"]
    assert "AttributeError" in said["test_breaks_instead[with a fault]"]
    assert (house.opens("wrong"), limits["tries"]) == (False, 3), "everything is back in its place"
    with pytest.raises(Refused):
        asks("wrong")


def test_what_is_taken_away_must_be_there() -> None:
    with pytest.raises(AssertionError, match="0 times"):
        reworded(asks, ("if key is None", "if False"))
    with pytest.raises(AttributeError):
        weakened("without a word", house, "closes", None).args[0].away().__enter__()
