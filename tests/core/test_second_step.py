"""A second step where the role demands one: nothing opens before it is set up, and nobody loses their last."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from hms.core import people
from hms.core.models import AuditEvent, Session, User
from hms.core.sign_in import factors, sessions
from tests.weakened import reworded, weakened


@pytest.fixture
def nurses_must(settings: Any) -> None:
    settings.MFA_ROLES = ["nurse"]


def act(client: Client, address: str, **fields: object):
    return client.post(address, {"_key": str(uuid.uuid4()), **fields})


def recently_again(client: Client) -> None:
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 4e9, "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


@weakened("without the rule", factors, "is_missing", lambda request: False)
def test_before_it_is_set_up_every_page_leads_there(
    nurses_must: None, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    client = browser_of(person("nurse"))
    for page in ("/", "/patients/", "/wards/", "/search", "/notifications/"):
        for answer in (client.get(page), act(client, page)):
            assert answer.headers.get("Location") == "/accounts/security/", page
    assert b"Your role asks for a second step" in client.get("/accounts/security/").content
    assert client.get("/shell/counts", HTTP_HX_REQUEST="true").status_code == 204
    htmx = client.get("/patients/", HTTP_HX_REQUEST="true")
    assert (htmx.status_code, htmx.headers["HX-Redirect"]) == (204, "/accounts/security/")
    assert client.post("/accounts/logout/").headers.get("Location") == "/accounts/login/"


@weakened("without the rule", factors, "is_missing", lambda request: False)
def test_the_administration_leads_there_as_well(
    settings: Any, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    settings.MFA_ROLES = ["all"]
    client = browser_of(person("administrator"))
    assert client.get("/admin/core/user/").headers.get("Location") == "/accounts/security/"


@weakened("without the rule", factors, "is_missing", lambda request: False)
@weakened("with none that is enough", factors, "has_one", lambda user: False)
def test_once_it_is_set_up_everything_opens(
    nurses_must: None, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    nurse = person("nurse")
    client = browser_of(nurse)
    assert client.get("/").status_code == 302
    TOTP.activate(nurse, "JBSWY3DPEHPK3PXP")
    assert client.get("/").status_code == 200


@weakened("asked of everybody", factors, "must_have", lambda memberships: True)
def test_other_roles_go_on_as_before(
    nurses_must: None, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    assert browser_of(person("cashier")).get("/").status_code == 200


@weakened(
    "asked of the role held here", reworded(factors.is_missing, ("request.memberships", "request.memberships[:1]"))
)
def test_a_role_held_in_another_facility_counts(
    nurses_must: None, person: Callable[..., User], browser_of: Callable[[User], Client], south: Any
) -> None:
    cashier = person("cashier")
    people.grant(None, user=cashier, facility=south, role="nurse")
    assert browser_of(cashier).get("/").status_code == 302


@weakened("as it is written", factors, "roles_that_must", lambda: {"all"})
def test_all_means_every_role_of_the_staff(settings: Any) -> None:
    settings.MFA_ROLES = ["all"]
    assert {"doctor", "nurse", "administrator", "auditor"} <= factors.roles_that_must()
    assert "patient" not in factors.roles_that_must()


@weakened("without the rule", factors, "may_go", lambda authenticator: True)
def test_nobody_who_must_have_one_removes_the_last(
    nurses_must: None, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    nurse = person("nurse")
    TOTP.activate(nurse, "JBSWY3DPEHPK3PXP")
    client = browser_of(nurse)
    recently_again(client)
    answer = act(client, "/accounts/security/app/remove/")
    assert answer.headers.get("Location") == "/accounts/security/"
    assert Authenticator.objects.filter(user=nurse).exists()
    assert b"Your role demands a second step" in client.get("/accounts/security/").content


@weakened("with all kept", factors, "may_go", lambda authenticator: False)
def test_and_whoever_need_not_does(person: Callable[..., User], browser_of: Callable[[User], Client]) -> None:
    nurse = person("nurse")
    TOTP.activate(nurse, "JBSWY3DPEHPK3PXP")
    client = browser_of(nurse)
    recently_again(client)
    assert client.get("/accounts/security/app/remove/").status_code == 200
    act(client, "/accounts/security/app/remove/")
    assert not Authenticator.objects.filter(user=nurse).exists()
    assert AuditEvent.objects.filter(action="core.user.factor_removed").exists()


@weakened("with sessions that stay", sessions, "end_all", lambda user, **but: 0)
def test_an_administrator_takes_a_lost_second_step_off(
    nurses_must: None, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    nurse = person("nurse")
    TOTP.activate(nurse, "JBSWY3DPEHPK3PXP")
    client, admin = browser_of(nurse), browser_of(person("administrator"))
    fields = {"_key": str(uuid.uuid4()), "action": "take_off_second_steps", "_selected_action": str(nurse.pk)}
    assert act(admin, "/admin/core/user/", **fields).status_code == 302
    assert not Authenticator.objects.filter(user=nurse).exists()
    assert not Session.objects.filter(user=nurse).exists()
    assert client.get("/").headers["Location"].startswith("/accounts/login/")
    assert AuditEvent.objects.get(action="core.user.factors_taken_off").object_id == str(nurse.pk)


@weakened("with nobody elsewhere", people, "works_elsewhere", lambda user, than: False)
def test_nobody_takes_off_the_second_step_of_people_who_work_elsewhere(
    person: Callable[..., User], browser_of: Callable[[User], Client], south: Any
) -> None:
    stranger, both = person("nurse", south), person("nurse")
    people.grant(None, user=both, facility=south, role="nurse")
    admin = browser_of(person("administrator"))
    for nurse in (stranger, both):
        TOTP.activate(nurse, "JBSWY3DPEHPK3PXP")
        act(admin, "/admin/core/user/", action="take_off_second_steps", _selected_action=str(nurse.pk))
        assert Authenticator.objects.filter(user=nurse).exists()
