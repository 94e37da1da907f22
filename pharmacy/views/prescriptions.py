"""Prescriptions: the counter's list, one of them, and how one begins and ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from hms.core import access, asking, audit, clock, documents, lists
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.lists import Column
from hms.core.models import DocumentKind
from patients import banner
from patients import search as patient_search
from patients.models import Encounter
from patients.models.encounter import EncounterKind
from pharmacy.forms import PrescribeForm
from pharmacy.models import DispenseLine, Prescription
from pharmacy.services import prescribing
from staff import licences

FOUND = 50


COLUMNS = [
    Column(gettext_lazy("Prescription"), lambda row: row.number),
    Column(gettext_lazy("Prescribed"), lambda row: clock.local(row.facility, row.prescribed_at)),
    Column(gettext_lazy("Patient"), lambda row: row.patient.name),
    Column(gettext_lazy("MRN"), lambda row: row.patient.mrn),
    Column(
        gettext_lazy("Medicines"),
        lambda row: "; ".join(f"{line.product.medicine} × {line.quantity}" for line in row.lines.all()),
    ),
    Column(gettext_lazy("Where"), lambda row: row.encounter.get_kind_display()),
    Column(gettext_lazy("Prescribed by"), lambda row: row.prescriber.name),
    Column(gettext_lazy("State"), lambda row: row.get_status_display()),
]


def find(request: HttpRequest, prescription_id: UUID) -> Prescription:
    scope = Prescription.objects.visible_to(request.user).select_related("patient", "prescriber", "encounter")
    return access.find(request, scope, prescription_id)


def around(request: HttpRequest, found: Prescription) -> dict[str, Any]:
    """What a page that asks about a prescription has around it."""
    return banner.around(request.user, found.patient, back=reverse("pharmacy:prescription", args=[found.pk]))


@access.needs("pharmacy.view_prescription", reads_by_post=True)
def prescription_list(request: HttpRequest) -> HttpResponse:
    """What waits at the counter, or everything; by ward or outpatients, by day. The words of a search (a
    patient, an MRN, a number) come by POST and look through everything. As a file with `?format=`."""
    user = request.user
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    chosen = {name: request.GET.get(name, "") for name in ("show", "where", "day")}
    rows = (
        Prescription.objects.visible_to(user)
        .select_related("patient", "prescriber", "encounter", "facility")
        .prefetch_related("lines__product__medicine")
    )
    orders = {"when": ("prescribed_at", "id"), "number": ("number",)}
    if words:
        people = list(patient_search.patients(user, words).values_list("pk", flat=True)[:200])
        found = Q(number=words.upper()) | Q(patient__in=people)
        shown = list(rows.filter(found).order_by("-prescribed_at", "-id")[:FOUND])
        audit.record(user, "pharmacy.prescription.searched", detail={"hits": len(shown)})
        context = {"q": words, "chosen": chosen, "rows": shown, "capped": len(shown) == FOUND}
        return render(request, "pharmacy/prescriptions.html", context)
    if chosen["show"] != "all":
        rows = rows.open()
        orders["patient"] = ("patient__family_name", "patient__given_name", "id")
    if chosen["where"] in ("ward", "outpatient"):
        inpatient = Q(encounter__kind=EncounterKind.INPATIENT)
        rows = rows.filter(inpatient if chosen["where"] == "ward" else ~inpatient)
    if chosen["day"] == "today":
        start, end = clock.day_bounds(user.facility, clock.today(user.facility))
        rows = rows.filter(prescribed_at__gte=start, prescribed_at__lt=end)
    sort, order = lists.ordering(request, orders, "-when")
    if file := lists.export(request, rows.order_by(*order), COLUMNS, "prescriptions"):
        return file
    page = lists.page(request, rows, order=order)
    context = {"page": page, "rows": page.rows, "chosen": chosen, "sort": sort}
    return render(request, "pharmacy/prescriptions.html", context)


@access.needs("pharmacy.view_prescription")
@require_safe
def prescription(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = find(request, prescription_id)
    audit.record(request.user, "pharmacy.prescription.viewed", found)
    context = {
        "prescription": found,
        "banner": banner.of(request.user, found.patient),
        "lines": found.lines.select_related("product__medicine"),
        "dispenses": found.dispenses.select_related("handed_out_by").prefetch_related(
            Prefetch("lines", DispenseLine.objects.select_related("batch", "line__product__medicine"))
        ),
    }
    return render(request, "pharmacy/prescription.html", context)


@access.needs("pharmacy.view_prescription")
@require_safe
def prescription_pdf(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = find(request, prescription_id)
    paper = documents.ensure(found, DocumentKind.PRESCRIPTION, lambda: prescribing.draw(request.user, found))
    return documents.hand_over(request.user, paper)


@access.needs("pharmacy.prescribe")
@once
def prescribe(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = access.find(
        request, Encounter.objects.visible_to(request.user).select_related("patient", "facility"), encounter_id
    )
    form = PrescribeForm(request.POST or None, facility=encounter.facility)
    if form.carried_out(lambda data: prescribing.prescribe(request.user, encounter_id=encounter.pk, **data)):
        messages.success(request, _("Prescription %(number)s written.") % {"number": form.result.number})
        return redirect("pharmacy:prescription", form.result.pk)
    context = {
        "form": form,
        "encounter": encounter,
        "banner": banner.of(request.user, encounter.patient),
        "notice": licences.notice(request.user, licences.Act.PRESCRIBE),
    }
    return render(request, "pharmacy/prescribe.html", context)


@access.needs("pharmacy.end_prescription")
@once
def prescription_cancel(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = find(request, prescription_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: prescribing.cancel(request.user, prescription_id=found.pk, **data)):
        messages.success(request, _("Prescription cancelled."))
        return redirect("pharmacy:prescription", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Cancel a prescription"),
        question=_("Cancel prescription %(number)s?") % {"number": found.number},
        detail=_("It stays in the record as cancelled. Paper copies become invalid."),
        label=_("Cancel the prescription"),
        **around(request, found),
    )


@access.needs("pharmacy.end_prescription")
@once
def prescription_end(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = find(request, prescription_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: prescribing.end(request.user, prescription_id=found.pk, **data)):
        messages.success(request, _("Nothing more is handed out on this prescription."))
        return redirect("pharmacy:prescription", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("End a prescription"),
        question=_("End the rest of prescription %(number)s?") % {"number": found.number},
        detail=_("What was handed out stays. Paper copies become invalid."),
        label=_("End the rest"),
        **around(request, found),
    )
