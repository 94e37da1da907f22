"""A chart opens to those who treat the patient; to others by name and for a time; and some records to fewer still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hms.core import access, clock, people
from hms.core.models import AuditEvent, Department, Facility, GuessCount, Notification, User
from hms.core.refusals import Refused
from hms.core.sign_in import throttle
from patients import care, search
from patients.models import Allergy, ChartGrant, Encounter, Patient, PatientUserObjectPermission
from patients.querysets import PatientQuerySet
from patients.services import clinical, encounters, grants
from patients.views import grants as pages
from tests.conftest import make_patient
from tests.weakened import replaced, reworded, together, weakened

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
BrowserOf = Callable[[User], Client]
PASSWORD = "a long pass phrase of mine"


# What the twins take away (tests/weakened.py).
seen = PatientQuerySet.visible_to
ANY_DEPARTMENT = reworded(care.department_visits, ('user.departments_for("patients.view_chart")', "None"))
UNHIDDEN = reworded(care.unkept, ("~Exists(narrow) | _related(user, ref, clinical=False)", "Q()"))


@pytest.fixture
def surgery(north: Facility) -> Department:
    return Department.objects.create(facility=north, code="surgery", name="Surgery")


@pytest.fixture
def working(north: Facility) -> Callable[..., User]:
    """`working("doctor", surgery)`: a person whose role holds in that department."""

    def make(role: str, department: Department) -> User:
        user = User.objects.create(username=f"{role}-{User.objects.count()}", last_name="Tester")
        user.set_password(PASSWORD)
        user.save()
        people.grant(None, user=user, facility=north, role=role, department=department)
        return user.at(north)

    return make


@pytest.fixture
def ours(north: Facility) -> Department:
    return north.departments.get(code="outpatients")


@pytest.fixture
def charted(reception: User, patient: Patient, ours: Department, working: Callable[..., User]) -> Encounter:
    """A visit in the outpatients, with an allergy and a pulse."""
    visit = encounters.open_encounter(reception, patient=patient, department=ours, reason="Cough")
    nurse = working("nurse", ours)
    clinical.record_allergy(nurse, patient_id=patient.pk, substance="Latex", reaction="Hives")
    clinical.record_vitals(nurse, encounter_id=visit.pk, values={"pulse": 88})
    return visit


def again(user: User, facility: Facility) -> User:
    """The same person, as the next request meets them."""
    return User.objects.get(pk=user.pk).at(facility)


def break_glass(client: Client, patient: Patient, **changed: str) -> object:
    address = f"/patients/{patient.pk}/break-glass"
    asked = client.get(address)
    assert asked.status_code == 302 and asked.headers["Location"].startswith("/accounts/again/")
    assert client.post(asked.headers["Location"], {"password": PASSWORD}).headers.get("Location") == address
    fields = {"reason": "Collapsed in the corridor", "_key": uuid4()} | changed
    return client.post(address, fields)


@weakened("of any department", ANY_DEPARTMENT)
def test_the_department_with_the_visit_reads_the_chart_and_another_does_not(
    charted: Encounter, surgery: Department, ours: Department, working: Callable[..., User], browser_of: BrowserOf
) -> None:
    address = f"/patients/{charted.patient_id}/allergies"
    assert "Latex" in browser_of(working("doctor", ours)).get(address).content.decode()
    outside = browser_of(working("doctor", surgery))
    answer = outside.get(address)
    assert (answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (
        302,
        f"/patients/{charted.patient_id}/break-glass",
    )
    for page in (f"/patients/{charted.patient_id}/", f"/patients/visits/{charted.pk}/"):
        body = outside.get(page).content.decode()
        assert "Raghunathan" in body and "Latex" not in body and "Pulse" not in body, page
    refused = AuditEvent.objects.filter(action="access.outside_care", patient_id=charted.patient_id)
    assert refused.first().detail["which"] == "patients:chart-allergies"


def test_without_the_relation_the_same_page_would_open(
    charted: Encounter, surgery: Department, working: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself can fail: with a relation that relates everybody, the other department reads."""
    outside = working("doctor", surgery)
    assert not Allergy.objects.visible_to(outside).exists()
    everybody = care.Relation("patients.view_chart", lambda user: Encounter.objects.all(), "patient_id", True)
    monkeypatch.setitem(care._relations, "everybody", everybody)
    assert Allergy.objects.visible_to(again(outside, outside.facility)).exists()


@weakened("for ever", care, "LATELY", timedelta(days=400), only="8-False")
@weakened("for a day", care, "LATELY", timedelta(days=1), only="6-True")
@pytest.mark.parametrize("days, reads", [(6, True), (8, False)])
def test_a_department_reads_for_some_days_after_the_visit(
    charted: Encounter, ours: Department, working: Callable[..., User], days: int, reads: bool
) -> None:
    encounters.cancel(working("doctor", ours), encounter_id=charted.pk, reason="Went home")
    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        assert care.treats(working("nurse", ours), charted.patient_id) is reads


@weakened(
    "only in a department",
    reworded(
        care.department_visits,
        ("here if places is None else ", ""),
        ("department__in=places", "department__in=places or []"),
    ),
)
def test_whoever_has_no_department_works_in_all(charted: Encounter, person: MakeUser) -> None:
    assert care.treats(person("doctor"), charted.patient_id)


@weakened(
    "whatever the role",
    together(ANY_DEPARTMENT, reworded(care._related, ("user.has_perm(relation.permission) and ", ""))),
)
def test_roles_without_a_chart_treat_nobody(charted: Encounter, person: MakeUser) -> None:
    for role in ("receptionist", "cashier", "accountant", "manager", "administrator", "auditor", "hr"):
        assert not care.treats(person(role), charted.patient_id), role


@weakened("of any department", ANY_DEPARTMENT)
def test_an_administrator_who_is_also_a_surgeon_does_not_thereby_read_the_outpatients(
    charted: Encounter, surgery: Department, working: Callable[..., User], north: Facility
) -> None:
    surgeon = working("doctor", surgery)
    people.grant(None, user=surgeon, facility=north, role="administrator")
    assert not care.treats(again(surgeon, north), charted.patient_id)


def test_the_desk_reads_no_allergies(charted: Encounter, reception: User, browser_of: BrowserOf) -> None:
    assert "Latex" not in browser_of(reception).get(f"/patients/{charted.patient_id}/").content.decode()


# In an emergency


@weakened("for ever", reworded(care.granted, (", grant__until__gt=clock.now()", "")))
@weakened("without a word to the auditor", grants.notify, "everyone", lambda facility, **what: None)
@weakened(
    "with a verdict that gives no reason",
    reworded(grants.review, ('if verdict == "not_justified" and not comment.strip():', "if False:")),
)
@weakened("with every chart", reworded(care._related, (".filter(**{relation.patient: OuterRef(ref)})", "")))
def test_in_an_emergency_the_chart_opens_for_hours_is_seen_and_judged(
    charted: Encounter, surgery: Department, working: Callable[..., User], person: MakeUser, browser_of: BrowserOf
) -> None:
    surgeon, auditor = working("doctor", surgery), person("auditor")
    patient, north = charted.patient, surgeon.facility
    client = browser_of(surgeon)
    assert break_glass(client, patient).status_code == 302
    page = client.get(f"/patients/{patient.pk}/").content.decode()
    assert "Emergency access until" in page and "Collapsed in the corridor" in page
    assert "Latex" in client.get(f"/patients/{patient.pk}/allergies").content.decode()
    other = make_patient(person("receptionist"), "Omar", "Haddad")
    assert client.get(f"/patients/{other.pk}/allergies").status_code == 302, "that one chart only"
    assert Notification.objects.filter(user=auditor).exists()

    judge = browser_of(auditor)
    assert "Collapsed in the corridor" in judge.get("/patients/grants/").content.decode()
    grant = ChartGrant.objects.get()
    assert "Allergies looked at" in judge.get(f"/patients/grants/{grant.pk}/").content.decode()
    fields = {"verdict": "not_justified", "comment": "", "_key": uuid4()}
    assert judge.post(f"/patients/grants/{grant.pk}/", fields).status_code == 422
    fields |= {"comment": "Was not on call", "_key": uuid4()}
    assert judge.post(f"/patients/grants/{grant.pk}/", fields).status_code == 302
    assert "Nothing to review" in judge.get("/patients/grants/").content.decode()

    with time_machine.travel(clock.now() + grants.EMERGENCY + timedelta(seconds=1), tick=False):
        assert not care.treats(again(surgeon, north), patient.pk)
        assert grants.expire() == 1
    assert not PatientUserObjectPermission.objects.exists()


@weakened("without signing in again", pages, "did_recently_reauthenticate", lambda request: True)
@weakened(
    "without a reason",
    together(
        replaced(pages.BreakGlassForm.base_fields["reason"], "required", False),
        reworded(grants._open, ("if not reason.strip():", "if False:")),
    ),
    by=IntegrityError,
)
def test_the_emergency_asks_for_a_reason_and_to_sign_in_again(
    charted: Encounter, surgery: Department, working: Callable[..., User], browser_of: BrowserOf
) -> None:
    client = browser_of(working("nurse", surgery))
    address = f"/patients/{charted.patient_id}/break-glass"
    sent = client.post(address, {"reason": "Bleeding", "_key": uuid4()})
    assert sent.headers["Location"].startswith("/accounts/again/") and not ChartGrant.objects.exists()
    wrong = client.post(sent.headers["Location"], {"password": "somebody else's"})
    assert wrong.status_code == 200 and client.get(address).status_code == 302
    assert break_glass(client, charted.patient, reason="  ").status_code == 422
    assert not ChartGrant.objects.exists()


@weakened("unasked", reworded(grants._break, ("if care.treats(actor, patient.pk):", "if False:")))
def test_who_reads_the_chart_anyway_opens_nothing(
    charted: Encounter, ours: Department, working: Callable[..., User]
) -> None:
    with pytest.raises(Refused, match="open to you already"):
        grants.break_glass(working("doctor", ours), patient_id=charted.patient_id, reason="Why not")


@weakened("but oneself", reworded(grants.review, ("if grant.user_id == actor.pk:", "if False:")), by=IntegrityError)
def test_nobody_judges_their_own_access(
    charted: Encounter, surgery: Department, working: Callable[..., User], north: Facility
) -> None:
    surgeon = working("doctor", surgery)
    people.grant(None, user=surgeon, facility=north, role="auditor")
    surgeon = again(surgeon, north)
    grant = grants.break_glass(surgeon, patient_id=charted.patient_id, reason="Bleeding")
    with pytest.raises(Refused, match="Another auditor"):
        grants.review(surgeon, grant_id=grant.pk, verdict="justified", comment="")
    with pytest.raises(IntegrityError, match="judged_by_another"), transaction.atomic():
        ChartGrant.objects.filter(pk=grant.pk).update(verdict="justified", reviewed_by=surgeon, reviewed_at=clock.now())


@weakened("by anybody", reworded(grants.end, ("if actor.pk not in", "if False and actor.pk not in")))
@weakened(
    "in words alone", reworded(grants.end, ("PatientUserObjectPermission.objects.filter(grant=grant).delete()", "pass"))
)
def test_it_is_closed_before_its_time_by_whoever_opened_it(
    charted: Encounter, surgery: Department, working: Callable[..., User], browser_of: BrowserOf
) -> None:
    surgeon = working("doctor", surgery)
    grant = grants.break_glass(surgeon, patient_id=charted.patient_id, reason="Bleeding")
    with pytest.raises(Refused):
        grants.end(working("doctor", surgery), grant_id=grant.pk)
    assert browser_of(surgeon).post(f"/patients/grants/{grant.pk}/end", {"_key": uuid4()}).status_code == 302
    assert not care.treats(again(surgeon, surgeon.facility), charted.patient_id)


# Shared


@weakened("for ever", reworded(care.granted, (", grant__until__gt=clock.now()", "")))
@weakened("with everybody", reworded(care.granted, ("user=user, ", "")))
def test_a_chart_is_shared_with_a_named_colleague_until_a_day(
    charted: Encounter, surgery: Department, ours: Department, working: Callable[..., User], browser_of: BrowserOf
) -> None:
    owner, surgeon, other = working("doctor", ours), working("doctor", surgery), working("doctor", surgery)
    day = clock.today(owner.facility) + timedelta(days=3)
    fields = {"user": surgeon.pk, "until": day.isoformat(), "reason": "Second opinion", "_key": uuid4()}
    assert browser_of(owner).post(f"/patients/{charted.patient_id}/share", fields).status_code == 302
    facility = owner.facility
    assert care.treats(again(surgeon, facility), charted.patient_id)
    assert not care.treats(other, charted.patient_id)
    _start, end = clock.day_bounds(facility, day)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert care.treats(again(surgeon, facility), charted.patient_id)
    with time_machine.travel(end, tick=False):
        assert not care.treats(again(surgeon, facility), charted.patient_id)


@weakened("for ever", grants, "LONGEST_SHARE", timedelta(days=400), only="91")
@weakened(
    "since yesterday", reworded(grants.share, ("clock.now() < until <=", "until <=")), only="-1", by=IntegrityError
)
@pytest.mark.parametrize("days", [-1, 91])
def test_a_chart_is_not_shared_for_ever(
    charted: Encounter, surgery: Department, ours: Department, working: Callable[..., User], days: int
) -> None:
    with pytest.raises(Refused, match="next 90 days"):
        grants.share(
            working("doctor", ours),
            patient_id=charted.patient_id,
            user=working("doctor", surgery),
            until=clock.now() + timedelta(days=days),
            reason="Second opinion",
        )


@weakened("unasked", together(replaced(access, "_care", None), replaced(PatientQuerySet, "treated_by", seen)))
def test_who_does_not_read_a_chart_does_not_share_it(
    charted: Encounter, surgery: Department, working: Callable[..., User], browser_of: BrowserOf
) -> None:
    assert browser_of(working("doctor", surgery)).get(f"/patients/{charted.patient_id}/share").status_code == 404


# Kept narrower


@pytest.fixture
def hidden(charted: Encounter, reception: User) -> Patient:
    return grants.keep_narrow(
        reception, patient_id=charted.patient_id, confidentiality="vip", reason="Known from television"
    )


@weakened("as any other", UNHIDDEN)
def test_a_narrow_record_does_not_exist_for_those_who_do_not_treat_the_patient(
    hidden: Patient, surgery: Department, working: Callable[..., User], person: MakeUser, browser_of: BrowserOf
) -> None:
    for user in (working("doctor", surgery), person("cashier"), person("pharmacist"), person("lab_technician")):
        client = browser_of(user)
        assert not search.patients(user, "Raghunathan").exists()
        answer = client.get(f"/patients/{hidden.pk}/")
        assert answer.status_code == 404 and "Raghunathan" not in answer.content.decode(), user.roles
        assert client.get(f"/patients/{hidden.pk}/break-glass").status_code in (403, 404)
    assert not Encounter.objects.visible_to(working("nurse", surgery)).exists()


@weakened(
    "for nobody", reworded(care.unkept, ("~Exists(narrow) | _related(user, ref, clinical=False)", "~Exists(narrow)"))
)
def test_those_who_treat_them_and_the_desk_find_it_and_are_told(
    hidden: Patient, ours: Department, working: Callable[..., User], reception: User, browser_of: BrowserOf
) -> None:
    for user in (working("doctor", ours), reception):
        assert search.patients(user, "Raghunathan").exists()
        assert "Confidential: Public person" in browser_of(user).get(f"/patients/{hidden.pk}/").content.decode()


@weakened("by anybody", reworded(grants.keep_narrow, ('confidentiality == "normal" and not', "False and not")))
def test_only_the_privacy_officer_opens_it_again(hidden: Patient, reception: User, person: MakeUser) -> None:
    with pytest.raises(Refused, match="privacy officer"):
        grants.keep_narrow(reception, patient_id=hidden.pk, confidentiality="normal", reason="Asked me to")
    grants.keep_narrow(person("auditor"), patient_id=hidden.pk, confidentiality="normal", reason="Asked in writing")
    event = AuditEvent.objects.filter(action="patients.patient.confidentiality_changed").latest("id")
    assert event.detail == {"from": "vip", "to": "normal"}


# In an emergency, whoever may not know that the patient is here

EMERGENCY = "/patients/emergency"


def signed_in_again(browser_of: BrowserOf, user: User) -> Client:
    client = browser_of(user)
    asked = client.get(EMERGENCY)
    assert asked.headers["Location"].startswith("/accounts/again/")
    assert client.post(asked.headers["Location"], {"password": PASSWORD}).headers.get("Location") == EMERGENCY
    assert client.get(EMERGENCY).status_code == 200
    return client


def send(client: Client, mrn: str, birth_date: date, **changed: str):
    fields = {"mrn": mrn, "birth_date": birth_date.isoformat(), "reason": "Collapsed in the corridor", "_key": uuid4()}
    return client.post(EMERGENCY, fields | changed)


@pytest.fixture
def surgeon(surgery: Department, working: Callable[..., User]) -> User:
    return working("doctor", surgery)


@weakened("as it was", reworded(grants.break_glass_by_number, ("known_in(actor.facility)", "visible_to(actor)")))
@weakened("with everybody", reworded(care.granted, ("user=user, ", "")))
@weakened("for ever", reworded(care.granted, (", grant__until__gt=clock.now()", "")))
def test_a_narrow_record_opens_in_an_emergency_by_what_the_wristband_says_to_whoever_asks_alone(
    hidden: Patient,
    surgeon: User,
    surgery: Department,
    working: Callable[..., User],
    person: MakeUser,
    reception: User,
    browser_of: BrowserOf,
    north: Facility,
) -> None:
    other, second = working("doctor", surgery), make_patient(reception, "Ilse", "Aaltonen")
    grants.keep_narrow(reception, patient_id=second.pk, confidentiality="vip", reason="Known from television")
    client, chart, judge = signed_in_again(browser_of, surgeon), f"/patients/{hidden.pk}/", person("auditor")
    assert client.get(chart).status_code == 404
    assert send(client, f" {hidden.mrn.lower()} ", hidden.birth_date).headers.get("Location") == chart
    page = client.get(chart).content.decode()
    assert "Raghunathan" in page and "Collapsed in the corridor" in page
    assert "Latex" in client.get(f"{chart}allergies").content.decode()
    event = AuditEvent.objects.get(action="patients.glass.broken")
    assert (event.actor, event.patient_id, event.reason) == (surgeon, hidden.pk, "Collapsed in the corridor")

    assert browser_of(other).get(chart).status_code == 404
    assert not search.patients(other, "Raghunathan").exists()
    assert not Encounter.objects.visible_to(other).exists()
    assert client.get(f"/patients/{second.pk}/").status_code == 404, "the one chart, and no other"

    assert Notification.objects.filter(user=judge, text__contains="emergency").exists()
    assert "Collapsed in the corridor" in browser_of(judge).get("/patients/grants/").content.decode()
    with time_machine.travel(clock.now() + grants.EMERGENCY + timedelta(seconds=1), tick=False):
        assert not care.treats(again(surgeon, north), hidden.pk)
        assert not Patient.objects.visible_to(again(surgeon, north)).filter(pk=hidden.pk).exists()


@weakened(
    "without the birth date",
    reworded(grants.break_glass_by_number, (" or patient.birth_date != birth_date", "")),
    only="birth date",
)
@weakened(
    "of the whole network",
    reworded(grants.break_glass_by_number, ("Patient.objects.known_in(actor.facility)", "Patient.objects.all()")),
    only="elsewhere",
)
@weakened(
    "without its row",
    reworded(grants.break_glass_by_number, ("audit.attempted(", "dict(what=")),
)
@pytest.mark.parametrize("wrong", ["birth date", "elsewhere"])
def test_a_wrong_pair_is_told_nothing_and_recorded(
    hidden: Patient, surgeon: User, person: MakeUser, browser_of: BrowserOf, south: Facility, wrong: str
) -> None:
    client, nobody = signed_in_again(browser_of, surgeon), "N-999999-9"
    mrn, born, whose = hidden.mrn, hidden.birth_date, None
    if wrong == "birth date":
        born, whose = born + timedelta(days=1), hidden.pk
    else:
        mrn = make_patient(person("receptionist", south), "Ilse", "Aaltonen", birth_date=born).mrn

    def told(number: str) -> tuple[int, str, int]:
        with CaptureQueriesContext(connection) as asked:
            answer = send(client, number, born)
        form = answer.context["form"] if answer.context else None
        return answer.status_code, form.errors.as_text() if form else answer.headers["Location"], len(asked)

    told(nobody)  # what a process asks for once, it has asked for
    unknown, known = told(nobody), told(mrn)
    assert unknown == known
    assert known[0] == 422 and "No patient of this facility" in known[1]
    assert not ChartGrant.objects.exists()
    rows = AuditEvent.objects.filter(action="patients.glass.refused", actor=surgeon).order_by("id")
    assert [row.patient_id for row in rows] == [None, None, whose]


@weakened("uncounted", throttle, "attempt", lambda *what: SimpleNamespace(succeeded=list))
def test_pairs_are_not_guessed(
    hidden: Patient, surgeon: User, surgery: Department, working: Callable[..., User], browser_of: BrowserOf
) -> None:
    client = signed_in_again(browser_of, surgeon)
    with time_machine.travel(clock.now(), tick=False) as hour:
        for day in range(1, 6):
            assert send(client, hidden.mrn, hidden.birth_date + timedelta(days=day)).status_code == 422
        slowed = send(client, hidden.mrn, hidden.birth_date)
        assert (slowed.status_code, slowed.headers.get("Retry-After")) == (429, "30"), "the right one as well"
        assert not ChartGrant.objects.exists()
        colleague = signed_in_again(browser_of, working("doctor", surgery))
        assert send(colleague, hidden.mrn, hidden.birth_date).status_code == 302, "nobody else waits"
        hour.shift(timedelta(seconds=31))
        assert send(client, hidden.mrn, hidden.birth_date).status_code == 302


@weakened("without signing in again", pages, "did_recently_reauthenticate", lambda request: True)
def test_the_number_is_asked_of_whoever_may_and_has_signed_in_again_and_says_why(
    hidden: Patient, surgeon: User, client_as: Callable[..., Client], browser_of: BrowserOf
) -> None:
    for role in ("receptionist", "cashier", "auditor"):
        closed = client_as(role)
        assert closed.get(EMERGENCY).status_code == 403, role
        assert send(closed, hidden.mrn, hidden.birth_date).status_code == 403, role
    hasty = browser_of(surgeon)
    assert send(hasty, hidden.mrn, hidden.birth_date).headers["Location"].startswith("/accounts/again/")
    client = signed_in_again(browser_of, surgeon)
    before = GuessCount.objects.filter(failures__gt=0).count()
    for mrn in (hidden.mrn, "N-999999-9"):
        answer = send(client, mrn, hidden.birth_date, reason="  ")
        assert answer.status_code == 422 and list(answer.context["form"].errors) == ["reason"]
    assert GuessCount.objects.filter(failures__gt=0).count() == before, "nothing was guessed"
    assert not ChartGrant.objects.exists()


@weakened("after the pair", reworded(grants.break_glass_by_number, ("if not reason.strip():", "if False:")), by=Refused)
def test_without_a_reason_nobody_learns_that_a_pair_fits(hidden: Patient, surgeon: User) -> None:
    said = set()
    for mrn in (hidden.mrn, "N-999999-9"):
        with pytest.raises(Refused) as refused:
            grants.break_glass_by_number(surgeon, mrn=mrn, birth_date=hidden.birth_date, reason=" ")
        said.add((refused.value.message, refused.value.field))
    assert said == {("Say why.", "reason")}


@weakened("for everybody", PatientQuerySet, "visible_to", lambda self, user: self)
def test_the_search_that_finds_nobody_leads_there_whoever_may(
    hidden: Patient, surgeon: User, client_as: Callable[..., Client], browser_of: BrowserOf
) -> None:
    words = {"q": "Raghunathan"}
    assert f'href="{EMERGENCY}">They need me now' in browser_of(surgeon).post("/patients/", words).content.decode()
    assert EMERGENCY not in client_as("cashier").post("/patients/", words).content.decode()
    assert EMERGENCY not in client_as("receptionist").post("/patients/", {"q": "Nobody"}).content.decode()


@pytest.mark.parametrize("until", ["2001-01-01", "9999-12-31"])
def test_a_day_beyond_the_calendar_is_said_to_be_one(
    charted: Encounter,
    ours: Department,
    working: Callable[..., User],
    surgery: Department,
    browser_of: BrowserOf,
    until: str,
) -> None:
    fields = {"user": working("doctor", surgery).pk, "until": until, "reason": "Second opinion", "_key": uuid4()}
    answer = browser_of(working("doctor", ours)).post(f"/patients/{charted.patient_id}/share", fields)
    assert answer.status_code == 422 and "within the next 90 days" in answer.content.decode()


def test_without_the_gate_the_same_address_would_answer(
    charted: Encounter, surgery: Department, working: Callable[..., User], browser_of: BrowserOf, monkeypatch
) -> None:
    outside, address = browser_of(working("doctor", surgery)), f"/patients/{charted.patient_id}/allergies"
    assert outside.get(address).status_code == 302
    monkeypatch.setattr(access, "_care", None)
    open_page = outside.get(address)
    assert open_page.status_code == 200 and "Latex" not in open_page.content.decode(), "the list is narrowed by itself"
