"""The day, the first free slot, and the way from a slot to an appointment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from appointments import day as days
from appointments import displaced as outside
from appointments import slots
from appointments.forms import BookForm, FindForm, MoveForm, read_start
from appointments.models import GIVEN_BACK, Appointment
from appointments.services import booking
from doctors.models import Doctor, Specialty
from hms.core import access, audit, clock
from hms.core.acts import once
from patients import banner
from patients import search as patient_search
from patients.models import Patient

FURTHEST = 366  # days ahead that can be searched
DAYS_OF_ONE, DAYS_OF_MANY = 5, 2  # days with free slots on a page: of one doctor, of several


@access.needs("appointments.view_appointment")
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """The day of every doctor, or of those of a specialty."""
    today = clock.today(request.user.facility)
    shown = clock.read_day(request.GET.get("day", "")) or today
    specialties = Specialty.objects.filter(doctors__employee__facility=request.user.facility).distinct()
    specialty = next((one for one in specialties if one.code == request.GET.get("specialty")), None)
    audit.record(request.user, "appointments.day.viewed", detail={"day": shown.isoformat()})
    context = {
        "day": shown,
        "today": today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "grid": days.of(request.user, shown, specialty=specialty),
        "specialties": specialties,
        "specialty": specialty,
    }
    return render(request, "appointments/day.html", context)


@access.needs("appointments.view_appointment")
@require_safe
def week(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    """A doctor's week as lists, day by day."""
    facility = request.user.facility
    doctor = access.find(request, Doctor.objects.visible_to(request.user), doctor_id)
    start = clock.read_day(request.GET.get("day", "")) or clock.today(facility)
    monday = start - timedelta(days=start.weekday())
    week_days = [monday + timedelta(days=n) for n in range(7)]
    audit.record(request.user, "appointments.week.viewed", doctor, detail={"week": monday.isoformat()})
    now = clock.now()
    rows: dict[date, list[Any]] = {one: [] for one in week_days}
    booked = Appointment.objects.for_lists().on_days(facility, monday, week_days[-1]).exclude(status__in=GIVEN_BACK)
    for row in booked.filter(doctor=doctor):
        rows[clock.local(facility, row.starts_at).date()].append((row, days.look(row, now)))
    free = slots.free([doctor], monday, week_days[-1])
    counts = {one: sum(clock.local(facility, slot.start).date() == one for slot in free) for one in week_days}
    context = {
        "doctor": doctor,
        "days": [(one, rows[one], counts[one]) for one in week_days],
        "monday": monday,
        "today": clock.today(facility),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
    }
    return render(request, "appointments/week.html", context)


@access.needs("appointments.change_appointment")
@require_safe
def displaced(request: HttpRequest) -> HttpResponse:
    """Booked patients whose doctor will not be there, to be moved or cancelled."""
    audit.record(request.user, "appointments.displaced.viewed")
    return render(request, "appointments/displaced.html", {"rows": outside.of(request.user.facility)})


@access.needs("appointments.add_appointment")
@require_safe
def find(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Free slots of a doctor, a specialty or anyone; for a patient when the way leads from their chart."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id) if patient_id else None
    return _find(request, patient)


@access.needs("appointments.change_appointment")
@require_safe
def move(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Free slots for an appointment that is to be moved."""
    scope = Appointment.objects.visible_to(request.user).for_lists()
    moving = access.find(request, scope, appointment_id)
    return _find(request, moving.patient, moving)


def _find(request: HttpRequest, patient: Patient | None, moving: Appointment | None = None) -> HttpResponse:
    facility = request.user.facility
    today = clock.today(facility)
    asked = {"doctor": moving.doctor_id if moving else None, "start": today, **request.GET.dict()}
    form = FindForm(asked, doctors=list(Doctor.objects.visible_to(request.user).consulting()))
    doctors = form.chosen()
    start = min(max(form.cleaned_data.get("start") or today, today), today + timedelta(days=FURTHEST))
    wanted = DAYS_OF_ONE if len(doctors) == 1 else DAYS_OF_MANY
    found = slots.first_available(doctors, start, days=wanted, patient=patient)
    if patient:
        audit.record(request.user, "appointments.slots.searched", patient)
    context = {
        "form": form,
        "patient": patient,
        "moving": moving,
        "banner": banner.of(request.user, patient) if patient else None,
        "days": [(one, _by_doctor(of_day)) for one, of_day in found.items()],
        "first": next((of_day[0] for of_day in found.values()), None),
        "later": max(found) + timedelta(days=1) if len(found) == wanted else None,
    }
    return render(request, "appointments/find.html", context)


def _by_doctor(found: list[slots.Slot]) -> list[tuple[Doctor, list[slots.Slot]]]:
    """Slots of a day by doctor; whoever is free first comes first."""
    grouped: dict[UUID, list[slots.Slot]] = {}
    for slot in found:
        grouped.setdefault(slot.doctor.pk, []).append(slot)
    return [(of_doctor[0].doctor, of_doctor) for of_doctor in grouped.values()]


def _wanted(request: HttpRequest) -> tuple[Doctor, datetime] | None:
    """The doctor and the start that the address names; None when it names no slot."""
    start = read_start(request.GET.get("start", ""))
    try:
        doctor_id = UUID(request.GET.get("doctor", ""))
    except ValueError:
        return None
    doctor = access.find(request, Doctor.objects.visible_to(request.user), doctor_id)
    return (doctor, start) if start else None


@access.needs("appointments.add_appointment", reads_by_post=True)
def book_whom(request: HttpRequest) -> HttpResponse:
    """From a free slot: find the patient who gets it. The words come by POST."""
    wanted = _wanted(request)
    if wanted is None:
        return redirect("appointments:find")
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    found = patient_search.patients(request.user, words).active().order_by("family_name", "given_name")[:20]
    if words:
        audit.record(request.user, "patients.patient.searched", detail={"hits": len(found)})
    context = {"q": words, "rows": found, "doctor": wanted[0], "start": wanted[1]}
    return render(request, "appointments/book_whom.html", context)


@access.needs("appointments.add_appointment")
@once
def book(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Confirm patient and slot, say the kind and the reason."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    wanted = _wanted(request)
    if wanted is None:
        return redirect("appointments:find-for", patient.pk)
    doctor, start = wanted
    known = Appointment.objects.filter(patient=patient, doctor=doctor, status="fulfilled").exists()
    form = BookForm(request.POST or None, initial={"kind": "follow_up" if known else "new"})
    if form.carried_out(
        lambda data: booking.book(request.user, patient_id=patient.pk, doctor_id=doctor.pk, start=start, **data)
    ):
        messages.success(request, _("Booked: %(when)s.") % {"when": _when(request, start)})
        return redirect("appointments:appointment", form.result.pk)
    return _confirm(request, form, patient, doctor, start)


@access.needs("appointments.change_appointment")
@once
def reschedule(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Confirm the new slot of an appointment."""
    scope = Appointment.objects.visible_to(request.user).for_lists()
    moving = access.find(request, scope, appointment_id)
    wanted = _wanted(request)
    if wanted is None:
        return redirect("appointments:move", moving.pk)
    doctor, start = wanted
    form = MoveForm(request.POST or None)
    if form.carried_out(
        lambda data: booking.reschedule(
            request.user, appointment_id=moving.pk, doctor_id=doctor.pk, start=start, **data
        )
    ):
        messages.success(request, _("Moved to %(when)s.") % {"when": _when(request, start)})
        return redirect("appointments:appointment", form.result.pk)
    return _confirm(request, form, moving.patient, doctor, start, moving)


def _when(request: HttpRequest, start: datetime) -> str:
    return clock.local(request.user.facility, start).strftime("%A %d %b %Y, %H:%M")


def _confirm(
    request: HttpRequest,
    form: BookForm | MoveForm,
    patient: Patient,
    doctor: Doctor,
    start: datetime,
    moving: Appointment | None = None,
) -> HttpResponse:
    """The page that asks for the last word; after a refusal it offers what else is free."""
    context = {
        "form": form,
        "patient": patient,
        "banner": banner.of(request.user, patient),
        "doctor": doctor,
        "start": start,
        "slot": slots.offered(doctor, start),
        "moving": moving,
        "alternatives": slots.alternatives(doctor, start, count=6, patient=patient) if form.errors else None,
    }
    return render(request, "appointments/book.html", context)
