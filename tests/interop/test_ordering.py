"""The order in which files are imported."""

from __future__ import annotations

from interop.fhir.ordering import Index
from interop.fhir.reading import Entry, Resource, name
from tests.interop.conftest import attended, condition, encounter, patient, practitioner


def order(*files: list[Resource]) -> list[list[int]]:
    index = Index()
    for number, resources in enumerate(files):
        entries = [Entry(str(number), n, resource, resource["resourceType"]) for n, resource in enumerate(resources)]
        for entry in entries:
            name(entry, "")
        index.add(entries, "")
    try:
        return index.groups()
    finally:
        index.close()


def test_files_that_have_nothing_to_do_with_each_other_keep_their_order() -> None:
    assert order([patient("a")], [patient("b")], [patient("c")]) == [[0], [1], [2]]


def test_what_is_needed_comes_first() -> None:
    assert order([condition(who="Patient/a")], [patient("a")]) == [[1], [0]]


def test_what_is_pointed_at_comes_first_where_nothing_speaks_against_it() -> None:
    assert order([patient("a"), encounter(who="Patient/a", participant=attended())], [practitioner()]) == [[1], [0]]


def test_a_need_outweighs_a_pointer() -> None:
    pointing = [patient("a"), encounter(who="Patient/a", participant=attended())]
    needing = [practitioner(), condition(who="Patient/a")]
    assert order(needing, pointing) == [[1], [0]]


def test_files_that_need_each_other_are_one_group_and_come_before_who_needs_them() -> None:
    one = [patient("a"), condition("c1", who="Patient/b")]
    two = [patient("b"), condition("c2", who="Patient/a")]
    third = [condition("c3", who="Patient/b")]
    assert order(third, one, two) == [[1, 2], [0]]


def test_a_long_chain_of_needs_is_no_trouble() -> None:
    files = [[patient(f"p{n}"), condition(f"c{n}", who=f"Patient/p{n + 1}")] for n in range(3000)]
    files.append([patient("p3000")])
    assert [group[0] for group in order(*files)] == list(range(3000, -1, -1))


def test_a_hospital_that_stands_in_every_file_does_not_order_them_all() -> None:
    visits = [[patient(f"p{n}"), encounter(f"e{n}", who=f"Patient/p{n}", participant=attended())] for n in range(300)]
    houses = [[practitioner()] for _n in range(300)]
    found = order(*visits, *houses)
    assert len(found) == 600 and found.index([300]) < found.index([0])
