"""Who the patients are: find, register, correct."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, lists, panels
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.lists import Column
from patients import banner, care, duplicates, search
from patients.forms import BringOverForm, ContactForm, DeathForm, IdentifierForm, PatientForm, RegisterForm
from patients.models import Contact, Encounter, Patient
from patients.models.patient import Confidentiality
from patients.services import death, registration

FOUND = 50
BY_NAME = ("family_name", "given_name", "id")
COLUMNS = [
    Column(gettext_lazy("MRN"), lambda patient: patient.mrn),
    Column(gettext_lazy("Patient"), lambda patient: patient.name),
    Column(gettext_lazy("Born"), lambda patient: patient.birth_date),
    Column(gettext_lazy("Sex"), lambda patient: patient.sex_label),
    Column(gettext_lazy("Phone"), lambda patient: patient.phone),
    Column(gettext_lazy("Deceased"), lambda patient: _("Deceased") if patient.deceased_at else ""),
]


@access.needs("patients.search_patient", reads_by_post=True)
def patient_list(request: HttpRequest) -> HttpResponse:
    """All patients by name, also as a file with `?format=`, or those that fit what was typed; the words come by POST."""
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    context = {"q": words}
    if words:
        found = list(search.patients(request.user, words).order_by("-active", "family_name", "given_name")[:FOUND])
        context["similar"] = not found
        context["rows"] = found or list(search.similar(request.user, words)[:10])
        context["capped"] = len(found) == FOUND
        audit.record(request.user, "patients.patient.searched", detail={"hits": len(context["rows"])})
    else:
        everyone = Patient.objects.visible_to(request.user).active()
        if file := lists.export(request, everyone.order_by(*BY_NAME), COLUMNS, "patients"):
            return file
        page = lists.page(request, everyone, order=BY_NAME)
        context |= {"rows": page.rows, "page": page}
    return render(request, "patients/list.html", context)


@access.needs("patients.add_patient")
@once
def register(request: HttpRequest) -> HttpResponse:
    form = RegisterForm(request.POST or None)
    if form.carried_out(lambda data: registration.register(request.user, **data)):
        messages.success(request, _("Registered. MRN %(mrn)s.") % {"mrn": form.result.mrn})
        _say_if_kept(request, form.result, before=Confidentiality.NORMAL)
        return redirect("patients:chart", form.result.pk)
    return render(request, "patients/register.html", {"form": form, "likenesses": _likenesses(request, form)})


def _say_if_kept(request: HttpRequest, patient: Patient, *, before: str) -> None:
    if patient.confidentiality == Confidentiality.STAFF != before:
        text = _("This person works here: the record is kept narrower now. Whoever treats them finds it as before.")
        messages.info(request, text)


def _likenesses(request: HttpRequest, form: RegisterForm) -> list[duplicates.Likeness]:
    """Records that look like what was typed so far; what cannot be read yet is left out."""
    if not form.is_bound:
        return []
    form.is_valid()
    typed = getattr(form, "cleaned_data", {})
    return duplicates.find(
        request.user,
        **{name: typed.get(name) or "" for name in ("given_name", "family_name", "sex", "phone", "identifier")},
        birth_date=typed.get("birth_date"),
    )


@access.needs("patients.add_patient", reads_by_post=True)
@require_POST
def register_duplicates(request: HttpRequest) -> HttpResponse:
    """The warning, while one types."""
    form = RegisterForm(request.POST)
    return render(request, "patients/duplicates.html", {"form": form, "likenesses": _likenesses(request, form)})


@access.needs("patients.add_patient")
@once
def bring_over(request: HttpRequest) -> HttpResponse:
    form = BringOverForm(request.POST or None)
    if form.carried_out(lambda data: registration.bring_over(request.user, **data)):
        messages.success(request, _("The patient is now known here."))
        return redirect("patients:chart", form.result.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("A patient of another branch"),
        label=_("Bring over"),
        back=reverse("patients:list"),
        template="patients/bring_over.html",
    )


def find(request: HttpRequest, patient_id: UUID) -> Patient:
    return access.find(request, Patient.objects.visible_to(request.user), patient_id)


@access.needs("patients.view_patient")
@require_safe
def chart(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The patient's page: who they are, and every department's panel that the person may see."""
    patient = find(request, patient_id)
    audit.record(request.user, "patients.chart.opened", patient)
    user = request.user
    open_visits = Encounter.objects.visible_to(user).open().filter(patient=patient).select_related("attending")
    closed = not care.treats(user, patient.pk)
    without = care.CLINICAL if closed else frozenset()
    return render(
        request,
        "patients/chart.html",
        {
            "patient": patient,
            "banner": banner.of(user, patient),
            "slots": panels.slots("chart", user, without=without, patient_id=patient.pk),
            "acts": panels.slots("chart-acts", user, without=without, patient_id=patient.pk),
            "closed": closed and user.has_perm("patients.view_chart"),
            "open_visits": open_visits if user.has_perm("patients.view_encounter") else [],
        },
    )


@access.needs("patients.view_patient")
@require_safe
def chart_person(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Address, contacts and numbers."""
    patient = find(request, patient_id)
    audit.record(request.user, "patients.person.viewed", patient)
    return panels.render_panel(
        request,
        "patients/chart_person.html",
        {
            "patient": patient,
            "banner": banner.of(request.user, patient),
            "contacts": patient.contacts.filter(ended_at=None),
            "identifiers": patient.identifiers.all(),
        },
    )


@access.needs("patients.change_patient")
@once
def edit(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    form = PatientForm(request.POST or None, instance=patient)
    if form.carried_out(lambda data: registration.update(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("Saved."))
        _say_if_kept(request, form.result, before=patient.confidentiality)
        return redirect("patients:chart", patient.pk)
    patient.refresh_from_db()
    return asking.fill_in(request, form, heading=_("Edit the person"), **banner.around(request.user, patient))


@access.needs("patients.deactivate_patient")
@once
def deactivate(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: registration.deactivate(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("The record is inactive. It can be reactivated at any time."))
        return redirect("patients:chart", patient.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Deactivate this record"),
        question=_("Deactivate the record of %(name)s?") % {"name": patient.name},
        detail=_("It leaves the lists and no visit can be opened. Nothing is deleted."),
        label=_("Deactivate"),
        **banner.around(request.user, patient),
    )


@access.needs("patients.change_clinical")
@once
def death_record(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    form = DeathForm(request.POST or None)
    if form.carried_out(lambda data: death.record(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("The death is recorded. What was booked is cancelled."))
        return redirect("patients:chart", patient.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Record a death"),
        question=_("Has %(name)s died?") % {"name": patient.name},
        detail=_(
            "Nothing new can be booked or opened; appointments to come are cancelled. A stay or visit ends in its own way."
        ),
        label=_("Record the death"),
        **banner.around(request.user, patient),
    )


@access.needs("patients.change_clinical")
@once
def death_take_back(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: death.take_back(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("The death is taken back. Book again what was cancelled."))
        return redirect("patients:chart", patient.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Death recorded wrongly"),
        question=_("Does %(name)s live?") % {"name": patient.name},
        detail=_("The record is open again. Appointments that were cancelled stay so."),
        label=_("Take it back"),
        **banner.around(request.user, patient),
    )


@access.needs("patients.deactivate_patient")
@once
@require_POST
def reactivate(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    registration.reactivate(request.user, patient_id=patient.pk)
    messages.success(request, _("The record is active again."))
    return redirect("patients:chart", patient.pk)


@access.needs("patients.change_patient")
@once
def contact_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    form = ContactForm(request.POST or None)
    if form.carried_out(lambda data: registration.add_contact(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("Contact added."))
        return redirect("patients:chart", patient.pk)
    return asking.fill_in(request, form, heading=_("Add a contact"), **banner.around(request.user, patient))


@access.needs("patients.change_patient")
@once
@require_POST
def contact_end(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    contact = access.find(request, Contact.objects.visible_to(request.user), contact_id)
    registration.end_contact(request.user, contact_id=contact.pk)
    messages.success(request, _("Contact removed."))
    return redirect("patients:chart", contact.patient_id)


@access.needs("patients.change_patient")
@once
def identifier_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    form = IdentifierForm(request.POST or None)
    if form.carried_out(lambda data: registration.add_identifier(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("Number added."))
        return redirect("patients:chart", patient.pk)
    return asking.fill_in(request, form, heading=_("Add a number"), **banner.around(request.user, patient))
