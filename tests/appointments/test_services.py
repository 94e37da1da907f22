from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from appointments import displaced
from appointments.models import Appointment, AppointmentStatus, QueueToken
from appointments.services import arrival, booking, queue
from appointments.services.booking import SlotRefused
from doctors.models import Doctor
from doctors.services import hours, profile
from hms.core.models import AuditEvent, Department, Document, DocumentKind, Facility, Notification, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from patients.services import encounters, registration
from staff import services as staff
from tests.appointments.conftest import FRIDAY, at, book, make_doctor
from tests.conftest import drain, make_patient


def acts(appointment: Appointment) -> list[str]:
    rows = AuditEvent.objects.filter(object_id=str(appointment.pk)).order_by("id")
    return [action.removeprefix("appointments.appointment.") for action in rows.values_list("action", flat=True)]


def test_a_booked_slot_is_the_doctors_slot(reception: User, appointment: Appointment, doctor: Doctor) -> None:
    assert appointment.status == AppointmentStatus.BOOKED
    assert (appointment.starts_at, appointment.ends_at) == (at(10), at(10, 20))
    assert (appointment.room, appointment.booked_by, appointment.facility) == ("Room 4", reception, reception.facility)
    assert acts(appointment) == ["booked"]


def test_a_taken_slot_offers_the_nearest_with_the_same_doctor_and_with_others(
    reception: User, appointment: Appointment, doctor: Doctor, colleague: Doctor
) -> None:
    with pytest.raises(SlotRefused, match="just taken") as refusal:
        book(reception, make_patient(reception, "Ivo"), doctor, at(10))
    same, others = refusal.value.alternatives
    assert {slot.start for slot in same[:2]} == {at(9, 40), at(10, 20)}
    assert (others[0].start, others[0].doctor) == (at(10), colleague)
    assert Appointment.objects.count() == 1


def test_a_patient_cannot_be_in_two_places_at_once(
    reception: User, patient: Patient, appointment: Appointment, colleague: Doctor
) -> None:
    with pytest.raises(SlotRefused, match="another appointment at this time") as refusal:
        book(reception, patient, colleague, at(10))
    offered = [slot.start for slot in [*refusal.value.alternatives.same, *refusal.value.alternatives.others]]
    assert at(10) not in offered


def test_a_patient_cannot_be_in_two_facilities_at_once(
    reception: User, patient: Patient, appointment: Appointment, south: Facility, person: Any
) -> None:
    there = person("receptionist", south)
    registration.bring_over(there, mrn=patient.mrn, birth_date=patient.birth_date)
    hr = person("hr", south)
    doctor = make_doctor(hr, appointment.doctor.specialty, slot_minutes=30, starts=time(5), ends=time(6))
    with pytest.raises(SlotRefused, match="another appointment at this time"):
        book(there, patient, doctor, at(10))


def test_what_lies_in_the_past_or_outside_the_hours_cannot_be_booked(
    reception: User, patient: Patient, doctor: Doctor, clock: Any
) -> None:
    with pytest.raises(SlotRefused, match="sees no patients at this time"):
        book(reception, patient, doctor, at(13))
    with pytest.raises(SlotRefused, match="sees no patients at this time"):
        book(reception, patient, doctor, at(9, 10))
    clock.move_to(at(9, 1))
    with pytest.raises(SlotRefused, match="This time is past"):
        book(reception, patient, doctor, at(9))


def test_neither_an_inactive_doctor_nor_an_inactive_record_can_be_booked(
    reception: User, patient: Patient, doctor: Doctor, colleague: Doctor, hr: User
) -> None:
    profile.stop_consulting(hr, doctor_id=doctor.pk, reason="Sabbatical")
    with pytest.raises(SlotRefused, match="sees no patients at present") as refusal:
        book(reception, patient, doctor, at(10))
    assert refusal.value.alternatives.others[0].doctor == colleague
    registration.deactivate(reception, patient_id=patient.pk, reason="Double")
    with pytest.raises(Refused, match="inactive"):
        book(reception, patient, colleague, at(10))


def test_a_doctor_of_another_facility_and_an_unknown_patient_are_refused(
    reception: User, patient: Patient, doctor: Doctor, south: Facility, person: Any
) -> None:
    there = person("receptionist", south)
    with pytest.raises(Refused, match="not known here"):
        book(there, patient, doctor, at(10))
    with pytest.raises(Refused, match="does not work here"):
        book(there, make_patient(there), doctor, at(10))


def test_a_doctor_who_takes_no_new_patients_sees_those_they_know(
    reception: User, patient: Patient, doctor: Doctor, hr: User
) -> None:
    profile.change_doctor(hr, doctor_id=doctor.pk, accepts_new=False)
    with pytest.raises(Refused, match="takes no new patients"):
        book(reception, patient, doctor, at(10), kind="new")
    assert book(reception, patient, doctor, at(10), kind="follow_up")


def test_a_moved_appointment_leaves_its_old_time_free_and_knows_where_it_came_from(
    reception: User, appointment: Appointment, doctor: Doctor
) -> None:
    new = booking.reschedule(
        reception, appointment_id=appointment.pk, doctor_id=doctor.pk, start=at(10, 20), reason="Train"
    )
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancelled_reason) == ("moved", "Train"), "nobody cancelled it"
    assert (new.rescheduled_from, new.kind, new.reason) == (appointment, appointment.kind, "Cough")
    assert book(reception, make_patient(reception, "Ivo"), doctor, at(10))


def test_a_patient_moves_to_a_colleague_at_the_same_time(
    reception: User, appointment: Appointment, colleague: Doctor
) -> None:
    new = booking.reschedule(reception, appointment_id=appointment.pk, doctor_id=colleague.pk, start=at(10))
    assert (new.doctor, new.starts_at) == (colleague, appointment.starts_at)
    assert Appointment.objects.active().get() == new


def test_who_cannot_have_the_new_time_keeps_the_old_one(
    reception: User, appointment: Appointment, doctor: Doctor
) -> None:
    book(reception, make_patient(reception, "Ivo"), doctor, at(11))
    with pytest.raises(SlotRefused, match="just taken") as refusal:
        booking.reschedule(reception, appointment_id=appointment.pk, doctor_id=doctor.pk, start=at(11))
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.BOOKED
    assert at(10) not in [slot.start for slot in refusal.value.alternatives.same]
    with pytest.raises(Refused, match="at this time already"):
        booking.reschedule(reception, appointment_id=appointment.pk, doctor_id=doctor.pk, start=at(10))


def test_check_in_opens_the_visit_and_gives_the_next_token(
    reception: User, appointment: Appointment, doctor: Doctor
) -> None:
    second = book(reception, make_patient(reception, "Ivo"), doctor, at(9), kind="video")
    done = arrival.check_in(reception, appointment_id=appointment.pk)
    visit = done.encounter
    assert (visit.status, visit.kind, visit.attending) == ("arrived", "outpatient", doctor.employee)
    assert (visit.department, visit.reason) == (doctor.employee.department, "Cough")
    other = arrival.check_in(reception, appointment_id=second.pk)
    assert other.encounter.kind == "virtual"
    assert [token.code for token in QueueToken.objects.order_by("number")] == ["001", "002"]
    with pytest.raises(Refused, match="arrived"):
        arrival.check_in(reception, appointment_id=appointment.pk)


def test_each_department_and_each_day_counts_its_own_tokens(
    reception: User, appointment: Appointment, doctor: Doctor, north: Facility, clock: Any
) -> None:
    emergency = Department.objects.create(facility=north, code="emergency", name="Emergency")
    second = book(reception, make_patient(reception, "Ivo"), doctor, at(11))
    arrival.check_in(reception, appointment_id=appointment.pk)
    arrival.check_in(reception, appointment_id=second.pk, department=emergency)
    monday = FRIDAY + timedelta(days=3)
    third = book(reception, make_patient(reception, "Mira"), doctor, at(9, day=monday))
    clock.move_to(at(8, day=monday))
    arrival.check_in(reception, appointment_id=third.pk)
    assert list(QueueToken.objects.values_list("number", flat=True)) == [1, 1, 1]


def test_nobody_is_checked_in_on_another_day(reception: User, appointment: Appointment, clock: Any) -> None:
    clock.move_to(at(8) - timedelta(days=1))
    with pytest.raises(Refused, match="not today"):
        arrival.check_in(reception, appointment_id=appointment.pk)
    assert not Encounter.objects.exists()


def test_a_cancelled_appointment_says_why_and_stays_cancelled(reception: User, appointment: Appointment) -> None:
    booking.cancel(reception, appointment_id=appointment.pk, reason="Moved away")
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancelled_reason) == ("cancelled", "Moved away")
    for act in (arrival.check_in, arrival.mark_no_show, arrival.undo_no_show):
        with pytest.raises(Refused):
            act(reception, appointment_id=appointment.pk)
    assert acts(appointment) == ["booked", "cancelled"]


def test_a_no_show_is_known_once_the_time_has_come_and_can_be_taken_back(
    reception: User, appointment: Appointment, clock: Any
) -> None:
    with pytest.raises(Refused, match="not begun"):
        arrival.mark_no_show(reception, appointment_id=appointment.pk)
    clock.move_to(at(10, 30))
    arrival.mark_no_show(reception, appointment_id=appointment.pk)
    assert arrival.undo_no_show(reception, appointment_id=appointment.pk).status == AppointmentStatus.BOOKED
    assert arrival.check_in(reception, appointment_id=appointment.pk).status == AppointmentStatus.ARRIVED
    assert acts(appointment) == ["booked", "no_show", "no_show_undone", "checked_in"]


def test_a_no_show_whose_time_was_given_away_is_not_booked_again(
    reception: User, patient: Patient, appointment: Appointment, colleague: Doctor, clock: Any
) -> None:
    clock.move_to(at(10))
    Appointment.objects.filter(pk=appointment.pk).update(status=AppointmentStatus.NO_SHOW)
    book(reception, patient, colleague, at(10))
    with pytest.raises(Refused, match="taken meanwhile"):
        arrival.undo_no_show(reception, appointment_id=appointment.pk)
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.NO_SHOW


def test_closing_the_visit_keeps_the_appointment_and_ends_the_token(
    reception: User, appointment: Appointment, person: Any
) -> None:
    visit = arrival.check_in(reception, appointment_id=appointment.pk).encounter
    encounters.close(person("doctor"), encounter_id=visit.pk)
    drain()
    arrival.keep(User.objects.system(), encounter_id=visit.pk)
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.FULFILLED
    assert QueueToken.objects.get().status == "done"
    assert acts(appointment).count("fulfilled") == 1


def test_closing_a_visit_that_nobody_booked_changes_no_appointment(reception: User, visit: Encounter) -> None:
    encounters.close(reception, encounter_id=visit.pk)
    assert drain() > 0
    assert not Appointment.objects.exists()


def test_a_check_in_by_mistake_is_taken_back_with_its_visit(reception: User, appointment: Appointment) -> None:
    visit = arrival.check_in(reception, appointment_id=appointment.pk).encounter
    back = arrival.undo_check_in(reception, appointment_id=appointment.pk, reason="Wrong person")
    assert (back.status, back.encounter) == (AppointmentStatus.BOOKED, None)
    visit.refresh_from_db()
    assert (visit.status, visit.queue_token.status) == ("cancelled", "left")
    again = arrival.check_in(reception, appointment_id=appointment.pk)
    assert again.tokens.get(status="waiting").code == "002"


def test_a_visit_that_was_cancelled_elsewhere_leaves_no_appointment_stuck(
    reception: User, appointment: Appointment, clock: Any
) -> None:
    visit = arrival.check_in(reception, appointment_id=appointment.pk).encounter
    encounters.cancel(reception, encounter_id=visit.pk, reason="Left")
    with pytest.raises(Refused, match="still to come"):
        arrival.undo_check_in(reception, appointment_id=appointment.pk, reason="Left unseen", left=True)
    clock.move_to(at(10, 5))
    back = arrival.undo_check_in(reception, appointment_id=appointment.pk, reason="Left unseen", left=True)
    assert back.status == AppointmentStatus.NO_SHOW
    with pytest.raises(Refused, match="not checked in"):
        arrival.undo_check_in(reception, appointment_id=appointment.pk, reason="Twice")


@pytest.mark.parametrize(("now", "after"), [(at(9, 30), "booked"), (at(10, 5), "no_show")])
def test_the_news_of_a_cancelled_visit_releases_its_appointment_and_its_number(
    reception: User, appointment: Appointment, clock: Any, now: Any, after: str
) -> None:
    clock.move_to(at(9, 20))
    visit = arrival.check_in(reception, appointment_id=appointment.pk).encounter
    clock.move_to(now)
    encounters.cancel(reception, encounter_id=visit.pk, reason="Left unseen")
    drain()
    arrival.release(User.objects.system(), encounter_id=visit.pk)
    appointment.refresh_from_db()
    visit.queue_token.refresh_from_db()
    assert (appointment.status, appointment.encounter, visit.queue_token.status) == (after, None, "left")
    assert acts(appointment).count("check_in_undone") == 1


def test_who_walks_in_waits_with_a_number_among_the_booked(
    reception: User, appointment: Appointment, doctor: Doctor, clock: Any
) -> None:
    clock.move_to(at(9, 40))
    booked = arrival.check_in(reception, appointment_id=appointment.pk).tokens.get()
    clock.move_to(at(9, 50))
    visit = encounters.open_encounter(
        reception,
        patient=make_patient(reception, "Ivo"),
        department=doctor.employee.department,
        attending=doctor.employee,
    )
    walked_in = queue.give_walk_in(reception, encounter_id=visit.pk)
    assert (walked_in.code, walked_in.doctor, walked_in.appointment) == ("002", doctor, None)
    with pytest.raises(Refused, match="already"):
        queue.give_walk_in(reception, encounter_id=visit.pk)
    first = queue.call_next(reception, doctor_id=doctor.pk)
    assert (first, first.room) == (walked_in, doctor.room)
    assert queue.call_next(reception, doctor_id=doctor.pk) == booked
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    walked_in.refresh_from_db()
    assert walked_in.status == "done"
    paper = Document.objects.get(pk=queue.draw(reception, token_id=walked_in.pk).pk)
    assert (paper.snapshot["booked"], paper.snapshot["time"]) == (False, "20 Nov 2026, 09:50")


def test_no_number_where_nobody_can_call_it(reception: User, visit: Encounter, patient: Patient) -> None:
    Encounter.objects.filter(pk=visit.pk).update(department=None)
    with pytest.raises(Refused, match="department"):
        queue.give_walk_in(reception, encounter_id=visit.pk)
    encounters.begin(reception, encounter_id=visit.pk)
    with pytest.raises(Refused, match="does not wait"):
        queue.give_walk_in(reception, encounter_id=visit.pk)
    assert not QueueToken.objects.exists()


def test_a_closed_visit_is_not_taken_back(reception: User, appointment: Appointment) -> None:
    visit = arrival.check_in(reception, appointment_id=appointment.pk).encounter
    encounters.close(reception, encounter_id=visit.pk)
    with pytest.raises(Refused, match="closed"):
        arrival.undo_check_in(reception, appointment_id=appointment.pk, reason="Oops")


@pytest.fixture
def waiting_room(reception: User, doctor: Doctor, colleague: Doctor, clock: Any) -> dict[str, QueueToken]:
    """Ivo comes first but is booked for eleven; Mira for nine; Lena comes late, at half past ten, for nine."""
    rows = {}
    for name, who, start, comes in [
        ("Ivo", doctor, at(11), at(8, 10)),
        ("Mira", doctor, at(9), at(8, 30)),
        ("Lena", colleague, at(9), at(10, 30)),
    ]:
        made = book(reception, make_patient(reception, name), who, start)
        rows[name] = (made, comes)
    tokens = {}
    for name, (made, comes) in rows.items():
        clock.move_to(comes)
        tokens[name] = arrival.check_in(reception, appointment_id=made.pk).tokens.get()
    return tokens


def test_early_comers_wait_for_their_time_and_late_comers_from_when_they_came(
    reception: User, waiting_room: dict[str, QueueToken]
) -> None:
    turns = [queue.call_next(reception).pk for _n in range(3)]
    assert turns == [waiting_room[name].pk for name in ("Mira", "Lena", "Ivo")]
    with pytest.raises(Refused, match="Nobody is waiting"):
        queue.call_next(reception)


def test_a_doctor_calls_only_their_own(reception: User, waiting_room: dict[str, QueueToken], colleague: Doctor) -> None:
    called = queue.call_next(reception, doctor_id=colleague.pk, room="Room 9")
    assert (called.pk, called.room, called.status) == (waiting_room["Lena"].pk, "Room 9", "called")
    with pytest.raises(Refused):
        queue.call_next(reception, doctor_id=colleague.pk)


def test_a_call_that_nobody_follows_goes_back_and_one_that_ended_too_early_is_repeated(
    reception: User, waiting_room: dict[str, QueueToken]
) -> None:
    token = waiting_room["Ivo"]
    with pytest.raises(Refused, match="not called"):
        queue.finish(reception, token_id=token.pk)
    assert queue.call_token(reception, token_id=token.pk).room == "Room 4"
    assert queue.put_back(reception, token_id=token.pk).status == "waiting"
    queue.call_token(reception, token_id=token.pk)
    assert queue.finish(reception, token_id=token.pk).status == "done"
    assert queue.call_token(reception, token_id=token.pk).status == "called"


def test_who_is_with_the_doctor_or_gone_is_not_called(
    reception: User, waiting_room: dict[str, QueueToken], doctor: Doctor
) -> None:
    encounters.begin(reception, encounter_id=waiting_room["Mira"].encounter_id, attending=doctor.employee)
    encounters.cancel(reception, encounter_id=waiting_room["Ivo"].encounter_id, reason="Left")
    assert queue.call_next(reception).pk == waiting_room["Lena"].pk
    with pytest.raises(Refused, match="does not wait any more"):
        queue.call_token(reception, token_id=waiting_room["Ivo"].pk)


def test_the_tokens_paper_is_drawn_once(reception: User, appointment: Appointment) -> None:
    token = arrival.check_in(reception, appointment_id=appointment.pk).tokens.get()
    first = queue.draw(reception, token_id=token.pk)
    assert queue.draw(reception, token_id=token.pk).pk == first.pk
    paper = Document.objects.get(kind=DocumentKind.QUEUE_TOKEN)
    assert (paper.number, paper.snapshot["token"], paper.snapshot["time"]) == ("001", "001", "20 Nov 2026, 10:00")
    assert bytes(paper.content).startswith(b"%PDF")


# Hours that change under a booking


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("created_at").values_list("text", flat=True))


def test_reception_hears_of_bookings_that_changed_hours_hit(
    reception: User, appointment: Appointment, doctor: Doctor, colleague: Doctor, hr: User
) -> None:
    assert displaced.of(reception.facility) == []
    drain()
    hours.add_exception(hr, doctor_id=colleague.pk, kind="away", first=FRIDAY)
    hours.add_exception(hr, doctor_id=doctor.pk, kind="away", first=FRIDAY, starts=time(11), ends=time(12))
    drain()
    assert told(reception) == []
    away = hours.add_exception(hr, doctor_id=doctor.pk, kind="away", first=FRIDAY, starts=time(9), ends=time(10, 10))
    drain()
    assert told(reception) == ["Dr Adaeze Obi: 1 booked patient outside the changed hours, on 20 Nov 2026"]
    assert displaced.of(reception.facility) == [appointment]
    hours.remove_exception(hr, exception_id=away[0].pk)
    drain()
    assert displaced.of(reception.facility) == []


def test_bookings_with_a_doctor_who_leaves_or_stops_stand_out(
    reception: User, appointment: Appointment, doctor: Doctor, hr: User
) -> None:
    profile.stop_consulting(hr, doctor_id=doctor.pk, reason="Leave")
    drain()
    profile.resume_consulting(hr, doctor_id=doctor.pk, reason="Back")
    for weekly in doctor.availability.filter(weekday=FRIDAY.weekday()):
        hours.end_availability(hr, availability_id=weekly.pk, last_day=FRIDAY - timedelta(days=1))
    drain()
    staff.leave(hr, employee_id=doctor.employee_id, left_on=FRIDAY, reason="Moved")
    drain()
    assert len(told(reception)) == 3
    assert displaced.of(reception.facility) == [appointment]
