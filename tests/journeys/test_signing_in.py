"""The door in a real browser: passkeys, the lock of a shared computer, and what is typed when a session ends."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import FLAGS, PASSWORD, WINDOW, Hospital, Person


@pytest.fixture
def nurse(hospital: Hospital, browser: Browser) -> Iterator[Person]:
    """At http://localhost, where browsers allow passkeys without TLS; with a passkey's device built in."""
    context = browser.new_context(**WINDOW)
    person = Person(context.new_page(), hospital.url.replace("127.0.0.1", "localhost"))
    person.page.on("pageerror", lambda error: person.faults.append(f"script error: {error}"))
    devices = context.new_cdp_session(person.page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield person
    context.close()
    assert person.faults == []


def sign_in(person: Person, username: str) -> None:
    person.go("/accounts/login/")
    person.page.fill("[name=username]", username)
    person.page.fill("[name=password]", PASSWORD)
    person.page.get_by_role("button", name="Sign in", exact=True).click()
    person.settle()


def sign_in_again(person: Person) -> None:
    if "/again/" in person.path():
        person.page.fill("[name=password]", PASSWORD)
        person.press("Go on")


def show_passkey(person: Person, name: str, until: str) -> None:
    """The browser's dialogue comes between the button and the next page."""
    person.page.get_by_role("main").get_by_role("button", name=name).click()
    person.page.wait_for_url(person.url + until)
    person.settle()


def from_menu(person: Person, name: str) -> None:
    person.page.locator(".who details.menu").last.locator("summary").click()
    person.page.get_by_role("button", name=name, exact=True).click()
    person.settle()


def test_a_nurse_adds_a_passkey_and_needs_no_password_any_more(nurse: Person) -> None:
    sign_in(nurse, "nurse")
    nurse.go("/accounts/security/")
    nurse.press("Add")
    sign_in_again(nurse)
    assert nurse.path() == "/accounts/security/passkeys/add/"
    nurse.fill(name="Ward telephone")
    show_passkey(nurse, "Add", "/accounts/security/recovery-codes/")
    assert nurse.page.locator(".codes li").count() == 10
    nurse.press("I have them")
    assert nurse.sees("Ward telephone") and nurse.sees("Opens without a password")
    from_menu(nurse, "Sign out")
    show_passkey(nurse, "Use a passkey instead", "/")
    assert nurse.page.locator(".who-name").is_visible()

    from_menu(nurse, "Lock")
    assert nurse.path() == "/accounts/locked/"
    nurse.page.go_back()
    nurse.settle()
    assert nurse.path().startswith("/accounts/locked/"), "the way back shows nothing"
    show_passkey(nurse, "Unlock with a passkey", "/")
    assert nurse.page.locator(".who-name").is_visible()

    from_menu(nurse, "Sign out")
    sign_in(nurse, "nurse")
    assert nurse.path() == "/accounts/code/", "with a password the passkey is the second step"
    show_passkey(nurse, "Use a passkey", "/")

    nurse.go("/accounts/security/")
    nurse.press("Remove")
    sign_in_again(nurse)
    nurse.press("Remove")
    assert not nurse.sees("Ward telephone")
    from_menu(nurse, "Sign out")
    sign_in(nurse, "nurse")
    assert nurse.path() == "/", "the password is enough again"


def test_an_app_with_codes_is_set_up_and_its_picture_is_there(nurse: Person) -> None:
    sign_in(nurse, "labtech")
    nurse.go("/accounts/security/app/")
    sign_in_again(nurse)
    picture = nurse.page.locator("img.qr")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100
    nurse.fill(code="000000")
    nurse.press("Set up")
    assert nurse.sees("did not match")


def test_two_colleagues_take_turns_at_one_computer(nurse: Person) -> None:
    for username, pin in (("pharmacist", "48261"), ("cashier", "90317")):
        sign_in(nurse, username)
        nurse.go("/accounts/security/pin/")
        sign_in_again(nurse)
        nurse.fill(pin=pin, again=pin)
        nurse.press("Set")
        assert nurse.sees("The PIN is set")
        from_menu(nurse, "Lock")
        assert nurse.path() == "/accounts/locked/"
    people = nurse.page.locator(".person-choice")
    assert people.count() == 2
    nurse.page.fill("[name=pin]", "11111")
    nurse.press("Unlock")
    assert nurse.sees("Still locked")
    people.nth(1).click()
    nurse.page.fill("[name=pin]", "48261")
    nurse.press("Unlock")
    assert "Pharmac" in nurse.page.locator(".who-name").inner_text()


def test_what_was_typed_is_not_lost_when_the_session_ends(nurse: Person) -> None:
    sign_in(nurse, "reception")
    nurse.go("/patients/register")
    nurse.fill(given_name="Odalys", family_name="Quint")
    other = nurse.page.context.new_page()
    other.goto(nurse.url + "/accounts/logout/")
    other.get_by_role("main").get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/accounts/login/")
    nurse.page.evaluate("htmx.trigger('[hx-get=\"/shell/counts\"]', 'refresh')")
    expect(nurse.page.get_by_role("heading", name="You are signed out here")).to_be_visible()
    nurse.look()
    for username, goes_on in (("cashier", False), ("reception", True)):
        other.goto(nurse.url + "/accounts/login/")
        other.fill("[name=username]", username)
        other.fill("[name=password]", PASSWORD)
        other.get_by_role("button", name="Sign in", exact=True).click()
        other.wait_for_url(nurse.url + "/")
        nurse.page.get_by_role("button", name="I have signed in").click()
        if goes_on:
            expect(nurse.page.locator("#veil")).to_be_hidden()
        else:
            expect(nurse.page.get_by_text("Somebody else is signed in now")).to_be_visible()
            other.goto(nurse.url + "/accounts/logout/")
            other.get_by_role("main").get_by_role("button", name="Sign out").click()
    assert nurse.page.locator("main [name=given_name]").input_value() == "Odalys"
    other.close()


NEW = "seven geese above the dam"


def shows_who_works_here(person: Person) -> bool:
    return person.page.locator("main a[href^='/staff/']").count() > 0


def sign_out_elsewhere(person: Person) -> None:
    other = person.page.context.new_page()
    other.goto(person.url + "/accounts/logout/")
    other.get_by_role("main").get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/accounts/login/")
    other.close()


@pytest.mark.parametrize("how", ["Sign out", "Lock", "another password"])
def test_the_way_back_shows_nothing(nurse: Person, browser: Browser, how: str) -> None:
    sign_in(nurse, "hr")
    nurse.go("/staff/")
    assert shows_who_works_here(nurse)
    nurse.go("/notifications/")
    if how == "another password":
        context = browser.new_context(**WINDOW)
        elsewhere = Person(context.new_page(), nurse.url)
        sign_in(elsewhere, "hr")
        for old, new in ((PASSWORD, NEW), (NEW, PASSWORD)):  # others sign in by it as well
            elsewhere.go("/accounts/password/")
            elsewhere.fill(old_password=old, new_password1=new, new_password2=new)
            elsewhere.press("Change password")
            assert elsewhere.path() == "/accounts/password/done/"
        context.close()
    else:
        from_menu(nurse, how)
        nurse.page.go_back()
        nurse.settle()
        assert nurse.path().startswith("/accounts/")
    nurse.page.go_back()
    nurse.settle()
    assert nurse.path().startswith("/accounts/") and not shows_who_works_here(nurse), "the way back shows nothing"


def test_a_page_that_was_put_away_is_seen_again_by_its_reader_alone(nurse: Person) -> None:
    """As a browser brings a page back that it kept whole, scripts and all (bfcache)."""
    sign_in(nurse, "reception")
    nurse.go("/patients/register")
    nurse.fill(given_name="Odalys")
    name = nurse.page.locator("main [name=given_name]")
    nurse.page.on("dialog", lambda dialog: dialog.accept())  # what was typed would be lost
    for signed_out in (False, True):
        nurse.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        expect(name).to_be_hidden()
        if signed_out:
            sign_out_elsewhere(nurse)
        nurse.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        if not signed_out:
            expect(name).to_be_visible()
            assert name.input_value() == "Odalys"
    nurse.page.wait_for_url("**/accounts/login/**")


def test_the_browsers_own_way_of_keeping_pages_shows_nothing_either(nurse: Person, browser: Browser) -> None:
    """Chromium as people use it: the driver switches that way off."""
    keeping = browser.browser_type.launch(
        executable_path=os.environ["HMS_CHROMIUM"],
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    person = Person(keeping.new_context(**WINDOW).new_page(), nurse.url)
    sign_in(person, "manager")
    person.go("/accounts/security/")
    person.go("/notifications/")
    sign_out_elsewhere(person)
    person.page.go_back()
    person.page.wait_for_url("**/accounts/login/**")
    assert person.page.locator(".who-name").count() == 0
    keeping.close()
