"""One appointment: what it is, and everything that may happen to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from appointments import day as days
from appointments.forms import UndoCheckInForm
from appointments.models import Appointment, AppointmentStatus
from appointments.services import arrival, booking
from hms.core import access, asking, audit, clock, documents
from hms.core.acts import once
from hms.core.forms import Form, ReasonForm
from hms.core.models import DocumentKind
from patients import banner


def _appointment(request: HttpRequest, appointment_id: UUID) -> Appointment:
    """One appointment, for those who may also know the patient: others see the day's times only."""
    if not request.user.has_perm("patients.view_patient"):
        raise PermissionDenied
    scope = Appointment.objects.visible_to(request.user).for_lists()
    scope = scope.select_related("facility", "booked_by", "rescheduled_from", "rescheduled_to")
    return access.find(request, scope, appointment_id)


@access.needs("appointments.view_appointment")
@require_safe
def appointment(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    audit.record(request.user, "appointments.appointment.viewed", found)
    day = clock.local(found.facility, found.starts_at).date()
    token = found.tokens.select_related("department").order_by("-created_at").first()
    context = {
        "appointment": found,
        "banner": banner.of(request.user, found.patient),
        "look": days.look(found, clock.now()),
        "day": day,
        "open": found.status == AppointmentStatus.BOOKED,
        "is_today": day == clock.today(found.facility),
        "begun": found.starts_at <= clock.now(),
        "token": token,
        "paper": documents.latest(token, DocumentKind.QUEUE_TOKEN) if token else None,
        "moved_to": getattr(found, "rescheduled_to", None),
    }
    return render(request, "appointments/appointment.html", context)


@access.needs("appointments.check_in")
@once
@require_POST
def check_in(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    here = getattr(request, "department", None)
    done = arrival.check_in(request.user, appointment_id=found.pk, department=here)
    token = done.tokens.get(encounter=done.encounter)
    messages.success(request, _("Checked in. The token is %(token)s.") % {"token": token.code})
    return redirect("appointments:appointment", found.pk)


def _confirm(request: HttpRequest, found: Appointment, form: Form, **words: Any) -> HttpResponse:
    """The last question about one appointment, which ends with the patient's name."""
    return asking.confirm(
        request,
        form,
        who=found.patient.name,
        template="appointments/confirm.html",
        appointment=found,
        **words,
        **banner.around(request.user, found.patient, back=reverse("appointments:appointment", args=[found.pk])),
    )


@access.needs("appointments.change_appointment")
@once
def cancel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: booking.cancel(request.user, appointment_id=found.pk, **data)):
        messages.success(request, _("Cancelled. The slot is free again."))
        return redirect("appointments:appointment", found.pk)
    return _confirm(
        request,
        found,
        form,
        heading=_("Cancel this appointment"),
        question=_("Cancel the appointment of"),
        detail=_("Its time is free for others at once."),
        label=_("Cancel the appointment"),
    )


@access.needs("appointments.check_in")
@once
def undo_check_in(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    form = UndoCheckInForm(request.POST or None)
    if form.carried_out(lambda data: arrival.undo_check_in(request.user, appointment_id=found.pk, **data)):
        messages.success(request, _("The check-in is taken back."))
        return redirect("appointments:appointment", found.pk)
    return _confirm(
        request,
        found,
        form,
        heading=_("Take the check-in back"),
        question=_("Take back the check-in of"),
        detail=_("The visit is cancelled and the token ends. A visit with charges or signed notes stays."),
        label=_("Take it back"),
    )


@access.needs("appointments.change_appointment")
@once
@require_POST
def no_show(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    arrival.mark_no_show(request.user, appointment_id=found.pk)
    messages.success(request, _("Marked: the patient did not come."))
    return redirect("appointments:appointment", found.pk)


@access.needs("appointments.change_appointment")
@once
@require_POST
def undo_no_show(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    arrival.undo_no_show(request.user, appointment_id=found.pk)
    messages.success(request, _("The appointment is booked again."))
    return redirect("appointments:appointment", found.pk)
