"""Erasure and holds in the browser: asked for, decided and shown, by people who prove that it is them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from hms.core.access import Access
from hms.core.models import Erasure, LegalHold, User
from hms.core.refusals import Refused
from patients.models import Patient
from patients.services import erasing, grants, legal_holds
from patients.views import erasures as screens
from tests.project.lived import ask_earlier, unforbidden, unguarded
from tests.weakened import reworded, weakened

pytestmark = pytest.mark.django_db


def ask(auditor: User, patient: Patient, ground: str = "ordered") -> Erasure:
    return ask_earlier(auditor, patient, ground=ground)


def held(auditor: User, patient: Patient) -> LegalHold:
    return legal_holds.place(auditor, patient_id=patient.pk, asked_for="court", reason="Trial")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after the password was asked again."""
    monkeypatch.setattr(screens, "did_recently_reauthenticate", lambda request: True)


def key() -> str:
    return str(uuid.uuid4())


@weakened("by one person", reworded(erasing.against, ("actor.pk == erasure.asked_by_id", "False")))
@weakened("by whose role it is not", screens.erasure_approve, "access", Access())
def test_it_is_asked_for_decided_and_shown_in_the_browser(
    fresh: None, auditor: User, manager: User, patient: Patient, browser_of: Callable[..., Client]
) -> None:
    officer, second = browser_of(auditor), browser_of(manager)
    assert "Ask for this record" in officer.get(f"/patients/{patient.pk}/keeping").content.decode()
    page = officer.get(f"/patients/{patient.pk}/erase").content.decode()
    assert "has to be kept until" in page
    fields = {"ground": "ordered", "reason": "Order 12/7", "_key": key()}
    answer = officer.post(f"/patients/{patient.pk}/erase", fields)
    asked = Erasure.objects.get()
    assert answer.url == f"/patients/erasures/{asked.pk}/"
    assert "You asked for this yourself" in officer.get(answer.url).content.decode()
    with unguarded() as cursor:
        cursor.execute("update core_erasurechange set pgh_transaction = 3")
    page = second.get(answer.url).content.decode()
    assert "Approve and erase" in page and "Raghunathan" not in page and patient.mrn not in page
    assert officer.post(f"{answer.url}approve", {"_key": key()}).status_code == 403
    assert second.post(f"{answer.url}approve", {"_key": key()}).status_code == 302
    assert Patient.objects.get(pk=patient.pk).erased_at
    assert "Rows emptied or removed" in officer.get(answer.url).content.decode()


@weakened("but who asks", reworded(screens.erase, ("not did_recently_reauthenticate(request)", "False")))
@weakened("but who approves", reworded(screens.erasure_approve, ("not did_recently_reauthenticate(request)", "False")))
def test_whoever_asks_or_approves_proves_first_that_it_is_them(
    auditor: User, manager: User, patient: Patient, browser_of: Callable[..., Client]
) -> None:
    asked = ask(auditor, patient)
    for user, address in (
        (auditor, f"/patients/{patient.pk}/erase"),
        (manager, f"/patients/erasures/{asked.pk}/approve"),
    ):
        client = browser_of(user)
        session = client.session
        session["account_authentication_methods"] = []
        session.save()
        answer = client.post(address, {"ground": "ordered", "reason": "x", "_key": key()})
        assert answer.status_code == 302 and "/accounts/again/" in answer.url
    assert Patient.objects.get(pk=patient.pk).erased_at is None


@weakened("unproven", reworded(screens.legal_hold_lift, ("not did_recently_reauthenticate(request)", "False")))
@weakened("by anybody", screens.chart_keeping, "access", Access())
def test_a_hold_is_placed_seen_and_lifted_in_the_browser(
    auditor: User,
    patient: Patient,
    browser_of: Callable[..., Client],
    client_as: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    officer = browser_of(auditor)
    fields = {"asked_for": "court", "reference": "7 O 12/26", "reason": "Trial", "_key": key()}
    officer.post(f"/patients/{patient.pk}/hold", fields)
    hold = LegalHold.objects.get()
    for address in ("/patients/erasures/holds/", f"/patients/{patient.pk}/keeping"):
        assert "7 O 12/26" in officer.get(address).content.decode()
    desk = client_as("receptionist")
    assert desk.get(f"/patients/{patient.pk}/keeping").status_code == 403
    assert "7 O 12/26" not in desk.get(f"/patients/{patient.pk}/").content.decode()
    lift = f"/patients/erasures/holds/{hold.pk}/lift"
    monkeypatch.setattr(screens, "did_recently_reauthenticate", lambda request: False)
    officer.post(lift, {"reason": "Over", "_key": key()})
    assert LegalHold.objects.standing().exists(), "not before the password was asked again"
    monkeypatch.setattr(screens, "did_recently_reauthenticate", lambda request: True)
    officer.post(lift, {"reason": "Over", "_key": key()})
    assert "Over" in officer.get("/patients/erasures/holds/?show=all").content.decode()
    assert "7 O 12/26" not in officer.get("/patients/erasures/holds/").content.decode()
    asked = ask(auditor, patient)
    page = client_as("manager").get(f"/patients/erasures/{asked.pk}/").content.decode()
    assert "Holds that were lifted" in page and auditor.name in page and "7 O 12/26" not in page


@weakened("or not", lambda: unforbidden("nobody has judged it yet"))
def test_an_emergency_is_judged_before_its_chart_is_erased(
    auditor: User, person: Callable[..., User], patient: Patient
) -> None:
    User.objects.system()
    grant = grants.break_glass(person("doctor"), patient_id=patient.pk, reason="Collapsed")
    with pytest.raises(Refused, match="nobody has judged"):
        ask(auditor, patient)
    grants.review(auditor, grant_id=grant.pk, verdict="justified", comment="Called")
    assert ask(auditor, patient).status == "waiting"
