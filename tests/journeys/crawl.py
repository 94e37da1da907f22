"""A real browser with the whole house behind it, in this process: what it asks for is answered by the views, and taken
back. Nothing that it asks of anybody else gets out; all that runs, stands or is asked for by hostile text is told."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import time_machine
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Browser, Error, Page, Route

HOUSE = "http://testserver"
POLICY = "Content-Security-Policy"
MORNING = "2026-11-20T09:00:00+00:00"
# How a page looks says nothing here, and takes time.
LOOKS = re.compile(
    rb'<link rel="(?:stylesheet|preload|icon|apple-touch-icon|manifest)"[^<>]* href="/static/[^<>"]*"[^<>]*>'
)
PICKER = re.compile(rb'<script src="/static/vendor/tom-select/[^<>]*></script>')

# In every page, before anything of it is read.
WATCH = """
(() => {
  const tell = window.tell;
  window.hostile = (n) => { tell("ran " + n); };
  for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => { tell("ran " + name); };
  document.addEventListener("securitypolicyviolation", (event) => {
    tell("policy " + event.effectiveDirective + " " + (event.blockedURI || "") + " " + (event.sample || ""));
  });
  window.under_way = 0;
  addEventListener("htmx:beforeSend", () => { window.under_way += 1; });
  addEventListener("htmx:afterRequest", () => { window.under_way -= 1; });
})();
"""
# Once it has come to rest: what a page of ours never has.
STANDS = """
async () => {
  for (let n = 0; n < 100; n++) {
    await new Promise((done) => setTimeout(done, 12));
    if (!window.under_way && !document.querySelector(".htmx-request, [aria-busy=true][hx-get]")) break;
  }
  const elsewhere = (value) => { try { return new URL(value, location).hostname === "elsewhere.example"; } catch { return false; } };
  const found = [], addresses = ["href", "src", "action", "formaction", "xlink:href", "data", "content", "poster", "srcset"];
  for (const each of document.querySelectorAll("*")) {
    const what = each.outerHTML.slice(0, 160);
    if (each.localName === "x-h") found.push("an element: " + what);
    if (["base", "iframe", "object", "embed", "style"].includes(each.localName)) found.push("an element: " + what);
    if (each.localName === "script" && !each.src && !/json/.test(each.type)) found.push("a script: " + what);
    for (const { name, value } of each.attributes) {
      if (/^on|^hx-on/.test(name)) found.push("an attribute: " + what);
      else if ((/^hx-(get|post|push-url)$/.test(name) || addresses.includes(name)) && elsewhere(value))
        found.push("an address: " + name + "=" + value.slice(0, 160));
      else if (addresses.includes(name) && /^[\\s\\0-\\x20]*(javascript|data:text|vbscript)/i.test(value))
        found.push("an address: " + name + "=" + value.slice(0, 160));
      else if (/^hx-(vals|headers|vars)$/.test(name) && /^\\s*js(on)?:/.test(value)) found.push("an attribute: " + what);
    }
  }
  const fields = Array.from(document.querySelectorAll("input, textarea")).map((each) => each.value);
  return [found, document.documentElement.textContent + fields.join(" ") + document.title];
}
"""


@dataclass
class House:
    """`told`: what hostile text did, with the page on which it did it; `shown`: numbers that stood there as text."""

    page: Page
    enforced: bool = False
    client: Client = field(default_factory=Client)
    told: list[str] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    opened: int = 0
    prepared: dict[str, HttpResponse] = field(default_factory=dict)
    at: str = ""
    # The browser's questions come in between, in a context of their own: the database is this one's.
    context: Context = field(default_factory=copy_context)

    def ask(self, address: str, method: str = "GET", fields: dict | None = None, **headers: str) -> HttpResponse:
        """The answer of the house, and where that leads; whatever was done for it is taken back."""
        with time_machine.travel(MORNING, tick=False), transaction.atomic():
            cookies = self.client.cookies.copy()
            if method == "POST":
                sent = {"_key": str(uuid.uuid4()), **(fields or {})}
                answer = self.client.post(address, sent, headers=headers, follow=True)
            else:
                answer = self.client.get(address, headers=headers, follow=True)
            answer.body = answer.getvalue()
            self.client.cookies = cookies
            transaction.set_rollback(True)
        return answer

    def show(self, address: str, answer: HttpResponse | None = None) -> int:
        """Open an address in the browser, or what was answered there to something that was sent; its status."""
        answer = answer or self.ask(address)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            return 0
        self.at, self.context = address[:120], copy_context()
        self.prepared[address] = answer
        self.page.goto(HOUSE + address, wait_until="domcontentloaded")
        try:
            found, text = self.page.evaluate(STANDS)
        except Error as failure:
            found, text = [f"left for {self.page.url}: {failure.message}"], ""
        self.told += [f"{self.at}: {each}" for each in found]
        self.texts.add(text)
        self.opened += 1
        return answer.status_code

    def answer(self, route: Route) -> None:
        """What the browser asked for, from the house; nobody else is asked anything."""
        request = route.request
        if not request.url.startswith(HOUSE + "/"):
            self.told.append(f"{self.at}: asked for {request.url}")
            route.abort()
            return
        address = request.url.removeprefix(HOUSE)
        if address.startswith("/static/"):
            route.fulfill(content_type="text/javascript", body=script(urlsplit(address).path))
            return
        answer = self.prepared.pop(address, None)
        if answer is None:
            passed = {name: value for name, value in request.headers.items() if name.startswith("hx-")}
            answer = self.context.copy().run(self.ask, address, request.method, None, **passed)
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
        if not self.enforced and POLICY in headers:
            # As if there were none: what would run, runs, and what the policy would have stopped is told as well.
            headers[f"{POLICY}-Report-Only"] = headers.pop(POLICY)
        body = LOOKS.sub(b"", answer.body)
        if b"data-pick" not in body:
            body = PICKER.sub(b"", body)
        route.fulfill(status=answer.status_code, headers=headers, body=body)


@lru_cache
def script(path: str) -> bytes:
    return (Path(settings.STATIC_ROOT) / path.removeprefix("/static/")).read_bytes() if path.endswith(".js") else b""


def enter(browser: Browser, *, enforced: bool = False) -> tuple[House, Callable[[], None]]:
    """A browser window with the house behind it, and how it is closed."""
    context = browser.new_context(service_workers="block")
    house = House(context.new_page(), enforced)
    context.expose_function("tell", lambda what: house.told.append(f"{house.at}: {what}"))
    context.add_init_script(WATCH)
    context.route("**/*", house.answer)
    return house, context.close
