"""What belongs to somebody else is not had by naming it: in the address, the query, a field, a hidden field, a row of a
form, a header; under another parent; nor is a column set that a form does not ask for."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from hms import urls as house
from hms.core import access
from hms.core.acts import once
from hms.core.models import Facility, User
from patients.models import Patient
from tests.project.matrix import FOREIGN, MINUTES, Answer, Hospital, ask, concerns_a_row, hospital
from tests.project.routes import Route, routes
from tests.project.sent import UUID_IN, Sent, forms
from wards.models import Admission

# Their forms change who is signed in, or where.
LEAVES = {"account_logout", "lock", "locked", "core:switch-facility", "core:theme", "sign_out_everywhere"}
QUERY = [
    "doctor",
    "specialty",
    "department",
    "ward",
    "bed",
    "employee",
    "patient",
    "product",
    "next",
    "after",
    "sort",
    "q",
    "show",
    "by",
]


@pytest.fixture
def stands(north: Facility, person: Callable[..., User]) -> Iterator[Hospital]:
    with hospital(north, person) as built:
        yield built


@dataclass
class Page:
    route: Route
    client: Client
    address: str


class Everyone:
    """The browser of the first role that a route lets in, for each page of one's own patient."""

    def __init__(self, stands: Hospital, browser_of: Callable) -> None:
        self.stands, self.browser_of, self.clients = stands, browser_of, {}

    def pages(self) -> Iterator[Page]:
        own = self.stands.objects["own"]
        # The visit and the stay that are not over: on those one acts.
        stay = Admission.objects.get(patient=own.patient, status="admitted")
        own.ids |= {"encounter_id": stay.encounter_id, "admission_id": stay.pk}
        for route in routes():
            if route.access.public or route.name in LEAVES or "pdf" in route.name:
                continue
            user = own.who_may(route)
            if user.pk not in self.clients:
                self.clients[user.pk] = self.browser_of(user)
                self.clients[user.pk].raise_request_exception = False
            yield Page(route, self.clients[user.pk], own.url(route))

    def forms(self) -> Iterator[tuple[Page, Sent]]:
        """Every form of every page, once for where it leads."""
        told = set()
        for page in self.pages():
            answer = ask(page.client, "GET", page.address)
            for sent in forms(answer.text, page.address):
                what = (UUID_IN.sub("", sent.action), tuple(sent.fields))
                if (
                    sent.method == "post"
                    and what not in told
                    and not any(word in sent.action for word in ("/logout", "/lock", "/switch", "/theme"))
                ):
                    told.add(what)
                    yield page, sent


@dataclass
class Rows:
    """Every row that an id of a page could be: `kind` of each, and those of another facility or department by kind."""

    kind: dict[str, type[Model]]
    strange: dict[type[Model], list[str]]

    def instead_of(self, found: str) -> list[str]:
        return self.strange.get(self.kind.get(found), [])


def rows_of(stands: Hospital) -> Rows:
    """A row is strange that was not there for one's own patient: it bears the mark, or hangs on what does."""
    kind: dict[str, type[Model]] = {}
    strange: dict[type[Model], list[str]] = {}
    foreign, other = (stands.objects[which] for which in ("foreign", "other"))
    for model in apps.get_models():
        if model._meta.pk.get_internal_type() != "UUIDField":
            continue
        for row in model._base_manager.all():
            kind[str(row.pk)] = model
            patient = row.pk if model is Patient else getattr(row, "patient_id", None)
            facility = getattr(row, "facility_id", None)
            if facility == foreign.patient.registered_at_id or patient == foreign.patient.pk:
                strange.setdefault(model, []).insert(0, str(row.pk))
            elif patient == other.patient.pk and model.__name__ not in ("Patient", "Encounter", "Invoice"):
                strange.setdefault(model, []).append(str(row.pk))
    for found in map(str, foreign.ids.values()):
        if found in kind and found not in strange.get(kind[found], []):
            strange.setdefault(kind[found], []).insert(0, found)
    return Rows(kind, strange)


def used(answer: Answer, planted: str) -> bool:
    """Whether a planted row stands in what was written, or its name in what was answered."""
    return any(planted in values for table, values in answer.changes if table not in MINUTES)


def test_a_form_uses_no_strange_id_and_sets_no_column_that_it_does_not_ask_for(
    stands: Hospital, browser_of: Callable
) -> None:
    strange = rows_of(stands)
    every = list(Everyone(stands, browser_of).forms())
    found, done = strays(iter(every))
    assert found == [], "\n".join(found)
    assert done > 50
    wrong, planted = [], 0
    for page, sent in every:
        meant = sent.filled()
        for name, values in meant.items():
            here = UUID_IN.findall(f"{name} {' '.join(values)} {' '.join(sent.choices.get(name, []))}")
            for found in dict.fromkeys(here[:1]):
                for instead in strange.instead_of(found)[:2]:
                    changed = {
                        key.replace(found, instead): [instead if UUID_IN.fullmatch(v) else v for v in each]
                        if key == name
                        else each
                        for key, each in meant.items()
                    }
                    planted += 1
                    answer = ask(page.client, "POST", sent.action, changed)
                    if used(answer, instead) or FOREIGN in answer.text or answer.status >= 500:
                        wrong.append(
                            f"{page.route.name} → {sent.action} {name}: {answer.status} {strange.kind[found].__name__}"
                        )
    assert wrong == [], "\n".join(wrong)
    assert planted > 15


def test_a_strange_id_in_a_query_or_a_header_shows_nothing(stands: Hospital, browser_of: Callable) -> None:
    foreign = stands.objects["foreign"]
    ids = {name.removesuffix("_id"): str(pk) for name, pk in foreign.ids.items()}
    ids |= {"facility": str(foreign.patient.registered_at_id), "user": str(foreign.users["doctor"].pk)}
    patient = str(foreign.patient.pk)
    wrong = []
    for page in Everyone(stands, browser_of).pages():
        said = {
            "HX-Request": "true",
            "HX-Target": patient,
            "HX-Trigger": patient,
            "HX-Trigger-Name": patient,
            "HX-Prompt": patient,
        }
        said |= {"HX-Current-URL": f"http://testserver{page.address}?patient={patient}"}
        queries = (ids, dict.fromkeys([*ids, *QUERY], patient), dict.fromkeys(QUERY, ids["encounter"]))
        answers = [ask(page.client, "GET", f"{page.address}?{urlencode(query)}") for query in queries]
        answers.append(ask(page.client, "GET", page.address, None, **said))
        answers.append(ask(page.client, "GET", f"{page.address}?{urlencode(ids)}", None, **said))
        wrong += [f"{page.route.name}: {each.status}" for each in answers if FOREIGN in each.text or each.status >= 500]
    assert wrong == [], "\n".join(wrong)

    # A child under another parent: every mixture of one's own, another department's and another facility's.
    mixed = 0
    for page in Everyone(stands, browser_of).pages():
        rows = [name for name in page.route.arguments if concerns_a_row(Route("", page.route.view, (name,)))]
        for name in rows if len(rows) > 1 else []:
            for which in ("other", "foreign"):
                ids = stands.objects["own"].ids | {name: stands.objects[which].ids[name]}
                address = reverse(page.route.name, kwargs={each: ids[each] for each in page.route.arguments})
                for method in ("GET", "POST"):
                    answer = ask(page.client, method, address)
                    mixed += 1
                    if answer.status not in (404, 405):
                        wrong.append(f"{method} {address}: {answer.status}")
    assert wrong == [] and mixed, "\n".join(wrong)


PLANTED = "Pfropfreis"


def columns() -> dict[str, list[str]]:
    """Every column of every model, with a value of its type that stands nowhere else."""
    said = {}
    for model in apps.get_models():
        for each in model._meta.concrete_fields:
            kind = each.get_internal_type()
            value = {
                "UUIDField": str(uuid.UUID(int=0xF00F)),
                "ForeignKey": str(uuid.UUID(int=0xF00F)),
                "DecimalField": "98765.43",
            }
            said[each.name] = [value.get(kind, "98765" if "Integer" in kind else PLANTED)]
            said[each.attname] = said[each.name]
    return said


def strays(everyone: Iterator[tuple[Page, Sent]]) -> tuple[list[str], int]:
    """The forms by which a column was set that they do not ask for; and how many acts were done with all of them sent."""
    found, done = [], 0
    every = columns()
    for page, sent in everyone:
        meant = sent.filled()
        more = {name: value for name, value in every.items() if name not in sent.fields}
        answer = ask(page.client, "POST", sent.action, more | meant)
        done += answer.status in (204, 302)
        for table, values in answer.changes:
            if table not in MINUTES and any(word in values for word in (PLANTED, "98765", "00000000f00f")):
                found.append(f"{page.route.name} → {sent.action}: {table}")
        if answer.status >= 500:
            found.append(f"{page.route.name} → {sent.action}: {answer.status}")
    return found, done


# The same, of pages that take what they are sent.


@access.signed_in
@once
def gullible(request: HttpRequest) -> HttpResponse:
    rows = Patient.objects.filter(pk=request.POST.get("patient"))
    rows.update(city=request.POST.get("city", "")[:80], address=request.POST.get("patient", ""))
    return HttpResponse(", ".join(str(row) for row in rows), headers={"Location": "/"}, status=302)


urlpatterns = [*house.urlpatterns, path("gullible", gullible, name="gullible")]


@pytest.mark.urls("tests.project.test_planted")
def test_a_page_that_takes_what_it_is_sent_is_found(stands: Hospital, browser_of: Callable) -> None:
    own, foreign = stands.objects["own"], stands.objects["foreign"]
    client = browser_of(own.users["receptionist"])
    sent = Sent("/gullible", "post", {"patient": [str(own.patient.pk)]}, {"patient": "hidden"})
    page = Page(Route("gullible", gullible, ()), client, "/gullible")
    found, done = strays(iter([(page, sent)]))
    assert (found, done) == (["gullible → /gullible: patients_patient"], 1)
    assert used(ask(client, "POST", "/gullible", {"patient": str(foreign.patient.pk)}), str(foreign.patient.pk))
