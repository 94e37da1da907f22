"""What the appointment book shows on the chart and on people's first page."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appointments import day as days
from appointments.models import Appointment, QueueToken
from doctors.models import Doctor
from hms.core import access, audit, clock, documents, lists, panels
from hms.core.models import DocumentKind
from patients import banner
from patients.models import Encounter, Patient

LINES = 8


@access.needs("appointments.view_appointment")
@require_safe
def chart(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The patient's appointments here, the furthest ahead first."""
    if not request.user.has_perm("patients.view_patient"):
        raise PermissionDenied
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    audit.record(request.user, "appointments.appointments.viewed", patient)
    rows = Appointment.objects.visible_to(request.user).for_lists().filter(patient=patient)
    context = {
        "patient": patient,
        "banner": banner.of(request.user, patient),
        "page": lists.page(request, rows, order=("-starts_at", "-id"), size=6),
    }
    return panels.render_panel(request, "appointments/chart_panel.html", context)


@access.needs("appointments.check_in")
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """For reception: who comes next."""
    facility = request.user.facility
    day = clock.today(facility)
    booked = Appointment.objects.booked().on_days(facility, day, day)
    now = clock.now()
    context = {
        "arrivals": [(row, days.look(row, now)) for row in booked.for_lists()[:LINES]],
        "to_come": booked.count(),
    }
    return panels.render_panel(request, "appointments/today_panel.html", context)


@access.needs("appointments.check_in")
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """For reception: who waits, whose turn is next first."""
    tokens = QueueToken.objects.visible_to(request.user).waiting().filter(day=clock.today(request.user.facility))
    shown = tokens.by_turn().with_people()
    context = {"waiting": shown[:LINES], "in_queue": tokens.count()}
    return panels.render_panel(request, "appointments/waiting_panel.html", context)


@access.needs("appointments.check_in")
@require_safe
def token(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """On a visit: the number the patient waits with, or the button that gives one to who walked in."""
    encounter = access.find(request, Encounter.objects.visible_to(request.user).select_related("patient"), encounter_id)
    audit.record(request.user, "appointments.token.viewed", encounter)
    given = QueueToken.objects.filter(encounter=encounter).with_people().first()
    context = {
        "encounter": encounter,
        "banner": banner.of(request.user, encounter.patient),
        "token": given,
        "paper": documents.latest(given, DocumentKind.QUEUE_TOKEN) if given else None,
    }
    return panels.render_panel(request, "appointments/token_panel.html", context)


@access.needs("doctors.use_desk")
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """For a doctor: who is booked with them today and still to come. Who has come stands at the desk."""
    facility = request.user.facility
    day = clock.today(facility)
    doctor = Doctor.objects.of_user(request.user).first()
    rows = Appointment.objects.booked().on_days(facility, day, day).for_lists()
    now = clock.now()
    own = rows.filter(doctor=doctor)[:LINES] if doctor else []
    context = {"doctor": doctor, "rows": [(row, days.look(row, now)) for row in own]}
    return panels.render_panel(request, "appointments/mine_panel.html", context)
