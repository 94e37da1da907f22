"""Who works here: the list, one employee, their papers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from hms.core import access, asking, audit, clock, lists, roles
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.models import Department
from staff import services
from staff.forms import CredentialForm, EmployeeForm, LeaveForm
from staff.models import EXPIRES_SOON, Attendance, Credential, Employee, Profession, RosterEntry

FOUND = 50
ORDERS = {
    "name": ("family_name", "given_name", "id"),
    "number": ("number",),
    "profession": ("profession", "family_name", "given_name", "id"),
    "department": ("department__name", "family_name", "given_name", "id"),
    "since": ("hired_on", "id"),
}
COLUMNS = [
    lists.Column(gettext_lazy("Number"), lambda e: e.number),
    lists.Column(gettext_lazy("Family name"), lambda e: e.family_name),
    lists.Column(gettext_lazy("Given names"), lambda e: e.given_name),
    lists.Column(gettext_lazy("Profession"), lambda e: e.get_profession_display()),
    lists.Column(gettext_lazy("Department"), lambda e: e.department.name),
    lists.Column(gettext_lazy("Phone"), lambda e: e.phone),
    lists.Column(gettext_lazy("E-mail"), lambda e: e.email),
    lists.Column(gettext_lazy("Hired on"), lambda e: e.hired_on),
    lists.Column(gettext_lazy("Last day"), lambda e: e.left_on),
]


def _employee(request: HttpRequest, employee_id: UUID) -> Employee:
    scope = Employee.objects.visible_to(request.user).select_related("department", "user", "facility")
    return access.find(request, scope, employee_id)


def around(employee: Employee) -> dict[str, Any]:
    """What a page that asks about one employee has around it: the way back, and where it is."""
    back = reverse("staff:employee", args=[employee.pk])
    return {"back": back, "crumbs": [(_("Staff"), reverse("staff:employees")), (employee.name, back)]}


@access.needs("staff.view_employee", reads_by_post=True)
def employees(request: HttpRequest) -> HttpResponse:
    """Everyone by name, by department and profession; a name or number that was typed comes by POST."""
    today = clock.today(request.user.facility)
    rows = Employee.objects.visible_to(request.user).select_related("department")
    departments = Department.objects.filter(facility=request.user.facility)
    chosen = {name: request.GET.get(name, "") for name in ("department", "profession", "show")}
    if chosen["department"]:
        rows = rows.filter(department__code=chosen["department"])
    if chosen["profession"] in Profession.values:
        rows = rows.filter(profession=chosen["profession"])
    rows = rows.filter(active=False) if chosen["show"] == "left" else rows.working()
    if chosen["show"] == "expiring":
        rows = rows.with_papers_running_out(today)
    sort, order = lists.ordering(request, ORDERS, "name")
    if exported := lists.export(request, rows.order_by(*order), COLUMNS, "employees"):
        return exported
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    rows = rows.with_earliest_expiry()
    context = {
        "q": words,
        "departments": departments,
        "professions": Profession.choices,
        "chosen": chosen,
        "today": today,
        "soon": today + EXPIRES_SOON,
        "sort": sort,
    }
    if words:
        context["rows"] = list(rows.named(words).order_by(*order)[:FOUND])
        context["capped"] = len(context["rows"]) == FOUND
    else:
        page = lists.page(request, rows, order=order)
        context |= {"rows": page.rows, "page": page}
    return render(request, "staff/employees.html", context)


@access.needs("staff.view_employee")
@require_safe
def employee(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    person = _employee(request, employee_id)
    audit.record(request.user, "staff.employee.viewed", person)
    today = clock.today(person.facility)
    credentials = [(paper, paper.state(today)) for paper in person.credentials.all()]
    week = RosterEntry.objects.filter(employee=person).of_days(today, today + timedelta(days=6))
    held = person.user.memberships.filter(facility=person.facility, active=True) if person.user else []
    attended: list[Attendance] = []
    if request.user.has_perm("staff.view_attendance"):
        attended = list(person.attendances.select_related("roster_entry__shift")[:20])
    return render(
        request,
        "staff/employee.html",
        {
            "employee": person,
            "credentials": credentials,
            "expired": [paper for paper, state in credentials if state == "expired"],
            "expiring": [paper for paper, state in credentials if state == "expiring"],
            "roles": ", ".join(roles.label(m.role.name) for m in held.select_related("role")) if held else "",
            "week": week.select_related("shift", "department"),
            "attended": attended,
            "here": next((a for a in attended if not a.left_at and not a.void), None),
        },
    )


@access.needs("staff.add_employee")
@once
def hire(request: HttpRequest) -> HttpResponse:
    facility = request.user.facility
    if not Department.objects.filter(facility=facility, active=True).exists():
        return render(request, "staff/no_department.html", {"back": reverse("staff:employees")})
    start = {"hired_on": clock.today(facility)}
    form = EmployeeForm(request.POST or None, facility=facility, initial=start)
    if form.carried_out(lambda data: services.hire(request.user, **data)):
        messages.success(request, _("Hired. Staff number %(number)s.") % {"number": form.result.number})
        return redirect("staff:employee", form.result.pk)
    back = reverse("staff:employees")
    return asking.fill_in(
        request, form, heading=_("Hire"), label=_("Hire"), back=back, crumbs=[(_("Staff"), back), (_("Hire"), "")]
    )


@access.needs("staff.change_employee")
@once
def change(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    person = _employee(request, employee_id)
    form = EmployeeForm(request.POST or None, facility=person.facility, instance=Employee.objects.get(pk=person.pk))
    if form.carried_out(lambda data: services.change(request.user, employee_id=person.pk, **data)):
        messages.success(request, _("Saved."))
        return redirect("staff:employee", person.pk)
    return asking.fill_in(request, form, heading=_("Change"), **around(person))


@access.needs("staff.change_employee")
@once
def leave(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    person = _employee(request, employee_id)
    form = LeaveForm(request.POST or None, initial={"left_on": clock.today(person.facility)})
    if form.carried_out(lambda data: services.leave(request.user, employee_id=person.pk, **data)):
        messages.success(request, _("%(name)s has left. Roles here are ended.") % {"name": person.name})
        return redirect("staff:employee", person.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Last day"),
        question=_("End the employment of %(name)s?") % {"name": person.name},
        detail=_("What is planned after that day is taken off the roster, and their roles here end."),
        label=_("End employment"),
        **around(person),
    )


@access.needs("staff.change_employee")
@once
def come_back(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    person = _employee(request, employee_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: services.come_back(request.user, employee_id=person.pk, **data)):
        messages.success(request, _("%(name)s works here again.") % {"name": person.name})
        return redirect("staff:employee", person.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Employ again"),
        question=_("Employ %(name)s again?") % {"name": person.name},
        detail=_("They keep their staff number. An administrator grants their roles anew."),
        label=_("Employ again"),
        **around(person),
    )


@access.needs("staff.change_employee")
@once
def credential_add(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    person = _employee(request, employee_id)
    form = CredentialForm(request.POST or None)
    if form.carried_out(lambda data: services.add_credential(request.user, employee_id=person.pk, **data)):
        messages.success(request, _("Added."))
        return redirect("staff:employee", person.pk)
    return asking.fill_in(request, form, heading=_("Licence or other paper"), **around(person))


@access.needs("staff.change_employee")
@once
def credential_withdraw(request: HttpRequest, credential_id: UUID) -> HttpResponse:
    paper = access.find(request, Credential.objects.visible_to(request.user).select_related("employee"), credential_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: services.withdraw_credential(request.user, credential_id=paper.pk, **data)):
        messages.success(request, _("It no longer counts."))
        return redirect("staff:employee", paper.employee_id)
    return asking.confirm(
        request,
        form,
        heading=_("Withdraw"),
        question=_("Withdraw “%(paper)s”?") % {"paper": paper},
        detail=_("It stays on the page, struck through, with your reason."),
        label=_("Withdraw"),
        **around(paper.employee),
    )
