"""Who consults: the list, a profile, a signature."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from doctors import schedule
from doctors.forms import AddDoctorForm, ChangeDoctorForm, SignatureForm
from doctors.models import Doctor, Specialty
from doctors.services import profile
from hms.core import access, approvals, asking, clock, lists
from hms.core.acts import once
from hms.core.forms import ReasonForm
from staff import licences

AHEAD = 14  # days of sessions on a profile
COLUMNS = [
    lists.Column(gettext_lazy("Name"), lambda d: d.name),
    lists.Column(gettext_lazy("Specialty"), lambda d: d.specialty.name),
    lists.Column(gettext_lazy("Licence number"), lambda d: d.licence_number),
    lists.Column(gettext_lazy("Fee"), lambda d: d.price),
    lists.Column(gettext_lazy("Room"), lambda d: d.room),
    lists.Column(gettext_lazy("Takes new patients"), lambda d: _("yes") if d.accepts_new else _("no")),
]


def find(request: HttpRequest, doctor_id: UUID) -> Doctor:
    return access.find(request, Doctor.objects.visible_to(request.user).with_price(), doctor_id)


def around(doctor: Doctor) -> dict[str, Any]:
    """What a page that asks about one doctor has around it: the way back, and where it is."""
    back = reverse("doctors:doctor", args=[doctor.pk])
    return {"back": back, "crumbs": [(_("Doctors"), reverse("doctors:doctors")), (doctor.name, back)]}


@access.needs("doctors.view_doctor")
@require_safe
def doctors(request: HttpRequest) -> HttpResponse:
    """The doctors of this facility, by specialty, with today's hours."""
    rows = Doctor.objects.visible_to(request.user).with_price()
    chosen = {name: request.GET.get(name, "") for name in ("specialty", "show")}
    if chosen["specialty"]:
        rows = rows.filter(specialty__code=chosen["specialty"])
    rows = rows.exclude(active=True, employee__active=True) if chosen["show"] == "stopped" else rows.consulting()
    order = ("employee__family_name", "employee__given_name", "id")
    if exported := lists.export(request, rows.order_by(*order), COLUMNS, "doctors"):
        return exported
    page = lists.page(request, rows, order=order)
    today = clock.today(request.user.facility)
    hours = schedule.sessions_between(page.rows, today, today)
    covered = licences.shown_to(request.user, [doctor.employee for doctor in page.rows])
    return render(
        request,
        "doctors/doctors.html",
        {
            "page": page,
            "rows": [(doctor, hours.get((doctor.pk, today), [])) for doctor in page.rows],
            "uncovered": {pk for pk, last in covered.items() if last < today},
            "specialties": Specialty.objects.all(),
            "chosen": chosen,
        },
    )


@access.needs("doctors.view_doctor")
@require_safe
def doctor(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    found = find(request, doctor_id)
    today = clock.today(found.employee.facility)
    coming = schedule.sessions_between([found], today, today + timedelta(days=AHEAD - 1))
    last = licences.shown_to(request.user, [found.employee]).get(found.employee_id, date.max)
    return render(
        request,
        "doctors/doctor.html",
        {
            "doctor": found,
            "days": sorted((day, sessions, day > last) for (_pk, day), sessions in coming.items()),
            "own": found.employee.user_id == request.user.pk,
            "waiting": approvals.waiting_for(request.user, [found])
            if request.user.has_perm("doctors.change_doctor")
            else [],
        },
    )


@access.needs("doctors.add_doctor")
@once
def add_doctor(request: HttpRequest) -> HttpResponse:
    form = AddDoctorForm(
        request.POST or None, facility=request.user.facility, initial={"employee": request.GET.get("employee")}
    )
    if form.carried_out(lambda data: profile.add_doctor(request.user, **data)):
        messages.success(request, _("Added. Now plan the weekly hours."))
        if waits := approvals.waits_for(form.result):
            asking.answered(request, waits, "")
        return redirect("doctors:hours", form.result.pk)
    back = reverse("doctors:doctors")
    return asking.fill_in(
        request,
        form,
        heading=_("Add a doctor"),
        label=_("Add"),
        back=back,
        crumbs=[(_("Doctors"), back), (_("Add"), "")],
        note=approvals.own_limit(request.user, "doctors.fee"),
    )


@access.needs("doctors.change_doctor")
@once
def change_doctor(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    found = find(request, doctor_id)
    form = ChangeDoctorForm(request.POST or None, instance=Doctor.objects.get(pk=found.pk))
    if form.carried_out(lambda data: profile.change_doctor(request.user, doctor_id=found.pk, **data)):
        asking.answered(request, form.result, _("Saved. Charges that were posted keep their price."))
        return redirect("doctors:doctor", found.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Change profile"),
        template="form_page_waiting.html",
        note=approvals.own_limit(request.user, "doctors.fee"),
        waiting=approvals.waiting_for(request.user, [found]),
        **around(found),
    )


@access.needs("doctors.change_doctor")
@once
def stop_consulting(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    found = find(request, doctor_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: profile.stop_consulting(request.user, doctor_id=found.pk, **data)):
        messages.success(request, _("Nothing more can be booked with %(name)s.") % {"name": found.name})
        return redirect("doctors:doctor", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Stop consulting"),
        question=_("Take %(name)s off the bookable doctors?") % {"name": found.name},
        detail=_("What is booked already stays booked until somebody moves it."),
        label=_("Stop consulting"),
        **around(found),
    )


@access.needs("doctors.change_doctor")
@once
def resume_consulting(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    found = find(request, doctor_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: profile.resume_consulting(request.user, doctor_id=found.pk, **data)):
        messages.success(request, _("%(name)s can be booked again.") % {"name": found.name})
        return redirect("doctors:doctor", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Consult again"),
        question=_("Let %(name)s be booked again?") % {"name": found.name},
        detail=_("In the weekly hours that are planned."),
        label=_("Consult again"),
        **around(found),
    )


def _own(request: HttpRequest) -> Doctor:
    found = Doctor.objects.of_user(request.user).first()
    if found is None:
        raise Http404
    return found


@access.needs("doctors.use_desk")
@once
def set_signature(request: HttpRequest) -> HttpResponse:
    """One's own signature, as it stands under prescriptions and reports."""
    found = _own(request)
    form = SignatureForm(request.POST or None, request.FILES or None)
    if form.carried_out(lambda data: profile.set_signature(request.user, doctor_id=found.pk, **data)):
        messages.success(request, _("Signature kept. It stands under what you sign from now on."))
        return redirect("doctors:doctor", found.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Your signature"),
        label=_("Keep"),
        template="doctors/set_signature.html",
        doctor=found,
        **around(found),
    )


@access.needs("doctors.use_desk")
@once
@require_POST
def remove_signature(request: HttpRequest) -> HttpResponse:
    found = _own(request)
    profile.set_signature(request.user, doctor_id=found.pk, picture=None)
    messages.success(request, _("Signature taken away."))
    return redirect("doctors:doctor", found.pk)


@access.needs("doctors.view_doctor")
@require_safe
def signature(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    """The drawn signature, for the doctor and for those who keep the profiles."""
    found = find(request, doctor_id)
    if found.employee.user_id != request.user.pk and not request.user.has_perm("doctors.change_doctor"):
        raise PermissionDenied
    if not found.signature:
        raise Http404
    return HttpResponse(bytes(found.signature), content_type="image/png")
