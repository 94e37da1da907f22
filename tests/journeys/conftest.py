"""A whole hospital, started by its own command with its real worker, and a browser for each role."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-password-for-journeys-9"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a hospital is started for nothing."""
    if os.environ.get("HMS_CHROMIUM"):
        return
    if os.environ.get("HMS_BROWSER") == "required":
        pytest.fail("HMS_BROWSER=required, and there is no Chromium on this machine that can be driven", pytrace=False)
    pytest.skip("no Chromium on this machine")


@dataclass
class Hospital:
    url: str
    data: Path
    environment: dict[str, str]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hms.supervisor", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="package")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """`bin/hms up` on a data directory of its own, with the demonstration; stopped at the end."""
    data = tmp_path_factory.mktemp("hospital")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        key: value
        for key, value in os.environ.items()
        if key
        not in ("DATABASE_URL", "REDIS_URL", "HMS_OWNER_DATABASE_URL", "HMS_SECRET_KEY", "HMS_TEST", "HMS_DATA_DIR")
        and not key.startswith("PYTEST")
    }
    environment |= {"HMS_DATA_DIR": str(data), "HMS_PORT": str(port), "HMS_DEMO_PASSWORD": PASSWORD}
    log = data.parent / "up.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hms.supervisor", "up"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        deadline = time.monotonic() + 420
        while "Ready:" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        yield Hospital(f"http://127.0.0.1:{port}", data, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["HMS_CHROMIUM"], args=FLAGS)
        yield chromium
        chromium.close()


UUID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
DESK = {"width": 1440, "height": 900}
# Nothing fades and nothing slides: what is there is there at once.
WINDOW = {"viewport": DESK, "color_scheme": "light", "reduced_motion": "reduce"}
SEEN_BY_NIGHT: set[str] = set()
SEEN_AT_THE_DESK: set[str] = set()
# Resolves when nothing has been under way for a while: no request of htmx, no panel that is still to come.
AT_REST = """
async () => {
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((done) => setTimeout(done, 50));
    const busy = document.readyState !== "complete" || document.querySelector(".htmx-request, [aria-busy=true][hx-get]");
    quiet = busy ? 0 : quiet + 1;
  }
}
"""
# What a page is made of, without what its texts say: every element in its place, and whether it says anything.
MADE_OF = """
() => {
  const found = new Set();
  const name = (each) => each.localName + "." + each.className + Array.from(each.attributes, (said) => said.name).join();
  for (const each of document.querySelectorAll("body *:not(svg *)")) {
    let place = each.textContent.trim() ? "" : "empty ";
    for (let at = each, up = 0; at && up < 5; at = at.parentElement, up++) place += name(at) + "<";
    found.add(place);
  }
  return Array.from(found).sort().join(" ");
}
"""


@dataclass
class Person:
    """Somebody at a browser, signed in. Every page they open is looked at by axe."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.settle()

    def settle(self) -> None:
        """Wait for the page and its panels, then look for what shuts people out."""
        for _again in range(20):
            self.page.wait_for_load_state()
            try:
                self.page.evaluate(AT_REST)
                break
            except PlaywrightError:  # it was left for another in the meantime
                continue
        self.look()

    def look(self) -> None:
        """At the desk by day, unless such a page was made of the same before; and each kind once on a phone by night."""
        kind = re.sub(UUID, "…", self.path().partition("?")[0])
        made = f"{kind}\n{self.page.evaluate(MADE_OF)}"
        if made not in SEEN_AT_THE_DESK:
            SEEN_AT_THE_DESK.add(made)
            self.ask_axe("desk, light")
        if kind not in SEEN_BY_NIGHT:
            SEEN_BY_NIGHT.add(kind)
            self.page.emulate_media(color_scheme="dark")
            self.page.set_viewport_size({"width": 390, "height": 844})
            self.ask_axe("phone, dark")
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > 390:
                self.faults.append(f"{self.page.url}: {wide} pixels wide on a phone")
            self.page.set_viewport_size(DESK)
            self.page.emulate_media(color_scheme="light")

    def ask_axe(self, how: str) -> None:
        from axe_playwright_python.sync_playwright import Axe

        for violation in Axe().run(self.page).response["violations"]:
            where = violation["nodes"][0]["target"]
            self.faults.append(f"{self.page.url} ({how}): {violation['id']} at {where}")

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button or follow a link by its name in the page itself (not in the rail)."""
        main = self.page.get_by_role("main")
        button = main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name))
        button.first.click()
        self.settle()

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.page.locator(f"main [name='{name}']").fill(value)

    def choose(self, **values: str) -> None:
        for name, value in values.items():
            self.page.locator(f"main select[name='{name}']").select_option(value)

    def pick(self, name: str, words: str = "", option: str = "") -> None:
        """Choose from a pick list by typing; without words the first there is."""
        control = self.page.locator(f"main select[name='{name}'] + .ts-wrapper")
        focused = self.page.locator(f"main select[name='{name}'] + .ts-wrapper.focus")
        for _again in range(4):  # a page that still settles on a busy machine may move under the click
            control.locator(".ts-control").click()
            with contextlib.suppress(PlaywrightTimeout):
                focused.wait_for(timeout=4000)
                break
        assert focused.count(), f"{name} takes no focus"
        choices = control.locator(".ts-dropdown .option")
        if words:
            self.page.keyboard.type(words, delay=25)
        choices.filter(has_text=option).first.click()
        if control.locator(".ts-dropdown").is_visible():
            self.page.keyboard.press("Escape")

    def sees(self, text: str) -> bool:
        return text in self.page.get_by_role("main").inner_text()

    def read_pdf(self, path: str) -> str:
        """The text of a PDF, read with the person's own session."""
        answer = self.page.context.request.get(self.url + path)
        assert answer.ok, f"{path}: {answer.status}"
        assert answer.headers["content-type"] == "application/pdf"
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages)

    def path(self) -> str:
        return self.page.url.removeprefix(self.url)


SignIn = Callable[[str], Person]


@pytest.fixture(scope="package")
def asked() -> set[str]:
    """Every address that a browser of these tests asked for."""
    return set()


@pytest.fixture
def sign_in(hospital: Hospital, browser: Browser, asked: set[str]) -> Iterator[SignIn]:
    """`sign_in("nurse")`: a fresh browser in which the demonstration's nurse has signed in."""
    contexts, people = [], []

    def enter(username: str) -> Person:
        context = browser.new_context(**WINDOW)
        contexts.append(context)
        context.on("request", lambda request: asked.add(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: people[-1].faults.append(f"script error: {error}") if people else None)
        person = Person(page, hospital.url)
        people.append(person)
        person.go("/accounts/login/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        person.settle()
        return person

    yield enter
    faults = [fault for person in people for fault in person.faults]
    for context in contexts:
        context.close()
    assert faults == []


def wait_for(what: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something becomes true: a worker is at it."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True
