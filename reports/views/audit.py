"""The auditor's pages: who looked at what, what was unusual about it, and what left the house."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hms.core import access, asking, audit, clock, documents, lists, panels
from hms.core.acts import once
from hms.core.models import ActKind, FindingKind
from patients import banner, search
from patients.models import Patient
from patients.paper import identity
from reports import disclosures, findings, services, trail
from reports.forms import DisclosureForm, VerdictForm

FOUND = 20


@access.needs("core.view_auditevent")
@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """The audit of a period, by kind of act, person, place and source; as a file with `?format=`."""
    return _trail(request, trail.read(request), {})


@access.needs("core.view_auditevent")
@require_safe
def audit_of_patient(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Who looked at this record."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    return _trail(request, trail.read(request, patient.pk), {"banner": banner.of(request.user, patient)})


def _trail(request: HttpRequest, asked: trail.Asked, around: dict[str, object]) -> HttpResponse:
    name, told = trail.filename(asked), trail.told(asked)
    if file := lists.export(
        request, trail.all_lines(asked), trail.columns(), name, patient_id=asked.patient_id, detail=told
    ):
        return file
    page = lists.page(request, asked.rows(), order=asked.order)
    context = {
        "asked": asked,
        "page": page,
        "lines": trail.lines(asked, page.rows),
        "kinds": ActKind.choices,
        "query": urlencode(asked.parameters()),
        "last_days": _spans(asked),
        "exports": panels.slots("audit-exports", request.user),
    }
    return render(request, "reports/audit.html", {**context, **around})


def _spans(asked: trail.Asked) -> list[tuple[str, str, bool]]:
    """Periods by one press: what they are called, their address, and whether it is the one shown."""
    today = clock.today(asked.reader.facility)
    days = [(_("Today"), 1), (_("7 days"), 7), (_("30 days"), 30), *([(_("A year"), 365)] if asked.patient_id else [])]
    spans = []
    for words, number in days:
        first = today - timedelta(days=number - 1)
        query = {**asked.parameters(), "first": first.isoformat(), "last": today.isoformat()}
        spans.append((words, "?" + urlencode(query), (asked.first, asked.last) == (first, today)))
    return spans


@access.needs("core.view_auditevent")
@require_safe
def audit_panel(request: HttpRequest) -> HttpResponse:
    """Today's audit in figures, and the latest refusals: who, what and when, and no patient's name."""
    figures, refusals = trail.today(request.user)
    return panels.render_panel(request, "reports/audit_panel.html", {"figures": figures, "refusals": refusals})


@access.needs("core.view_auditevent", reads_by_post=True)
def audit_search(request: HttpRequest) -> HttpResponse:
    """Find the patient or the colleague whose rows to read; the words come by POST."""
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    patients, people = [], []
    if len(words) >= 2:
        found = search.patients(request.user, words).order_by("family_name", "given_name")[:FOUND]
        patients = list(found) or list(search.similar(request.user, words)[:8])
        people = list(trail.people(trail.reach(request), words)[:FOUND])
        audit.record(request.user, "core.audit.searched", detail={"hits": len(patients) + len(people)})
    return render(request, "reports/audit_search.html", {"q": words, "patients": patients, "people": people})


@access.needs("core.view_auditevent")
@require_safe
def audit_findings(request: HttpRequest) -> HttpResponse:
    """Unusual looks of a period, each with its reason and its rows."""
    today = clock.today(request.user.facility)
    last = min(clock.read_day(request.GET.get("last", "")) or today, today)
    first = min(clock.read_day(request.GET.get("first", "")) or last - trail.DEFAULT, last)
    first = max(first, last - findings.LONGEST)
    kind = request.GET.get("kind", "") if request.GET.get("kind") in FindingKind.values else ""
    found = findings.find(request.user, first=first, last=last, kind=kind)
    open_ones = [each for each in found if not each.review]
    show = request.GET.get("show", "open")
    context = {
        "first": first,
        "last": last,
        "kind": kind,
        "show": show,
        "kinds": FindingKind.choices,
        "found": found if show == "all" else open_ones,
        "open": len(open_ones),
        "capped": [FindingKind(name).label for name in dict.fromkeys(e.key.kind for e in found if e.of_kind > findings.MOST)],
        "most": findings.MOST,
    }  # fmt: skip
    return render(request, "reports/audit_findings.html", context)


@access.needs("core.view_auditevent")
@once
def audit_judge(request: HttpRequest) -> HttpResponse:
    """A verdict on one finding."""
    finding = findings.one(request.user, _key(request))
    if finding is None:
        raise Http404
    form = VerdictForm(request.POST or None)
    if form.carried_out(lambda data: services.judge(request.user, key=finding.key, **data)):
        messages.success(request, _("The verdict is kept."))
        return redirect("reports:audit-findings")
    return asking.fill_in(
        request,
        form,
        heading=_("Give a verdict"),
        label=_("Give the verdict"),
        back=reverse("reports:audit-findings"),
        template="reports/audit_judge.html",
        finding=finding,
        banner=banner.of(request.user, finding.patient) if finding.patient else None,
    )


def _key(request: HttpRequest) -> findings.Key:
    """The finding that an address names; 404 for nonsense."""
    given = request.GET
    try:
        day = clock.read_day(given.get("day", ""))
        patient_id = UUID(given["patient"]) if given.get("patient") else None
        key = findings.Key(given.get("kind", ""), day, UUID(given.get("person", "")), patient_id)
    except ValueError:
        raise Http404 from None
    if day is None or key.kind not in FindingKind.values:
        raise Http404
    return key


@access.needs("core.view_auditevent")
@once
def disclosure_list(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What left the house of this record, to whom and why; and the form that says so."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    rows = disclosures.of(request.user, patient.pk)
    form = DisclosureForm(request.POST or None, untold=disclosures.nobody_said(rows))
    if form.carried_out(lambda data: services.disclose(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("Recorded."))
        return redirect("reports:disclosures", patient.pk)
    context = {"form": form, "rows": rows, "patient": patient, "banner": banner.of(request.user, patient)}
    return render(request, "reports/disclosures.html", {**context, "capped": len(rows) >= disclosures.MOST})


@access.needs("core.view_auditevent")
@require_safe
def disclosures_pdf(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The account as the patient gets it."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    rows, now, facility = disclosures.of(request.user, patient.pk), clock.now(), request.user.facility
    audit.record(request.user, "patients.disclosures.printed", patient, detail={"rows": len(rows)})
    context = {
        "facility": documents.letterhead(facility),
        "patient": identity(patient, at=now),
        "document": {"title": disclosures.title(), "number": "", "paper": facility.paper},
        "issued_at": f"{clock.local(facility, now):%d %b %Y, %H:%M}",
        "stated": [each for each in rows if each.recipient],
        "others": [each for each in rows if not each.recipient],
        "years": disclosures.YEARS,
        "signed": request.user.name,
    }
    response = HttpResponse(documents.render_pdf("print/disclosures.html", context), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="disclosures.pdf"'
    return response
