"""Somebody who works in two facilities works in one of them at a time, in their role there, and the switch is recorded."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from hms.core import people
from hms.core.middleware import FacilityMiddleware
from hms.core.models import AuditEvent, Facility, User
from hms.core.views import shell
from tests.weakened import reworded, weakened

SWITCHED = "core.session.switched_facility"


@weakened(
    "with the roles of every facility",
    reworded(FacilityMiddleware.enter, ("for m in here]", "for m in request.memberships]")),
)
@weakened(
    "without its row",
    reworded(
        shell.switch_facility,
        ('    audit.record(request.user.at(chosen.facility), "core.session.switched_facility", chosen.facility)\n', ""),
    ),
    by=AuditEvent.DoesNotExist,
)
def test_the_role_is_that_of_the_facility_one_went_to_and_the_switch_leaves_a_row(
    north: Facility, south: Facility, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    both = person("hr")
    people.grant(None, user=both, facility=south, role="cashier")
    client = browser_of(both)
    assert (client.get("/staff/").status_code, client.get("/billing/invoices/").status_code) == (200, 403)
    assert client.post("/facility", {"facility": str(south.pk)}).status_code == 302
    assert (client.get("/staff/").status_code, client.get("/billing/invoices/").status_code) == (403, 200)
    row = AuditEvent.objects.get(action=SWITCHED)
    assert (row.actor, row.facility, row.role, row.object_id) == (both, south, "cashier", str(south.pk))


@weakened(
    "with any facility taken",
    reworded(
        shell.switch_facility,
        ("if chosen is None:", "if not request.POST['facility']:"),
        ("str(chosen.facility_id)", "request.POST['facility']"),
        ('audit.record(request.user.at(chosen.facility), "core.session.switched_facility", chosen.facility)', ""),
    ),
)
def test_nobody_goes_where_they_do_not_work(
    south: Facility, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    nurse = person("nurse")
    client = browser_of(nurse)
    for stranger in (str(south.pk), "nowhere", ""):
        assert b"do not work in that facility" in client.post("/facility", {"facility": stranger}, follow=True).content
    assert client.session["facility"] == str(nurse.facility.pk)
    assert not AuditEvent.objects.filter(action=SWITCHED).exists()
