"""What a new hospital needs before the first patient comes: each department says its own steps.

setup.step("departments", label=_("Departments"), text=_("…"), permission="core.add_department", order=20,
           url=lambda facility: reverse("admin:core_department_add"),
           done=lambda facility: Department.objects.filter(facility=facility))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, QuerySet

from hms.core.models import Facility, User


@dataclass(frozen=True)
class Step:
    key: str
    label: str
    text: str
    permission: str
    order: int
    url: Callable[[Facility], str]
    done: Callable[[Facility], QuerySet]
    optional: bool


@dataclass(frozen=True)
class Standing:
    """A step as it stands in a facility, and where it is done."""

    label: str
    text: str
    url: str
    done: bool
    optional: bool  # not every hospital has it
    current: bool  # the first open one that every hospital needs


_steps: dict[str, Step] = {}


def step(
    key: str,
    *,
    label: str,
    text: str,
    permission: str,
    order: int,
    url: Callable[[Facility], str],
    done: Callable[[Facility], QuerySet],
    optional: bool = False,
) -> None:
    """A step of setting up a hospital; it is done once `done(facility)` has a row. An `optional` one holds nobody up."""
    _steps[key] = Step(key, label, text, permission, order, url, done, optional)


def standing(user: User) -> list[Standing]:
    """The steps in the facility where this person works, in order. One query."""
    steps = sorted(_steps.values(), key=lambda each: each.order)
    facility = user.facility
    there = {f"step_{place}": Exists(each.done(facility)) for place, each in enumerate(steps)}
    found = Facility.objects.filter(pk=facility.pk).values_list(*there.values()).get()
    open_ones = (place for place, done in enumerate(found) if not done and not steps[place].optional)
    first = next(open_ones, None)
    return [
        Standing(
            str(each.label),
            str(each.text),
            each.url(facility) if user.has_perm(each.permission) else "",
            done,
            each.optional,
            place == first,
        )
        for place, (each, done) in enumerate(zip(steps, found, strict=True))
    ]


def unfinished(user: User) -> bool:
    """Whether something is left to do that every hospital needs."""
    return any(each.current for each in standing(user))
