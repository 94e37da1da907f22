"""What belongs to somebody else is not had by naming it: in the address, the query, a field, a hidden field, a row of a
form, a header; under another parent; nor is a column set that a form does not ask for. In the administration as well."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from doctors.models import Doctor
from hms import urls as house
from hms.core import access
from hms.core.acts import once
from laboratory.models import TestDefinition
from laboratory.services import orders
from patients.models import Condition, Encounter, Patient
from pharmacy.models import Product
from tests.conftest import sign_in
from tests.laboratory.conftest import order
from tests.pharmacy.conftest import prescribe
from tests.project.administration import addresses
from tests.project.hospitals import FOREIGN, KNOW_THE_NARROW, NARROW, OTHER, Hospital
from tests.project.matrix import MINUTES, Answer, ask, concerns_a_row
from tests.project.names import NAMES
from tests.project.pages import Everyone, Page
from tests.project.routes import Route, routes
from tests.project.sent import UUID_IN, Sent

QUERY = [*NAMES, "id", "_to_field", "_changelist_filters", "e"]
# What only those read who treat the patient, as the walk wrote it.
CLINICAL = ("Latex", "Rash", "Asthma", "Breathe", "Inhale", "Cough", "Sleeps", "Pneumonia", "three times a day")


@dataclass
class Rows:
    """Every row that an id of a page could be: `kind` of each, and those of another facility or department by kind."""

    kind: dict[str, type[models.Model]]
    strange: dict[type[models.Model], list[str]]

    def instead_of(self, found: str) -> list[str]:
        return self.strange.get(self.kind.get(found), [])


def rows_of(stands: Hospital) -> Rows:
    """A row is strange that was not there for one's own patient: it bears the mark, or hangs on what does."""
    kind: dict[str, type[models.Model]] = {}
    strange: dict[type[models.Model], list[str]] = {}
    foreign, other = (stands.objects[which] for which in ("foreign", "other"))
    hang_on = {pk for pk in foreign.ids.values() if isinstance(pk, uuid.UUID)}
    for model in apps.get_models():
        if model._meta.pk.get_internal_type() != "UUIDField":
            continue
        parents = [column.attname for column in model._meta.concrete_fields if column.is_relation]
        for row in model._base_manager.all():
            kind[str(row.pk)] = model
            patient = row.pk if model is Patient else getattr(row, "patient_id", None)
            facility = getattr(row, "facility_id", None)
            theirs = any(getattr(row, parent) in hang_on for parent in parents)
            if theirs or facility == foreign.patient.registered_at_id or patient == foreign.patient.pk:
                strange.setdefault(model, []).insert(0, str(row.pk))
            elif patient == other.patient.pk and model.__name__ not in ("Patient", "Encounter", "Invoice"):
                strange.setdefault(model, []).append(str(row.pk))
    others = [*foreign.ids.values(), *(key for keys in stands.rows["foreign"].values() for key in keys)]
    for found in map(str, others):
        if found in kind and found not in strange.get(kind[found], []):
            strange.setdefault(kind[found], []).insert(0, found)
    return Rows(kind, strange)


def used(answer: Answer, planted: str) -> bool:
    """Whether a planted row stands in what was written."""
    return any(planted in values for table, values in answer.changes if table not in MINUTES)


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


def planted_ids(stands: Hospital, every: Iterable[tuple[Page, Sent]]) -> tuple[list[str], Counter]:
    """The forms that took a strange id in the place of one they offered; and how many were planted, by sort of field."""
    strange = rows_of(stands)
    wrong, planted = [], Counter()
    for page, sent in every:
        meant = sent.filled()
        for name, values in {**sent.fields, **meant}.items():
            for found in ids_of_a_field(strange, sent, name, values):
                for instead in strange.instead_of(found)[:2]:
                    planted[sort_of(sent, name)] += 1
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


def test_a_form_uses_no_strange_id(stands: Hospital) -> None:
    everyone = Everyone(stands)
    wrong, planted = planted_ids(stands, everyone.forms([*everyone.pages(), *of_open_work(stands, everyone)]))
    assert wrong == [], "\n".join(wrong)
    assert planted["choice"] > 3 and planted["row of a form"] > 3, planted
    assert planted["hidden"] > 3 and planted["name"] > 1, planted


# In the address: a page of one's own, asked with what is another's in its query and its headers.


def asked_with(page: Page, strange: dict[str, Any]) -> Iterator[Answer]:
    """The page with a strange patient in every parameter and header; each parameter with what it could be meant for."""
    ids = {name.removesuffix("_id"): str(pk) for name, pk in strange.items()}
    patient = ids["patient"]
    said = dict.fromkeys(("HX-Target", "HX-Trigger", "HX-Trigger-Name", "HX-Prompt"), patient)
    said |= {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page.address}?patient={patient}"}
    for query in (ids | strange, dict.fromkeys([*ids, *QUERY], patient), dict.fromkeys(QUERY, ids["encounter"])):
        yield ask(page.client, "GET", f"{page.address}?{urlencode(query)}")
    yield ask(page.client, "GET", page.address, None, **said)
    yield ask(page.client, "GET", f"{page.address}?{urlencode(ids | strange)}", None, **said)


def shown(pages: Iterable[Page], strange: dict[str, Any], words: Iterable[str]) -> list[str]:
    """The pages that say one of these words only because they were asked for it, or break."""
    wrong = []
    for page in pages:
        for number, answer in enumerate(asked_with(page, strange)):
            said = [word for word in words if word in answer.text]
            if said:  # unless it is said there anyway: a reason that was written for whoever decides
                usual = ask(page.client, "GET", page.address).text
                said = [word for word in said if word not in usual]
            if said or answer.status >= 500:
                wrong.append(f"{page.route.name} {number}: {answer.status} {said}")
    return wrong


def of_role(stands: Hospital, everyone: Everyone, code: str) -> Iterator[Page]:
    """The pages of one's own patient that somebody of one department, or one role, opens."""
    own = stands.objects["own"]
    for route in routes():
        if route.access.permission and own.lets_in(route, code) and "pdf" not in route.name:
            yield Page(route, everyone.browser(stands.asked[code]), own.url(route))


def ids_of(stands: Hospital, kind: str) -> dict[str, Any]:
    walked = stands.objects[kind]
    facility, user = walked.patient.registered_at_id, walked.users["doctor"].pk
    return {**walked.ids, "facility": str(facility), "user": str(user)}


def test_a_strange_id_in_a_query_or_a_header_shows_nothing_of_another_facility(stands: Hospital) -> None:
    wrong = shown(Everyone(stands).pages(), ids_of(stands, "foreign"), [FOREIGN])
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("code", ["doctor", "nurse"])
def test_nor_does_it_show_the_chart_of_another_department(stands: Hospital, code: str) -> None:
    words = [f"{word}{OTHER}" for word in CLINICAL]
    wrong = shown(of_role(stands, Everyone(stands), code), ids_of(stands, "other"), words)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("code", ["cashier", "accountant", "manager"])
def test_nor_a_patient_who_is_kept_from_the_role(stands: Hospital, code: str) -> None:
    assert code not in KNOW_THE_NARROW
    wrong = shown(of_role(stands, Everyone(stands), code), ids_of(stands, "narrow"), [NARROW])
    assert wrong == [], "\n".join(wrong)


def mixed(stands: Hospital, pages: Iterable[Page]) -> tuple[list[str], int]:
    """Where a child was found under another parent, of every mixture of one's own with another's; and how many there are."""
    wrong, number = [], 0
    for page in pages:
        rows = [name for name in page.route.arguments if concerns_a_row(Route("", page.route.view, (name,)))]
        for name in rows if len(rows) > 1 else []:
            for which in ("other", "foreign", "narrow"):
                ids = stands.objects["own"].ids | {name: stands.objects[which].ids[name]}
                address = reverse(page.route.name, kwargs={each: ids[each] for each in page.route.arguments})
                for method in ("GET", "POST"):
                    number += 1
                    if (answer := ask(page.client, method, address)).status not in (404, 405):
                        wrong.append(f"{method} {address}: {answer.status}")
    return wrong, number


def test_a_child_is_not_found_under_another_parent(stands: Hospital) -> None:
    wrong, number = mixed(stands, Everyone(stands).pages())
    assert wrong == [] and number, "\n".join(wrong)


def test_the_administration_shows_and_does_nothing_to_a_strange_row(stands: Hospital) -> None:
    """Named among the chosen rows of a list, alone and beside one's own, and as what a list is narrowed by."""
    client = Everyone(stands).browser(stands.objects["own"].users["administrator"])
    wrong = []
    for address in addresses():
        own, foreign = (next(iter(stands.rows[kind].get(address.model, [])), None) for kind in ("own", "foreign"))
        if address.action and address.model not in NETWORK:
            for chosen in ([own, foreign], [foreign]):
                fields = {**address.sent(own), "_selected_action": list(map(str, chosen)), "select_across": "1"}
                answer = ask(client, "POST", address.url(), fields)
                if used(answer, str(foreign)) or answer.status >= 500:
                    wrong.append(f"{address.name}: {answer.status}")
        if address.is_a_list and foreign and address.model not in NETWORK:
            for name in (
                "id",
                "id__exact",
                "pk",
                "pk__in",
                "patient",
                "patient__id__exact",
                "facility__id__exact",
                "_to_field",
                "q",
            ):
                answer = ask(client, "GET", f"{address.url()}?{urlencode({name: foreign, '_popup': 1})}")
                if f"/{foreign}/change/" in answer.text or answer.status >= 500:
                    wrong.append(f"{address.name}?{name}: {answer.status}")
    assert wrong == [], "\n".join(wrong)


# Of the whole network, not of a facility: the formulary, the codes, the queue of work, and people's accounts.
NETWORK = {
    apps.get_model(label)
    for label in [
        "core.Facility",
        "core.OutboxMessage",
        "core.AuditSeal",
        "patients.Patient",
        "patients.DiagnosisCode",
        "doctors.Specialty",
        "pharmacy.Medicine",
        "django_celery_beat.PeriodicTask",
        "django_celery_beat.ClockedSchedule",
        "django_celery_beat.CrontabSchedule",
        "django_celery_beat.SolarSchedule",
        "django_celery_beat.IntervalSchedule",
    ]
}

# Columns that a form does not ask for.

PLANTED = "Pfropfreis"
STRANGER = str(uuid.UUID(int=0xF00F))
# (table, column) → how often each value was written.
Values = dict[tuple[str, str], Counter]


def value_of(column: models.Field, was: Any = None) -> str:
    """A value of the column's type that stands nowhere else; of those that have few values, another than it `was`."""
    kind = column.get_internal_type()
    if column.choices:
        values = [str(value) for value, _label in column.flatchoices if value]
        return next((value for value in values if value != str(was)), PLANTED)
    if kind == "BooleanField":
        return "false" if str(was) == "True" else "true"
    if "Integer" in kind:
        return "98765"
    known = {
        "DecimalField": "98765.43",
        "DateField": "1987-06-05",
        "DateTimeField": "1987-06-05T04:03",
        "TimeField": "04:03",
    }
    known |= {
        "UUIDField": STRANGER,
        "ForeignKey": STRANGER,
        "OneToOneField": STRANGER,
        "JSONField": f'{{"{PLANTED}": 1}}',
    }
    return known.get(kind, PLANTED)


def columns() -> dict[str, list[str]]:
    """Every column of every model, with a value of its type."""
    said = {}
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            said[column.name] = said[column.attname] = [value_of(column)]
    return said


class Acts:
    """What forms do, row by row: the rows that are there once one was sent, and are not there without it."""

    def __init__(self) -> None:
        self.before: dict[str, Counter] = {}

    def of(self, page: Page, sent: Sent, more: dict[str, Any]) -> tuple[Answer, Values]:
        after: dict[str, Counter] = {}

        def look(changes: list[tuple[str, str]]) -> None:
            tables = {table.partition(".")[0] for table, _values in changes if table not in MINUTES}
            after.update({table: _rows(table) for table in tables})

        answer = ask(page.client, "POST", sent.action, more | sent.filled(), look=look)
        found: Values = {}
        if answer.status in (204, 302):
            for table, rows in after.items():
                if table not in self.before:
                    self.before[table] = _rows(table)
                for row in (rows - self.before[table]).elements():
                    for column, value in json.loads(row).items():
                        found.setdefault((table, column), Counter())[str(value)] += 1
        return answer, found


def _rows(table: str) -> Counter:
    with connection.cursor() as cursor:
        cursor.execute(f"select (to_jsonb(t) - 'content')::text from \"{table}\" t")
        return Counter(row for (row,) in cursor.fetchall())


def strays(every: Iterable[tuple[Page, Sent]]) -> tuple[list[str], int]:
    """The forms by which a column was set that they do not ask for; and how many acts were done with all of them sent.

    The same form is sent twice as it is: what differs is chance (keys, codes). Sent once more with every column of every
    model, in those that it writes with other values than it wrote, it must do the same.
    """
    found, done = [], 0
    acts, anything = Acts(), columns()
    by_table = {model._meta.db_table: model for model in apps.get_models()}
    for page, sent in every:
        _answer, plain = acts.of(page, sent, {})
        more = dict(anything)
        for (table, name), values in plain.items():
            column = next((each for each in by_table[table]._meta.concrete_fields if each.column == name), None)
            if column:
                more[column.name] = more[column.attname] = [value_of(column, next(iter(values)))]
        more = {name: value for name, value in more.items() if name not in sent.fields}
        answer, with_them = acts.of(page, sent, more)
        done += answer.status in (204, 302)
        where = f"{page.route.name} → {sent.action}"
        if answer.status >= 500:
            found.append(f"{where}: {answer.status}")
        for table, values in answer.changes:
            if table not in MINUTES and any(word in values for word in (PLANTED, "98765", "00000000f00f")):
                found.append(f"{where}: {table}")
        if plain != with_them:
            _answer, again = acts.of(page, sent, {})
            certain = {place for place in {*plain, *with_them} if plain.get(place) == again.get(place)}
            found += [
                f"{where}: {table}.{column}"
                for table, column in sorted(certain)
                if plain.get((table, column)) != with_them.get((table, column))
            ]
    return found, done


def test_a_form_sets_no_column_that_it_does_not_ask_for(stands: Hospital) -> None:
    everyone = Everyone(stands)
    found, done = strays(everyone.forms(everyone.pages()))
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


@access.signed_in
def of_query(request: HttpRequest) -> HttpResponse:
    return HttpResponse("".join(map(str, Patient.objects.filter(pk=request.GET.get("patient") or STRANGER))))


@access.signed_in
def of_header(request: HttpRequest) -> HttpResponse:
    return HttpResponse("".join(map(str, Patient.objects.filter(pk=request.headers.get("HX-Target") or STRANGER))))


@access.signed_in
def chart_of_query(request: HttpRequest) -> HttpResponse:
    rows = Condition.objects.filter(patient=request.GET.get("patient") or STRANGER)
    return HttpResponse("".join(row.display for row in rows))


@access.signed_in
def child(request: HttpRequest, patient_id: uuid.UUID, encounter_id: uuid.UUID) -> HttpResponse:
    """Under whatever parent."""
    return HttpResponse(str(Encounter.objects.get(pk=encounter_id).pk))


urlpatterns = [
    *house.urlpatterns,
    *(path(view.__name__, view, name=view.__name__) for view in (sets, takes, of_query, of_header, chart_of_query)),
    path("of/<uuid:patient_id>/<uuid:encounter_id>", child, name="child"),
]


def gullible(stands: Hospital, view: Any, *arguments: str) -> Page:
    own = stands.objects["own"]
    address = reverse(view.__name__, kwargs={name: own.ids[name] for name in arguments})
    client = sign_in(stands.asked["receptionist"])
    client.raise_request_exception = False
    return Page(Route(view.__name__, view, arguments), client, address)


@pytest.mark.urls("tests.project.test_planted")
@pytest.mark.parametrize("column", ["city", "birth_date_estimated", "birth_date", "sex", "name_tokens"])
def test_a_page_that_sets_what_it_is_sent_is_found(stands: Hospital, column: str) -> None:
    page = gullible(stands, sets)
    fields = {"patient": [str(stands.objects["own"].patient.pk)], f"only-{column}": ["1"]}
    found, done = strays([(page, Sent("/sets", "post", fields, dict.fromkeys(fields, "hidden")))])
    assert done == 1 and any(f"patients_patient.{column}" in each for each in found), found
    del fields[f"only-{column}"]
    assert strays([(page, Sent("/sets", "post", fields, dict.fromkeys(fields, "hidden")))]) == ([], 1)


@pytest.mark.urls("tests.project.test_planted")
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


@pytest.mark.urls("tests.project.test_planted")
def test_a_page_that_shows_what_it_is_asked_for_is_found(stands: Hospital) -> None:
    foreign, narrow = ids_of(stands, "foreign"), ids_of(stands, "narrow")
    for view, numbers in ((of_query, {"0", "1", "3", "4"}), (of_header, {"3", "4"})):
        for strange, word in ((foreign, FOREIGN), (narrow, NARROW)):
            found = shown([gullible(stands, view)], strange, [word])
            assert found and {line.split()[1].rstrip(":") for line in found} <= numbers, found
    assert shown([gullible(stands, chart_of_query)], ids_of(stands, "other"), [f"Asthma{OTHER}"])


@pytest.mark.urls("tests.project.test_planted")
def test_a_page_that_shows_a_child_under_another_parent_is_found(stands: Hospital) -> None:
    wrong, number = mixed(stands, [gullible(stands, child, "patient_id", "encounter_id")])
    assert number == 12 and len(wrong) == 12
