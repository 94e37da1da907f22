"""Every address of the administration for every role, as its own account and as one that was let into the
administration, by every method, of rows of one's own, another department's, another facility's, and a patient whose
record is kept narrower.

Whom each opens to stands in matrix_administration.txt, which was read line by line; of a list, whose rows it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from hms import urls as house
from hms.core import roles
from hms.core.admin import FacilityScope, ReadOnlyAdmin
from hms.core.models import User
from patients.models import Patient
from tests.conftest import sign_in
from tests.project import matrix
from tests.project.administration import ROOT, Address, addresses, row_of, table
from tests.project.hospitals import FOREIGN, KNOW_THE_NARROW, OWN, Hospital
from tests.project.matrix import METHODS, MINUTES, Answer, Found, ask, browser, differences
from tests.project.test_matrix import PARTS
from tests.project.walked import GIVEN

REVIEWED = Path(__file__).with_name("matrix_administration.txt")
HOW_TO = "Read each line of the difference, then write the table again: HMS_WRITE_MATRIX=1 bin/hms test tests/project/test_matrix_administration.py"
# Of these there is none: what was imported is not another department's, and a specialty is the whole network's.
NO_ROW = {
    "interop.SourceRecord other", "interop.SourceRecord narrow", "interop.UnresolvedReference other",
    "interop.UnresolvedReference narrow", "doctors.Specialty foreign",
}  # fmt: skip


def opened(address: Address, url: str, method: str, answer: Answer) -> bool:
    if address.action:
        ended = any("sessions_ended" in values for _table, values in answer.changes)
        return ended or bool(answer.written - MINUTES)
    # "It does not exist", and the way to the page where one is told so.
    nowhere = {f"Location: {ROOT}", f"Location: {ROOT}login/", f"Location: {url}change/"}
    refused = any(f"{line}\n" in answer.text or f"{line}?" in answer.text for line in nowhere)
    return answer.opened and not (answer.status == 302 and refused)


def _ask_for_all(stands: Hospital, code: str, client: Client, address: Address, found: Found) -> list[str]:
    faults: list[str] = []
    let_in = False
    for kind in address.kinds:
        key = row_of(stands, address, kind)
        # Refused one's own, one is refused the others' as well: shown by one role.
        if (kind != "own" and not let_in and code != "hr") or (key is None and address.leads_to_a_row):
            continue
        for method in ("POST",) if address.action else ("GET", "POST"):
            url = address.url(key)
            answer = ask(client, method, url, address.sent(key), keep=True)
            open_to = opened(address, url, method, answer)
            let_in = let_in or open_to
            where = f"{code} {method} {address.name} {kind} {answer.status}"
            faults += [f"{where}: {fault}" for fault in faults_of(stands, code, method, open_to, answer)]
            if not open_to:
                continue
            shown = kinds_shown(stands, address, answer) if address.is_a_list else []
            for each in [kind] if address.leads_to_a_row else ["page", *shown]:
                found.setdefault((address.name, method, each), set()).add(code)
    return faults


def kinds_shown(stands: Hospital, address: Address, answer: Answer) -> Iterator[str]:
    for kind, rows in stands.rows.items():
        if any(f"/{key}/change/" in answer.text for key in rows[address.model]):
            yield kind


def faults_of(stands: Hospital, code: str, method: str, open_to: bool, answer: Answer) -> list[str]:
    faults = []
    if not open_to and (told := stands.tells(answer.text)):
        faults.append(f"the refusal says something of {told}")
    if answer.status >= 500:
        faults.append("broke")
    if (method == "GET" or not open_to) and (changed := answer.written - MINUTES):
        faults.append(f"changed {sorted(changed)}")
    named = stands.names(answer.text)
    if named and "patients.view_patient" not in roles.ROLES[code].permissions:
        faults.append(f"names {named} to a role that knows no patient")
    if FOREIGN in answer.text:
        faults.append("says something of another facility's patient")
    if code not in KNOW_THE_NARROW and "narrow" in named:
        faults.append("names a patient who is kept from this role")
    return faults


walk_all = partial(matrix.walk_all, _ask_for_all)


@pytest.fixture
def let_in(stands: Hospital) -> Hospital:
    """Every account opens the administration, as one may be made to. Who can be signed out is signed in, with a second
    step that can be taken off."""
    for kind in ("own", "foreign"):
        user = User.objects.get(pk=stands.rows[kind][User][0])
        sign_in(user.at(stands.objects[kind].patient.registered_at))
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    User.objects.filter(pk__in=[user.pk for user in stands.asked.values()]).update(is_staff=True)
    return stands


def test_there_is_a_row_of_each_kind_to_ask_for(stands: Hospital) -> None:
    missing = {
        f"{address.model._meta.label} {kind}"
        for address in addresses()
        for kind in address.kinds
        if address.leads_to_a_row and row_of(stands, address, kind) is None
    }
    assert missing == NO_ROW


@pytest.mark.parametrize("codes", PARTS, ids=["-".join(part) for part in PARTS])
def test_every_address_opens_to_whom_the_table_says(let_in: Hospital, codes: list[str]) -> None:
    found, faults = walk_all(let_in, codes, addresses())
    assert faults == [], "\n".join(faults)
    wrong = differences(found, REVIEWED, codes, table)
    assert wrong == [], "\n".join([*wrong, HOW_TO])


# Who is not let in is refused before their role is looked at: every role is tried by GET, these by POST as well.
BY_POST = ("cashier", "doctor", "")


def not_kept_out(stands: Hospital, codes: list[str]) -> list[str]:
    """What answers somebody otherwise than with the way to the door, who is not let into the administration."""
    wrong = []
    for code in codes:
        client = browser(stands, code) if code else Client()
        for address in addresses():
            url = address.url(row_of(stands, address, "own"))
            for method in ("POST",) if address.action else ("GET", "POST") if code in BY_POST else ("GET",):
                answer = ask(client, method, url, keep=True)
                door = "Location: /admin/" if code else "Location: /accounts/login/"
                fine = answer.status == 302 and door in answer.text and not stands.tells(answer.text)
                if not fine or answer.written - MINUTES:
                    wrong.append(f"{code} {method} {address.name}: {answer.status} {answer.written - MINUTES}")
    return wrong


def test_whoever_is_not_let_into_the_administration_opens_nothing_of_it(stands: Hospital) -> None:
    wrong = not_kept_out(stands, [*(code for code in roles.ROLES if code != "administrator"), ""])
    assert wrong == [], "\n".join(wrong)


def test_no_other_method_is_answered_here(stands: Hospital) -> None:
    client = browser(stands, "administrator")
    for address in addresses():
        for method in METHODS[3:]:
            assert client.generic(method, address.url(row_of(stands, address, "own"))).status_code == 405


# What would be found.


def open_to_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Patient.objects.get(given_name=f"{GIVEN}{OWN}")))


urlpatterns = [
    path("admin/", ([path("new/", open_to_all, name="new"), *admin.site.get_urls()], "admin", "admin")),
    *house.urlpatterns,
]


@pytest.mark.urls("tests.project.test_matrix_administration")
def test_a_new_address_of_the_administration_is_missed_in_the_table(let_in: Hospital) -> None:
    new = [address for address in addresses() if address.name == "new"]
    found, faults = walk_all(let_in, ["cashier", "hr"], new)
    assert "hr GET new own 200: names ['own'] to a role that knows no patient" in faults
    wrong = differences({}, REVIEWED, [], table)
    assert len(wrong) == 2 and all(line.startswith("new ") for line in wrong)
    assert found["new", "GET", "page"] == {"cashier", "hr"}
    User.objects.update(is_staff=False)
    assert not_kept_out(let_in, ["cashier"]) == ["cashier GET new: 200 set()", "cashier POST new: 200 set()"]


def test_whatever_check_of_the_administration_is_away_is_missed(
    let_in: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"billing_invoice_changelist", "billing_invoice_change", "core_department_change", "wards_ward_change"}
    few = [address for address in addresses() if address.name in names]
    found, faults = walk_all(let_in, ["accountant", "administrator"], few)
    assert faults == []
    with monkeypatch.context() as weakened:
        weakened.setattr(FacilityScope, "get_queryset", lambda page, request: page.model._default_manager.all())
        loose, faults = walk_all(let_in, ["accountant", "administrator"], few)
    assert not {key for key in found if key[2] in ("foreign", "narrow")}
    assert {("billing_invoice_changelist", "GET", "narrow"), ("billing_invoice_change", "GET", "foreign")} <= set(loose)
    assert loose["wards_ward_change", "GET", "foreign"] == {"administrator"}
    with monkeypatch.context() as weakened:
        weakened.setattr(ReadOnlyAdmin, "has_view_permission", lambda page, request, obj=None: True)
        loose, _faults = walk_all(let_in, ["hr"], few)
    assert loose["billing_invoice_change", "GET", "own"] == {"hr"}
