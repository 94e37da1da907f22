"""What changed in a record, and by whom."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from hms.core import access, audit, lists
from hms.core import history as histories

PAGE = 20


@access.needs_what(histories.permission)
@require_safe
def history(request: HttpRequest, record: str, row_id: UUID) -> HttpResponse:
    """For whoever may read the record: the same permission, scope and gate as its own pages. The look is recorded."""
    kept = histories.of(record)
    rows = kept.rows(request.user)
    row = access.find(request, rows.annotate(whose=F(kept.patient)) if kept.patient else rows, row_id)
    audit.record(request.user, "core.history.viewed", row, patient_id=getattr(row, "whose", None))
    page = lists.page(request, kept.changes.objects.filter(pgh_obj_id=row.pk), order=("-pgh_id",), size=PAGE)
    context = {
        "what": capfirst(row._meta.verbose_name),
        "name": histories.called(row),
        "page": page,
        "changes": histories.told(request.user, kept, row, page.rows),
        **kept.around(request.user, row),
    }
    return render(request, "core/history.html", context)
