"""What belongs to somebody else is not had by naming it in an address: in its query, in a header, under another parent,
among the chosen rows of a list of the administration. test_planted_forms.py does the same to forms."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from hms import urls as house
from hms.core import access
from patients.models import Condition, Encounter, Patient
from tests.project.administration import addresses
from tests.project.hospitals import FOREIGN, KNOW_THE_NARROW, NARROW, OTHER, Hospital
from tests.project.matrix import Answer, ask, concerns_a_row
from tests.project.names import NAMES, headers_heard, heard
from tests.project.pages import Everyone, Page
from tests.project.planted import STRANGER, gullible, used
from tests.project.routes import Route, routes

QUERY = [*NAMES, "id", "_to_field", "_changelist_filters", "e"]
# What only those read who treat the patient, as the walk wrote it.
CLINICAL = ("Latex", "Rash", "Asthma", "Breathe", "Inhale", "Cough", "Sleeps", "Pneumonia", "three times a day")


def asked_with(page: Page, strange: dict[str, Any]) -> Iterator[tuple[str, Answer]]:
    """The page with a strange patient in every parameter and header; each parameter with what it could be meant for.
    What looks at no parameter, or at no header, is asked once as itself and once as a fragment with all of them: it
    could not tell the others apart."""
    ids = {name.removesuffix("_id"): str(pk) for name, pk in strange.items()}
    patient = ids["patient"]
    said = dict.fromkeys(("HX-Target", "HX-Trigger", "HX-Trigger-Name", "HX-Prompt"), patient)
    said |= {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page.address}?patient={patient}"}

    def get(query: dict[str, str], **headers: str) -> Answer:
        return ask(page.client, "GET", f"{page.address}?{urlencode(query)}", None, **headers)

    with heard() as read, headers_heard() as looked_at:
        answers = {"as meant": get(ids | strange), "with headers": get(ids | strange, **said)}
    yield from answers.items()
    if read:
        yield "a patient", get(dict.fromkeys([*ids, *QUERY], patient))
        yield "a visit", get(dict.fromkeys(QUERY, ids["encounter"]))
    if looked_at & {name.lower() for name in said if name != "HX-Request"}:
        yield "headers alone", get({}, **said)


def shown(pages: Iterable[Page], strange: dict[str, Any], words: Iterable[str]) -> list[str]:
    """The pages that say one of these words only because they were asked for it, or break."""
    wrong = []
    for page in pages:
        for how, answer in asked_with(page, strange):
            said = [word for word in words if word in answer.text]
            if said:  # unless it is said there anyway: a reason that was written for whoever decides
                usual = ask(page.client, "GET", page.address).text
                said = [word for word in said if word not in usual]
            if said or answer.status >= 500:
                wrong.append(f"{page.route.name} {how}: {answer.status} {said}")
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


# The same, of pages that show what they are asked for.


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
    *(path(view.__name__, view, name=view.__name__) for view in (of_query, of_header, chart_of_query)),
    path("of/<uuid:patient_id>/<uuid:encounter_id>", child, name="child"),
]


@pytest.mark.urls("tests.project.test_planted")
def test_a_page_that_shows_what_it_is_asked_for_is_found(stands: Hospital) -> None:
    foreign, narrow = ids_of(stands, "foreign"), ids_of(stands, "narrow")
    for view, hows in (
        (of_query, ["as meant", "with headers", "a patient"]),
        (of_header, ["with headers", "headers alone"]),
    ):
        for strange, word in ((foreign, FOREIGN), (narrow, NARROW)):
            found = shown([gullible(stands, view)], strange, [word])
            assert found == [f"{view.__name__} {how}: 200 ['{word}']" for how in hows]
    assert shown([gullible(stands, chart_of_query)], ids_of(stands, "other"), [f"Asthma{OTHER}"])


@pytest.mark.urls("tests.project.test_planted")
def test_a_page_that_shows_a_child_under_another_parent_is_found(stands: Hospital) -> None:
    wrong, number = mixed(stands, [gullible(stands, child, "patient_id", "encounter_id")])
    assert number == 12 and len(wrong) == 12
