"""The administration: everything it changes is recorded, once, and within the facilities one administers."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group
from django.db.models import Q
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from billing.models import Invoice
from hms.core import audit, people
from hms.core.admin import KeptAdmin, MembershipInline
from hms.core.models import AuditEvent, Department, Facility, Membership, User
from hms.core.refusals import Refused
from hms.core.sign_in import first_password, presence
from patients.models import Patient
from staff.models import Employee
from tests.billing.conftest import make_invoice
from tests.conftest import employ
from tests.wards.conftest import make_ward
from tests.weakened import reworded, weakened


@pytest.fixture
def admin(person: Callable[..., User], browser_of: Callable[[User], Client]) -> Client:
    return browser_of(person("administrator"))


def send(client: Client, address: str, **fields: object):
    return client.post(address, {"_key": str(uuid.uuid4()), **fields})


@weakened("unrecorded", first_password, "was_set", lambda actor, user: None, by=AuditEvent.DoesNotExist)
def test_a_password_set_for_somebody_is_recorded(admin: Client, person: Callable[..., User]) -> None:
    nurse = person("nurse")
    address = f"/admin/core/user/{nurse.pk}/password/"
    words = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
    assert send(admin, address, **words).status_code == 302
    nurse.refresh_from_db()
    assert nurse.check_password("correct horse battery")
    assert AuditEvent.objects.get(action="core.user.password_set").object_id == str(nurse.pk)
    assert send(admin, address, **{**words, "password2": "other"}).status_code == 422
    assert AuditEvent.objects.filter(action="core.user.password_set").count() == 1


def test_ones_own_password_changed_is_recorded(person: Callable[..., User], browser_of: Callable) -> None:
    nurse = person("nurse")
    nurse.set_password("correct horse battery")
    nurse.save()
    client = browser_of(nurse)
    fields = {
        "old_password": "correct horse battery",
        "new_password1": "staple donkey windmill",
        "new_password2": "staple donkey windmill",
    }
    assert client.post("/accounts/password/", fields).status_code == 302
    assert AuditEvent.objects.get(action="core.user.password_changed").actor == nurse


def membership(n: int, facility: Facility, role: str, **more: object) -> dict[str, object]:
    return {
        f"memberships-{n}-facility": str(facility.pk),
        f"memberships-{n}-role": str(Group.objects.get(name=role).pk),
        f"memberships-{n}-active": "on",
        **more,
    }


def form_of(user: User, *, total: int, initial: int) -> dict[str, object]:
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "title": "",
        "email": "",
        "is_active": "on",
        "memberships-TOTAL_FORMS": total,
        "memberships-INITIAL_FORMS": initial,
        "memberships-MIN_NUM_FORMS": 0,
        "memberships-MAX_NUM_FORMS": 1000,
    }


@weakened("or anywhere", people, "administered", lambda user: Facility.objects.all())
def test_roles_are_given_only_where_one_is_administrator(
    admin: Client, person: Callable[..., User], north: Facility, south: Facility
) -> None:
    newcomer = User.objects.create_user("newcomer", password="correct horse battery")
    address = f"/admin/core/user/{newcomer.pk}/change/"
    answer = send(admin, address, **form_of(newcomer, total=1, initial=0), **membership(0, south, "nurse"))
    assert answer.status_code == 422
    assert not newcomer.memberships.exists()
    answer = send(admin, address, **form_of(newcomer, total=1, initial=0), **membership(0, north, "nurse"))
    assert answer.status_code == 302
    assert newcomer.memberships.get().facility == north
    assert AuditEvent.objects.filter(action="core.membership.added").count() == 1


@weakened("but shown", people, "known_to", lambda administrator: Q())
@weakened("unless they work here too", people, "works_elsewhere", lambda user, than: False)
def test_people_of_another_facility_are_out_of_reach(
    admin: Client, person: Callable[..., User], south: Facility
) -> None:
    stranger, both = person("nurse", south), person("nurse")
    for user in (stranger, both):
        assert str(user.pk)
    assert stranger.username not in admin.get("/admin/core/user/").content.decode()
    assert admin.get(f"/admin/core/user/{stranger.pk}/change/").status_code == 302
    assert send(admin, f"/admin/core/user/{stranger.pk}/password/", password1="x").status_code in (403, 404)
    both.memberships.create(facility=south, role=Group.objects.get(name="nurse"))
    assert admin.get(f"/admin/core/user/{both.pk}/change/").status_code == 200
    assert send(admin, f"/admin/core/user/{both.pk}/password/", password1="x").status_code == 403


@weakened("or two", KeptAdmin, "changeform_view", ModelAdmin.changeform_view)
def test_a_form_sent_twice_is_one_act(admin: Client, north: Facility) -> None:
    fields = {"_key": str(uuid.uuid4()), "facility": str(north.pk), "code": "icu", "name": "Intensive", "active": "on"}
    first, second = (admin.post("/admin/core/department/add/", fields) for _n in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert Department.objects.filter(code="icu").count() == 1
    assert AuditEvent.objects.filter(action="core.department.added").count() == 1
    del fields["_key"]
    assert admin.post("/admin/core/department/add/", {**fields, "code": "er"}).status_code == 400
    assert not Department.objects.filter(code="er").exists()
    assert 'name="_key"' in admin.get("/admin/core/department/add/").content.decode()
    assert 'name="_key"' in admin.get("/admin/core/user/add/").content.decode()


@weakened("unnoted", audit, "seen_of", lambda rows: None)
def test_looking_at_a_patients_money_in_the_administration_is_recorded(
    person: Callable[..., User], browser_of: Callable, reception: User, patient: Patient
) -> None:
    invoice: Invoice = make_invoice(reception, patient)
    accountant = person("accountant")
    accountant.is_staff = True
    accountant.save()
    client = browser_of(accountant)
    for page in ("/admin/billing/invoice/", f"/admin/billing/invoice/{invoice.pk}/change/"):
        before = AuditEvent.objects.filter(patient_id=patient.pk, actor=accountant).count()
        assert client.get(page).status_code == 200
        assert AuditEvent.objects.filter(patient_id=patient.pk, actor=accountant).count() == before + 1, page


@weakened("by the service", reworded(people.keep_membership, ("row.user_id == actor.pk or ", "")))
@weakened("by the form", MembershipInline, "has_change_permission", lambda self, request, obj=None: True)
def test_nobody_gives_themselves_a_role(person: Callable[..., User], browser_of: Callable, north: Facility) -> None:
    me, nurse = person("administrator"), person("nurse")
    User.objects.filter(pk=me.pk).update(password="!")
    admin = browser_of(User.objects.get(pk=me.pk).at(north))
    address = f"/admin/core/user/{me.pk}/change/"
    assert b'name="memberships-0-role"' in admin.get(f"/admin/core/user/{nurse.pk}/change/").content
    own = me.memberships.get()
    fields = {
        **form_of(me, total=2, initial=1),
        "is_staff": "on",
        **membership(0, north, "administrator"),
        **membership(1, north, "doctor"),
    }
    send(admin, address, **fields, **{"memberships-0-id": str(own.pk), "memberships-0-user": str(me.pk)})
    assert [held.role.name for held in me.memberships.all()] == ["administrator"]
    answer = admin.get(address)
    assert answer.status_code == 200 and b'name="memberships-0-role"' not in answer.content
    with pytest.raises(Refused, match="gives themselves"):
        people.keep_membership(
            me.at(north), row=Membership(user=me, facility=north, role=Group.objects.get(name="doctor"))
        )


@weakened("unasked", reworded(people.keep_membership, (" or row.user_id in approvals.others_of(actor.pk)", "")))
def test_nor_do_they_to_another_account_of_theirs(person: Callable[..., User], north: Facility) -> None:
    me, also_me = person("administrator"), person("nurse", username="second")
    for user in (me, also_me):
        employee = Employee.objects.filter(user=user).first() or employ(user, "nurse", north)
        Employee.objects.filter(pk=employee.pk).update(given_name="Ama", family_name="Weber", phone="+44 7700 900123")
    row = also_me.memberships.get()
    row.role = Group.objects.get(name="doctor")
    with pytest.raises(Refused, match="gives themselves"):
        people.keep_membership(me.at(north), row=row)


@weakened("in words alone", reworded(presence.sign_out, ("sessions.end_all(user)", "2")))
def test_an_administrator_signs_people_out(admin: Client, person: Callable[..., User], browser_of: Callable) -> None:
    nurse, doctor = person("nurse"), person("doctor")
    theirs = [browser_of(nurse), browser_of(nurse), browser_of(doctor)]
    assert 'name="_key"' in admin.get("/admin/core/user/").content.decode()
    chosen = {"_key": str(uuid.uuid4()), "action": "sign_out", "_selected_action": [str(nurse.pk)]}
    assert b"2 sessions are ended" in admin.post("/admin/core/user/", chosen, follow=True).content
    assert [client.get("/").status_code for client in theirs] == [302, 302, 200]
    assert AuditEvent.objects.get(action="core.user.sessions_ended").object_id == str(nurse.pk)
    assert b"nothing was done twice" in admin.post("/admin/core/user/", chosen, follow=True).content
    del chosen["_key"]
    assert admin.post("/admin/core/user/", chosen).status_code == 400
    everybody = {
        "_key": str(uuid.uuid4()),
        "action": "sign_out",
        "_selected_action": [str(pk) for pk in User.objects.values_list("pk", flat=True)],
    }
    admin.post("/admin/core/user/", everybody)
    assert theirs[2].get("/").status_code == 302
    assert admin.get("/admin/").status_code == 302


@weakened("or stays in", presence, "sign_out", lambda actor, user: 0)
def test_whose_name_at_single_sign_on_is_changed_is_signed_out(
    admin: Client, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    nurse = person("nurse")
    User.objects.filter(pk=nurse.pk).update(password="!")
    client = browser_of(User.objects.get(pk=nurse.pk).at(nurse.facility))
    fields = form_of(nurse, total=0, initial=0)
    send(admin, f"/admin/core/user/{nurse.pk}/change/", **fields)
    assert client.get("/").status_code == 200
    send(admin, f"/admin/core/user/{nurse.pk}/change/", **{**fields, "email": "me@elsewhere.example"})
    assert User.objects.get(pk=nurse.pk).email == "me@elsewhere.example"
    assert client.get("/").status_code == 302


def test_the_administration_has_no_door_of_its_own(admin: Client) -> None:
    for address, house in (
        ("password_change", "password"),
        ("password_change/done", "password/done"),
        ("logout", "logout"),
    ):
        for answer in (admin.get(f"/admin/{address}/"), send(admin, f"/admin/{address}/", old_password="x")):
            assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/{house}/")
    assert admin.get("/admin/").status_code == 200, "nobody was signed out"


def test_what_runs_by_itself_is_looked_at_and_not_switched_off(admin: Client) -> None:
    every = IntervalSchedule.objects.create(every=1, period="hours")
    task = PeriodicTask.objects.create(name="Seal the audit", task="hms.core.tasks.seal_audit", interval=every)
    address = "/admin/django_celery_beat/periodictask/"
    assert b"Seal the audit" in admin.get(address).content
    for action in ("disable_tasks", "toggle_tasks", "run_tasks", "delete_selected"):
        send(admin, address, action=action, _selected_action=[str(task.pk)], index="0")
    assert PeriodicTask.objects.get(pk=task.pk).enabled
    assert admin.get(f"{address}add/").status_code == 403
    assert send(admin, f"{address}{task.pk}/change/", name="x").status_code == 403


def test_keys_that_no_row_has_break_nothing(admin: Client, person: Callable[..., User]) -> None:
    for key in ("24:00", "", "\u0664"):
        assert send(admin, "/admin/core/user/", action="sign_out", _selected_action=key).status_code in (302, 400)
        assert send(admin, "/admin/core/outboxmessage/", action="send_again", _selected_action=key).status_code in (
            302,
            400,
        )
    nurse = person("nurse")
    assert admin.get(f"/admin/core/user/{nurse.pk}/change/?_to_field=").status_code == 200
    assert admin.get(f"/admin/core/user/{nurse.pk}/change/?_to_field=password").status_code == 400


@weakened("or by any", people, "may_change", lambda administrator, facility: True)
def test_a_facility_is_changed_by_its_own_administrators(
    admin: Client, person: Callable[..., User], north: Facility, south: Facility
) -> None:
    def sent_to(facility: Facility) -> int:
        columns = ("name", "address", "phone", "registration", "time_zone", "currency", "paper")
        fields = {name: getattr(facility, name) for name in columns}
        fields |= {"phone": "+44 20 7946 0777", "_key": str(uuid.uuid4())}
        return admin.post(f"/admin/core/facility/{facility.pk}/change/", fields).status_code

    assert sent_to(south) == 302, "nobody works there yet"
    person("nurse", south)
    assert admin.get(f"/admin/core/facility/{south.pk}/change/").status_code == 200
    Facility.objects.filter(pk=south.pk).update(phone="1")
    assert (sent_to(south), Facility.objects.get(pk=south.pk).phone) == (403, "1")
    assert (sent_to(north), Facility.objects.get(pk=north.pk).phone) == (302, "+44 20 7946 0777")


@weakened("or in any", KeptAdmin, "formfield_for_foreignkey", ModelAdmin.formfield_for_foreignkey)
def test_a_bed_stands_in_a_room_of_ones_own_facility(admin: Client, north: Facility, south: Facility) -> None:
    rooms = {facility.code: make_ward(facility, "1", code=facility.code)[0].room for facility in (north, south)}
    page = admin.get("/admin/wards/bed/add/").content.decode()
    assert str(rooms["N"].pk) in page and str(rooms["S"].pk) not in page
    assert send(admin, "/admin/wards/bed/add/", room=str(rooms["S"].pk), label="2").status_code == 422
    assert send(admin, "/admin/wards/bed/add/", room=str(rooms["N"].pk), label="2").status_code == 302
    assert (rooms["N"].beds.count(), rooms["S"].beds.count()) == (2, 1)
