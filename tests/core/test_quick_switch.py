"""A shared computer on the ward: locked, and gone on with by whoever stands before it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from allauth.mfa.webauthn.internal import auth as passkeys
from django.http import HttpRequest
from django.test import Client

from hms.core.models import AuditEvent, Pin, Presence, Session, User
from hms.core.refusals import Refused
from hms.core.sign_in import devices, presence, sessions
from hms.core.sign_in.sessions import SessionStore
from hms.core.views import lock as screen
from patients.models import Patient
from tests.core.passkeys import Passkey, challenge
from tests.weakened import reworded, weakened

PASSWORD = "canal boats drift at noon"
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def hour() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as hour:
        yield hour


def make(person: Callable[..., User], username: str, pin: str) -> User:
    user = person("nurse", username=username)
    user.set_password(PASSWORD)
    user.first_name, user.last_name = username.title(), "Tester"
    user.save()
    if pin:
        presence.set_pin(user, pin=pin)
    return user


@pytest.fixture
def ada(person: Callable[..., User]) -> User:
    return make(person, "ada", "4826")


@pytest.fixture
def ben(person: Callable[..., User]) -> User:
    return make(person, "ben", "90317")


@pytest.fixture
def ward(hour: time_machine.Traveller, ada: User, ben: User) -> Client:
    """The ward's computer: Ben signed in and locked it, then Ada did."""
    client = Client()
    for name in ("ben", "ada"):
        client.post("/accounts/login/", {"username": name, "password": PASSWORD})
        lock(client)
        hour.shift(timedelta(minutes=1))
    return client


# What the twins take away (tests/weakened.py).


def whoever(request: HttpRequest, user_id: uuid.UUID) -> Presence | None:
    """Whoever ever sat here, whatever became of them."""
    return Presence.objects.filter(device=devices.of(request), user_id=user_id).select_related("user").first()


def the_only_computer(request: HttpRequest) -> str:
    request._device = str(Presence.objects.earliest("created_at").device)
    return request._device


ANY_WORDS = SimpleNamespace(fullmatch=lambda pattern, text: True)


def lock(client: Client, back: str = "/patients/"):
    return client.post("/accounts/lock/", {"next": back})


def unlock(client: Client, user: User, pin: str):
    return client.post("/accounts/locked/", {"person": str(user.pk), "pin": pin})


def who(client: Client) -> str:
    """The user name of whoever is signed in, "" for nobody."""
    answer = client.get("/")
    return answer.wsgi_request.user.username if answer.status_code == 200 else ""


def actions() -> list[str]:
    acts = AuditEvent.objects.filter(action__startswith="core.user.").order_by("id")
    return list(acts.values_list("action", "actor__username"))


@weakened("without the lock", presence, "is_locked", lambda request: False)
def test_a_locked_computer_answers_everything_with_the_lock_screen_and_shows_nothing(
    ward: Client, patient: Patient
) -> None:
    for page in ("/", "/patients/", f"/patients/{patient.pk}/", "/wards/", "/admin/core/user/", "/accounts/security/"):
        answer = ward.get(page, follow=True)
        assert answer.redirect_chain[-1][0] == "/accounts/locked/", page
        assert patient.family_name not in answer.content.decode()
    for address in ("/search", "/accounts/password/"):
        assert ward.post(address, {"q": patient.family_name}).headers.get("Location") == "/accounts/locked/"
    htmx = ward.get(f"/patients/{patient.pk}/", HTTP_HX_REQUEST="true")
    assert (htmx.status_code, htmx.headers["HX-Redirect"], htmx.content) == (204, "/accounts/locked/", b"")


@weakened("with a session that stays", SessionStore, "delete", lambda self, session_key=None: None)
def test_the_session_that_was_locked_is_over(ward: Client, ada: User) -> None:
    assert not Session.objects.filter(user=ada).exists()
    unlock(ward, ada, "4826")
    kept = ward.cookies["session"].value
    lock(ward)
    thief = Client()
    thief.cookies["session"] = kept
    assert who(thief) == ""


@weakened("without the way back", presence, "way_back", lambda request, user_id: "/")
def test_who_locked_it_comes_back_to_where_they_were(ward: Client, ada: User) -> None:
    before = ward.cookies["session"].value
    answer = unlock(ward, ada, "4826")
    assert answer.headers.get("Location") == "/patients/"
    assert who(ward) == "ada"
    assert ward.cookies["session"].value != before
    assert actions()[-1] == ("core.user.unlocked", "ada")


@weakened("to another's page", presence, "way_back", lambda request, user_id: request.session["locked"]["back"])
def test_a_colleague_takes_over_and_each_act_is_theirs(ward: Client, ben: User) -> None:
    page = ward.get("/accounts/locked/").content.decode()
    assert "Ada Tester" in page and "Ben Tester" in page
    answer = unlock(ward, ben, "90317")
    assert answer.headers.get("Location") == "/", "not to the page of whoever locked it"
    assert who(ward) == "ben"
    assert actions()[-2:] == [("core.user.unlocked", "ben"), ("core.user.switched", "ben")]
    ward.post("/search", {"q": "nobody"})
    assert AuditEvent.objects.get(action="core.search").actor == ben


@weakened("without an end to guessing", presence, "_mine", whoever)
def test_five_wrong_pins_end_the_presence_and_only_that(ward: Client, ada: User, ben: User) -> None:
    for number in range(5):
        answer = unlock(ward, ada, f"111{number}")
        assert answer.status_code == 422
    assert b"Only your password opens" in answer.content
    assert unlock(ward, ada, "4826").status_code == 422, "the right one as well"
    assert "Ada Tester" not in ward.get("/accounts/locked/").content.decode()
    failed = AuditEvent.objects.filter(action="core.user.unlock_failed").order_by("id")
    assert [event.detail["over"] for event in failed] == [False] * 4 + [True]
    assert unlock(ward, ben, "90317").status_code == 302
    lock(ward)
    ward.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert who(ward) == "ada"
    lock(ward)
    assert unlock(ward, ada, "4826").status_code == 302


@weakened("with two wrong ones allowed", presence, "WRONG_PINS", 2)
def test_a_right_pin_forgives_the_wrong_ones_before(ward: Client, ada: User) -> None:
    for _round in range(3):
        for number in range(4):
            unlock(ward, ada, f"111{number}")
        assert unlock(ward, ada, "4826").status_code == 302
        lock(ward)


@weakened("with a life that begins anew", sessions, "goes_on", lambda request, since: None)
@weakened("without an end", presence, "_mine", whoever)
def test_it_lasts_as_long_as_the_full_sign_in_and_no_longer(
    ward: Client, ada: User, hour: time_machine.Traveller
) -> None:
    hour.shift(timedelta(hours=11))
    assert unlock(ward, ada, "4826").status_code == 302
    row = Session.objects.get(user=ada)
    assert row.expire_date == MORNING + timedelta(hours=12, minutes=1), "of the full sign-in, at a minute past nine"
    lock(ward)
    hour.shift(timedelta(hours=1))
    assert unlock(ward, ada, "4826").status_code == 422
    assert b"lasts any longer" in ward.get("/accounts/locked/").content


@weakened("with all computers taken for one", devices, "of", the_only_computer)
def test_a_pin_opens_nowhere_else(ward: Client, ada: User) -> None:
    elsewhere = Client()
    assert unlock(elsewhere, ada, "4826").headers.get("Location") == "/accounts/login/"
    elsewhere.post("/accounts/login/", {"username": "ben", "password": PASSWORD})
    lock(elsewhere)
    assert "Ada Tester" not in elsewhere.get("/accounts/locked/").content.decode()
    assert unlock(elsewhere, ada, "4826").status_code == 422
    assert elsewhere.post("/accounts/login/", {"username": "ada", "password": "4826"}).status_code == 200


@weakened("with a presence that stays", presence, "signed_out", lambda request, user: None)
def test_who_signs_out_is_gone_from_the_computer(ward: Client, ada: User) -> None:
    unlock(ward, ada, "4826")
    ward.post("/accounts/logout/")
    ward.post("/accounts/login/", {"username": "ben", "password": PASSWORD})
    lock(ward)
    assert "Ada Tester" not in ward.get("/accounts/locked/").content.decode()


@weakened("with a presence that stays", presence, "_mine", whoever)
@pytest.mark.parametrize("change", ["password", "closed", "everywhere"])
def test_another_password_a_closed_account_and_signing_out_everywhere_end_it(
    ward: Client, ada: User, change: str
) -> None:
    if change == "password":
        ada.set_password("seven geese above the dam")
        ada.save()
    elif change == "closed":
        User.objects.filter(pk=ada.pk).update(is_active=False)
    else:
        other = Client()
        other.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
        other.post("/accounts/logout/everywhere/", {"_key": str(uuid.uuid4()), "but_here": "1"})
    assert unlock(ward, ada, "4826").status_code == 422
    assert "Ada Tester" not in ward.get("/accounts/locked/").content.decode()


@weakened("with every PIN right", presence, "check_password", lambda typed, kept: True)
def test_who_has_no_pin_signs_in_fully(hour: time_machine.Traveller, person: Callable[..., User]) -> None:
    cleo, client = make(person, "cleo", ""), Client()
    client.post("/accounts/login/", {"username": "cleo", "password": PASSWORD})
    lock(client)
    assert b"has no PIN" in client.get("/accounts/locked/").content
    assert unlock(client, cleo, "").status_code == 422
    client.post("/accounts/login/", {"username": "cleo", "password": PASSWORD})
    assert who(client) == "cleo"
    assert client.get("/accounts/locked/").headers.get("Location") == "/"


@pytest.mark.parametrize("junk", ["", "x", "00000000-0000-0000-0000-000000000000", "'; drop"])
def test_junk_opens_nothing(ward: Client, junk: str) -> None:
    assert ward.post("/accounts/locked/", {"person": junk, "pin": "４８２６"}).status_code == 422


@weakened("with every way taken", screen, "url_has_allowed_host_and_scheme", lambda url, allowed_hosts: True)
def test_no_way_leads_out_of_the_house(ward: Client, ada: User) -> None:
    unlock(ward, ada, "4826")
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
        lock(ward, elsewhere)
        assert unlock(ward, ada, "4826").headers.get("Location") == "/", elsewhere


@weakened("without the rule", presence, "is_weak", lambda digits: False)
@weakened("without the shapes of keys", presence, "KEYS", set(), only="2580")
@pytest.mark.parametrize(
    "pin", ["0000", "1234", "4321", "7890", "8901", "1212", "123123", "1221", "1985", "2026", "2580", "777777", "5566"]
)
def test_pins_that_are_tried_first_are_refused(ada: User, pin: str) -> None:
    with pytest.raises(Refused, match="tried first"):
        presence.set_pin(ada, pin=pin)


@weakened("without the rule", presence, "re", ANY_WORDS, only=["482613579", "48a6"], by=ValueError)
@pytest.mark.parametrize("pin", ["", "123", "482613579", "48a6", "48 26"])
def test_a_pin_is_four_to_eight_digits(ada: User, pin: str) -> None:
    with pytest.raises(Refused, match="Four to eight digits"):
        presence.set_pin(ada, pin=pin)


@weakened("unasked", screen, "raise_if_reauthentication_required", lambda request, app: None)
def test_a_person_sets_their_pin_after_signing_in_again(ada: User, hour: time_machine.Traveller) -> None:
    client = Client()
    client.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    before = Pin.objects.get(user=ada).hashed
    address = "/accounts/security/pin/"

    def send(pin: str, again: str):
        return client.post(address, {"_key": str(uuid.uuid4()), "pin": pin, "again": again})

    assert send("73915", "73915").headers["Location"].startswith("/accounts/again/")
    client.post("/accounts/again/", {"password": PASSWORD})
    assert b"tried first" in send("1234", "1234").content
    assert b"not the same" in send("73915", "73916").content
    assert send("73915", "73915").status_code == 302
    after = Pin.objects.get(user=ada).hashed
    assert after != before and "73915" not in after
    client.post(f"{address}remove/", {"_key": str(uuid.uuid4())})
    assert not Pin.objects.filter(user=ada).exists()


@weakened("with every PIN right", presence, "check_password", lambda typed, kept: True)
def test_nobody_comes_back_by_anothers_presence(ward: Client, ada: User, ben: User) -> None:
    """Ben's PIN under Ada's name, and the other way round."""
    assert unlock(ward, ada, "90317").status_code == 422
    assert unlock(ward, ben, "4826").status_code == 422
    assert list(Presence.objects.order_by("created_at").values_list("wrong_pins", flat=True)) == [1, 1]


@weakened("with a presence that stays", presence, "_mine", whoever)
def test_who_has_to_choose_a_password_does_not_come_back_by_an_old_pin(ward: Client, ada: User) -> None:
    lock(ward)
    User.objects.filter(pk=ada.pk).update(first_password_until=datetime.now(UTC) + timedelta(days=7))
    unlock(ward, ada, "4826")
    assert who(ward) == ""
    User.objects.filter(pk=ada.pk).update(first_password_until=None)
    unlock(ward, ada, "4826")
    assert who(ward) == "ada"


# By passkey

DOOR = "/accounts/locked/passkey/"


def show(client: Client, passkey: Passkey, **how: Any):
    return client.post(DOOR, {"credential": passkey.answer(challenge(client, DOOR), **how)})


def unlocked_by() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(action="core.user.unlocked").order_by("id")
    return [(row.actor.username, row.detail["by"]) for row in rows]


def refused() -> list[dict[str, Any]]:
    rows = AuditEvent.objects.filter(action="core.user.unlock_failed", detail__by="passkey").order_by("id")
    return [{"whose": row.object_id, "actor": row.actor_id} for row in rows]


@weakened("without the way back", presence, "way_back", lambda request, user_id: "/")
@weakened(
    "without its row",
    reworded(
        presence._come_back,
        ('audit.record(place.user, "core.user.unlocked", place.user, detail={"by": by})', "pass"),
    ),
)
@weakened("with a life that begins anew", sessions, "goes_on", lambda request, since: None)
def test_a_passkey_brings_its_owner_back_and_says_so(ward: Client, ada: User) -> None:
    key, before = Passkey(ada).adopted(), ward.cookies["session"].value
    answer = show(ward, key)
    assert answer.headers["Location"] == "/patients/"
    assert who(ward) == "ada"
    assert ward.cookies["session"].value != before
    assert Session.objects.get(user=ada).expire_date == MORNING + timedelta(hours=12, minutes=1), "of the full sign-in"
    assert unlocked_by() == [("ada", "passkey")]
    assert refused() == []


@weakened("to another's page", presence, "way_back", lambda request, user_id: request.session["locked"]["back"])
def test_a_colleague_takes_over_by_passkey_at_their_own_first_page(ward: Client, ben: User) -> None:
    assert show(ward, Passkey(ben).adopted()).headers["Location"] == "/"
    assert who(ward) == "ben"
    assert actions()[-2:] == [("core.user.unlocked", "ben"), ("core.user.switched", "ben")]
    assert unlocked_by() == [("ben", "passkey")]


def anybody(request: HttpRequest, user_id: uuid.UUID) -> Presence:
    """As if whoever shows a passkey had signed in here."""
    return whoever(request, user_id) or Presence(user=User.objects.get(pk=user_id), signed_in_at=MORNING)


@weakened("with a place for everybody", presence, "_mine", anybody)
@weakened(
    "without its row",
    reworded(
        presence.unlock_by_passkey,
        ('audit.record(None, "core.user.unlock_failed", user, detail={"by": "passkey"})', "pass"),
    ),
)
def test_a_passkey_of_somebody_who_never_signed_in_here_opens_nothing_and_it_is_known(
    ward: Client, person: Callable[..., User]
) -> None:
    cleo = make(person, "cleo", "73915")
    answer = show(ward, Passkey(cleo).adopted())
    assert answer.headers["Location"] == "/accounts/locked/"
    assert who(ward) == ""
    assert "Cleo" not in ward.get("/accounts/locked/").content.decode()
    assert refused() == [{"whose": str(cleo.pk), "actor": None}]
    assert unlocked_by() == []


@weakened("with a presence that stays", presence, "_mine", whoever)
@pytest.mark.parametrize("change", ["signed out", "password", "closed", "too late"])
def test_a_passkey_opens_no_longer_than_the_presence_of_its_owner(
    ward: Client, ada: User, hour: time_machine.Traveller, change: str
) -> None:
    key = Passkey(ada).adopted()
    if change == "signed out":
        unlock(ward, ada, "4826")
        ward.post("/accounts/logout/")
        ward.post("/accounts/login/", {"username": "ben", "password": PASSWORD})
        lock(ward)
    elif change == "password":
        ada.set_password("seven geese above the dam")
        ada.save()
    elif change == "closed":
        User.objects.filter(pk=ada.pk).update(is_active=False)
    else:
        hour.shift(timedelta(hours=11))
        unlock(ward, ada, "4826")
        lock(ward)
        hour.shift(timedelta(hours=1))
    show(ward, key)
    assert who(ward) == ""
    assert refused() == [{"whose": str(ada.pk), "actor": None}]


UNVERIFIED = reworded(
    passkeys.begin_authentication,
    ("else UserVerificationRequirement.REQUIRED", "else UserVerificationRequirement.DISCOURAGED"),
)


@weakened("without the device's own check", UNVERIFIED, only="unchecked")
@pytest.mark.parametrize("fault", ["unchecked", "another house", "another's name", "unknown", "used before", "junk"])
def test_what_is_no_answer_of_ones_own_passkey_opens_nothing(ward: Client, ada: User, ben: User, fault: str) -> None:
    """In the name of whoever may come back here; nobody is accused, since anybody could have sent it."""
    key = Passkey(ada).adopted()
    if fault == "junk":
        answer = ward.post(DOOR, {"credential": "{}"})
    elif fault == "used before":
        kept = key.answer(challenge(ward, DOOR))
        assert ward.post(DOOR, {"credential": kept}).headers["Location"] == "/patients/"
        lock(ward)
        challenge(ward, DOOR)
        answer = ward.post(DOOR, {"credential": kept})
    else:
        how = {
            "unchecked": {"checked": False},
            "another house": {"house": "evil.example"},
            "another's name": {"of": ben},
        }
        answer = show(ward, Passkey(ada) if fault == "unknown" else key, **how.get(fault, {}))
    assert answer.headers["Location"] == "/accounts/locked/"
    assert who(ward) == ""
    assert refused() == []


@weakened("without the lock", presence, "is_locked", lambda request: True)
def test_where_nothing_is_locked_a_passkey_unlocks_nothing(hour: time_machine.Traveller, ada: User) -> None:
    client = Client()
    assert client.get(DOOR).headers.get("Location") == "/accounts/login/"
