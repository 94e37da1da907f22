"""What belongs to somebody else is not had by naming it in a form: in a field, a hidden field, a row of a form, the name
of a field; nor is a column set that a form does not ask for. In the administration as well."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlencode

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from doctors.models import Doctor
from hms import urls as house
from hms.core import access
from hms.core.acts import once
from laboratory.models import TestDefinition
from laboratory.services import orders
from patients.models import Encounter, Patient
from pharmacy.models import Product
from tests.laboratory.conftest import order
from tests.pharmacy.conftest import prescribe
from tests.project.columns import strays
from tests.project.hospitals import FOREIGN, Hospital
from tests.project.matrix import MINUTES, Answer, ask
from tests.project.pages import Everyone, Page
from tests.project.planted import Rows, gullible, rows_of, used
from tests.project.routes import routes
from tests.project.sent import UUID_IN, Sent


def sort_of(sent: Sent, name: str) -> str:
    """Of a field, for the count of what was planted where."""
    if UUID_IN.search(name):
        return "name"
    if re.search(r"-\d+-", name):
        return "row of a form"
    return "hidden" if sent.kinds[name] == "hidden" else "choice" if name in sent.choices else "field"


def ids_of_a_field(strange: Rows, sent: Sent, name: str, values: list[str]) -> list[str]:
    """Every id in its name and in what it says; of those that it offers one of each kind, which stands for the others."""
    found = UUID_IN.findall(f"{name} {' '.join(values)}")
    if name in sent.choices:
        offered = UUID_IN.findall(" ".join([*sent.choices[name], *values]))
        found = [*UUID_IN.findall(name), *{strange.kind.get(each): each for each in offered}.values()]
    return list(dict.fromkeys(found))


def with_another(meant: dict[str, list[str]], name: str, found: str, instead: str) -> dict[str, list[str]]:
    """What is sent, with another id in this one's place: in the names of fields, or in what this field says."""
    changed = {key.replace(found, instead): values for key, values in meant.items()}
    said = meant.get(name, [])
    if found in name:
        changed[name.replace(found, instead)] = said if any(said) else ["1"]
    elif any(found in value for value in said):
        changed[name] = [value.replace(found, instead) for value in said]
    else:
        changed[name] = [instead]
    return changed


def is_done(answer: Answer) -> bool:
    return answer.status in (204, 302) and bool(answer.written - MINUTES)


def planted_ids(stands: Hospital, every: Iterable[tuple[Page, Sent]]) -> tuple[list[str], Counter]:
    """The forms that took a strange id in the place of one they offered; and how many were planted by sort of field, in
    forms that are done with what they offer: another may be refused for something else."""
    strange = rows_of(stands)
    wrong, planted = [], Counter()
    for page, sent in every:
        meant = sent.filled()
        done = is_done(ask(page.client, "POST", sent.action, meant))
        for name, values in {**sent.fields, **meant}.items():
            for found in ids_of_a_field(strange, sent, name, values):
                for instead in strange.instead_of(found)[:2]:
                    planted[sort_of(sent, name)] += done
                    answer = ask(page.client, "POST", sent.action, with_another(meant, name, found, instead))
                    if used(answer, instead) or FOREIGN in answer.text or answer.status >= 500:
                        kind = strange.kind[found].__name__
                        wrong.append(f"{page.route.name} → {sent.action} {name}: {answer.status} {kind}")
    return wrong, planted


def of_open_work(stands: Hospital, everyone: Everyone) -> list[Page]:
    """The pages whose forms have ids in hidden fields and in their names: the queue of one doctor, and what waits to be
    entered and to be handed out."""
    own = stands.objects["own"]
    doctor, technician = own.users["doctor"], own.users["lab_technician"]
    visit = Encounter.objects.get(pk=own.ids["encounter_id"])
    placed = order(doctor, visit, TestDefinition.objects.get(pk=own.ids["test_id"]))
    orders.collect(technician, order_id=placed.pk)
    prescribed = prescribe(doctor, visit, Product.objects.get(pk=own.ids["product_id"]))
    consults = Doctor.objects.get(pk=own.ids["doctor_id"])
    chosen = {"doctor": consults.pk, "department": consults.employee.department.code}
    return [
        _page(everyone, "appointments:queue", "receptionist", query=f"?{urlencode(chosen)}"),
        _page(everyone, "laboratory:results-enter", "lab_technician", order_id=placed.pk),
        _page(everyone, "pharmacy:hand-out", "pharmacist", prescription_id=prescribed.pk),
    ]


def _page(everyone: Everyone, name: str, code: str, *, query: str = "", **ids: uuid.UUID) -> Page:
    route = next(route for route in routes() if route.name == name)
    client = everyone.browser(everyone.stands.objects["own"].users[code])
    return Page(route, client, reverse(name, kwargs=ids) + query)


@pytest.fixture(scope="module")
def every(built: Hospital) -> list[tuple[Page, Sent]]:
    """The forms of all pages, fetched once."""
    everyone = Everyone(built)
    return list(everyone.forms(everyone.pages()))


def test_a_form_uses_no_strange_id(stands: Hospital, every: list[tuple[Page, Sent]]) -> None:
    everyone = Everyone(stands)
    wrong, planted = planted_ids(stands, [*every, *everyone.forms(of_open_work(stands, everyone))])
    assert wrong == [], "\n".join(wrong)
    assert planted["choice"] > 40 and planted["row of a form"] > 3, planted
    assert planted["hidden"] > 1 and planted["name"] > 1, planted


def test_a_form_sets_no_column_that_it_does_not_ask_for(stands: Hospital, every: list[tuple[Page, Sent]]) -> None:
    found, done = strays(every)
    assert found == [], "\n".join(found)
    assert done > 50


# The same, of pages that take what they are sent.


@access.signed_in
@once
def sets(request: HttpRequest) -> HttpResponse:
    rows = Patient.objects.filter(pk=request.POST.get("patient"))
    rows.update(address="As the form says it")
    for name in ("city", "birth_date_estimated", "birth_date", "sex", "name_tokens"):
        if name in request.POST and f"only-{name}" in request.POST:
            value = request.POST[name]
            rows.update(
                **{name: {"true": True, "false": False}.get(value, [value] if name == "name_tokens" else value)}
            )
    return HttpResponse(", ".join(str(row) for row in rows), headers={"Location": "/"}, status=302)


@access.signed_in
@once
def takes(request: HttpRequest) -> HttpResponse:
    """Whatever row the form names, in the sort of field that is asked about."""
    word = next((key.partition("-")[2] for key in request.POST if key.startswith("bed-")), "")
    named = request.POST.get("patient", "").rpartition(" ")[2] or request.POST.get("lines-0-patient") or word
    Patient.objects.filter(pk=named).update(address=f"As the form says it of {named}")
    return HttpResponse(headers={"Location": "/"}, status=302)


urlpatterns = [
    *house.urlpatterns,
    *(path(view.__name__, view, name=view.__name__) for view in (sets, takes)),
]


@pytest.mark.urls("tests.project.test_planted_forms")
@pytest.mark.parametrize("column", ["city", "birth_date_estimated", "birth_date", "sex", "name_tokens"])
def test_a_page_that_sets_what_it_is_sent_is_found(stands: Hospital, column: str) -> None:
    page = gullible(stands, sets)
    fields = {"patient": [str(stands.objects["own"].patient.pk)], f"only-{column}": ["1"]}
    found, done = strays([(page, Sent("/sets", "post", fields, dict.fromkeys(fields, "hidden")))])
    assert done == 1 and any(f"patients_patient.{column}" in each for each in found), found
    del fields[f"only-{column}"]
    assert strays([(page, Sent("/sets", "post", fields, dict.fromkeys(fields, "hidden")))]) == ([], 1)


@pytest.mark.urls("tests.project.test_planted_forms")
@pytest.mark.parametrize("sort", ["hidden", "second of hidden", "choice", "second of choice", "row of a form", "name"])
def test_a_page_that_takes_the_row_it_is_sent_is_found(stands: Hospital, sort: str) -> None:
    own, before = str(stands.objects["own"].patient.pk), str(stands.objects["own"].ids["doctor_id"])
    second, sort = "second" in sort, sort.removeprefix("second of ")
    name = {"row of a form": "lines-0-patient", "name": f"bed-{own}"}.get(sort, "patient")
    said = "1" if sort == "name" else f"{before} {own}" if second and sort == "hidden" else own
    sent = Sent("/takes", "post", {name: [said]}, {name: "hidden"})
    if sort == "choice":
        sent.kinds[name], sent.choices[name] = "select", [before, own] if second else [own]
    wrong, planted = planted_ids(stands, [(gullible(stands, takes), sent)])
    assert any(line.endswith("Patient") for line in wrong)
    assert planted[sort] >= len(wrong) and sum(planted.values()) == planted[sort]
