"""Whose turn it is: the page that calls, the paper that waits, the display on the wall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from appointments.forms import CallForm
from appointments.models import AppointmentKind, QueueToken
from appointments.services import queue as service
from doctors.models import Doctor
from hms.core import access, audit, clock, documents, panels
from hms.core.acts import once
from hms.core.models import Department, DocumentKind
from patients.models import Encounter

ON_DISPLAY = 6  # calls that the display shows at once
FRESH = timedelta(minutes=1)  # a call that is this young stands out
NEXT = 12


@dataclass(frozen=True)
class Choice:
    """Whose queue a page shows: a department's or the whole facility's, a doctor's or everyone's."""

    departments: list[Department]
    department: Department | None
    doctors: list[Doctor]
    doctor: Doctor | None


def _choice(request: HttpRequest) -> Choice:
    """What was asked for; else a doctor sees their own queue, others that of the department they work in."""
    today = clock.today(request.user.facility)
    doctors = list(Doctor.objects.visible_to(request.user).consulting())
    queued = QueueToken.objects.filter(department=OuterRef("pk"), day=today)
    departments = list(
        Department.objects.filter(facility=request.user.facility).filter(
            Exists(queued) | Q(pk__in=[doctor.employee.department_id for doctor in doctors])
        )
    )
    if not {"department", "doctor"} & request.GET.keys():
        if own := next((doctor for doctor in doctors if doctor.employee.user_id == request.user.pk), None):
            return Choice(departments, None, doctors, own)
        here = getattr(request, "department", None)
        return Choice(departments, here if here in departments else None, doctors, None)
    department = next((one for one in departments if one.code == request.GET.get("department")), None)
    doctor = next((one for one in doctors if str(one.pk) == request.GET.get("doctor")), None)
    return Choice(departments, department, doctors, doctor)


@access.polls
@access.needs("appointments.view_appointment")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Who waits in a department, for all its doctors or for one, and who was called."""
    choice = _choice(request)
    tokens = QueueToken.objects.visible_to(request.user).filter(day=clock.today(request.user.facility))
    if choice.department:
        tokens = tokens.filter(department=choice.department)
    if choice.doctor:
        tokens = tokens.filter(doctor=choice.doctor)
    tokens = tokens.with_people()
    audit.record(request.user, "appointments.queue.viewed", choice.department)
    context = {
        "choice": choice,
        "waiting": tokens.waiting().by_turn(),
        "called": tokens.called().order_by("-called_at"),
    }
    template = "appointments/queue.html#board" if panels.is_fragment(request) else "appointments/queue.html"
    return render(request, template, context)


@access.needs("appointments.call_token")
@once
@require_POST
def call_next(request: HttpRequest) -> HttpResponse:
    form = CallForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The room has too long a name."))
        return redirect("appointments:queue")
    wanted = form.cleaned_data
    token = service.call_next(
        request.user, department_id=wanted["department"], doctor_id=wanted["doctor"], room=wanted["room"]
    )
    messages.success(request, _("Called: %(token)s.") % {"token": token.code})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the queue as it was shown."""
    shown = {name: request.POST.get(f"show_{name}", "") for name in ("department", "doctor")}
    return redirect(f"{reverse('appointments:queue')}?{urlencode(shown)}")


def _token(request: HttpRequest, token_id: UUID) -> QueueToken:
    scope = QueueToken.objects.visible_to(request.user).select_related("department", "appointment")
    return access.find(request, scope, token_id)


@access.needs("appointments.call_token")
@once
@require_POST
def call_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = _token(request, token_id)
    service.call_token(request.user, token_id=token.pk)
    messages.success(request, _("Called: %(token)s.") % {"token": token.code})
    return _back(request)


@access.needs("appointments.call_token")
@once
@require_POST
def put_back(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = _token(request, token_id)
    service.put_back(request.user, token_id=token.pk)
    messages.success(request, _("%(token)s waits on.") % {"token": token.code})
    return _back(request)


@access.needs("appointments.call_token")
@once
@require_POST
def finish(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = _token(request, token_id)
    service.finish(request.user, token_id=token.pk)
    messages.success(request, _("%(token)s is with the doctor.") % {"token": token.code})
    return _back(request)


@access.needs("appointments.check_in")
@once
@require_POST
def token_give(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """A number for who walked in."""
    encounter = access.find(request, Encounter.objects.visible_to(request.user), encounter_id)
    token = service.give_walk_in(request.user, encounter_id=encounter.pk)
    messages.success(request, _("The token is %(token)s.") % {"token": token.code})
    return redirect("patients:visit", encounter.pk)


@access.needs("appointments.check_in")
@once
@require_POST
def token_print(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Draw the token's paper, once, and go to it."""
    token = _token(request, token_id)
    service.draw(request.user, token_id=token.pk)
    return redirect("appointments:token-pdf", token.pk)


@access.needs("appointments.check_in")
@require_safe
def token_pdf(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = _token(request, token_id)
    paper = documents.latest(token, DocumentKind.QUEUE_TOKEN)
    if paper is None:
        messages.info(request, _("This token was not printed yet."))
        return redirect(token)
    return documents.hand_over(request.user, paper)


@access.public
@require_safe
def display(request: HttpRequest, department: str) -> HttpResponse:
    """The screen in the waiting room: numbers and rooms, nobody's name. A department is named by its id,
    or by its code; where several facilities use the code, the page asks which."""
    active = Department.objects.filter(active=True).select_related("facility")
    try:
        found = list(active.filter(pk=UUID(department)))
    except ValueError:
        found = list(active.filter(code=department).order_by("facility__name"))
    if not found:
        raise Http404
    if len(found) > 1:
        return render(request, "appointments/display_choice.html", {"departments": found})
    now = clock.now()
    tokens = QueueToken.objects.filter(department=found[0], day=clock.today(found[0].facility)).exclude(
        appointment__kind=AppointmentKind.VIDEO
    )
    called = tokens.called().order_by("-called_at")[:ON_DISPLAY]
    context = {
        "department": found[0],
        "called": [(token, now - token.called_at < FRESH) for token in called],
        "next": tokens.waiting().by_turn()[:NEXT],
    }
    template = "appointments/display.html#board" if panels.is_fragment(request) else "appointments/display.html"
    return render(request, template, context)
