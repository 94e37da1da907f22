"""Without the paper that an act takes, the act does not happen; and it is said before it runs out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from doctors.models import Specialty
from hms.core import clock
from hms.core.models import AuditEvent, Facility, Notification, User
from hms.core.refusals import Refused
from laboratory.models import LabOrder
from laboratory.services import orders
from patients.models import ClinicalNote, Encounter, Patient
from patients.services import notes
from pharmacy.models import Prescription
from staff import licences, services, tasks
from staff.models import Credential, CredentialWarning, Employee, Shift
from staff.querysets import CredentialQuerySet
from tests.conftest import license_for
from tests.doctors.conftest import make_doctor
from tests.laboratory.conftest import enter, make_test, order, verify
from tests.pharmacy.conftest import hand_out, make_product, prescribe, receive
from tests.staff.conftest import hire
from tests.wards.conftest import admit, discharge, make_ward
from tests.weakened import reworded, weakened

ENDED = date(2026, 11, 3)


# What the twins take away (tests/weakened.py), of one act: that each act asks, is proved with all rules away.
WITHDRAWN = reworded(licences.of, (' if not row["withdrawn"]', ""))


@dataclass
class Gated:
    """An act that takes a licence: who does it, doing it, and what the refusal says they cannot do."""

    actor: User
    do: Callable[[], Any]
    cannot: str
    done: Callable[[], bool]

    def refused(self) -> str:
        """What is said; nothing is left of the attempt."""
        with pytest.raises(Refused) as refusal:
            self.do()
        assert not self.done()
        assert self.cannot in str(refusal.value)
        return str(refusal.value)


@pytest.fixture(params=["sign", "amend", "discharge", "prescribe", "verify", "dispense"])
def gated(
    request: pytest.FixtureRequest, person: Callable[..., User], visit: Encounter, patient: Patient, north: Facility
) -> Gated:
    act = request.param
    doctor, pharmacist, pathologist = person("doctor"), person("pharmacist"), person("pathologist")
    if act in ("sign", "amend"):
        draft = notes.save_draft(doctor, encounter_id=visit.pk, codes=[], complaint="Cough")
        if act == "sign":
            done = ClinicalNote.objects.filter(status="signed")
            return Gated(doctor, lambda: notes.sign(doctor, note_id=draft.pk), "you cannot sign", done.exists)
        notes.sign(doctor, note_id=draft.pk)
        more = ClinicalNote.objects.filter(amends=draft)
        return Gated(doctor, lambda: notes.amend(doctor, note_id=draft.pk, text="x"), "you cannot sign", more.exists)
    if act == "discharge":
        stay = admit(person("nurse"), patient, make_ward(north, "1A")[0])
        home = type(stay).objects.filter(status="discharged")
        return Gated(doctor, lambda: discharge(doctor, stay), "you cannot sign", home.exists)
    if act == "verify":
        made = order(doctor, visit, make_test(pathologist))
        technician = person("lab_technician")
        orders.collect(technician, order_id=made.pk)
        enter(technician, made, HB="13.4")
        verified = LabOrder.objects.filter(status="verified")
        return Gated(pathologist, lambda: verify(pathologist, made), "you cannot verify results", verified.exists)
    product = make_product(pharmacist)
    receive(pharmacist, product, 100)
    if act == "prescribe":
        written = Prescription.objects.all()
        return Gated(doctor, lambda: prescribe(doctor, visit, product), "you cannot prescribe", written.exists)
    paper = prescribe(doctor, visit, product)
    given = paper.dispenses.all()
    return Gated(pharmacist, lambda: hand_out(pharmacist, paper, 4), "you cannot hand out medicines", given.exists)


def papers(user: User) -> Any:
    return Credential.objects.filter(employee__user=user)


@weakened("without an end", reworded(licences.of, ('row["until"] or NO_END', "NO_END")), only="sign")
@weakened(
    "with the oldest one",
    reworded(licences.of, ("last = max(counting", "last = min(counting")),
    only="sign",
    by=Refused,
)
def test_a_licence_that_has_ended_holds_the_act_up_until_a_renewed_one_is_on_file(gated: Gated) -> None:
    ended = clock.today(gated.actor.facility) - timedelta(days=1)
    papers(gated.actor).update(valid_until=ended)
    assert gated.refused() == (
        f"Your licence to practise ended on {ended:%d %b %Y}. Personnel enters the renewed one; "
        f"until then {gated.cannot}."
    )
    renewed = license_for(Employee.objects.get(user=gated.actor), ended + timedelta(days=700), "GM-2")
    gated.do()
    assert gated.done()
    assert renewed.withdrawn_at is None


@weakened("of any kind", reworded(licences.of, ('row["kind"] == kind and ', 'row["kind"] and ')), only="sign")
def test_a_licence_that_is_missing_or_of_another_kind_holds_the_act_up(gated: Gated) -> None:
    papers(gated.actor).update(kind="degree")
    assert "no licence to practise of yours on file" in gated.refused()
    papers(gated.actor).delete()
    assert "no licence to practise of yours on file" in gated.refused()


@weakened(
    "without a file",
    reworded(
        licences.of,
        (
            '            False,\n            _("Your sign-in is not',
            '            True,\n            _("Your sign-in is not',
        ),
    ),
    only="sign",
)
def test_a_sign_in_without_an_employee_record_cannot_act(gated: Gated) -> None:
    Employee.objects.filter(user=gated.actor).update(user=None)
    assert "not linked to an employee record. Personnel links it" in gated.refused()


@weakened("with what was withdrawn", WITHDRAWN, only="sign")
def test_a_licence_that_was_withdrawn_holds_the_act_up(gated: Gated, person: Callable[..., User]) -> None:
    today = clock.today(gated.actor.facility)
    services.withdraw_credential(person("hr"), credential_id=papers(gated.actor).get().pk, reason="Struck off")
    assert f"was withdrawn on {today:%d %b %Y}" in gated.refused()


@weakened(
    "until the evening before",
    reworded(licences.of, ("if last >= today:", "if last > today:")),
    only="sign",
    by=Refused,
)
def test_a_licence_that_ends_today_lasts_all_day_and_the_act_goes_through(gated: Gated) -> None:
    papers(gated.actor).update(valid_until=clock.today(gated.actor.facility))
    gated.do()
    assert gated.done()


@weakened(
    "with the oldest one",
    reworded(licences.of, ("last = max(counting", "last = min(counting")),
    only="sign",
    by=Refused,
)
def test_one_valid_licence_beside_an_ended_one_is_enough(gated: Gated) -> None:
    papers(gated.actor).update(valid_until=ENDED)
    license_for(Employee.objects.get(user=gated.actor), None, "GM-2")
    gated.do()
    assert gated.done()


def test_without_the_check_the_act_would_go_through(gated: Gated, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: it is this rule that refuses, and none beside it."""
    papers(gated.actor).delete()
    gated.refused()
    monkeypatch.setattr(licences, "of", lambda *args: licences.Standing(True))
    gated.do()
    assert gated.done()


@weakened(
    "by Greenwich's",
    reworded(licences.of, ("clock.today(user.facility)", "clock.now().date()")),
    only="south-28",
    by=Refused,
)
@pytest.mark.parametrize(("place", "hour"), [("north", 23), ("south", 28)])
def test_the_last_day_ends_by_the_clock_of_the_facility(
    place: str, hour: int, person: Callable[..., User], request: pytest.FixtureRequest
) -> None:
    doctor = person("doctor", request.getfixturevalue(place))
    papers(doctor).update(valid_until=ENDED)
    start = datetime(ENDED.year, ENDED.month, ENDED.day, tzinfo=UTC)
    with time_machine.travel(start + timedelta(hours=hour, minutes=59), tick=False):
        licences.demand(doctor, act=licences.Act.SIGN)
    with time_machine.travel(start + timedelta(hours=hour + 1), tick=False), pytest.raises(Refused):
        licences.demand(doctor, act=licences.Act.SIGN)


@weakened("by its name alone", User, "is_system", property(lambda self: self.username == "system"))
@weakened("with everybody a person", User, "is_system", False, by=Refused)
def test_what_no_person_does_is_not_held_up_and_an_account_of_that_name_is_a_person(north: Facility) -> None:
    system = User.objects.system().at(north)
    licences.demand(system, act=licences.Act.VERIFY)
    User.objects.filter(pk=system.pk).update(is_active=True)
    with pytest.raises(Refused):
        licences.demand(User.objects.get(pk=system.pk).at(north), act=licences.Act.VERIFY)


@weakened("with any paper", reworded(licences.of, ('row["kind"] == kind and ', 'row["kind"] and ')))
@weakened(
    "without an exception", reworded(licences.Rule.paper, ("self.other.get(profession, self.takes)", "self.takes"))
)
def test_a_technician_verifies_under_their_registration(person: Callable[..., User]) -> None:
    technician = person("lab_technician")
    file = hire(person("hr"), profession="lab_technician", user=technician)
    with pytest.raises(Refused, match="professional registration"):
        licences.demand(technician, act=licences.Act.VERIFY)
    Credential.objects.create(
        employee=file, kind="registration", number="R-1", issuer="Council", issued_on=date(2020, 1, 1)
    )
    licences.demand(technician, act=licences.Act.VERIFY)
    with pytest.raises(Refused, match="licence to practise"):
        licences.demand(technician, act=licences.Act.PRESCRIBE)


# On the screens


@pytest.fixture
def obi(person: Callable[..., User]) -> User:
    user = person("doctor")
    make_doctor(person("hr"), Specialty.objects.create(code="card", name="Cardiology"), user)
    return user


@weakened("without a word", licences, "notice", lambda user, act, papers=None: None)
@weakened(
    "unrecorded",
    reworded(licences.demand, ('audit.attempted("staff.licence.demanded", detail={"act": str(act)})', "pass")),
    by=AuditEvent.DoesNotExist,
)
def test_the_desk_says_it_first_and_keeps_what_was_written(
    obi: User, visit: Encounter, browser_of: Callable[[User], Client]
) -> None:
    desk, address = browser_of(obi), reverse("doctors:desk-encounter", args=[visit.pk])
    assert "licence to practise" not in desk.get(address).content.decode()
    today = clock.today(obi.facility)
    papers(obi).update(valid_until=today + timedelta(days=60))
    assert "Your licence to practise ends on" in desk.get(address).content.decode()
    papers(obi).update(valid_until=today)
    assert "Your licence to practise ends today" in desk.get(address).content.decode()
    papers(obi).update(valid_until=ENDED)
    assert "ended on 03 Nov 2026" in desk.get(address).content.decode()
    words = {"complaint": "Tingling feet since May", "act": "sign"}
    answer = desk.post(address, {"_key": str(uuid.uuid4()), **words})
    assert answer.status_code == 422
    assert "Tingling feet since May" in answer.content.decode()
    row = AuditEvent.objects.get(action="staff.licence.demanded")
    assert (row.actor, row.detail) == (obi, {"act": "sign"})
    assert not ClinicalNote.objects.filter(status="signed").exists()
    assert desk.post(address, {"_key": str(uuid.uuid4()), **words, "act": "draft"}).status_code == 302
    assert ClinicalNote.objects.get(status="draft").complaint == "Tingling feet since May"


@weakened("without a word", licences, "notice", lambda user, act, papers=None: None)
def test_the_pages_that_prescribe_verify_dispense_amend_and_discharge_say_it_first(
    person: Callable[..., User], visit: Encounter, patient: Patient, north: Facility, browser_of: Callable[..., Client]
) -> None:
    doctor, pharmacist, pathologist = person("doctor"), person("pharmacist"), person("pathologist")
    technician = person("lab_technician")
    product = make_product(pharmacist)
    paper = prescribe(doctor, visit, product)
    made = order(doctor, visit, make_test(pathologist))
    orders.collect(technician, order_id=made.pk)
    enter(technician, made, HB="13.4")
    note = notes.sign(doctor, note_id=notes.save_draft(doctor, encounter_id=visit.pk, codes=[], plan="Rest").pk)
    stay = admit(doctor, patient, make_ward(north, "1A")[0])
    pages = [
        (doctor, reverse("pharmacy:prescribe", args=[visit.pk])),
        (doctor, reverse("patients:note-amend", args=[note.pk])),
        (doctor, reverse("wards:discharge", args=[stay.pk])),
        (pharmacist, reverse("pharmacy:hand-out", args=[paper.pk])),
        (pathologist, reverse("laboratory:order", args=[made.pk])),
    ]
    for user, address in pages:
        assert "licence to practise" not in browser_of(user).get(address).content.decode(), address
    Credential.objects.update(valid_until=ENDED)
    for user, address in pages:
        assert "ended on 03 Nov 2026" in browser_of(user).get(address).content.decode(), address


# Before it runs out


@pytest.fixture
def hr(person: Callable[..., User]) -> User:
    return person("hr")


def told(user: User) -> list[str]:
    return list(user.notifications.order_by("created_at", "id").values_list("text", flat=True))


@weakened("without the second", services, "WARNED_AT", (60, 7))
def test_personnel_and_the_holder_hear_of_it_at_60_30_7_days_and_when_it_has_ended_once_each(
    hr: User, person: Callable[..., User]
) -> None:
    obi = person("doctor")
    papers(obi).update(valid_until=ENDED)
    heard = []
    for left in (61, 60, 59, 30, 29, 8, 7, 1, 0, -1, -30):
        noon = datetime(ENDED.year, ENDED.month, ENDED.day, 12, tzinfo=UTC) - timedelta(days=left)
        with time_machine.travel(noon, tick=False):
            if tasks.watch_papers():
                heard.append(left)
            assert tasks.watch_papers() == 0
    assert heard == [60, 30, 7, -1]
    assert len(told(hr)) == len(told(obi)) == len(heard) == CredentialWarning.objects.count()
    assert told(hr)[0] == "Doctor Tester: licence to practise ends on 03 Nov 2026"
    assert told(obi)[-1] == "Your licence to practise ended on 03 Nov 2026. Show the renewed one to personnel."


@weakened("with all news", CredentialQuerySet, "unreplaced", lambda self: self)
def test_a_licence_that_was_renewed_is_no_news_and_each_certificate_is(hr: User, person: Callable[..., User]) -> None:
    obi = person("doctor")
    soon = clock.today(hr.facility) + timedelta(days=20)
    papers(obi).update(valid_until=soon)
    license_for(Employee.objects.get(user=obi), soon + timedelta(days=700), "GM-2")
    assert tasks.watch_papers() == 0
    assert not Notification.objects.exists()
    papers(obi).update(kind="certificate")
    assert tasks.watch_papers() == 1


@weakened("without marks", licences, "last_days", lambda employees: {})
@weakened("for everybody", reworded(licences.shown_to, (' if user.has_perm("staff.view_employee") else {}', "")))
def test_shifts_and_clinics_after_the_last_day_are_marked_for_personnel(
    hr: User, person: Callable[..., User], early: Shift, browser_of: Callable[[User], Client]
) -> None:
    obi, nurse = person("doctor"), person("nurse")
    doctor = make_doctor(hr, Specialty.objects.create(code="card", name="Cardiology"), obi)
    today = clock.today(hr.facility)
    week = [today + timedelta(days=n) for n in range(7)]
    services.plan_roster(hr, employee_id=doctor.employee_id, shift=early, days=week)
    office = browser_of(hr)
    pages = [reverse("staff:roster-day"), reverse("staff:roster-week"), reverse("doctors:doctors")]
    for page in pages:
        assert "No valid licence" not in office.get(page).content.decode()
    papers(obi).update(valid_until=today - timedelta(days=1))
    for page in pages:
        assert "No valid licence" in office.get(page).content.decode()
    assert "No valid licence" not in browser_of(nurse).get(pages[0]).content.decode()
    assert "planned for 7 shifts after it" in office.get(reverse("staff:papers-panel")).content.decode()
    papers(obi).update(valid_until=today)
    assert "No valid licence" not in office.get(pages[0]).content.decode()
    assert "planned for 6 shifts after it" in office.get(reverse("staff:papers-panel")).content.decode()
