"""Every page and form as somebody opens it who may: of the hospital's own pages, and of the administration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.test import Client

from hms.core.models import User
from tests.conftest import sign_in
from tests.project.administration import addresses, row_of
from tests.project.hospitals import Hospital
from tests.project.matrix import ask
from tests.project.routes import Route, routes
from tests.project.sent import UUID_IN, Sent, forms
from wards.models import Admission

# Their forms change who is signed in, or where.
LEAVES = {"account_logout", "lock", "locked", "core:switch-facility", "core:theme", "sign_out_everywhere"}
AWAY = ("/logout", "/lock", "/switch", "/theme")


@dataclass
class Page:
    route: Route
    client: Client
    address: str


class Everyone:
    """The browser of the first role that a route lets in, for each page of one's own patient; of the administration,
    the administrator's."""

    def __init__(self, stands: Hospital) -> None:
        self.stands, self.clients = stands, {}
        self.sought: set[str] = set()
        own = stands.objects["own"]
        # The visit and the stay that are not over: on those one acts.
        stay = Admission.objects.get(patient=own.patient, status="admitted")
        own.ids |= {"encounter_id": stay.encounter_id, "admission_id": stay.pk}

    def browser(self, user: User) -> Client:
        if user.pk not in self.clients:
            self.clients[user.pk] = sign_in(user)
            self.clients[user.pk].raise_request_exception = False
        return self.clients[user.pk]

    def pages(self, *, papers: bool = False) -> Iterator[Page]:
        own = self.stands.objects["own"]
        for route in routes():
            if route.access.public or route.name in LEAVES or ("pdf" in route.name and not papers):
                continue
            yield Page(route, self.browser(own.who_may(route)), own.url(route))
        yield from self.administration()

    def administration(self) -> Iterator[Page]:
        client = self.browser(self.stands.objects["own"].users["administrator"])
        for address in addresses():
            key = row_of(self.stands, address, "own")
            if not address.action and address.name not in ("login", "logout") and (key or not address.leads_to_a_row):
                yield Page(Route(f"admin {address.name}", lambda request: None, ()), client, address.url(key))

    def forms(self, pages: Iterable[Page]) -> Iterator[tuple[Page, Sent]]:
        """Every form of these pages, once for where it leads. `sought` has the fields of those that only ask."""
        told = set()
        for page in pages:
            answer = ask(page.client, "GET", page.address)
            for sent in forms(answer.text, page.address):
                what = (UUID_IN.sub("", sent.action), tuple(sent.fields))
                if sent.method == "get":
                    self.sought |= {*sent.fields}
                elif sent.method == "post" and what not in told and not any(word in sent.action for word in AWAY):
                    told.add(what)
                    yield page, sent
